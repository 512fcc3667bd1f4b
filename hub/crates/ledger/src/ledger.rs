//! The fold: takes in the journal's leaves, signs its head, gives proofs.

use canon::clock::{Clock, Timestamp};
use journal::Reader;
use rusqlite::Connection;
use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    Error,
    note::{Checkpoint, PublicKey, Signer},
    proof,
    tiles::{Tiles, sql},
    tree::{Edge, Hash, leaf_hash},
};

/// Leaves taken in by one transaction.
const BATCH_LEAVES_MAX: usize = 4096;

/// How a ledger is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// The ledger's file; made anew when missing.
    pub path: PathBuf,
    /// The signing key; made on first start.
    pub key: PathBuf,
    /// The log's name: a URL without its scheme, never changed.
    pub origin: String,
    /// Tells when a checkpoint is due.
    pub clock: Arc<dyn Clock>,
    /// A checkpoint is signed after so many entries,
    pub checkpoint_entries: u64,
    /// or so long after the last one, if there is anything new.
    pub checkpoint_every: Duration,
}

/// The ledger, open for writing. One per journal.
#[derive(Debug)]
pub struct Ledger {
    tiles: Tiles,
    edge: Edge,
    signer: Signer,
    options: Options,
    /// Size and time of the last checkpoint of this run.
    signed: (u64, Timestamp),
}

// === impl Options ===

impl Options {
    /// With a checkpoint each second or 256 entries.
    #[must_use]
    pub fn new(
        path: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
        origin: impl Into<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            path: path.into(),
            key: key.into(),
            origin: origin.into(),
            clock,
            checkpoint_entries: 256,
            checkpoint_every: Duration::from_secs(1),
        }
    }
}

// === impl Ledger ===

impl Ledger {
    /// Opens the ledger, or makes an empty one that catches up from the start.
    ///
    /// # Errors
    ///
    /// When the file or the key is another ledger's or damaged.
    pub fn open(options: Options) -> Result<Self, Error> {
        let signer = Signer::open(&options.key, &options.origin)?;
        let tiles = Tiles::open(&options.path, &options.origin)?;
        let edge = tiles.edge()?;
        let mut ledger = Self { tiles, edge, signer, options, signed: (0, Timestamp::default()) };
        let last = ledger.last_checkpoint()?.map_or(0, |(_, said)| said.size);
        ledger.signed = (last, ledger.options.clock.now());
        Ok(ledger)
    }

    /// Takes in what the journal has beyond the tree, and signs the head when a
    /// checkpoint is due. Returns how many entries were taken in.
    ///
    /// # Errors
    ///
    /// When journal and tree do not fit (see [`Ledger::catch_up`]), and when the
    /// tree contradicts the last checkpoint. Nothing is signed then.
    pub fn follow(&mut self, journal: &Reader) -> Result<u64, Error> {
        let taken = self.catch_up(journal)?;
        let (size, at) = self.signed;
        let waiting = self.size().saturating_sub(size);
        let now = self.options.clock.now();
        let due = waiting >= self.options.checkpoint_entries
            || (waiting > 0 && now.since(at) >= self.options.checkpoint_every);
        if due {
            self.checkpoint()?;
        }
        Ok(taken)
    }

    /// Takes in what the journal has beyond the tree.
    ///
    /// # Errors
    ///
    /// When the journal has a gap, is shorter than the tree, or has another
    /// entry at its end than the tree took in.
    pub fn catch_up(&mut self, journal: &Reader) -> Result<u64, Error> {
        let mut taken = 0;
        loop {
            // From the last one taken in: it must still be the same.
            let leaves = journal.leaves(self.size().max(1), BATCH_LEAVES_MAX)?;
            let new = match (self.last_leaf()?, leaves.split_first()) {
                (None, _) => leaves.as_slice(),
                (Some(last), Some(((seq, leaf), new))) if *seq == self.size() => {
                    if leaf_hash(leaf) != last {
                        return Err(Error::Diverged { seq: *seq });
                    }
                    new
                }
                (Some(_), found) => {
                    let journal = found.map_or(journal.head()?, |((seq, _), _)| *seq);
                    let (ledger, expected) = (self.size(), self.size());
                    return Err(if journal < ledger {
                        Error::Ahead { ledger, journal }
                    } else {
                        Error::Gap { expected, found: journal }
                    });
                }
            };
            if new.is_empty() {
                return Ok(taken);
            }
            taken += new.len() as u64;
            self.append(new)?;
        }
    }

    /// The hash of the last leaf of the tree, if it has any.
    fn last_leaf(&self) -> Result<Option<Hash>, Error> {
        let Some(last) = self.size().checked_sub(1) else { return Ok(None) };
        proof::Subtrees::subtree(&self.tiles.view(self.size()), 0, last).map(Some)
    }

