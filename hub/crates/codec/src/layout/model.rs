//! A layout in memory: what [`super::parse`] makes and the readers and writers use.

use std::borrow::Cow;

use super::{around::Around, edi::Edi, form::Form, xlsx::Xlsx, xml::Xml};
use crate::{charset::Profile, rows::FieldShape};

/// How records lie in the bytes.
#[derive(Clone, Debug)]
pub(super) enum Format {
    Csv(Csv),
    Fixed(Fixed),
    Xml(Box<Xml>),
    Xlsx(Box<Xlsx>),
    Edi(Box<Edi>),
    Form(Form),
}

/// Delimited text.
#[derive(Clone, Debug)]
pub(super) struct Csv {
    /// ASCII.
    pub(super) delimiter: u8,
    /// ASCII; `None`: a quote is a character like any other.
    pub(super) quote: Option<u8>,
    /// When the writer quotes, unless the column says otherwise.
    pub(super) quoting: Quoting,
    /// A quote within an unquoted cell is text.
    pub(super) bare_quotes: bool,
    /// Quoted cells may have line breaks.
    pub(super) multiline: bool,
    /// `="00123"` is 00123, as spreadsheets write texts of digits.
    pub(super) excel_text: bool,
    /// Each line ends with one more delimiter.
    pub(super) trailing_delimiter: bool,
    /// Empty lines are passed over.
    pub(super) skip_blank: bool,
    /// Other control characters in cells are text.
    pub(super) controls: bool,
    pub(super) ends: Ends,
    pub(super) header: Header,
    /// How a header that is passed over begins, if it is known.
    pub(super) header_begins: Option<String>,
    /// The header may stand again between records.
    pub(super) header_repeats: bool,
    /// Lines before the header.
    pub(super) titles: Around,
    /// Lines after the last record.
    pub(super) footers: Around,
    pub(super) eof_mark: Mark,
    /// Index of the column that holds the record's code.
    pub(super) type_column: usize,
}

/// Records cut by byte.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    /// Without the line end. With a framing each kind has its own length.
    pub(super) record_bytes: usize,
    /// Each record says its length before it.
    pub(super) framing: Option<Framing>,
    /// `None`: records follow each other without one.
    pub(super) ends: Option<Ends>,
    /// Where the record's code stands: offset and bytes.
    pub(super) type_at: Option<(usize, usize)>,
    pub(super) eof_mark: Mark,
}

/// Lengths before records, as mainframes write them (RECFM=V and VB): two bytes, the
/// high one first, and two zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A record descriptor word before each record: it counts itself.
    Rdw,
    /// The same, but it counts the record alone, as GnuCOBOL writes it.
    Length,
    /// The same, and a block descriptor word before each block of records. Blocks are
    /// written with at most so many bytes.
    Blocked { block_bytes: usize },
}

/// When a cell is quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Where the text needs it.
    Needed,
    Always,
    /// A text that needs it cannot be written.
    Never,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Crlf,
    Lf,
    Cr,
    /// Any of them, even mixed; written as CRLF.
    Any,
}

/// What the first line after the titles is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A record.
    None,
    /// The names of the columns, in order, nothing else.
    Names,
    /// The names of the columns in any order, others among them.
    AnyOrder,
    /// Passed over.
    Ignored,
}

/// The byte 1A at the end of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Refused,
    Optional,
    Required,
}

/// One kind of record.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) role: Role,
    /// The codes that mark it; none: what no other kind is.
    pub(super) codes: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) checks: Vec<Check>,
    /// Must be there: in the input (file, trailer), in each record (footer).
    pub(super) required: bool,
    /// Its cells are the record's, one by one.
    pub(super) straight: bool,
    /// Some columns lie over others, or are not always there.
    pub(super) overlaid: bool,
    /// Fixed: bytes of all its columns.
    pub(super) bytes: usize,
    /// Fixed: it does not always have all of them.
    pub(super) tail: Option<Tail>,
    pub(super) sequence: Option<Sequence>,
}

/// The end of a record whose length depends on a count.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    /// Index of the column that counts.
    pub(super) counter: usize,
    /// Where the record ends when it counts none, one, two …
    pub(super) ends: Vec<usize>,
}

/// Lines that are numbered without gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sequence {
    /// Index of the column with the number.
    pub(super) column: usize,
    /// Anew in each record.
    pub(super) restarts: bool,
    /// The first number, if it is known.
    pub(super) start: Option<u64>,
}

