//! What is appended, and what an append answers.

use bytes::Bytes;
use canon::{
    entry::{Act, Arrival, Attempt, Refusal},
    id::EventId,
};

/// One thing to append.
#[derive(Clone, Debug)]
pub enum Draft {
    /// Accepted bytes and what they became.
    Arrival {
        /// What they became. Its trail must show every boundary passed.
        arrival: Box<Arrival>,
        /// The bytes as they came; sealed and kept beside the entry.
        raw: Option<Bytes>,
        /// SHA-256 of what makes two requests under one dedupe key the same.
        fingerprint: [u8; 32],
        /// Where the record of each event stands in the raw bytes, in the order
        /// of `arrival.events`; empty when an event is the whole arrival.
        spans: Vec<Span>,
        /// All or nothing: one version conflict refuses the whole arrival.
        atomic: bool,
    },
    /// Bytes that were turned away.
    Refusal(Box<Refusal>),
    /// One try of one delivery.
    Attempt(Box<Attempt>),
    /// Something an operator or the hub did.
    Act(Box<Act>),
}

/// Where one record stands in the raw bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Record number in the arrival, from 1.
    pub record: u64,
    /// Byte offset in the raw bytes.
    pub offset: u64,
    /// Bytes of the record.
    pub length: u64,
}

/// What came of an append. In every case it is on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// A new entry.
    Committed {
        /// Its position.
        seq: u64,
        /// Its events, without those left out as duplicates.
        events: Vec<EventId>,
        /// Events left out because their source fact was in the journal already.
        duplicates: u64,
        /// Records set aside, those with a version conflict included.
        set_aside: u64,
        /// Records of a poll left out because they were set aside before.
        set_aside_again: u64,
    },
    /// Seen before: the dedupe key, or every one of its source facts. No new
    /// entry was made.
    Duplicate {
        /// The entry that came first.
        seq: u64,
        /// What was answered then.
        answer: Answer,
    },
    /// The dedupe key was used before with another fingerprint. Nothing was kept.
    KeyReused {
        /// The entry that used it.
        first_seq: u64,
    },
}

/// What the first of two equal arrivals was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Ids of the events that are in the journal.
    pub events: Vec<EventId>,
    /// Events left out then.
    pub duplicates: u64,
    /// Records set aside then.
    pub set_aside: u64,
}

// === impl Draft ===

impl Draft {
    /// An arrival whose events each are the whole of it, as a webhook's is.
    #[must_use]
    pub fn arrival(arrival: Arrival, raw: Option<Bytes>, fingerprint: [u8; 32]) -> Self {
        Self::Arrival {
            arrival: Box::new(arrival),
            raw,
            fingerprint,
            spans: Vec::new(),
            atomic: false,
        }
    }
}
