//! A map file, read and not yet checked.

use canon::{
    entity::{Action, Classification},
    event::VersionKind,
};
use codec::yaml::{Faults, Node, Table as YamlTable};

use super::{
    policy::Policy,
    rule::{At, Branch, Field, Rule, Text, read_fields, read_rule, read_text, word},
    table::{Table, read_table},
};

/// A map file.
#[derive(Clone, Debug)]
pub(crate) struct MapFile {
    pub(crate) id: String,
    pub(crate) version: u32,
    pub(crate) at: At,
    /// Where its fields begin.
    pub(crate) fields_at: At,
    pub(crate) source: (String, At),
    pub(crate) target: (String, At),
    pub(crate) header: Header,
    pub(crate) policy: Policy,
    pub(crate) needs: Vec<Need>,
    pub(crate) tables: Vec<Table>,
    pub(crate) reverse_tables: Vec<ReverseTable>,
    pub(crate) fields: Vec<Field>,
    pub(crate) classification: Option<Classification>,
    /// The in map whose reversible fields an out map takes over.
    pub(crate) reverse: Option<(String, At)>,
    /// Canonical fields of that map that nothing writes back, on purpose.
    pub(crate) read_only: Vec<(String, At)>,
}

/// Rules of the envelope, in maps that come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    pub(crate) source_id: Option<Rule>,
    pub(crate) source_version: Option<Rule>,
    pub(crate) version_kind: Option<VersionKind>,
    pub(crate) occurred_at: Option<Rule>,
    pub(crate) partition_key: Option<Rule>,
    pub(crate) action: Vec<ActionBranch>,
    /// Why the ids that logs show may be personal data.
    pub(crate) personal_id: Option<String>,
}

/// When which action is meant; without a condition: otherwise.
#[derive(Clone, Debug)]
pub(crate) struct ActionBranch {
    pub(crate) cond: Option<Text>,
    pub(crate) action: Action,
}

/// Something the caller supplies.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) name: String,
    pub(crate) optional: bool,
}

/// Representatives of a many-to-one table: which code a result goes back to.
#[derive(Clone, Debug)]
pub(crate) struct ReverseTable {
    pub(crate) name: String,
    pub(crate) at: At,
    /// Result and code.
    pub(crate) entries: Vec<(String, String)>,
}

/// Reads a map file; what cannot be read is in `faults`.
pub(crate) fn read(faults: &Faults, node: &Node) -> Option<MapFile> {
    let table = YamlTable::open(faults, node, "a map")?;
    let id = table.required_text("map").unwrap_or_default().to_owned();
    let version = table.required_number::<u32>("version", "a whole number from 1").unwrap_or(1);
    let named = |key| {
        let node: Option<&Node> = table.required(key);
        node.map(|it| (it.text().unwrap_or_default().to_owned(), it.span()))
    };
    let (source, target) = (named("source"), named("target"));
    let policy = table.node("policy").map(|it| Policy::read(faults, it)).unwrap_or_default();
    let header = read_header(faults, &table);
    let classes = [
        ("public", Classification::Public),
        ("internal", Classification::Internal),
        ("confidential", Classification::Confidential),
        ("restricted", Classification::Restricted),
    ];
    let classification = table.node("classification").and_then(|it| word(faults, it, &classes));
    let needs = table.node("needs").map(|it| read_needs(faults, it)).unwrap_or_default();
    let mut tables = Vec::new();
    for (key, value) in table.node("tables").and_then(Node::map).unwrap_or_default() {
        let name = key.text().unwrap_or_default();
        tables.extend(read_table(faults, name, value));
    }
    let reverse_tables = table.node("reverse_tables").and_then(Node::map).unwrap_or_default();
    let reverse_tables = reverse_tables.iter().filter_map(|it| read_reverse(faults, it)).collect();
    let reverse =
        table.node("reverse").map(|it| (it.text().unwrap_or_default().to_owned(), it.span()));
    let read_only = read_paths(faults, table.node("read_only"));
    let fields =
        table.node("fields").map_or_else(|| Some(Vec::new()), |it| read_fields(faults, it, 0));
    if table.node("fields").is_none() && reverse.is_none() {
        table.required("fields");
    }
    let at = table.span();
    let key = node.map().unwrap_or_default().iter().find(|it| it.0.text() == Some("fields"));
    let fields_at = key.map_or(at, |it| it.0.span());
    table.finish();
    check_id(faults, node, &id, version);
    Some(MapFile {
        id,
        version,
        at,
        fields_at,
        source: source?,
        target: target?,
        header,
        policy,
        needs,
        tables,
        reverse_tables,
        fields: fields?,
        classification,
        reverse,
        read_only,
    })
}

