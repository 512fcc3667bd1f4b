//! The one thread that writes: gathers what waits, commits it together, answers.
//!
//! An answer leaves only after `COMMIT`, which with `synchronous=FULL` has
//! synced the log. A commit that fails for want of space is undone whole and the
//! writer goes on. Any other failure ends the writer for good: after a failed
//! fsync nobody knows what is on disk, and asking again would get a false yes,
//! so the file is read anew at the next start.

use canon::clock::{Clock, Timestamp};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, oneshot, watch};

use crate::{
    Error, Stats, failpoint,
    prepare::{Prepared, Spent},
    recent::Recent,
    retention::{self, Needed, Old},
    settle::{Settled, Settling},
};

/// One thing for the writer to do.
pub(crate) enum Work {
    Append(Append),
    /// Drop a batch of what is old; answers how many, and whether there are more.
    Drop(Dropping, oneshot::Sender<Result<(u64, bool), Error>>),
    Close(oneshot::Sender<Result<(), Error>>),
}

/// What is dropped.
pub(crate) struct Dropping {
    pub(crate) old: Old,
    /// When it was committed before that time.
    pub(crate) before: Timestamp,
    /// But not what belongs to these.
    pub(crate) needed: Arc<Needed>,
}

pub(crate) struct Append {
    pub(crate) item: Box<Prepared>,
    pub(crate) reply: oneshot::Sender<Answered>,
    /// Its place in the bounded queue, free again when it is answered.
    pub(crate) place: OwnedSemaphorePermit,
}

/// The answer, and what is left of the item for its owner to throw away: freeing
/// what another thread allocated would cost the writer more than writing it.
pub(crate) type Answered = (Result<Settled, Error>, Spent);

/// How the writer gathers, and when it checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gathering {
    pub(crate) linger: Duration,
    pub(crate) entries_max: usize,
    pub(crate) bytes_max: usize,
    /// The log is copied into the file when it has about this many bytes.
    pub(crate) checkpoint_bytes: usize,
}

pub(crate) struct Writer {
    pub(crate) conn: Connection,
    pub(crate) queue: mpsc::Receiver<Work>,
    pub(crate) gathering: Gathering,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) head: watch::Sender<u64>,
    pub(crate) stats: Arc<Mutex<Stats>>,
    /// For the folds.
    pub(crate) recent: Arc<Recent>,
    /// Bytes committed since the last checkpoint.
    pub(crate) unfolded: usize,
    /// Taken from the queue while gathering, but not an append.
    pub(crate) next: Option<Work>,
    /// Appends in the last batch: how many to expect while lingering.
    pub(crate) last: usize,
}

/// A batch that is on disk.
struct Done {
    settled: Vec<Settled>,
    at: Timestamp,
    /// Time in `COMMIT`; none when nothing was written.
    took: Option<Duration>,
}

/// Why the writer ends.
pub(crate) enum End {
    Closed(oneshot::Sender<Result<(), Error>>),
    Abandoned,
    Failed(String),
}

// === impl Writer ===

impl Writer {
    /// Works until it is closed, everybody has left, or a write has failed.
    /// Returns the reason that later appends are told, and whether it was orderly.
    pub(crate) fn run(mut self) -> (String, bool) {
        let end = loop {
            let work = match self.next.take() {
                Some(work) => work,
                None => match self.queue.recv() {
                    Ok(work) => work,
                    Err(mpsc::RecvError) => break End::Abandoned,
                },
            };
            match work {
                Work::Close(reply) => break End::Closed(reply),
                Work::Drop(what, reply) => {
                    if let Err(reason) = self.drop_old(&what, reply) {
                        break End::Failed(reason);
                    }
                }
                Work::Append(first) => {
                    let batch = self.gather(first);
                    if let Err(error) = self.commit(batch) {
                        break End::Failed(error);
                    }
                }
            }
        };
        let orderly = !matches!(end, End::Failed(_));
        (self.end(end), orderly)
    }

