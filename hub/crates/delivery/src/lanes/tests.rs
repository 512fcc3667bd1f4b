//! Turns, order, and what holds lanes back.

use super::*;

const RULE: LanesRule = LanesRule {
    concurrency: 2,
    window: 6,
    breaker: BreakerRule {
        failures: 2,
        pause: Duration::from_secs(10),
        pause_max: Duration::from_secs(60),
        probes: 1,
    },
    rate: None,
};

fn id(seq: u64) -> ParcelId {
    ParcelId { seq, index: 0, destination: "erp".to_owned() }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_ms(seconds * 1000)
}

fn offer(lanes: &mut Lanes<()>, seq: u64, key: &str) -> Offered {
    lanes.offer(Offer { id: id(seq), key: key.to_owned(), gives_way: false, load: () })
}

fn offer_giving(lanes: &mut Lanes<()>, seq: u64, key: &str) -> Offered {
    lanes.offer(Offer { id: id(seq), key: key.to_owned(), gives_way: true, load: () })
}

fn next(lanes: &mut Lanes<()>, now: Timestamp) -> Option<u64> {
    match lanes.next(now) {
        Next::Send(offer) => Some(offer.id.seq),
        Next::Wait(_) | Next::Idle => None,
    }
}

fn done(seq: u64) -> Settled {
    Settled { seq, finished: true, health: Health::Alive, pause_until: None }
}

#[test]
fn one_key_goes_in_order_and_others_beside_it() {
    let mut lanes = Lanes::new(RULE);
    for (seq, key) in [(1, "a"), (2, "a"), (3, "b"), (4, "c")] {
        assert_eq!(offer(&mut lanes, seq, key), Offered::Taken);
    }
    assert_eq!((next(&mut lanes, at(0)), next(&mut lanes, at(0))), (Some(1), Some(3)));
    assert_eq!(next(&mut lanes, at(0)), None, "two at once is the bound");
    lanes.settle(&id(3), done(100), at(1));
    assert_eq!(next(&mut lanes, at(1)), Some(4));
    lanes.settle(&id(1), done(101), at(1));
    assert_eq!(next(&mut lanes, at(1)), Some(2));
}

#[test]
fn lanes_take_turns() {
    let mut lanes = Lanes::new(LanesRule { concurrency: 1, ..RULE });
    for (seq, key) in [(1, "a"), (2, "a"), (3, "a"), (4, "b"), (5, "c")] {
        offer(&mut lanes, seq, key);
    }
    let mut sent = Vec::new();
    while let Some(seq) = next(&mut lanes, at(0)) {
        sent.push(seq);
        lanes.settle(&id(seq), done(100 + seq), at(0));
    }
    assert_eq!(sent, [1, 4, 5, 2, 3]);
}

#[test]
fn a_parcel_that_must_wait_closes_its_lane_until_the_fold_has_seen_it() {
    let mut lanes = Lanes::new(RULE);
    offer(&mut lanes, 1, "a");
    offer(&mut lanes, 2, "a");
    assert_eq!(next(&mut lanes, at(0)), Some(1));
    let later = Settled { finished: false, ..done(100) };
    lanes.settle(&id(1), later, at(1));
    assert_eq!(next(&mut lanes, at(1)), None, "the second does not overtake");
    assert!(!lanes.held().contains(&id(2)), "it went back");
    assert_eq!(offer(&mut lanes, 1, "a"), Offered::Known, "an old reading of the fold");
    assert_eq!(offer(&mut lanes, 2, "a"), Offered::Unsettled);
    lanes.folded(99);
    assert_eq!(offer(&mut lanes, 1, "a"), Offered::Known);
    lanes.folded(100);
    assert_eq!(offer(&mut lanes, 1, "a"), Offered::Taken);
    assert_eq!(next(&mut lanes, at(2)), Some(1));
}

