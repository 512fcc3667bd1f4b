//! Cuts decoded CSV text into lines and cells. The text is UTF-8, so no byte of
//! another character can be taken for a delimiter, a quote or a line end.

mod stops;

pub(super) use stops::Stops;

use super::model::{Csv, Ends};

/// One cell as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RawCell {
    /// Its text, without quotes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// With quotes.
    pub(super) outer_start: usize,
    pub(super) outer_end: usize,
    pub(super) quoted: bool,
    /// Has doubled quotes that stand for one.
    pub(super) doubled: bool,
    pub(super) bad: Option<Bad>,
}

/// Why a cell cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// The quote is not closed in its line, or not at all.
    Open,
    /// Something stands between the closing quote and the delimiter.
    AfterQuote,
    /// A quote within an unquoted cell.
    Bare,
    /// A control character.
    Control,
    /// Bytes that are no character; they have a fault of their own.
    Bytes,
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    Crlf,
    Lf,
    Cr,
    Eof,
}

/// A line's end, and where the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) end: usize,
    pub(super) next: usize,
    pub(super) line_end: LineEnd,
}

/// The text and the dialect that it is read by.
#[derive(Clone, Copy)]
pub(super) struct Scanner<'a> {
    pub(super) text: &'a [u8],
    pub(super) csv: &'a Csv,
    pub(super) stops: &'a Stops,
}

// === impl Bad ===

impl Bad {
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Open => "a closing quote in the same line",
            Self::AfterQuote => "a delimiter or the end of the line behind the closing quote",
            Self::Bare => "no quote within a cell that does not begin with one",
            Self::Control => "no control characters",
            Self::Bytes => "characters only",
        }
    }
}

// === impl Ends ===

impl Ends {
    pub(super) fn allows(self, found: LineEnd) -> bool {
        match self {
            Self::Any => true,
            Self::Crlf => found == LineEnd::Crlf || found == LineEnd::Eof,
            Self::Lf => found == LineEnd::Lf || found == LineEnd::Eof,
            Self::Cr => found == LineEnd::Cr || found == LineEnd::Eof,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crlf => "CRLF",
            Self::Lf => "LF",
            Self::Cr => "CR",
            Self::Any => "CRLF, LF or CR",
        }
    }
}

impl LineEnd {
    /// In ASCII bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Crlf => 2,
            Self::Lf | Self::Cr => 1,
            Self::Eof => 0,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crlf => "CRLF",
            Self::Lf => "LF",
            Self::Cr => "CR",
            Self::Eof => "the end of the input",
        }
    }
}

// === impl Scanner ===

impl Scanner<'_> {
    /// The line that begins at `at` as one piece, for titles.
    pub(super) fn raw_line(self, mut at: usize) -> Line {
        loop {
            if let Some(line) = self.line_end(at) {
                return line;
            }
            at += 1;
        }
    }

    /// The cells of the line that begins at `at`.
    #[inline]
    pub(super) fn line(self, mut at: usize, cells: &mut Vec<RawCell>) -> Line {
        cells.clear();
        loop {
            let (cell, after) = match self.text.get(at) {
                Some(byte) if Some(*byte) == self.csv.quote => self.quoted(at),
                _ => self.plain(at),
            };
            cells.push(cell);
            match self.text.get(after) {
                Some(byte) if *byte == self.csv.delimiter => at = after + 1,
                _ => {
                    let end = Line { end: after, next: after, line_end: LineEnd::Eof };
                    return self.line_end(after).unwrap_or(end);
                }
            }
        }
    }

    /// The first stop from `at` on.
    #[inline]
    fn stop(self, at: usize) -> (usize, Option<u8>) {
        let at = self.stops.next(at).min(self.text.len());
        (at, self.text.get(at).copied())
    }

    /// An unquoted cell from `start` on, and where it ends.
    #[inline]
    fn plain(self, start: usize) -> (RawCell, usize) {
        let mut cell = RawCell { start, outer_start: start, ..RawCell::default() };
        let (mut at, mut found) = self.stop(start);
        while let Some(byte) = found {
            if byte == self.csv.delimiter || self.line_end(at).is_some() {
                break;
            }
            if Some(byte) != self.csv.quote {
                if byte != b'\t' && !self.csv.controls {
                    cell.bad = Some(Bad::Control);
                }
            } else if !self.csv.bare_quotes && cell.bad.is_none() {
                cell.bad = Some(Bad::Bare);
            }
            (at, found) = self.stop(at + 1);
        }
        cell.end = at;
        cell.outer_end = at;
        (cell, at)
    }

    /// A quoted cell from its quote on, and where it ends.
    fn quoted(self, open: usize) -> (RawCell, usize) {
        let start = open + 1;
        let mut cell = RawCell { start, outer_start: open, quoted: true, ..RawCell::default() };
        let mut from = start;
        let mut at = loop {
            let (at, found) = self.stop(from);
            from = at + 1;
            match found {
                Some(byte) if Some(byte) == self.csv.quote => {
                    if self.text.get(at + 1).copied() != self.csv.quote {
                        break at;
                    }
                    cell.doubled = true;
                    from = at + 2;
                }
                Some(b'\r' | b'\n') => {
                    if !self.csv.multiline && self.line_end(at).is_some() {
                        cell.bad = Some(Bad::Open);
                        (cell.end, cell.outer_end) = (at, at);
                        return (cell, at);
                    }
                }
                Some(byte) => {
                    let control = byte < b' ' || byte == 0x7F;
                    if control && byte != b'\t' && !self.csv.controls {
                        cell.bad = Some(Bad::Control);
                    }
                }
                None => {
                    cell.bad = Some(Bad::Open);
                    (cell.end, cell.outer_end) = (at, at);
                    return (cell, at);
                }
            }
        };
        cell.end = at;
        at += 1;
        // Behind the closing quote: nothing, or a fault up to the delimiter.
        while let Some(byte) = self.text.get(at) {
            if *byte == self.csv.delimiter || self.line_end(at).is_some() {
                break;
            }
            cell.bad = Some(Bad::AfterQuote);
            at += 1;
        }
        cell.outer_end = at;
        (cell, at)
    }

    /// The line end at `at`, if there is one. CR alone is one only where the
    /// layout knows it.
    #[inline]
    fn line_end(self, at: usize) -> Option<Line> {
        let (length, line_end) = match (self.text.get(at), self.text.get(at + 1)) {
            (None, _) => (0, LineEnd::Eof),
            (Some(b'\n'), _) => (1, LineEnd::Lf),
            (Some(b'\r'), Some(b'\n')) => (2, LineEnd::Crlf),
            (Some(b'\r'), _) if matches!(self.csv.ends, Ends::Cr | Ends::Any) => (1, LineEnd::Cr),
            (Some(_), _) => return None,
        };
        Some(Line { end: at, next: at + length, line_end })
    }
}
