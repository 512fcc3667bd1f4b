//! Reading: what folds, tools and the query side use. Blocking, a few
//! milliseconds at most; any number at a time, beside the writer.

use canon::{
    clock::Timestamp,
    entry::{Body, Entry},
};
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::Deserialize;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    Answer, Error, Seal,
    recent::Recent,
    rest::{self, Rest},
    schema,
    settle::{cursor_of, seq_of, sql},
};

/// One call reads about this much and then stops, whatever number was asked for.
const READ_BYTES_MAX: usize = 4 << 20;

/// Connections kept for the next reader.
const KEPT_MAX: usize = 8;

/// Reads a journal. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reader {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    seal: Option<Arc<Seal>>,
    idle: Mutex<Vec<Connection>>,
    /// Of the journal that is open for writing in this process.
    recent: Option<Arc<Recent>>,
}

/// One row as it is stored, for the ledger and for verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Position.
    pub seq: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// `arrival`, `refusal`, `attempt` or `act`.
    pub kind: String,
    /// What the ledger hashes.
    pub leaf: Vec<u8>,
    /// Key of the commitment to the body.
    pub salt: Vec<u8>,
    /// The body, JSON.
    pub body: Vec<u8>,
}

// === impl Reader ===

impl Reader {
    /// Opens a journal for reading only: beside a running hub, after a crash, or
    /// a copy. Without a seal key, raw bytes cannot be read.
    ///
    /// # Errors
    ///
    /// When it is not there, not a journal, or of a newer schema.
    pub fn open_read_only(path: &Path, seal: Option<Seal>) -> Result<Self, Error> {
        let reader = Self::new(path, seal.map(Arc::new), None);
        reader.with(|_| Ok(()))?;
        Ok(reader)
    }

    pub(crate) fn new(path: &Path, seal: Option<Arc<Seal>>, recent: Option<Arc<Recent>>) -> Self {
        let (path, idle) = (path.to_owned(), Mutex::new(Vec::new()));
        Self { shared: Arc::new(Shared { path, seal, idle, recent }) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.shared.path
    }

    /// A reader of the same journal that reads the file alone.
    #[must_use]
    pub fn of_the_file(&self) -> Self {
        Self::new(&self.shared.path, self.shared.seal.clone(), None)
    }

    /// The last committed position; 0 for an empty journal.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn head(&self) -> Result<u64, Error> {
        self.with(|conn| {
            conn.prepare_cached("SELECT max(seq) FROM entry")?
                .query_row([], |row| row.get::<_, Option<i64>>(0))
        })
        .map(|head| head.map_or(0, seq_of))
    }

    /// Entries from `from_seq` on, in order: at most `max`, and fewer when they
    /// are large. Empty only when there are none.
    ///
    /// # Errors
    ///
    /// When the file or an entry cannot be read.
    pub fn read(&self, from_seq: u64, max: usize) -> Result<Vec<Entry>, Error> {
        self.stored(from_seq, max)?.iter().map(Stored::entry).collect()
    }

    /// Like [`Reader::read`], for a fold that follows the head: what was committed
    /// a moment ago is taken from memory.
    ///
    /// # Errors
    ///
    /// When the file or an entry cannot be read.
    pub fn follow(&self, from_seq: u64, max: usize) -> Result<Vec<Arc<Entry>>, Error> {
        let recent = self.shared.recent.as_ref();
        let known = recent.map(|it| it.entries(from_seq, max, READ_BYTES_MAX)).unwrap_or_default();
        if !known.is_empty() {
            return Ok(known);
        }
        Ok(self.read(from_seq, max)?.into_iter().map(Arc::new).collect())
    }

