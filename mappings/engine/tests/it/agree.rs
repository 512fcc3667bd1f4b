//! The checks that are fused into the run agree with the `jsonschema` crate, in
//! what they take, in what they refuse and in the fields they name.
//!
//! Each shipped in map is compiled twice: against the canonical schemas, and
//! against the same without their limits. What the second writes of a mutated
//! record is judged by `jsonschema`; the first must take it or refuse it alike.
//! `AGREE_DOCUMENTS=1000000` tries that many documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use canon::entity::Entity;
use mapping::{Direction, Library, Map, Options, Scratch, compile};
use serde_json::Value;

use crate::{
    laws::changed,
    shipped::{Shelf, shipped},
    support::{context, mappings},
};

/// Assertions that are looked at while a value is written.
const LIMITS: [&str; 12] = [
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
    "const",
];

/// A shelf whose canonical schemas have no limits.
struct Loose(Shelf);

impl Library for Loose {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let text = self.0.read(path)?;
        if !path.starts_with("canon/") {
            return Some(text);
        }
        let mut schema: Value = serde_json::from_str(&text).unwrap();
        loosen(&mut schema);
        Some(schema.to_string().into())
    }
}

fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // Names of properties are no assertions.
            for (key, value) in members.iter_mut() {
                if matches!(key.as_str(), "properties" | "$defs") {
                    value.as_object_mut().unwrap().values_mut().for_each(loosen);
                } else {
                    loosen(value);
                }
            }
            if members.contains_key("const") || members.contains_key("enum") {
                let first = members.get("const").or(members.get("enum").and_then(|it| it.get(0)));
                let kind = match first {
                    Some(Value::String(_)) => "string",
                    Some(Value::Number(_)) => "number",
                    _ => "boolean",
                };
                members.entry("type").or_insert(kind.into());
            }
            LIMITS.iter().for_each(|it| drop(members.remove(*it)));
        }
        Value::Array(items) => items.iter_mut().for_each(loosen),
        _ => {}
    }
}

/// The canonical schema of an entity, in one document.
fn validator(entity: Entity) -> jsonschema::Validator {
    let read = |name: &str| {
        let text = fs::read_to_string(mappings().join("canon/v1").join(name)).unwrap();
        text.replace("common.schema.json#", "#")
    };
    let mut schema: Value =
        serde_json::from_str(&read(&format!("{}.schema.json", entity.name()))).unwrap();
    let common: Value = serde_json::from_str(&read("common.schema.json")).unwrap();
    let mut defs = common["$defs"].as_object().unwrap().clone();
    let own = schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default();
    defs.extend(own);
    schema["$defs"] = Value::Object(defs);
    schema.as_object_mut().unwrap().remove("$id");
    opened(&mut schema);
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// An open vocabulary (`x-open`) names its usual members and takes others.
fn opened(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("x-open") == Some(&Value::Bool(true)) {
                members.remove("enum");
            }
            members.values_mut().for_each(opened);
        }
        Value::Array(items) => items.iter_mut().for_each(opened),
        _ => {}
    }
}

/// One map both ways, with records to mutate.
struct Pair {
    name: String,
    strict: Arc<Map>,
    loose: Arc<Map>,
    judge: jsonschema::Validator,
    samples: Vec<Value>,
}

fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for it in shipped() {
        let (package, path) = it.name.split_once('/').unwrap();
        let json = it.layout.is_none() && it.map.direction() == Direction::In;
        if !json || it.samples.is_empty() {
            continue;
        }
        let loose = Loose(Shelf(mappings().join("../adapters/packages").join(package)));
        let compiled = compile(path, &loose, &Options::default());
        let Some(loose) = compiled.map else { panic!("{path}: {:?}", compiled.diagnostics) };
        pairs.push(Pair {
            judge: validator(it.map.entity().unwrap()),
            samples: it.samples.iter().map(|it| serde_json::from_slice(it).unwrap()).collect(),
            strict: it.map.clone(),
            loose,
            name: it.name,
        });
    }
    pairs
}

/// What came of the documents.
#[derive(Debug, Default)]
struct Tally {
    taken: u64,
    refused: u64,
    /// Not mapped even without limits: nothing to judge.
    unmapped: u64,
    disagreements: BTreeMap<String, u64>,
}

