//! All destinations of one seed, and the one agenda by which time passes.

use delivery::retry::Jitter;
use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    destination::{Destination, Later, Planted},
    far_side::Nature,
};

const EVENTS_MAX: usize = 20_000;

/// All of what one run came to.
pub(crate) struct Run {
    pub(crate) violations: Vec<String>,
    /// Of the first destination.
    pub(crate) sends: Vec<(i64, usize, u32)>,
}

fn nature(jitter: &mut Jitter) -> Nature {
    match jitter.draw() % 6 {
        0 => Nature::Dead,
        1 => Nature::DownUntil(20_000),
        2 => Nature::Strict(700),
        3 => Nature::Flaky(90),
        _ => Nature::Flaky(40),
    }
}

/// Runs the world of a seed until all is quiet. `others`: how many destinations
/// there are beside the first, which is well on every fourth seed.
pub(crate) fn run(seed: u64, others: usize, planted: Planted) -> Run {
    let mut jitter = Jitter::seeded(seed);
    let first = if seed.is_multiple_of(4) { Nature::Well } else { nature(&mut jitter) };
    let crash_at = i64::try_from(jitter.draw() % 10_000).expect("small");
    let crash = jitter.draw().is_multiple_of(3).then_some((crash_at, Later::Crashes));
    let natures = [first].into_iter().chain((0..others).map(|_| nature(&mut jitter)));
    let mut destinations: Vec<Destination> = (0..)
        .zip(natures.collect::<Vec<_>>())
        .map(|(index, nature)| Destination::new(nature, seed ^ (index << 48), 7, planted))
        .collect();
    let mut agenda = BinaryHeap::new();
    let mut number = 0_u64;
    let mut note = |agenda: &mut BinaryHeap<_>, index: usize, laters: Vec<(i64, Later)>| {
        for (at, later) in laters {
            number += 1;
            agenda.push(Reverse((at, index, number, later)));
        }
    };
    for (index, destination) in destinations.iter_mut().enumerate() {
        note(&mut agenda, index, destination.arrivals());
        note(&mut agenda, index, crash.into_iter().collect());
    }
    let (mut seq, mut events) = (0, 0);
    while let Some(Reverse((now, index, _, later))) = agenda.pop() {
        note(&mut agenda, index, destinations[index].handle(now, later, &mut seq));
        events += 1;
        if events == EVENTS_MAX {
            destinations[index].violations.push("it does not end".to_owned());
            break;
        }
    }
    destinations.iter_mut().for_each(Destination::finish);
    let violations = destinations.iter_mut().flat_map(|it| std::mem::take(&mut it.violations));
    let violations = violations.collect();
    Run { violations, sends: std::mem::take(&mut destinations[0].sends) }
}
