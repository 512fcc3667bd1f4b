//! The tables that follow from the entries, made again from them: for an older
//! file that has not all of them, and for a salvaged one that has none.

use canon::entry::Arrival;
use rusqlite::{Connection, params};

use crate::{
    Error, Stored, aside,
    audit::bound_fingerprint,
    current, prepare,
    settle::{seq_of, sql},
};

/// Entries between two lines of progress in the log.
const TOLD_EVERY: u64 = 100_000;

/// Makes all index rows of one arrival, as the writer made them.
pub(crate) fn take_in(conn: &Connection, row: &Stored, arrival: &Arrival) -> rusqlite::Result<()> {
    let seq = sql(row.seq);
    for fact in prepare::facts(arrival).unwrap_or_default() {
        conn.prepare_cached(
            "INSERT INTO fact(id, data, seq) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![fact.id, fact.data, seq])?;
    }
    if let (Some(key), Some(print)) = (&arrival.dedupe_key, bound_fingerprint(&row.leaf)) {
        conn.prepare_cached(
            "INSERT INTO key(channel, key, fingerprint, seq) VALUES(?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![arrival.channel, key, print, seq])?;
    }
    if let Some(cursor) = &arrival.cursor {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO cursor(channel, cursor, seq) VALUES(?1, ?2, ?3)",
        )?
        .execute(params![arrival.channel, cursor, seq])?;
    }
    in_force(conn, row.seq, arrival)
}

/// Makes the rows of `current` and `aside` of one arrival.
pub(crate) fn in_force(conn: &Connection, seq: u64, arrival: &Arrival) -> rusqlite::Result<()> {
    let since = arrival.again.as_ref().map_or(seq, |it| it.origin);
    for (event, fact) in arrival.events.iter().zip(prepare::facts(arrival).unwrap_or_default()) {
        current::take_in(conn, since, event, &fact)?;
    }
    aside::take_in(conn, seq, arrival)
}

/// Makes the rows of `current` and `aside` of all entries.
pub(crate) fn fill_in_force(conn: &Connection) -> Result<(), Error> {
    let doing = || Error::sqlite("bringing forward the schema of");
    let mut entries = conn
        .prepare("SELECT seq, body FROM entry WHERE kind = 'arrival' ORDER BY seq")
        .map_err(doing())?;
    let mut rows = entries.query([]).map_err(doing())?;
    while let Some(row) = rows.next().map_err(doing())? {
        let seq = seq_of(row.get(0).map_err(doing())?);
        let body: Vec<u8> = row.get(1).map_err(doing())?;
        let arrival =
            serde_json::from_slice(&body).map_err(|source| Error::Unreadable { seq, source })?;
        in_force(conn, seq, &arrival).map_err(doing())?;
        if seq.is_multiple_of(TOLD_EVERY) {
            tracing::info!(entries = seq, "the journal is brought forward");
        }
    }
    Ok(())
}
