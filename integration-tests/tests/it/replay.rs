//! Replays: what was delivered goes out again, with the same keys.

use crate::{
    letters::{own_package, reloaded},
    orders,
};
use http::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;
use testkit::{
    Result, TestHub,
    far::{Fault, shopify},
    hub::Output,
    wait::Look,
};

fn ok(output: Output) -> String {
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    output.stdout
}

fn keys(hub: &TestHub) -> Vec<String> {
    let received = hub.world.erp.desk.received();
    let orders = received.into_iter().filter(|it| it.path.starts_with("/orders"));
    orders.filter_map(|it| it.key).collect()
}

async fn replays(hub: &TestHub) -> Result<Vec<Value>> {
    hub.client().all("/api/v1/replays").await
}

/// Takes orders and waits until all are booked.
async fn booked(hub: &TestHub, numbers: std::ops::Range<u32>) -> Result<()> {
    let count = numbers.len();
    for number in numbers {
        orders::take(hub, number).await?;
    }
    orders::wait_for_booked(hub, count).await?;
    hub.until("each outcome is in the journal", async |client| {
        let parcels = client.all("/api/v1/parcels?destination=erp&state=done").await?;
        Ok(Look::when(parcels.len() >= count, (), || format!("{}", parcels.len())))
    })
    .await
}

/// Goal: a destination gets what it had once more, and books nothing twice.
#[tokio::test]
async fn a_replay_repeats_the_keys_and_has_no_second_effect() -> Result<()> {
    let hub = TestHub::start().await?;
    booked(&hub, 1001..1004).await?;
    let before = keys(&hub);
    let narrow = ["replay", "--entity", "order", "--channel", "ec-shopify", "--to", "erp"];

    let counted = ok(hub.hub.command(&[&narrow[..], &["--dry-run"]].concat()).await?);
    assert!(counted.contains("3 deliveries would be made"), "{counted}");
    assert_eq!(keys(&hub), before, "nothing was sent");
    let silent = hub.hub.command(&narrow).await?;
    assert!(silent.stderr.contains("reason"), "{}{}", silent.stdout, silent.stderr);

    let why = ["--reason", "the ERP was restored from yesterday"];
    let told = ok(hub.hub.command(&[&narrow[..], &why].concat()).await?);
    assert!(told.contains("3 deliveries: 3 done"), "{told}");
    let after = keys(&hub);
    let set = |keys: &[String]| keys.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(after.len(), 6);
    assert_eq!(set(&after), set(&before), "the same keys");
    assert_eq!((orders::booked(&hub).len(), hub.world.erp.desk.repeats()), (3, 3));
    let parcels = hub.client().all("/api/v1/parcels?destination=erp").await?;
    let id = replays(&hub).await?[0]["id"].clone();
    assert!(parcels.iter().all(|it| it["replay"] == id), "marked: {parcels:?}");

    // One order by its number at the source, in an hour that had none.
    let key = orders::id(1002).to_string();
    let one = ["replay", "--key", &key, "--to", "erp", "--dry-run"];
    assert!(ok(hub.hub.command(&one).await?).contains("1 delivery would be made"));
    let hour = ["replay", "--before", "2020-01-01T00:00:00Z", "--dry-run"];
    assert!(ok(hub.hub.command(&hour).await?).contains("0 deliveries"));
    let nowhere = hub.hub.command(&["replay", "--to", "earp", "--dry-run"]).await?;
    assert!(nowhere.stderr.contains("earp"), "{}", nowhere.stderr);
    for mistyped in [
        &["replay", "--channel", "ec-shopfy", "--dry-run"][..],
        &["replay", "--channel", "ec-shopfy", "--maps", "today", "--reason", "new maps"],
    ] {
        let refused = hub.hub.command(mistyped).await?;
        assert_eq!(refused.code, Some(1), "{}", refused.stdout);
        assert!(refused.stderr.contains("ec-shopfy"), "{}", refused.stderr);
    }
    let uncounted = hub.hub.command(&["replay", "--maps", "today", "--dry-run"]).await?;
    assert!(uncounted.stderr.contains("dry_run"), "{}{}", uncounted.stdout, uncounted.stderr);
    Ok(())
}

/// Goal: a replay goes on after kill -9 and comes to its end; one that is
/// stopped leaves what it had not sent as it was.
#[tokio::test]
async fn a_replay_survives_a_kill_and_can_be_stopped() -> Result<()> {
    let mut hub = TestHub::start().await?;
    booked(&hub, 1001..1021).await?;
    let unavailable = Fault::Refuse(StatusCode::SERVICE_UNAVAILABLE);
    hub.world.erp.desk.faults.until_healed("/orders", unavailable);
    let start = ["replay", "--entity", "order", "--to", "erp", "--detach", "--reason", "try"];
    ok(hub.hub.command(&start).await?);
    hub.hub.kill9().await?;
    hub.hub.restart().await?;
    let looked = hub
        .until("the replay has looked at everything", async |client| {
            let replays = client.all("/api/v1/replays").await?;
            let finished = replays[0]["state"] == "finished" && replays[0]["parcels"] == 20;
            let seen = format!("{replays:?}");
            Ok(Look::when(finished, replays, || seen))
        })
        .await?;
    assert_eq!(looked[0]["superseded"], 0, "{looked:?}");

    let id = looked[0]["id"].to_string();
    let stopped = ok(hub.hub.command(&["replay", "stop", &id, "--reason", "enough"]).await?);
    assert!(stopped.contains("stopped") && stopped.contains("0 deliveries"), "{stopped}");
    let parcels = hub.client().all("/api/v1/parcels?destination=erp&state=done").await?;
    assert_eq!(parcels.len(), 20, "as before");

    ok(hub.hub.command(&start).await?);
    hub.hub.kill9().await?;
    hub.world.erp.desk.faults.heal();
    hub.hub.restart().await?;
    hub.until("the second replay is delivered", async |_| {
        let replays = replays(&hub).await?;
        Ok(Look::when(replays[0]["done"] == 20, (), || format!("{replays:?}")))
    })
    .await?;
    assert_eq!(orders::booked(&hub).len(), 20, "no second effect");
    assert_eq!(hub.world.erp.desk.reused_keys(), Vec::<String>::new());

    // What the folds made of it follows from the journal alone.
    hub.hub.stop().await?;
    let before = states(&hub)?;
    ok(hub.hub.command(&["rebuild", "all"]).await?);
    assert_eq!(states(&hub)?, before);
    ok(hub.hub.command(&["ledger", "verify"]).await?);
    Ok(())
}

