//! Reads records cut by byte.

mod field;
pub(super) mod frame;
mod whole;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault,
    arena::Arena,
    assemble::{Assembler, Line},
    cell::{self, line_fault},
    model::{Column, Fixed, Mark},
    piece::{Memory, Window},
    scan::LineEnd,
    wide,
};
use crate::{
    charset::SkipKind,
    rows::{Cell, Rows},
};
use frame::{Frame, Frames};
use whole::Whole;

/// Reads a window, or as much of it as is complete.
pub(super) fn read(
    layout: &Layout,
    fixed: &Fixed,
    window: &Window<'_>,
    memory: &mut Memory,
) -> Result<Rows, LayoutFault> {
    let bytes = window.bytes;
    let mut reader = Reader::new(layout, fixed, window);
    let mut frames = fixed.framing.map(|it| Frames::new(it, window, memory.block_left));
    let end = reader.end();
    let mut arena = Arena::new(reader.decode());
    let mut assembler = Assembler::new(layout, &mut memory.tally, window.keep, &mut arena);
    let (mut at, mut first) = (0, !memory.line_end_seen);
    while at < end {
        let (cut, mut faults) = match &mut frames {
            Some(frames) => match frames.next(at, assembler.records())? {
                Some(it) => {
                    let Frame { start, at, length } = it;
                    (Cut { start, at, length, line_end: None }, Vec::new())
                }
                None => break,
            },
            None => {
                let cut = reader.cut(at, end);
                if !window.last && !reader.is_complete(cut) {
                    break;
                }
                (cut, Vec::new())
            }
        };
        if frames.is_none() {
            faults.extend(reader.ends(cut, first)?);
            reader.whole_record(cut, (window.last, end))?;
        }
        first = false;
        reader.record(cut, faults, &mut arena, &mut assembler)?;
        at = cut.next();
    }
    memory.line_end_seen = !first;
    let rows = if window.last {
        frames.as_ref().map_or(Ok(()), Frames::end)?;
        reader.end_mark(end)?;
        memory.offset = window.base + wide(bytes.len());
        assembler.finish(arena, memory.offset)?
    } else if window.sealed && at == end {
        memory.offset = window.base + wide(bytes.len());
        assembler.seal(arena)
    } else {
        let (rows, next) = assembler.pause(arena, window.base + wide(at));
        memory.offset = next;
        rows
    };
    memory.block_left = frames.map_or(0, |it| it.left_at(memory.offset));
    Ok(rows)
}

/// Where a record is in the window.
#[derive(Clone, Copy)]
struct Cut {
    /// With what stands before it.
    start: usize,
    /// Its first byte.
    at: usize,
    length: usize,
    line_end: Option<LineEnd>,
}

impl Cut {
    /// Where the next one begins.
    fn next(self) -> usize {
        self.at + self.length + self.line_end.map_or(0, LineEnd::length)
    }
}

