//! The table `aside`: records of polled sources that were set aside.
//!
//! A poll brings the same bad record each time. Byte by byte the same, with the
//! same faults, it is the dead letter that is there already: counted, not made
//! again. With another content, or when a map or schema finds another fault, it is
//! a new one. What somebody sends, as a webhook or a file, always shows: there a
//! repetition is an act.

use aws_lc_rs::digest::{Context, SHA256};
use canon::entry::{Arrival, SetAside};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::settle::{seq_of, sql};

/// Takes records out that were set aside before, and counts them. Returns the
/// entry of the first of them.
pub(crate) fn leave_out(
    conn: &Connection,
    seq: u64,
    arrival: &mut Arrival,
) -> rusqlite::Result<Option<u64>> {
    if !is_polled(arrival) {
        return Ok(None);
    }
    let mut first = None;
    for record in std::mem::take(&mut arrival.set_aside) {
        match known(conn, seq, &arrival.channel, &record)? {
            Some(before) => {
                arrival.set_aside_again += 1;
                first = first.or(Some(before));
            }
            None => arrival.set_aside.push(record),
        }
    }
    Ok(first)
}

/// Takes in what is kept in the entry `seq`.
pub(crate) fn take_in(conn: &Connection, seq: u64, arrival: &Arrival) -> rusqlite::Result<()> {
    if is_polled(arrival) {
        for record in &arrival.set_aside {
            known(conn, seq, &arrival.channel, record)?;
        }
    }
    Ok(())
}

/// Only a poll has a place to go on from.
pub(crate) const fn is_polled(arrival: &Arrival) -> bool {
    arrival.cursor.is_some()
}

/// The entry that has this record already; remembers it when there is none.
fn known(
    conn: &Connection,
    seq: u64,
    channel: &str,
    record: &SetAside,
) -> rusqlite::Result<Option<u64>> {
    let Some(id) = identity(channel, record) else { return Ok(None) };
    let taken = conn
        .prepare_cached("INSERT INTO aside(id, seq) VALUES(?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![id, sql(seq)])?;
    if taken == 1 {
        return Ok(None);
    }
    conn.prepare_cached("SELECT seq FROM aside WHERE id = ?1")?
        .query_row([id], |row| row.get(0).map(seq_of))
        .optional()
}

/// Channel, bytes and faults; not the place, which moves as a page grows.
fn identity(channel: &str, record: &SetAside) -> Option<[u8; 16]> {
    let bytes = record.record_sha256.as_deref()?;
    let mut context = Context::new(&SHA256);
    let faults = record.faults.iter().flat_map(|it| [&it.field, &it.found, &it.expected]);
    let parts = [channel, bytes, &record.code].into_iter();
    for part in parts.chain(faults.map(String::as_str)) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().first_chunk().copied()
}
