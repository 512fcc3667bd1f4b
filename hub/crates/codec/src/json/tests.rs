//! What must be read and what must be refused, as tables.

use super::*;

#[test]
fn what_must_be_read_is_read() {
    let deep = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
    let many: Vec<String> = (0..100).map(|it| format!("\"k{it}\":{it}")).collect();
    let wide = format!("{{{}}}", many.join(","));
    let cases = [
        "null",
        " true ",
        "false\r\n",
        "\"\"",
        "0",
        "-0",
        "12.50",
        "1e5",
        "1E+5",
        "-1.5e-7",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        "[1,2]",
        "[[],{}]",
        r#"{"a":{"a":1},"b":{"a":2}}"#,
        r#""\u00e9\n\/""#,
        r#""\ud842\udfb7""#,
        "\"𠮷\"",
        "\"\u{7F}\"",
        "\"\u{2028}\"",
        r#"{"":1}"#,
        "1234567890123456789012345",
        r#"{"a":1,"A":2}"#,
        r#"[{"a":1},{"a":1}]"#,
        &deep,
        &wide,
    ];
    for text in cases {
        assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
    }
}

#[test]
fn what_must_be_refused_is_refused_at_its_offset() {
    let deep = "[".repeat(DEPTH_MAX + 1);
    let many: Vec<String> = (0..100).map(|it| format!("\"k{}\":{it}", it % 99)).collect();
    let wide = format!("{{{}}}", many.join(","));
    let last = wide.rfind("\"k0\"").expect("there");
    let cases: Vec<(&[u8], &str, usize)> = vec![
        (b"", "truncated", 0),
        (b" ", "truncated", 1),
        (b"\xEF\xBB\xBF1", "bom", 0),
        (b"[1", "truncated", 2),
        (b"\"a", "truncated", 2),
        (b"{\"a\":", "truncated", 5),
        (b"tru", "truncated", 3),
        (b"-", "truncated", 1),
        (b"1.", "truncated", 2),
        (b"trUe", "syntax", 2),
        (b"[1,]", "syntax", 3),
        (b"[,1]", "syntax", 1),
        (b"{\"a\":1,}", "syntax", 7),
        (b"{a:1}", "syntax", 1),
        (b"{'a':1}", "syntax", 1),
        (b"{\"a\" 1}", "syntax", 5),
        (b"[1 2]", "syntax", 3),
        (b"[1}", "syntax", 2),
        (b"{\"a\":1]", "syntax", 6),
        (b"NaN", "syntax", 0),
        (b"Infinity", "syntax", 0),
        (b"+1", "syntax", 0),
        (b".5", "syntax", 0),
        (b"1.e5", "syntax", 2),
        (b"1e", "truncated", 2),
        (b"01", "trailing", 1),
        (b"0x1", "trailing", 1),
        (b"1 2", "trailing", 2),
        (b"{} x", "trailing", 3),
        (b"[1]\0", "trailing", 3),
        (b"// c\n1", "syntax", 0),
        (b"\"a\nb\"", "syntax", 2),
        (b"\"\\x41\"", "syntax", 2),
        (b"\"\\u12G4\"", "syntax", 5),
        (b"\"\\ud842\"", "surrogate", 1),
        (b"\"\\udfb7\"", "surrogate", 1),
        (b"\"\\ud842\\u0041\"", "surrogate", 1),
        (b"\"a\xFFb\"", "utf-8", 2),
        (b"\"\xED\xA0\x80\"", "utf-8", 1),
        (b"\"\xC0\xAF\"", "utf-8", 1),
        (b"{\"a\":1,\"a\":2}", "duplicate-key", 7),
        (b"{\"a\":1,\"\\u0061\":2}", "duplicate-key", 7),
        (b"[{\"x\":[{\"k\":1,\"k\":1}]}]", "duplicate-key", 14),
        (deep.as_bytes(), "depth", DEPTH_MAX),
        (wide.as_bytes(), "duplicate-key", last.max(wide.find(",\"k0\"").map_or(0, |it| it + 1))),
    ];
    for (bytes, code, offset) in cases {
        let fault = check(bytes).expect_err("refused");
        assert_eq!((fault.code, fault.offset), (code, offset), "{}", bytes.escape_ascii());
        // Where we refuse the syntax, so does the reader of others.
        if matches!(code, "syntax" | "truncated" | "trailing" | "surrogate" | "utf-8" | "depth") {
            assert!(serde_json::from_slice::<serde_json::Value>(bytes).is_err(), "{fault}");
        }
    }
}

#[test]
fn a_bad_line_does_not_hide_the_others() {
    let text = "{\"a\":1}\r\n\n [2 \n{\"b\":1,\"b\":2}\n3";
    let records = lines(text.as_bytes()).expect("splits");
    let seen: Vec<_> = records
        .iter()
        .map(|it| {
            (it.number, it.offset, it.length, it.fault.as_ref().map(|it| (it.code, it.offset)))
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, 0, 7, None),
            (2, 11, 2, Some(("truncated", 13))),
            (3, 15, 13, Some(("duplicate-key", 22))),
            (4, 29, 1, None)
        ]
    );
    assert_eq!(lines(b"{}\n{\"a\":").map_err(|it| (it.code, it.offset)), Err(("truncated", 8)));
}

#[test]
fn elements_of_an_array_are_told_apart() {
    let text = r#" [ {"a":"]"} , {"b":"\ud800"},3 ] "#;
    let records = elements(text.as_bytes()).expect("splits");
    let texts: Vec<_> = records.iter().map(|it| &text[it.offset..it.offset + it.length]).collect();
    assert_eq!(texts, [r#"{"a":"]"}"#, r#"{"b":"\ud800"}"#, "3"]);
    let codes: Vec<_> = records.iter().map(|it| it.fault.as_ref().map(|it| it.code)).collect();
    assert_eq!(codes, [None, Some("surrogate"), None]);
    assert_eq!(elements(b"[]").map(|it| it.len()), Ok(0));
    for bad in ["{}", "[1,]", "[1", "[1] 2", "[1 2]", ""] {
        assert!(elements(bad.as_bytes()).is_err(), "{bad}");
    }
}
