//! Tables: from one text to another, with an answer for everything else, and
//! with dates where law changes them.

use codec::yaml::{Faults, Node, Value};

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
    /// Representatives for reading a many-to-one table backwards.
    pub(crate) reverse: Vec<(String, String)>,
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
    pub(crate) value: String,
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
    let mut table = Table {
        name: name.to_owned(),
        at: node.span(),
        editions: Vec::new(),
        own: true,
        reverse: Vec::new(),
    };
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
        let key_text = key.text().unwrap_or_default();
        let special = value.get("omit").is_some();
        let Some(text) = value.text().or(special.then_some("")) else {
            faults.push(
                faults
                    .new_error("M00", value, format!("the entry `{key_text}` is not a text"))
                    .expected("a text, or for `\"*\"` also `fault` or `{ omit: true }`"),
            );
            return None;
        };
        match (key_text, special) {
            ("*", true) => edition.other = Other::Omit,
            ("*", false) if text == "fault" => edition.explicit = true,
            ("*", false) => edition.other = Other::Text(text.to_owned()),
            _ => edition.entries.push(Entry {
                at: key.span(),
                key: key_text.to_owned(),
                value: text.to_owned(),
            }),
        }
    }
    if edition.entries.is_empty() && edition.other == Other::Fault {
        faults.push(faults.new_error("M00", node, "this table has no entries"));
        return None;
    }
    Some(edition)
}
