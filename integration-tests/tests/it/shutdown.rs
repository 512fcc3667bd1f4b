//! Stopping: nothing new is taken, what was taken is finished, the exit code is 0.

use crate::orders;
use rustix::process::Signal;
use testkit::{
    Result, TestHub,
    wait::{Look, PATIENCE, until},
};

#[tokio::test]
async fn a_hub_that_is_told_to_stop_exits_with_0_and_keeps_everything() -> Result<()> {
    let mut hub = TestHub::start().await?;
    let answer = orders::take(&hub, 1001).await?;
    assert_eq!(hub.hub.stop().await?.code(), Some(0), "{}", hub.hub.log_end());
    hub.hub.restart().await?;
    hub.events("ec-shopify", answer.body["events"].as_array().map_or(0, Vec::len)).await?;
    orders::wait_for_booked(&hub, 1).await?;
    Ok(())
}

/// Goal: orders that are on their way in when the hub is told to stop are either
/// taken for good or not taken; none is taken and forgotten.
#[tokio::test]
async fn what_was_acknowledged_while_stopping_is_there_afterwards() -> Result<()> {
    let mut hub = TestHub::start().await?;
    let url = hub.url();
    let webhooks = (1001..1021).map(|it| orders::created(&hub, it)).collect::<Result<Vec<_>>>()?;
    let sending = async {
        let mut taken = 0;
        for webhook in &webhooks {
            let was_taken = webhook.send(&url).await.is_ok_and(|it| it.status == 202);
            taken += usize::from(was_taken);
            if was_taken && taken == 5 {
                hub.hub.signal(Signal::TERM)?;
            }
        }
        Ok::<_, testkit::Fail>(taken)
    };
    let taken = sending.await?;
    until("the hub ends", PATIENCE, async || {
        let ended = hub.hub.ended()?;
        Ok(Look::when(ended.is_some(), (), || "still running".to_owned()))
    })
    .await?;
    assert_eq!(hub.hub.ended()?.and_then(|it| it.code()), Some(0), "{}", hub.hub.log_end());
    hub.hub.restart().await?;
    hub.until(&format!("{taken} orders"), async |client| {
        let events = client.events("ec-shopify").await?;
        let found = orders::only_orders(&events).len();
        Ok(Look::when(found == taken, (), || format!("{found} orders")))
    })
    .await
}
