//! Compares a page with its translation, by what no translation changes: the
//! sections, and in each the examples without comments, code spans, rows of
//! tables, links, numbers in digits, and how many paragraphs there are.
//!
//! Who changes one page is told what the other lacks. A translated heading has
//! the anchor of the original before it (`<a id="character-sets"></a>`), so the
//! same links work on both.

mod section;

use std::collections::{BTreeMap, BTreeSet};

use section::{Section, anchor, sections, spans};

/// A page in Markdown: its file's name, for links and for what is told, and its text.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Such as `LAYOUTS.ja.md`.
    pub name: &'a str,
    /// All of it.
    pub text: &'a str,
}

/// How the two differ: one sentence each, with the headings. Empty if they agree.
pub fn differences(original: Page<'_>, translation: Page<'_>) -> Vec<String> {
    let mut told = Vec::new();
    for (from, to) in [(original, translation), (translation, original)] {
        if !from.text.contains(&format!("]({})", to.name)) {
            told.push(format!("{} does not lead to {}", from.name, to.name));
        }
    }
    let (one, other) = (sections(original.text), sections(translation.text));
    if one.len() != other.len() {
        let headings = |it: &[Section]| it.iter().map(|it| it.heading.clone()).collect::<Vec<_>>();
        let found = format!("{:?}\nand\n{:?}", headings(&one), headings(&other));
        told.push(format!("other sections:\n{found}"));
        return told;
    }
    let mut seen = BTreeMap::new();
    for (one, other) in one.iter().zip(&other) {
        let anchor = anchor(&one.heading, &mut seen);
        if one.heading != other.heading && other.anchor != anchor {
            told.push(format!("{}: no <a id=\"{anchor}\"></a> before it", other.heading));
        }
        let found = Pair { original, translation, told: Vec::new() }.compare(one, other);
        let place = format!("{} / {}", one.heading, other.heading);
        told.extend(found.into_iter().map(|it| format!("{place}: {it}")));
    }
    told
}

/// Two sections that belong together, and what is wrong with them so far.
struct Pair<'a> {
    original: Page<'a>,
    translation: Page<'a>,
    told: Vec<String>,
}

impl Pair<'_> {
    fn compare(mut self, one: &Section, other: &Section) -> Vec<String> {
        self.both("code of the heading", &spans(&one.heading), &spans(&other.heading));
        self.examples(&one.examples, &other.examples);
        self.rows(&one.rows, &other.rows);
        self.count("paragraphs and list items", one.prose.len(), other.prose.len());
        let (one_rows, other_rows) = (one.rows.concat(), other.rows.concat());
        let (one, other) = (one.prose.join("\n"), other.prose.join("\n"));
        self.both("code", &spans(&one), &spans(&other));
        self.both("link", &links(&(one_rows + &one)), &links(&(other_rows + &other)));
        self.lacking("number", &numbers(&one), &numbers(&other));
        self.told
    }

    fn examples(&mut self, one: &[String], other: &[String]) {
        self.count("examples", one.len(), other.len());
        let mut pairs = one.iter().zip(other).enumerate();
        if let Some((place, (one, other))) = pairs.find(|(_, (one, other))| one != other) {
            let line = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            self.told.push(format!("example {} is another: {line:?}", place + 1));
        }
    }

    /// Row by row, unless one is missing: then all of them at once.
    fn rows(&mut self, one: &[String], other: &[String]) {
        self.count("rows of tables", one.len(), other.len());
        let at_once = |rows: &[String]| vec![rows.join("\n")];
        let (one, other) = match one.len() == other.len() {
            true => (one.to_vec(), other.to_vec()),
            false => (at_once(one), at_once(other)),
        };
        for (one, other) in one.iter().zip(&other) {
            self.both("code in a row", &spans(one), &spans(other));
            self.lacking("number in a row", &numbers(one), &numbers(other));
        }
    }

    fn count(&mut self, kind: &str, one: usize, other: usize) {
        if one != other {
            let (original, translation) = (self.original.name, self.translation.name);
            self.told.push(format!("{kind}: {one} in {original}, {other} in {translation}"));
        }
    }

    fn both(&mut self, kind: &str, one: &BTreeSet<String>, other: &BTreeSet<String>) {
        self.lacking(kind, one, other);
        let beside: Vec<&String> = other.difference(one).collect();
        if !beside.is_empty() {
            self.told.push(format!("{kind} only in {}: {beside:?}", self.translation.name));
        }
    }

    fn lacking(&mut self, kind: &str, one: &BTreeSet<String>, other: &BTreeSet<String>) {
        let lacking: Vec<&String> = one.difference(other).collect();
        if !lacking.is_empty() {
            self.told.push(format!("{kind} only in {}: {lacking:?}", self.original.name));
        }
    }
}

/// Where links lead: `[…](here)`, to a page in whichever language.
fn links(text: &str) -> BTreeSet<String> {
    let targets = text.split("](").skip(1).filter_map(|it| it.split(')').next());
    targets.map(|it| it.replace(".ja.md", ".md")).collect()
}

/// Numbers in digits, such as `4,000,000`, which `4 million` is too; those in
/// words are the translator's.
fn numbers(text: &str) -> BTreeSet<String> {
    let text = text.replace(" million", ",000,000");
    text.split(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .map(|it| it.trim_matches([',', '.']).to_owned())
        .filter(|it| !it.is_empty())
        .collect()
}

#[cfg(test)]
mod tests;
