//! What can go wrong in the store.

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// SQLite refused.
    #[error("store file")]
    Sqlite(#[from] rusqlite::Error),
    /// Canonical data in the journal is not JSON.
    #[error("JSON in the journal or the store")]
    Json(#[from] serde_json::Error),
    /// The journal and the store do not meet.
    #[error("entry {found} cannot follow position {position}: entries must come without a gap")]
    Gap {
        /// Where the fold stands.
        position: u64,
        /// The entry that was offered.
        found: u64,
    },
    /// An entry is larger than the store's addresses allow.
    #[error("entry {seq} has an event or record number above {limit}")]
    EntryTooLarge {
        /// Which entry.
        seq: u64,
        /// Largest number.
        limit: u64,
    },
    /// A cursor that this list did not give.
    #[error("cursor is not one that this list gave; ask again without a cursor")]
    BadCursor,
    /// A page size out of range.
    #[error("limit is {found}; expected 1 to {limit_max}")]
    BadLimit {
        /// What was asked.
        found: u32,
        /// The largest allowed.
        limit_max: u32,
    },
    /// A fold that does not exist.
    #[error("no fold is named {found:?}; expected one of: store, deliveries, all")]
    UnknownFold {
        /// What was asked.
        found: String,
    },
    /// The damaged file cannot be removed.
    #[error("{path:?} cannot be removed")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file cannot be made one that only its owner reads.
    #[error("{path:?} cannot be made a file that only its owner reads")]
    Private {
        /// Which.
        path: std::path::PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A writer panicked in the middle of its work.
    #[error("the store's connection was lost by a panic")]
    Poisoned,
}

/// Result with the store's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the file itself is damaged.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        let Self::Sqlite(cause) = self else { return false };
        matches!(cause.sqlite_error_code(), Some(NotADatabase | DatabaseCorrupt))
    }

    /// The caller asked for something wrong, and asking again the same way will fail again.
    #[must_use]
    pub const fn is_callers_fault(&self) -> bool {
        matches!(self, Self::BadCursor | Self::BadLimit { .. } | Self::UnknownFold { .. })
    }
}
