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
