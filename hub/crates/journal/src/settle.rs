//! One append inside the writer's transaction: what is known already, what is new.
//!
//! The rules, in order:
//!
//! 1. The dedupe key of the channel was used: with the same fingerprint it is a
//!    duplicate, with another one it is refused. A key is remembered only with an
//!    entry of its own.
//! 2. An event that says what is known is left out and counted; one that says
//!    something else of the same version becomes a record set aside, code
//!    `version-conflict`, or refuses the arrival when that is all or nothing. See
//!    [`weigh`](crate::weigh).
//! 3. A record of a poll that was set aside before is left out and counted.
//! 4. Nothing new at all is a duplicate and makes no entry, unless it moves a
//!    puller's cursor (that must be remembered, or the page comes for ever), brings
//!    records again (their dead letters close with it), is a file of a row of
//!    files (the next one is compared with it), or is the last piece of a file (it
//!    says what came of all of them).
//!
//! A decision that needs current state belongs here: it would see everything
//! committed before it and nothing after, and its entry is in the same commit.

use canon::{
    clock::Timestamp,
    entry::{self, Arrival, Body, Boundary, RecordFault, SetAside},
    event::Event,
    id::EventId,
};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::{
    Error, Span, aside, leaf,
    prepare::{Kept, Prepared, record_sha256},
    weigh::{Verdict, weigh},
};

/// What is to be answered once the transaction is on disk.
#[derive(Debug)]
pub(crate) enum Settled {
    Committed {
        seq: u64,
        events: Vec<EventId>,
        duplicates: u64,
        set_aside: u64,
        set_aside_again: u64,
        conflicts: u64,
    },
    /// Version conflicts in an arrival that is taken whole or not at all.
    Conflict {
        records: Vec<SetAside>,
    },
    /// Same dedupe key. What was answered then is read by the caller.
    SameKey {
        seq: u64,
    },
    /// Every source fact is known; these are their events.
    SameFacts {
        seq: u64,
        events: Vec<EventId>,
    },
    KeyReused {
        first_seq: u64,
    },
}

// === impl Settled ===

impl Settled {
    /// The entry that was made, if one was.
    pub(crate) fn seq(&self) -> Option<u64> {
        match self {
            Self::Committed { seq, .. } => Some(*seq),
            Self::SameKey { .. }
            | Self::SameFacts { .. }
            | Self::Conflict { .. }
            | Self::KeyReused { .. } => None,
        }
    }
}

/// The transaction and the position its next entry gets.
pub(crate) struct Settling<'tx> {
    pub(crate) tx: &'tx Transaction<'tx>,
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
}

// === impl Settling ===

