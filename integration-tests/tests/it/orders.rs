//! Orders that the tests send.

use serde_json::Value;
use testkit::{
    Result, TestHub,
    far::{Answer, Webhook, shopify},
};

/// When the orders are placed.
pub(crate) const PLACED: &str = "2026-01-05T12:00:01+09:00";

/// A new order with this number, as the shop sends it.
pub(crate) fn created(hub: &TestHub, number: u32) -> Result<Webhook> {
    at(hub, number, "pending", PLACED)
}

/// The order with this number in a later state.
pub(crate) fn at(hub: &TestHub, number: u32, status: &str, updated_at: &str) -> Result<Webhook> {
    let order = shopify::order(id(number), number, status, updated_at)?;
    let topic = match status {
        "pending" => "orders/create",
        "voided" => "orders/cancelled",
        _ => "orders/updated",
    };
    let event_id = format!("evt-{number}-{updated_at}");
    Ok(hub.world.shopify.webhook(topic, &event_id, &order))
}

/// Sends a new order and insists that it is taken.
pub(crate) async fn take(hub: &TestHub, number: u32) -> Result<Answer> {
    let answer = created(hub, number)?.send(&hub.url()).await?;
    assert_eq!(answer.status, 202, "{}", answer.body);
    Ok(answer)
}

/// Shopify's id of the order with this number.
pub(crate) fn id(number: u32) -> u64 {
    5_940_139_000_000 + u64::from(number)
}

/// Canonical orders among events.
pub(crate) fn only_orders(events: &[Value]) -> Vec<&Value> {
    events
        .iter()
        .filter(|it| {
            it.pointer("/event/type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.contains(".order."))
        })
        .collect()
}

/// Orders the ERP has booked, by their number, in order.
pub(crate) fn booked(hub: &TestHub) -> Vec<String> {
    hub.world.erp.desk.effects_of("order").into_iter().map(|it| it.subject).collect()
}

/// Waits until the ERP has booked so many.
pub(crate) async fn wait_for_booked(hub: &TestHub, count: usize) -> Result<Vec<String>> {
    hub.until(&format!("{count} orders booked"), async |_| {
        let booked = booked(hub);
        let seen = format!("{booked:?}");
        Ok(testkit::wait::Look::when(booked.len() >= count, booked, || seen))
    })
    .await
}
