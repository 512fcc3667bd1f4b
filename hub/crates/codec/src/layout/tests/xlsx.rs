//! Sheets of workbooks: which rows are records, what their cells are, and what
//! is refused.

mod book;
mod bounds;
mod survey;
mod table;

use super::*;
use book::{Book, cells, texts};

/// A layout with these columns and more keys.
fn sheet(more: &str, columns: &str) -> Layout {
    layout(&format!("layout: t\nversion: 1\nformat: xlsx\n{more}columns:\n{columns}"))
}

/// One column of any kind, and what cells of it give.
fn one(column: &str, book: &Book) -> Vec<Result<String, String>> {
    one_of("", column, book)
}

fn one_of(more: &str, column: &str, book: &Book) -> Vec<Result<String, String>> {
    let layout = sheet(&format!("header: none\n{more}"), &format!("- {{ name: a, {column} }}\n"));
    let rows = layout.read(&book.bytes()).expect("reads");
    let mut out = vec![Err(String::new()); usize::try_from(rows.records).expect("fits")];
    for row in &rows.rows {
        out[usize::try_from(row.number).expect("fits") - 1] = Ok(rows.cell(row, 0).to_owned());
    }
    for (number, _, found, expected) in faults(&rows) {
        out[usize::try_from(number).expect("fits") - 1] = Err(format!("{found}: {expected}"));
    }
    out
}

/// A sheet with one cell in each row, from A1 on.
fn column(list: &[(&str, &str)]) -> String {
    (1..).zip(list).map(|(number, it)| cells(number, &[*it])).collect()
}

/// A workbook whose sheet is these bytes.
pub(super) fn with_sheet(bytes: &[u8]) -> Vec<u8> {
    let sheet = String::from_utf8_lossy(bytes).into_owned();
    let others = vec![("xl/worksheets/sheet1.xml", sheet)];
    Book { others, ..Book::of("") }.bytes()
}

