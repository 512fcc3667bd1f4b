//! The hub dies at named points and at points drawn by chance, while orders come
//! in and go out; after each death everything is as it must be.
//!
//! `CRASH_POINTS=500` says how many deaths, `CRASH_SEED=7` which ones. A failure
//! names the point; `CRASH_AT=delivery.sent:4` runs that one alone.

use crate::orders;
use rustix::process::Signal;
use serde_json::Value;
use std::os::unix::process::ExitStatusExt as _;
use std::{cell::Cell, collections::BTreeSet, env};
use testkit::{
    Fail, Result, TestHub,
    hub::FAILPOINTS,
    wait::{Look, PATIENCE, until},
};

/// Deaths in a plain run of the tests; `make crash` has 500, CI 100.
const POINTS: usize = 24;
/// Deaths of one hub, before another starts with empty hands.
const LIVES: usize = 8;
/// Orders that come in during one life.
const ORDERS: u32 = 6;

/// Where the hub dies, point by point: all names in turn, at another passage each
/// time, and every third point by chance.
fn chosen() -> Vec<String> {
    let given = |name: &str| env::var_os(name).and_then(|it| it.into_string().ok());
    if let Some(one) = given("CRASH_AT") {
        return vec![one];
    }
    let number = |name: &str| given(name).and_then(|it| it.parse::<usize>().ok());
    let mut chance = number("CRASH_SEED").unwrap_or(1) as u64;
    // Nothing that is answered by a file comes in here; see `edi`.
    let mut names = FAILPOINTS.iter().filter(|it| !it.starts_with("answer.")).cycle();
    let point = |at: usize| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        let draw = chance >> 33;
        if at % 3 == 2 {
            return format!("any:{}", 1 + draw % 90);
        }
        let name = names.next().copied().unwrap_or_default();
        let last = match name.split('.').next() {
            Some("shutdown" | "compaction") => 1,
            Some("checkpoint") => 2,
            Some("delivery") => 3,
            _ => 9,
        };
        format!("{name}:{}", 1 + draw % last)
    };
    (0..number("CRASH_POINTS").unwrap_or(POINTS)).map(point).collect()
}

/// Goal: wherever the process ends, every acknowledged event is there once
/// afterwards, every effect at the destination happened once, the ledger verifies.
/// Method: the shop sends until it is answered; the hub has a point in its
/// environment at which it kills itself; when it lives through all of it, it is
/// told to stop and may die then.
#[tokio::test]
async fn wherever_it_dies_nothing_is_lost_and_nothing_is_done_twice() -> Result<()> {
    let (mut died, mut lived) = (0, Vec::new());
    let points = chosen();
    for points in points.chunks(LIVES) {
        let mut hub = TestHub::with(|config| {
            let hub = std::fs::read_to_string(config.path("hub.yaml"))?;
            // So that each start finds raw bytes to drop.
            config.write("hub.yaml", &format!("{hub}\nkeep: {{ raw: 1ms }}\n"))
        })
        .await?;
        let mut acknowledged = BTreeSet::new();
        for (life, point) in points.iter().enumerate() {
            let first = 1001 + u32::try_from(life).unwrap_or_default() * ORDERS;
            match live(&mut hub, point, first..first + ORDERS, &mut acknowledged).await {
                Ok(true) => died += 1,
                Ok(false) => lived.push(point.clone()),
                Err(fail) => return Err(fail.during(&format!("CRASH_AT={point}"))),
            }
        }
    }
    println!("{died} deaths; not reached: {lived:?}");
    assert!(points.len() == 1 || died * 10 > points.len() * 7, "too few were reached: {lived:?}");
    Ok(())
}

/// One life up to `point`; true when the hub died there.
async fn live(
    hub: &mut TestHub,
    point: &str,
    numbers: std::ops::Range<u32>,
    acknowledged: &mut BTreeSet<String>,
) -> Result<bool> {
    hub.hub.stop().await?;
    hub.hub.die_at(Some(point));
    hub.hub.launch()?;
    let webhooks =
        numbers.clone().map(|it| orders::created(hub, it)).collect::<Result<Vec<_>>>()?;
    let (url, is_answered) = (hub.url(), Cell::new(false));
    let sending = async {
        let mut ids = Vec::new();
        for webhook in &webhooks {
            let answer = webhook.send_until_answered(&url).await?;
            if !matches!(answer.status, 200 | 202) {
                return Err(Fail::new(answer.body.to_string()));
            }
            let events = answer.body.get("events").and_then(Value::as_array);
            ids.extend(events.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
        is_answered.set(true);
        Ok(ids)
    };
    let (process, desk) = (&mut hub.hub, &hub.world.erp.desk);
    let booked = usize::try_from(numbers.end - 1001).unwrap_or_default();
    let dying = async {
        let mut told = false;
        until("it dies or has done all", PATIENCE * 2, async || {
            if let Some(status) = process.ended()? {
                return Ok(Look::Ready(status));
            }
            let done = is_answered.get() && desk.effects_of("order").len() >= booked;
            if done && !told {
                process.signal(Signal::TERM)?;
                told = true;
            }
            Ok(Look::NotYet(format!("told to stop: {told}; log:\n{}", process.log_end())))
        })
        .await
        .and_then(|status| {
            process.die_at(None);
            Ok((status, process.launch()?))
        })
    };
    let (sent, ended) = tokio::join!(sending, dying);
    let (status, ()) = ended?;
    acknowledged.extend(sent?);
    check(hub, acknowledged, booked).await?;
    match (status.success(), status.signal()) {
        (true, _) => Ok(false),
        (false, Some(9)) => Ok(true),
        _ => Err(Fail::new(format!("it ended with {status}; log:\n{}", hub.hub.log_end()))),
    }
}

/// What must be so, whatever happened.
async fn check(hub: &TestHub, acknowledged: &BTreeSet<String>, booked: usize) -> Result<()> {
    hub.until("every acknowledged event is there once", async |client| {
        let Ok(events) = client.events("ec-shopify").await else {
            return Ok(Look::NotYet("it starts".to_owned()));
        };
        let ids: Vec<&str> =
            events.iter().filter_map(|it| it.pointer("/event/id")?.as_str()).collect();
        let different: BTreeSet<&str> = ids.iter().copied().collect();
        if ids.len() != different.len() {
            return Err(Fail::new(format!("an event is there twice: {ids:?}")));
        }
        let missing = acknowledged.iter().filter(|it| !different.contains(it.as_str())).count();
        Ok(Look::when(missing == 0, (), || format!("{missing} are missing")))
    })
    .await?;
    let found = orders::wait_for_booked(hub, booked).await?;
    let different: BTreeSet<&String> = found.iter().collect();
    if (found.len(), different.len()) != (booked, booked) {
        return Err(Fail::new(format!("booked {found:?}, wanted {booked}")));
    }
    let reused = hub.world.erp.desk.reused_keys();
    if !reused.is_empty() {
        return Err(Fail::new(format!("one key for two effects: {reused:?}")));
    }
    let verified = hub.hub.command(&["ledger", "verify"]).await?;
    match verified.code {
        Some(0) => Ok(()),
        _ => Err(Fail::new(format!("{}{}", verified.stdout, verified.stderr))),
    }
}
