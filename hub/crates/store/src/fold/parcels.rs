//! The life of a parcel: made, tried, done or dead, and its place in the lane
//! of its key.
//!
//! Of all unfinished parcels with one key and one destination only the oldest
//! has its turn. It keeps its turn through retries, so order per key holds.

use canon::entry::{Attempt, Outcome, ParcelId};
use rusqlite::OptionalExtension;

use super::{Turn, signed};
use crate::{error::Result, place};

/// Values of `deliveries_parcel.lane`.
const FINISHED: i64 = 0;
const READY: i64 = 1;
const WAITING: i64 = 2;
const BEHIND: i64 = 3;

/// Whether a key has an unfinished parcel.
pub(super) const LANE_TAKEN: &str = "SELECT 1 FROM deliveries_parcel
     INDEXED BY deliveries_parcel_lane
     WHERE destination = ?1 AND key = ?2 AND lane > 0 LIMIT 1";
/// The oldest unfinished parcel of a key.
pub(super) const LANE_OLDEST: &str = "SELECT pos FROM deliveries_parcel
     INDEXED BY deliveries_parcel_lane
     WHERE destination = ?1 AND key = ?2 AND lane > 0 ORDER BY pos LIMIT 1";

/// Who settled a dead letter, and why.
#[derive(Clone, Copy)]
pub(super) struct Settler<'a> {
    pub(super) actor: &'a str,
    pub(super) reason: &'a str,
}

struct Parcel {
    key: String,
    state: String,
    attempts: i64,
}

/// Makes a parcel; false when there is one already.
pub(super) fn make(turn: &Turn<'_>, pos: i64, destination: &str, key: &str) -> Result<bool> {
    let lane_is_taken = turn.tx.prepare_cached(LANE_TAKEN)?.exists((destination, key))?;
    let lane = if lane_is_taken { BEHIND } else { READY };
    let made = turn
        .tx
        .prepare_cached(
            "INSERT OR IGNORE INTO deliveries_parcel
             VALUES (?1, ?2, ?3, ?4, 'pending', 0, 0, '', '', 0, 0, ?5, '', '')",
        )?
        .execute((destination, pos, key, lane, turn.at.as_ms()))?;
    if made > 0 {
        count(turn, destination, "pending = pending + 1")?;
    }
    Ok(made > 0)
}

/// Takes in what came of one try.
pub(super) fn attempted(turn: &Turn<'_>, attempt: &Attempt) -> Result<()> {
    let destination = attempt.parcel.destination.as_str();
    let pos = place::pack(attempt.parcel.seq, u64::from(attempt.parcel.index))?;
    turn.tx
        .prepare_cached("INSERT OR IGNORE INTO deliveries_attempt VALUES (?1, ?2, ?3, ?4)")?
        .execute((destination, pos, signed(turn.seq), serde_json::to_string(attempt)?))?;
    count(turn, destination, "attempts = attempts + 1")?;
    let Some(parcel) = find(turn, destination, pos)? else {
        return Ok(());
    };
    if let Outcome::Done { far_id: Some(far_id), .. } = &attempt.outcome {
        remember_far_id(turn, destination, pos, far_id)?;
    }
    if parcel.state != "pending" {
        return Ok(());
    }
    let attempts = parcel.attempts.max(i64::from(attempt.number));
    match &attempt.outcome {
        Outcome::Done { .. } => {
            finish(
                turn,
                destination,
                pos,
                &Finish { state: "done", attempts, code: "", reason: "" },
            )?;
            count(turn, destination, "pending = pending - 1, done = done + 1")?;
            next_in_lane(turn, destination, &parcel.key)
        }
        Outcome::Later { reason, not_before } => {
            turn.tx
                .prepare_cached(
                    "UPDATE deliveries_parcel SET attempts = ?3, due_ms = ?4, reason = ?5,
                         changed_ms = ?6, lane = CASE lane WHEN ?7 THEN ?8 ELSE lane END
                     WHERE destination = ?1 AND pos = ?2",
                )?
                .execute((
                    destination,
                    pos,
                    attempts,
                    not_before.as_ms(),
                    reason,
                    turn.at.as_ms(),
                    READY,
                    WAITING,
                ))?;
            count(turn, destination, "later = later + 1")
        }
        Outcome::Refused { code, reason } => {
            finish(turn, destination, pos, &Finish { state: "dead", attempts, code, reason })?;
            turn.tx
                .prepare_cached(
                    "UPDATE deliveries_parcel SET letter_pos = ?3, letter_ms = ?4
                     WHERE destination = ?1 AND pos = ?2",
                )?
                .execute((destination, pos, place::pack(turn.seq, 0)?, turn.at.as_ms()))?;
            count(turn, destination, "pending = pending - 1, dead = dead + 1")?;
            next_in_lane(turn, destination, &parcel.key)
        }
    }
}

