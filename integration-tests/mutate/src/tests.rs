//! The driver finds what is there to be found, and finds it again.

use super::*;
use std::sync::Mutex;

/// Fails when a digit stands between brackets.
fn brittle(input: &[u8]) -> u64 {
    let bad = input.windows(3).any(|it| it[0] == b'[' && it[1].is_ascii_digit() && it[2] == b']');
    assert!(!bad, "found");
    kind((input.contains(&b'['), input.contains(&b']'), input.len().min(8)))
}

fn target(run: fn(&[u8]) -> u64) -> Target<'static> {
    Target {
        name: "brittle",
        corpus: Path::new("/nowhere"),
        seeds: &[],
        tokens: &["[", "7"],
        inputs: 200_000,
        run,
    }
}

#[test]
fn a_failing_input_is_found_and_made_small() {
    let failure = run(&target(brittle)).unwrap_err();
    assert!(failure.input.len() == 3 && failure.input.first() == Some(&b'['), "{failure}");
    assert_eq!(std::fs::read(&failure.file).unwrap(), failure.input);
    std::fs::remove_file(&failure.file).unwrap();
}

#[test]
fn the_same_seed_tries_the_same_inputs() {
    static SEEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    fn note(input: &[u8]) -> u64 {
        SEEN.lock().unwrap().push(kind(input));
        kind(input.len())
    }
    let target = Target { inputs: 500, ..target(note) };
    let report = run(&target).unwrap();
    assert!(report.inputs == 500 && report.kinds > 20, "{report}");
    run(&target).unwrap();
    let seen = SEEN.lock().unwrap();
    let (first, again) = seen.split_at(500);
    assert_eq!(first, again);
}
