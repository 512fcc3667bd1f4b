//! Any bytes: every reader answers, and none of them panics or hangs.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    charset::{Cursor, Named},
    compressed, copybook, form, json, yaml,
};

static LAYOUTS: LazyLock<[Layout; 5]> = LazyLock::new(|| {
    [
        layout(include_str!("journal.layout.yaml")),
        layout(include_str!("order.layout.yaml")),
        layout(include_str!("poslog.layout.yaml")),
        layout(framed::VARYING),
        layout(
            "layout: t\nversion: 1\nformat: form\ncharset: cp932\nother_fields: true\ncolumns: [{ name: a }]\n",
        ),
    ]
});

static SHEET: LazyLock<Layout> = LazyLock::new(|| {
    layout(
        "layout: t\nversion: 1\nformat: xlsx\nheader: none\ncolumns: [{ name: a, type: integer }]\n",
    )
});

/// Bytes that look a little like what readers expect.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "<a>",
        "</a>",
        "<a b='1'>",
        "<![CDATA[",
        "]]>",
        "&amp;",
        "&#x41;",
        "<!--",
        "-->",
        "<?xml",
        "?>",
        "\"",
        ",",
        "\r\n",
        "\n",
        "\r",
        "\u{1A}",
        "END",
        "A",
        "B",
        "D",
        "Z",
        "{",
        "}",
        "[",
        "]",
        ":",
        "\\u",
        "d83d",
        "%",
        "%41",
        "+",
        "&",
        "=",
        "- ",
        "key: ",
        "  ",
        "'",
        "#",
        "*",
        "01 A PIC X(",
        "9).",
        "1",
        "-0.5",
        "表",
        "髙",
        "ｶﾞ",
        "\u{1B}$B",
        "\u{1B}(B",
        "PK\u{3}\u{4}",
        "<row>",
        "</row>",
        "<c r='B2' s='1' t='s'><v>",
        "</v></c>",
        "<mergeCell ref='A1:B2'/>",
    ];
    let piece = prop_oneof![
        3 => prop::sample::select(pieces.to_vec()).prop_map(|it| it.as_bytes().to_vec()),
        2 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|it| it.concat())
}

/// Every character set, and CP932 with every choice made otherwise.
fn profiles() -> Vec<Profile> {
    let otherwise = "name: cp932\nsymbols: jis\nyen: yen\noverline: overline\n\
        half_width_kana: refused\ngaiji: { F040: 𠮷, F041: \"葛\u{E0100}\" }\n";
    let otherwise = Named::parse("t", otherwise).expect("a profile").profile;
    Charset::ALL.into_iter().map(Profile::new).chain([otherwise]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_reader_answers(bytes in bytes()) {
        for layout in LAYOUTS.iter() {
            let _answer = layout.read(&bytes).is_ok();
        }
        let _answers = (SHEET.read(&bytes).is_ok(), SHEET.read(&super::xlsx::with_sheet(&bytes)).is_ok());
        let caps = compressed::Caps { bytes_max: 1 << 20, ratio_max: 100, files_max: 10 };
        let _answers = (compressed::gunzip(&bytes, &caps), compressed::unzip(&bytes, &caps));
        let zstd = [b"\x28\xB5\x2F\xFD", bytes.as_slice()].concat();
        let _answers = (compressed::unzstd(&zstd, &caps), compressed::unpack(&bytes, &caps));
        let _answers = (form::parse(&bytes), json::lines(&bytes), json::elements(&bytes));
        // Where we read a document, others read it too.
        if json::check(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
        }
        let text = String::from_utf8_lossy(&bytes);
        for fault in yaml::parse("f", &text).err().into_iter().flatten() {
            prop_assert!(!fault.render(&text).is_empty());
        }
        let _answer = Layout::parse("f", &text).is_ok();
        let options = copybook::Options { layout: "t", charset: Charset::Cp037, line_end: "none", framing: None };
        if let Ok(imported) = copybook::to_layout("f", &text, options) {
            prop_assert!(Layout::parse("f", &imported.layout).is_ok(), "{}", imported.layout);
        }
    }

    /// The bytes behind the text and those that were skipped are all the bytes.
    #[test]
    fn every_byte_is_accounted_for(bytes in bytes()) {
        for profile in profiles() {
            let charset = profile.charset;
            let decoded = profile.decode_marking(&bytes).expect("a BOM is optional");
            // Only Unicode has U+FFFD; no other set may make one.
            let unicode = matches!(charset, Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be);
            let replaced = decoded.text.contains(char::REPLACEMENT_CHARACTER);
            prop_assert!(unicode || !replaced);
            let mut cursor = Cursor::new(&profile);
            let mut last = 0;
            for (at, _) in decoded.text.char_indices() {
                let source = cursor.advance(&decoded.text, &decoded.skips, at);
                prop_assert!(source >= last && source <= bytes.len(), "{}", charset);
                last = source;
            }
            let end = decoded.text.len();
            let text = cursor.advance(&decoded.text, &decoded.skips, end);
            let behind: usize = decoded.skips.iter().filter(|it| it.at >= end).map(|it| it.length).sum();
            prop_assert_eq!(text + behind, bytes.len(), "{}", charset);
        }
    }
}
