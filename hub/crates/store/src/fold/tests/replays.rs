//! A replay whose destinations are not equally fast.

use canon::{
    entity::Entity,
    entry::{AfterRefusal, Deed, MapsOf, ParcelId, Selection},
};
use serde_json::json;

use crate::{
    Parked, ReplayState, To,
    testing::{Bench, done, fact, refused, route},
};

/// Goal: a replay goes on without a destination that takes nothing, and leaves
/// out nothing of what that one is to have.
#[test]
fn a_replay_goes_on_without_a_parked_destination_and_comes_back_to_it() {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "dead"), route("order", "erp")]);
    let orders: Vec<_> =
        ["a", "b", "c", "d"].map(|it| fact("ec", Entity::Order, it, json!({}))).into();
    bench.arrive(&orders);
    let last = bench.entries.len() as u64;
    let selection = Selection { last, ..Selection::default() };
    let replay = last + 1;
    let (maps, to, reason) = (MapsOf::Then, Vec::new(), String::new());
    bench.act(Deed::ReplayStarted { selection: selection.clone(), maps, to, reason });
    let ask = |bench: &Bench| bench.reader().replay(replay).unwrap().unwrap();
    let mut sent: Vec<ParcelId> = Vec::new();
    let mut step = |bench: &mut Bench, to: &To, from, limit, parked: &[&str]| {
        let step = bench.reader().replay_step(&selection, to, from, limit).unwrap();
        sent.extend(step.parcels.clone());
        bench.act(Deed::ReplayAdvanced {
            replay,
            reached: step.reached,
            within: step.within,
            seen: step.seen,
            parcels: Vec::new(),
            matched: step.matched,
            superseded: step.superseded,
            faulty: 0,
            finished: step.finished,
            parked: parked.iter().map(|it| (*it).to_owned()).collect(),
            only: to.only.first().cloned(),
        });
    };
    step(&mut bench, &To::default(), (0, 0), 1, &[]);
    let at = |bench: &Bench| (ask(bench).reached, ask(bench).within);
    let (from, but) = (at(&bench), vec!["dead".to_owned()]);
    step(&mut bench, &To { only: Vec::new(), but }, from, 9, &["dead"]);
    let told = ask(&bench);
    assert_eq!((told.state, told.looked, told.matched), (ReplayState::Running, true, 4));
    let (reached, within) = from;
    let parked = Parked { destination: "dead".to_owned(), reached, within };
    assert_eq!(told.parked, [parked], "it stands where the others went on");

    let only = To::only(vec!["dead".to_owned()]);
    step(&mut bench, &only, from, 2, &[]);
    assert_eq!(ask(&bench).parked.len(), 1);
    let parked = ask(&bench).parked.remove(0);
    step(&mut bench, &only, (parked.reached, parked.within), 2, &[]);
    let told = ask(&bench);
    assert_eq!((told.state, told.matched), (ReplayState::Finished, 4), "events count once");
    assert_eq!(told.parked, []);
    sent.sort();
    let before = sent.len();
    sent.dedup();
    assert_eq!((before, sent.len()), (8, 8), "each of four events to both, and once");
}

