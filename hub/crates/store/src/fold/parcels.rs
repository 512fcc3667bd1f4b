//! The life of a parcel: made, tried, done or dead, and its place in the lane
//! of its key.
//!
//! Of all unfinished parcels with one key and one destination only the oldest
//! has its turn. It keeps its turn through retries, so order per key holds.
//! Where the route says so, a dead one keeps its key waiting, and a newer state
//! takes the place of those of the same thing that are not delivered yet.

use canon::entry::{AfterRefusal, Attempt, Outcome, ParcelId, Route};
use rusqlite::OptionalExtension;

use super::{Turn, signed};
use crate::{error::Result, place};

/// Values of `deliveries_parcel.lane`.
const FINISHED: i64 = 0;
const READY: i64 = 1;
const WAITING: i64 = 2;
const BEHIND: i64 = 3;
const HOLDING: i64 = 4;

/// Whether a key has an unfinished parcel.
pub(super) const LANE_TAKEN: &str = "SELECT 1 FROM deliveries_parcel
     INDEXED BY deliveries_parcel_lane
     WHERE destination = ?1 AND key = ?2 AND lane > 0 LIMIT 1";
/// The oldest unfinished parcel of a key.
pub(super) const LANE_OLDEST: &str = "SELECT pos FROM deliveries_parcel
     INDEXED BY deliveries_parcel_lane
     WHERE destination = ?1 AND key = ?2 AND lane > 0 ORDER BY pos LIMIT 1";
/// Unfinished parcels of a key with a state of the same thing, older than this.
pub(super) const LANE_OLDER_STATES: &str = "SELECT p.pos FROM deliveries_parcel p
     INDEXED BY deliveries_parcel_lane
     JOIN store_event e ON e.pos = p.pos
     JOIN store_event newer ON newer.pos = ?3
     WHERE p.destination = ?1 AND p.key = ?2 AND p.lane > 0 AND p.pos < ?3
       AND p.latest_only = 1 AND p.state = 'pending'
       AND e.hub_id = newer.hub_id AND e.entity = newer.entity AND e.action = newer.action";

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
    waits: bool,
}

/// Makes a parcel; false when there is one already.
pub(super) fn make(turn: &Turn<'_>, pos: i64, route: &Route, key: &str) -> Result<bool> {
    let destination = route.to.as_str();
    if route.latest_only {
        supersede(turn, pos, destination, key)?;
    }
    let lane_is_taken = turn.tx.prepare_cached(LANE_TAKEN)?.exists((destination, key))?;
    let lane = if lane_is_taken { BEHIND } else { READY };
    let made = turn
        .tx
        .prepare_cached(
            "INSERT OR IGNORE INTO deliveries_parcel
             VALUES (?1, ?2, ?3, ?4, 'pending', 0, 0, '', '', 0, 0, ?5, '', '', ?6, ?7)",
        )?
        .execute((
            destination,
            pos,
            key,
            lane,
            turn.at.as_ms(),
            route.latest_only,
            route.after_refusal == AfterRefusal::Wait,
        ))?;
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
    let attempts = parcel.attempts.max(i64::from(attempt.number));
    if parcel.state == "superseded" && matches!(attempt.outcome, Outcome::Done { .. }) {
        // It was on its way when the newer state came.
        let done = Finish { state: "done", lane: FINISHED, attempts, code: "", reason: "" };
        finish(turn, destination, pos, &done)?;
        return count(turn, destination, "superseded = superseded - 1, done = done + 1");
    }
    if parcel.state != "pending" {
        return Ok(());
    }
    match &attempt.outcome {
        Outcome::Done { .. } => {
            let done = Finish { state: "done", lane: FINISHED, attempts, code: "", reason: "" };
            finish(turn, destination, pos, &done)?;
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
            let lane = if parcel.waits { HOLDING } else { FINISHED };
            let dead = Finish { state: "dead", lane, attempts, code, reason };
            finish(turn, destination, pos, &dead)?;
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
            "UPDATE deliveries_parcel SET lane = ?3
             WHERE destination = ?1 AND pos = ?2 AND state = 'pending'",
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
    lane: i64,
    attempts: i64,
    code: &'a str,
    reason: &'a str,
}

fn find(turn: &Turn<'_>, destination: &str, pos: i64) -> Result<Option<Parcel>> {
    let found = turn
        .tx
        .prepare_cached(
            "SELECT key, state, attempts, waits FROM deliveries_parcel
             WHERE destination = ?1 AND pos = ?2",
        )?
        .query_row((destination, pos), |row| {
            Ok(Parcel {
                key: row.get(0)?,
                state: row.get(1)?,
                attempts: row.get(2)?,
                waits: row.get(3)?,
            })
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
            finish.lane,
            finish.code,
            finish.reason,
            turn.at.as_ms(),
        ))?;
    Ok(())
}

/// Gives the turn to the oldest unfinished parcel of the key. A dead one that
/// holds its key keeps it.
fn next_in_lane(turn: &Turn<'_>, destination: &str, key: &str) -> Result<()> {
    let Some(oldest) = oldest(turn, destination, key)? else {
        return Ok(());
    };
    turn.run(
        "UPDATE deliveries_parcel SET lane = CASE due_ms WHEN 0 THEN ?3 ELSE ?4 END
         WHERE destination = ?1 AND pos = ?2 AND state = 'pending'",
        (destination, oldest, READY, WAITING),
    )
}

fn oldest(turn: &Turn<'_>, destination: &str, key: &str) -> Result<Option<i64>> {
    let mut query = turn.tx.prepare_cached(LANE_OLDEST)?;
    Ok(query.query_row((destination, key), |row| row.get(0)).optional()?)
}

/// Older states of the same thing make way for the one at `pos`.
fn supersede(turn: &Turn<'_>, pos: i64, destination: &str, key: &str) -> Result<()> {
    let older: Vec<i64> = turn
        .tx
        .prepare_cached(LANE_OLDER_STATES)?
        .query_map((destination, key, pos), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if older.is_empty() {
        return Ok(());
    }
    let (seq, index) = place::unpack(pos);
    let reason = format!("superseded by {seq}.{index}");
    for old in &older {
        turn.tx
            .prepare_cached(
                "UPDATE deliveries_parcel SET state = 'superseded', lane = ?3, reason = ?4,
                     changed_ms = ?5
                 WHERE destination = ?1 AND pos = ?2",
            )?
            .execute((destination, old, FINISHED, &reason, turn.at.as_ms()))?;
        count(turn, destination, "pending = pending - 1, superseded = superseded + 1")?;
    }
    next_in_lane(turn, destination, key)
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
