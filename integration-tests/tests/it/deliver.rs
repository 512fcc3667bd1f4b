//! Deliveries: once, again when it failed, and aside when it never will.

use crate::orders::{self, wait_for_booked};
use http::StatusCode;
use testkit::{
    Result, TestHub,
    far::{Fault, Webhook, sfa},
    wait::{Look, unix_seconds},
};

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

/// Goal: what a destination refuses is edited for it, goes out under a key of its own
/// and is done once; the event stays what it was, and the edit says who and why.
#[tokio::test]
async fn a_refused_parcel_is_edited_and_goes_out_under_its_own_key() -> Result<()> {
    let mut hub = TestHub::start().await?;
    let refuse = Fault::Refuse(StatusCode::UNPROCESSABLE_ENTITY);
    hub.world.erp.desk.faults.for_body("/orders", "神宮前1-2-3", refuse);
    orders::take(&hub, 1001).await?;
    let id = hub.letters(1).await?[0]["id"].as_str().expect("an id").to_owned();
    let first = calls(&hub)[0].key.clone();

    let file = hub.world.config.path("order.json").display().to_string();
    let record = hub.hub.command(&["letters", "record", &id, "--out", &file]).await?;
    assert_eq!(record.code, Some(0), "{}", record.stderr);
    let data = std::fs::read_to_string(&file)?;
    assert!(data.contains("神宮前1-2-3"), "{data}");
    let edit = ["letters", "edit", &id, "--in", &file, "--reason", "the ERP has no hyphens"];
    let hub_id = serde_json::from_str::<serde_json::Value>(&data)?["hub_id"].to_string();
    for (wrong, why) in [
        ("[]".to_owned(), "an object"),
        (data.replace(&hub_id, "\"ord_other\""), "hub_id"),
        (data.replace("\"placed_at\"", "\"placed_on\""), "placed_at"),
    ] {
        std::fs::write(&file, &wrong)?;
        let refused = hub.hub.command(&edit).await?;
        assert_eq!(refused.code, Some(1), "{why}: {}", refused.stdout);
        assert!(refused.stderr.contains("bad-parameter"), "{}", refused.stderr);
    }
    hub.letters(1).await?;

    std::fs::write(&file, data.replace("神宮前1-2-3", "神宮前一丁目"))?;
    let edited = hub.hub.command(&edit).await?;
    assert_eq!(edited.code, Some(0), "{}{}", edited.stdout, edited.stderr);
    wait_for_booked(&hub, 1).await?;
    hub.letters(0).await?;
    let sent = calls(&hub);
    assert!(String::from_utf8_lossy(&sent[1].body).contains("神宮前一丁目"));
    assert!(sent[1].key.is_some() && sent[1].key != first, "{:?}", sent[1].key);
    let twice = hub.hub.command(&edit).await?;
    assert!(twice.stderr.contains("letter-settled"), "{}{}", twice.stdout, twice.stderr);

    // The event is what it was, also after all is made again from the journal.
    hub.hub.stop().await?;
    let rebuilt = hub.hub.command(&["rebuild", "all"]).await?;
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.stderr);
    hub.hub.restart().await?;
    let events = hub.client().events("ec-shopify").await?;
    let order = orders::only_orders(&events)[0]["event"]["data"].to_string();
    assert!(order.contains("神宮前1-2-3"), "{order}");
    let letter = hub.client().get(&format!("/api/v1/dead-letters/{id}")).await?;
    assert_eq!((&letter["state"], &letter["edited"]), (&"resubmitted".into(), &true.into()));
    assert_eq!(letter["settled_why"], "the ERP has no hyphens");
    assert!(letter["settled_by"].as_str().is_some_and(|it| it.starts_with("operator:")));
    // A replay sends what was edited, under the same key: nothing is done twice.
    let again = ["replay", "--entity", "order", "--to", "erp", "--reason", "the ERP was restored"];
    let again = hub.hub.command(&again).await?;
    assert!(again.stdout.contains("1 delivery: 1 done"), "{}{}", again.stdout, again.stderr);
    assert_eq!((orders::booked(&hub).len(), hub.world.erp.desk.repeats()), (1, 1));
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

