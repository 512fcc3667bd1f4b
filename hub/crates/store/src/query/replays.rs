//! Replays: how far each is, and what its next step would send.

use canon::{
    clock::Timestamp,
    entry::{Deed, MapsOf, ParcelId, Route, Selection},
    event::Event,
};
use rusqlite::{Connection, Row};
use serde::Serialize;
use std::collections::BTreeMap;

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::{
    error::Result,
    fold::{matching, positions, read_routes},
    place,
};

/// What a replay does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayState {
    /// It looks for more to send.
    Running,
    /// All of its selection has been looked at; what it made may still be on its way.
    Finished,
    /// Somebody stopped it.
    Stopped,
}

/// One replay and how far it is.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replay {
    /// Sequence of the entry that started it.
    pub id: u64,
    /// Who started it: `operator:{name}`.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Which events.
    pub selection: Selection,
    /// What they are made by.
    pub maps: MapsOf,
    /// Channels they go to; empty: all that a route gives them.
    pub to: Vec<String>,
    /// What it does.
    pub state: ReplayState,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// Every entry up to this one has been looked at; the last is `selection.last`.
    pub reached: u64,
    /// So many events of the next entry have been looked at, too.
    #[serde(skip)]
    pub within: u32,
    /// All has been looked at, but for the parked destinations.
    #[serde(skip)]
    pub looked: bool,
    /// Destinations with too much waiting: the replay goes on without them, and
    /// comes back to each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parked: Vec<Parked>,
    /// Events that were meant.
    pub matched: u64,
    /// Of these, left alone because a later state is in force.
    pub superseded: u64,
    /// Records that today's maps cannot use; what was made of them then stays.
    pub faulty: u64,
    /// Events that today's maps make in another way, and that are new facts now.
    pub changed: u64,
    /// Deliveries it made or sent again.
    pub parcels: u64,
    /// Of these, taken by their destination.
    pub done: u64,
    /// Of these, refused: dead letters.
    pub dead: u64,
    /// Of these, given up.
    pub discarded: u64,
    /// Why it was stopped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stopped_why: String,
}

/// A destination that a replay went on without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Parked {
    /// Its channel.
    pub destination: String,
    /// Every entry up to this one has been looked at for it. At `selection.last` it
    /// has all, and stands here until the others have it too.
    pub reached: u64,
    /// So many events of the next entry, too.
    #[serde(skip)]
    pub within: u32,
}

/// Where a step sends to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct To {
    /// These; empty: all that a route gives.
    pub only: Vec<String>,
    /// But not these.
    pub but: Vec<String>,
}

/// What the next step of a replay is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Every entry up to this one has been looked at then,
    pub reached: u64,
    /// and so many events of the next one.
    pub within: u32,
    /// What the store has seen.
    pub seen: u64,
    /// What goes out again.
    pub parcels: Vec<ParcelId>,
    /// Events that are meant.
    pub matched: u64,
    /// Of these, those that a later state has replaced.
    pub superseded: u64,
    /// There is nothing more.
    pub finished: bool,
}

/// One stored event of a step.
#[derive(Clone, Debug)]
pub struct StepEvent {
    /// Its entry.
    pub seq: u64,
    /// Its index there.
    pub index: u32,
    /// What it says.
    pub event: Event,
}

/// Deliveries of a replay that are on their way, by destination. A dead one that
/// holds its key is not.
pub(crate) const UNSENT: &str = "SELECT destination, count(*) FROM deliveries_parcel
     INDEXED BY deliveries_parcel_replay
     WHERE replay = ?1 AND replay > 0 AND lane > 0 AND lane <> 4 GROUP BY destination";

const LIST: &str = "replays";
const COLUMNS: &str = "SELECT id, actor, deed, state, started_ms, changed_ms, reached, within,
            matched, superseded, faulty, changed, parcels, done, dead, discarded, stopped_why, looked
     FROM deliveries_replay WHERE 1";

// === impl Reader ===

