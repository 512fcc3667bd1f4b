//! Does each row say what it was committed to say? For offline verification.
//!
//! The leaf is what the ledger proves. Everything else in the file must follow
//! from the leaves: bodies by their commitments, raw bytes by their hash, the
//! indexes by the entries.

use aws_lc_rs::digest::{SHA256, digest};
use canon::entry::{Arrival, Body};
use rusqlite::{OptionalExtension as _, params};
use serde::Deserialize;
use std::collections::BTreeMap;

use crate::{
    Error, Reader, Stored,
    leaf::{self, Beside},
    retention::{self, Old},
    settle::{seq_of, sql},
    shadow::Shadow,
};

/// Goes through a journal entry by entry, in order, and counts.
#[derive(Debug)]
pub struct Audit<'a> {
    reader: &'a Reader,
    /// Raw bytes that were unsealed and have the hash they should have.
    pub raw_checked: u64,
    /// Raw bytes that are sealed, but could not be checked for want of the key.
    pub raw_sealed: u64,
    /// Raw bytes that retention has dropped.
    pub raw_dropped: u64,
    facts: u64,
    keys: u64,
    cursors: BTreeMap<String, (String, u64)>,
    shadow: Option<Shadow>,
}

/// The members of a leaf that do not follow from the body.
#[derive(Deserialize)]
struct Bound {
    #[serde(default)]
    body: String,
    #[serde(default)]
    fingerprint: Option<String>,
    #[serde(default)]
    raw_kept: bool,
}

// === impl Audit ===

impl<'a> Audit<'a> {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(reader: &'a Reader) -> Self {
        Self {
            reader,
            raw_checked: 0,
            raw_sealed: 0,
            raw_dropped: 0,
            facts: 0,
            keys: 0,
            cursors: BTreeMap::new(),
            shadow: None,
        }
    }