#[test]
fn the_window_is_bounded_and_empties() {
    let mut lanes = Lanes::new(RULE);
    for seq in 1..=6 {
        assert_eq!(offer(&mut lanes, seq, &format!("k{seq}")), Offered::Taken);
    }
    assert_eq!(lanes.room(), 0);
    assert_eq!(offer(&mut lanes, 7, "k7"), Offered::Full);
    assert_eq!(offer(&mut lanes, 6, "k6"), Offered::Known);
    while let Some(seq) = next(&mut lanes, at(0)) {
        lanes.settle(&id(seq), done(100 + seq), at(0));
    }
    lanes.folded(1000);
    assert_eq!((lanes.room(), lanes.on_way(), lanes.held().len()), (6, 0, 0));
    assert!(lanes.lanes.is_empty() && lanes.unfolded.is_empty(), "nothing is left behind");
}

#[test]
fn a_pause_and_an_open_breaker_hold_every_lane_back() {
    let mut lanes = Lanes::new(RULE);
    for (seq, key) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        offer(&mut lanes, seq, key);
    }
    assert_eq!(next(&mut lanes, at(0)), Some(1));
    let throttled = Settled { finished: false, pause_until: Some(at(30)), ..done(100) };
    lanes.settle(&id(1), throttled, at(0));
    assert_eq!(lanes.next(at(29)), Next::Wait(at(30)));
    assert_eq!((next(&mut lanes, at(30)), next(&mut lanes, at(30))), (Some(2), Some(3)));
    for (seq, entry) in [(2, 101), (3, 102)] {
        let failed = Settled { finished: false, health: Health::Failing, ..done(entry) };
        lanes.settle(&id(seq), failed, at(31));
    }
    assert_eq!(lanes.breaker(), Position::Open);
    assert_eq!(lanes.next(at(32)), Next::Wait(at(41)));
    assert_eq!(next(&mut lanes, at(41)), Some(4), "a probe");
    offer(&mut lanes, 5, "e");
    assert_eq!(lanes.next(at(41)), Next::Idle, "one probe at a time");
    lanes.settle(&id(4), done(103), at(42));
    assert_eq!(next(&mut lanes, at(42)), Some(5));
}

#[test]
fn the_rate_holds_and_a_refused_permit_is_not_lost() {
    let second = Duration::from_secs(1);
    let one = NonZeroU32::MIN;
    let mut lanes = Lanes::new(LanesRule {
        rate: Some(Rate { sends: one, period: second, burst: one }),
        ..RULE
    });
    offer(&mut lanes, 1, "a");
    offer(&mut lanes, 2, "b");
    assert_eq!(next(&mut lanes, at(0)), Some(1));
    for _ in 0..5 {
        assert_eq!(lanes.next(at(0)), Next::Wait(at(1)));
    }
    assert_eq!(next(&mut lanes, at(1)), Some(2));
}

#[test]
fn a_try_that_never_happened_gives_everything_back() {
    let mut lanes = Lanes::new(RULE);
    offer(&mut lanes, 1, "a");
    offer(&mut lanes, 2, "a");
    assert_eq!(next(&mut lanes, at(0)), Some(1));
    lanes.give_back(&id(1), at(0));
    assert!(lanes.held().is_empty() && lanes.lanes.is_empty());
    assert_eq!(offer(&mut lanes, 1, "a"), Offered::Taken);
    assert_eq!(next(&mut lanes, at(0)), Some(1));
}

#[test]
fn other_bounds_hold_from_now_on_and_nothing_is_forgotten() {
    let second = Duration::from_secs(1);
    let one = NonZeroU32::MIN;
    let slow = Some(Rate { sends: one, period: second, burst: one });
    let mut lanes = Lanes::new(LanesRule { rate: slow, ..RULE });
    for (seq, key) in [(1, "a"), (2, "b"), (3, "c")] {
        offer(&mut lanes, seq, key);
    }
    assert_eq!((next(&mut lanes, at(0)), next(&mut lanes, at(0))), (Some(1), None));
    lanes.adopt(LanesRule { rate: slow, concurrency: 3, ..RULE });
    assert_eq!(next(&mut lanes, at(0)), None, "the same rate is not filled up again");
    lanes.adopt(LanesRule { concurrency: 3, ..RULE });
    assert_eq!((next(&mut lanes, at(0)), next(&mut lanes, at(0))), (Some(2), Some(3)));
    assert_eq!((lanes.waiting(), lanes.on_way()), (0, 3));
    lanes.adopt(LanesRule { window: 0, concurrency: 0, ..RULE });
    assert_eq!(lanes.room(), 1, "a bound of nothing is one");
}

