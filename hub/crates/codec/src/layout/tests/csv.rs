//! CSV: grouping, trailers, deviations, and what they do to the other records.

use super::*;

const JOURNAL: &str = include_str!("journal.layout.yaml");

const HEADER: &str = "店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n";

fn journal(lines: &str) -> Vec<u8> {
    cp932(&format!("{HEADER}{lines}"))
}

#[test]
fn a_journal_becomes_receipts() {
    let bytes = journal(
        "0001,000101,20260105,M1,\"表示ソート髙①㈱\",1080\r\n0001,000101,20260105,M1,\"ｶﾞﾑ ﾊﾟﾝ～\",-216\r\n\
         0001,000102,20260105,,\"能,\"\"十\"\"\",300\r\nEND,3,1164\r\n",
    );
    let layout = layout(JOURNAL);
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(rows.faults, []);
    assert_eq!(
        all(&rows),
        [
            "0001,000101,20260105,M1,[表示ソート髙①㈱,1080;ｶﾞﾑ ﾊﾟﾝ～,-216]",
            "0001,000102,20260105,,[能,\"十\",300]"
        ]
    );
    // A cell knows its bytes, quotes and all.
    let item = rows.rows[0].groups[0][1].cells[0];
    let from = usize::try_from(item.offset).expect("fits");
    assert_eq!((&bytes[from..from + 11], item.length), (&cp932("\"ｶﾞﾑ ﾊﾟﾝ～\"")[..], 11));
    assert_eq!((rows.records, rows.rows[1].number), (2, 2));
    let second = &rows.rows[1];
    let from = usize::try_from(second.offset).expect("fits");
    assert_eq!(bytes[from..from + 11], *b"0001,000102");
    rewrites(&layout, &bytes);
}

#[test]
fn one_bad_line_sets_its_receipt_aside_and_no_other() {
    let mut bytes = journal("1,1,20260105,M1,\"a\",100\r\n");
    bytes
        .extend_from_slice(b"1,2,20260105,TOOLONG,\"b\x81\x30\",200\r\n1,2,20261305,,\"c\",10\r\n");
    bytes.extend_from_slice(b"1,3,20260105,,\"d\",1\r\nEND,4,311\r\n");
    let rows = layout(JOURNAL).read(&bytes).expect("reads");
    assert_eq!(all(&rows), ["1,1,20260105,M1,[a,100]", "1,3,20260105,,[d,1]"]);
    assert_eq!((rows.records, rows.faults.len()), (3, 1));
    let found = faults(&rows);
    let fields: Vec<_> = found.iter().map(|it| (it.0, it.1.as_str(), it.2.as_str())).collect();
    assert_eq!(
        fields,
        [(2, "item", "81"), (2, "member", "(7 characters, masked)"), (2, "day", "20261305")]
    );
    let offset = rows.faults[0].faults[0].offset.expect("known");
    assert_eq!(bytes[usize::try_from(offset).expect("fits")], 0x81);
}

