//! The hub's own rate limit for one destination, so that it never sends more
//! than the far side allows.
//!
//! The generic cell rate algorithm: one number says when the next send is due
//! if all were evenly spaced; a burst may run ahead of it.

use canon::clock::Timestamp;
use std::{num::NonZeroU32, time::Duration};

/// So many sends in so long, with a burst.
#[derive(Clone, Debug)]
pub struct Bucket {
    interval_us: i64,
    ahead_us_max: i64,
    /// When the next send is due by even spacing, microseconds since the epoch.
    due_us: i64,
}

// === impl Bucket ===

impl Bucket {
    /// `sends` in each `period`, of which `burst` may come at once.
    #[must_use]
    pub fn new(sends: NonZeroU32, period: Duration, burst: NonZeroU32) -> Self {
        let period_us = i64::try_from(period.as_micros()).unwrap_or(i64::MAX);
        // Rounded up: never faster than allowed.
        let sends = i64::from(sends.get());
        let interval_us = (period_us / sends + i64::from(period_us % sends != 0)).max(1);
        let ahead_us_max = interval_us.saturating_mul(i64::from(burst.get()) - 1);
        Self { interval_us, ahead_us_max, due_us: i64::MIN }
    }

    /// Takes leave for one send at `now`.
    ///
    /// # Errors
    /// When the next one may go.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.take_within(now, self.ahead_us_max)
    }

    /// As [`Bucket::take`], but leaves half of the burst to others.
    ///
    /// # Errors
    /// When the next one may go.
    pub fn take_sparing(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.take_within(now, self.ahead_us_max / 2)
    }

    fn take_within(&mut self, now: Timestamp, ahead_us_max: i64) -> Result<(), Timestamp> {
        let now_us = now.as_ms().saturating_mul(1000);
        // Set back by an hour, the clock may hold up one full burst, not an hour.
        let furthest = now_us.saturating_add(self.ahead_us_max).saturating_add(self.interval_us);
        let due_us = self.due_us.clamp(now_us, furthest);
        if due_us - now_us > ahead_us_max {
            let wait_us = due_us - now_us - ahead_us_max;
            let wait_ms = u64::try_from(wait_us / 1000 + i64::from(wait_us % 1000 != 0));
            return Err(now.plus(Duration::from_millis(wait_ms.unwrap_or(u64::MAX))));
        }
        self.due_us = due_us.saturating_add(self.interval_us);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).expect("not zero")
    }

    #[test]
    fn a_burst_goes_at_once_and_then_the_rate_holds() {
        let mut bucket = Bucket::new(count(60), Duration::from_secs(60), count(3));
        let at = Timestamp::from_ms;
        for _ in 0..3 {
            assert_eq!(bucket.take(at(5000)), Ok(()));
        }
        assert_eq!(bucket.take(at(5000)), Err(at(6000)));
        assert_eq!(bucket.take(at(5999)), Err(at(6000)));
        assert_eq!(bucket.take(at(6000)), Ok(()));
        assert_eq!(bucket.take(at(6000)), Err(at(7000)));
        for _ in 0..3 {
            assert_eq!(bucket.take(at(60_000)), Ok(()));
        }
        assert!(bucket.take(at(60_000)).is_err(), "a long rest saves no more than a burst");
    }

    #[test]
    fn a_clock_set_back_neither_refills_nor_blocks_for_long() {
        let mut bucket = Bucket::new(count(1), Duration::from_secs(1), count(2));
        let hour = 3_600_000;
        assert_eq!(bucket.take(Timestamp::from_ms(hour)), Ok(()));
        assert_eq!(bucket.take(Timestamp::from_ms(hour)), Ok(()));
        assert_eq!(bucket.take(Timestamp::from_ms(0)), Err(Timestamp::from_ms(1000)));
    }

    proptest! {
        #[test]
        fn no_window_ever_sees_more_than_rate_and_burst(
            steps in prop::collection::vec(0..500_i64, 1..300),
            sends in 1..50_u32,
            burst in 1..10_u32,
        ) {
            let mut bucket = Bucket::new(count(sends), Duration::from_secs(1), count(burst));
            let mut now = 0;
            let mut sent: Vec<i64> = Vec::new();
            for step in steps {
                now += step;
                while bucket.take(Timestamp::from_ms(now)).is_ok() {
                    sent.push(now);
                }
            }
            for (index, from) in sent.iter().enumerate() {
                let in_window = sent[index..].iter().filter(|at| **at < from + 1000).count();
                prop_assert!(in_window <= (sends + burst) as usize, "{in_window} in one second");
            }
        }
    }
}
