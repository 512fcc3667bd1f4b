//! `LAYOUTS.md` and `LAYOUTS.ja.md` say the same: section by section the same
//! examples, keys, codes, numbers, links, rows and paragraphs. Who changes one
//! page is told here what the other lacks.

#![expect(clippy::expect_used, reason = "all of this is a test")]

use std::collections::BTreeSet;

const ENGLISH: &str = include_str!("../LAYOUTS.md");
const JAPANESE: &str = include_str!("../LAYOUTS.ja.md");

/// What stands between two headings `## …`, in parts that no translation changes.
#[derive(Default)]
struct Section {
    heading: String,
    /// The `<a id="…">` before the heading.
    anchor: String,
    /// Each example without comments.
    examples: Vec<String>,
    /// The code spans of each table row.
    rows: Vec<BTreeSet<String>>,
    /// Paragraphs and list items, each on one line.
    prose: Vec<String>,
}

fn sections(page: &str) -> Vec<Section> {
    let mut found = vec![Section::default()];
    let mut anchor = String::new();
    let (mut fenced, mut goes_on, mut drawn) = (false, false, false);
    for line in page.lines() {
        let section = found.last_mut().expect("one at least");
        let (was_prose, was_drawn) = (goes_on, drawn);
        (goes_on, drawn) = (false, false);
        if line.starts_with("```") {
            fenced = !fenced;
            if fenced {
                section.examples.push(line.to_owned());
            }
        } else if fenced || (line.starts_with("    ") && !was_prose) {
            if !fenced && !was_drawn {
                section.examples.push(String::new());
            }
            drawn = !fenced;
            let example = section.examples.last_mut().expect("one is open");
            *example += "\n";
            *example += without_comment(line);
        } else if let Some(heading) = line.strip_prefix("## ") {
            let anchor = std::mem::take(&mut anchor);
            found.push(Section { heading: heading.to_owned(), anchor, ..Section::default() });
        } else if let Some(id) = line.strip_prefix("<a id=\"") {
            id.split('"').next().unwrap_or_default().clone_into(&mut anchor);
        } else if line.starts_with('|') {
            section.rows.push(spans(line));
        } else if !line.is_empty() && !line.starts_with("<!--") && !line.starts_with("# ") {
            goes_on = true;
            match section.prose.last_mut() {
                Some(last) if was_prose && !line.starts_with("- ") => *last += &format!(" {line}"),
                _ => section.prose.push(line.to_owned()),
            }
        }
    }
    found
}

/// A line of YAML up to its comment. No example has ` #` in a text.
fn without_comment(line: &str) -> &str {
    match line.trim_start().starts_with('#') {
        true => "",
        false => line.split(" #").next().unwrap_or_default().trim_end(),
    }
}

/// What stands between backticks, also over the end of a line.
fn spans(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Where links lead: `[…](here)`. The other page is each other's.
fn links(text: &str) -> BTreeSet<&str> {
    let targets = text.split("](").skip(1).filter_map(|it| it.split(')').next());
    targets.filter(|it| !it.contains("LAYOUTS") && !it.contains("README")).collect()
}

/// Numbers in digits, such as `4,000,000`; those in words are a translator's.
fn numbers(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .map(|it| it.trim_matches([',', '.']))
        .filter(|it| !it.is_empty())
        .collect()
}

/// The anchor that GitHub makes of an English heading.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || *it == ' ' || *it == '-');
    kept.map(|it| if it == ' ' { '-' } else { it.to_ascii_lowercase() }).collect()
}

fn compare<T: Ord + std::fmt::Debug>(
    kind: &str,
    english: &BTreeSet<T>,
    japanese: &BTreeSet<T>,
    both_ways: bool,
    out: &mut Vec<String>,
) {
    let lacking: Vec<&T> = english.difference(japanese).collect();
    if !lacking.is_empty() {
        out.push(format!("{kind} only in LAYOUTS.md: {lacking:?}"));
    }
    let beside: Vec<&T> = japanese.difference(english).collect();
    if both_ways && !beside.is_empty() {
        out.push(format!("{kind} only in LAYOUTS.ja.md: {beside:?}"));
    }
}

