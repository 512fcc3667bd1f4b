//! Files that were taken or held, as they are asked for.

use canon::{
    calendar::Day,
    clock::Timestamp,
    entry::{Body, Deed, FILE_HELD, FileFacts, Refusal, RefusedFile},
};

use crate::{
    Awaited, HeldFilter, HeldState, Page,
    testing::{Bench, START_MS, arrival},
};

fn facts(series: &str, day: &str, sequence: u64) -> FileFacts {
    FileFacts {
        name: format!("{series}_{day}_{sequence}.csv"),
        series: series.to_owned(),
        day: Day::parse(day),
        sequence: Some(sequence),
        heading: Some("a,b".to_owned()),
        sha256: format!("sha of {series} {sequence}"),
        bytes: 100,
        records: 3,
    }
}

fn take(bench: &mut Bench, facts: FileFacts) {
    let mut arrival = arrival("pos", Vec::new());
    arrival.file = Some(Box::new(facts));
    bench.append(Body::Arrival(arrival));
}

fn hold(bench: &mut Bench, id: &str) {
    refuse(bench, id, FILE_HELD, None);
}

fn refuse(bench: &mut Bench, id: &str, code: &str, file: Option<RefusedFile>) {
    bench.append(Body::Refusal(Refusal {
        id: id.to_owned(),
        channel: Some("pos".to_owned()),
        principal: None,
        origin: format!("{id}.csv"),
        received_at: Timestamp::from_ms(START_MS),
        trail: Vec::new(),
        code: code.to_owned(),
        detail: "gap".to_owned(),
        raw_sha256: Some("sha".to_owned()),
        interchanges: 0,
        file: file.map(Box::new),
        count: 1,
    }));
}

#[test]
fn the_same_file_again_is_no_other_file() {
    let mut bench = Bench::new();
    take(&mut bench, facts("001", "2026-11-20", 1));
    take(&mut bench, facts("001", "2026-11-20", 2));
    let before = bench.reader().files_taken("pos", "001", 9).unwrap();
    // What is usual follows from different files: one that is sent again and again
    // would make itself the usual one.
    for _ in 0..3 {
        take(&mut bench, facts("001", "2026-11-20", 1));
    }
    let after = bench.reader().files_taken("pos", "001", 9).unwrap();
    assert_eq!(after, before);
    let mut other = facts("001", "2026-11-20", 1);
    other.sha256 = "other bytes".to_owned();
    take(&mut bench, other);
    assert_eq!(bench.reader().files_taken("pos", "001", 9).unwrap().len(), 3);
}

#[test]
fn files_are_found_by_series_day_and_number() {
    let mut bench = Bench::new();
    for (series, day, number) in
        [("001", "2026-11-20", 1), ("002", "2026-11-20", 1), ("001", "2026-11-21", 2)]
    {
        take(&mut bench, facts(series, day, number));
    }
    take(&mut bench, facts("001", "2026-11-20", 1));
    let reader = bench.reader();
    let taken = reader.files_taken("pos", "001", 9).unwrap();
    let numbers: Vec<_> = taken.iter().filter_map(|it| it.sequence).collect();
    assert_eq!(numbers, [2, 1], "newest first, of this series only");
    assert_eq!(taken[0], facts("001", "2026-11-21", 2));
    let like = reader.file_like("pos", &facts("002", "2026-11-20", 1)).unwrap();
    assert_eq!(like.map(|it| it.sha256), Some("sha of 002 1".to_owned()));
    assert_eq!(reader.file_like("pos", &facts("002", "2026-11-20", 2)).unwrap(), None);
    let days = reader.file_days("pos", Day::parse("2026-11-21").unwrap()).unwrap();
    assert_eq!(
        days.into_iter().collect::<Vec<_>>(),
        [("001".to_owned(), Day::parse("2026-11-21").unwrap())]
    );
}