fn ok(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

fn bad(text: &str) -> Result<String, String> {
    Err(text.to_owned())
}

#[test]
fn amounts_keep_the_digits_that_are_stored() {
    let book = Book::of(&column(&[
        ("", "<v>1080.5</v>"),
        ("", "<v>1.1000000000000001</v>"),
        ("t='n'", "<f>A1*3</f><v>-1E-2</v>"),
        ("", "<v>0.30000000000000004</v>"),
        ("t='inlineStr'", "<is><t>▲1,080</t></is>"),
        ("t='b'", "<v>1</v>"),
        ("t='e'", "<v>#N/A</v>"),
        ("", "<f>SUM(B1)</f><v></v>"),
        ("t='str'", "<f>X()</f><v>12</v>"),
        ("", "<v>1234567890123456</v>"),
    ]));
    let number = "type: decimal, scale: 2, negative: triangle, thousands: \",\"";
    let expected = "a number with at most 2 digits after the point";
    let noise = format!("{expected}; `numbers: fifteen_digits` rounds what formulas computed");
    let read = one(number, &book);
    assert_eq!(read[..3], [ok("1080.5"), ok("1.1"), ok("-0.01")]);
    assert_eq!(read[3], bad(&format!("0.30000000000000004 at 売上!A4: {noise}")));
    assert_eq!(read[4], ok("-1080"));
    assert_eq!(read[5].as_ref().map_err(|it| it.starts_with("TRUE at 売上!A6: ")), Err(true));
    assert_eq!(read[6], bad("#N/A at 売上!A7: a value; the cell has an error"));
    assert!(read[7].as_ref().is_err_and(|it| it.starts_with("a formula at 売上!A8: its value")));
    assert_eq!(read[8], ok("12"));
    assert!(read[9].as_ref().is_err_and(|it| it.contains("at most 15 digits")));
    let rounded = one_of("numbers: fifteen_digits\n", number, &book);
    assert_eq!(rounded[3], ok("0.3"));
}

#[test]
fn texts_are_those_that_people_see() {
    let mut book = Book::of(&column(&[
        ("t='s'", "<v>0</v>"),
        (
            "t='inlineStr'",
            "<is><r><t>a</t></r><r><t>b</t></r><rPh sb='0' eb='1'><t>ｱ</t></rPh></is>",
        ),
        ("", "<v>4901234567894</v>"),
        ("s='1'", "<v>7</v>"),
        ("s='2'", "<v>600000</v>"),
        ("t='b'", "<v>0</v>"),
        ("t='inlineStr'", "<is><t>a&#10;b</t></is>"),
        ("t='inlineStr'", "<is><t>a_x0007_b</t></is>"),
        ("t='s'", "<v>9</v>"),
        ("s='1'", "<v>7.5</v>"),
        ("s='3'", "<v>46027</v>"),
        ("t='inlineStr'", "<is><t xml:space='preserve'> x </t></is>"),
    ]));
    book.formats = vec!["0000", "000\\-0000", "yyyy/m/d"];
    book.shared = "<si><r><t>髙</t></r><r><rPr/><t>島屋</t></r>\
                   <rPh sb='0' eb='1'><t>タカシマヤ</t></rPh><phoneticPr fontId='1'/></si>";
    let read = one("type: text", &book);
    assert_eq!(read[..4], [ok("髙島屋"), ok("ab"), ok("4901234567894"), ok("0007")]);
    assert!(read[4].as_ref().is_err_and(|it| it.contains("by the format `000\\-0000`")));
    assert_eq!(read[5], ok("FALSE"));
    assert!(read[6].as_ref().is_err_and(|it| it.contains("`multiline`")));
    assert!(read[7].as_ref().is_err_and(|it| it.contains("no control characters")));
    assert_eq!(read[8], bad("nothing at 売上!A9: a text that the workbook has"));
    assert!(read[9].as_ref().is_err_and(|it| it.contains("without its fraction")));
    assert!(read[10].as_ref().is_err_and(|it| it.starts_with("2026-01-05 at 売上!A11: a text; ")));
    assert_eq!(read[11], ok(" x "));
    let free = one_of("multiline: true\ncontrol_characters: true\n", "type: text", &book);
    assert_eq!(free[6..8], [ok("a\nb"), ok("a\u{7}b")]);
}

#[test]
fn dates_are_told_by_their_format() {
    let mut book = Book::of(&column(&[
        ("s='1'", "<v>46027</v>"),
        ("", "<v>46027</v>"),
        ("", "<v>20260105</v>"),
        ("t='inlineStr'", "<is><t>20260105</t></is>"),
        ("t='d'", "<v>2026-01-05</v>"),
        ("s='1'", "<v>46027.5</v>"),
        ("s='1'", "<v>60</v>"),
    ]));
    book.formats = vec!["[$-411]ggge&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"];
    let read = one("type: date, format: YYYYMMDD", &book);
    assert_eq!(read[0], ok("20260105"));
    assert!(read[1].as_ref().is_err_and(|it| it.starts_with("46027 at 売上!A2: a date")));
    assert_eq!(read[2..5], [ok("20260105"), ok("20260105"), ok("20260105")]);
    assert_eq!(read[5], bad("2026-01-05 12:00:00 at 売上!A6: a date without a time of the day"));
    assert_eq!(read[6], bad("60 at 売上!A7: a day of the calendar"));
    book.from_1904 = true;
    assert_eq!(one("type: date, format: YYYYMMDD", &book)[0], ok("20300106"));
    let amount = one("type: integer", &book);
    assert!(amount[0].as_ref().is_err_and(|it| it.contains("`type: date`")));
}

#[test]
fn one_bad_cell_hides_nothing_and_personal_ones_are_masked() {
    let row = |number, name, amount| cells(number, &[("t='inlineStr'", name), ("", amount)]);
    let rows = [
        texts(1, &["氏名", "金額"]),
        row(2, "<is><t>山田</t></is>", "<v>1</v>"),
        row(3, "<is><t>山田&#10;太郎</t></is>", "<v>1.5</v>"),
        row(4, "<is><t>佐藤</t></is>", "<v>3</v>"),
    ];
    let layout = sheet(
        "header: names\n",
        "- { name: name, header: 氏名, personal: true }\n- { name: amount, header: 金額, type: integer }\n",
    );
    let rows = layout.read(&Book::of(&rows.concat()).bytes()).expect("reads");
    assert_eq!(all(&rows), ["山田,1", "佐藤,3"]);
    assert_eq!(rows.rows.iter().map(|it| it.number).collect::<Vec<_>>(), [1, 3]);
    let found: Vec<_> = faults(&rows).into_iter().map(|it| (it.0, it.1, it.2)).collect();
    let wanted =
        [(2, "name", "(5 characters, masked) at 売上!A3"), (2, "amount", "1.5 at 売上!B3")];
    assert_eq!(found, wanted.map(|(n, field, it)| (n, field.to_owned(), it.to_owned())));
}
