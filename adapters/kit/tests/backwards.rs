//! Shipped maps read backwards: what comes in can be written back, untouched
//! fields keep their bytes, changed ones read as they were changed.

#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use canon::clock::Timestamp;
use mapping::{Compiled, Fate, Library, Map, RunContext, Scratch};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// One package's files, and the draft of a map that reads another backwards.
/// What it writes is laid over a record that is there, so nothing is required.
#[derive(Default)]
struct Shelf {
    package: &'static str,
    draft: Option<String>,
    target: String,
}

const DRAFT: &str = "maps/back.out.map.yaml";
const TARGET: &str = "maps/back.schema.json";

impl Library for Shelf {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        if let (DRAFT, Some(draft)) = (path, &self.draft) {
            return Some(Arc::from(draft.as_str()));
        }
        if path == TARGET {
            return Some(Arc::from(self.target.as_str()));
        }
        if let Some(schema) = canon::schema::by_path(path) {
            return Some(Arc::from(schema));
        }
        let file = match path.strip_prefix("tables/") {
            Some(table) => root().join("../mappings/tables").join(table),
            None => root().join("packages").join(self.package).join(path),
        };
        std::fs::read_to_string(file).ok().map(Arc::from)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn compile(path: &str, shelf: &Shelf) -> Arc<Map> {
    compiled(path, shelf).map.unwrap()
}

fn compiled(path: &str, shelf: &Shelf) -> Compiled {
    let compiled = mapping::compile(path, shelf, &mapping::Options::default());
    assert!(compiled.map.is_some(), "{path}: {:#?}", compiled.diagnostics);
    compiled
}

/// A map and the map that reads it backwards, as the engine drafts it.
fn both_ways(package: &'static str, path: &str) -> (Arc<Map>, Arc<Map>, usize) {
    let shelf = Shelf { package, ..Shelf::default() };
    let reversed = mapping::reverse(path, &shelf).unwrap();
    let back = reversed.fields.iter().filter(|it| it.source.is_some()).count();
    let get = compile(path, &shelf);
    let line = reversed.map.lines().find(|it| it.starts_with("target: ../")).unwrap();
    let schema = shelf.read(line.trim_start_matches("target: ../")).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    relax(&mut schema);
    let draft = Some(reversed.map.replace(line, "target: back.schema.json"));
    let shelf = Shelf { package, draft, target: schema.to_string() };
    (get, compile(DRAFT, &shelf), back)
}

/// Takes out what a whole record must have.
fn relax(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("required");
            members.values_mut().for_each(relax);
        }
        Value::Array(items) => items.iter_mut().for_each(relax),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

const CONTEXT: RunContext<'_> = RunContext {
    organisation: "example",
    channel: "here",
    received_at: Timestamp::from_ms(1_767_582_000_000),
    record: 1,
    needs: &[("account_id", None)],
};

fn fixture(package: &str, case: &str, records_at: &str) -> Vec<Value> {
    let file = root().join("packages").join(package).join("fixtures").join(case).join("in.json");
    let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    match document.pointer(records_at).unwrap() {
        Value::Array(records) => records.clone(),
        record => vec![record.clone()],
    }
}

fn canonical(map: &Map, record: &Value) -> Value {
    let made = map.run_json(record.to_string().as_bytes(), &CONTEXT, &mut Scratch::default());
    serde_json::from_slice(&made.unwrap().data).unwrap()
}

/// Goal: what was not touched comes back as it was; a new name is read as it
/// was written.
/// Method: records of the fixtures, read, changed in one field, written back.
#[test]
fn shipped_maps_write_back_what_they_read() {
    let cases = [
        ("smaregi-pos", "maps/party.map.yaml", "customers", "", "/name/family", 10),
        ("hubspot-crm", "maps/party.map.yaml", "contacts", "/results", "/name/given", 6),
        ("mazrica-sales", "maps/opportunity.map.yaml", "deals", "/deals", "/name", 6),
        ("generic-crm-rest", "maps/party.map.yaml", "contact", "", "/name/family", 6),
    ];
    for (package, path, case, records_at, changed, fields_min) in cases {
        let (get, back, fields) = both_ways(package, path);
        assert!(fields >= fields_min, "{package}: only {fields} fields come back");
        for record in fixture(package, case, records_at) {
            let old = record.to_string();
            let mut wanted = canonical(&get, &record);
            let put = |wanted: &Value| {
                let text = wanted.to_string();
                let maps = (&*get, &*back);
                let keys = [("phaseStayDays", "name")];
                mapping::put(maps, text.as_bytes(), Some(old.as_bytes()), &keys, &CONTEXT)
            };
            let untouched = put(&wanted).unwrap_or_else(|why| panic!("{package}: {why:?}"));
            assert_eq!(untouched.document, record, "{package}: something changed in silence");
            *wanted.pointer_mut(changed).unwrap() = json!("改名");
            let written = put(&wanted).unwrap_or_else(|why| panic!("{package}: {why:?}"));
            assert_eq!(canonical(&get, &written.document), wanted, "{package}");
        }
    }
}

/// Goal: a shipped out map that reverses the in map writes what the in map would
/// read again as the same, and takes most of its fields from it.
/// Method: records of the fixtures, read, changed in one field, written over the
/// record, read again.
#[test]
fn shipped_out_maps_take_the_in_map_back() {
    let cases = [
        (
            ("smaregi-pos", "customers", ""),
            ("maps/party.map.yaml", "maps/customer-change.out.map.yaml"),
            ("/name/family", 7),
        ),
        (
            ("salesforce-sales", "opportunities", "/records"),
            ("maps/opportunity.map.yaml", "maps/opportunity.out.map.yaml"),
            ("/name", 3),
        ),
        (
            ("hubspot-crm", "deals", "/results"),
            ("maps/opportunity.map.yaml", "maps/deal.out.map.yaml"),
            ("/name", 4),
        ),
        (
            ("square-pos", "customers", "/customers"),
            ("maps/party.map.yaml", "maps/customer-change.out.map.yaml"),
            ("/name/family", 4),
        ),
    ];
    for ((package, case, records_at), (read, write), (changed, taken_min)) in cases {
        let shelf = Shelf { package, ..Shelf::default() };
        let (get, back) = (compile(read, &shelf), compiled(write, &shelf));
        let fates = &back.backwards.as_ref().unwrap().fields;
        let count = |wanted: fn(&Fate) -> bool| fates.iter().filter(|it| wanted(&it.fate)).count();
        let taken = count(|it| matches!(it, Fate::TakenOver { .. }));
        assert!(taken >= taken_min, "{package}: only {taken} fields are taken over");
        assert_eq!(count(|it| matches!(it, Fate::ReadOnly { declared: false, .. })), 0);
        let own = back.map.as_ref().unwrap();
        for record in fixture(package, case, records_at) {
            let mut wanted = canonical(&get, &record);
            *wanted.pointer_mut(changed).unwrap() = json!("改名");
            let body = canonical(own, &wanted);
            // What the out map writes by rules of its own is not the in map's to read.
            let mut laid = record.clone();
            let of_get = fates.iter().filter_map(|it| match &it.fate {
                Fate::TakenOver { source, .. } => Some(format!("/{}", source.replace('.', "/"))),
                Fate::Written | Fate::ReadOnly { .. } => None,
            });
            for source in of_get {
                if let (Some(new), Some(old)) = (body.pointer(&source), laid.pointer_mut(&source)) {
                    *old = new.clone();
                }
            }
            assert_eq!(canonical(&get, &laid), wanted, "{package}: {body}");
            assert_eq!(canonical(own, &canonical(&get, &laid)), body, "{package}");
        }
    }
}
