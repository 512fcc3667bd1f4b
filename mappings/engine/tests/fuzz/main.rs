//! Mutated inputs: any text as a map file, any bytes through a shipped map.
//! `make fuzz SECONDS=60` runs them longer.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first thing that is not as it should be"
)]

mod map_text;
mod record;
#[path = "../it/shipped.rs"]
mod shipped;
#[path = "../it/support.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod support;

use std::path::PathBuf;

fn corpus(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name)
}

fn run(target: &mutate::Target<'_>) {
    match mutate::run(target) {
        Ok(report) => println!("{}: {report}", target.name),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn any_text_as_a_map_is_told_not_crashed() {
    run(&mutate::Target {
        name: "map_text",
        corpus: &corpus("map_text"),
        seeds: &[],
        tokens: map_text::TOKENS,
        inputs: 1500,
        run: map_text::run,
    });
}

#[test]
fn any_bytes_through_a_shipped_map_are_mapped_or_refused() {
    run(&mutate::Target {
        name: "record",
        corpus: &corpus("record"),
        seeds: &record::seeds(),
        tokens: record::TOKENS,
        inputs: 3000,
        run: record::run,
    });
}
