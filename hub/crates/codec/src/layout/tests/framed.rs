//! Records that say their length: RDW before each, BDW before blocks, and records that
//! end with the last row of their table.

use super::*;

/// Ends with a table of one to three bytes text and two bytes packed.
pub(super) const VARYING: &str = "layout: t\nversion: 1\nformat: fixed\ncharset: cp037\n\
framing: rdw\nlossless: true\nends_with: n\ncolumns:\n- { name: no, bytes: 2 }\n\
- { name: n, type: integer, negative: refused, bytes: 1 }\n\
- { occurs: 3, depending_on: n, columns: [{ name: item, bytes: 2 }, \
{ name: price, type: integer, storage: packed, bytes: 2 }] }\n";

/// Kinds of different lengths.
pub(super) const GROUPED: &str = "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\n\
framing: rdw\ntype: { start: 1, bytes: 1 }\nrecords:\n\
- { name: order, role: header, code: H, columns: [{ value: H, bytes: 1 }, { name: no, bytes: 3 }] }\n\
- { name: lines, role: detail, code: D, columns: [{ value: D, bytes: 1 }, { name: item, bytes: 6 }, \
{ name: n, type: integer, bytes: 2 }] }\n\
- { name: end, role: trailer, code: Z, columns: [{ value: Z, bytes: 1 }, { name: count, type: integer, bytes: 2 }], \
checks: [{ column: count, count: lines }] }\n";

pub(super) fn blocked(text: &str) -> String {
    text.replace("framing: rdw\n", "framing: rdw_blocked\nblock_bytes: 40\n")
}

fn word(length: usize) -> [u8; 4] {
    let [high, low] = u16::try_from(length + 4).expect("fits").to_be_bytes();
    [high, low, 0, 0]
}

fn rdw(record: &[u8]) -> Vec<u8> {
    [&word(record.len()), record].concat()
}

fn bdw(records: &[Vec<u8>]) -> Vec<u8> {
    let records = records.concat();
    [&word(records.len()), &*records].concat()
}

pub(super) fn varying() -> Vec<u8> {
    let records: [&[u8]; 4] = [
        b"\xF0\xF1\xF1\xC1\xC2\x12\x3C",
        b"\xF0\xF2\xF0",
        b"\xF0\xF3\xF3\xC1\x40\x00\x1C\xC2\x40\x00\x2D\xC3\x40\x00\x3C",
        b"\xF0\xF4\xF2\x40\x40\x00\x0C\xC2\x40\x00\x2D",
    ];
    records.map(rdw).concat()
}

/// The records of three orders, in blocks of so many records.
pub(super) fn grouped(blocks: &[usize]) -> Vec<u8> {
    let records = [
        "H001",
        "Dｶﾞ表  12",
        "Da     -3",
        "H002",
        "H003",
        "D髙①  07",
        "D      00",
        "Db     40",
        "Z05",
    ];
    let records: Vec<Vec<u8>> = records.iter().map(|it| rdw(&cp932(it))).collect();
    let mut rest = records.as_slice();
    let mut out = Vec::new();
    for count in blocks {
        let (block, after) = rest.split_at(*count);
        out.extend(bdw(block));
        rest = after;
    }
    out
}

#[test]
fn a_record_ends_with_its_table() {
    let layout = layout(VARYING);
    let rows = layout.read(&varying()).expect("reads");
    assert_eq!(rows.faults, []);
    assert_eq!(
        all(&rows),
        ["01,1,AB,123,,,,", "02,0,,,,,,", "03,3,A,1,B,-2,C,3", "04,2,,0,B,-2,,"]
    );
    // With its length it begins at byte 11; its fields behind that.
    let (row, item) = (&rows.rows[2], rows.rows[2].cells[2]);
    assert_eq!((row.offset, row.length, item.offset), (18, 19, 25));
    rewrites(&layout, &varying());
}

