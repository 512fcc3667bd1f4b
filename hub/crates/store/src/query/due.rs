//! What the dispatcher asks: which parcels have their turn, and when the next one
//! will.

use canon::{
    clock::Timestamp,
    entry::{ParcelId, QUARANTINED},
};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashSet;

use super::Reader;
use crate::{error::Result, place};

/// A parcel that may be tried now.
#[derive(Clone, Debug)]
pub struct DueParcel {
    /// Which.
    pub id: ParcelId,
    /// What it must stay in order with: at most one parcel per key is due.
    pub key: String,
    /// Number of the next try, from 1.
    pub attempt: u32,
    /// Entity name.
    pub entity: String,
    /// Action name.
    pub action: String,
    /// Hub id of the thing.
    pub hub_id: String,
    /// The event, a CloudEvents JSON object ([`canon::event::Event`]).
    pub event: String,
    /// The replay that sends it, if one does.
    pub replay: Option<u64>,
    /// What goes out of it was edited: see [`Reader::parcel_data`].
    pub edited: bool,
    /// It gives way to all others: a replay that nothing live waits for.
    pub gives_way: bool,
    /// Its place among all parcels ever made for the destination, from 1: the same
    /// on every try and in a rebuilt fold, and no other parcel's.
    pub number: u64,
    /// It was kept back for characters that cannot be written, and an operator has
    /// let it go with others in their place.
    pub released: bool,
}

/// Parcels with their events, found by an index.
macro_rules! parcels {
    ($index:literal, $rest:literal) => {
        concat!(
            "SELECT p.pos, p.key, p.attempts, e.entity, e.action, e.hub_id, e.body, p.replay, \
             p.edited, p.number, p.code, p.settled_by FROM deliveries_parcel p INDEXED BY ",
            $index,
            " JOIN store_event e ON e.pos = p.pos ",
            $rest
        )
    };
}

/// Never tried, or resubmitted: in the order of the journal.
pub(crate) const READY: &str = parcels!(
    "deliveries_parcel_ready",
    "WHERE p.destination = ?1 AND p.lane = 1 ORDER BY p.pos LIMIT ?2"
);
/// To be tried again: longest due first.
pub(crate) const WAITING: &str = parcels!(
    "deliveries_parcel_waiting",
    "WHERE p.destination = ?1 AND p.lane = 2 AND p.due_ms <= ?3 ORDER BY p.due_ms LIMIT ?2"
);

/// The same for replays, which nothing live waits for.
pub(crate) const REPLAY_READY: &str = parcels!(
    "deliveries_parcel_replay_ready",
    "WHERE p.destination = ?1 AND p.lane = 5 ORDER BY p.pos LIMIT ?2"
);
pub(crate) const REPLAY_WAITING: &str = parcels!(
    "deliveries_parcel_replay_waiting",
    "WHERE p.destination = ?1 AND p.lane = 6 AND p.due_ms <= ?3 ORDER BY p.due_ms LIMIT ?2"
);
pub(crate) const REPLAY_NEXT: &str =
    "SELECT min(due_ms) FROM deliveries_parcel INDEXED BY deliveries_parcel_replay_waiting
     WHERE destination = ?1 AND lane = 6";

/// When the next parcel that waits for its time has its turn.
pub(crate) const NEXT: &str =
    "SELECT min(due_ms) FROM deliveries_parcel INDEXED BY deliveries_parcel_waiting
     WHERE destination = ?1 AND lane = 2";

// === impl Reader ===

impl Reader {
    /// Parcels for `destination` that may be tried at `now`, in the order of the
    /// journal: of each key only the oldest unfinished one, and none whose key
    /// has a parcel in `in_flight`.
    ///
    /// When there are more than `limit`, parcels to be tried again get at most
    /// half of the places as long as fresh ones want them, so that neither kind
    /// starves the other.
    pub fn due(
        &self,
        destination: &str,
        now: Timestamp,
        limit: usize,
        in_flight: &HashSet<ParcelId>,
    ) -> Result<Vec<DueParcel>> {
        self.turns(destination, now, limit, in_flight, (READY, WAITING))
    }

    /// As [`Reader::due`], for replays that nothing live waits for.
    pub fn due_replays(
        &self,
        destination: &str,
        now: Timestamp,
        limit: usize,
        in_flight: &HashSet<ParcelId>,
    ) -> Result<Vec<DueParcel>> {
        let mut due =
            self.turns(destination, now, limit, in_flight, (REPLAY_READY, REPLAY_WAITING))?;
        for parcel in &mut due {
            parcel.gives_way = true;
        }
        Ok(due)
    }