    /// When the entry at `seq` was committed; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn committed_at(&self, seq: u64) -> Result<Option<Timestamp>, Error> {
        if let Some(at) = self.shared.recent.as_ref().and_then(|it| it.committed_at(seq)) {
            return Ok(Some(at));
        }
        self.with(|conn| {
            conn.prepare_cached("SELECT at FROM entry WHERE seq = ?1")?
                .query_row([sql(seq)], |row| row.get(0).map(Timestamp::from_ms))
                .optional()
        })
    }

    /// No fold will ask for entries up to that position any more.
    pub fn let_go(&self, up_to: u64) {
        if let Some(recent) = &self.shared.recent {
            recent.let_go(up_to);
        }
    }

    /// The entry at `seq`, if there is one.
    ///
    /// # Errors
    ///
    /// When the file or the entry cannot be read.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Error> {
        self.stored_at(seq)?.as_ref().map(Stored::entry).transpose()
    }

    /// Rows from `from_seq` on, as stored; bounded like [`Reader::read`].
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn stored(&self, from_seq: u64, max: usize) -> Result<Vec<Stored>, Error> {
        self.rows(
            "SELECT seq, at, kind, leaf, salt, body FROM entry WHERE seq >= ?1 ORDER BY seq",
            from_seq,
            max,
            |row| stored_row(row).map(|row| (row.body.len() + row.leaf.len(), row)),
        )
    }

    /// Positions and leaves from `from_seq` on; bounded like [`Reader::read`], and
    /// from memory like [`Reader::follow`].
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn leaves(&self, from_seq: u64, max: usize) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let recent = self.shared.recent.as_ref();
        let known = recent.map(|it| it.leaves(from_seq, max, READ_BYTES_MAX)).unwrap_or_default();
        if !known.is_empty() {
            return Ok(known);
        }
        self.rows(
            "SELECT seq, leaf FROM entry WHERE seq >= ?1 ORDER BY seq",
            from_seq,
            max,
            |row| {
                let leaf: Vec<u8> = row.get(1)?;
                Ok((leaf.len(), (seq_of(row.get(0)?), leaf)))
            },
        )
    }

    /// The raw bytes of the arrival at `seq`, unsealed; `None` when it has none,
    /// or no longer.
    ///
    /// # Errors
    ///
    /// When there is no seal key, or they do not open.
    pub fn raw(&self, seq: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(sealed) = self.sealed(seq)? else { return Ok(None) };
        let unsealable = |fault| Error::Unsealable { seq, fault };
        let seal = self.shared.seal.as_ref().ok_or_else(|| unsealable("there is no seal key"))?;
        let row = self.stored_at(seq)?.ok_or_else(|| unsealable("their entry is missing"))?;
        let arrival: ArrivalId = serde_json::from_slice(&row.body)
            .map_err(|source| Error::Unreadable { seq, source })?;
        seal.open(&arrival.id, &sealed).map(Some).map_err(unsealable)
    }

    /// Whether raw bytes can be unsealed here.
    #[must_use]
    pub fn has_seal_key(&self) -> bool {
        self.shared.seal.is_some()
    }

    /// The sealed form of raw bytes, as stored.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn sealed(&self, seq: u64) -> Result<Option<Vec<u8>>, Error> {
        self.with(|conn| {
            conn.prepare_cached("SELECT sealed FROM raw WHERE seq = ?1")?
                .query_row([sql(seq)], |row| row.get(0))
                .optional()
        })
    }

    /// The last committed cursor of a puller's channel.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn cursor(&self, channel: &str) -> Result<Option<String>, Error> {
        self.with(|conn| cursor_of(conn, channel))
    }

    /// The entry with the greatest dedupe key of a channel that begins with
    /// `prefix`, which must end with a colon.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn last_key(&self, channel: &str, prefix: &str) -> Result<Option<u64>, Error> {
        // What comes behind all that begins so: `;` is the next character.
        let behind = format!("{};", prefix.trim_end_matches(':'));
        self.with(|conn| {
            conn.prepare_cached(
                "SELECT seq FROM key WHERE channel = ?1 AND key >= ?2 AND key < ?3
                 ORDER BY key DESC LIMIT 1",
            )?
            .query_row((channel, prefix, behind), |row| row.get(0))
            .optional()
            .map(|found| found.map(seq_of))
        })
    }

    /// What SQLite finds wrong with the file as a whole; reads all of it.
    ///
    /// # Errors
    ///
    /// When not even that is possible.
    pub fn file_faults(&self) -> Result<Vec<String>, Error> {
        self.with(|conn| {
            let mut statement = conn.prepare("PRAGMA integrity_check(20)")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.filter(|row| row.as_ref().map_or(true, |text| text != "ok")).collect()
        })
    }

    /// Where the file is no longer what it was when its hub stopped in an orderly way;
    /// `None` also when none did, or one runs. Reads all of it.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn changed_at_rest(&self) -> Result<Option<String>, Error> {
        Ok(match rest::compare(&self.shared.path)? {
            Rest::Changed(place) => Some(place),
            Rest::Same | Rest::Unknown => None,
        })
    }

    pub(crate) fn seal(&self) -> Option<&Seal> {
        self.shared.seal.as_deref()
    }

    pub(crate) fn setting(&self, name: &str) -> Result<Option<String>, Error> {
        self.with(|conn| {
            conn.query_row("SELECT value FROM setting WHERE name = ?1", [name], |row| row.get(0))
                .optional()
        })
    }

    /// Channel, cursor and position, of each puller.
    pub(crate) fn cursors(&self) -> Result<Vec<(String, String, u64)>, Error> {
        self.with(|conn| {
            let mut statement = conn.prepare("SELECT channel, cursor, seq FROM cursor")?;
            let rows = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, seq_of(row.get(2)?))))?;
            rows.collect()
        })
    }

    /// What the arrival at `seq` was answered.
    pub(crate) fn answer(&self, seq: u64) -> Result<Answer, Error> {
        let Some(row) = self.stored_at(seq)? else { return Ok(Answer::default()) };
        let body: AnswerBody = serde_json::from_slice(&row.body)
            .map_err(|source| Error::Unreadable { seq, source })?;
        Ok(Answer {
            events: body.events.into_iter().map(|it| it.id).collect(),
            duplicates: body.duplicates,
            set_aside: body.set_aside.len() as u64,
        })
    }

    fn stored_at(&self, seq: u64) -> Result<Option<Stored>, Error> {
        self.with(|conn| {
            conn.prepare_cached("SELECT seq, at, kind, leaf, salt, body FROM entry WHERE seq = ?1")?
                .query_row([sql(seq)], stored_row)
                .optional()
        })
    }

    fn rows<T>(
        &self,
        query: &str,
        from_seq: u64,
        max: usize,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<(usize, T)>,
    ) -> Result<Vec<T>, Error> {
        self.with(|conn| {
            let mut statement = conn.prepare_cached(query)?;
            let mut rows = statement.query([sql(from_seq)])?;
            let (mut found, mut bytes) = (Vec::new(), 0);
            while found.len() < max && bytes < READ_BYTES_MAX {
                let Some(row) = rows.next()? else { break };
                let (size, row) = read(row)?;
                bytes += size;
                found.push(row);
            }
            Ok(found)
        })
    }

    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        let idle = || self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let conn = match kept {
            Some(conn) => conn,
            None => schema::open_for_reading(&self.shared.path)?,
        };
        let result = read(&conn).map_err(Error::sqlite("reading"));
        let mut idle = idle();
        if result.is_ok() && idle.len() < KEPT_MAX {
            idle.push(conn);
        }
        result
    }

    /// Lets go of the kept connections, so that the last one to leave can tidy up.
    pub(crate) fn rest(&self) {
        self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[derive(Deserialize)]
struct ArrivalId {
    id: String,
}

#[derive(Deserialize)]
struct AnswerBody {
    events: Vec<AnswerEvent>,
    duplicates: u64,
    set_aside: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct AnswerEvent {
    id: canon::id::EventId,
}

fn stored_row(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok(Stored {
        seq: seq_of(row.get(0)?),
        at: Timestamp::from_ms(row.get(1)?),
        kind: row.get(2)?,
        leaf: row.get(3)?,
        salt: row.get(4)?,
        body: row.get(5)?,
    })
}

// === impl Stored ===

impl Stored {
    /// The entry in its typed form.
    ///
    /// # Errors
    ///
    /// When the body is not what this program writes.
    pub fn entry(&self) -> Result<Entry, Error> {
        let unreadable = |source| Error::Unreadable { seq: self.seq, source };
        let body = match self.kind.as_str() {
            "arrival" => serde_json::from_slice(&self.body).map(Body::Arrival),
            "refusal" => serde_json::from_slice(&self.body).map(Body::Refusal),
            "attempt" => serde_json::from_slice(&self.body).map(Body::Attempt),
            "act" => serde_json::from_slice(&self.body).map(Body::Act),
            other => Err(serde::de::Error::custom(format!("no entry has the kind {other:?}"))),
        };
        Ok(Entry { seq: self.seq, at: self.at, body: body.map_err(unreadable)? })
    }
}
