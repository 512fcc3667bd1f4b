//! Builds every room once, owns the tasks and the shutdown.

pub mod clock;
pub mod folds;
pub mod house;
pub mod keep;
pub mod library;
pub mod quiet;
pub mod reload;
pub mod tasks;
#[cfg(test)]
pub(crate) mod testing;

use crate::dispatch::Destinations;
use crate::{
    gates::{peer::Peers, strangers::Strangers, weight::Scales},
    observe::{
        files::LargeFiles,
        metrics::{Metrics, OfFold},
        tap::Tap,
    },
    problem::Refusal,
    settings::Settings,
};
use arc_swap::ArcSwap;
use canon::clock::Clock;
use delivery::retry::Jitter;
use folds::Folds;
use futures_util::future::{Either, select};
use house::House;
use journal::{Journal, Options};
use serde::Serialize;
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{Reader, Store};
use tasks::Tasks;

/// All rooms of a running daemon. Built once; what a reload may change is in
/// the [`House`].
#[derive(Debug)]
pub struct Rooms {
    /// The machine's clock, or a test's.
    pub clock: Arc<dyn Clock>,
    /// Everything that runs beside the walk.
    pub tasks: Tasks,
    /// The log.
    pub journal: Journal,
    /// Where the folds are.
    pub folds: Folds,
    /// Counters.
    pub metrics: Metrics,
    /// How far large files are.
    pub files: LargeFiles,
    /// The live tap.
    pub tap: Tap,
    /// Limits per network address.
    pub peers: Peers,
    /// Refusals that are counted together.
    pub strangers: Strangers,
    /// Bytes of bodies under way.
    pub scales: Scales,
    /// Arrivals under way at once.
    pub in_flight_max: usize,
    /// Longest wait for a whole body.
    pub body_wait_max: Duration,
    /// Names of loops that run once each: `folder pos-legacy`, `to erp`.
    pub running: Running,
    /// Held while records are brought out of the dead letters, held files are settled,
    /// or a replay sends deliveries again: one at a time.
    pub letters: tokio::sync::Mutex<()>,
    /// Destinations in force.
    pub destinations: Destinations,
    jitter: Mutex<Jitter>,
    store: Reader,
    house: ArcSwap<House>,
}

/// Which loops run, so that a reload starts only new ones.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<HashSet<String>>>);

/// What `/readyz` answers.
#[derive(Clone, Debug, Serialize)]
pub struct Readiness {
    ready: bool,
    /// Last sequence in the journal.
    journal: u64,
    /// Last sequence the queries have seen.
    store: u64,
    /// Last sequence the tree has taken in.
    ledger: u64,
    /// Why the journal takes nothing, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal_closed: Option<String>,
    /// Where the journal was changed while no hub ran, which was accepted at start.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal_change_accepted: Option<String>,
}

/// Where each file of the data folder is.
#[derive(Clone, Debug)]
pub struct DataFiles {
    /// The data folder.
    pub dir: PathBuf,
}

/// Why the daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The data folder cannot be made.
    #[error("data folder {path}: {source}")]
    DataFolder {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The journal cannot be opened.
    #[error("journal: {0}")]
    Journal(#[from] journal::Error),
    /// The store cannot be opened.
    #[error(
        "store: {}. If its file is damaged: it says nothing that the journal does not, and \
         `channelhub rebuild all` makes it again",
        with_cause(.0)
    )]
    Store(#[from] store::Error),
    /// The system gives no more threads.
    #[error("a thread cannot be started: {0}")]
    Thread(#[source] std::io::Error),
    /// The ledger cannot be opened.
    #[error("ledger: {0}")]
    Ledger(#[from] ledger::Error),
}

fn with_cause(fault: &store::Error) -> String {
    use std::error::Error as _;
    fault.source().map_or_else(|| fault.to_string(), |cause| format!("{fault}: {cause}"))
}

/// Longest wait of a query for `min_sequence`.
const SEQUENCE_WAIT_MAX: Duration = Duration::from_secs(5);

/// Makes the data folder for its owner alone: it holds personal data.
fn make_private(dir: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))
}