/// GnuCOBOL does not count the word in the length that it says.
#[test]
fn a_length_may_be_of_the_record_alone() {
    let layout = layout(&VARYING.replace("framing: rdw", "framing: record_length"));
    let bytes = b"\0\x07\0\0\xF0\xF1\xF1\xC1\xC2\x12\x3C\0\x03\0\0\xF0\xF2\xF0";
    assert_eq!(
        layout.read(bytes).map(|it| all(&it)),
        Ok(["01,1,AB,123,,,,", "02,0,,,,,,"].map(str::to_owned).to_vec())
    );
    rewrites(&layout, bytes);
    // Nothing at all is a record that is too short.
    let found = faults(&layout.read(b"\0\0\0\0").expect("reads"));
    assert_eq!(found[0].2, "0 bytes");
}

/// What the count says is what is there, in both directions.
#[test]
fn the_count_and_the_length_agree() {
    let layout = layout(VARYING);
    let told = |bytes: &[u8]| faults(&layout.read(bytes).expect("reads"));
    let (good, mut other) = (varying(), varying());
    other[6] = 0xF2;
    let wanted = (1, "n".to_owned(), "2".to_owned(), "1, as the record has room for".to_owned());
    assert_eq!(told(&other), [wanted]);
    // Four is more than there is room for by the layout, and an odd length is none.
    other[6] = 0xF4;
    assert_eq!(told(&other)[0].3, "at most 3");
    let odd = [rdw(b"\xF0\xF1\xF1\xC1\xC2"), good.clone()].concat();
    let found = told(&odd);
    let wanted = (1, String::new(), "5 bytes".to_owned(), "3 to 15 bytes, as `n` says".to_owned());
    assert_eq!(found, [wanted]);
    assert_eq!(layout.read(&odd).expect("reads").rows.len(), 4);
    // Nothing is written that would not be read, and nothing is left out.
    let mut rows = layout.read(&good).expect("reads");
    let (one, three) = (rows.rows[0].cells[1], rows.rows[2].cells[1]);
    for (row, count, field) in [(2, one, "item_2"), (1, three, "")] {
        let before = std::mem::replace(&mut rows.rows[row].cells[1], count);
        let told = layout.write(&rows, &Policy::exact());
        if field.is_empty() {
            // Rows that are empty are there, but a packed number may be blank.
            let bytes = told.expect("writes").bytes;
            assert_eq!(layout.read(&bytes).map(|it| all(&it)[1].clone()), Ok("02,3,,,,,,".into()));
        } else {
            assert_eq!(told.expect_err("refused")[0].faults[0].field, field);
        }
        rows.rows[row].cells[1] = before;
    }
}

#[test]
fn kinds_have_lengths_of_their_own() {
    let unblocked = layout(GROUPED);
    let layout = layout(&blocked(GROUPED));
    let wanted = ["001,[ｶﾞ表,12;a,-3]", "002,[]", "003,[髙①,7;,0;b,40]"];
    for blocks in [&[9][..], &[4, 2, 3], &[1, 1, 1, 1, 1, 1, 1, 1, 1], &[2, 7]] {
        let rows = layout.read(&grouped(blocks)).expect("reads");
        assert_eq!(
            (rows.faults.as_slice(), all(&rows)),
            (&[][..], wanted.map(str::to_owned).to_vec())
        );
        // They are written in blocks that are as full as can be.
        let written = layout.write(&rows, &Policy::exact()).expect("writes").bytes;
        assert_eq!(written, grouped(&[3, 3, 3]));
        let unframed = unblocked.write(&rows, &Policy::exact()).expect("writes").bytes;
        assert_eq!(
            unblocked.read(&unframed).map(|it| all(&it)),
            Ok(wanted.map(str::to_owned).to_vec())
        );
    }
    // A line that is too long does not shift the others.
    let mut bytes = grouped(&[9]);
    bytes.splice(8..12, *b"H00100");
    (bytes[1], bytes[5]) = (bytes[1] + 2, 10);
    let found = faults(&layout.read(&bytes).expect("reads"));
    assert_eq!((found[0].2.as_str(), found[0].3.as_str()), ("6 bytes", "4 bytes"));
}

