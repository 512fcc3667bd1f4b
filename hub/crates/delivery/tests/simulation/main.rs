//! Deterministic simulation of the dispatcher: lanes, back-off, breaker and
//! rate limit against far sides that misbehave, with a clock that is moved by
//! the events themselves and a crash now and then.
//!
//! Properties, over 10,000 seeds: order per key is kept, no parcel is lost, none
//! is tried past its attempts or before its time, bounds hold, and one
//! destination's trouble does not move another's sends by a millisecond.

// Marked so that the lints for tests hold here too.
#[cfg(test)]
mod destination;
#[cfg(test)]
mod far_side;
#[cfg(test)]
mod world;

use destination::Planted;
use world::{Run, run};

/// How many seeds are run; `DELIVERY_SEEDS` at build time says otherwise, and
/// `DELIVERY_SEED` runs one.
const SEEDS: u64 = 10_000;

/// What is wrong with a seed.
fn faults(seed: u64, planted: Planted) -> Vec<String> {
    let Run { mut violations, sends } = run(seed, 1, planted);
    // Alone, the first destination must do exactly what it did beside another.
    // Every second seed, because it is a second run.
    if seed.is_multiple_of(2) && run(seed, 0, planted).sends != sends {
        violations.push("another destination's trouble moved this one's sends".to_owned());
    }
    violations
}

#[test]
fn every_seed_keeps_order_loses_nothing_and_stays_within_its_bounds() {
    let number = |text: &str| text.parse::<u64>().expect("a number");
    let seeds = match (option_env!("DELIVERY_SEED"), option_env!("DELIVERY_SEEDS")) {
        (Some(seed), _) => number(seed)..number(seed) + 1,
        (None, count) => 0..count.map_or(SEEDS, number),
    };
    for seed in seeds {
        let faults = faults(seed, Planted::Nothing);
        assert!(
            faults.is_empty(),
            "seed {seed}: {faults:#?}\n\
             again: DELIVERY_SEED={seed} cargo test -p delivery --test simulation every_seed"
        );
    }
}

#[test]
fn planted_faults_are_found() {
    for (planted, sign) in [
        (Planted::FoldsTooEarly, "the number of the try is not the next one"),
        (Planted::NeverGivesUp, "its tries are used up"),
        (Planted::LosesItsTurn, "an earlier parcel of its key is not finished"),
        (Planted::IgnoresPauses, "the far side asked for a pause"),
    ] {
        let found = (0..200).any(|seed| faults(seed, planted).iter().any(|it| it.contains(sign)));
        assert!(found, "{planted:?} was not found in 200 seeds");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..20 {
        assert_eq!(run(seed, 1, Planted::Nothing).sends, run(seed, 1, Planted::Nothing).sends);
    }
}
