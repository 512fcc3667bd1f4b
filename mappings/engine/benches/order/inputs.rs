//! What the candidates are given: maps, orders, a CSV file, a clock.

use std::{collections::HashMap, fs, path::PathBuf, sync::Arc};

use canon::clock::Timestamp;
use codec::{
    charset::{Charset, Profile},
    layout::Layout,
};
use mapping::{Compiled, Library, Map, Options, RunContext, compile};
use serde_json::Value;

/// How the canonical schema is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    AsPublished,
    /// Nothing is asserted of a value: what then is faster is what checks cost.
    WithoutAssertions,
}

/// A map with what it reads, held in memory.
pub(crate) struct Files {
    map: &'static str,
    held: HashMap<String, Arc<str>>,
}

impl Library for Files {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.held.get(path).cloned()
    }
}

impl Files {
    /// The order map of the tests.
    pub(crate) fn order(schema: Schema) -> Self {
        let read = |folder: PathBuf, name: &str| fs::read_to_string(folder.join(name));
        let mut held = HashMap::new();
        for name in ["order.map.yaml", "order.schema.json"] {
            let text = read(engine().join("tests/data"), name).expect("test data");
            held.insert(name.to_owned(), text.into());
        }
        for name in ["order.schema.json", "common.schema.json"] {
            let text = read(engine().join("../canon/v1"), name).expect("a canonical schema");
            let text = if schema == Schema::AsPublished { text } else { bare(&text) };
            held.insert(format!("canon/v1/{name}"), text.into());
        }
        Self { map: "order.map.yaml", held }
    }

    pub(crate) fn compile(&self) -> Compiled {
        compile(self.map, self, &Options::default())
    }
}

fn engine() -> PathBuf {
    // The crate beside the engine includes this file too.
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if here.ends_with("bench-vrl") { here.join("..") } else { here }
}

/// A schema of which only types and members are left.
fn bare(schema: &str) -> String {
    const ASSERTIONS: [&str; 11] = [
        "enum",
        "format",
        "maximum",
        "maxItems",
        "maxLength",
        "minimum",
        "minItems",
        "minLength",
        "multipleOf",
        "pattern",
        "required",
    ];
    fn strip(value: &mut Value, names: bool) {
        match value {
            Value::Object(members) => {
                if !names {
                    members.retain(|key, _| !ASSERTIONS.contains(&key.as_str()));
                }
                for (key, value) in members {
                    strip(value, !names && (key == "properties" || key == "$defs"));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|it| strip(it, false)),
            _ => {}
        }
    }
    let mut schema: Value = serde_json::from_str(schema).expect("a schema");
    strip(&mut schema, false);
    schema.to_string()
}

/// The order map, compiled.
pub(crate) fn order_map(schema: Schema) -> Arc<Map> {
    let compiled = Files::order(schema).compile();
    compiled.map.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

/// A run at a fixed time.
pub(crate) fn context() -> RunContext<'static> {
    RunContext {
        organisation: "acme",
        channel: "ec",
        received_at: Timestamp::from_ms(1_767_582_000_000),
        record: 1,
        needs: &[],
    }
}

/// An order with eight lines, and the same with what else a real webhook carries
/// and no map reads.
pub(crate) fn documents() -> [(&'static str, Vec<u8>); 2] {
    [
        ("order webhook", include_bytes!("data/order-2.8k.json").to_vec()),
        ("the same in full", include_bytes!("data/order-12k.json").to_vec()),
    ]
}

/// The document with letters whose width needs no change: VRL cannot change it.
pub(crate) fn narrow(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).expect("text");
    text.replace("ﾀﾛｳ", "タロウ")
        .replace("千代田１－１", "千代田1-1")
        .replace("ｽｶｲﾋﾞﾙ", "スカイビル")
        .into_bytes()
}

/// The map of a till's export.
pub(crate) fn movement_map() -> Arc<Map> {
    let read = |name| fs::read_to_string(engine().join("../canon/v1").join(name));
    let mut held: HashMap<String, Arc<str>> = HashMap::new();
    for name in ["inventory_movement.schema.json", "common.schema.json"] {
        held.insert(format!("canon/v1/{name}"), read(name).expect("a canonical schema").into());
    }
    held.insert("movement.map.yaml".into(), include_str!("data/movement.map.yaml").into());
    held.insert("movement.layout.yaml".into(), LAYOUT.into());
    let compiled = Files { map: "movement.map.yaml", held }.compile();
    compiled.map.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics))
}

const LAYOUT: &str = include_str!("data/movement.layout.yaml");

/// Some sold lines in CP932, with their layout: few enough for a quiet moment.
pub(crate) fn movements() -> (Layout, Vec<u8>) {
    let line = |it: u32| {
        format!(
            "0001,{it:08},{},2026/01/05 {:02}:{:02}:00,490123456789{},店頭販売 ﾚｼﾞ{},{},98.50\r\n",
            it % 7 + 1,
            9 + it / 60 % 12,
            it % 60,
            4,
            it % 3,
            it % 9 + 1,
        )
    };
    let text: String = (0..500).map(line).collect();
    let file = Profile::new(Charset::Cp932).encode_exact(&text).expect("CP932 has all of it");
    let layout = Layout::parse("movement.layout.yaml", LAYOUT);
    (layout.unwrap_or_else(|faults| panic!("{faults:?}")), file)
}
