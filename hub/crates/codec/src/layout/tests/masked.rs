//! What faults tell of people: nothing of a personal field, and nothing of what may
//! be one where a layout has personal fields.

use super::*;

const CSV: &str = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: crlf\nheader: none\n\
    records:\n  - name: sale\n    code: D\n    columns:\n      - { value: D }\n      \
    - { name: who, personal: true }\n      - { name: kind, one_of: [a, b] }\n";
const FIXED: &str = "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 9\n\
    line_end: crlf\ntype: { start: 1, bytes: 1 }\nrecords:\n  - name: sale\n    code: D\n    \
    columns:\n      - { value: D, bytes: 1 }\n      - { name: who, personal: true, bytes: 6 }\n      \
    - { name: kind, one_of: [a, b], bytes: 2 }\n";

fn open(text: &str) -> String {
    text.replace(", personal: true", "")
}

/// What is found of the first fault, and the bytes that may be shown of it.
fn first(text: &str, input: &str) -> (String, Option<u32>) {
    let rows = layout(text).read(&cp932(input)).expect("reads");
    let fault = &rows.faults[0].faults[0];
    (fault.found.clone(), fault.shows)
}

#[test]
fn a_record_of_no_known_code_tells_none_where_fields_are_personal() {
    let csv = "山田太郎090,x,a\r\n";
    assert_eq!(first(CSV, csv).0, "(7 characters, masked)");
    assert_eq!(first(&open(CSV), csv).0, "山田太郎090");
    assert_eq!(first(FIXED, "090-1234a\r\n").0, "(1 characters, masked)");
    assert_eq!(first(&open(FIXED), "090-1234a\r\n").0, "0");
}

#[test]
fn a_fault_says_how_much_of_its_field_may_be_shown() {
    assert_eq!(first(CSV, "D,山田,\"c\"\r\n"), ("\\\"c\\\"".to_owned(), Some(3)));
    assert_eq!(first(FIXED, "D山田  c \r\n"), ("c ".to_owned(), Some(2)));
    // A field that is personal, and one that nobody knows.
    let long = CSV.replace("personal: true", "personal: true, chars_max: 1");
    assert_eq!(first(&long, "D,山田,a\r\n"), ("(2 characters, masked)".to_owned(), None));
    assert_eq!(first(CSV, "D,山田,a,x\r\n").1, None);
    let bad = |text: &str, bytes: &[u8]| {
        let rows = layout(text).read(bytes).expect("reads");
        (rows.faults[0].faults[0].field.clone(), rows.faults[0].faults[0].shows)
    };
    for (text, bytes) in [(CSV, &b"D,\x81\x30,a\r\n"[..]), (FIXED, b"D\x81\x30    a \r\n")] {
        assert_eq!(bad(text, bytes), ("who".to_owned(), None));
        assert_eq!(bad(&open(text), bytes), ("who".to_owned(), Some(1)));
    }
}

#[test]
fn a_lost_header_does_not_tell_the_first_customer() {
    let text = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: crlf\nheader: HEADER\n\
        columns:\n  - { name: no, header: 会員コード, personal: true }\n  \
        - { name: name, header: 氏名 }\n  - { name: town, header: 市 }\n";
    let found = |header: &str, first: &str| {
        let text = text.replace("HEADER", header);
        let bytes = cp932(&format!("{first}\r\n1,2,3\r\n"));
        layout(&text).read(&bytes).expect_err("drifted").found
    };
    assert_eq!(found("names", "090-1234-5678,山田,堺"), "(13 characters, masked)");
    assert_eq!(found("any_order", "会員コート,氏家,市"), "", "too much like a record");
    // A line that has most of the names is a header, and says which has changed.
    assert_eq!(found("names", "会員番号,氏名,市"), "会員番号");
    assert_eq!(found("any_order", "会員コート,氏名,市"), "会員コート");
}

#[test]
fn a_bad_byte_is_told_of_the_field_that_stands_there() {
    let text = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: any_order\n\
        columns: [{ name: name, personal: true }, { name: code }]\n";
    for (input, field, shows) in [
        (&b"code,x,name\na\x81\x30,b,c\n"[..], "code", Some(1)),
        (b"code,x,name\na,b,c\x81\x30\n", "name", None),
        (b"code,x,name\na,b\x81\x30,c\n", "", None),
    ] {
        let rows = layout(text).read(input).expect("reads");
        let fault = &rows.faults[0].faults[0];
        assert_eq!((fault.field.as_str(), fault.shows), (field, shows));
    }
}
