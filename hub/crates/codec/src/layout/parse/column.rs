//! One column or field of a layout file.

use crate::{
    charset::Named,
    layout::{
        model::{
            CellFormat, Column, Condition, DatePart, Negative, Number, Own, SHIFT_OUT, Slot,
            Storage, Trim,
        },
        parse::{QUOTING, Word},
    },
    rows::{FieldKind, FieldShape},
    yaml::{Node, Table},
};

/// Bytes of one field.
const FIELD_BYTES_MAX: usize = 1 << 20;

/// Where the next field of a fixed record begins.
#[derive(Debug, Default)]
pub(in crate::layout) struct Position {
    pub(in crate::layout) at: usize,
    /// The columns before, and their indexes.
    pub(in crate::layout) names: Vec<(String, usize)>,
}

impl Position {
    /// The column before that has this name.
    pub(in crate::layout) fn find(&self, table: &Table<'_>, node: &Node) -> Option<usize> {
        let name = node.text().unwrap_or_default();
        let found = self.names.iter().find(|(it, _)| it == name);
        if found.is_none() {
            let known: Vec<&str> = self.names.iter().map(|(it, _)| it.as_str()).collect();
            let message = format!("no column `{name}` before this one");
            let fault = table.faults().new_error("L04", node, message);
            table.faults().push(fault.expected(format!("one of {}", known.join(", "))));
        }
        found.map(|(_, index)| *index)
    }
}

/// A column as it is written, until the plan gives it its place.
pub(in crate::layout) type ColumnText<'a> = (&'a Node, Column);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Integer,
    Decimal,
    Date,
    Bytes,
}

/// The last one only in fixed records.
const TYPES: [(&str, Type); 5] = [
    ("text", Type::Text),
    ("integer", Type::Integer),
    ("decimal", Type::Decimal),
    ("date", Type::Date),
    ("bytes", Type::Bytes),
];
const NEGATIVES: [(&str, Negative); 9] = [
    ("minus", Negative::Minus),
    ("trailing_minus", Negative::TrailingMinus),
    ("sign", Negative::Sign),
    ("trailing_sign", Negative::TrailingSign),
    ("triangle", Negative::Triangle),
    ("parentheses", Negative::Parentheses),
    ("overpunch", Negative::Overpunch),
    ("zone", Negative::Zone),
    ("refused", Negative::Refused),
];
const STORAGES: [(&str, Storage); 4] = [
    ("display", Storage::Display),
    ("packed", Storage::Packed),
    ("binary", Storage::Binary),
    ("binary_little", Storage::BinaryLittle),
];
const TRIMS: [(&str, Trim); 4] =
    [("none", Trim::None), ("left", Trim::Left), ("right", Trim::Right), ("both", Trim::Both)];

impl Column {
    /// Reads one element of `columns`.
    pub(in crate::layout) fn read<'a>(
        table: &Table<'a>,
        node: &'a Node,
        word: Word,
        position: &mut Position,
    ) -> Option<ColumnText<'a>> {
        let table = Table::open(table.faults(), node, "a column")?;
        let filler = table.bool("filler").unwrap_or(false);
        let constant = table.text("value").map(str::to_owned);
        let counts = word == Word::Xml && table.one_of("count", &[("records", ())]).is_some();
        let name = match (filler || counts, &constant) {
            (false, None) => table.required_text("name"),
            _ => table.text("name"),
        };
        let name = name.unwrap_or_default().to_owned();
        let fixed = word == Word::Fixed;
        let types = TYPES.get(..if fixed { 5 } else { 4 }).unwrap_or_default();
        let kind = table.one_of("type", types).unwrap_or(Type::Text);
        let cell = cell(&table, kind, fixed);
        let number = matches!(cell, CellFormat::Number(_));
        let trim = table.one_of("trim", &TRIMS).unwrap_or(match (word, number) {
            (Word::Csv | Word::Xlsx | Word::Form, _) => Trim::None,
            (Word::Xml, _) | (Word::Fixed, true) => Trim::Both,
            (Word::Fixed, false) => Trim::Right,
        });
        let mut column = Column {
            field: field(&table, name, &cell),
            header: String::new(),
            cell,
            trim,
            constant,
            slot: Slot::None,
            quoting: None,
            written_empty: false,
            default: None,
            exists: false,
            counts,
            start: 0,
            bytes: 0,
            pad: pad(&table),
            right: number,
            overlay: false,
            conditions: Vec::new(),
            count_max: None,
            own: None,
        };
        match word {
            Word::Csv => {
                let header = table.text("header").unwrap_or(&column.field.name);
                column.header = header.to_owned();
                column.quoting = table.one_of("quoting", &QUOTING);
            }
            Word::Xlsx | Word::Form => {
                let header = table.text("header").unwrap_or(&column.field.name);
                column.header = header.to_owned();
            }
            Word::Fixed => {
                column.overlay = table.bool("overlay").unwrap_or(false);
                column.conditions = Condition::read(&table, position);
                place(&table, &mut column, position);
                column.own = own(&table, &column);
                let shifts = column.own.as_ref().is_some_and(|it| it.unshifted);
                if shifts && table.node("pad").is_none() {
                    // Their own space: there is no other without shifting.
                    column.pad = '\u{3000}';
                }
            }
            Word::Xml => of_document(&table, &mut column),
        }
        table.finish();
        Some((node, column))
    }
}

