//! Writes a canonical record back into a document of the source, by the rule of
//! the language: keep what already says the same, else the canonical form, but
//! only if reading it gives the same again; otherwise refuse.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value;

use super::{
    diff::{leaves, unnumbered},
    explain_json,
};
use crate::{
    language::expr::push_key,
    map::Map,
    plan::{
        NodeId,
        node::{Member, Node},
    },
    run::{Faulted, RunContext, Scratch},
};

/// A document of the source with a canonical record written back.
#[derive(Clone, Debug)]
pub struct Put {
    pub document: Value,
    /// Source paths whose old value was kept.
    pub kept: Vec<String>,
    /// Source paths that were written.
    pub written: Vec<String>,
}

/// Why a record is not written back.
#[derive(Clone, Debug)]
pub enum PutFault {
    /// The out map does not map the record.
    Faults(Faulted),
    /// These target fields would read otherwise afterwards.
    Differs(Vec<String>),
    /// A list has no key by which its elements are matched.
    NoKey(String),
    /// Two elements of a list have the same key.
    SameKey(String),
    /// A number has more digits than a JSON document in memory keeps: it would
    /// come back as another one.
    Inexact(String),
    /// A document is not JSON.
    NotJson,
}

/// Writes `canonical` back into `old`, a document of the source. `get` reads the
/// source, `back` is its out map. Elements of lists are matched by the `key:` that
/// `back` says; `keys` names the key field of more source lists (`line_items` by
/// `id`).
///
/// # Errors
/// Nothing is written when something would change in silence.
pub fn put(
    (get, back): (&Map, &Map),
    canonical: &[u8],
    old: Option<&[u8]>,
    keys: &[(&str, &str)],
    ctx: &RunContext<'_>,
) -> Result<Put, PutFault> {
    let made = back.run_json(canonical, ctx, &mut Scratch::default()).map_err(PutFault::Faults)?;
    for bytes in [Some(canonical), old, Some(made.data.as_slice())].into_iter().flatten() {
        if let Some(number) = inexact(bytes) {
            return Err(PutFault::Inexact(number));
        }
    }
    let candidate: Value = serde_json::from_slice(&made.data).map_err(|_| PutFault::NotJson)?;
    let wanted: Value = serde_json::from_slice(canonical).map_err(|_| PutFault::NotJson)?;
    let mut put = Put { document: Value::Null, kept: Vec::new(), written: Vec::new() };
    let Some(old) = old else {
        put.document = candidate;
        put.written = leaves(&put.document).into_keys().collect();
        return guarded((get, back), put, &wanted, ctx);
    };
    let document: Value = serde_json::from_slice(old).map_err(|_| PutFault::NotJson)?;
    let wants = leaves(&wanted);
    let explained = explain_json(get, old, ctx);
    let mut same: BTreeMap<String, bool> = BTreeMap::new();
    for field in &explained.fields {
        let value = field.written.as_ref().and_then(|it| serde_json::from_str::<Value>(it).ok());
        let says = value.is_some_and(|it| {
            leaves(&it)
                .iter()
                .all(|(inner, leaf)| wants.get(&under(&field.target, inner)) == Some(leaf))
        });
        if let Some(read) = field.reads.first() {
            let known = same.entry(read.path.clone()).or_insert(true);
            *known &= says;
        }
    }
    // The old document as the maps would write it: its keys in canonical form.
    let normal = explained
        .result
        .as_ref()
        .ok()
        .and_then(|it| back.run_json(&it.data, ctx, &mut Scratch::default()).ok())
        .and_then(|it| serde_json::from_slice::<Value>(&it.data).ok());
    let own = back.plan.keys.iter().map(|(list, key)| (list.as_str(), key.as_str()));
    let keys: Vec<(&str, &str)> = keys.iter().copied().chain(own).collect();
    let mut merge = Merge { keys: &keys, same: &same, put: &mut put };
    put.document = merge.value((Some(&document), normal.as_ref()), &candidate, &At::default())?;
    guarded((get, back), put, &wanted, ctx)
}

/// A number that a JSON value in memory does not keep.
fn inexact(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut in_text = false;
    let mut escaped = false;
    // What stands outside of texts, cut at everything that is no number.
    let outside = text.split(|c: char| {
        let was_in_text = in_text;
        let quote = c == '"' && !escaped;
        in_text ^= quote;
        escaped = was_in_text && c == '\\' && !escaped;
        was_in_text || in_text || !(c.is_ascii_digit() || "+-.eE".contains(c))
    });
    let number = |it: &&str| it.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    outside.filter(number).find(|it| !kept(it)).map(str::to_owned)
}

fn kept(literal: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Value>(literal) else { return false };
    let shown = value.to_string();
    let exact =
        |text: &str| Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    shown == literal || exact(literal).is_some_and(|it| exact(&shown) == Some(it))
}

fn under(target: &str, inner: &str) -> String {
    if inner.is_empty() { target.to_owned() } else { format!("{target}.{inner}") }
}

