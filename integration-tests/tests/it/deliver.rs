//! Deliveries: once, again when it failed, and aside when it never will.

use crate::orders::{self, wait_for_booked};
use http::StatusCode;
use testkit::{Result, TestHub, far::Fault, wait::Look};

fn calls(hub: &TestHub) -> Vec<testkit::far::Received> {
    let received = hub.world.erp.desk.received();
    received.into_iter().filter(|it| it.path.starts_with("/orders")).collect()
}

/// Goal: a destination that is not there for a while gets it later, under one key.
#[tokio::test]
async fn a_failed_try_is_made_again_with_the_same_key_and_bytes() -> Result<()> {
    let hub = TestHub::start().await?;
    let unavailable = Fault::Refuse(StatusCode::SERVICE_UNAVAILABLE);
    hub.world.erp.desk.faults.times(2, "/orders", unavailable);
    orders::take(&hub, 1001).await?;
    wait_for_booked(&hub, 1).await?;

    let calls = calls(&hub);
    assert_eq!(calls.len(), 3);
    assert!(calls[0].key.is_some());
    assert!(calls.iter().all(|it| it.key == calls[0].key && it.body == calls[0].body));
    Ok(())
}

/// Goal: the answer got lost, the thing was done: it is not done twice.
#[tokio::test]
async fn a_lost_answer_does_not_become_a_second_order() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.erp.desk.faults.times(1, "/orders", Fault::CutAfterDoing);
    orders::take(&hub, 1001).await?;
    delivered(&hub, 1).await?;
    assert_eq!(orders::booked(&hub).len(), 1);
    assert_eq!(hub.world.erp.desk.repeats(), 1);
    Ok(())
}

/// Goal: `Retry-After` is kept to.
#[tokio::test]
async fn a_destination_that_asks_for_time_gets_it() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.erp.desk.faults.times(1, "/orders", Fault::SlowDown(1));
    orders::take(&hub, 1001).await?;
    wait_for_booked(&hub, 1).await?;
    let parcels = hub.client().parcels().await?;
    let order = parcels.iter().find(|it| it["destination"] == "erp");
    let attempts = order.and_then(|it| it["attempts"].as_array()).map_or(0, Vec::len);
    assert_eq!(attempts, 2, "{parcels:?}");
    Ok(())
}

/// Goal: what the far side will never take is set aside, seen, mended and sent
/// again from the command line.
#[tokio::test]
async fn a_refused_parcel_is_resubmitted_from_the_command_line() -> Result<()> {
    let hub = TestHub::start().await?;
    let refuse = Fault::Refuse(StatusCode::UNPROCESSABLE_ENTITY);
    hub.world.erp.desk.faults.until_healed("/orders", refuse);
    orders::take(&hub, 1001).await?;
    let letters = hub.letters(1).await?;
    assert_eq!(letters[0]["code"], "delivery-refused", "{letters:?}");
    let id = letters[0]["id"].as_str().expect("an id").to_owned();

    let listed = hub.hub.command(&["letters", "list"]).await?;
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    assert!(listed.stdout.contains(&id), "{}", listed.stdout);
    let shown = hub.hub.command(&["letters", "show", &id]).await?;
    assert!(shown.stdout.contains("delivery-refused"), "{}{}", shown.stdout, shown.stderr);

    hub.world.erp.desk.faults.heal();
    let arguments = ["letters", "resubmit", &id, "--reason", "the ERP was mended"];
    let again = hub.hub.command(&arguments).await?;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    wait_for_booked(&hub, 1).await?;
    hub.letters(0).await?;
    Ok(())
}

/// Goal: one destination that hangs changes nothing for the others.
#[tokio::test]
async fn a_hanging_destination_stops_nobody_else() -> Result<()> {
    let hub = TestHub::start().await?;
    hub.world.crm.desk.faults.until_healed("/", Fault::Hang);
    for number in 1001..1006 {
        orders::take(&hub, number).await?;
    }
    wait_for_booked(&hub, 5).await?;
    assert!(hub.world.crm.desk.effects().is_empty());
    Ok(())
}

async fn delivered(hub: &TestHub, count: u64) -> Result<()> {
    hub.until(&format!("{count} parcels delivered to erp"), async |client| {
        let channels = client.all("/api/v1/channels").await?;
        let erp = channels.iter().find(|it| it["channel"] == "erp");
        let done = erp.and_then(|it| it.pointer("/deliveries/done")?.as_u64()).unwrap_or(0);
        Ok(Look::when(done == count, (), || format!("{erp:?}")))
    })
    .await
}
