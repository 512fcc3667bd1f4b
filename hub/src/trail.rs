//! What happened to one arrival, boundary by boundary.

use crate::problem::Refusal;
use canon::entry::{Boundary, Crossing};
use std::sync::{Arc, Mutex, PoisonError};

/// Every boundary an arrival passes before its commit, in walking order.
pub const BEFORE_COMMIT: [Boundary; 5] =
    [Boundary::Admit, Boundary::Quota, Boundary::Decode, Boundary::Validate, Boundary::Map];

/// Shared by the arrival and by the ingress, which writes it down if the arrival
/// is refused. An accepted arrival's trail is written by the commit, in the same
/// entry as its events.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<Vec<Crossing>>>);

// === impl Trail ===

impl Trail {
    /// Records the outcome and hands it on.
    pub fn cross<T>(&self, boundary: Boundary, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        let refused = outcome.as_ref().err().map(|it| it.code().to_owned());
        let mut crossings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        crossings.push(Crossing { boundary, refused });
        outcome
    }

    /// What was decided so far.
    #[must_use]
    pub fn crossings(&self) -> Vec<Crossing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every boundary, once, in order, none refused. The commit asks, so a step
    /// that forgot `cross` is caught before its event is stored.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let crossings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        crossings.len() == BEFORE_COMMIT.len()
            && crossings
                .iter()
                .zip(BEFORE_COMMIT)
                .all(|(it, wanted)| it.boundary == wanted && it.refused.is_none())
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
