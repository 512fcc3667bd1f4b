//! Fixed records, cut by byte.

use super::*;

const ORDER: &str = include_str!("order.layout.yaml");

fn order(records: &[&str]) -> Vec<u8> {
    cp932(&records.concat())
}

const FILE: &str = "A260105             ";
const GOOD: [&str; 6] = [
    FILE,
    "B00000001表示ソ髙   ",
    "Dｶﾞﾑ     00012345012",
    "Dﾊﾟﾝ     -0000050-01",
    "B00000002           ",
    "Z00002000011        ",
];

#[test]
fn records_group_by_type() {
    let bytes = order(&GOOD);
    let layout = layout(ORDER);
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(rows.faults, []);
    assert_eq!(
        all(&rows),
        ["260105,00000001,表示ソ髙,[ｶﾞﾑ,123.45,12;ﾊﾟﾝ,-0.50,-1]", "260105,00000002,,[]"]
    );
    let cost = rows.rows[0].groups[0][0].cells[1];
    assert_eq!((cost.offset, cost.length), (49, 8));
    rewrites(&layout, &bytes);
}

#[test]
fn a_bad_record_is_set_aside_and_a_cut_file_refused() {
    let layout = layout(ORDER);
    let mut bytes = order(&GOOD);
    bytes[50] = b'x';
    assert_eq!(layout.read(&bytes).map(|it| all(&it)).expect("reads"), ["260105,00000002,,[]"]);
    // A field that begins or ends within a character.
    let mut bytes = order(&GOOD);
    bytes[39] = 0x95;
    let rows = layout.read(&bytes).expect("reads");
    let found = faults(&rows);
    assert_eq!((found[0].1.as_str(), found[0].2.as_str()), ("shop", "95"));
    assert_eq!(rows.faults[0].faults[0].offset, Some(39));
    let mut bytes = order(&GOOD);
    bytes.truncate(110);
    assert_eq!(
        layout.read(&bytes).map_err(|it| (it.code, it.offset)).expect_err("cut"),
        ("truncated", 100)
    );
    let wrong = order(&[FILE, "B00000001           ", "Z00001000000        "]);
    let fault = layout.read(&wrong).expect_err("refused");
    assert_eq!((fault.code, fault.offset, fault.found.as_str()), ("trailer-mismatch", 41, "1"));
}

#[test]
fn lines_of_the_wrong_length_do_not_shift_the_others() {
    let text = "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 6\nline_end: crlf\n\
                eof_mark: optional\ncolumns: [{ name: a, bytes: 4, pad: \"　\" }, { name: n, type: integer, bytes: 2 }]\n";
    let layout = layout(text);
    let bytes = cp932("表　01\r\n表01\r\nab  07\r\n\u{1A}");
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(all(&rows), ["表,1", "ab  ,7"]);
    let found = faults(&rows);
    assert_eq!((found[0].0, found[0].2.as_str(), found[0].3.as_str()), (2, "4 bytes", "6 bytes"));
}

#[test]
fn what_does_not_fit_is_not_written() {
    let layout = layout(ORDER);
    let mut rows = layout.read(&order(&GOOD)).expect("reads");
    let start = narrow(rows.text.len());
    rows.text.push_str("表示ソートㇰ");
    let end = narrow(rows.text.len());
    rows.rows[0].cells[2] = crate::rows::Cell { start, end, offset: 0, length: 0 };
    let faults = layout.write(&rows, &Policy::refuse()).expect_err("refused");
    assert_eq!(faults[0].faults[0].field, "shop");
    assert!(faults[0].faults[0].expected.contains("U+31F0"), "{faults:?}");
    let faults = layout.write(&rows, &Policy::substitute("〓")).expect_err("refused");
    assert_eq!(faults[0].faults[0].expected, "at most 11 bytes in cp932");
}

