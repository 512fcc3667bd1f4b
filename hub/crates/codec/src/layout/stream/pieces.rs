//! An input in pieces that can be read on their own: each begins and ends with a
//! record, and knows what a reader must know to begin there.

use canon::id::sha256_hex;

use super::{Checkpoint, Memory, Stream, cut};
use crate::{
    layout::{
        Layout, LayoutFault,
        piece::{self, Window},
        tally::Keys,
        wide,
    },
    rows::Rows,
};

/// Bytes that are looked at before it is asked whether a piece is full.
const STEP_BYTES: usize = 1 << 15;
/// Hex digits of [`Checkpoint::columns`].
const COLUMNS_DIGITS: usize = 16;

/// How large a piece becomes: it ends with the step in which it reaches either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceLimits {
    pub bytes: u64,
    pub records: u64,
}

/// A piece of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// From where [`Layout::read_piece`] reads it.
    pub start: Checkpoint,
    pub bytes: Vec<u8>,
    /// Records in it, readable or not.
    pub records: u64,
    /// The input ends with it.
    pub last: bool,
}

/// Cuts an input. Push bytes and take pieces in turn, as with a [`Stream`].
#[derive(Clone, Debug)]
pub struct Cutter {
    stream: Stream,
    limits: PieceLimits,
    start: Checkpoint,
    /// What was pushed and is in no piece yet.
    bytes: Vec<u8>,
    ended: bool,
}

impl Layout {
    /// Cuts an input that a [`verifier`](Layout::verifier) has passed, from
    /// `start` on.
    ///
    /// # Errors
    /// `checkpoint` if it was made by another layout.
    pub fn cutter(&self, start: Checkpoint, limits: PieceLimits) -> Result<Cutter, LayoutFault> {
        let stream = self.resume(start.clone())?;
        let step = usize::try_from(limits.bytes).unwrap_or(STEP_BYTES).clamp(1, STEP_BYTES);
        // The first pass has looked at the whole.
        let evidence = None;
        let stream = Stream { keep: false, window_least: step, window: step, evidence, ..stream };
        Ok(Cutter { stream, limits, start, bytes: Vec::new(), ended: false })
    }

    /// Reads a piece; says from where the next one is read.
    ///
    /// # Errors
    /// When the input as a whole is refused, `checkpoint` if `start` was made by
    /// a layout with other columns, and `piece-open` if the bytes do not end
    /// with a record.
    pub fn read_piece(
        &self,
        start: &Checkpoint,
        bytes: &[u8],
        last: bool,
    ) -> Result<(Rows, Checkpoint), LayoutFault> {
        start.is_of(self)?;
        let mut memory = start.memory.clone();
        let window = Window { bytes, base: memory.offset, last, sealed: !last, keep: true };
        let end = memory.offset + wide(bytes.len());
        let rows = piece::read(self, &window, &mut memory)?;
        if memory.offset != end {
            let at = usize::try_from(memory.offset).unwrap_or(usize::MAX);
            let message = "the piece does not end with a record";
            return Err(LayoutFault::new("piece-open", at, message).expected("whole records"));
        }
        cut::shift(&self.profile, bytes, &mut memory.shift);
        Ok((rows, Checkpoint::new(self, memory, last)))
    }

    /// Whether its files are read record by record, so that they can be cut.
    pub fn has_pieces(&self) -> bool {
        piece::document_bytes_max(&self.format).is_none()
    }

    /// What a reader between two records relies on: the character set and the
    /// columns with their places. Types and checks may change.
    pub(super) fn columns_print(&self) -> String {
        let mut text = format!("{}\n", self.profile.charset);
        for kind in &self.kinds {
            text.push_str(&kind.name);
            for column in &kind.columns {
                text.push('\t');
                text.push_str(&column.field.name);
            }
            text.push('\n');
        }
        let mut hash = sha256_hex(text.as_bytes());
        hash.truncate(COLUMNS_DIGITS);
        hash
    }
}

// === impl Cutter ===

impl Cutter {
    /// Takes the next bytes of the input.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.stream.push(bytes);
    }

    /// There are no more bytes. To be said before the last piece is taken.
    pub fn finish(&mut self) {
        self.stream.finish();
    }

    /// The next piece. `None`: more bytes are needed, or nothing is left.
    ///
    /// # Errors
    /// When the input as a whole is refused: it is not the one that was verified.
    pub fn take(&mut self) -> Result<Option<Piece>, LayoutFault> {
        while !self.ended {
            let has_more = self.stream.take()?.is_some();
            let (bytes, records) = self.taken();
            let full = bytes >= self.limits.bytes || records >= self.limits.records;
            if self.stream.is_done() || has_more && full {
                return Ok(Some(self.cut(bytes, records)));
            }
            if !has_more {
                break;
            }
        }
        Ok(None)
    }

    /// Bytes and records since the last piece.
    fn taken(&self) -> (u64, u64) {
        let bytes = self.stream.offset() - self.start.offset();
        (bytes, self.stream.records().0 - self.start.records().0)
    }

    fn cut(&mut self, length: u64, records: u64) -> Piece {
        self.ended = self.stream.is_done();
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(self.bytes.len());
        let rest = self.bytes.split_off(length);
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let next = self.stream.checkpoint();
        let start = std::mem::replace(&mut self.start, next).of_records(records);
        Piece { start, bytes, records, last: self.ended }
    }
}

// === impl Checkpoint ===

impl Checkpoint {
    pub(super) fn new(layout: &Layout, memory: Memory, done: bool) -> Self {
        Self {
            layout: layout.id.clone(),
            version: layout.version,
            columns: layout.columns_print(),
            memory,
            done,
        }
    }

    /// The same place, with what a first pass over the same input has found out.
    pub fn knowing(mut self, verified: &Self) -> Self {
        self.memory.tally.keys = verified.memory.tally.keys.clone();
        self.memory.tally.unchecked = verified.memory.tally.unchecked.clone();
        self
    }

    /// Without what is only of use behind the next `count` records.
    fn of_records(mut self, count: u64) -> Self {
        let (before, _) = self.records();
        if let Keys::Repeated(numbers) = &mut self.memory.tally.keys {
            numbers.retain(|it| (before + 1..=before + count).contains(it));
        }
        self
    }

    pub(super) fn is_of(&self, layout: &Layout) -> Result<(), LayoutFault> {
        if self.layout == layout.id && self.columns == layout.columns_print() {
            return Ok(());
        }
        let message = "the checkpoint was made by another layout, or one with other columns";
        Err(LayoutFault::new("checkpoint", 0, message)
            .found(format!("{} version {}", self.layout, self.version))
            .expected(format!("{} version {}", layout.id, layout.version)))
    }
}
