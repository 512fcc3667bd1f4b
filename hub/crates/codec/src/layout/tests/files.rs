//! Faults of layout files: code and place of each.

use super::*;

fn codes(text: &str) -> Vec<(&'static str, u32)> {
    let faults = Layout::parse("t", text).expect_err("refused");
    faults.iter().map(|it| (it.code, it.place.line)).collect()
}

const HEAD: &str = "layout: t\nversion: 1\nline_end: lf\n";

#[test]
fn faults_have_codes_and_places() {
    let csv = format!("{HEAD}format: csv\nheader: none\n");
    let cases = [
        ("charset: cp923\ncolumns: [{ name: a }]\n", vec![("L01", 6)]),
        ("charset: cp932\ncolumns: [{ name: a, tpye: text }]\n", vec![("Y12", 7)]),
        ("charset: cp932\ncolumns:\n- { name: a }\n- { name: a }\n", vec![("L03", 1), ("L03", 9)]),
        (
            "charset: cp932\ncolumns: [{ name: a }]\ngroup: { name: g, key: [b], columns: [] }\n",
            vec![("L04", 8)],
        ),
        ("charset: cp932\ncolumns: [{ name: a, type: decimal }]\n", vec![("Y11", 7)]),
        ("charset: cp932\ncolumns: [{ name: a, type: date, format: YYYYM }]\n", vec![("L13", 7)]),
        ("charset: cp932\ndelimiter: ab\ncolumns: [{ name: a }]\n", vec![("L07", 7)]),
        ("charset: cp932\n", vec![("L08", 1)]),
        (
            "charset: cp932\nrecords:\n- { name: a, role: detail, columns: [{ name: x }] }\n",
            vec![("L09", 1), ("L09", 1)],
        ),
        (
            "charset: cp932\nrecords:\n- { name: a, columns: [{ name: x }] }\n- { name: b, columns: [{ name: y }] }\n",
            vec![("L10", 1)],
        ),
        (
            "charset: cp932\nlossless: true\neof_mark: optional\ncolumns: [{ name: a }]\n",
            vec![("L12", 1)],
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(codes(&format!("{csv}{text}")), wanted, "{text}");
    }
}

#[test]
fn fixed_fields_fill_their_record() {
    let fixed = format!("{HEAD}format: fixed\ncharset: cp932\nrecord_bytes: 8\n");
    assert_eq!(codes(&format!("{fixed}columns: [{{ name: a, bytes: 7 }}]\n")), [("L06", 1)]);
    let gap = "columns:\n- { name: a, bytes: 4 }\n- { name: b, start: 6, bytes: 4 }\n";
    assert_eq!(codes(&format!("{fixed}{gap}")), [("L06", 9)]);
    let rendered =
        Layout::parse("t", &format!("{fixed}{gap}")).expect_err("refused")[0].render(gap);
    assert!(rendered.contains("it must be 5, or a filler is missing"), "{rendered}");
}

#[test]
fn sums_are_of_numbers() {
    let text = format!(
        "{HEAD}format: csv\ncharset: utf-8\nheader: none\nrecords:\n- {{ name: row, columns: [{{ name: a }}, {{ name: n, type: integer }}] }}\n\
         - {{ name: end, role: trailer, code: E, columns: [{{ value: E }}, {{ name: c }}], checks: [{{ column: c, sum: row.a }}] }}\n"
    );
    let faults = Layout::parse("t", &text).expect_err("refused");
    assert_eq!(faults[0].message, "no column of numbers `a`");
    assert_eq!(faults[0].expected.as_deref(), Some("one of n"));
}
