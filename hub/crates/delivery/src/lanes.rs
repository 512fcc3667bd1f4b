//! What to send to one destination now.
//!
//! A small window of the backlog stands here in lanes, one for each key. Of one
//! lane only the first parcel is on its way; lanes take turns. The breaker, the
//! destination's own rate limit and a pause it asked for hold all lanes back.
//!
//! The order of dealing with one parcel is: [`Lanes::offer`], [`Lanes::next`],
//! the attempt, its entry in the journal, [`Lanes::settle`], and when the fold
//! of deliveries has read that entry, [`Lanes::folded`]. Until then the parcel
//! is held, so an offer read from a fold that is behind cannot send it twice.
//!
//! What gives way (a replay) goes when nothing else is ready, in a share of the
//! window and of the places on the way. So that it comes to an end under steady
//! traffic, it gets one send in [`GIVING_EVERY`].

use canon::{
    clock::Timestamp,
    entry::{Outcome, ParcelId},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    num::NonZeroU32,
    time::Duration,
};

use crate::{
    breaker::{Breaker, BreakerRule, Health, Held, Permit, Position},
    bucket::Bucket,
};

/// One part in so many of the window, and of what is on its way, is the most
/// that parcels which give way may have. They have at least one place.
const GIVING_SHARE: usize = 4;
/// While others are ready all the time, one send in so many is theirs.
pub const GIVING_EVERY: u32 = 16;

/// The bounds of one destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LanesRule {
    /// Attempts under way at once, at least 1.
    pub concurrency: usize,
    /// Parcels in the window at once, at least 1.
    pub window: usize,
    /// When to stop asking.
    pub breaker: BreakerRule,
    /// How much the far side takes; none: no limit of ours.
    pub rate: Option<Rate>,
}

/// So many sends in so long, with a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub sends: NonZeroU32,
    /// In how long.
    pub period: Duration,
    /// How many of them may come at once.
    pub burst: NonZeroU32,
}

/// One parcel that has, or waits for, its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer<T> {
    /// Which.
    pub id: ParcelId,
    /// What it must stay in order with. Offers of one key come oldest first.
    pub key: String,
    /// It goes when nothing else is ready: a replay.
    pub gives_way: bool,
    /// Whatever the caller needs to send it.
    pub load: T,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// It stands in its lane.
    Taken,
    /// It is held already.
    Known,
    /// The last try of its key is not folded yet: what was offered may be old.
    Unsettled,
    /// The window is full.
    Full,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<T> {
    /// Send this one.
    Send(Offer<T>),
    /// Nothing before that time, unless something is settled or offered.
    Wait(Timestamp),
    /// Nothing until something is settled or offered.
    Idle,
}

/// What came of one try, as far as lanes care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// Where the try stands in the journal.
    pub seq: u64,
    /// Whether the parcel is finished: done or dead, not to be tried again.
    pub finished: bool,
    /// What the try says about the far side.
    pub health: Health,
    /// Until when the far side asked to be left alone.
    pub pause_until: Option<Timestamp>,
}

/// The lanes of one destination.
#[derive(Debug)]
pub struct Lanes<T> {
    rule: LanesRule,
    lanes: HashMap<String, Lane<T>>,
    /// Keys whose first parcel may go, in turn.
    ready: VecDeque<String>,
    /// The same for those whose first parcel gives way.
    giving: VecDeque<String>,
    giving_waiting: usize,
    giving_on_way: usize,
    /// Sends since one that gave way, while one was ready.
    passed_over: u32,
    on_way: HashMap<ParcelId, OnWay>,
    /// Tries the fold has not read yet, by their place in the journal.
    unfolded: BTreeMap<u64, Vec<(ParcelId, String)>>,
    held: HashSet<ParcelId>,
    waiting: usize,
    breaker: Breaker,
    bucket: Option<Bucket>,
    pause_until: Option<Timestamp>,
}

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<Offer<T>>,
    is_busy: bool,
    unfolded: usize,
}

#[derive(Debug)]
struct OnWay {
    key: String,
    permit: Permit,
    gives_way: bool,
}

/// Which queue has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// The one that everything is in but replays.
    Ready,
    /// Nothing else is ready, so this one may go.
    Giving,
    /// It was passed over often enough.
    GivingDue,
}

// === impl Rate ===

impl Rate {
    fn bucket(self) -> Bucket {
        Bucket::new(self.sends, self.period, self.burst)
    }
}

// === impl Settled ===

