//! What the journal holds: one entry per arrival, refusal, delivery attempt or
//! act of an operator. Every fold reads these and nothing else.

use serde::{Deserialize, Serialize};

mod again;
mod brought;
mod piece;
mod route;

pub use again::{Again, LetterId, MapsOf, Selection, Splice};
pub use brought::{FileFacts, Interchange};
pub use piece::{Piece, RefusedFile, Sums};
pub use route::{AfterRefusal, Condition, Route};

use crate::{clock::Timestamp, event::Event};

/// One entry of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Position in the journal, from 1, without gaps.
    pub seq: u64,
    /// The hub's clock when it was appended.
    pub at: Timestamp,
    /// What happened.
    pub body: Body,
}

/// What happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Body {
    /// Bytes came in and were accepted.
    Arrival(Arrival),
    /// Bytes came in and were turned away.
    Refusal(Refusal),
    /// One try to deliver one parcel, and what came of it.
    Attempt(Attempt),
    /// An operator, or the hub for them, did something.
    Act(Act),
}

/// An accepted arrival: everything it became, in one entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Arrival {
    /// UUIDv7 given at ingress; also the `instance` of problem documents.
    pub id: String,
    /// The channel it came by.
    pub channel: String,
    /// Who brought it.
    pub principal: String,
    /// How strongly that was proven: `signature`, `token`, `folder`, `pull`, `unsigned` …
    pub strength: String,
    /// File name, message id or request id at the far side.
    pub origin: String,
    /// When the first byte came.
    pub received_at: Timestamp,
    /// What each boundary decided, in order.
    pub trail: Vec<Crossing>,
    /// SHA-256 hex of the raw bytes.
    pub raw_sha256: String,
    /// How many raw bytes.
    pub raw_bytes: u64,
    /// Key under which a repetition is recognised, if the sender gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_key: Option<String>,
    /// Where a puller goes on next time; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Records read from the bytes.
    pub records: u64,
    /// Events left out because their source fact was in the journal already.
    pub duplicates: u64,
    /// The canonical events, in record order.
    pub events: Vec<Event>,
    /// Records that could not be used, with their faults.
    pub set_aside: Vec<SetAside>,
    /// Records of a polled source left out because they were set aside before,
    /// byte by byte the same and for the same faults.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub set_aside_again: u64,
    /// What lossy steps lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<Loss>,
    /// W3C trace context.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// What told the kind of its records: the value of the topic's header, or
    /// the feed that was pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Set when its bytes, or most of them, were in the journal already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Box<Again>>,
    /// What is known of the file it was, where files are checked as they arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<FileFacts>>,
    /// Set when its bytes are a piece of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<Box<Piece>>,
    /// The interchanges of EDI it brought, in their order.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub interchanges: Box<[Interchange]>,
}

const fn is_nothing(list: &[Interchange]) -> bool {
    list.is_empty()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A refused arrival. Its bytes are not kept, their hash is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refusal {
    /// UUIDv7 given at ingress.
    pub id: String,
    /// The channel named by the caller, if it exists.
    pub channel: Option<String>,
    /// Who it was, if that was proven before the refusal.
    pub principal: Option<String>,
    /// Peer address or file name.
    pub origin: String,
    /// When the first byte came.
    pub received_at: Timestamp,
    /// What each boundary decided, the last one refusing.
    pub trail: Vec<Crossing>,
    /// Problem code.
    pub code: String,
    /// What was wrong, without personal data.
    pub detail: String,
    /// SHA-256 hex of the bytes, if they were read.
    pub raw_sha256: Option<String>,
    /// How many refusals this stands for: more than one when those that followed
    /// a first one, of the same kind, were counted together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[cfg_attr(feature = "schema", schemars(default = "one"))]
    pub count: u64,
    /// Interchanges of EDI in it, each of which is answered.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub interchanges: u64,
    /// It was a file of a folder, which lies aside now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Box<RefusedFile>>,
}

const fn one() -> u64 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
const fn is_one(count: &u64) -> bool {
    *count == 1
}

/// Code of the refusal of a file that waits for an operator.
pub const FILE_HELD: &str = "file-held";

/// Code of a record whose source version came before with other data. Other
/// events of the same record came in all the same.
pub const VERSION_CONFLICT: &str = "version-conflict";

/// Code of a delivery that waits for an operator: some characters of it cannot be
/// written, and are replaced when it is resubmitted.
pub const QUARANTINED: &str = "delivery-quarantined";

/// What one boundary decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Crossing {
    /// Which.
    pub boundary: Boundary,
    /// `None`: passed. `Some`: the problem code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The boundaries, in walking order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// Who is calling.
    Admit,
    /// May they send this much.
    Quota,
    /// Bytes to records.
    Decode,
    /// Records against the source schema.
    Validate,
    /// Records to canonical events.
    Map,
}

/// A record that could not be used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetAside {
    /// Record number in the arrival, or in the file it is a piece of, from 1.
    pub record: u64,
    /// Byte offset of the record in the raw bytes, or in the file they are a
    /// piece of.
    pub offset: u64,
    /// Bytes of the record.
    pub length: u64,
    /// Boundary that could not use it.
    pub boundary: Boundary,
    /// Problem code.
    pub code: String,
    /// All that is wrong with it.
    pub faults: Vec<RecordFault>,
    /// SHA-256 hex of the record's bytes, of a polled source: by it the same
    /// record is known when the next poll brings it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record_sha256: Option<String>,
}

