//! The counter of allocations, the stop-watch, the table.

use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// How long each candidate is measured in one round.
const SLICE: Duration = Duration::from_millis(4);
/// Rounds, the candidates in turn; the quietest counts.
const ROUNDS: u32 = 250;

/// A name and one run.
pub(crate) type Candidate<'c> = (&'c str, &'c mut dyn FnMut());

/// What one run is.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Document,
    Rows(u32),
}

/// Times the candidates in turn and prints their quietest rounds as ratios to
/// the first.
pub(crate) fn table(unit: Unit, candidates: &mut [Candidate<'_>]) {
    let mut best = vec![f64::MAX; candidates.len()];
    let mut counts = vec![(0, 0); candidates.len()];
    let mut runs = vec![1_u32; candidates.len()];
    for _ in 0..ROUNDS {
        for (index, (_, run)) in candidates.iter_mut().enumerate() {
            let start = Instant::now();
            for _ in 0..runs[index] {
                run();
            }
            let each = start.elapsed().as_secs_f64() / f64::from(runs[index]);
            best[index] = best[index].min(each);
            runs[index] = (SLICE.as_secs_f64() / best[index]).clamp(1.0, 1e6) as u32;
            let region = Region::new(ALLOCATOR);
            run();
            let change = region.change();
            counts[index] = (change.allocations + change.reallocations, change.bytes_allocated);
        }
    }
    let (parts, noun) = match unit {
        Unit::Document => (1, "each"),
        Unit::Rows(rows) => (rows, "a row"),
    };
    println!("{:40} {:>10} {:>9} {:>7} {:>7} {:>9}", "", "µs", "M/s", "ratio", "allocs", "bytes");
    for (index, (name, _)) in candidates.iter().enumerate() {
        let (allocations, bytes) = counts[index];
        let each = best[index] / f64::from(parts);
        println!(
            "{name:40} {:10.3} {:9.4} {:7.2} {:7} {:9} {noun}",
            each * 1e6,
            1e-6 / each,
            best[index] / best[0],
            allocations / parts as usize,
            bytes / parts as usize,
        );
    }
}
