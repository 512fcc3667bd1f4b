//! What does not stay for ever: raw bytes and dedupe keys, dropped by age.

use super::Rooms;
use canon::clock::Timestamp;
use std::{sync::Arc, time::Duration};
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
        told("raw bytes", rooms.journal.drop_raw_before(before(now, raw)).await);
    }
    if let Some(keys) = keep.dedupe_keys {
        told("dedupe keys", rooms.journal.drop_keys_before(before(now, keys)).await);
    }
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