impl Settled {
    /// What entry `seq` of the journal says of a try, and what its verdict
    /// showed. A far side that wants fewer requests is left alone until the
    /// parcel's own turn, whether it named a time or not.
    #[must_use]
    pub fn of(seq: u64, outcome: &Outcome, health: Health, is_throttled: bool) -> Self {
        let pause_until = match outcome {
            Outcome::Later { not_before, .. } if is_throttled => Some(*not_before),
            Outcome::Later { .. } | Outcome::Done { .. } | Outcome::Refused { .. } => None,
        };
        let finished = !matches!(outcome, Outcome::Later { .. });
        Self { seq, finished, health, pause_until }
    }
}

// === impl Lanes ===

impl<T> Lanes<T> {
    /// Empty lanes.
    #[must_use]
    pub fn new(rule: LanesRule) -> Self {
        Self {
            rule,
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            giving: VecDeque::new(),
            giving_waiting: 0,
            giving_on_way: 0,
            passed_over: 0,
            on_way: HashMap::new(),
            unfolded: BTreeMap::new(),
            held: HashSet::new(),
            waiting: 0,
            breaker: Breaker::new(rule.breaker),
            bucket: rule.rate.map(Rate::bucket),
            pause_until: None,
        }
    }

    /// Takes other bounds from now on: the settings were changed. What stands
    /// here and what is known about the far side stays.
    pub fn adopt(&mut self, rule: LanesRule) {
        if rule.rate != self.rule.rate {
            self.bucket = rule.rate.map(Rate::bucket);
        }
        self.breaker.adopt(rule.breaker);
        self.rule = rule;
    }

    /// How many more parcels the window takes.
    #[must_use]
    pub fn room(&self) -> usize {
        self.rule.window.max(1).saturating_sub(self.waiting)
    }

    /// How many more parcels that give way the window takes.
    #[must_use]
    pub fn room_giving(&self) -> usize {
        let share = (self.rule.window / GIVING_SHARE).max(1);
        share.saturating_sub(self.giving_waiting).min(self.room())
    }

    /// Parcels that are not to be offered: waiting here, on their way, or tried
    /// and not folded yet.
    #[must_use]
    pub fn held(&self) -> &HashSet<ParcelId> {
        &self.held
    }

    /// How many wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Until when the far side asked to be left alone, if it did.
    #[must_use]
    pub fn pause_until(&self) -> Option<Timestamp> {
        self.pause_until
    }

    /// How many are on their way.
    #[must_use]
    pub fn on_way(&self) -> usize {
        self.on_way.len()
    }

    /// What the breaker does.
    #[must_use]
    pub fn breaker(&self) -> Position {
        self.breaker.position()
    }

    /// Puts a parcel into its lane.
    pub fn offer(&mut self, offer: Offer<T>) -> Offered {
        if self.held.contains(&offer.id) {
            return Offered::Known;
        }
        if self.room() == 0 || (offer.gives_way && self.room_giving() == 0) {
            return Offered::Full;
        }
        let lane = self.lanes.entry(offer.key.clone()).or_insert_with(Lane::empty);
        if lane.unfolded > 0 {
            return Offered::Unsettled;
        }
        if lane.waiting.is_empty() && !lane.is_busy {
            let queue = if offer.gives_way { &mut self.giving } else { &mut self.ready };
            queue.push_back(offer.key.clone());
        }
        self.held.insert(offer.id.clone());
        self.waiting += 1;
        self.giving_waiting += usize::from(offer.gives_way);
        lane.waiting.push_back(offer);
        Offered::Taken
    }

    /// The parcel to send at `now`. Its lane is closed until it is settled.
    pub fn next(&mut self, now: Timestamp) -> Next<T> {
        let Some(turn) = self.turn() else { return Next::Idle };
        if let Some(until) = self.pause_until.filter(|until| now < *until) {
            return Next::Wait(until);
        }
        self.pause_until = None;
        let permit = match self.breaker.permit(now) {
            Ok(permit) => permit,
            Err(Held::Until(until)) => return Next::Wait(until),
            Err(Held::Probing) => return Next::Idle,
        };
        let leave = self.bucket.as_mut().map(|bucket| match turn {
            Turn::Ready | Turn::GivingDue => bucket.take(now),
            Turn::Giving => bucket.take_sparing(now),
        });
        if let Some(Err(until)) = leave {
            self.breaker.settle(permit, Health::Unknown, now);
            return Next::Wait(until);
        }
        match self.take(turn) {
            Some(offer) => {
                let gives_way = offer.gives_way;
                self.passed_over = match turn {
                    Turn::Ready if !self.giving.is_empty() => self.passed_over.saturating_add(1),
                    Turn::Ready | Turn::Giving | Turn::GivingDue => 0,
                };
                self.giving_on_way += usize::from(gives_way);
                let on_way = OnWay { key: offer.key.clone(), permit, gives_way };
                self.on_way.insert(offer.id.clone(), on_way);
                Next::Send(offer)
            }
            None => {
                self.breaker.settle(permit, Health::Unknown, now);
                Next::Idle
            }
        }
    }

