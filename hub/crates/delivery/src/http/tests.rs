//! One try against a real far side.

use super::*;
use crate::{
    auth::{Grant, OAuth2, Proof},
    secret::Secret,
    testing::{FarSide, Said, client, client_within},
};
use adapter_kit::manifest::ClientAuth;
use canon::clock::{ManualClock, Timestamp};

const KEY: &str = "0f0e0d0c-0b0a-8908-8706-050403020100";

fn endpoint(base: &str, proof: Proof) -> Endpoint {
    let client = client();
    let auth = Auth::new(proof, &client).expect("a proof");
    let headers = [("Square-Version".to_owned(), "2026-01-01".to_owned())];
    Endpoint::new(client, base, auth, &headers).expect("an endpoint")
}

fn rules() -> Rules {
    Rules { far_id: Some("/id".to_owned()), ..Rules::default() }
}

fn call<'a>(path: &'a str, rules: &'a Rules) -> Call<'a> {
    Call {
        method: "POST",
        path,
        headers: &[],
        content_type: "application/json",
        body: Bytes::from_static(b"{\"name\":\"tea\"}"),
        key_header: Some("Idempotency-Key"),
        key: KEY,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        rules,
    }
}

async fn attempt(endpoint: &Endpoint, path: &str) -> Verdict {
    let clock = ManualClock::at(Timestamp::from_ms(1_767_225_600_000));
    endpoint.attempt(&call(path, &rules()), &clock).await.verdict
}