const HOST: &str = "layout: host/stock\nversion: 1\nformat: fixed\ncharset: cp037\nrecord_bytes: 22\n\
line_end: none\nlossless: true\ncolumns:\n- { name: item, bytes: 4 }\n\
- { name: price, type: decimal, scale: 2, storage: packed, bytes: 4 }\n\
- { name: stock, type: integer, storage: binary, bytes: 4 }\n\
- { name: small, type: integer, storage: binary_little, negative: refused, bytes: 2 }\n\
- { name: moved, type: integer, negative: overpunch, bytes: 5 }\n\
- { name: plain, type: integer, storage: packed, negative: refused, bytes: 3 }\n";

#[test]
fn cobol_numbers_are_read_and_written() {
    let layout = layout(HOST);
    let record = |item: &[u8], rest: &[u8]| [item, rest].concat();
    let bytes = [
        // ABC, -12345.67, -2, 65535, -12, 123
        record(
            b"\xC1\xC2\xC3\x40",
            b"\x12\x34\x56\x7D\xFF\xFF\xFF\xFE\xFF\xFF\xF0\xF0\xF0\xF1\xD2\x00\x12\x3F",
        ),
        // Z, 0.05, 258, 1, 10, nothing
        record(
            b"\xE9\x40\x40\x40",
            b"\x00\x00\x00\x5C\x00\x00\x01\x02\x01\x00\xF0\xF0\xF0\xF1\xC0\x40\x40\x40",
        ),
    ]
    .concat();
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(rows.faults, []);
    assert_eq!(all(&rows), ["ABC,-12345.67,-2,65535,-12,123", "Z,0.05,258,1,10,"]);
    rewrites(&layout, &bytes);
    // A bad half, and a sign that this layout would write otherwise.
    let mut bad = bytes.clone();
    bad[5] = 0x3A;
    bad[22 + 7] = 0x5F;
    let found: Vec<_> =
        faults(&layout.read(&bad).expect("reads")).into_iter().map(|it| (it.1, it.2)).collect();
    assert_eq!(
        found,
        [("price".to_owned(), "123A567D".to_owned()), ("price".to_owned(), "0000005F".to_owned())]
    );
}

#[test]
fn numbers_that_do_not_fit_are_not_written() {
    let layout = layout(HOST);
    let write = |index: usize, text: &str| {
        let record = b"\xC1\xC2\xC3\x40\x12\x34\x56\x7D\xFF\xFF\xFF\xFE\xFF\xFF\xF0\xF0\xF0\xF1\xD2\x00\x12\x3F";
        let mut rows = layout.read(record).expect("reads");
        let start = narrow(rows.text.len());
        rows.text.push_str(text);
        let end = narrow(rows.text.len());
        rows.rows[0].cells[index] = crate::rows::Cell { start, end, offset: 0, length: 0 };
        layout.write(&rows, &Policy::exact()).map_err(|it| it[0].faults[0].expected.clone())
    };
    for (index, text) in
        [(1, "-99999.99"), (2, "-2147483648"), (3, "65535"), (4, "-99999"), (5, "99999")]
    {
        let written = write(index, text).expect("fits");
        let again = layout.read(&written.bytes).expect("reads");
        assert_eq!(again.cell(&again.rows[0], index), text);
    }
    for (index, text) in [
        (1, "100000"),
        (2, "2147483648"),
        (3, "65536"),
        (3, "-1"),
        (4, "100000"),
        (5, "-1"),
        (2, ""),
    ] {
        assert!(write(index, text).is_err(), "{text}");
    }
}

#[test]
fn binary_bytes_are_not_line_ends() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 3\nline_end: lf\n\
         columns: [{ name: a, bytes: 1 }, { name: n, type: integer, storage: binary, bytes: 2 }]\n",
    );
    let rows = layout.read(b"a\x0A\x0D\nb\x00\x01\n").expect("reads");
    assert_eq!(all(&rows), ["a,2573", "b,1"]);
}

