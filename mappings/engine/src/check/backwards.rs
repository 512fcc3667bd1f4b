//! `reverse:` of an out map: takes over what of the in map can be read
//! backwards, and says of each of its fields what became of it.

use std::collections::HashMap;

use codec::{
    diagnostic::{Diagnostic, nearest},
    yaml::{self, Faults},
};

use super::lower::Lower;
use crate::{
    explain::{Level, ReverseField, shared},
    language::{
        expr::push_key,
        map_file::{self, MapFile, ReverseTable},
        rule::{At, Field, Rule, RuleKind},
        table::{Becomes, Other},
    },
    library::{Library, beside},
    schema::{Kinds, SchemaId, Schemas},
};

/// What became of the fields of the in map that an out map reverses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backwards {
    /// Path of the in map in its package.
    pub in_map: String,
    /// Each of its target fields, in its order.
    pub fields: Vec<BackField>,
}

/// One canonical field, on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackField {
    /// Canonical path, `[]` for list elements.
    pub target: String,
    pub fate: Fate,
}

/// How a canonical field goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The in map's rule, read backwards, writes it to `source`.
    TakenOver { source: String, exact: bool },
    /// A rule of the out map itself writes it.
    Written,
    /// Nothing writes it. `declared`: the map says so under `read_only:`.
    ReadOnly { why: String, declared: bool },
}

/// Fields that one fault names.
const NAMED_MAX: usize = 4;

/// What was taken over, before the map is lowered.
pub(super) struct Taken {
    in_map: String,
    at: At,
    fields: Vec<ReverseField>,
    /// Paths at the destination that are declared read-only.
    kept: Vec<String>,
    /// By the path at the destination: what became of the rule.
    outcome: HashMap<String, Outcome>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Taken,
    Kept,
    OwnRule,
    NoSuchField,
}

/// Takes over the fields of the in map, where this out map has no rule of its
/// own and the destination has the field.
pub(super) fn take(
    path: &str,
    file: &mut MapFile,
    target: &Schemas,
    (library, faults): (&dyn Library, &Faults),
) -> Option<Taken> {
    let (name, at) = file.reverse.clone()?;
    let in_map = beside(path, &name);
    let reversed = match crate::explain::reverse(&in_map, library) {
        Ok(reversed) => reversed,
        Err(list) => {
            list.into_iter().for_each(|fault| faults.push(fault));
            return None;
        }
    };
    known_read_only(file, &reversed.fields, faults);
    let inner = Faults::new(&in_map);
    let draft =
        yaml::parse(&in_map, &reversed.map).ok().and_then(|node| map_file::read(&inner, &node));
    let Some(draft) = draft else {
        let message = format!("`{name}` has no field that can be read backwards");
        faults.push(Diagnostic::error("M20", faults.file(), at, message));
        return None;
    };
    let kept = reversed.fields.iter().filter(|it| declared(&file.read_only, &it.target));
    let kept = kept.filter_map(|it| it.source.clone()).collect();
    let mut taken = Taken { in_map, at, fields: reversed.fields, kept, outcome: HashMap::new() };
    let root = Some(target.root());
    taken.merge(&mut file.fields, draft.fields, (target, root), "");
    file.tables.extend(draft.tables.into_iter().map(|mut table| {
        table.own = false;
        table
    }));
    Some(taken)
}

/// Every entry of `read_only:` names fields of the in map.
fn known_read_only(file: &MapFile, fields: &[ReverseField], faults: &Faults) {
    for (path, at) in &file.read_only {
        if !fields.iter().any(|it| under(&it.target, path)) {
            let mut fault = Diagnostic::error(
                "M01",
                faults.file(),
                *at,
                format!("the in map writes no field `{path}`"),
            );
            fault.help = nearest(path, fields.iter().map(|it| it.target.as_str()))
                .map(|near| format!("did you mean `{near}`?"));
            faults.push(fault);
        }
    }
}

