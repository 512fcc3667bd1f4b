//! A far system that misbehaves by its seed.

use delivery::{Answer, retry::Jitter};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use std::collections::HashSet;

/// What kind of system it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Answers soon and well.
    Well,
    /// Misbehaves in so many of a hundred calls, in every way there is.
    Flaky(u64),
    /// Takes one call in so many milliseconds and says so to the others.
    Strict(i64),
    /// Does not answer before this time.
    DownUntil(i64),
    /// Never answers.
    Dead,
}

/// The far system.
#[derive(Debug)]
pub(crate) struct FarSide {
    nature: Nature,
    jitter: Jitter,
    /// Idempotency keys it has applied.
    applied: HashSet<String>,
    /// What it applied, in order: each parcel once.
    pub(crate) effects: Vec<(String, usize)>,
    takes_at: i64,
}

/// How it reacts to one call.
pub(crate) struct Reaction {
    /// After so long.
    pub(crate) took_ms: i64,
    /// `None`: the connection breaks or nothing comes.
    pub(crate) answer: Option<Answer>,
}

const GIVE_UP_MS: i64 = 15_000;

// === impl FarSide ===

impl FarSide {
    pub(crate) fn new(nature: Nature, seed: u64) -> Self {
        Self {
            nature,
            jitter: Jitter::seeded(seed),
            applied: HashSet::new(),
            effects: Vec::new(),
            takes_at: 0,
        }
    }

    /// Whether it has applied the parcel with that key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.applied.contains(key)
    }

    /// One call for parcel number `index` of `lane`.
    pub(crate) fn call(&mut self, now: i64, key: &str, lane: &str, index: usize) -> Reaction {
        let quick = 1 + self.below(50);
        match self.nature {
            Nature::Well => self.apply(key, lane, index, quick),
            Nature::Dead => none(GIVE_UP_MS),
            Nature::DownUntil(until) if now < until => none(quick),
            Nature::DownUntil(_) => self.apply(key, lane, index, quick),
            Nature::Strict(_) if now < self.takes_at => {
                let seconds = 1 + (self.takes_at - now) / 1000;
                said(429, Some(seconds), "{}", quick)
            }
            Nature::Strict(every_ms) => {
                self.takes_at = now + every_ms;
                self.apply(key, lane, index, quick)
            }
            Nature::Flaky(percent) if self.jitter.draw() % 100 < percent => {
                self.misbehave(key, lane, index, quick)
            }
            Nature::Flaky(_) => self.apply(key, lane, index, quick),
        }
    }

    fn misbehave(&mut self, key: &str, lane: &str, index: usize, quick: i64) -> Reaction {
        match self.jitter.draw() % 10 {
            0 => said(422, None, r#"{"error":"no such variant"}"#, quick),
            1 => none(GIVE_UP_MS),
            // It has the parcel, and its answer never arrives.
            2 => Reaction { answer: None, ..self.apply(key, lane, index, GIVE_UP_MS) },
            3 => none(quick),
            4 => Reaction { answer: None, ..self.apply(key, lane, index, quick) },
            5 => {
                let slow = self.below(GIVE_UP_MS);
                self.apply(key, lane, index, slow)
            }
            6 => {
                let seconds = self.below(90);
                said(429, Some(seconds), "{}", quick)
            }
            7 => said(200, None, r#"{"success":false,"errors":[{"code":"606"}]}"#, quick),
            8 => said(503, None, "<html>", quick),
            _ => said(409, None, "{}", quick),
        }
    }

    fn apply(&mut self, key: &str, lane: &str, index: usize, took_ms: i64) -> Reaction {
        if self.applied.insert(key.to_owned()) {
            self.effects.push((lane.to_owned(), index));
        }
        said(201, None, "{}", took_ms)
    }

    fn below(&mut self, limit: i64) -> i64 {
        i64::try_from(self.jitter.draw() % limit.unsigned_abs()).unwrap_or(0)
    }
}

fn none(took_ms: i64) -> Reaction {
    Reaction { took_ms, answer: None }
}

fn said(status: u16, retry_after_s: Option<i64>, body: &str, took_ms: i64) -> Reaction {
    let mut headers = HeaderMap::new();
    headers.extend(retry_after_s.map(|it| (RETRY_AFTER, it.into())));
    let status = StatusCode::from_u16(status).expect("a status");
    Reaction { took_ms, answer: Some(Answer { status, headers, body: body.into() }) }
}
