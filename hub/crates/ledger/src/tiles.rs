//! The ledger's file: tiles of hashes and signed checkpoints, in SQLite.

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use std::{cell::RefCell, collections::HashMap, fs, os::unix::fs::OpenOptionsExt as _, path::Path};

use crate::{
    Error,
    proof::Subtrees,
    tree::{Edge, Hash, TILE_HEIGHT, TILE_WIDTH, root_over},
};

/// `CHLG` in ASCII: marks the file as a ledger (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x4348_4c47;
const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE tile(
    level  INTEGER NOT NULL,
    tile   INTEGER NOT NULL,
    hashes BLOB NOT NULL,
    PRIMARY KEY(level, tile)
) STRICT;
CREATE TABLE checkpoint(
    size INTEGER PRIMARY KEY,
    note TEXT NOT NULL
) STRICT;
CREATE TABLE head(
    one    INTEGER PRIMARY KEY CHECK(one = 1),
    origin TEXT NOT NULL,
    size   INTEGER NOT NULL
) STRICT;
";

/// The file, open for writing or for reading only.
#[derive(Debug)]
pub(crate) struct Tiles {
    pub(crate) conn: Connection,
}

/// One look at the stored tree; keeps the tiles it has read.
pub(crate) struct View<'a> {
    tiles: &'a Tiles,
    size: u64,
    read: RefCell<HashMap<(u8, u64), Vec<Hash>>>,
}

// === impl Tiles ===

impl Tiles {
    pub(crate) fn open(path: &Path, origin: &str) -> Result<Self, Error> {
        match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(source) => {
                return Err(Error::File { doing: "making", path: path.to_owned(), source });
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let tiles = Self::connect(path, flags)?;
        let version = tiles.version(path)?;
        let prepare = || -> rusqlite::Result<()> {
            let conn = &tiles.conn;
            conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            conn.pragma_update(None, "synchronous", "FULL")?;
            if version == 0 {
                let tx = conn.unchecked_transaction()?;
                tx.execute_batch(SCHEMA)?;
                tx.execute("INSERT INTO head(one, origin, size) VALUES(1, ?1, 0)", [origin])?;
                tx.pragma_update(None, "application_id", APPLICATION_ID)?;
                tx.pragma_update(None, "user_version", SCHEMA_VERSION)?;
                tx.commit()?;
            }
            // A fold: the hashes that a power cut takes are made again.
            conn.pragma_update(None, "synchronous", "NORMAL")
        };
        prepare().map_err(Error::sqlite("setting up"))?;
        let found = tiles.origin()?;
        if found != origin {
            return Err(Error::OtherOrigin { found, wanted: origin.to_owned() });
        }
        Ok(tiles)
    }

    pub(crate) fn open_read_only(path: &Path) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let tiles = Self::connect(path, flags)?;
        match tiles.version(path)? {
            0 => {
                Err(Error::NotALedger { path: path.to_owned(), found: "an empty file".to_owned() })
            }
            _ => Ok(tiles),
        }
    }

    fn connect(path: &Path, flags: OpenFlags) -> Result<Self, Error> {
        let conn = Connection::open_with_flags(path, flags).map_err(Error::sqlite("opening"))?;
        conn.busy_timeout(std::time::Duration::from_secs(5)).map_err(Error::sqlite("opening"))?;
        Ok(Self { conn })
    }

    fn version(&self, path: &Path) -> Result<i64, Error> {
        let number = |query: &str| self.conn.query_row(query, [], |row| row.get::<_, i64>(0));
        let look = || -> rusqlite::Result<(i64, i64, i64)> {
            Ok((
                number("PRAGMA application_id")?,
                number("PRAGMA user_version")?,
                number("SELECT count(*) FROM sqlite_schema")?,
            ))
        };
        let not = |found| Error::NotALedger { path: path.to_owned(), found };
        match look() {
            Ok((APPLICATION_ID, SCHEMA_VERSION, 1..)) => Ok(SCHEMA_VERSION),
            Ok((0, 0, 0)) => Ok(0),
            Ok((application, version, _)) => {
                Err(not(format!("application id {application:#x}, version {version}")))
            }
            Err(error) => Err(not(error.to_string())),
        }
    }

    pub(crate) fn origin(&self) -> Result<String, Error> {
        self.conn
            .query_row("SELECT origin FROM head", [], |row| row.get(0))
            .map_err(Error::sqlite("reading"))
    }

    /// Leaves in the stored tree.
    pub(crate) fn size(&self) -> Result<u64, Error> {
        self.conn
            .query_row("SELECT size FROM head", [], |row| row.get::<_, i64>(0))
            .map(|size| u64::try_from(size).unwrap_or(0))
            .map_err(Error::sqlite("reading"))
    }