fn check_id(faults: &Faults, node: &Node, id: &str, version: u32) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-/.".contains(c);
    if let (Some(at), false) = (node.get("map"), !id.is_empty() && id.chars().all(plain)) {
        faults.push(
            faults
                .new_error("M00", at, format!("`{id}` is not the id of a map"))
                .expected("`package/entity` of lower-case letters, digits, `_`, `-`, `.`"),
        );
    }
    if let (Some(at), 0) = (node.get("version"), version) {
        faults.push(faults.new_error("M00", at, "versions count from 1"));
    }
}

fn read_header(faults: &Faults, table: &YamlTable<'_>) -> Header {
    let rule = |key| table.node(key).and_then(|it| read_rule(faults, it, 0));
    let kinds = [
        ("integer", VersionKind::Integer),
        ("timestamp", VersionKind::Timestamp),
        ("sequence", VersionKind::Sequence),
        ("etag", VersionKind::Etag),
        ("none", VersionKind::None),
    ];
    Header {
        source_id: rule("source_id"),
        source_version: rule("source_version"),
        version_kind: table.node("source_version_kind").and_then(|it| word(faults, it, &kinds)),
        occurred_at: rule("occurred_at"),
        partition_key: rule("partition_key"),
        action: table.node("action").map(|it| read_action(faults, it)).unwrap_or_default(),
        personal_id: table.text("personal_id").map(str::to_owned),
    }
}

/// An action: a word, or a list of conditions whose results are words.
fn read_action(faults: &Faults, node: &Node) -> Vec<ActionBranch> {
    let words: Vec<(&str, Action)> = Action::ALL.iter().map(|it| (it.name(), *it)).collect();
    let Some(items) = node.seq() else {
        let action = word(faults, node, &words);
        return action.map(|action| ActionBranch { cond: None, action }).into_iter().collect();
    };
    let mut branches = Vec::new();
    for item in items {
        let cond = item.get("if");
        let Some(result) = item.get("then").or(item.get("else")) else {
            faults.push(
                faults
                    .new_error("M00", item, "this branch cannot be read")
                    .expected("`- if: condition` with `then: action`, or `- else: action`"),
            );
            continue;
        };
        let result = result.get("const").unwrap_or(result);
        let (cond, action) = (cond.map(|it| read_text(faults, it)), word(faults, result, &words));
        if let (Some(action), false) = (action, matches!(cond, Some(None))) {
            branches.push(ActionBranch { cond: cond.flatten(), action });
        }
    }
    branches
}

/// `[name, …]`, or `{ name: required | optional }`.
fn read_needs(faults: &Faults, node: &Node) -> Vec<Need> {
    let names = node.seq().unwrap_or_default().iter().map(|it| (it, None));
    let map = node.map().unwrap_or_default().iter().map(|(key, value)| (key, Some(value)));
    names
        .chain(map)
        .filter_map(|(name, kind)| {
            let words = [("required", false), ("optional", true)];
            let optional = match kind {
                Some(kind) => word(faults, kind, &words)?,
                None => false,
            };
            Some(Need { name: name.text()?.to_owned(), optional })
        })
        .collect()
}

/// A list of canonical paths.
fn read_paths(faults: &Faults, node: Option<&Node>) -> Vec<(String, At)> {
    let Some(node) = node else { return Vec::new() };
    let Some(items) = node.seq() else {
        let fault = faults.new_error("M00", node, "`read_only` is a list");
        faults.push(fault.expected("`[ canonical.path, lines[].net ]`"));
        return Vec::new();
    };
    let path = |it: &Node| Some((it.text()?.to_owned(), it.span()));
    items.iter().filter_map(path).collect()
}

/// `table: { result: code }`.
fn read_reverse(faults: &Faults, (key, value): &(Node, Node)) -> Option<ReverseTable> {
    let pair = |(from, to): &(Node, Node)| Some((from.text()?.to_owned(), to.text()?.to_owned()));
    let entries: Option<Vec<_>> = value.map().and_then(|it| it.iter().map(pair).collect());
    let Some(entries) = entries else {
        let fault = faults.new_error("M00", value, "these representatives cannot be read");
        faults.push(fault.expected("`{ result: code }`"));
        return None;
    };
    Some(ReverseTable { name: key.text()?.to_owned(), at: key.span(), entries })
}

impl Branch {
    /// Whether it is the `else`.
    pub(crate) const fn is_else(&self) -> bool {
        self.cond.is_none()
    }
}
