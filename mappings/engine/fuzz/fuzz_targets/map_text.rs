//! Any text as a map file: told what is wrong with it, never a crash.
#![no_main]

use std::{collections::HashMap, sync::Arc};

use libfuzzer_sys::fuzz_target;
use mapping::{Options, compile};

fuzz_target!(|text: &str| {
    let files: HashMap<String, Arc<str>> = HashMap::from([
        ("m.yaml".to_owned(), text.into()),
        ("s.json".to_owned(), r#"{"type":"object","properties":{"a":{"type":"string"},"n":{"type":"integer"},"l":{"type":"array","items":{"type":"object"}}}}"#.into()),
        ("canon/v1/order.schema.json".to_owned(), include_str!("../../../canon/v1/order.schema.json").into()),
        ("canon/v1/common.schema.json".to_owned(), include_str!("../../../canon/v1/common.schema.json").into()),
    ]);
    let compiled = compile("m.yaml", &files, &Options::default());
    assert!(compiled.map.is_some() || !compiled.diagnostics.is_empty());
    for diagnostic in &compiled.diagnostics {
        diagnostic.render(text);
    }
    // What is formatted once is formatted.
    if let Ok(once) = mapping::fmt("m.yaml", text) {
        assert_eq!(mapping::fmt("m.yaml", &once).ok().as_deref(), Some(once.as_str()));
    }
});
