//! Who plays: the far systems, and a client that watches the hub.

use http::StatusCode;
use serde_json::Value;
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use crate::{
    Result,
    far::{Answer, Fault, Webhook},
    hub::{Client, Hub},
    wait::{Look, until},
    world::World,
};

/// How long one step may take; a hub that was killed needs to come back first.
const STEP_MAX: Duration = Duration::from_secs(30);

/// The far systems and the hub's address.
pub(in crate::demo) struct Actors<'a> {
    pub(in crate::demo) world: &'a World,
    pub(in crate::demo) client: Client,
    hub_url: String,
    // The latest sequence the hub has answered with.
    sequence: AtomicU64,
}

/// One thing that happened, for the report.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Told {
    /// The channel.
    pub(in crate::demo) channel: String,
    /// What came.
    pub(in crate::demo) what: String,
    /// What the hub decided.
    pub(in crate::demo) decision: String,
    /// The HTTP status, where there was one.
    pub(in crate::demo) status: Option<u16>,
}

/// What a channel has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::demo) struct Counts {
    /// Records read.
    pub(in crate::demo) records: u64,
    /// Events applied.
    pub(in crate::demo) events: u64,
    /// Events left out, known already.
    pub(in crate::demo) duplicates: u64,
    /// Records set aside.
    pub(in crate::demo) set_aside: u64,
}

// === impl Actors ===

impl<'a> Actors<'a> {
    pub(in crate::demo) fn new(world: &'a World, hub: &Hub) -> Self {
        Self { world, client: hub.client(), hub_url: hub.url(), sequence: AtomicU64::new(0) }
    }

    /// Each destination fails in its own way at first.
    pub(super) fn make_trouble(&self) -> Vec<Told> {
        let World { erp, crm, ma, sfa, .. } = self.world;
        erp.desk.faults.times(2, "/orders", Fault::Refuse(StatusCode::SERVICE_UNAVAILABLE));
        crm.desk.faults.times(1, "/customers", Fault::CutAfterDoing);
        ma.desk.faults.times(1, "/customers", Fault::SlowDown(1));
        crm.desk.faults.for_body("/deals", LOST, Fault::Refuse(StatusCode::BAD_REQUEST));
        sfa.desk.faults.times(1, "/customers", Fault::Cut);
        Vec::new()
    }

    /// Sends until somebody answers.
    pub(super) async fn send(&self, what: &str, webhook: &Webhook) -> Result<(Told, Answer)> {
        let answer = webhook.send_until_answered(&self.hub_url).await?;
        self.sequence.fetch_max(answer.number("sequence").unwrap_or(0), Ordering::Relaxed);
        let told = Told {
            channel: webhook.channel.clone(),
            what: what.to_owned(),
            decision: decision(&answer),
            status: Some(answer.status),
        };
        Ok((told, answer))
    }

    /// Waits until a channel has counted `wanted`, and tells what that added.
    pub(super) async fn counted(
        &self,
        channel: &str,
        what: &str,
        before: Counts,
        wanted: Counts,
    ) -> Result<Told> {
        let counts = self
            .until(&format!("{channel} to count {wanted:?}"), async |client| {
                let counts = Counts::of(client, channel).await?;
                Ok(Look::when(counts == wanted, counts, || format!("{counts:?}")))
            })
            .await?;
        let decision = counts.since(before).to_string();
        Ok(Told { channel: channel.to_owned(), what: what.to_owned(), decision, status: None })
    }

    /// What a channel has counted now.
    pub(super) async fn counts(&self, channel: &str) -> Result<Counts> {
        let what = format!("counters of {channel}");
        self.until(&what, async |client| Ok(Look::Ready(Counts::of(client, channel).await?))).await
    }

    /// Waits until nothing is on its way any more.
    pub(super) async fn deliveries(&self) -> Result<Vec<Told>> {
        let sequence = self.sequence.load(Ordering::Relaxed);
        let path = format!("/api/v1/channels?min_sequence={sequence}");
        self.until("no parcel is on its way", async |client| {
            let channels = client.all(&path).await?;
            let pending: u64 =
                channels.iter().filter_map(|it| number(it, "/deliveries/pending")).sum();
            Ok(Look::when(pending == 0, Vec::new(), || format!("{pending} parcels")))
        })
        .await
    }

    /// Looks until it is so; a hub that is away for a moment is "not yet".
    pub(in crate::demo) async fn until<T, F>(&self, what: &str, mut look: F) -> Result<T>
    where
        F: AsyncFnMut(&Client) -> Result<Look<T>>,
    {
        until(what, STEP_MAX, async || {
            let look = look(&self.client).await;
            Ok(look.unwrap_or_else(|fail| Look::NotYet(fail.to_string())))
        })
        .await
    }
}

/// What the CRM does not take: a deal whose body says so.
const LOST: &str = "\"lost\"";

fn decision(answer: &Answer) -> String {
    let count = |field| answer.number(field).unwrap_or(0);
    match answer.status {
        202 => {
            let events = answer.body.get("events").and_then(Value::as_array).map_or(0, Vec::len);
            format!("committed as entry {}, {events} event(s)", count("sequence"))
        }
        200 => format!("duplicate of entry {}, nothing done", count("sequence")),
        _ => format!("refused: {}", answer.text("code")),
    }
}

/// The number at a pointer.
fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

// === impl Counts ===

impl Counts {
    async fn of(client: &Client, name: &str) -> Result<Self> {
        let channels = client.all("/api/v1/channels").await?;
        let named = |it: &&Value| it.get("channel").and_then(Value::as_str) == Some(name);
        let channel = channels.iter().find(named).unwrap_or(&Value::Null);
        let count = |field: &str| number(channel, &format!("/{field}")).unwrap_or(0);
        Ok(Self {
            records: count("records"),
            events: count("events"),
            duplicates: count("duplicates"),
            set_aside: count("set_aside"),
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            records: self.records.saturating_sub(before.records),
            events: self.events.saturating_sub(before.events),
            duplicates: self.duplicates.saturating_sub(before.duplicates),
            set_aside: self.set_aside.saturating_sub(before.set_aside),
        }
    }

    /// These and more.
    pub(super) fn plus(self, records: u64, events: u64, duplicates: u64, set_aside: u64) -> Self {
        Self {
            records: self.records + records,
            events: self.events + events,
            duplicates: self.duplicates + duplicates,
            set_aside: self.set_aside + set_aside,
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { records, events, duplicates, set_aside } = self;
        write!(f, "{records} record(s) read, {events} event(s)")?;
        if *duplicates > 0 {
            write!(f, ", {duplicates} known already")?;
        }
        if *set_aside > 0 {
            write!(f, ", {set_aside} set aside")?;
        }
        Ok(())
    }
}
