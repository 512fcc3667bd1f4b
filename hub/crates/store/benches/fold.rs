//! How fast the store folds, and what a large backlog costs the dispatcher.
//!
//! Prints ratios of one run: folding against writing the same bytes to a bare
//! table in the same batches, and asking for work with 1,000,000 parcels against
//! asking with 1,000. Run with `cargo bench -p store`.

use canon::{
    clock::Timestamp,
    entity::{Action, Entity},
    entry::{Act, AfterRefusal, Arrival, Body, Deed, Entry, Route},
    event::{Event, SpecVersion, VersionKind},
    id::SourceKey,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{collections::HashSet, error::Error, hint::black_box, path::Path, time::Instant};
use store::Store;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Entries that the daemon folds at a time.
const BATCH: usize = 512;
const ENTRIES: u64 = 10_000;
const QUESTIONS: u32 = 200;

fn main() -> Result<()> {
    let entries = entries()?;
    let folder = tempfile::tempdir()?;
    let floor = per_second(&entries, |batches| bare(&folder.path().join("bare.db"), batches))?;
    let ours = per_second(&entries, |batches| {
        let mut store = Store::open(folder.path().join("store.db"))?;
        for batch in batches.chunks(BATCH) {
            black_box(store.apply(batch)?);
        }
        Ok(())
    })?;
    println!("fold            {ours:>10.0} events/s");
    println!("bare table      {floor:>10.0} events/s");
    println!("ratio           {:>10.2}", ours / floor);

    let small = question_us(1_000)?;
    let large = question_us(1_000_000)?;
    println!("due, 1,000      {small:>10.1} us");
    println!("due, 1,000,000  {large:>10.1} us");
    println!("ratio           {:>10.2}", large / small);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn per_second(entries: &[Entry], run: impl FnOnce(&[Entry]) -> Result<()>) -> Result<f64> {
    let start = now();
    run(entries)?;
    Ok(ENTRIES as f64 / start.elapsed().as_secs_f64())
}

/// The floor: the same bytes in the same batches, one table, no index.
fn bare(path: &Path, entries: &[Entry]) -> Result<()> {
    let mut conn = Connection::open(path)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.execute_batch("CREATE TABLE event (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)")?;
    for batch in entries.chunks(BATCH) {
        let tx = conn.transaction()?;
        for entry in batch {
            if let Body::Arrival(arrival) = &entry.body {
                for event in &arrival.events {
                    tx.prepare_cached("INSERT INTO event VALUES (?1, ?2)")?
                        .execute((i64::try_from(entry.seq)?, serde_json::to_string(event)?))?;
                }
            }
        }
        tx.commit()?;
    }
    Ok(())
}

/// Mean time of one look for work, with so many parcels waiting and as many done.
fn question_us(parcels: u32) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("store.db");
    let store = Store::open(&path)?;
    Connection::open(&path)?.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2 * {parcels})
         INSERT INTO store_event
         SELECT n << 24, n, 'order', 'updated', 'ec', n, 'ord_' || n, 0, 'applied', '{{}}' FROM n;
         INSERT INTO deliveries_parcel
         SELECT 'erp', pos, 'k' || (pos >> 24), (pos >> 24) > {parcels}, 'pending', 0, 0, '', '',
                0, 0, 0, '', '', 0, 0, 0, '', 0, pos
         FROM store_event;
         COMMIT;"
    ))?;
    let (reader, nothing) = (store.reader(), HashSet::new());
    let start = now();
    for _ in 0..QUESTIONS {
        black_box(reader.due("erp", Timestamp::from_ms(0), 64, &nothing)?);
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / f64::from(QUESTIONS))
}

// === entries ===

