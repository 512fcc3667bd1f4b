//! Why a file is held or refused, on one line.

use super::{Fault, Refusal};
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

/// What is wrong with an input, and where: `byte 0: the input is UTF-8; expected cp932`.
pub(super) fn told(fault: &Fault) -> String {
    let Fault { offset, found, expected, .. } = fault;
    let at = offset.map_or(String::new(), |it| format!("byte {it}: "));
    // Some reasons come without anything found behind them.
    match found.trim_end_matches([' ', ':']) {
        "" => format!("{at}expected {expected}"),
        found => format!("{at}{found}; expected {expected}"),
    }
}
