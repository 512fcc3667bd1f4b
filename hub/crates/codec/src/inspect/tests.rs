//! Files in each character set are recognised, with reasons.

use super::*;

const TEXT: &str =
    "店舗コード,商品名,金額\r\n0001,\"表示ソート,髙\",1080\r\n0002,おいしい水 ﾐｽﾞ,216\r\nEND,2\r\n";

fn first(bytes: &[u8]) -> (Charset, usize) {
    let guesses = inspect(bytes).guesses;
    let guess = guesses.first().expect("a guess");
    (guess.charset, guess.bad_bytes)
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
    assert_eq!(first(b"plain,ascii\r\n"), (Charset::Utf8, 0));
    assert_eq!(first(b""), (Charset::Utf8, 0));
}

#[test]
fn the_shape_is_found() {
    let bytes =
        Profile::new(Charset::Cp932).encode_exact(&format!("{TEXT}\u{1A}")).expect("writes");
    let shape = inspect(&bytes).shape;
    assert_eq!(shape.delimiter, Some((',', 3)));
    assert_eq!(shape.ends, Ends { crlf: 4, ..Ends::default() });
    assert!(shape.eof_mark && shape.quotes);
    assert_eq!(inspect(&[b'A'; 640]).shape.record_bytes, [80, 128]);
    let mixed = inspect(b"a;b\nc;d\r\ne;f\rg;h").shape;
    assert_eq!(mixed.ends, Ends { crlf: 1, lf: 1, cr: 1, open: true });
}

#[test]
fn bad_bytes_are_shown_in_context() {
    let mut bytes = Profile::new(Charset::Cp932).encode_exact(TEXT).expect("writes");
    let at = bytes.iter().position(|it| *it == b'"').expect("there") + 1;
    bytes.insert(at, 0xFD);
    let inspection = inspect(&bytes);
    assert_eq!(
        (inspection.guesses[0].charset, inspection.guesses[0].bad_bytes),
        (Charset::Cp932, 1)
    );
    assert_eq!(inspection.suspicious.len(), 1);
    let found = &inspection.suspicious[0];
    assert_eq!((found.offset, found.found.as_str()), (at, "FD"));
    assert!(found.context.contains("0001,\\\"\\xFD表示"), "{}", found.context);
    let evidence = &inspection.guesses[0].evidence;
    assert!(evidence.iter().any(|it| it.ends_with("kanji")), "{evidence:?}");
}

#[test]
fn what_would_be_lost_is_told() {
    let profile = Profile::new(Charset::Cp932);
    let lost = lost("𠮷野家 〜 𠮷 ¥100 髙", &profile, &Policy::refuse());
    let wanted = [('¥', 1, Some("￥")), ('〜', 1, Some("～")), ('𠮷', 2, None)];
    assert_eq!(lost, wanted.map(|(c, count, to)| (c, count, to.map(str::to_owned))));
}
