//! Strict JSON, as a table: what must be taken and what must be refused, in a
//! field that the map reads, in one that it skips, and inside lists; by the
//! engine's reader and by the decoder before it alike.

use mapping::{Map, Options, Scratch, compile};
use std::sync::Arc;

use crate::support::{Files, context};

/// Values that must be taken.
const GOOD: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "1.0",
    "-1.5",
    "0.1",
    "1e5",
    "1E5",
    "1e+5",
    "1E-5",
    "0e1",
    "0E+1",
    "1.5e300",
    "1e400",
    "-1e-400",
    "123456789012345678901234567890",
    "0.00000000000000000001",
    "[]",
    "[ ]",
    "[null]",
    "[1,2]",
    "[[]]",
    "[[],{}]",
    "[ 1 , 2 ]",
    "{}",
    "{ }",
    r#"{"":""}"#,
    r#"{"a":{"a":1}}"#,
    r#"{"a":1,"A":2}"#,
    r#"[{"k":1},{"k":1}]"#,
    r#""""#,
    r#""a""#,
    r#""\"""#,
    r#""\\""#,
    r#""\/""#,
    r#""\b\f\n\r\t""#,
    r#""\u0000""#,
    r#""\u00e9""#,
    r#""\u00E9""#,
    r#""\ud83d\ude00""#,
    r#""\uD842\uDFB7""#,
    r#""\uffff""#,
    r#""\ufeff""#,
    "\"\u{7f}\"",
    "\"\u{80}\"",
    "\"\u{85}\"",
    "\"\u{2028}\u{2029}\"",
    "\"𠮷㈱～\"",
    "\"\u{10ffff}\"",
    "\"\u{feff}\"",
    "\t1",
    "\n1",
    "\r1",
    " 1 ",
];

/// Values that must be refused.
const BAD: &[&[u8]] = &[
    b"",
    b"nul",
    b"Null",
    b"TRUE",
    b"tru",
    b"truee",
    b"undefined",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"-",
    b"--1",
    b"+1",
    b".5",
    b"-.5",
    b"1.",
    b"1.e5",
    b"1e",
    b"1e+",
    b"1ee5",
    b"1.2.3",
    b"01",
    b"-01",
    b"00",
    b"0x1",
    b"0b1",
    b"1_000",
    b"1,",
    b"1 2",
    b"1a",
    b"'a'",
    b"a",
    b"[",
    b"]",
    b"[1",
    b"[1,]",
    b"[,1]",
    b"[1,,2]",
    b"[1 2]",
    b"[1}",
    b"[1:2]",
    b"{",
    b"}",
    b"{]",
    b"{\"a\"}",
    b"{\"a\":}",
    b"{\"a\":1,}",
    b"{,\"a\":1}",
    b"{\"a\" 1}",
    b"{\"a\"::1}",
    b"{a:1}",
    b"{'a':1}",
    b"{1:1}",
    b"{null:1}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\":1,\"a\":1}",
    b"{\"a\":1,\"\\u0061\":2}",
    b"{\"x\":[{\"k\":1,\"k\":1}]}",
    b"\"",
    b"\"a",
    b"\"\\\"",
    b"\"\\x41\"",
    b"\"\\u\"",
    b"\"\\u12\"",
    b"\"\\u12G4\"",
    b"\"\\U0041\"",
    b"\"\\'\"",
    b"\"\\0\"",
    b"\"\\ \"",
    b"\"\\ud800\"",
    b"\"\\udc00\"",
    b"\"\\ud800a\"",
    b"\"\\ud800\\u0041\"",
    b"\"\\ud800\\ud800\"",
    b"\"\\udc00\\ud800\"",
    b"\"\\ud83d\\n\"",
    b"\"\n\"",
    b"\"\t\"",
    b"\"\0\"",
    b"\"\x1f\"",
    b"\"\xff\"",
    b"\"\x80\"",
    b"\"\xc0\xaf\"",
    b"\"\xc3\"",
    b"\"\xe2\x82\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xf4\x90\x80\x80\"",
    b"\"\xf8\x88\x80\x80\x80\"",
    b"\x0c1",
    b"\xc2\xa01",
    b"\xe3\x80\x801",
    b"\xef\xbb\xbf1",
    b"/*c*/1",
    b"1//c",
    b"#c\n1",
    b"(1)",
    b"\\u0031",
    b"`a`",
    b"\xe2\x80\x9ca\xe2\x80\x9d",
];

