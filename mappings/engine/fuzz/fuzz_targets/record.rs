//! Any bytes through a shipped map: the same result twice, and JSON when there
//! is one.
#![no_main]

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use canon::clock::Timestamp;
use libfuzzer_sys::fuzz_target;
use mapping::{Map, Options, RunContext, Scratch, compile};

fn map() -> &'static Map {
    static MAP: OnceLock<Arc<Map>> = OnceLock::new();
    MAP.get_or_init(|| {
        let files: HashMap<String, Arc<str>> = HashMap::from([
            ("order.map.yaml".to_owned(), include_str!("../../tests/data/order.map.yaml").into()),
            ("order.schema.json".to_owned(), include_str!("../../tests/data/order.schema.json").into()),
            ("canon/v1/order.schema.json".to_owned(), include_str!("../../../canon/v1/order.schema.json").into()),
            ("canon/v1/common.schema.json".to_owned(), include_str!("../../../canon/v1/common.schema.json").into()),
        ]);
        compile("order.map.yaml", &files, &Options::default()).map.expect("the map is good")
    })
}

fuzz_target!(|bytes: &[u8]| {
    let ctx = RunContext {
        organisation: "acme",
        channel: "ec",
        received_at: Timestamp::from_ms(1_767_582_000_000),
        record: 1,
        needs: &[],
    };
    let mut scratch = Scratch::default();
    let first = map().run_json(bytes, &ctx, &mut scratch);
    let second = map().run_json(bytes, &ctx, &mut scratch);
    assert_eq!(first, second);
    if let Err(faulted) = first {
        assert!(!faulted.faults.is_empty());
    }
});
