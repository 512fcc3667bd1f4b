//! One sheet as it is stored: rows, cells with their kind, merged areas.

use super::{
    part::{Part, Piece, Tag},
    place::{self, Area, ROWS_MAX},
    strings,
};
use crate::layout::{LayoutFault, cell};

/// Cells of a sheet that have something in them.
const CELLS_MAX: usize = 4_000_000;
/// Merged areas of a sheet.
const MERGES_MAX: usize = 100_000;

/// A sheet in memory.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) rows: Vec<SheetRow>,
    pub(super) cells: Vec<SheetCell>,
    pub(super) merges: Vec<Area>,
    /// Texts of its cells, one after the other.
    texts: String,
}

/// One row with at least one cell that is not empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct SheetRow {
    /// From 1.
    pub(super) number: u32,
    pub(super) hidden: bool,
    /// In the unpacked part.
    pub(super) offset: usize,
    /// Range of [`Sheet::cells`].
    cells: (usize, usize),
}

/// One cell that is not empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct SheetCell {
    /// From 0.
    pub(super) column: u32,
    pub(super) style: usize,
    /// In the unpacked part.
    pub(super) offset: usize,
    pub(super) value: Value,
}

/// What a cell holds. Ranges are of the sheet's texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Number(usize, usize),
    Text(usize, usize),
    /// By number, of the workbook's texts.
    Shared(usize),
    Bool(bool),
    /// `#N/A` and the like.
    Error(usize, usize),
    /// A date as ISO 8601 writes it.
    Iso(usize, usize),
    /// A formula without a value.
    Uncomputed,
}

struct Build<'a> {
    part: Part<'a>,
    /// The number of the last row, which may have been empty; 0: none yet.
    last: u32,
    sheet: Sheet,
}

// === impl Sheet ===

impl Sheet {
    /// Reads the part of a sheet, up to so many rows.
    pub(super) fn read(part: Part<'_>, rows_max: usize) -> Result<Self, LayoutFault> {
        let mut build = Build { part, last: 0, sheet: Self::default() };
        loop {
            match build.part.next()? {
                Piece::Open(tag) if tag.is("row") => {
                    build.row(&tag)?;
                    if build.sheet.rows.len() >= rows_max {
                        break;
                    }
                }
                Piece::Open(tag) if tag.is("mergeCell") => build.merge(&tag)?,
                Piece::Open(_) | Piece::Close | Piece::Text(_) => {}
                Piece::End => break,
            }
        }
        Ok(build.sheet)
    }

    pub(super) fn cells_of(&self, row: &SheetRow) -> &[SheetCell] {
        self.cells.get(row.cells.0..row.cells.1).unwrap_or_default()
    }

    /// The cell of a row in that column, if it is not empty.
    pub(super) fn cell(&self, row: &SheetRow, column: u32) -> Option<&SheetCell> {
        let cells = self.cells_of(row);
        let at = cells.binary_search_by_key(&column, |it| it.column).ok()?;
        cells.get(at)
    }

    /// The row of that number, if it is not empty.
    pub(super) fn row(&self, number: u32) -> Option<&SheetRow> {
        let at = self.rows.binary_search_by_key(&number, |it| it.number).ok()?;
        self.rows.get(at)
    }

    pub(super) fn text(&self, start: usize, end: usize) -> &str {
        self.texts.get(start..end).unwrap_or_default()
    }
}

// === impl Build ===

