//! One order webhook to the canonical order: our engine against serde structs
//! written by hand. Both outputs are compared before anything is timed.
//!
//! `cargo bench -p mapping --bench order`; with the `vrl` crate beside them:
//! `cargo run --release --manifest-path mappings/engine/bench-vrl/Cargo.toml`.
#![expect(
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a benchmark measures time and stops at the first thing that is wrong"
)]

mod hand;
mod measure;

use mapping::Scratch;

fn main() {
    let map = measure::order_map();
    let ctx = measure::context();
    for (name, bytes) in measure::documents() {
        let mut scratch = Scratch::default();
        let ours = map.run_json(&bytes, &ctx, &mut scratch).expect("the order maps").data;
        measure::same(&ours, &hand::map(&bytes, &ctx));
        println!("\n{name}: {} bytes in, {} bytes out", bytes.len(), ours.len());
        measure::table(&mut [
            ("hand-written serde structs, no checks", &mut || drop(hand::map(&bytes, &ctx))),
            ("map engine, checks on", &mut || drop(map.run_json(&bytes, &ctx, &mut scratch))),
        ]);
    }
}
