//! What belongs together stays in order, whatever fails.

use crate::orders;
use http::StatusCode;
use testkit::{Result, TestHub, far::Fault, wait::Look};

/// Goal: two states of each of ten orders, while every third call fails and
/// the answer to every fourth is lost; the ERP
/// hears of each that it is open and then that it is cancelled, each once.
#[tokio::test]
async fn states_of_one_order_arrive_in_order_through_failures() -> Result<()> {
    let hub = TestHub::start().await?;
    let faults = &hub.world.erp.desk.faults;
    faults.every(3, "/orders", Fault::Refuse(StatusCode::SERVICE_UNAVAILABLE));
    faults.every(4, "/orders", Fault::CutAfterDoing);
    for number in 1001..1011 {
        orders::take(&hub, number).await?;
    }
    for number in 1001..1011 {
        let cancelled = orders::at(&hub, number, "voided", "2026-01-05T12:30:00+09:00")?;
        assert_eq!(cancelled.send(&hub.url()).await?.status, 202);
    }
    orders::wait_for_booked(&hub, 20).await?;
    hub.until("nothing on its way to the ERP", async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let erp = channels.iter().find(|it| it["channel"] == "erp");
        let pending = erp.and_then(|it| it["deliveries"]["pending"].as_u64());
        Ok(Look::when(pending == Some(0), (), || format!("{erp:?}")))
    })
    .await?;

    let effects = hub.world.erp.desk.effects_of("order");
    assert_eq!(effects.len(), 20);
    assert_eq!(hub.world.erp.desk.reused_keys(), Vec::<String>::new());
    for number in 1001..1011 {
        let of_this = effects.iter().filter(|it| it.subject.ends_with(&number.to_string()));
        let states: Vec<_> = of_this.map(|it| it.body["status"].clone()).collect();
        assert_eq!(states, ["open", "cancelled"], "order {number}");
    }
    Ok(())
}