    /// What is wrong with one entry and all that is stored beside it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn entry(&mut self, row: &Stored) -> Result<Vec<String>, Error> {
        let Ok(bound) = serde_json::from_slice::<Bound>(&row.leaf) else {
            return Ok(vec!["its leaf is not readable".to_owned()]);
        };
        let Ok(salt) = <&[u8; 32]>::try_from(row.salt.as_slice()) else {
            return Ok(vec!["its salt is not 32 bytes".to_owned()]);
        };
        let commitment = leaf::commitment(salt, &row.body);
        let mut faults = Vec::new();
        if bound.body != hex::encode(commitment) {
            faults.push("its body or salt is not what its leaf commits to".to_owned());
        }
        let entry = match row.entry() {
            Ok(entry) => entry,
            Err(error) => {
                faults.push(format!("its body is not readable: {error}"));
                return Ok(faults);
            }
        };
        let beside = Beside {
            raw_kept: bound.raw_kept,
            fingerprint: bound.fingerprint.as_deref().and_then(bytes_of),
        };
        if leaf::leaf((row.seq, row.at), &entry.body, &commitment, beside) != Ok(row.leaf.clone())
            && faults.is_empty()
        {
            faults.push("its leaf is not the leaf of its position, time, kind and body".to_owned());
        }
        let arrival = match &entry.body {
            Body::Arrival(arrival) => Some(arrival),
            Body::Refusal(_) | Body::Attempt(_) | Body::Act(_) => None,
        };
        self.raw(row.seq, arrival, bound.raw_kept, &mut faults)?;
        if let Some(arrival) = arrival {
            self.facts_of(row.seq, arrival, &mut faults)?;
            self.key_of(row.seq, arrival, beside.fingerprint, &mut faults)?;
            if let Some(cursor) = &arrival.cursor {
                self.cursors.insert(arrival.channel.clone(), (cursor.clone(), row.seq));
            }
            match &mut self.shadow {
                Some(shadow) => shadow.take_in(row.seq, arrival)?,
                shadow @ None => shadow.insert(Shadow::new()?).take_in(row.seq, arrival)?,
            }
        }
        Ok(faults)
    }

    /// What is in the file besides the entries up to `head` and what follows
    /// from them.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn finish(self, head: u64) -> Result<Vec<String>, Error> {
        let mut faults = Vec::new();
        let raws_seen = self.raw_checked + self.raw_sealed;
        for (table, seen, what) in [
            ("raw", raws_seen, "raw byte rows"),
            ("fact", self.facts, "source facts"),
            ("key", self.keys, "dedupe keys"),
        ] {
            // Rows of entries that were committed meanwhile are passed over.
            let query = format!(
                "SELECT count(*) FROM {table}
                 WHERE seq <= ?1 OR seq > (SELECT ifnull(max(seq), 0) FROM entry)"
            );
            let found = self
                .reader
                .with(|conn| conn.query_row(&query, [sql(head)], |row| row.get(0)))
                .map(seq_of)?;
            if found > seen {
                faults.push(format!("{found} {what}, only {seen} belong to sound entries"));
            }
        }
        self.cursors_of(head, &mut faults)?;
        if let Some(shadow) = self.shadow {
            faults.extend(shadow.compare(self.reader, head)?);
        }
        if let Some(seal) = self.reader.seal()
            && self.reader.setting("seal_key_id")?.as_deref() != Some(&seal.id())
        {
            faults.push("the seal key is not the one this journal names".to_owned());
        }
        Ok(faults)
    }

    fn cursors_of(&self, head: u64, faults: &mut Vec<String>) -> Result<(), Error> {
        let stored = self.reader.cursors()?;
        for (channel, cursor, seq) in &stored {
            let right = if *seq > head {
                // Moved on meanwhile: by that entry, or by nobody.
                matches!(
                    self.reader.entry(*seq)?.map(|it| it.body),
                    Some(Body::Arrival(it)) if it.cursor.as_ref() == Some(cursor)
                        && it.channel == *channel
                )
            } else {
                self.cursors.get(channel) == Some(&(cursor.clone(), *seq))
            };
            if !right {
                faults.push(format!("the cursor of channel {channel:?} is not its last one"));
            }
        }
        for channel in self.cursors.keys() {
            if !stored.iter().any(|(it, ..)| it == channel) {
                faults.push(format!("the cursor of channel {channel:?} is missing"));
            }
        }
        Ok(())
    }

    fn raw(
        &mut self,
        seq: u64,
        arrival: Option<&Arrival>,
        kept: bool,
        faults: &mut Vec<String>,
    ) -> Result<(), Error> {
        let Some(sealed) = self.reader.sealed(seq)? else {
            if kept && seq <= retention::dropped_to(self.reader, Old::Raw)? {
                self.raw_dropped += 1;
            } else if kept {
                faults.push("its raw bytes are missing".to_owned());
            }
            return Ok(());
        };
        let (Some(arrival), true) = (arrival, kept) else {
            faults.push("raw bytes stand beside it that it never had".to_owned());
            return Ok(());
        };
        let Some(seal) = self.reader.seal() else {
            self.raw_sealed += 1;
            return Ok(());
        };
        match seal.open(&arrival.id, &sealed) {
            Ok(raw) if hex::encode(digest(&SHA256, &raw)) == arrival.raw_sha256 => {
                self.raw_checked += 1;
            }
            Ok(_) => faults.push("its raw bytes do not have its raw_sha256".to_owned()),
            Err(fault) => faults.push(format!("its raw bytes cannot be unsealed: {fault}")),
        }
        Ok(())
    }

    fn facts_of(
        &mut self,
        seq: u64,
        arrival: &Arrival,
        faults: &mut Vec<String>,
    ) -> Result<(), Error> {
        let looked = self.reader.with(|conn| {
            let mut look = conn.prepare_cached("SELECT data, seq FROM fact WHERE id = ?1")?;
            let mut one = |id: [u8; 16]| {
                look.query_row(params![id], |row| {
                    Ok((row.get::<_, Vec<u8>>(0)?, seq_of(row.get(1)?)))
                })
                .optional()
            };
            let ids = arrival.events.iter().map(|it| bytes_of::<16>(it.id.as_str()));
            ids.map(|id| id.map_or(Ok(None), &mut one)).collect::<rusqlite::Result<Vec<_>>>()
        })?;
        for (event, found) in arrival.events.iter().zip(looked) {
            let data = digest(&SHA256, event.data.get().as_bytes());
            let own = found.as_ref().is_some_and(|(_, first)| *first == seq);
            self.facts += u64::from(own);
            match found {
                Some((stored, _)) if own && stored == data.as_ref() => {}
                Some(_) if event.replay && !own => {}
                _ => faults.push(format!("the source fact of event {} is not its own", event.id)),
            }
        }
        Ok(())
    }

    fn key_of(
        &mut self,
        seq: u64,
        arrival: &Arrival,
        fingerprint: Option<[u8; 32]>,
        faults: &mut Vec<String>,
    ) -> Result<(), Error> {
        let Some(key) = &arrival.dedupe_key else { return Ok(()) };
        let found = self.reader.with(|conn| {
            conn.prepare_cached("SELECT fingerprint, seq FROM key WHERE channel = ?1 AND key = ?2")?
                .query_row(params![arrival.channel, key], |row| {
                    Ok((row.get::<_, Vec<u8>>(0)?, seq_of(row.get(1)?)))
                })
                .optional()
        })?;
        match (found, fingerprint) {
            (Some((stored, first)), Some(print)) if first == seq && stored == print => {
                self.keys += 1;
            }
            _ if seq <= retention::dropped_to(self.reader, Old::Keys)? => {}
            _ => faults.push("its dedupe key is not stored as it was".to_owned()),
        }
        Ok(())
    }
}

/// What an arrival's dedupe key stands for, as its leaf says.
pub(crate) fn bound_fingerprint(leaf: &[u8]) -> Option<[u8; 32]> {
    let bound: Bound = serde_json::from_slice(leaf).ok()?;
    bytes_of(&bound.fingerprint?)
}

fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}
