//! What can be done to a draft before the writer has it: checks, hashes, sealing.
//!
//! The writer is one thread for all, so whatever does not need the state of the
//! journal is done here, on the caller's side.

use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;
use canon::{
    clock::Timestamp,
    entity::Action,
    entry::{Arrival, Body, Boundary, Crossing, Entry},
    event::Event,
    id::EventId,
};

use std::sync::Arc;

use crate::{Draft, Error, Seal, Span, aside, leaf, recent::Written, seal::random};

/// Between the parts of a hashed name, so that no two lists of parts collide.
const SEPARATOR: &[u8] = b"\x1f";

/// Every boundary, in walking order.
const WALK: [Boundary; 5] =
    [Boundary::Admit, Boundary::Quota, Boundary::Decode, Boundary::Validate, Boundary::Map];

/// With so many crossings a leaf is never too long: all texts in it are shortened.
const TRAIL_SURE_MAX: usize = 32;

/// The largest sequence that JSON readers keep exact; stands for any in estimates.
const SEQ_MAX: u64 = 1 << 53;

/// A draft that is ready to be settled.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) body: Body,
    /// The body as it will be stored, unless duplicates are left out of it.
    pub(crate) json: Vec<u8>,
    pub(crate) salt: [u8; 32],
    /// To `json`; see [`leaf::commitment`].
    pub(crate) commitment: [u8; 32],
    /// What the ledger hashes; made when its position is known.
    pub(crate) leaf: Vec<u8>,
    pub(crate) kept: Kept,
}

/// What is left of an item when it is settled, for its owner to throw away.
#[derive(Debug)]
pub(crate) struct Spent {
    _body: Option<Body>,
    _json: Vec<u8>,
    _kept: Kept,
}

/// What is stored beside an arrival's entry; empty for the other kinds.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) sealed: Option<Vec<u8>>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) spans: Vec<Span>,
    pub(crate) atomic: bool,
    /// One for each event, in order.
    pub(crate) facts: Vec<Fact>,
    /// Of a poll: records are known again by their bytes.
    pub(crate) raw: Option<Bytes>,
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
    pub(crate) action: Action,
    /// Hash of data and action: what a source without versions says.
    pub(crate) state: [u8; 16],
    /// Hash of channel, entity and source id: what it is about.
    pub(crate) thing: [u8; 16],
}

// === impl Prepared ===

impl Prepared {
    pub(crate) fn new(draft: Draft, seal: &Seal) -> Result<Self, Error> {
        let mut kept = Kept::default();
        let body = match draft {
            Draft::Arrival { mut arrival, raw, fingerprint, spans, atomic } => {
                check_arrival(&arrival, raw.as_ref(), &spans)?;
                let polled = raw.clone().filter(|_| aside::is_polled(&arrival));
                if let Some(raw) = &polled {
                    for it in &mut arrival.set_aside {
                        it.record_sha256 = Some(record_sha256(raw, it.offset, it.length));
                    }
                }
                kept = Kept {
                    sealed: raw.map(|raw| seal.seal(&arrival.id, &raw)).transpose()?,
                    facts: facts(&arrival)?,
                    fingerprint,
                    spans,
                    atomic,
                    raw: polled,
                };
                Body::Arrival(*arrival)
            }
            Draft::Refusal(refusal) => Body::Refusal(*refusal),
            Draft::Attempt(attempt) => Body::Attempt(*attempt),
            Draft::Act(act) => Body::Act(*act),
        };
        if trail_of(&body).len() > TRAIL_SURE_MAX {
            check_leaf(&body, &kept)?;
        }
        let (json, salt) = (json(&body)?, random::<32>()?);
        let commitment = leaf::commitment(&salt, &json);
        Ok(Self { json, body, salt, commitment, leaf: Vec::new(), kept })
    }

    /// Writes the body as JSON anew: it is not what was given any more.
    pub(crate) fn rewrite(&mut self) -> Result<(), Error> {
        self.json = json(&self.body)?;
        self.commitment = leaf::commitment(&self.salt, &self.json);
        Ok(())
    }

    /// The entry it has become, and what is left of it.
    pub(crate) fn into_written(self, seq: u64, at: Timestamp) -> (Written, Spent) {
        let entry = Arc::new(Entry { seq, at, body: self.body });
        let written = Written { entry, leaf: self.leaf, body_bytes: self.json.len() };
        (written, Spent { _body: None, _json: self.json, _kept: self.kept })
    }

    /// What is left of it when it has become none.
    pub(crate) fn into_spent(self) -> Spent {
        Spent { _body: Some(self.body), _json: self.json, _kept: self.kept }
    }

    /// About how much memory and disk it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.json.len() * 2 + self.kept.sealed.as_ref().map_or(0, Vec::len) + 1024
    }
}

fn trail_of(body: &Body) -> &[Crossing] {
    match body {
        Body::Arrival(it) => &it.trail,
        Body::Refusal(it) => &it.trail,
        Body::Attempt(_) | Body::Act(_) => &[],
    }
}

/// Whether the ledger leaf of a long trail is not too long.
fn check_leaf(body: &Body, kept: &Kept) -> Result<(), Error> {
    leaf::leaf((SEQ_MAX, Timestamp::from_ms(0)), body, &[0; 32], kept.beside(body))
        .map(drop)
        .map_err(|bytes| {
            let fault = format!(
                "its ledger leaf would have {bytes} bytes, at most {} are allowed",
                leaf::LEAF_BYTES_MAX
            );
            unfit(body, fault)
        })
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
    let fact = |event: &Event| {
        let id = bytes_of_id(&event.id).ok_or_else(|| Error::Unfit {
            id: arrival.id.clone(),
            fault: format!("event id {:?} is not 32 hex digits", event.id.as_str()),
        })?;
        let mut names = event.kind.trim_start_matches("org.channelhub.").split('.');
        let entity = names.next().unwrap_or_default();
        let action = names.next().and_then(Action::from_name).unwrap_or(Action::Snapshot);
        let data = hash([event.data.get().as_bytes()]);
        let thing = hash([
            event.channel().as_bytes(),
            SEPARATOR,
            entity.as_bytes(),
            SEPARATOR,
            event.sourceid.as_bytes(),
        ]);
        let state = half(hash([&data, action.name().as_bytes()]));
        Ok(Fact { id, data, action, state, thing: half(thing) })
    };
    arrival.events.iter().map(fact).collect()
}

/// The bytes of an event's id.
pub(crate) fn bytes_of_id(id: &EventId) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    hex::decode_to_slice(id.as_str(), &mut bytes).ok().map(|()| bytes)
}

/// SHA-256 hex of a record's bytes; of all bytes when it has no place in them.
pub(crate) fn record_sha256(raw: &[u8], offset: u64, length: u64) -> String {
    let place = || {
        let from = usize::try_from(offset).ok()?;
        let to = from.checked_add(usize::try_from(length).ok()?)?;
        raw.get(from..to).filter(|it| !it.is_empty())
    };
    hex::encode(digest(&SHA256, place().unwrap_or(raw)))
}

fn hash<const N: usize>(parts: [&[u8]; N]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    bytes
}

fn half(bytes: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    half
}
