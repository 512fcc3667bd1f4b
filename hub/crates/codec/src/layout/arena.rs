//! The text of all cells: what was decoded, and behind it what had to be
//! written anew (unescaped quotes, numbers in normal form).

use crate::{layout::narrow, rows::Cell};

/// Text that cells point into.
#[derive(Debug, Default)]
pub(super) struct Arena {
    base: String,
    extra: String,
}

/// A cell that could not be read, within a record that is set aside.
pub(super) const BAD: Cell = Cell { start: u32::MAX, end: u32::MAX, offset: 0, length: 0 };

// === impl Arena ===

impl Arena {
    pub(super) fn new(base: String) -> Self {
        Self { base, extra: String::new() }
    }

    /// The decoded text.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Where what is written anew goes.
    pub(super) fn extra(&mut self) -> &mut String {
        &mut self.extra
    }

    /// Where the next addition will begin.
    pub(super) fn end(&self) -> usize {
        self.base.len() + self.extra.len()
    }

    /// A range of the whole.
    pub(super) fn text(&self, start: usize, end: usize) -> &str {
        let split = self.base.len();
        let found = if start < split {
            self.base.get(start..end)
        } else {
            self.extra.get(start - split..end.saturating_sub(split))
        };
        found.unwrap_or_default()
    }

    /// The text of a cell.
    pub(super) fn cell(&self, cell: Cell) -> &str {
        if cell == BAD { "" } else { self.text(index(cell.start), index(cell.end)) }
    }

    /// Adds a text, and returns its range.
    pub(super) fn add(&mut self, text: &str) -> (usize, usize) {
        let start = self.end();
        self.extra.push_str(text);
        (start, self.end())
    }

    /// Adds what `write` writes between `start` and `end` of the whole.
    pub(super) fn rewrite(
        &mut self,
        (start, end): (usize, usize),
        write: impl FnOnce(&str, &mut String) -> bool,
    ) -> Option<(usize, usize)> {
        let split = self.base.len();
        let at = self.end();
        let done = if start < split {
            write(self.base.get(start..end).unwrap_or_default(), &mut self.extra)
        } else {
            // Rare: a number in a cell whose quotes were unescaped.
            let text = self.text(start, end).to_owned();
            write(&text, &mut self.extra)
        };
        if !done {
            self.extra.truncate(at - split);
        }
        done.then(|| (at, self.end()))
    }

    /// All of it as one text.
    pub(super) fn into_text(mut self) -> String {
        if self.base.is_empty() {
            return self.extra;
        }
        self.base.push_str(&self.extra);
        self.base
    }
}

/// A cell over a range of the arena.
pub(super) fn cell((start, end): (usize, usize), offset: u64, length: u32) -> Cell {
    Cell { start: narrow(start), end: narrow(end), offset, length }
}

pub(super) fn index(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
