//! A copy of the journal while it is in use, and putting one back.
//!
//! A backup is one file in rest: no log beside it. The seal key is not in it; it
//! must be kept elsewhere, or the raw bytes in the copy cannot be read.

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Error, Reader, accepted, check, rest, schema};

/// Pages copied at a time; appends are not held up in between.
const PAGES_A_STEP: i32 = 2048;

/// What a backup or a restore holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The copy.
    pub path: PathBuf,
    /// Its last position.
    pub head: u64,
    /// Its size.
    pub bytes: u64,
}

/// Copies the journal that `reader` reads to `to`, as of one moment, checks the
/// copy, and makes it durable. Blocking; the hub goes on meanwhile.
///
/// # Errors
///
/// When `to` exists, and when the copy cannot be made whole.
pub fn backup(reader: &Reader, to: &Path) -> Result<Copied, Error> {
    refuse_existing(to)?;
    let part = schema::beside(to, ".part");
    remove(&part)?;
    schema::create_private(&part)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(&part, flags).map_err(Error::sqlite("copying"))?;
    reader.with(|conn| {
        // One moment: this transaction sees no later commit.
        let tx = conn.unchecked_transaction()?;
        tx.query_row("SELECT count(*) FROM setting", [], |_| Ok(()))?;
        let steps = Backup::new(&tx, &mut copy)?;
        while steps.step(PAGES_A_STEP)? != StepResult::Done {}
        Ok(())
    })?;
    // A file in rest: the copy took over the log mode of its source.
    schema::set_mode(&copy, "delete")?;
    let head = check::at_start(&copy, &part, check::Depth::Quick)?;
    drop(copy);
    finish(&part, to, head)
}

/// Puts the backup `from` in the place of a journal that is not there: `to` must
/// not exist. The backup is checked first and stays where it is.
///
/// # Errors
///
/// When `to` exists, or the backup is damaged, newer or not a journal.
pub fn restore(from: &Path, to: &Path) -> Result<Copied, Error> {
    for suffix in ["", "-wal", "-shm"] {
        refuse_existing(&schema::beside(to, suffix))?;
    }
    let reader = Reader::open_read_only(from, None)?;
    let conn = schema::open_for_reading(from)?;
    check::at_start(&conn, from, check::Depth::Quick)?;
    // What was noted of a journal that is no longer there.
    rest::forget(to)?;
    accepted::forget(to)?;
    backup(&reader, to)
}

/// Gives a finished copy its name, durably.
pub(crate) fn finish(part: &Path, to: &Path, head: u64) -> Result<Copied, Error> {
    schema::sync_file(part)?;
    let bytes = fs::metadata(part).map_err(Error::file("reading", part))?.len();
    fs::rename(part, to).map_err(Error::file("naming", to))?;
    schema::sync_parent(to)?;
    Ok(Copied { path: to.to_owned(), head, bytes })
}

pub(crate) fn refuse_existing(path: &Path) -> Result<(), Error> {
    if path.exists() {
        let source = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
        return Err(Error::file("writing over", path)(source));
    }
    Ok(())
}

pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("removing", path)(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
