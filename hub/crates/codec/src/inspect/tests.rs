//! Files in each character set are recognised, with reasons; what is suspicious
//! in them is found in its place.

use super::*;
use crate::charset::Named;

const TEXT: &str =
    "店舗コード,商品名,金額\r\n0001,\"表示ソート,髙\",1080\r\n0002,おいしい水 ﾐｽﾞ,216\r\nEND,2\r\n";

fn look(bytes: &[u8]) -> Inspection {
    inspect(bytes, u64::try_from(bytes.len()).expect("small"))
}

fn first(bytes: &[u8]) -> (Charset, usize) {
    let guesses = look(bytes).guesses;
    let guess = guesses.first().expect("a guess");
    (guess.charset, guess.bad_bytes)
}

fn scan(profile: &Profile, targets: &[&str], bytes: &[u8], size: usize) -> Report {
    let targets = targets.iter().map(|name| Target {
        name: (*name).to_owned(),
        named: Named::parse("t", &format!("name: {name}\n")).expect("a profile"),
    });
    let mut scan = Scan::new(profile.clone(), targets.collect(), 3);
    let count = bytes.chunks(size).count();
    for (at, part) in bytes.chunks(size).enumerate() {
        scan.push(part, at + 1 == count).expect("a BOM is optional");
    }
    scan.finish()
}

#[test]
fn each_character_set_is_recognised() {
    for charset in [
        Charset::Utf8,
        Charset::Cp932,
        Charset::EucJp,
        Charset::Iso2022Jp,
        Charset::Utf16Le,
        Charset::Utf16Be,
    ] {
        let bytes = Profile::new(charset).encode_exact(TEXT).expect("writes");
        assert_eq!(first(&bytes), (charset, 0));
    }
    let host =
        Profile::new(Charset::Cp037).encode_exact(&"SHOP0001 12.50 ".repeat(16)).expect("writes");
    assert_eq!(first(&host).0, Charset::Cp037);
    let text = "SHOP0001 東京本店 shop 00012 ".repeat(16);
    let host = Profile::new(Charset::Cp939).encode_exact(&text).expect("writes");
    assert_eq!(first(&host), (Charset::Cp939, 0));
    assert_eq!(first(b"plain,ascii\r\n"), (Charset::Utf8, 0));
    assert_eq!(first(b""), (Charset::Utf8, 0));
}

#[test]
fn the_shape_is_found() {
    let bytes =
        Profile::new(Charset::Cp932).encode_exact(&format!("{TEXT}\u{1A}")).expect("writes");
    let shape = look(&bytes).shape;
    assert_eq!(shape.delimiter, Some((',', 3)));
    assert_eq!(shape.header, ["店舗コード", "商品名", "金額"]);
    assert_eq!(shape.ends, Ends { crlf: 4, ..Ends::default() });
    assert!(shape.eof_mark && shape.quotes);
    let mixed = look(b"a;b\nc;d\r\ne;f\rg;h").shape;
    assert_eq!(mixed.ends, Ends { crlf: 1, lf: 1, cr: 1, open: true });
    assert_eq!(look(b"A001\r\nB002\r\nB003\r\nC").shape.line_bytes, Some(4));
    assert_eq!(look(b"A001\r\nB02\r\nB003\r\nC").shape.line_bytes, None);
}

#[test]
fn records_without_line_ends_are_found_by_what_lies_under_what() {
    let record =
        |it: usize| format!("{}{it:08}{:<20}{:06}   ", if it == 0 { "A" } else { "D" }, "ITEM", 10);
    let text: String = (0..64).map(record).collect();
    let records = look(text.as_bytes()).shape.records;
    let best = records.first().expect("records");
    assert_eq!((best.bytes, best.codes.as_slice()), (38, [('A', 1), ('D', 63)].as_slice()));
    // The rest of a large file counts for the length, not only the sample.
    assert!(inspect(text.as_bytes(), 38 * 64 + 1).shape.records.iter().all(|it| it.bytes != 38));
}