#[test]
fn a_held_file_is_settled_once() {
    let mut bench = Bench::new();
    for id in ["a", "b", "c"] {
        hold(&mut bench, id);
    }
    let deed =
        |file: &str, reason: &str| Deed::FileReleased { file: file.into(), reason: reason.into() };
    bench.act(deed("a", "it is right"));
    let discard = |file: &str, reason: &str| Deed::FileDiscarded {
        file: file.into(),
        reason: reason.into(),
        settles: Some(Box::new(facts("001", "2026-11-20", 7))),
    };
    bench.act(discard("a", "too late"));
    assert!(bench.reader().files_taken("pos", "001", 9).unwrap().is_empty());
    bench.act(discard("b", "a test"));
    // Its number is settled, and nothing is compared with it.
    let settled = bench.reader().files_taken("pos", "001", 9).unwrap();
    let seen: Vec<_> = settled.iter().map(|it| (it.sequence, it.sha256.as_str())).collect();
    assert_eq!(seen, [(Some(7), "")]);
    let reader = bench.reader();
    assert_eq!(reader.file_like("pos", &facts("001", "2026-11-20", 7)).unwrap(), None);
    assert_eq!(reader.file_numbered("pos", "001", (7, 9)).unwrap(), None);
    let days = reader.file_days("pos", Day::parse("2026-11-01").unwrap()).unwrap();
    assert!(days.is_empty(), "a file of its day is waited for: {days:?}");
    let of = |state| {
        let filter = HeldFilter {
            channel: Some("pos".to_owned()),
            state: Some(state),
            ..HeldFilter::default()
        };
        let listed = bench.reader().held_files(&filter, &Page::of(9)).unwrap();
        listed.items.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(of(HeldState::Released), ["a"]);
    assert_eq!(of(HeldState::Discarded), ["b"]);
    assert_eq!(of(HeldState::Held), ["c"]);
    let released = bench.reader().held_file("a").unwrap().unwrap();
    assert_eq!((released.settled_why.as_str(), released.name.as_str()), ("it is right", "a.csv"));
}

#[test]
fn a_refused_file_and_one_that_has_not_come_are_settled_too() {
    let mut bench = Bench::new();
    let seen = RefusedFile { bytes: 9, records: Some(4), piece: Some(7), ..RefusedFile::default() };
    refuse(&mut bench, "a", "undecodable", Some(seen));
    refuse(&mut bench, "b", "undecodable", None);
    let open = HeldFilter { open: true, ..HeldFilter::default() };
    let of = |bench: &Bench, filter: &HeldFilter| {
        bench.reader().held_files(filter, &Page::of(9)).unwrap().items
    };
    let found = of(&bench, &open);
    assert_eq!((found.len(), found[0].state, found[0].file), (1, HeldState::Refused, seen));
    let late = Awaited {
        channel: "pos".to_owned(),
        store: "0:1".to_owned(),
        day: Day::parse("2026-11-20").unwrap(),
    };
    assert_eq!(Awaited::parse(&late.id()), Some(late.clone()));
    let why = || "shut".to_owned();
    bench.act(Deed::FileReleased { file: late.id(), reason: why() });
    assert!(bench.reader().not_awaited("pos").unwrap().is_empty(), "it cannot be taken");
    for _ in 0..2 {
        bench.act(Deed::FileDiscarded { file: late.id(), reason: why(), settles: None });
    }
    let given_up: Vec<String> = bench.reader().not_awaited("pos").unwrap().into_iter().collect();
    assert_eq!(given_up, [late.id()]);
    bench.act(Deed::FileReleased { file: "a".to_owned(), reason: why() });
    assert_eq!(of(&bench, &open).len(), 0);
    hold(&mut bench, "c");
    let asked = ["a", "b", "c", "d"].map(str::to_owned);
    let settled = bench.reader().settled_files(&asked).unwrap();
    assert_eq!(settled.into_keys().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn many_that_were_given_up_do_not_hide_those_that_were_taken() {
    let mut bench = Bench::new();
    for number in [1, 2, 3] {
        take(&mut bench, facts("001", "2026-11-20", number));
    }
    for number in 5..9 {
        let id = number.to_string();
        hold(&mut bench, &id);
        let settles = Some(Box::new(facts("001", "2026-11-20", number)));
        bench.act(Deed::FileDiscarded { file: id, reason: "wrong".to_owned(), settles });
    }
    let recent = bench.reader().files_taken("pos", "001", 2).unwrap();
    let numbers: Vec<_> = recent.iter().filter_map(|it| it.sequence).collect();
    assert_eq!(numbers, [8, 7, 6, 5, 3, 2]);
}

#[test]
fn numbers_and_contents_are_known_whatever_their_day() {
    let mut bench = Bench::new();
    for number in [5, 6, 7] {
        take(&mut bench, facts("001", "2026-11-20", number));
    }
    let reader = bench.reader();
    let numbered = |number, within| {
        let found = reader.file_numbered("pos", "001", (number, within)).unwrap();
        found.and_then(|it| it.sequence)
    };
    assert_eq!((numbered(5, 2), numbered(8, 2)), (Some(5), None));
    // Two files came after it: with a shorter cycle numbers have begun anew.
    assert_eq!(numbered(5, 1), None);
    assert_eq!(reader.file_numbered("pos", "002", (5, 9)).unwrap(), None);
    let sha256 = facts("001", "2026-11-20", 6).sha256;
    let of = |facts: &FileFacts| reader.file_of_content("pos", &sha256, facts).unwrap();
    assert_eq!(of(&facts("002", "2026-11-21", 9)), Some(facts("001", "2026-11-20", 6)));
    assert_eq!(
        reader.file_of_content("crm", &sha256, &facts("001", "2026-11-20", 6)).unwrap(),
        None
    );
}

#[test]
fn the_same_day_and_number_is_the_first_of_a_content() {
    let mut bench = Bench::new();
    let mut copy = facts("001", "2026-11-21", 8);
    take(&mut bench, facts("001", "2026-11-20", 6));
    copy.sha256 = facts("001", "2026-11-20", 6).sha256;
    take(&mut bench, copy.clone());
    let found = bench.reader().file_of_content("pos", &copy.sha256, &copy).unwrap();
    assert_eq!(found, Some(copy));
}
