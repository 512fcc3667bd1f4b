//! What stands around the records: titles, the header, footers, the end mark,
//! and how lines end.

use std::borrow::Cow;

use super::Reader;
use crate::{
    charset::{Skip, SkipKind},
    layout::{
        LayoutFault,
        heading::{self, headed},
        model::{Csv, Header, Mark},
        scan::{Line, LineEnd, RawCell},
        text,
    },
};

impl Reader<'_> {
    /// Where the records end: before the end mark and the footer lines.
    pub(super) fn last(&self, text: &str) -> usize {
        let mut end = text.trim_end_matches('\u{1A}').len();
        for _ in 0..self.csv.footers {
            let body = text.get(..end).unwrap_or_default();
            let ended = ["\r\n", "\n", "\r"].iter().find_map(|it| body.strip_suffix(it));
            end = ended.unwrap_or(body).rfind(['\n', '\r']).map_or(0, |it| it + 1);
        }
        end
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
    pub(super) fn head(&mut self, text: &str) -> Result<Option<usize>, LayoutFault> {
        let mut at = 0;
        for _ in 0..self.csv.titles {
            let line = self.scanner(text).raw_line(at);
            if !self.last && line.line_end == LineEnd::Eof {
                return Ok(None);
            }
            at = line.next;
        }
        let header = self.csv.header;
        if header == Header::None {
            return Ok(Some(at));
        }
        if at >= self.end {
            let fault = LayoutFault::new("empty", 0, "there is no header").expected("a header");
            return if self.last { Err(fault) } else { Ok(None) };
        }
        let mut raw = std::mem::take(&mut self.raw);
        let line = self.scanner(text).line(at, &mut raw);
        if !self.last && line.line_end == LineEnd::Eof {
            return Ok(None);
        }
        self.whole_characters(line.next)?;
        self.line_end(text, line)?;
        if header != Header::Ignored {
            self.readable(line, at)?;
            let names: Vec<Cow<'_, str>> = raw.iter().map(|it| name(self.csv, text, it)).collect();
            let cells: Vec<usize> = raw.iter().map(|it| it.outer_start).collect();
            let offsets: Vec<usize> = cells.iter().map(|it| self.source(text, *it)).collect();
            self.header(&names, &offsets)?;
            self.exact()?;
        }
        self.pass_skips(line.next, text.len());
        self.raw = raw;
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

fn name<'t>(csv: &Csv, text: &'t str, raw: &RawCell) -> Cow<'t, str> {
    let name = text.get(raw.start..raw.end).unwrap_or_default();
    if !raw.doubled {
        return Cow::Borrowed(name);
    }
    let quote = char::from(csv.quote.unwrap_or(b'"'));
    Cow::Owned(name.replace(&String::from_iter([quote, quote]), &quote.to_string()))
}
