//! One record through a map: what a run needs, what it gives.

use std::cell::RefCell;

use canon::{
    clock::Timestamp,
    entity::{Action, Classification},
    entry::{Loss, RecordFault},
    event::VersionKind,
    id::HubId,
};

use super::{
    machine::{Machine, Memo, SCOPES_MAX, Scope},
    trace::Trace,
};
use crate::{
    input::{Doc, Slot, scanner::Keys},
    language::policy::FaultPolicy,
    plan::Plan,
    value::{Span, Value},
};

/// What a map is told about the record beside its bytes.
#[derive(Clone, Copy, Debug)]
pub struct RunContext<'a> {
    /// The organisation this hub serves.
    pub organisation: &'a str,
    /// The channel it came by, or goes to.
    pub channel: &'a str,
    /// When its first byte came.
    pub received_at: Timestamp,
    /// Record number in the arrival, from 1.
    pub record: u64,
    /// What the map needs from outside, by name.
    pub needs: &'a [(&'a str, Option<&'a str>)],
}

/// What a record became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapped {
    /// The far system's id of the thing.
    pub source_id: String,
    /// Its version there, empty when it has none.
    pub source_version: String,
    /// How versions compare.
    pub version_kind: VersionKind,
    /// What happened to the thing.
    pub action: Action,
    /// The hub's id of the thing.
    pub hub_id: HubId,
    /// RFC 3339; when the map does not say, the time of receipt.
    pub occurred_at: String,
    /// What must stay in order with it.
    pub partition_key: String,
    /// Who may see it.
    pub classification: Classification,
    /// The target as JSON.
    pub data: Vec<u8>,
    /// What lossy steps lost.
    pub losses: Vec<Loss>,
}

/// Why a record did not become anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faulted {
    /// All that is wrong, at least one.
    pub faults: Vec<RecordFault>,
    /// What the map wants done with the record.
    pub policy: FaultPolicy,
}

/// Memory that is used again from record to record.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) doc: Doc,
    pub(crate) keys: Keys,
    texts: Vec<Span>,
    faults: Vec<RecordFault>,
    more_faults: u64,
    losses: Vec<Loss>,
    drafts: Vec<String>,
    memos: Vec<Memo>,
    stamps: u64,
    out: Vec<u8>,
}

/// Bytes of a buffer beyond which a thread does not keep it.
const KEPT_BYTES_MAX: usize = 1024 * 1024;

thread_local! {
    static KEPT: RefCell<Scratch> = RefCell::default();
}

impl Scratch {
    /// Lends the scratch that this thread keeps. What it remembers of documents
    /// makes the next ones of the same source faster.
    pub fn of_thread<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        KEPT.with(|kept| match kept.try_borrow_mut() {
            Ok(mut scratch) => {
                let result = work(&mut scratch);
                scratch.trim();
                result
            }
            // Lent already, further up.
            Err(_) => work(&mut Self::default()),
        })
    }

    /// Gives memory back that only a very large record needed.
    fn trim(&mut self) {
        let slots = self.doc.frames.iter().map(|it| it.capacity() * size_of::<Slot>()).max();
        let texts = self.texts.capacity() * size_of::<Span>();
        let drafts = self.drafts.iter().map(String::capacity).sum();
        let most = [slots.unwrap_or(0), texts, drafts, self.doc.side.capacity()];
        if most.into_iter().chain([self.out.capacity()]).any(|it| it > KEPT_BYTES_MAX) {
            let (keys, stamps) = (std::mem::take(&mut self.keys), self.stamps);
            *self = Self { keys, stamps, ..Self::default() };
        }
    }
}

/// The input behind the slots of a [`Doc`].
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    /// Texts of the input can be written as JSON without escapes.
    pub(crate) verbatim: bool,
    /// Byte offset of the record in the arrival.
    pub(crate) origin: u64,
}

/// Runs a plan over filled slots.
pub(crate) fn run<T: Trace>(
    plan: &Plan,
    label: &str,
    source: Source<'_>,
    ctx: &RunContext<'_>,
    (scratch, trace): (&mut Scratch, T),
) -> (Result<Mapped, Faulted>, T) {
    scratch.texts.clear();
    scratch.faults.clear();
    scratch.more_faults = 0;
    scratch.losses.clear();
    scratch.stamps += 1;
    let none = Memo { stamp: 0, steps: 0, value: Value::Missing };
    scratch.memos.resize(usize::from(plan.memos), none);
    let mut machine = Machine {
        plan,
        input: source.text,
        frames: &scratch.doc.frames,
        side: &mut scratch.doc.side,
        drafts: &mut scratch.drafts,
        texts: &mut scratch.texts,
        scopes: [Scope::record(&scratch.doc.frames); SCOPES_MAX],
        ctx,
        label,
        origin: source.origin,
        verbatim: source.verbatim,
        faults: &mut scratch.faults,
        more_faults: &mut scratch.more_faults,
        losses: &mut scratch.losses,
        lossy: Vec::new(),
        steps: 0,
        stamp: scratch.stamps,
        stamps: &mut scratch.stamps,
        told: None,
        memos: &mut scratch.memos,
        trace,
    };
    let mut out = std::mem::take(&mut scratch.out);
    out.clear();
    let header = machine.header(&mut out);
    if header.is_some() {
        machine.members(&plan.root, &mut out);
        super::emit::close(&mut out, b'{', b'}');
    }
    let trace = machine.trace;
    let result = match header {
        Some(header) if scratch.faults.is_empty() => Ok(Mapped {
            source_id: header.source_id,
            source_version: header.source_version,
            version_kind: header.version_kind,
            action: header.action,
            hub_id: header.hub_id,
            occurred_at: header.occurred_at,
            partition_key: header.partition_key,
            classification: header.classification,
            data: out.clone(),
            losses: std::mem::take(&mut scratch.losses),
        }),
        _ => {
            let mut faults = std::mem::take(&mut scratch.faults);
            super::emit::told_in_all(&mut faults, scratch.more_faults, label);
            Err(Faulted { faults, policy: plan.on_fault })
        }
    };
    scratch.out = out;
    (result, trace)
}
