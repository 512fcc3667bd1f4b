//! Parcels with their attempts.

use canon::{
    clock::Timestamp,
    entry::{Attempt, ParcelId},
};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::{error::Result, place};

/// Where a parcel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ParcelState {
    /// To be tried, for the first time or again.
    Pending,
    /// The far side has it.
    Done,
    /// The far side refused it: a dead letter.
    Dead,
    /// It was given up.
    Discarded,
    /// A newer state of the same thing took its place.
    Superseded,
}

/// Which parcels. Fields that are `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct ParcelFilter {
    /// Only of the event with this id.
    pub event_id: Option<String>,
    /// Only of the events of this entry.
    pub seq: Option<u64>,
    /// Only for this destination.
    pub destination: Option<String>,
    /// Only in this state.
    pub state: Option<ParcelState>,
}

/// One parcel: one event for one destination.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ParcelView {
    /// Which.
    #[serde(flatten)]
    pub id: ParcelId,
    /// Id of the event.
    pub event_id: String,
    /// Entity name of the event.
    pub entity: String,
    /// Action name of the event.
    pub action: String,
    /// Hub id of the thing the event is about.
    pub hub_id: String,
    /// What it stays in order with.
    pub key: String,
    /// Where it stands.
    pub state: ParcelState,
    /// Behind an older parcel with the same key.
    pub waits_for_older: bool,
    /// Dead, and later parcels with its key wait until it is resubmitted or discarded.
    pub holds_its_key: bool,
    /// Not tried before that time; absent when it may be tried at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Why the last try did not succeed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The replay that sent it last, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<u64>,
    /// Sequence of the entry that edited what goes out of it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited: Option<u64>,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// All tries, oldest first.
    pub attempts: Vec<Attempt>,
}

/// What goes out of a parcel.
#[derive(Clone, Debug)]
pub struct ParcelData {
    /// Its event, a CloudEvents JSON object.
    pub event: String,
    /// What an operator made of the event's data, JSON; `None`: as it is.
    pub edited: Option<String>,
}

const LIST: &str = "parcels";

// === impl Reader ===

impl Reader {
    /// Parcels with their attempts, newest event first.
    pub fn parcels(&self, filter: &ParcelFilter, page: &Page) -> Result<Listed<ParcelView>> {
        let after = page.after(LIST)?.map(|key| split_key(&key)).transpose()?;
        let first = filter.seq.map(|seq| place::pack(seq, 0)).transpose()?;
        let last = filter.seq.map(|seq| place::pack(seq, place::INDEX_MAX)).transpose()?;
        let mut query = Filter::new(
            "SELECT p.pos, p.destination, e.id, e.entity, e.action, e.hub_id, p.key, p.state,
                    p.lane, p.due_ms, p.reason, p.changed_ms, p.replay, p.edited
             FROM deliveries_parcel p JOIN store_event e ON e.pos = p.pos WHERE 1",
        )
        .and("e.id = ?", filter.event_id.clone())
        .and("p.pos >= ?", first)
        .and("p.pos <= ?", last)
        .and("p.destination = ?", filter.destination.clone())
        .and("p.state = ?", filter.state.map(ParcelState::name));
        if let Some((pos, destination)) = after {
            query = query
                .and("p.pos <= ?", Some(pos))
                .and(&format!("(p.pos < {pos} OR p.destination > ?)"), Some(destination));
        }
        let query = query.order_by("p.pos DESC, p.destination", page)?;
        self.ask(|conn| {
            let rows = query.rows(conn, parcel)?;
            let mut listed =
                page.cut(LIST, rows, |(pos, parcel)| format!("{pos}.{}", parcel.id.destination))?;
            for (pos, parcel) in &mut listed.items {
                parcel.attempts = attempts(conn, &parcel.id.destination, *pos)?;
            }
            Ok(listed.map(|(_, parcel)| parcel))
        })
    }

    /// What goes out of a parcel; `None` when there is no such parcel.
    pub fn parcel_data(&self, id: &ParcelId) -> Result<Option<ParcelData>> {
        let pos = place::pack(id.seq, u64::from(id.index))?;
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT e.body, d.data FROM deliveries_parcel p JOIN store_event e ON e.pos = p.pos
                 LEFT JOIN deliveries_edit d ON d.destination = p.destination AND d.pos = p.pos
                 WHERE p.destination = ?1 AND p.pos = ?2",
            )?;
            let read = |row: &Row<'_>| Ok(ParcelData { event: row.get(0)?, edited: row.get(1)? });
            Ok(query.query_row((&id.destination, pos), read).optional()?)
        })
    }

    /// One parcel.
    pub fn parcel(&self, id: &ParcelId) -> Result<Option<ParcelView>> {
        let pos = place::pack(id.seq, u64::from(id.index))?;
        let filter = ParcelFilter {
            seq: Some(id.seq),
            destination: Some(id.destination.clone()),
            ..ParcelFilter::default()
        };
        // The page that begins just behind this parcel has it first.
        let key = format!("{LIST}\u{1f}{}.", pos + 1);
        let page = Page { limit: 1, cursor: Some(canon::id::hex(key.as_bytes())) };
        let found = self.parcels(&filter, &page)?.items.into_iter().next();
        Ok(found.filter(|parcel| parcel.id == *id))
    }
}

impl ParcelState {
    /// The name in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Discarded => "discarded",
            Self::Superseded => "superseded",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Done, Self::Dead, Self::Discarded, Self::Superseded]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

fn split_key(key: &str) -> Result<(i64, String)> {
    key.split_once('.')
        .and_then(|(pos, destination)| Some((pos.parse().ok()?, destination.to_owned())))
        .ok_or(crate::error::Error::BadCursor)
}

fn attempts(conn: &Connection, destination: &str, pos: i64) -> Result<Vec<Attempt>> {
    let mut query = conn.prepare_cached(
        "SELECT attempt FROM deliveries_attempt WHERE destination = ?1 AND pos = ?2 ORDER BY seq",
    )?;
    let texts = query.query_map((destination, pos), |row| row.get::<_, String>(0))?;
    let mut found = Vec::new();
    for text in texts {
        found.push(serde_json::from_str(&text?)?);
    }
    Ok(found)
}

fn parcel(row: &Row<'_>) -> rusqlite::Result<(i64, ParcelView)> {
    let pos: i64 = row.get(0)?;
    let (seq, index) = place::unpack(pos);
    let lane: i64 = row.get(8)?;
    let due_ms: i64 = row.get(9)?;
    let state = ParcelState::from_name(&row.get::<_, String>(7)?).unwrap_or(ParcelState::Pending);
    let waits = state == ParcelState::Pending && due_ms > 0;
    let view = ParcelView {
        id: ParcelId { seq, index, destination: row.get(1)? },
        event_id: row.get(2)?,
        entity: row.get(3)?,
        action: row.get(4)?,
        hub_id: row.get(5)?,
        key: row.get(6)?,
        state,
        waits_for_older: lane == 3,
        holds_its_key: lane == 4,
        not_before: waits.then(|| Timestamp::from_ms(due_ms)),
        reason: row.get(10)?,
        replay: Some(row.get(12)?).filter(|it| *it > 0),
        edited: Some(row.get(13)?).filter(|it| *it > 0),
        changed_at: Timestamp::from_ms(row.get(11)?),
        attempts: Vec::new(),
    };
    Ok((pos, view))
}
