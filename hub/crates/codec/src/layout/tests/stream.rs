//! Piece by piece gives what the whole gives: the same records, faults, numbers
//! and offsets, however the bytes are split and wherever a reader goes on.

use std::{fmt::Write as _, sync::LazyLock};

use proptest::prelude::*;

use super::{framed, laws::mutate, *};
use crate::rows::Row;

/// All that rows say, so that two readings can be compared.
pub(super) fn told(rows: &Rows, out: &mut (Vec<String>, Vec<crate::rows::RowFault>)) {
    for row in &rows.rows {
        let mut text = String::new();
        tell(rows, row, &mut text);
        out.0.push(text);
    }
    out.1.extend(rows.faults.iter().cloned());
}

fn tell(rows: &Rows, row: &Row, out: &mut String) {
    let Row { number, offset, length, cells, groups } = row;
    let _written = write!(out, "#{number}@{offset}+{length}:");
    for cell in cells {
        let _written = write!(out, "{:?}@{}+{},", rows.text_of(*cell), cell.offset, cell.length);
    }
    for row in groups.iter().flatten() {
        out.push('[');
        tell(rows, row, out);
        out.push(']');
    }
}

/// What one pass tells: only the trailer says which totals cannot be checked.
fn at_first((rows, mut faults): Read) -> Read {
    for row in &mut faults {
        row.faults.retain(|it| !it.found.starts_with("a control total of"));
    }
    (rows, faults)
}

type Read = (Vec<String>, Vec<crate::rows::RowFault>);
pub(super) type Told = Result<(Vec<String>, Vec<crate::rows::RowFault>), LayoutFault>;

pub(super) fn whole(layout: &Layout, bytes: &[u8]) -> Told {
    let mut out = Default::default();
    told(&layout.read(bytes)?, &mut out);
    Ok(out)
}

/// Pushes pieces of these lengths; goes on from a checkpoint after every batch
/// whose number divides by `resume`.
fn pieces(layout: &Layout, bytes: &[u8], (window, split, resume): (usize, usize, usize)) -> Told {
    let (mut at, mut batch) = (0, 0);
    let mut out = Read::default();
    let mut stream = layout.stream().with_window(window);
    loop {
        while let Some(rows) = stream.take()? {
            told(&rows, &mut out);
            out = at_first(out);
            assert_eq!(wide(out.0.len() + out.1.len()), stream.records().0);
            batch += 1;
            if batch % resume == 0 {
                let stored = serde_json::to_string(&stream.checkpoint()).expect("is stored");
                let checkpoint: Checkpoint = serde_json::from_str(&stored).expect("comes back");
                assert_eq!(serde_json::to_string(&checkpoint).expect("again"), stored);
                at = usize::try_from(checkpoint.offset()).expect("fits");
                stream = layout.resume(checkpoint).expect("the same layout").with_window(window);
            }
        }
        if stream.is_done() {
            return Ok(out);
        }
        let next = (at + split).min(bytes.len());
        stream.push(&bytes[at..next]);
        at = next;
        if at == bytes.len() {
            stream.finish();
        }
    }
}

