//! Writes a canonical record back into a document of the source, by the rule of
//! the language: keep what already says the same, else the canonical form, but
//! only if reading it gives the same again; otherwise refuse.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{diff::leaves, explain_json};
use crate::{
    map::Map,
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
    /// A document is not JSON.
    NotJson,
}

/// Writes `canonical` back into `old`, a document of the source. `get` reads the
/// source, `back` is its out map; `keys` names the key field of each source list
/// (`line_items` by `id`).
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
    let candidate: Value = serde_json::from_slice(&made.data).map_err(|_| PutFault::NotJson)?;
    let wanted: Value = serde_json::from_slice(canonical).map_err(|_| PutFault::NotJson)?;
    let mut put = Put { document: Value::Null, kept: Vec::new(), written: Vec::new() };
    let Some(old) = old else {
        put.document = candidate;
        put.written = leaves(&put.document).into_keys().collect();
        return guarded(get, put, &wanted, &[], ctx);
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
    let mut merge = Merge { keys, same: &same, put: &mut put };
    let merged = merge.value(Some(&document), &candidate, ("", ""))?;
    put.document = merged;
    let read_only = explained
        .fields
        .iter()
        .filter(|it| it.reads.is_empty())
        .map(|it| it.target.clone())
        .collect::<Vec<_>>();
    guarded(get, put, &wanted, &read_only, ctx)
}

fn under(target: &str, inner: &str) -> String {
    if inner.is_empty() { target.to_owned() } else { format!("{target}.{inner}") }
}

/// Reads the new document and refuses it when a written field says otherwise.
fn guarded(
    get: &Map,
    put: Put,
    wanted: &Value,
    read_only: &[String],
    ctx: &RunContext<'_>,
) -> Result<Put, PutFault> {
    let bytes = serde_json::to_vec(&put.document).map_err(|_| PutFault::NotJson)?;
    let explained = explain_json(get, &bytes, ctx);
    let wants = leaves(wanted);
    let mut differs = Vec::new();
    for field in &explained.fields {
        let touched = field.reads.iter().any(|it| put.written.contains(&it.path));
        if !touched || read_only.contains(&field.target) {
            continue;
        }
        let value = field.written.as_ref().and_then(|it| serde_json::from_str::<Value>(it).ok());
        let same = value.is_some_and(|it| {
            leaves(&it)
                .iter()
                .all(|(inner, leaf)| wants.get(&under(&field.target, inner)) == Some(leaf))
        });
        if !same {
            differs.push(field.target.clone());
        }
    }
    if differs.is_empty() { Ok(put) } else { Err(PutFault::Differs(differs)) }
}

/// Lays a candidate over an old document.
struct Merge<'a> {
    keys: &'a [(&'a str, &'a str)],
    same: &'a BTreeMap<String, bool>,
    put: &'a mut Put,
}

impl Merge<'_> {
    /// `path` is numbered by the new document, `plain` has no numbers.
    fn value(
        &mut self,
        old: Option<&Value>,
        new: &Value,
        (path, plain): (&str, &str),
    ) -> Result<Value, PutFault> {
        match (old, new) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                let mut merged = old.clone();
                for (key, value) in new {
                    let join =
                        |at: &str| if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                    let value = self.value(old.get(key), value, (&join(path), &join(plain)))?;
                    merged.insert(key.clone(), value);
                }
                Ok(Value::Object(merged))
            }
            (Some(Value::Array(old)), Value::Array(new)) => self.list(old, new, (path, plain)),
            (Some(old), _) if self.same.get(path) == Some(&true) => {
                self.put.kept.push(path.to_owned());
                Ok(old.clone())
            }
            (_, new) => {
                let all = leaves(new).into_keys();
                self.put.written.extend(all.map(|inner| under(path, &inner)));
                Ok(new.clone())
            }
        }
    }

    fn list(
        &mut self,
        old: &[Value],
        new: &[Value],
        (path, plain): (&str, &str),
    ) -> Result<Value, PutFault> {
        let key = self.keys.iter().find(|(list, _)| *list == plain).map(|(_, key)| *key);
        let Some(key) = key else { return Err(PutFault::NoKey(plain.to_owned())) };
        let mut merged = Vec::new();
        for (index, element) in new.iter().enumerate() {
            let known =
                old.iter().position(|it| it.get(key).is_some() && it.get(key) == element.get(key));
            // What was read of the old element is known under its old number.
            let at = format!("{path}[{}]", known.unwrap_or(index));
            let base = known.and_then(|it| old.get(it));
            merged.push(self.value(base, element, (&at, plain))?);
        }
        Ok(Value::Array(merged))
    }
}
