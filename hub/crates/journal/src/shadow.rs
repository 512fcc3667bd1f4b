//! The tables `current` and `aside`, made again from the entries beside a journal
//! and compared with its own, row by row.

use canon::entry::Arrival;
use rusqlite::{Connection, Row, types::Value};

use crate::{Error, Reader, indexes, schema, settle::sql};

/// Rows compared at a time.
const ROWS_MAX: usize = 1024;

/// Table and its columns, the key first and the entry last.
const TABLES: [(&str, &[&str]); 2] = [
    ("current", &["thing", "id", "kind", "version", "action", "data", "tail", "seq"]),
    ("aside", &["id", "seq"]),
];

/// The same tables, in a file that SQLite makes and takes away.
#[derive(Debug)]
pub(crate) struct Shadow {
    conn: Connection,
}

// === impl Shadow ===

impl Shadow {
    pub(crate) fn new() -> Result<Self, Error> {
        let doing = "comparing with";
        let conn = Connection::open("").map_err(Error::sqlite(doing))?;
        conn.execute_batch(schema::IN_FORCE)
            .and_then(|()| conn.execute_batch("BEGIN"))
            .map_err(Error::sqlite(doing))?;
        Ok(Self { conn })
    }

    pub(crate) fn take_in(&self, seq: u64, arrival: &Arrival) -> Result<(), Error> {
        indexes::in_force(&self.conn, seq, arrival).map_err(Error::sqlite("comparing with"))
    }

    /// What in the journal's tables does not follow from its entries up to `head`.
    /// Rows of later entries are passed over.
    pub(crate) fn compare(&self, reader: &Reader, head: u64) -> Result<Vec<String>, Error> {
        let mut faults = Vec::new();
        for (table, columns) in TABLES {
            let is_there = "SELECT count(*) FROM sqlite_schema WHERE name = ?1";
            let known: i64 =
                reader.with(|conn| conn.query_row(is_there, [table], |row| row.get(0)))?;
            // A file of an older schema gets the table when it is opened for writing.
            if known == 0 {
                continue;
            }
            let wrong = self.wrong_rows(reader, table, columns, head)?;
            if wrong > 0 {
                faults.push(format!("{wrong} rows of {table:?} do not follow from the entries"));
            }
        }
        Ok(faults)
    }

    fn wrong_rows(
        &self,
        reader: &Reader,
        table: &str,
        columns: &[&str],
        head: u64,
    ) -> Result<u64, Error> {
        let key = columns.first().copied().unwrap_or_default();
        let query = format!(
            "SELECT {} FROM {table} WHERE {key} > ?1 ORDER BY {key} LIMIT {ROWS_MAX}",
            columns.join(", ")
        );
        let page = |conn: &Connection, after: &[u8]| -> rusqlite::Result<Vec<Vec<Value>>> {
            conn.prepare_cached(&query)?
                .query_map([after], |row| values(row, columns.len()))?
                .collect()
        };
        let mut ours = Pages::new(|after: &[u8]| {
            page(&self.conn, after).map_err(Error::sqlite("comparing with"))
        });
        let mut theirs = Pages::new(|after: &[u8]| reader.with(|conn| page(conn, after)));
        let mut wrong = 0;
        let (mut our, mut their) = (ours.next()?, theirs.next()?);
        loop {
            let (our_key, their_key) = (our.as_deref().map(key_of), their.as_deref().map(key_of));
            let is_later = match their.as_deref().and_then(seq_in) {
                // By an entry that was committed meanwhile, not by one that is none.
                Some(seq) if seq > sql(head) => seq <= sql(reader.head()?),
                Some(_) | None => false,
            };
            match (our_key, their_key) {
                (None, None) => return Ok(wrong),
                (Some(a), Some(b)) if a == b => {
                    wrong += u64::from(our != their && !is_later);
                    (our, their) = (ours.next()?, theirs.next()?);
                }
                (a, Some(b)) if a.is_none_or(|a| b < a) => {
                    wrong += u64::from(!is_later);
                    their = theirs.next()?;
                }
                _ => {
                    wrong += 1;
                    our = ours.next()?;
                }
            }
        }
    }
}

/// Rows in the order of their keys, read page by page.
struct Pages<F> {
    read: F,
    page: std::vec::IntoIter<Vec<Value>>,
    after: Vec<u8>,
    ended: bool,
}

impl<F: FnMut(&[u8]) -> Result<Vec<Vec<Value>>, Error>> Pages<F> {
    fn new(read: F) -> Self {
        Self { read, page: Vec::new().into_iter(), after: Vec::new(), ended: false }
    }

    fn next(&mut self) -> Result<Option<Vec<Value>>, Error> {
        if self.page.as_slice().is_empty() && !self.ended {
            self.page = (self.read)(&self.after)?.into_iter();
            self.ended = self.page.as_slice().is_empty();
        }
        let row = self.page.next();
        if let Some(row) = &row {
            key_of(row).clone_into(&mut self.after);
        }
        Ok(row)
    }
}

fn values(row: &Row<'_>, columns: usize) -> rusqlite::Result<Vec<Value>> {
    (0..columns).map(|index| row.get(index)).collect()
}

fn key_of(row: &[Value]) -> &[u8] {
    match row.first() {
        Some(Value::Blob(key)) => key,
        _ => &[],
    }
}

const fn seq_in(row: &[Value]) -> Option<i64> {
    match row.last() {
        Some(Value::Integer(seq)) => Some(*seq),
        _ => None,
    }
}
