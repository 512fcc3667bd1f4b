//! Entries for tests, written down in one line each.

use canon::{
    clock::Timestamp,
    entity::{Action, Entity},
    entry::{
        Act, AfterRefusal, Arrival, Attempt, Body, Boundary, Deed, Entry, Outcome, ParcelId,
        RecordFault, Route, SetAside,
    },
    event::{Event, SpecVersion, VersionKind},
    id::SourceKey,
};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{Applied, Reader, Store};

/// A store in a folder of its own, and the entries it was given.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) entries: Vec<Entry>,
    pub(crate) folder: tempfile::TempDir,
}

/// One event to be: channel, entity, source id, version, data.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) channel: &'static str,
    pub(crate) entity: Entity,
    pub(crate) source_id: String,
    pub(crate) version: String,
    pub(crate) kind: VersionKind,
    pub(crate) action: Action,
    pub(crate) time: String,
    pub(crate) key: Option<String>,
    pub(crate) data: Value,
}

pub(crate) const START_MS: i64 = 1_767_582_000_000; // 2026-01-05T03:00:00Z

/// The hub's clock at an entry: one second for each.
pub(crate) fn at(seq: u64) -> Timestamp {
    Timestamp::from_ms(START_MS).plus(Duration::from_secs(seq))
}

pub(crate) fn fact(channel: &'static str, entity: Entity, source_id: &str, data: Value) -> Fact {
    Fact {
        channel,
        entity,
        source_id: source_id.to_owned(),
        version: "1".to_owned(),
        kind: VersionKind::Integer,
        action: Action::Updated,
        time: "2026-01-05T12:00:00+09:00".to_owned(),
        key: None,
        data,
    }
}

// === impl Fact ===

impl Fact {
    pub(crate) fn version(mut self, version: &str) -> Self {
        self.version = version.to_owned();
        self
    }

    pub(crate) fn action(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    pub(crate) fn time(mut self, time: &str) -> Self {
        self.time = time.to_owned();
        self
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn hub_id(&self) -> String {
        self.source_key().hub_id().to_string()
    }

    pub(crate) fn event_id(&self) -> String {
        self.source_key().event_id(&self.version, self.action.name()).to_string()
    }

    fn source_key(&self) -> SourceKey<'_> {
        SourceKey {
            organisation: "acme",
            channel: self.channel,
            entity: self.entity,
            source_id: &self.source_id,
        }
    }

    pub(crate) fn event(&self) -> Event {
        let key = self.source_key();
        let mut data = self.data.clone();
        data["hub_id"] = json!(key.hub_id());
        data["entity"] = json!(self.entity.name());
        Event {
            specversion: SpecVersion::V1,
            id: key.event_id(&self.version, self.action.name()),
            source: format!("/channels/{}", self.channel),
            kind: Event::kind_of(self.entity, self.action),
            subject: format!("{}/{}", self.entity.name(), key.hub_id()),
            time: self.time.clone(),
            dataschema: format!("https://channelhub.org/canon/{}/1.0", self.entity.name()),
            datacontenttype: "application/json".to_owned(),
            partitionkey: self.key.clone().unwrap_or_else(|| key.hub_id().to_string()),
            sourceid: self.source_id.clone(),
            srcversion: self.version.clone(),
            srcversionkind: self.kind,
            srchash: "0".repeat(64),
            mapping: "test/map@1".to_owned(),
            dataclassification: self.entity.classification(),
            traceparent: None,
            replay: false,
            data: serde_json::value::to_raw_value(&data).unwrap(),
        }
    }
}

// === impl Bench ===

impl Bench {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.db")).unwrap();
        Self { store, entries: Vec::new(), folder }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("store.db")
    }

    pub(crate) fn reader(&self) -> Reader {
        self.store.reader()
    }

    /// Appends one entry and folds it.
    pub(crate) fn append(&mut self, body: Body) -> Applied {
        let seq = self.entries.len() as u64 + 1;
        self.entries.push(Entry { seq, at: at(seq), body });
        self.store.apply(&self.entries[self.entries.len() - 1..]).unwrap()
    }

