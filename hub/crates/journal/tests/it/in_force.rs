//! What is new is decided in the writer's transaction: states of things without
//! versions, versions written in another way, records of a poll set aside again.

use canon::{
    entry::{Again, Body, Boundary, RecordFault, SetAside},
    event::VersionKind,
};
use journal::{Appended, Draft, Error, Journal};

use crate::{
    answers::{audited, committed},
    samples::{Fact, Home, arrival, draft, event},
};

/// Sends states of things without versions; gives how many were new.
async fn say(journal: &Journal, states: &[(&str, &str)]) -> usize {
    let facts: Vec<Fact<'_>> = states.iter().map(|(id, says)| (*id, "", *says)).collect();
    match journal.append(draft("shop", None, &facts)).await.unwrap() {
        Appended::Committed { events, duplicates, .. } => {
            assert_eq!(events.len() + usize::try_from(duplicates).unwrap(), states.len());
            events.len()
        }
        Appended::Duplicate { .. } => 0,
        other @ Appended::KeyReused { .. } => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_state_that_comes_back_is_new_and_one_that_is_repeated_is_not() {
    let home = Home::new();
    let journal = home.open();
    let mut ids = std::collections::BTreeSet::new();
    for (says, new) in [("a", 1), ("a", 0), ("b", 1), ("b", 0), ("a", 1), ("b", 1), ("b", 0)] {
        assert_eq!(say(&journal, &[("1", says)]).await, new, "{says}");
    }
    for entry in journal.read(1, 100).unwrap() {
        let Body::Arrival(arrival) = entry.body else { panic!() };
        assert!(ids.insert(arrival.events[0].id.to_string()), "each is a fact of its own");
    }
    assert_eq!(ids.len(), 4);
    audited(&journal);
}

/// Two at once about one thing: one after the other, whichever is first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_said_at_the_same_time_are_decided_one_after_the_other() {
    let home = Home::new();
    let journal = home.open();
    for round in 0..20 {
        let id = format!("t{round}");
        let (same, other) = ([(&*id, "a")], [(&*id, "b")]);
        let (one, two, three) =
            tokio::join!(say(&journal, &same), say(&journal, &same), say(&journal, &other));
        // a a b, a b a or b a a, in any order of the writer.
        assert!((2..=3).contains(&(one + two + three)), "{one} {two} {three}");
    }
    audited(&journal);
}

#[tokio::test]
async fn a_page_that_says_the_same_run_of_states_again_says_nothing_new() {
    let home = Home::new();
    let journal = home.open();
    assert_eq!(say(&journal, &[("1", "a"), ("1", "b"), ("2", "x")]).await, 3);
    for _ in 0..3 {
        assert_eq!(say(&journal, &[("1", "a"), ("1", "b"), ("2", "x")]).await, 0);
    }
    assert_eq!(say(&journal, &[("1", "a"), ("1", "b"), ("1", "b"), ("1", "c")]).await, 1);
    assert_eq!(say(&journal, &[("1", "b"), ("1", "c"), ("2", "y")]).await, 1);
    assert_eq!(say(&journal, &[("1", "a"), ("1", "c")]).await, 2, "not the run that was");
    assert_eq!(journal.head(), 4);
    audited(&journal);
}

#[tokio::test]
async fn the_answer_to_a_repetition_names_the_events_that_say_so() {
    let home = Home::new();
    let journal = home.open();
    let mut said = Vec::new();
    for says in ["a", "b", "a"] {
        let appended = journal.append(draft("shop", None, &[("1", "", says)])).await.unwrap();
        let Appended::Committed { events, .. } = appended else { panic!("{appended:?}") };
        said.extend(events);
    }
    let again = journal.append(draft("shop", None, &[("1", "", "a")])).await.unwrap();
    let Appended::Duplicate { seq: 3, answer } = again else { panic!("{again:?}") };
    assert_eq!(answer.events, said[2..]);
    assert_ne!(said[2], event("shop", ("1", "", "a")).id, "not the first a");
}

/// `007` and `7` are one version: with the same content a repetition, with
/// another a conflict, and that before the answer.
#[tokio::test]
async fn one_version_written_in_two_ways_is_one_version() {
    let home = Home::new();
    let journal = home.open();
    committed(&journal.append(draft("shop", None, &[("1", "7", "x")])).await.unwrap());
    let same = journal.append(draft("shop", None, &[("1", "007", "x")])).await.unwrap();
    let Appended::Duplicate { seq: 1, answer } = same else { panic!("{same:?}") };
    assert_eq!(answer.events, [event("shop", ("1", "7", "x")).id]);
    let other = journal.append(draft("shop", None, &[("1", "007", "y")])).await.unwrap();
    assert!(
        matches!(&other, Appended::Committed { events, set_aside: 1, .. } if events.is_empty()),
        "{other:?}"
    );
    let older = journal.append(draft("shop", None, &[("1", "6", "w")])).await.unwrap();
    assert!(matches!(older, Appended::Committed { .. }), "kept as history: {older:?}");
    audited(&journal);
}

#[tokio::test]
async fn a_conflict_refuses_an_arrival_that_is_all_or_nothing() {
    let home = Home::new();
    let journal = home.open();
    committed(&journal.append(draft("shop", None, &[("1", "1", "x")])).await.unwrap());
    let atomic = |facts: &[Fact<'_>]| {
        let (arrival, raw) = arrival("shop", Some("k"), facts);
        Draft::Arrival {
            arrival: Box::new(arrival),
            raw: Some(raw),
            fingerprint: [0; 32],
            spans: Vec::new(),
            atomic: true,
        }
    };
    let facts = [("2", "1", "new"), ("3", "", "state"), ("1", "1", "other")];
    let refused = journal.append(atomic(&facts)).await;
    let Err(Error::Conflict { records }) = refused else { panic!("{refused:?}") };
    assert_eq!((records.len(), &*records[0].code), (1, "version-conflict"));
    assert_eq!(journal.head(), 1, "nothing of it was kept");
    audited(&journal);
    let mended = [("2", "1", "new"), ("3", "", "state"), ("1", "2", "other")];
    let taken = journal.append(atomic(&mended)).await.unwrap();
    assert!(matches!(&taken, Appended::Committed { events, .. } if events.len() == 3), "{taken:?}");
    audited(&journal);
}

/// What a replay puts in force is what the next state replaces.
#[tokio::test]
async fn a_state_after_a_replay_is_measured_against_the_replayed_one() {
    let home = Home::new();
    let journal = home.open();
    for says in ["a", "b"] {
        assert_eq!(say(&journal, &[("1", says)]).await, 1);
    }
    for _ in 0..2 {
        let (mut replayed, raw) = arrival("shop", None, &[("1", "", "a")]);
        replayed.events[0].replay = true;
        journal.append(Draft::arrival(replayed, Some(raw), [0; 32])).await.unwrap();
        assert_eq!(say(&journal, &[("1", "b")]).await, 1, "b is in force again");
        assert_eq!(say(&journal, &[("1", "b")]).await, 0);
    }
    audited(&journal);
}

fn bad(offset: u64, found: &str) -> SetAside {
    SetAside {
        record: 1 + offset,
        offset,
        length: 3,
        boundary: Boundary::Validate,
        code: "schema-mismatch".to_owned(),
        faults: vec![RecordFault {
            field: "/price".to_owned(),
            offset: Some(offset),
            found: found.to_owned(),
            expected: "a number".to_owned(),
            needed_by: None,
            shows: None,
        }],
        record_sha256: None,
    }
}

/// A page with one good and one bad record, polled or sent.
fn page(cursor: Option<&str>, raw: &'static str, aside: SetAside) -> Draft {
    let (mut arrival, _) = arrival("feed", None, &[("1", "1", "x")]);
    arrival.raw_bytes = raw.len() as u64;
    arrival.raw_sha256 = canon::id::sha256_hex(raw.as_bytes());
    arrival.cursor = cursor.map(str::to_owned);
    arrival.set_aside.push(aside);
    Draft::arrival(arrival, Some(raw.into()), [0; 32])
}

#[tokio::test]
async fn a_bad_record_that_each_poll_brings_is_one_dead_letter() {
    let home = Home::new();
    let journal = home.open();
    let first = journal.append(page(Some("p"), "goodbad", bad(4, "abc"))).await.unwrap();
    assert!(matches!(first, Appended::Committed { set_aside: 1, .. }), "{first:?}");
    let same = journal.append(page(Some("p"), "goodbad", bad(4, "abc"))).await.unwrap();
    assert!(matches!(same, Appended::Duplicate { seq: 1, .. }), "{same:?}");
    let moved = journal.append(page(Some("q"), "__goodbad", bad(6, "abc"))).await.unwrap();
    assert!(
        matches!(moved, Appended::Committed { seq: 2, set_aside: 0, set_aside_again: 1, .. }),
        "counted where the cursor moves: {moved:?}"
    );
    let other_fault = journal.append(page(Some("q"), "goodbad", bad(4, "abd"))).await.unwrap();
    assert!(matches!(other_fault, Appended::Committed { set_aside: 1, .. }), "{other_fault:?}");
    let other_bytes = journal.append(page(Some("q"), "goodbaX", bad(4, "abc"))).await.unwrap();
    assert!(matches!(other_bytes, Appended::Committed { set_aside: 1, .. }), "{other_bytes:?}");
    for _ in 0..2 {
        let sent = journal.append(page(None, "goodbad", bad(4, "abc"))).await.unwrap();
        assert!(matches!(sent, Appended::Committed { set_aside: 1, .. }), "sent by hand: {sent:?}");
    }
    audited(&journal);
}

#[tokio::test]
async fn a_conflict_that_each_poll_brings_is_one_dead_letter() {
    let home = Home::new();
    let journal = home.open();
    let poll = |says: &'static str| {
        let (mut arrival, raw) = arrival("feed", None, &[("1", "1", says)]);
        arrival.cursor = Some("p".to_owned());
        Draft::arrival(arrival, Some(raw), [0; 32])
    };
    journal.append(poll("x")).await.unwrap();
    for (seq, set_aside) in [(2, true), (2, false), (2, false)] {
        let appended = journal.append(poll("y")).await.unwrap();
        let made = matches!(appended, Appended::Committed { set_aside: 1, .. });
        assert_eq!((made, journal.head()), (set_aside, seq), "{appended:?}");
    }
    audited(&journal);
}

