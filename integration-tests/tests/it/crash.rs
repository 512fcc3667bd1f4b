//! kill -9 while work is under way: nothing acknowledged is lost, nothing is
//! done twice.

#[cfg(target_os = "linux")]
mod disk;
mod points;

use crate::orders;
use http::StatusCode;
use std::collections::BTreeSet;
use testkit::{Result, TestHub, far::Fault, wait::Look};

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

/// More entries than the store's fold takes in at one time.
const MANY: std::ops::Range<u32> = 1..301;

/// Goal: a hub whose store is gone knows first what was delivered, and only then
/// delivers: nothing goes out once more, also where a far side would do it again.
/// Method: all is taken in while the ERP is away, so that its deliveries stand far
/// behind in the journal.
#[tokio::test]
async fn a_lost_store_is_folded_before_anything_is_delivered() -> Result<()> {
    let mut hub = TestHub::with(|config| {
        let (usual, more) = ("per_minute: 600, burst: 100", "per_minute: 60000, burst: 1000");
        config.replace("channels/ec-shopify.yaml", usual, more)
    })
    .await?;
    let away = Fault::Refuse(StatusCode::SERVICE_UNAVAILABLE);
    hub.world.erp.desk.faults.until_healed("/orders", away);
    for number in MANY {
        orders::take(&hub, number).await?;
    }
    hub.world.erp.desk.faults.heal();
    orders::wait_for_booked(&hub, MANY.len()).await?;
    hub.until("each outcome is in the journal", async |client| {
        let done = client.all("/api/v1/parcels?destination=erp&state=done").await?.len();
        Ok(Look::when(done == MANY.len(), (), || format!("{done} done")))
    })
    .await?;
    let head = hub.client().get("/readyz").await?["journal"].as_u64().unwrap_or(0);
    assert!(head > 512, "more than one step of the fold: {head}");
    hub.hub.kill9().await?;
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        let path = hub.world.config.path("data").join(name);
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    let calls = |hub: &TestHub| {
        let received = hub.world.erp.desk.received();
        received.iter().filter(|it| it.path.starts_with("/orders")).count()
    };
    let before = calls(&hub);
    hub.hub.restart().await?;
    // One more has its turn after all before it.
    orders::take(&hub, 9001).await?;
    orders::wait_for_booked(&hub, MANY.len() + 1).await?;
    assert_eq!((calls(&hub), hub.world.erp.desk.repeats()), (before + 1, 0));
    Ok(())
}
