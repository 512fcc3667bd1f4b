//! Counts and totals that footers and trailers state, and what the input has.

use super::Line;
use crate::{
    layout::{
        Layout, LayoutFault,
        arena::{Arena, BAD},
        cell,
        model::{Check, Kind, Role, Rule, Slot},
        tally::{Counts, Sum},
    },
    rows::Row,
};

/// One in billionths: totals are exact integers of them.
const NANO: i128 = 1_000_000_000;

/// Adds the amounts of a line to the sums that the trailer will state.
pub(super) fn add(
    layout: &Layout,
    kind: usize,
    (line, arena): (&Line<'_>, &Arena),
    sums: &mut [Sum],
) {
    for (check, sum) in checks(layout).iter().zip(sums) {
        let Rule::Sum { kind: wanted, column } = check.rule else { continue };
        if wanted != kind {
            continue;
        }
        match line.cells.get(column).filter(|it| **it != BAD).map(|it| arena.cell(*it)) {
            Some("") => {}
            Some(text) => match cell::number::nano(text) {
                Some(nano) => sum.nano += nano,
                None => sum.unknown = sum.unknown.or(Some(line.offset)),
            },
            None => sum.unknown = sum.unknown.or(Some(line.offset)),
        }
    }
}

fn checks(layout: &Layout) -> &[Check] {
    let trailer = layout.kinds.iter().find(|it| it.role == Role::Trailer);
    trailer.map(|it| it.checks.as_slice()).unwrap_or_default()
}

/// Compares what the trailer states with what was read.
pub(super) fn check(
    kind: &Kind,
    line: &Line<'_>,
    arena: &Arena,
    counts: &Counts,
) -> Result<(), LayoutFault> {
    for (check, sum) in kind.checks.iter().zip(&counts.sums) {
        let (Some(cell), Some(column)) =
            (line.cells.get(check.column), kind.columns.get(check.column))
        else {
            continue;
        };
        let at = usize::try_from(cell.offset).unwrap_or(usize::MAX);
        let (what, counted) = match check.rule {
            Rule::CountRecords => ("records", i128::from(counts.records) * NANO),
            Rule::Count { kind } => {
                ("lines", i128::from(counts.lines.get(kind).copied().unwrap_or(0)) * NANO)
            }
            Rule::Sum { .. } => ("total", sum.nano),
        };
        let stated = arena.cell(*cell);
        if let Some(unknown) = sum.unknown {
            let message = format!(
                "the total in `{}` cannot be checked: the amount of the line at byte {unknown} \
                 cannot be read",
                column.field.name
            );
            return Err(LayoutFault::new("trailer-mismatch", at, message).found(stated));
        }
        if cell::number::nano(stated) != Some(counted) {
            let message =
                format!("`{}` in the trailer does not match the input", column.field.name);
            return Err(LayoutFault::new("trailer-mismatch", at, message)
                .found(stated)
                .expected(format!("{} ({what} in the input)", decimal(counted))));
        }
    }
    Ok(())
}

/// What a footer's check compares with, in billionths.
pub(super) fn of_record(row: &Row, layout: &Layout, rule: Rule, arena: &Arena) -> Option<i128> {
    let (kind, column) = match rule {
        Rule::CountRecords => return None,
        Rule::Count { kind } => (kind, None),
        Rule::Sum { kind, column } => (kind, Some(column)),
    };
    let kind = layout.kinds.get(kind)?;
    let rows = row.groups.get(kind.group()?)?;
    let Some(column) = column else {
        return Some(i128::try_from(rows.len()).ok()? * NANO);
    };
    let Slot::Line(slot) = kind.columns.get(column)?.slot else { return None };
    let amounts = rows.iter().filter_map(|row| row.cells.get(slot));
    amounts
        .filter(|it| it.start != it.end)
        .try_fold(0_i128, |sum, it| Some(sum + cell::number::nano(arena.cell(*it))?))
}

/// Billionths as a decimal number.
pub(in crate::layout) fn decimal(nano: i128) -> String {
    let (whole, fraction) =
        (nano.unsigned_abs() / 1_000_000_000, nano.unsigned_abs() % 1_000_000_000);
    let sign = if nano < 0 { "-" } else { "" };
    let fraction = format!(".{fraction:09}");
    format!("{sign}{whole}{}", fraction.trim_end_matches('0').trim_end_matches('.'))
}
