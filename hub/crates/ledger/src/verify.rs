//! Verification from the files alone: beside a running hub, after a crash, or on
//! a copy, with nothing trusted but the public key.
//!
//! Everything is computed again: leaves from bodies, the tree from leaves, each
//! stored tile and each signed checkpoint. A checkpoint kept outside also finds
//! what was changed by somebody who holds the signing key.

use journal::{Audit, Reader, Seal, Stored};
use std::{collections::BTreeMap, path::Path};

use crate::{
    Error,
    note::PublicKey,
    tiles::Tiles,
    tree::{Edge, Hash, TILE_HEIGHT, leaf_hash},
};

pub use crate::report::{Fault, Place, Report};

/// Entries read at a time.
const READ_MAX: usize = 1024;

/// Checkpoints read at a time.
const CHECKPOINTS_MAX: usize = 4096;

/// Faults told in full; the rest is counted.
const FAULTS_TOLD_MAX: usize = 100;

/// What to verify.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The journal's file.
    pub journal: &'a Path,
    /// The ledger's file.
    pub ledger: &'a Path,
    /// The key of its checkpoints.
    pub public_key: &'a PublicKey,
    /// With it, raw bytes are unsealed and checked against their hashes.
    pub seal_key: Option<&'a Path>,
    /// Signed checkpoints that were kept elsewhere.
    pub outside: &'a [String],
}

/// Verifies journal, ledger and checkpoints. Damage is told in the report; an
/// error means that there was nothing to verify.
///
/// # Errors
///
/// When the journal or the seal key is not there or not what it should be.
pub fn verify(inputs: Inputs<'_>) -> Result<Report, Error> {
    let seal = inputs.seal_key.map(Seal::load).transpose()?;
    let journal = Reader::open_read_only(inputs.journal, seal)?;
    let mut check = Check::new(inputs);
    let ledger = check.open_ledger(inputs.ledger);
    check.outside(inputs.outside);
    match journal.file_faults() {
        Ok(faults) => faults.into_iter().for_each(|it| check.fault(Place::Journal, it)),
        Err(error) => check.fault(Place::Journal, chain(&error)),
    }
    let mut audit = Audit::new(&journal);
    let head = match check.entries(&journal, ledger.as_ref(), &mut audit) {
        Ok(head) => head,
        Err(error) => {
            check.fault(Place::Entry(check.edge.size() + 1), chain(&error));
            check.edge.size()
        }
    };
    check.report.raw_checked = audit.raw_checked;
    check.report.raw_sealed = audit.raw_sealed;
    check.report.raw_dropped = audit.raw_dropped;
    match audit.finish(head) {
        Ok(faults) => faults.into_iter().for_each(|it| check.fault(Place::Journal, it)),
        Err(error) => check.fault(Place::Journal, chain(&error)),
    }
    match journal.changed_at_rest() {
        Ok(None) => {}
        Ok(Some(place)) => {
            let told = format!("the file was changed after the hub had stopped: {place}");
            check.fault(Place::Journal, told);
        }
        Err(error) => check.fault(Place::Journal, chain(&error)),
    }
    Ok(check.finish(ledger.as_ref()))
}

/// A checkpoint to be compared when the tree has its size.
struct Due {
    root: Hash,
    outside: bool,
}

struct Check<'a> {
    key: &'a PublicKey,
    edge: Edge,
    due: BTreeMap<u64, Vec<Due>>,
    /// Stored checkpoints are loaded up to this size.
    loaded_to: Option<u64>,
    tiles: u64,
    report: Report,
}

// === impl Check ===

impl<'a> Check<'a> {
    fn new(inputs: Inputs<'a>) -> Self {
        Self {
            key: inputs.public_key,
            edge: Edge::default(),
            due: BTreeMap::new(),
            loaded_to: Some(0),
            tiles: 0,
            report: Report {
                size: 0,
                root: crate::tree::empty_root(),
                ledger_size: 0,
                checkpoints: 0,
                outside: 0,
                raw_checked: 0,
                raw_sealed: 0,
                raw_dropped: 0,
                faults: Vec::new(),
                faults_total: 0,
            },
        }
    }

    fn fault(&mut self, place: Place, what: impl Into<String>) {
        self.report.faults_total += 1;
        if self.report.faults.len() < FAULTS_TOLD_MAX {
            self.report.faults.push(Fault { place, what: what.into() });
        }
    }

    /// Opens the ledger and holds one state of it until the end: it is read
    /// before the journal, so the journal cannot be behind it.
    fn open_ledger(&mut self, path: &Path) -> Option<Tiles> {
        let open = || -> Result<(Tiles, u64), Error> {
            let tiles = Tiles::open_read_only(path)?;
            tiles.conn.execute_batch("BEGIN").map_err(Error::sqlite("reading"))?;
            let size = tiles.size()?;
            Ok((tiles, size))
        };
        let (tiles, size) = match open() {
            Ok(opened) => opened,
            Err(error) => {
                self.fault(Place::Ledger, chain(&error));
                return None;
            }
        };
        self.report.ledger_size = size;
        match tiles.origin() {
            Ok(origin) if origin == self.key.name() => {}
            Ok(origin) => self.fault(Place::Ledger, format!("it is the ledger of {origin:?}")),
            Err(error) => self.fault(Place::Ledger, chain(&error)),
        }
        match tiles.file_faults() {
            Ok(faults) => faults.into_iter().for_each(|it| self.fault(Place::Ledger, it)),
            Err(error) => self.fault(Place::Ledger, chain(&error)),
        }
        Some(tiles)
    }

