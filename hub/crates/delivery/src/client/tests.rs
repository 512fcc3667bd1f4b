//! The client against a real far side: what it does not follow, read or wait for.

use super::*;
use crate::testing::{FarSide, Said, client, client_within};

async fn get(client: &Client, url: &str) -> Result<Answer, NoAnswer> {
    let url = Url::parse(url).expect("a URL");
    client.check(&url)?;
    client.send(client.request(Method::GET, url).build().expect("a request")).await
}

fn plain_ok() -> FarSide {
    FarSide::answering(|_, _| Said::Http(200, "", "ok".to_owned()))
}

#[tokio::test]
async fn an_address_that_is_not_allowed_sees_no_connection() {
    let far = plain_ok();
    let waits = Waits::within(Duration::from_secs(30));
    let strict = Client::new(Networks::default(), waits).expect("a client");
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let fault = get(&strict, &format!("http://{host}:{}/", far.port())).await;
        let fault = fault.expect_err("it must be denied");
        assert!(matches!(fault, NoAnswer::Denied(_)), "{host}: {fault}");
        assert!(fault.to_string().starts_with("egress-denied: "), "{fault}");
    }
    assert!(far.seen().is_empty());
    let answer = get(&client(), &format!("http://localhost:{}/", far.port())).await;
    assert_eq!(answer.expect("allowed").body, b"ok");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other = plain_ok();
    let location = format!("location: {}\r\n", other.url("/"));
    let far =
        FarSide::answering(move |_, _| Said::Http(302, location.clone().leak(), String::new()));
    let answer = get(&client(), &far.url("/")).await.expect("an answer");
    assert_eq!(answer.status, 302);
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let far = FarSide::answering(|_, _| Said::Http(200, "", "x".repeat(1_000_000)));
    let answer = get(&client(), &far.url("/")).await.expect("an answer");
    assert_eq!(answer.body.len(), ANSWER_BYTES_MAX);
}

#[tokio::test]
async fn what_is_fetched_is_whole_or_refused() {
    let far = FarSide::answering(|_, _| Said::Http(200, "", "x".repeat(100_000)));
    let url = || Url::parse(&far.url("/")).expect("a URL");
    let client = client();
    let request = || client.request(Method::GET, url()).build().expect("a request");
    let answer = client.fetch(request(), 100_000).await.expect("an answer");
    assert_eq!(answer.body.len(), 100_000);
    let fault = client.fetch(request(), 99_999).await.expect_err("too large");
    assert_eq!(fault.to_string(), "the answer is larger than 99999 bytes");
}

#[tokio::test]
async fn a_request_that_goes_around_the_client_is_not_dialled_either() {
    let far = plain_ok();
    let waits = Waits::within(Duration::from_secs(30));
    let strict = Client::new(Networks::default(), waits).expect("a client");
    let url = Url::parse(&far.url("/")).expect("a URL");
    let sent = strict.request(Method::GET, url).send().await;
    assert!(sent.expect_err("no request").is_builder());
    assert!(far.seen().is_empty());
}

#[tokio::test]
async fn a_far_side_that_never_answers_is_given_up() {
    let far = FarSide::answering(|_, _| Said::Nothing);
    let fault = get(&client_within(Duration::from_millis(100)), &far.url("/secret?token=x")).await;
    let fault = fault.expect_err("no answer");
    assert!(matches!(fault, NoAnswer::TimedOut { .. }), "{fault}");
    assert!(!fault.to_string().contains("secret"), "{fault}");
    assert!(NoAnswer::leaves_open(&fault.to_string()), "{fault}");
}

#[tokio::test]
async fn a_closed_port_and_a_broken_connection_are_told_apart() {
    let closed = {
        let far = plain_ok();
        far.url("/?token=x")
    };
    let fault = get(&client(), &closed).await.expect_err("nobody there");
    assert!(matches!(fault, NoAnswer::Unreachable { .. }), "{fault}");
    assert!(!NoAnswer::leaves_open(&format!("try 8 of 8: {fault}")), "nothing was sent");
    assert!(!fault.to_string().contains("token"), "{fault}");
    let far = FarSide::answering(|_, _| Said::Close);
    let fault = get(&client(), &far.url("/?token=x")).await.expect_err("closed");
    assert!(matches!(fault, NoAnswer::Broken { .. }), "{fault}");
    assert!(NoAnswer::leaves_open(&format!("try 8 of 8: {fault}")), "{fault}");
    assert!(!NoAnswer::leaves_open("HTTP 422: the connection broke: no answer within 1 s"));
    let wait = Duration::from_secs(5);
    let connecting = NoAnswer::TimedOut { what: "connection", wait }.to_string();
    assert!(!NoAnswer::leaves_open(&connecting), "{connecting}");
    assert!(!fault.to_string().contains("token"), "{fault}");
}
