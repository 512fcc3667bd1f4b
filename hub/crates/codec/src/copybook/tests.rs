//! A copybook becomes a layout that reads what the program writes.

use super::*;
use crate::{
    charset::{Policy, Profile},
    layout::Layout,
};

const COPYBOOK: &str = "      * A sale as the host writes it.
000100 01  SALE-REC.
000200     05  SHOP-CODE        PIC X(4).
000300     05  SALE-DATE        PIC 9(8).
000400     05  SALE-DATE-R REDEFINES SALE-DATE.
000500         10  YYYY         PIC 9(4).
000600         10  MMDD         PIC 9(4).
000700     05  AMOUNT           PIC S9(7)V99 COMP-3.
000800     05  STOCK            PIC S9(4) USAGE IS COMP.
000900     05  POINTS           PIC S9(3).
001000         88  NO-POINTS    VALUE ZERO.
001100     05  LINE-ITEM OCCURS 2 TIMES.
001200         10  ITEM         PIC X(3).
001300         10  QTY          PIC 9(2) COMP-3.
001400     05  FILLER           PIC X(2) VALUE SPACES.
001500     05  PRINTED          PIC ZZ9.99.
";

fn import(text: &str, charset: Charset) -> Result<Imported, Vec<Diagnostic>> {
    to_layout(
        "SALE.cpy",
        text,
        Options { layout: "host/sale", charset, line_end: "none", framing: None },
    )
}

#[test]
fn a_copybook_becomes_a_layout() {
    let imported = import(COPYBOOK, Charset::Cp037).expect("imports");
    let warnings: Vec<_> =
        imported.warnings.iter().map(|it| (it.place.line, it.message.as_str())).collect();
    assert_eq!(
        warnings,
        [
            (5, "`SALE-DATE-R` redefines `SALE-DATE`: both are read"),
            (16, "`PRINTED` is edited for printing and taken as text")
        ]
    );
    let layout = Layout::parse("t", &imported.layout).expect("a layout");
    let names: Vec<_> = layout.shape().fields.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "shop_code",
            "sale_date",
            "yyyy",
            "mmdd",
            "amount",
            "stock",
            "points",
            "item_1",
            "qty_1",
            "item_2",
            "qty_2",
            "printed"
        ]
    );
    let record = [
        b"\xE2\xF0\xF0\xF1\xF2\xF0\xF2\xF6\xF0\xF1\xF0\xF5".as_slice(),
        b"\x00\x01\x23\x45\x6D\xFF\xFE\xF0\xF1\xD2",
        b"\xC1\xC2\xC3\x01\x2F\xC4\x40\x40\x00\x0F\x40\x40\x40\xF1\xF2\x4B\xF5\xF0",
    ]
    .concat();
    let rows = layout.read(&record).expect("reads");
    assert_eq!(rows.faults, []);
    let cells: Vec<_> = rows.rows[0].cells.iter().map(|it| rows.text_of(*it)).collect();
    assert_eq!(
        cells,
        [
            "S001", "20260105", "2026", "105", "-1234.56", "-2", "-12", "ABC", "12", "D", "0",
            " 12.50"
        ]
    );
}

#[test]
fn the_machine_tells_how_signs_and_bytes_lie() {
    let text = "01 R. 05 A PIC S9(3). 05 B PIC 9(9) COMP-5. 05 C PIC S9(2) SIGN IS TRAILING SEPARATE.\n\
                05 D PIC S9(2) SIGN LEADING SEPARATE CHARACTER. 05 E PIC 9(18) COMP.";
    let host = import(text, Charset::Cp037).expect("imports").layout;
    let small = import(text, Charset::Cp932).expect("imports").layout;
    assert!(host.contains("negative: overpunch, bytes: 3"), "{host}");
    assert!(small.contains("negative: zone, bytes: 3"), "{small}");
    assert!(host.contains("storage: binary, negative: refused, bytes: 4"), "{host}");
    assert!(small.contains("storage: binary_little, negative: refused, bytes: 4"), "{small}");
    assert!(small.contains("name: c, type: integer, negative: trailing_sign, bytes: 3"), "{small}");
    assert!(small.contains("name: d, type: integer, negative: sign, bytes: 3"), "{small}");
    assert!(
        small.contains("name: e, type: integer, storage: binary, negative: refused, bytes: 8"),
        "{small}"
    );
    for text in [host, small] {
        Layout::parse("t", &text).expect("a layout");
    }
}

