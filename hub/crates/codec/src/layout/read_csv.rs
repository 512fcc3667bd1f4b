//! Reads delimited text.

mod header;

pub(super) use header::heading;

use canon::entry::RecordFault;

use super::{
    Layout, LayoutFault,
    arena::{self, Arena, BAD, index},
    around::Likeness,
    assemble::{self, Assembler},
    cell,
    model::{CellFormat, Column, Csv, Kind, Mark, Quoting, Role},
    narrow,
    piece::{Memory, Window},
    scan::{Bad, Line, LineEnd, RawCell, Scanner, Stops},
    text, wide,
};
use crate::{
    charset::{Cursor, Decoded, Run, Skip, SkipKind},
    rows::{Cell, Rows},
};

/// Reads a window, or as much of it as is complete.
pub(super) fn read(
    layout: &Layout,
    csv: &Csv,
    window: &Window<'_>,
    memory: &mut Memory,
) -> Result<Rows, LayoutFault> {
    let bytes = window.bytes;
    let Decoded { text, mut skips, runs } = if window.base == 0 {
        layout.profile.decode_marking(bytes).map_err(|fault| {
            LayoutFault::new("bom", fault.offset, "the byte order mark is not as the layout says")
                .found(fault.found())
        })?
    } else {
        layout.profile.decode_piece(&memory.shift, bytes)
    };
    if let Some(cut) = skips.last_mut().filter(|_| !window.last) {
        // What follows begins with a line, so it is no character's second half.
        cut.kind = if cut.kind == SkipKind::Cut { SkipKind::Bad } else { cut.kind };
    }
    let runs = if skips.is_empty() { runs } else { Vec::new() };
    let base = usize::try_from(window.base).unwrap_or(usize::MAX);
    let mut reader = Reader {
        layout,
        csv,
        stops: Stops::of_csv(text.as_bytes(), csv),
        bytes,
        base,
        skips,
        bad: 0,
        runs,
        run: 0,
        cursor: Cursor::starting(&layout.profile, base),
        raw: Vec::new(),
        cells: Vec::new(),
        order: memory.order.take(),
        end: text.len(),
        last: window.last,
        first: !memory.line_end_seen,
        unseen: layout.profile.charset.has_unseen() && cell::has_unseen(&text),
    };
    let mut arena = Arena::new(text);
    if window.last {
        reader.end = reader.last(arena.base())?;
    }
    let mut at = 0;
    if !memory.begun {
        let Some(next) = reader.head(&mut arena)? else { return Ok(Rows::default()) };
        (at, memory.begun) = (next, true);
    }
    if window.last {
        reader.no_record_is_lost(&mut arena)?;
    }
    let mut assembler = Assembler::new(layout, &mut memory.tally, window.keep, &mut arena);
    while at < reader.end {
        match reader.line(at, &mut arena, &mut assembler)? {
            Some(next) => at = next,
            None => break,
        }
    }
    let rows = if window.last {
        reader.whole_characters(arena.base().len())?;
        reader.end_mark(arena.base())?;
        let end = window.base + wide(bytes.len());
        memory.offset = end;
        assembler.finish(arena, end)?
    } else if window.sealed && at >= reader.end {
        memory.offset = window.base + wide(bytes.len());
        assembler.seal(arena)
    } else {
        let consumed = reader.source(arena.base(), at);
        let (rows, next) = assembler.pause(arena, wide(consumed));
        memory.offset = next;
        rows
    };
    memory.order = reader.order;
    memory.line_end_seen = !reader.first;
    Ok(rows)
}

struct Reader<'a> {
    layout: &'a Layout,
    csv: &'a Csv,
    stops: Stops,
    bytes: &'a [u8],
    /// Offset of the first of them.
    base: usize,
    skips: Vec<Skip>,
    /// The first skip that no line has had.
    bad: usize,
    /// Where ASCII begins, and the last run that was passed; empty: not known.
    runs: Vec<Run>,
    run: usize,
    cursor: Cursor,
    raw: Vec<RawCell>,
    cells: Vec<Cell>,
    /// For each column of the file, the column of the layout.
    order: Option<Vec<Option<usize>>>,
    /// Where the records end in the text.
    end: usize,
    /// The input ends here.
    last: bool,
    /// No line end was seen.
    first: bool,
    /// The text has control characters that are not ASCII.
    unseen: bool,
}