impl Reader {
    /// Replays, newest first.
    pub fn replays(&self, page: &Page) -> Result<Listed<Replay>> {
        let after = page.after_number(LIST)?;
        let query = Filter::new(COLUMNS).and("id < ?", after).order_by("id DESC", page)?;
        self.ask(|conn| {
            let rows = query.rows(conn, raw)?;
            let page = page.cut(LIST, rows, |(_, replay)| replay.id.to_string())?;
            let items = page.items.into_iter().map(|row| read(conn, row));
            Ok(Listed { items: items.collect::<Result<_>>()?, next: page.next })
        })
    }

    /// One replay.
    pub fn replay(&self, id: u64) -> Result<Option<Replay>> {
        let id = i64::try_from(id).unwrap_or(i64::MAX);
        self.of_replays("AND id = ?", Some(id)).map(|it| it.into_iter().next())
    }

    /// The replays that run, oldest first.
    pub fn running_replays(&self) -> Result<Vec<Replay>> {
        self.of_replays("AND state = 'running'", None)
    }

    fn of_replays(&self, condition: &str, id: Option<i64>) -> Result<Vec<Replay>> {
        self.ask(|conn| {
            let mut query = conn.prepare_cached(&format!("{COLUMNS} {condition} ORDER BY id"))?;
            let rows = query.query_map(rusqlite::params_from_iter(id), raw)?;
            rows.map(|row| read(conn, row?)).collect()
        })
    }

