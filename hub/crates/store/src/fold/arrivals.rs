//! Records set aside, and the counters of what came in by each channel.

use canon::entry::{Arrival, Boundary, Refusal};

use super::{Turn, events::Seen, signed};
use crate::{error::Result, place};

/// A dead letter for each record that could not be used.
pub(super) fn set_aside(turn: &Turn<'_>, arrival: &Arrival) -> Result<()> {
    for (index, record) in arrival.set_aside.iter().enumerate() {
        turn.tx
            .prepare_cached(
                "INSERT INTO store_letter
                 VALUES (?1,?2,?3,'open',?4,?5,?6,?7,?8,?9,?10,?11,0,'','',0)",
            )?
            .execute((
                place::pack(turn.seq, index as u64)?,
                &arrival.channel,
                &record.code,
                signed(record.record),
                signed(record.offset),
                signed(record.length),
                boundary_name(record.boundary),
                serde_json::to_string(&record.faults)?,
                &arrival.id,
                &arrival.origin,
                turn.at.as_ms(),
            ))?;
    }
    Ok(())
}

/// Adds an arrival to its channel's counters.
pub(super) fn count(turn: &Turn<'_>, arrival: &Arrival, seen: Seen) -> Result<()> {
    turn.tx
        .prepare_cached(
            "INSERT INTO store_channel VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, max(0, ?9), 0)
             ON CONFLICT (channel) DO UPDATE SET arrivals = arrivals + 1, records = records + ?2,
                 events = events + ?3, duplicates = duplicates + ?4, older = older + ?5,
                 conflicts = conflicts + ?6, set_aside = set_aside + ?7, losses = losses + ?8,
                 last_seen_ms = max(last_seen_ms, ?9)",
        )?
        .execute((
            &arrival.channel,
            signed(arrival.records),
            signed(seen.applied + seen.older + seen.conflicts),
            signed(arrival.duplicates + seen.duplicates),
            signed(seen.older),
            signed(seen.conflicts),
            signed(arrival.set_aside.len() as u64),
            signed(arrival.losses.len() as u64),
            arrival.received_at.as_ms(),
        ))?;
    Ok(())
}

/// Adds a refusal, or those it stands for, to its channel's counters; the channel is empty when the
/// caller named none that exists.
pub(super) fn refused(turn: &Turn<'_>, refusal: &Refusal) -> Result<()> {
    turn.tx
        .prepare_cached(
            "INSERT INTO store_refusal VALUES (?1, ?2, ?4, ?3)
             ON CONFLICT (channel, code)
             DO UPDATE SET count = count + ?4, last_ms = max(last_ms, excluded.last_ms)",
        )?
        .execute((
            refusal.channel.as_deref().unwrap_or_default(),
            &refusal.code,
            refusal.received_at.as_ms(),
            signed(refusal.count),
        ))?;
    Ok(())
}

const fn boundary_name(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::Admit => "admit",
        Boundary::Quota => "quota",
        Boundary::Decode => "decode",
        Boundary::Validate => "validate",
        Boundary::Map => "map",
    }
}
