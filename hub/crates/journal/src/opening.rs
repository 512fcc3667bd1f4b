//! How a journal is opened: the options, the lock of its one writer, its key.

use canon::clock::Clock;
use rusqlite::{Connection, OptionalExtension as _};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{Error, Seal, check, schema};

/// How a journal is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// File with the key that seals raw bytes; made on first open, mode 0600.
    pub seal_key: PathBuf,
    /// Tells the time of commits.
    pub clock: Arc<dyn Clock>,
    /// Longest wait for company after a batch that had some.
    pub linger: Duration,
    /// Most entries in one commit.
    pub batch_entries_max: usize,
    /// Most bytes in one commit, but for a single larger entry.
    pub batch_bytes_max: usize,
    /// Most bytes waiting for the writer; appends beyond it wait their turn.
    pub queue_bytes_max: usize,
    /// The log is copied into the file when it has about this many bytes.
    pub checkpoint_bytes: usize,
    /// Most bytes of entries kept in memory for the folds that follow the head.
    pub recent_bytes_max: usize,
    /// Most bytes the file may have; `None`: what the disk has.
    pub file_bytes_max: Option<u64>,
    /// What is checked before the journal is used.
    pub check: check::Depth,
    /// Go on although the log is damaged before its end, keeping the damaged one.
    pub accept_damaged_log: bool,
    /// Go on although the file was changed while no hub ran.
    pub accept_change: bool,
}

// === impl Options ===

impl Options {
    /// With the bounds that suit one machine.
    #[must_use]
    pub fn new(seal_key: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            seal_key: seal_key.into(),
            clock,
            linger: Duration::from_millis(2),
            batch_entries_max: 512,
            batch_bytes_max: 16 << 20,
            queue_bytes_max: 64 << 20,
            checkpoint_bytes: 32 << 20,
            recent_bytes_max: 8 << 20,
            file_bytes_max: None,
            check: check::Depth::Quick,
            accept_damaged_log: false,
            accept_change: false,
        }
    }
}

/// Makes sure that no other process writes this journal, for as long as the file
/// is kept. Let go by the kernel when the process ends, however it ends.
///
/// # Errors
///
/// [`Error::InUse`] when another one does, [`Error::File`] when the system does not
/// say.
pub fn lock_file(path: &Path) -> Result<fs::File, Error> {
    let lock = schema::beside(path, ".lock");
    schema::create_private(&lock)?;
    let file =
        fs::OpenOptions::new().write(true).open(&lock).map_err(Error::file("opening", &lock))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
        Err(fs::TryLockError::Error(error)) => Err(Error::file("locking", &lock)(error)),
    }
}

/// Reads the seal key, or makes it for a journal that never had one.
pub(crate) fn open_seal(conn: &Connection, path: &Path) -> Result<Seal, Error> {
    let known: Option<String> = conn
        .query_row("SELECT value FROM setting WHERE name = 'seal_key_id'", [], |row| row.get(0))
        .optional()
        .map_err(Error::sqlite("reading"))?;
    let fault = |fault: String| Error::SealKey { path: path.to_owned(), fault };
    let seal = match (&known, path.exists()) {
        (_, true) => Seal::load(path)?,
        (None, false) => Seal::create(path)?,
        (Some(id), false) => {
            return Err(fault(format!("it is missing; restore the key with id {id}")));
        }
    };
    match known {
        Some(id) if id == seal.id() => {}
        Some(id) => {
            return Err(fault(format!("this is key {}, the journal needs {id}", seal.id())));
        }
        None => {
            conn.execute("INSERT INTO setting(name, value) VALUES('seal_key_id', ?1)", [seal.id()])
                .map_err(Error::sqlite("writing"))?;
        }
    }
    Ok(seal)
}

/// Holds the file to a number of bytes.
pub(crate) fn limit(conn: &Connection, bytes: u64) -> Result<(), Error> {
    let page: i64 = conn
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(Error::sqlite("setting up"))?;
    let pages = i64::try_from(bytes).unwrap_or(i64::MAX) / page.max(1);
    conn.pragma_update_and_check(None, "max_page_count", pages.max(1), |_| Ok(()))
        .map_err(Error::sqlite("setting up"))
}
