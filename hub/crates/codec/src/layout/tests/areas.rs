//! Areas of fixed records that repeat or lie over others, kept bytes, and lines
//! that are numbered.

use super::*;

const SALES: &str = "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 20\nline_end: none\n\
lossless: true\ncolumns:\n- { name: kind, bytes: 1 }\n- { name: count, type: integer, negative: refused, bytes: 1 }\n\
- { name: text, bytes: 4, when: { column: kind, is: T } }\n\
- { name: amount, type: decimal, scale: 2, storage: packed, overlay: true, start: 3, bytes: 4, when: { column: kind, is: [A, B] } }\n\
- { occurs: 2, depending_on: count, columns: [{ name: item, bytes: 3 }, \
{ name: price, type: integer, negative: zone, bytes: 2 }] }\n- { name: rest, type: bytes, bytes: 4 }\n";

#[test]
fn what_a_record_has_depends_on_what_it_says() {
    let layout = layout(SALES);
    let names: Vec<_> = layout.shape().fields.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        ["kind", "count", "text", "amount", "item_1", "price_1", "item_2", "price_2", "rest"]
    );
    let bytes = [&b"T2abc xx 0\x71yy 12\x00\xFF\x1A\x0D"[..], b"A1\x00\x12\x34\x5Dzz 07          "]
        .concat();
    let bytes = [&bytes[..36], b"\x80\x00\x0A\x40"].concat();
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(rows.faults, []);
    assert_eq!(all(&rows), ["T,2,abc,,xx,-1,yy,12,00FF1A0D", "A,1,,-123.45,zz,7,,,80000A40"]);
    assert_eq!(layout.write(&rows, &Policy::exact()).expect("writes").bytes, bytes);
    // Neither of the two, and the room of it is not empty.
    let found = |bytes: &[u8]| {
        let rows = layout.read(bytes).expect("reads");
        faults(&rows).into_iter().map(|it| (it.1, it.3)).collect::<Vec<_>>()
    };
    let unused = "it as this layout writes it (unused room is spaces)".to_owned();
    let mut other = bytes[..20].to_vec();
    other[0] = b'C';
    assert_eq!(found(&other), [(String::new(), unused.clone())]);
    let mut used = bytes[20..].to_vec();
    used[13] = b'x';
    assert_eq!(found(&used), [(String::new(), unused)]);
    let mut many = bytes[..20].to_vec();
    many[1] = b'3';
    assert_eq!(found(&many), [("count".to_owned(), "at most 2".to_owned())]);
}

#[test]
fn faults_of_areas_have_places() {
    let codes = |columns: &str| {
        let text = format!(
            "layout: t\nversion: 1\nline_end: lf\nformat: fixed\ncharset: cp932\nrecord_bytes: 4\ncolumns:\n{columns}"
        );
        let faults = Layout::parse("t", &text).expect_err("refused");
        faults.iter().map(|it| (it.code, it.place.line)).collect::<Vec<_>>()
    };
    let four = "- { name: a, bytes: 4 }\n";
    assert_eq!(codes(&format!("{four}- {{ name: b, overlay: true, bytes: 1 }}\n")), [("L06", 9)]);
    let outside = "- { name: b, overlay: true, start: 4, bytes: 2 }\n";
    assert_eq!(codes(&format!("{four}{outside}")), [("L06", 1)]);
    let later = "- { name: b, bytes: 4, when: { column: c, is: X } }\n";
    assert_eq!(codes(later), [("L04", 8)]);
    let both = "- { name: b, overlay: true, start: 1, bytes: 1, when: { column: a } }\n";
    assert_eq!(codes(&format!("{four}{both}")), [("L18", 9)]);
    let never = "- { occurs: 0, columns: [{ name: a, bytes: 1 }] }\n";
    assert_eq!(codes(never), [("L09", 1), ("L06", 8)]);
    let none = "- { occurs: 2, depending_on: n, columns: [{ name: a, bytes: 2 }] }\n";
    assert_eq!(codes(none), [("L06", 1), ("L04", 8)]);
}

const NUMBERED: &str = "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\nrecords:\n\
- { name: order, role: header, code: H, sequence: { column: no }, columns: [{ value: H }, { name: no, type: integer }] }\n\
- { name: lines, role: detail, code: D, sequence: { column: line, within: record, start: 1 }, \
columns: [{ value: D }, { name: line, type: integer }] }\n";

#[test]
fn gaps_in_numbers_are_known() {
    let layout = layout(NUMBERED);
    let good = "H,7\nD,1\nD,2\nH,8\nD,1\nH,9\n";
    assert_eq!(all(&layout.read(good.as_bytes()).expect("reads")), ["7,[1;2]", "8,[1]", "9,[]"]);
    // In a record: that record. In the input: nothing can be trusted.
    let bad = "H,7\nD,1\nD,3\nD,4\nH,8\nD,2\nH,9\nD,x\nD,2\n";
    let rows = layout.read(bad.as_bytes()).expect("reads");
    let found: Vec<_> = faults(&rows).into_iter().map(|it| (it.0, it.2, it.3)).collect();
    let next = |it: u32| format!("{it}, the next number in the record");
    assert_eq!(
        found,
        [
            (1, "3".to_owned(), next(2)),
            (2, "2".to_owned(), next(1)),
            (3, "x".to_owned(), "a whole number".to_owned())
        ]
    );
    for (bad, at, expected) in
        [("H,7\nH,9\n", 6, "8"), ("H,7\nH,7\n", 6, "8"), ("H,2\nH,1\n", 6, "3")]
    {
        let fault = layout.read(bad.as_bytes()).expect_err("refused");
        let told = (fault.code, fault.offset, fault.expected.as_str());
        assert_eq!(told, ("sequence-gap", at, expected), "{bad}");
    }
}
