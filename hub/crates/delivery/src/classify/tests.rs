//! Answers of real platforms, and what must not be repeated from them.

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_000);

/// Name and value of each header.
type Headers = &'static [(&'static str, &'static str)];

fn answer(status: u16, headers: Headers, body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| {
        (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
    });
    Answer {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: headers.collect(),
        body: body.into(),
    }
}

fn reply(status: u16, body: Option<(&str, &[&str])>) -> Reply {
    let texts = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
    Reply { status, body: body.map(|(at, list)| (at.to_owned(), texts(list))), header: None }
}

/// What packages of these platforms declare.
fn rules() -> Rules {
    Rules {
        throttle: vec![
            reply(400, Some(("/error", &["hour_api_limit", "day_api_limit"]))),
            reply(403, Some(("/0/errorCode", &["REQUEST_LIMIT_EXCEEDED"]))),
            reply(200, Some(("/errors/0/code", &["606", "607", "615"]))),
            reply(200, Some(("/errors/0/extensions/code", &["THROTTLED"]))),
            Reply { header: Some("x-ratelimit-reset".to_owned()), ..reply(403, None) },
        ],
        refused: vec![reply(200, Some(("/success", &["false"])))],
        far_id: Some("/result/0/id".to_owned()),
        ..Rules::default()
    }
}

fn judge(status: u16, headers: Headers, body: &str) -> Verdict {
    rules().judge(&answer(status, headers, body), NOW, &[])
}

#[test]
fn h29_every_way_to_say_slow_down_is_throttling() {
    let cases: [(&str, u16, Headers, &str, Option<u64>); 9] = [
        ("429", 429, &[], "", None),
        ("429 with seconds", 429, &[("retry-after", "30")], "", Some(30)),
        ("429 with a date", 429, &[("retry-after", "Thu, 01 Jan 2026 00:01:00 GMT")], "", Some(60)),
        ("503 with seconds", 503, &[("retry-after", "5")], "", Some(5)),
        ("BASE", 400, &[], r#"{"error":"hour_api_limit"}"#, None),
        ("Salesforce", 403, &[], r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED"}]"#, None),
        ("Marketo", 200, &[], r#"{"success":false,"errors":[{"code":"606"}]}"#, None),
        ("Shopify", 200, &[], r#"{"errors":[{"extensions":{"code":"THROTTLED"}}]}"#, None),
        ("freee", 403, &[("x-ratelimit-reset", "600")], "{}", None),
    ];
    for (name, status, headers, body, wait_s) in cases {
        let verdict = judge(status, headers, body);
        assert!(verdict.is_throttled(), "{name}: {verdict:?}");
        assert_eq!(verdict.health(), Health::Alive, "{name}: a busy far side is not a dead one");
        let Verdict::Later { after, .. } = verdict else { panic!("{name}") };
        assert_eq!(after.map(|it| it.as_secs()), wait_s, "{name}");
    }
    for (name, status, body) in [
        ("BASE, another fault", 400, r#"{"error":"invalid"}"#),
        ("Salesforce, no right", 403, r#"[{"errorCode":"INSUFFICIENT_ACCESS"}]"#),
        ("freee, no right", 403, "{}"),
        ("Marketo, bad record", 200, r#"{"success":false,"errors":[{"code":"1003"}]}"#),
    ] {
        assert!(matches!(judge(status, &[], body), Verdict::Refused { .. }), "{name}");
    }
}

#[test]
fn statuses_mean_done_later_or_never() {
    let word = |status| match judge(status, &[], "{}") {
        Verdict::Done { .. } => "done",
        Verdict::Later { cause: Cause::Throttled, .. } => "throttled",
        Verdict::Later { cause: Cause::Failing, .. } => "failing",
        Verdict::Later { cause: Cause::Busy, .. } => "busy",
        Verdict::Refused { code: REFUSED, .. } => "refused",
        Verdict::Refused { .. } => "unexpected",
    };
    for (statuses, want) in [
        ([200, 201, 202, 204].as_slice(), "done"),
        (&[429], "throttled"),
        (&[301, 302, 307, 308, 401, 407, 408, 500, 502, 503, 504, 599], "failing"),
        (&[409, 423, 425], "busy"),
        (&[400, 402, 403, 404, 405, 406, 410, 411, 413, 415, 418, 422, 451, 501, 505], "refused"),
        (&[203, 205, 206, 207, 226, 299, 600, 999], "unexpected"),
    ] {
        for status in statuses {
            assert_eq!(word(*status), want, "{status}");
        }
    }
    let only_201 = Rules { success: vec![201], ..Rules::default() };
    let verdict = only_201.judge(&answer(200, &[], ""), NOW, &[]);
    assert!(matches!(verdict, Verdict::Refused { code: UNEXPECTED, .. }));
}

#[test]
fn the_far_id_is_a_text_or_a_number() {
    let far_id = |body: &str| match judge(201, &[], body) {
        Verdict::Done { far_id, .. } => far_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(far_id(r#"{"result":[{"id":"a-1"}]}"#).as_deref(), Some("a-1"));
    let large = r#"{"result":[{"id":820982911946154508}]}"#;
    assert_eq!(far_id(large).as_deref(), Some("820982911946154508"));
    for none in ["", "{}", r#"{"result":[{"id":null}]}"#, r#"{"result":[{"id":""}]}"#, "not JSON"] {
        assert_eq!(far_id(none), None, "{none}");
    }
}

#[test]
fn a_reason_is_short_one_line_and_without_secrets() {
    let hidden = [Secret::new("tok-123456"), Secret::new("")];
    let body = format!("bad\r\n\u{1b}[31mtoken tok-123456 {}", "あ".repeat(400));
    let verdict = Rules::default().judge(&answer(422, &[], &body), NOW, &hidden);
    let Verdict::Refused { code, reason } = verdict else { panic!("{verdict:?}") };
    assert_eq!(code, "delivery-refused");
    assert!(reason.starts_with(r"HTTP 422: bad\r\n\u{1b}[31mtoken [hidden] ああ"), "{reason}");
    assert!(reason.ends_with('…') && reason.chars().count() < 350, "{reason}");
    let verdict = Rules::default().judge(&answer(500, &[], &body), NOW, &hidden);
    let Verdict::Later { reason, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(reason, "HTTP 500", "nothing of the body: it may hold personal data");
}