#[tokio::test]
async fn other_kinds_of_versions_fall_back_to_the_order_of_arrival() {
    let home = Home::new();
    let journal = home.open();
    let etag = |tag: &str, says: &str| {
        let (mut arrival, raw) = arrival("shop", None, &[("1", tag, says)]);
        arrival.events[0].srcversionkind = VersionKind::Etag;
        Draft::arrival(arrival, Some(raw), [0; 32])
    };
    committed(&journal.append(etag("t1", "x")).await.unwrap());
    committed(&journal.append(etag("t2", "y")).await.unwrap());
    let known = journal.append(etag("t1", "x")).await.unwrap();
    assert!(matches!(known, Appended::Duplicate { seq: 1, .. }), "{known:?}");
    assert_eq!(say(&journal, &[("1", "z")]).await, 1, "and one without");
    assert_eq!(say(&journal, &[("1", "z")]).await, 0);
    audited(&journal);
}

/// Records of the arrival in entry `of` that are walked once more.
fn once_more(of: u64, facts: &[Fact<'_>]) -> Draft {
    let (mut arrival, raw) = arrival("shop", None, facts);
    arrival.id = format!("again-{of}-{facts:?}");
    let letters = vec![0];
    arrival.again = Some(Box::new(Again { of, origin: of, letters, ..Again::default() }));
    Draft::arrival(arrival, Some(raw), [0; 32])
}

/// Goal: a record of Monday's file that is mended on Wednesday does not undo
/// Tuesday's, and its letter closes even when it says nothing new.
#[tokio::test]
async fn old_bytes_walked_once_more_do_not_undo_what_came_since() {
    let home = Home::new();
    let journal = home.open();
    assert_eq!(say(&journal, &[("2", "monday")]).await, 1);
    assert_eq!(say(&journal, &[("1", "tuesday")]).await, 1);
    let mended = journal.append(once_more(1, &[("1", "", "monday")])).await.unwrap();
    assert!(matches!(&mended, Appended::Committed { events, .. } if events.len() == 1));
    assert_eq!(say(&journal, &[("1", "tuesday")]).await, 0, "it is what is in force");
    assert_eq!(say(&journal, &[("1", "monday")]).await, 1, "and that is news");

    let known = journal.append(once_more(1, &[("2", "", "monday")])).await.unwrap();
    assert!(
        matches!(&known, Appended::Committed { events, duplicates: 1, .. } if events.is_empty()),
        "an entry that closes the letter: {known:?}"
    );
    // A version says what is newer, whatever came first.
    committed(&journal.append(draft("shop", None, &[("3", "1", "x")])).await.unwrap());
    let newer = journal.append(once_more(1, &[("3", "2", "y")])).await.unwrap();
    assert!(matches!(&newer, Appended::Committed { events, .. } if events.len() == 1));
    let older = journal.append(draft("shop", None, &[("3", "01", "x")])).await.unwrap();
    assert!(matches!(older, Appended::Committed { .. }), "{older:?}");
    audited(&journal);
}
