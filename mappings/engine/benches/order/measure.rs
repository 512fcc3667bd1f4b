//! What the candidates share: the documents, the clock, the counter, the table.

use std::{collections::HashMap, fs, path::PathBuf, sync::Arc, time::Instant};

use canon::clock::Timestamp;
use mapping::{Library, Map, Options, RunContext, compile};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Rounds of each candidate, interleaved; the quietest counts.
const ROUNDS: usize = 300;
/// Runs in one round.
const RUNS: u32 = 100;

struct Files(HashMap<String, Arc<str>>);

impl Library for Files {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.0
            .get(path)
            .cloned()
            .or_else(|| fs::read_to_string(engine().join("..").join(path)).ok().map(Into::into))
    }
}

fn engine() -> PathBuf {
    // The crate beside the engine includes this file too.
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    if here.ends_with("bench-vrl") { here.join("..") } else { here }
}

fn data(name: &str) -> String {
    fs::read_to_string(engine().join("tests/data").join(name)).expect("test data")
}

/// The order map of the tests.
pub fn order_map() -> Arc<Map> {
    let files =
        ["order.map.yaml", "order.schema.json"].map(|name| (name.to_owned(), data(name).into()));
    let start = Instant::now();
    let compiled = compile("order.map.yaml", &Files(files.into()), &Options::default());
    println!(
        "load and check: {:?}; {} proved, {} checked",
        start.elapsed(),
        compiled.report.proved,
        compiled.report.checked
    );
    compiled.map.expect("the map is good")
}

/// A run at a fixed time.
pub fn context() -> RunContext<'static> {
    RunContext {
        organisation: "acme",
        channel: "ec",
        received_at: Timestamp::from_ms(1_767_582_000_000),
        record: 1,
        needs: &[],
    }
}

/// The order with eight lines, and the same with what a real webhook carries
/// beside what is mapped.
pub fn documents() -> [(&'static str, Vec<u8>); 2] {
    let mut order: Value = serde_json::from_str(&data("order.json")).expect("JSON");
    let lines: Vec<Value> = (0..8)
        .map(|index| {
            let mut line = order["line_items"][index % 2].clone();
            line["id"] = json!(1000 + index);
            line
        })
        .collect();
    order["line_items"] = json!(lines);
    let small = serde_json::to_vec(&order).expect("JSON");
    for index in 0..40 {
        order[format!("extra_{index}")] = json!({"note": "unmapped", "values": [1, 2.5, null, true], "text": "ほかの情報 with some length to it"});
    }
    for line in order["line_items"].as_array_mut().expect("lines") {
        line["properties"] =
            json!([{"name": "gift", "value": "いいえ"}, {"name": "engraving", "value": ""}]);
        line["origin_location"] = json!({"id": 1, "name": "倉庫", "address1": "1-1", "city": "千代田区", "zip": "1000001"});
    }
    [
        ("order of a webhook", small),
        ("the same with unmapped fields", serde_json::to_vec(&order).expect("JSON")),
    ]
}

/// Stops when two outputs are not the same document.
pub fn same(ours: &[u8], theirs: &[u8]) {
    let ours: Value = serde_json::from_slice(ours).expect("JSON");
    let theirs: Value = serde_json::from_slice(theirs).expect("JSON");
    assert_eq!(ours, theirs);
}

/// Times the candidates in turn and prints their quietest rounds as ratios to
/// the first.
pub fn table(candidates: &mut [(&str, &mut dyn FnMut())]) {
    let mut best = vec![f64::MAX; candidates.len()];
    let mut counts = vec![(0, 0); candidates.len()];
    for _ in 0..ROUNDS {
        for (index, (_, run)) in candidates.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..RUNS {
                run();
            }
            let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(RUNS);
            best[index] = best[index].min(each);
            let region = Region::new(ALLOCATOR);
            run();
            let change = region.change();
            counts[index] = (change.allocations + change.reallocations, change.bytes_allocated);
        }
    }
    println!("{:40} {:>9} {:>7} {:>7} {:>9}", "", "µs", "ratio", "allocs", "bytes");
    for (index, (name, _)) in candidates.iter().enumerate() {
        let (allocations, bytes) = counts[index];
        println!(
            "{name:40} {:9.2} {:7.2} {allocations:7} {bytes:9}",
            best[index],
            best[index] / best[0]
        );
    }
}
