//! Which events of an arrival say something new, decided in the writer's
//! transaction: on everything committed before, and on nothing else.
//!
//! **With versions** (canonical rules, section 2.6). A fact that is known, with
//! the same data, is a repetition; with other data a conflict. A new fact that is
//! newer comes into force; an older one is kept as history; one whose version
//! only is written in another way (`007` and `7`) is a repetition or a conflict
//! like the first. Versions that cannot be compared stand as they came.
//!
//! **Without versions** a source says only what is. What it says of one thing in
//! one arrival is a run of states. As far as the run begins with what was in
//! force last, in that order, it is a repetition: a page with A and B, asked for
//! again and again, says nothing new. What follows is new, also when it was in
//! force before: A, B, and A again. The last state of a run is in force after it,
//! always.
//!
//! **Bytes that are walked once more** say what was so when they first came: what
//! came by later bytes stays in force, unless a version says otherwise.

use canon::{
    entry::Arrival,
    event::{Event, VersionKind},
    id::EventId,
    version::Verdict as Judged,
};
use rusqlite::{Connection, params};
use std::collections::HashMap;

use crate::{
    current::{self, InForce, State, TAIL_MAX},
    prepare::{Fact, bytes_of_id},
    settle::{seq_of, sql},
};

/// What the journal knows of what one event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    New,
    Known { seq: u64 },
    Conflict { seq: u64 },
}

/// Weighs each event and takes the new ones in, so that a second event about the
/// same thing in the same arrival meets the first. Gives each event the id under
/// which its fact is known.
pub(crate) fn weigh(
    conn: &Connection,
    seq: u64,
    arrival: &mut Arrival,
    facts: &mut [Fact],
) -> rusqlite::Result<Vec<Verdict>> {
    let mut runs = Runs::of(&arrival.events, facts);
    let since = arrival.again.as_ref().map_or(seq, |it| it.origin);
    let mut weighing = Weighing { conn, seq, since };
    arrival
        .events
        .iter_mut()
        .zip(facts)
        .map(|(event, fact)| match event.srcversionkind {
            _ if event.replay => weighing.replayed(event, fact),
            VersionKind::None => weighing.state(event, fact, &mut runs),
            VersionKind::Integer
            | VersionKind::Timestamp
            | VersionKind::Sequence
            | VersionKind::Etag => weighing.version(event, fact),
        })
        .collect()
}

struct Weighing<'a> {
    conn: &'a Connection,
    seq: u64,
    /// Entry in which the bytes first came; mostly this one.
    since: u64,
}

// === impl Weighing ===