#[test]
fn a_line_that_may_belong_to_two_receipts_spoils_both() {
    let bytes = journal(
        "1,1,20260105,,\"a\",100\r\nbroken\r\n1,2,20260105,,\"b\",200\r\n1,3,20260105,,\"c\",1\r\n",
    );
    let text = JOURNAL.split("  - name: end").next().expect("a first part");
    let rows = layout(text).read(&bytes).expect("reads");
    assert_eq!(all(&rows), ["1,3,20260105,,[c,1]"]);
    let numbers: Vec<_> = rows.faults.iter().map(|it| it.number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn what_cannot_be_trusted_is_refused_as_a_whole() {
    let layout = layout(JOURNAL);
    let code =
        |bytes: &[u8]| layout.read(bytes).map_err(|it| (it.code, it.offset)).expect_err("refused");
    let line = "1,1,20260105,,\"a\",100\r\n";
    // H27: the trailer counts one more; the sum is another.
    assert_eq!(code(&journal(&format!("{line}END,2,100\r\n"))).0, "trailer-mismatch");
    assert_eq!(code(&journal(&format!("{line}END,1,101\r\n"))).0, "trailer-mismatch");
    assert_eq!(code(&journal(line)).0, "trailer-missing");
    // An amount that cannot be read makes the total unknowable, not the count.
    assert_eq!(code(&journal("1,1,20260105,,\"a\",1x0\r\nEND,2,100\r\n")).0, "trailer-mismatch");
    assert_eq!(code(&journal(&format!("{line}END,1,100\r\n{line}"))).0, "after-trailer");
    // H26: cut within a character, and cut between two.
    let mut cut = journal(line);
    let whole = cut.len();
    cut.extend_from_slice(b"1,2,20260105,,\"\x95");
    assert_eq!(code(&cut), ("truncated", wide(whole + 15)));
    let mut cut = journal(line);
    cut.extend_from_slice(b"1,2,2026");
    assert_eq!(code(&cut), ("truncated", wide(whole)));
    // Drift: a column moved, added, renamed.
    let drift = |header: &str| layout.read(&cp932(header)).expect_err("refused").to_string();
    let moved = drift("伝票番号,店舗コード,営業日,会員コード,商品名,金額\r\n");
    assert!(moved.contains("it is column 2 now"), "{moved}");
    assert!(drift(&HEADER.replace("金額", "金額,税額")).contains("7 columns"));
    assert!(drift(&HEADER.replace("金額", "売上金額")).starts_with("header-drift at byte 45"));
    assert_eq!(code(&cp932(&HEADER.replace("\r\n", "\n"))).0, "line-ends");
    assert_eq!(code(b"").0, "empty");
}

const LOOSE: &str = r#"
layout: shop/items
version: 1
format: csv
charset: utf-8
delimiter: "|"
line_end: any
header: any_order
multiline: true
bare_quotes: true
excel_text: true
skip_blank_lines: true
title_lines: 1
footer_lines: 1
eof_mark: optional
columns:
  - { name: sku, required: true }
  - { name: price, type: decimal, scale: 2, thousands: ",", negative: triangle }
  - { name: note, one_of: [] }
"#;

#[test]
fn deviations_are_allowed_where_the_layout_says_so() {
    let text = "title\nnote|price|new|sku\n\n\"two\nlines\"|▲1,234.50|x|=\"00123\"\r\n5\" disc|.5||A\rtotal 2\n\u{1A}";
    let loose = layout(LOOSE);
    let rows = loose.read(text.as_bytes()).expect("reads");
    assert_eq!(rows.faults, []);
    assert_eq!(all(&rows), ["00123,-1234.50,two\nlines", "A,0.5,5\" disc"]);
    let strict = layout(&LOOSE.replace("multiline: true", "multiline: false"));
    let rows = strict.read(text.as_bytes()).expect("reads");
    assert_eq!(faults(&rows)[0].2, "1 columns");
    let open = "t\nsku|price|note\nA|1|\"x\nB|1|y\nlast\n";
    assert_eq!(loose.read(open.as_bytes()).expect_err("refused").code, "quote-open");
}

#[test]
fn numbers_come_in_normal_form() {
    let text = LOOSE.replace("skip_blank_lines: true", "skip_blank_lines: false");
    let layout = layout(&text.replace("footer_lines: 1", "footer_lines: 0"));
    let read = |number: &str| {
        let text = format!("t\nsku|price|note\nA|{number}|\n");
        let rows = layout.read(text.as_bytes()).expect("reads");
        rows.rows.first().map(|it| rows.cell(it, 1).to_owned())
    };
    let cases = [
        ("007", Some("7")),
        ("0", Some("0")),
        ("000", Some("0")),
        ("△0.00", Some("0.00")),
        ("12.5", Some("12.5")),
        ("1,234,567", Some("1234567")),
        ("", Some("")),
        ("1,23", None),
        ("12.345", None),
        ("5.", None),
        ("-5", None),
        ("１２", None),
        ("1e5", None),
        (" 1", None),
        ("99999999999999999999999999999", None),
    ];
    for (number, wanted) in cases {
        assert_eq!(read(number).as_deref(), wanted, "{number}");
    }
}

#[test]
fn headers_and_details_of_a_till_make_records() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\nrecords:\n\
         - { name: opening, role: file, code: A, columns: [{ value: A }, { name: terminal }] }\n\
         - { name: receipt, role: header, code: H, columns: [{ value: H }, { name: no }] }\n\
         - { name: lines, role: detail, code: [D, R], min: 1, columns: [{ name: kind }, { name: qty, type: integer }] }\n\
         - { name: tender, role: footer, code: T, columns: [{ value: T }, { name: pieces, type: integer }], \
         checks: [{ column: pieces, sum: lines.qty }] }\n\
         - { name: note, role: ignored, code: N }\n",
    );
    let text = "A,T9\nH,1\nD,2\nR,-1\nT,1\nN,whatever\nH,2\nT,0\nH,3\nD,1\nT,2\nX,1\nH,4\nD,5\n";
    let rows = layout.read(text.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["T9,1,1,[D,2;R,-1]"]);
    let found: Vec<_> = faults(&rows).into_iter().map(|it| (it.0, it.1, it.3)).collect();
    let expected = [
        (2, "lines", "at least 1 rows"),
        (3, "pieces", "1, as the lines have it"),
        (3, "", "a record with the code A, H, D, R, T, N"),
        (4, "", "a `tender` line"),
    ];
    assert_eq!(found, expected.map(|(n, f, e)| (n, f.to_owned(), e.to_owned())));
    assert_eq!(layout.read(b"H,1\nD,1\nT,1\n").expect_err("refused").code, "record-missing");
}