/// What a kind of record is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Each is a record of its own.
    Record,
    /// Those with the same key, one after the other, are one record; the
    /// columns that belong to the group make a row of it.
    Keyed { key: Vec<usize>, group: usize },
    /// Begins a record.
    Header,
    /// A row in that group of the record that was begun.
    Detail { group: usize },
    /// Ends the record that was begun.
    Footer,
    /// Once at the start; its fields stand in every record.
    File,
    /// Once at the end.
    Trailer,
    /// Passed over.
    Ignored,
}

/// One column or field.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Name, limits, and what maps see. The name is empty in a filler.
    pub(super) field: FieldShape,
    /// CSV: the name in the header row. XML: the path.
    pub(super) header: String,
    pub(super) cell: CellFormat,
    pub(super) trim: Trim,
    /// Must have this text.
    pub(super) constant: Option<String>,
    pub(super) slot: Slot,
    /// CSV: when it is quoted.
    pub(super) quoting: Option<Quoting>,
    /// XML: it is written though it is empty.
    pub(super) written_empty: bool,
    /// XML: its text where nothing stands, as a schema has it for attributes.
    pub(super) default: Option<String>,
    /// XML: it is `true` where the element is there, whatever is in it.
    pub(super) exists: bool,
    /// XML: it says how many records the document has.
    pub(super) counts: bool,
    /// Fixed: offset and length in bytes.
    pub(super) start: usize,
    pub(super) bytes: usize,
    /// Fixed: what fills up the rest of the field.
    pub(super) pad: char,
    /// Fixed: the text stands at the right end.
    pub(super) right: bool,
    /// Fixed: it lies over the bytes of other columns.
    pub(super) overlay: bool,
    /// Fixed: all must hold, or it is not there.
    pub(super) conditions: Vec<Condition>,
    /// Fixed: it counts rows of an area, and there are no more.
    pub(super) count_max: Option<usize>,
    /// Fixed: its text is in another character set than the file's.
    pub(super) own: Option<Own>,
}

/// What turns to double bytes in sets that shift, and what turns back.
pub(super) const SHIFT_OUT: u8 = 0x0E;
pub(super) const SHIFT_IN: u8 = 0x0F;

/// The character set of one column.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) profile: Profile,
    /// All of it is double bytes, without the codes that shift to them and back.
    pub(super) unshifted: bool,
}

/// When a column is there.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// Index of the column that tells.
    pub(super) column: usize,
    pub(super) test: Test,
}

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// It has one of these texts.
    Is(Vec<String>),
    /// It is a number of at least that.
    AtLeast(u64),
}

/// Where the cell of a column goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// Nowhere.
    None,
    /// That field of the record.
    Head(usize),
    /// That field of the row in the kind's group.
    Line(usize),
}

/// What a cell's text has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CellFormat {
    Text,
    Number(Number),
    Date(Vec<DatePart>),
    /// Fixed: bytes as they are, which maps see as hexadecimal digits.
    Bytes,
}

/// How a number is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Digits after the point, at most; exactly if implied.
    pub(super) scale: u32,
    /// The point is not written.
    pub(super) implied: bool,
    /// What may stand between groups of three digits.
    pub(super) thousands: Option<char>,
    pub(super) negative: Negative,
    /// Written with zeros up to that many digits.
    pub(super) digits: Option<usize>,
    pub(super) storage: Storage,
}

/// What the bytes of a number in a fixed field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// Text.
    Display,
    /// Packed decimal (COMP-3): two digits a byte, the sign in the last half.
    Packed,
    /// Two's complement (COMP, COMP-4, COMP-5), the highest byte first.
    Binary,
    /// The same, the lowest byte first.
    BinaryLittle,
}

/// How a number below zero is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Negative {
    /// `-12`
    Minus,
    /// `12-`
    TrailingMinus,
    /// `+12` and `-12`: a sign always, as COBOL's SEPARATE.
    Sign,
    /// `12+` and `12-`.
    TrailingSign,
    /// `▲12` or `△12`; written with ▲.
    Triangle,
    /// `(12)`
    Parentheses,
    /// The last digit as `{ABCDEFGHI` or `}JKLMNOPQR`: zoned in EBCDIC.
    Overpunch,
    /// The last digit as `pqrstuvwxy` if below zero: zoned in ASCII.
    Zone,
    /// Not at all.
    Refused,
}

/// A piece of a date's or time's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DatePart {
    /// So many digits with a value in this range.
    Digits {
        count: usize,
        min: u32,
        max: u32,
    },
    Literal(char),
}

/// Spaces that are not part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trim {
    None,
    Left,
    Right,
    Both,
}

