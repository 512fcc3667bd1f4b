//! Reads the fields of one record.

use std::borrow::Cow;

use canon::entry::RecordFault;

use super::{Cut, Reader};
use crate::{
    charset::Policy,
    layout::{
        Layout,
        arena::{self, Arena, BAD},
        binary,
        cell::{self, line_fault, number},
        model::{CellFormat, Column, Kind, Number, Storage, Trim},
        narrow, text,
    },
};

impl Reader<'_> {
    /// Reads the fields of a record.
    pub(super) fn fields(
        &mut self,
        cut: Cut,
        kind: &Kind,
        arena: &mut Arena,
        faults: &mut Vec<RecordFault>,
    ) {
        let at = cut.at;
        let whole = self.whole.as_mut().filter(|_| !kind.overlaid).is_some_and(|it| {
            it.places((at, kind), &self.layout.profile, arena.base(), &mut self.places).is_some()
        });
        for (index, column) in kind.columns.iter().enumerate() {
            let offset = at + column.start;
            let bytes = self.bytes.get(offset..offset + column.bytes).unwrap_or_default();
            if column.start + column.bytes > cut.length {
                // The record ends before it.
                self.cells.push(arena::cell((0, 0), self.offset(at + cut.length), 0));
                continue;
            }
            let places = self.places.get(index).copied().zip(self.places.get(index + 1).copied());
            if kind.overlaid && !column.is_there(|it| Cow::Borrowed(self.cell_text(it, arena))) {
                self.cells.push(arena::cell((0, 0), self.offset(offset), narrow(column.bytes)));
                continue;
            }
            let result = match places.filter(|_| whole) {
                // Whatever stands in a filler, no map sees it.
                _ if column.is_idle() && !self.layout.lossless => Ok((0, 0)),
                _ if column.is_filler() => Ok(self.filler(column, bytes, arena)),
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
            self.overlaid(cut, kind, arena, faults);
        }
    }

    fn cell_text<'b>(&self, index: usize, arena: &'b Arena) -> &'b str {
        self.cells.get(index).map_or("", |it| arena.cell(*it))
    }

    /// Counts are not above what there is room for; in a lossless layout the
    /// record is as it would be written, unused room and all.
    fn overlaid(&self, cut: Cut, kind: &Kind, arena: &Arena, faults: &mut Vec<RecordFault>) {
        let at = cut.at;
        for (index, column) in kind.columns.iter().enumerate() {
            let Some(max) = column.count_max else { continue };
            let text = self.cell_text(index, arena);
            if text.parse::<usize>().is_ok_and(|it| it > max) {
                let place = (self.offset(at + column.start), column.bytes);
                faults.push(cell::fault(column, place, text, format!("at most {max}")));
            }
        }
        if let Some(tail) = &kind.tail
            && faults.is_empty()
            && let Some(column) = kind.columns.get(tail.counter)
            && let text = self.cell_text(tail.counter, arena)
            && tail.end(text) != Some(cut.length)
        {
            let there = tail.ends.iter().position(|it| *it == cut.length).unwrap_or(0);
            let expected = format!("{there}, as the record has room for");
            let place = (self.offset(at + column.start), column.bytes);
            faults.push(cell::fault(column, place, text, expected));
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
        let record = self.bytes.get(at..at + cut.length).unwrap_or_default();
        if !failed.is_empty() || again != record {
            let differs = again.iter().zip(record).position(|(a, b)| a != b).unwrap_or(0);
            let found = record.get(differs).map_or(String::new(), |it| format!("{it:02X}"));
            let expected = "it as this layout writes it (unused room is spaces)".to_owned();
            faults.push(line_fault(self.base + at + differs, found, expected));
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
            Box::new(cell::fault(column, (self.offset(offset), column.bytes), text, expected))
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
        let place = (self.offset(offset), column.bytes);
        let own = column.own.as_ref();
        let profile = own.map_or(&self.layout.profile, |it| &it.profile);
        let Some(read) = own.map_or(Some(Cow::Borrowed(bytes)), |it| it.shifted(bytes)) else {
            let expected = "double bytes without codes that shift".to_owned();
            return Err(Box::new(cell::fault(column, place, "", expected)));
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
            let mut record = cell::fault(column, (offset, fault.bytes.len()), "", expected);
            record.found = fault.found();
            return Err(Box::new(record));
        }
        let whole = (start, arena.end());
        let text = arena.text(whole.0, whole.1);
        if !cell::is_printable(text) {
            let expected = "no control characters".to_owned();
            return Err(Box::new(cell::fault(column, place, text, expected)));
        }
        self.text(whole, (column, offset, bytes), arena)
    }

    /// The bytes of a filler, to be written again; nothing if they are its padding.
    fn filler(&self, column: &Column, bytes: &[u8], arena: &mut Arena) -> (usize, usize) {
        let pad = u8::try_from(column.pad).ok().filter(u8::is_ascii);
        let blank = match pad.filter(|_| self.layout.profile.is_ascii_safe()) {
            Some(pad) => bytes.iter().all(|it| *it == pad),
            None => {
                let (mut written, exact) = (Vec::new(), Policy::exact());
                let encoding = (&self.layout.profile, &exact);
                text::fixed(encoding, column, "", &mut written, &mut Vec::new()).is_ok()
                    && written == bytes
            }
        };
        let start = arena.end();
        if !blank {
            binary::to_hex(bytes, arena.extra());
        }
        (start, arena.end())
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
            let place = (self.offset(offset), column.bytes);
            let mut fault = cell::fault(column, place, "", expected);
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
