//! Any text as a map file, guided by coverage.
#![no_main]

#[path = "../../tests/fuzz/map_text.rs"]
#[expect(dead_code, reason = "the run without nightly uses the rest")]
mod map_text;
#[path = "../../tests/it/support.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    map_text::run(bytes);
});
