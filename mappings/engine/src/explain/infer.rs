//! From samples: a schema of the source, and a draft of a map with the decisions
//! that only a person can make.

use std::fmt::Write as _;

use codec::diagnostic::nearest;
use serde_json::{Map as Members, Value, json};

use crate::{
    library::Library,
    run::header::HEADER_MEMBERS,
    schema::{Kinds, Schema, SchemaId, Schemas, read_json_schema},
    time::{Date, parse_instant},
};

/// What samples suggest.
#[derive(Clone, Debug)]
pub struct Inferred {
    /// JSON Schema of the source, marked `x-inferred`.
    pub schema: Value,
    /// A draft of the map, as YAML.
    pub map: String,
    /// What a person has to decide, one line each.
    pub decisions: Vec<String>,
}

/// What was seen at one place.
#[derive(Default)]
struct Seen {
    count: usize,
    kinds: Kinds,
    members: Vec<(String, Seen)>,
    items: Option<Box<Seen>>,
    times: usize,
    dates: usize,
    texts: usize,
}

/// Proposes a schema for `samples` and a map to the canonical `entity`.
///
/// # Errors
/// In words: no samples, a sample that is not JSON, an unknown entity.
pub fn infer(
    samples: &[&[u8]],
    id: &str,
    entity: &str,
    library: &dyn Library,
) -> Result<Inferred, String> {
    if samples.is_empty() {
        return Err("there are no samples".into());
    }
    let mut seen = Seen::default();
    for (index, sample) in samples.iter().enumerate() {
        let value: Value = serde_json::from_slice(sample)
            .map_err(|fault| format!("sample {} is not JSON: {fault}", index + 1))?;
        seen.add(&value);
    }
    let target = read_json_schema(library, &format!("canon/v1/{entity}.schema.json"))?;
    let mut schema = seen.schema();
    if let Some(schema) = schema.as_object_mut() {
        let note = format!(
            "Inferred from {} samples; confirm it and take `x-inferred` out.",
            samples.len()
        );
        schema.insert("x-inferred".into(), Value::Bool(true));
        schema.insert("description".into(), json!(note));
    }
    let mut paths = Vec::new();
    seen.paths("", &mut paths);
    let mut draft = Draft { paths, target: &target, lines: String::new(), decisions: Vec::new() };
    draft.object(target.root(), "", true, 0);
    let source_id =
        draft.paths.iter().find(|(path, _)| matches!(path.as_str(), "id" | "uuid" | "code" | "no"));
    let id_rule =
        source_id.map_or_else(String::new, |(path, _)| format!("source_id: {path} | text\n"));
    if id_rule.is_empty() {
        draft.decisions.insert(0, "source_id: which field tells one record from another".into());
    }
    let decisions: String = draft.decisions.iter().fold(String::new(), |mut text, it| {
        let _infallible = writeln!(text, "# decide: {it}");
        text
    });
    let map = format!(
        "{decisions}map: {id}\nversion: 1\nsource: {entity}.schema.json\ntarget: {entity}@1\n{id_rule}policy: {{ missing: omit, null: omit }}\nfields:\n{}",
        draft.lines
    );
    Ok(Inferred { schema, map, decisions: draft.decisions })
}

impl Seen {
    fn add(&mut self, value: &Value) {
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

    fn schema(&self) -> Value {
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
    fn paths(&self, path: &str, found: &mut Vec<(String, Facts)>) {
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

/// What is known of a single value.
#[derive(Clone, Copy)]
struct Facts {
    kinds: Kinds,
    time: bool,
    /// It was there in every sample.
    always: bool,
}

struct Draft<'a> {
    paths: Vec<(String, Facts)>,
    target: &'a Schemas,
    lines: String,
    decisions: Vec<String>,
}

/// Objects within each other that a draft goes into.
const DEPTH_MAX: u32 = 2;

impl Draft<'_> {
    fn object(&mut self, id: SchemaId, prefix: &str, mandatory: bool, depth: u32) {
        let Some(node) = self.target.get(id) else { return };
        for (name, child) in &node.properties {
            if prefix.is_empty() && HEADER_MEMBERS.contains(&name.as_str()) {
                continue;
            }
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let required = mandatory && node.requires(name);
            let Some(inner) = self.target.get(*child) else { continue };
            let object = inner.kinds.only(Kinds::OBJECT) && !self.target.is_money(*child);
            if object && depth < DEPTH_MAX && required {
                self.object(*child, &path, true, depth + 1);
            } else if let Some(rule) = self.rule(name, *child, inner, required) {
                let _infallible = writeln!(self.lines, "  {path}: {rule}");
            } else if required {
                let wanted = inner
                    .one_of
                    .as_ref()
                    .map_or_else(|| inner.kinds.words(), |it| format!("one of {}", it.join(", ")));
                self.decisions.push(format!("{path}: no field looks like it; it wants {wanted}"));
            }
        }
    }

    /// A rule for a target field from the source field of nearly its name.
    fn rule(&self, name: &str, id: SchemaId, target: &Schema, required: bool) -> Option<String> {
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
        let names: Vec<String> = self.paths.iter().map(|(path, _)| last(path)).collect();
        let found = names
            .iter()
            .find(|it| *it == name)
            .map(String::as_str)
            .or_else(|| nearest(name, names.iter().map(String::as_str)))?;
        let (path, facts) = self.paths.iter().find(|(path, _)| last(path) == found)?;
        if required && !facts.always {
            return None;
        }
        let text = facts.kinds.only(Kinds::TEXT);
        let number = facts.kinds.only(Kinds::NUMBER.with(Kinds::INTEGER));
        let time = target.format.as_deref() == Some("date-time");
        Some(match () {
            () if target.one_of.is_some() => return None,
            () if self.target.is_money(id) => return None,
            () if time && facts.time => format!("{path} | timestamp"),
            () if target.format.is_some() => return None,
            () if target.kinds.only(Kinds::TEXT) && text => path.clone(),
            () if target.kinds.only(Kinds::TEXT) && number => format!("{path} | text"),
            () if target.kinds.only(Kinds::BOOL) && facts.kinds.only(Kinds::BOOL) => path.clone(),
            () if target.kinds.only(Kinds::INTEGER) && (text || number) => format!("{path} | int"),
            () if target.kinds.only(Kinds::NUMBER.with(Kinds::INTEGER)) && (text || number) => {
                format!("{path} | decimal")
            }
            () => return None,
        })
    }
}