#[test]
fn second_bytes_are_never_delimiters() {
    // 表 is 95 5C, ポ is 83 7C: a reader of bytes would split them.
    for (delimiter, text) in [("|", "ポ|ソ|ー"), ("\\\\", "表\\能\\十")] {
        let layout = layout(&format!(
            "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\n\
             delimiter: \"{delimiter}\"\ncolumns: [{{ name: a }}, {{ name: b }}, {{ name: c }}]\n"
        ));
        let bytes = cp932(&format!("{text}\n"));
        let rows = layout.read(&bytes).expect("reads");
        assert_eq!(all(&rows), [text.replace(['|', '\\'], ",")]);
        rewrites(&layout, &bytes);
    }
}

#[test]
fn a_lossless_cell_is_as_it_would_be_written() {
    let text = |more: &str| {
        format!(
            "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: crlf\nheader: none\nlossless: true\n\
             {more}columns: [{{ name: a }}, {{ name: n, type: decimal, scale: 2 }}, {{ name: q, quoting: always }}, \
             {{ name: z, type: integer, digits: 3 }}]\n"
        )
    };
    let plain = layout(&text(""));
    let read = |layout: &Layout, line: &str| {
        let rows = layout.read(&cp932(&format!("{line}\r\n"))).expect("reads");
        rows.faults.iter().flat_map(|it| &it.faults).map(|it| it.field.clone()).collect::<String>()
    };
    for good in ["x,1.50,\"y\",007", ",,\"\",", "\"a,b\",-2,\"\"\"\",-07", "髙,0,\"表\",123"] {
        assert_eq!(read(&plain, good), "", "{good}");
        rewrites(&plain, &cp932(&format!("{good}\r\n")));
    }
    for (bad, field) in [
        ("\"x\",1,\"y\",007", "a"),
        ("x,01,\"y\",007", "n"),
        ("x,1.,\"y\",007", "n"),
        ("x,1,y,007", "q"),
        ("x,1,\"y\",7", "z"),
        ("x,-0.00,\"y\",7", "nz"),
    ] {
        assert_eq!(read(&plain, bad), field, "{bad}");
    }
    // The other code of 髙 would be written as the first.
    let rows = plain.read(b"\xEE\xE0,1,\"y\",007\r\n").expect("reads");
    assert_eq!(rows.faults.len(), 1);
    // A CR that is text would be quoted.
    let controls = layout(&text("control_characters: true\n"));
    assert_eq!(read(&controls, "x\ry,1,\"y\",007"), "a");
}

/// What a body by a layout is called where media types are said.
#[test]
fn what_is_sent_says_what_it_is() {
    let told = |keys: &str| {
        layout(&format!("layout: t\nversion: 1\ncharset: cp932\ncolumns: [{{ name: a{keys}\n"))
            .content_type()
    };
    let csv = told(" }]\nformat: csv\nline_end: crlf\nheader: none");
    assert_eq!(csv, "text/csv; charset=windows-31j");
    let fixed = told(", bytes: 3 }]\nformat: fixed\nline_end: crlf\nrecord_bytes: 3");
    assert_eq!(fixed, "application/octet-stream");
    assert_eq!(told(" }]\nformat: xml\nrecord: /r"), "application/xml; charset=windows-31j");
}
