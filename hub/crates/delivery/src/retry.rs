//! When to try again: exponential back-off with full jitter, and what the far
//! side asked for.

use canon::{clock::Timestamp, entry::Outcome};
use std::time::{Duration, UNIX_EPOCH};

use crate::classify::Verdict;

/// Longest wait a far side may ask for. What it asks beyond is cut to this.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How often one parcel is tried, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Longest wait before the second try; doubles with each further one.
    pub base: Duration,
    /// Longest wait before any try, unless the far side asks for more.
    pub cap: Duration,
    /// Tries in all, at least 1.
    pub attempts_max: u32,
}

// === impl Retry ===

impl Retry {
    /// How long to wait after try number `attempt` (from 1) has failed: anything
    /// from nothing to the ceiling, so that many parcels do not come back at one
    /// moment. `random` is uniform over its whole range.
    #[must_use]
    pub fn wait(&self, attempt: u32, random: u64) -> Duration {
        let doublings = attempt.saturating_sub(1).min(63);
        let ceiling_ms = self.base.as_millis().saturating_mul(1_u128 << doublings);
        let ceiling_ms = ceiling_ms.min(self.cap.as_millis());
        let ceiling_ms = u64::try_from(ceiling_ms).unwrap_or(u64::MAX);
        // The high half of the product is uniform over 0..=ceiling.
        let wait_ms = (u128::from(random) * (u128::from(ceiling_ms) + 1)) >> 64;
        Duration::from_millis(u64::try_from(wait_ms).unwrap_or(ceiling_ms))
    }

    /// What the journal says of try number `attempt`: with the last one used up,
    /// "later" has become "never".
    #[must_use]
    pub fn outcome(&self, verdict: Verdict, attempt: u32, now: Timestamp, random: u64) -> Outcome {
        match verdict {
            Verdict::Done { answer, far_id } => Outcome::Done { answer, far_id },
            Verdict::Refused { code, reason } => Outcome::Refused { code: code.to_owned(), reason },
            Verdict::Later { reason, .. } if attempt >= self.attempts_max => Outcome::Refused {
                code: EXHAUSTED.to_owned(),
                reason: format!("try {attempt} of {}: {reason}", self.attempts_max),
            },
            Verdict::Later { reason, after, .. } => {
                let wait = after.map_or(Duration::ZERO, |it| it.min(RETRY_AFTER_MAX));
                let wait = wait.max(self.wait(attempt, random));
                Outcome::Later { reason, not_before: now.plus(wait) }
            }
        }
    }
}

/// Problem code of a parcel whose tries are used up.
pub const EXHAUSTED: &str = "delivery-exhausted";

/// The wait in a `Retry-After` header (RFC 9110 section 10.2.3): seconds, or a
/// date in any of the three forms of HTTP. `None` when it is neither.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are more than the longest wait.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let ms = date.duration_since(UNIX_EPOCH).ok()?.as_millis();
    let at = Timestamp::from_ms(i64::try_from(ms).ok()?);
    Some(at.since(now).min(RETRY_AFTER_MAX))
}

/// A reproducible source of randomness for waits; not for secrets.
///
/// SplitMix64, after Steele, Lea and Flood, "Fast Splittable Pseudorandom
/// Number Generators" (2014).
#[derive(Clone, Debug)]
pub struct Jitter(u64);

// === impl Jitter ===

impl Jitter {
    /// The same seed gives the same waits.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, uniform over the whole range.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests;