    fn outside(&mut self, notes: &[String]) {
        for note in notes {
            match self.key.open(note) {
                Ok(said) => {
                    let due = Due { root: said.root, outside: true };
                    self.due.entry(said.size).or_default().push(due);
                }
                Err(fault) => {
                    self.fault(Place::Ledger, format!("a checkpoint from outside: {fault}"));
                }
            }
        }
    }

    /// Goes through all entries and returns the position of the last one.
    fn entries(
        &mut self,
        journal: &Reader,
        ledger: Option<&Tiles>,
        audit: &mut Audit<'_>,
    ) -> Result<u64, Error> {
        let head = journal.head()?;
        let mut next = 1;
        self.compare(ledger);
        while next <= head {
            let rows = journal.stored(next, READ_MAX)?;
            let Some(last) = rows.last() else { break };
            let after = last.seq + 1;
            for row in rows.iter().take_while(|row| row.seq <= head) {
                self.entry(row, ledger, audit)?;
            }
            next = after;
        }
        Ok(head)
    }

    fn entry(
        &mut self,
        row: &Stored,
        ledger: Option<&Tiles>,
        audit: &mut Audit<'_>,
    ) -> Result<(), Error> {
        let place = Place::Entry(row.seq);
        if row.seq != self.edge.size() + 1 {
            let what = format!("it follows entry {}: entries are missing", self.edge.size());
            self.fault(place, what);
            // Go on as if they were there, so that one gap is told once.
            self.edge = Edge::resume(row.seq - 1, self.edge.levels().to_vec());
        }
        for what in audit.entry(row)? {
            self.fault(place, what);
        }
        let mut full = Vec::new();
        self.edge.push(leaf_hash(&row.leaf), |level, index, tile| {
            full.push((level, index, tile.to_vec()));
        });
        if self.edge.size() <= self.report.ledger_size {
            for (level, index, tile) in full {
                self.compare_tile(ledger, level, index, &tile);
            }
        }
        self.compare(ledger);
        Ok(())
    }

    /// Compares what is due at the present size: checkpoints, and the stored
    /// tree's right edge.
    fn compare(&mut self, ledger: Option<&Tiles>) {
        let size = self.edge.size();
        self.load(ledger, size);
        let due = self.due.remove(&size).unwrap_or_default();
        if !due.is_empty() {
            let root = self.edge.root();
            for due in due {
                if due.root == root {
                    self.report.checkpoints += 1;
                    self.report.outside += u64::from(due.outside);
                } else {
                    let what = "it was signed over other entries than the journal has now";
                    self.fault(Place::Checkpoint(size), what);
                }
            }
        }
        if size == self.report.ledger_size {
            let edge: Vec<_> = (0_u8..).zip(self.edge.levels().to_vec()).collect();
            for (level, tile) in edge.into_iter().filter(|(_, tile)| !tile.is_empty()) {
                let index = size >> (u32::from(TILE_HEIGHT) * (u32::from(level) + 1)).min(63);
                self.compare_tile(ledger, level, index, &tile);
            }
        }
    }

    fn compare_tile(&mut self, ledger: Option<&Tiles>, level: u8, index: u64, tile: &[Hash]) {
        let Some(ledger) = ledger else { return };
        self.tiles += 1;
        match ledger.tile_exact(level, index) {
            Ok(Some(stored)) if stored == tile.as_flattened() => {}
            Ok(Some(_)) => self.fault(
                Place::Tile(level, index),
                "its hashes are not those of the journal's leaves",
            ),
            Ok(None) => self.fault(Place::Tile(level, index), "it is missing"),
            Err(error) => self.fault(Place::Tile(level, index), chain(&error)),
        }
    }

    /// Loads stored checkpoints when the walk comes to the last one loaded.
    fn load(&mut self, ledger: Option<&Tiles>, size: u64) {
        let (Some(ledger), Some(from)) = (ledger, self.loaded_to) else { return };
        if size < from {
            return;
        }
        let notes = match ledger.checkpoints(from, CHECKPOINTS_MAX) {
            Ok(notes) => notes,
            Err(error) => {
                self.fault(Place::Ledger, chain(&error));
                Vec::new()
            }
        };
        self.loaded_to = match notes.last() {
            Some((last, _)) if notes.len() == CHECKPOINTS_MAX => Some(last + 1),
            _ => None,
        };
        for (size, note) in notes {
            match self.key.open(&note) {
                Ok(said) if said.size == size => {
                    let due = Due { root: said.root, outside: false };
                    self.due.entry(size).or_default().push(due);
                }
                Ok(_) => self.fault(Place::Checkpoint(size), "it is stored under another size"),
                Err(fault) => self.fault(Place::Checkpoint(size), fault),
            }
        }
    }

    fn finish(mut self, ledger: Option<&Tiles>) -> Report {
        self.report.size = self.edge.size();
        self.report.root = self.edge.root();
        let size = self.report.size;
        if self.report.ledger_size > size {
            let what = format!(
                "its tree has {} entries, the journal only {size}: entries were lost, or the \
                 journal is an older copy",
                self.report.ledger_size
            );
            self.fault(Place::Ledger, what);
        }
        self.load(ledger, u64::MAX);
        let beyond: Vec<u64> = self.due.range(size + 1..).map(|(size, _)| *size).collect();
        for signed in beyond {
            let what = format!("it was signed over {signed} entries, the journal has {size}");
            self.fault(Place::Checkpoint(signed), what);
        }
        if let Some(Ok(stored)) = ledger.map(Tiles::count)
            && stored > self.tiles
            && self.report.faults.is_empty()
        {
            self.fault(Place::Ledger, format!("{stored} tiles, {} are its own", self.tiles));
        }
        self.report
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
