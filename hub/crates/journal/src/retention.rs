//! Some things do not stay for ever: raw bytes and dedupe keys are dropped by age,
//! the entries stay.
//!
//! Always from the oldest entry on, so one number says how far: `raw_dropped_to`,
//! `keys_dropped_to`. What is missing beyond that number was not dropped by the hub.
//! Raw bytes that somebody still needs stay before it, and go when nobody does.

use canon::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::BTreeSet;

use crate::{
    Error, Reader, failpoint,
    settle::{seq_of, sql},
};

/// Entries looked at in one transaction, so that appends wait only a little.
const DROP_MAX: u64 = 256;

/// Free pages given back to the disk at one time.
const FREED_PAGES_MAX: u32 = 2048;

/// What is dropped by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Old {
    /// Sealed raw bytes.
    Raw,
    /// Dedupe keys.
    Keys,
}

/// Entries whose raw bytes stay whatever their age.
pub(crate) type Needed = BTreeSet<u64>;

// === impl Old ===

impl Old {
    const fn setting(self) -> &'static str {
        match self {
            Self::Raw => "raw_dropped_to",
            Self::Keys => "keys_dropped_to",
        }
    }

    /// Drops what belongs to entries after the first and up to the second place.
    fn delete(
        self,
        conn: &Connection,
        (after, last): (i64, i64),
        needed: &Needed,
    ) -> rusqlite::Result<u64> {
        match self {
            Self::Raw => delete_raw(conn, (after, last), needed),
            Self::Keys => {
                let sql = "DELETE FROM key WHERE seq > ?1 AND seq <= ?2";
                Ok(conn.prepare_cached(sql)?.execute([after, last])? as u64)
            }
        }
    }
}

fn delete_raw(
    conn: &Connection,
    (after, last): (i64, i64),
    needed: &Needed,
) -> rusqlite::Result<u64> {
    let found: Vec<i64> = conn
        .prepare_cached("SELECT seq FROM raw WHERE seq > ?1 AND seq <= ?2")?
        .query_map([after, last], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut delete = conn.prepare_cached("DELETE FROM raw WHERE seq = ?1")?;
    let mut dropped = 0;
    for seq in found.into_iter().filter(|it| !needed.contains(&seq_of(*it))) {
        dropped += delete.execute([seq])? as u64;
    }
    Ok(dropped)
}

/// Drops what is old of the oldest entries committed before `before`, a batch at
/// most, and says how many, and whether there are more. Then what was needed when
/// its time came, and is not any more.
pub(crate) fn drop_old(
    conn: &mut Connection,
    old: Old,
    before: Timestamp,
    needed: &Needed,
) -> Result<(u64, bool), Error> {
    let doing = "dropping what is old from";
    let mut work = || -> rusqlite::Result<(u64, bool)> {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let from = setting(&tx, old)?;
        let entries: Vec<i64> = tx
            .prepare_cached("SELECT seq, at FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2")?
            .query_map([sql(from), sql(DROP_MAX)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .take_while(|row| row.as_ref().is_ok_and(|(_, at): &(i64, i64)| *at < before.as_ms()))
            .map(|row| row.map(|(seq, _)| seq))
            .collect::<rusqlite::Result<_>>()?;
        let Some(last) = entries.last() else {
            let dropped = match old {
                Old::Raw => drop_left(&tx, sql(from), needed)?,
                Old::Keys => 0,
            };
            tx.commit()?;
            return Ok((dropped, dropped == DROP_MAX));
        };
        let dropped = old.delete(&tx, (sql(from), *last), needed)?;
        tx.execute(
            "INSERT OR REPLACE INTO setting(name, value) VALUES(?1, ?2)",
            [old.setting(), &last.to_string()],
        )?;
        tx.commit()?;
        Ok((dropped, entries.len() as u64 == DROP_MAX || old == Old::Raw))
    };
    work().map_err(Error::sqlite(doing))
}

/// Of raw bytes that were left when their time came, drops those that nobody
/// needs any more, a batch at most.
fn drop_left(conn: &Connection, dropped_to: i64, needed: &Needed) -> rusqlite::Result<u64> {
    let mut left = conn.prepare_cached("SELECT seq FROM raw WHERE seq <= ?1 ORDER BY seq")?;
    let free: Vec<i64> = left
        .query_map([dropped_to], |row| row.get(0))?
        .filter(|row| row.as_ref().map_or(true, |seq| !needed.contains(&seq_of(*seq))))
        .take(usize::try_from(DROP_MAX).unwrap_or(usize::MAX))
        .collect::<rusqlite::Result<_>>()?;
    let mut delete = conn.prepare_cached("DELETE FROM raw WHERE seq = ?1")?;
    for seq in &free {
        delete.execute([seq])?;
    }
    Ok(free.len() as u64)
}

/// Gives free pages back to the disk and says whether there are more.
pub(crate) fn compact(conn: &Connection) -> Result<bool, Error> {
    failpoint::pass("compaction.within");
    let work = || -> rusqlite::Result<bool> {
        // Each step frees one page.
        let mut free = conn.prepare(&format!("PRAGMA incremental_vacuum({FREED_PAGES_MAX})"))?;
        let mut pages = free.query([])?;
        while pages.next()?.is_some() {}
        let free: i64 = conn.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        Ok(free > 0)
    };
    work().map_err(Error::sqlite("compacting"))
}

/// The last entry whose things of this kind were dropped by age; 0 when none were.
pub(crate) fn dropped_to(reader: &Reader, old: Old) -> Result<u64, Error> {
    reader.with(|conn| setting(conn, old))
}

fn setting(conn: &Connection, old: Old) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([old.setting()], |row| row.get::<_, String>(0))
        .optional()
        .map(|value| value.and_then(|it| it.parse().ok()).map_or(0, |it: i64| seq_of(it)))
}