#[test]
fn zeros_that_fill_a_number_are_not_taken_from_its_end() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 8\nline_end: none\n\
         lossless: true\ncolumns: [{ name: n, type: integer, bytes: 4, pad: \"0\" }, \
         { name: d, type: decimal, scale: 1, implied: true, bytes: 4, pad: \"0\" }]\n",
    );
    let bytes = b"012000500000000001200010";
    let rows = layout.read(bytes).expect("reads");
    assert_eq!(all(&rows), ["120,5.0", "0,0.0", "120,1.0"]);
    rewrites(&layout, bytes);
}

#[test]
fn what_is_not_written_so_is_a_fault_of_a_lossless_layout() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 8\nline_end: none\n\
         lossless: true\ncolumns: [{ name: a, bytes: 4 }, { name: n, type: integer, bytes: 4 }]\n",
    );
    let read = |bytes: &[u8]| layout.read(bytes).expect("reads").faults.len();
    for good in [&b"ab  0012"[..], b" ab 0000", b"    -001", "ｱ表 0012".as_bytes()] {
        let good = if good.is_ascii() { good.to_vec() } else { cp932("ｱ表 0012") };
        assert_eq!(read(&good), 0, "{}", good.escape_ascii());
        rewrites(&layout, &good);
    }
    for bad in ["ab    12", "ab  12  ", "ab  -000", "ab  +012", "ab  0-12"] {
        assert_eq!(read(bad.as_bytes()), 1, "{bad}");
    }
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let columns =
        "columns: [{ name: a, bytes: 3 }, { name: d, type: date, format: YYYYMMDD, bytes: 8 }]";
    let head = "layout: t\nversion: 1\ncharset: cp932\nline_end: crlf\n";
    let fixed = layout(&format!("{head}format: fixed\nrecord_bytes: 11\n{columns}\n"));
    let csv = format!("{head}format: csv\nheader: none\n{}\n", columns.replace(", bytes: 3", ""));
    let csv = layout(&csv.replace(", bytes: 8", ""));
    let told = |layout: &Layout, from: &str, to: &str| {
        let is_csv = layout.media_type() == "text/csv";
        let bytes = if is_csv { &b"abc,20260105\r\n"[..] } else { b"abc20260105\r\n" };
        let mut rows = layout.read(bytes).expect("reads");
        rows.text = rows.text.replace(from, to);
        let found =
            layout.write(&rows, &Policy::exact()).map(|it| it.bytes.escape_ascii().to_string());
        found.map_err(|it| it[0].faults[0].expected.clone())
    };
    for layout in [&fixed, &csv] {
        assert_eq!(told(layout, "abc", "a\0c"), Err("no control characters".to_owned()));
        for date in ["2026-105", "20261305", "        "] {
            let found = told(layout, "20260105", date);
            assert_eq!(found, Err("a date or time such as 20260909".to_owned()), "{date}");
        }
    }
    assert_eq!(told(&fixed, "abc", "a\nc"), Err("no control characters".to_owned()));
    assert_eq!(told(&fixed, "abc", "a\tc"), Err("no control characters".to_owned()));
    assert_eq!(told(&csv, "abc", "a\tc"), Ok("a\\tc,20260105\\r\\n".to_owned()));
}

#[test]
fn a_sign_of_its_own_stands_always() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 10\nline_end: none\n\
         lossless: true\ncolumns: [{ name: a, type: integer, negative: sign, bytes: 5 }, \
         { name: b, type: decimal, scale: 2, implied: true, negative: trailing_sign, bytes: 5 }]\n",
    );
    let bytes = b"+00120100+-00120100-+00000000+          ";
    let rows = layout.read(bytes).expect("reads");
    assert_eq!(all(&rows), ["12,1.00", "-12,-1.00", "0,0.00", ","]);
    rewrites(&layout, bytes);
    for bad in ["000120100+", "+00120100 ", "+0012+0100", "-00000100+"] {
        assert_eq!(layout.read(bad.as_bytes()).expect("reads").faults.len(), 1, "{bad}");
    }
}