/// How the two differ, in words.
fn differences(english: &Section, japanese: &Section) -> Vec<String> {
    let mut out = Vec::new();
    if japanese.anchor != slug(&english.heading) && !english.heading.is_empty() {
        out.push(format!("no <a id=\"{}\"></a> before it", slug(&english.heading)));
    }
    for (place, (one, other)) in english.examples.iter().zip(&japanese.examples).enumerate() {
        let lines = one.lines().zip(other.lines()).find(|(one, other)| one != other);
        if one != other {
            out.push(format!("example {} is another: {lines:?}", place + 1));
        }
    }
    for (one, other) in english.rows.iter().zip(&japanese.rows) {
        compare("code in a row", one, other, true, &mut out);
    }
    let counts = [
        ("examples", english.examples.len(), japanese.examples.len()),
        ("rows of tables", english.rows.len(), japanese.rows.len()),
        ("paragraphs and list items", english.prose.len(), japanese.prose.len()),
    ];
    for (kind, one, other) in counts {
        if one != other {
            out.push(format!("{kind}: {one} in LAYOUTS.md, {other} in LAYOUTS.ja.md"));
        }
    }
    let (one, other) = (english.prose.join("\n"), japanese.prose.join("\n"));
    compare("code", &spans(&one), &spans(&other), true, &mut out);
    compare("link", &links(&one), &links(&other), true, &mut out);
    compare("number", &numbers(&one), &numbers(&other), false, &mut out);
    out
}

#[test]
fn both_pages_say_the_same() {
    let (english, japanese) = (sections(ENGLISH), sections(JAPANESE));
    let headings = |it: &[Section]| it.iter().map(|it| it.heading.clone()).collect::<Vec<_>>();
    assert_eq!(
        english.len(),
        japanese.len(),
        "sections\n{:?}\n{:?}",
        headings(&english),
        headings(&japanese)
    );
    assert!(english.iter().map(|it| it.rows.len()).sum::<usize>() > 100, "the pages are read");
    let mut told = String::new();
    for (one, other) in english.iter().zip(&japanese) {
        for difference in differences(one, other) {
            told += &format!("\n{} / {}: {difference}", one.heading, other.heading);
        }
    }
    assert!(told.is_empty(), "bring the other page in step:{told}");
}

#[test]
fn the_pages_lead_to_each_other() {
    assert!(ENGLISH.contains("[日本語](LAYOUTS.ja.md)"));
    assert!(JAPANESE.contains("[English](LAYOUTS.md)"));
}

#[test]
fn a_word_that_is_left_out_is_told() {
    let page = "# P\n\nSee `a` and\n`b\nc`, at most 8 of [these](x.tsv).\n\n## Two Words (B)\n\n\
        - one `d`\n  more\n- two\n\n| k | `e` |\n\n```yaml\nf: 1  # why\n```\n\n    g: 2\n    h: 3\n";
    let whole = page.replace("## ", "<a id=\"two-words-b\"></a>\n\n## ").replace("why", "なぜ");
    let between = |other: &str| -> Vec<String> {
        let (one, other) = (sections(page), sections(other));
        one.iter().zip(&other).flat_map(|(one, other)| differences(one, other)).collect()
    };
    assert_eq!(between(&whole), Vec::<String>::new());
    let changes = [
        ("`a`", "a"),
        ("`b\nc`", "b"),
        ("8", "9"),
        ("x.tsv", "y.tsv"),
        ("words-b", "words"),
        ("`d`", "`dd`"),
        ("- two\n", ""),
        ("`e`", "e"),
        ("f: 1", "f: 2"),
        ("    h", "    hh"),
        ("| k | `e` |\n", ""),
    ];
    for (from, to) in changes {
        assert!(whole.contains(from), "{from}");
        assert!(!between(&whole.replace(from, to)).is_empty(), "{from} for {to} is not told");
    }
}
