//! One destination as the hub runs it: a backlog in a fold that lags behind the
//! journal, lanes, attempts; and a witness who knows what must hold.

use adapter_kit::manifest::Reply;
use canon::{
    clock::Timestamp,
    entry::{Outcome, ParcelId},
};
use delivery::{
    BreakerRule, Cause, Lanes, LanesRule, Next, Offer, Offered, Retry, Rules, Settled, Verdict,
    lanes::Rate, retry::Jitter,
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    num::NonZeroU32,
    time::Duration,
};

use crate::far_side::{FarSide, Nature, Reaction};

pub(crate) const CONCURRENCY: usize = 3;
const SENDS_A_SECOND: u32 = 4;
const BURST: u32 = 2;

/// What the world has to do for a destination later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Later {
    /// Parcel number so and so comes into the backlog.
    Arrives(usize),
    /// The try of a parcel is over. The second number says in which life.
    Tried(usize, u32),
    /// The fold reads the journal up to there.
    Folds(u64),
    /// Something is due.
    Wakes,
    /// kill -9, and started again.
    Crashes,
}

/// A fault planted into the driver, to see that the witness finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Planted {
    /// None.
    Nothing,
    /// Tells the lanes that an entry is folded before it is.
    FoldsTooEarly,
    /// Journals a last try as one to be repeated.
    NeverGivesUp,
    /// Tells the lanes that a parcel to be repeated is finished.
    LosesItsTurn,
    /// Forgets what the far side asked for.
    IgnoresPauses,
}

#[derive(Clone, Debug, Default)]
struct Parcel {
    key: String,
    has_arrived: bool,
    is_finished: bool,
    attempts: u32,
    due_ms: i64,
}

/// One destination.
pub(crate) struct Destination {
    pub(crate) far: FarSide,
    /// When which parcel was sent for the how manieth time.
    pub(crate) sends: Vec<(i64, usize, u32)>,
    /// What must never happen, and did.
    pub(crate) violations: Vec<String>,
    retry: Retry,
    rules: Rules,
    planted: Planted,
    is_greedy: bool,
    jitter: Jitter,
    lanes: Lanes<u32>,
    life: u32,
    life_from_ms: i64,
    /// As the fold knows them.
    folded: Vec<Parcel>,
    /// As the journal has them.
    truth: Vec<Parcel>,
    journal: VecDeque<(u64, usize, Parcel)>,
    on_way: HashMap<usize, (u32, Reaction)>,
    pause_until_ms: i64,
    wakes_at: Option<i64>,
}

fn rule() -> LanesRule {
    let count = |number| NonZeroU32::new(number).expect("not zero");
    LanesRule {
        concurrency: CONCURRENCY,
        window: 4,
        breaker: BreakerRule {
            failures: 3,
            pause: Duration::from_secs(5),
            pause_max: Duration::from_secs(60),
            probes: 1,
        },
        rate: Some(Rate {
            sends: count(SENDS_A_SECOND),
            period: Duration::from_secs(1),
            burst: count(BURST),
        }),
    }
}

fn throttle() -> Reply {
    let body = Some(("/errors/0/code".to_owned(), vec!["606".to_owned()]));
    Reply { status: 200, body, header: None }
}

fn id(index: usize) -> ParcelId {
    let seq = u64::try_from(index).expect("small");
    ParcelId { seq, index: 0, destination: "far".to_owned() }
}

// === impl Destination ===

impl Destination {
    pub(crate) fn new(nature: Nature, seed: u64, parcels: usize, planted: Planted) -> Self {
        let mut jitter = Jitter::seeded(seed);
        let keys = 1 + jitter.draw() % 4;
        let parcel = |_| Parcel { key: format!("k{}", jitter.draw() % keys), ..Parcel::default() };
        let truth: Vec<Parcel> = (0..parcels).map(parcel).collect();
        Self {
            far: FarSide::new(nature, seed ^ 0xFA5),
            sends: Vec::new(),
            violations: Vec::new(),
            retry: Retry {
                base: Duration::from_millis(500),
                cap: Duration::from_secs(30),
                attempts_max: 5,
            },
            rules: Rules { throttle: vec![throttle()], ..Rules::default() },
            planted,
            is_greedy: seed % 2 == 1,
            lanes: Lanes::new(rule()),
            life: 0,
            life_from_ms: 0,
            folded: truth.clone(),
            truth,
            journal: VecDeque::new(),
            on_way: HashMap::new(),
            pause_until_ms: 0,
            wakes_at: None,
            jitter,
        }
    }

