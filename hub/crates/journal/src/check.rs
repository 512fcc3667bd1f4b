//! Is the file whole? Asked at each start; a damaged one is told, never cut.

use rusqlite::Connection;
use std::path::Path;

use crate::{
    Error, accepted,
    rest::{self, Rest},
    schema,
    settle::seq_of,
};

/// Faults named in an error; there may be many more.
const FAULTS_NAMED_MAX: usize = 5;

/// How much is checked at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every page of the file, and that the positions have no gap.
    Quick,
    /// Only the last position is read.
    Head,
}

/// Checks the file and returns the last position.
pub(crate) fn at_start(conn: &Connection, path: &Path, depth: Depth) -> Result<u64, Error> {
    let faults = match depth {
        Depth::Quick => faults(conn)?,
        Depth::Head => Vec::new(),
    };
    if faults.is_empty() {
        return head(conn).map_err(Error::sqlite("reading"));
    }
    Err(Error::Damaged {
        path: path.to_owned(),
        faults: faults.join("; "),
        readable_to: readable_to(conn),
    })
}

/// Refuses a file at rest that is not as it was left, and forgets what was noted of
/// one that is used. Gives where a file was changed whose change is `accepted`, now or
/// at a start that did not come to say so.
///
/// A change that SQLite can read may be another amount in an entry: only a person
/// knows whether it is wanted. Nothing is written before that is decided, so that a
/// refused file can still be looked at.
pub(crate) fn rest(path: &Path, depth: Depth, accepted: bool) -> Result<Option<String>, Error> {
    let changed = match depth {
        Depth::Quick => match rest::compare(path)? {
            Rest::Changed(place) => Some(place),
            Rest::Same | Rest::Unknown => None,
        },
        Depth::Head => None,
    };
    if let Some(place) = &changed {
        if !accepted {
            // What is wrong with its pages, or with what it is, says more.
            let conn = schema::open_for_reading(path)?;
            at_start(&conn, path, depth)?;
            return Err(Error::ChangedAtRest { path: path.to_owned(), place: place.clone() });
        }
        tracing::warn!(
            path = %path.display(), place,
            "the journal was changed after the hub had stopped; the change was accepted"
        );
        // First: without the note of how it was, nothing else tells of the change.
        accepted::keep(path, place)?;
    }
    rest::forget(path)?;
    accepted::kept(path)
}

fn head(conn: &Connection) -> rusqlite::Result<u64> {
    conn.query_row("SELECT max(seq) FROM entry", [], |row| row.get::<_, Option<i64>>(0))
        .map(|head| head.map_or(0, seq_of))
}

/// What SQLite finds wrong with its pages, and gaps in the positions.
fn faults(conn: &Connection) -> Result<Vec<String>, Error> {
    let mut faults = pages(conn);
    if faults.is_empty() {
        let count: i64 = conn
            .query_row("SELECT count(*) FROM entry", [], |row| row.get(0))
            .map_err(Error::sqlite("reading"))?;
        let head = head(conn).map_err(Error::sqlite("reading"))?;
        if seq_of(count) != head {
            faults.push(format!("{count} entries, but the last has position {head}"));
        }
    }
    Ok(faults)
}

fn pages(conn: &Connection) -> Vec<String> {
    let look = || -> rusqlite::Result<Vec<String>> {
        let mut statement = conn.prepare(&format!("PRAGMA quick_check({FAULTS_NAMED_MAX})"))?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect()
    };
    match look() {
        Ok(rows) => rows.into_iter().filter(|row| row != "ok").collect(),
        Err(error) => vec![error.to_string()],
    }
}

/// The last position of the unbroken run from 1 that can still be read.
fn readable_to(conn: &Connection) -> u64 {
    let mut last = 0;
    let mut look = || -> rusqlite::Result<()> {
        let mut statement = conn.prepare("SELECT seq, leaf, salt, body FROM entry ORDER BY seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let seq = seq_of(row.get(0)?);
            row.get_ref(1)?;
            row.get_ref(3)?;
            if seq != last + 1 {
                break;
            }
            last = seq;
        }
        Ok(())
    };
    // The damage ends the reading with an error; what was read before it counts.
    drop(look());
    last
}
