//! What row formats decode to: CSV and fixed width, and what else is read as
//! records of named fields. One representation for all of them, so that a map
//! does not know the format.
//!
//! Text of all cells lies in one arena ([`Rows::text`]); a cell is a range of
//! it and knows the bytes of the input that it came from.

mod from_json;

use canon::entry::RecordFault;

/// What one record looks like: its fields and its repeated groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    pub fields: Vec<FieldShape>,
    pub groups: Vec<GroupShape>,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldShape {
    pub name: String,
    pub kind: FieldKind,
    /// An empty cell is a fault.
    pub required: bool,
    /// At most that many characters.
    pub chars_max: Option<u32>,
    /// Personal data: masked in faults.
    pub personal: bool,
    /// The texts it may have; empty: any.
    pub one_of: Vec<String>,
}

/// What the text of a cell means. The cell's text is already in the form named
/// here, whatever the file writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    Text,
    /// `-?[0-9]+` without leading zeros.
    Integer,
    /// `-?[0-9]+(\.[0-9]+)?`; at most `scale` digits after the point, exactly
    /// `scale` where the file implies them.
    Decimal {
        scale: u32,
    },
}

/// A group of rows that repeats within a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupShape {
    pub name: String,
    pub shape: Shape,
    pub min: u32,
    pub max: Option<u32>,
}

/// What was read from one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Text of all cells.
    pub text: String,
    /// The records, in the order of the input.
    pub rows: Vec<Row>,
    /// Records that could not be read.
    pub faults: Vec<RowFault>,
    /// Records in the input, read or not; with those that are [`Rows::told`].
    pub records: u64,
    /// Records that answer something that was sent (EDI).
    pub told: Vec<Told>,
}

/// A record that says what the other side made of something that was sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Number of the record in the input, from 1.
    pub number: u64,
    pub offset: u64,
    pub length: u64,
    /// Control number of what it answers, as it stands there.
    pub control: String,
    /// The other side did not take it.
    pub rejected: bool,
    /// What is wrong with it, in the words of the standard; empty: nothing.
    pub why: String,
}

/// One record, or one row of a group of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Number of the record in the input, from 1; in a group, of the row in it.
    pub number: u64,
    /// Byte offset in the input.
    pub offset: u64,
    /// Bytes in the input, from the first to the last that belong to it.
    pub length: u64,
    /// By index of [`Shape::fields`].
    pub cells: Vec<Cell>,
    /// By index of [`Shape::groups`].
    pub groups: Vec<Vec<Row>>,
}

/// One cell: a range of [`Rows::text`]. An empty range is an empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub start: u32,
    pub end: u32,
    /// Byte offset in the input.
    pub offset: u64,
    /// Bytes in the input.
    pub length: u32,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Number of the record in the input, from 1.
    pub number: u64,
    pub offset: u64,
    pub length: u64,
    /// All that is wrong with it.
    pub faults: Vec<RecordFault>,
}

// === impl Shape ===

impl Shape {
    /// Index of the field of that name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|it| it.name == name)
    }

    /// Whether a field of it, or of a row in it, is personal.
    pub fn is_personal(&self) -> bool {
        self.fields.iter().any(|it| it.personal)
            || self.groups.iter().any(|it| it.shape.is_personal())
    }

    /// Index of the group of that name.
    pub fn group(&self, name: &str) -> Option<usize> {
        self.groups.iter().position(|it| it.name == name)
    }
}

// === impl FieldShape ===

impl FieldShape {
    /// An optional text field without limits.
    pub fn text(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: FieldKind::Text,
            required: false,
            chars_max: None,
            personal: false,
            one_of: Vec::new(),
        }
    }
}

// === impl Rows ===

impl Rows {
    /// The text of a cell of these rows.
    pub fn text_of(&self, cell: Cell) -> &str {
        let range = usize::try_from(cell.start).ok().zip(usize::try_from(cell.end).ok());
        range.and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    /// The text of the cell at that index of [`Shape::fields`].
    pub fn cell<'a>(&'a self, row: &Row, index: usize) -> &'a str {
        row.cells.get(index).map_or("", |cell| self.text_of(*cell))
    }
}
