//! A trace goes in with the webhook and comes out with the delivery.

use crate::orders;
use testkit::{Result, TestHub};

#[tokio::test]
async fn a_delivery_carries_the_trace_of_its_arrival() -> Result<()> {
    let hub = TestHub::start().await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let webhook = orders::created(&hub, 1001)?.with_header("traceparent", &parent);
    assert_eq!(webhook.send(&hub.url()).await?.status, 202);
    orders::wait_for_booked(&hub, 1).await?;
    let received = hub.world.erp.desk.received();
    let order = received.iter().find(|it| it.path.starts_with("/orders")).expect("a call");
    let carried = order.traceparent.as_deref().unwrap_or_default();
    assert!(carried.contains(trace), "{carried:?}");
    Ok(())
}