/// Goal: a destination that was parked and comes to the end before the others do
/// gets nothing twice from what they still have before them.
#[test]
fn a_parked_destination_that_overtakes_the_others_gets_nothing_twice() {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "crm"), route("order", "erp")]);
    let orders: Vec<_> = ["a", "b", "c"].map(|it| fact("ec", Entity::Order, it, json!({}))).into();
    bench.arrive(&orders);
    let last = bench.entries.len() as u64;
    let ids = |to: &str| {
        let destination = to.to_owned();
        [0, 1, 2].map(|index| ParcelId { seq: last, index, destination: destination.clone() })
    };
    for id in ids("crm").iter().chain(&ids("erp")) {
        bench.attempt(id, 1, done(None));
    }
    let replay = bench.entries.len() as u64 + 1;
    let selection = Selection { last, ..Selection::default() };
    let (maps, to, reason) = (MapsOf::Then, Vec::new(), String::new());
    bench.act(Deed::ReplayStarted { selection: selection.clone(), maps, to, reason });
    let ask = |bench: &Bench| bench.reader().replay(replay).unwrap().unwrap();
    let step = |bench: &mut Bench, to: To, from, limit, parked: &[&str]| {
        let step = bench.reader().replay_step(&selection, &to, from, limit).unwrap();
        bench.act(Deed::ReplayAdvanced {
            replay,
            reached: step.reached,
            within: step.within,
            seen: step.seen,
            parcels: step.parcels,
            matched: step.matched,
            superseded: step.superseded,
            faulty: 0,
            finished: step.finished,
            parked: parked.iter().map(|it| (*it).to_owned()).collect(),
            only: to.only.first().cloned(),
        });
    };
    // As the loop has it: all but what stands as parked.
    let all = |bench: &Bench, more: &[&str]| {
        let parked = ask(bench).parked.into_iter().map(|it| it.destination);
        let but = parked.chain(more.iter().map(|it| (*it).to_owned())).collect();
        (To { only: Vec::new(), but }, (ask(bench).reached, ask(bench).within))
    };
    let (to, from) = all(&bench, &["erp"]);
    step(&mut bench, to, from, 1, &["erp"]);
    // Now the first has no room, and the second has: it goes on to the end alone.
    step(&mut bench, To::only(vec!["erp".to_owned()]), (0, 0), 9, &[]);
    for id in &ids("erp") {
        bench.attempt(id, 2, done(None));
    }
    let told = ask(&bench);
    assert_eq!((told.state, told.parcels, told.done), (ReplayState::Running, 4, 3));
    assert_eq!(told.parked.first().map(|it| (it.reached, it.within)), Some((last, 0)));

    let (to, from) = all(&bench, &[]);
    step(&mut bench, to, from, 1, &[]);
    let (to, from) = all(&bench, &[]);
    step(&mut bench, to, from, 9, &[]);
    let told = ask(&bench);
    assert_eq!((told.state, told.parcels), (ReplayState::Finished, 6), "three to each, and once");
    assert_eq!(told.parked, [], "nothing is left of it when all have all");
    assert_eq!(bench.reader().unsent(replay).unwrap().get("erp"), None);
}

#[test]
fn what_of_a_replay_is_on_its_way_is_counted_by_destination() {
    let mut bench = Bench::new();
    let mut waits = route("order", "erp");
    waits.after_refusal = AfterRefusal::Wait;
    bench.routes(vec![waits]);
    let orders: Vec<_> = ["a", "b"].map(|it| fact("ec", Entity::Order, it, json!({}))).into();
    bench.arrive(&orders);
    let last = bench.entries.len() as u64;
    let ids = [0, 1].map(|index| ParcelId { seq: last, index, destination: "erp".to_owned() });
    for id in &ids {
        bench.attempt(id, 1, done(None));
    }
    let replay = bench.entries.len() as u64 + 1;
    let selection = Selection { last, ..Selection::default() };
    let (maps, to, reason) = (MapsOf::Then, Vec::new(), String::new());
    bench.act(Deed::ReplayStarted { selection, maps, to, reason });
    bench.act(Deed::ReplayAdvanced {
        replay,
        reached: last,
        within: 0,
        seen: replay,
        parcels: ids.to_vec(),
        matched: 2,
        superseded: 0,
        faulty: 0,
        finished: true,
        parked: Vec::new(),
        only: None,
    });
    let unsent = |bench: &Bench| bench.reader().unsent(replay).unwrap().remove("erp");
    assert_eq!(unsent(&bench), Some(2));
    bench.attempt(&ids[0], 2, refused());
    assert_eq!(unsent(&bench), Some(1), "a dead one is not on its way, also where its key waits");
    bench.attempt(&ids[1], 2, done(None));
    assert_eq!(unsent(&bench), None);
}