/// One thing that is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecordFault {
    /// Field or path at the source; empty when it is the whole record.
    pub field: String,
    /// Byte offset in the raw bytes, or in the file they are a piece of, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What was found, escaped, shortened, masked where the field is personal.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// Map and target field that needed it, when a map did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed_by: Option<String>,
    /// Bytes from `offset` on that may be shown beside the fault: those of a field
    /// that is known and not personal. Absent: nothing may be shown but `found`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<u32>,
}

/// What one lossy step lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Loss {
    /// Record number, from 1.
    pub record: u64,
    /// Target field.
    pub field: String,
    /// The step: a function of the map, or a character set.
    pub step: String,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
}

/// Which parcel: one event, one destination. `{seq}.{index}.{destination}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ParcelId {
    /// Entry of the event.
    pub seq: u64,
    /// Index of the event in the entry.
    pub index: u32,
    /// Channel it goes to.
    pub destination: String,
}

/// One try of one parcel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// Which parcel.
    pub parcel: ParcelId,
    /// Which try, from 1.
    pub number: u32,
    /// Idempotency key sent, the same on every try.
    pub key: String,
    /// `{map id}@{version}` that rendered it.
    pub mapping: String,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// How long it took, milliseconds.
    pub took_ms: u64,
    /// Entry of the replay that sent it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<u64>,
    /// Characters that its character set does not have, and what was sent instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substitutions: Vec<Loss>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The far side has it.
    Done {
        /// Its answer: an HTTP status, a file name.
        answer: String,
        /// Its own id of what was delivered, if it said one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        far_id: Option<String>,
    },
    /// Not now; tried again at that time.
    Later {
        /// Why, without personal data.
        reason: String,
        /// Not before.
        not_before: Timestamp,
    },
    /// Never as it is: a dead letter.
    Refused {
        /// Problem code.
        code: String,
        /// What the far side said, shortened.
        reason: String,
    },
}

/// An act of an operator, or of the hub on its own account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Act {
    /// Who: `operator:{name}` or `hub`.
    pub actor: String,
    /// What.
    pub act: Deed,
}

/// What was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// The hub started.
    Started {
        /// Its version.
        version: String,
        /// Where the journal's file was changed while no hub ran, when somebody said
        /// to go on with it all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        accepted_change: Option<String>,
    },
    /// The hub stopped in an orderly way.
    Stopped,
    /// A configuration came into force.
    Configured {
        /// SHA-256 hex over all its files.
        config_sha256: String,
        /// Routes now in force; the deliveries fold follows these.
        routes: Vec<Route>,
    },
    /// Dead parcels go out again.
    Resubmitted {
        /// Which.
        parcels: Vec<ParcelId>,
        /// Why.
        reason: String,
    },
    /// A dead parcel goes out again with other data. Its event stays as it is.
    ParcelEdited {
        /// Which.
        parcel: ParcelId,
        /// What its event's data is to be for this destination: a JSON object.
        data: String,
        /// Why.
        reason: String,
    },
    /// A file that was held is taken after all; one that was refused is tried again.
    FileReleased {
        /// Id of the refusal.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file that was held or refused is given up, or one that has not come is
    /// waited for no longer.
    FileDiscarded {
        /// Id of the refusal, or of the file that has not come.
        file: String,
        /// Why.
        reason: String,
        /// The day and number in its name, which nobody waits for any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        settles: Option<Box<FileFacts>>,
    },
    /// Dead parcels are given up.
    Discarded {
        /// Which.
        parcels: Vec<ParcelId>,
        /// Why.
        reason: String,
    },
    /// Records set aside are given up.
    LettersDiscarded {
        /// Which.
        letters: Vec<LetterId>,
        /// Why.
        reason: String,
    },
    /// Stored events go out again. The entry's sequence is the replay's number.
    ReplayStarted {
        /// Which events.
        selection: Selection,
        /// What they are made by.
        maps: MapsOf,
        /// Channels they go to; empty: all that a route gives them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        to: Vec<String>,
        /// Why.
        reason: String,
    },
    /// A replay came a step further.
    ReplayAdvanced {
        /// Sequence of its start.
        replay: u64,
        /// Every entry up to this one has been looked at,
        reached: u64,
        /// and so many events of the next one.
        within: u32,
        /// What the store had seen when it was looked at.
        seen: u64,
        /// Parcels that go out again. They are marked with the replay's number.
        parcels: Vec<ParcelId>,
        /// Events that were meant, in this step.
        matched: u64,
        /// Of these, left alone because a later state is in force.
        superseded: u64,
        /// Records that today's maps cannot use, in this step.
        faulty: u64,
        /// There is nothing more to look at.
        finished: bool,
        /// Destinations that have too much waiting: from before this step on it
        /// goes on without them, and comes back to them later.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        parked: Vec<String>,
        /// The step is for this one alone, which was parked before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<String>,
    },
    /// A replay was stopped: what it had not sent yet stays unsent.
    ReplayStopped {
        /// Sequence of its start.
        replay: u64,
        /// Why.
        reason: String,
    },
}

// === impl ParcelId ===

impl ParcelId {
    /// Reads `{seq}.{index}.{destination}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (seq, index) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let destination = parts.next().filter(|it| !it.is_empty())?.to_owned();
        Some(Self { seq, index, destination })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_are_named_by_event_and_destination() {
        let id = ParcelId { seq: 17, index: 3, destination: "erp.tokyo".to_owned() };
        assert_eq!(ParcelId::parse("17.3.erp.tokyo"), Some(id));
        for bad in ["17.3", "17.3.", "x.3.erp", ""] {
            assert_eq!(ParcelId::parse(bad), None, "{bad}");
        }
    }
}
