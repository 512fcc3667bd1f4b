//! Why the journal did not do what it was asked.

use std::path::PathBuf;

/// Why the journal did not do what it was asked. Nothing that ends in an error
/// was acknowledged, and all but [`Error::Closed`] say that nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The writer has stopped; an append in flight may or may not be on disk.
    #[error("the journal is closed: {reason}")]
    Closed {
        /// Why it stopped.
        reason: String,
    },
    /// The disk, or the limit set for the file, is full. Try again later.
    #[error("no space for the journal; nothing of this append was kept")]
    Full,
    /// Another process held the file too long. Try again later.
    #[error("another process holds the journal; nothing of this append was kept")]
    Busy,
    /// A boundary is missing, out of order or refusing.
    #[error("the trail of arrival {id} has a gap; every boundary must be passed once, in order")]
    TrailIncomplete {
        /// The arrival.
        id: String,
    },
    /// The draft contradicts itself.
    #[error("{id} cannot be appended: {fault}")]
    Unfit {
        /// Arrival, refusal or parcel.
        id: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Records of an arrival that is taken whole or not at all have a source
    /// version that came before with other data.
    #[error("{} record(s) have a source version that came before with other data", records.len())]
    Conflict {
        /// Each of them, with what it conflicts with.
        records: Vec<canon::entry::SetAside>,
    },
    /// Another process has the journal open for writing.
    #[error("{path:?} is open in another process; one hub writes one journal")]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "{path:?} is not a ChannelHub journal ({found}). If it should be one: move it away with \
         all else in its folder, and put a backup back with `channelhub restore BACKUP`. If not: \
         name another data folder"
    )]
    NotAJournal {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// Made by a newer program.
    #[error("{path:?} has schema {found}, this program knows up to {known}; use a newer program")]
    NewerSchema {
        /// The journal.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// The file is damaged.
    #[error(
        "{path:?} is damaged: {faults}; entries 1 to {readable_to} can be read: put a backup back \
         with `channelhub restore BACKUP`, or save these with `channelhub salvage`"
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What the check found, shortened.
        faults: String,
        /// The last entry before the damage.
        readable_to: u64,
    },
    /// The file is not what it was when its hub stopped, and can be read all the same.
    #[error(
        "{path:?} was changed after the hub had stopped: {place}. `channelhub ledger verify` says \
         which entries that concerns, if any. Put a backup back with `channelhub restore BACKUP`, \
         or save what stands before the first bad entry with `channelhub salvage`. If you know \
         the change and want it: `channelhub serve --accept-change` goes on with the file as it \
         is, and the ledger keeps that you did"
    )]
    ChangedAtRest {
        /// The journal.
        path: PathBuf,
        /// Where, in words.
        place: String,
    },
    /// The write-ahead log is damaged before its end.
    #[error(
        "{path:?} is damaged at frame {frame}, and acknowledged commits stand behind it; put a \
         backup back with `channelhub restore BACKUP`, or accept the loss and save what stands \
         before it with `channelhub salvage` (the damaged log is kept as {kept:?} where a program \
         accepts the loss)"
    )]
    LogDamaged {
        /// The log.
        path: PathBuf,
        /// The first frame that is not right, from 1.
        frame: u64,
        /// Where it is kept when the loss is accepted.
        kept: PathBuf,
    },
    /// The seal key is missing, not a key, or another journal's.
    #[error("seal key {path:?}: {fault}")]
    SealKey {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Sealed raw bytes do not open: damaged, moved or sealed with another key.
    #[error("the raw bytes of entry {seq} cannot be unsealed: {fault}")]
    Unsealable {
        /// The entry.
        seq: u64,
        /// Why.
        fault: &'static str,
    },
    /// An entry is not what this program writes.
    #[error("entry {seq} cannot be read")]
    Unreadable {
        /// The entry.
        seq: u64,
        /// Where the reading stopped.
        source: serde_json::Error,
    },
    /// The file system cannot keep a write-ahead log, or failed to make or end one.
    #[error("the journal's file stays in mode {mode:?}; its folder must be on a local disk")]
    NoLog {
        /// The mode SQLite stayed in.
        mode: String,
    },
    /// The machine's source of randomness failed.
    #[error("the machine gives no random numbers")]
    NoRandomness,
    /// A file could not be used.
    #[error("{doing} {path:?}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite refused.
    #[error("{doing} the journal")]
    Sqlite {
        /// What was tried.
        doing: &'static str,
        /// What it said.
        source: rusqlite::Error,
    },
}

// === impl Error ===

impl Error {
    pub(crate) fn sqlite(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            // The index of the log, which all processes share, could not grow.
            Some(rusqlite::ErrorCode::SystemIoFailure) if is_no_room_for_index(&source) => {
                Self::Full
            }
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                Self::Busy
            }
            _ => Self::Sqlite { doing, source },
        }
    }

    pub(crate) fn file(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { doing, path, source }
    }

    /// Whether SQLite could not make the files it wants beside the journal.
    pub(crate) fn is_write_refused(&self) -> bool {
        use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
        let Self::Sqlite { source, .. } = self else { return false };
        matches!(source.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly))
    }

    /// Whether the same append may succeed later without a restart.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Full | Self::Busy)
    }
}

fn is_no_room_for_index(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|it| it.extended_code);
    code == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        let said = |code| {
            Error::sqlite("committing to")(rusqlite::Error::SqliteFailure(
                ffi::Error::new(code),
                None,
            ))
        };
        for full in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
            assert!(matches!(said(full), Error::Full), "{full}");
        }
        for busy in [ffi::SQLITE_BUSY, ffi::SQLITE_BUSY_SNAPSHOT, ffi::SQLITE_LOCKED] {
            assert!(matches!(said(busy), Error::Busy), "{busy}");
        }
        for fatal in [
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_READONLY,
        ] {
            assert!(!said(fatal).is_transient(), "{fatal}: the writer must stop");
        }
    }
}
