//! Replays: whose turn it is, and what a step waits for.

use super::*;
use crate::{app::testing::House, problem::Fault};
use futures_util::FutureExt as _;

#[test]
fn one_full_destination_is_parked_and_the_others_go_on() {
    let mut replay = running();
    replay.selection.last = 9;
    let everywhere = |_: &str| true;
    let unsent = |full: &[&str]| -> BTreeMap<String, u64> {
        full.iter().map(|it| ((*it).to_owned(), UNSENT_MAX)).collect()
    };
    let wanted = BTreeSet::from(["crm".to_owned(), "erp".to_owned()]);
    let all =
        |parked: &[&str]| Turn::All { parked: parked.iter().map(|it| (*it).to_owned()).collect() };
    assert_eq!(turns(&replay, &unsent(&[]), &wanted, everywhere), [all(&[])]);
    assert_eq!(turns(&replay, &unsent(&["erp"]), &wanted, everywhere), [all(&["erp"])]);
    assert_eq!(turns(&replay, &unsent(&["crm", "erp"]), &wanted, everywhere), [], "none has room");
    let one = BTreeSet::from(["erp".to_owned()]);
    assert_eq!(
        turns(&replay, &unsent(&["erp"]), &one, everywhere),
        [],
        "memory and disk are bounded"
    );

    let parked = Parked { destination: "erp".to_owned(), reached: 7, within: 2 };
    replay.parked = vec![parked.clone()];
    assert_eq!(turns(&replay, &unsent(&["erp"]), &wanted, everywhere), [all(&[])]);
    let both = [Turn::One(parked.clone()), all(&[])];
    assert_eq!(turns(&replay, &unsent(&[]), &wanted, everywhere), both, "its own turn again");
    replay.looked = true;
    assert_eq!(turns(&replay, &unsent(&["erp"]), &wanted, everywhere), []);
    assert_eq!(turns(&replay, &unsent(&[]), &wanted, everywhere), [Turn::One(parked)]);
    // A destination that no route names any more is nothing to wait for.
    replay.looked = false;
    assert_eq!(turns(&replay, &unsent(&["erp"]), &one, everywhere), [all(&[])]);
}

#[test]
fn a_parked_destination_that_is_at_the_end_has_no_turn_and_is_not_forgotten() {
    let mut replay = running();
    replay.selection.last = 9;
    replay.parked = vec![Parked { destination: "erp".to_owned(), reached: 9, within: 0 }];
    let wanted = BTreeSet::from(["crm".to_owned(), "erp".to_owned()]);
    let now = turns(&replay, &BTreeMap::new(), &wanted, |_| true);
    assert_eq!(now, [Turn::All { parked: Vec::new() }], "the others have theirs");
}

#[tokio::test]
async fn a_parked_destination_whose_channel_is_gone_holds_nothing_up() {
    let mut replay = running();
    replay.selection.last = 9;
    replay.looked = true;
    replay.parked = vec![Parked { destination: "erp".to_owned(), reached: 7, within: 2 }];
    let full = BTreeMap::from([("erp".to_owned(), UNSENT_MAX)]);
    let now = turns(&replay, &full, &BTreeSet::new(), |_| false);
    assert_eq!(now, [Turn::Gone("erp".to_owned())], "nobody will ever make room there");

    let House { rooms, folder: _folder } = House::open(&[]);
    let (step, faulty) = look(&rooms, &replay, &now[0]).await.unwrap();
    assert!(step.finished && step.reached == 9 && step.parcels.is_empty() && faulty == 0);
}

/// Goal: an edit that was accepted goes out. It sees that its delivery is dead and then
/// says what goes out of it; no step may send the delivery in between.
#[tokio::test]
async fn a_step_waits_for_an_edit_that_is_being_made() {
    let House { rooms, folder: _folder } = House::open(&[]);
    let edit = rooms.letters.lock().await;
    let (replay, reason) = (1, "enough".to_owned());
    let mut step = Box::pin(write_down(&rooms, Deed::ReplayStopped { replay, reason }));
    assert!((&mut step).now_or_never().is_none(), "an edit is between look and entry");
    let edited = Act { actor: "operator:ann".to_owned(), act: Deed::Stopped };
    rooms.journal.append(Draft::Act(Box::new(edited))).await.unwrap();
    drop(edit);
    step.await.unwrap();
    let order: Vec<Body> =
        rooms.journal.reader().read(1, 9).unwrap().into_iter().map(|it| it.body).collect();
    let [Body::Act(first), Body::Act(second)] = order.as_slice() else { panic!("{order:?}") };
    assert_eq!((first.actor.as_str(), second.actor.as_str()), ("operator:ann", "hub"));
}

fn running() -> Replay {
    Replay {
        id: 9,
        actor: String::new(),
        reason: String::new(),
        selection: Selection::default(),
        maps: MapsOf::Then,
        to: Vec::new(),
        state: store::ReplayState::Running,
        started_at: Timestamp::default(),
        changed_at: Timestamp::default(),
        reached: 0,
        within: 0,
        looked: false,
        parked: Vec::new(),
        matched: 0,
        superseded: 0,
        faulty: 0,
        changed: 0,
        parcels: 0,
        done: 0,
        dead: 0,
        discarded: 0,
        stopped_why: String::new(),
    }
}

#[test]
fn what_may_be_sent_again_does_not_drop_out_of_a_replay() {
    let wait = Duration::from_secs(1);
    let for_now = [
        Refusal::PeerTooFast { peer: "192.0.2.1".into(), wait },
        Refusal::Behind { at: 1, wanted: 2 },
        Refusal::Inside { detail: "disk".into() },
    ];
    for refusal in for_now {
        assert!(is_for_now(&refusal), "{refusal:?}");
    }
    assert!(!is_for_now(&Refusal::Undecodable { fault: Fault::default() }));
}
