//! A copy of the ledger's file as of one moment, beside a running hub.

use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use std::{fs, os::unix::fs::OpenOptionsExt as _, path::Path};

use crate::Error;

/// Pages copied at a time.
const PAGES_A_STEP: i32 = 2048;

/// Copies the ledger at `from` to `to`, which must not exist, readable by its
/// owner only. Blocking; the hub goes on meanwhile.
///
/// A journal copied after this has every entry that the copied tree has.
///
/// # Errors
///
/// When `to` exists, and when the copy cannot be made whole.
pub fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let making = |source| Error::File { doing: "making", path: to.to_owned(), source };
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(making)?;
    let work = || -> rusqlite::Result<()> {
        let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(from, read)?;
        let mut copy = Connection::open(to)?;
        {
            // One moment: this transaction sees no later commit.
            let tx = source.unchecked_transaction()?;
            tx.query_row("SELECT count(*) FROM head", [], |_| Ok(()))?;
            let steps = Backup::new(&tx, &mut copy)?;
            while steps.step(PAGES_A_STEP)? != StepResult::Done {}
        }
        // A file in rest: the copy took over the log mode of its source.
        copy.pragma_update(None, "journal_mode", "DELETE")
    };
    work().map_err(Error::sqlite("copying"))?;
    let synced = fs::File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|source| Error::File { doing: "writing", path: to.to_owned(), source })
}