/// Wide characters: UTF-16, and double bytes without shift codes.
#[test]
fn wide_characters_have_their_own_set() {
    let text = "01 R. 05 A PIC X(4). 05 N PIC N(3). 05 G PIC G(3) USAGE DISPLAY-1.\n\
                05 M PIC N(2) USAGE IS NATIONAL.";
    let small = import(text, Charset::Cp932).expect("imports").layout;
    assert!(small.contains("name: n, bytes: 6") && small.contains("name: g, bytes: 6"), "{small}");
    assert!(small.contains("name: m, charset: utf-16be, bytes: 4"), "{small}");
    let host = import(text, Charset::Cp939).expect("imports").layout;
    let layout = Layout::parse("t", &host).unwrap_or_else(|it| panic!("{it:#?}"));
    // 漢 is 6F22 in Unicode; in code page 939 it has the code that follows SO.
    let wide = Profile::new(Charset::Cp939).encode_exact("漢字").expect("it has them");
    let record = [
        b"\xC1\xC2\x40\x40\x6F\x22\x5B\x57\x00\x20".as_slice(),
        &wide[1..5],
        b"\x40\x40\x00\x41\x00\x20",
    ]
    .concat();
    let rows = layout.read(&record).expect("reads");
    assert_eq!(rows.faults, []);
    let cells: Vec<_> = rows.rows[0].cells.iter().map(|it| rows.text_of(*it)).collect();
    assert_eq!(cells, ["AB", "漢字", "漢字", "A"]);
    let written = layout.write(&rows, &Policy::exact()).expect("writes").bytes;
    assert_eq!(written, record);
    // A code that shifts has no place there, and half a pair of units is no character.
    for (at, byte) in [(10, 0x0E), (13, 0x0F), (4, 0xD8)] {
        let mut bad = record.clone();
        bad[at] = byte;
        let rows = layout.read(&bad).expect("the record is cut");
        assert_eq!(rows.faults.len(), 1, "{at}");
    }
    // Single bytes cannot be written there.
    let mut other = rows.clone();
    let cell = other.rows[0].cells[0];
    other.rows[0].cells[2] = cell;
    let faults = layout.write(&other, &Policy::exact()).expect_err("refused");
    assert_eq!(faults[0].faults[0].expected, "double-byte characters only");
    for bad in ["PIC N(2) COMP-3", "PIC 9(2) NATIONAL", "PIC NG"] {
        assert!(import(&format!("01 R. 05 A {bad}."), Charset::Cp939).is_err(), "{bad}");
    }
    let faulty = host.replace("charset: cp939, unshifted", "charset: cp932, unshifted");
    assert!(Layout::parse("t", &faulty).is_err());
}

#[test]
fn what_a_layout_cannot_say_is_a_fault() {
    let cases = [
        ("", (1, 1)),
        ("01 A.\n05 B PIC X", (2, 1)),
        ("01 A.\n  05 B PIC X OCCURS 1 TO 5 DEPENDING ON C.", (2, 3)),
        ("01 A.\n  05 B PIC X.\n  05 C PIC XX\n REDEFINES B.", (3, 3)),
        ("01 A.\n  05 C PIC X REDEFINES B.", (2, 3)),
        ("01 A.\n  05 B COMP-1.", (2, 8)),
        ("01 A.\n  05 B PIC 9(4)P.", (2, 3)),
        ("01 A.\n  05 B PIC S9(4) SIGN LEADING.", (2, 3)),
        ("01 A.\n  05 B.", (2, 3)),
        ("01 A PIC X.\n01 B PIC X.", (2, 1)),
        ("01 A.\n 66 B RENAMES C.", (2, 2)),
        ("01 A. 05 B PIC X(4) VALUE 'abc.", (1, 27)),
        ("SELECT A.", (1, 1)),
        ("01 A. 05 B PIC X(3) COMP-3.", (1, 7)),
        ("01 A. 05 T OCCURS 9999. 10 B PIC X.", (1, 7)),
        ("01 A. 05 T OCCURS 999999999.", (1, 7)),
    ];
    for (text, place) in cases {
        let faults = import(text, Charset::Cp037).expect_err("refused");
        let at = faults[0].place;
        assert_eq!((at.line, at.column), place, "{text}: {}", faults[0].message);
        assert_eq!(faults[0].code, "L17");
    }
}

#[test]
fn tables_depend_on_their_count() {
    let text = "01 R. 05 N PIC 9. 05 T OCCURS 0 TO 2 TIMES DEPENDING ON N INDEXED BY I.\n\
                10 A PIC X. 10 Q PIC S9(3) COMP-3. 05 REST PIC X(2).\n\
                05 REST-R REDEFINES REST. 10 R1 PIC X. 10 R2 PIC X.";
    let imported = import(text, Charset::Cp932).expect("imports");
    let warnings: Vec<_> = imported.warnings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        warnings,
        ["`T` has room for all 2 in every record", "`REST-R` redefines `REST`: both are read"]
    );
    let text = imported.layout.replace("format: fixed\n", "format: fixed\nlossless: true\n");
    let layout = Layout::parse("t", &text).unwrap_or_else(|it| panic!("{it:?}\n{text}"));
    let bytes = b"1x\x12\x3D   ab0      cd2x\x00\x1Cy\x00\x2Cef";
    let rows = layout.read(bytes).expect("reads");
    assert_eq!(rows.faults, []);
    let cells = |it: &crate::rows::Row| {
        it.cells.iter().map(|it| rows.text_of(*it)).collect::<Vec<_>>().join(",")
    };
    let all: Vec<_> = rows.rows.iter().map(cells).collect();
    assert_eq!(all, ["1,x,-123,,,ab,a,b", "0,,,,,cd,c,d", "2,x,1,y,2,ef,e,f"]);
    let written = layout.write(&rows, &crate::charset::Policy::exact()).expect("writes");
    assert_eq!(written.bytes, bytes);
}