impl Settling<'_> {
    /// Decides on one append and writes its rows, if it has any.
    ///
    /// An error means that the transaction cannot go on.
    pub(crate) fn settle(&mut self, item: &mut Prepared) -> Result<Settled, Error> {
        let settled = self.settle_body(item)?;
        if matches!(settled, Settled::Committed { .. }) {
            self.write_entry(item)?;
            self.seq += 1;
        }
        Ok(settled)
    }

    fn settle_body(&mut self, item: &mut Prepared) -> Result<Settled, Error> {
        let Prepared { body, kept, .. } = item;
        let Body::Arrival(arrival) = body else {
            return Ok(self.committed(None, 0));
        };
        if let Some(settled) = self.known_key(arrival, &kept.fingerprint)? {
            return Ok(settled);
        }
        let found = if kept.atomic {
            match self.find_new_or_undo(arrival, kept)? {
                Ok(found) => found,
                Err(records) => return Ok(Settled::Conflict { records }),
            }
        } else {
            self.find_new(arrival, kept)?
        };
        if let Some(seq) = found.first
            && arrival.events.is_empty()
            && arrival.set_aside.is_empty()
            && arrival.again.is_none()
            && arrival.file.is_none()
            && !arrival.piece.as_ref().is_some_and(|it| it.last)
            && !self.moves_cursor(arrival)?
        {
            return Ok(Settled::SameFacts { seq, events: found.known });
        }
        let answer = self.committed(Some(arrival), found.conflicts.len() as u64);
        self.write_indexes(arrival, &kept.fingerprint)?;
        if found.changed {
            item.rewrite()?;
        }
        Ok(answer)
    }

    fn committed(&self, arrival: Option<&Arrival>, conflicts: u64) -> Settled {
        Settled::Committed {
            seq: self.seq,
            events: arrival.map_or_else(Vec::new, |it| {
                it.events.iter().map(|event| event.id.clone()).collect()
            }),
            duplicates: arrival.map_or(0, |it| it.duplicates),
            set_aside: arrival.map_or(0, |it| it.set_aside.len() as u64),
            set_aside_again: arrival.map_or(0, |it| it.set_aside_again),
            conflicts,
        }
    }

    /// Leaves in the arrival what is new, and takes that into the indexes.
    fn find_new(&self, arrival: &mut Arrival, kept: &mut Kept) -> Result<Found, Error> {
        let doing = "looking up what is known in";
        let ids: Vec<EventId> = arrival.events.iter().map(|it| it.id.clone()).collect();
        let verdicts =
            weigh(self.tx, self.seq, arrival, &mut kept.facts).map_err(Error::sqlite(doing))?;
        let renamed = arrival.events.iter().zip(&ids).any(|(event, id)| event.id != *id);
        let first = verdicts.iter().find_map(|it| match it {
            Verdict::Known { seq } => Some(*seq),
            Verdict::New | Verdict::Conflict { .. } => None,
        });
        let known = arrival.events.iter().map(|it| it.id.clone()).collect();
        let left_out = verdicts.iter().any(|it| !matches!(it, Verdict::New));
        let conflicts = leave_out(arrival, verdicts, kept);
        let again = aside::leave_out(self.tx, self.seq, arrival).map_err(Error::sqlite(doing))?;
        let changed = renamed || left_out || again.is_some();
        Ok(Found { first: first.or(again), known, conflicts, changed })
    }

    /// Like [`Settling::find_new`], but takes nothing in when there is a conflict,
    /// and gives those.
    fn find_new_or_undo(
        &self,
        arrival: &mut Arrival,
        kept: &mut Kept,
    ) -> Result<Result<Found, Vec<SetAside>>, Error> {
        let say = |command: &str| {
            self.tx
                .prepare_cached(command)
                .and_then(|mut it| it.execute([]))
                .map_err(Error::sqlite("writing"))
        };
        say("SAVEPOINT whole")?;
        let found = self.find_new(arrival, kept)?;
        if found.conflicts.is_empty() {
            say("RELEASE whole")?;
            return Ok(Ok(found));
        }
        say("ROLLBACK TO whole")?;
        say("RELEASE whole")?;
        Ok(Err(found.conflicts))
    }

    fn known_key(&self, arrival: &Arrival, print: &[u8; 32]) -> Result<Option<Settled>, Error> {
        let Some(key) = &arrival.dedupe_key else { return Ok(None) };
        let look = || {
            self.tx
                .prepare_cached("SELECT fingerprint, seq FROM key WHERE channel = ?1 AND key = ?2")?
                .query_row(params![arrival.channel, key], |row| {
                    Ok((row.get::<_, Vec<u8>>(0)?, seq_of(row.get(1)?)))
                })
                .optional()
        };
        let found = look().map_err(Error::sqlite("looking up a dedupe key in"))?;
        Ok(found.map(|(first_print, seq)| {
            if first_print == print {
                Settled::SameKey { seq }
            } else {
                Settled::KeyReused { first_seq: seq }
            }
        }))
    }

    /// Whether a puller must remember a new position, even if all it got is known.
    fn moves_cursor(&self, arrival: &Arrival) -> Result<bool, Error> {
        let Some(cursor) = &arrival.cursor else { return Ok(false) };
        let stored = cursor_of(self.tx, &arrival.channel)
            .map_err(Error::sqlite("looking up a cursor in"))?;
        Ok(stored.as_ref() != Some(cursor))
    }

    fn write_indexes(&self, arrival: &Arrival, fingerprint: &[u8; 32]) -> Result<(), Error> {
        let write = || -> rusqlite::Result<()> {
            if let Some(key) = &arrival.dedupe_key {
                self.tx
                    .prepare_cached(
                        "INSERT INTO key(channel, key, fingerprint, seq) VALUES(?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![arrival.channel, key, fingerprint, sql(self.seq)])?;
            }
            if let Some(cursor) = &arrival.cursor {
                self.tx
                    .prepare_cached(
                        "INSERT OR REPLACE INTO cursor(channel, cursor, seq) VALUES(?1, ?2, ?3)",
                    )?
                    .execute(params![arrival.channel, cursor, sql(self.seq)])?;
            }
            Ok(())
        };
        write().map_err(Error::sqlite("writing"))
    }

    fn write_entry(&self, item: &mut Prepared) -> Result<(), Error> {
        // Its size was checked with the largest numbers before it came here.
        let beside = item.kept.beside(&item.body);
        item.leaf = leaf::leaf((self.seq, self.at), &item.body, &item.commitment, beside).map_err(
            |bytes| {
                let fault = format!("its ledger leaf has {bytes} bytes");
                Error::Unfit { id: self.seq.to_string(), fault }
            },
        )?;
        let write = || -> rusqlite::Result<()> {
            self.tx
                .prepare_cached(
                    "INSERT INTO entry(seq, at, kind, leaf, salt, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    sql(self.seq),
                    self.at.as_ms(),
                    leaf::kind(&item.body),
                    item.leaf,
                    item.salt,
                    item.json
                ])?;
            if let Some(sealed) = &item.kept.sealed {
                self.tx
                    .prepare_cached("INSERT INTO raw(seq, sealed) VALUES(?1, ?2)")?
                    .execute(params![sql(self.seq), sealed])?;
            }
            Ok(())
        };
        write().map_err(Error::sqlite("writing"))
    }
}

