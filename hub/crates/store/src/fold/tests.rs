//! Events, versions, positions and parcels: what one writer does with entries.

mod endurance;
mod examples;
mod files;
mod goods;
mod hard_cases;
mod lanes;
mod numbers;
mod orders_of_arrival;
mod people;
mod replays;

use canon::entity::{Action, Entity};
use canon::entry::{Again, Body, Condition, Deed, LetterId, MapsOf, ParcelId, Refusal, Selection};
use canon::event::VersionKind;
use serde_json::json;
use std::collections::HashSet;

use crate::{
    Error, EventFilter, LetterFilter, LetterKind, LetterState, Page, ParcelFilter, ParcelState,
    Store,
    testing::{Bench, arrival, at, done, dump, fact, later, refused, route, set_aside},
};

#[test]
fn h3_a_webhook_delivered_five_times_is_one_event() {
    let mut bench = Bench::new();
    let order = fact("ec", Entity::Order, "1001", json!({"status": "placed"}));
    for _ in 0..5 {
        bench.arrive(std::slice::from_ref(&order));
    }
    let events = bench.reader().events(&EventFilter::default(), &Page::default()).unwrap();
    assert_eq!(events.items.len(), 1);
    let channels = bench.reader().channels().unwrap();
    assert_eq!((channels[0].events, channels[0].duplicates), (1, 4));
}

#[test]
fn h4_a_file_sent_again_with_one_more_record_applies_that_record_only() {
    let mut bench = Bench::new();
    let sale = |number: u32| {
        fact("pos", Entity::PosTransaction, &format!("S1/R1/2026-01-05/{number:04}"), json!({}))
    };
    bench.arrive(&[sale(1), sale(2)]);
    bench.arrive(&[sale(1), sale(2)]);
    let applied = bench.arrive(&[sale(1), sale(2), sale(3)]);
    assert_eq!(applied.events, 1);
    let pos = &bench.reader().channels().unwrap()[0];
    assert_eq!((pos.records, pos.events, pos.duplicates), (7, 3, 4));
}

#[test]
fn h5_the_newest_version_is_current_in_whatever_order_they_come() {
    let version = |version: &str, status: &str| {
        fact("ec", Entity::Order, "1001", json!({"status": status})).version(version)
    };
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp")]);
    bench.arrive(&[version("1", "placed")]);
    bench.arrive(&[version("3", "paid")]);
    bench.arrive(&[version("2", "confirmed")]);
    let reader = bench.reader();
    let current = reader.current_at_source(Entity::Order, "ec", "1001").unwrap().unwrap();
    assert_eq!(current.event.srcversion, "3");
    let history = reader.events(&EventFilter::default(), &Page::default()).unwrap().items;
    let verdicts: Vec<&str> = history.iter().map(|it| it.verdict.as_str()).collect();
    assert_eq!(verdicts, ["applied", "applied", "older"]);
    // A destination is never taken back to an older state.
    let parcels = reader.parcels(&ParcelFilter::default(), &Page::default()).unwrap().items;
    assert_eq!(parcels.len(), 2);
}

#[test]
fn h5_paid_before_created_ends_as_paid() {
    let order = |action, status: &str| {
        fact("ec", Entity::Order, "1001", json!({"status": status})).action(action)
    };
    let mut bench = Bench::new();
    bench.arrive(&[order(Action::Updated, "paid")]);
    bench.arrive(&[order(Action::Created, "placed")]);
    let current = bench.reader().current_at_source(Entity::Order, "ec", "1001").unwrap().unwrap();
    assert!(current.event.data.get().contains("paid"));
}

