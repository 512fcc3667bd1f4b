//! What must not change in silence: the bytes of fillers, shifted text in every set,
//! days that do not exist, characters that nobody sees.

use super::*;

#[test]
fn every_set_keeps_a_lossless_file() {
    let lines =
        ["5,亜\n", "亜,5\n", "表示,亜腕\n", "ｱ,5\n", "\"a\"\"b\",5\n", "5,\"x,亜\"\n", "5,a\n"];
    for charset in Charset::ALL {
        let text = "layout: t\nversion: 1\nformat: csv\ncharset: CHARSET\nline_end: lf\n\
            header: none\nlossless: true\ncolumns: [{ name: a }, { name: b }]\n";
        let unicode = charset.name().starts_with("utf");
        let named = if unicode {
            format!("{{ name: {charset}, bom: refused }}")
        } else {
            charset.to_string()
        };
        let text = text.replace("CHARSET", &named);
        let Ok(layout) = Layout::parse("t", &text) else {
            assert!(charset.is_host(), "{charset}: CSV");
            continue;
        };
        let written = |line: &&str| layout.profile().encode_exact(line);
        let bytes: Vec<Vec<u8>> = lines.iter().filter_map(|it| written(it).ok()).collect();
        assert!(!bytes.is_empty(), "{charset}");
        rewrites(&layout, &bytes.concat());
        // The last line too, and each alone.
        bytes.iter().for_each(|it| rewrites(&layout, it));
    }
}

#[test]
fn shifted_cells_know_their_bytes() {
    let text = "layout: t\nversion: 1\nformat: csv\ncharset: iso-2022-jp\nline_end: lf\n\
        header: none\nlossless: true\ncolumns: [{ name: a }, { name: b }]\n";
    let bytes = b"5,\x1b$B0!\x1b(B\n\x1b$B0!\x1b(B,5\n";
    let rows = layout(text).read(bytes).expect("reads");
    let spans: Vec<_> =
        rows.rows.iter().flat_map(|it| &it.cells).map(|it| (it.offset, it.length)).collect();
    assert_eq!(
        (all(&rows), spans),
        (vec!["5,亜".into(), "亜,5".into()], vec![(0, 1), (2, 8), (11, 8), (20, 1)])
    );
    assert_eq!(rows.rows.iter().map(|it| it.length).collect::<Vec<_>>(), [10, 10]);
}

const RECORDS: &str = "layout: t\nversion: 1\nformat: fixed\ncharset: CHARSET\nrecord_bytes: 8\n\
    line_end: none\ntype: { start: 1, bytes: 1 }\nlossless: LOSSLESS\nrecords:\n  \
    - { name: file, role: file, code: A, columns: [{ value: A, bytes: 1 }, { name: day, bytes: 4 }, { filler: true, bytes: 3 }] }\n  \
    - { name: head, role: header, code: B, columns: [{ value: B, bytes: 1 }, { name: no, bytes: 4 }, { filler: true, bytes: 3 }] }\n  \
    - { name: lines, role: detail, code: D, columns: [{ value: D, bytes: 1 }, { filler: true, bytes: 2 }, { name: n, bytes: 4 }, { filler: true, bytes: 1 }] }\n  \
    - { name: end, role: trailer, code: Z, columns: [{ value: Z, bytes: 1 }, { filler: true, bytes: 7 }] }\n";

#[test]
fn the_bytes_of_fillers_are_kept() {
    let bytes = b"A0105\0\0\0B0001\xff\x81\x20D\0\0aaaa D  bbbb\x9fB0002   Z       ";
    let lossless = layout(&RECORDS.replace("CHARSET", "cp932").replace("LOSSLESS", "true"));
    let rows = lossless.read(bytes).expect("reads");
    assert_eq!(rows.faults, []);
    let written = lossless.write(&rows, &Policy::exact()).expect("writes");
    assert_eq!(written.bytes.escape_ascii().to_string(), bytes.escape_ascii().to_string());
    // Maps see the fields only, and what maps made has padding.
    let shape = lossless.shape();
    assert_eq!((shape.fields.len(), shape.groups[0].shape.fields.len()), (2, 1));
    let mut made = rows.clone();
    for row in &mut made.rows {
        row.cells.truncate(2);
        row.groups.iter_mut().flatten().for_each(|it| it.cells.truncate(1));
    }
    let written = lossless.write(&made, &Policy::exact()).expect("writes").bytes;
    assert_eq!(written, b"A0105   B0001   D  aaaa D  bbbb B0002   Z       ");
    // Elsewhere they are passed over, whatever is in them.
    let open = layout(&RECORDS.replace("CHARSET", "cp932").replace("LOSSLESS", "false"));
    let rows = open.read(bytes).expect("reads");
    assert_eq!(
        (rows.faults.len(), all(&rows)),
        (0, vec!["0105,0001,[aaaa;bbbb]".into(), "0105,0002,[]".into()])
    );
    // A trailer belongs to no record that could keep them.
    let fault = lossless.read(&[&bytes[..41], b"\0\0\0\0\0\0\0"].concat()).expect_err("refused");
    assert_eq!(fault.code, "record-unreadable");
}

fn one(column: &str, cell: &str) -> bool {
    let text = format!(
        "layout: t\nversion: 1\nformat: csv\ncharset: utf-8\nline_end: lf\nheader: none\n\
         excel_text: true\ncolumns: [{{ name: a, {column} }}, {{ name: b }}]\n"
    );
    layout(&text).read(format!("{cell},x\n").as_bytes()).expect("reads").faults.is_empty()
}

#[test]
fn days_that_do_not_exist_are_faults() {
    let good = ["20260228", "20240229", "20000229", "20260430", "20261231"];
    let bad = ["20260229", "21000229", "20260431", "20260631", "20260001", "20260100"];
    let is = |format: &str, day: &str| one(&format!("type: date, format: {format}"), day);
    assert!(good.iter().all(|it| is("YYYYMMDD", it)));
    assert!(!bad.iter().any(|it| is("YYYYMMDD", it)));
    // The century of two digits is not known, a day without a year may be any.
    assert!(is("YYMMDD", "240229") && is("YYMMDD", "000229") && !is("YYMMDD", "260231"));
    assert!(is("MMDD", "0229") && !is("MMDD", "0230") && is("DDMMYYYY", "29022024"));
    assert!(!is("DDMMYYYY", "29022026") && is("YYYYMM", "202602"));
}

#[test]
fn characters_that_nobody_sees_are_faults() {
    for bad in ["00\u{1}1", "=\"00\u{1}1\"", "\"a\u{85}b\"", "0\u{FEFF}1", "=\"0\u{9F}\""] {
        assert!(!one("required: true", bad), "{bad:?}");
    }
    for good in ["=\"001\"", "=\"\"", "é", "\u{A0}", "亜"] {
        assert!(one("trim: none", good), "{good:?}");
    }
    assert!(!one("trim: none", "=\"a\"b\""));
    let fixed = "layout: t\nversion: 1\nformat: fixed\ncharset: utf-8\nrecord_bytes: 4\n\
        line_end: lf\ncolumns: [{ name: a, bytes: 4 }]\n";
    let rows = layout(fixed).read("a\u{FEFF}\nb\u{85}c\nabcd\n".as_bytes()).expect("reads");
    assert_eq!((all(&rows), rows.faults.len()), (vec!["abcd".to_owned()], 2));
}
