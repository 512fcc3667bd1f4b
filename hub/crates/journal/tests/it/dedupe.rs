//! What is known already is not applied again: by key, and by source fact.

use canon::entry::{Body, Piece, Sums};
use journal::{Answer, Appended, Draft, Span};

use crate::{
    answers::committed,
    samples::{Fact, Home, arrival, draft, event},
};

fn ids(channel: &str, facts: &[Fact<'_>]) -> Vec<canon::id::EventId> {
    facts.iter().map(|fact| event(channel, *fact).id).collect()
}

#[tokio::test]
async fn the_same_key_gets_the_first_answer() {
    let home = Home::new();
    let journal = home.open();
    let facts = [("1", "1", "x"), ("2", "1", "y")];
    journal.append(draft("shop", Some("k"), &facts)).await.unwrap();
    let again = journal.append(draft("shop", Some("k"), &facts)).await.unwrap();
    let answer = Answer { events: ids("shop", &facts), duplicates: 0, set_aside: 0 };
    assert_eq!(again, Appended::Duplicate { seq: 1, answer });
    let other = journal.append(draft("shop", Some("k"), &[("3", "1", "z")])).await.unwrap();
    assert_eq!(other, Appended::KeyReused { first_seq: 1 });
    let elsewhere = journal.append(draft("till", Some("k"), &[("3", "1", "z")])).await.unwrap();
    assert_eq!(committed(&elsewhere), 2, "a key belongs to its channel");
    drop(journal);
    let journal = home.open();
    let later = journal.append(draft("shop", Some("k"), &facts)).await.unwrap();
    assert!(matches!(later, Appended::Duplicate { seq: 1, .. }), "{later:?}");
    assert_eq!(journal.head(), 2);
}

/// H4: the same file again, under a new name, and with one extra record.
#[tokio::test]
async fn h4_a_file_sent_again_with_one_more_record_applies_that_one() {
    let home = Home::new();
    let journal = home.open();
    let first = [("1", "1", "x"), ("2", "1", "y")];
    journal.append(draft("till", Some("a.csv"), &first)).await.unwrap();
    let renamed = journal.append(draft("till", Some("b.csv"), &first)).await.unwrap();
    let answer = Answer { events: ids("till", &first), duplicates: 2, set_aside: 0 };
    assert_eq!(renamed, Appended::Duplicate { seq: 1, answer });
    let more = [("1", "1", "x"), ("2", "1", "y"), ("3", "1", "z")];
    let appended = journal.append(draft("till", Some("c.csv"), &more)).await.unwrap();
    assert_eq!(
        appended,
        Appended::Committed {
            seq: 2,
            events: ids("till", &more[2..]),
            duplicates: 2,
            set_aside: 0,
            set_aside_again: 0
        }
    );
    let Body::Arrival(entry) = journal.entry(2).unwrap().unwrap().body else { panic!() };
    assert_eq!((entry.records, entry.duplicates, entry.events.len()), (3, 2, 1));
}

/// H3: the same webhook delivered five times at once is one event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h3_one_webhook_delivered_five_times_is_one_event() {
    let home = Home::new();
    let journal = home.open();
    let mut deliveries = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let journal = journal.clone();
        deliveries.spawn(async move {
            journal.append(draft("shop", Some("w-1"), &[("1", "1", "x")])).await.unwrap()
        });
    }
    let answers = deliveries.join_all().await;
    let new = answers.iter().filter(|it| matches!(it, Appended::Committed { .. })).count();
    let known =
        answers.iter().filter(|it| matches!(it, Appended::Duplicate { seq: 1, .. })).count();
    assert_eq!((new, known, journal.head()), (1, 4, 1));
    assert_eq!(journal.stats().duplicates, 4);
}

#[tokio::test]
async fn the_same_version_with_other_data_is_set_aside() {
    let home = Home::new();
    let journal = home.open();
    journal.append(draft("shop", None, &[("1", "1", "x")])).await.unwrap();
    let (arrival, raw) = arrival("shop", None, &[("2", "1", "y"), ("1", "1", "changed")]);
    let spans =
        vec![Span { record: 1, offset: 0, length: 4 }, Span { record: 2, offset: 4, length: 9 }];
    let draft = Draft::Arrival {
        arrival: Box::new(arrival),
        raw: Some(raw),
        fingerprint: [0; 32],
        spans,
        atomic: false,
    };
    let appended = journal.append(draft).await.unwrap();
    assert_eq!(
        appended,
        Appended::Committed {
            seq: 2,
            events: ids("shop", &[("2", "1", "y")]),
            duplicates: 0,
            set_aside: 1,
            set_aside_again: 0
        }
    );
    let Body::Arrival(entry) = journal.entry(2).unwrap().unwrap().body else { panic!() };
    let aside = &entry.set_aside[0];
    assert_eq!((aside.record, aside.offset, aside.length), (2, 4, 9));
    assert_eq!(aside.code, "version-conflict");
    assert!(aside.faults[0].expected.contains("entry 1"), "{aside:?}");
    assert_eq!(journal.stats().conflicts, 1);
}

