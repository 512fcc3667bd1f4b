//! The life of a parcel: made, tried, done or dead, and its place in the lane
//! of its key.
//!
//! Of all unfinished parcels with one key and one destination only the oldest
//! has its turn. It keeps its turn through retries, so order per key holds.
//! Where the route says so, a dead one keeps its key waiting, and a newer state
//! takes the place of those of the same thing that are not delivered yet.

use canon::entry::{AfterRefusal, Attempt, Outcome, ParcelId, Route};
use rusqlite::OptionalExtension;

use super::{Turn, replays, signed};
use crate::{error::Result, place};

/// Values of `deliveries_parcel.lane`.
const FINISHED: i64 = 0;
const READY: i64 = 1;
const WAITING: i64 = 2;
pub(super) const BEHIND: i64 = 3;
pub(super) const HOLDING: i64 = 4;
/// What a replay adds to [`READY`] and [`WAITING`] while nothing live waits for it.
const REPLAY: i64 = 4;

/// Whether a key has an unfinished parcel.
pub(super) const LANE_TAKEN: &str = "SELECT 1 FROM deliveries_parcel
     INDEXED BY deliveries_parcel_lane
     WHERE destination = ?1 AND key = ?2 AND lane > 0 LIMIT 1";
/// The oldest unfinished parcel of a key.
pub(super) const LANE_OLDEST: &str = "SELECT pos, replay FROM deliveries_parcel
     INDEXED BY deliveries_parcel_lane
     WHERE destination = ?1 AND key = ?2 AND lane > 0 ORDER BY pos LIMIT 1";
/// Unfinished parcels of a key with a state of the same thing, older than this.
pub(super) const LANE_OLDER_STATES: &str = "SELECT p.pos, p.replay FROM deliveries_parcel p
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

/// A parcel as it stands.
pub(super) struct Parcel {
    pub(super) key: String,
    pub(super) state: String,
    attempts: i64,
    waits: bool,
    pub(super) replay: i64,
}

/// How a parcel is made.
struct Made {
    latest_only: bool,
    waits: bool,
    replay: i64,
}

/// Makes a parcel; false when there is one already.
pub(super) fn make(turn: &Turn<'_>, pos: i64, route: &Route, key: &str) -> Result<bool> {
    let destination = route.to.as_str();
    if route.latest_only {
        supersede(turn, pos, destination, key)?;
    }
    let lane_is_taken = turn.tx.prepare_cached(LANE_TAKEN)?.exists((destination, key))?;
    let lane = if lane_is_taken { BEHIND } else { READY };
    let how = Made {
        latest_only: route.latest_only,
        waits: route.after_refusal == AfterRefusal::Wait,
        replay: 0,
    };
    let made = insert(turn, (destination, pos), key, lane, &how)?;
    if made && lane_is_taken && oldest(turn, destination, key)?.is_some_and(|(_, it)| it > 0) {
        // A replay that this one waits for is as urgent as it is.
        next_in_lane(turn, destination, key)?;
    }
    Ok(made)
}

/// Makes a parcel for a replay, behind what is older; false when there is one.
pub(super) fn make_for_replay(
    turn: &Turn<'_>,
    (destination, pos): (&str, i64),
    key: &str,
    replay: u64,
) -> Result<bool> {
    let how = Made { latest_only: false, waits: false, replay: signed(replay) };
    let made = insert(turn, (destination, pos), key, BEHIND, &how)?;
    if made {
        take_place(turn, (destination, pos), key)?;
    }
    Ok(made)
}

fn insert(
    turn: &Turn<'_>,
    (destination, pos): (&str, i64),
    key: &str,
    lane: i64,
    how: &Made,
) -> Result<bool> {
    let made = turn
        .tx
        .prepare_cached(
            "INSERT OR IGNORE INTO deliveries_parcel
             VALUES (?1, ?2, ?3, ?4, 'pending', 0, 0, '', '', 0, 0, ?5, '', '', ?6, ?7, ?8, '', 0,
                 1 + ifnull((SELECT numbered FROM deliveries_channel WHERE destination = ?1), 0))",
        )?
        .execute((
            destination,
            pos,
            key,
            lane,
            turn.at.as_ms(),
            how.latest_only,
            how.waits,
            how.replay,
        ))?;
    if made > 0 {
        count(turn, destination, "pending = pending + 1, numbered = numbered + 1")?;
    }
    Ok(made > 0)
}

