//! From what a cell holds to the text that its column means.

use std::borrow::Cow;

use super::{
    Numbers, Xlsx,
    book::Book,
    date::Moment,
    number,
    sheet::{Sheet, SheetCell, Value},
    styles::Format,
};
use crate::layout::{
    arena::Arena,
    cell,
    model::{CellFormat, Column, Negative, Number, Storage},
};

/// The cells of a sheet, beside what they share with others.
pub(super) struct Values<'a> {
    pub(super) book: &'a Book<'a>,
    pub(super) sheet: &'a Sheet,
    xlsx: &'a Xlsx,
    /// The workbook's texts, once they were used: many cells have the same one.
    shared: Vec<Option<Text>>,
}

/// A text in the arena, and what was seen in it.
#[derive(Clone, Copy)]
struct Text {
    range: Range,
    /// It has control characters that are neither tabs nor line breaks.
    controls: bool,
    breaks: bool,
}

/// A column, and how numbers are read in it that the sheet has as numbers.
pub(super) struct Both {
    pub(super) declared: Column,
    number: Column,
}

/// Why a cell cannot be read.
pub(super) struct Wrong {
    pub(super) found: String,
    pub(super) expected: String,
}

type Range = (usize, usize);

// === impl Text ===

impl Text {
    fn add(text: &str, arena: &mut Arena) -> Self {
        let control = |it: u8| (it < b' ' && !matches!(it, b'\t' | b'\r' | b'\n')) || it == 0x7F;
        Self {
            range: arena.add(text),
            controls: text.bytes().any(control),
            breaks: text.contains(['\r', '\n']),
        }
    }
}

// === impl Both ===

impl Both {
    pub(super) fn new(column: &Column) -> Self {
        let mut plain = column.clone();
        if let CellFormat::Number(number) = &column.cell {
            let negative = match number.negative {
                Negative::Refused => Negative::Refused,
                _ => Negative::Minus,
            };
            plain.cell = CellFormat::Number(Number {
                scale: number.scale,
                implied: false,
                thousands: None,
                negative,
                digits: None,
                storage: Storage::Display,
            });
        }
        Self { declared: column.clone(), number: plain }
    }
}

// === impl Values ===

impl<'a> Values<'a> {
    pub(super) fn new(book: &'a Book<'a>, sheet: &'a Sheet, xlsx: &'a Xlsx) -> Self {
        Self { book, sheet, xlsx, shared: vec![None; book.strings.len()] }
    }

    /// Reads a cell to a range of the arena; `None` is an empty one.
    pub(super) fn read(
        &mut self,
        found: Option<&SheetCell>,
        column: &Both,
        arena: &mut Arena,
    ) -> Result<Range, Wrong> {
        let Some(found) = found else {
            let at = arena.end();
            let empty = cell::read(&column.declared, (at, at), arena);
            return empty.map_err(|expected| Wrong { found: String::new(), expected });
        };
        let result = match found.value {
            Value::Text(..) | Value::Shared(_) => self.text(found.value, column, arena),
            Value::Number(start, end) => {
                let literal = self.sheet.text(start, end);
                self.number(literal, self.format(found), column, arena)
            }
            Value::Iso(start, end) => Moment::of_iso(self.sheet.text(start, end))
                .ok_or_else(|| "a date".to_owned())
                .and_then(|it| moment_in(it, false, column, arena)),
            Value::Bool(yes) => match column.declared.cell {
                CellFormat::Text | CellFormat::Bytes => {
                    let range = arena.add(if yes { "TRUE" } else { "FALSE" });
                    cell::read(&column.declared, range, arena)
                }
                CellFormat::Number(_) | CellFormat::Date(_) => Err(wanted(&column.number)),
            },
            Value::Error(..) => Err("a value; the cell has an error".to_owned()),
            Value::Uncomputed => {
                let expected =
                    "its value: it was never computed; save the workbook in a spreadsheet";
                Err(expected.to_owned())
            }
        };
        result.map_err(|expected| Wrong { found: self.shown(found).into_owned(), expected })
    }

