//! What happened to one arrival, boundary by boundary.

use crate::problem::Refusal;
use canon::entry::{Boundary, Crossing};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every boundary an arrival passes before its commit, in walking order.
pub const BEFORE_COMMIT: [Boundary; 5] =
    [Boundary::Admit, Boundary::Quota, Boundary::Decode, Boundary::Validate, Boundary::Map];

/// Shared by the arrival and by the ingress, which writes it down if the arrival
/// is refused. An accepted arrival's trail is written by the commit, in the same
/// entry as its events.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<Crossed>>);

#[derive(Debug, Default)]
struct Crossed {
    crossings: Vec<Crossing>,
    found: Option<(u64, u64)>,
}

// === impl Trail ===

impl Trail {
    /// Records the outcome and hands it on.
    pub fn cross<T>(&self, boundary: Boundary, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        let refused = outcome.as_ref().err().map(|it| it.code().to_owned());
        self.lock().crossings.push(Crossing { boundary, refused });
        outcome
    }

    /// So many records were found in it, of which so many cannot be read.
    pub fn found(&self, records: u64, unreadable: u64) {
        self.lock().found = Some((records, unreadable));
    }

    /// How many records were found, and how many of them cannot be read; `None`
    /// when it did not come to that.
    #[must_use]
    pub fn records(&self) -> Option<(u64, u64)> {
        self.lock().found
    }

    /// What was decided so far.
    #[must_use]
    pub fn crossings(&self) -> Vec<Crossing> {
        self.lock().crossings.clone()
    }

    /// Every boundary, once, in order, none refused. The commit asks, so a step
    /// that forgot `cross` is caught before its event is stored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let crossings = &self.lock().crossings;
        crossings.len() == BEFORE_COMMIT.len()
            && crossings
                .iter()
                .zip(BEFORE_COMMIT)
                .all(|(it, wanted)| it.boundary == wanted && it.refused.is_none())
    }

    fn lock(&self) -> MutexGuard<'_, Crossed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_with_a_gap_or_a_refusal_is_not_complete() {
        let whole = Trail::default();
        for boundary in BEFORE_COMMIT {
            assert!(!whole.is_complete(), "before {boundary:?}");
            assert!(whole.cross(boundary, Ok(())).is_ok());
        }
        assert!(whole.is_complete());

        let gap = Trail::default();
        for boundary in [Boundary::Admit, Boundary::Decode, Boundary::Validate, Boundary::Map] {
            assert!(gap.cross(boundary, Ok(())).is_ok());
        }
        assert!(!gap.is_complete());

        let refused = Trail::default();
        for boundary in BEFORE_COMMIT {
            let outcome =
                if boundary == Boundary::Map { Err(Refusal::TrailIncomplete) } else { Ok(()) };
            assert_eq!(refused.cross(boundary, outcome).is_err(), boundary == Boundary::Map);
        }
        assert!(!refused.is_complete());
    }
}