struct Reader<'a> {
    layout: &'a Layout,
    fixed: &'a Fixed,
    bytes: &'a [u8],
    /// Offset of the first of them.
    base: usize,
    /// They were cut behind a record.
    sealed: bool,
    cells: Vec<Cell>,
    /// The codes of the kinds, in bytes.
    codes: Vec<(Vec<u8>, usize)>,
    /// There are bytes that are not text.
    binary: bool,
    /// The window decoded at once, if that can be.
    whole: Option<Whole>,
    /// Where the fields of a record begin in it, and where the last ends.
    places: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(layout: &'a Layout, fixed: &'a Fixed, window: &Window<'a>) -> Self {
        let coded = layout.kinds.iter().enumerate().flat_map(|(index, kind)| {
            kind.codes
                .iter()
                .filter_map(move |it| Some((layout.profile.encode_exact(it).ok()?, index)))
        });
        Self {
            layout,
            fixed,
            bytes: window.bytes,
            base: usize::try_from(window.base).unwrap_or(usize::MAX),
            sealed: window.sealed,
            cells: Vec::new(),
            codes: coded.collect(),
            binary: fixed.framing.is_some()
                || layout.kinds.iter().flat_map(|it| &it.columns).any(Column::is_binary),
            whole: None,
            places: Vec::new(),
        }
    }

    /// Decodes the window at once, if that can be: then most fields are places
    /// in its text, and only those that a character reaches over are not.
    fn decode(&mut self) -> String {
        let profile = &self.layout.profile;
        if self.binary || !profile.is_ascii_safe() || profile.gaiji.is_some() {
            return String::new();
        }
        let decoded = profile.decode_piece("", self.bytes);
        let unseen = profile.charset.has_unseen() && cell::has_unseen(&decoded.text);
        if unseen || decoded.skips.iter().any(|it| it.kind != SkipKind::Cut) {
            return String::new();
        }
        self.whole = Some(Whole::new(&decoded));
        decoded.text
    }

    /// Where the records end, before the end mark.
    fn end(&self) -> usize {
        if self.fixed.eof_mark == Mark::Refused || self.sealed {
            return self.bytes.len();
        }
        self.bytes.iter().rposition(|it| *it != 0x1A).map_or(0, |it| it + 1)
    }

    /// The end mark stands where the layout says so, and the last record ends.
    fn end_mark(&self, end: usize) -> Result<(), LayoutFault> {
        if self.fixed.eof_mark == Mark::Required && end == self.bytes.len() {
            let message = "the end mark is not as the layout says";
            let at = self.base + self.bytes.len();
            return Err(LayoutFault::new("eof-mark", at, message).expected("an end mark (1A)"));
        }
        if self.layout.lossless && self.fixed.ends.is_some() && end > 0 {
            let ended =
                self.bytes.get(..end).is_some_and(|it| matches!(it.last(), Some(b'\n' | b'\r')));
            if !ended {
                let message = "the last record has no line end";
                return Err(
                    LayoutFault::new("truncated", self.base + end, message).expected("a line end")
                );
            }
        }
        Ok(())
    }

    /// Whether more bytes would not change where the record ends.
    fn is_complete(&self, cut: Cut) -> bool {
        match cut.line_end {
            None => cut.length == self.fixed.record_bytes,
            Some(LineEnd::Eof) => false,
            Some(LineEnd::Cr) => self.sealed || cut.at + cut.length + 1 < self.bytes.len(),
            Some(LineEnd::Crlf | LineEnd::Lf) => true,
        }
    }

    /// The record at `at`, and how it ends.
    fn cut(&self, at: usize, end: usize) -> Cut {
        let rest = self.bytes.get(at..end).unwrap_or_default();
        let cut = Cut { start: at, at, length: 0, line_end: None };
        if self.fixed.ends.is_none() {
            return Cut { length: rest.len().min(self.fixed.record_bytes), ..cut };
        }
        // Bytes of binary numbers look like line ends.
        let from = if self.binary { self.fixed.record_bytes.min(rest.len()) } else { 0 };
        // A line that is too short or too long must not shift those behind it.
        let tail = rest.get(from..).unwrap_or_default();
        let length = tail.iter().position(|it| matches!(it, b'\r' | b'\n'));
        let length = length.map_or(rest.len(), |it| from + it);
        let line_end = match (rest.get(length), rest.get(length + 1)) {
            (None, _) => LineEnd::Eof,
            (Some(b'\r'), Some(b'\n')) => LineEnd::Crlf,
            (Some(b'\r'), _) => LineEnd::Cr,
            (Some(_), _) => LineEnd::Lf,
        };
        Cut { length, line_end: Some(line_end), ..cut }
    }

    /// The record ends as the layout says; a file whose first one does not is refused.
    fn ends(&self, cut: Cut, first: bool) -> Result<Option<RecordFault>, LayoutFault> {
        let Some((ends, found)) = self.fixed.ends.zip(cut.line_end) else { return Ok(None) };
        if ends.allows(found) {
            return Ok(None);
        }
        if first {
            let message = "records do not end as the layout says";
            let at = self.base + cut.at + cut.length;
            return Err(LayoutFault::new("line-ends", at, message)
                .found(found.name())
                .expected(ends.name()));
        }
        let expected = format!("a record that ends with {}", ends.name());
        Ok(Some(line_fault(self.base + cut.at, found.name().to_owned(), expected)))
    }

    /// The last record is not shorter than others.
    fn whole_record(&self, cut: Cut, (last, end): (bool, usize)) -> Result<(), LayoutFault> {
        let record_bytes = self.fixed.record_bytes;
        if !last || cut.at + cut.length < end || cut.length >= record_bytes {
            return Ok(());
        }
        let message = "the last record is not whole: the file was probably cut";
        Err(LayoutFault::new("truncated", self.base + cut.at, message)
            .found(format!("{} bytes", cut.length))
            .expected(format!("{record_bytes} bytes")))
    }

    /// In the input.
    fn offset(&self, at: usize) -> u64 {
        wide(self.base + at)
    }

    fn record(
        &mut self,
        cut: Cut,
        mut faults: Vec<RecordFault>,
        arena: &mut Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<(), LayoutFault> {
        let layout = self.layout;
        let framed = self.fixed.framing.is_some();
        self.cells.clear();
        let mut kind = None;
        if framed || cut.length == self.fixed.record_bytes {
            kind = self.kind(cut, &mut faults);
        } else {
            let expected = format!("{} bytes", self.fixed.record_bytes);
            faults.push(self.wrong_length(cut, expected));
        }
        if let Some(kind) = kind.and_then(|it| layout.kinds.get(it)) {
            if framed && !kind.has_length(cut.length) {
                faults.push(self.wrong_length(cut, kind.lengths()));
            } else {
                self.fields(cut, kind, arena, &mut faults);
            }
        }
        let line = Line {
            kind,
            offset: self.offset(cut.start),
            length: wide(cut.at + cut.length - cut.start),
            cells: &mut self.cells,
            faults,
        };
        assembler.push(line, arena)
    }

    fn wrong_length(&self, cut: Cut, expected: String) -> RecordFault {
        line_fault(self.base + cut.at, format!("{} bytes", cut.length), expected)
    }

    fn kind(&self, cut: Cut, faults: &mut Vec<RecordFault>) -> Option<usize> {
        let kinds = &self.layout.kinds;
        let Some((start, length)) = self.fixed.type_at else {
            return Some(0);
        };
        let at = cut.at + start;
        let bytes = self.bytes.get(at..at + length).filter(|_| start + length <= cut.length);
        let bytes = bytes.unwrap_or_default();
        if let Some((_, kind)) = self.codes.iter().find(|(code, _)| code == bytes) {
            return Some(*kind);
        }
        let mut code = String::new();
        let readable = self.layout.profile.decode_field(bytes, &mut code).is_ok();
        let coded = kinds.iter().position(|it| it.codes.contains(&code)).filter(|_| readable);
        let kind = coded.or_else(|| kinds.iter().position(|it| it.codes.is_empty()));
        if kind.is_none() {
            let codes: Vec<&str> =
                kinds.iter().flat_map(|it| &it.codes).map(String::as_str).collect();
            let expected = format!("a record with the type {}", codes.join(", "));
            faults.push(line_fault(
                self.base + at,
                cell::found(&code, self.layout.is_personal()),
                expected,
            ));
        }
        kind
    }
}