    /// The text of a cell that says what a line is: a header's name, a code.
    pub(super) fn shown(&self, found: &SheetCell) -> Cow<'a, str> {
        match found.value {
            Value::Text(start, end) | Value::Error(start, end) | Value::Iso(start, end) => {
                self.sheet.text(start, end).into()
            }
            Value::Shared(number) => {
                self.book.strings.get(number).map_or("", String::as_str).into()
            }
            Value::Number(start, end) => {
                let literal = self.sheet.text(start, end);
                let plain = number::exact(literal, self.xlsx.numbers);
                let plain = plain.unwrap_or_else(|_| literal.to_owned());
                let shown = match self.format(found) {
                    Format::Date { .. } => match Moment::of_serial(&plain, self.book.from_1904) {
                        Ok(moment) if moment.is_told() => moment.text(),
                        Ok(_) | Err(_) => plain,
                    },
                    Format::Zeros(digits) => padded(&plain, *digits),
                    Format::General | Format::Other(_) => plain,
                };
                shown.into()
            }
            Value::Bool(yes) => if yes { "TRUE" } else { "FALSE" }.into(),
            Value::Uncomputed => "a formula".into(),
        }
    }

    pub(super) fn format(&self, found: &SheetCell) -> &'a Format {
        self.book.formats.get(found.style).unwrap_or(&Format::General)
    }

    fn text(&mut self, value: Value, column: &Both, arena: &mut Arena) -> Result<Range, String> {
        let text = match value {
            Value::Shared(number) => {
                let known = self.shared.get_mut(number);
                let known = known.ok_or("a text that the workbook has")?;
                let text = self.book.strings.get(number).map_or("", String::as_str);
                *known.get_or_insert_with(|| Text::add(text, arena))
            }
            Value::Text(start, end) => Text::add(self.sheet.text(start, end), arena),
            _ => Text::add("", arena),
        };
        if !self.xlsx.controls && text.controls {
            return Err("no control characters".to_owned());
        }
        if !self.xlsx.multiline && text.breaks {
            return Err("a text without line breaks; `multiline` in the layout allows them".into());
        }
        cell::read(&column.declared, text.range, arena)
    }

    fn number(
        &self,
        literal: &str,
        format: &Format,
        column: &Both,
        arena: &mut Arena,
    ) -> Result<Range, String> {
        let plain = number::exact(literal, self.xlsx.numbers)?;
        if let Format::Date { elapsed } = format {
            let moment = Moment::of_serial(&plain, self.book.from_1904)?;
            return moment_in(moment, *elapsed, column, arena);
        }
        let plain = match (&column.declared.cell, format) {
            (CellFormat::Number(_) | CellFormat::Date(_), _)
            | (_, Format::General | Format::Date { .. }) => plain,
            (_, Format::Zeros(digits)) if !plain.contains('.') => padded(&plain, *digits),
            (_, Format::Zeros(_)) => return Err("a text; it is shown without its fraction".into()),
            (_, Format::Other(code)) => {
                return Err(format!("a text; it is a number that is shown by the format `{code}`"));
            }
        };
        let range = arena.add(&plain);
        let noise = plain.len() > 16 && self.xlsx.numbers == Numbers::Exact;
        cell::read(&column.number, range, arena).map_err(|expected| match noise {
            true => format!("{expected}; `numbers: fifteen_digits` rounds what formulas computed"),
            false => expected,
        })
    }
}

/// A moment in the column's format.
fn moment_in(
    moment: Moment,
    elapsed: bool,
    column: &Both,
    arena: &mut Arena,
) -> Result<Range, String> {
    let CellFormat::Date(parts) = &column.declared.cell else {
        let wanted = wanted(&column.number);
        return Err(format!("{wanted}; it is a date, which a column with `type: date` takes"));
    };
    let range = arena.add(&moment.write(parts, elapsed)?);
    cell::read(&column.declared, range, arena)
}

/// What a column has, in words.
fn wanted(column: &Column) -> String {
    match &column.cell {
        CellFormat::Text | CellFormat::Bytes => "a text".to_owned(),
        CellFormat::Number(number) => cell::number::expected(number),
        CellFormat::Date(parts) => format!("a date or time such as {}", cell::sample(parts)),
    }
}

/// With zeros before it, as it is shown.
fn padded(plain: &str, digits: usize) -> String {
    match plain.strip_prefix('-') {
        Some(rest) => format!("-{rest:0>digits$}"),
        None => format!("{plain:0>digits$}"),
    }
}
