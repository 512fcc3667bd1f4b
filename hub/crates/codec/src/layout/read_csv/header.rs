//! What stands around the records: titles, the header, footers, the end mark,
//! and how lines end.

use std::borrow::Cow;

use super::Reader;
use crate::{
    charset::{Cursor, Skip, SkipKind},
    layout::{
        LayoutFault,
        arena::Arena,
        around::{Around, Known, Passed},
        heading::{self, headed},
        model::{Csv, Header, Kind, Mark},
        scan::{Line, LineEnd, RawCell},
        text,
    },
};

impl Reader<'_> {
    /// Where the records end: before the end mark and the footer lines.
    pub(super) fn last(&self, text: &str) -> Result<usize, LayoutFault> {
        let mut end = text.trim_end_matches('\u{1A}').len();
        let known = match &self.csv.footers {
            Around::Count(count) => {
                let mut left = *count;
                while left > 0 && end > 0 {
                    let (start, line) = line_before(text, end);
                    left -= usize::from(!line.is_empty() || !self.csv.skip_blank);
                    end = start;
                }
                return Ok(end);
            }
            Around::Known(known) => known,
        };
        let (mut left, mut at, body) = (known.as_slice(), end, end);
        while at > 0 {
            let (start, line) = line_before(text, at);
            at = start;
            if line.is_empty() {
                // Behind the last record it is one, unless a footer follows.
                end = if end < body && !self.blank_is_record() { start } else { end };
                continue;
            }
            let Some(behind) = Known::behind(left, self.csv.unquoted(line)) else { break };
            (left, end) = (behind, start);
        }
        let offset = self.base + self.bytes.len();
        Known::none_missing(left, Passed::Footer, offset).map(|()| end)
    }

    /// Footers that are only counted are no records.
    pub(super) fn no_record_is_lost(&mut self, arena: &mut Arena) -> Result<(), LayoutFault> {
        let Around::Count(1..) = self.csv.footers else { return Ok(()) };
        let (first, body) = (self.end, arena.base().trim_end_matches('\u{1A}').len());
        // The lines behind the records are cut as the records are.
        self.end = body;
        let (mut at, mut found) = (first, Ok(()));
        while at < body && found.is_ok() {
            let (next, record) = self.reads_as_record(at, arena);
            if let Some(columns) = record {
                let offset = source_of(self, arena.base(), at);
                found = Err(Passed::Footer.is_record(offset, columns));
            }
            at = next.max(at + 1);
        }
        self.end = first;
        found
    }

    /// Where the line behind the one at `at` begins, and how many columns it has
    /// if it reads as a record.
    fn reads_as_record(&mut self, at: usize, arena: &mut Arena) -> (usize, Option<usize>) {
        let mut raw = std::mem::take(&mut self.raw);
        let line = self.scanner(arena.base()).line(at, &mut raw);
        let is = line.end > at && self.is_record(&mut raw, arena);
        let columns = is.then_some(raw.len());
        self.raw = raw;
        (line.next, columns)
    }

    /// An empty line has all columns of a record.
    fn blank_is_record(&self) -> bool {
        let narrow = |it: &Kind| it.codes.is_empty() && self.width(it) == 1;
        !self.csv.skip_blank && self.layout.kinds.iter().any(narrow)
    }

    /// The end mark stands where the layout says so, and only there.
    pub(super) fn end_mark(&self, text: &str) -> Result<(), LayoutFault> {
        let found = text.ends_with('\u{1A}');
        let wrong = match self.csv.eof_mark {
            Mark::Refused => found.then_some("no end mark (1A)"),
            Mark::Required => (!found).then_some("an end mark (1A)"),
            Mark::Optional => None,
        };
        let Some(expected) = wrong else { return Ok(()) };
        let at = self.base + self.bytes.len().saturating_sub(usize::from(found));
        let message = "the end mark is not as the layout says";
        Err(LayoutFault::new("eof-mark", at, message).expected(expected))
    }

    /// Up to there the input does not end within a character.
    pub(super) fn whole_characters(&self, next: usize) -> Result<(), LayoutFault> {
        match self.skips.last().filter(|it| it.kind == SkipKind::Cut && it.at <= next) {
            Some(cut) => {
                let mut fault = self.layout.profile.fault(self.bytes, cut);
                fault.offset += self.base;
                Err(LayoutFault::cut(&fault))
            }
            None => Ok(()),
        }
    }

    /// Passes over titles and checks the header. Returns where the records
    /// begin; `None` if more bytes are needed.
    pub(super) fn head(&mut self, arena: &mut Arena) -> Result<Option<usize>, LayoutFault> {
        let Some(at) = self.titles(arena)? else { return Ok(None) };
        let header = self.csv.header;
        if header == Header::None {
            return Ok(Some(at));
        }
        if header == Header::Ignored {
            return self.pass_header(at, arena);
        }
        if !self.has_header(at)? {
            return Ok(None);
        }
        let text = arena.base();
        let mut raw = std::mem::take(&mut self.raw);
        let line = self.scanner(text).line(at, &mut raw);
        if !self.last && line.line_end == LineEnd::Eof {
            return Ok(None);
        }
        self.whole_characters(line.next)?;
        self.line_end(text, line)?;
        self.readable(line, at)?;
        let names: Vec<Cow<'_, str>> = raw.iter().map(|it| name(self.csv, text, it)).collect();
        let cells: Vec<usize> = raw.iter().map(|it| it.outer_start).collect();
        let offsets: Vec<usize> = cells.iter().map(|it| self.source(text, *it)).collect();
        self.header(&names, &offsets)?;
        self.exact()?;
        self.pass_skips(line.next, text.len());
        self.raw = raw;
        Ok(Some(line.next))
    }

    /// Whether the header begins in the bytes that are there; a fault if it never will.
    fn has_header(&self, at: usize) -> Result<bool, LayoutFault> {
        if at >= self.end && self.last {
            let fault = LayoutFault::new("empty", 0, "there is no header");
            return Err(fault.expected("a header"));
        }
        Ok(at < self.end)
    }

    /// Passes over titles. Before names of columns a count needs no second look:
    /// where a title is missing, the names are not where they should be.
    fn titles(&mut self, arena: &mut Arena) -> Result<Option<usize>, LayoutFault> {
        let csv = self.csv;
        let named = matches!(csv.header, Header::Names | Header::AnyOrder);
        let (mut at, mut left) = (0, csv.titles.lines_max());
        let mut known = match &csv.titles {
            Around::Known(known) => known.as_slice(),
            Around::Count(_) => &[],
        };
        let by_text = matches!(csv.titles, Around::Known(_));
        // Without a header, empty lines behind the titles may be records.
        let (mut behind_titles, blank) = (0, csv.header == Header::None && self.blank_is_record());
        while (left > 0 || by_text) && at < self.end {
            let text = arena.base();
            let line = self.scanner(text).raw_line(at);
            if !self.last && line.line_end == LineEnd::Eof {
                return Ok(None);
            }
            let shown = text.get(at..line.end).unwrap_or_default();
            if by_text {
                if !shown.is_empty() {
                    let Some(behind) = Known::behind(known, csv.unquoted(shown)) else { break };
                    (known, left, behind_titles) = (behind, behind.len(), line.next);
                }
            } else {
                left -= 1;
                if !named && let (_, Some(columns)) = self.reads_as_record(at, arena) {
                    let offset = source_of(self, arena.base(), at);
                    return Err(Passed::Title.is_record(offset, columns));
                }
            }
            at = line.next;
        }
        if (left > 0 || by_text) && !self.last && at >= self.end {
            return Ok(None);
        }
        at = if by_text && blank { behind_titles } else { at };
        Known::none_missing(known, Passed::Title, source_of(self, arena.base(), at))?;
        self.pass_skips(at, usize::MAX);
        Ok(Some(at))
    }

    /// Passes over a header whose names are not looked at.
    fn pass_header(&mut self, at: usize, arena: &mut Arena) -> Result<Option<usize>, LayoutFault> {
        if !self.has_header(at)? {
            return Ok(None);
        }
        let text = arena.base();
        let mut raw = std::mem::take(&mut self.raw);
        let line = self.scanner(text).line(at, &mut raw);
        self.raw = raw;
        if !self.last && line.line_end == LineEnd::Eof {
            return Ok(None);
        }
        self.whole_characters(line.next)?;
        self.line_end(text, line)?;
        let shown = self.csv.unquoted(text.get(at..line.end).unwrap_or_default());
        if let Some(begins) = &self.csv.header_begins {
            if !shown.starts_with(begins) {
                let offset = source_of(self, text, at);
                let message = "the header does not begin as the layout says";
                return Err(LayoutFault::new("header-drift", offset, message)
                    .found(format!("a line of {} columns", self.raw.len()))
                    .expected(format!("a line that begins with {begins}")));
            }
        } else if let (_, Some(columns)) = self.reads_as_record(at, arena) {
            let offset = source_of(self, arena.base(), at);
            return Err(Passed::Header.is_record(offset, columns));
        }
        let end = arena.base().len();
        self.pass_skips(line.next, end);
        Ok(Some(line.next))
    }

    /// The header has no bytes that are no characters.
    fn readable(&self, line: Line, start: usize) -> Result<(), LayoutFault> {
        let profile = &self.layout.profile;
        let inside =
            |it: &&Skip| it.kind != SkipKind::Silent && (start..=line.end).contains(&it.at);
        if let Some(skip) = self.skips.iter().find(inside) {
            let fault = profile.fault(self.bytes, skip);
            return Err(LayoutFault::new("header-drift", fault.offset, "the header is damaged")
                .found(fault.found())
                .expected(format!("characters of {}", fault.charset)));
        }
        Ok(())
    }

    /// In a lossless layout the header is as it would be written.
    fn exact(&self) -> Result<(), LayoutFault> {
        let profile = &self.layout.profile;
        let written = text::header(self.csv, headed(self.layout), |it| Ok(it.to_owned()));
        let written = written.unwrap_or_default();
        let same = profile
            .encode_exact(&written)
            .is_ok_and(|it| self.bytes.starts_with(&[profile.bom_to_write(), &it].concat()));
        if self.layout.lossless && !same {
            let message = "the header is not as this layout writes it";
            return Err(LayoutFault::new("header-drift", 0, message).expected(written.trim_end()));
        }
        Ok(())
    }

    /// Compares the header with the layout.
    fn header(&mut self, names: &[Cow<'_, str>], offsets: &[usize]) -> Result<(), LayoutFault> {
        let Some(kind) = headed(self.layout) else { return Ok(()) };
        let at = |index: usize| offsets.get(index).or(offsets.last()).copied().unwrap_or(0);
        let extra = usize::from(self.csv.trailing_delimiter);
        let compared = heading::compare((self.layout, kind), (self.csv.header, extra), names);
        self.order = compared.map_err(|drift| {
            let offset = at(drift.column);
            drift.at(offset)
        })?;
        Ok(())
    }

    pub(super) fn is_header(&self, raw: &[RawCell], text: &str) -> bool {
        headed(self.layout).is_some_and(|kind| {
            let names = kind.columns.iter().map(|it| it.header.as_str());
            names.eq(raw.iter().map(|it| name(self.csv, text, it)))
        })
    }

    /// The first line tells how lines end; a file with other ones is refused.
    pub(super) fn line_end(&mut self, text: &str, line: Line) -> Result<(), LayoutFault> {
        self.first = false;
        if self.csv.ends.allows(line.line_end) {
            return Ok(());
        }
        let at = self.source(text, line.end);
        Err(LayoutFault::new("line-ends", at, "lines do not end as the layout says")
            .found(line.line_end.name())
            .expected(self.csv.ends.name()))
    }
}