impl Tally {
    fn try_one(&mut self, pair: &Pair, record: &Value, scratch: &mut Scratch) {
        let bytes = serde_json::to_vec(record).unwrap();
        let strict = pair.strict.run_json(&bytes, &context(), scratch);
        let Ok(loose) = pair.loose.run_json(&bytes, &context(), scratch) else {
            self.unmapped += 1;
            if strict.is_ok() {
                self.disagree(pair, "taken with limits, refused without".into());
            }
            return;
        };
        let document: Value = serde_json::from_slice(&loose.data).unwrap();
        let errors: BTreeSet<String> =
            pair.judge.iter_errors(&document).map(|it| place(&it)).collect();
        match strict {
            Ok(strict) => {
                self.taken += 1;
                if !errors.is_empty() {
                    self.disagree(pair, format!("taken, but {errors:?}"));
                } else if strict.data != loose.data {
                    self.disagree(pair, "the limits change what is written".into());
                }
            }
            Err(faulted) => {
                self.refused += 1;
                let named: BTreeSet<String> = faulted
                    .faults
                    .iter()
                    .filter_map(|it| it.needed_by.as_deref()?.split_once(' '))
                    .map(|it| it.1.to_owned())
                    .collect();
                if errors.is_empty() {
                    self.disagree(pair, format!("refused for {named:?}, but it fits"));
                } else if let Some(missed) = errors.iter().find(|it| !named.contains(*it)) {
                    self.disagree(pair, format!("`{missed}` is not among {named:?}"));
                }
            }
        }
    }

    fn disagree(&mut self, pair: &Pair, how: String) {
        *self.disagreements.entry(format!("{}: {how}", pair.name)).or_default() += 1;
    }
}

/// Where an error stands: a target path without element numbers.
fn place(error: &jsonschema::ValidationError<'_>) -> String {
    let mut path = String::new();
    for part in error.instance_path().as_str().split('/').skip(1) {
        let number = part.chars().all(|it| it.is_ascii_digit());
        match (number, path.is_empty()) {
            (true, _) => path.push_str("[]"),
            (false, true) => path.push_str(part),
            (false, false) => path.push_str(&format!(".{part}")),
        }
    }
    // A list of texts is one value of the map.
    path.strip_suffix("[]").map(str::to_owned).unwrap_or(path)
}

/// A record with some leaves of another value, mostly of the same type.
fn mutated(record: &Value, chance: &mut impl FnMut(u64) -> u64) -> Value {
    let picks: Vec<(u16, u8)> = (0..chance(5).saturating_sub(3))
        .map(|_| (u16::try_from(chance(60_000)).unwrap(), u8::try_from(chance(256)).unwrap()))
        .collect();
    let mut value = changed(record, &picks);
    let mut paths = Vec::new();
    crate::laws::pointers(&value, "", &mut paths);
    for _ in 0..chance(4) {
        let path = &paths[usize::try_from(chance(paths.len() as u64)).unwrap()];
        let Some(slot) = value.pointer_mut(path) else { continue };
        let other = match &*slot {
            Value::String(text) => text_like(text, chance(12)).into(),
            Value::Number(number) => number_like(number, chance(8)),
            Value::Array(items) if chance(2) == 0 => {
                Value::Array([items.as_slice(), items.as_slice()].concat())
            }
            _ => continue,
        };
        *slot = other;
    }
    value
}

fn text_like(text: &str, pick: u64) -> String {
    match pick {
        0 => String::new(),
        1 => text.repeat(40),
        2 => text.chars().rev().collect(),
        3 => text.to_uppercase(),
        4 => text.chars().take(1).collect(),
        5 => format!(" {text}\u{3000}"),
        6 => text.replace(|c: char| c.is_ascii_digit(), "9"),
        7 => text.replace('-', "/"),
        8 => format!("{text}〜㈱\u{1F600}"),
        9 => "-0.000000000001".into(),
        10 => "99999999999999999999".into(),
        _ => text.chars().filter(|it| it.is_ascii()).collect(),
    }
}

fn number_like(number: &serde_json::Number, pick: u64) -> Value {
    let whole = number.as_i64().unwrap_or(7);
    match pick {
        0 => (-whole).into(),
        1 => 0.into(),
        2 => serde_json::json!(0.5),
        3 => serde_json::json!(1_000_000_000_000_000_i64),
        4 => whole.saturating_mul(100).into(),
        5 => serde_json::json!(1e-9),
        6 => serde_json::json!(-0.25),
        _ => whole.saturating_add(1).into(),
    }
}

#[test]
fn fused_checks_agree_with_a_schema_validator() {
    let asked = std::env::var_os("AGREE_DOCUMENTS").and_then(|it| it.to_str()?.parse().ok());
    let documents: u64 = asked.unwrap_or(6_000);
    let pairs = pairs();
    assert!(pairs.len() >= 15, "{} maps", pairs.len());
    let (mut tally, mut scratch) = (Tally::default(), Scratch::default());
    let mut state = 7_u64;
    let mut chance = |end: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    for index in 0..documents {
        let pair = &pairs[usize::try_from(index).unwrap() % pairs.len()];
        let sample = &pair.samples[usize::try_from(chance(pair.samples.len() as u64)).unwrap()];
        tally.try_one(pair, &mutated(sample, &mut chance), &mut scratch);
    }
    println!(
        "{documents} documents through {} maps: {} taken, {} refused, {} not mapped, {} disagreements",
        pairs.len(),
        tally.taken,
        tally.refused,
        tally.unmapped,
        tally.disagreements.len()
    );
    assert!(tally.disagreements.is_empty(), "{:#?}", tally.disagreements);
    assert!(tally.taken * 20 >= documents && tally.refused * 100 >= documents, "{tally:?}");
}