impl Build<'_> {
    fn row(&mut self, tag: &Tag<'_>) -> Result<(), LayoutFault> {
        let least = self.last + 1;
        let number = match tag.attribute("r")? {
            Some(text) => text.parse().ok(),
            None => Some(least),
        };
        let number = number.filter(|it| (least..=ROWS_MAX).contains(it));
        let number = number.ok_or_else(|| self.part.fault("xlsx", "a row out of order"))?;
        self.last = number;
        let (offset, hidden) = (tag.at, tag.flag("hidden")?);
        let start = self.sheet.cells.len();
        let mut column = 0;
        loop {
            match self.part.next()? {
                Piece::Open(tag) if tag.is("c") => column = self.cell(&tag, number, column)? + 1,
                Piece::Open(_) => self.part.skip()?,
                Piece::Text(_) => {}
                Piece::Close => break,
                Piece::End => return Err(self.part.fault("truncated", "it ends within a row")),
            }
        }
        let cells = (start, self.sheet.cells.len());
        if cells.1 > start {
            self.sheet.rows.push(SheetRow { number, hidden, offset, cells });
        }
        Ok(())
    }

    /// Reads a cell; `least` is the first column that it may stand in.
    fn cell(&mut self, tag: &Tag<'_>, row: u32, least: u32) -> Result<u32, LayoutFault> {
        let column = match tag.attribute("r")? {
            Some(text) => place::cell(&text).filter(|it| it.1 == row).map(|it| it.0),
            None => Some(least),
        };
        let column = column.filter(|it| (least..place::COLUMNS_MAX).contains(it));
        let column = column.ok_or_else(|| self.part.fault("xlsx", "a cell out of order"))?;
        let style = tag.attribute("s")?.and_then(|it| it.parse().ok()).unwrap_or(0);
        let kind = tag.attribute("t")?.unwrap_or("n".into()).into_owned();
        let (mut stored, mut inline, mut formula) = (None, None, false);
        loop {
            match self.part.next()? {
                Piece::Open(tag) if tag.is("v") => stored = Some(self.part.text()?),
                Piece::Open(tag) if tag.is("is") => inline = Some(strings::rich(&mut self.part)?),
                Piece::Open(tag) => {
                    formula |= tag.is("f");
                    self.part.skip()?;
                }
                Piece::Text(_) => {}
                Piece::Close => break,
                Piece::End => return Err(self.part.fault("truncated", "it ends within a cell")),
            }
        }
        let stored = stored.unwrap_or_default();
        let value = self.value(&kind, &stored, inline, formula)?;
        if let Some(value) = value {
            if self.sheet.cells.len() >= CELLS_MAX {
                let expected = format!("at most {CELLS_MAX} cells with something in them");
                return Err(self.part.fault("too-large", "too many cells").expected(expected));
            }
            self.sheet.cells.push(SheetCell { column, style, offset: tag.at, value });
        }
        Ok(column)
    }

    /// What a cell holds by its type (ECMA-376 part 1, 18.18.11); `None`: nothing.
    fn value(
        &mut self,
        kind: &str,
        stored: &str,
        inline: Option<String>,
        formula: bool,
    ) -> Result<Option<Value>, LayoutFault> {
        let bare = stored.trim();
        let value = match kind {
            "inlineStr" => self.text(&inline.unwrap_or_default(), Value::Text)?,
            "str" => self.text(&strings::unescaped(stored.to_owned()), Value::Text)?,
            _ if bare.is_empty() => formula.then_some(Value::Uncomputed),
            "n" => self.text(bare, Value::Number)?,
            "e" => self.text(bare, Value::Error)?,
            "d" => self.text(bare, Value::Iso)?,
            "b" if matches!(bare, "1" | "true") => Some(Value::Bool(true)),
            "b" if matches!(bare, "0" | "false") => Some(Value::Bool(false)),
            "b" => {
                let fault = self.part.fault("xlsx", "a truth value that is none");
                return Err(fault.found(cell::found(bare, false)).expected("0, 1, true or false"));
            }
            "s" => {
                let number = bare.parse().map(Value::Shared);
                Some(number.map_err(|_| self.part.fault("xlsx", "a text without its number"))?)
            }
            _ => return Err(self.part.fault("xlsx", "a cell of an unknown type")),
        };
        Ok(value)
    }

    fn text(
        &mut self,
        text: &str,
        value: fn(usize, usize) -> Value,
    ) -> Result<Option<Value>, LayoutFault> {
        strings::bounded(&self.part, text)?;
        let start = self.sheet.texts.len();
        self.sheet.texts.push_str(text);
        Ok((!text.is_empty()).then(|| value(start, self.sheet.texts.len())))
    }

    fn merge(&mut self, tag: &Tag<'_>) -> Result<(), LayoutFault> {
        let area = tag.attribute("ref")?.and_then(|it| Area::parse(&it));
        let area = area.ok_or_else(|| self.part.fault("xlsx", "a merged area that is none"))?;
        if self.sheet.merges.len() >= MERGES_MAX {
            let expected = format!("at most {MERGES_MAX} merged areas");
            return Err(self.part.fault("too-large", "too many areas").expected(expected));
        }
        self.sheet.merges.push(area);
        Ok(())
    }
}
