//! What JSON samples have in common, as a schema.

use serde_json::{Map as Members, Value, json};

use super::draft::Facts;
use crate::{
    schema::Kinds,
    time::{Date, parse_instant},
};

/// What was seen at one place.
#[derive(Default)]
pub(super) struct Seen {
    count: usize,
    kinds: Kinds,
    members: Vec<(String, Seen)>,
    items: Option<Box<Seen>>,
    times: usize,
    dates: usize,
    texts: usize,
}

impl Seen {
    pub(super) fn add(&mut self, value: &Value) {
        self.count += 1;
        match value {
            Value::Null => self.kinds = self.kinds.with(Kinds::NULL),
            Value::Bool(_) => self.kinds = self.kinds.with(Kinds::BOOL),
            Value::Number(number) => {
                let whole = number.is_i64() || number.is_u64();
                self.kinds = self.kinds.with(if whole {
                    Kinds::INTEGER
                } else {
                    Kinds::NUMBER.with(Kinds::INTEGER)
                });
            }
            Value::String(text) => {
                self.kinds = self.kinds.with(Kinds::TEXT);
                self.texts += 1;
                self.times += usize::from(parse_instant(text).is_some());
                self.dates += usize::from(Date::parse_iso(text).is_some());
            }
            Value::Array(items) => {
                self.kinds = self.kinds.with(Kinds::ARRAY);
                let inner = self.items.get_or_insert_with(Box::default);
                items.iter().for_each(|item| inner.add(item));
            }
            Value::Object(members) => {
                self.kinds = self.kinds.with(Kinds::OBJECT);
                for (key, value) in members {
                    match self.members.iter_mut().find(|(known, _)| known == key) {
                        Some((_, known)) => known.add(value),
                        None => {
                            let mut fresh = Seen::default();
                            fresh.add(value);
                            self.members.push((key.clone(), fresh));
                        }
                    }
                }
            }
        }
    }

    pub(super) fn schema(&self) -> Value {
        let names = [
            (Kinds::OBJECT, "object"),
            (Kinds::ARRAY, "array"),
            (Kinds::TEXT, "string"),
            (Kinds::NUMBER, "number"),
            (Kinds::INTEGER, "integer"),
            (Kinds::BOOL, "boolean"),
            (Kinds::NULL, "null"),
        ];
        let number = self.kinds.has(Kinds::NUMBER);
        let kinds: Vec<&str> = names
            .iter()
            .filter(|(kind, _)| self.kinds.has(*kind) && !(number && *kind == Kinds::INTEGER))
            .map(|(_, name)| *name)
            .collect();
        let mut out = Members::new();
        match kinds.as_slice() {
            // Only null was seen: nothing is known.
            [] | ["null"] => {}
            [one] => drop(out.insert("type".into(), json!(one))),
            many => drop(out.insert("type".into(), json!(many))),
        }
        if self.texts > 0 && self.times == self.texts {
            out.insert("format".into(), json!("date-time"));
        } else if self.texts > 0 && self.dates == self.texts {
            out.insert("format".into(), json!("date"));
        }
        if self.kinds.has(Kinds::OBJECT) {
            let properties: Members<String, Value> =
                self.members.iter().map(|(key, seen)| (key.clone(), seen.schema())).collect();
            let required: Vec<&String> = self
                .members
                .iter()
                .filter(|(_, seen)| seen.count == self.count)
                .map(|(key, _)| key)
                .collect();
            out.insert("properties".into(), Value::Object(properties));
            out.insert("required".into(), json!(required));
        }
        if let Some(items) = &self.items {
            out.insert("items".into(), items.schema());
        }
        Value::Object(out)
    }

    /// Single values outside lists, with their paths.
    pub(super) fn paths(&self, path: &str, found: &mut Vec<(String, Facts)>) {
        for (key, seen) in &self.members {
            let mut inner = path.to_owned();
            if !inner.is_empty() {
                inner.push('.');
            }
            crate::language::expr::push_key(&mut inner, key);
            if seen.kinds.has(Kinds::OBJECT) {
                seen.paths(&inner, found);
            } else if !seen.kinds.has(Kinds::ARRAY) {
                let facts = Facts {
                    kinds: seen.kinds,
                    time: seen.texts > 0 && seen.times == seen.texts,
                    always: path.is_empty()
                        && seen.count == self.count
                        && !seen.kinds.has(Kinds::NULL),
                };
                found.push((inner, facts));
            }
        }
    }
}
