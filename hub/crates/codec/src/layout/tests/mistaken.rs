//! Inputs in another character set than the layout says, which read without a
//! fault there.

use super::*;

const CSV: &str = "layout: t/t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: lf\nheader: none\n\
                   columns: [{ name: name }, { name: amount, type: integer }]\n";

fn encoded(charset: Charset, text: &str) -> Vec<u8> {
    Profile::new(charset).encode_exact(text).expect("encodes")
}

#[test]
fn an_input_of_utf8_is_refused_by_another_set() {
    let layout = layout(CSV);
    // 蝗ｱ逕ｰ and so on: it would read without a fault.
    let text = "tea,1\n山田,2\n小田,3\n";
    let taken = super::layout(&format!("{CSV}mistaken_charset: take\n"));
    assert_eq!(taken.read(text.as_bytes()).expect("reads").faults, []);
    let fault = layout.read(text.as_bytes()).expect_err("refused");
    assert_eq!((fault.code, fault.offset), ("charset", 6));
    assert_eq!(fault.message, "the input is UTF-8, and the layout says cp932");
    assert_eq!(layout.mistaken_for(text.as_bytes()), Some("utf-8"));
    let fixed = CSV.replace("format: csv", "format: fixed\nrecord_bytes: 9");
    let fixed = fixed.replace("header: none\n", "").replace("name: name", "name: name, bytes: 8");
    let fixed = super::layout(&fixed.replace("integer", "integer, bytes: 1"));
    assert_eq!(fixed.read("山田  1\n鈴木  2\n".as_bytes()).expect_err("refused").code, "charset");
    // Two characters can be both, and one byte that is none speaks for the layout.
    assert!(layout.read("山田,2\n".as_bytes()).is_ok());
    assert!(layout.read(&[text.as_bytes(), &cp932("表,1\n")].concat()).is_ok());
    assert!(layout.read(&cp932("山田,2\n小田,3\nﾃｽﾄ,1\nカナ,2\n")).is_ok());
}

#[test]
fn pieces_of_any_size_are_refused_as_the_whole() {
    let layout = layout(CSV);
    let (good, bad) = (cp932("山田,1\n小田,2\nﾃﾞ,3\n"), "山田,1\n小田,2\nx,3\n".as_bytes());
    for size in 1..=bad.len() {
        for (bytes, refused) in [(good.as_slice(), false), (bad, true)] {
            let mut verifier = layout.verifier();
            let pushed = bytes.chunks(size).try_for_each(|it| verifier.push(it));
            let code = pushed.and_then(|()| verifier.finish()).map_err(|it| it.code);
            assert_eq!(code.err(), refused.then_some("charset"), "{size}");
        }
    }
    // A header in UTF-8 is told as what it is.
    let named = CSV.replace("header: none", "header: names").replace("name: name", "name: 商品名");
    let mut verifier = super::layout(&named).verifier();
    verifier.push("商品名,amount\n".as_bytes()).expect("it may be a part of a character");
    assert_eq!(verifier.finish().expect_err("refused").code, "charset");
}

#[test]
fn euc_and_cp932_are_told_apart_where_they_can_be() {
    let windows = layout(CSV);
    let unix = layout(&CSV.replace("cp932", "euc-jp"));
    for text in ["お茶,1\n山田商店,2\n", "おちゃを,1\n", "緑茶　特価,1\n"] {
        let (euc, sjis) = (encoded(Charset::EucJp, text), cp932(text));
        assert_eq!(windows.mistaken_for(&euc), Some("euc-jp"), "{text}");
        assert_eq!(unix.mistaken_for(&sjis), Some("cp932"), "{text}");
        assert_eq!(windows.mistaken_for(&sjis), None, "{text}");
        assert_eq!(unix.mistaken_for(&euc), None, "{text}");
    }
    // Kanji of these sets without kana may be half-width katakana, of which every pair is a kanji of EUC-JP.
    for text in ["ﾃｽﾄｼﾖｳﾋﾝ,1\nﾘﾖｸﾁﾔ,2\n", "tea,1\n", "茶,1\n"] {
        assert_eq!(windows.mistaken_for(&cp932(text)), None, "{text}");
    }
    let utf8 = layout(&CSV.replace("cp932", "utf-8"));
    assert_eq!(utf8.mistaken_for("山田,2\n小田,3\n".as_bytes()), None);
}

#[test]
fn a_column_that_is_utf8_by_the_layout_is_no_mistake() {
    let text = "layout: t/t\nversion: 1\nformat: fixed\ncharset: cp932\nrecord_bytes: 11\nline_end: lf\n\
        columns: [{ name: code, bytes: 1 }, { name: name, bytes: 9, CHARSET }, { name: n, bytes: 1 }]\n";
    let input = "a山田店1\nb鈴木屋2\n".as_bytes();
    let own = layout(&text.replace("CHARSET", "charset: utf-8"));
    assert_eq!(all(&own.read(input).expect("reads")), ["a,山田店,1", "b,鈴木屋,2"]);
    assert_eq!(own.mistaken_for(input), None);
    let none = layout(&text.replace(", CHARSET", ""));
    assert_eq!(none.read(input).expect_err("refused").code, "charset");
}