    /// The right edge of the stored tree, to append to.
    pub(crate) fn edge(&self) -> Result<Edge, Error> {
        let size = self.size()?;
        let mut levels = Vec::new();
        let mut hashes = size;
        for level in 0..TILE_HEIGHT {
            if hashes == 0 {
                break;
            }
            let (index, width) = (hashes / TILE_WIDTH as u64, hashes % TILE_WIDTH as u64);
            let tile = if width == 0 { Vec::new() } else { self.tile(level, index)? };
            if tile.len() as u64 != width {
                return Err(Error::Hole { level, index });
            }
            levels.push(tile);
            hashes = index;
        }
        Ok(Edge::resume(size, levels))
    }

    /// The hashes of one tile; none when it is not stored.
    pub(crate) fn tile(&self, level: u8, index: u64) -> Result<Vec<Hash>, Error> {
        Ok(self.tile_exact(level, index)?.unwrap_or_default().as_chunks().0.to_vec())
    }

    /// The bytes of one tile as stored.
    pub(crate) fn tile_exact(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.conn
            .prepare_cached("SELECT hashes FROM tile WHERE level = ?1 AND tile = ?2")
            .and_then(|mut statement| {
                statement.query_row(params![level, sql(index)], |row| row.get(0)).optional()
            })
            .map_err(Error::sqlite("reading"))
    }

    /// How many tiles are stored.
    pub(crate) fn count(&self) -> Result<u64, Error> {
        self.conn
            .query_row("SELECT count(*) FROM tile", [], |row| row.get::<_, i64>(0))
            .map(|count| u64::try_from(count).unwrap_or(0))
            .map_err(Error::sqlite("reading"))
    }

    /// What SQLite finds wrong with the file as a whole.
    pub(crate) fn file_faults(&self) -> Result<Vec<String>, Error> {
        let look = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self.conn.prepare("PRAGMA integrity_check(20)")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.filter(|row| row.as_ref().map_or(true, |text| text != "ok")).collect()
        };
        look().map_err(Error::sqlite("reading"))
    }

    /// Forgets the stored tree, not the checkpoints.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        self.conn
            .execute_batch("BEGIN; DELETE FROM tile; UPDATE head SET size = 0; COMMIT;")
            .map_err(Error::sqlite("writing"))
    }

    /// Stores one tile, in the transaction that is open.
    pub(crate) fn put(&self, level: u8, index: u64, hashes: &[Hash]) -> Result<(), Error> {
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO tile(level, tile, hashes) VALUES(?1, ?2, ?3)")
            .and_then(|mut put| put.execute(params![level, sql(index), hashes.as_flattened()]))
            .map(|_| ())
            .map_err(Error::sqlite("writing"))
    }

    pub(crate) fn view(&self, size: u64) -> View<'_> {
        View { tiles: self, size, read: RefCell::default() }
    }

    /// Signed notes from the size `from` on, smallest first.
    pub(crate) fn checkpoints(&self, from: u64, max: usize) -> Result<Vec<(u64, String)>, Error> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let look = || -> rusqlite::Result<Vec<(u64, String)>> {
            let query = "SELECT size, note FROM checkpoint WHERE size >= ?1 ORDER BY size LIMIT ?2";
            let mut statement = self.conn.prepare_cached(query)?;
            let rows = statement.query_map(params![sql(from), max], |row| {
                Ok((u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0), row.get(1)?))
            })?;
            rows.collect()
        };
        look().map_err(Error::sqlite("reading"))
    }

    /// Stores a signed note and makes it durable, with all tiles before it: once
    /// it may have been seen outside, it must not be forgotten here.
    pub(crate) fn put_checkpoint(&self, size: u64, note: &str) -> Result<(), Error> {
        let work = || -> rusqlite::Result<()> {
            self.conn.pragma_update(None, "synchronous", "FULL")?;
            self.conn.execute(
                "INSERT INTO checkpoint(size, note) VALUES(?1, ?2)",
                params![sql(size), note],
            )?;
            self.conn.pragma_update(None, "synchronous", "NORMAL")
        };
        work().map_err(Error::sqlite("writing"))
    }

    pub(crate) fn last_checkpoint(&self) -> Result<Option<String>, Error> {
        self.conn
            .query_row("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()
            .map_err(Error::sqlite("reading"))
    }
}

// === impl View ===

impl Subtrees for View<'_> {
    type Error = Error;

    fn subtree(&self, level: u8, index: u64) -> Result<Hash, Error> {
        let (tile_level, within) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let width = 1_u64 << within;
        let first = index << within;
        let tile = first / TILE_WIDTH as u64;
        let at = usize::try_from(first % TILE_WIDTH as u64).unwrap_or(usize::MAX);
        let wide = usize::try_from(width).unwrap_or(usize::MAX);
        let mut read = self.read.borrow_mut();
        let hashes = match read.entry((tile_level, tile)) {
            std::collections::hash_map::Entry::Occupied(it) => it.into_mut(),
            std::collections::hash_map::Entry::Vacant(it) => {
                it.insert(self.tiles.tile(tile_level, tile)?)
            }
        };
        let beyond = (index + 1) << level > self.size;
        hashes
            .get(at..at.saturating_add(wide))
            .filter(|_| !beyond)
            .map(root_over)
            .ok_or(Error::Hole { level: tile_level, index: tile })
    }
}

pub(crate) fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
