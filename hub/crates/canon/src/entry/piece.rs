//! Pieces of files that are too large for one entry.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Which piece of which file the raw bytes of an arrival are. Numbers and
/// offsets of records and faults are those of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Piece {
    /// SHA-256 hex of the file.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Where in the file it begins.
    pub offset: u64,
    /// The file ends with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
    /// What came of the pieces before it.
    pub before: Sums,
    /// What a reader must know to decode it; the codec's own.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub state: Box<RawValue>,
}

/// What came of some pieces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sums {
    /// How many pieces.
    pub pieces: u64,
    /// Records read.
    pub records: u64,
    /// Events they became.
    pub events: u64,
    /// Events left out because they were in the journal already.
    pub duplicates: u64,
    /// Records set aside.
    pub set_aside: u64,
}

/// What is known of a file of a folder that was refused or held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefusedFile {
    /// Its bytes; of a compressed one that was not unpacked, as it came.
    pub bytes: u64,
    /// Records in it, or in the piece that was refused, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// Those of them that cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<u64>,
    /// Where the piece begins that was refused: the file is partly taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub piece: Option<u64>,
    /// What came of the pieces before it.
    #[serde(default)]
    pub taken: Sums,
}

// === impl Sums ===

impl Sums {
    /// With one more piece, of which that came.
    #[must_use]
    pub const fn with(self, piece: Self) -> Self {
        Self {
            pieces: self.pieces + 1,
            records: self.records + piece.records,
            events: self.events + piece.events,
            duplicates: self.duplicates + piece.duplicates,
            set_aside: self.set_aside + piece.set_aside,
        }
    }
}