/// A count or total that a header, footer or trailer states.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// Index of the column that states it.
    pub(super) column: usize,
    pub(super) rule: Rule,
    /// A total of which lines that are set aside hide a part refuses the input,
    /// though their count is right.
    pub(super) strict: bool,
}

/// What a check compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Records, as grouped.
    CountRecords,
    /// Lines of that kind.
    Count { kind: usize },
    /// The sum of that column over the lines of that kind.
    Sum { kind: usize, column: usize },
}

// === impl Kind ===

impl Kind {
    /// Index of the column of that name.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|it| it.field.name == name && !name.is_empty())
    }

    /// Whether a record of it may have so many bytes.
    pub(super) fn has_length(&self, bytes: usize) -> bool {
        match &self.tail {
            Some(tail) => tail.ends.contains(&bytes),
            None => self.bytes == bytes || self.columns.is_empty(),
        }
    }

    /// How long its records are, for a fault.
    pub(super) fn lengths(&self) -> String {
        let Some(tail) = &self.tail else { return format!("{} bytes", self.bytes) };
        let counter = self.columns.get(tail.counter).map_or("", |it| it.field.name.as_str());
        let first = tail.ends.first().copied().unwrap_or(0);
        format!("{first} to {} bytes, as `{counter}` says", self.bytes)
    }

    /// Index of the group that its rows go to.
    pub(super) fn group(&self) -> Option<usize> {
        match self.role {
            Role::Keyed { group, .. } | Role::Detail { group } => Some(group),
            Role::Record
            | Role::Header
            | Role::Footer
            | Role::File
            | Role::Trailer
            | Role::Ignored => None,
        }
    }
}

// === impl Tail ===

impl Tail {
    /// Where the record ends, by the text of the column that counts.
    pub(super) fn end(&self, count: &str) -> Option<usize> {
        let count = if count.is_empty() { 0 } else { count.parse().ok()? };
        self.ends.get(count).copied()
    }
}

// === impl Own ===

impl Own {
    /// The bytes of a field as its character set reads them; `None`: it has codes
    /// that shift, and must have none.
    pub(super) fn shifted<'b>(&self, bytes: &'b [u8]) -> Option<Cow<'b, [u8]>> {
        if !self.unshifted {
            return Some(Cow::Borrowed(bytes));
        }
        let shifts = bytes.iter().any(|it| matches!(*it, SHIFT_OUT | SHIFT_IN));
        (!shifts).then(|| Cow::Owned([&[SHIFT_OUT], bytes, &[SHIFT_IN]].concat()))
    }

    /// The bytes of a field, of those that its character set writes; `None`: not all
    /// of it is double bytes.
    pub(super) fn bare<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        if !self.unshifted || bytes.is_empty() {
            return Some(bytes);
        }
        let inner = bytes.strip_prefix(&[SHIFT_OUT])?.strip_suffix(&[SHIFT_IN])?;
        let shifts = inner.iter().any(|it| matches!(*it, SHIFT_OUT | SHIFT_IN));
        (!shifts).then_some(inner)
    }
}

// === impl Column ===

impl Column {
    /// Whether there is nothing to know of its text.
    pub(super) fn is_idle(&self) -> bool {
        let FieldShape { name, required, chars_max, one_of, .. } = &self.field;
        name.is_empty()
            && self.cell == CellFormat::Text
            && self.constant.is_none()
            && !required
            && chars_max.is_none()
            && one_of.is_empty()
    }

    /// Whether it is bytes that are kept for writing, and nothing for maps.
    pub(super) fn is_filler(&self) -> bool {
        self.cell == CellFormat::Bytes && self.field.name.is_empty()
    }

    /// Whether its bytes are not text of the file's character set.
    pub(super) fn is_binary(&self) -> bool {
        if self.own.is_some() {
            return true;
        }
        match &self.cell {
            CellFormat::Number(number) => number.storage != Storage::Display,
            // Those of fillers are never looked at.
            CellFormat::Bytes => !self.field.name.is_empty(),
            CellFormat::Text | CellFormat::Date(_) => false,
        }
    }

    /// Whether it is there, by the texts of the columns before it.
    pub(super) fn is_there<'a>(&self, text: impl Fn(usize) -> Cow<'a, str>) -> bool {
        self.conditions.iter().all(|it| {
            let text = text(it.column);
            match &it.test {
                Test::Is(texts) => texts.iter().any(|it| *it == text),
                Test::AtLeast(least) => text.parse::<u64>().is_ok_and(|it| it >= *least),
            }
        })
    }
}