    /// Throws the tree away and makes it again from the journal. The signed
    /// checkpoints stay: they cannot be made again by anybody else's wish, and
    /// each is compared with the new tree. Returns how many were.
    ///
    /// Broken off, it goes on with the next [`Ledger::catch_up`].
    ///
    /// # Errors
    ///
    /// When the journal has a gap, and when a checkpoint was signed over other
    /// or more entries than the journal has.
    pub fn rebuild(&mut self, journal: &Reader) -> Result<u64, Error> {
        self.tiles.clear()?;
        self.edge = Edge::default();
        self.catch_up(&journal.of_the_file())?;
        let (mut from, mut compared) = (0, 0);
        loop {
            let notes = self.tiles.checkpoints(from, BATCH_LEAVES_MAX)?;
            let Some((last, _)) = notes.last() else { return Ok(compared) };
            from = last + 1;
            for (size, note) in &notes {
                let said = self.signer.public_key().open(note).ok();
                let root = if *size <= self.size() { Some(self.root(*size)?) } else { None };
                if said.map(|it| (it.size, Some(it.root))) != Some((*size, root)) {
                    return Err(Error::Inconsistent { size: *size });
                }
                compared += 1;
            }
        }
    }

    fn append(&mut self, leaves: &[(u64, Vec<u8>)]) -> Result<(), Error> {
        let mut edge = self.edge.clone();
        let tx = self.tiles.conn.unchecked_transaction().map_err(Error::sqlite("writing"))?;
        for (seq, leaf) in leaves {
            let expected = edge.size() + 1;
            if *seq != expected {
                return Err(Error::Gap { expected, found: *seq });
            }
            let mut stored = Ok(());
            edge.push(leaf_hash(leaf), |level, index, tile| {
                if stored.is_ok() {
                    stored = self.tiles.put(level, index, tile);
                }
            });
            stored?;
        }
        for (level, tile) in (0..).zip(edge.levels()) {
            if !tile.is_empty() {
                let index = edge.size() >> (8 * (u32::from(level) + 1)).min(63);
                self.tiles.put(level, index, tile)?;
            }
        }
        let head = |tx: &Connection| -> rusqlite::Result<()> {
            tx.prepare_cached("UPDATE head SET size = ?1")?.execute([sql(edge.size())])?;
            Ok(())
        };
        head(&tx).and_then(|()| tx.commit()).map_err(Error::sqlite("writing"))?;
        self.edge = edge;
        Ok(())
    }

    /// Signs the head, unless it is signed already, and returns the note.
    ///
    /// # Errors
    ///
    /// When the tree does not contain the last signed one: a log must never
    /// sign two trees that contradict each other.
    pub fn checkpoint(&mut self) -> Result<String, Error> {
        if let Some((note, said)) = self.last_checkpoint()? {
            let holds = said.size <= self.size() && self.root(said.size)? == said.root;
            if !holds {
                return Err(Error::Inconsistent { size: said.size });
            }
            if said.size == self.size() {
                return Ok(note);
            }
        }
        let note = self.signer.sign(self.size(), self.edge.root());
        self.tiles.put_checkpoint(self.size(), &note)?;
        self.signed = (self.size(), self.options.clock.now());
        Ok(note)
    }

    /// Leaves taken in, which is the position of the last entry.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The key that checks this ledger's checkpoints.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        self.signer.public_key()
    }

    /// The last signed note and what it says.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or the note is not this key's.
    pub fn last_checkpoint(&self) -> Result<Option<(String, Checkpoint)>, Error> {
        let Some(note) = self.tiles.last_checkpoint()? else { return Ok(None) };
        match self.signer.public_key().open(&note) {
            Ok(said) => Ok(Some((note, said))),
            Err(fault) => Err(Error::Key {
                path: self.options.key.clone(),
                fault: format!("the last checkpoint was not made with it: {fault}"),
            }),
        }
    }

    /// The root of the tree when it had `size` leaves.
    ///
    /// # Errors
    ///
    /// When it never had so many, or a tile is missing.
    pub fn root(&self, size: u64) -> Result<Hash, Error> {
        proof::range(&self.tiles.view(self.size()), 0, size)
    }

    /// Proves that entry `seq` is in the tree of `size` leaves; `None` when it is not.
    /// For [`proof::includes`], the leaf's index is `seq - 1`.
    ///
    /// # Errors
    ///
    /// When a tile is missing.
    pub fn inclusion(&self, seq: u64, size: u64) -> Result<Option<Vec<Hash>>, Error> {
        if seq == 0 || size > self.size() {
            return Ok(None);
        }
        proof::inclusion(&self.tiles.view(self.size()), seq - 1, size)
    }

    /// Proves that the tree of `old` leaves is the beginning of that of `new`;
    /// `None` when there are no such trees.
    ///
    /// # Errors
    ///
    /// When a tile is missing.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Option<Vec<Hash>>, Error> {
        if new > self.size() {
            return Ok(None);
        }
        proof::consistency(&self.tiles.view(self.size()), old, new)
    }
}

impl Drop for Ledger {
    /// The last thing an orderly end does: signs what was taken in since.
    fn drop(&mut self) {
        if self.size() > self.signed.0
            && let Err(error) = self.checkpoint()
        {
            tracing::warn!(%error, size = self.size(), "the last entries were not signed");
        }
    }
}
