//! Lengths before records, and before blocks of them (RECFM=V and VB of z/OS, "DFSMS
//! Using Data Sets", chapter "Format-V Records"). A word is two bytes with the length,
//! the high one first, and two zeros. The length counts the word itself, but in files of
//! GnuCOBOL. Behind a wrong length nothing is where it should be: the input is refused.

use crate::layout::{LayoutFault, model::Framing, piece::Window, wide};

/// Bytes of a word.
const WORD_BYTES: usize = 4;

/// Finds the records of a window.
pub(super) struct Frames<'a> {
    framing: Framing,
    bytes: &'a [u8],
    base: usize,
    /// There are no more bytes than these.
    last: bool,
    /// Bytes of the block that is open.
    left: usize,
    /// What was left of the block where each record begins.
    marks: Vec<(usize, usize)>,
}

/// Where a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its word, and that of the block before the first of one.
    pub(super) start: usize,
    /// Its first byte.
    pub(super) at: usize,
    pub(super) length: usize,
}

impl<'a> Frames<'a> {
    pub(super) fn new(framing: Framing, window: &Window<'a>, left: u64) -> Self {
        Self {
            framing,
            bytes: window.bytes,
            base: usize::try_from(window.base).unwrap_or(usize::MAX),
            last: window.last,
            left: usize::try_from(left).unwrap_or(usize::MAX),
            marks: Vec::new(),
        }
    }

    /// The record at `at`, which comes behind so many others; `None` if more bytes are
    /// needed.
    pub(super) fn next(&mut self, at: usize, records: u64) -> Result<Option<Frame>, LayoutFault> {
        let (mut start, mut left) = (at, self.left);
        let blocked = matches!(self.framing, Framing::Blocked { .. });
        if blocked && left == 0 {
            let Some(length) = self.length(at, ("block", records))? else { return Ok(None) };
            if length < 2 * WORD_BYTES {
                let expected = format!("at least {}: a record", 2 * WORD_BYTES);
                return Err(self.wrong(at, ("block", records), length, expected));
            }
            (start, left) = (at + WORD_BYTES, length - WORD_BYTES);
        }
        let Some(length) = self.length(start, ("record", records))? else { return Ok(None) };
        if blocked && length > left {
            let expected = format!("at most {left}: the block ends there");
            return Err(self.wrong(start, ("record", records), length, expected));
        }
        if start + length > self.bytes.len() {
            return if self.last { Err(self.cut(start, length)) } else { Ok(None) };
        }
        if blocked {
            self.marks.push((at, self.left));
            self.left = left - length;
        }
        Ok(Some(Frame { start: at, at: start + WORD_BYTES, length: length - WORD_BYTES }))
    }

    /// What is left of the block at that offset of the input: where a record begins, or
    /// behind the last one.
    pub(super) fn left_at(&self, offset: u64) -> u64 {
        let at = self.marks.binary_search_by_key(&offset, |it| wide(self.base + it.0));
        let mark = at.ok().and_then(|it| self.marks.get(it));
        wide(mark.map_or(self.left, |it| it.1))
    }

    /// The input does not end within a block.
    pub(super) fn end(&self) -> Result<(), LayoutFault> {
        if self.left == 0 {
            return Ok(());
        }
        let message = "the last block is not whole: the file was probably cut";
        Err(LayoutFault::new("truncated", self.base + self.bytes.len(), message)
            .expected(format!("{} more bytes", self.left)))
    }

    /// What the word at `at` says, the word itself counted.
    fn length(
        &self,
        at: usize,
        (what, records): (&'static str, u64),
    ) -> Result<Option<usize>, LayoutFault> {
        let found = self.bytes.get(at..).unwrap_or_default();
        let [high, low, zeros @ ..] = found.get(..WORD_BYTES).unwrap_or_default() else {
            if self.last {
                let message = format!("the length of a {what} is not whole");
                return Err(LayoutFault::new("truncated", self.base + at, message)
                    .found(format!("{} bytes", found.len()))
                    .expected(format!("{WORD_BYTES} bytes")));
            }
            return Ok(None);
        };
        let own = if self.framing == Framing::Length { WORD_BYTES } else { 0 };
        let length = usize::from(u16::from_be_bytes([*high, *low])) + own;
        if zeros != [0, 0] {
            let message = format!("{}, or one in pieces (spanned)", wrong(what, records));
            return Err(LayoutFault::new("framing", self.base + at, message)
                .found(hex(&[&[*high, *low], zeros].concat()))
                .expected("two bytes with the length, and two zeros"));
        }
        if length < WORD_BYTES {
            let expected = format!("at least {WORD_BYTES}: the length counts itself");
            return Err(self.wrong(at, (what, records), length, expected));
        }
        Ok(Some(length))
    }

    fn wrong(
        &self,
        at: usize,
        (what, records): (&str, u64),
        length: usize,
        expected: String,
    ) -> LayoutFault {
        LayoutFault::new("framing", self.base + at, wrong(what, records))
            .found(length.to_string())
            .expected(expected)
    }

    fn cut(&self, at: usize, length: usize) -> LayoutFault {
        let message = "the last record is not whole: the file was probably cut";
        LayoutFault::new("truncated", self.base + at, message)
            .found(format!("{} bytes", self.bytes.len() - at))
            .expected(format!("{length} bytes, as its length says"))
    }
}

fn wrong(what: &str, records: u64) -> String {
    format!("behind record {records}: this is not the length of a {what}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02X}")).collect()
}

// === writing ===

/// Makes room for the word before a record; [`close`] fills it in.
pub(in crate::layout) fn open(bytes: &mut Vec<u8>) {
    bytes.extend([0; WORD_BYTES]);
}

/// Sets the word at `start` to the length of what stands behind it.
pub(in crate::layout) fn close(framing: Framing, bytes: &mut [u8], start: usize) {
    let own = if framing == Framing::Length { WORD_BYTES } else { 0 };
    let length = bytes.len().saturating_sub(start + own);
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    if let Some(place) = bytes.get_mut(start..start + WORD_BYTES) {
        place.copy_from_slice(&[high, low, 0, 0]);
    }
}

/// Records with their words in blocks of at most so many bytes.
pub(in crate::layout) fn blocked(records: &[u8], block_bytes: usize) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(records.len() + WORD_BYTES), records);
    let mut start = 0;
    while let [high, low, ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).clamp(1, rest.len());
        let (record, after) = rest.split_at(length);
        if out.is_empty() || out.len() - start + length > block_bytes {
            start = out.len();
            open(&mut out);
        }
        out.extend_from_slice(record);
        close(Framing::Rdw, &mut out, start);
        rest = after;
    }
    out
}
