//! Why a file is held, on one line.

use super::Refusal;
use codec::layout::arrives::Reason;

/// Reasons, one after the other.
pub(super) struct Reasons<'a>(pub(super) &'a [Reason]);

impl std::fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, reason) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(Refusal::REASONS_BETWEEN)?;
            }
            write!(f, "{reason}")?;
        }
        Ok(())
    }
}
