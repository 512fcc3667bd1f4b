//! Any bytes through a shipped map, guided by coverage.
#![no_main]

#[path = "../../tests/fuzz/record.rs"]
#[expect(dead_code, reason = "the run without nightly uses the rest")]
mod record;
#[path = "../../tests/it/shipped.rs"]
mod shipped;
#[path = "../../tests/it/support.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    record::run(bytes);
});
