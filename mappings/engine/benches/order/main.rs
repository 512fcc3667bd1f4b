//! One order webhook to the canonical order: our engine against serde structs
//! written by hand; then rows of a CSV file, loading a map, explaining a field.
//! Outputs are compared before anything is timed.
//!
//! `cargo bench -p mapping --bench order`; with the `vrl` crate in the same table:
//! `cargo run --release --manifest-path mappings/engine/bench-vrl/Cargo.toml`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and stops at the first thing that is wrong"
)]

mod hand;
mod inputs;
mod measure;
mod report;

fn main() {
    report::report(None);
}
