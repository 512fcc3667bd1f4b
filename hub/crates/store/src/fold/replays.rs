//! Replays: stored events that go out again, step by step, until nothing of the
//! selection is left or somebody stops them.

use canon::{
    entry::{Act, Deed, ParcelId},
    event::Event,
};
use rusqlite::OptionalExtension;

use super::{Applied, Turn, parcels, signed};
use crate::{error::Result, place};

/// A replay begins. The sequence of its entry is its number.
pub(super) fn started(turn: &Turn<'_>, act: &Act) -> Result<()> {
    turn.run(
        "INSERT INTO deliveries_replay (id, actor, deed, state, started_ms, changed_ms, reached)
         VALUES (?1, ?2, ?3, 'running', ?4, ?4, 0)",
        (signed(turn.seq), &act.actor, serde_json::to_string(&act.act)?, turn.at.as_ms()),
    )
}

/// A step of a replay that runs: its parcels go out again.
pub(super) fn advanced(turn: &Turn<'_>, deed: &Deed, applied: &mut Applied) -> Result<()> {
    let Deed::ReplayAdvanced { replay, parcels, seen, parked, only, .. } = deed else {
        return Ok(());
    };
    if !is_running(turn, *replay)? {
        return Ok(());
    }
    for destination in parked {
        // It goes on where the replay was before this step.
        turn.run(
            "INSERT OR IGNORE INTO deliveries_replay_parked
             SELECT id, ?2, reached, within FROM deliveries_replay WHERE id = ?1",
            (signed(*replay), destination),
        )?;
    }
    let (mut sent, mut late) = (0, 0);
    for parcel in parcels {
        if has_later(turn, parcel, *seen)? {
            late += 1;
        } else if send_again(turn, parcel, *replay)? {
            sent += 1;
            applied.parcels += 1;
        }
        applied.destinations.insert(parcel.destination.clone());
    }
    match only {
        None => all_on(turn, deed, late)?,
        Some(destination) => one_on(turn, deed, destination)?,
    }
    drop_those_at_the_end(turn, *replay)?;
    turn.run(
        "UPDATE deliveries_replay SET parcels = parcels + ?2, changed_ms = ?3,
             state = CASE WHEN looked AND NOT EXISTS
                 (SELECT 1 FROM deliveries_replay_parked WHERE replay = ?1)
                 THEN 'finished' ELSE 'running' END
         WHERE id = ?1",
        (signed(*replay), sent, turn.at.as_ms()),
    )
}

/// How far the replay is, for all but the parked destinations.
fn all_on(turn: &Turn<'_>, deed: &Deed, late: u64) -> Result<()> {
    let Deed::ReplayAdvanced {
        replay, reached, within, matched, superseded, faulty, finished, ..
    } = deed
    else {
        return Ok(());
    };
    turn.run(
        "UPDATE deliveries_replay SET reached = ?2, within = ?3, matched = matched + ?4,
             superseded = superseded + ?5, faulty = faulty + ?6, looked = ?7
         WHERE id = ?1",
        (
            signed(*replay),
            signed(*reached),
            within,
            signed(*matched),
            signed(superseded + late),
            signed(*faulty),
            finished,
        ),
    )
}

/// How far it is for one that was parked. What is meant was counted before. One that
/// is at the end stands there for as long as the others are not: it must not get from
/// their steps what it has already.
fn one_on(turn: &Turn<'_>, deed: &Deed, destination: &str) -> Result<()> {
    let Deed::ReplayAdvanced { replay, reached, within, finished, .. } = deed else {
        return Ok(());
    };
    let (reached, within) = match finished {
        true => (last(turn, *replay)?.max(*reached), 0),
        false => (*reached, *within),
    };
    turn.run(
        "UPDATE deliveries_replay_parked SET reached = ?3, within = ?4
         WHERE replay = ?1 AND destination = ?2",
        (signed(*replay), destination, signed(reached), within),
    )
}

/// Parked destinations that have all, once the others have it too.
fn drop_those_at_the_end(turn: &Turn<'_>, replay: u64) -> Result<()> {
    turn.run(
        "DELETE FROM deliveries_replay_parked WHERE replay = ?1 AND reached >= ?2
             AND EXISTS (SELECT 1 FROM deliveries_replay WHERE id = ?1 AND looked)",
        (signed(replay), signed(last(turn, replay)?)),
    )
}

/// The last entry that a replay looks at.
fn last(turn: &Turn<'_>, replay: u64) -> Result<u64> {
    let deed: String = turn
        .tx
        .prepare_cached("SELECT deed FROM deliveries_replay WHERE id = ?1")?
        .query_row([signed(replay)], |row| row.get(0))?;
    Ok(match serde_json::from_str(&deed)? {
        Deed::ReplayStarted { selection, .. } => selection.last,
        _ => u64::MAX,
    })
}

