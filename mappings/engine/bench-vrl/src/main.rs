//! The tables of `benches/order` with the vrl crate among the candidates. Its
//! output is compared without the hub ids, which it has no function for.

#[path = "../../benches/order/hand.rs"]
mod hand;
#[path = "../../benches/order/inputs.rs"]
mod inputs;
#[path = "../../benches/order/measure.rs"]
mod measure;
#[path = "../../benches/order/report.rs"]
mod report;

use std::collections::BTreeMap;

use vrl::{
    compiler::{Context, Program, TargetValue, TimeZone, compile, state::RuntimeState},
    value::{Secrets, Value},
};

fn run(program: &Program, bytes: &[u8]) -> Vec<u8> {
    let value: Value = serde_json::from_slice(bytes).expect("JSON");
    let mut target = TargetValue {
        value,
        metadata: Value::Object(BTreeMap::new()),
        secrets: Secrets::default(),
    };
    let mut state = RuntimeState::default();
    let zone = TimeZone::default();
    let result = program
        .resolve(&mut Context::new(&mut target, &mut state, &zone))
        .expect("the program runs");
    serde_json::to_vec(&result).expect("JSON")
}

fn main() {
    let source = include_str!("order.vrl");
    let program = match compile(source, &vrl::stdlib::all()) {
        Ok(compiled) => compiled.program,
        Err(list) => panic!("{}", vrl::diagnostic::Formatter::new(source, list)),
    };
    report::report(Some(("vrl 0.38, doing less", &|bytes| run(&program, bytes))));
}
