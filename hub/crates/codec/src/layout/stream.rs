//! Reading an input piece by piece: bytes are pushed in, batches of records are
//! taken out, and a checkpoint says where to go on after a stop. What comes out
//! is what a reading of the whole gives: the same records, faults and numbers.
//!
//! Memory is bounded whatever the input: one window of bytes and its records,
//! and thirteen bytes a key at most where records have one.

mod cut;
mod pieces;
mod verify;

pub use pieces::{Cutter, Piece, PieceLimits};
pub use verify::{Verified, Verifier};

use serde::{Deserialize, Serialize};

use super::{
    Layout, LayoutFault,
    mistaken::Evidence,
    model::Format,
    piece::{self, Memory, Window},
};
use crate::rows::Rows;

/// Bytes that are read at once, unless a record is longer: what is made of them stays
/// near in memory.
const WINDOW_BYTES: usize = 1 << 16;
/// Bytes of one record with all its lines, or of the lines before the first.
const RECORD_BYTES_MAX: usize = 1 << 23;

/// A reader of one input. Push bytes and take batches in turn, until neither
/// gives any more:
///
/// ```
/// # let layout = codec::layout::Layout::parse("t", "layout: t\nversion: 1\nformat: csv\n\
/// # charset: utf-8\nline_end: lf\nheader: none\ncolumns: [{ name: a }]\n").unwrap();
/// let mut stream = layout.stream();
/// let mut read = 0;
/// for piece in ["1\n2", "\n3\n"] {
///     stream.push(piece.as_bytes());
///     while let Some(rows) = stream.take()? {
///         read += rows.rows.len(); // keep them together with `stream.checkpoint()`
///     }
/// }
/// stream.finish();
/// while let Some(rows) = stream.take()? {
///     read += rows.rows.len();
/// }
/// assert_eq!(read, 3);
/// # Ok::<(), codec::layout::LayoutFault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stream {
    layout: Layout,
    memory: Memory,
    /// What was pushed; what stands before `start` is read.
    buffer: Vec<u8>,
    start: usize,
    /// Bytes to read at once, and so many next time.
    window_least: usize,
    window: usize,
    finished: bool,
    done: bool,
    /// The input is refused: nothing more comes out.
    fault: Option<LayoutFault>,
    keep: bool,
    /// What speaks for another character set, in an input that is read from its
    /// start.
    evidence: Option<Evidence>,
}

/// Where a stream stands: what was taken before is counted in it, what comes
/// after can be read from it. It belongs to one input and one layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    layout: String,
    version: u32,
    /// Stands for the columns of the layout.
    columns: String,
    memory: Memory,
    done: bool,
}

impl Layout {
    /// A reader of an input from its start.
    pub fn stream(&self) -> Stream {
        Stream::new(self, Memory::new(self))
    }

    /// A reader that goes on where another one stood. The bytes to push are
    /// those from [`Checkpoint::offset`] on. Behind the start of an input nothing looks
    /// whether it is UTF-8 under another set: a first pass over the whole has.
    ///
    /// # Errors
    /// `checkpoint` if it was made by another layout, or one with other columns.
    pub fn resume(&self, checkpoint: Checkpoint) -> Result<Stream, LayoutFault> {
        checkpoint.is_of(self)?;
        let Checkpoint { memory, done, .. } = checkpoint;
        Ok(Stream { done, ..Stream::new(self, memory) })
    }

    /// A first pass that only checks an input: its header, trailer, counts and
    /// totals. Nothing of it is to be used before this has said yes.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(Stream { keep: false, ..self.stream() })
    }
}

// === impl Stream ===

impl Stream {
    fn new(layout: &Layout, memory: Memory) -> Self {
        let guards = memory.offset == 0 && layout.refuses_utf8();
        Self {
            evidence: guards.then(Evidence::default),
            layout: layout.clone(),
            memory,
            buffer: Vec::new(),
            start: 0,
            window_least: WINDOW_BYTES,
            window: WINDOW_BYTES,
            finished: false,
            done: false,
            fault: None,
            keep: true,
        }
    }

