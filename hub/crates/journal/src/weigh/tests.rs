//! How much of a run of states is known.

use super::*;

fn run(states: &str) -> Vec<[u8; 16]> {
    states.bytes().map(|it| [it; 16]).collect()
}

fn tail(states: &str) -> Vec<State> {
    let from = states.len().saturating_sub(TAIL_MAX);
    states[from..].bytes().map(|it| State { id: [0; 16], is: [it; 16] }).collect()
}

#[test]
fn a_run_is_known_as_far_as_it_begins_with_the_last_states() {
    let long = "abcdefghijklmnopqrstuvwxyz";
    for (said, before, known) in [
        ("b", "ab", 1),
        ("a", "ab", 0),
        ("ab", "ab", 2),
        ("ab", "zab", 2),
        ("ba", "ab", 1),
        ("bc", "ab", 1),
        ("abc", "ab", 2),
        ("bab", "ab", 1),
        ("aba", "abab", 2),
        ("xy", "ab", 0),
        ("ab", "", 0),
        (long, long, 26),
        (&long[1..], long, 25),
        (&long[..20], long, 0),
    ] {
        assert_eq!(overlap(&run(said), &tail(before)), known, "{said} after {before}");
    }
}