    /// When each parcel arrives.
    pub(crate) fn arrivals(&mut self) -> Vec<(i64, Later)> {
        let mut at = 0;
        (0..self.truth.len())
            .map(|index| {
                at += i64::try_from(self.jitter.draw() % 400).expect("small");
                (at, Later::Arrives(index))
            })
            .collect()
    }

    /// Does what is due, and says what comes next.
    pub(crate) fn handle(&mut self, now: i64, later: Later, seq: &mut u64) -> Vec<(i64, Later)> {
        let mut agenda = Vec::new();
        match later {
            Later::Arrives(index) => {
                self.folded[index].has_arrived = true;
                self.truth[index].has_arrived = true;
            }
            Later::Tried(index, life) if life == self.life => {
                agenda.extend(self.tried(now, index, seq));
            }
            // It came from a life before the crash: nobody is there to note it.
            Later::Tried(..) => {}
            Later::Folds(upto) => {
                self.fold(upto);
                self.lanes.folded(upto);
            }
            Later::Wakes => self.wakes_at = None,
            Later::Crashes => self.crash(now),
        }
        self.send(now, &mut agenda);
        agenda
    }

    /// Asks the witness what is missing when all is quiet.
    pub(crate) fn finish(&mut self) {
        for index in 0..self.truth.len() {
            if !self.truth[index].is_finished {
                self.violations.push(format!("parcel {index} was lost"));
            }
        }
        let mut last: HashMap<&str, usize> = HashMap::new();
        for (lane, index) in &self.far.effects {
            if let Some(before) = last.insert(lane, *index).filter(|before| before > index) {
                self.violations.push(format!("{lane}: {index} took effect after {before}"));
            }
        }
    }

    /// What was not in the journal never was.
    fn crash(&mut self, now: i64) {
        self.life += 1;
        self.life_from_ms = now;
        self.on_way.clear();
        self.lanes = Lanes::new(rule());
        self.pause_until_ms = 0;
        self.fold(u64::MAX);
    }

    fn tried(&mut self, now: i64, index: usize, seq: &mut u64) -> Vec<(i64, Later)> {
        let Some((attempt, Reaction { answer, .. })) = self.on_way.remove(&index) else {
            self.violations.push(format!("parcel {index} was not on its way"));
            return Vec::new();
        };
        let at = Timestamp::from_ms(now);
        let verdict = match &answer {
            Some(answer) => self.rules.judge(answer, at, &[]),
            None => Verdict::Later { reason: String::new(), after: None, cause: Cause::Failing },
        };
        let (health, is_throttled) = (verdict.health(), verdict.is_throttled());
        let attempt_told = if self.planted == Planted::NeverGivesUp { 1 } else { attempt };
        let outcome = self.retry.outcome(verdict, attempt_told, at, self.jitter.draw());
        let parcel = &mut self.truth[index];
        parcel.attempts = attempt;
        match &outcome {
            Outcome::Later { not_before, .. } => parcel.due_ms = not_before.as_ms(),
            Outcome::Done { .. } | Outcome::Refused { .. } => parcel.is_finished = true,
        }
        if matches!(outcome, Outcome::Done { .. }) && !self.far.has(&format!("key-{index}")) {
            self.violations.push(format!("parcel {index} is done, and the far side has it not"));
        }
        *seq += 1;
        self.journal.push_back((*seq, index, parcel.clone()));
        let mut settled = Settled::of(*seq, &outcome, health, is_throttled);
        let pause_until_ms = settled.pause_until.map_or(0, Timestamp::as_ms);
        self.pause_until_ms = self.pause_until_ms.max(pause_until_ms);
        match self.planted {
            Planted::LosesItsTurn => settled.finished = true,
            Planted::IgnoresPauses => settled.pause_until = None,
            Planted::Nothing | Planted::FoldsTooEarly | Planted::NeverGivesUp => {}
        }
        self.lanes.settle(&id(index), settled, at);
        if self.planted == Planted::FoldsTooEarly {
            self.lanes.folded(*seq);
        }
        let lag = i64::try_from(self.jitter.draw() % 40).expect("small");
        vec![(now + lag, Later::Folds(*seq))]
    }

