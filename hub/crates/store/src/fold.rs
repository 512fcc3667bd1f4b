//! The writer: entries in, tables changed, position moved, all in one transaction.

mod events;

mod arrivals;
mod files;
mod interchanges;
mod letters;

mod consents;
mod links;
mod parties;

mod orders;
mod tills;

mod catalogue;
mod gaps;
mod levels;
mod stock;

mod parcels;
mod replays;
mod routes;

pub(crate) use links::identity_named;
pub(crate) use routes::{matching, read_routes};

use canon::{
    clock::Timestamp,
    entry::{Act, Body, Deed, Entry},
};
use rusqlite::{Connection, OptionalExtension, Transaction, config::DbConfig};
use std::{
    borrow::Borrow,
    collections::BTreeSet,
    fs,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    error::{Error, Result},
    query::Reader,
    schema::{self, Fold},
};

/// How many prepared statements a connection keeps.
const STATEMENTS_MAX: usize = 256;
/// How long a connection waits for a lock before it gives up, milliseconds.
const BUSY_WAIT_MS_MAX: u64 = 5_000;
/// Pages that the log of the store's file gathers before they go into the file,
/// 32 MiB. A fold changes the same pages again and again, and each is written and
/// synced once for a checkpoint: with SQLite's 1,000 that is eight times as often.
const CHECKPOINT_PAGES: u32 = 8_000;

/// The one writer of the store's file.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
    path: PathBuf,
    reader: Reader,
    position: u64,
}

/// What one call of [`Store::apply`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Where all folds stand now.
    pub position: u64,
    /// Entries that at least one fold had not seen before.
    pub entries: u64,
    /// Events that became the current state of their thing.
    pub events: u64,
    /// Events kept in history only: repeated, older or in conflict.
    pub passed_over: u64,
    /// Parcels made.
    pub parcels: u64,
    /// Destinations whose parcels changed: their dispatchers should look again.
    pub destinations: BTreeSet<String>,
}

/// One entry being folded.
pub(crate) struct Turn<'a> {
    pub(crate) tx: &'a Transaction<'a>,
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    routes: &'a routes::InForce,
}

// === impl Turn ===

impl Turn<'_> {
    /// Runs one statement.
    pub(crate) fn run(&self, sql: &str, values: impl rusqlite::Params) -> Result<()> {
        self.tx.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}

// === impl Store ===

impl Store {
    /// Opens the file, or makes it. A file of another layout is emptied: its
    /// position is then 0 and the journal is folded again.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        make_private(&path).map_err(|source| Error::Private { path: path.clone(), source })?;
        let mut conn = Connection::open(&path)?;
        set_up_writer(&conn)?;
        schema::prepare(&mut conn)?;
        let position = lowest_position(&conn)?;
        let reader = Reader::new(path.clone());
        Ok(Self { conn, path, reader, position })
    }

    /// Throws one fold away (`store`, `deliveries` or `all`), so that the journal
    /// is folded into it again from entry 1. With `all` also a file so damaged that
    /// it cannot be opened is made new.
    pub fn rebuild(path: impl AsRef<Path>, fold: &str) -> Result<Self> {
        let folds = Fold::named(fold)?;
        let path = path.as_ref();
        let mut store = match Self::open(path) {
            Err(error) if error.is_damage() && folds == Fold::ALL => {
                remove(path)?;
                Self::open(path)?
            }
            other => other?,
        };
        schema::rebuild(&mut store.conn, &folds)?;
        store.position = lowest_position(&store.conn)?;
        Ok(store)
    }

    /// The last entry that every fold has seen; 0 before the first.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A handle for queries. Cheap to clone; usable from other threads.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Calls `step` for each step that SQLite's machine makes for this writer.
    #[cfg(test)]
    fn count_steps(&mut self, step: impl FnMut() -> bool + Send + 'static) {
        self.conn.progress_handler(1, Some(step)).unwrap();
    }

    /// Folds `entries`, which follow the position without a gap. Entries at or
    /// below a fold's position are passed over, so offering one twice is safe.
    ///
    /// State and position move in one transaction: after a crash both are as
    /// before the call or both as after it.
    pub fn apply<E: Borrow<Entry>>(&mut self, entries: &[E]) -> Result<Applied> {
        let routes = routes::InForce::default();
        let mut applied = Applied::default();
        let tx = self.conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut positions = positions(&tx)?;
        for entry in entries.iter().map(Borrow::borrow) {
            let turn = Turn { tx: &tx, seq: entry.seq, at: entry.at, routes: &routes };
            let mut is_new = false;
            for (fold, position) in &mut positions {
                if entry.seq <= *position {
                    continue;
                }
                if entry.seq != *position + 1 {
                    return Err(Error::Gap { position: *position, found: entry.seq });
                }
                match fold {
                    Fold::Store => store_turn(&turn, &entry.body, &mut applied)?,
                    Fold::Deliveries => deliveries_turn(&turn, &entry.body, &mut applied)?,
                }
                *position = entry.seq;
                is_new = true;
            }
            applied.entries += u64::from(is_new);
        }
        for (fold, position) in &positions {
            tx.prepare_cached("UPDATE fold SET position = ?2 WHERE name = ?1")?
                .execute((fold.name(), signed(*position)))?;
        }
        tx.commit()?;
        self.position = positions.iter().map(|(_, position)| *position).min().unwrap_or(0);
        applied.position = self.position;
        Ok(applied)
    }
}