impl Weighing<'_> {
    /// A replay says known things on purpose and is kept in either case.
    fn replayed(&mut self, event: &Event, fact: &Fact) -> rusqlite::Result<Verdict> {
        self.take_fact(fact)?;
        current::take_in(self.conn, self.since, event, fact)?;
        Ok(Verdict::New)
    }

    fn version(&mut self, event: &mut Event, fact: &Fact) -> rusqlite::Result<Verdict> {
        if !self.take_fact(fact)? {
            let (data, seq) = self.known_fact(fact)?;
            let same = data == fact.data;
            return Ok(if same { Verdict::Known { seq } } else { Verdict::Conflict { seq } });
        }
        let before = InForce::of(self.conn, fact)?;
        let judged = before.as_ref().map_or(Judged::Applied, |it| it.judge(event, fact));
        match (judged, before) {
            (Judged::Applied, Some(before)) if before.is_later_than(event, self.since) => {
                Ok(Verdict::New)
            }
            (Judged::Applied, before) => {
                current::put(self.conn, self.since, event, fact, before)?;
                Ok(Verdict::New)
            }
            (Judged::Conflict, Some(before)) => {
                self.drop_fact(fact)?;
                Ok(Verdict::Conflict { seq: before.seq })
            }
            (Judged::Duplicate, Some(before)) if before.has_version_of(event) => {
                self.drop_fact(fact)?;
                event.id = EventId::from_bytes(before.id);
                Ok(Verdict::Known { seq: before.seq })
            }
            (Judged::Older | Judged::Duplicate | Judged::Conflict, _) => Ok(Verdict::New),
        }
    }

    fn state(
        &mut self,
        event: &mut Event,
        fact: &mut Fact,
        runs: &mut Runs,
    ) -> rusqlite::Result<Verdict> {
        let before = InForce::of(self.conn, fact)?;
        let repeated = runs.repeats(fact, before.as_ref().map_or(&[], |it| &it.tail));
        if let Some(before) = &before {
            if repeated {
                let said = before.tail.iter().rev().find(|it| it.is == fact.state);
                event.id = EventId::from_bytes(said.map_or(before.id, |it| it.id));
                return Ok(Verdict::Known { seq: before.seq });
            }
            if before.is_later_than(event, self.since) {
                let known = !self.take_fact(fact)?;
                let seq = before.seq;
                return Ok(if known { Verdict::Known { seq } } else { Verdict::New });
            }
            let replaced = EventId::from_bytes(before.id);
            self.rename(event, fact, &replaced);
            // Taken when a replay put the replaced state in force again.
            while !self.take_fact(fact)? {
                self.rename(event, fact, &replaced);
            }
        } else if !self.take_fact(fact)? {
            let (_, seq) = self.known_fact(fact)?;
            return Ok(Verdict::Known { seq });
        }
        current::put(self.conn, self.since, event, fact, before)?;
        Ok(Verdict::New)
    }

    fn rename(&self, event: &mut Event, fact: &mut Fact, replaced: &EventId) {
        event.id = event.id.after(replaced);
        fact.id = bytes_of_id(&event.id).unwrap_or(fact.id);
    }

    /// Remembers a fact; false when it is known.
    fn take_fact(&self, fact: &Fact) -> rusqlite::Result<bool> {
        let taken = self
            .conn
            .prepare_cached(
                "INSERT INTO fact(id, data, seq) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute(params![fact.id, fact.data, sql(self.seq)])?;
        Ok(taken == 1)
    }

    fn known_fact(&self, fact: &Fact) -> rusqlite::Result<([u8; 32], u64)> {
        self.conn
            .prepare_cached("SELECT data, seq FROM fact WHERE id = ?1")?
            .query_row([fact.id], |row| Ok((row.get(0)?, seq_of(row.get(1)?))))
    }

    fn drop_fact(&self, fact: &Fact) -> rusqlite::Result<()> {
        self.conn.prepare_cached("DELETE FROM fact WHERE id = ?1")?.execute([fact.id])?;
        Ok(())
    }
}

/// The runs of states of one arrival, by thing.
#[derive(Debug, Default)]
struct Runs(HashMap<[u8; 16], Run>);

#[derive(Debug, Default)]
struct Run {
    /// The states in order, repetitions in a row taken once.
    states: Vec<[u8; 16]>,
    /// How many of them are yet to come that repeat what is known; `None` until
    /// the first was asked for.
    known: Option<usize>,
    /// The one that came last.
    last: Option<[u8; 16]>,
}

// === impl Runs ===

impl Runs {
    fn of(events: &[Event], facts: &[Fact]) -> Self {
        let mut runs = HashMap::<_, Run>::new();
        for (event, fact) in events.iter().zip(facts) {
            if event.srcversionkind == VersionKind::None && !event.replay {
                let states = &mut runs.entry(fact.thing).or_default().states;
                if states.last() != Some(&fact.state) {
                    states.push(fact.state);
                }
            }
        }
        Self(runs)
    }

    /// Whether this state of its run was in force, in this order, before.
    fn repeats(&mut self, fact: &Fact, tail: &[State]) -> bool {
        let run = self.0.entry(fact.thing).or_default();
        if run.last == Some(fact.state) {
            return true;
        }
        run.last = Some(fact.state);
        let known = run.known.get_or_insert_with(|| overlap(&run.states, tail));
        let is_known = *known > 0;
        *known = known.saturating_sub(1);
        is_known
    }
}

/// How many states at the beginning of a run are the end of the tail. A run longer
/// than any tail repeats it whole when it ends like it.
fn overlap(run: &[[u8; 16]], tail: &[State]) -> usize {
    let ends_with = |part: &[[u8; 16]]| {
        let from = tail.len().saturating_sub(part.len());
        part.iter().eq(tail.iter().skip(from).map(|it| &it.is))
    };
    if let Some((_, end)) = run.split_at_checked(run.len().saturating_sub(TAIL_MAX))
        && run.len() > TAIL_MAX
        && ends_with(end)
    {
        return run.len();
    }
    let longest = run.len().min(tail.len());
    (1..=longest).rev().find(|length| run.get(..*length).is_some_and(ends_with)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