/// What only columns of documents say.
fn of_document(table: &Table<'_>, column: &mut Column) {
    let path = table.text("path").unwrap_or(&column.field.name);
    column.header = path.to_owned();
    let words = [("omit", false), ("element", true)];
    column.written_empty = table.one_of("empty", &words).unwrap_or(false);
    column.default = table.text("default").map(str::to_owned);
    column.exists = table.bool("exists").unwrap_or(false);
    if column.counts && !column.field.name.is_empty() {
        table.error("L05", "a count is checked and written, and is no field");
    }
}

/// The column's own character set, if it has one.
fn own(table: &Table<'_>, column: &Column) -> Option<Own> {
    let named = Named::optional(table);
    let unshifted = table.bool("unshifted").unwrap_or(false);
    let shifts = |it: &Named| {
        it.profile.encode_exact("\u{3000}").is_ok_and(|it| it.first() == Some(&SHIFT_OUT))
    };
    if unshifted && !(named.as_ref().is_some_and(shifts) && column.bytes.is_multiple_of(2)) {
        let message = "`unshifted` is for double bytes of a `charset` that shifts to them";
        table.error("L15", format!("{message}, such as cp930, in an even count of bytes"));
    }
    if column.is_binary() && named.is_some() {
        table.error("L15", "`charset` is for text; this column's bytes are none");
    }
    named.map(|it| Own { profile: it.profile, unshifted })
}

fn field(table: &Table<'_>, name: String, cell: &CellFormat) -> FieldShape {
    let kind = match cell {
        CellFormat::Text | CellFormat::Date(_) | CellFormat::Bytes => FieldKind::Text,
        CellFormat::Number(Number { scale: 0, .. }) => FieldKind::Integer,
        CellFormat::Number(Number { scale, .. }) => FieldKind::Decimal { scale: *scale },
    };
    FieldShape {
        name,
        kind,
        required: table.bool("required").unwrap_or(false),
        chars_max: table.number("chars_max", "a count of characters"),
        personal: table.bool("personal").unwrap_or(false),
        one_of: table.texts("one_of").into_iter().map(str::to_owned).collect(),
    }
}

fn cell(table: &Table<'_>, kind: Type, fixed: bool) -> CellFormat {
    match kind {
        Type::Text => CellFormat::Text,
        Type::Bytes => CellFormat::Bytes,
        Type::Date => match table.required("format") {
            Some(node) => CellFormat::Date(date(table, node)),
            None => CellFormat::Text,
        },
        Type::Integer | Type::Decimal => {
            let scale = match kind {
                Type::Decimal => table.required_number("scale", "digits after the point, 1 to 9"),
                Type::Text | Type::Integer | Type::Date | Type::Bytes => None,
            };
            let scale: u32 = scale.unwrap_or(u32::from(kind == Type::Decimal));
            if kind == Type::Decimal && !(1..=9).contains(&scale) {
                table.error("L02", format!("`scale` is {scale}; it can be 1 to 9"));
            }
            let thousands = table.one_of("thousands", &[("none", None), (",", Some(','))]);
            let storage = if fixed { table.one_of("storage", &STORAGES) } else { None };
            let storage = storage.unwrap_or(Storage::Display);
            // There is no point in packed and binary numbers.
            let implied = table.bool("implied").unwrap_or(storage != Storage::Display);
            CellFormat::Number(Number {
                scale,
                implied: implied && kind == Type::Decimal,
                storage,
                thousands: thousands.flatten(),
                negative: table.one_of("negative", &NEGATIVES).unwrap_or(Negative::Minus),
                digits: table.number("digits", "a count of digits"),
            })
        }
    }
}

