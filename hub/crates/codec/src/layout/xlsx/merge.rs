//! Cells that lie over others: in the file only the first one has a value.

use super::{place::Area, sheet::Sheet};

/// The merged areas that a row lies in; rows come in order.
pub(super) struct Merges {
    /// By first row, the last one first.
    coming: Vec<Area>,
    here: Vec<Area>,
}

// === impl Merges ===

impl Merges {
    pub(super) fn of(sheet: &Sheet) -> Self {
        let mut coming = sheet.merges.clone();
        coming.sort_by_key(|it| std::cmp::Reverse(it.rows.0));
        Self { coming, here: Vec::new() }
    }

    /// Goes on to that row.
    pub(super) fn enter(&mut self, row: u32) {
        while self.coming.last().is_some_and(|it| it.rows.0 <= row) {
            self.here.extend(self.coming.pop());
        }
        self.here.retain(|it| it.rows.1 >= row);
    }

    /// The area that the cell in that column and row lies in.
    pub(super) fn at(&self, column: u32, row: u32) -> Option<Area> {
        self.here.iter().find(|it| it.has(column, row)).copied()
    }
}
