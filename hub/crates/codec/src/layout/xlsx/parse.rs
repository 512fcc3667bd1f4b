//! The keys of a sheet's layout.

use super::{Hidden, Merged, Numbers, Top, Which, Xlsx, place};
use crate::{
    layout::{around::Around, model::Header, parse::header_begins},
    yaml::{Node, Table, Value},
};

/// Reads what is said of the sheet; columns and records are read elsewhere.
pub(in crate::layout) fn xlsx(table: &Table<'_>) -> Xlsx {
    let headers = [
        ("none", Header::None),
        ("names", Header::Names),
        ("any_order", Header::AnyOrder),
        ("ignored", Header::Ignored),
    ];
    let flag = |key| table.bool(key).unwrap_or(false);
    let type_column = table.number::<usize>("type_column", "a column's number, from 1");
    if type_column == Some(0) {
        table.error("L07", "`type_column` is 0; the first column is 1");
    }
    let header = table.required_one_of("header", &headers).unwrap_or(Header::None);
    let merged = [("refuse", Merged::Refused), ("fill", Merged::Filled)];
    let hidden = [("refuse", Hidden::Refused), ("take", Hidden::Taken), ("skip", Hidden::Skipped)];
    let numbers = [("exact", Numbers::Exact), ("fifteen_digits", Numbers::Fifteen)];
    Xlsx {
        sheet: table.node("sheet").map_or(Which::Only, |node| which(table, node)),
        header,
        header_begins: header_begins(table, header),
        top: top(table, header),
        footers: Around::footers(table),
        skip_blank: flag("skip_blank_lines"),
        header_repeats: flag("header_repeats"),
        multiline: flag("multiline"),
        controls: flag("control_characters"),
        first_column: table.node("first_column").map_or(0, |node| column(table, node)),
        type_column: type_column.unwrap_or(1).saturating_sub(1),
        merged: table.one_of("merged_cells", &merged).unwrap_or(Merged::Refused),
        hidden: table.one_of("hidden_rows", &hidden).unwrap_or(Hidden::Refused),
        numbers: table.one_of("numbers", &numbers).unwrap_or(Numbers::Exact),
    }
}

/// A name, or a number from 1.
fn which(table: &Table<'_>, node: &Node) -> Which {
    match &node.value {
        Value::Scalar { text, quoted: false } if text.bytes().all(|it| it.is_ascii_digit()) => {
            match text.parse() {
                Ok(number) if number > 0 => Which::Number(number),
                _ => refused(table, node, "a sheet's number, from 1"),
            }
        }
        Value::Scalar { text, .. } if !node.is_null() => Which::Name(text.clone()),
        _ => refused(table, node, "the name of a sheet, or its number"),
    }
}

fn refused(table: &Table<'_>, node: &Node, expected: &str) -> Which {
    table.faults().push(table.faults().new_error("L07", node, "no sheet").expected(expected));
    Which::Only
}

/// `title_lines` before the table, or the row of the header itself.
fn top(table: &Table<'_>, header: Header) -> Top {
    let titles = Around::titles(table);
    let Some(node) = table.node("header_row") else { return Top::Behind(titles) };
    let error = |message: &str, expected: &str| {
        table.faults().push(table.faults().new_error("L07", node, message).expected(expected));
    };
    if table.node("title_lines").is_some() || header == Header::None {
        error("a header row beside `title_lines`, or without a header", "one of them");
    }
    match node.text() {
        Some("found") if matches!(header, Header::Names | Header::AnyOrder) => Top::Found,
        Some(text) => match text.parse() {
            Ok(row) if (1..=place::ROWS_MAX).contains(&row) => Top::Row(row),
            _ => {
                error("no header row", "a row's number from 1, or `found` where it has names");
                Top::Row(1)
            }
        },
        None => {
            error("no header row", "a row's number from 1, or `found`");
            Top::Row(1)
        }
    }
}

fn column(table: &Table<'_>, node: &Node) -> u32 {
    let column = node.text().and_then(place::column);
    column.unwrap_or_else(|| {
        let fault = table.faults().new_error("L07", node, "no column of a sheet");
        table.faults().push(fault.expected("letters such as A or AB"));
        0
    })
}
