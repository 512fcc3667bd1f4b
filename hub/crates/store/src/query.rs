//! The readers: every question the API and the dispatcher ask.
//!
//! A [`Reader`] opens read-only connections as needed and keeps a few; each
//! question sees one consistent state of the file. Lists are read page by page
//! with a cursor that stays valid while entries are added.

mod channels;
mod customers;
mod due;
mod events;
mod files;
mod interchanges;
mod letters;
mod names;
mod numbered;
mod orders;
mod page;
mod parcels;
mod replays;
mod stock;

pub use channels::{ChannelCounters, DestinationCounters, RefusalCount};
pub use customers::{ConsentView, Customer, CustomerSummary, IdentityView, LinkView, Trust};
pub use due::DueParcel;
#[cfg(test)]
pub(crate) use due::{NEXT, READY, REPLAY_NEXT, REPLAY_READY, REPLAY_WAITING, WAITING};
pub use events::{EventFilter, EventView};
pub use files::{Awaited, FILE_LATE, HeldFile, HeldFilter, HeldState};
pub use letters::{Letter, LetterFilter, LetterKind, LetterRecord, LetterState};
#[cfg(test)]
pub(crate) use numbered::AT_PLACE;
pub use numbered::Numbered;
pub use orders::{OrderDetail, OrderFilter, OrderView};
pub use page::{LIMIT_MAX, Listed, Page};
pub use parcels::{ParcelData, ParcelFilter, ParcelState, ParcelView};
#[cfg(test)]
pub(crate) use replays::UNSENT;
pub use replays::{Parked, Replay, ReplayState, Step, StepEvent, To, meets};
pub use stock::{GapView, MovementView, StockFilter, StockView};

use rusqlite::{Connection, OpenFlags};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use crate::{
    error::{Error, Result},
    fold,
};

/// Idle connections that are kept open.
const IDLE_MAX: usize = 8;
/// How long a query waits for a lock before it gives up, milliseconds.
const BUSY_WAIT_MS_MAX: u64 = 5_000;
/// Prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 128;

/// Asks the store. Cheap to clone, usable from any thread; each call blocks for
/// as long as SQLite reads.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

// === impl Reader ===

impl Reader {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { pool: Arc::new(Pool { path, idle: Mutex::new(Vec::new()) }) }
    }

    /// The last entry that every fold has seen.
    pub fn position(&self) -> Result<u64> {
        self.ask(|conn| {
            let positions = fold::positions(conn)?;
            Ok(positions.into_iter().map(|(_, position)| position).min().unwrap_or(0))
        })
    }

    /// Calls `step` for each step that SQLite's machine makes for later questions.
    #[cfg(test)]
    pub(crate) fn count_steps(&self, step: impl FnMut() -> bool + Send + 'static) {
        let mut conn = open(&self.pool.path).unwrap();
        conn.progress_handler(1, Some(step)).unwrap();
        *self.pool.idle.lock().unwrap() = vec![conn];
    }

    /// Runs `question` on one consistent state of the file.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let kept = self.pool.idle.lock().map_err(|_| Error::Poisoned)?.pop();
        let conn = match kept {
            Some(conn) => conn,
            None => open(&self.pool.path)?,
        };
        let answer = {
            let snapshot = conn.unchecked_transaction()?;
            question(&snapshot)
        };
        let mut idle = self.pool.idle.lock().map_err(|_| Error::Poisoned)?;
        if idle.len() < IDLE_MAX {
            idle.push(conn);
        }
        answer
    }
}

fn open(path: &PathBuf) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_WAIT_MS_MAX))?;
    conn.pragma_update(None, "cache_size", -4_096)?;
    fold::keep_plans(&conn)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

#[cfg(test)]
mod tests;
