//! Why the ledger did not do what it was asked.

use std::path::PathBuf;

/// Why the ledger did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The journal could not be read.
    #[error("the journal could not be read")]
    Journal(#[from] journal::Error),
    /// A position is missing.
    #[error("the journal has no entry {expected}, the next one is {found}; run `ledger verify`")]
    Gap {
        /// The next position by the tree.
        expected: u64,
        /// The next position there is.
        found: u64,
    },
    /// The journal is shorter than the tree made of it.
    #[error(
        "the ledger has {ledger} entries, the journal only {journal}: entries were lost or the \
         journal is an older copy; run `ledger verify`"
    )]
    Ahead {
        /// Leaves of the tree.
        ledger: u64,
        /// Entries of the journal.
        journal: u64,
    },
    /// An entry is not what it was when the tree took it in.
    #[error(
        "entry {seq} is not the one the ledger took in: the journal was changed, or put back from \
         an older copy and gone on with; run `ledger verify`"
    )]
    Diverged {
        /// The last entry of the tree.
        seq: u64,
    },
    /// Signing would contradict what was signed before.
    #[error(
        "the tree does not contain the tree of {size} leaves that was signed before; nothing was \
         signed; run `ledger verify`"
    )]
    Inconsistent {
        /// Leaves of the signed tree.
        size: u64,
    },
    /// The stored tree lacks a node it must have.
    #[error("the ledger file lacks the hashes of level {level} from {index} on; rebuild it")]
    Hole {
        /// Tile level.
        level: u8,
        /// Tile index.
        index: u64,
    },
    /// The file is something else or of a newer program.
    #[error("{path:?} is not a ledger of this program ({found}); move it away to rebuild it")]
    NotALedger {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// The ledger was made under another name.
    #[error("the ledger was made as {found:?}, now it is to be {wanted:?}; keep the old name")]
    OtherOrigin {
        /// In the file.
        found: String,
        /// In the options.
        wanted: String,
    },
    /// A key file is missing, not a key, or of another name.
    #[error("key {path:?}: {fault}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// Text that is to be a public key is not.
    #[error("not a public key: {fault}; expected `name+hash+key` as the hub's .pub file has it")]
    PublicKey {
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A name that cannot stand in a note.
    #[error("{name:?} cannot name a ledger: no spaces, no `+`, no scheme, not empty")]
    Name {
        /// The name.
        name: String,
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
    #[error("{doing} the ledger file")]
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
        move |source| Self::Sqlite { doing, source }
    }
}
