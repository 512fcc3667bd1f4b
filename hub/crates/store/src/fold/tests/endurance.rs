//! Power cuts, large backlogs, and that queries find what they ask by an index.

use canon::{entity::Entity, entry::Body};
use rusqlite::{Connection, StatementStatus, ToSql};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    Page, StockFilter, Store, Trust,
    fold::parcels,
    query::{AT_PLACE, NEXT, READY, REPLAY_NEXT, REPLAY_READY, REPLAY_WAITING, UNSENT, WAITING},
    testing::{Bench, Fact, arrival, at, done, dump, fact, later, refused, route},
};

/// Questions that are asked for each parcel, and the index that answers them.
const PLANS: [(&str, &str, &str); 11] = [
    ("ready", READY, "deliveries_parcel_ready"),
    ("waiting", WAITING, "deliveries_parcel_waiting"),
    ("next", NEXT, "deliveries_parcel_waiting"),
    ("replays ready", REPLAY_READY, "deliveries_parcel_replay_ready"),
    ("replays waiting", REPLAY_WAITING, "deliveries_parcel_replay_waiting"),
    ("replays next", REPLAY_NEXT, "deliveries_parcel_replay_waiting"),
    ("replays unsent", UNSENT, "deliveries_parcel_replay"),
    ("lane taken", parcels::LANE_TAKEN, "deliveries_parcel_lane"),
    ("older states", parcels::LANE_OLDER_STATES, "deliveries_parcel_lane"),
    ("lane's oldest", parcels::LANE_OLDEST, "deliveries_parcel_lane"),
    ("numbered", AT_PLACE, "deliveries_parcel_number"),
];

/// A shop's morning: parties, orders, receipts, deliveries and their outcomes.
fn morning() -> Bench {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp"), route("party", "crm")]);
    for number in 0..12 {
        let id = number.to_string();
        bench.arrive(&[
            fact(
                "ec",
                Entity::Party,
                &id,
                json!({"contact_points": [
                {"type": "email", "value": format!("u{}@x.jp", number / 2),
                 "verified_at": "2026-01-01T00:00:00Z"}]}),
            ),
            fact(
                "ec",
                Entity::Order,
                &id,
                json!({"order_no": id, "status": "placed",
                "placed_at": "2026-01-05T12:00:00+09:00",
                "buyer": {"party": {"scheme": "source_id", "value": id}},
                "lines": [{"line_id": "1", "sku": "TEA",
                    "qty_ordered": {"qty": "1", "uom": "EA"}}]}),
            )
            .key("lane"),
        ]);
        let due = bench.reader().due("erp", at(9_999), 1, &HashSet::new()).unwrap();
        let outcome = match number % 3 {
            0 => later(at(1)),
            1 => refused(),
            _ => done(Some("SO-1")),
        };
        bench.attempt(&due[0].id, due[0].attempt, outcome);
    }
    bench
}

#[test]
fn a_power_cut_leaves_a_whole_earlier_state() {
    let bench = morning();
    let whole = dump(&bench.path());
    // States after each entry, written by a store of their own.
    let mut states = BTreeMap::new();
    let slow = Bench::new();
    let (mut store, path) = (slow.store, slow.folder.path().join("store.db"));
    states.insert(0, dump(&path));
    let wal = path.with_extension("db-wal");
    let mut lengths = vec![std::fs::metadata(&wal).unwrap().len()];
    for entry in &bench.entries {
        store.apply(std::slice::from_ref(entry)).unwrap();
        states.insert(entry.seq, dump(&path));
        lengths.push(std::fs::metadata(&wal).unwrap().len());
    }
    let (db, log) = (std::fs::read(&path).unwrap(), std::fs::read(&wal).unwrap());
    let mut seen = HashSet::new();
    // Around each commit, and at steps that no commit ends at.
    let cuts = lengths.iter().flat_map(|end| [end.saturating_sub(1), *end, end + 1]);
    for cut in cuts.chain((0..log.len() as u64).step_by(20_011)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        std::fs::write(&path, &db).unwrap();
        let kept = log.get(..usize::try_from(cut).unwrap()).unwrap_or(&log);
        std::fs::write(path.with_extension("db-wal"), kept).unwrap();
        let mut store = Store::open(&path).unwrap();
        let position = store.position();
        assert_eq!(dump(&path), states[&position], "cut at {cut}");
        seen.insert(position);
        // The journal tells the rest again.
        let rest = usize::try_from(position).unwrap();
        store.apply(&bench.entries[rest..]).unwrap();
        assert_eq!(dump(&path), whole, "cut at {cut}");
    }
    assert!(seen.len() > bench.entries.len() / 2, "cuts met many states: {seen:?}");
}