/// With a framing the record ends behind the last row that is there.
#[test]
fn a_table_at_the_end_changes_the_length() {
    let text = "01 R. 05 N PIC 9. 05 T OCCURS 0 TO 2 TIMES DEPENDING ON N.\n\
                10 A PIC X OCCURS 2. 10 Q PIC S9(3) COMP-3.\n\
                10 Q-R REDEFINES Q PIC X(2).";
    let framed = |text: &str, framing| {
        let charset = Charset::Cp932;
        to_layout(
            "t",
            text,
            Options { layout: "t", charset, line_end: "none", framing: Some(framing) },
        )
    };
    let imported = framed(text, "rdw").expect("imports");
    assert_eq!(imported.warnings.len(), 2, "of REDEFINES: {:?}", imported.warnings);
    assert!(imported.layout.contains("framing: rdw\nends_with: n\n"), "{}", imported.layout);
    let layout = Layout::parse("t", &imported.layout).unwrap_or_else(|it| panic!("{it:?}"));
    let rows = layout.read(b"\0\x09\0\x001xy\x12\x3D\0\x05\0\x000").expect("reads");
    assert_eq!(rows.faults.len(), 1, "12 3D is no text");
    let plain = framed(&text.replace("10 Q-R REDEFINES Q PIC X(2).", ""), "rdw_blocked");
    let layout = Layout::parse("t", &plain.expect("imports").layout).expect("a layout");
    let bytes = b"\0\x12\0\0\0\x09\0\x001xy\x12\x3D\0\x05\0\x000";
    let rows = layout.read(bytes).expect("reads");
    let all: Vec<_> = rows.rows.iter().map(|it| (rows.cell(it, 1), rows.cell(it, 3))).collect();
    assert_eq!((rows.faults.len(), all), (0, vec![("x", "-123"), ("", "")]));
    assert_eq!(layout.write(&rows, &Policy::exact()).expect("writes").bytes, bytes);
    // Where something lies behind a table, a layout cannot say where.
    for rest in ["05 REST PIC X.", "05 M PIC 9. 05 U OCCURS 2 DEPENDING ON N. 10 V PIC X."] {
        let faults = framed(&format!("{text} {rest}"), "rdw").expect_err("refused");
        assert!(faults[0].message.contains("whose length changes"), "{faults:?}");
    }
    let nested = "01 R. 05 N PIC 9. 05 T OCCURS 2. 10 U OCCURS 2 DEPENDING ON N. 15 V PIC X.";
    let faults = framed(nested, "rdw").expect_err("refused");
    assert!(faults[0].message.contains("a table of changing length"), "{faults:?}");
}

#[test]
fn codes_keep_their_zeros_and_say_so() {
    let text = "01 R.\n 05 JAN PIC 9(13).\n 05 SHOP PIC 9(4).\n 05 QTY PIC S9(8).\n";
    let imported = import(text, Charset::Cp932).expect("imports").layout;
    assert!(imported.contains("{ name: jan, bytes: 13 }  # a code"), "{imported}");
    let shop = "{ name: shop, type: integer, negative: refused, bytes: 4 }  # a number";
    assert!(imported.contains(shop), "{imported}");
    let layout = Layout::parse("t", &imported).expect("a layout");
    let rows = layout.read(b"0012345678905000100000012").expect("reads");
    let cells: Vec<_> = rows.rows[0].cells.iter().map(|it| rows.text_of(*it)).collect();
    assert_eq!(cells, ["0012345678905", "1", "12"]);
}

#[test]
fn an_item_with_a_picture_has_no_items_in_it() {
    let text = "01 R.\n 03 A PIC X(4).\n 05 X PIC X.\n 03 B PIC X.\n";
    let faults = import(text, Charset::Cp932).expect_err("A has four bytes, X none");
    let told: Vec<_> =
        faults.iter().map(|it| (it.code, it.place.line, it.message.as_str())).collect();
    assert_eq!(told, [("L17", 3, "`A` has a PIC, and `X` in it")]);
}
