//! Waits stay under their ceiling, and the last try is the last.

use super::*;
use crate::classify::Cause;

const RETRY: Retry =
    Retry { base: Duration::from_secs(1), cap: Duration::from_secs(60), attempts_max: 3 };
const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_000);

fn later(after: Option<Duration>) -> Verdict {
    Verdict::Later { reason: "HTTP 503".to_owned(), after, cause: Cause::Failing }
}

#[test]
fn the_ceiling_doubles_up_to_the_cap() {
    for (attempt, ceiling_s) in [(1, 1), (2, 2), (3, 4), (7, 60), (64, 60), (u32::MAX, 60)] {
        let ceiling = Duration::from_secs(ceiling_s);
        assert_eq!(RETRY.wait(attempt, u64::MAX), ceiling, "try {attempt}");
        assert_eq!(RETRY.wait(attempt, u64::MAX / 2 + 1), ceiling / 2, "try {attempt}");
        assert_eq!(RETRY.wait(attempt, 0), Duration::ZERO, "try {attempt}");
    }
}

#[test]
fn waits_fill_the_whole_range() {
    let mut jitter = Jitter::seeded(7);
    let mut quarters = [0; 4];
    for _ in 0..4000 {
        let wait = RETRY.wait(3, jitter.draw());
        quarters[usize::try_from(wait.as_millis() / 1001).expect("small")] += 1;
    }
    assert!(quarters.iter().all(|count| (800..1200).contains(count)), "{quarters:?}");
    let again = Jitter::seeded(7).draw();
    assert_eq!(again, Jitter::seeded(7).draw());
    assert_ne!(again, Jitter::seeded(8).draw());
}

#[test]
fn what_the_far_side_asks_is_the_least_wait_and_at_most_a_day() {
    let not_before = |after: u64, random| match RETRY.outcome(
        later(Some(Duration::from_secs(after))),
        1,
        NOW,
        random,
    ) {
        Outcome::Later { not_before, .. } => not_before.since(NOW).as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(not_before(30, u64::MAX), 30);
    assert_eq!(not_before(0, u64::MAX), 1);
    assert_eq!(not_before(1_000_000, 0), 86_400);
}

#[test]
fn the_last_try_turns_later_into_never() {
    assert!(matches!(RETRY.outcome(later(None), 2, NOW, 0), Outcome::Later { .. }));
    for attempt in [3, 4, u32::MAX] {
        let Outcome::Refused { code, reason } = RETRY.outcome(later(None), attempt, NOW, 0) else {
            panic!("try {attempt} was not the last");
        };
        assert_eq!(code, EXHAUSTED);
        assert!(reason.ends_with("of 3: HTTP 503"), "{reason}");
    }
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    for (value, want_s) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("99999999999999999999999", Some(86_400)),
        ("Thu, 01 Jan 2026 00:02:00 GMT", Some(120)),
        ("Thursday, 01-Jan-26 00:02:00 GMT", Some(120)),
        ("Thu Jan  1 00:02:00 2026", Some(120)),
        ("Fri, 31 Dec 2027 00:00:00 GMT", Some(86_400)),
        ("Wed, 31 Dec 2025 00:00:00 GMT", Some(0)),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("2026-01-01T00:02:00Z", None),
    ] {
        assert_eq!(retry_after(value, NOW).map(|it| it.as_secs()), want_s, "{value:?}");
    }
}