/// A parcel that was put into its lane gets the turn if it is the oldest there.
pub(super) fn take_place(
    turn: &Turn<'_>,
    (destination, pos): (&str, i64),
    key: &str,
) -> Result<()> {
    // Whoever has the turn now gives it up if the older one comes before it.
    turn.run(
        "UPDATE deliveries_parcel SET lane = ?4
         WHERE destination = ?1 AND state = 'pending' AND pos =
             (SELECT pos FROM deliveries_parcel INDEXED BY deliveries_parcel_lane
              WHERE destination = ?1 AND key = ?2 AND lane > 0 AND pos <> ?3
              ORDER BY pos LIMIT 1)",
        (destination, key, pos, BEHIND),
    )?;
    next_in_lane(turn, destination, key)
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
        replays::count(turn, parcel.replay, "parcels = parcels + 1, done = done + 1")?;
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
            substituted(turn, destination, attempt.substitutions.len())?;
            replays::count(turn, parcel.replay, "done = done + 1")?;
            next_in_lane(turn, destination, &parcel.key)
        }
        Outcome::Later { reason, not_before } => {
            turn.tx
                .prepare_cached(
                    "UPDATE deliveries_parcel SET attempts = ?3, due_ms = ?4, reason = ?5,
                         changed_ms = ?6, lane = CASE lane WHEN ?7 THEN ?8
                             WHEN ?7 + ?9 THEN ?8 + ?9 ELSE lane END
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
                    REPLAY,
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
            replays::count(turn, parcel.replay, "dead = dead + 1")?;
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
    turn.tx
        .prepare_cached(
            "UPDATE deliveries_parcel SET state = 'pending', lane = ?3, due_ms = 0, changed_ms = ?4,
                 settled_by = ?5, settled_why = ?6
             WHERE destination = ?1 AND pos = ?2",
        )?
        .execute((destination, pos, BEHIND, turn.at.as_ms(), who.actor, who.reason))?;
    count(turn, destination, "dead = dead - 1, pending = pending + 1")?;
    replays::count(turn, parcel.replay, "dead = dead - 1")?;
    take_place(turn, (destination, pos), &parcel.key)
}

/// A dead parcel goes out again with other data; its event stays as it is.
pub(super) fn edit(turn: &Turn<'_>, id: &ParcelId, data: &str, who: Settler<'_>) -> Result<()> {
    let (destination, pos) = (id.destination.as_str(), place::pack(id.seq, u64::from(id.index))?);
    let found = find(turn, destination, pos)?;
    if found.is_none_or(|it| it.state != "dead") {
        return Ok(());
    }
    turn.run(
        "INSERT OR REPLACE INTO deliveries_edit VALUES (?1, ?2, ?3)",
        (destination, pos, data),
    )?;
    turn.run(
        "UPDATE deliveries_parcel SET edited = ?3 WHERE destination = ?1 AND pos = ?2",
        (destination, pos, signed(turn.seq)),
    )?;
    resubmit(turn, id, who)
}

/// A dead or waiting parcel is given up.
pub(super) fn discard(turn: &Turn<'_>, id: &ParcelId, who: Settler<'_>) -> Result<()> {
    let (destination, pos) = (id.destination.as_str(), place::pack(id.seq, u64::from(id.index))?);
    let Some(parcel) = find(turn, destination, pos)? else {
        return Ok(());
    };
    let (change, of_replay) = match parcel.state.as_str() {
        "dead" => (
            "dead = dead - 1, discarded = discarded + 1",
            "dead = dead - 1, discarded = discarded + 1",
        ),
        "pending" => {
            ("pending = pending - 1, discarded = discarded + 1", "discarded = discarded + 1")
        }
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
    replays::count(turn, parcel.replay, of_replay)?;
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

pub(super) fn find(turn: &Turn<'_>, destination: &str, pos: i64) -> Result<Option<Parcel>> {
    let found = turn
        .tx
        .prepare_cached(
            "SELECT key, state, attempts, waits, replay FROM deliveries_parcel
             WHERE destination = ?1 AND pos = ?2",
        )?
        .query_row((destination, pos), |row| {
            Ok(Parcel {
                key: row.get(0)?,
                state: row.get(1)?,
                attempts: row.get(2)?,
                waits: row.get(3)?,
                replay: row.get(4)?,
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
/// holds its key keeps it. A replay's turn is one behind live traffic, unless
/// something live waits for it.
pub(super) fn next_in_lane(turn: &Turn<'_>, destination: &str, key: &str) -> Result<()> {
    let Some((oldest, replay)) = oldest(turn, destination, key)? else {
        return Ok(());
    };
    let is_waited_for = || {
        turn.tx
            .prepare_cached(
                "SELECT 1 FROM deliveries_parcel INDEXED BY deliveries_parcel_lane
                 WHERE destination = ?1 AND key = ?2 AND lane > 0 AND replay = 0 LIMIT 1",
            )?
            .exists((destination, key))
    };
    let behind_live = if replay > 0 && !is_waited_for()? { REPLAY } else { 0 };
    turn.run(
        "UPDATE deliveries_parcel SET lane = CASE due_ms WHEN 0 THEN ?3 ELSE ?4 END
         WHERE destination = ?1 AND pos = ?2 AND state = 'pending'",
        (destination, oldest, READY + behind_live, WAITING + behind_live),
    )
}

fn oldest(turn: &Turn<'_>, destination: &str, key: &str) -> Result<Option<(i64, i64)>> {
    let mut query = turn.tx.prepare_cached(LANE_OLDEST)?;
    let found = query.query_row((destination, key), |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

/// Older states of the same thing make way for the one at `pos`.
fn supersede(turn: &Turn<'_>, pos: i64, destination: &str, key: &str) -> Result<()> {
    let older: Vec<(i64, i64)> = turn
        .tx
        .prepare_cached(LANE_OLDER_STATES)?
        .query_map((destination, key, pos), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    if older.is_empty() {
        return Ok(());
    }
    let (seq, index) = place::unpack(pos);
    let reason = format!("superseded by {seq}.{index}");
    for (old, replay) in &older {
        turn.tx
            .prepare_cached(
                "UPDATE deliveries_parcel SET state = 'superseded', lane = ?3, reason = ?4,
                     changed_ms = ?5
                 WHERE destination = ?1 AND pos = ?2",
            )?
            .execute((destination, old, FINISHED, &reason, turn.at.as_ms()))?;
        count(turn, destination, "pending = pending - 1, superseded = superseded + 1")?;
        replays::count(turn, *replay, "parcels = parcels - 1, superseded = superseded + 1")?;
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

/// Counts characters that were delivered in place of others.
fn substituted(turn: &Turn<'_>, destination: &str, characters: usize) -> Result<()> {
    if characters == 0 {
        return Ok(());
    }
    turn.run(
        "UPDATE deliveries_channel SET substitutions = substitutions + ?2 WHERE destination = ?1",
        (destination, signed(characters as u64)),
    )
}

pub(super) fn count(turn: &Turn<'_>, destination: &str, change: &str) -> Result<()> {
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