    /// Takes what waits, up to the bounds. When the last batch had company, waits
    /// a little for as many: they have their answers and come again.
    fn gather(&mut self, first: Append) -> Vec<Append> {
        let mut bytes = first.item.bytes();
        let mut batch = vec![first];
        let until = stopwatch() + self.gathering.linger;
        while batch.len() < self.gathering.entries_max && bytes < self.gathering.bytes_max {
            let work = match self.queue.try_recv() {
                Ok(work) => work,
                Err(mpsc::TryRecvError::Disconnected) => break,
                Err(mpsc::TryRecvError::Empty) => {
                    let left = until.saturating_duration_since(stopwatch());
                    if batch.len() >= self.last || left.is_zero() {
                        break;
                    }
                    match self.queue.recv_timeout(left) {
                        Ok(work) => work,
                        Err(_) => break,
                    }
                }
            };
            match work {
                Work::Append(append) => {
                    bytes += append.item.bytes();
                    batch.push(append);
                }
                other @ (Work::Close(_) | Work::Drop(..)) => {
                    self.next = Some(other);
                    break;
                }
            }
        }
        self.last = batch.len();
        batch
    }

    /// Settles and commits a batch, then answers each of it.
    fn commit(&mut self, mut batch: Vec<Append>) -> Result<(), String> {
        let head = *self.head.borrow();
        let bytes = batch.iter().map(|it| it.item.bytes()).sum::<usize>();
        match self.try_commit(head, &mut batch) {
            Ok(done) => {
                let new_head = done.settled.iter().filter_map(Settled::seq).max().unwrap_or(head);
                self.count(&done.settled, new_head - head, done.took);
                if new_head > head {
                    self.unfolded += bytes;
                }
                self.tell(batch, done, new_head);
                self.checkpoint_when_due()
            }
            Err(error) if error.is_transient() && self.conn.is_autocommit() => {
                tracing::warn!(%error, appends = batch.len(), "the journal refused a batch");
                self.count_full(&error, batch.len());
                for append in batch {
                    let refusal =
                        if matches!(error, Error::Full) { Error::Full } else { Error::Busy };
                    refuse(append, refusal);
                }
                Ok(())
            }
            Err(error) => {
                let reason = chain(&error);
                tracing::error!(%reason, "the journal has stopped; start the hub again");
                for append in batch {
                    refuse(append, Error::Closed { reason: reason.clone() });
                }
                Err(reason)
            }
        }
    }

    /// Hands what is on disk to the folds, and answers.
    fn tell(&self, batch: Vec<Append>, done: Done, head: u64) {
        let mut written = Vec::with_capacity(batch.len());
        let mut answers = Vec::with_capacity(batch.len());
        for (append, settled) in batch.into_iter().zip(done.settled) {
            let Append { item, reply, place } = append;
            let spent = match settled.seq() {
                Some(seq) => {
                    let (entry, spent) = item.into_written(seq, done.at);
                    written.push(entry);
                    spent
                }
                None => item.into_spent(),
            };
            answers.push((reply, place, settled, spent));
        }
        if !written.is_empty() {
            // Before the head: whoever sees it finds them.
            self.recent.push(written);
            self.head.send_replace(head);
        }
        for (reply, place, settled, spent) in answers {
            // The place first: whoever hears the answer may append again at once.
            drop(place);
            // A caller that has gone does not need the answer; the entry stays.
            drop(reply.send((Ok(settled), spent)));
        }
    }