/// A replay is stopped: parcels it has not finished are as they were before it.
pub(super) fn stopped(
    turn: &Turn<'_>,
    replay: u64,
    reason: &str,
    applied: &mut Applied,
) -> Result<()> {
    let unsent: Vec<(String, i64, String, String)> = turn
        .tx
        .prepare_cached(
            "SELECT destination, pos, key, before FROM deliveries_parcel
             INDEXED BY deliveries_parcel_replay
             WHERE replay = ?1 AND replay > 0 AND lane > 0 AND state = 'pending'
             ORDER BY destination, pos",
        )?
        .query_map([signed(replay)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (destination, pos, key, before) in &unsent {
        // One that the replay made is given up with it.
        let state = if before.is_empty() { "discarded" } else { before };
        turn.run(
            "UPDATE deliveries_parcel SET state = ?3, changed_ms = ?4, replay = 0,
                 lane = CASE WHEN ?3 = 'dead' AND waits THEN ?5 ELSE 0 END
             WHERE destination = ?1 AND pos = ?2",
            (destination, pos, state, turn.at.as_ms(), parcels::HOLDING),
        )?;
        let change = format!("pending = pending - 1, {state} = {state} + 1");
        parcels::count(turn, destination, &change)?;
        parcels::next_in_lane(turn, destination, key)?;
        applied.destinations.insert(destination.clone());
    }
    turn.run("DELETE FROM deliveries_replay_parked WHERE replay = ?1", [signed(replay)])?;
    turn.run(
        "UPDATE deliveries_replay SET state = 'stopped', stopped_why = ?2, changed_ms = ?3,
             parcels = parcels - ?4
         WHERE id = ?1 AND state <> 'stopped'",
        (signed(replay), reason, turn.at.as_ms(), signed(unsent.len() as u64)),
    )
}

/// Changes the counters of a replay; 0 is none.
pub(super) fn count(turn: &Turn<'_>, replay: i64, change: &str) -> Result<()> {
    if replay == 0 {
        return Ok(());
    }
    turn.tx
        .prepare_cached(&format!(
            "UPDATE deliveries_replay SET {change}, changed_ms = ?2 WHERE id = ?1"
        ))?
        .execute((replay, turn.at.as_ms()))?;
    Ok(())
}

/// The channels that a running replay sends to; `None` when it does not run.
pub(super) fn wanted(turn: &Turn<'_>, replay: u64) -> Result<Option<Vec<String>>> {
    let deed: Option<String> = turn
        .tx
        .prepare_cached("SELECT deed FROM deliveries_replay WHERE id = ?1 AND state = 'running'")?
        .query_row([signed(replay)], |row| row.get(0))
        .optional()?;
    let Some(deed) = deed else { return Ok(None) };
    Ok(match serde_json::from_str(&deed)? {
        Deed::ReplayStarted { to, .. } => Some(to),
        _ => None,
    })
}

fn is_running(turn: &Turn<'_>, replay: u64) -> Result<bool> {
    Ok(turn
        .tx
        .prepare_cached("SELECT 1 FROM deliveries_replay WHERE id = ?1 AND state = 'running'")?
        .exists([signed(replay)])?)
}

/// Whether a later state of the same thing came between the look at the store
/// and this entry. Its parcel may be delivered already: the older state must not
/// come after it.
fn has_later(turn: &Turn<'_>, parcel: &ParcelId, seen: u64) -> Result<bool> {
    let pos = place::pack(parcel.seq, u64::from(parcel.index))?;
    let after = place::pack(seen, place::INDEX_MAX)?;
    let found = turn
        .tx
        .prepare_cached(
            "SELECT 1 FROM deliveries_parcel p JOIN store_event e ON e.pos = p.pos
             WHERE p.destination = ?1 AND p.pos > ?2 AND p.pos <> ?3
                 AND e.hub_id = (SELECT hub_id FROM store_event WHERE pos = ?3) LIMIT 1",
        )?
        .exists((&parcel.destination, after, pos))?;
    Ok(found)
}

/// Puts a parcel on its way again, or for the first time; false when it is on
/// its way already, or its event is gone.
fn send_again(turn: &Turn<'_>, parcel: &ParcelId, replay: u64) -> Result<bool> {
    let destination = parcel.destination.as_str();
    let pos = place::pack(parcel.seq, u64::from(parcel.index))?;
    let Some(known) = parcels::find(turn, destination, pos)? else {
        let Some(key) = key_of(turn, pos)? else { return Ok(false) };
        return parcels::make_for_replay(turn, (destination, pos), &key, replay);
    };
    if known.state == "pending" {
        return Ok(false);
    }
    turn.run(
        "UPDATE deliveries_parcel SET state = 'pending', lane = ?3, due_ms = 0, changed_ms = ?4,
             before = state, replay = ?5
         WHERE destination = ?1 AND pos = ?2",
        (destination, pos, parcels::BEHIND, turn.at.as_ms(), signed(replay)),
    )?;
    let state = known.state.as_str();
    let change = format!("pending = pending + 1, {state} = {state} - 1");
    parcels::count(turn, destination, &change)?;
    parcels::take_place(turn, (destination, pos), &known.key)?;
    Ok(true)
}

/// What the event at `pos` stays in order with.
fn key_of(turn: &Turn<'_>, pos: i64) -> Result<Option<String>> {
    let body: Option<String> = turn
        .tx
        .prepare_cached("SELECT body FROM store_event WHERE pos = ?1")?
        .query_row([pos], |row| row.get(0))
        .optional()?;
    let Some(body) = body else { return Ok(None) };
    let event: Event = serde_json::from_str(&body)?;
    Ok(Some(event.partitionkey))
}