#[test]
fn entries_must_follow_and_may_be_offered_twice() {
    let mut bench = Bench::new();
    bench.arrive(&[fact("ec", Entity::Order, "1", json!({}))]);
    bench.arrive(&[fact("ec", Entity::Order, "2", json!({}))]);
    let again = bench.store.apply(&bench.entries).unwrap();
    assert_eq!((again.entries, again.position), (0, 2));
    let mut ahead = bench.entries[1].clone();
    ahead.seq = 4;
    let fault = bench.store.apply(&[ahead]).unwrap_err();
    assert!(matches!(fault, Error::Gap { position: 2, found: 4 }));
    assert_eq!(bench.store.position(), 2);
}

#[test]
fn a_failing_entry_takes_its_whole_batch_back() {
    let mut bench = Bench::new();
    bench.arrive(&[fact("ec", Entity::Order, "1", json!({}))]);
    let before = dump(&bench.path());
    let mut next = bench.entries[0].clone();
    next.seq = 2;
    let mut ahead = next.clone();
    ahead.seq = 9;
    bench.store.apply(&[next, ahead]).unwrap_err();
    assert_eq!(dump(&bench.path()), before);
    drop(bench.store);
    assert_eq!(Store::open(bench.folder.path().join("store.db")).unwrap().position(), 1);
}

#[test]
fn routes_choose_by_entity_action_channel_and_content() {
    let mut bench = Bench::new();
    let mut large = route("order", "crm");
    large.only.push(Condition {
        pointer: "/rank/code".to_owned(),
        one_of: vec!["gold".to_owned(), "7".to_owned()],
    });
    let mut created = route("order", "ma");
    created.actions.push("created".to_owned());
    let mut from_pos = route("order", "sfa");
    from_pos.from.push("pos".to_owned());
    bench.routes(vec![route("order", "erp"), route("order", "ec"), large, created, from_pos]);
    let order = |id: &str, rank| fact("ec", Entity::Order, id, json!({"rank": {"code": rank}}));
    bench.arrive(&[
        order("1", json!("gold")),
        order("2", json!(7)),
        order("3", json!("silver")).action(Action::Created).time("not a time"),
    ]);
    let parcels = bench.reader().parcels(&ParcelFilter::default(), &Page::default()).unwrap();
    let mut found: Vec<(u32, String)> =
        parcels.items.into_iter().map(|it| (it.id.index, it.id.destination)).collect();
    found.sort();
    let want = [(0, "crm"), (0, "erp"), (1, "crm"), (1, "erp"), (2, "erp"), (2, "ma")];
    assert_eq!(found, want.map(|(index, name)| (index, name.to_owned())));
}

fn due(bench: &Bench, now: u64) -> Vec<(u64, u32, String)> {
    let due = bench.reader().due("erp", at(now), 10, &HashSet::new()).unwrap();
    due.into_iter().map(|it| (it.id.seq, it.attempt, it.key)).collect()
}

fn parcel(seq: u64) -> ParcelId {
    ParcelId { seq, index: 0, destination: "erp".to_owned() }
}

