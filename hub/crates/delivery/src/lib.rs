//! One destination at a time: what to send now, one try of it, and what the
//! answer means.
//!
//! The backlog is in the journal, never here. [`Lanes`] hold a small window of
//! it and choose; [`Endpoint`] makes one attempt over HTTP; [`Retry`] turns
//! what came of it into an [`Outcome`](canon::entry::Outcome) for the journal.
//! Time and randomness are arguments everywhere.
//!
//! Reading order: [`lanes`], [`breaker`], [`bucket`], [`retry`], [`classify`],
//! [`http`], [`client`], [`guard`], [`auth`].

pub mod lanes;

pub mod breaker;
pub mod bucket;

pub mod classify;
pub mod key;
pub mod retry;

pub mod body;
pub mod http;

pub mod auth;
pub mod client;
pub mod guard;
pub mod secret;

#[cfg(test)]
mod testing;

pub use auth::{Auth, Proof};
pub use breaker::{Breaker, BreakerRule};
pub use bucket::Bucket;
pub use classify::{Answer, Cause, Rules, Verdict};
pub use client::{Client, NoAnswer, Waits};
pub use guard::{AddressDenied, Networks};
pub use http::{Call, Endpoint, Tried};
pub use key::idempotency_key;
pub use lanes::{Lanes, LanesRule, Next, Offer, Offered, Settled};
pub use retry::{Retry, retry_after};
pub use secret::Secret;
