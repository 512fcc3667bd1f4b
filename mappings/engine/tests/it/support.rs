//! What the tests share: a library in memory and on disk, sources from samples.

use std::{collections::HashMap, fs, path::PathBuf, sync::Arc};

use canon::clock::Timestamp;
use mapping::{Library, RunContext};
use serde_json::{Value, json};

/// The repository's `mappings` folder.
pub(crate) fn mappings() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files in memory first, then canonical schemas and shared tables from disk.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) files: HashMap<String, Arc<str>>,
}

impl Files {
    pub(crate) fn with(mut self, path: &str, text: impl Into<Arc<str>>) -> Self {
        self.files.insert(path.to_owned(), text.into());
        self
    }
}

impl Library for Files {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let shared = path.starts_with("canon/") || path.starts_with("tables/");
        self.files.get(path).cloned().or_else(|| {
            fs::read_to_string(mappings().join(path)).ok().filter(|_| shared).map(Into::into)
        })
    }
}

/// A schema that a sample fits: fields as they are, none required.
pub(crate) fn schema_of(sample: &Value) -> Value {
    match sample {
        Value::Null => json!({}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Number(number) if number.is_i64() => json!({"type": "integer"}),
        Value::Number(_) => json!({"type": "number"}),
        Value::String(_) => json!({"type": "string"}),
        Value::Array(items) => {
            json!({"type": "array", "items": items.first().map_or(json!({}), schema_of)})
        }
        Value::Object(fields) => {
            let properties: serde_json::Map<String, Value> =
                fields.iter().map(|(key, value)| (key.clone(), schema_of(value))).collect();
            json!({"type": "object", "properties": properties, "additionalProperties": true})
        }
    }
}

/// A run at a fixed time on a channel named `ec`.
pub(crate) fn context() -> RunContext<'static> {
    RunContext {
        organisation: "acme",
        channel: "ec",
        received_at: Timestamp::from_ms(1_767_582_000_000),
        record: 1,
        needs: &[],
    }
}

/// A file of `tests/data`.
pub(crate) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}
