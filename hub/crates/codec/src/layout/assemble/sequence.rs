//! Lines that are numbered: a gap or a number that comes again says that lines
//! are missing or doubled.

use super::Line;
use crate::layout::{
    LayoutFault,
    arena::{Arena, BAD, index},
    cell,
    model::{Kind, Sequence},
    tally::Counts,
};

/// Checks the number of a line of that kind. In a record that is a fault of the
/// record; in the input nothing can be trusted then.
pub(super) fn check(
    (kind, sequence): (&Kind, Sequence),
    number: usize,
    line: &mut Line<'_>,
    arena: &Arena,
    counts: &mut Counts,
) -> Result<(), LayoutFault> {
    let Some(last) = counts.numbers.get_mut(number) else { return Ok(()) };
    let wanted = match *last {
        Some(last) => last.checked_add(1),
        None => sequence.start,
    };
    let found = line.cells.get(sequence.column).copied().filter(|it| *it != BAD);
    let Some((found, column)) = found.zip(kind.columns.get(sequence.column)) else {
        // It cannot be read, which is a fault already; the next one counts on.
        *last = wanted;
        return Ok(());
    };
    let text = arena.cell(found);
    let number: Option<u64> = text.parse().ok();
    *last = number.or(wanted);
    if number.is_some() && wanted.is_none_or(|it| Some(it) == number) {
        return Ok(());
    }
    let expected = wanted.map_or_else(|| "a number".to_owned(), |it| it.to_string());
    if sequence.restarts {
        let expected = format!("{expected}, the next number in the record");
        let place = (found.offset, index(found.length));
        line.faults.push(cell::fault(column, place, text, expected));
        return Ok(());
    }
    let at = usize::try_from(found.offset).unwrap_or(usize::MAX);
    let message =
        format!("`{}` is not the next number: lines are missing or doubled", column.field.name);
    Err(LayoutFault::new("sequence-gap", at, message).found(text).expected(expected))
}
