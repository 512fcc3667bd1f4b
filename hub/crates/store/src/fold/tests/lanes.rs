//! Property: whatever happens to parcels, each key has one at a time, the
//! oldest, none is lost, and the counters are true.

use canon::{
    entity::Entity,
    entry::{AfterRefusal, Deed, ParcelId, Route},
};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

use crate::{
    DestinationCounters, Page, ParcelFilter, ParcelState,
    testing::{Bench, at, done, fact, later, refused, route},
};

/// What happens next; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// An event with this key; of three things with a key, one may come again.
    Arrive(u8, u8),
    /// The `n`th parcel that is due is tried, with this outcome.
    Try(usize, u8),
    /// The `n`th parcel of all goes out again, dead or not.
    Resubmit(usize),
    /// The `n`th parcel of all is given up.
    Discard(usize),
}

/// What the route says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    GoesOn,
    KeyWaits,
    LatestOnly,
}

impl Policy {
    fn route(self) -> Route {
        let mut route = route("order", "erp");
        route.latest_only = self == Self::LatestOnly;
        if self == Self::KeyWaits {
            route.after_refusal = AfterRefusal::Wait;
        }
        route
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..4, 0u8..3).prop_map(|(key, thing)| Step::Arrive(key, thing)),
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

fn play(steps: &[Step], policy: Policy) -> Bench {
    let mut bench = Bench::new();
    bench.routes(vec![policy.route()]);
    let mut all = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let seq = bench.entries.len() as u64 + 1;
        match step {
            Step::Arrive(key, thing) => {
                let order = fact("ec", Entity::Order, &format!("{key}-{thing}"), json!({}))
                    .version(&(number + 1).to_string());
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
        check(&bench, all.len(), policy);
    }
    bench
}

/// One lane of each key: place and state of its parcels.
fn check(bench: &Bench, made: usize, policy: Policy) {
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
        let holds = policy == Policy::KeyWaits && state == "dead";
        assert_eq!(lane > 0, state == "pending" || holds, "only what is pending is in a lane");
        assert_eq!(lane == 4, holds, "a dead one holds its key where the route says so");
        if lane > 0 {
            lanes.entry(key).or_default().push(lane);
        }
        *match state.as_str() {
            "pending" => &mut counts.pending,
            "done" => &mut counts.done,
            "dead" => &mut counts.dead,
            "superseded" => &mut counts.superseded,
            _ => &mut counts.discarded,
        } += 1;
        found += 1;
    }
    assert_eq!(found, made, "no parcel is lost or made twice");
    for (key, lane) in lanes {
        assert!(lane[0] != 3, "{key}: the oldest has its turn: {lane:?}");
        assert!(lane[1..].iter().all(|it| *it >= 3), "{key}: and no other: {lane:?}");
    }
    let told = bench.reader().parcel_counts("erp").unwrap();
    let by_state = (told.pending, told.done, told.dead, told.discarded, told.superseded);
    let counted = (counts.pending, counts.done, counts.dead, counts.discarded, counts.superseded);
    assert_eq!(by_state, counted);
    if policy == Policy::LatestOnly {
        latest_of_each_thing(&conn);
    }
}

/// What waits is the newest that came of its thing, or was sent again by hand.
fn latest_of_each_thing(conn: &Connection) {
    let stale: i64 = conn
        .query_row(
            "SELECT count(*) FROM deliveries_parcel p JOIN store_event e ON e.pos = p.pos
             WHERE p.state = 'pending' AND p.settled_by = '' AND EXISTS (
                 SELECT 1 FROM store_event newer WHERE newer.hub_id = e.hub_id AND newer.pos > e.pos)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(stale, 0, "an older state waits beside a newer one");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_key_has_one_parcel_at_a_time(
        steps in proptest::collection::vec(step(), 1..40),
        policy in prop_oneof![
            Just(Policy::GoesOn), Just(Policy::KeyWaits), Just(Policy::LatestOnly)
        ],
    ) {
        let mut bench = play(&steps, policy);
        let dead = bench.reader().parcels(
            &ParcelFilter { state: Some(ParcelState::Dead), ..ParcelFilter::default() },
            &Page::of(100),
        ).unwrap();
        let parcels = dead.items.into_iter().map(|it| it.id).collect();
        bench.act(Deed::Discarded { parcels, reason: String::new() });
        // Left alone with a destination that takes everything, nothing remains.
        for round in 0..200 {
            let now = 1_000 + round;
            let Some(id) = due(&bench, now).into_iter().next() else { break };
            bench.attempt(&id, 99, done(None));
        }
        prop_assert_eq!(bench.reader().parcel_counts("erp").unwrap().pending, 0);
    }
}

/// Three states of one thing, another thing, all with one key.
fn four_parcels(policy: Policy) -> (Bench, Vec<ParcelId>) {
    let mut bench = Bench::new();
    bench.routes(vec![policy.route()]);
    let mut ids = Vec::new();
    for (source_id, version) in [("cup", "1"), ("cup", "2"), ("pot", "1"), ("cup", "3")] {
        let seq = bench.entries.len() as u64 + 1;
        let order = fact("ec", Entity::Order, source_id, json!({})).version(version);
        bench.arrive(&[order.key("k")]);
        ids.push(ParcelId { seq, index: 0, destination: "erp".to_owned() });
    }
    (bench, ids)
}

fn states(bench: &Bench, ids: &[ParcelId]) -> Vec<ParcelState> {
    ids.iter().map(|id| bench.reader().parcel(id).unwrap().unwrap().state).collect()
}

#[test]
fn a_newer_state_takes_the_place_of_older_ones_of_its_thing() {
    use ParcelState::{Done, Pending, Superseded};
    let (mut bench, ids) = four_parcels(Policy::LatestOnly);
    assert_eq!(states(&bench, &ids), [Superseded, Superseded, Pending, Pending]);
    let why = bench.reader().parcel(&ids[1]).unwrap().unwrap().reason;
    assert_eq!(why, format!("superseded by {}.0", ids[3].seq), "nothing goes in silence");
    assert_eq!(due(&bench, 50), [ids[2].clone()], "the order of the key holds");
    // The first was on its way: what came of it is told as it was.
    bench.attempt(&ids[0], 1, done(None));
    assert_eq!(states(&bench, &ids)[0], Done);
    // One that was refused for now is superseded too.
    bench.attempt(&ids[1], 1, later(at(60)));
    assert_eq!(states(&bench, &ids)[1], Superseded);
    let (plain, ids) = four_parcels(Policy::GoesOn);
    assert_eq!(states(&plain, &ids), [Pending; 4], "only where the route says so");
}

#[test]
fn a_refused_parcel_holds_its_key_where_the_route_says_so() {
    let (mut bench, ids) = four_parcels(Policy::KeyWaits);
    bench.attempt(&ids[0], 1, refused());
    assert_eq!(due(&bench, 50), [], "the key waits");
    assert!(bench.reader().parcel(&ids[0]).unwrap().unwrap().holds_its_key);
    // Giving up one that waits behind does not set the others free.
    bench.act(Deed::Discarded { parcels: vec![ids[2].clone()], reason: "no".to_owned() });
    assert_eq!(due(&bench, 50), []);
    bench.act(Deed::Resubmitted { parcels: vec![ids[0].clone()], reason: "mended".to_owned() });
    assert_eq!(due(&bench, 50), [ids[0].clone()], "the old one first");
    bench.attempt(&ids[0], 2, refused());
    bench.act(Deed::Discarded { parcels: vec![ids[0].clone()], reason: "lost".to_owned() });
    assert_eq!(due(&bench, 50), [ids[1].clone()]);
}