#[tokio::test]
async fn a_fact_twice_in_one_arrival_is_applied_once() {
    let home = Home::new();
    let journal = home.open();
    let facts = [("1", "1", "x"), ("1", "1", "x"), ("1", "1", "other")];
    let appended = journal.append(draft("shop", None, &facts)).await.unwrap();
    assert_eq!(
        appended,
        Appended::Committed {
            seq: 1,
            events: ids("shop", &facts[..1]),
            duplicates: 1,
            set_aside: 1,
            set_aside_again: 0
        }
    );
}

/// The last piece of a file is an entry even if nothing of it is new; the piece
/// that is found last is the one farthest back in the file, of that file alone.
#[tokio::test]
async fn the_last_piece_of_a_file_is_an_entry_and_is_found() {
    let home = Home::new();
    let journal = home.open();
    let piece = |key: &str, last: bool| {
        let (mut arrival, raw) = arrival("till", Some(key), &[("1", "1", "x")]);
        let state = serde_json::value::to_raw_value("s").unwrap();
        arrival.piece = Some(Box::new(Piece {
            sha256: "f".into(),
            bytes: 9,
            offset: 0,
            last,
            before: Sums::default(),
            state,
        }));
        Draft::arrival(arrival, Some(raw), [0; 32])
    };
    let mut seqs = Vec::new();
    for (key, last) in [("a:00", false), ("a:01", false), ("a:02", true), ("ab:07", true)] {
        let appended = journal.append(piece(key, last)).await.unwrap();
        seqs.push(matches!(appended, Appended::Committed { .. }).then(|| journal.head()));
    }
    assert_eq!(seqs, [Some(1), None, Some(2), Some(3)], "nothing new between the ends");
    let reader = journal.reader();
    assert_eq!(reader.last_key("till", "a:").unwrap(), Some(2));
    assert_eq!(reader.last_key("till", "b:").unwrap(), None);
    assert_eq!(reader.last_key("other", "a:").unwrap(), None);
    let Body::Arrival(entry) = reader.entry(2).unwrap().unwrap().body else { panic!() };
    assert_eq!(entry.piece.unwrap().state.get(), "\"s\"", "it comes back");
}

/// A puller that gets a page it knows must still move on, or it asks for ever.
#[tokio::test]
async fn known_events_with_a_new_cursor_move_the_cursor() {
    let home = Home::new();
    let journal = home.open();
    let with_cursor = |cursor: &str| {
        let (mut arrival, raw) = arrival("feed", None, &[("1", "1", "x")]);
        arrival.cursor = Some(cursor.to_owned());
        Draft::arrival(arrival, Some(raw), [0; 32])
    };
    assert_eq!(journal.cursor("feed").unwrap(), None);
    committed(&journal.append(with_cursor("p1")).await.unwrap());
    let moved = journal.append(with_cursor("p2")).await.unwrap();
    let none = Appended::Committed {
        seq: 2,
        events: Vec::new(),
        duplicates: 1,
        set_aside: 0,
        set_aside_again: 0,
    };
    assert_eq!(moved, none);
    assert_eq!(journal.cursor("feed").unwrap().as_deref(), Some("p2"));
    let still = journal.append(with_cursor("p2")).await.unwrap();
    assert!(matches!(still, Appended::Duplicate { seq: 1, .. }), "{still:?}");
}

#[tokio::test]
async fn a_replayed_event_is_kept_although_its_fact_is_known() {
    let home = Home::new();
    let journal = home.open();
    journal.append(draft("shop", None, &[("1", "1", "x")])).await.unwrap();
    let (mut arrival, raw) = arrival("shop", None, &[("1", "1", "mapped anew")]);
    arrival.events[0].replay = true;
    let appended = journal.append(Draft::arrival(arrival, Some(raw), [0; 32])).await.unwrap();
    assert!(matches!(&appended, Appended::Committed { seq: 2, events, .. } if events.len() == 1));
    let known = journal.append(draft("shop", None, &[("1", "1", "x")])).await.unwrap();
    assert!(matches!(known, Appended::Duplicate { seq: 1, .. }), "{known:?}");
}