#[test]
fn bad_bytes_are_shown_in_context() {
    let cp932 = Profile::new(Charset::Cp932);
    let mut bytes = cp932.encode_exact(TEXT).expect("writes");
    let at = bytes.iter().position(|it| *it == b'"').expect("there") + 1;
    bytes.insert(at, 0xFD);
    assert_eq!(first(&bytes), (Charset::Cp932, 1));
    for size in [3, 7, 1 << 20] {
        let report = scan(&cp932, &[], &bytes, size);
        assert_eq!((report.bad.count, report.ends.crlf), (1, 4), "by {size}");
        let found = report.bad.examples.first().expect("one");
        let wanted = (u64::try_from(at).expect("small"), 2, b"\xFD".as_slice());
        assert_eq!((found.offset, found.line, found.found.as_slice()), wanted);
    }
    let report = scan(&cp932, &[], &bytes, 1 << 20);
    let found = report.bad.examples.first().expect("one");
    assert_eq!(found.text, "金額\\r\\n0001,\"\\xFD表示ソート,髙\",1");
}

#[test]
fn what_is_rarely_meant_is_found() {
    let bytes = b"a\xEE\xE0&#39640;\xF0\x40\r\n\x07\x87\x90\x81\xE0\x1A";
    let report = scan(&Profile::new(Charset::Cp932), &[], bytes, 1 << 20);
    let found: Vec<(Oddity, u64, u64, u64)> = report
        .odd
        .iter()
        .map(|(oddity, it)| (*oddity, it.count, it.examples[0].offset, it.examples[0].line))
        .collect();
    let wanted = [
        (Oddity::HtmlReference, 1, 3, 1),
        (Oddity::UserDefined, 1, 11, 1),
        (Oddity::Control, 1, 15, 2),
        (Oddity::OtherCode, 2, 1, 1),
    ];
    assert_eq!(found, wanted);
    let report = scan(&Profile::new(Charset::Utf8), &[], "a\u{FFFD}\u{FEFF}".as_bytes(), 2);
    assert_eq!(
        report.odd.keys().copied().collect::<Vec<_>>(),
        [Oddity::Replaced, Oddity::InnerByteOrderMark]
    );
    // The same in a set with shifts: 444A is the only code of ―.
    let host = Profile::new(Charset::Cp939);
    let bytes = host.encode_exact("表―A表").expect("writes");
    assert!(scan(&host, &[], &bytes, 1 << 20).odd.is_empty());
}

#[test]
fn what_would_be_lost_is_told() {
    let profile = Profile::new(Charset::Cp932);
    let lost = lost("𠮷野家 〜 𠮷 ¥100 髙", &profile, &Policy::refuse());
    let wanted = [('¥', 1, Some("￥")), ('〜', 1, Some("～")), ('𠮷', 2, None)];
    assert_eq!(lost, wanted.map(|(c, count, to)| (c, count, to.map(str::to_owned))));
}

#[test]
fn a_file_is_weighed_against_each_target() {
    let text = "吉\n𠮷か\u{3099}𠮷①";
    for size in [1, 4, 1 << 20] {
        let report =
            scan(&Profile::new(Charset::Utf8), &["cp932", "shift_jis"], text.as_bytes(), size);
        let told = |target: usize| -> Vec<(&str, u64, u64, Option<&str>)> {
            let all = report.lost[target].values();
            all.map(|it| (it.text.as_str(), it.count, it.line, it.instead.as_deref())).collect()
        };
        let in_windows = [("か\u{3099}", 1, 2, Some("が")), ("𠮷", 2, 2, None)];
        assert_eq!(told(0), in_windows, "by {size}");
        assert_eq!(told(1), [&[("①", 1, 2, None)], &in_windows[..]].concat());
        assert_eq!(report.lost[0]["𠮷"].offset, 4);
    }
    let report = scan(&Profile::new(Charset::Utf8), &["cp290"], b"aB\\", 1 << 20);
    assert_eq!(report.lost[0].keys().collect::<Vec<_>>(), ["\\", "a"]);
}
