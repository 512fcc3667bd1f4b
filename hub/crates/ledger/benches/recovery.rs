//! How long a hub with a long past takes to be ready: opening the journal after
//! a crash, rebuilding the ledger from nothing, verifying everything.
//!
//! `RECOVERY_ENTRIES=1000000 cargo bench -p ledger --bench recovery`; without
//! the number, 20,000 entries.
#![expect(clippy::expect_used, reason = "a benchmark that cannot start has nothing to say")]

use canon::clock::{ManualClock, Timestamp};
use journal::{Journal, Options, check::Depth};
use ledger::{Inputs, Ledger, note::PublicKey, verify};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

#[path = "../../journal/tests/it/samples.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod samples;

const CALLERS: u64 = 256;

struct Files {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
}

// === impl Files ===

impl Files {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self, check: Depth) -> Journal {
        let options = Options::new(self.path("seal.key"), self.clock.clone());
        Journal::open(&self.path("journal.db"), Options { check, ..options })
            .expect("the journal opens")
    }
}

fn main() {
    let entries = std::env::var_os("RECOVERY_ENTRIES")
        .map_or(20_000, |it| it.to_str().and_then(|it| it.parse().ok()).expect("a number"));
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(0)));
    let files = Files { folder: tempfile::tempdir().expect("a temporary folder"), clock };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("threads can be started");

    let journal = files.open(Depth::Head);
    let filled = timed("append", entries, || runtime.block_on(fill(&journal, entries)));
    println!("{:.0} entries a commit", filled / journal.stats().batches.max(1) as f64);
    // What a crash leaves: the log is not copied into the file.
    let crashed = Files {
        folder: tempfile::tempdir().expect("a temporary folder"),
        clock: Arc::clone(&files.clock),
    };
    for name in ["journal.db", "journal.db-wal", "seal.key"] {
        fs::copy(files.path(name), crashed.path(name)).expect("files can be copied");
    }
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |it| it.len());
    let (file, log) = (bytes(&crashed.path("journal.db")), bytes(&crashed.path("journal.db-wal")));
    println!("file {} MiB, log {} MiB", file >> 20, log >> 20);

    timed("open, head only", entries, || drop(crashed.open(Depth::Head)));
    let mut opened = None;
    timed("open, checked", entries, || opened = Some(crashed.open(Depth::Quick)));
    let opened = opened.expect("it was opened");
    assert_eq!(opened.head(), entries);
    let options = ledger::Options::new(
        crashed.path("ledger.db"),
        crashed.path("ledger.key"),
        "hub.example/bench",
        crashed.clock.clone(),
    );
    let mut ledger = Ledger::open(options).expect("the ledger opens");
    timed("ledger from nothing", entries, || {
        ledger.catch_up(&opened.reader()).expect("the ledger catches up");
    });
    ledger.checkpoint().expect("the head is signed");
    let key = PublicKey::parse(&ledger.public_key().to_string()).expect("a key");
    timed("verify everything", entries, || {
        let report = verify(Inputs {
            journal: &crashed.path("journal.db"),
            ledger: &crashed.path("ledger.db"),
            public_key: &key,
            seal_key: Some(&crashed.path("seal.key")),
            outside: &[],
        });
        assert!(report.expect("the files are there").is_sound());
    });
}

async fn fill(journal: &Journal, entries: u64) {
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS.min(entries) {
        let journal = journal.clone();
        callers.spawn(async move {
            for n in (caller..entries).step_by(256) {
                let id = n.to_string();
                let draft = samples::draft("shop", Some(&id), &[(&id, "1", "a small order")]);
                journal.append(draft).await.expect("the journal appends");
            }
        });
    }
    callers.join_all().await;
}

/// Runs `work`, prints how long it took, and returns `entries` as a float.
fn timed(what: &str, entries: u64, work: impl FnOnce()) -> f64 {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
    let start = Instant::now();
    work();
    let took = start.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a rate, printed without digits")]
    let entries = entries as f64;
    println!("{what:<22} {took:>9.3} s  {:>9.0} entries/s", entries / took);
    entries
}