/// Behind a wrong length nothing is where it should be: the whole is refused.
#[test]
fn a_wrong_length_refuses_the_whole() {
    let told = |layout: &Layout, at: usize, change: &[u8]| {
        let mut bytes = if layout.lossless { varying() } else { grouped(&[4, 5]) };
        bytes.splice(at..at + change.len(), change.iter().copied());
        let fault = layout.read(&bytes).expect_err("refused");
        (
            fault.code,
            fault.offset,
            format!("{}: {} / {}", fault.message, fault.found, fault.expected),
        )
    };
    let (varying_, blocked_) = (layout(VARYING), layout(&blocked(GROUPED)));
    let behind = |count: u32, what: &str| {
        format!("behind record {count}: this is not the length of a {what}")
    };
    assert_eq!(
        told(&varying_, 11, &[0, 3]),
        ("framing", 11, behind(1, "record") + ": 3 / at least 4: the length counts itself")
    );
    // Part of a record that goes on in the next block.
    let (code, at, text) = told(&varying_, 11, &[0, 7, 1, 0]);
    assert_eq!((code, at), ("framing", 11));
    assert!(
        text.ends_with(
            "one in pieces (spanned): 00070100 / two bytes with the length, and two zeros"
        ),
        "{text}"
    );
    let (code, at, text) = told(&varying_, 37, &[0, 16]);
    assert_eq!((code, at), ("truncated", 37));
    assert!(text.ends_with("15 bytes / 16 bytes, as its length says"), "{text}");
    // A record does not reach over the end of its block, and a block has a record.
    let (code, at, text) = told(&blocked_, 38, &[0, 9]);
    assert_eq!(
        (code, at, text),
        ("framing", 38, behind(1, "record") + ": 9 / at most 8: the block ends there")
    );
    let (code, at, text) = told(&blocked_, 46, &[0, 4]);
    assert_eq!(
        (code, at, text),
        ("framing", 46, behind(2, "block") + ": 4 / at least 8: a record")
    );
    // Cut in a word, and between two records of a block.
    for (end, at) in [(48, 46), (58, 58)] {
        let fault = blocked_.read(&grouped(&[4, 5])[..end]).expect_err("refused");
        assert_eq!((fault.code, fault.offset), ("truncated", at), "{end}");
    }
}

#[test]
fn what_cannot_say_its_length_is_no_layout() {
    let fault = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        let faults = Layout::parse("t", &text.replace(from, to)).expect_err("refused");
        format!("{} {}", faults[0].code, faults[0].message)
    };
    let (rdw, blocks) = ("framing: rdw\n", blocked(GROUPED));
    let cases = [
        (fault(GROUPED, rdw, "framing: rdw\nline_end: lf\n"), "L06 records that say"),
        (fault(GROUPED, rdw, "framing: rdw\nrecord_bytes: 9\n"), "L06 records that say"),
        (fault(GROUPED, rdw, "framing: rdw\nblock_bytes: 99\n"), "L06 `block_bytes` is for"),
        (fault(&blocks, "block_bytes: 40", "block_bytes: 16"), "L06 the fields of `lines` have 9"),
        (fault(&blocks, "block_bytes: 40", "block_bytes: 40\nlossless: true"), "L12 a lossless"),
        (fault(GROUPED, "start: 1, bytes: 1", "start: 3, bytes: 2"), "L06 `type` lies outside"),
        (fault(VARYING, rdw, "record_bytes: 15\nline_end: none\n"), "L06 `ends_with` needs"),
        (fault(VARYING, "ends_with: n", "ends_with: no"), "L06 the last columns"),
        (fault(VARYING, "ends_with: n", "ends_with: m"), "L04 no column `m`"),
        (
            fault(
                VARYING,
                "price, type: integer, storage: packed, bytes: 2 }] }\n",
                "price, bytes: 2 }] }\n- { name: rest, bytes: 1 }\n",
            ),
            "L06 the last columns",
        ),
    ];
    for (found, wanted) in cases {
        assert!(found.starts_with(wanted), "{found}");
    }
}