#[test]
fn questions_of_the_dispatcher_use_their_indexes() {
    let bench = Bench::new();
    let conn = Connection::open(bench.path()).unwrap();
    for (name, sql, index) in PLANS {
        let mut query = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let places = query.parameter_count();
        let steps: Vec<String> = query
            .query_map(rusqlite::params_from_iter((0..places).map(|_| 1)), |row| row.get(3))
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap();
        let plan = steps.join("; ");
        assert!(plan.contains(index), "{name}: {plan}");
        assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{name}: {plan}");
    }
}

/// Rows as a backlog of so many parcels has them: half of all are delivered, the
/// others are in `keys` lanes, every second of which waits for its time.
fn backlog(bench: &Bench, parcels: u32, keys: u32) {
    let conn = Connection::open(bench.path()).unwrap();
    conn.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2 * {parcels})
         INSERT INTO store_event
         SELECT n << 24, n, 'order', 'updated', 'ec', n, 'ord_' || n, 0, 'applied', '{{}}' FROM n;
         WITH p(pos, n) AS (SELECT pos, (pos >> 24) - {parcels} FROM store_event)
         INSERT INTO deliveries_parcel
         SELECT 'erp', pos, 'k' || (n % {keys}),
                CASE WHEN n <= 0 THEN 0 WHEN n > {keys} THEN 3 WHEN n % 2 THEN 1 ELSE 2 END,
                CASE WHEN n <= 0 THEN 'done' ELSE 'pending' END, 0,
                CASE WHEN n > 0 AND n <= {keys} AND n % 2 = 0 THEN 9000000000000 ELSE 0 END,
                '', '', 0, 0, 0, '', '', 0, 0, 0, '', 0, pos
         FROM p;
         COMMIT;"
    ))
    .unwrap();
}

/// Steps of SQLite's machine for one question: a measure that nothing else on
/// the computer can disturb.
fn steps(bench: &Bench) -> i32 {
    let conn = Connection::open(bench.path()).unwrap();
    let mut steps = 0;
    for (_, sql, _) in &PLANS[..3] {
        let mut query = conn.prepare(sql).unwrap();
        let values: [&dyn ToSql; 3] = [&"erp", &64, &at(0).as_ms()];
        let places = query.parameter_count();
        let mut rows = query.query(&values[..places]).unwrap();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        steps += query.get_status(StatementStatus::VmStep);
    }
    steps
}

#[test]
fn a_large_backlog_costs_no_more_than_a_small_one() {
    let (small, large) = (Bench::new(), Bench::new());
    backlog(&small, 1_000, 500);
    backlog(&large, 100_000, 50_000);
    let (few, many) = (steps(&small), steps(&large));
    assert!(many <= few * 2, "{few} steps with 1,000 parcels, {many} with 100,000");
    let due = large.reader().due("erp", at(0), 64, &HashSet::new()).unwrap();
    assert_eq!(due.len(), 64);
    assert!(due.is_sorted_by(|one, two| one.id < two.id));
}

#[test]
fn a_long_lane_costs_no_more_than_a_short_one() {
    let settled = |parcels: u32| {
        let mut bench = Bench::new();
        backlog(&bench, parcels, 1);
        let head = bench.reader().due("erp", at(0), 9, &HashSet::new()).unwrap();
        assert_eq!(head.len(), 1, "one at a time");
        let steps = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&steps);
        bench.store.count_steps(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        });
        bench.attempt(&head[0].id, 1, done(None));
        steps.load(Ordering::Relaxed)
    };
    let (short, long) = (settled(10), settled(50_000));
    assert!(long <= short * 2, "{short} steps in a lane of 10, {long} in one of 50,000");
}

#[test]
fn no_feed_stops_the_fold() {
    let mut bench = Bench::new();
    let stock = |id: &str, qty: &str| {
        fact(
            "erp",
            Entity::InventoryMovement,
            id,
            json!({
            "variant": {"scheme": "sku", "value": "TEA"}, "location": {"value": "W"},
            "kind": "adjustment", "delta": {"qty": qty, "uom": "EA"}}),
        )
    };
    for number in 0..20 {
        bench.arrive(&[stock(&number.to_string(), "999999999999999999.999999")]);
    }
    let mut deep = json!("bottom");
    for _ in 0..200 {
        deep = json!({ "ext": deep });
    }
    let mut event = stock("deep", "1").event();
    event.data = serde_json::value::to_raw_value(&deep).unwrap();
    bench.append(Body::Arrival(arrival("erp", vec![event])));
    // The organisation was renamed: known things have other hub ids.
    let mut renamed = fact("ec", Entity::Party, "7", json!({}));
    bench.arrive(std::slice::from_ref(&renamed));
    renamed.version = "2".to_owned();
    let mut event = renamed.event();
    event.subject = format!("party/pty_{}", "0".repeat(32));
    bench.append(Body::Arrival(arrival("ec", vec![event])));
    // All names are empty, all fields have the wrong type.
    for entity in Entity::ALL {
        for (id, data) in [
            ("a", json!({})),
            (
                "b",
                json!({"lines": 7, "party": [], "sku": 1,
            "store": "x", "lines_net": null, "identifiers": {}, "contact_points": "y"}),
            ),
        ] {
            bench.arrive(&[fact("", *entity, id, data)]);
        }
    }
    let level = &bench.reader().stock(&StockFilter::default(), &Page::of(9)).unwrap().items[0];
    assert_eq!(level.on_hand, "20000000000");
    assert_eq!(bench.store.position(), bench.entries.len() as u64);
    let customers = bench.reader().customers(&Trust::new(), &Page::of(9)).unwrap().items;
    assert_eq!(customers[0].identities.len(), 2, "one party under both hub ids");
}

