//! Lists: every page costs the same however long the list is, and pages
//! together are the list.

use canon::entity::Entity;
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::*;
use crate::{
    Result,
    testing::{Bench, fact},
};

/// A store with `n` of everything: events of three channels, orders, customers,
/// levels, dead letters, parcels (most of them delivered).
fn filled(n: u32) -> Bench {
    let bench = Bench::new();
    // One real event as the pattern for the bodies.
    let event = serde_json::to_string(&fact("ec", Entity::Party, "1", json!({})).event()).unwrap();
    let conn = Connection::open(bench.path()).unwrap();
    let numbers =
        format!("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {n})");
    let event = event.replace('\'', "''");
    conn.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         {numbers} INSERT INTO store_event SELECT n << 24, n, iif(n % 2, 'party', 'order'),
             'updated', 'c' || (n % 3), 's' || n, 'h' || n, n, 'applied', '{event}' FROM n;
         {numbers} INSERT INTO store_record SELECT 'c' || (n % 3), 'party', 's' || n, 'h' || n,
             n << 24, 'integer', '1', 'updated', '', n FROM n;
         {numbers} INSERT INTO store_party SELECT 'h' || n, 'c' || (n % 3), 's' || n, 'h' || n,
             n << 24, '{{}}', '{{}}' FROM n;
         {numbers} INSERT INTO store_order SELECT 'o' || n, 'order', 'c' || (n % 3), 's' || n,
             '#' || n, 'sale', 'placed', NULL, NULL, NULL, n, '', 'JPY', 1, '', 1, n << 24 FROM n;
         {numbers} INSERT INTO store_buyer SELECT 'h:h' || n, 'o' || n FROM n;
         {numbers} INSERT INTO store_level SELECT 'sku' || n, 'p' || (n % 50), 'sellable', 1, 0, 0, 0,
             NULL, 0, 0, n FROM n;
         {numbers} INSERT INTO store_letter SELECT n << 24, 'c' || (n % 3), 'unmappable', 'open', 1, 0,
             0, 'map', '[]', '', '', n, 0, '', '', 0 FROM n;
         {numbers} INSERT INTO deliveries_parcel SELECT 'erp', n << 24, 'k' || n, 0,
             iif(n % 100, 'done', 'dead'), 1, 0, '', '', iif(n % 100, 0, (n << 24) + 7), n, n,
             '', '', 0, 0, 0, '', 0, n FROM n;
         COMMIT;"
    ))
    .unwrap();
    bench
}

type Question = fn(&Reader, &Page) -> Result<(usize, Option<String>)>;

fn counted<T>(listed: Listed<T>) -> (usize, Option<String>) {
    (listed.items.len(), listed.next)
}

/// Every list of the API, whole and narrowed.
const QUESTIONS: [(&str, Question); 15] = [
    ("events", |it, page| Ok(counted(it.events(&EventFilter::default(), page)?))),
    ("events of an entity", |it, page| {
        let filter = EventFilter { entity: Some(Entity::Order), ..EventFilter::default() };
        Ok(counted(it.events(&filter, page)?))
    }),
    ("events of a channel", |it, page| {
        let filter = EventFilter { channel: Some("c1".into()), ..EventFilter::default() };
        Ok(counted(it.events(&filter, page)?))
    }),
    ("events of a source id", |it, page| {
        let filter = EventFilter { source_id: Some("s7".into()), ..EventFilter::default() };
        Ok(counted(it.events(&filter, page)?))
    }),
    ("events of a hub id", |it, page| {
        let filter = EventFilter { hub_id: Some("h7".into()), ..EventFilter::default() };
        Ok(counted(it.events(&filter, page)?))
    }),
    ("customers", |it, page| Ok(counted(it.customers(&Trust::new(), page)?))),
    ("orders", |it, page| Ok(counted(it.orders(&OrderFilter::default(), page)?))),
    ("orders of a channel", |it, page| {
        let filter = OrderFilter { channel: Some("c1".into()), ..OrderFilter::default() };
        Ok(counted(it.orders(&filter, page)?))
    }),
    ("orders of a customer", |it, page| Ok(counted(it.customer_orders("h7", page)?))),
    ("stock", |it, page| Ok(counted(it.stock(&StockFilter::default(), page)?))),
    ("stock at a place", |it, page| {
        let filter = StockFilter { sku: None, location: Some("p7".into()) };
        Ok(counted(it.stock(&filter, page)?))
    }),
    ("letters", |it, page| Ok(counted(it.letters(&LetterFilter::default(), page)?))),
    ("letters of a channel", |it, page| {
        let filter = LetterFilter { channel: Some("c1".into()), ..LetterFilter::default() };
        Ok(counted(it.letters(&filter, page)?))
    }),
    ("parcels", |it, page| Ok(counted(it.parcels(&ParcelFilter::default(), page)?))),
    ("parcels of an event", |it, page| {
        let filter = ParcelFilter { event_id: Some("7".into()), ..ParcelFilter::default() };
        Ok(counted(it.parcels(&filter, page)?))
    }),
];

fn steps(bench: &Bench, question: Question) -> u64 {
    let reader = bench.reader();
    let steps = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&steps);
    reader.count_steps(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        false
    });
    let (items, _) = question(&reader, &Page::of(10)).unwrap();
    assert!(items > 0);
    steps.load(Ordering::Relaxed)
}

#[test]
fn a_page_of_a_long_list_costs_as_much_as_one_of_a_short_list() {
    let (short, long) = (filled(400), filled(20_000));
    let mut slow = Vec::new();
    for (name, question) in QUESTIONS {
        let (few, many) = (steps(&short, question), steps(&long, question));
        if many > few * 3 + 100 {
            slow.push(format!("{name}: {few} steps, then {many}"));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

#[test]
fn pages_together_are_the_list() {
    let bench = filled(400);
    let reader = bench.reader();
    let wanted = [400, 200, 134, 1, 1, 400, 400, 134, 1, 400, 8, 404, 134, 400, 1];
    for ((name, question), wanted) in QUESTIONS.into_iter().zip(wanted) {
        let (mut page, mut found, mut cursors) = (Page::of(37), 0, BTreeSet::new());
        loop {
            let (items, next) = question(&reader, &page).unwrap();
            found += items;
            let Some(next) = next else { break };
            assert!(cursors.insert(next.clone()), "{name}: a page comes twice");
            page.cursor = Some(next);
        }
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn readers_work_from_many_threads_while_the_store_is_written() {
    let mut bench = Bench::new();
    let reader = bench.reader();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let reader = reader.clone();
            scope.spawn(move || {
                let mut seen = 0;
                while seen < 60 {
                    let events = reader.events(&EventFilter::default(), &Page::of(500)).unwrap();
                    assert!(events.items.len() >= seen, "what was seen stays");
                    seen = events.items.len();
                }
            });
        }
        for number in 0..60 {
            bench.arrive(&[fact("ec", Entity::Order, &number.to_string(), json!({}))]);
        }
    });
    assert_eq!(bench.reader().position().unwrap(), 60);
}
