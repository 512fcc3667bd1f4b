//! Layouts at work: a till's journal in CSV, an order file in fixed records, and
//! the faults of layout files.

mod any;
mod areas;
mod around;
mod csv;
mod documented;
mod edi;
mod files;
mod fixed;
mod form;
mod framed;
mod kept;
mod laws;
mod masked;
mod mistaken;
mod pieces;
mod policy;
mod published;
mod shipped;
mod stream;
mod totals;
mod written;
mod xlsx;
mod xml;
mod xml_astray;
mod xml_kinds;
mod xml_read;
mod xml_write;

use super::*;
use crate::charset::{Charset, Policy};

/// Parses a layout, or shows what is wrong with it.
fn layout(text: &str) -> Layout {
    Layout::parse("test.layout.yaml", text).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(|it| it.render(text)).collect::<String>())
    })
}

fn cp932(text: &str) -> Vec<u8> {
    Profile::new(Charset::Cp932).encode_exact(text).expect("in CP932")
}

/// All cells of a record as texts, groups in brackets.
fn texts(rows: &Rows, row: &crate::rows::Row) -> String {
    let mut out: Vec<String> = row.cells.iter().map(|it| rows.text_of(*it).to_owned()).collect();
    for group in &row.groups {
        let lines: Vec<String> = group.iter().map(|it| texts(rows, it)).collect();
        out.push(format!("[{}]", lines.join(";")));
    }
    out.join(",")
}

fn all(rows: &Rows) -> Vec<String> {
    rows.rows.iter().map(|row| texts(rows, row)).collect()
}

/// Number, field, found and expected of every fault.
fn faults(rows: &Rows) -> Vec<(u64, String, String, String)> {
    let mut out = Vec::new();
    for fault in &rows.faults {
        for one in &fault.faults {
            out.push((fault.number, one.field.clone(), one.found.clone(), one.expected.clone()));
        }
    }
    out
}

fn rewrites(layout: &Layout, bytes: &[u8]) {
    let rows = layout.read(bytes).expect("reads");
    assert_eq!(rows.faults, []);
    let written = layout.write(&rows, &Policy::exact()).expect("writes");
    assert_eq!(String::from_utf8_lossy(&written.bytes), String::from_utf8_lossy(bytes));
    assert_eq!(written.bytes, bytes);
    assert_eq!(written.changes, []);
}