/// The `n`th of many different things that a day brings.
fn day(n: u32) -> Vec<Fact> {
    let (id, before) = (n.to_string(), (n / 8 * 8).to_string());
    let lines = json!([{"line_id": "1", "sku": format!("SKU-{}", n % 50),
        "qty_ordered": {"qty": "1", "uom": "EA"}}]);
    let of = |entity, data| vec![fact("ec", entity, &id, data)];
    let store = json!({"scheme": "code", "value": (n % 7).to_string()});
    match n % 8 {
        0 => of(
            Entity::Party,
            json!({"contact_points": [{"type": "email",
            "value": format!("u{}@x.jp", n / 24), "verified_at": "2026-01-01T00:00:00Z"}]}),
        ),
        1 => of(
            Entity::Order,
            json!({"status": "placed", "placed_at": "2026-01-05T12:00:00Z",
            "lines": lines, "buyer": {"party": {"value": before}}, "sales_location": store}),
        ),
        2 => of(
            Entity::PosTransaction,
            json!({"kind": "sale", "sequence": format!("{:05}", n / 8),
            "business_date": "2026-01-05", "register": "1", "store": {"value": "1"}, "lines": lines,
            "customer": {"value": before}}),
        ),
        3 => of(
            Entity::PosTransaction,
            json!({"kind": "void", "sequence": format!("9{:04}", n / 8),
            "business_date": "2026-01-05", "register": "2", "store": {"value": "1"}, "lines": [],
            "flags": {"voids_transaction": (n - 1).to_string()}}),
        ),
        4 => of(
            Entity::InventoryMovement,
            json!({"kind": "adjustment", "location": store,
            "variant": {"scheme": "sku", "value": format!("SKU-{}", n % 50)},
            "delta": {"qty": "5", "uom": "EA"}}),
        ),
        5 => of(Entity::Variant, json!({"sku": format!("NEW-{n}"), "uom": "EA"})),
        6 => of(
            Entity::Consent,
            json!({"party": {"value": before}, "purpose": "analytics",
            "state": "granted", "captured_at": "2026-01-05T12:00:00Z"}),
        ),
        _ => of(
            Entity::IdentityLink,
            json!({"party": {"value": before}, "method": "manual",
            "channel_identity": {"source_id": (n / 8 * 8 + 8).to_string()},
            "status": "pending_review"}),
        ),
    }
}

#[test]
fn one_more_entry_costs_the_same_after_a_long_day() {
    let cost = |entries: u32| {
        let mut bench = Bench::new();
        bench.routes(vec![route("order", "erp"), route("party", "crm")]);
        for n in (0..entries).step_by(80) {
            bench.arrive(&(n..n + 80).flat_map(day).collect::<Vec<_>>());
        }
        let mut costs = Vec::new();
        for n in entries..entries + 8 {
            let steps = Arc::new(AtomicU64::new(0));
            let counted = Arc::clone(&steps);
            bench.store.count_steps(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                false
            });
            bench.arrive(&day(n));
            costs.push(steps.load(Ordering::Relaxed));
        }
        costs
    };
    let (early, late) = (cost(160), cost(3_200));
    for (kind, (early, late)) in early.iter().zip(&late).enumerate() {
        assert!(*late <= early * 2 + 200, "kind {kind}: {early} steps, then {late}");
    }
}

#[test]
fn only_the_owner_reads_the_store_also_one_made_by_an_older_hub() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let mode =
        |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    drop(Store::open(&path).unwrap());
    assert_eq!(mode("store.db"), 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let store = Store::open(&path).unwrap();
    assert_eq!((mode("store.db"), mode("store.db-wal")), (0o600, 0o600));
    drop(store);
}
