//! Keeps store and ledger up with the journal. Each fold remembers its own
//! position; after a crash it goes on from there.
//!
//! Arrivals go first: while it is hardly behind, the store is folded on a thread
//! that gives way to them. When it is further behind than [`GIVES_WAY_MAX`], it
//! works like everybody else, so that queries and deliveries follow however long
//! the rush lasts.

use super::{DataFiles, quiet::Quiet, tasks::Tasks};
use canon::clock::Clock;
use journal::{Journal, Reader as JournalReader, failpoint};
use ledger::Ledger;
use std::{io, sync::Arc, time::Duration};
use store::Store;
use tokio::sync::watch;
use tracing::{error, info};

/// Entries one fold takes at a time.
const BATCH_ENTRIES: usize = 512;
/// How far behind the store may be while it gives way to arrivals.
const GIVES_WAY_MAX: Duration = Duration::from_millis(500);
/// How often a fold with nothing to do looks up.
const IDLE_STEP: Duration = Duration::from_secs(1);
/// Pause after a fold could not take entries in.
const TROUBLE_PAUSE: Duration = Duration::from_secs(2);

/// Where the folds are.
#[derive(Debug)]
pub struct Folds {
    /// Last sequence the store has seen.
    pub store: watch::Receiver<u64>,
    /// Last sequence the tree has taken in.
    pub ledger: watch::Receiver<u64>,
    /// Where the journal stood when the daemon started.
    pub wanted_at_start: u64,
    // Apart from the other tasks: what those write last is still taken in.
    tasks: Tasks,
}

/// Opens the ledger of a data folder; makes its signing key on the first start.
///
/// # Errors
///
/// [`ledger::Error`] when file or key cannot be used.
pub fn open_ledger(
    files: &DataFiles,
    organisation: &str,
    clock: &Arc<dyn Clock>,
) -> Result<Ledger, ledger::Error> {
    let options = ledger::Options::new(
        files.ledger(),
        files.ledger_key(),
        origin_of(organisation),
        Arc::clone(clock),
    );
    Ledger::open(options)
}

/// The ledger's name: stands in each checkpoint and never changes, so it is
/// made from the organisation's name alone.
#[must_use]
pub fn origin_of(organisation: &str) -> String {
    let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '.';
    if !organisation.is_empty() && organisation.chars().all(plain) {
        return format!("channelhub.org/ledger/{organisation}");
    }
    let hash = canon::id::sha256_hex(organisation.as_bytes());
    format!("channelhub.org/ledger/{}", hash.get(..16).unwrap_or(&hash))
}

impl Folds {
    /// Whether both folds run. One that broke off needs a restart.
    #[must_use]
    pub fn are_alive(&self) -> bool {
        self.store.has_changed().is_ok() && self.ledger.has_changed().is_ok()
    }

    /// Starts both folds; they end with [`Folds::finish`].
    ///
    /// # Errors
    ///
    /// When there can be no more threads.
    pub fn start(
        clock: &Arc<dyn Clock>,
        journal: &Journal,
        store: Store,
        ledger: Ledger,
    ) -> io::Result<Self> {
        let quiet = Quiet::start("fold")?;
        let tasks = Tasks::default();
        let (store_at, store_seen) = watch::channel(store.position());
        let (ledger_at, ledger_seen) = watch::channel(ledger.size());
        let follow = |name, quiet, other: &watch::Receiver<u64>| Follow {
            name,
            head: journal.watch(),
            reader: journal.reader(),
            other: other.clone(),
            quiet,
            stopping: tasks.stopping(),
            clock: Arc::clone(clock),
        };
        let of_store = follow("store", Some(quiet), &ledger_seen);
        let of_ledger = follow("ledger", None, &store_seen);
        tasks.spawn(of_store.run(store, store_at, (fold_store, |_| Ok(()))));
        tasks.spawn(of_ledger.run(ledger, ledger_at, (fold_ledger, sign_ledger)));
        let wanted_at_start = journal.head();
        Ok(Self { store: store_seen, ledger: ledger_seen, wanted_at_start, tasks })
    }

    /// Lets both folds take in the last entry and ends them. The ledger signs
    /// its head, so that nothing can be cut off a stopped hub's journal unseen.
    pub async fn finish(&self) {
        self.tasks.finish().await;
    }
}

/// Follows the journal's head with one fold.
struct Follow {
    name: &'static str,
    head: watch::Receiver<u64>,
    reader: JournalReader,
    /// Where the other fold is.
    other: watch::Receiver<u64>,
    /// Where it works while it is hardly behind; none: where everybody does.
    quiet: Option<Quiet>,
    stopping: tokio_util::sync::CancellationToken,
    clock: Arc<dyn Clock>,
}