    /// Takes in what came of a try that is in the journal.
    pub fn settle(&mut self, id: &ParcelId, settled: Settled, now: Timestamp) {
        let Some(OnWay { key, permit, gives_way }) = self.on_way.remove(id) else { return };
        self.giving_on_way -= usize::from(gives_way);
        self.breaker.settle(permit, settled.health, now);
        self.pause_until = self.pause_until.max(settled.pause_until);
        if !settled.finished {
            // It keeps its turn. What stands behind it goes back, to be
            // offered again when its turn has come.
            self.send_back(&key);
        }
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.is_busy = false;
            lane.unfolded += 1;
            match lane.waiting.front() {
                Some(next) if next.gives_way => self.giving.push_back(key.clone()),
                Some(_) => self.ready.push_back(key.clone()),
                None => {}
            }
        }
        self.unfolded.entry(settled.seq).or_default().push((id.clone(), key));
    }

    /// A try that never happened and is not in the journal: the parcel is free
    /// to be offered again.
    pub fn give_back(&mut self, id: &ParcelId, now: Timestamp) {
        let Some(OnWay { key, permit, gives_way }) = self.on_way.remove(id) else { return };
        self.giving_on_way -= usize::from(gives_way);
        self.breaker.settle(permit, Health::Unknown, now);
        self.held.remove(id);
        self.send_back(&key);
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.is_busy = false;
        }
        self.drop_if_empty(&key);
    }

    /// The fold of deliveries has read the journal up to `seq`.
    pub fn folded(&mut self, seq: u64) {
        let later = self.unfolded.split_off(&seq.saturating_add(1));
        let folded = std::mem::replace(&mut self.unfolded, later);
        for (id, key) in folded.into_values().flatten() {
            self.held.remove(&id);
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.unfolded = lane.unfolded.saturating_sub(1);
            }
            self.drop_if_empty(&key);
        }
    }

    /// Which queue may send now; none when the places are taken or nothing waits.
    fn turn(&self) -> Option<Turn> {
        let places = self.rule.concurrency.max(1);
        if self.on_way.len() >= places {
            return None;
        }
        let has_place = self.giving_on_way < (places / GIVING_SHARE).max(1);
        let may_give = !self.giving.is_empty() && has_place;
        match (self.ready.is_empty(), may_give) {
            (true, false) => None,
            (true, true) => Some(Turn::Giving),
            (false, true) if self.passed_over + 1 >= GIVING_EVERY => Some(Turn::GivingDue),
            (false, _) => Some(Turn::Ready),
        }
    }

    /// The first parcel of the lane whose turn it is.
    fn take(&mut self, turn: Turn) -> Option<Offer<T>> {
        let queue = match turn {
            Turn::Ready => &mut self.ready,
            Turn::Giving | Turn::GivingDue => &mut self.giving,
        };
        while let Some(key) = queue.pop_front() {
            if let Some(lane) = self.lanes.get_mut(&key)
                && let Some(offer) = lane.waiting.pop_front()
            {
                lane.is_busy = true;
                self.waiting -= 1;
                self.giving_waiting -= usize::from(offer.gives_way);
                return Some(offer);
            }
        }
        None
    }

    /// What waits in a lane is free to be offered again.
    fn send_back(&mut self, key: &str) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        for behind in lane.waiting.drain(..) {
            self.held.remove(&behind.id);
            self.waiting -= 1;
            self.giving_waiting -= usize::from(behind.gives_way);
        }
    }

    fn drop_if_empty(&mut self, key: &str) {
        if self.lanes.get(key).is_some_and(Lane::is_empty) {
            self.lanes.remove(key);
        }
    }
}

// === impl Lane ===

impl<T> Lane<T> {
    fn empty() -> Self {
        Self { waiting: VecDeque::new(), is_busy: false, unfolded: 0 }
    }

    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && !self.is_busy && self.unfolded == 0
    }
}

#[cfg(test)]
mod tests;