/// `YYYY/MM/DD hh:mm:ss`: letters stand for digits, all else for itself. Hours
/// go up to 47, since business days end after midnight.
pub(in crate::layout) fn date(table: &Table<'_>, node: &Node) -> Vec<DatePart> {
    const PARTS: [(&str, u32, u32); 7] = [
        ("YYYY", 0, 9999),
        ("YY", 0, 99),
        ("MM", 1, 12),
        ("DD", 1, 31),
        ("hh", 0, 47),
        ("mm", 0, 59),
        ("ss", 0, 60),
    ];
    let mut rest = node.text().unwrap_or_default();
    let mut parts = Vec::new();
    while let Some(c) = rest.chars().next() {
        let part = PARTS.iter().find(|(letters, ..)| rest.starts_with(letters));
        let (letters, part) = match part {
            Some((letters, min, max)) => {
                let count = letters.len();
                (count, DatePart::Digits { count, min: *min, max: *max })
            }
            None => (c.len_utf8(), DatePart::Literal(c)),
        };
        if matches!(part, DatePart::Literal('Y' | 'M' | 'D' | 'h' | 'm' | 's')) {
            let message = format!("`{c}` alone means nothing in a date's format");
            let fault = table.faults().new_error("L13", node, message);
            table.faults().push(fault.expected("YYYY, YY, MM, DD, hh, mm, ss and what is between"));
            break;
        }
        parts.push(part);
        rest = rest.get(letters..).unwrap_or_default();
    }
    parts
}

fn pad(table: &Table<'_>) -> char {
    let Some(node) = table.node("pad") else { return ' ' };
    let mut chars = node.text().unwrap_or_default().chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => c,
        _ => {
            let fault = table.faults().new_error("L07", node, "`pad` is not one character");
            table.faults().push(fault.expected("one character, such as \" \" or \"0\""));
            ' '
        }
    }
}

/// Where the field lies. `start` need not be given; if it is, it must be true.
fn place(table: &Table<'_>, column: &mut Column, position: &mut Position) {
    column.start = position.at;
    column.bytes = table.required_number("bytes", "a count of bytes, from 1").unwrap_or(1);
    let start = table.number::<usize>("start", "a byte's number, from 1");
    if column.overlay {
        column.start = 0;
        match start {
            Some(start) => column.start = start.saturating_sub(1),
            None => table.error("L06", "what lies over other columns needs a `start`"),
        }
    } else if let Some(start) = start
        && start != position.at.saturating_add(1)
    {
        let expected = position.at.saturating_add(1);
        let message =
            format!("`start` is {start}, but the fields before it end at byte {}", position.at);
        table.error("L06", format!("{message}: it must be {expected}, or a filler is missing"));
    }
    if !(1..=FIELD_BYTES_MAX).contains(&column.bytes) {
        let message = format!("`bytes` is {}; it can be 1 to {FIELD_BYTES_MAX}", column.bytes);
        table.error("L06", message);
        column.bytes = 1;
    }
    if let Some(right) = table.one_of("align", &[("left", false), ("right", true)]) {
        column.right = right;
    }
    if let CellFormat::Number(number) = &mut column.cell {
        let digits = match number.storage {
            Storage::Display => Some(column.bytes),
            Storage::Packed | Storage::Binary | Storage::BinaryLittle => None,
        };
        number.digits = number.digits.or(digits);
        if number.storage != Storage::Display && !(1..=8).contains(&column.bytes) {
            let packed = number.storage == Storage::Packed && column.bytes <= 14;
            if !packed {
                table.error("L06", "a binary number has 1 to 8 bytes, a packed one 1 to 14");
            }
        }
    }
    // Zeros before a number are digits of it, and those behind it even more so.
    if number_of(column) && column.pad.is_ascii_digit() && table.node("trim").is_none() {
        column.trim = Trim::None;
    }
    if !column.overlay {
        position.at = position.at.saturating_add(column.bytes);
    }
}

fn number_of(column: &Column) -> bool {
    matches!(column.cell, CellFormat::Number(_))
}