#[tokio::test]
async fn a_try_carries_everything_and_brings_the_far_id() {
    let far = FarSide::answering(|_, _| Said::Http(201, "", r#"{"id":"far-1"}"#.to_owned()));
    let token = Proof::Token { word: "Bearer".to_owned(), token: Secret::new("tok") };
    let endpoint = endpoint(&far.url("/api/v2/"), token);
    let verdict = attempt(&endpoint, "/orders/a%2Fb?upsert=true").await;
    let far_id = Some("far-1".to_owned());
    assert_eq!(verdict, Verdict::Done { answer: "HTTP 201".to_owned(), far_id });
    let seen = far.seen().remove(0);
    assert_eq!(seen.line, "POST /api/v2/orders/a%2Fb?upsert=true HTTP/1.1");
    assert_eq!(seen.body, "{\"name\":\"tea\"}");
    for (name, want) in [
        ("authorization", "Bearer tok"),
        ("idempotency-key", KEY),
        ("content-type", "application/json"),
        ("square-version", "2026-01-01"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ] {
        assert_eq!(seen.header(name), Some(want), "{name}");
    }
}

#[tokio::test]
async fn a_service_of_soap_is_called_as_it_wants_and_heard() {
    let envelope = |body: &str| {
        let space = "http://schemas.xmlsoap.org/soap/envelope/";
        format!("<s:Envelope xmlns:s='{space}'><s:Body>{body}</s:Body></s:Envelope>")
    };
    let fault = envelope(
        "<s:Fault><faultcode>s:Client</faultcode><faultstring>no such item</faultstring></s:Fault>",
    );
    let busy =
        envelope("<s:Fault><faultcode>s:Server</faultcode><detail><Busy/></detail></s:Fault>");
    let done = envelope("<r xmlns='urn:o'><OrderId>A-1</OrderId></r>");
    let far = FarSide::answering(move |number, _| match number {
        0 => Said::Http(200, "", done.clone()),
        1 => Said::Http(200, "", fault.clone()),
        2 => Said::Http(500, "", fault.clone()),
        3 => Said::Http(500, "", busy.clone()),
        _ => Said::Http(500, "", "<html>down</html>".to_owned()),
    });
    let endpoint = endpoint(&far.url(""), Proof::None);
    let at = |status, pointer: &str| adapter_kit::manifest::Reply {
        status,
        body: Some((pointer.to_owned(), Vec::new())),
        header: None,
    };
    let rules = Rules {
        throttle: vec![at(500, "/Envelope/Body/Fault/detail/Busy")],
        refused: vec![at(200, "/Envelope/Body/Fault"), at(500, "/Envelope/Body/Fault")],
        far_id: Some("/Envelope/Body/r/OrderId".to_owned()),
        ..Rules::default()
    };
    let headers = [("SOAPAction".to_owned(), "\"urn:o/New\"".to_owned())];
    let clock = ManualClock::at(Timestamp::default());
    let content_type = "text/xml; charset=utf-8";
    let call = Call { content_type, headers: &headers, ..call("/o", &rules) };
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(endpoint.attempt(&call, &clock).await.verdict);
    }
    assert!(matches!(&told[0], Verdict::Done { far_id: Some(id), .. } if id == "A-1"), "{told:?}");
    for refused in &told[1..3] {
        let Verdict::Refused { reason, .. } = refused else { panic!("{told:?}") };
        assert!(reason.contains("no such item"), "{reason}");
    }
    assert!(told[3].is_throttled(), "{told:?}");
    assert!(matches!(told[4], Verdict::Later { cause: Cause::Failing, .. }), "{told:?}");
    let seen = far.seen().remove(0);
    assert_eq!(seen.header("soapaction"), Some("\"urn:o/New\""));
    assert_eq!(seen.header("content-type"), Some(content_type));
}

#[tokio::test]
async fn a_call_without_a_body_sends_none() {
    let far = FarSide::answering(|_, _| Said::Http(204, "", String::new()));
    let endpoint = endpoint(&far.url(""), Proof::None);
    let rules = rules();
    let call = Call { method: "DELETE", content_type: "", key_header: None, ..call("/x", &rules) };
    let clock = ManualClock::at(Timestamp::default());
    let verdict = endpoint.attempt(&call, &clock).await.verdict;
    assert!(matches!(verdict, Verdict::Done { far_id: None, .. }), "{verdict:?}");
    let seen = far.seen().remove(0);
    assert_eq!((seen.line.as_str(), seen.body.as_str()), ("DELETE /x HTTP/1.1", ""));
    assert_eq!(seen.header("idempotency-key"), None);
    assert_eq!(seen.header("content-type"), None);
}

fn oauth(far: &FarSide) -> Proof {
    Proof::OAuth2(OAuth2 {
        token_url: far.url("/token").parse().expect("a URL"),
        client_id: "hub".to_owned(),
        client_secret: Secret::new("canary-secret"),
        client_auth: ClientAuth::Basic,
        scope: None,
        redirect_uri: None,
        grant: Grant::ClientCredentials,
    })
}

/// Gives tokens `t0`, `t1` … and takes those that `takes` says.
fn with_tokens(takes: fn(&str) -> bool) -> FarSide {
    FarSide::answering(move |n, seen| {
        if seen.line.starts_with("POST /token") {
            let body = format!(r#"{{"access_token":"t{n}","expires_in":3600}}"#);
            return Said::Http(200, "", body);
        }
        let token = seen.header("authorization").unwrap_or_default();
        if takes(token) {
            return Said::Http(200, "", "{}".to_owned());
        }
        Said::Http(401, "", format!("what is {token}?"))
    })
}

#[tokio::test]
async fn a_token_the_far_side_no_longer_takes_is_renewed_once_in_the_same_try() {
    let far = with_tokens(|token| token == "Bearer t2");
    let verdict = attempt(&endpoint(&far.url(""), oauth(&far)), "/orders").await;
    assert!(matches!(verdict, Verdict::Done { .. }), "{verdict:?}");
    let lines: Vec<_> = far.seen().into_iter().map(|it| it.line).collect();
    let (token, order) = ("POST /token HTTP/1.1", "POST /orders HTTP/1.1");
    assert_eq!(lines, [token, order, token, order]);
    let keys = far
        .seen()
        .iter()
        .filter_map(|it| it.header("idempotency-key").map(str::to_owned))
        .collect::<Vec<_>>();
    assert_eq!(keys, [KEY, KEY], "the same key on both");
}

#[tokio::test]
async fn a_far_side_that_takes_no_token_holds_the_destination_back() {
    let far = with_tokens(|_| false);
    let verdict = attempt(&endpoint(&far.url(""), oauth(&far)), "/orders").await;
    let reason = "HTTP 401".to_owned();
    assert_eq!(verdict, Verdict::Later { reason, after: None, cause: Cause::Failing });
    assert_eq!(far.seen().len(), 4, "one renewal, not more");
}

#[tokio::test]
async fn no_token_and_no_answer_are_later() {
    let far = FarSide::answering(|_, _| Said::Http(500, "", String::new()));
    let verdict = attempt(&endpoint(&far.url(""), oauth(&far)), "/orders").await;
    let reason = "no token: HTTP 500".to_owned();
    assert_eq!(verdict, Verdict::Later { reason, after: None, cause: Cause::Failing });
    let far = FarSide::answering(|_, _| Said::Nothing);
    let client = client_within(Duration::from_millis(100));
    let auth = Auth::new(Proof::None, &client).expect("a proof");
    let silent = Endpoint::new(client, &far.url(""), auth, &[]).expect("an endpoint");
    let verdict = attempt(&silent, "/orders").await;
    assert!(matches!(verdict, Verdict::Later { cause: Cause::Failing, .. }), "{verdict:?}");
}

#[tokio::test]
async fn a_filled_in_value_cannot_lead_elsewhere() {
    let far = FarSide::answering(|_, _| Said::Http(200, "", "{}".to_owned()));
    let endpoint = endpoint(&far.url("/api"), Proof::None);
    for path in [
        "/customers/../admin",
        "/customers/..",
        "/customers/%2e%2E/admin",
        "/customers/.%2e",
        "/customers/./x",
        "/customers/\\..\\admin",
        "/customers/x#y",
    ] {
        let verdict = attempt(&endpoint, path).await;
        assert!(
            matches!(verdict, Verdict::Refused { code: UNSENDABLE, .. }),
            "{path}: {verdict:?}"
        );
    }
    assert!(far.seen().is_empty());
    for path in ["//evil.example/x", "/@evil.example", "/..x/...", "http://evil.example/"] {
        attempt(&endpoint, path).await;
    }
    assert!(far.seen().iter().all(|it| it.line.starts_with("POST /api/")), "{:?}", far.seen());
    assert_eq!(far.seen().len(), 4);
}

#[test]
fn a_base_address_that_cannot_be_called_is_refused() {
    let new = |base: &str| {
        let client = Client::new(
            crate::guard::Networks::default(),
            crate::client::Waits::within(Duration::from_secs(1)),
        );
        let client = client.expect("a client");
        let auth = Auth::new(Proof::None, &client).expect("a proof");
        Endpoint::new(client, base, auth, &[]).map(|_| ()).map_err(|it| it.to_string())
    };
    assert_eq!(new("https://erp.example.com/api"), Ok(()));
    for bad in [
        "",
        "erp.example.com",
        "https://erp.example.com/?a=b",
        "https://u:p@erp.example.com/",
        "ftp://erp.example.com/",
    ] {
        assert!(new(bad).is_err(), "{bad}");
    }
    let denied = new("http://10.0.0.5/").expect_err("not public");
    assert!(denied.contains("allow its network in the channel"), "{denied}");
}

#[test]
fn nothing_prints_a_secret_or_a_body() {
    let rules = rules();
    let call = call("/customers/tanaka%40example.com", &rules);
    let answer = Answer {
        status: http::StatusCode::OK,
        headers: HeaderMap::new(),
        body: b"tanaka".to_vec(),
    };
    let proofs = [
        Proof::Token { word: "Bearer".to_owned(), token: Secret::new("canary-1") },
        Proof::Pair {
            word: "Basic".to_owned(),
            user: Secret::new("canary-2"),
            password: Secret::new("canary-3"),
        },
        Proof::Header { name: "X-Api-Key".to_owned(), value: Secret::new("canary-4") },
    ];
    let mut printed = format!("{proofs:?} {call:?} {answer:?}");
    for proof in proofs {
        printed += &format!("{:?}", endpoint("https://erp.example.com/", proof));
    }
    // `Y2FuYXJ5` is `canary` in base64.
    for hidden in ["canary", "Y2FuYXJ5", "tanaka", "tea"] {
        assert!(!printed.contains(hidden), "{hidden}: {printed}");
    }
}
