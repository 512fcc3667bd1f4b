//! Data files to definitions: a directory of elements, composites and segments
//! with what later releases changed, and the messages that are made of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Condition, Definition, ElementDef, Item, Kind, Loop, PartDef, Rule, SegmentDef, UNBOUNDED,
    tree::Node,
};
use crate::marks::Dialect;

/// Elements, composites, segments and codes of one release.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    /// Id to `ID 2/2`, `an..35`.
    elements: BTreeMap<String, String>,
    /// Id to its components: `353 M`.
    composites: BTreeMap<String, Vec<String>>,
    segments: BTreeMap<String, Vec<String>>,
    codes: BTreeMap<String, Vec<String>>,
}

// === impl Directory ===

impl Directory {
    /// What is in a file takes the place of what there is.
    pub(super) fn add(&mut self, file: &Node) {
        let section = |name: &str| file.get(name).map(Node::entries).unwrap_or_default();
        let texts = |it: &Node| it.items().iter().map(|it| it.text().to_owned()).collect();
        for (id, form) in section("elements") {
            self.elements.insert(id.clone(), form.text().to_owned());
        }
        for (name, into) in [
            ("composites", &mut self.composites),
            ("segments", &mut self.segments),
            ("codes", &mut self.codes),
        ] {
            for (id, list) in section(name) {
                into.insert(id.clone(), texts(list));
            }
        }
    }

    /// The definition of a message file.
    pub(super) fn message(
        &self,
        dialect: Dialect,
        release: &str,
        file: &Node,
    ) -> Result<Definition, String> {
        let text = |key: &str| file.get(key).map(Node::text).unwrap_or_default().to_owned();
        let items = file.get("segments").map(Node::items).unwrap_or_default();
        let mut tags = BTreeSet::new();
        let root = Loop {
            name: String::new(),
            mandatory: true,
            max: 1,
            items: items.iter().map(|it| item(it, &mut tags)).collect::<Result<_, _>>()?,
        };
        let segments = tags
            .into_iter()
            .map(|tag| Ok((tag.clone(), self.segment(&tag)?)))
            .collect::<Result<_, String>>()?;
        let (kind, group) = (text("message"), text("group"));
        Ok(Definition { dialect, kind, release: release.to_owned(), group, root, segments })
    }

    fn segment(&self, tag: &str) -> Result<SegmentDef, String> {
        let tokens = self.segments.get(tag).ok_or_else(|| format!("no segment {tag}"))?;
        let mut segment = SegmentDef::default();
        for token in tokens {
            if let Some(rule) = rule(token) {
                segment.rules.push(rule);
                continue;
            }
            let (id, mandatory) = usage(token);
            let composite = self.composites.get(id);
            let parts = match composite {
                Some(parts) => parts.iter().map(|it| self.part(it)).collect::<Result<_, _>>()?,
                None => vec![self.part(token)?],
            };
            let composite = composite.is_some();
            segment.elements.push(ElementDef { id: id.to_owned(), mandatory, composite, parts });
        }
        Ok(segment)
    }

    fn part(&self, token: &str) -> Result<PartDef, String> {
        let (id, mandatory) = usage(token);
        let form = self.elements.get(id).ok_or_else(|| format!("no element {id}"))?;
        let (kind, min, max) = form_of(form).ok_or_else(|| format!("{id}: `{form}`"))?;
        let codes = self.codes.get(id).cloned().unwrap_or_default();
        Ok(PartDef { id: id.to_owned(), mandatory, kind, min, max, codes })
    }
}

/// `PO1 M 100000`, or `{ loop: PO1 M 100000, segments: [ … ] }`.
fn item(node: &Node, tags: &mut BTreeSet<String>) -> Result<Item, String> {
    let loop_ = node.get("loop");
    let words: Vec<&str> = loop_.unwrap_or(node).text().split(' ').collect();
    let name = (*words.first().unwrap_or(&"")).to_owned();
    let mandatory = words.get(1) == Some(&"M");
    let max = match words.get(2) {
        None => 1,
        Some(&">1") => UNBOUNDED,
        Some(count) => count.parse().map_err(|_| format!("{name}: `{count}` is no count"))?,
    };
    if loop_.is_none() {
        tags.insert(name.clone());
        return Ok(Item::Segment { tag: name, mandatory, max });
    }
    let items = node.get("segments").map(Node::items).unwrap_or_default();
    let items = items.iter().map(|it| item(it, tags)).collect::<Result<Vec<_>, _>>()?;
    match items.first() {
        Some(Item::Segment { .. }) => Ok(Item::Loop(Loop { name, mandatory, max, items })),
        Some(Item::Loop(_)) | None => Err(format!("{name} does not begin with a segment")),
    }
}

/// `353 M`: the id, and whether it must be there.
fn usage(token: &str) -> (&str, bool) {
    let (id, usage) = token.split_once(' ').unwrap_or((token, "O"));
    (id, usage == "M")
}

/// `P0304`, `R020305`: a letter and two digits for each element.
fn rule(token: &str) -> Option<Rule> {
    let condition = match token.chars().next()? {
        'P' => Condition::Paired,
        'R' => Condition::Required,
        'E' => Condition::Exclusion,
        'C' => Condition::Conditional,
        'L' => Condition::List,
        _ => return None,
    };
    let digits = token.get(1..).filter(|it| it.len() >= 4 && it.len().is_multiple_of(2))?;
    let numbers = digits.as_bytes().chunks(2).map(|it| std::str::from_utf8(it).ok()?.parse().ok());
    Some(Rule { condition, elements: numbers.collect::<Option<_>>()? })
}

/// `ID 2/2`, `N2 1/15`, `an..35`, `n6`: kind, least and most characters.
fn form_of(form: &str) -> Option<(Kind, u32, u32)> {
    if let Some((kind, lengths)) = form.split_once(' ') {
        let (min, max) = lengths.split_once('/')?;
        let kind = match kind {
            "AN" | "ID" => Kind::Text,
            "R" => Kind::Decimal,
            "DT" => Kind::Date,
            "TM" => Kind::Time,
            implied => Kind::Implied(implied.strip_prefix('N')?.parse().ok()?),
        };
        return Some((kind, min.parse().ok()?, max.parse().ok()?));
    }
    let letters = form.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let kind = match letters {
        "an" => Kind::Text,
        "a" => Kind::Alphabetic,
        "n" => Kind::Decimal,
        _ => return None,
    };
    let length = form.get(letters.len()..)?;
    match length.strip_prefix("..") {
        Some(max) => Some((kind, 1, max.parse().ok()?)),
        None => {
            let exactly = length.parse().ok()?;
            Some((kind, exactly, exactly))
        }
    }
}