    /// Takes the next bytes of the input: some hundred kilobytes at once are
    /// best. Take all batches before pushing more, or they pile up.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
        if let Some(evidence) = &mut self.evidence {
            evidence.push(bytes);
        }
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next batch: whole records, in order. `None`: more bytes are needed,
    /// or nothing is left. [`Rows::records`] counts those of the batch. Totals that
    /// cannot be checked are told with their records when a first pass knows them.
    ///
    /// # Errors
    /// When the input as a whole is refused. What was taken before is no more
    /// to be trusted than the rest; [`Layout::verifier`] knows beforehand.
    pub fn take(&mut self) -> Result<Option<Rows>, LayoutFault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let mut result = self.next();
        // What UTF-8 looks like in another set is no better told than that it is.
        if let (Err(fault), Some(mistaken)) = (&mut result, self.mistaken()) {
            *fault = mistaken;
        }
        self.fault = result.as_ref().err().cloned();
        result
    }

    /// Where to go on after what was taken so far.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(&self.layout, self.memory.clone(), self.done)
    }

    /// Bytes of the input that are read.
    pub fn offset(&self) -> u64 {
        self.memory.offset
    }

    /// Records taken so far, and those of them that were set aside.
    pub fn records(&self) -> (u64, u64) {
        let counts = &self.memory.tally.counts;
        (counts.records, counts.set_aside)
    }

    /// Whether all of the input is read.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// With another window than the usual one.
    #[cfg(test)]
    pub(super) fn with_window(self, bytes: usize) -> Self {
        Self { window_least: bytes, window: bytes, ..self }
    }

    #[cfg(test)]
    pub(super) fn buffer_bytes(&self) -> usize {
        self.buffer.len()
    }

    fn next(&mut self) -> Result<Option<Rows>, LayoutFault> {
        while !self.done {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let document = piece::document_bytes_max(&self.layout.format);
            let length = if document.is_some() { rest.len() } else { rest.len().min(self.window) };
            let last = self.finished && length == rest.len();
            let whole = document.is_some_and(|max| length <= max);
            if !last && (whole || length < self.window) {
                return Ok(None);
            }
            if last && let Some(fault) = self.mistaken() {
                return Err(fault);
            }
            let mut piece = rest.get(..length).unwrap_or_default();
            if !last && let Format::Csv(csv) = &self.layout.format {
                piece = cut::lines(&self.layout.profile, csv, piece);
            }
            let before = self.memory.offset;
            let rows = read(&self.layout, &mut self.memory, piece, (last, self.keep))?;
            let taken = usize::try_from(self.memory.offset - before).unwrap_or(usize::MAX);
            self.start += taken;
            self.done = last;
            if taken == 0 && !last {
                self.grow()?;
                continue;
            }
            self.window = self.window_least;
            if rows.records > 0 {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    fn mistaken(&self) -> Option<LayoutFault> {
        self.evidence.as_ref()?.fault(&self.layout)
    }

    /// What was read has no end of a record in it.
    fn grow(&mut self) -> Result<(), LayoutFault> {
        if self.window >= RECORD_BYTES_MAX {
            let at = usize::try_from(self.memory.offset).unwrap_or(usize::MAX);
            let message = "the record that begins here does not end";
            return Err(LayoutFault::new("record-too-long", at, message)
                .found(format!("more than {} bytes", self.window))
                .expected(format!("records of less than {RECORD_BYTES_MAX} bytes")));
        }
        self.window = (self.window * 2).min(RECORD_BYTES_MAX);
        Ok(())
    }
}

/// Reads a piece and remembers what holds behind it.
fn read(
    layout: &Layout,
    memory: &mut Memory,
    piece: &[u8],
    (last, keep): (bool, bool),
) -> Result<Rows, LayoutFault> {
    let before = memory.offset;
    let bom = if before == 0 { layout.profile.bom_bytes().len() } else { 0 };
    if piece.len() < bom.max(1) && !last {
        return Ok(Rows::default());
    }
    let window = Window { bytes: piece, base: before, last, sealed: false, keep };
    let rows = piece::read(layout, &window, memory)?;
    let taken = usize::try_from(memory.offset - before).unwrap_or(usize::MAX);
    cut::shift(&layout.profile, piece.get(..taken).unwrap_or(piece), &mut memory.shift);
    Ok(rows)
}

// === impl Checkpoint ===

impl Checkpoint {
    /// Byte offset in the input from which to push.
    pub fn offset(&self) -> u64 {
        self.memory.offset
    }

    /// Records before it, and those of them that were set aside.
    pub fn records(&self) -> (u64, u64) {
        let counts = &self.memory.tally.counts;
        (counts.records, counts.set_aside)
    }

    /// Whether nothing is left to read.
    pub fn is_done(&self) -> bool {
        self.done
    }
}