/// A configuration, then orders, receipts and customers in turn.
fn entries() -> Result<Vec<Entry>> {
    let route = |entity: &str, to: &str| Route {
        entity: entity.to_owned(),
        actions: Vec::new(),
        from: Vec::new(),
        only: Vec::new(),
        to: to.to_owned(),
        latest_only: false,
        after_refusal: AfterRefusal::GoOn,
    };
    let routes = vec![route("order", "erp"), route("party", "crm")];
    let act = Deed::Configured { config_sha256: String::new(), routes };
    let first = Body::Act(Act { actor: "hub".to_owned(), act });
    let mut entries = vec![Entry { seq: 1, at: Timestamp::from_ms(0), body: first }];
    for seq in 2..ENTRIES + 2 {
        let (entity, data) = match seq % 4 {
            0 => (Entity::Party, party(seq)),
            1 => (Entity::PosTransaction, receipt(seq)),
            _ => (Entity::Order, order(seq)),
        };
        let body = Body::Arrival(arrival(event(entity, seq, &data)?));
        entries.push(Entry { seq, at: Timestamp::from_ms(i64::try_from(seq)?), body });
    }
    Ok(entries)
}

fn party(seq: u64) -> Value {
    json!({"kind": "person", "roles": ["customer"], "status": "active",
        "name": {"family": "高橋", "given": "花子", "family_kana": "タカハシ", "given_kana": "ハナコ"},
        "contact_points": [{"type": "email", "value": format!("u{}@example.jp", seq / 3),
            "verified_at": "2026-01-01T00:00:00Z"}]})
}

fn lines(seq: u64) -> Value {
    json!([{"line_id": "1", "sku": format!("SKU-{}", seq % 500), "title_snapshot": "煎茶 500g",
        "qty_ordered": {"qty": "2", "uom": "EA"}, "gross": {"minor": 2160, "currency": "JPY"}}])
}

fn receipt(seq: u64) -> Value {
    json!({"store": {"scheme": "location_code", "value": format!("{:03}", seq % 20)},
        "register": "01", "sequence": format!("{:04}", seq / 20 % 10_000),
        "business_date": "2026-01-05", "kind": "sale", "end_at": "2026-01-05T12:00:00+09:00",
        "lines": lines(seq), "totals": {"grand": {"minor": 2160, "currency": "JPY"}}})
}

fn order(seq: u64) -> Value {
    json!({"order_no": format!("#{seq}"), "status": "placed", "order_type": "sale",
        "placed_at": "2026-01-05T12:00:00+09:00", "currency": "JPY",
        "sales_location": {"scheme": "code", "value": "EC"}, "lines": lines(seq),
        "buyer": {"party": {"scheme": "source_id", "value": (seq / 4 * 4).to_string()}},
        "totals": {"grand": {"minor": 2160, "currency": "JPY"}}})
}

fn event(entity: Entity, seq: u64, data: &Value) -> Result<Event> {
    let source_id = seq.to_string();
    let key = SourceKey { organisation: "acme", channel: "ec", entity, source_id: &source_id };
    Ok(Event {
        specversion: SpecVersion::V1,
        id: key.event_id("1", "updated"),
        source: "/channels/ec".to_owned(),
        kind: Event::kind_of(entity, Action::Updated),
        subject: format!("{}/{}", entity.name(), key.hub_id()),
        time: "2026-01-05T12:00:00+09:00".to_owned(),
        dataschema: format!("https://channelhub.org/canon/{}/1.0", entity.name()),
        datacontenttype: "application/json".to_owned(),
        partitionkey: key.hub_id().to_string(),
        sourceid: source_id.clone(),
        srcversion: "1".to_owned(),
        srcversionkind: VersionKind::Integer,
        srchash: "0".repeat(64),
        mapping: "bench/map@1".to_owned(),
        dataclassification: entity.classification(),
        traceparent: None,
        replay: false,
        data: serde_json::value::to_raw_value(data)?,
    })
}

fn arrival(event: Event) -> Arrival {
    Arrival {
        id: event.id.to_string(),
        channel: "ec".to_owned(),
        principal: "bench".to_owned(),
        strength: "signature".to_owned(),
        origin: "bench".to_owned(),
        received_at: Timestamp::from_ms(0),
        trail: Vec::new(),
        raw_sha256: String::new(),
        raw_bytes: 0,
        dedupe_key: None,
        cursor: None,
        records: 1,
        duplicates: 0,
        events: vec![event],
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
