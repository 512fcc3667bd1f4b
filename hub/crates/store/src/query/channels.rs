//! Channels with their counters: what came in, what was refused, what went out.

use canon::clock::Timestamp;
use rusqlite::Connection;
use serde::Serialize;
use std::collections::BTreeMap;

use super::{Listed, Page, Reader};
use crate::error::Result;

/// What went through one channel since the journal began.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelCounters {
    /// Name; empty for refusals of callers that named no existing channel.
    pub channel: String,
    /// Arrivals accepted.
    pub arrivals: u64,
    /// Records read from them.
    pub records: u64,
    /// Canonical events made of them.
    pub events: u64,
    /// Events whose source fact was known already.
    pub duplicates: u64,
    /// Events older than the state that was known.
    pub older: u64,
    /// Events with a known version and other content.
    pub conflicts: u64,
    /// Records set aside.
    pub set_aside: u64,
    /// Losses of lossy steps.
    pub losses: u64,
    /// Arrivals refused, by problem code.
    pub refusals: Vec<RefusalCount>,
    /// When the last arrival came, accepted or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// What went out to it; absent when nothing was ever meant for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<DestinationCounters>,
}

/// How often a channel's arrivals were refused with one problem code.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefusalCount {
    /// Problem code.
    pub code: String,
    /// How often.
    pub count: u64,
}

/// Parcels of one destination by state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DestinationCounters {
    /// To be tried, for the first time or again.
    pub pending: u64,
    /// Delivered.
    pub done: u64,
    /// Refused and not yet resubmitted or discarded.
    pub dead: u64,
    /// Given up.
    pub discarded: u64,
    /// Not sent, because a newer state of the same thing took their place.
    pub superseded: u64,
    /// Tries made.
    pub attempts: u64,
    /// Tries that were answered with "not now".
    pub later: u64,
    /// Characters that were delivered in place of others, which the destination's
    /// character set does not have.
    pub substitutions: u64,
    /// When a parcel last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_change: Option<Timestamp>,
}

// === impl Reader ===

impl Reader {
    /// All channels that were ever seen, by name.
    pub fn channels(&self) -> Result<Vec<ChannelCounters>> {
        self.ask(|conn| {
            let mut channels = BTreeMap::new();
            came_in(conn, &mut channels)?;
            refused(conn, &mut channels)?;
            went_out(conn, &mut channels)?;
            Ok(channels.into_values().collect())
        })
    }

    /// One page of the same, by name.
    pub fn channels_page(&self, page: &Page) -> Result<Listed<ChannelCounters>> {
        let limit = page.size()?;
        let all = self.channels()?.into_iter();
        let mut items: Vec<ChannelCounters> =
            all.filter(|it| page.cursor.as_ref().is_none_or(|after| it.channel > *after)).collect();
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let next = items.last().filter(|_| !is_last).map(|it| it.channel.clone());
        Ok(Listed { items, next })
    }

    /// Parcels of `destination` by state.
    pub fn parcel_counts(&self, destination: &str) -> Result<DestinationCounters> {
        let all = self.channels()?;
        let found = all.into_iter().find(|it| it.channel == destination);
        Ok(found.and_then(|it| it.deliveries).unwrap_or_default())
    }
}

type Channels = BTreeMap<String, ChannelCounters>;

fn of<'a>(channels: &'a mut Channels, name: &str) -> &'a mut ChannelCounters {
    channels
        .entry(name.to_owned())
        .or_insert_with(|| ChannelCounters { channel: name.to_owned(), ..Default::default() })
}

fn time(ms: i64) -> Option<Timestamp> {
    (ms > 0).then(|| Timestamp::from_ms(ms))
}

fn came_in(conn: &Connection, channels: &mut Channels) -> Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT channel, arrivals, records, events, duplicates, older, conflicts, set_aside,
                losses, last_seen_ms
         FROM store_channel",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let found = of(channels, &row.get::<_, String>(0)?);
        found.arrivals = row.get(1)?;
        found.records = row.get(2)?;
        found.events = row.get(3)?;
        found.duplicates = row.get(4)?;
        found.older = row.get(5)?;
        found.conflicts = row.get(6)?;
        found.set_aside = row.get(7)?;
        found.losses = row.get(8)?;
        found.last_seen = time(row.get(9)?);
    }
    Ok(())
}

fn refused(conn: &Connection, channels: &mut Channels) -> Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT channel, code, count, last_ms FROM store_refusal ORDER BY channel, code",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let found = of(channels, &row.get::<_, String>(0)?);
        found.refusals.push(RefusalCount { code: row.get(1)?, count: row.get(2)? });
        found.last_seen = found.last_seen.max(time(row.get(3)?));
    }
    Ok(())
}

fn went_out(conn: &Connection, channels: &mut Channels) -> Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT destination, pending, done, dead, discarded, superseded, attempts, later,
                substitutions, last_ms
         FROM deliveries_channel",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        of(channels, &row.get::<_, String>(0)?).deliveries = Some(DestinationCounters {
            pending: row.get(1)?,
            done: row.get(2)?,
            dead: row.get(3)?,
            discarded: row.get(4)?,
            superseded: row.get(5)?,
            attempts: row.get(6)?,
            later: row.get(7)?,
            substitutions: row.get(8)?,
            last_change: time(row.get(9)?),
        });
    }
    Ok(())
}