    fn turns(
        &self,
        destination: &str,
        now: Timestamp,
        limit: usize,
        in_flight: &HashSet<ParcelId>,
        (ready, waiting): (&str, &str),
    ) -> Result<Vec<DueParcel>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        self.ask(|conn| {
            let busy = keys_of(conn, destination, in_flight)?;
            let rows = (limit + in_flight.len()) as i64;
            let read = |row: &Row<'_>| due_parcel(row, destination);
            let mut fresh = collect(
                conn.prepare_cached(ready)?.query_map((destination, rows), read)?,
                &busy,
                limit,
            )?;
            let mut again = collect(
                conn.prepare_cached(waiting)?.query_map((destination, rows, now.as_ms()), read)?,
                &busy,
                limit,
            )?;
            let again_places = (limit / 2).max(limit.saturating_sub(fresh.len()));
            again.truncate(again_places);
            fresh.truncate(limit.saturating_sub(again.len()));
            fresh.append(&mut again);
            fresh.sort_by(|left, right| left.id.cmp(&right.id));
            Ok(fresh)
        })
    }

    /// When a parcel for `destination` that waits for its time has its turn next;
    /// `None` when only a new entry can give one its turn. Parcels that
    /// [`Reader::due`] gives already are not waited for.
    pub fn next_due_at(&self, destination: &str) -> Result<Option<Timestamp>> {
        self.ask(|conn| {
            let next = |sql| -> rusqlite::Result<Option<i64>> {
                conn.prepare_cached(sql)?.query_row([destination], |row| row.get(0))
            };
            let due = [next(NEXT)?, next(REPLAY_NEXT)?].into_iter().flatten().min();
            Ok(due.map(Timestamp::from_ms))
        })
    }
}

impl Reader {
    /// Whether the parcel is still to be sent: it may have been superseded or
    /// given up since it was due.
    pub fn is_pending(&self, id: &ParcelId) -> Result<bool> {
        let pos = place::pack(id.seq, u64::from(id.index))?;
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT 1 FROM deliveries_parcel
                 WHERE destination = ?1 AND pos = ?2 AND state = 'pending'",
            )?;
            Ok(query.exists((&id.destination, pos))?)
        })
    }
}

/// Keys that have a parcel on its way.
fn keys_of(
    conn: &Connection,
    destination: &str,
    in_flight: &HashSet<ParcelId>,
) -> Result<HashSet<String>> {
    let mut key = conn
        .prepare_cached("SELECT key FROM deliveries_parcel WHERE destination = ?1 AND pos = ?2")?;
    let mut keys = HashSet::with_capacity(in_flight.len());
    for id in in_flight.iter().filter(|id| id.destination == destination) {
        let pos = place::pack(id.seq, u64::from(id.index))?;
        keys.extend(key.query_row((destination, pos), |row| row.get(0)).optional()?);
    }
    Ok(keys)
}

fn collect(
    rows: impl Iterator<Item = rusqlite::Result<DueParcel>>,
    busy: &HashSet<String>,
    limit: usize,
) -> Result<Vec<DueParcel>> {
    let free = rows.filter(|row| !row.as_ref().is_ok_and(|parcel| busy.contains(&parcel.key)));
    Ok(free.take(limit).collect::<rusqlite::Result<_>>()?)
}

fn due_parcel(row: &Row<'_>, destination: &str) -> rusqlite::Result<DueParcel> {
    let (seq, index) = place::unpack(row.get(0)?);
    let attempts: u32 = row.get(2)?;
    Ok(DueParcel {
        id: ParcelId { seq, index, destination: destination.to_owned() },
        key: row.get(1)?,
        attempt: attempts.saturating_add(1),
        entity: row.get(3)?,
        action: row.get(4)?,
        hub_id: row.get(5)?,
        event: row.get(6)?,
        replay: Some(row.get(7)?).filter(|it| *it > 0),
        edited: row.get::<_, i64>(8)? > 0,
        gives_way: false,
        number: row.get(9)?,
        released: row.get_ref(10)?.as_str()? == QUARANTINED
            && !row.get_ref(11)?.as_str()?.is_empty(),
    })
}