/// Whole documents that must be refused, whatever is in them.
const DOCUMENTS: &[&[u8]] = &[
    b"",
    b" ",
    b"\xef\xbb\xbf{}",
    b"{}{}",
    b"{} {}",
    b"{}x",
    b"{},",
    b"{}]",
    b"{}\0",
    b"\0{}",
    b"{}\xff",
    b"{\0}",
    b"\xff\xfe{\0}\0",
    b"\xfe\xff\0{\0}",
];

fn map() -> Arc<Map> {
    let text = "map: t/s\nversion: 1\nsource: s.json\ntarget: order@1\nsource_id: { const: x }\npolicy: { missing: omit, null: omit }\nfields: { r: read }\n";
    let files = Files::default()
        .with("m.yaml", text)
        .with("s.json", r#"{"type": "object", "properties": {"read": {}}}"#)
        .with("canon/v1/order.schema.json", r#"{"type": "object", "properties": {"r": {}}}"#);
    compile("m.yaml", &files, &Options::default()).map.unwrap()
}

/// The places where a value may stand.
fn places(value: &[u8]) -> Vec<Vec<u8>> {
    [
        ("{\"read\":", "}"),
        ("{\"skipped\":", "}"),
        ("{\"skipped\":[1,", "]}"),
        ("{\"read\":1,\"s\":{\"t\":", "},\"u\":2}"),
    ]
    .iter()
    .map(|(before, after)| [before.as_bytes(), value, after.as_bytes()].concat())
    .collect()
}

/// Whether the engine reads a document at all; a value of the wrong type is read.
fn reads(map: &Map, document: &[u8], scratch: &mut Scratch) -> bool {
    match map.run_json(document, &context(), scratch) {
        Ok(_) => true,
        Err(faulted) => {
            !faulted.faults[0].field.is_empty()
                || faulted.faults[0].needed_by.as_deref() != Some("t/s@1")
        }
    }
}

#[test]
fn what_is_json_is_taken_and_what_is_not_is_refused() {
    let (map, mut scratch) = (map(), Scratch::default());
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut judge = |document: &[u8], good: bool| {
        count += 1;
        let engine = reads(&map, document, &mut scratch);
        let decoder = codec::json::check(document).is_ok();
        if (engine, decoder) != (good, good) {
            let shown = document.escape_ascii();
            wrong.push(format!("{shown}: must be {good}, engine {engine}, decoder {decoder}"));
        }
    };
    for value in GOOD {
        places(value.as_bytes()).iter().for_each(|it| judge(it, true));
    }
    for value in BAD {
        places(value).iter().for_each(|it| judge(it, false));
    }
    DOCUMENTS.iter().for_each(|it| judge(it, false));
    // 128 levels are read, one more is not.
    for (levels, good) in [(1, true), (127, true), (128, false), (10_000, false)] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let value = format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
            judge(format!("{{\"skipped\":{value}}}").as_bytes(), good);
        }
    }
    println!("{count} documents");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Goal: an amount never passes through a binary float.
#[test]
fn numbers_keep_their_literal_text() {
    let map = map();
    for literal in [
        "0.1",
        "1.10",
        "9007199254740993",
        "12345678901234567890.123456",
        "-0.30000000000000000004",
    ] {
        let document = format!("{{\"read\":{literal}}}");
        let made = map.run_json(document.as_bytes(), &context(), &mut Scratch::default()).unwrap();
        let text = String::from_utf8(made.data).unwrap();
        assert!(text.ends_with(&format!("\"r\":{literal}}}")), "{literal}: {text}");
    }
}

/// Goal: a record that cannot be read does not come out in its own fault.
/// Method: names, telephone numbers and cut characters at the place of the fault.
#[test]
fn what_cannot_be_read_is_not_shown() {
    let map = map();
    let cases: [(&[u8], u64, &str); 6] = [
        (b"{\"read\": Hanako}", 9, "a letter"),
        (b"{\"read\": 09012345678}", 10, "a digit"),
        (b"{\"read\": \"a\" \"Hanako\"}", 13, "`\"`"),
        (b"{\"read\": \"\x8e\x52\x93\x63\"}", 10, "byte 8E"),
        (b"{\"read\": \"a\nHanako\"}", 11, "byte 0A"),
        (b"{\"read\": \"Hanako", 16, "the end of the record"),
    ];
    for (bytes, offset, found) in cases {
        let faulted = map.run_json(bytes, &context(), &mut Scratch::default()).unwrap_err();
        let fault = &faulted.faults[0];
        assert_eq!((fault.offset, fault.found.as_str()), (Some(offset), found), "{fault:?}");
    }
}
