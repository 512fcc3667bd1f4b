//! Property: whatever happens to parcels, each key has one at a time, the
//! oldest, none is lost, and the counters are true.

use canon::{
    entity::Entity,
    entry::{AfterRefusal, Deed, MapsOf, ParcelId, Route, Selection},
};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

use crate::{
    DestinationCounters, Page, ParcelFilter, ParcelState, To,
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
    /// The `n`th parcel of all is replayed.
    Replay(usize),
    /// All replays are stopped.
    StopReplays,
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
        2 => any::<usize>().prop_map(Step::Replay),
        1 => Just(Step::StopReplays),
    ]
}

fn choose(of: &[ParcelId], which: usize) -> Option<ParcelId> {
    (!of.is_empty()).then(|| of[which % of.len()].clone())
}

/// Parcels that may be tried now.
fn due(bench: &Bench, now: u64) -> Vec<ParcelId> {
    let mut found = bench.reader().due("erp", at(now), 500, &HashSet::new()).unwrap();
    found.extend(bench.reader().due_replays("erp", at(now), 500, &HashSet::new()).unwrap());
    found.into_iter().map(|it| it.id).collect()
}

fn play(steps: &[Step], policy: Policy) -> Bench {
    let mut bench = Bench::new();
    bench.routes(vec![policy.route()]);
    let (mut all, mut replays) = (Vec::new(), Vec::new());
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
            Step::Replay(which) => {
                let parcels: Vec<ParcelId> = choose(&all, *which).into_iter().collect();
                replays.push(seq);
                replay(&mut bench, parcels);
            }
            Step::StopReplays => {
                for replay in replays.drain(..) {
                    bench.act(Deed::ReplayStopped { replay, reason: String::new() });
                }
            }
        }
        check(&bench, all.len(), policy);
    }
    bench
}

/// One parcel goes out again, unless a later state of its thing has come since.
fn replay(bench: &mut Bench, parcels: Vec<ParcelId>) {
    let replay = bench.entries.len() as u64 + 1;
    bench.act(Deed::ReplayStarted {
        selection: Selection { last: replay, ..Selection::default() },
        maps: MapsOf::Then,
        to: Vec::new(),
        reason: String::new(),
    });
    bench.act(Deed::ReplayAdvanced {
        replay,
        reached: replay,
        within: 0,
        seen: parcels.first().map_or(0, |it| it.seq),
        parcels,
        matched: 1,
        superseded: 0,
        faulty: 0,
        finished: false,
        parked: Vec::new(),
        only: None,
    });
}

