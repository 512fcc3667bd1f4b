//! Properties: the number of a delivery is its own, and stays the same.

use canon::{entity::Entity, entry::Deed};
use proptest::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

use crate::{
    Store,
    testing::{Bench, Fact, at, done, fact, later, refused, route},
};

/// Orders of one arrival; each is the only one of its key.
fn orders(arrival: usize, count: usize) -> Vec<Fact> {
    let order = |index| fact("ec", Entity::Order, &format!("{arrival}-{index}"), json!({}));
    (0..count).map(order).collect()
}

/// The number of each parcel that may be tried now or later: entry and index.
fn numbers(store: &Store, destination: &str) -> BTreeMap<(u64, u32), u64> {
    let due = store.reader().due(destination, at(1 << 30), 10_000, &HashSet::new()).unwrap();
    due.into_iter().map(|it| ((it.id.seq, it.id.index), it.number)).collect()
}

/// Two destinations, arrivals of so many orders each.
fn day(arrivals: &[usize]) -> Bench {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp"), route("order", "crm")]);
    for (number, count) in arrivals.iter().enumerate() {
        bench.arrive(&orders(number, *count));
    }
    bench
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Entries with more than 999 events: a number made of both once collided there.
    #[test]
    fn numbers_differ_and_outlive_tries_and_rebuilding(
        arrivals in prop::collection::vec(prop_oneof![1_usize..5, 995_usize..1_010], 1..4),
        outcomes in prop::collection::vec(0_u8..3, 6),
        batch in 1_usize..7,
    ) {
        let mut bench = day(&arrivals);
        let before = numbers(&bench.store, "erp");
        prop_assert_eq!(before.len(), arrivals.iter().sum::<usize>());
        let different: HashSet<u64> = before.values().copied().collect();
        prop_assert_eq!(different.len(), before.len());
        let due = bench.reader().due("erp", at(9_999), 6, &HashSet::new()).unwrap();
        for (parcel, outcome) in due.iter().zip(&outcomes) {
            let outcome = match outcome {
                0 => done(None),
                1 => later(at(1)),
                _ => refused(),
            };
            bench.attempt(&parcel.id, 1, outcome);
            let parcels = vec![parcel.id.clone()];
            bench.act(Deed::Resubmitted { parcels, reason: String::new() });
        }
        let after = numbers(&bench.store, "erp");
        prop_assert!(after.iter().all(|(id, number)| before[id] == *number));
        // What comes later has others still, and a fold made anew the same.
        bench.arrive(&orders(100, 3));
        let (all, others) = (numbers(&bench.store, "erp"), numbers(&bench.store, "crm"));
        let new: Vec<u64> = all.iter().filter(|it| !before.contains_key(it.0)).map(|it| *it.1).collect();
        prop_assert!(new.len() == 3 && new.iter().all(|it| !different.contains(it)));
        let path = bench.path();
        drop(bench.store);
        let mut store = Store::rebuild(&path, "deliveries").unwrap();
        for entries in bench.entries.chunks(batch) {
            store.apply(entries).unwrap();
        }
        prop_assert_eq!((numbers(&store, "erp"), numbers(&store, "crm")), (all, others));
    }
}