/// All tables of the stopped hub's store, row by row.
fn states(hub: &TestHub) -> Result<String> {
    let path = hub.world.config.path("data/store.db");
    dumped(&path).map_err(|it| testkit::Fail::new(format!("{}: {it}", path.display())))
}

fn dumped(path: &std::path::Path) -> rusqlite::Result<String> {
    let conn = rusqlite::Connection::open(path)?;
    let mut tables =
        conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let mut all = String::new();
    for name in tables.query_map([], |row| row.get::<_, String>(0))? {
        let mut query = conn.prepare(&format!("SELECT * FROM \"{}\"", name?))?;
        let width = query.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cells = (0..width).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
            cells.collect::<rusqlite::Result<String>>()
        };
        let mut rows: Vec<String> = query.query_map([], row)?.collect::<rusqlite::Result<_>>()?;
        rows.sort();
        all.push_str(&rows.join("\n"));
        all.push('\n');
    }
    Ok(all)
}

/// Goal: with a mended map, only what it makes in another way is a new fact, under
/// a key of its own; doing it once more changes nothing.
#[tokio::test]
async fn todays_maps_make_new_facts_of_what_they_change() -> Result<()> {
    let map = "own/shopify-admin/maps/order.map.yaml";
    let hub = TestHub::with(|config| own_package(config, "shopify-admin")).await?;
    booked(&hub, 1001..1004).await?;
    let (first, events) = (keys(&hub), hub.client().events("ec-shopify").await?.len());
    let again = |why: &'static str| {
        ["replay", "--entity", "order", "--maps", "today", "--to", "erp", "--reason", why]
    };

    let same = ok(hub.hub.command(&again("nothing is new")).await?);
    assert!(same.contains("0 changed") && same.contains("3 deliveries: 3 done"), "{same}");
    assert_eq!(keys(&hub).len(), 6);

    hub.world.config.replace(map, "locale: customer_locale", "locale: { const: en }")?;
    reloaded(&hub, 1).await?;
    let changed = ok(hub.hub.command(&again("the locale was wrong")).await?);
    assert!(changed.contains("3 changed") && changed.contains("3 deliveries: 3 done"), "{changed}");
    let now = hub.client().events("ec-shopify").await?;
    assert_eq!(now.len(), events + 3, "only orders were meant, and only they changed");
    let new: Vec<&Value> = now.iter().filter(|it| it["event"]["replay"] == true).collect();
    assert!(new.iter().all(|it| it["event"]["data"]["locale"] == "en"), "{new:?}");
    assert!(new.iter().all(|it| it["verdict"] == "applied"), "{new:?}");
    let all: BTreeSet<String> = keys(&hub).into_iter().collect();
    assert_eq!(all.len(), 6, "what changed has keys of its own");
    assert!(first.iter().all(|it| all.contains(it)));

    let once_more = ok(hub.hub.command(&again("again")).await?);
    assert!(once_more.contains("0 changed"), "{once_more}");
    assert!(once_more.contains("3 deliveries: 3 done"), "{once_more}");
    assert_eq!(hub.client().events("ec-shopify").await?.len(), events + 3);
    assert_eq!(keys(&hub).into_iter().collect::<BTreeSet<_>>(), all, "no other key");
    Ok(())
}

/// Goal: a record that contradicts what is stored keeps only what contradicts it
/// from a replay; what else came of it goes out again, and nothing else does.
#[tokio::test]
async fn what_came_of_a_contradicting_record_is_replayed_too() -> Result<()> {
    let hub = TestHub::start().await?;
    orders::take(&hub, 1001).await?;
    let mut other = shopify::order(orders::id(1001), 1001, "pending", orders::PLACED)?;
    other["name"] = "#1001-B".into();
    other["customer"]["id"] = 777.into();
    let sent = hub.world.shopify.webhook("orders/create", "evt-other", &other);
    assert_eq!(sent.send(&hub.url()).await?.status, 202);
    let letters = hub.letters(1).await?;
    assert_eq!(letters[0]["code"], "version-conflict");
    let events = hub.client().events("ec-shopify").await?.len();

    let again = ["replay", "--channel", "ec-shopify", "--maps", "today", "--reason", "again"];
    let told = ok(hub.hub.command(&again).await?);
    assert!(told.contains("3 events, 0 superseded, 0 changed, 0 faulty"), "{told}");
    assert_eq!(hub.client().events("ec-shopify").await?.len(), events, "nothing new");
    assert_eq!(hub.letters(1).await?, letters, "the letter stays");
    Ok(())
}
