//! Raw bytes do not stay for ever: they are dropped by age, the entries stay.
//!
//! Always from the oldest on, so one number says how far: `raw_dropped_to`.
//! What is missing beyond that number was not dropped by the hub.

use canon::clock::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

use crate::{
    Error, Reader,
    settle::{seq_of, sql},
};

/// Rows dropped in one transaction, so that appends wait only a little.
const DROP_MAX: u64 = 256;

/// Free pages given back to the disk at one time.
const FREED_PAGES_MAX: u32 = 2048;

/// Drops the raw bytes of the oldest entries committed before `before`, a batch
/// at most, and says how many, and whether there are more.
pub(crate) fn drop_raw(conn: &mut Connection, before: Timestamp) -> Result<(u64, bool), Error> {
    let doing = "dropping old raw bytes from";
    let mut work = || -> rusqlite::Result<(u64, bool)> {
        let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let from = setting(&tx)?;
        let old: Vec<i64> = tx
            .prepare_cached("SELECT seq, at FROM entry WHERE seq > ?1 ORDER BY seq LIMIT ?2")?
            .query_map([sql(from), sql(DROP_MAX)], |row| Ok((row.get(0)?, row.get(1)?)))?
            .take_while(|row| row.as_ref().is_ok_and(|(_, at): &(i64, i64)| *at < before.as_ms()))
            .map(|row| row.map(|(seq, _)| seq))
            .collect::<rusqlite::Result<_>>()?;
        let Some(last) = old.last() else { return Ok((0, false)) };
        let dropped = tx.execute("DELETE FROM raw WHERE seq <= ?1", [last])?;
        tx.execute(
            "INSERT OR REPLACE INTO setting(name, value) VALUES('raw_dropped_to', ?1)",
            [last.to_string()],
        )?;
        tx.commit()?;
        Ok((dropped as u64, old.len() as u64 == DROP_MAX))
    };
    work().map_err(Error::sqlite(doing))
}

/// Gives free pages back to the disk and says whether there are more.
pub(crate) fn compact(conn: &Connection) -> Result<bool, Error> {
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

/// The last entry whose raw bytes were dropped by age; 0 when none were.
pub(crate) fn dropped_to(reader: &Reader) -> Result<u64, Error> {
    reader.with(setting)
}

fn setting(conn: &Connection) -> rusqlite::Result<u64> {
    conn.prepare_cached("SELECT value FROM setting WHERE name = 'raw_dropped_to'")?
        .query_row([], |row| row.get::<_, String>(0))
        .optional()
        .map(|value| value.and_then(|it| it.parse().ok()).map_or(0, |it: i64| seq_of(it)))
}