/// A dead parcel goes out again. It is older than what waits with its key, so
/// it has its turn first.
pub(super) fn resubmit(turn: &Turn<'_>, id: &ParcelId, who: Settler<'_>) -> Result<()> {
    let (destination, pos) = (id.destination.as_str(), place::pack(id.seq, u64::from(id.index))?);
    let Some(parcel) = find(turn, destination, pos)? else {
        return Ok(());
    };
    if parcel.state != "dead" {
        return Ok(());
    }
    // Whoever has the turn now gives it up if the older one comes before it.
    if let Some(first) = oldest(turn, destination, &parcel.key)? {
        turn.run(
            "UPDATE deliveries_parcel SET lane = ?3 WHERE destination = ?1 AND pos = ?2",
            (destination, first, BEHIND),
        )?;
    }
    turn.tx
        .prepare_cached(
            "UPDATE deliveries_parcel SET state = 'pending', lane = ?3, due_ms = 0, changed_ms = ?4,
                 settled_by = ?5, settled_why = ?6
             WHERE destination = ?1 AND pos = ?2",
        )?
        .execute((destination, pos, BEHIND, turn.at.as_ms(), who.actor, who.reason))?;
    count(turn, destination, "dead = dead - 1, pending = pending + 1")?;
    next_in_lane(turn, destination, &parcel.key)
}

/// A dead or waiting parcel is given up.
pub(super) fn discard(turn: &Turn<'_>, id: &ParcelId, who: Settler<'_>) -> Result<()> {
    let (destination, pos) = (id.destination.as_str(), place::pack(id.seq, u64::from(id.index))?);
    let Some(parcel) = find(turn, destination, pos)? else {
        return Ok(());
    };
    let change = match parcel.state.as_str() {
        "dead" => "dead = dead - 1, discarded = discarded + 1",
        "pending" => "pending = pending - 1, discarded = discarded + 1",
        _ => return Ok(()),
    };
    turn.tx
        .prepare_cached(
            "UPDATE deliveries_parcel SET state = 'discarded', lane = ?3, changed_ms = ?4,
                 settled_by = ?5, settled_why = ?6
             WHERE destination = ?1 AND pos = ?2",
        )?
        .execute((destination, pos, FINISHED, turn.at.as_ms(), who.actor, who.reason))?;
    count(turn, destination, change)?;
    next_in_lane(turn, destination, &parcel.key)
}

// === steps ===

struct Finish<'a> {
    state: &'a str,
    attempts: i64,
    code: &'a str,
    reason: &'a str,
}

fn find(turn: &Turn<'_>, destination: &str, pos: i64) -> Result<Option<Parcel>> {
    let found = turn
        .tx
        .prepare_cached(
            "SELECT key, state, attempts FROM deliveries_parcel
             WHERE destination = ?1 AND pos = ?2",
        )?
        .query_row((destination, pos), |row| {
            Ok(Parcel { key: row.get(0)?, state: row.get(1)?, attempts: row.get(2)? })
        })
        .optional()?;
    Ok(found)
}

fn finish(turn: &Turn<'_>, destination: &str, pos: i64, finish: &Finish<'_>) -> Result<()> {
    turn.tx
        .prepare_cached(
            "UPDATE deliveries_parcel SET state = ?3, attempts = ?4, lane = ?5, code = ?6,
                 reason = ?7, changed_ms = ?8
             WHERE destination = ?1 AND pos = ?2",
        )?
        .execute((
            destination,
            pos,
            finish.state,
            finish.attempts,
            FINISHED,
            finish.code,
            finish.reason,
            turn.at.as_ms(),
        ))?;
    Ok(())
}

/// Gives the turn to the oldest unfinished parcel of the key.
fn next_in_lane(turn: &Turn<'_>, destination: &str, key: &str) -> Result<()> {
    let Some(oldest) = oldest(turn, destination, key)? else {
        return Ok(());
    };
    turn.run(
        "UPDATE deliveries_parcel SET lane = CASE due_ms WHEN 0 THEN ?3 ELSE ?4 END
         WHERE destination = ?1 AND pos = ?2",
        (destination, oldest, READY, WAITING),
    )
}

fn oldest(turn: &Turn<'_>, destination: &str, key: &str) -> Result<Option<i64>> {
    let mut query = turn.tx.prepare_cached(LANE_OLDEST)?;
    Ok(query.query_row((destination, key), |row| row.get(0)).optional()?)
}

fn remember_far_id(turn: &Turn<'_>, destination: &str, pos: i64, far_id: &str) -> Result<()> {
    turn.tx
        .prepare_cached(
            "INSERT OR REPLACE INTO deliveries_far
             SELECT ?1, hub_id, ?3 FROM store_event WHERE pos = ?2",
        )?
        .execute((destination, pos, far_id))?;
    Ok(())
}

fn count(turn: &Turn<'_>, destination: &str, change: &str) -> Result<()> {
    turn.tx
        .prepare_cached("INSERT OR IGNORE INTO deliveries_channel (destination) VALUES (?1)")?
        .execute([destination])?;
    turn.tx
        .prepare_cached(&format!(
            "UPDATE deliveries_channel SET {change}, last_ms = max(last_ms, ?2)
             WHERE destination = ?1"
        ))?
        .execute((destination, turn.at.as_ms()))?;
    Ok(())
}