    fn fold(&mut self, upto: u64) {
        while let Some((_, index, parcel)) = self.journal.pop_front_if(|(seq, ..)| *seq <= upto) {
            self.folded[index] = parcel;
        }
    }

    /// What the dispatcher does whenever something has changed.
    fn send(&mut self, now: i64, agenda: &mut Vec<(i64, Later)>) {
        let at = Timestamp::from_ms(now);
        self.offer(now);
        let wait = loop {
            match self.lanes.next(at) {
                Next::Send(offer) => {
                    let index = usize::try_from(offer.id.seq).expect("small");
                    self.witness(now, index, offer.load);
                    let key = format!("key-{index}");
                    let reaction = self.far.call(now, &key, &offer.key, index);
                    agenda.push((now + reaction.took_ms, Later::Tried(index, self.life)));
                    self.on_way.insert(index, (offer.load, reaction));
                    self.sends.push((now, index, offer.load));
                    self.offer(now);
                }
                Next::Wait(until) => break Some(until.as_ms()),
                Next::Idle => break None,
            }
        };
        let due = self.folded.iter().filter(|it| it.has_arrived && !it.is_finished);
        let due = due.map(|it| it.due_ms).filter(|due| *due > now).min();
        let wake = wait.into_iter().chain(due).min();
        if let Some(wake) = wake.filter(|wake| self.wakes_at.is_none_or(|known| *wake < known)) {
            self.wakes_at = Some(wake);
            agenda.push((wake, Later::Wakes));
        }
    }

    /// Offers parcels as the fold knows them, oldest first: of each key the
    /// first, or on every other seed as many as are due.
    fn offer(&mut self, now: i64) {
        let mut closed: HashSet<&str> = HashSet::new();
        for (index, parcel) in self.folded.iter().enumerate() {
            if parcel.is_finished || closed.contains(parcel.key.as_str()) {
                continue;
            }
            let is_due = parcel.has_arrived && parcel.due_ms <= now;
            // Some are replays: they may wait for others, and are never lost.
            let gives_way = index % 3 == 0;
            let load = parcel.attempts + 1;
            let room = if gives_way { self.lanes.room_giving() } else { self.lanes.room() };
            let offer = Offer { id: id(index), key: parcel.key.clone(), gives_way, load };
            let offered = match is_due && room > 0 {
                true => self.lanes.offer(offer),
                false => Offered::Unsettled,
            };
            match offered {
                Offered::Taken | Offered::Known if self.is_greedy => {}
                Offered::Taken | Offered::Known | Offered::Unsettled => {
                    closed.insert(&parcel.key);
                }
                Offered::Full => self.violations.push("there was room, and there is not".into()),
            }
        }
    }

    /// What must hold whenever a parcel is sent.
    fn witness(&mut self, now: i64, index: usize, attempt: u32) {
        let parcel = &self.truth[index];
        let mut must = |holds: bool, what: &str| {
            if !holds {
                self.violations.push(format!("{now} ms, parcel {index}, try {attempt}: {what}"));
            }
        };
        let same_key = |other: &usize| self.truth[*other].key == parcel.key;
        let earlier_are_finished =
            (0..index).filter(same_key).all(|other| self.truth[other].is_finished);
        must(earlier_are_finished, "an earlier parcel of its key is not finished");
        must(!self.on_way.keys().any(same_key), "its key is on its way already");
        must(!parcel.is_finished, "it is finished");
        must(attempt == parcel.attempts + 1, "the number of the try is not the next one");
        must(attempt <= self.retry.attempts_max, "its tries are used up");
        must(now >= parcel.due_ms, "it is not due");
        must(now >= self.pause_until_ms, "the far side asked for a pause");
        must(self.on_way.len() < CONCURRENCY, "too many are on their way");
        let from = (now - 999).max(self.life_from_ms);
        let lately = self.sends.iter().rev().take_while(|(at, ..)| *at >= from).count();
        let most = usize::try_from(SENDS_A_SECOND + BURST).expect("small");
        must(lately < most, "the rate is exceeded");
    }
}
