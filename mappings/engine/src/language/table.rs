//! Tables: from one text to another, with an answer for everything else, and
//! with dates where law changes them.

use codec::yaml::{Faults, Node, Value};
use std::collections::HashMap;

use super::rule::At;

/// A table as it stands in a file.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) at: At,
    /// In order of their dates; a table without dates has one edition.
    pub(crate) editions: Vec<Edition>,
    /// It stands in the map itself.
    pub(crate) own: bool,
}

/// The entries in force from one date on.
#[derive(Clone, Debug)]
pub(crate) struct Edition {
    /// `YYYY-MM-DD`; empty: always.
    pub(crate) from: String,
    pub(crate) entries: Vec<Entry>,
    /// What a text without entry becomes.
    pub(crate) other: Other,
    /// The table says itself that everything else is a fault.
    pub(crate) explicit: bool,
}

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: At,
    pub(crate) key: String,
    pub(crate) value: Becomes,
}

/// What a text with an entry becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    Text(String),
    /// A missing value.
    Omit,
}

/// What a text without entry becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// A fault; also when the table does not say.
    Fault,
    Text(String),
    /// A missing value.
    Omit,
}

/// Reads `name: { key: value, "*": fault }`, or a list of editions
/// `- { from: 2019-10-01, entries: { … } }`.
pub(crate) fn read_table(faults: &Faults, name: &str, node: &Node) -> Option<Table> {
    let mut table =
        Table { name: name.to_owned(), at: node.span(), editions: Vec::new(), own: true };
    match &node.value {
        Value::Map(_) => table.editions.push(edition(faults, String::new(), node)?),
        Value::Seq(items) => {
            for item in items {
                let from = item.get("from").and_then(Node::text).unwrap_or_default();
                let entries = item.get("entries");
                let (Some(entries), true) = (entries, crate::time::Date::parse_iso(from).is_some())
                else {
                    faults.push(
                        faults
                            .new_error("M00", item, "this edition of a table cannot be read")
                            .expected("`{ from: YYYY-MM-DD, entries: { … } }`"),
                    );
                    return None;
                };
                table.editions.push(edition(faults, from.to_owned(), entries)?);
            }
            table.editions.sort_by(|left, right| left.from.cmp(&right.from));
        }
        Value::Scalar { .. } => {
            faults.push(faults.new_error("M00", node, format!("table `{name}` has no entries")));
            return None;
        }
    }
    Some(table)
}

fn edition(faults: &Faults, from: String, node: &Node) -> Option<Edition> {
    let mut edition = Edition { from, entries: Vec::new(), other: Other::Fault, explicit: false };
    for (key, value) in node.map().unwrap_or_default() {
        let becomes = becomes(faults, key.text().unwrap_or_default(), value)?;
        edition.put(key, becomes);
    }
    if edition.entries.is_empty() && edition.other == Other::Fault {
        faults.push(faults.new_error("M00", node, "this table has no entries"));
        return None;
    }
    Some(edition)
}

/// A text, or `{ omit: true }`.
fn becomes(faults: &Faults, key: &str, value: &Node) -> Option<Becomes> {
    let omits = value.get("omit").and_then(Node::text) == Some("true");
    if omits && value.map().is_some_and(|it| it.len() == 1) {
        return Some(Becomes::Omit);
    }
    let text = value.text().map(|it| Becomes::Text(it.to_owned()));
    if text.is_none() {
        faults.push(
            faults
                .new_error("M00", value, format!("the entry `{key}` is not a text"))
                .expected("a text or `{ omit: true }`; for `\"*\"` also `fault`"),
        );
    }
    text
}

impl Edition {
    /// Adds an entry, or `"*"`; what was there under that key is replaced.
    fn put(&mut self, key: &Node, becomes: Becomes) {
        let name = key.text().unwrap_or_default();
        match (name, becomes) {
            ("*", Becomes::Omit) => self.other = Other::Omit,
            ("*", Becomes::Text(text)) if text == "fault" => {
                (self.other, self.explicit) = (Other::Fault, true);
            }
            ("*", Becomes::Text(text)) => self.other = Other::Text(text),
            (name, value) => {
                self.entries.retain(|it| it.key != name);
                self.entries.push(Entry { at: key.span(), key: name.to_owned(), value });
            }
        }
    }
}

/// Reads a table file of `mappings/tables/`: `entries:` as in a map, as a list of
/// editions, or with a day each, `[{ from, to, valid_from }]`.
pub(crate) fn read_shared(faults: &Faults, name: &str, node: &Node) -> Option<Table> {
    let body = node.get("entries").or(node.get("editions")).unwrap_or(node);
    let by_day = body.seq().is_some_and(|it| it.iter().any(|it| it.get("to").is_some()));
    if !by_day {
        return Some(Table { own: false, ..read_table(faults, name, body)? });
    }
    let mut entries = Vec::new();
    for item in body.seq().unwrap_or_default() {
        entries.push(day_entry(faults, item)?);
    }
    entries.sort_by(|left, right| left.0.cmp(right.0));
    one_answer_a_day(faults, &entries)?;
    let mut editions: Vec<Edition> = Vec::new();
    for (day, key, becomes) in entries {
        if editions.last().is_none_or(|it| it.from != day) {
            // What was in force before stays so until an entry replaces it.
            let empty = Edition {
                from: String::new(),
                entries: Vec::new(),
                other: Other::Fault,
                explicit: true,
            };
            let before = editions.last().cloned().unwrap_or(empty);
            editions.push(Edition { from: day.to_owned(), ..before });
        }
        if let Some(edition) = editions.last_mut() {
            edition.put(key, becomes);
        }
    }
    Some(Table { name: name.to_owned(), at: node.span(), editions, own: false })
}

/// Of two answers for one code from one day on neither is silently the right one.
fn one_answer_a_day(faults: &Faults, entries: &[(&str, &Node, Becomes)]) -> Option<()> {
    let mut known = HashMap::new();
    for (day, key, becomes) in entries {
        let code = key.text().unwrap_or_default();
        if known.insert((*day, code), becomes).is_some_and(|it| it != becomes) {
            let from =
                if day.is_empty() { "without a day".to_owned() } else { format!("from {day} on") };
            faults.push(
                faults
                    .new_error("M00", key, format!("`{code}` has two answers {from}"))
                    .expected("one answer for a code and a `valid_from`"),
            );
            return None;
        }
    }
    Some(())
}

/// The day from which an entry holds (empty: always), its key and its answer.
fn day_entry<'n>(faults: &Faults, item: &'n Node) -> Option<(&'n str, &'n Node, Becomes)> {
    let known = |key: &Node| matches!(key.text(), Some("from" | "to" | "valid_from"));
    let plain = item.map().is_some_and(|it| it.iter().all(|(key, _)| known(key)));
    let day = item.get("valid_from").map_or(Some(""), Node::text);
    let day = day.filter(|it| it.is_empty() || crate::time::Date::parse_iso(it).is_some());
    let key = item.get("from").filter(|it| it.text().is_some());
    let (true, Some(day), Some(key), Some(to)) = (plain, day, key, item.get("to")) else {
        faults.push(
            faults
                .new_error("M00", item, "this entry cannot be read")
                .expected("`{ from: code, to: text, valid_from: YYYY-MM-DD }`"),
        );
        return None;
    };
    Some((day, key, becomes(faults, key.text().unwrap_or_default(), to)?))
}
