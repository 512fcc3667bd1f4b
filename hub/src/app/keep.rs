//! What does not stay for ever: raw bytes and dedupe keys, dropped by age. The
//! bytes of an open letter stay until it is settled: without them its record can
//! be neither looked at nor brought again.

use super::Rooms;
use crate::{
    again::{ask_journal, needed_with},
    problem::Refusal,
};
use canon::clock::Timestamp;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tracing::{info, warn};

/// How often it is looked for what is old enough.
const STEP: Duration = Duration::from_secs(3600);

/// How long what is kept; `None`: for ever.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// Sealed raw bytes.
    pub raw: Option<Duration>,
    /// Dedupe keys.
    pub dedupe_keys: Option<Duration>,
}

/// Drops what is old enough, now and every hour, until the daemon stops.
pub async fn watch(rooms: Arc<Rooms>, keep: Keep) {
    let stopping = rooms.tasks.stopping();
    loop {
        tokio::select! {
            () = drop_old(&rooms, keep) => {}
            () = stopping.cancelled() => return,
        }
        tokio::select! {
            () = rooms.clock.sleep(STEP) => {}
            () = stopping.cancelled() => return,
        }
    }
}

async fn drop_old(rooms: &Rooms, keep: Keep) {
    let now = rooms.clock.now();
    if let Some(raw) = keep.raw {
        match needed(rooms).await {
            Ok(needed) => {
                if !needed.is_empty() {
                    let entries = needed.len();
                    info!(entries, "raw bytes of open letters stay, whatever their age");
                }
                told("raw bytes", rooms.journal.drop_raw_before(before(now, raw), needed).await);
            }
            Err(fault) => {
                warn!(%fault, "old raw bytes were not dropped: nobody can say which are needed; \
                               tried again in an hour");
            }
        }
    }
    if let Some(keys) = keep.dedupe_keys {
        told("dedupe keys", rooms.journal.drop_keys_before(before(now, keys)).await);
    }
}

/// The entries whose bytes an open letter needs, with those that they were made from.
async fn needed(rooms: &Rooms) -> Result<BTreeSet<u64>, Refusal> {
    rooms.reached(Some(rooms.journal.head())).await?;
    let open = rooms.ask_store(store::Reader::entries_with_open_letters).await?;
    ask_journal(rooms, move |reader| {
        let mut all = BTreeSet::new();
        for seq in open {
            all.extend(needed_with(reader, seq)?);
        }
        Ok(all)
    })
    .await
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_ms(now.as_ms().saturating_sub(age))
}

fn told(what: &str, dropped: Result<u64, journal::Error>) {
    match dropped {
        Ok(0) => {}
        Ok(count) => info!(count, "old {what} were dropped"),
        Err(fault) => warn!(%fault, "old {what} were not dropped; tried again in an hour"),
    }
}
