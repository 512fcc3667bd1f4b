//! Canonical events, by sequence, entity, channel and source.

use canon::{entity::Entity, event::Event};
use rusqlite::{OptionalExtension, Row};
use serde::Serialize;

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::{error::Result, place};

/// Which events. Fields that are `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Only of this kind of thing.
    pub entity: Option<Entity>,
    /// Only what came by this channel.
    pub channel: Option<String>,
    /// Only about the thing with this id at the source.
    pub source_id: Option<String>,
    /// Only about the thing with this hub id.
    pub hub_id: Option<String>,
    /// Only from entries after this one.
    pub after_seq: Option<u64>,
}

/// One canonical event and its place in the journal.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// Sequence of the journal's entry.
    pub seq: u64,
    /// Index of the event in the entry, from 0.
    pub index: u32,
    /// What became of it: `applied`, `duplicate`, `older` or `conflict`.
    pub verdict: String,
    /// The event as it was committed, a CloudEvents 1.0 object.
    pub event: Event,
}

const LIST: &str = "events";
const COLUMNS: &str = "SELECT pos, verdict, body FROM store_event";

// === impl Reader ===

impl Reader {
    /// Events in the order of the journal.
    pub fn events(&self, filter: &EventFilter, page: &Page) -> Result<Listed<EventView>> {
        let from = filter.after_seq.map(|seq| place::pack(seq, place::INDEX_MAX)).transpose()?;
        let after = page.after_number(LIST)?.max(from);
        let query = Filter::new(&format!("{COLUMNS} WHERE 1"))
            .and("pos > ?", after)
            .and("entity = ?", filter.entity.map(Entity::name))
            .and("channel = ?", filter.channel.clone())
            .and("source_id = ?", filter.source_id.clone())
            .and("hub_id = ?", filter.hub_id.clone())
            .order_by("pos", page)?;
        let rows = self.ask(|conn| query.rows(conn, raw))?;
        let page = page.cut(LIST, rows, |raw| raw.pos.to_string())?;
        let items = page.items.into_iter().map(RawEvent::read).collect::<Result<_>>()?;
        Ok(Listed { items, next: page.next })
    }

    /// One event by its id; the latest when a replay said it again.
    pub fn event(&self, id: &str) -> Result<Option<EventView>> {
        self.one_event("id = ?1 ORDER BY pos DESC LIMIT 1", &id)
    }

    /// One event by its place in the journal.
    pub fn event_at(&self, seq: u64, index: u32) -> Result<Option<EventView>> {
        self.one_event("pos = ?1", &place::pack(seq, u64::from(index))?)
    }

    /// The event that is the current state of the thing with this hub id.
    pub fn current(&self, hub_id: &str) -> Result<Option<EventView>> {
        self.one_event("pos = (SELECT pos FROM store_record WHERE hub_id = ?1)", &hub_id)
    }

    /// The event that is the current state of the thing that `channel` knows as `source_id`.
    pub fn current_at_source(
        &self,
        entity: Entity,
        channel: &str,
        source_id: &str,
    ) -> Result<Option<EventView>> {
        let raw = self.ask(|conn| {
            let sql = format!(
                "{COLUMNS} WHERE pos = (SELECT pos FROM store_record
                 WHERE channel = ?1 AND entity = ?2 AND source_id = ?3)"
            );
            let key = (channel, entity.name(), source_id);
            Ok(conn.prepare_cached(&sql)?.query_row(key, raw).optional()?)
        })?;
        raw.map(RawEvent::read).transpose()
    }

    fn one_event(&self, condition: &str, value: &dyn rusqlite::ToSql) -> Result<Option<EventView>> {
        let raw = self.ask(|conn| {
            let sql = format!("{COLUMNS} WHERE {condition}");
            Ok(conn.prepare_cached(&sql)?.query_row([value], raw).optional()?)
        })?;
        raw.map(RawEvent::read).transpose()
    }
}

struct RawEvent {
    pos: i64,
    verdict: String,
    body: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawEvent> {
    Ok(RawEvent { pos: row.get(0)?, verdict: row.get(1)?, body: row.get(2)? })
}

impl RawEvent {
    fn read(self) -> Result<EventView> {
        let (seq, index) = place::unpack(self.pos);
        Ok(EventView {
            seq,
            index,
            verdict: self.verdict,
            event: serde_json::from_str(&self.body)?,
        })
    }
}
