//! Property: whatever happens to parcels, each key has one at a time, the
//! oldest, none is lost, and the counters are true.

use canon::{
    entity::Entity,
    entry::{Deed, ParcelId},
};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

use crate::{
    DestinationCounters,
    testing::{Bench, at, done, fact, later, refused, route},
};

/// What happens next; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// An event with this key.
    Arrive(u8),
    /// The `n`th parcel that is due is tried, with this outcome.
    Try(usize, u8),
    /// The `n`th parcel of all goes out again, dead or not.
    Resubmit(usize),
    /// The `n`th parcel of all is given up.
    Discard(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..4).prop_map(Step::Arrive),
        5 => (any::<usize>(), 0u8..4).prop_map(|(which, outcome)| Step::Try(which, outcome)),
        1 => any::<usize>().prop_map(Step::Resubmit),
        1 => any::<usize>().prop_map(Step::Discard),
    ]
}

fn choose(of: &[ParcelId], which: usize) -> Option<ParcelId> {
    (!of.is_empty()).then(|| of[which % of.len()].clone())
}

/// Parcels that may be tried now.
fn due(bench: &Bench, now: u64) -> Vec<ParcelId> {
    let found = bench.reader().due("erp", at(now), 500, &HashSet::new()).unwrap();
    found.into_iter().map(|it| it.id).collect()
}

fn play(steps: &[Step]) -> Bench {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp")]);
    let mut all = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let seq = bench.entries.len() as u64 + 1;
        match step {
            Step::Arrive(key) => {
                let order = fact("ec", Entity::Order, &number.to_string(), json!({}));
                bench.arrive(&[order.key(&format!("k{key}"))]);
                all.push(ParcelId { seq, index: 0, destination: "erp".to_owned() });
            }
            Step::Try(which, outcome) => {
                if let Some(id) = choose(&due(&bench, seq), *which) {
                    let attempt = bench.reader().parcel(&id).unwrap().unwrap().attempts.len();
                    let outcome = match outcome {
                        0 => refused(),
                        1 => later(at(seq + 5)),
                        _ => done(None),
                    };
                    bench.attempt(&id, u32::try_from(attempt).unwrap() + 1, outcome);
                }
            }
            Step::Resubmit(which) => {
                let parcels = choose(&all, *which).into_iter().collect();
                bench.act(Deed::Resubmitted { parcels, reason: String::new() });
            }
            Step::Discard(which) => {
                let parcels = choose(&all, *which).into_iter().collect();
                bench.act(Deed::Discarded { parcels, reason: String::new() });
            }
        }
        check(&bench, all.len());
    }
    bench
}

/// One lane of each key: place and state of its parcels.
fn check(bench: &Bench, made: usize) {
    let conn = Connection::open(bench.path()).unwrap();
    let mut query =
        conn.prepare("SELECT key, pos, lane, state FROM deliveries_parcel ORDER BY pos").unwrap();
    let mut rows = query.query([]).unwrap();
    let mut lanes: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut counts = DestinationCounters::default();
    let mut found = 0;
    while let Some(row) = rows.next().unwrap() {
        let (key, lane, state): (String, i64, String) =
            (row.get(0).unwrap(), row.get(2).unwrap(), row.get(3).unwrap());
        assert_eq!(lane > 0, state == "pending", "only what is pending is in a lane");
        if lane > 0 {
            lanes.entry(key).or_default().push(lane);
        }
        *match state.as_str() {
            "pending" => &mut counts.pending,
            "done" => &mut counts.done,
            "dead" => &mut counts.dead,
            _ => &mut counts.discarded,
        } += 1;
        found += 1;
    }
    assert_eq!(found, made, "no parcel is lost or made twice");
    for (key, lane) in lanes {
        assert!(lane[0] < 3, "{key}: the oldest has its turn: {lane:?}");
        assert!(lane[1..].iter().all(|it| *it == 3), "{key}: and no other: {lane:?}");
    }
    let told = bench.reader().parcel_counts("erp").unwrap();
    let by_state = (told.pending, told.done, told.dead, told.discarded);
    assert_eq!(by_state, (counts.pending, counts.done, counts.dead, counts.discarded));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_key_has_one_parcel_at_a_time(steps in proptest::collection::vec(step(), 1..40)) {
        let mut bench = play(&steps);
        // Left alone with a destination that takes everything, nothing remains.
        for round in 0..200 {
            let now = 1_000 + round;
            let Some(id) = due(&bench, now).into_iter().next() else { break };
            bench.attempt(&id, 99, done(None));
        }
        prop_assert_eq!(bench.reader().parcel_counts("erp").unwrap().pending, 0);
    }
}