/// A fold's step: takes entries in after a position, up to the journal's head; says
/// the new position.
type Step<F> = fn(&mut F, &JournalReader, Way) -> Result<u64, String>;

/// From where to where.
#[derive(Clone, Copy, Debug)]
struct Way {
    position: u64,
    head: u64,
}

/// What a fold does last, when it has taken in everything.
type Last<F> = fn(&mut F) -> Result<(), String>;

impl Follow {
    /// Takes entries in until the daemon stops, then up to the last one.
    async fn run<F: Send + 'static>(
        mut self,
        mut fold: F,
        at: watch::Sender<u64>,
        (step, last): (Step<F>, Last<F>),
    ) {
        let (mut idle, mut behind) = (false, Duration::ZERO);
        loop {
            let (position, head) = (*at.borrow(), *self.head.borrow_and_update());
            if position >= head && idle {
                if self.stopping.is_cancelled() {
                    match tokio::task::spawn_blocking(move || last(&mut fold)).await {
                        Ok(Ok(())) => {
                            info!(fold = self.name, position, "fold has taken in everything");
                        }
                        Ok(Err(fault)) => error!(fold = self.name, fault, "fold ended badly"),
                        Err(fault) => error!(fold = self.name, %fault, "fold broke off"),
                    }
                    return;
                }
                tokio::select! {
                    _ = self.head.changed() => {}
                    () = self.clock.sleep(IDLE_STEP) => {}
                    () = self.stopping.cancelled() => {}
                }
            }
            // One step with nothing new lets a fold do what time asks of it: the
            // ledger signs its head.
            idle = position >= head;
            let (reader, other, newest) =
                (self.reader.clone(), *self.other.borrow(), self.head.clone());
            let stepped = self
                .work(behind, move || {
                    let reached = step(&mut fold, &reader, Way { position, head });
                    let next = reached.as_ref().map_or(position, |it| *it);
                    // The last leaf is looked at once more.
                    reader.let_go(next.min(other).saturating_sub(1));
                    let is_behind = next < *newest.borrow();
                    let waiting = is_behind.then(|| reader.committed_at(next + 1).ok().flatten());
                    (fold, reached, waiting.flatten())
                })
                .await;
            match stepped {
                Ok((same, Ok(reached), waiting)) => {
                    fold = same;
                    behind = waiting.map_or(Duration::ZERO, |it| self.clock.now().since(it));
                    if reached != position {
                        at.send_replace(reached);
                    }
                }
                Ok((same, Err(fault), _)) => {
                    // The journal is safe and goes on; queries stay where they
                    // are until the cause is gone (a full disk, usually).
                    fold = same;
                    error!(fold = self.name, position, fault, "fold stands; tried again");
                    if self.stopping.is_cancelled() {
                        return;
                    }
                    self.clock.sleep(TROUBLE_PAUSE).await;
                }
                Err(fault) => {
                    error!(fold = self.name, position, fault, "fold broke off");
                    return;
                }
            }
        }
    }

    /// Does a step where it belongs.
    async fn work<T: Send + 'static>(
        &self,
        behind: Duration,
        step: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        match &self.quiet {
            Some(quiet) if behind <= GIVES_WAY_MAX => {
                quiet.run(step).await.ok_or_else(|| "its thread has ended".to_owned())
            }
            _ => tokio::task::spawn_blocking(step).await.map_err(|it| it.to_string()),
        }
    }
}

fn fold_store(store: &mut Store, journal: &JournalReader, way: Way) -> Result<u64, String> {
    if way.head <= way.position {
        return Ok(way.position);
    }
    let entries = journal.follow(way.position + 1, BATCH_ENTRIES).map_err(|it| it.to_string())?;
    failpoint::pass("fold.store.before");
    let applied = store.apply(&entries).map(|it| it.position).map_err(|it| it.to_string());
    failpoint::pass("fold.store.after");
    applied
}

fn fold_ledger(ledger: &mut Ledger, journal: &JournalReader, _: Way) -> Result<u64, String> {
    failpoint::pass("fold.ledger.before");
    ledger.follow(journal).map_err(|it| it.to_string())?;
    failpoint::pass("fold.ledger.after");
    Ok(ledger.size())
}

fn sign_ledger(ledger: &mut Ledger) -> Result<(), String> {
    ledger.checkpoint().map(drop).map_err(|it| it.to_string())
}