    fn try_commit(&mut self, head: u64, batch: &mut [Append]) -> Result<Done, Error> {
        failpoint::pass("commit.before");
        let tx = self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Error::sqlite("beginning a commit of"))?;
        let at = self.clock.now();
        let mut settling = Settling { tx: &tx, seq: head + 1, at };
        let settled = batch
            .iter_mut()
            .map(|append| settling.settle(&mut append.item))
            .collect::<Result<Vec<_>, _>>()?;
        if settling.seq == head + 1 {
            // Only repetitions: nothing was written, so nothing needs a sync.
            tx.rollback().map_err(Error::sqlite("ending a commit of"))?;
            return Ok(Done { settled, at, took: None });
        }
        failpoint::pass("commit.within");
        let start = stopwatch();
        tx.commit().map_err(Error::sqlite("committing to"))?;
        let took = start.elapsed();
        failpoint::pass("commit.after");
        Ok(Done { settled, at, took: Some(took) })
    }

    /// Drops one batch of what is old.
    fn drop_old(
        &mut self,
        what: &Dropping,
        reply: oneshot::Sender<Result<(u64, bool), Error>>,
    ) -> Result<(), String> {
        let dropped = retention::drop_old(&mut self.conn, what.old, what.before, &what.needed)
            .and_then(|(rows, more)| Ok((rows, retention::compact(&self.conn)? || more)));
        match dropped {
            Err(error) if !error.is_transient() => {
                let reason = chain(&error);
                tracing::error!(%reason, "the journal has stopped; start the hub again");
                drop(reply.send(Err(error)));
                Err(reason)
            }
            other => {
                drop(reply.send(other));
                checkpoint(&self.conn, "PASSIVE")
                    .or_else(|error| if error.is_transient() { Ok(()) } else { Err(chain(&error)) })
            }
        }
    }

    fn checkpoint_when_due(&mut self) -> Result<(), String> {
        if self.unfolded < self.gathering.checkpoint_bytes {
            return Ok(());
        }
        match checkpoint(&self.conn, "PASSIVE") {
            Ok(()) => {
                self.unfolded = 0;
                lock(&self.stats).checkpoints += 1;
                Ok(())
            }
            // The log keeps everything; the copy is made whole at a later try.
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "the log was not copied into the journal file yet");
                self.unfolded = self.gathering.checkpoint_bytes / 2;
                Ok(())
            }
            Err(error) => {
                let reason = chain(&error);
                tracing::error!(%reason, "the journal has stopped; start the hub again");
                Err(reason)
            }
        }
    }

    fn end(self, end: End) -> String {
        let Self { conn, queue, next, .. } = self;
        let (reason, reply) = match end {
            End::Failed(reason) => {
                // No farewell to the file: a checkpoint now would sync again
                // what just failed to sync. The connection is left to the exit
                // of the process, the log to the next start.
                std::mem::forget(conn);
                (reason, None)
            }
            End::Closed(reply) => {
                let closed = checkpoint(&conn, "TRUNCATE");
                drop(conn);
                ("it was closed in an orderly way".to_owned(), Some((reply, closed)))
            }
            End::Abandoned => {
                if let Err(error) = checkpoint(&conn, "TRUNCATE") {
                    tracing::warn!(%error, "the log was not copied into the journal at its end");
                }
                drop(conn);
                ("nobody used it any more".to_owned(), None)
            }
        };
        let closed = || Error::Closed { reason: reason.clone() };
        for work in next.into_iter().chain(queue.try_iter()) {
            match work {
                Work::Append(append) => refuse(append, closed()),
                Work::Drop(_, reply) => drop(reply.send(Err(closed()))),
                Work::Close(reply) => drop(reply.send(Err(closed()))),
            }
        }
        if let Some((reply, closed)) = reply {
            drop(reply.send(closed));
        }
        reason
    }

    fn count(&self, settled: &[Settled], entries: u64, took: Option<Duration>) {
        let mut stats = lock(&self.stats);
        if let Some(took) = took {
            stats.committed(entries, took);
        }
        for it in settled {
            match it {
                Settled::Committed { duplicates, conflicts, .. } => {
                    stats.duplicate_events += duplicates;
                    stats.conflicts += conflicts;
                }
                Settled::Conflict { records } => stats.conflicts += records.len() as u64,
                Settled::SameKey { .. } => stats.duplicates += 1,
                Settled::SameFacts { events, .. } => {
                    stats.duplicates += 1;
                    stats.duplicate_events += events.len() as u64;
                }
                Settled::KeyReused { .. } => stats.keys_reused += 1,
            }
        }
    }

    fn count_full(&self, error: &Error, appends: usize) {
        if matches!(error, Error::Full) {
            lock(&self.stats).full += appends as u64;
        }
    }
}

/// Copies the log into the file. Busy readers put the rest off, which is no error.
pub(crate) fn checkpoint(conn: &Connection, mode: &str) -> Result<(), Error> {
    failpoint::pass("checkpoint.before");
    let copied = conn
        .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
        .map_err(Error::sqlite("checkpointing"));
    failpoint::pass("checkpoint.after");
    copied
}

pub(crate) fn lock(stats: &Mutex<Stats>) -> std::sync::MutexGuard<'_, Stats> {
    stats.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers an append that became nothing.
fn refuse(append: Append, error: Error) {
    let Append { item, reply, place } = append;
    drop(place);
    drop(reply.send((Err(error), item.into_spent())));
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

#[expect(clippy::disallowed_methods, reason = "measures and bounds waits; no entry depends on it")]
fn stopwatch() -> Instant {
    Instant::now()
}
