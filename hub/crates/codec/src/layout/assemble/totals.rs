//! Counts and totals that headers, footers and trailers state, and what the input has.

use canon::entry::RecordFault;

use super::Line;
use crate::{
    layout::{
        Layout, LayoutFault,
        arena::{Arena, BAD},
        cell,
        model::{Check, Column, Kind, Role, Rule, Slot},
        tally::{Counts, FileField, Sum},
    },
    rows::Row,
};

/// One in billionths: totals are exact integers of them.
const NANO: i128 = 1_000_000_000;

/// Adds the amounts of a line to the sums that are stated of the input.
pub(super) fn add(
    layout: &Layout,
    kind: usize,
    (line, arena): (&Line<'_>, &Arena),
    sums: &mut [Sum],
) {
    for (check, sum) in checks(layout).zip(sums) {
        let Rule::Sum { kind: wanted, column } = check.rule else { continue };
        if wanted != kind {
            continue;
        }
        let text = line.cells.get(column).filter(|it| **it != BAD).map(|it| arena.cell(*it));
        match text.map(|it| (it, cell::number::nano(it))) {
            Some(("", _)) => {}
            Some((_, Some(nano))) => sum.nano += nano,
            Some((_, None)) | None => {
                sum.unknown = sum.unknown.or(Some(line.offset));
                match line.faults.is_empty() {
                    true => sum.beyond = true,
                    false => sum.unread += 1,
                }
            }
        }
    }
}

/// Those of the `file` record, then those of the trailer.
fn checks(layout: &Layout) -> impl Iterator<Item = &Check> {
    let of = |role| layout.kinds.iter().filter(move |it| it.role == role).flat_map(|it| &it.checks);
    of(Role::File).chain(of(Role::Trailer))
}

/// What the line states, by the checks of its kind.
pub(super) fn stated(kind: &Kind, line: &Line<'_>, arena: &Arena) -> Vec<FileField> {
    let field = |check: &Check| {
        let cell = line.cells.get(check.column).copied().unwrap_or_default();
        let text = arena.cell(cell).to_owned();
        FileField { slot: check.column, text, offset: cell.offset, length: cell.length }
    };
    kind.checks.iter().map(field).collect()
}

/// Compares what a line states with what was read. Totals of which lines that
/// are set aside hide a part come back, if the count says that no line is lost.
pub(super) fn check(
    layout: &Layout,
    kind: &Kind,
    stated: &[FileField],
    counts: &Counts,
) -> Result<Vec<RecordFault>, LayoutFault> {
    let own = kind.checks.len();
    let first = if kind.role == Role::Trailer { checks(layout).count() - own } else { 0 };
    let sums = counts.sums.get(first..).unwrap_or_default();
    let is_count = |it: &&Check| !matches!(it.rule, Rule::Sum { .. });
    let mut unchecked = Vec::new();
    // Counts first: without one that holds, no total may stay open.
    let mut pairs: Vec<_> = kind.checks.iter().zip(stated).zip(sums).collect();
    pairs.sort_by_key(|((check, _), _)| !is_count(check));
    let counted = checks(layout).any(|it| is_count(&it));
    for ((check, field), sum) in pairs {
        let Some(column) = kind.columns.get(check.column) else { continue };
        let Some(fault) = one((kind, check, column), field, (sum, counts)) else { continue };
        let hidden = sum.unknown.is_some() || counts.unknown > 0;
        let is_sum = matches!(check.rule, Rule::Sum { .. });
        if !is_sum || !hidden {
            return Err(fault);
        }
        if check.strict || sum.beyond || !counted {
            let message = format!("the total in `{}` cannot be checked", column.field.name);
            let place = sum.unknown.map_or_else(
                || "a line is of no known kind".to_owned(),
                |it| format!("the amount of the line at byte {it} cannot be read"),
            );
            let fault = LayoutFault { expected: String::new(), ..fault };
            return Err(LayoutFault { message: format!("{message}: {place}"), ..fault });
        }
        unchecked.push(open_total(column, field, sum, counts));
    }
    Ok(unchecked)
}

/// A total that cannot be checked: what it leaves for the lines that are set aside.
fn open_total(column: &Column, field: &FileField, sum: &Sum, counts: &Counts) -> RecordFault {
    let stated = cell::number::nano(&field.text).unwrap_or(0);
    let lines = sum.unread + counts.unknown;
    RecordFault {
        field: column.field.name.clone(),
        offset: Some(field.offset),
        found: format!(
            "a control total of {} that cannot be checked: what can be read adds up to {}",
            field.text,
            decimal(sum.nano)
        ),
        expected: format!(
            "{} in the {lines} lines whose amounts cannot be read",
            decimal(stated - sum.nano)
        ),
        needed_by: None,
        shows: None,
    }
}

/// Where a stated number is not what was counted.
fn one(
    (kind, check, column): (&Kind, &Check, &Column),
    field: &FileField,
    (sum, counts): (&Sum, &Counts),
) -> Option<LayoutFault> {
    let (what, counted) = match check.rule {
        Rule::CountRecords => ("records", i128::from(counts.records) * NANO),
        Rule::Count { kind } => {
            ("lines", i128::from(counts.lines.get(kind).copied().unwrap_or(0)) * NANO)
        }
        Rule::Sum { .. } => ("total", sum.nano),
    };
    let found = cell::number::nano(&field.text);
    // A line of no known kind is set aside, and may be one of those counted.
    let more = match check.rule {
        Rule::Count { .. } => i128::from(counts.unknown) * NANO,
        Rule::CountRecords | Rule::Sum { .. } => 0,
    };
    let is_open = matches!(check.rule, Rule::Sum { .. }) && sum.unknown.is_some();
    if !is_open && (found == Some(counted) || found == Some(counted + more)) {
        return None;
    }
    let at = usize::try_from(field.offset).unwrap_or(usize::MAX);
    let (code, place) = match kind.role {
        Role::Trailer => ("trailer-mismatch", "trailer"),
        _ => ("header-mismatch", "header"),
    };
    let message = format!("`{}` in the {place} does not match the input", column.field.name);
    let fault = LayoutFault::new(code, at, message).found(field.text.as_str());
    Some(fault.expected(format!("{} ({what} in the input)", decimal(counted))))
}

/// What a check of a header or footer compares with, in billionths.
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