/// What of an arrival is new.
#[derive(Debug)]
struct Found {
    /// The entry that has the first of what is not.
    first: Option<u64>,
    /// The ids of all events, as they are known.
    known: Vec<EventId>,
    /// Records set aside for a version conflict.
    conflicts: Vec<SetAside>,
    /// The arrival is not as it was given.
    changed: bool,
}

/// Takes known events out and counts them; turns conflicts into records set
/// aside, and gives those.
fn leave_out(arrival: &mut Arrival, verdicts: Vec<Verdict>, kept: &Kept) -> Vec<SetAside> {
    let whole =
        Span { record: u64::from(arrival.records == 1), offset: 0, length: arrival.raw_bytes };
    let events = std::mem::take(&mut arrival.events);
    let mut conflicts = Vec::new();
    for (index, (event, verdict)) in events.into_iter().zip(verdicts).enumerate() {
        match verdict {
            Verdict::New => arrival.events.push(event),
            Verdict::Known { .. } => arrival.duplicates += 1,
            Verdict::Conflict { seq } => {
                let span = kept.spans.get(index).copied().unwrap_or(whole);
                conflicts.push(conflict(&event, seq, span, kept));
            }
        }
    }
    if !conflicts.is_empty() {
        arrival.set_aside.extend(conflicts.iter().cloned());
        arrival.set_aside.sort_by_key(|it| it.record);
    }
    conflicts
}

/// The record of an event whose version came before with other data.
fn conflict(event: &Event, seq: u64, span: Span, kept: &Kept) -> SetAside {
    SetAside {
        record: span.record,
        offset: span.offset,
        length: span.length,
        boundary: Boundary::Map,
        code: entry::VERSION_CONFLICT.to_owned(),
        faults: vec![RecordFault {
            field: String::new(),
            offset: None,
            found: format!(
                "source version {:?} with other data, mapped by {}",
                event.srcversion, event.mapping
            ),
            expected: format!(
                "the data of entry {seq}, which has this source version already, or a newer \
                 source version"
            ),
            needed_by: None,
            shows: None,
        }],
        record_sha256: kept.raw.as_ref().map(|raw| record_sha256(raw, span.offset, span.length)),
    }
}

/// The last committed cursor of a channel.
pub(crate) fn cursor_of(
    conn: &rusqlite::Connection,
    channel: &str,
) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT cursor FROM cursor WHERE channel = ?1")?
        .query_row([channel], |row| row.get(0))
        .optional()
}

/// SQLite's integers are signed; a sequence never comes near their end.
pub(crate) fn sql(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

pub(crate) fn seq_of(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