/// Different in each process; it only spreads retries.
fn seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(0)
}

// === impl DataFiles ===

impl DataFiles {
    /// The files of `dir`.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The log.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.dir.join("journal.db")
    }

    /// The key that seals raw bytes.
    #[must_use]
    pub fn seal_key(&self) -> PathBuf {
        self.dir.join("seal.key")
    }

    /// Current state; can be rebuilt.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.dir.join("store.db")
    }

    /// The tree and its checkpoints.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.dir.join("ledger.db")
    }

    /// The key that signs checkpoints.
    #[must_use]
    pub fn ledger_key(&self) -> PathBuf {
        self.dir.join("ledger.key")
    }
}

// === impl Rooms ===

impl Rooms {
    /// Opens journal, store and ledger, and starts the folds. With `accept_change`
    /// also a journal that was changed while no hub ran.
    ///
    /// # Errors
    ///
    /// [`StartFault`] naming the room and the cause.
    pub fn open(
        settings: &Settings,
        house: House,
        clock: Arc<dyn Clock>,
        accept_change: bool,
    ) -> Result<Arc<Self>, StartFault> {
        let files = DataFiles::new(settings.hub.data.clone());
        make_private(&files.dir)
            .map_err(|source| StartFault::DataFolder { path: files.dir.clone(), source })?;
        let options =
            Options { accept_change, ..Options::new(files.seal_key(), Arc::clone(&clock)) };
        let journal = Journal::open(&files.journal(), options)?;
        let store = Store::open(files.store())?;
        let reader = store.reader();
        let ledger = folds::open_ledger(&files, &settings.hub.organisation, &clock)?;
        let tasks = Tasks::default();
        let folds = Folds::start(&clock, &journal, store, ledger).map_err(StartFault::Thread)?;
        Ok(Arc::new(Self {
            clock,
            tasks,
            journal,
            folds,
            metrics: Metrics::default(),
            files: LargeFiles::default(),
            tap: Tap::default(),
            peers: Peers::new(settings.hub.peer_per_minute),
            strangers: Strangers::default(),
            scales: Scales::new(settings.hub.bytes_in_flight_max),
            in_flight_max: settings.hub.in_flight_max,
            body_wait_max: settings.hub.body_wait_max,
            running: Running::default(),
            letters: tokio::sync::Mutex::default(),
            destinations: Destinations::default(),
            jitter: Mutex::new(Jitter::seeded(seed())),
            store: reader,
            house: ArcSwap::from_pointee(house),
        }))
    }

    /// Channels, packages and routes as they are now.
    #[must_use]
    pub fn house(&self) -> Arc<House> {
        self.house.load_full()
    }

    /// Puts another house in place; arrivals under way finish in the old one.
    pub fn replace_house(&self, house: House) {
        self.house.store(Arc::new(house));
    }