/// Whether `path` is `of` or a part of it.
fn under(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn declared(read_only: &[(String, At)], target: &str) -> bool {
    read_only.iter().any(|(path, _)| under(target, path))
}

// === impl Taken ===

impl Taken {
    /// Adds what `own` does not write and the destination has.
    fn merge(
        &mut self,
        own: &mut Vec<Field>,
        draft: Vec<Field>,
        (schemas, schema): (&Schemas, Option<SchemaId>),
        prefix: &str,
    ) {
        for mut field in draft {
            let shown = shown(prefix, &field.path);
            let place = place_of(schemas, schema, &field.path);
            let outcome = match (&place, clashes(own, &field.path)) {
                _ if self.kept.contains(&shown) => Outcome::Kept,
                (_, true) => Outcome::OwnRule,
                (None, false) => Outcome::NoSuchField,
                (Some(_), false) => Outcome::Taken,
            };
            let mut empty = false;
            if let (RuleKind::Each(each), Outcome::Taken) = (&mut field.rule.kind, outcome)
                && let RuleKind::Object { fields, .. } = &mut each.body.kind
            {
                let items = place.flatten().and_then(|id| schemas.get(id)?.items);
                let inner = std::mem::take(fields);
                self.merge(fields, inner, (schemas, items), &format!("{shown}[]"));
                empty = fields.is_empty();
            } else {
                self.note(&field.rule, &shown, outcome);
            }
            if outcome == Outcome::Taken && !empty {
                relocate(&mut field, self.at);
                insert(own, field);
            }
        }
    }

    /// Notes an outcome for a rule and, of a list, for all fields of its elements.
    fn note(&mut self, rule: &Rule, path: &str, outcome: Outcome) {
        let RuleKind::Each(each) = &rule.kind else {
            self.outcome.insert(path.to_owned(), outcome);
            return;
        };
        if let RuleKind::Object { fields, .. } = &each.body.kind {
            for field in fields {
                self.note(&field.rule, &shown(&format!("{path}[]"), &field.path), outcome);
            }
        }
    }

    /// What became of each field, and faults for those that nobody speaks for.
    pub(super) fn judge(self, lower: &Lower<'_>, file: &MapFile) -> Backwards {
        let reads = Reads::of(lower);
        let mut left: [(&'static str, Vec<String>); 3] =
            ["M18", "M19", "M20"].map(|code| (code, Vec::new()));
        let mut fields = Vec::new();
        for field in self.fields {
            let declared = declared(&file.read_only, &field.target);
            let outcome = field.source.as_ref().and_then(|it| self.outcome.get(it).copied());
            let (code, why) = match (&field.level, outcome) {
                (Level::ReadOnly(why), _) => (field.code.unwrap_or("M20"), why.clone()),
                (_, Some(Outcome::NoSuchField)) => {
                    let source = field.source.as_deref().unwrap_or_default();
                    ("M20", format!("the destination has no field `{source}`"))
                }
                (_, _) => ("M20", "this map keeps it as it is".to_owned()),
            };
            let fate = match (&field.level, outcome, field.source) {
                (level, Some(Outcome::Taken), Some(source)) => {
                    Fate::TakenOver { source, exact: *level == Level::Exact }
                }
                (_, Some(Outcome::OwnRule), _) => Fate::Written,
                _ if reads.reads(&field.target) => Fate::Written,
                _ => Fate::ReadOnly { why, declared },
            };
            if let (Fate::ReadOnly { why, declared: false }, Some((_, list))) =
                (&fate, left.iter_mut().find(|it| it.0 == code))
            {
                list.push(format!("`{}` ({why})", field.target));
            }
            fields.push(BackField { target: field.target, fate });
        }
        for (code, list) in left.into_iter().filter(|it| !it.1.is_empty()) {
            let more = list.len().saturating_sub(NAMED_MAX);
            let named: Vec<String> = list.into_iter().take(NAMED_MAX).collect();
            let mut message = format!("not written back: {}", named.join(", "));
            if more > 0 {
                message.push_str(&format!(" and {more} more, see `map check --explain`"));
            }
            lower
                .warning_at(code, self.at, message)
                .expected("a rule of this map, or its path under `read_only:`");
        }
        Backwards { in_map: self.in_map, fields }
    }
}

/// `reverse_tables:` names tables, and for a result a code that gives it.
pub(super) fn representatives(lower: &Lower<'_>, reversed: &[ReverseTable]) {
    for it in reversed {
        let own = lower.tables.iter().find(|known| known.name == it.name).cloned();
        let Some(table) = own.or_else(|| shared(&it.name, lower.library)) else {
            let names: Vec<&str> = lower.tables.iter().map(|it| it.name.as_str()).collect();
            let message = format!("there is no table `{}` to reverse", it.name);
            lower.error_at("M19", it.at, message).nearest(&it.name, &names);
            continue;
        };
        for (result, code) in &it.entries {
            let gives = table.editions.iter().any(|edition| {
                match edition.entries.iter().find(|it| it.key == *code) {
                    Some(entry) => entry.value == Becomes::Text(result.clone()),
                    None => edition.other == Other::Text(result.clone()),
                }
            });
            if !gives {
                let message = format!("table `{}` does not make {result:?} of {code:?}", it.name);
                lower
                    .error_at("M19", it.at, message)
                    .expected("`{ result: code }`, with a code of the table");
            }
        }
    }
}

/// `prefix.path`, as people write it.
fn shown(prefix: &str, path: &[String]) -> String {
    let mut text = prefix.to_owned();
    for name in path {
        if !text.is_empty() {
            text.push('.');
        }
        push_key(&mut text, name);
    }
    text
}

/// The schema of a path at the destination; `None` when it has no such field.
fn place_of(
    schemas: &Schemas,
    from: Option<SchemaId>,
    path: &[String],
) -> Option<Option<SchemaId>> {
    let mut at = from;
    for name in path {
        let Some(id) = at else { return Some(None) };
        let node = schemas.get(id)?;
        if !node.kinds.has(Kinds::OBJECT) {
            return None;
        }
        let known = node.property(name);
        let free = node.open && (node.properties.is_empty() || node.additional.is_some());
        if known.is_none() && !free {
            return None;
        }
        at = known.or(node.additional);
    }
    Some(at)
}

/// Whether one of `own` writes that path, a part of it or what is around it.
fn clashes(own: &[Field], path: &[String]) -> bool {
    own.iter().any(|it| {
        if it.path.starts_with(path) {
            return true;
        }
        let Some(rest) = path.strip_prefix(it.path.as_slice()) else { return false };
        match &it.rule.kind {
            RuleKind::Object { when: None, fields } => clashes(fields, rest),
            _ => true,
        }
    })
}

/// Adds a field, inside the object that is there for it.
fn insert(own: &mut Vec<Field>, mut field: Field) {
    for known in own.iter_mut() {
        let rest = field.path.strip_prefix(known.path.as_slice()).map(<[String]>::to_vec);
        if let (RuleKind::Object { when: None, fields }, Some(rest)) = (&mut known.rule.kind, rest)
            && !rest.is_empty()
        {
            field.path = rest;
            return insert(fields, field);
        }
    }
    own.push(field);
}

/// Faults of what is taken over point at `reverse:`, where this file says it.
fn relocate(field: &mut Field, at: At) {
    field.at = at;
    relocate_rule(&mut field.rule, at);
}

fn relocate_rule(rule: &mut Rule, at: At) {
    rule.at = at;
    match &mut rule.kind {
        RuleKind::Value(text) => text.stands_at(at),
        RuleKind::Each(each) => {
            each.list.stands_at(at);
            relocate_rule(&mut each.body, at);
        }
        RuleKind::Object { fields, .. } => fields.iter_mut().for_each(|it| relocate(it, at)),
        // A draft has none of these.
        RuleKind::Const(_) | RuleKind::Choose(_) | RuleKind::List(_) | RuleKind::Join { .. } => {}
    }
}

/// The canonical paths that a map reads.
struct Reads(Vec<(String, bool)>);

impl Reads {
    fn of(lower: &Lower<'_>) -> Self {
        let trie = &lower.plan.trie;
        let ids = (1..trie.nodes.len()).filter_map(|id| u32::try_from(id).ok());
        Self(
            ids.filter_map(|id| {
                let node = trie.node(id)?;
                let whole = node.slot.is_some() && node.children.is_empty();
                Some((trie.path(id), whole && node.elements.is_none()))
            })
            .collect(),
        )
    }

    /// Whether the field, a part of it, or the whole around it is read.
    fn reads(&self, target: &str) -> bool {
        self.0.iter().any(|(path, whole)| under(path, target) || *whole && under(target, path))
    }
}
