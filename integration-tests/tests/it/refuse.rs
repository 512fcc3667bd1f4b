//! What is refused: each with its code, nothing half-applied, and a place in
//! the journal.

use crate::orders;
use serde_json::Value;
use testkit::{
    Result, TestHub,
    far::{Answer, Webhook},
    wait::Look,
};

/// A refusal is a problem document that says all a caller may know.
fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.text("code")), (status, code), "{}", answer.body);
    assert_eq!(answer.content_type, "application/problem+json");
    assert_eq!(answer.text("type"), format!("/problems/{code}"));
    assert_eq!(answer.number("status"), Some(status.into()));
    assert!(!answer.text("title").is_empty());
    assert!(!answer.text("instance").is_empty());
    assert!(answer.body.get("retry").is_some());
}

async fn assert_counted(hub: &TestHub, code: &str) -> Result<()> {
    hub.until(&format!("refusal {code} in the counters"), async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let of = |it: &Value| it["refusals"].as_array().cloned().unwrap_or_default();
        let refusals: Vec<Value> = channels.iter().flat_map(of).collect();
        let is_there = refusals.iter().any(|it| it["code"] == code && it["count"] == 1);
        Ok(Look::when(is_there, (), || format!("{channels:?}")))
    })
    .await
}

/// Sends, expects this problem, and expects no event and one counted refusal.
async fn refused(edit: fn(Webhook) -> Webhook, status: u16, code: &str) -> Result<()> {
    let hub = TestHub::start().await?;
    let answer = edit(orders::created(&hub, 1001)?).send(&hub.url()).await?;
    assert_problem(&answer, status, code);
    assert_counted(&hub, code).await?;
    hub.events("ec-shopify", 0).await?;
    Ok(())
}

#[tokio::test]
async fn a_signature_of_another_secret() -> Result<()> {
    const FORGED: &str = "RYVYGQ4fHBbY8lHMbYGPTSX6IxAYq404PoDYOOL30w4=";
    refused(|it| it.with_header("x-shopify-hmac-sha256", FORGED), 401, "not-admitted").await
}

#[tokio::test]
async fn no_signature() -> Result<()> {
    refused(|it| it.without_header("x-shopify-hmac-sha256"), 401, "not-admitted").await
}

#[tokio::test]
async fn a_body_that_was_changed_after_signing() -> Result<()> {
    let changed = |mut it: Webhook| {
        it.body = String::from_utf8_lossy(&it.body).replace("2244", "2245").into_bytes();
        it
    };
    refused(changed, 401, "not-admitted").await
}

/// Goal: why a sender was not admitted is for the journal, not for the sender.
#[tokio::test]
async fn a_stranger_learns_nothing_of_the_reason() -> Result<()> {
    let hub = TestHub::start().await?;
    let missing = orders::created(&hub, 1001)?.without_header("x-shopify-hmac-sha256");
    let wrong = orders::created(&hub, 1001)?.with_header("x-shopify-hmac-sha256", "AAAA");
    let (missing, wrong) = (missing.send(&hub.url()).await?, wrong.send(&hub.url()).await?);
    let without_instance = |answer: &Answer| {
        let mut body = answer.body.clone();
        body["instance"] = Value::Null;
        body
    };
    assert_eq!(without_instance(&missing), without_instance(&wrong));
    Ok(())
}

#[tokio::test]
async fn a_channel_that_is_not_there() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut webhook = orders::created(&hub, 1001)?;
    webhook.channel = "ec-nobody".to_owned();
    let answer = webhook.send(&hub.url()).await?;
    assert_problem(&answer, 404, "unknown-channel");
    Ok(())
}

#[tokio::test]
async fn a_channel_that_takes_no_webhooks() -> Result<()> {
    let hub = TestHub::start().await?;
    let mut webhook = orders::created(&hub, 1001)?;
    webhook.channel = "pos-legacy".to_owned();
    let answer = webhook.send(&hub.url()).await?;
    assert_problem(&answer, 404, "not-a-webhook");
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_too_large() -> Result<()> {
    let hub = TestHub::start().await?;
    let big = vec![b' '; (1 << 20) + 1];
    let webhook = hub.world.shopify.raw_webhook("orders/create", "evt-big", big);
    let answer = webhook.send(&hub.url()).await?;
    assert_problem(&answer, 413, "body-too-large");
    hub.events("ec-shopify", 0).await?;
    Ok(())
}

/// Goal: what is not JSON, though signed, is refused with the place of the fault.
#[tokio::test]
async fn bytes_that_are_not_json() -> Result<()> {
    let hub = TestHub::start().await?;
    for body in [&b"{\"id\": 1, "[..], b"", b"{\"id\":1,\"id\":2}", b"\xff\xfe{}", b"{} x"] {
        let webhook = hub.world.shopify.raw_webhook("orders/create", "evt-raw", body.to_vec());
        let answer = webhook.send(&hub.url()).await?;
        assert_problem(&answer, 422, "undecodable");
    }
    hub.events("ec-shopify", 0).await?;
    Ok(())
}

#[tokio::test]
async fn a_topic_without_a_rule_is_set_aside_or_refused_but_never_lost() -> Result<()> {
    let hub = TestHub::start().await?;
    let body = serde_json::json!({ "id": 1 });
    let webhook = hub.world.shopify.webhook("themes/publish", "evt-theme", &body);
    let answer = webhook.send(&hub.url()).await?;
    match answer.status {
        202 => assert_eq!(answer.number("set_aside"), Some(1), "{}", answer.body),
        _ => assert_problem(&answer, 422, "unknown-record"),
    }
    Ok(())
}
