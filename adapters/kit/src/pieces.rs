//! Files that are too large to be taken whole: checked from end to end first,
//! then cut where a record ends. Each piece is decoded on its own, now and later.

pub use codec::layout::PieceLimits;
use codec::layout::{self, Checkpoint, Verifier};
use mapping::FaultPolicy;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    decode::{Decoded, Undecodable},
    manifest::Format,
    package::Package,
};

/// The first pass over a file: nothing of it is used before this has said yes.
#[derive(Debug)]
pub struct Check(Box<Verifier>);

/// What a first pass has found out.
#[derive(Debug)]
pub struct Checked {
    /// Records in the file, readable or not.
    pub records: u64,
    /// Those of them that cannot be read; the others can.
    pub unreadable: u64,
    /// From where it is cut.
    pub start: State,
}

/// What must be known to decode from some place of a file on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(Checkpoint);

/// Cuts a file into pieces: push bytes and take pieces in turn.
#[derive(Debug)]
pub struct Cutter(layout::Cutter);

/// A piece of a file.
#[derive(Clone, Debug)]
pub struct Piece {
    /// From where it is decoded.
    pub state: State,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The file ends with it.
    pub last: bool,
}

impl Package {
    /// Whether its files may be taken piece by piece.
    ///
    /// # Errors
    /// Why not, in words that follow "because".
    pub fn may_be_cut(&self) -> Result<(), &'static str> {
        let input = self.manifest().input.as_ref();
        match (input.map(|it| &it.format), self.layout()) {
            (Some(Format::Layout { .. }), Some(layout)) if layout.has_pieces() => {}
            (Some(Format::Layout { .. }), _) => {
                return Err("XML and EDI are one document, which is read whole");
            }
            _ => return Err("JSON is read whole"),
        }
        let used: Vec<_> =
            input.into_iter().flat_map(|it| &it.records).flat_map(|it| &it.maps).collect();
        let refuses =
            |file: &str| self.map(file).is_some_and(|it| it.fault_policy() == FaultPolicy::Refuse);
        match used.iter().any(|it| refuses(&it.file)) {
            true => Err("one of its maps refuses the whole of what has a bad record"),
            false => Ok(()),
        }
    }

    /// A first pass over a file that [may be cut](Package::may_be_cut).
    #[must_use]
    pub fn check(&self) -> Option<Check> {
        self.layout().map(|it| Check(Box::new(it.verifier())))
    }

    /// Cuts a file that was checked, from `start` on.
    ///
    /// # Errors
    /// When `start` is of another layout.
    pub fn cutter(&self, start: State, limits: PieceLimits) -> Result<Cutter, Undecodable> {
        let layout = self.layout().ok_or_else(Undecodable::no_layout)?;
        layout.cutter(start.0, limits).map(Cutter).map_err(Undecodable::of_layout)
    }

    /// A piece to records; their numbers and offsets are those of the file. With
    /// it comes the state behind it.
    ///
    /// # Errors
    /// When nothing in the bytes can be trusted, or `state` is of another layout.
    pub fn decode_piece(
        &self,
        state: &State,
        bytes: &[u8],
        last: bool,
    ) -> Result<(Decoded, State), Undecodable> {
        let layout = self.layout().ok_or_else(Undecodable::no_layout)?;
        let (rows, next) =
            layout.read_piece(&state.0, bytes, last).map_err(Undecodable::of_layout)?;
        Ok((Decoded::of_rows(rows), State(next)))
    }
}

// === impl Check ===

impl Check {
    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// When nothing in the file can be trusted.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Undecodable> {
        self.0.push(bytes).map_err(Undecodable::of_layout)
    }

    /// Records so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.0.records()
    }

    /// There are no more bytes.
    ///
    /// # Errors
    /// When nothing in the file can be trusted.
    pub fn finish(self) -> Result<Checked, Undecodable> {
        let verified = self.0.finish().map_err(Undecodable::of_layout)?;
        Ok(Checked {
            records: verified.records,
            unreadable: verified.set_aside,
            start: State(verified.start),
        })
    }
}

// === impl State ===

impl State {
    /// Reads it as it was stored.
    ///
    /// # Errors
    /// When it is no state of this version of the program.
    pub fn parse(json: &str) -> Result<Self, Undecodable> {
        serde_json::from_str(json).map_err(|fault| Undecodable::no_state(&fault.to_string()))
    }

    /// As it is stored.
    ///
    /// # Errors
    /// Never: it has texts and numbers only.
    pub fn to_json(&self) -> serde_json::Result<Box<RawValue>> {
        serde_json::value::to_raw_value(self)
    }

    /// Bytes of the file before it.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.0.offset()
    }

    /// The same place, with what a first pass over the same file has found out.
    #[must_use]
    pub fn knowing(self, checked: &Self) -> Self {
        Self(self.0.knowing(&checked.0))
    }
}

// === impl Cutter ===

impl Cutter {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.push(bytes);
    }

    /// There are no more bytes. To be said before the last piece is taken.
    pub fn finish(&mut self) {
        self.0.finish();
    }

    /// The next piece. `None`: more bytes are needed, or nothing is left.
    ///
    /// # Errors
    /// When it is not the file that was checked.
    pub fn take(&mut self) -> Result<Option<Piece>, Undecodable> {
        let piece = self.0.take().map_err(Undecodable::of_layout)?;
        Ok(piece.map(|it| Piece { state: State(it.start), bytes: it.bytes, last: it.last }))
    }
}
