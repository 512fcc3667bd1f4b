//! What is accepted, and how that is said.

use crate::orders;
use testkit::{Result, TestHub};

/// Goal: a signed webhook is answered once it is durable, with what it became.
#[tokio::test]
async fn a_signed_webhook_becomes_events() -> Result<()> {
    let hub = TestHub::start().await?;
    let answer = orders::take(&hub, 1001).await?;

    assert_eq!(answer.number("records"), Some(1), "{}", answer.body);
    assert_eq!(answer.number("duplicates"), Some(0));
    assert_eq!(answer.number("set_aside"), Some(0));
    assert_eq!(answer.body["duplicate"], false);
    assert!(!answer.text("arrival").is_empty());
    let ids = answer.body["events"].as_array().cloned().unwrap_or_default();

    let events = hub.events("ec-shopify", ids.len()).await?;
    let stored: Vec<_> = events.iter().map(|it| it["event"]["id"].clone()).collect();
    assert_eq!(stored, ids, "the ids in the answer are those in the journal, in order");
    let orders = orders::only_orders(&events);
    let order = &orders.first().expect("an order among the events")["event"];
    assert_eq!(order["sourceid"], orders::id(1001).to_string());
    assert_eq!(order["source"], "/channels/ec-shopify");
    assert_eq!(
        order["data"]["totals"]["grand"],
        serde_json::json!({"minor": 2244, "currency": "JPY"})
    );
    Ok(())
}

/// Goal: the same webhook twice is one arrival, and the second answer is the first.
#[tokio::test]
async fn a_redelivered_webhook_is_answered_as_before() -> Result<()> {
    let hub = TestHub::start().await?;
    let webhook = orders::created(&hub, 1001)?;
    let first = webhook.send(&hub.url()).await?;
    let second = webhook.send(&hub.url()).await?;

    assert_eq!((first.status, second.status), (202, 200), "{}", second.body);
    assert_eq!(second.body["duplicate"], true);
    for field in ["sequence", "events", "arrival"] {
        assert_eq!(first.body[field], second.body[field], "{field}");
    }
    let count = first.body["events"].as_array().map_or(0, Vec::len);
    hub.events("ec-shopify", count).await?;
    Ok(())
}

/// Goal: a fact that is known comes under another delivery id and changes nothing.
#[tokio::test]
async fn a_known_fact_under_a_new_id_is_left_out() -> Result<()> {
    let hub = TestHub::start().await?;
    let first = orders::take(&hub, 1001).await?;
    let again = orders::created(&hub, 1001)?.with_header("x-shopify-event-id", "evt-other");
    let again = again.with_header("x-shopify-webhook-id", "evt-other").send(&hub.url()).await?;

    assert_eq!(again.status, 200, "{}", again.body);
    let count = first.body["events"].as_array().map_or(0, Vec::len);
    hub.events("ec-shopify", count).await?;
    Ok(())
}

/// Goal: two senders race with the same webhook; one arrival comes of it.
#[tokio::test]
async fn the_same_webhook_many_times_at_once_is_one_arrival() -> Result<()> {
    let hub = TestHub::start().await?;
    let webhook = orders::created(&hub, 1001)?;
    let url = hub.url();
    let (a, b, c, d) = tokio::join!(
        webhook.send(&url),
        webhook.send(&url),
        webhook.send(&url),
        webhook.send(&url)
    );
    let answers = [a?, b?, c?, d?];
    let taken = answers.iter().filter(|it| it.status == 202).count();
    let repeated = answers.iter().filter(|it| it.status == 200).count();
    assert_eq!((taken, repeated), (1, 3), "{answers:?}");
    Ok(())
}