#[test]
fn a_key_keeps_its_order_through_retries_and_dead_letters() {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp")]);
    let order = |id: &str, key: &str| fact("ec", Entity::Order, id, json!({})).key(key);
    bench.arrive(&[order("1", "a")]); // entry 2
    bench.arrive(&[order("2", "a")]);
    bench.arrive(&[order("3", "b")]);
    let a = "a".to_owned();
    let b = "b".to_owned();
    assert_eq!(due(&bench, 0), [(2, 1, a.clone()), (4, 1, b.clone())]);

    bench.attempt(&parcel(2), 1, later(at(100)));
    assert_eq!(due(&bench, 99), [(4, 1, b.clone())], "its key waits with it");
    assert_eq!(bench.reader().next_due_at("erp").unwrap(), Some(at(100)), "whatever else is due");
    bench.attempt(&parcel(4), 1, done(Some("SO-9")));
    assert_eq!(bench.reader().next_due_at("erp").unwrap(), Some(at(100)));
    assert_eq!(due(&bench, 100), [(2, 2, a.clone())]);

    bench.attempt(&parcel(2), 2, refused());
    assert_eq!(due(&bench, 100), [(3, 1, a.clone())], "its key goes on");
    let open = LetterFilter { state: Some(LetterState::Open), ..LetterFilter::default() };
    let letters = bench.reader().letters(&open, &Page::default()).unwrap().items;
    assert_eq!((letters[0].id.as_str(), letters[0].kind), ("2.0.erp", LetterKind::Parcel));
    assert_eq!(letters[0].attempts, Some(2));

    bench.act(Deed::Resubmitted { parcels: vec![parcel(2)], reason: "fixed there".to_owned() });
    assert_eq!(due(&bench, 100), [(2, 3, a.clone())], "the older one goes first");
    let in_flight = HashSet::from([parcel(3)]);
    assert!(bench.reader().due("erp", at(100), 10, &in_flight).unwrap().is_empty());
    bench.act(Deed::Discarded { parcels: vec![parcel(2)], reason: "typed by hand".to_owned() });
    assert_eq!(due(&bench, 100), [(3, 1, a)]);
    let letter = bench.reader().letter("2.0.erp").unwrap().unwrap();
    assert_eq!(letter.state, LetterState::Discarded);
    assert_eq!(letter.settled_by, "operator:mika");
    assert_eq!(letter.settled_why, "typed by hand");
    let counts = bench.reader().parcel_counts("erp").unwrap();
    assert_eq!((counts.pending, counts.done, counts.dead, counts.discarded), (1, 1, 0, 1));
    assert_eq!(counts.attempts, 3);
}

#[test]
fn a_parcel_is_shown_with_its_attempts() {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp"), route("order", "crm")]);
    let order = fact("ec", Entity::Order, "1", json!({}));
    bench.arrive(std::slice::from_ref(&order));
    bench.attempt(&parcel(2), 1, later(at(9)));
    bench.attempt(&parcel(2), 2, done(Some("SO-1")));
    let reader = bench.reader();
    let found = reader.parcel(&parcel(2)).unwrap().unwrap();
    assert_eq!((found.state, found.attempts.len()), (ParcelState::Done, 2));
    assert_eq!(found.event_id, order.event_id());
    assert!(reader.parcel(&parcel(3)).unwrap().is_none());
    let is_tried = |to: &str| reader.numbered(to, 1).unwrap().map(|it| it.is_tried);
    assert_eq!((is_tried("erp"), is_tried("crm")), (Some(true), Some(false)));
    assert_eq!(reader.far_id("erp", &order.hub_id()).unwrap().as_deref(), Some("SO-1"));
    assert_eq!(reader.far_id("ec", &order.hub_id()).unwrap().as_deref(), Some("1"));
    assert_eq!(reader.far_id("crm", &order.hub_id()).unwrap(), None);

    let mut page = Page::of(1);
    let first = reader.parcels(&ParcelFilter::default(), &page).unwrap();
    page.cursor = first.next;
    let second = reader.parcels(&ParcelFilter::default(), &page).unwrap();
    assert_eq!(first.items[0].id.destination, "crm");
    assert_eq!(second.items[0].id.destination, "erp");
    assert!(second.next.is_none());
}