/// Goal: an event that a system has no use for is not sent there, and nobody has to
/// look after it.
/// Method: open deals, of which the CRM takes none, and a won one.
#[tokio::test]
async fn what_a_system_takes_not_is_not_sent_and_no_dead_letter() -> Result<()> {
    let hub = TestHub::with(|config| {
        config.replace("routes.yaml", "    only: { /status: [won, lost] }\n", "")
    })
    .await?;
    let secret = &hub.world.sfa.webhook_secret;
    for (id, status) in [("OP-1", "open"), ("OP-2", "won")] {
        let deal = sfa::opportunity(id, status, "2026-01-20T10:00:00+09:00");
        let webhook = Webhook::standard("sfa", secret, id, unix_seconds()?, &deal)?;
        assert_eq!(webhook.send(&hub.url()).await?.status, 202);
    }
    hub.until("two parcels settled", async |client| {
        let parcels = client.parcels().await?;
        let done = parcels.iter().filter(|it| it["destination"] == "crm" && it["state"] == "done");
        Ok(Look::when(done.count() == 2, (), || format!("{parcels:?}")))
    })
    .await?;
    let deals = hub.world.crm.desk.effects_of("deal");
    assert_eq!(deals.len(), 1, "{deals:?}");
    hub.letters(0).await?;
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

/// Goal: of states that pile up before a destination that is down, only the
/// latest goes out where the route says so, and none goes in silence.
#[tokio::test]
async fn only_the_latest_state_goes_out_where_the_route_says_so() -> Result<()> {
    let hub = TestHub::with(|config| {
        let plain = "from: [ec-shopify]\n    to: erp";
        config.replace("routes.yaml", plain, &format!("{plain}\n    latest_only: true"))
    })
    .await?;
    let down = Fault::Refuse(StatusCode::SERVICE_UNAVAILABLE);
    hub.world.erp.desk.faults.until_healed("/orders", down);
    for (status, minute) in [("paid", 1), ("partially_refunded", 2), ("refunded", 3)] {
        let at = format!("2026-01-05T12:0{minute}:00+09:00");
        let state = orders::at(&hub, 1001, status, &at)?;
        assert_eq!(state.send(&hub.url()).await?.status, 202);
    }
    let superseded = hub
        .until("two states superseded", async |client| {
            let parcels = client.parcels().await?;
            let old: Vec<_> =
                parcels.into_iter().filter(|it| it["state"] == "superseded").collect();
            let seen = format!("{old:?}");
            Ok(Look::when(old.len() == 2, old, || seen))
        })
        .await?;
    let says_why = |it: &serde_json::Value| {
        it["reason"].as_str().is_some_and(|why| why.starts_with("superseded by "))
    };
    assert!(superseded.iter().all(says_why), "{superseded:?}");
    hub.world.erp.desk.faults.heal();
    wait_for_booked(&hub, 1).await?;
    delivered(&hub, 1).await?;
    assert_eq!(hub.world.erp.desk.effects_of("order").len(), 1);
    let parcels = hub.client().parcels().await?;
    let sent = parcels.iter().find(|it| it["destination"] == "erp" && it["state"] == "done");
    let sent = sent.and_then(|it| it["seq"].as_u64()).expect("one is delivered");
    assert!(superseded.iter().all(|it| it["seq"].as_u64().is_some_and(|seq| seq < sent)));
    Ok(())
}

/// Goal: where the route says so, nothing overtakes a dead letter of its key.
#[tokio::test]
async fn a_key_waits_for_its_dead_letter_where_the_route_says_so() -> Result<()> {
    let hub = TestHub::with(|config| {
        let plain = "from: [ec-shopify]\n    to: erp";
        config.replace("routes.yaml", plain, &format!("{plain}\n    after_refusal: wait"))
    })
    .await?;
    let refuse = Fault::Refuse(StatusCode::UNPROCESSABLE_ENTITY);
    hub.world.erp.desk.faults.times(1, "/orders", refuse);
    orders::take(&hub, 1001).await?;
    let letters = hub.letters(1).await?;
    let cancelled = orders::at(&hub, 1001, "voided", "2026-01-05T12:30:00+09:00")?;
    assert_eq!(cancelled.send(&hub.url()).await?.status, 202);
    // Another key passes by.
    orders::take(&hub, 1002).await?;
    assert_eq!(wait_for_booked(&hub, 1).await?.len(), 1);
    assert!(orders::booked(&hub)[0].ends_with("1002"), "{:?}", orders::booked(&hub));
    let id = letters[0]["id"].as_str().expect("an id");
    let again =
        hub.hub.command(&["letters", "resubmit", id, "--reason", "the ERP was mended"]).await?;
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let booked = wait_for_booked(&hub, 3).await?;
    let states = hub.world.erp.desk.effects_of("order");
    let of_first: Vec<_> = states
        .iter()
        .filter(|it| it.subject.ends_with("1001"))
        .map(|it| &it.body["status"])
        .collect();
    assert_eq!(of_first, ["open", "cancelled"], "{booked:?}");
    Ok(())
}
