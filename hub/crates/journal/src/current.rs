//! The table `current`: what is in force of each thing, as its channel calls it.
//!
//! A row follows from the entries alone: it is the fold of their events in the
//! order of the journal, by the version rule that the store uses too. So it can
//! be made again, and an audit makes it again and compares.

use canon::{
    entity::Action,
    event::{Event, VersionKind, VersionOrder},
    version::{Statement, Verdict, judge},
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::{
    prepare::Fact,
    settle::{seq_of, sql},
};

/// States remembered of a thing without versions: how far a poll that repeats
/// its page is recognised.
pub(crate) const TAIL_MAX: usize = 16;

/// What is in force of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InForce {
    /// Id of the event that said so.
    pub(crate) id: [u8; 16],
    pub(crate) kind: VersionKind,
    pub(crate) version: String,
    pub(crate) action: Action,
    pub(crate) data: [u8; 32],
    /// The last states, the one in force at the end.
    pub(crate) tail: Vec<State>,
    /// Entry in which its bytes first came.
    pub(crate) seq: u64,
}

/// One state that was in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// Id of the event that said so.
    pub(crate) id: [u8; 16],
    /// Hash of what it said.
    pub(crate) is: [u8; 16],
}

// === impl InForce ===

impl InForce {
    /// What is in force of the thing of this fact.
    pub(crate) fn of(conn: &Connection, fact: &Fact) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached(
            "SELECT id, kind, version, action, data, tail, seq FROM current WHERE thing = ?1",
        )?
        .query_row([fact.thing], read)
        .optional()
    }

    /// Whether the event stands in the version order where this does.
    pub(crate) fn has_version_of(&self, event: &Event) -> bool {
        self.kind == event.srcversionkind
            && self.kind.compare(&event.srcversion, &self.version) == VersionOrder::Equal
    }

    /// Whether this came by later bytes than those of the event, which came in the
    /// entry `seq`, and the event's version does not say that it is newer all the
    /// same. So it is when old bytes are walked once more.
    pub(crate) fn is_later_than(&self, event: &Event, seq: u64) -> bool {
        let newer = self.kind == event.srcversionkind
            && self.kind.compare(&event.srcversion, &self.version) == VersionOrder::Newer;
        self.seq > seq && !newer
    }

    /// How the event stands to this. A replay of the version in force through a
    /// corrected map replaces what the earlier map made of it.
    pub(crate) fn judge(&self, event: &Event, fact: &Fact) -> Verdict {
        if event.srcversionkind == VersionKind::None {
            let same = self.tail.last().is_some_and(|last| last.is == fact.state);
            return if same { Verdict::Duplicate } else { Verdict::Applied };
        }
        let incoming = Statement {
            kind: event.srcversionkind,
            version: &event.srcversion,
            action: fact.action,
            hash: &fact.data,
        };
        let stored = Statement {
            kind: self.kind,
            version: &self.version,
            action: self.action,
            hash: &self.data,
        };
        match judge(incoming, Some(stored)) {
            Verdict::Conflict if event.replay => Verdict::Applied,
            verdict => verdict,
        }
    }
}

/// Takes in one event whose bytes first came in the entry `seq`.
pub(crate) fn take_in(
    conn: &Connection,
    seq: u64,
    event: &Event,
    fact: &Fact,
) -> rusqlite::Result<()> {
    let before = InForce::of(conn, fact)?;
    if before
        .as_ref()
        .is_some_and(|it| it.judge(event, fact) != Verdict::Applied || it.is_later_than(event, seq))
    {
        return Ok(());
    }
    put(conn, seq, event, fact, before)
}

/// Puts an event in force.
pub(crate) fn put(
    conn: &Connection,
    seq: u64,
    event: &Event,
    fact: &Fact,
    before: Option<InForce>,
) -> rusqlite::Result<()> {
    let mut tail = before.map(|it| it.tail).unwrap_or_default();
    if event.srcversionkind != VersionKind::None {
        // Versions tell repetitions; only the last state is of use.
        tail.clear();
    }
    tail.push(State { id: fact.id, is: fact.state });
    let old = tail.len().saturating_sub(TAIL_MAX);
    let tail: Vec<u8> =
        tail.iter().skip(old).flat_map(|it| it.id.into_iter().chain(it.is)).collect();
    conn.prepare_cached(
        "INSERT OR REPLACE INTO current(thing, id, kind, version, action, data, tail, seq)
         VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        fact.thing,
        fact.id,
        number_of(event.srcversionkind),
        event.srcversion,
        fact.action.name(),
        fact.data,
        tail,
        sql(seq)
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<InForce> {
    let action: String = row.get(3)?;
    let action = Action::from_name(&action).unwrap_or(Action::Snapshot);
    let tail: Vec<u8> = row.get(5)?;
    let (halves, _) = tail.as_chunks::<16>();
    let (pairs, _) = halves.as_chunks::<2>();
    Ok(InForce {
        id: row.get(0)?,
        kind: kind_of(row.get(1)?),
        version: row.get(2)?,
        action,
        data: row.get(4)?,
        tail: pairs.iter().map(|[id, is]| State { id: *id, is: *is }).collect(),
        seq: seq_of(row.get(6)?),
    })
}

const fn number_of(kind: VersionKind) -> i64 {
    match kind {
        VersionKind::None => 0,
        VersionKind::Integer => 1,
        VersionKind::Timestamp => 2,
        VersionKind::Sequence => 3,
        VersionKind::Etag => 4,
    }
}

const fn kind_of(number: i64) -> VersionKind {
    match number {
        1 => VersionKind::Integer,
        2 => VersionKind::Timestamp,
        3 => VersionKind::Sequence,
        4 => VersionKind::Etag,
        _ => VersionKind::None,
    }
}
