//! Forms: escaped bytes in the layout's character set.

use super::*;

const ORDER: &str = "layout: t\nversion: 1\nformat: form\ncharset: cp932\ncolumns:\n\
- { name: no, header: order_id, required: true }\n- { name: name, header: お名前, personal: true, chars_max: 8 }\n\
- { name: total, type: integer, thousands: \",\" }\n- { value: v1, header: ver }\n\
- { filler: true, header: submit }\n";

/// 表 is 95 5C, whose second byte stands for itself in forms of old browsers.
const BODY: &[u8] =
    b"order_id=A-1&%82%A8%96%BC%91O=%95%5C+%95\\%83A&total=1%2C080&ver=v1&submit=%91%97%90M";

#[test]
fn escapes_are_bytes_of_the_character_set() {
    let layout = layout(ORDER);
    let rows = layout.read(BODY).expect("reads");
    assert_eq!(
        (rows.faults.as_slice(), all(&rows)),
        (&[][..], vec!["A-1,表 表ア,1080".to_owned()])
    );
    let (row, name) = (&rows.rows[0], rows.rows[0].cells[1]);
    assert_eq!((row.number, row.offset, row.length), (1, 0, BODY.len() as u64));
    assert_eq!((name.offset, name.length), (30, 15));
    // Written as it is read, in the order of the layout.
    let written = layout.write(&rows, &Policy::exact()).expect("writes").bytes;
    let wanted = "order_id=A-1&%82%A8%96%BC%91O=%95%5C+%95%5C%83A&total=1080&ver=v1&submit=";
    assert_eq!(String::from_utf8_lossy(&written), wanted);
    assert_eq!(layout.read(&written).map(|it| all(&it)), Ok(all(&rows)));
    assert_eq!(layout.media_type(), "application/x-www-form-urlencoded");
}

#[test]
fn what_the_layout_does_not_allow_is_a_fault() {
    let layout = layout(ORDER);
    let told = |body: &str| {
        let rows = layout.read(body.as_bytes()).expect("reads");
        assert_eq!((rows.records, rows.rows.len()), (1, 0), "{body}");
        let faults = &rows.faults[0].faults;
        faults
            .iter()
            .map(|it| (it.field.clone(), it.offset, it.expected.clone()))
            .collect::<Vec<_>>()
    };
    let cases = [
        ("order_id=1", "ver", 0, "`v1`; the field is missing"),
        ("ver=v1", "no", 0, "a text; the field is missing"),
        ("ver=v1&order_id=", "no", 16, "a text; it is empty"),
        ("order_id=1&ver=v2", "ver", 15, "`v1`"),
        ("order_id=1&ver=v1&order_id=2", "no", 27, "it at most once"),
        ("order_id=1&ver=v1&total=1.5", "total", 24, "a whole number"),
        ("order_id=1&ver=v1&total=%80", "total", 24, "characters of cp932 (80)"),
        (
            "order_id=%0D%0A&ver=v1",
            "no",
            9,
            "no control characters; `multiline` allows line breaks",
        ),
        ("order_id=1&ver=v1&x=1", "", 18, "a field of the layout; `other_fields` allows others"),
        ("order_id=1&ver=v1&%95=1", "", 18, "the name of a field in cp932"),
    ];
    for (body, field, offset, expected) in cases {
        assert_eq!(told(body), [(field.to_owned(), Some(offset), expected.to_owned())], "{body}");
    }
    let personal = layout.read(b"order_id=1&ver=v1&%82%A8%96%BC%91O=123456789").expect("reads");
    assert_eq!(personal.faults[0].faults[0].found, "(9 characters, masked)");
    let misnamed = layout.read(b"order_id=1&ver=v1&%96%BC%91O=1").expect("reads");
    assert_eq!(misnamed.faults[0].faults[0].found, "(2 characters, masked)");
    for (body, code, at) in [("", "empty", 0), ("a=1&&b=1", "form", 4), ("a=%9", "form", 2)] {
        let fault = layout.read(body.as_bytes()).expect_err("refused");
        assert_eq!((fault.code, fault.offset), (code, at));
    }
}

#[test]
fn other_fields_and_line_breaks_are_taken_where_it_says_so() {
    let layout =
        layout(&ORDER.replace("columns:", "other_fields: true\nmultiline: true\ncolumns:"));
    let rows = layout.read(b"x=1&order_id=a%0D%0Ab&ver=v1").expect("reads");
    assert_eq!(all(&rows), ["a\r\nb,,"]);
    assert!(layout.read(b"x=1&order_id=a%00&ver=v1").expect("reads").rows.is_empty());
}

#[test]
fn a_form_that_cannot_be_written_is_not() {
    let layout = layout(ORDER);
    let mut rows = layout.read(BODY).expect("reads");
    rows.text = rows.text.replace('ア', "⅛");
    let faults = layout.write(&rows, &Policy::refuse()).expect_err("refused");
    assert_eq!(faults[0].faults[0].field, "name");
    let written = layout.write(&rows, &Policy::substitute("〓")).expect("writes");
    assert_eq!((written.changes.len(), written.changes[0].1.as_str()), (1, "name"));
    let second = rows.rows[0].clone();
    rows.rows.push(second);
    let faults = layout.write(&rows, &Policy::refuse()).expect_err("refused");
    assert_eq!(faults[0].faults[0].found, "2 records");
    for (from, to, code) in [
        ("columns:", "lossless: true\ncolumns:", "L12"),
        ("columns:", "group: { name: g, key: [no], columns: [total] }\ncolumns:", "L09"),
        ("columns:", "sequence: { column: total }\ncolumns:", "L09"),
        ("header: ver", "header: order_id", "L03"),
        ("header: ver", "header: \"\"", "L04"),
    ] {
        let faults = Layout::parse("t", &ORDER.replace(from, to)).expect_err("refused");
        assert_eq!(faults[0].code, code, "{to}: {faults:?}");
    }
}
