//! Proofs as headers, and tokens that are fetched once however many want them.

use super::*;
use crate::testing::{FarSide, Said, client};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const NOW: Timestamp = Timestamp::from_ms(1_767_225_600_000);

fn oauth(url: &str, client_auth: ClientAuth, grant: Grant) -> Auth {
    let settings = OAuth2 {
        token_url: Url::parse(url).expect("a URL"),
        client_id: "hub:1".to_owned(),
        client_secret: Secret::new("canary-secret"),
        client_auth,
        scope: Some("orders.write stock.read".to_owned()),
        redirect_uri: None,
        grant,
    };
    Auth::new(Proof::OAuth2(settings), &client()).expect("sound")
}

fn credentials(far: &FarSide, client_auth: ClientAuth) -> Auth {
    oauth(&far.url("/token"), client_auth, Grant::ClientCredentials)
}

/// Gives tokens `t0`, `t1` … that live for ten minutes.
fn token_endpoint() -> FarSide {
    FarSide::answering(|n, _| {
        let body = format!(r#"{{"access_token":"t{n}","token_type":"Bearer","expires_in":600}}"#);
        Said::Http(200, "", body)
    })
}

fn authorization(proven: &Proven) -> &str {
    proven.headers[AUTHORIZATION].to_str().expect("ASCII")
}

async fn fixed(proof: Proof) -> HeaderMap {
    let auth = Auth::new(proof, &client()).expect("sound");
    assert!(auth.renew(0, NOW).await.expect("no fetch").is_none());
    auth.prove(NOW).await.expect("no fetch").headers
}

#[tokio::test]
async fn fixed_proofs_are_headers() {
    let word = |word: &str| word.to_owned();
    let bearer = Proof::Token { word: word("Bearer"), token: Secret::new("abc") };
    assert_eq!(fixed(bearer).await[AUTHORIZATION], "Bearer abc");
    let basic = Proof::Pair {
        word: word("Basic"),
        user: Secret::new("Aladdin"),
        password: Secret::new("open sesame"),
    };
    // RFC 7617 section 2.
    assert_eq!(fixed(basic).await[AUTHORIZATION], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    let rakuten = Proof::Pair {
        word: word("ESA"),
        user: Secret::new("SP000000_aaaa"),
        password: Secret::new("SL000000_bbbb"),
    };
    assert_eq!(fixed(rakuten).await[AUTHORIZATION], "ESA U1AwMDAwMDBfYWFhYTpTTDAwMDAwMF9iYmJi");
    let header = Proof::Header { name: word("X-Api-Key"), value: Secret::new("k") };
    let headers = fixed(header).await;
    assert_eq!(headers["x-api-key"], "k");
    assert!(headers["x-api-key"].is_sensitive());
    assert!(fixed(Proof::None).await.is_empty());
}

#[test]
fn a_proof_that_cannot_stand_in_a_header_is_refused_and_not_shown() {
    let bad = Proof::Token { word: "Bearer".to_owned(), token: Secret::new("canary\nx") };
    let fault = Auth::new(bad, &client()).expect_err("a line break");
    assert!(!format!("{fault:?} {fault}").contains("canary"));
    let bad = Proof::Header { name: "x y".to_owned(), value: Secret::new("k") };
    assert!(matches!(Auth::new(bad, &client()), Err(ProofFault::Name { .. })));
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_a_little_before_its_end() {
    let far = token_endpoint();
    let auth = credentials(&far, ClientAuth::Basic);
    for (seconds, want) in
        [(0, "Bearer t0"), (539, "Bearer t0"), (540, "Bearer t1"), (541, "Bearer t1")]
    {
        let now = NOW.plus(Duration::from_secs(seconds));
        let proven = auth.prove(now).await.expect("a token");
        assert_eq!(authorization(&proven), want, "{seconds} s");
    }
    let seen = far.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].line, "POST /token HTTP/1.1");
    // `hub%3A1:canary-secret`, form-encoded before it is paired.
    assert_eq!(seen[0].header("authorization"), Some("Basic aHViJTNBMTpjYW5hcnktc2VjcmV0"));
    assert_eq!(seen[0].body, "grant_type=client_credentials&scope=orders.write+stock.read");
}

#[tokio::test]
async fn the_client_may_prove_itself_in_the_form() {
    let far = token_endpoint();
    credentials(&far, ClientAuth::Body).prove(NOW).await.expect("a token");
    let seen = far.seen();
    assert_eq!(seen[0].header("authorization"), None);
    assert!(seen[0].body.ends_with("&client_id=hub%3A1&client_secret=canary-secret"));
}

#[tokio::test]
async fn h30_many_workers_with_a_spent_rotating_token_refresh_it_once() {
    let far = FarSide::answering(|n, seen| {
        // The far side takes each refresh token once.
        let wanted = format!("grant_type=refresh_token&refresh_token=r{n}&");
        if !seen.body.starts_with(&wanted) {
            return Said::Http(400, "", r#"{"error":"invalid_grant"}"#.to_owned());
        }
        let next = n + 1;
        let body =
            format!(r#"{{"access_token":"t{n}","expires_in":"60","refresh_token":"r{next}"}}"#);
        Said::Http(200, "", body)
    });
    let kept = Drawer::with("r0");
    let grant = Grant::RefreshToken(kept.clone());
    let auth = oauth(&far.url("/token"), ClientAuth::Basic, grant);
    let spent = auth.prove(NOW).await.expect("a token").generation;
    let (one, two, three) =
        tokio::join!(auth.renew(spent, NOW), auth.renew(spent, NOW), auth.renew(spent, NOW));
    for proven in [one, two, three] {
        let proven = proven.expect("a token").expect("it can be renewed");
        assert_eq!(authorization(&proven), "Bearer t1");
    }
    assert_eq!(far.seen().len(), 2, "one token, one refresh");
    assert_eq!(kept.all(), ["r0", "r1", "r2"]);
}

/// Keeps refresh tokens in memory.
#[derive(Clone, Debug, Default)]
struct Drawer(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    tokens: Vec<String>,
    /// So many times from now on nothing can be kept.
    full: u32,
    refused: Vec<String>,
    since: Timestamp,
}

impl Drawer {
    fn with(token: &str) -> Arc<Self> {
        let drawer = Self::default();
        drawer.0.lock().expect("not poisoned").tokens.push(token.to_owned());
        Arc::new(drawer)
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("not poisoned").tokens.clone()
    }
}

impl Kept for Drawer {
    fn begin(&self, _now: Timestamp) -> Result<Box<dyn Turn>, String> {
        Ok(Box::new(self.clone()))
    }

    fn since(&self) -> Option<Timestamp> {
        Some(self.0.lock().expect("not poisoned").since)
    }
}

impl Turn for Drawer {
    fn token(&self) -> Secret {
        Secret::new(self.all().last().expect("one").as_str())
    }

    fn done(&mut self, next: Option<&Secret>, _now: Timestamp) -> Result<(), String> {
        let mut drawer = self.0.lock().expect("not poisoned");
        if drawer.full > 0 {
            drawer.full -= 1;
            return Err("the disk is full".to_owned());
        }
        drawer.tokens.extend(next.map(|it| it.expose().to_owned()));
        Ok(())
    }

    fn refused(&mut self, why: &str, _now: Timestamp) {
        self.0.lock().expect("not poisoned").refused.push(why.to_owned());
    }
}

#[tokio::test]
async fn a_token_is_used_only_when_the_refresh_token_beside_it_is_kept() {
    let far = FarSide::answering(|n, _| {
        let body = format!(r#"{{"access_token":"t{n}","refresh_token":"r{}"}}"#, n + 1);
        Said::Http(200, "", body)
    });
    let kept = Drawer::with("r0");
    kept.0.lock().expect("not poisoned").full = 2;
    let auth = oauth(&far.url("/token"), ClientAuth::Body, Grant::RefreshToken(kept.clone()));
    for _ in 0..2 {
        let fault = auth.prove(NOW).await.expect_err("it is not kept yet").to_string();
        assert!(fault.contains("cannot be kept yet: the disk is full"), "{fault}");
    }
    assert_eq!(authorization(&auth.prove(NOW).await.expect("kept now")), "Bearer t0");
    assert_eq!(far.seen().len(), 1, "the spent one is not sent again");
    assert_eq!(kept.all(), ["r0", "r1"]);
}

#[tokio::test]
async fn what_is_given_is_kept_though_nobody_waits_for_it_any_more() {
    let (asked, is_asked) = std::sync::mpsc::channel();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let far = FarSide::answering(move |_, _| {
        asked.send(()).expect("the test waits");
        may_go_on.recv().expect("the test says so");
        Said::Http(200, "", r#"{"access_token":"t0","refresh_token":"r1"}"#.to_owned())
    });
    let kept = Drawer::with("r0");
    let auth = oauth(&far.url("/token"), ClientAuth::Body, Grant::RefreshToken(kept.clone()));
    // The hub stops while the far side, which has the question, has not answered.
    let is_asked = tokio::task::spawn_blocking(move || is_asked.recv());
    tokio::select! {
        _ = auth.prove(NOW) => panic!("it cannot be answered yet"),
        asked = is_asked => asked.expect("no panic").expect("it is asked"),
    }
    go_on.send(()).expect("it waits");
    auth.settled().await;
    assert_eq!(kept.all(), ["r0", "r1"]);
    assert_eq!(authorization(&auth.prove(NOW).await.expect("it is there")), "Bearer t0");
}

#[tokio::test]
async fn odd_members_beside_it_do_not_take_a_refresh_token_away() {
    for (rest, lives) in [
        (r#""access_token":"t","expires_in":3600.0"#, Some(Duration::from_secs(3540))),
        (r#""access_token":"t","expires_in":" 3600.5""#, Some(Duration::from_millis(3_540_500))),
        (r#""access_token":"t","expires_in":-1"#, Some(Duration::from_secs(270))),
        (r#""access_token":"t","expires_in":true"#, Some(Duration::from_secs(270))),
        (r#""access_token":"t","expires_in":1e300"#, Some(Duration::from_secs(270))),
        (r#""access_token":"t","expires_in":{"s":1}"#, Some(Duration::from_secs(270))),
        (r#""access_token":7"#, None),
        (r#""expires_in":3600"#, None),
    ] {
        let far = FarSide::answering(move |n, _| {
            Said::Http(200, "", format!(r#"{{{rest},"refresh_token":"r{}"}}"#, n + 1))
        });
        let kept = Drawer::with("r0");
        let auth = oauth(&far.url("/token"), ClientAuth::Body, Grant::RefreshToken(kept.clone()));
        let proven = auth.prove(NOW).await;
        assert_eq!(kept.all(), ["r0", "r1"], "{rest}");
        let Some(lives) = lives else {
            let fault = proven.expect_err(rest).to_string();
            assert_eq!(fault, "no token: the answer has no access_token");
            continue;
        };
        let last = NOW.plus(lives - Duration::from_millis(1));
        assert_eq!(auth.prove(last).await.expect("a token").generation, 1, "{rest}");
        assert_eq!(auth.prove(NOW.plus(lives)).await.expect("a token").generation, 2, "{rest}");
    }
}

#[tokio::test]
async fn a_token_of_the_account_before_is_not_used_after_another_is_connected() {
    let far = token_endpoint();
    let kept = Drawer::with("r0");
    let auth = oauth(&far.url("/token"), ClientAuth::Body, Grant::RefreshToken(kept.clone()));
    for _ in 0..2 {
        assert_eq!(authorization(&auth.prove(NOW).await.expect("a token")), "Bearer t0");
    }
    kept.0.lock().expect("not poisoned").since = NOW;
    for _ in 0..2 {
        assert_eq!(authorization(&auth.prove(NOW).await.expect("a token")), "Bearer t1");
    }
}

#[tokio::test]
async fn a_refusal_for_good_is_told_to_who_keeps_the_token_and_no_other_is() {
    for (status, error, told) in [(400, "invalid_grant", 1), (503, "busy", 0), (401, "x", 0)] {
        let far = FarSide::answering(move |_, _| {
            Said::Http(status, "", format!(r#"{{"error":"{error}"}}"#))
        });
        let kept = Drawer::with("r0");
        let auth = oauth(&far.url("/token"), ClientAuth::Body, Grant::RefreshToken(kept.clone()));
        auth.prove(NOW).await.expect_err("no token");
        assert_eq!(kept.0.lock().expect("not poisoned").refused.len(), told, "{error}");
    }
}

#[tokio::test]
async fn a_code_is_traded_for_the_first_refresh_token() {
    let far = FarSide::answering(|n, _| {
        let rest = if n == 0 { r#","refresh_token":"r0""# } else { "" };
        Said::Http(200, "", format!(r#"{{"access_token":"t"{rest}}}"#))
    });
    let settings = OAuth2 {
        token_url: Url::parse(&far.url("/token")).expect("a URL"),
        client_id: "hub".to_owned(),
        client_secret: Secret::new("s"),
        client_auth: ClientAuth::Body,
        scope: None,
        redirect_uri: Some("http://127.0.0.1:8765/".to_owned()),
        grant: Grant::ClientCredentials,
    };
    let first = exchange(&settings, &client(), ("c1", Some("v"))).await.expect("a token");
    assert_eq!(first.expose(), "r0");
    let wanted = "grant_type=authorization_code&code=c1&code_verifier=v\
                  &redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2F&client_id=hub&client_secret=s";
    assert_eq!(far.seen()[0].body, wanted);
    assert!(exchange(&settings, &client(), ("c2", None)).await.is_err(), "none was given");
}

#[tokio::test]
async fn a_failing_endpoint_is_asked_once_by_all_who_wait() {
    let far = FarSide::answering(|_, _| {
        let body = r#"{"error":"invalid_client","error_description":"canary-secret is wrong"}"#;
        Said::Http(401, "", body.to_owned())
    });
    let auth = credentials(&far, ClientAuth::Basic);
    let (one, two) = tokio::join!(auth.prove(NOW), auth.prove(NOW));
    for fault in [one, two] {
        let text = fault.expect_err("no token").to_string();
        assert_eq!(text, r#"no token: HTTP 401, "invalid_client""#);
    }
    assert_eq!(far.seen().len(), 1);
    assert!(auth.prove(NOW).await.is_err(), "the next one asks again");
    assert_eq!(far.seen().len(), 2);
    assert!(!format!("{auth:?}").contains("canary"));
}

#[tokio::test]
async fn an_answer_without_a_token_is_no_token() {
    for body in ["", "{}", "<html>", r#"{"access_token":7}"#, r#"{"access_token":"a\nb"}"#] {
        let far = FarSide::answering(move |_, _| Said::Http(200, "", body.to_owned()));
        let auth = credentials(&far, ClientAuth::Basic);
        assert!(auth.prove(NOW).await.is_err(), "{body}");
    }
}

#[tokio::test]
async fn a_token_endpoint_must_be_at_an_address_that_may_be_dialled() {
    let auth = oauth("http://10.0.0.5/token", ClientAuth::Basic, Grant::ClientCredentials);
    let fault = auth.prove(NOW).await.expect_err("not public").to_string();
    assert!(fault.starts_with("no token: egress-denied: 10.0.0.5"), "{fault}");
}
