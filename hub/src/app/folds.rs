//! Keeps store and ledger up with the journal. Each fold remembers its own
//! position; after a crash it goes on from there.

use super::{DataFiles, tasks::Tasks};
use canon::clock::Clock;
use journal::{Journal, Reader as JournalReader};
use ledger::Ledger;
use std::sync::Arc;
use store::Store;
use tokio::sync::watch;
use tracing::{error, info};

/// Entries one fold takes at a time.
const BATCH_ENTRIES: usize = 512;

/// Where the folds are.
#[derive(Debug)]
pub struct Folds {
    /// Last sequence the store has seen.
    pub store: watch::Receiver<u64>,
    /// Last sequence the tree has taken in.
    pub ledger: watch::Receiver<u64>,
    /// Where the journal stood when the daemon started.
    pub wanted_at_start: u64,
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
    let origin = ledger::origin_of(organisation);
    Ledger::open(&files.ledger(), &files.ledger_key(), &origin, Arc::clone(clock))
}

impl Folds {
    /// Starts both folds; they end when `tasks` stop.
    #[must_use]
    pub fn start(tasks: &Tasks, journal: &Journal, store: Store, ledger: Ledger) -> Self {
        let (store_at, store_seen) = watch::channel(store.position());
        let (ledger_at, ledger_seen) = watch::channel(ledger.size());
        let follow = |name| Follow {
            name,
            head: journal.watch(),
            reader: journal.reader(),
            stopping: tasks.stopping(),
        };
        tasks.spawn(follow("store").run(store, store_at, fold_store));
        tasks.spawn(follow("ledger").run(ledger, ledger_at, fold_ledger));
        Self { store: store_seen, ledger: ledger_seen, wanted_at_start: journal.head() }
    }
}

/// Follows the journal's head with one fold.
struct Follow {
    name: &'static str,
    head: watch::Receiver<u64>,
    reader: JournalReader,
    stopping: tokio_util::sync::CancellationToken,
}

impl Follow {
    /// Takes entries in until the daemon stops, then up to the last one.
    async fn run<F: Send + 'static>(
        mut self,
        mut fold: F,
        at: watch::Sender<u64>,
        step: fn(&mut F, &JournalReader, u64) -> Result<u64, String>,
    ) {
        loop {
            let (position, head) = (*at.borrow(), *self.head.borrow_and_update());
            if position >= head {
                let more = tokio::select! {
                    changed = self.head.changed() => changed.is_ok(),
                    () = self.stopping.cancelled() => *self.head.borrow() > position,
                };
                if more {
                    continue;
                }
                info!(fold = self.name, position, "fold has taken in everything");
                return;
            }
            let reader = self.reader.clone();
            let stepped = tokio::task::spawn_blocking(move || {
                let reached = step(&mut fold, &reader, position);
                (fold, reached)
            });
            match stepped.await {
                Ok((same, Ok(reached))) => {
                    fold = same;
                    at.send_replace(reached);
                }
                Ok((_, Err(fault))) => {
                    // The journal is safe and goes on; queries stay where they are.
                    error!(fold = self.name, position, fault, "fold stopped; see `channelhub rebuild`");
                    return;
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
    let entries = journal.read(position + 1, BATCH_ENTRIES).map_err(|it| it.to_string())?;
    store.apply(&entries).map(|it| it.position).map_err(|it| it.to_string())
}

fn fold_ledger(ledger: &mut Ledger, journal: &JournalReader, _position: u64) -> Result<u64, String> {
    ledger.catch_up(journal).map_err(|it| it.to_string())
}
