//! Files that are too large to be taken whole: checked from end to end first,
//! then cut where a record ends. Each piece is decoded on its own, now and later.

pub use codec::layout::PieceLimits;
use codec::{
    json::pieces as lines,
    layout::{self, Checkpoint},
};
use mapping::FaultPolicy;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    decode::{Decoded, Undecodable},
    manifest::Format,
    package::Package,
};

/// The first pass over a file: nothing of it is used before this has said yes.
#[derive(Debug)]
pub struct Check(Pass);

#[derive(Debug)]
enum Pass {
    Rows(Box<layout::Verifier>),
    Lines(lines::Verifier),
}

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
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct State(At);

/// A place in a file of rows, or in one of NDJSON.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum At {
    Rows(Box<Checkpoint>),
    Lines(lines::Place),
}

/// Cuts a file into pieces: push bytes and take pieces in turn.
#[derive(Debug)]
pub struct Cutter(Cuts);

#[derive(Debug)]
enum Cuts {
    Rows(Box<layout::Cutter>),
    Lines(lines::Cutter),
}

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
            (Some(Format::Ndjson), _) => {}
            (Some(Format::Layout { .. }), _) => {
                return Err("XML, XLSX, EDI and forms are one document, which is read whole");
            }
            _ => return Err("a JSON document is read whole; NDJSON is not"),
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
        if self.is_ndjson() {
            return Some(Check(Pass::Lines(lines::Verifier::default())));
        }
        self.layout().map(|it| Check(Pass::Rows(Box::new(it.verifier()))))
    }

    /// Cuts a file that was checked, from `start` on.
    ///
    /// # Errors
    /// When `start` is of another layout.
    pub fn cutter(&self, start: State, limits: PieceLimits) -> Result<Cutter, Undecodable> {
        let PieceLimits { bytes, records } = limits;
        match start.0 {
            At::Lines(place) => {
                self.need_ndjson()?;
                Ok(Cutter(Cuts::Lines(lines::Cutter::new(place, (bytes, records)))))
            }
            At::Rows(start) => {
                let layout = self.layout().ok_or_else(Undecodable::no_layout)?;
                let cutter = layout.cutter(*start, limits).map_err(Undecodable::of_layout)?;
                Ok(Cutter(Cuts::Rows(Box::new(cutter))))
            }
        }
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
        let start = match &state.0 {
            At::Rows(start) => start,
            At::Lines(place) => {
                self.need_ndjson()?;
                let (decoded, next) = Decoded::lines(*place, bytes, last)?;
                return Ok((decoded, State(At::Lines(next))));
            }
        };
        let layout = self.layout().ok_or_else(Undecodable::no_layout)?;
        let (rows, next) = layout.read_piece(start, bytes, last).map_err(Undecodable::of_layout)?;
        Ok((Decoded::of_rows(rows), State(At::Rows(Box::new(next)))))
    }

    fn is_ndjson(&self) -> bool {
        let format = self.manifest().input.as_ref().map(|it| &it.format);
        matches!(format, Some(Format::Ndjson))
    }

    fn need_ndjson(&self) -> Result<(), Undecodable> {
        let found = "a place in NDJSON";
        if self.is_ndjson() { Ok(()) } else { Err(Undecodable::no_state(found)) }
    }
}

// === impl Check ===

impl Check {
    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// When nothing in the file can be trusted.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Undecodable> {
        match &mut self.0 {
            Pass::Rows(it) => it.push(bytes).map_err(Undecodable::of_layout),
            Pass::Lines(it) => it.push(bytes).map_err(of_json),
        }
    }

    /// Records so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        match &self.0 {
            Pass::Rows(it) => it.records(),
            Pass::Lines(it) => it.records(),
        }
    }

    /// There are no more bytes.
    ///
    /// # Errors
    /// When nothing in the file can be trusted.
    pub fn finish(self) -> Result<Checked, Undecodable> {
        let (records, unreadable, start) = match self.0 {
            Pass::Rows(it) => {
                let found = it.finish().map_err(Undecodable::of_layout)?;
                (found.records, found.set_aside, At::Rows(Box::new(found.start)))
            }
            Pass::Lines(it) => {
                let (records, unreadable) = it.finish().map_err(of_json)?;
                (records, unreadable, At::Lines(lines::Place::default()))
            }
        };
        Ok(Checked { records, unreadable, start: State(start) })
    }
}

// === impl State ===

impl State {
    /// Reads it as it was stored.
    ///
    /// # Errors
    /// When it is no state of this version of the program.
    pub fn parse(json: &str) -> Result<Self, Undecodable> {
        // A place in NDJSON has two numbers and nothing else.
        if let Ok(place) = serde_json::from_str(json) {
            return Ok(Self(At::Lines(place)));
        }
        let start = serde_json::from_str(json).map(|it| Self(At::Rows(it)));
        start.map_err(|fault| Undecodable::no_state(&fault.to_string()))
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
        match &self.0 {
            At::Rows(it) => it.offset(),
            At::Lines(it) => it.offset,
        }
    }

    /// The same place, with what a first pass over the same file has found out.
    #[must_use]
    pub fn knowing(self, checked: &Self) -> Self {
        match (self.0, &checked.0) {
            (At::Rows(it), At::Rows(checked)) => Self(At::Rows(Box::new(it.knowing(checked)))),
            (it, _) => Self(it),
        }
    }
}

// === impl Cutter ===

impl Cutter {
    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Cuts::Rows(it) => it.push(bytes),
            Cuts::Lines(it) => it.push(bytes),
        }
    }

    /// There are no more bytes. To be said before the last piece is taken.
    pub fn finish(&mut self) {
        match &mut self.0 {
            Cuts::Rows(it) => it.finish(),
            Cuts::Lines(it) => it.finish(),
        }
    }

    /// The next piece. `None`: more bytes are needed, or nothing is left.
    ///
    /// # Errors
    /// When it is not the file that was checked.
    pub fn take(&mut self) -> Result<Option<Piece>, Undecodable> {
        let piece = |start, bytes, last| Piece { state: State(start), bytes, last };
        match &mut self.0 {
            Cuts::Lines(it) => {
                Ok(it.take().map(|it| piece(At::Lines(it.start), it.bytes, it.last)))
            }
            Cuts::Rows(it) => {
                let taken = it.take().map_err(Undecodable::of_layout)?;
                Ok(taken.map(|it| piece(At::Rows(Box::new(it.start)), it.bytes, it.last)))
            }
        }
    }
}

fn of_json(fault: codec::json::Fault) -> Undecodable {
    Undecodable::of_json(&fault, 0)
}
