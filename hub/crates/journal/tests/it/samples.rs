//! Small arrivals and a journal in a temporary folder.

use bytes::Bytes;
use canon::{
    clock::{ManualClock, Timestamp},
    entity::Entity,
    entry::{Arrival, Boundary, Crossing},
    event::{Event, SpecVersion, VersionKind},
    id::{SourceKey, sha256_hex},
};
use journal::{Draft, Journal, Options};
use std::{path::PathBuf, sync::Arc};

pub(crate) struct Home {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
}

// === impl Home ===

impl Home {
    pub(crate) fn new() -> Self {
        let start = Timestamp::parse_rfc3339("2026-01-05T03:00:00Z").unwrap();
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::at(start)) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("seal.key")
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(self.key(), self.clock.clone())
    }

    pub(crate) fn open(&self) -> Journal {
        Journal::open(&self.path(), self.options()).unwrap()
    }
}

/// One source record: id, version (empty: the source has none), and what it says.
pub(crate) type Fact<'a> = (&'a str, &'a str, &'a str);

pub(crate) fn event(channel: &str, (id, version, says): Fact<'_>) -> Event {
    let key = SourceKey { organisation: "acme", channel, entity: Entity::Order, source_id: id };
    let fact = if version.is_empty() { sha256_hex(says.as_bytes()) } else { version.to_owned() };
    Event {
        specversion: SpecVersion::V1,
        id: key.event_id(&fact, "updated"),
        source: format!("/channels/{channel}"),
        kind: "org.channelhub.order.updated.v1".to_owned(),
        subject: format!("order/{}", key.hub_id()),
        time: "2026-01-05T12:00:00+09:00".to_owned(),
        dataschema: "https://channelhub.org/canon/order/1.0".to_owned(),
        datacontenttype: "application/json".to_owned(),
        partitionkey: key.hub_id().to_string(),
        sourceid: id.to_owned(),
        srcversion: version.to_owned(),
        srcversionkind: if version.is_empty() { VersionKind::None } else { VersionKind::Integer },
        srchash: sha256_hex(says.as_bytes()),
        mapping: "shopify/order@3".to_owned(),
        dataclassification: serde_json::from_str("\"internal\"").unwrap(),
        traceparent: None,
        replay: false,
        data: serde_json::value::to_raw_value(says).unwrap(),
    }
}

/// An arrival on `channel` under a dedupe key, with these records.
pub(crate) fn arrival(channel: &str, key: Option<&str>, facts: &[Fact<'_>]) -> (Arrival, Bytes) {
    let raw = Bytes::from(format!("{channel} {facts:?}"));
    let trail =
        [Boundary::Admit, Boundary::Quota, Boundary::Decode, Boundary::Validate, Boundary::Map];
    let arrival = Arrival {
        id: format!("arrival-{}", sha256_hex(format!("{key:?}{raw:?}").as_bytes())),
        channel: channel.to_owned(),
        principal: "shop".to_owned(),
        strength: "signature".to_owned(),
        origin: "request 1".to_owned(),
        received_at: Timestamp::from_ms(1_767_582_000_000),
        trail: trail.map(|boundary| Crossing { boundary, refused: None }).to_vec(),
        raw_sha256: sha256_hex(&raw),
        raw_bytes: raw.len() as u64,
        dedupe_key: key.map(str::to_owned),
        cursor: None,
        records: facts.len() as u64,
        duplicates: 0,
        events: facts.iter().map(|fact| event(channel, *fact)).collect(),
        set_aside: Vec::new(),
        set_aside_again: 0,
        losses: Vec::new(),
        traceparent: None,
        label: None,
        again: None,
        file: None,
        piece: None,
        interchanges: Box::default(),
    };
    (arrival, raw)
}

/// The draft of such an arrival; its fingerprint is the hash of its bytes.
pub(crate) fn draft(channel: &str, key: Option<&str>, facts: &[Fact<'_>]) -> Draft {
    let (arrival, raw) = arrival(channel, key, facts);
    let mut print = [0; 32];
    hex::decode_to_slice(&arrival.raw_sha256, &mut print).unwrap();
    Draft::arrival(arrival, Some(raw), print)
}
