//! Rows: which charset, which columns, and what stands in them.

use std::fmt::Write as _;

use codec::{
    inspect::{Shape, inspect},
    layout::Layout,
    rows::{RowFault, Rows},
};
use rust_decimal::Decimal;

use super::{Source, draft::Facts};
use crate::{schema::Kinds, time::parse_instant};

/// A column as it was seen.
struct Column {
    name: String,
    /// Bytes of a fixed column.
    bytes: Option<usize>,
    kind: Kind,
    /// It is never empty.
    always: bool,
    time: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Decimal(u32),
}

/// Lines behind the rows that are taken for a footer.
const LINES_MAX: usize = 5;

/// How a file is cut.
enum Cut {
    Csv { delimiter: char, header: bool, footers: usize },
    Fixed { record_bytes: usize, line_end: &'static str },
}

/// The layout of a file of rows.
pub(super) fn source(samples: &[&[u8]], id: &str) -> Result<Source, String> {
    let [bytes] = samples else { return Err("rows are inferred from one file".into()) };
    let inspection = inspect(bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let guess = inspection.guesses.first().ok_or("no character set reads the sample")?;
    let charset = guess.charset.name();
    let mut decisions =
        vec!["source file: one row is one record; say `group:` when several make one".to_owned()];
    if guess.bad_bytes > 0 || guess.likeness < 90 {
        decisions.push(format!("source file: the charset looks like {charset}, and is not sure"));
    }
    let (cut, mut columns) = match inspection.shape.delimiter {
        Some((delimiter, count)) => csv(bytes, (id, charset), (delimiter, count), &mut decisions)?,
        None => fixed(bytes, &inspection.shape, &mut decisions)?,
    };
    let plain = layout((id, charset), &cut, &columns);
    let rows = read(&plain, bytes)?;
    for (index, column) in columns.iter_mut().enumerate() {
        look(column, &rows, index);
    }
    let text = layout((id, charset), &cut, &columns);
    // What was proposed must read what it was proposed from.
    read(&text, bytes)?;
    let paths = columns.iter().map(|it| (key(&it.name), it.facts())).collect();
    Ok(Source { ending: "layout.yaml", text, paths, decisions })
}

/// A column's name as a path of the language.
fn key(name: &str) -> String {
    let mut path = String::new();
    crate::language::expr::push_key(&mut path, name);
    path
}

fn read(layout: &str, bytes: &[u8]) -> Result<Rows, String> {
    let rows = read_loosely(layout, bytes)?;
    rows.faults.first().map_or(Ok(()), |fault| Err(misfit(fault)))?;
    Ok(rows)
}

/// With the rows that do not fit.
fn read_loosely(layout: &str, bytes: &[u8]) -> Result<Rows, String> {
    let layout = Layout::parse("layout", layout).map_err(|faults| {
        let first = faults.first().map(|it| it.message.clone()).unwrap_or_default();
        format!("no layout was found for the sample: {first}")
    })?;
    layout.read(bytes).map_err(|fault| format!("the sample is not even: {fault}"))
}

/// Which row does not fit, and why. What stands in it may be anybody's data.
fn misfit(fault: &RowFault) -> String {
    let (number, offset) = (fault.number, fault.offset);
    let expected = fault.faults.first().map_or("another row", |it| it.expected.as_str());
    format!(
        "record {number} of the sample, at byte {offset}, does not fit the others: expected \
         {expected}. Leave that row out of the sample, or write the layout by hand and try it \
         with `channelhub layout check LAYOUT --on FILE`"
    )
}

/// How many lines behind the rows are no rows: all that do not fit, if they stand
/// there and are few.
fn behind(rows: &Rows) -> Result<usize, String> {
    let last = (1..=rows.records).rev().zip(rows.faults.iter().rev());
    let footers = last.take_while(|(wanted, is)| *wanted == is.number).count();
    match rows.faults.first() {
        Some(first) if rows.faults.len() > footers || footers > LINES_MAX => Err(misfit(first)),
        _ => Ok(footers),
    }
}

/// Columns by a delimiter; named when the first row has names.
fn csv(
    bytes: &[u8],
    (id, charset): (&str, &str),
    (delimiter, count): (char, usize),
    decisions: &mut Vec<String>,
) -> Result<(Cut, Vec<Column>), String> {
    let cut = Cut::Csv { delimiter, header: false, footers: 0 };
    let numbered: Vec<Column> =
        (1..=count).map(|it| Column::text(format!("c{it}"), None)).collect();
    let footers = behind(&read_loosely(&layout((id, charset), &cut, &numbered), bytes)?)?;
    let cut = Cut::Csv { delimiter, header: false, footers };
    let rows = read(&layout((id, charset), &cut, &numbered), bytes)?;
    if footers > 0 {
        decisions.push(format!(
            "source file: behind the rows stands what is none; `footer_lines: {footers}` passes \
             it over, a record with `role: trailer` checks the totals in it"
        ));
    }
    let first = rows.rows.first().ok_or("the sample has no rows")?;
    let names: Vec<&str> = (0..count).map(|it| rows.cell(first, it).trim()).collect();
    let distinct = names.iter().enumerate().all(|(index, name)| {
        !name.is_empty()
            && Decimal::from_str_exact(name).is_err()
            && !names.iter().take(index).any(|it| it == name)
    });
    if !distinct || rows.rows.len() < 2 {
        return Ok((cut, numbered));
    }
    let named = names.iter().map(|it| Column::text((*it).to_owned(), None)).collect();
    Ok((Cut::Csv { delimiter, header: true, footers }, named))
}

/// Columns of fixed width: cut where each record has a space before something.
fn fixed(
    bytes: &[u8],
    shape: &Shape,
    decisions: &mut Vec<String>,
) -> Result<(Cut, Vec<Column>), String> {
    let body = bytes.strip_suffix(b"\x1a").unwrap_or(bytes);
    let (records, line_end): (Vec<&[u8]>, _) = match shape.records.as_slice() {
        [] => {
            let lines = body.split(|it| *it == b'\n');
            let lines = lines.map(|it| it.strip_suffix(b"\r").unwrap_or(it));
            let end = if shape.ends.crlf > 0 { "crlf" } else { "lf" };
            (lines.filter(|it| !it.is_empty()).collect(), end)
        }
        [likely, others @ ..] => {
            if !others.is_empty() {
                let others: Vec<usize> = others.iter().map(|it| it.bytes).collect();
                let why =
                    format!("source file: a record may have {} or {others:?} bytes", likely.bytes);
                decisions.push(why);
            }
            if !likely.codes.is_empty() {
                let kinds: Vec<char> = likely.codes.iter().map(|it| it.0).collect();
                let why = format!(
                    "source file: records may be of kinds, by their first character {kinds:?}"
                );
                decisions.push(why);
            }
            (body.chunks(likely.bytes.max(1)).collect(), "none")
        }
    };
    let record_bytes = records.first().map_or(0, |it| it.len());
    if record_bytes == 0 || records.iter().any(|it| it.len() != record_bytes) {
        return Err("neither a delimiter nor a length cuts all lines of the sample alike: leave \
                    title lines and comments out of it, or write the layout by hand"
            .into());
    }
    let space = |at: usize| records.iter().all(|it| it.get(at) == Some(&b' '));
    let mut starts = vec![0];
    starts.extend((1..record_bytes).filter(|at| space(at - 1) && !space(*at)));
    let ends = starts.iter().skip(1).copied().chain([record_bytes]);
    let columns: Vec<Column> = (1..)
        .zip(starts.iter().zip(ends))
        .map(|(number, (start, end))| Column::text(format!("c{number}"), Some(end - start)))
        .collect();
    decisions.push("source file: name the columns, and cut those that hold several".into());
    Ok((Cut::Fixed { record_bytes, line_end }, columns))
}

/// What stands in a column.
fn look(column: &mut Column, rows: &Rows, index: usize) {
    let cells: Vec<&str> = rows.rows.iter().map(|row| rows.cell(row, index)).collect();
    let filled: Vec<&str> = cells.iter().copied().filter(|it| !it.trim().is_empty()).collect();
    column.always = filled.len() == cells.len();
    column.time = !filled.is_empty() && filled.iter().all(|it| parse_instant(it).is_some());
    // A leading zero is part of a code, not of a number.
    let plain = |it: &str| {
        let digits = it.trim_start_matches('-');
        let number = Decimal::from_str_exact(it).ok();
        number
            .filter(|_| !(digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")))
    };
    let numbers: Option<Vec<Decimal>> = filled.iter().map(|it| plain(it)).collect();
    column.kind = match numbers {
        Some(numbers) if !numbers.is_empty() && column.bytes.is_none() => {
            match numbers.iter().map(Decimal::scale).max().unwrap_or(0) {
                0 => Kind::Integer,
                scale => Kind::Decimal(scale),
            }
        }
        _ => Kind::Text,
    };
}

impl Column {
    fn text(name: String, bytes: Option<usize>) -> Self {
        Self { name, bytes, kind: Kind::Text, always: false, time: false }
    }

    fn facts(&self) -> Facts {
        let kinds = match self.kind {
            Kind::Text => Kinds::TEXT,
            Kind::Integer => Kinds::INTEGER,
            Kind::Decimal(_) => Kinds::NUMBER.with(Kinds::INTEGER),
        };
        Facts { kinds, time: self.time, always: self.always }
    }
}

/// The layout file.
fn layout((id, charset): (&str, &str), cut: &Cut, columns: &[Column]) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let mut text = format!("# Drafted from a sample.\nlayout: {id}\nversion: 1\n");
    let _infallible = match cut {
        Cut::Csv { delimiter, header, footers } => {
            if *footers > 0 {
                let _infallible = writeln!(text, "footer_lines: {footers}");
            }
            let delimiter = if *delimiter == '\t' { "tab".into() } else { delimiter.to_string() };
            let header = if *header { "names" } else { "none" };
            let delimiter = quoted(&delimiter);
            writeln!(
                text,
                "format: csv\ncharset: {charset}\ndelimiter: {delimiter}\nline_end: any\nheader: {header}"
            )
        }
        Cut::Fixed { record_bytes, line_end } => writeln!(
            text,
            "format: fixed\ncharset: {charset}\nrecord_bytes: {record_bytes}\nline_end: {line_end}\neof_mark: optional"
        ),
    };
    text.push_str("records:\n  - name: row\n    columns:\n");
    for column in columns {
        let kind = match column.kind {
            Kind::Text => String::new(),
            Kind::Integer => ", type: integer".into(),
            Kind::Decimal(scale) => format!(", type: decimal, scale: {scale}"),
        };
        let required = if column.always { ", required: true" } else { "" };
        let bytes = column.bytes.map_or_else(String::new, |it| format!(", bytes: {it}"));
        let name = quoted(&column.name);
        let _infallible = writeln!(text, "      - {{ name: {name}{kind}{required}{bytes} }}");
    }
    text
}
