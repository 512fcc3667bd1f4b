//! Reads records cut by byte.

mod whole;

use std::borrow::Cow;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault,
    arena::{self, Arena, BAD},
    assemble::{Assembler, Line},
    binary,
    cell::{self, number},
    model::{CellFormat, Column, Fixed, Kind, Mark, Number, Storage, Trim},
    narrow,
    piece::{Memory, Window},
    scan::LineEnd,
    text, wide,
};
use crate::{
    charset::{Policy, SkipKind},
    rows::{Cell, Rows},
};
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
    let (end, base) = (reader.end(), reader.base);
    let mut arena = Arena::new(reader.decode());
    let mut assembler = Assembler::new(layout, &mut memory.tally, window.keep, &mut arena);
    let (mut at, mut first) = (0, !memory.line_end_seen);
    while at < end {
        let (length, line_end) = reader.cut(at, end);
        if !window.last && !reader.is_complete(at, length, line_end) {
            break;
        }
        let mut faults = Vec::new();
        if let Some((ends, found)) = fixed.ends.zip(line_end)
            && !ends.allows(found)
        {
            if first {
                let message = "records do not end as the layout says";
                return Err(LayoutFault::new("line-ends", base + at + length, message)
                    .found(found.name())
                    .expected(ends.name()));
            }
            let expected = format!("a record that ends with {}", ends.name());
            faults.push(record_fault(base + at, found.name().to_owned(), expected));
        }
        first = false;
        if window.last && at + length >= end && length < fixed.record_bytes {
            let message = "the last record is not whole: the file was probably cut";
            return Err(LayoutFault::new("truncated", base + at, message)
                .found(format!("{length} bytes"))
                .expected(format!("{} bytes", fixed.record_bytes)));
        }
        reader.record(at, length, faults, &mut arena, &mut assembler)?;
        at += length + line_end.map_or(0, LineEnd::length);
    }
    memory.line_end_seen = !first;
    let rows = if window.last {
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
    Ok(rows)
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
            binary: layout.kinds.iter().flat_map(|it| &it.columns).any(Column::is_binary),
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
        if decoded.skips.iter().any(|it| it.kind != SkipKind::Cut) {
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
    fn is_complete(&self, at: usize, length: usize, line_end: Option<LineEnd>) -> bool {
        match line_end {
            None => length == self.fixed.record_bytes,
            Some(LineEnd::Eof) => false,
            Some(LineEnd::Cr) => self.sealed || at + length + 1 < self.bytes.len(),
            Some(LineEnd::Crlf | LineEnd::Lf) => true,
        }
    }

    /// The length of the record at `at`, and how it ends.
    fn cut(&self, at: usize, end: usize) -> (usize, Option<LineEnd>) {
        let rest = self.bytes.get(at..end).unwrap_or_default();
        if self.fixed.ends.is_none() {
            return (rest.len().min(self.fixed.record_bytes), None);
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
        (length, Some(line_end))
    }

    /// In the input.
    fn offset(&self, at: usize) -> u64 {
        wide(self.base + at)
    }

    fn record(
        &mut self,
        at: usize,
        length: usize,
        mut faults: Vec<RecordFault>,
        arena: &mut Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<(), LayoutFault> {
        let layout = self.layout;
        self.cells.clear();
        let mut kind = None;
        if length == self.fixed.record_bytes {
            kind = self.kind(at, &mut faults);
            if let Some(kind) = kind.and_then(|it| layout.kinds.get(it)) {
                self.fields(at, kind, arena, &mut faults);
            }
        } else {
            let expected = format!("{} bytes", self.fixed.record_bytes);
            faults.push(record_fault(self.base + at, format!("{length} bytes"), expected));
        }
        let line = Line {
            kind,
            offset: self.offset(at),
            length: wide(length),
            cells: &mut self.cells,
            faults,
        };
        assembler.push(line, arena)
    }

    fn kind(&self, at: usize, faults: &mut Vec<RecordFault>) -> Option<usize> {
        let kinds = &self.layout.kinds;
        let Some((start, length)) = self.fixed.type_at else {
            return Some(0);
        };
        let bytes = self.bytes.get(at + start..at + start + length).unwrap_or_default();
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
            faults.push(record_fault(self.base + at + start, cell::found(&code, false), expected));
        }
        kind
    }

    fn fields(&mut self, at: usize, kind: &Kind, arena: &mut Arena, faults: &mut Vec<RecordFault>) {
        let whole = self.whole.as_mut().filter(|_| !kind.overlaid).is_some_and(|it| {
            it.places((at, kind), &self.layout.profile, arena.base(), &mut self.places).is_some()
        });
        for (index, column) in kind.columns.iter().enumerate() {
            let offset = at + column.start;
            let bytes = self.bytes.get(offset..offset + column.bytes).unwrap_or_default();
            let places = self.places.get(index).copied().zip(self.places.get(index + 1).copied());
            if kind.overlaid && !column.is_there(|it| Cow::Borrowed(self.cell_text(it, arena))) {
                self.cells.push(arena::cell((0, 0), self.offset(offset), narrow(column.bytes)));
                continue;
            }
            let result = match places.filter(|_| whole) {
                Some(_) if column.is_idle() && !self.layout.lossless => Ok((0, 0)),
                Some(range) => self.text(range, (column, offset, bytes), arena),
                None => self.field(column, bytes, offset, arena),
            };
            let cell = match result {
                Ok(range) => arena::cell(range, self.offset(offset), narrow(column.bytes)),
                Err(fault) => {
                    faults.push(*fault);
                    BAD
                }
            };
            self.cells.push(cell);
        }
        if kind.overlaid {
            self.overlaid(at, kind, arena, faults);
        }
    }

    fn cell_text<'b>(&self, index: usize, arena: &'b Arena) -> &'b str {
        self.cells.get(index).map_or("", |it| arena.cell(*it))
    }

    /// Counts are not above what there is room for; in a lossless layout the
    /// record is as it would be written, unused room and all.
    fn overlaid(&self, at: usize, kind: &Kind, arena: &Arena, faults: &mut Vec<RecordFault>) {
        for (index, column) in kind.columns.iter().enumerate() {
            let Some(max) = column.count_max else { continue };
            let text = self.cell_text(index, arena);
            if text.parse::<usize>().is_ok_and(|it| it > max) {
                let offset = self.offset(at + column.start);
                faults.push(cell::fault(column, offset, text, format!("at most {max}")));
            }
        }
        if !self.layout.lossless || !faults.is_empty() {
            return;
        }
        let text = |index: usize| {
            let constant = kind.columns.get(index).and_then(|it| it.constant.as_deref());
            Cow::Borrowed(constant.unwrap_or_else(|| self.cell_text(index, arena)))
        };
        let (mut again, encoding) = (Vec::new(), (&self.layout.profile, &Policy::exact()));
        let failed = text::record(encoding, kind, text, &mut again, &mut Vec::new());
        let record = self.bytes.get(at..at + self.fixed.record_bytes).unwrap_or_default();
        if !failed.is_empty() || again != record {
            let differs = again.iter().zip(record).position(|(a, b)| a != b).unwrap_or(0);
            let found = record.get(differs).map_or(String::new(), |it| format!("{it:02X}"));
            let expected = "it as this layout writes it (unused room is spaces)".to_owned();
            faults.push(record_fault(self.base + at + differs, found, expected));
        }
    }

    /// A field that is text, at `whole` in the arena.
    fn text(
        &self,
        whole: (usize, usize),
        (column, offset, bytes): (&Column, usize, &[u8]),
        arena: &mut Arena,
    ) -> Result<(usize, usize), Box<RecordFault>> {
        let fault = |expected, arena: &Arena| {
            let text = arena.text(whole.0, whole.1);
            Box::new(cell::fault(column, self.offset(offset), text, expected))
        };
        let range = cell::read(column, whole, arena).map_err(|it| fault(it, arena))?;
        if self.layout.lossless
            && !is_exact(self.layout, column, arena.text(range.0, range.1), bytes)
        {
            let expected = "it as this layout writes it (padding, zeros, codes)".to_owned();
            return Err(fault(expected, arena));
        }
        Ok(range)
    }

    fn field(
        &self,
        column: &Column,
        bytes: &[u8],
        offset: usize,
        arena: &mut Arena,
    ) -> Result<(usize, usize), Box<RecordFault>> {
        let start = arena.end();
        if column.cell == CellFormat::Bytes {
            binary::to_hex(bytes, arena.extra());
            return Ok((start, arena.end()));
        }
        if let CellFormat::Number(number) = &column.cell
            && number.storage != Storage::Display
        {
            return self.binary((column, number), bytes, offset, arena);
        }
        let own = column.own.as_ref();
        let profile = own.map_or(&self.layout.profile, |it| &it.profile);
        let Some(read) = own.map_or(Some(Cow::Borrowed(bytes)), |it| it.shifted(bytes)) else {
            let expected = "double bytes without codes that shift".to_owned();
            return Err(Box::new(cell::fault(column, self.offset(offset), "", expected)));
        };
        // The code that shifts is not in the field.
        let before = read.len().saturating_sub(bytes.len()) / 2;
        if let Err(fault) = profile.decode_field(&read, arena.extra()) {
            let expected = if fault.cut {
                format!("characters of {} that end within the field", fault.charset)
            } else {
                format!("characters of {}", fault.charset)
            };
            let offset = self.offset(offset + fault.offset.saturating_sub(before));
            let mut record = cell::fault(column, offset, "", expected);
            record.found = fault.found();
            return Err(Box::new(record));
        }
        let whole = (start, arena.end());
        let text = arena.text(whole.0, whole.1);
        if !cell::is_printable(text) {
            let expected = "no control characters".to_owned();
            return Err(Box::new(cell::fault(column, self.offset(offset), text, expected)));
        }
        self.text(whole, (column, offset, bytes), arena)
    }

    /// A number that is not text. Spaces are an empty field where it may be empty.
    fn binary(
        &self,
        (column, number): (&Column, &Number),
        bytes: &[u8],
        offset: usize,
        arena: &mut Arena,
    ) -> Result<(usize, usize), Box<RecordFault>> {
        let start = arena.end();
        let mut pad = Vec::new();
        let blank = text::fixed(
            (&self.layout.profile, &Policy::exact()),
            column,
            "",
            &mut pad,
            &mut Vec::new(),
        );
        if number.storage == Storage::Packed && blank.is_ok() && pad == bytes {
            return Ok((start, start));
        }
        let mut result = binary::read(number, bytes, arena.extra());
        if result.is_ok() && self.layout.lossless {
            let text = arena.text(start, arena.end());
            if !is_exact(self.layout, column, text, bytes) {
                result = Err("it as this layout writes it (the sign, the spaces)".to_owned());
            }
        }
        result.map(|()| (start, arena.end())).map_err(|expected| {
            let mut fault = cell::fault(column, self.offset(offset), "", expected);
            if !column.field.personal {
                fault.found = bytes.iter().map(|it| format!("{it:02X}")).collect();
            }
            Box::new(fault)
        })
    }
}

/// Whether the bytes are those that the writer makes of this text.
fn is_exact(layout: &Layout, column: &Column, text: &str, bytes: &[u8]) -> bool {
    // Padding is what was taken away, and nothing else changes ASCII.
    let usual = match &column.cell {
        _ if column.own.is_some() => false,
        CellFormat::Bytes => true,
        CellFormat::Text | CellFormat::Date(_) => column.trim == Trim::Right && !column.right,
        CellFormat::Number(number) => {
            let whole = number.digits == Some(bytes.len());
            whole
                && number::punch(number.negative).is_none()
                && bytes.iter().all(u8::is_ascii_digit)
        }
    };
    if usual && layout.profile.is_ascii_safe() && column.pad.is_ascii() && bytes.is_ascii() {
        return true;
    }
    let mut again = Vec::with_capacity(bytes.len());
    let encoding = (&layout.profile, &Policy::exact());
    let written = text::fixed(encoding, column, text, &mut again, &mut Vec::new());
    written.is_ok() && again == bytes
}

fn record_fault(offset: usize, found: String, expected: String) -> RecordFault {
    RecordFault {
        field: String::new(),
        offset: Some(wide(offset)),
        found,
        expected,
        needed_by: None,
    }
}