#[test]
fn records_set_aside_and_refusals_are_listed_and_counted() {
    let mut bench = Bench::new();
    let mut file = arrival("pos", vec![fact("pos", Entity::Order, "1", json!({})).event()]);
    file.set_aside = vec![set_aside(2, "unmappable"), set_aside(3, "schema-mismatch")];
    file.records = 3;
    bench.append(Body::Arrival(file));
    bench.append(Body::Refusal(Refusal {
        id: "0192".to_owned(),
        channel: Some("pos".to_owned()),
        principal: None,
        origin: "203.0.113.9".to_owned(),
        received_at: at(2),
        trail: Vec::new(),
        code: "signature-wrong".to_owned(),
        detail: String::new(),
        raw_sha256: None,
        interchanges: 0,
        file: None,
        count: 1,
    }));
    let reader = bench.reader();
    let all = reader.letters(&LetterFilter::default(), &Page::default()).unwrap().items;
    assert_eq!(all.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["1.1", "1.0"]);
    let record = all[1].record.as_ref().unwrap();
    assert_eq!((record.number, record.offset, record.faults[0].offset), (2, 200, Some(207)));
    let coded = LetterFilter { code: Some("unmappable".to_owned()), ..LetterFilter::default() };
    assert_eq!(reader.letters(&coded, &Page::default()).unwrap().items.len(), 1);
    assert_eq!(reader.letter("1.1").unwrap().unwrap().code, "schema-mismatch");
    assert!(reader.letter("1.9").unwrap().is_none());
    let pos = &reader.channels().unwrap()[0];
    assert_eq!((pos.set_aside, pos.refusals[0].count), (2, 1));
    assert_eq!(pos.last_seen, Some(at(2)));
}

/// A replay that is stopped half-way, one that brings a changed event, letters
/// that are mended and given up.
fn replayed_and_mended(bench: &mut Bench) {
    let mut file = arrival("ec", vec![fact("ec", Entity::Order, "7", json!({})).event()]);
    file.set_aside = vec![set_aside(2, "unmappable"), set_aside(3, "unmappable")];
    bench.append(Body::Arrival(file));
    let file = bench.entries.len() as u64;
    let mut mended = arrival("ec", vec![fact("ec", Entity::Order, "8", json!({})).event()]);
    mended.again =
        Some(Box::new(Again { of: file, origin: file, letters: vec![0], ..Again::default() }));
    bench.append(Body::Arrival(mended));
    let letters = vec![LetterId { seq: file, index: 1 }];
    bench.act(Deed::LettersDiscarded { letters, reason: "a test receipt".to_owned() });
    bench.attempt(&parcel(file), 1, done(None));
    let replay = file + 4;
    bench.act(Deed::ReplayStarted {
        selection: Selection { last: file, ..Selection::default() },
        maps: MapsOf::Today,
        to: vec!["erp".to_owned()],
        reason: "the ERP lost a day".to_owned(),
    });
    let mut changed = fact("ec", Entity::Order, "7", json!({"note": "new"})).event();
    changed.replay = true;
    let mut walked = arrival("ec", vec![changed]);
    let again = Again { of: file, origin: file, replay: Some(replay), ..Again::default() };
    walked.again = Some(Box::new(again));
    bench.append(Body::Arrival(walked));
    bench.act(Deed::ReplayAdvanced {
        replay,
        reached: file,
        within: 0,
        seen: replay,
        parcels: vec![parcel(file + 1)],
        matched: 2,
        superseded: 0,
        faulty: 1,
        finished: false,
        parked: Vec::new(),
        only: None,
    });
    bench.act(Deed::ReplayStopped { replay, reason: "seen enough".to_owned() });
}

#[test]
fn letters_close_with_what_settles_them_and_replays_are_counted() {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp")]);
    replayed_and_mended(&mut bench);
    let reader = bench.reader();
    let letters = reader.letters(&LetterFilter::default(), &Page::default()).unwrap().items;
    let seen: Vec<_> = letters
        .iter()
        .map(|it| (it.id.as_str(), it.state, it.settled_seq, it.settled_why.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("2.1", LetterState::Discarded, Some(4), "a test receipt"),
            ("2.0", LetterState::Resubmitted, Some(3), ""),
        ]
    );
    assert_eq!(reader.entries_with_open_letters().unwrap().len(), 0, "both are settled");
    let said = LetterFilter { text: Some("a number".to_owned()), ..LetterFilter::default() };
    assert_eq!(reader.letters(&said, &Page::default()).unwrap().items.len(), 2);
    let later = LetterFilter { from: Some(at(3)), ..LetterFilter::default() };
    assert_eq!(reader.letters(&later, &Page::default()).unwrap().items.len(), 0);
    let replay = &reader.replays(&Page::default()).unwrap().items[0];
    assert_eq!((replay.id, replay.changed, replay.faulty), (6, 1, 1));
    assert_eq!((replay.parcels, replay.actor.as_str()), (0, "operator:mika"), "none was sent");
    // The event that today's map makes in another way took the place of the old.
    let current = reader.current(&fact("ec", Entity::Order, "7", json!({})).hub_id()).unwrap();
    assert_eq!(current.unwrap().seq, 7);
}