impl Reader<'_> {
    fn scanner<'b>(&'b self, text: &'b str) -> Scanner<'b> {
        let text = text.as_bytes();
        Scanner { text: text.get(..self.end).unwrap_or(text), csv: self.csv, stops: &self.stops }
    }

    /// Reads one line and returns where the next one begins; `None` if more
    /// bytes are needed to know where it ends.
    fn line(
        &mut self,
        at: usize,
        arena: &mut Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<Option<usize>, LayoutFault> {
        let mut raw = std::mem::take(&mut self.raw);
        let line = self.scanner(arena.base()).line(at, &mut raw);
        if !self.last && line.line_end == LineEnd::Eof {
            return Ok(None);
        }
        let result = self.cut(at, line, &mut raw, arena, assembler);
        self.raw = raw;
        result.map(|()| Some(line.next))
    }

    fn cut(
        &mut self,
        at: usize,
        line: Line,
        raw: &mut [RawCell],
        arena: &mut Arena,
        assembler: &mut Assembler<'_>,
    ) -> Result<(), LayoutFault> {
        self.whole_characters(line.next)?;
        let blank = line.end == at && !self.has_skip(line.next, arena.base().len());
        if blank && self.csv.skip_blank {
            return Ok(());
        }
        if self.first {
            self.line_end(arena.base(), line)?;
        }
        let offset = self.source(arena.base(), at);
        if self.csv.header_repeats && self.is_header(raw, arena.base()) {
            return Ok(());
        }
        let layout = self.layout;
        let kind = self.kind(raw, arena.base());
        let mut faults =
            self.bad_bytes(line.next, arena.base(), raw, kind.and_then(|it| layout.kinds.get(it)));
        if !self.csv.ends.allows(line.line_end) {
            let expected = format!("a line that ends with {}", self.csv.ends.name());
            faults.push(cell::line_fault(offset, line.line_end.name().to_owned(), expected));
        }
        self.cells.clear();
        match kind.and_then(|it| layout.kinds.get(it)) {
            Some(kind) if kind.role == Role::Ignored && kind.columns.is_empty() => {}
            Some(kind) => {
                self.whole(line, raw, kind, offset)?;
                self.columns(kind, raw, blank, arena, &mut faults);
            }
            None => {
                let code = raw.get(self.csv.type_column);
                let found = code.map_or("", |it| arena.text(it.start, it.end));
                let codes: Vec<&str> =
                    layout.kinds.iter().flat_map(|it| &it.codes).map(String::as_str).collect();
                let expected = format!("a record with the code {}", codes.join(", "));
                faults.push(cell::line_fault(
                    offset,
                    cell::found(found, layout.is_personal()),
                    expected,
                ));
            }
        }
        let end = self.source_past(arena.base(), line.end);
        let (offset, length) = (wide(offset), wide(end - offset));
        let cells = &mut self.cells;
        assembler.push(assemble::Line { kind, offset, length, cells, faults }, arena)
    }

    /// A last line without line end and with too few cells is the end of a file
    /// that was cut.
    fn whole(
        &self,
        line: Line,
        raw: &[RawCell],
        kind: &Kind,
        offset: usize,
    ) -> Result<(), LayoutFault> {
        let open = raw.last().is_some_and(|it| it.bad == Some(Bad::Open));
        if open && self.csv.multiline {
            let message = "a quoted cell of the record that begins here is never closed";
            return Err(LayoutFault::new("quote-open", offset, message).expected("a closing quote"));
        }
        let ended = line.line_end != LineEnd::Eof;
        let wanted = self.width(kind);
        let marked = self.csv.eof_mark != Mark::Refused;
        if !ended && (open || raw.len() < wanted || self.layout.lossless) && !marked {
            let message = "the last line is not whole: the file was probably cut";
            return Err(LayoutFault::new("truncated", offset, message)
                .found(format!("{} columns and no line end", raw.len()))
                .expected(format!("{wanted} columns and a line end")));
        }
        Ok(())
    }

    /// Reads the cells of a line.
    fn columns(
        &mut self,
        kind: &Kind,
        raw: &mut [RawCell],
        blank: bool,
        arena: &mut Arena,
        faults: &mut Vec<RecordFault>,
    ) {
        let wanted = self.width(kind);
        let extra = raw.get(wanted.saturating_sub(1)).filter(|_| self.csv.trailing_delimiter);
        let trailing = extra.is_none_or(|it| it.start == it.end && !it.quoted);
        if raw.len() != wanted || !trailing {
            let offset = raw.first().map_or(0, |it| it.outer_start);
            let offset = self.source(arena.base(), offset);
            let found = match blank {
                true => "an empty line".to_owned(),
                false => format!("{} columns", raw.len()),
            };
            faults.push(cell::line_fault(offset, found, format!("{wanted} columns")));
            return;
        }
        self.cells.resize(kind.columns.len(), Cell::default());
        // Out of the reader while its cells are read, and back in behind them.
        let ordered = self.order.take();
        let order = ordered.as_deref().filter(|_| kind.role != Role::Trailer);
        for (index, raw) in raw.iter_mut().enumerate() {
            // Between two cells stands a delimiter.
            let outer = (raw.outer_start, raw.outer_end);
            let (offset, end) = self.span(arena.base(), outer);
            let column = in_layout(order, index);
            let Some((index, column)) = column.and_then(|it| Some((it, kind.columns.get(it)?)))
            else {
                continue;
            };
            let cell = match self.cell(column, raw, (offset, end), arena) {
                Ok(range) => arena::cell(range, wide(offset), narrow(end - offset)),
                Err(_) if raw.bad == Some(Bad::Bytes) => BAD,
                Err(expected) => {
                    let found = arena.text(raw.outer_start, raw.outer_end);
                    let place = (wide(offset), end - offset);
                    faults.push(cell::fault(column, place, found, expected));
                    BAD
                }
            };
            if let Some(place) = self.cells.get_mut(index) {
                *place = cell;
            }
        }
        self.order = ordered;
    }

    /// Reads one cell to a range of the arena.
    #[inline]
    fn cell(
        &self,
        column: &Column,
        raw: &mut RawCell,
        (offset, end): (usize, usize),
        arena: &mut Arena,
    ) -> Result<(usize, usize), String> {
        if self.csv.excel_text && !raw.quoted {
            let text = arena.text(raw.start, raw.end);
            let inside = text.strip_prefix("=\"").and_then(|it| it.strip_suffix('"'));
            if inside.is_some_and(|it| !it.contains('"')) {
                (raw.start, raw.end) = (raw.start + 2, raw.end - 1);
                // Only the quotes were bare.
                raw.bad = raw.bad.filter(|it| *it != Bad::Bare);
            }
        }
        if let Some(bad) = raw.bad {
            return Err(bad.expected().to_owned());
        }
        let mut range = (raw.start, raw.end);
        if raw.doubled {
            let quote = char::from(self.csv.quote.unwrap_or(b'"'));
            let twice = String::from_iter([quote, quote]);
            let single = arena.text(range.0, range.1).replace(&twice, &quote.to_string());
            range = arena.add(&single);
        }
        if self.unseen && !self.csv.controls && cell::has_unseen(arena.text(range.0, range.1)) {
            return Err(Bad::Control.expected().to_owned());
        }
        let range = cell::read(column, range, arena)?;
        if self.layout.lossless && !self.is_same(column, raw, range, end - offset) {
            let again = text::csv(self.csv, column, arena.text(range.0, range.1))?;
            let bytes = self.layout.profile.encode_exact(&again).map_err(|it| it.to_string())?;
            let (offset, end) = (offset - self.base, end - self.base);
            if self.bytes.get(offset..end) != Some(bytes.as_slice()) {
                return Err(format!(
                    "it as this layout writes it: {}",
                    cell::found(&again, column.field.personal)
                ));
            }
        }
        Ok(range)
    }

    /// Whether the cells of a line that is passed over are those of a record.
    fn is_record(&mut self, raw: &mut [RawCell], arena: &mut Arena) -> bool {
        let layout = self.layout;
        let kind = self.kind(raw, arena.base()).and_then(|it| layout.kinds.get(it));
        let Some(kind) = kind.filter(|it| it.role != Role::Ignored) else { return false };
        if raw.len() != self.width(kind) {
            return false;
        }
        let mut likeness = Likeness::default();
        for (index, raw) in raw.iter_mut().enumerate() {
            let order = self.order.as_deref().filter(|_| kind.role != Role::Trailer);
            let column = in_layout(order, index).and_then(|it| kind.columns.get(it));
            let Some(column) = column else { continue };
            let read = self.cell(column, raw, (0, 0), arena).ok();
            likeness.add(column, read.map(|(start, end)| arena.text(start, end)));
        }
        likeness.is_record()
    }

    // --- the smaller questions ---

    /// The byte offset in the input of a place in the text: one before or behind
    /// ASCII. Places must not go back.
    #[inline]
    fn source(&mut self, text: &str, at: usize) -> usize {
        let place = narrow(at);
        while self.runs.get(self.run + 1).is_some_and(|it| it.text <= place) {
            self.run += 1;
        }
        match self.runs.get(self.run) {
            Some(run) => self.base + index(run.source + (place - run.text)),
            None => self.cursor.advance(text, &self.skips, at),
        }
    }

    /// The same, behind the codes there that turn back to single bytes.
    fn source_past(&mut self, text: &str, at: usize) -> usize {
        match self.runs.is_empty() {
            true => self.cursor.advance_past(text, &self.skips, at),
            false => self.source(text, at),
        }
    }

    #[inline]
    fn span(&mut self, text: &str, (start, end): (usize, usize)) -> (usize, usize) {
        let (from, to) = if self.runs.is_empty() {
            self.cursor.span(text, &self.skips, (start, end))
        } else {
            (self.source(text, start), self.source(text, end))
        };
        if start > 0 || from > 0 {
            return (from, to);
        }
        // A byte order mark is before the first cell, not in it.
        let bom = self.layout.profile.bom_bytes();
        let marked = !bom.is_empty() && self.bytes.starts_with(bom);
        let first = if marked { bom.len() } else { 0 };
        (first, to.max(first))
    }

    /// Whether it needs no second look that the cell is written as it stands:
    /// ASCII, taken over as it is, and quoted or not as it would be.
    fn is_same(&self, column: &Column, raw: &RawCell, range: (usize, usize), bytes: usize) -> bool {
        let padded = match &column.cell {
            CellFormat::Number(number) => number.digits.is_some(),
            CellFormat::Text | CellFormat::Date(_) | CellFormat::Bytes => false,
        };
        let always = column.quoting.unwrap_or(self.csv.quoting) == Quoting::Always;
        range == (raw.start, raw.end)
            && !padded
            && raw.quoted == always
            && !raw.doubled
            && !self.csv.controls
            && self.layout.profile.is_ascii_safe()
            && self.source_is_ascii(raw, bytes)
    }

    /// As many bytes as characters, and all of them ASCII.
    fn source_is_ascii(&self, raw: &RawCell, bytes: usize) -> bool {
        raw.outer_end - raw.outer_start == bytes
            && self.runs.get(self.run).is_some_and(|it| index(it.text) <= raw.outer_start)
    }

    fn width(&self, kind: &Kind) -> usize {
        let columns = match (&self.order, &kind.role) {
            (Some(order), role) if *role != Role::Trailer => order.len(),
            _ => kind.columns.len(),
        };
        columns + usize::from(self.csv.trailing_delimiter)
    }

    /// Which kind the line is.
    fn kind(&self, raw: &[RawCell], text: &str) -> Option<usize> {
        let kinds = &self.layout.kinds;
        if kinds.len() == 1 && kinds.iter().all(|it| it.codes.is_empty()) {
            return Some(0);
        }
        let code = raw.get(self.csv.type_column);
        let code = code.and_then(|it| text.get(it.start..it.end)).unwrap_or_default();
        let coded = kinds.iter().position(|it| it.codes.iter().any(|it| it == code));
        coded.or_else(|| kinds.iter().position(|it| it.codes.is_empty()))
    }

    /// Whether bytes were skipped before `next`.
    fn has_skip(&self, next: usize, text_end: usize) -> bool {
        self.skips
            .get(self.bad)
            .is_some_and(|it| it.kind != SkipKind::Silent && (it.at < next || next == text_end))
    }

    fn pass_skips(&mut self, next: usize, text_end: usize) {
        while self.skips.get(self.bad).is_some_and(|it| it.at < next || next == text_end) {
            self.bad += 1;
        }
    }

    /// Faults for the bytes in this line that are no characters. Their cells
    /// are bad.
    fn bad_bytes(
        &mut self,
        next: usize,
        text: &str,
        raw: &mut [RawCell],
        kind: Option<&Kind>,
    ) -> Vec<RecordFault> {
        let from = self.bad;
        self.pass_skips(next, text.len());
        let skips = self.skips.get(from..self.bad).unwrap_or_default();
        let order = self.order.as_deref();
        let order = order.filter(|_| kind.is_some_and(|it| it.role != Role::Trailer));
        let mut faults = Vec::new();
        for skip in skips.iter().filter(|it| it.kind != SkipKind::Silent) {
            let index =
                raw.iter().position(|it| (it.outer_start..=it.outer_end).contains(&skip.at));
            let column = index.and_then(|it| kind?.columns.get(in_layout(order, it)?));
            if let Some(cell) = index.and_then(|it| raw.get_mut(it)) {
                cell.bad = cell.bad.or(Some(Bad::Bytes));
            }
            let fault = self.layout.profile.fault(self.bytes, skip);
            let shows = column.filter(|it| !it.field.personal).map(|_| narrow(fault.bytes.len()));
            faults.push(RecordFault {
                field: column.map(|it| it.field.name.clone()).unwrap_or_default(),
                offset: Some(wide(self.base + fault.offset)),
                found: fault.found(),
                expected: format!("characters of {}", fault.charset),
                needed_by: None,
                shows,
            });
        }
        faults
    }
}

/// Which column of the layout stands in a column of the file.
fn in_layout(order: Option<&[Option<usize>]>, index: usize) -> Option<usize> {
    order.map_or(Some(index), |it| it.get(index).copied().flatten())
}
