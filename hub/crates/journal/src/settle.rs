//! One append inside the writer's transaction: what is known already, what is new.
//!
//! The rules, in order:
//!
//! 1. The dedupe key of the channel was used: with the same fingerprint it is a
//!    duplicate, with another one it is refused. A key is remembered only with an
//!    entry of its own.
//! 2. An event whose id is known with the same data is left out and counted; with
//!    other data it becomes a record set aside, code `version-conflict`. An event
//!    marked `replay` is kept in either case.
//! 3. Nothing but known events is a duplicate and makes no entry, unless it moves
//!    a puller's cursor: that must be remembered, or the page comes for ever.
//!
//! A decision that needs current state belongs here: it would see everything
//! committed before it and nothing after, and its entry is in the same commit.

use canon::{
    clock::Timestamp,
    entry::{Arrival, Body, Boundary, RecordFault, SetAside},
    id::EventId,
};
use rusqlite::{OptionalExtension as _, Transaction, params};

use crate::{
    Error, leaf,
    prepare::{Fact, Prepared, json},
};

/// Problem code of a record whose source version came before with other data.
pub(crate) const VERSION_CONFLICT: &str = "version-conflict";

/// What is to be answered once the transaction is on disk.
#[derive(Debug)]
pub(crate) enum Settled {
    Committed {
        seq: u64,
        events: Vec<EventId>,
        duplicates: u64,
        set_aside: u64,
        conflicts: u64,
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
        let Body::Arrival(arrival) = &mut item.body else {
            return Ok(self.committed(Vec::new(), 0, 0, 0));
        };
        if let Some(settled) = self.known_key(arrival, &item.kept.fingerprint)? {
            return Ok(settled);
        }
        let verdicts = self.weigh(arrival, &item.kept.facts)?;
        let known = verdicts.iter().filter(|it| matches!(it, Verdict::Known { .. })).count();
        let first = verdicts.iter().find_map(|it| match it {
            Verdict::Known { seq } => Some(*seq),
            Verdict::New | Verdict::Conflict { .. } => None,
        });
        let nothing_new = known == verdicts.len() && arrival.set_aside.is_empty();
        if let Some(seq) = first
            && nothing_new
            && !self.moves_cursor(arrival)?
        {
            let events = arrival.events.iter().map(|it| it.id.clone()).collect();
            return Ok(Settled::SameFacts { seq, events });
        }
        let changed = verdicts.iter().any(|it| !matches!(it, Verdict::New));
        let conflicts = leave_out(arrival, verdicts, &item.kept.spans);
        let answer = self.committed(
            arrival.events.iter().map(|it| it.id.clone()).collect(),
            arrival.duplicates,
            arrival.set_aside.len() as u64,
            conflicts,
        );
        self.write_indexes(arrival, &item.kept.fingerprint)?;
        if changed {
            item.json = json(&item.body)?;
        }
        Ok(answer)
    }

    fn committed(
        &self,
        events: Vec<EventId>,
        duplicates: u64,
        set_aside: u64,
        conflicts: u64,
    ) -> Settled {
        Settled::Committed { seq: self.seq, events, duplicates, set_aside, conflicts }
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

    /// Looks each fact up and takes in the new ones, so that a second event of
    /// the same fact in the same arrival meets the first.
    fn weigh(&self, arrival: &Arrival, facts: &[Fact]) -> Result<Vec<Verdict>, Error> {
        let weigh_one = |replay: bool, fact: &Fact| -> rusqlite::Result<Verdict> {
            let taken = self
                .tx
                .prepare_cached(
                    "INSERT INTO fact(id, data, seq) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )?
                .execute(params![fact.id, fact.data, sql(self.seq)])?;
            if taken == 1 || replay {
                return Ok(Verdict::New);
            }
            let (data, seq): (Vec<u8>, i64) = self
                .tx
                .prepare_cached("SELECT data, seq FROM fact WHERE id = ?1")?
                .query_row(params![fact.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let seq = seq_of(seq);
            Ok(if data == fact.data { Verdict::Known { seq } } else { Verdict::Conflict { seq } })
        };
        arrival
            .events
            .iter()
            .zip(facts)
            .map(|(event, fact)| weigh_one(event.replay, fact))
            .collect::<Result<_, _>>()
            .map_err(Error::sqlite("looking up a source fact in"))
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

    fn write_entry(&self, item: &Prepared) -> Result<(), Error> {
        let commitment = leaf::commitment(&item.salt, &item.json);
        // Its size was checked with the largest numbers before it came here.
        let leaf =
            leaf::leaf((self.seq, self.at), &item.body, &commitment, item.kept.beside(&item.body))
                .map_err(|bytes| {
                    let fault = format!("its ledger leaf has {bytes} bytes");
                    Error::Unfit { id: self.seq.to_string(), fault }
                })?;
        let write = || -> rusqlite::Result<()> {
            self.tx
                .prepare_cached(
                    "INSERT INTO entry(seq, at, kind, leaf, salt, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    sql(self.seq),
                    self.at.as_ms(),
                    leaf::kind(&item.body),
                    leaf,
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

/// What the journal knows of one source fact.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    New,
    Known { seq: u64 },
    Conflict { seq: u64 },
}

/// Takes known events out and counts them; turns conflicts into records set
/// aside and says how many.
fn leave_out(arrival: &mut Arrival, verdicts: Vec<Verdict>, spans: &[crate::Span]) -> u64 {
    let whole = crate::Span {
        record: u64::from(arrival.records == 1),
        offset: 0,
        length: arrival.raw_bytes,
    };
    let events = std::mem::take(&mut arrival.events);
    let mut conflicts = 0;
    for (index, (event, verdict)) in events.into_iter().zip(verdicts).enumerate() {
        match verdict {
            Verdict::New => arrival.events.push(event),
            Verdict::Known { .. } => arrival.duplicates += 1,
            Verdict::Conflict { seq } => {
                conflicts += 1;
                let span = spans.get(index).copied().unwrap_or(whole);
                arrival.set_aside.push(SetAside {
                    record: span.record,
                    offset: span.offset,
                    length: span.length,
                    boundary: Boundary::Map,
                    code: VERSION_CONFLICT.to_owned(),
                    faults: vec![RecordFault {
                        field: String::new(),
                        offset: None,
                        found: format!(
                            "source version {:?} with other data, mapped by {}",
                            event.srcversion, event.mapping
                        ),
                        expected: format!(
                            "the data of entry {seq}, which has this source version already, \
                             or a newer source version"
                        ),
                        needed_by: None,
                    }],
                });
            }
        }
    }
    if conflicts > 0 {
        arrival.set_aside.sort_by_key(|it| it.record);
    }
    conflicts
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
