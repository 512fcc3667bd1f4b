//! What a verification says.

use std::fmt;

use crate::tree::Hash;

/// What was verified, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries in the journal.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// Entries in the ledger's tree; a little behind while the hub runs.
    pub ledger_size: u64,
    /// Checkpoints whose signature and root are right.
    pub checkpoints: u64,
    /// Of those, checkpoints given from outside.
    pub outside: u64,
    /// Raw bytes that have the hash they should have.
    pub raw_checked: u64,
    /// Raw bytes that are there, but were not unsealed for want of the key.
    pub raw_sealed: u64,
    /// Raw bytes dropped by age.
    pub raw_dropped: u64,
    /// What is wrong, in the order found; at most a hundred.
    pub faults: Vec<Fault>,
    /// How many faults in all.
    pub faults_total: u64,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub what: String,
}

/// Where a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The journal's file as a whole.
    Journal,
    /// One entry, by its position.
    Entry(u64),
    /// The ledger's file as a whole.
    Ledger,
    /// One tile of the stored tree, by level and index.
    Tile(u8, u64),
    /// The checkpoint of that many entries.
    Checkpoint(u64),
}

// === impl Report ===

impl Report {
    /// Whether everything is as it was committed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults_total == 0
    }
}

// === impl Place ===

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Journal => write!(f, "journal"),
            Self::Entry(seq) => write!(f, "entry {seq}"),
            Self::Ledger => write!(f, "ledger"),
            Self::Tile(level, index) => write!(f, "tile {level}/{index}"),
            Self::Checkpoint(size) => write!(f, "checkpoint {size}"),
        }
    }
}