    /// One arrival with these facts.
    pub(crate) fn arrive(&mut self, facts: &[Fact]) -> Applied {
        let events = facts.iter().map(Fact::event).collect();
        let channel = facts.first().map_or("pos", |fact| fact.channel);
        self.append(Body::Arrival(arrival(channel, events)))
    }

    pub(crate) fn act(&mut self, deed: Deed) -> Applied {
        self.append(Body::Act(Act { actor: "operator:mika".to_owned(), act: deed }))
    }

    pub(crate) fn routes(&mut self, routes: Vec<Route>) -> Applied {
        self.act(Deed::Configured { config_sha256: "0".repeat(64), routes })
    }

    pub(crate) fn attempt(&mut self, parcel: &ParcelId, number: u32, outcome: Outcome) -> Applied {
        let seq = self.entries.len() as u64 + 1;
        self.append(Body::Attempt(Attempt {
            parcel: parcel.clone(),
            number,
            key: "key".to_owned(),
            mapping: "test/out@1".to_owned(),
            sent_at: at(seq),
            took_ms: 12,
            replay: None,
            substitutions: Vec::new(),
            outcome,
        }))
    }
}

pub(crate) fn arrival(channel: &str, events: Vec<Event>) -> Arrival {
    Arrival {
        id: "0192f0c1".to_owned(),
        channel: channel.to_owned(),
        principal: "till-1".to_owned(),
        strength: "signature".to_owned(),
        origin: "request".to_owned(),
        received_at: Timestamp::from_ms(START_MS),
        trail: Vec::new(),
        raw_sha256: "0".repeat(64),
        raw_bytes: 0,
        dedupe_key: None,
        cursor: None,
        records: events.len() as u64,
        duplicates: 0,
        events,
        set_aside: Vec::new(),
        set_aside_again: 0,
        losses: Vec::new(),
        traceparent: None,
        label: None,
        again: None,
        file: None,
        piece: None,
        interchanges: Box::default(),
    }
}

pub(crate) fn set_aside(record: u64, code: &str) -> SetAside {
    SetAside {
        record,
        offset: record * 100,
        length: 80,
        boundary: Boundary::Map,
        code: code.to_owned(),
        faults: vec![RecordFault {
            field: "price".to_owned(),
            offset: Some(record * 100 + 7),
            found: "12x".to_owned(),
            expected: "a number".to_owned(),
            needed_by: None,
            shows: None,
        }],
        record_sha256: None,
    }
}

pub(crate) fn route(entity: &str, to: &str) -> Route {
    Route {
        entity: entity.to_owned(),
        actions: Vec::new(),
        from: Vec::new(),
        only: Vec::new(),
        to: to.to_owned(),
        latest_only: false,
        after_refusal: AfterRefusal::GoOn,
    }
}

pub(crate) fn done(far_id: Option<&str>) -> Outcome {
    Outcome::Done { answer: "201".to_owned(), far_id: far_id.map(str::to_owned) }
}

pub(crate) fn later(not_before: Timestamp) -> Outcome {
    Outcome::Later { reason: "HTTP 503".to_owned(), not_before }
}

pub(crate) fn refused() -> Outcome {
    Outcome::Refused { code: "far-refused".to_owned(), reason: "HTTP 422".to_owned() }
}

/// All tables with all rows as text, in order.
pub(crate) fn dump(path: &std::path::Path) -> Vec<String> {
    let conn = rusqlite::Connection::open(path).unwrap();
    let mut lines = Vec::new();
    for table in crate::schema::tables_like(&conn, "%").unwrap() {
        let mut rows = conn.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let width = rows.column_count();
        let mut found: Vec<String> = rows
            .query_map([], |row| {
                let cells: Vec<String> =
                    (0..width).map(|at| format!("{:?}", row.get_ref(at).unwrap())).collect();
                Ok(format!("{table}: {}", cells.join(" | ")))
            })
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        found.sort();
        lines.append(&mut found);
    }
    lines
}