/// Removes the file and the log beside it.
fn remove(path: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm", ""] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match fs::remove_file(&file) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::File { path: file.into(), source: cause });
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

/// Only the owner reads what customers are called; SQLite gives the files beside it
/// the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// What the fold `store` takes from an entry.
fn store_turn(turn: &Turn<'_>, body: &Body, applied: &mut Applied) -> Result<()> {
    match body {
        Body::Arrival(arrival) => {
            let seen = events::index(turn, arrival)?;
            applied.events += seen.applied;
            applied.passed_over += seen.duplicates + seen.older + seen.conflicts;
            files::taken(turn, arrival)?;
            interchanges::taken(turn, arrival)?;
            arrivals::set_aside(turn, arrival)?;
            letters::brought_again(turn, arrival)?;
            arrivals::count(turn, arrival, seen)
        }
        Body::Refusal(refusal) => {
            files::held(turn, refusal)?;
            interchanges::refused(turn, refusal)?;
            arrivals::refused(turn, refusal)
        }
        Body::Attempt(attempt) => parties::delivered(turn, attempt),
        Body::Act(act) => match &act.act {
            Deed::LettersDiscarded { letters, reason } => {
                letters::discarded(turn, letters, &act.actor, reason)
            }
            Deed::FileReleased { file, reason } => {
                files::settled(turn, file, "released", (&act.actor, reason))
            }
            Deed::FileDiscarded { file, reason, settles } => {
                files::given_up(turn, file, settles.as_deref())?;
                files::settled(turn, file, "discarded", (&act.actor, reason))
            }
            Deed::Started { .. }
            | Deed::Stopped
            | Deed::Configured { .. }
            | Deed::Resubmitted { .. }
            | Deed::ParcelEdited { .. }
            | Deed::Discarded { .. }
            | Deed::ReplayStarted { .. }
            | Deed::ReplayAdvanced { .. }
            | Deed::ReplayStopped { .. } => Ok(()),
        },
    }
}

/// What the fold `deliveries` takes from an entry.
fn deliveries_turn(turn: &Turn<'_>, body: &Body, applied: &mut Applied) -> Result<()> {
    match body {
        Body::Arrival(arrival) => {
            routes::make_parcels(turn, arrival, applied)?;
        }
        Body::Refusal(_) => {}
        Body::Attempt(attempt) => {
            parcels::attempted(turn, attempt)?;
            applied.destinations.insert(attempt.parcel.destination.clone());
        }
        Body::Act(act) => acted(turn, act, applied)?,
    }
    Ok(())
}

/// What the fold `deliveries` takes from an act.
fn acted(turn: &Turn<'_>, act: &Act, applied: &mut Applied) -> Result<()> {
    match &act.act {
        Deed::Started { .. }
        | Deed::Stopped
        | Deed::LettersDiscarded { .. }
        | Deed::FileReleased { .. }
        | Deed::FileDiscarded { .. } => {}
        Deed::Configured { routes, .. } => routes::configure(turn, routes)?,
        Deed::ReplayStarted { .. } => replays::started(turn, act)?,
        Deed::ReplayAdvanced { .. } => replays::advanced(turn, &act.act, applied)?,
        Deed::ReplayStopped { replay, reason } => {
            replays::stopped(turn, *replay, reason, applied)?;
        }
        Deed::Resubmitted { parcels, reason } => {
            let who = parcels::Settler { actor: &act.actor, reason };
            for parcel in parcels {
                parcels::resubmit(turn, parcel, who)?;
                applied.destinations.insert(parcel.destination.clone());
            }
        }
        Deed::ParcelEdited { parcel, data, reason } => {
            let who = parcels::Settler { actor: &act.actor, reason };
            parcels::edit(turn, parcel, data, who)?;
            applied.destinations.insert(parcel.destination.clone());
        }
        Deed::Discarded { parcels, reason } => {
            let who = parcels::Settler { actor: &act.actor, reason };
            for parcel in parcels {
                parcels::discard(turn, parcel, who)?;
                applied.destinations.insert(parcel.destination.clone());
            }
        }
    }
    Ok(())
}

fn set_up_writer(conn: &Connection) -> Result<()> {
    conn.busy_timeout(std::time::Duration::from_millis(BUSY_WAIT_MS_MAX))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // The journal is the truth and this file can be folded again, so a power
    // cut may cost the last transactions, but never half of one.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    conn.pragma_update(None, "cache_size", -16_384)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    keep_plans(conn)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(())
}

/// A statement is planned once. Otherwise SQLite looks at the values of parameters
/// that might choose a partial index, and plans anew at each other value.
pub(crate) fn keep_plans(conn: &Connection) -> Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Positions of the folds, in the order in which they read an entry.
pub(crate) fn positions(conn: &Connection) -> Result<Vec<(Fold, u64)>> {
    let mut found = Vec::with_capacity(Fold::ALL.len());
    for fold in Fold::ALL {
        let position: Option<i64> = conn
            .prepare_cached("SELECT position FROM fold WHERE name = ?1")?
            .query_row([fold.name()], |row| row.get(0))
            .optional()?;
        found.push((fold, position.unwrap_or(0).unsigned_abs()));
    }
    Ok(found)
}

fn lowest_position(conn: &Connection) -> Result<u64> {
    Ok(positions(conn)?.into_iter().map(|(_, position)| position).min().unwrap_or(0))
}

/// SQLite keeps signed numbers; counts and positions never come near the limit.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
