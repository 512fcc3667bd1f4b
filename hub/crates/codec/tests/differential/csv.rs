//! CSV beside Python's csv module. Python reads nearly anything; a layout reads
//! what it says, and refuses the rest: each kind of refusal is counted.

use std::collections::BTreeMap;

use codec::{
    charset::Policy,
    layout::Layout,
    rows::{Row, Rows},
};

use super::{bytes, other, text};

const COLUMNS: [&str; 3] = ["a", "b", "c"];

fn layout(quoting: &str) -> Layout {
    let text = format!(
        "layout: t/t\nversion: 1\nformat: csv\ncharset: utf-8\nline_end: crlf\nheader: none\n\
         multiline: true\nquoting: {quoting}\nskip_blank_lines: true\ncontrol_characters: true\n\
         columns: [{{ name: a }}, {{ name: b }}, {{ name: c }}]\n"
    );
    Layout::parse("t", &text).expect("a layout")
}

/// Rows of a line of the script: cells behind unit separators.
fn rows_of(fields: &[&str]) -> Vec<Vec<String>> {
    let cells = |field: &&str| -> Vec<String> {
        let text = text(field).unwrap_or_default();
        text.split('\u{1F}').skip(1).map(str::to_owned).collect()
    };
    fields.iter().map(cells).collect()
}

fn read(rows: &Rows) -> Vec<Vec<String>> {
    let cells = |row: &Row| (0..3).map(|it| rows.cell(row, it).to_owned()).collect();
    rows.rows.iter().map(cells).collect()
}

/// Why a layout does not read what Python reads.
fn reason(file: &str, theirs: &[Vec<String>]) -> &'static str {
    let odd = file.split("\r\n").any(|line| line.matches('"').count() % 2 == 1);
    if theirs.iter().any(|row| row.len() != COLUMNS.len()) {
        "a row with another number of columns is set aside"
    } else if file.contains('"') && odd {
        "quotes that do not pair within a line"
    } else if file.contains('"') {
        "text beside quotes in a cell"
    } else {
        "a line break that is not that of the layout"
    }
}

#[test]
fn what_a_layout_reads_python_reads_alike() {
    let Some(told) = other("csv") else { return };
    let layout = layout("needed");
    let (mut alike, mut differ) = (0, BTreeMap::new());
    for line in told.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let file = text(fields[1]).expect("a text");
        // Blank lines are passed over here, and empty rows there.
        let theirs: Vec<Vec<String>> =
            rows_of(&fields[2..]).into_iter().filter(|it| !it.is_empty()).collect();
        match layout.read(file.as_bytes()) {
            Ok(rows) if rows.faults.is_empty() => {
                assert_eq!(read(&rows), theirs, "{file:?}");
                alike += 1;
            }
            Ok(rows) => {
                // What is not set aside is read as Python reads it.
                let mine = read(&rows);
                let told = |it: &Vec<String>| theirs.contains(it);
                let reason = reason(&file, &theirs);
                let quotes = reason != "a row with another number of columns is set aside";
                assert!(quotes || mine.iter().all(told), "{file:?}: {mine:?} {theirs:?}");
                *differ.entry(reason).or_insert(0) += 1;
            }
            Err(fault) => {
                let known = ["quote-open", "line-ends", "truncated"];
                assert!(known.contains(&fault.code), "{file:?}: {fault}");
                *differ.entry(fault.code).or_insert(0) += 1;
            }
        }
    }
    println!("{alike} alike, {differ:#?}");
    assert!(alike > 500, "{alike} alike, {differ:?}");
}

#[test]
fn rows_are_written_as_python_writes_them() {
    let Some(told) = other("write") else { return };
    let mut count = 0;
    for line in told.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let (layout, file) = (layout(fields[1]), bytes(fields[2]));
        let wanted = rows_of(&fields[3..]);
        let Ok(rows) = layout.read(&file) else { panic!("{:?}", String::from_utf8_lossy(&file)) };
        assert!(rows.faults.is_empty(), "{:?}", rows.faults);
        assert_eq!(read(&rows), wanted);
        let written = layout.write(&rows, &Policy::exact()).expect("writes");
        assert_eq!(
            String::from_utf8_lossy(&written.bytes),
            String::from_utf8_lossy(&file),
            "written by {}",
            fields[1]
        );
        count += 1;
    }
    assert_eq!(count, 2000);
}
