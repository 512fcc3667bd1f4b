//! Counts and sums that a message states about its rows.

use std::borrow::Cow;

use ::edi::Dialect;

use super::{Edi, Given, Value};
use crate::{
    layout::cell::number::nano,
    rows::{Cell, Row},
};

/// One, in billionths.
const ONE: i128 = 1_000_000_000;
/// A hash total keeps its ten last digits (X12 data element 347).
const HASH: i128 = 10_000_000_000;

/// What must be stated, in billionths; `None` where the layout says nothing of it, or
/// where a number of the rows could not be read.
///
/// X12 sums digits, "without regard to decimal points or signs" (data element 347): of
/// the numbers as the message has them, which `text` gives for X12 (`12.00`: 1200).
/// EDIFACT sums algebraically (6069, quantity total): `text` gives its normal form.
pub(super) fn stated<'t>(
    given: &Given,
    edi: &Edi,
    row: &Row,
    text: impl Fn(Cell, &Value) -> Option<Cow<'t, str>>,
) -> Option<i128> {
    match given {
        Given::Nothing | Given::Constant(_) => None,
        Given::Count(group) => {
            let rows = row.groups.get(*group).map_or(0, Vec::len);
            Some(i128::try_from(rows).ok()? * ONE)
        }
        Given::Sum { group, field } => {
            let rows = row.groups.get(*group).map(Vec::as_slice).unwrap_or_default();
            let columns = edi.part.groups.get(*group).map(|it| it.part.columns.as_slice());
            let mut columns = columns.unwrap_or_default().iter();
            let value = &columns.find(|it| it.slot == Some(*field))?.value;
            let mut sum = 0_i128;
            for row in rows {
                let cell = row.cells.get(*field).copied().unwrap_or_default();
                let text = text(cell, value)?;
                let number = match edi.dialect {
                    Dialect::X12 => digits(&text),
                    Dialect::Edifact if text.is_empty() => Some(0),
                    Dialect::Edifact => nano(&text),
                };
                sum = sum.checked_add(number?)?;
            }
            Some(if edi.dialect == Dialect::X12 { sum % (HASH * ONE) } else { sum })
        }
    }
}

/// The digits of a number as if it had neither point nor sign.
fn digits(text: &str) -> Option<i128> {
    text.bytes()
        .filter(u8::is_ascii_digit)
        .try_fold(0_i128, |sum, byte| sum.checked_mul(10)?.checked_add(i128::from(byte - b'0')))?
        .checked_mul(ONE)
}

/// Billionths as a number in normal form.
pub(super) fn plain(nano: i128) -> String {
    let sign = if nano < 0 { "-" } else { "" };
    let (whole, fraction) = (nano.abs() / ONE, nano.abs() % ONE);
    let text = format!("{sign}{whole}.{fraction:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_in_normal_form() {
        for (nano, want) in
            [(0, "0"), (36 * ONE, "36"), (-ONE / 2, "-0.5"), (100 * ONE + 1, "100.000000001")]
        {
            assert_eq!(plain(nano), want);
        }
        assert_eq!((digits("18.01"), digits("-0.18")), (Some(1801 * ONE), Some(18 * ONE)));
    }
}
