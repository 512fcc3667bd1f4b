//! What can be saved of a damaged journal: the unbroken run of entries from the
//! first on, in a new file. The damaged one is only read.
//!
//! The indexes are made again from the entries, so damage in them costs nothing.

use canon::entry::Body;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

use crate::{
    Error, Reader, Stored,
    backup::{finish, refuse_existing, remove},
    indexes,
    retention::{self, Old},
    schema,
    settle::sql,
};

/// Entries in one transaction.
const COPY_MAX: usize = 256;

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// The new journal.
    pub path: PathBuf,
    /// Its last position: everything before the first damaged entry.
    pub head: u64,
    /// Entries among them whose raw bytes are lost.
    pub raw_lost: u64,
    /// Why it ends there; `None` when the old one ends there too.
    pub ended_by: Option<String>,
}

/// Copies every entry before the first damaged one from `from` to the new
/// journal `to`. The ledger still knows how many there were.
///
/// # Errors
///
/// When `to` exists or cannot be written, or nothing of `from` can be read.
pub fn salvage(from: &Path, to: &Path) -> Result<Salvaged, Error> {
    for suffix in ["", "-wal", "-shm"] {
        refuse_existing(&schema::beside(to, suffix))?;
    }
    let reader = Reader::open_read_only(from, None)?;
    let part = schema::beside(to, ".part");
    remove(&part)?;
    let new = schema::open_for_writing(&part)?;
    for name in ["seal_key_id", "raw_dropped_to", "keys_dropped_to"] {
        if let Ok(Some(value)) = reader.setting(name) {
            new.execute("INSERT INTO setting(name, value) VALUES(?1, ?2)", [name, &value])
                .map_err(Error::sqlite("writing"))?;
        }
    }
    let keys_from = retention::dropped_to(&reader, Old::Keys).unwrap_or(0);
    let (mut head, mut raw_lost) = (0, 0);
    let ended_by = loop {
        let tx = new.unchecked_transaction().map_err(Error::sqlite("writing"))?;
        let (mut copied, mut end) = (0, None);
        while copied < COPY_MAX && end.is_none() {
            match next(&reader, head + 1) {
                Ok(Some((row, mut body))) => {
                    if let Body::Arrival(arrival) = &mut body
                        && row.seq <= keys_from
                    {
                        // Its key was forgotten, and may be another entry's now.
                        arrival.dedupe_key = None;
                    }
                    raw_lost += u64::from(!copy(&reader, &tx, &row, &body)?);
                    head = row.seq;
                    copied += 1;
                }
                Ok(None) => end = Some(None),
                Err(fault) => end = Some(Some(fault)),
            }
        }
        tx.commit().map_err(Error::sqlite("writing"))?;
        if let Some(end) = end {
            break end;
        }
    };
    schema::set_mode(&new, "delete")?;
    drop(new);
    finish(&part, to, head)?;
    Ok(Salvaged { path: to.to_owned(), head, raw_lost, ended_by })
}

/// The entry at `seq`, if it can be read and typed; `None` when there is none
/// and none behind it.
fn next(reader: &Reader, seq: u64) -> Result<Option<(Stored, Body)>, String> {
    let rows = reader.stored(seq, 1).map_err(|error| format!("entry {seq}: {error}"))?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    if row.seq != seq {
        return Err(format!("entry {seq} is missing"));
    }
    let entry = row.entry().map_err(|error| error.to_string())?;
    Ok(Some((row, entry.body)))
}

/// Copies one entry and what belongs to it; false when its raw bytes are lost.
fn copy(reader: &Reader, tx: &Connection, row: &Stored, body: &Body) -> Result<bool, Error> {
    let sealed = reader.sealed(row.seq);
    let raw_read = sealed.is_ok();
    let write = || -> rusqlite::Result<()> {
        tx.prepare_cached(
            "INSERT INTO entry(seq, at, kind, leaf, salt, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            sql(row.seq),
            row.at.as_ms(),
            row.kind,
            row.leaf,
            row.salt,
            row.body
        ])?;
        if let Ok(Some(sealed)) = sealed {
            tx.prepare_cached("INSERT INTO raw(seq, sealed) VALUES(?1, ?2)")?
                .execute(params![sql(row.seq), sealed])?;
        }
        match body {
            Body::Arrival(arrival) => indexes::take_in(tx, row, arrival),
            Body::Refusal(_) | Body::Attempt(_) | Body::Act(_) => Ok(()),
        }
    };
    write().map_err(Error::sqlite("writing"))?;
    Ok(raw_read)
}