#[test]
fn what_gives_way_goes_when_nothing_else_is_ready() {
    let mut lanes = Lanes::new(LanesRule { concurrency: 8, window: 32, ..RULE });
    for seq in 1..=20 {
        let taken = offer_giving(&mut lanes, seq, &format!("old{seq}"));
        assert_eq!(taken, if seq <= 8 { Offered::Taken } else { Offered::Full }, "{seq}");
    }
    assert_eq!((lanes.room(), lanes.room_giving()), (24, 0), "most of the window stays free");
    assert_eq!((next(&mut lanes, at(0)), next(&mut lanes, at(0))), (Some(1), Some(2)));
    assert_eq!(next(&mut lanes, at(0)), None, "a quarter of the places is all it gets");
    for seq in 101..=110 {
        offer(&mut lanes, seq, &format!("new{seq}"));
    }
    let sent: Vec<u64> = std::iter::from_fn(|| next(&mut lanes, at(0))).collect();
    assert_eq!(sent, [101, 102, 103, 104, 105, 106], "the other places are for what is new");
    lanes.settle(&id(1), done(200), at(0));
    assert_eq!(next(&mut lanes, at(0)), Some(107), "also the place that a replay had");
}

/// Goal: live traffic goes first, and a replay still comes to an end.
/// Method: 200 new parcels arrive as fast as they are sent, beside a replay;
/// what counts is the order of sends, not time.
#[test]
fn under_steady_traffic_one_send_in_sixteen_is_a_replay() {
    let mut lanes = Lanes::new(LanesRule { concurrency: 1, window: 8, ..RULE });
    let (mut fresh, mut old, mut sent) = (1000, 1, Vec::new());
    while sent.len() < 200 {
        while offer_giving(&mut lanes, old, &format!("old{old}")) == Offered::Taken {
            old += 1;
        }
        while offer(&mut lanes, fresh, &format!("new{fresh}")) == Offered::Taken {
            fresh += 1;
        }
        let seq = next(&mut lanes, at(0)).expect("something is ready");
        sent.push(seq);
        lanes.settle(&id(seq), done(5000 + sent.len() as u64), at(0));
        lanes.folded(9999);
    }
    let replays: Vec<usize> = (0..200).filter(|it| sent[*it] < 1000).collect();
    assert_eq!(replays.len(), 200 / GIVING_EVERY as usize, "{replays:?}");
    assert!(replays.windows(2).all(|it| it[1] - it[0] == GIVING_EVERY as usize), "{replays:?}");
}

#[test]
fn a_replay_leaves_half_of_the_burst_to_others() {
    let rate = Rate {
        sends: NonZeroU32::new(60).unwrap(),
        period: Duration::from_secs(60),
        burst: NonZeroU32::new(9).unwrap(),
    };
    let rule = LanesRule { concurrency: 40, window: 80, rate: Some(rate), ..RULE };
    let mut lanes = Lanes::new(rule);
    for seq in 1..=20 {
        offer_giving(&mut lanes, seq, &format!("old{seq}"));
    }
    let replayed = std::iter::from_fn(|| next(&mut lanes, at(0))).count();
    assert_eq!(replayed, 5, "half of the burst of nine, and the one that is due");
    for seq in 101..=110 {
        offer(&mut lanes, seq, &format!("new{seq}"));
    }
    let live = std::iter::from_fn(|| next(&mut lanes, at(0))).count();
    assert_eq!(live, 4, "at once, as if there were no replay");
}
