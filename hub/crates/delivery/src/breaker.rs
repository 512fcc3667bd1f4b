//! Stops asking a far side that is down, and finds out carefully when it is
//! back.
//!
//! Closed: everything goes. After so many failures in a row: open, nothing
//! goes. After the pause: half-open, a few probes go; if they all succeed it
//! closes, at the first failure it opens again for twice as long.

use canon::clock::Timestamp;
use std::time::Duration;

/// When to open, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerRule {
    /// Failures in a row that open it, at least 1.
    pub failures: u32,
    /// First pause.
    pub pause: Duration,
    /// Longest pause.
    pub pause_max: Duration,
    /// Probes that must succeed, and that may be under way at once; at least 1.
    pub probes: u32,
}

/// Lets tries through, or not.
#[derive(Clone, Debug)]
pub struct Breaker {
    rule: BreakerRule,
    state: State,
    /// Counts openings and closings: results from before the last one are old news.
    epoch: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Timestamp, pause: Duration },
    HalfOpen { pause: Duration, under_way: u32, succeeded: u32 },
}

/// Leave to make one try. Hand it back with the result.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a permit that is not handed back keeps its place"]
pub struct Permit {
    epoch: u64,
}

/// Why there is no permit now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Ask again then.
    Until(Timestamp),
    /// The probes are under way: ask again when one of them is back.
    Probing,
}

/// What a try says about the far side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It answered as a working system does, if only to refuse.
    Alive,
    /// It did not.
    Failing,
    /// The try says nothing about it.
    Unknown,
}

/// What a breaker does, for metrics and the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Everything goes.
    Closed,
    /// Nothing goes.
    Open,
    /// Probes go.
    HalfOpen,
}

// === impl Breaker ===

impl Breaker {
    /// Closed.
    #[must_use]
    pub fn new(rule: BreakerRule) -> Self {
        Self { rule, state: State::Closed { failures: 0 }, epoch: 0 }
    }

    /// Goes by another rule from now on.
    pub fn adopt(&mut self, rule: BreakerRule) {
        self.rule = rule;
    }

    /// What it does.
    #[must_use]
    pub fn position(&self) -> Position {
        match self.state {
            State::Closed { .. } => Position::Closed,
            State::Open { .. } => Position::Open,
            State::HalfOpen { .. } => Position::HalfOpen,
        }
    }

    /// Leave for one try at `now`.
    ///
    /// # Errors
    /// When to ask again.
    pub fn permit(&mut self, now: Timestamp) -> Result<Permit, Held> {
        if let State::Open { until, pause } = self.state {
            // An hour set back on the clock must not keep it open for an hour.
            let until = until.min(now.plus(pause));
            if now < until {
                self.state = State::Open { until, pause };
                return Err(Held::Until(until));
            }
            self.state = State::HalfOpen { pause, under_way: 0, succeeded: 0 };
        }
        if let State::HalfOpen { under_way, succeeded, .. } = &mut self.state {
            if *under_way + *succeeded >= self.rule.probes.max(1) {
                return Err(Held::Probing);
            }
            *under_way += 1;
        }
        Ok(Permit { epoch: self.epoch })
    }

    /// Takes the permit back with what its try showed.
    pub fn settle(&mut self, permit: Permit, health: Health, now: Timestamp) {
        if permit.epoch != self.epoch {
            return;
        }
        match (&mut self.state, health) {
            (State::Closed { failures }, Health::Alive) => *failures = 0,
            (State::Closed { failures }, Health::Failing) => {
                *failures += 1;
                if *failures >= self.rule.failures.max(1) {
                    self.open(self.rule.pause, now);
                }
            }
            (State::HalfOpen { under_way, succeeded, .. }, Health::Alive) => {
                *under_way = under_way.saturating_sub(1);
                *succeeded += 1;
                if *succeeded >= self.rule.probes.max(1) {
                    self.epoch += 1;
                    self.state = State::Closed { failures: 0 };
                }
            }
            (State::HalfOpen { pause, .. }, Health::Failing) => {
                let longer = pause.saturating_mul(2).min(self.rule.pause_max);
                self.open(longer.max(self.rule.pause), now);
            }
            (State::HalfOpen { under_way, .. }, Health::Unknown) => {
                *under_way = under_way.saturating_sub(1);
            }
            (State::Closed { .. }, Health::Unknown) | (State::Open { .. }, _) => {}
        }
    }

    fn open(&mut self, pause: Duration, now: Timestamp) {
        self.epoch += 1;
        self.state = State::Open { until: now.plus(pause), pause };
    }
}

#[cfg(test)]
mod tests;