    /// Deliveries of a replay that are on their way, by destination.
    pub fn unsent(&self, replay: u64) -> Result<BTreeMap<String, u64>> {
        let replay = i64::try_from(replay).unwrap_or(i64::MAX);
        self.ask(|conn| {
            let mut query = conn.prepare_cached(UNSENT)?;
            let rows = query.query_map([replay], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// What comes next of a selection, after `reached` entries and `within`
    /// events of the next: at most `limit` stored events are looked at.
    ///
    /// Only events that were applied when they came have a part in it, and only
    /// those that are still the state of their thing: a destination must not go
    /// back to an older one.
    pub fn replay_step(
        &self,
        selection: &Selection,
        to: &To,
        (reached, within): (u64, u32),
        limit: u32,
    ) -> Result<Step> {
        let first = place::pack(reached + 1, u64::from(within))?;
        let last = place::pack(selection.last, place::INDEX_MAX)?;
        let page = Page::of(limit);
        let query = Filter::new("SELECT pos, body FROM store_event WHERE verdict = 'applied'")
            .and("pos >= ?", Some(first))
            .and("pos <= ?", Some(last))
            .and("channel = ?", selection.channel.clone())
            .and("entity = ?", selection.entity.clone())
            .order_by("pos", &page)?;
        self.ask(|conn| {
            let mut rows: Vec<(i64, String)> =
                query.rows(conn, |row| Ok((row.get(0)?, row.get(1)?)))?;
            let finished = rows.len() <= limit as usize;
            rows.truncate(limit as usize);
            let mut step = Step { finished, seen: seen(conn)?, ..Step::default() };
            (step.reached, step.within) = match rows.last().map(|(pos, _)| place::unpack(*pos)) {
                Some((seq, index)) if !finished => (seq - 1, index + 1),
                Some(_) | None => (selection.last, 0),
            };
            let routes = read_routes(conn)?;
            for (pos, body) in rows {
                let event: Event = serde_json::from_str(&body)?;
                if meets(selection, &event) {
                    weigh(conn, &mut step, (pos, &event), (&routes, to))?;
                }
            }
            Ok(step)
        })
    }

    /// Of these stored events, what goes out again.
    pub fn replay_events(&self, events: &[StepEvent], to: &To) -> Result<Step> {
        self.ask(|conn| {
            let mut step = Step { seen: seen(conn)?, ..Step::default() };
            let routes = read_routes(conn)?;
            for StepEvent { seq, index, event } in events {
                let pos = place::pack(*seq, u64::from(*index))?;
                weigh(conn, &mut step, (pos, event), (&routes, to))?;
            }
            Ok(step)
        })
    }
}

// === impl To ===

impl To {
    /// To these; empty: all that a route gives.
    #[must_use]
    pub fn only(only: Vec<String>) -> Self {
        Self { only, but: Vec::new() }
    }

    fn has(&self, destination: &String) -> bool {
        (self.only.is_empty() || self.only.contains(destination)) && !self.but.contains(destination)
    }
}

/// Whether an event is meant, as far as its content says.
#[must_use]
pub fn meets(selection: &Selection, event: &Event) -> bool {
    let entity = event.entity_and_action().map(|(entity, _)| entity.name());
    let key = |it: &str| event.partitionkey == it || event.sourceid == it || event.hub_id() == it;
    selection.entity.as_deref().is_none_or(|it| entity == Some(it))
        && selection.channel.as_deref().is_none_or(|it| event.channel() == it)
        && selection.key.as_deref().is_none_or(key)
        && selection.query.as_deref().is_none_or(|it| event.data.get().contains(it))
}

/// Adds one event to a step.
fn weigh(
    conn: &Connection,
    step: &mut Step,
    (pos, event): (i64, &Event),
    (routes, to): (&[Route], &To),
) -> Result<()> {
    step.matched += 1;
    let is_current = conn
        .prepare_cached(
            "SELECT 1 FROM store_event e JOIN store_record r ON r.channel = e.channel
                 AND r.entity = e.entity AND r.source_id = e.source_id
             WHERE e.pos = ?1 AND r.pos = ?1",
        )?
        .exists([pos])?;
    if !is_current {
        step.superseded += 1;
        return Ok(());
    }
    let (seq, index) = place::unpack(pos);
    for route in matching(routes, event) {
        let destination = &route.to;
        if to.has(destination) {
            step.parcels.push(ParcelId { seq, index, destination: destination.clone() });
        }
    }
    Ok(())
}

fn seen(conn: &Connection) -> Result<u64> {
    Ok(positions(conn)?.into_iter().map(|(_, position)| position).min().unwrap_or(0))
}

fn raw(row: &Row<'_>) -> rusqlite::Result<(String, Replay)> {
    let state = match row.get::<_, String>(3)?.as_str() {
        "running" => ReplayState::Running,
        "finished" => ReplayState::Finished,
        _ => ReplayState::Stopped,
    };
    let replay = Replay {
        id: row.get(0)?,
        actor: row.get(1)?,
        reason: String::new(),
        selection: Selection::default(),
        maps: MapsOf::Then,
        to: Vec::new(),
        state,
        started_at: Timestamp::from_ms(row.get(4)?),
        changed_at: Timestamp::from_ms(row.get(5)?),
        reached: row.get(6)?,
        within: row.get(7)?,
        looked: row.get(17)?,
        parked: Vec::new(),
        matched: row.get(8)?,
        superseded: row.get(9)?,
        faulty: row.get(10)?,
        changed: row.get(11)?,
        parcels: row.get(12)?,
        done: row.get(13)?,
        dead: row.get(14)?,
        discarded: row.get(15)?,
        stopped_why: row.get(16)?,
    };
    Ok((row.get(2)?, replay))
}

fn read(conn: &Connection, (deed, mut replay): (String, Replay)) -> Result<Replay> {
    let mut parked = conn.prepare_cached(
        "SELECT destination, reached, within FROM deliveries_replay_parked
         WHERE replay = ?1 ORDER BY destination",
    )?;
    let parked = parked.query_map([replay.id], |row| {
        Ok(Parked { destination: row.get(0)?, reached: row.get(1)?, within: row.get(2)? })
    })?;
    replay.parked = parked.collect::<rusqlite::Result<_>>()?;
    if let Deed::ReplayStarted { selection, maps, to, reason } = serde_json::from_str(&deed)? {
        (replay.selection, replay.maps) = (selection, maps);
        (replay.to, replay.reason) = (to, reason);
    }
    Ok(replay)
}
