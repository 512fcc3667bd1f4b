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

/// Goal: a flood of forged calls does not fill the journal, and none of it is
/// forgotten: the first stands there whole, the others as a count.
#[tokio::test]
async fn a_flood_of_strangers_is_told_in_few_words() -> Result<()> {
    let mut hub = TestHub::start().await?;
    let head = |ready: Answer| ready.number("journal").unwrap_or_default();
    let before = head(hub.client().answer("/readyz").await?);
    for number in 0..40 {
        let forged =
            orders::created(&hub, 2000 + number)?.with_header("x-shopify-hmac-sha256", "AAAA");
        assert_eq!(forged.send(&hub.url()).await?.status, 401);
    }
    assert_counted(&hub, "not-admitted").await?;
    // One entry of the flood; the hub also asks the ERP meanwhile.
    let after = head(hub.client().answer("/readyz").await?);
    assert!(after <= before + 5, "{before} {after}");
    // The count is written when its minute is over, or the hub stops.
    assert_eq!(hub.hub.stop().await?.code(), Some(0), "{}", hub.hub.log_end());
    hub.hub.restart().await?;
    hub.until("all of them in the counters", async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let shop = channels.iter().find(|it| it["channel"] == "ec-shopify");
        let count = shop.and_then(|it| it["refusals"][0]["count"].as_u64());
        Ok(Look::when(count == Some(40), (), || format!("{channels:?}")))
    })
    .await?;
    let verified = hub.hub.command(&["ledger", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    Ok(())
}

/// Goal: bodies under way have one limit together, whoever sends them; past it a
/// sender is told to come again, and when they have gone there is room again.
#[tokio::test]
async fn bodies_under_way_share_one_limit() -> Result<()> {
    use tokio::io::AsyncWriteExt as _;
    let hub = TestHub::with(|config| {
        let text = std::fs::read_to_string(config.path("hub.yaml"))?;
        config.write("hub.yaml", &format!("{text}\nlimits: {{ bytes_in_flight_max: 64KiB }}\n"))
    })
    .await?;
    let url = hub.url();
    let head = "POST /in/ec-shopify HTTP/1.1\r\nhost: hub\r\ncontent-length: 64000\r\n\r\n";
    let webhook = orders::created(&hub, 1001)?;
    let mut slow = Vec::new();
    let refused = hub
        .until("the hub is full", async |_| {
            // Another, should the order have been in the way of the last.
            let mut one = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await?;
            one.write_all(head.as_bytes()).await?;
            one.write_all(&[b' '; 63_000]).await?;
            slow.push(one);
            let answer = webhook.send(&url).await?;
            Ok(Look::when(answer.status == 503, answer.clone(), || answer.body.to_string()))
        })
        .await?;
    assert_problem(&refused, 503, "too-busy");
    assert_eq!(refused.retry_after, Some(1));
    drop(slow);
    let answer = webhook.send_until_answered(&url).await?;
    assert!(matches!(answer.status, 200 | 202), "{}", answer.body);
    Ok(())
}