/// Reads the new document and refuses it when a field that the out map writes
/// says otherwise than the record.
fn guarded(
    (get, back): (&Map, &Map),
    put: Put,
    wanted: &Value,
    ctx: &RunContext<'_>,
) -> Result<Put, PutFault> {
    let bytes = serde_json::to_vec(&put.document).map_err(|_| PutFault::NotJson)?;
    let explained = explain_json(get, &bytes, ctx);
    let wants = leaves(wanted);
    let ours = writes(back);
    let mut differs = Vec::new();
    for field in &explained.fields {
        let Some(read) = field.reads.first() else { continue };
        if !ours.contains(&unnumbered(&read.path)) {
            continue;
        }
        let value = field.written.as_ref().map(|it| serde_json::from_str::<Value>(it));
        let same = match value {
            None => !wants.keys().any(|it| within(it, &field.target)),
            Some(Err(_)) => false,
            Some(Ok(value)) => leaves(&value)
                .iter()
                .all(|(inner, leaf)| wants.get(&under(&field.target, inner)) == Some(leaf)),
        };
        if !same {
            differs.push(field.target.clone());
        }
    }
    if differs.is_empty() { Ok(put) } else { Err(PutFault::Differs(differs)) }
}

/// Whether `path` is `of` or a part of it.
fn within(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Paths that a map writes values to, `[]` for list elements.
fn writes(map: &Map) -> BTreeSet<String> {
    fn below(map: &Map, members: &[Member], found: &mut BTreeSet<String>) {
        for member in members {
            of(map, member.node, &member.target, found);
        }
    }
    fn of(map: &Map, node: NodeId, target: &str, found: &mut BTreeSet<String>) {
        match map.plan.node(node) {
            Some(Node::Object { members, .. }) => below(map, members, found),
            Some(Node::Each { body, .. }) => of(map, *body, &format!("{target}[]"), found),
            Some(Node::Value(_) | Node::Const(_) | Node::Choose { .. } | Node::List { .. })
            | None => {
                found.insert(target.to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    below(map, &map.plan.root, &mut found);
    found
}

/// Where a value stands, numbered as in the old document and as in the new one,
/// and without numbers.
#[derive(Clone, Default)]
struct At {
    old: String,
    new: String,
    plain: String,
}

impl At {
    fn key(&self, key: &str) -> Self {
        let join = |at: &str| {
            let mut at = at.to_owned();
            if !at.is_empty() {
                at.push('.');
            }
            push_key(&mut at, key);
            at
        };
        Self { old: join(&self.old), new: join(&self.new), plain: join(&self.plain) }
    }

    fn element(&self, old: usize, new: usize) -> Self {
        Self {
            old: format!("{}[{old}]", self.old),
            new: format!("{}[{new}]", self.new),
            plain: self.plain.clone(),
        }
    }
}

/// Lays a candidate over an old document.
struct Merge<'a> {
    keys: &'a [(&'a str, &'a str)],
    same: &'a BTreeMap<String, bool>,
    put: &'a mut Put,
}

impl Merge<'_> {
    /// Beside the old value stands what the maps would write for it.
    fn value(
        &mut self,
        (old, normal): (Option<&Value>, Option<&Value>),
        new: &Value,
        at: &At,
    ) -> Result<Value, PutFault> {
        match (old, new) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                let mut merged = old.clone();
                for (key, value) in new {
                    let known = (old.get(key), normal.and_then(|it| it.get(key)));
                    let value = self.value(known, value, &at.key(key))?;
                    merged.insert(key.clone(), value);
                }
                Ok(Value::Object(merged))
            }
            (Some(Value::Array(old)), Value::Array(new)) => {
                let normal = normal.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                self.list((old, normal), new, at)
            }
            // What the maps would write for the old value is what is to be written;
            // of a record that does not map, what each field gave.
            (Some(old), new)
                if normal == Some(new)
                    || normal.is_none() && self.same.get(&at.old) == Some(&true) =>
            {
                self.put.kept.push(at.new.clone());
                Ok(old.clone())
            }
            (_, new) => {
                let all = leaves(new).into_keys();
                self.put.written.extend(all.map(|inner| under(&at.new, &inner)));
                Ok(new.clone())
            }
        }
    }

    fn list(
        &mut self,
        (old, normal): (&[Value], &[Value]),
        new: &[Value],
        at: &At,
    ) -> Result<Value, PutFault> {
        let key = self.keys.iter().find(|(list, _)| *list == at.plain).map(|(_, key)| *key);
        let Some(key) = key else { return Err(PutFault::NoKey(at.plain.clone())) };
        let of = |element: &Value| {
            key.split('.').try_fold(element.clone(), |at, it| at.get(it).cloned())
        };
        let mut merged = Vec::new();
        let mut matched = Vec::new();
        for (index, element) in new.iter().enumerate() {
            let wanted = of(element);
            let same = |index: usize, it: &Value| {
                wanted.is_some() && (of(it) == wanted || normal.get(index).and_then(of) == wanted)
            };
            let mut found = old.iter().enumerate().filter(|(index, it)| same(*index, it));
            let known = found.next().map(|(index, _)| index);
            if found.next().is_some() || known.is_some_and(|it| matched.contains(&it)) {
                return Err(PutFault::SameKey(at.plain.clone()));
            }
            matched.extend(known);
            // What was read of the old element is known under its old number.
            let at = at.element(known.unwrap_or(old.len()), index);
            let base = known.map_or((None, None), |it| (old.get(it), normal.get(it)));
            merged.push(self.value(base, element, &at)?);
        }
        Ok(Value::Array(merged))
    }
}
