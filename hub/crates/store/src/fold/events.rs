//! The index of events and the current statement about each thing.

use canon::{
    clock::Timestamp,
    entity::{Action, Entity},
    entry::Arrival,
    event::{Event, VersionKind, VersionOrder},
    id::sha256_hex,
    version::{Statement, Verdict, judge},
};
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::cell::OnceCell;

use super::{Turn, catalogue, consents, orders, parties, signed, stock, tills};
use crate::{error::Result, place};

/// How many events of an arrival met which verdict.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) applied: u64,
    pub(super) duplicates: u64,
    pub(super) older: u64,
    pub(super) conflicts: u64,
}

/// An event with what the fold needs to know about it, read once.
pub(super) struct Said<'a> {
    pub(super) event: &'a Event,
    pub(super) pos: i64,
    pub(super) entity: &'a str,
    pub(super) action: Action,
    pub(super) time_ms: i64,
    /// Entry in which its bytes first came, when that is another one.
    again: Option<u64>,
    data: OnceCell<Value>,
}

// === impl Said ===

impl<'a> Said<'a> {
    pub(super) fn is_deletion(&self) -> bool {
        self.action == Action::Deleted
    }

    pub(super) fn is_unmerge(&self) -> bool {
        self.action == Action::Unmerged
    }

    /// The canonical data, read at the first call. Data that cannot be read (nested
    /// too deep) moves nothing, but must not stop the fold for all that comes after it.
    pub(super) fn data(&self) -> &Value {
        self.data.get_or_init(|| serde_json::from_str(self.event.data.get()).unwrap_or(Value::Null))
    }

    fn read(turn: &Turn<'_>, index: usize, event: &'a Event) -> Result<Self> {
        let pos = place::pack(turn.seq, index as u64)?;
        let mut names = event.kind.trim_start_matches("org.channelhub.").split('.');
        let entity = names.next().unwrap_or_default();
        let action = names.next().and_then(Action::from_name).unwrap_or(Action::Snapshot);
        let time = Timestamp::parse_rfc3339(&event.time).unwrap_or(turn.at);
        let (time_ms, data) = (time.as_ms(), OnceCell::new());
        Ok(Self { event, pos, entity, action, time_ms, again: None, data })
    }
}

/// Takes all events of an arrival in.
pub(super) fn index(turn: &Turn<'_>, arrival: &Arrival) -> Result<Seen> {
    let mut seen = Seen::default();
    for (index, event) in arrival.events.iter().enumerate() {
        let mut said = Said::read(turn, index, event)?;
        said.again = arrival.again.as_ref().map(|it| it.origin);
        if is_repeated(turn, event)? {
            seen.duplicates += 1;
            continue;
        }
        let verdict = weigh(turn, &said)?;
        insert(turn, &said, verdict)?;
        follow(turn, &said, verdict)?;
        match verdict {
            Verdict::Applied => seen.applied += 1,
            Verdict::Duplicate => seen.duplicates += 1,
            Verdict::Older => seen.older += 1,
            Verdict::Conflict => seen.conflicts += 1,
        }
    }
    Ok(seen)
}

/// The same source fact again. A replay says known facts on purpose, with
/// another map perhaps, so it is let through and weighed.
fn is_repeated(turn: &Turn<'_>, event: &Event) -> Result<bool> {
    if event.replay {
        return Ok(false);
    }
    let found = turn
        .tx
        .prepare_cached("SELECT 1 FROM store_event WHERE id = ?1 LIMIT 1")?
        .exists([event.id.as_str()])?;
    Ok(found)
}