#[test]
fn a_damaged_file_is_made_new_when_all_of_it_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(Store::open(&path).unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..16].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    assert!(Store::open(&path).is_err_and(|it| it.is_damage()));
    assert!(Store::rebuild(&path, "deliveries").is_err(), "the other fold is not thrown away");
    assert_eq!(Store::rebuild(&path, "all").unwrap().position(), 0);
    assert!(Store::open(&path).is_ok());
}

/// Goal: a letter of Monday's file, mended on Wednesday, does not undo Tuesday's.
#[test]
fn bytes_that_came_first_are_the_older_state_where_no_version_says_so() {
    let mut bench = Bench::new();
    let party = |says: &str| {
        let mut party = fact("crm", Entity::Party, "1", json!({"note": says})).version(says);
        party.kind = VersionKind::None;
        party.event()
    };
    let mut monday = arrival("crm", Vec::new());
    monday.set_aside = vec![set_aside(1, "unmappable")];
    bench.append(Body::Arrival(monday));
    assert_eq!(bench.reader().entries_with_open_letters().unwrap(), [1].into());
    bench.append(Body::Arrival(arrival("crm", vec![party("tuesday")])));
    let mut mended = arrival("crm", vec![party("monday")]);
    let again = Again { of: 1, origin: 1, letters: vec![0], ..Again::default() };
    mended.again = Some(Box::new(again));
    bench.append(Body::Arrival(mended));
    let hub_id = fact("crm", Entity::Party, "1", json!({})).hub_id();
    assert_eq!(bench.reader().current(&hub_id).unwrap().unwrap().seq, 2);
    bench.append(Body::Arrival(arrival("crm", vec![party("thursday")])));
    assert_eq!(bench.reader().current(&hub_id).unwrap().unwrap().seq, 4);
}

#[test]
fn rebuilding_gives_the_same_content() {
    let mut bench = Bench::new();
    bench.routes(vec![route("order", "erp")]);
    bench.arrive(&[fact("ec", Entity::Order, "1", json!({})).key("a")]);
    bench.arrive(&[fact("ec", Entity::Order, "2", json!({})).key("a")]);
    bench.attempt(&parcel(2), 1, refused());
    bench.act(Deed::Resubmitted { parcels: vec![parcel(2)], reason: String::new() });
    replayed_and_mended(&mut bench);
    let before = dump(&bench.path());
    drop(bench.store);
    for fold in ["store", "deliveries", "all"] {
        let path = bench.folder.path().join("store.db");
        let mut store = Store::rebuild(&path, fold).unwrap();
        assert_eq!(store.position(), 0);
        assert_ne!(dump(&path), before);
        // In other batches than the first time.
        for batch in bench.entries.chunks(2) {
            store.apply(batch).unwrap();
        }
        assert_eq!(dump(&path), before, "{fold}");
    }
    assert!(Store::rebuild(bench.folder.path().join("store.db"), "ledger").is_err());
}

#[test]
fn a_statement_is_planned_once_whatever_its_values_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("store.db")).unwrap();
    // A value of `lane` might choose one of four partial indexes.
    let sql = "SELECT pos FROM deliveries_parcel WHERE destination = ?1 AND lane = ?2";
    let mut query = store.conn.prepare(sql).unwrap();
    for lane in 0..6 {
        assert!(!query.exists(("erp", lane)).unwrap());
    }
    assert_eq!(query.get_status(rusqlite::StatementStatus::RePrepare), 0);
}
