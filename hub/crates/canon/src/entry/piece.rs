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
