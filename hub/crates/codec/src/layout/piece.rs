//! A piece of an input, and what a reader remembers from one to the next.

use serde::{Deserialize, Serialize};

use super::{
    Layout, LayoutFault, edi, form, model::Format, read_csv, read_fixed, tally::Tally, wide, xlsx,
    xml,
};
use crate::rows::Rows;

/// Bytes of an input that are read at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    pub(super) bytes: &'a [u8],
    /// Offset of the first of them in the input.
    pub(super) base: u64,
    /// The input ends here.
    pub(super) last: bool,
    /// It was cut behind a record: what is open at its end is complete.
    pub(super) sealed: bool,
    /// Records are wanted, not only counts.
    pub(super) keep: bool,
}

/// All that is needed to go on at `offset`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Memory {
    /// Where the next window begins.
    pub(super) offset: u64,
    /// Titles and header are passed.
    pub(super) begun: bool,
    /// A line end was seen and is as the layout says.
    pub(super) line_end_seen: bool,
    /// For each column of the file, the column of the layout.
    pub(super) order: Option<Vec<Option<usize>>>,
    /// The escape sequence that holds there; empty: none.
    pub(super) shift: String,
    /// Bytes of the block that is open there, of records in blocks.
    #[serde(default)]
    pub(super) block_left: u64,
    pub(super) tally: Tally,
}

impl Memory {
    pub(super) fn new(layout: &Layout) -> Self {
        Self {
            offset: 0,
            begun: false,
            line_end_seen: false,
            order: None,
            shift: String::new(),
            block_left: 0,
            tally: Tally::new(layout),
        }
    }
}

/// Reads a window, or as much of it as is complete: up to `memory.offset`.
pub(super) fn read(
    layout: &Layout,
    window: &Window<'_>,
    memory: &mut Memory,
) -> Result<Rows, LayoutFault> {
    match &layout.format {
        Format::Csv(csv) => read_csv::read(layout, csv, window, memory),
        Format::Fixed(fixed) => read_fixed::read(layout, fixed, window, memory),
        Format::Xlsx(xlsx) => {
            let rows = xlsx::read(layout, xlsx, window, &mut memory.tally)?;
            memory.offset = wide(window.bytes.len());
            Ok(rows)
        }
        Format::Xml(_) | Format::Edi(_) | Format::Form(_) => {
            let rows = document(layout, window.bytes)?;
            memory.offset = wide(window.bytes.len());
            memory.tally.counts.records = rows.records;
            memory.tally.counts.set_aside = wide(rows.faults.len());
            Ok(rows)
        }
    }
}

/// Reads an input that is one document: nothing of it is known before its end.
fn document(layout: &Layout, bytes: &[u8]) -> Result<Rows, LayoutFault> {
    match &layout.format {
        Format::Xml(xml) => xml::read(layout, xml, bytes),
        Format::Edi(edi) => edi::read(layout, edi, bytes),
        Format::Form(form) => form::read(layout, *form, bytes),
        Format::Csv(_) | Format::Fixed(_) | Format::Xlsx(_) => Ok(Rows::default()),
    }
}

/// Bytes of a document; `None`: the input is read record by record.
pub(super) fn document_bytes_max(format: &Format) -> Option<usize> {
    match format {
        Format::Xml(_) => Some(xml::BYTES_MAX),
        Format::Edi(_) => Some(edi::BYTES_MAX),
        Format::Form(_) => Some(form::BYTES_MAX),
        Format::Xlsx(_) => Some(xlsx::BYTES_MAX),
        Format::Csv(_) | Format::Fixed(_) => None,
    }
}