/// Compares with what is stored, and makes it current if it is to be.
fn weigh(turn: &Turn<'_>, said: &Said<'_>) -> Result<Verdict> {
    let event = said.event;
    let hash = sha256_hex(event.data.get().as_bytes());
    let stored: Option<(VersionKind, String, Action, String, i64)> = turn
        .tx
        .prepare_cached(
            "SELECT version_kind, version, action, hash, origin FROM store_record
             WHERE channel = ?1 AND entity = ?2 AND source_id = ?3",
        )?
        .query_row((event.channel(), said.entity, &event.sourceid), |row| {
            let kind: String = row.get(0)?;
            let action: String = row.get(2)?;
            Ok((
                kind_named(&kind),
                row.get(1)?,
                Action::from_name(&action).unwrap_or(Action::Snapshot),
                row.get(3)?,
                row.get(4)?,
            ))
        })
        .optional()?;
    let incoming = Statement {
        kind: event.srcversionkind,
        version: &event.srcversion,
        action: said.action,
        hash: hash.as_bytes(),
    };
    let mut verdict = judge(
        incoming,
        stored.as_ref().map(|(kind, version, action, hash, _)| Statement {
            kind: *kind,
            version,
            action: *action,
            hash: hash.as_bytes(),
        }),
    );
    if let (Some(origin), Some((kind, version, _, _, stored_origin))) = (said.again, &stored)
        && *stored_origin > signed(origin)
        && !is_newer(event, *kind, version)
    {
        // What came by later bytes is later, whenever these are walked again.
        verdict = Verdict::Older;
    }
    // A replay of the current version through a corrected map replaces what the
    // earlier map made of it.
    if verdict == Verdict::Conflict && event.replay {
        verdict = Verdict::Applied;
    }
    if verdict == Verdict::Applied {
        turn.tx
            .prepare_cached(
                "INSERT OR REPLACE INTO store_record VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)",
            )?
            .execute((
                event.channel(),
                said.entity,
                &event.sourceid,
                event.hub_id(),
                said.pos,
                kind_name(event.srcversionkind),
                &event.srcversion,
                said.action.name(),
                &hash,
                signed(said.again.unwrap_or(turn.seq)),
            ))?;
    }
    Ok(verdict)
}

/// Whether the source itself says that the event's version is the later one.
fn is_newer(event: &Event, stored: VersionKind, version: &str) -> bool {
    event.srcversionkind == stored
        && stored.compare(&event.srcversion, version) == VersionOrder::Newer
}

/// What follows from the event in the other tables.
fn follow(turn: &Turn<'_>, said: &Said<'_>, verdict: Verdict) -> Result<()> {
    let Some(entity) = Entity::from_name(said.entity) else {
        return Ok(());
    };
    if verdict == Verdict::Applied {
        return current(turn, said, entity);
    }
    match (verdict, entity) {
        (Verdict::Older, Entity::Party) => parties::party_before(turn, said),
        (Verdict::Older, Entity::Order) => {
            orders::fill_in(turn, said, said.data())?;
            stock::order(turn, said)
        }
        _ => Ok(()),
    }
}

/// What follows from a new current state.
fn current(turn: &Turn<'_>, said: &Said<'_>, entity: Entity) -> Result<()> {
    match entity {
        Entity::Party => parties::party(turn, said),
        Entity::Consent => consents::consent(turn, said, said.data()),
        Entity::IdentityLink => parties::identity_link(turn, said, said.data()),
        Entity::Location => {
            let data = said.data();
            catalogue::location(turn, said, data)?;
            parties::block_place(turn, said, data)
        }
        Entity::Variant | Entity::Product => catalogue::article(turn, said, said.data()),
        Entity::Order => {
            orders::order(turn, said, said.data())?;
            stock::order(turn, said)
        }
        Entity::PosTransaction => tills::transaction(turn, said, said.data()),
        Entity::InventoryLevel
        | Entity::InventoryMovement
        | Entity::Reservation
        | Entity::PurchaseOrder
        | Entity::GoodsReceipt
        | Entity::Return => stock::document(turn, said, entity, said.data()),
        _ => Ok(()),
    }
}

fn insert(turn: &Turn<'_>, said: &Said<'_>, verdict: Verdict) -> Result<()> {
    let event = said.event;
    turn.tx
        .prepare_cached("INSERT INTO store_event VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")?
        .execute((
            said.pos,
            event.id.as_str(),
            said.entity,
            said.action.name(),
            event.channel(),
            &event.sourceid,
            event.hub_id(),
            said.time_ms,
            verdict.name(),
            serde_json::to_string(event)?,
        ))?;
    Ok(())
}

const fn kind_name(kind: VersionKind) -> &'static str {
    match kind {
        VersionKind::Integer => "integer",
        VersionKind::Timestamp => "timestamp",
        VersionKind::Sequence => "sequence",
        VersionKind::Etag => "etag",
        VersionKind::None => "none",
    }
}

fn kind_named(name: &str) -> VersionKind {
    match name {
        "integer" => VersionKind::Integer,
        "timestamp" => VersionKind::Timestamp,
        "sequence" => VersionKind::Sequence,
        "etag" => VersionKind::Etag,
        _ => VersionKind::None,
    }
}
