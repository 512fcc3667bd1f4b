//! The handle: open, append, watch, close.

use canon::{clock::Timestamp, entry::Entry};
use std::{
    collections::BTreeSet,
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::{Semaphore, oneshot, watch};

use crate::{
    Answer, Appended, Draft, Error, Reader, Seal, Stats, accepted, check, log,
    opening::{Options, limit, lock_file, open_seal},
    prepare::Prepared,
    recent::Recent,
    rest,
    retention::{Needed, Old},
    schema,
    settle::Settled,
    writer::{Append, Dropping, Gathering, Work, Writer, lock},
};

/// The queue counts in steps of this many bytes.
const PLACE_BYTES: usize = 1024;

/// More raw bytes or more events than these are hashed, sealed and written as
/// JSON off the async threads.
const INLINE_BYTES_MAX: usize = 256 << 10;
const INLINE_EVENTS_MAX: usize = 64;

/// The journal, open for writing. Cheap to clone; the last one to be dropped
/// ends the writer.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    reader: Reader,
    seal: Arc<Seal>,
    queue: Mutex<Option<mpsc::Sender<Work>>>,
    places: Arc<Semaphore>,
    places_all: u32,
    head: watch::Receiver<u64>,
    stats: Arc<Mutex<Stats>>,
    /// Why the writer ended, once it has.
    ended: Arc<Mutex<Option<String>>>,
    accepted_change: Option<String>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

// === impl Journal ===

impl Journal {
    /// Opens the journal at `path` for writing, making it and its seal key when
    /// there is none, checking it, and bringing an older one forward.
    ///
    /// # Errors
    ///
    /// When another process writes it, when it is damaged, newer or not a
    /// journal, and when the seal key is missing or another one's.
    pub fn open(path: &Path, options: Options) -> Result<Self, Error> {
        let file_lock = lock_file(path)?;
        log::check(path, options.accept_damaged_log)?;
        let accepted_change = check::rest(path, options.check, options.accept_change)?;
        let conn = schema::open_for_writing(path)?;
        let head = check::at_start(&conn, path, options.check)?;
        let seal = Arc::new(open_seal(&conn, &options.seal_key)?);
        if let Some(bytes) = options.file_bytes_max {
            limit(&conn, bytes)?;
        }
        let (head_tx, head_rx) = watch::channel(head);
        let (queue_tx, queue) = mpsc::channel();
        let stats = Arc::new(Mutex::new(Stats::default()));
        let recent = Arc::new(Recent::new(options.recent_bytes_max));
        let writer = Writer {
            conn,
            queue,
            gathering: Gathering {
                linger: options.linger,
                entries_max: options.batch_entries_max.max(1),
                bytes_max: options.batch_bytes_max.max(1),
                checkpoint_bytes: options.checkpoint_bytes,
            },
            clock: options.clock,
            head: head_tx,
            stats: Arc::clone(&stats),
            recent: Arc::clone(&recent),
            unfolded: 0,
            next: None,
            last: 1,
        };
        let ended = Arc::new(Mutex::new(None));
        let (note, at) = (Arc::clone(&ended), path.to_owned());
        let thread = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || {
                let (reason, orderly) = writer.run();
                if orderly && let Err(error) = rest::note(&at) {
                    tracing::warn!(%error, "the journal's hash at rest was not noted");
                }
                *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                drop(file_lock);
            })
            .map_err(Error::file("starting the writer of", path))?;
        let places_all =
            u32::try_from(options.queue_bytes_max / PLACE_BYTES).unwrap_or(u32::MAX).max(1);
        Ok(Self {
            inner: Arc::new(Inner {
                reader: Reader::new(path, Some(Arc::clone(&seal)), Some(recent)),
                seal,
                queue: Mutex::new(Some(queue_tx)),
                places: Arc::new(Semaphore::new(places_all as usize)),
                places_all,
                head: head_rx,
                stats,
                ended,
                accepted_change,
                thread: Mutex::new(Some(thread)),
            }),
        })
    }

    /// Appends; ready only after the commit that holds it is synced to disk.
    ///
    /// Waits while the writer has too much to do. Dropped before the writer has
    /// it, nothing happens; dropped later, it is committed all the same.
    ///
    /// # Errors
    ///
    /// See [`Error`]. [`Error::is_transient`] tells whether to try again.
    pub async fn append(&self, draft: Draft) -> Result<Appended, Error> {
        let item = self.prepare(draft).await?;
        let size = u32::try_from(item.bytes() / PLACE_BYTES).unwrap_or(u32::MAX);
        let places = size.clamp(1, self.inner.places_all);
        let place = Arc::clone(&self.inner.places)
            .acquire_many_owned(places)
            .await
            .map_err(|_| self.closed())?;
        let (reply, answer) = oneshot::channel();
        self.send(Work::Append(Append { item: Box::new(item), reply, place }))?;
        let (settled, spent) = answer.await.map_err(|_| self.closed())?;
        drop(spent);
        self.appended(settled?).await
    }

    /// Entries from `from_seq` on; see [`Reader::read`].
    ///
    /// # Errors
    ///
    /// When the file or an entry cannot be read.
    pub fn read(&self, from_seq: u64, max: usize) -> Result<Vec<Entry>, Error> {
        self.inner.reader.read(from_seq, max)
    }

    /// The entry at `seq`, if there is one.
    ///
    /// # Errors
    ///
    /// When the file or the entry cannot be read.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Error> {
        self.inner.reader.entry(seq)
    }

    /// The raw bytes of the arrival at `seq`; see [`Reader::raw`].
    ///
    /// # Errors
    ///
    /// When they do not open.
    pub fn raw(&self, seq: u64) -> Result<Option<Vec<u8>>, Error> {
        self.inner.reader.raw(seq)
    }

    /// The last committed cursor of a puller's channel.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn cursor(&self, channel: &str) -> Result<Option<String>, Error> {
        self.inner.reader.cursor(channel)
    }

    /// The last committed position; 0 for an empty journal.
    #[must_use]
    pub fn head(&self) -> u64 {
        *self.inner.head.borrow()
    }

    /// Tells each new head; a fold waits on it and then reads.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.inner.head.clone()
    }

    /// A reader for folds and tools.
    #[must_use]
    pub fn reader(&self) -> Reader {
        self.inner.reader.clone()
    }

    /// What the writer did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        lock(&self.inner.stats).clone()
    }

    /// Why the writer has ended; `None` while it works.
    #[must_use]
    pub fn ended(&self) -> Option<String> {
        self.inner.ended.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the file was changed before this start, which was accepted; `None` when
    /// it is as it was left. Each start gives it until [`Self::change_told`].
    #[must_use]
    pub fn accepted_change(&self) -> Option<&str> {
        self.inner.accepted_change.as_deref()
    }

    /// An entry that is committed says that the change was accepted: the next start
    /// need not.
    ///
    /// # Errors
    ///
    /// When the file that keeps it cannot be removed.
    pub fn change_told(&self) -> Result<(), Error> {
        accepted::forget(self.inner.reader.path())
    }

    /// Drops the raw bytes of entries committed before `before` and gives their
    /// space back to the disk; the entries stay, and so do the bytes of those in
    /// `needed`, until a later call that does not name them. Appends go on in
    /// between. Returns how many were dropped.
    ///
    /// # Errors
    ///
    /// When the writer has ended or the disk refuses; what was dropped stays so.
    pub async fn drop_raw_before(
        &self,
        before: Timestamp,
        needed: BTreeSet<u64>,
    ) -> Result<u64, Error> {
        self.drop_before(Old::Raw, before, Arc::new(needed)).await
    }

    /// Forgets the dedupe keys of entries committed before `before`; a sender that
    /// uses one again is then told from the first by the source facts alone.
    /// Returns how many were forgotten.
    ///
    /// # Errors
    ///
    /// When the writer has ended or the disk refuses; what was forgotten stays so.
    pub async fn drop_keys_before(&self, before: Timestamp) -> Result<u64, Error> {
        self.drop_before(Old::Keys, before, Arc::default()).await
    }

    async fn drop_before(
        &self,
        old: Old,
        before: Timestamp,
        needed: Arc<Needed>,
    ) -> Result<u64, Error> {
        let mut all = 0;
        loop {
            let (reply, answer) = oneshot::channel();
            let what = Dropping { old, before, needed: Arc::clone(&needed) };
            self.send(Work::Drop(what, reply))?;
            let (dropped, more) = answer.await.map_err(|_| self.closed())??;
            all += dropped;
            if !more {
                return Ok(all);
            }
        }
    }

    /// Finishes what was given, copies the log into the file, and ends the writer.
    ///
    /// # Errors
    ///
    /// When it had ended before, or the last copy failed (nothing is lost then:
    /// the log stays beside the file).
    pub async fn close(&self) -> Result<(), Error> {
        self.inner.reader.rest();
        let (reply, answer) = oneshot::channel();
        self.send(Work::Close(reply))?;
        let closed = answer.await.map_err(|_| self.closed())?;
        // Until its thread has ended, the file belongs to the writer.
        let thread = self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
        closed
    }

    async fn prepare(&self, draft: Draft) -> Result<Prepared, Error> {
        let large = match &draft {
            Draft::Arrival { arrival, raw, .. } => {
                arrival.events.len() > INLINE_EVENTS_MAX
                    || raw.as_ref().is_some_and(|raw| raw.len() > INLINE_BYTES_MAX)
            }
            Draft::Refusal(_) | Draft::Attempt(_) | Draft::Act(_) => false,
        };
        if !large {
            return Prepared::new(draft, &self.inner.seal);
        }
        let seal = Arc::clone(&self.inner.seal);
        tokio::task::spawn_blocking(move || Prepared::new(draft, &seal))
            .await
            .map_err(|_| self.closed())?
    }

    async fn appended(&self, settled: Settled) -> Result<Appended, Error> {
        Ok(match settled {
            Settled::Committed { seq, events, duplicates, set_aside, set_aside_again, .. } => {
                Appended::Committed { seq, events, duplicates, set_aside, set_aside_again }
            }
            Settled::Conflict { records } => return Err(Error::Conflict { records }),
            Settled::KeyReused { first_seq } => Appended::KeyReused { first_seq },
            Settled::SameFacts { seq, events } => {
                let duplicates = events.len() as u64;
                Appended::Duplicate { seq, answer: Answer { events, duplicates, set_aside: 0 } }
            }
            Settled::SameKey { seq } => {
                let reader = self.reader();
                let answer = tokio::task::spawn_blocking(move || reader.answer(seq))
                    .await
                    .map_err(|_| self.closed())??;
                Appended::Duplicate { seq, answer }
            }
        })
    }

    fn send(&self, work: Work) -> Result<(), Error> {
        let queue = self.inner.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = queue.as_ref().map(|queue| queue.send(work));
        drop(queue);
        match sent {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(self.closed()),
        }
    }

    fn closed(&self) -> Error {
        let reason = self.ended().unwrap_or_else(|| "its writer is ending".to_owned());
        Error::Closed { reason }
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("head", &self.head()).finish_non_exhaustive()
    }
}

// === impl Inner ===

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer finishes its queue and leaves the file to the next opener.
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}
