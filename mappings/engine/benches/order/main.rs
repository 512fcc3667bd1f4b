//! One order webhook to the canonical order: our engine against serde structs
//! written by hand; then rows of a CSV file, loading a map, explaining a field.
//! Outputs are compared before anything is timed.
//!
//! `cargo bench -p mapping --bench order`; with the `vrl` crate in the same table:
//! `cargo run --release --manifest-path mappings/engine/bench-vrl/Cargo.toml`.
//! For a profiler, which then counts the same on a busy machine: `once engine 0
//! 1000` (or `hand`, or `rows`) does nothing else than 1000 runs over document 0.
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
    let words: Vec<String> = std::env::args().collect();
    let words: Vec<&str> =
        words.iter().map(String::as_str).skip_while(|it| *it != "once").collect();
    match words.as_slice() {
        ["once", candidate, document, runs, ..] => {
            let number = |word: &str| word.parse().expect("a number");
            report::once(candidate, number(document), number(runs));
        }
        _ => report::report(None),
    }
}
