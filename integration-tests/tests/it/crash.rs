//! kill -9 while work is under way: nothing acknowledged is lost, nothing is
//! done twice.

#[cfg(target_os = "linux")]
mod disk;
mod points;

use crate::orders;
use std::collections::BTreeSet;
use testkit::{Result, TestHub, wait::Look};

const ORDERS: std::ops::Range<u32> = 1001..1061;
const KILLS: usize = 5;

/// Goal: orders keep coming while the hub is killed again and again; each that
/// was acknowledged is there once and was booked once.
/// Method: the shop sends until it is answered; the hub is killed each time
/// another tenth of the orders has been answered.
#[tokio::test]
async fn acknowledged_orders_survive_kills_and_are_booked_once() -> Result<()> {
    let mut hub = TestHub::start().await?;
    let webhooks = ORDERS.map(|it| orders::created(&hub, it)).collect::<Result<Vec<_>>>()?;
    let url = hub.url();
    let (answered, mut count) = tokio::sync::watch::channel(0_usize);

    let sending = async {
        let mut acknowledged = BTreeSet::new();
        for webhook in &webhooks {
            let answer = webhook.send_until_answered(&url).await?;
            assert!(matches!(answer.status, 200 | 202), "{}", answer.body);
            for id in answer.body["events"].as_array().into_iter().flatten() {
                acknowledged.insert(id.as_str().unwrap_or_default().to_owned());
            }
            answered.send_modify(|it| *it += 1);
        }
        Ok::<_, testkit::Fail>(acknowledged)
    };
    let step = webhooks.len() / (KILLS + 1);
    let killing = async {
        for kill in 1..=KILLS {
            count.wait_for(|it| *it >= kill * step).await?;
            hub.hub.kill9().await?;
            hub.hub.restart().await?;
        }
        Ok::<_, testkit::Fail>(())
    };
    let (acknowledged, killed) = tokio::join!(sending, killing);
    killed?;
    let acknowledged = acknowledged?;

    let stored = hub
        .until("every acknowledged event is there", async |client| {
            let events = client.events("ec-shopify").await?;
            let ids = events.iter().filter_map(|it| it["event"]["id"].as_str());
            let ids: Vec<String> = ids.map(str::to_owned).collect();
            let all = acknowledged.iter().all(|it| ids.contains(it));
            let seen = format!("{} of {}", ids.len(), acknowledged.len());
            Ok(Look::when(all, ids, || seen))
        })
        .await?;
    let different: BTreeSet<&String> = stored.iter().collect();
    assert_eq!(different.len(), stored.len(), "no event is there twice");

    let booked = orders::wait_for_booked(&hub, webhooks.len()).await?;
    let different: BTreeSet<&String> = booked.iter().collect();
    assert_eq!((booked.len(), different.len()), (webhooks.len(), webhooks.len()));
    assert_eq!(hub.world.erp.desk.reused_keys(), Vec::<String>::new());
    let verified = hub.hub.command(&["ledger", "verify"]).await?;
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
    Ok(())
}