/// The line that names the columns, of the start of an input.
pub(in crate::layout) fn heading<'t>(csv: &Csv, text: &'t str) -> Option<&'t str> {
    let mut lines = text.lines();
    let mut known = match &csv.titles {
        Around::Count(count) => return lines.nth(*count),
        Around::Known(known) => known.as_slice(),
    };
    lines.find(|line| {
        if line.is_empty() {
            return false;
        }
        match Known::behind(known, csv.unquoted(line)) {
            Some(behind) => {
                known = behind;
                false
            }
            None => true,
        }
    })
}

impl Csv {
    /// A line as it begins to people.
    pub(in crate::layout) fn unquoted<'t>(&self, line: &'t str) -> &'t str {
        self.quote.and_then(|it| line.strip_prefix(char::from(it))).unwrap_or(line)
    }
}

/// Where the line before `end` begins, and its text without its end.
fn line_before(text: &str, end: usize) -> (usize, &str) {
    let body = text.get(..end).unwrap_or_default();
    let ended = ["\r\n", "\n", "\r"].iter().find_map(|it| body.strip_suffix(it));
    let line = ended.unwrap_or(body);
    let start = line.rfind(['\n', '\r']).map_or(0, |it| it + 1);
    (start, line.get(start..).unwrap_or_default())
}

/// The offset of a place in the text that may lie before what was read already.
fn source_of(reader: &Reader<'_>, text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let mut cursor = Cursor::starting(&reader.layout.profile, reader.base);
    cursor.advance(before, &reader.skips, at)
}

fn name<'t>(csv: &Csv, text: &'t str, raw: &RawCell) -> Cow<'t, str> {
    let name = text.get(raw.start..raw.end).unwrap_or_default();
    if !raw.doubled {
        return Cow::Borrowed(name);
    }
    let quote = char::from(csv.quote.unwrap_or(b'"'));
    Cow::Owned(name.replace(&String::from_iter([quote, quote]), &quote.to_string()))
}
