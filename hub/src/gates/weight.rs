//! How many bytes of bodies may be under way at once, in all.
//!
//! A limit for each body and one for connections multiply to far more than the
//! machine has. A body takes its weight as its bytes come, not as they are
//! announced, and gives it back when its walk has ended.

use crate::problem::Refusal;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Weight is taken in steps of this many bytes.
const STEP_BYTES: u64 = 4096;

/// All bodies under way.
#[derive(Clone, Debug)]
pub struct Scales {
    steps: Arc<Semaphore>,
    limit_bytes: u64,
}

/// What one body weighs; given back when it is dropped.
#[derive(Debug)]
pub struct Weight {
    scales: Scales,
    held: Option<OwnedSemaphorePermit>,
    bytes: u64,
}

// === impl Scales ===

impl Scales {
    /// `limit_bytes` under way at once, at least one step.
    #[must_use]
    pub fn new(limit_bytes: u64) -> Self {
        let steps = usize::try_from(limit_bytes / STEP_BYTES).unwrap_or(usize::MAX);
        let steps = Arc::new(Semaphore::new(steps.clamp(1, Semaphore::MAX_PERMITS)));
        Self { steps, limit_bytes }
    }

    /// The most one body may have: what all may have together.
    #[must_use]
    pub fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// A body of which nothing has come yet.
    #[must_use]
    pub fn weigh(&self) -> Weight {
        Weight { scales: self.clone(), held: None, bytes: 0 }
    }
}

// === impl Weight ===

impl Weight {
    /// Gives everything back: the body is not kept.
    pub fn give_back(&mut self) {
        (self.held, self.bytes) = (None, 0);
    }

    /// The most all bodies may weigh together.
    #[must_use]
    pub fn limit_bytes(&self) -> u64 {
        self.scales.limit_bytes
    }

    /// Whether so many more bytes would have room if this were the only body.
    #[must_use]
    pub fn may_hold(&self, bytes: usize) -> bool {
        self.bytes.saturating_add(bytes as u64) <= self.scales.limit_bytes
    }

    /// Takes the weight of more bytes.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooMuch`] when all bodies together would weigh too much.
    pub fn add(&mut self, bytes: usize) -> Result<(), Refusal> {
        let steps = |bytes: u64| bytes.div_ceil(STEP_BYTES);
        let after = self.bytes.saturating_add(bytes as u64);
        let more = u32::try_from(steps(after) - steps(self.bytes)).unwrap_or(u32::MAX);
        if more > 0 {
            let taken = Arc::clone(&self.scales.steps).try_acquire_many_owned(more);
            let Ok(taken) = taken else {
                return Err(Refusal::TooMuch { limit_bytes: self.scales.limit_bytes });
            };
            match &mut self.held {
                Some(held) => held.merge(taken),
                None => self.held = Some(taken),
            }
        }
        self.bytes = after;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_share_one_limit_and_give_it_back() {
        let scales = Scales::new(4 * STEP_BYTES);
        let (mut one, mut two) = (scales.weigh(), scales.weigh());
        for _ in 0..3 {
            assert!(one.add(4096).is_ok());
        }
        assert!(two.add(1).is_ok());
        assert!(two.add(4095).is_ok(), "within its step");
        let refusal = two.add(1).unwrap_err();
        assert_eq!(refusal.code(), "too-busy");
        assert!(one.add(1).is_err());
        drop(one);
        assert!(two.add(3 * 4096).is_ok());
    }
}
