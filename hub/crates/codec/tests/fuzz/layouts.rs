//! Any bytes by a layout, and any text as a layout or a copybook. The first byte
//! chooses the layout, the second the pieces that the rest comes in.

use std::path::Path;

use codec::{
    charset::{Charset, Policy, Profile},
    copybook::{self, Options},
    layout::{Layout, LayoutFault},
};

const LAYOUTS: [&str; 5] = [
    include_str!("../../src/layout/tests/journal.layout.yaml"),
    include_str!("../../src/layout/tests/order.layout.yaml"),
    "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 12\nline_end: crlf\nlossless: true\n\
     columns:\n- { name: n, type: integer, negative: refused, bytes: 1 }\n\
     - { occurs: 2, depending_on: n, columns: [{ name: a, bytes: 2 }, { name: p, type: integer, storage: packed, bytes: 2 }] }\n\
     - { name: b, type: bytes, bytes: 1 }\n- { name: z, type: integer, negative: zone, bytes: 2 }\n",
    "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nframing: rdw\nlossless: true\nends_with: n\n\
     columns:\n- { name: n, type: integer, negative: refused, bytes: 1 }\n\
     - { occurs: 2, depending_on: n, columns: [{ name: a, bytes: 2 }, { name: p, type: integer, storage: packed, bytes: 2 }] }\n",
    "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nframing: rdw_blocked\nblock_bytes: 40\n\
     type: { start: 1, bytes: 1 }\nrecords:\n\
     - { name: order, role: header, code: H, columns: [{ value: H, bytes: 1 }, { name: no, bytes: 3 }] }\n\
     - { name: lines, role: detail, code: D, columns: [{ value: D, bytes: 1 }, { name: item, bytes: 6 }] }\n",
];

/// Records, faults, and where each was.
fn pieces(layout: &Layout, bytes: &[u8], size: usize) -> Result<(u64, u64), LayoutFault> {
    let mut stream = layout.stream();
    for piece in bytes.chunks(size) {
        stream.push(piece);
        while stream.take()?.is_some() {}
    }
    stream.finish();
    while stream.take()?.is_some() {}
    Ok(stream.records())
}

fn read(input: &[u8]) -> u64 {
    let [choice, size, bytes @ ..] = input else { return 0 };
    let choice = usize::from(*choice) % LAYOUTS.len();
    let text = LAYOUTS.get(choice).expect("there is one");
    let layout = Layout::parse("t", text).expect("a layout");
    let whole = layout.read(bytes);
    let told = whole.as_ref().map(|it| (it.records, it.faults.len() as u64));
    assert_eq!(pieces(&layout, bytes, 1 + usize::from(*size)), told.map_err(Clone::clone));
    match whole {
        Ok(rows) => {
            if rows.faults.is_empty() {
                let written =
                    layout.write(&rows, &Policy::exact()).expect("what is read is written");
                let again = layout.read(&written.bytes).map(|it| (it.records, it.faults.len()));
                assert_eq!(again, Ok((rows.records, 0)));
                assert!(!layout.is_lossless() || written.bytes == bytes);
            }
            let fields: Vec<&str> =
                rows.faults.iter().flat_map(|it| &it.faults).map(|it| it.field.as_str()).collect();
            mutate::kind((choice, rows.records.min(5), fields))
        }
        Err(fault) => mutate::kind((choice, fault.code)),
    }
}

fn text(input: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(input);
    let layout =
        Layout::parse("t", &text).map_err(|it| it.iter().map(|it| it.code).collect::<Vec<_>>());
    let framing = input.first().filter(|it| **it % 2 == 1).map(|_| "rdw");
    let options = Options { layout: "t", charset: Charset::Cp930, line_end: "none", framing };
    let copybook = copybook::to_layout("t", &text, options).map(|it| {
        Layout::parse("t", &it.layout).expect("what is imported is a layout");
        it.warnings.len()
    });
    mutate::kind((layout.map(|it| it.shape().fields.len()), copybook.map_err(|it| it.len())))
}

fn run(target: mutate::Target<'_>) {
    let failure = mutate::run(&target).err().map(|it| it.to_string());
    assert_eq!(failure, None);
}

#[test]
fn any_bytes_are_records_or_faults() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/layouts");
    let bytes = |text: &str| Profile::new(Charset::Cp932).encode_exact(text).expect("in CP932");
    let journal = "\0 店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n1,1,20260105,M1,\"表,\"\"①\",10\r\n\
                   1,2,20260105,,\"ｶﾞ\",-3\r\nEND,2,7\r\n";
    let order = "\u{1} A260105             B00000001表示ソ髙   Dｶﾞﾑ     00012345012B00000002           \
                 Z00001000012        ";
    let area = [b"\x02 1ab\x12\x3C    z0p\r\n0        \x7Fx12\r\n".as_slice()].concat();
    let varying = b"\x03\x01\0\x09\0\x001ab\x12\x3C\0\x05\0\x000".to_vec();
    let blocks =
        b"\x04\x01\0\x17\0\0\0\x08\0\0H001\0\x0B\0\0Dabcdef\0\x0C\0\0\0\x08\0\0H002".to_vec();
    run(mutate::Target {
        name: "layouts",
        corpus: &corpus,
        seeds: &[bytes(journal), bytes(order), area, varying, blocks],
        tokens: &["\r\n", "\"", ",", "END,", "\u{1A}", "0", " ", "-", "\0\u{8}\0\0", "\0\u{5}\0\0"],
        inputs: 4000,
        run: read,
    });
}

#[test]
fn any_text_is_a_layout_or_a_copybook_or_faults() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/layouts");
    let sales = include_str!("../cobol/SALES.cpy").as_bytes().to_vec();
    let mut seeds: Vec<Vec<u8>> = LAYOUTS.iter().map(|it| it.as_bytes().to_vec()).collect();
    seeds.push(sales);
    run(mutate::Target {
        name: "layout_text",
        corpus: &corpus,
        seeds: &seeds,
        tokens: &[
            "occurs: 3",
            "overlay: true",
            "when: { column: a, is: X }",
            "start: 1",
            "OCCURS 2 TIMES",
            "REDEFINES ITEM",
            "DEPENDING ON QTY",
            "PIC S9(4) COMP-3",
            "05 ",
            "bytes: 2",
            "{",
            "}",
            "- ",
        ],
        inputs: 3000,
        run: text,
    });
}
