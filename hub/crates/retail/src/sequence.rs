//! Missing numbers of a till's day.
//!
//! Numbers that were seen are kept as runs. A till's counter has a fixed width
//! and starts again at 1 after its largest number, so the numbers of one day
//! lie on a circle; the widest empty arc is where the day did not go, every
//! other one is a gap.

/// A run of numbers seen, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// First number.
    pub first: u64,
    /// Last number.
    pub last: u64,
}

/// Numbers that are missing, both ends included. `from` is greater than `to`
/// when the counter started again in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// First missing number.
    pub from: u64,
    /// Last missing number.
    pub to: u64,
}

/// Widest counter that is understood; wider ones are ids and not counters.
const WIDTH_MAX: usize = 12;

/// A till's number and the width of its counter; `None` when it is not a number.
#[must_use]
pub fn read(sequence: &str) -> Option<(u64, usize)> {
    let is_number = !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || sequence.len() > WIDTH_MAX {
        return None;
    }
    Some((sequence.parse().ok()?, sequence.len()))
}

/// Adds a number to `runs`, which are sorted and do not touch; false when it
/// was in them already.
pub fn add(runs: &mut Vec<Run>, number: u64) -> bool {
    let place = runs.partition_point(|run| run.last < number);
    let joins_next = runs.get(place).is_some_and(|run| run.first <= number.saturating_add(1));
    if runs.get(place).is_some_and(|run| run.first <= number) {
        return false;
    }
    let joins_last = place > 0 && runs.get(place - 1).is_some_and(|run| run.last + 1 == number);
    match (joins_last, joins_next) {
        (true, true) => {
            let next = runs.remove(place);
            if let Some(run) = runs.get_mut(place - 1) {
                run.last = next.last;
            }
        }
        (true, false) => {
            if let Some(run) = runs.get_mut(place - 1) {
                run.last = number;
            }
        }
        (false, true) => {
            if let Some(run) = runs.get_mut(place) {
                run.first = number;
            }
        }
        (false, false) => runs.insert(place, Run { first: number, last: number }),
    }
    true
}

/// What is missing between `runs` on a counter of so many digits.
#[must_use]
pub fn gaps(runs: &[Run], width: usize) -> Vec<Gap> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return Vec::new();
    };
    let largest = 10u64.saturating_pow(u32::try_from(width).unwrap_or(u32::MAX)) - 1;
    // Most counters go from their largest number to 1; one that was seen at 0 goes to 0.
    let smallest = u64::from(first.first > 0);
    let mut arcs: Vec<(u64, Gap)> = runs
        .windows(2)
        .filter_map(|pair| match pair {
            [before, after] => {
                let missing = after.first - before.last - 1;
                Some((missing, Gap { from: before.last + 1, to: after.first - 1 }))
            }
            _ => None,
        })
        .collect();
    let around = largest.saturating_sub(last.last) + (first.first - smallest);
    let next = if last.last >= largest { smallest } else { last.last + 1 };
    let before = if first.first <= smallest { largest } else { first.first - 1 };
    arcs.push((around, Gap { from: next, to: before }));
    let widest = arcs.iter().enumerate().max_by_key(|(at, (missing, _))| (*missing, *at));
    let widest = widest.map(|(at, _)| at);
    arcs.into_iter()
        .enumerate()
        .filter(|(at, (missing, _))| Some(*at) != widest && *missing > 0)
        .map(|(_, (_, gap))| gap)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(numbers: &[u64]) -> Vec<Run> {
        let mut runs = Vec::new();
        for number in numbers {
            add(&mut runs, *number);
        }
        runs
    }

    #[test]
    fn h9_a_gap_is_there_until_the_late_number_comes() {
        let mut runs = seen(&[101, 102, 105, 104]);
        assert_eq!(gaps(&runs, 4), [Gap { from: 103, to: 103 }]);
        assert!(add(&mut runs, 103));
        assert!(!add(&mut runs, 103), "a number is not counted twice");
        assert!(gaps(&runs, 4).is_empty());
        assert_eq!(runs, [Run { first: 101, last: 105 }]);
    }

    #[test]
    fn h10_a_counter_that_starts_again_leaves_no_gap() {
        assert!(gaps(&seen(&[9998, 9999, 1, 2]), 4).is_empty());
        assert!(gaps(&seen(&[9998, 9999, 0, 1]), 4).is_empty());
        assert_eq!(
            gaps(&seen(&[9998, 1, 3]), 4),
            [Gap { from: 2, to: 2 }, Gap { from: 9999, to: 9999 }]
        );
        assert_eq!(gaps(&seen(&[9997, 2]), 4), [Gap { from: 9998, to: 1 }]);
    }

    #[test]
    fn numbers_are_read_with_their_width() {
        assert_eq!(read("0042"), Some((42, 4)));
        for bad in ["", "A1", "1234567890123", "-1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    proptest! {
        /// H10: numbers that follow each other leave no gap, wherever the counter
        /// starts again, and each is counted once.
        #[test]
        fn h10_a_counter_that_starts_again_anywhere_leaves_no_gap(
            first in 1u64..10_000, count in 1u64..300, order in any::<u64>()
        ) {
            let mut numbers: Vec<u64> =
                (0..count).map(|step| (first - 1 + step) % 9999 + 1).collect();
            // Some order that is not that of the counter.
            numbers.sort_by_key(|it| it.wrapping_mul(order | 1));
            let mut runs = Vec::new();
            for number in &numbers {
                prop_assert!(add(&mut runs, *number), "{} is no duplicate", number);
            }
            prop_assert_eq!(gaps(&runs, 4), []);
        }

        #[test]
        fn runs_do_not_depend_on_the_order(mut numbers in proptest::collection::vec(0u64..60, 1..40)) {
            let runs = seen(&numbers);
            numbers.sort_unstable();
            prop_assert_eq!(&runs, &seen(&numbers));
            numbers.dedup();
            let kept: Vec<u64> = runs.iter().flat_map(|run| run.first..=run.last).collect();
            prop_assert_eq!(kept, numbers);
        }
    }
}
