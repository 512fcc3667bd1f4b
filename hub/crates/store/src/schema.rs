//! The folds of this file, their tables, and how they come and go.

use rusqlite::Connection;

use crate::error::{Error, Result};

/// Raised whenever a table changes: an older file is emptied and folded again.
const LAYOUT_VERSION: i64 = 16;

/// One fold: tables that are derived together and have one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Events, current state, identities, stock, orders, records set aside.
    Store,
    /// Routes, parcels and their attempts.
    Deliveries,
}

// === impl Fold ===

impl Fold {
    /// In the order they read an entry: deliveries look at what the store decided.
    pub const ALL: [Self; 2] = [Self::Store, Self::Deliveries];

    /// The name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Deliveries => "deliveries",
        }
    }

    /// The folds meant by `store`, `deliveries` or `all`.
    pub fn named(name: &str) -> Result<Vec<Self>> {
        match name {
            "store" => Ok(vec![Self::Store]),
            "deliveries" => Ok(vec![Self::Deliveries]),
            "all" => Ok(Self::ALL.to_vec()),
            _ => Err(Error::UnknownFold { found: name.to_owned() }),
        }
    }

    const fn tables(self) -> &'static str {
        match self {
            Self::Store => include_str!("schema/store.sql"),
            Self::Deliveries => include_str!("schema/deliveries.sql"),
        }
    }
}

/// Makes what is missing; empties a file of another layout.
pub(crate) fn prepare(conn: &mut Connection) -> Result<()> {
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tx = conn.transaction()?;
    if found != LAYOUT_VERSION {
        for table in tables_like(&tx, "%")? {
            tx.execute_batch(&format!("DROP TABLE \"{table}\""))?;
        }
    }
    tx.execute_batch(
        "CREATE TABLE IF NOT EXISTS fold (
             name TEXT PRIMARY KEY,
             position INTEGER NOT NULL
         ) STRICT, WITHOUT ROWID;",
    )?;
    for fold in Fold::ALL {
        tx.execute_batch(fold.tables())?;
        tx.execute("INSERT OR IGNORE INTO fold VALUES (?1, 0)", [fold.name()])?;
    }
    tx.execute_batch(&format!("PRAGMA user_version = {LAYOUT_VERSION}"))?;
    tx.commit()?;
    Ok(())
}

/// Throws `folds` away: their tables are made new and their positions are 0.
pub(crate) fn rebuild(conn: &mut Connection, folds: &[Fold]) -> Result<()> {
    let tx = conn.transaction()?;
    for fold in folds {
        for table in tables_like(&tx, &format!("{}\\_%", fold.name()))? {
            tx.execute_batch(&format!("DROP TABLE \"{table}\""))?;
        }
        tx.execute_batch(fold.tables())?;
        tx.execute("UPDATE fold SET position = 0 WHERE name = ?1", [fold.name()])?;
    }
    tx.commit()?;
    Ok(())
}

/// Names of tables, in order. Names of a fold's tables begin with the fold's name.
pub(crate) fn tables_like(conn: &Connection, pattern: &str) -> Result<Vec<String>> {
    let mut tables = conn.prepare(
        "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name LIKE ?1 ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY name",
    )?;
    let names = tables.query_map([pattern], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_index_is_made() {
        for fold in Fold::ALL {
            let conn = Connection::open_in_memory().unwrap();
            // Without the words by which a second one of the same name is left out.
            conn.execute_batch(&fold.tables().replace("IF NOT EXISTS ", "")).unwrap();
        }
    }
}
