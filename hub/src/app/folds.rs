//! Keeps store and ledger up with the journal. Each fold remembers its own
//! position; after a crash it goes on from there.

use super::{DataFiles, tasks::Tasks};
use canon::clock::Clock;
use journal::{Journal, Reader as JournalReader, failpoint};
use ledger::Ledger;
use std::{sync::Arc, time::Duration};
use store::Store;
use tokio::sync::watch;
use tracing::{error, info};

/// Entries one fold takes at a time.
const BATCH_ENTRIES: usize = 512;
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
    #[must_use]
    pub fn start(clock: &Arc<dyn Clock>, journal: &Journal, store: Store, ledger: Ledger) -> Self {
        let tasks = Tasks::default();
        let (store_at, store_seen) = watch::channel(store.position());
        let (ledger_at, ledger_seen) = watch::channel(ledger.size());
        let follow = |name| Follow {
            name,
            head: journal.watch(),
            reader: journal.reader(),
            stopping: tasks.stopping(),
            clock: Arc::clone(clock),
        };
        tasks.spawn(follow("store").run(store, store_at, (fold_store, |_| Ok(()))));
        tasks.spawn(follow("ledger").run(ledger, ledger_at, (fold_ledger, sign_ledger)));
        Self { store: store_seen, ledger: ledger_seen, wanted_at_start: journal.head(), tasks }
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
    stopping: tokio_util::sync::CancellationToken,
    clock: Arc<dyn Clock>,
}

/// A fold's step: takes entries in after a position, says the new position.
type Step<F> = fn(&mut F, &JournalReader, u64) -> Result<u64, String>;

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
        let mut idle = false;
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
            let reader = self.reader.clone();
            let stepped = tokio::task::spawn_blocking(move || {
                let reached = step(&mut fold, &reader, position);
                (fold, reached)
            });
            match stepped.await {
                Ok((same, Ok(reached))) => {
                    fold = same;
                    if reached != position {
                        at.send_replace(reached);
                    }
                }
                Ok((same, Err(fault))) => {
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
                    error!(fold = self.name, position, %fault, "fold broke off");
                    return;
                }
            }
        }
    }
}

fn fold_store(store: &mut Store, journal: &JournalReader, position: u64) -> Result<u64, String> {
    if journal.head().map_err(|it| it.to_string())? <= position {
        return Ok(position);
    }
    let entries = journal.read(position + 1, BATCH_ENTRIES).map_err(|it| it.to_string())?;
    failpoint::pass("fold.store.before");
    let applied = store.apply(&entries).map(|it| it.position).map_err(|it| it.to_string());
    failpoint::pass("fold.store.after");
    applied
}

fn fold_ledger(
    ledger: &mut Ledger,
    journal: &JournalReader,
    _position: u64,
) -> Result<u64, String> {
    failpoint::pass("fold.ledger.before");
    ledger.follow(journal).map_err(|it| it.to_string())?;
    failpoint::pass("fold.ledger.after");
    Ok(ledger.size())
}

fn sign_ledger(ledger: &mut Ledger) -> Result<(), String> {
    ledger.checkpoint().map(drop).map_err(|it| it.to_string())
}
