//! One order webhook: code by hand, our engine, and the vrl crate. Outputs are
//! compared before anything is timed; VRL's without the hub ids, which it has no
//! function for.

#[path = "../../benches/order/hand.rs"]
mod hand;
#[path = "../../benches/order/measure.rs"]
mod measure;

use std::collections::BTreeMap;

use mapping::Scratch;
use vrl::{
    compiler::{Context, Program, TargetValue, TimeZone, compile, state::RuntimeState},
    value::{Secrets, Value},
};

fn run(program: &Program, bytes: &[u8]) -> Vec<u8> {
    let value: Value = serde_json::from_slice(bytes).expect("JSON");
    let mut target = TargetValue { value, metadata: Value::Object(BTreeMap::new()), secrets: Secrets::default() };
    let mut state = RuntimeState::default();
    let zone = TimeZone::default();
    let result = program.resolve(&mut Context::new(&mut target, &mut state, &zone)).expect("the program runs");
    serde_json::to_vec(&result).expect("JSON")
}

/// The output without what VRL has no function for.
fn without_hub_ids(bytes: &[u8]) -> Vec<u8> {
    let mut value: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
    value.as_object_mut().expect("an order").remove("hub_id");
    value["buyer"].as_object_mut().expect("a buyer").remove("party");
    serde_json::to_vec(&value).expect("JSON")
}

/// The document with letters whose width needs no change: VRL cannot change it.
fn narrow(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).expect("text");
    text.replace("ﾀﾛｳ", "タロウ").replace("千代田１－１", "千代田1-1").into_bytes()
}

fn main() {
    let map = measure::order_map();
    let program = match compile(include_str!("order.vrl"), &vrl::stdlib::all()) {
        Ok(compiled) => compiled.program,
        Err(list) => panic!("{}", vrl::diagnostic::Formatter::new(include_str!("order.vrl"), list)),
    };
    let ctx = measure::context();
    for (name, bytes) in measure::documents() {
        let bytes = narrow(&bytes);
        let mut scratch = Scratch::default();
        let ours = map.run_json(&bytes, &ctx, &mut scratch).expect("the order maps").data;
        measure::same(&ours, &hand::map(&bytes, &ctx));
        measure::same(&without_hub_ids(&ours), &run(&program, &bytes));
        println!("\n{name}: {} bytes in, {} bytes out", bytes.len(), ours.len());
        measure::table(&mut [
            ("hand-written serde structs, no checks", &mut || drop(hand::map(&bytes, &ctx))),
            ("map engine, checks on", &mut || drop(map.run_json(&bytes, &ctx, &mut scratch))),
            ("vrl 0.38, doing less", &mut || drop(run(&program, &bytes))),
        ]);
    }
}