/// One lane of each key: place and state of its parcels.
fn check(bench: &Bench, made: usize, policy: Policy) {
    let conn = Connection::open(bench.path()).unwrap();
    let mut query = conn
        .prepare("SELECT key, pos, lane, state, replay FROM deliveries_parcel ORDER BY pos")
        .unwrap();
    let mut rows = query.query([]).unwrap();
    let mut lanes: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut live: HashSet<String> = HashSet::new();
    let mut counts = DestinationCounters::default();
    let mut found = 0;
    while let Some(row) = rows.next().unwrap() {
        let (key, lane, state): (String, i64, String) =
            (row.get(0).unwrap(), row.get(2).unwrap(), row.get(3).unwrap());
        let holds = policy == Policy::KeyWaits && state == "dead";
        assert_eq!(lane > 0, state == "pending" || holds, "only what is pending is in a lane");
        assert_eq!(lane == 4, holds, "a dead one holds its key where the route says so");
        if lane > 0 && row.get::<_, i64>(4).unwrap() == 0 {
            live.insert(key.clone());
        }
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
        assert!(lane[1..].iter().all(|it| (3..=4).contains(it)), "{key}: no other: {lane:?}");
        let gives_way = lane[0] > 4;
        assert!(!(gives_way && live.contains(&key)), "{key}: nothing live waits for a replay");
    }
    let told = bench.reader().parcel_counts("erp").unwrap();
    let by_state = (told.pending, told.done, told.dead, told.discarded, told.superseded);
    let counted = (counts.pending, counts.done, counts.dead, counts.discarded, counts.superseded);
    assert_eq!(by_state, counted);
    let of_replays: (i64, i64) = conn
        .query_row(
            "SELECT coalesce(sum(parcels - done - dead - discarded), 0), coalesce(min(parcels), 0)
             FROM deliveries_replay",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(of_replays.0 >= 0 && of_replays.1 >= 0, "counters of replays: {of_replays:?}");
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

#[test]
fn a_replay_sends_again_and_a_stop_leaves_everything_as_it_was() {
    let (mut bench, ids) = four_parcels(Policy::GoesOn);
    for id in &ids {
        bench.attempt(id, 1, done(None));
    }
    let first = bench.entries.len() as u64 + 1;
    replay(&mut bench, vec![ids[2].clone()]);
    replay(&mut bench, vec![ids[3].clone()]);
    assert_eq!(bench.reader().due("erp", at(90), 9, &HashSet::new()).unwrap().len(), 0);
    let due_again = bench.reader().due_replays("erp", at(90), 9, &HashSet::new()).unwrap();
    assert_eq!((due_again.len(), due_again[0].replay), (1, Some(first)), "one key, one turn");
    bench.attempt(&ids[2], 2, done(None));
    let told = bench.reader().replay(first).unwrap().unwrap();
    assert_eq!((told.parcels, told.done, told.matched), (1, 1, 1));

    // A new event with the key makes the replay before it as urgent as itself.
    let order = fact("ec", Entity::Order, "jug", json!({})).key("k");
    bench.arrive(&[order]);
    assert_eq!(bench.reader().due("erp", at(90), 9, &HashSet::new()).unwrap()[0].id, ids[3]);

    bench.act(Deed::ReplayStopped { replay: first + 2, reason: "enough".to_owned() });
    assert_eq!(states(&bench, &ids), [ParcelState::Done; 4]);
    let stopped = bench.reader().replay(first + 2).unwrap().unwrap();
    assert_eq!((stopped.parcels, stopped.stopped_why.as_str()), (0, "enough"));
    let running = bench.reader().running_replays().unwrap();
    assert_eq!(running.iter().map(|it| it.id).collect::<Vec<_>>(), [first]);
}

#[test]
fn a_step_takes_what_is_current_and_goes_on_within_an_entry() {
    let (mut bench, ids) = four_parcels(Policy::GoesOn);
    let orders: Vec<_> =
        ["a", "b", "c"].map(|it| fact("ec", Entity::Order, it, json!({"note": it}))).into();
    bench.arrive(&orders);
    let last = bench.entries.len() as u64;
    let all = Selection { last, ..Selection::default() };
    let first = bench.reader().replay_step(&all, &To::default(), (0, 0), 5).unwrap();
    let (sent, within) = (first.parcels.clone(), (first.reached, first.within));
    assert_eq!((first.matched, first.superseded, first.finished), (5, 2, false));
    assert_eq!(sent[..2], [ids[2].clone(), ids[3].clone()]);
    assert_eq!(within, (last - 1, 1), "one of three events of the last entry was looked at");
    let rest = bench.reader().replay_step(&all, &To::default(), within, 5).unwrap();
    assert_eq!((rest.matched, rest.finished, rest.reached), (2, true, last));
    let indexes: Vec<u32> = rest.parcels.iter().map(|it| it.index).collect();
    assert_eq!(indexes, [1, 2]);

    let count = |selection: Selection, to: &[String]| {
        bench
            .reader()
            .replay_step(&selection, &To::only(to.to_vec()), (0, 0), 500)
            .unwrap()
            .parcels
            .len()
    };
    let of = |text: &str| Some(text.to_owned());
    assert_eq!(count(Selection { key: of("k"), ..all.clone() }, &[]), 2);
    assert_eq!(count(Selection { key: of("b"), ..all.clone() }, &[]), 1);
    assert_eq!(count(Selection { query: of("\"note\":\"c\""), ..all.clone() }, &[]), 1);
    assert_eq!(count(Selection { entity: of("party"), ..all.clone() }, &[]), 0);
    assert_eq!(count(Selection { channel: of("pos"), ..all.clone() }, &[]), 0);
    assert_eq!(count(all, &["crm".to_owned()]), 0);
}

#[test]
fn an_older_state_does_not_overtake_one_that_came_since_the_look() {
    let (mut bench, ids) = four_parcels(Policy::GoesOn);
    for id in &ids {
        bench.attempt(id, 1, done(None));
    }
    let first = bench.entries.len() as u64 + 1;
    // Looked at when only the first state of the cup was there.
    replay(&mut bench, vec![ids[0].clone()]);
    assert_eq!(states(&bench, &ids), [ParcelState::Done; 4]);
    let told = bench.reader().replay(first).unwrap().unwrap();
    assert_eq!((told.parcels, told.superseded), (0, 1), "told, not silent");
    replay(&mut bench, vec![ids[2].clone()]);
    assert_eq!(states(&bench, &ids)[2], ParcelState::Pending, "of the pot there is no later one");
}

#[test]
fn a_stop_leaves_alone_what_was_refused_and_holds_its_key() {
    let (mut bench, ids) = four_parcels(Policy::KeyWaits);
    bench.attempt(&ids[0], 1, refused());
    let first = bench.entries.len() as u64 + 1;
    replay(&mut bench, vec![ids[0].clone()]);
    // Of the cup there are later states, so it was left; the pot goes out.
    bench.act(Deed::Discarded { parcels: vec![ids[0].clone(), ids[1].clone()], reason: "".into() });
    bench.attempt(&ids[2], 1, refused());
    replay(&mut bench, vec![ids[2].clone()]);
    bench.attempt(&ids[2], 2, refused());
    for replay in [first, first + 4] {
        bench.act(Deed::ReplayStopped { replay, reason: String::new() });
    }
    let pot = bench.reader().parcel(&ids[2]).unwrap().unwrap();
    assert!(pot.state == ParcelState::Dead && pot.holds_its_key, "{pot:?}");
    let counts = bench.reader().parcel_counts("erp").unwrap();
    assert_eq!((counts.pending, counts.dead, counts.discarded), (1, 1, 2));
}