/// Layouts with an input of each that has no fault.
pub(super) static CASES: LazyLock<Vec<(Layout, Vec<u8>)>> = LazyLock::new(|| {
    let journal = include_str!("journal.layout.yaml");
    let lines = "0001,000101,20260105,M1,\"表示ソート髙①㈱\",1080\r\n\
                 0001,000101,20260105,M1,\"ｶﾞﾑ \"\"ﾊﾟﾝ\"\"～\",-216\r\n\
                 0001,000102,20260105,,\"能\",300\r\n0002,000101,20260105,M1,\"十\",1\r\n";
    let header = "店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n";
    let grouped = journal.split("  - name: end").next().expect("a first part");
    let csv = |charset: &str, rest: &str| {
        layout(&format!("layout: t\nversion: 1\nformat: csv\ncharset: {charset}\n{rest}"))
    };
    let columns = "columns: [{ name: a }, { name: b, type: integer }]\n";
    let loose = "line_end: any\nheader: any_order\nmultiline: true\nbare_quotes: true\nskip_blank_lines: true\n\
                 header_repeats: true\ntitle_lines: 2\nfooter_lines: 2\neof_mark: optional\n";
    let kinds = "line_end: lf\nheader: none\nrecords:\n\
        - { name: opening, role: file, code: A, columns: [{ value: A }, { name: terminal }] }\n\
        - { name: receipt, role: header, code: H, columns: [{ value: H }, { name: no }] }\n\
        - { name: lines, role: detail, code: D, min: 1, columns: [{ value: D }, { name: qty, type: integer }] }\n\
        - { name: tender, role: footer, code: T, columns: [{ value: T }, { name: pieces, type: integer }], \
        checks: [{ column: pieces, sum: lines.qty }] }\n";
    let numbered = "line_end: lf\nheader: none\nrecords:\n\
        - { name: order, role: header, code: H, sequence: { column: no }, columns: [{ value: H }, { name: no, type: integer }] }\n\
        - { name: lines, role: detail, code: D, sequence: { column: line, within: record, start: 1 }, \
        columns: [{ value: D }, { name: line, type: integer }] }\n";
    let loose_text = "title \"one\nand two\r\nb,a\r\n1,\"x\n\ny\"\n\n2,5\" disc\rb,a\n3,表\r\ntotal 3\r\nbye\n\u{1A}";
    let kinds_text = "A,表9\nH,1\nD,2\nD,-1\nT,1\nH,2\nD,5\nT,5\nH,3\nD,1\nT,1\n";
    let in_charset =
        |charset, text: &str| Profile::new(charset).encode_exact(text).expect("encodes");
    let fixed = layout(
        "layout: t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 6\nline_end: crlf\n\
         eof_mark: optional\ncolumns: [{ name: a, bytes: 4, pad: \"　\" }, { name: n, type: integer, bytes: 2 }]\n",
    );
    let plain = "ｶﾞ~,1\r\n表示,22\r\nplain,3\r\nﾊﾟﾝ,4\r\n";
    let plain_layout =
        |charset: &str| csv(charset, &format!("line_end: crlf\nheader: none\n{columns}"));
    let mut iso = b"\x1B(Jy\x5C,1\r\n~,2\r\n\x1B(I6,\x1B(B3\r\n\x1B(I6^\r\n\x1B$B".to_vec();
    iso.extend_from_slice(b"\x49\x3D\r\nx,9\r\n");
    vec![
        (layout(journal), cp932(&format!("{header}{lines}END,4,1165\r\n"))),
        (layout(grouped), cp932(&format!("{header}{lines}"))),
        (
            layout(include_str!("order.layout.yaml")),
            cp932(
                "A260105             B00000001表示ソ髙   Dｶﾞﾑ     00012345012\
                 Dﾊﾟﾝ     -0000050-01B00000002           B00000003           \
                 B00000004           Z00002000011        ",
            ),
        ),
        (csv("utf-8", &format!("{loose}{columns}")), loose_text.as_bytes().to_vec()),
        (csv("cp932", kinds), cp932(kinds_text)),
        (csv("cp932", numbered), cp932("H,7\nD,1\nD,2\nH,8\nD,1\nH,9\nD,1\nH,10\n")),
        (fixed, cp932("表　01\r\nab  22\r\nｱｲｳ 07\r\n\u{1A}")),
        (plain_layout("utf-16le"), in_charset(Charset::Utf16Le, plain)),
        (
            plain_layout("{ name: utf-8, bom: required }"),
            [b"\xEF\xBB\xBF", plain.as_bytes()].concat(),
        ),
        (plain_layout("iso-2022-jp"), in_charset(Charset::Iso2022Jp, plain)),
        (plain_layout("iso-2022-jp"), iso),
        (plain_layout("euc-jp"), in_charset(Charset::EucJp, plain)),
        (layout(framed::VARYING), framed::varying()),
        (layout(&framed::blocked(framed::GROUPED)), framed::grouped(&[4, 2, 3])),
        (plain_layout("cp037"), in_charset(Charset::Cp037, "abc,1\r\nd,2\r\nef,3\r\n")),
    ]
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn pieces_give_what_the_whole_gives(
        case in 0_usize..15,
        changes in prop::collection::vec(
            (any::<u16>(), any::<u8>(), prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\r'), Just(0x1A), Just(b'"')]),
            0..4,
        ),
        window in 1_usize..200,
        split in 1_usize..100,
        resume in 1_usize..5,
    ) {
        let (layout, bytes) = &CASES[case];
        let bytes = mutate(bytes.clone(), &changes);
        let wanted = whole(layout, &bytes);
        let first = wanted.clone().map(at_first);
        prop_assert_eq!(&pieces(layout, &bytes, (window, split, resume)), &first);
        // A first pass says the same, and the second one then reads the same.
        let mut verifier = layout.verifier();
        let verified = verifier.push(&bytes).and_then(|()| verifier.finish());
        match (verified, wanted) {
            (Ok(verified), Ok((rows, faults))) => {
                prop_assert_eq!(verified.bytes, wide(bytes.len()));
                prop_assert_eq!(verified.records, wide(rows.len() + faults.len()));
                prop_assert_eq!(verified.set_aside, wide(faults.len()));
                let seen = at_first((Vec::new(), verified.faults)).1;
                prop_assert_eq!(seen, first.expect("is read").1);
                let mut stream = layout.resume(verified.start).expect("the same layout");
                stream.push(&bytes);
                stream.finish();
                let mut out = Default::default();
                while let Some(batch) = stream.take().expect("is as it was") {
                    told(&batch, &mut out);
                }
                prop_assert_eq!(out, (rows, faults));
            }
            (verified, wanted) => prop_assert_eq!(verified.err(), wanted.err()),
        }
    }
}

#[test]
fn the_cases_have_no_faults_and_many_batches() {
    for (layout, bytes) in CASES.iter() {
        let (rows, faults) = whole(layout, bytes).expect("reads");
        assert!(rows.len() >= 2, "{}: {faults:?}", layout.profile().charset);
        let mut stream = layout.stream().with_window(16);
        stream.push(bytes);
        stream.finish();
        let mut batches = 0;
        while stream.take().expect("reads").is_some() {
            batches += 1;
        }
        assert!(batches >= 2, "{}: {batches}", layout.profile().charset);
    }
}

#[test]
fn nothing_comes_before_a_wrong_trailer_is_known() {
    let (layout, bytes) = &CASES[0];
    let text = String::from_utf8_lossy(bytes).replace("END,4", "END,5");
    let bytes = [&bytes[..bytes.len() - 12], &text.as_bytes()[text.len() - 12..]].concat();
    let mut verifier = layout.verifier();
    let fault = bytes
        .chunks(7)
        .try_for_each(|it| verifier.push(it))
        .and_then(|()| verifier.finish())
        .expect_err("refused");
    assert_eq!((fault.code, fault.found.as_str()), ("trailer-mismatch", "5"));
    // A stream that was refused stays so.
    let mut stream = layout.stream();
    stream.push(&bytes);
    stream.finish();
    assert_eq!(stream.take(), Err(fault.clone()));
    assert_eq!(stream.take(), Err(fault));
}

#[test]
fn a_repeated_key_is_known_in_the_second_pass() {
    let (layout, _) = &CASES[1];
    let header = "店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n";
    let line = |no: u32| format!("1,{no},20260105,,\"a\",1\r\n");
    let lines: String = [1, 2, 3, 2, 4].into_iter().map(line).collect();
    let bytes = cp932(&format!("{header}{lines}"));
    let mut verifier = layout.verifier();
    verifier.push(&bytes).expect("goes on");
    let verified = verifier.finish().expect("reads");
    assert_eq!((verified.records, verified.set_aside, verified.faults[0].number), (5, 1, 4));
    let mut stream = layout.resume(verified.start).expect("the same").with_window(40);
    stream.push(&bytes);
    stream.finish();
    let (mut numbers, mut stored) = (Vec::new(), String::new());
    while let Some(batch) = stream.take().expect("reads") {
        numbers.extend(batch.faults.iter().map(|it| it.number));
        stored = serde_json::to_string(&stream.checkpoint()).expect("is stored");
    }
    assert_eq!(numbers, [4]);
    assert!(stored.contains("{\"repeated\":[4]}"), "{stored}");
}

#[test]
fn a_record_without_an_end_is_refused_before_memory_is() {
    let (layout, _) = &CASES[1];
    let header = "店舗コード,伝票番号,営業日,会員コード,商品名,金額\r\n";
    let mut stream = layout.stream();
    stream.push(&cp932(header));
    let lines = "1,1,20260105,,\"a\",1\r\n".repeat(10_000);
    let fault = loop {
        stream.push(lines.as_bytes());
        if let Err(fault) = stream.take() {
            break fault;
        }
        assert!(stream.buffer_bytes() < 20_000_000);
    };
    assert_eq!((fault.code, fault.offset), ("record-too-long", wide(cp932(header).len())));
}

#[test]
fn a_checkpoint_belongs_to_its_layout() {
    let (one, bytes) = &CASES[0];
    let mut stream = one.stream();
    stream.push(bytes);
    stream.finish();
    assert!(stream.take().expect("reads").is_some());
    let end = stream.checkpoint();
    assert_eq!((end.offset(), end.records(), end.is_done()), (wide(bytes.len()), (3, 0), true));
    let mut again = one.resume(end.clone()).expect("the same");
    again.finish();
    assert_eq!(again.take(), Ok(None));
    let fault = CASES[2].0.resume(end).expect_err("refused");
    assert_eq!((fault.code, fault.found.as_str()), ("checkpoint", "pos-legacy/journal version 1"));
}