    /// Asks the store, off the async threads.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadParameter`] for the caller's own mistakes, otherwise
    /// [`Refusal::Inside`].
    pub async fn ask_store<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Reader) -> store::Result<T> + Send + 'static,
    ) -> Result<T, Refusal> {
        let reader = self.store.clone();
        let answer = tokio::task::spawn_blocking(move || question(&reader)).await;
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(fault)) if fault.is_callers_fault() => {
                Err(Refusal::BadParameter { name: "query".into(), detail: fault.to_string() })
            }
            Ok(Err(fault)) => Err(Refusal::Inside { detail: fault.to_string() }),
            Err(fault) => Err(Refusal::Inside { detail: fault.to_string() }),
        }
    }

    /// Waits until the queries have seen `sequence`.
    ///
    /// # Errors
    ///
    /// [`Refusal::Behind`] when that takes too long.
    pub async fn reached(&self, sequence: Option<u64>) -> Result<(), Refusal> {
        let Some(wanted) = sequence else { return Ok(()) };
        let mut position = self.folds.store.clone();
        let reached = pin!(async move { position.wait_for(|at| *at >= wanted).await.is_ok() });
        match select(reached, self.clock.sleep(SEQUENCE_WAIT_MAX)).await {
            Either::Left((true, _)) => Ok(()),
            Either::Left((false, _)) | Either::Right(_) => {
                Err(Refusal::Behind { at: *self.folds.store.borrow(), wanted })
            }
        }
    }

    /// A random number for back-off.
    #[must_use]
    pub fn draw(&self) -> u64 {
        self.jitter.lock().unwrap_or_else(PoisonError::into_inner).draw()
    }

    /// Whether the daemon takes arrivals and answers queries.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let journal_closed = self.journal.ended();
        let (store, ledger) = (*self.folds.store.borrow(), *self.folds.ledger.borrow());
        Readiness {
            ready: journal_closed.is_none()
                && self.folds.are_alive()
                && store >= self.folds.wanted_at_start,
            journal: self.journal.head(),
            store,
            ledger,
            journal_closed,
            journal_change_accepted: self.journal.accepted_change().map(str::to_owned),
        }
    }

    /// Brings gauges up to date before they are read.
    pub fn refresh_metrics(&self) {
        let gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let stats = self.journal.stats();
        self.metrics.journal_head.set(gauge(self.journal.head()));
        let accepted = i64::from(self.journal.accepted_change().is_some());
        self.metrics.journal_change_accepted.set(accepted);
        self.metrics.commits.set(gauge(stats.batches));
        self.metrics.committed_entries.set(gauge(stats.entries));
        self.metrics.journal.tell(stats);
        let (reader, head) = (self.journal.reader(), self.journal.head());
        for (fold, position) in [("store", &self.folds.store), ("ledger", &self.folds.ledger)] {
            let at = *position.borrow();
            self.metrics.fold_position.get_or_create(&OfFold { fold }).set(gauge(at));
            let waiting = (at < head).then(|| reader.committed_at(at + 1).ok().flatten());
            let behind = waiting.flatten().map_or(Duration::ZERO, |it| self.clock.now().since(it));
            let gauge = self.metrics.fold_behind_seconds.get_or_create(&OfFold { fold });
            gauge.set(behind.as_secs_f64());
        }
    }
}

impl Readiness {
    /// The one word.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready
    }
}

// === impl Running ===

impl Running {
    /// Claims `name`; false when it runs already.
    pub fn claim(&self, name: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned())
    }

    /// Gives `name` back: its loop has ended.
    pub fn release(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::House, *};
    use clock::SystemClock;

    /// Goal: a hub that goes on with a changed journal shows it.
    #[tokio::test]
    async fn an_accepted_change_of_the_journal_is_shown() {
        let House { rooms, folder } = House::open(&[]);
        rooms.journal.close().await.unwrap();
        drop(rooms);
        let path = folder.path().join("data/journal.db");
        let mut bytes = std::fs::read(&path).unwrap();
        // The counter of changes in SQLite's header: no page says otherwise.
        bytes[27] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let open = |accept| {
            let read = reload::read(folder.path(), None, &mut |_, _| {}).unwrap();
            Rooms::open(&read.settings, read.house, Arc::new(SystemClock), accept)
        };
        let refused = open(false).unwrap_err().to_string();
        assert!(refused.contains("bytes 0 to 4095"), "{refused}");
        assert!(refused.contains("--accept-change"), "{refused}");
        let rooms = open(true).unwrap();
        let shown = serde_json::to_string(&rooms.readiness()).unwrap();
        assert!(shown.contains("\"journal_change_accepted\":\"bytes 0 to 4095\""), "{shown}");
        rooms.refresh_metrics();
        let metrics = rooms.metrics.page();
        assert!(metrics.contains("channelhub_journal_change_accepted 1"), "{metrics}");
    }
}
