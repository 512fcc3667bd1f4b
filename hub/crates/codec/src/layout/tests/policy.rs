//! What a layout says of characters that its set does not have, and the traps
//! of files of whole records: cut, miscounted, poisoned.

use super::*;

const HEAD: &str = "layout: t/t\nversion: 1\nformat: csv\nline_end: crlf\nheader: none\n";

/// Records with a name and an amount, and a trailer that counts and adds.
fn with_trailer(charset: &str) -> Layout {
    layout(&format!(
        "{HEAD}charset: {charset}\nrecords:\n  - name: sale\n    columns: [{{ name: name }}, \
         {{ name: amount, type: integer }}]\n  - name: end\n    role: trailer\n    code: END\n    \
         columns: [{{ value: END }}, {{ name: count, type: integer }}, \
         {{ name: total, type: integer }}]\n    checks: [{{ column: count, count: sale }}, \
         {{ column: total, sum: sale.amount }}]\n"
    ))
}

fn rows() -> Rows {
    let text = "吉,1\r\n𠮷野家,20\r\n髙島屋〜①,300\r\nEND,3,321\r\n";
    with_trailer("utf-8").read(text.as_bytes()).expect("reads")
}

/// H25: the configured policy, and never `&#134071;`.
#[test]
fn what_cannot_be_written_is_refused_replaced_or_set_aside() {
    let refused = with_trailer("cp932").write_as_said(&rows()).expect_err("refused");
    let found: Vec<(u64, &str)> =
        refused.iter().map(|it| (it.number, it.faults[0].found.as_str())).collect();
    assert_eq!(found, [(2, "U+20BB7")]);

    let quarantine = "{ name: cp932, write: { unwritable: quarantine } }";
    let written = with_trailer(quarantine).write_as_said(&rows()).expect("writes");
    assert_eq!(written.set_aside.iter().map(|it| it.number).collect::<Vec<_>>(), [2]);
    let told: Vec<(u64, &str, &str, &str)> = written
        .changes
        .iter()
        .map(|(row, field, it)| (*row, field.as_str(), it.before.as_str(), it.after.as_str()))
        .collect();
    assert_eq!(told, [(3, "name", "〜", "～")]);
    let bytes = b"\x8B\x67,1\r\n\xFB\xFC\x93\x87\x89\xAE\x81\x60\x87\x40,300\r\nEND,2,301\r\n";
    assert_eq!(written.bytes, bytes);

    let substitute = "{ name: cp932, write: { unwritable: substitute, table: { 𠮷: 吉 } } }";
    let written = with_trailer(substitute).write_as_said(&rows()).expect("writes");
    assert_eq!((written.changes.len(), written.set_aside.len()), (2, 0));
    assert!(written.bytes.starts_with(b"\x8B\x67,1\r\n\x8B\x67\x96\xEC\x89\xC6,20\r\n"));
    // A fault of no record is no record's to set aside.
    let named = format!(
        "{}charset: {{ name: cp932, write: {{ unwritable: quarantine }} }}\ncolumns: [{{ name: a, header: 𠮷 }}]\n",
        HEAD.replace("header: none", "header: names")
    );
    assert!(layout(&named).write_as_said(&Rows::default()).is_err());
}

/// H24: the same record from a Windows file and from UTF-8 writes the same bytes.
#[test]
fn one_text_from_two_sets_is_one_text() {
    let windows = with_trailer("cp932");
    let bytes = b"\xEE\xE0\x93\x87\x89\xAE\x81\x60\x87\x40,1\r\nEND,1,1\r\n";
    let read = windows.read(bytes).expect("reads");
    assert_eq!(read.cell(&read.rows[0], 0), "髙島屋～①");
    let text = "髙島屋〜①,1\r\nEND,1,1\r\n";
    let other = with_trailer("utf-8").read(text.as_bytes()).expect("reads");
    let written = [&read, &other].map(|it| windows.write_as_said(it).expect("writes").bytes);
    assert_eq!(written[0], written[1]);
    assert_eq!(written[0], b"\xFB\xFC\x93\x87\x89\xAE\x81\x60\x87\x40,1\r\nEND,1,1\r\n");
}

/// H26, H27, H28: cut within a character, a wrong count, one bad line.
#[test]
fn a_file_that_cannot_be_trusted_is_refused_whole() {
    let layout = with_trailer("cp932");
    let cut = layout.read(b"\x8B\x67,1\r\n\x95").expect_err("refused");
    assert_eq!((cut.code, cut.offset), ("truncated", 6));
    let count = layout.read(b"\x8B\x67,1\r\nEND,2,1\r\n").expect_err("refused");
    assert_eq!(count.code, "trailer-mismatch");
    let mut bytes: Vec<u8> = b"\x8B\x67,1\r\n".repeat(10_000);
    bytes.splice(6 * 5000..6 * 5000 + 2, [0xFD, 0x41]);
    bytes.extend_from_slice(b"END,10000,10000\r\n");
    let mut hidden = bytes.clone();
    // Of the one line the amount still reads, of the other it does not.
    hidden.splice(6 * 5000..6 * 5000 + 4, *b"\x8B\x67,\xFD");
    for bytes in [bytes, hidden] {
        let read = layout.read(&bytes).expect("the others are good");
        assert_eq!((read.rows.len(), read.faults.len()), (9_999, 1));
        assert_eq!((read.faults[0].number, read.faults[0].offset), (5001, 30_000));
    }
}
