//! What can be done to a draft before the writer has it: checks, hashes, sealing.
//!
//! The writer is one thread for all, so whatever does not need the state of the
//! journal is done here, on the caller's side.

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use canon::entry::{Arrival, Body, Boundary, Crossing};

use crate::{Draft, Error, Seal, Span, leaf, seal::random};

/// Every boundary, in walking order.
const WALK: [Boundary; 5] =
    [Boundary::Admit, Boundary::Quota, Boundary::Decode, Boundary::Validate, Boundary::Map];

/// The largest sequence that JSON readers keep exact; stands for any in estimates.
const SEQ_MAX: u64 = 1 << 53;

/// A draft that is ready to be settled.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) body: Body,
    /// The body as it will be stored, unless duplicates are left out of it.
    pub(crate) json: Vec<u8>,
    pub(crate) salt: [u8; 32],
    pub(crate) kept: Kept,
}

/// What is stored beside an arrival's entry; empty for the other kinds.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) spans: Vec<Span>,
    /// One for each event, in order.
    pub(crate) facts: Vec<Fact>,
}

// === impl Kept ===

impl Kept {
    pub(crate) fn beside(&self, body: &Body) -> leaf::Beside {
        let Body::Arrival(arrival) = body else { return leaf::Beside::default() };
        leaf::Beside {
            raw_kept: self.sealed.is_some(),
            fingerprint: arrival.dedupe_key.as_ref().map(|_| self.fingerprint),
        }
    }
}

/// A source fact: an event's id and the hash of what it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    pub(crate) id: [u8; 16],
    pub(crate) data: [u8; 32],
}

// === impl Prepared ===

impl Prepared {
    pub(crate) fn new(draft: Draft, seal: &Seal) -> Result<Self, Error> {
        let mut kept = Kept::default();
        let body = match draft {
            Draft::Arrival { arrival, raw, fingerprint, spans } => {
                check_arrival(&arrival, raw.as_ref(), &spans)?;
                kept = Kept {
                    sealed: raw.map(|raw| seal.seal(&arrival.id, &raw)).transpose()?,
                    facts: facts(&arrival)?,
                    fingerprint,
                    spans,
                };
                Body::Arrival(*arrival)
            }
            Draft::Refusal(refusal) => Body::Refusal(*refusal),
            Draft::Attempt(attempt) => Body::Attempt(*attempt),
            Draft::Act(act) => Body::Act(*act),
        };
        leaf::leaf(
            (SEQ_MAX, canon::clock::Timestamp::from_ms(0)),
            &body,
            &[0; 32],
            kept.beside(&body),
        )
        .map_err(|bytes| {
            let fault = format!(
                "its ledger leaf would have {bytes} bytes, at most {} are allowed",
                leaf::LEAF_BYTES_MAX
            );
            unfit(&body, fault)
        })?;
        Ok(Self { json: json(&body)?, body, salt: random::<32>()?, kept })
    }

    /// About how much memory and disk it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.json.len() * 2 + self.kept.sealed.as_ref().map_or(0, Vec::len) + 1024
    }
}

/// The body as stored: the kind stands in its own column.
pub(crate) fn json(body: &Body) -> Result<Vec<u8>, Error> {
    match body {
        Body::Arrival(it) => serde_json::to_vec(it),
        Body::Refusal(it) => serde_json::to_vec(it),
        Body::Attempt(it) => serde_json::to_vec(it),
        Body::Act(it) => serde_json::to_vec(it),
    }
    .map_err(|error| unfit(body, error.to_string()))
}

fn unfit(body: &Body, fault: String) -> Error {
    let id = match body {
        Body::Arrival(it) => it.id.clone(),
        Body::Refusal(it) => it.id.clone(),
        Body::Attempt(it) => it.key.clone(),
        Body::Act(it) => it.actor.clone(),
    };
    Error::Unfit { id, fault }
}

fn check_arrival(arrival: &Arrival, raw: Option<&Bytes>, spans: &[Span]) -> Result<(), Error> {
    let whole = WALK.map(|boundary| Crossing { boundary, refused: None });
    if arrival.trail != whole {
        return Err(Error::TrailIncomplete { id: arrival.id.clone() });
    }
    let unfit = |fault: String| Err(Error::Unfit { id: arrival.id.clone(), fault });
    if !spans.is_empty() && spans.len() != arrival.events.len() {
        return unfit(format!("{} spans for {} events", spans.len(), arrival.events.len()));
    }
    let Some(raw) = raw else { return Ok(()) };
    if arrival.raw_bytes != raw.len() as u64 {
        return unfit(format!("raw_bytes is {}, there are {}", arrival.raw_bytes, raw.len()));
    }
    let found = hex::encode(digest(&SHA256, raw));
    if arrival.raw_sha256 != found {
        return unfit(format!("raw_sha256 is {}, the bytes give {found}", arrival.raw_sha256));
    }
    Ok(())
}

/// The source facts of an arrival's events, in order.
pub(crate) fn facts(arrival: &Arrival) -> Result<Vec<Fact>, Error> {
    let fact = |event: &canon::event::Event| {
        let mut fact = Fact { id: [0; 16], data: [0; 32] };
        hex::decode_to_slice(event.id.as_str(), &mut fact.id).map_err(|_| Error::Unfit {
            id: arrival.id.clone(),
            fault: format!("event id {:?} is not 32 hex digits", event.id.as_str()),
        })?;
        let data = digest(&SHA256, event.data.get().as_bytes());
        fact.data.iter_mut().zip(data.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(fact)
    };
    arrival.events.iter().map(fact).collect()
}
