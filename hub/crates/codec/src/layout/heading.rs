//! The row that names the columns, of CSV files and of sheets.

use super::{
    Layout, LayoutFault, cell,
    model::{Header, Kind, Role},
};
use crate::diagnostic::nearest;

/// A file that has changed: its columns may mean something else now.
pub(super) struct Drift {
    /// Which column of the file, from 0.
    pub(super) column: usize,
    fault: LayoutFault,
}

/// Compares names with the layout; what comes back is, for each column of the
/// file, the column of the layout, where they may stand in any order. `extra`
/// columns stand at the end of each line and have no name.
pub(super) fn compare(
    (layout, kind): (&Layout, &Kind),
    (header, extra): (Header, usize),
    names: &[impl AsRef<str>],
) -> Result<Option<Vec<Option<usize>>>, Drift> {
    let wanted: Vec<&str> = kind.columns.iter().map(|it| it.header.as_str()).collect();
    // Without a header this is the first record.
    let masked = layout.is_personal() && !is_heading(&wanted, names);
    let drift = |column: usize, message: String| Drift {
        column,
        fault: LayoutFault::new("header-drift", 0, message),
    };
    if header == Header::AnyOrder {
        return any_order(&wanted, (names, masked), drift).map(Some);
    }
    let count = wanted.len() + extra;
    for (index, wanted) in wanted.iter().enumerate() {
        let found = names.get(index).map(AsRef::as_ref);
        if found != Some(*wanted) {
            let mut message = format!("column {} of the header is not `{wanted}`", index + 1);
            if let Some(moved) = names.iter().position(|it| it.as_ref() == *wanted) {
                message.push_str(&format!("; it is column {} now", moved + 1));
            }
            let found = found.map_or("no column".to_owned(), |it| cell::found(it, masked));
            return Err(drift(index, message).found(found).expected(*wanted));
        }
    }
    if names.len() != count {
        let found = format!("{} columns", names.len());
        let message = "the header has columns that the layout does not have".to_owned();
        return Err(drift(count, message).found(found).expected(format!("{count} columns")));
    }
    Ok(None)
}

/// Whether at least half of the names are there.
fn is_heading(wanted: &[&str], names: &[impl AsRef<str>]) -> bool {
    let known = wanted.iter().filter(|it| names.iter().any(|name| name.as_ref() == **it));
    known.count() * 2 >= wanted.len()
}

fn any_order(
    wanted: &[&str],
    (names, masked): (&[impl AsRef<str>], bool),
    drift: impl Fn(usize, String) -> Drift,
) -> Result<Vec<Option<usize>>, Drift> {
    let find = |it: &str| wanted.iter().position(|name| it == *name);
    let order: Vec<Option<usize>> = names.iter().map(|it| find(it.as_ref())).collect();
    if let Some((_, name)) = (0..).zip(wanted).find(|(index, _)| !order.contains(&Some(*index))) {
        let near = nearest(name, names.iter().map(AsRef::as_ref)).filter(|_| !masked);
        let message = format!("the header has no column `{name}`");
        return Err(drift(0, message).expected(*name).found(near.unwrap_or_default()));
    }
    if let Some(twice) = (1..order.len()).find(|it| {
        let here = order.get(*it).copied().flatten();
        here.is_some() && order.iter().take(*it).any(|before| *before == here)
    }) {
        return Err(drift(twice, format!("column {} stands here twice", twice + 1)));
    }
    Ok(order)
}

/// The kind that the header row names the columns of: the first with records.
pub(super) fn headed(layout: &Layout) -> Option<&Kind> {
    layout
        .kinds
        .iter()
        .find(|it| matches!(it.role, Role::Record | Role::Keyed { .. } | Role::Header))
}

// === impl Drift ===

impl Drift {
    /// The fault, with the byte offset of that column.
    pub(super) fn at(self, offset: usize) -> LayoutFault {
        LayoutFault { offset: super::wide(offset), ..self.fault }
    }

    fn found(mut self, found: impl Into<String>) -> Self {
        self.fault.found = found.into();
        self
    }

    fn expected(mut self, expected: impl Into<String>) -> Self {
        self.fault.expected = expected.into();
        self
    }
}
