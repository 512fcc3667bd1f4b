//! Any text as a map file: told what is wrong with it, formatted or refused, and
//! what compiles runs.

use std::collections::BTreeSet;

use mapping::{Options, Scratch, compile};

use crate::support::{Files, context};

/// Words of the language.
pub(crate) const TOKENS: &[&str] = &[
    "map: ",
    "source: ",
    "target: ",
    "version: 1\n",
    "fields:\n",
    "  - if: ",
    "then: ",
    "else: ",
    "each: ",
    "where: ",
    "key: ",
    "when: ",
    "join: ",
    "list: ",
    "const: ",
    "from: ",
    "missing: ",
    "null: ",
    "default: ",
    "policy: ",
    "tables: ",
    "needs: ",
    "reverse: ",
    "read_only: ",
    "omit",
    " | ",
    "root.",
    "../",
    "this",
    "hub.",
    "needs.",
    "has(a)",
    "table(t)",
    "money(\"JPY\")",
    "decimal",
    "timestamp",
    "default(",
    "rescue(",
    "sum(",
    "first(",
    "where(",
    "split(\",\")",
    "allocate(l, n)",
    "&&",
    "||",
    "!",
    "?",
    "==",
    "[0]",
    "[-1]",
    "[a = \"x\"]",
    "\"*\"",
    "{ ",
    " }",
    "[",
    "]",
    "\n",
    "\n  ",
    "\n    ",
    "#",
    "'",
    "\"",
    "&a",
    "*a",
    "<<",
    "!!str",
    "|-\n",
    "\t",
    "㈱",
];

const SCHEMA: &str = r#"{"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"},
    "o": {"type": ["object", "null"], "properties": {"x": {"type": "string"}}},
    "l": {"type": "array", "items": {"type": "object", "properties": {"v": {"type": "string"}, "n": {"type": "number"}}}}}}"#;

const TARGET: &str = r#"{"type": "object", "required": ["r"], "additionalProperties": false, "properties": {
    "r": {"type": "string", "maxLength": 9}, "s": {"enum": ["x", "y"]}, "m": {"$ref": "common.schema.json#/$defs/Money"},
    "p": {"type": "object", "properties": {"q": {"type": "integer", "minimum": 0}}},
    "lines": {"type": "array", "items": {"type": "object", "properties": {"v": {"type": "string"}}, "required": ["v"]}}}}"#;

const RECORD: &[u8] =
    r#"{"a": "ｶﾞ㈱ 12", "n": -3, "o": {"x": ""}, "l": [{"v": "1", "n": 1.50}, {"n": 1e3}, {}]}"#
        .as_bytes();

pub(crate) fn run(bytes: &[u8]) -> u64 {
    let Ok(text) = std::str::from_utf8(bytes) else { return 0 };
    let files = Files::default()
        .with("m.yaml", text)
        .with("s.json", SCHEMA)
        .with("canon/v1/order.schema.json", TARGET);
    let compiled = compile("m.yaml", &files, &Options::default());
    assert!(compiled.map.is_some() || !compiled.diagnostics.is_empty(), "refused without a word");
    for diagnostic in &compiled.diagnostics {
        diagnostic.render(text);
    }
    // What is formatted once is formatted, and means the same.
    if let Ok(once) = mapping::fmt("m.yaml", text) {
        assert_eq!(mapping::fmt("m.yaml", &once).ok().as_deref(), Some(once.as_str()));
    }
    let mut outcome = 0;
    if let Some(map) = &compiled.map {
        let mut scratch = Scratch::default();
        let first = map.run_json(RECORD, &context(), &mut scratch);
        assert_eq!(first, map.run_json(RECORD, &context(), &mut scratch), "twice is not the same");
        if let Ok(mapped) = &first {
            serde_json::from_slice::<serde_json::Value>(&mapped.data).unwrap();
        }
        outcome = 1 + u64::from(first.is_ok());
    }
    // Faults are told apart by what they say, without the names in it.
    let said: BTreeSet<(&str, String)> =
        compiled.diagnostics.iter().map(|it| (it.code, nameless(&it.message))).collect();
    mutate::kind((outcome, said))
}

/// A message without what stands between backticks, quotes and without digits.
fn nameless(message: &str) -> String {
    let parts = message.split(['`', '"']).step_by(2);
    parts.flat_map(str::chars).filter(|it| !it.is_ascii_digit()).collect()
}
