//! Appends against the floor under them: the same bytes, in commits of the same
//! size, through nothing but SQLite. Prints the ratio.
//!
//! What a disk's sync costs is in both, so the ratio says what the journal adds:
//! sealing, hashing, dedupe, leaves, and waking the callers.

#![expect(clippy::expect_used, reason = "a benchmark that cannot start has nothing to say")]

use canon::clock::{ManualClock, Timestamp};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use journal::{Journal, Options};
use std::{
    hint::black_box,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

#[path = "../tests/it/samples.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "shared with the tests")]
mod samples;

/// Callers that append at the same time, and so the largest possible batch.
const CALLERS: [usize; 3] = [1, 64, 256];

/// What each arrival says: about the size of a small order.
const ORDER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
                     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
                     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
                     0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[derive(Default)]
struct Total {
    entries: u64,
    time: Duration,
}

// === impl Total ===

impl Total {
    fn add(&mut self, entries: u64, time: Duration) -> Duration {
        self.entries += entries;
        self.time += time;
        time
    }

    fn a_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a rate, printed with three digits")]
        let entries = self.entries as f64;
        entries / self.time.as_secs_f64().max(f64::EPSILON)
    }
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("threads can be started");
    for callers in CALLERS {
        let mut group = criterion.benchmark_group(format!("append/{callers}"));
        group.sample_size(10).throughput(Throughput::Elements(callers as u64));
        let (mut floor, mut journal) = (Total::default(), Total::default());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let bare = bare(&folder.path().join("floor.db")).expect("SQLite opens");
        let mut written = 0;
        group.bench_function("floor", |bencher| {
            bencher.iter_custom(|rounds| {
                let start = now();
                for _ in 0..rounds {
                    commit_bare(&bare, &mut written, callers).expect("SQLite commits");
                }
                floor.add(rounds * callers as u64, start.elapsed())
            });
        });
        let open = open(folder.path());
        let mut round = 0;
        group.bench_function("journal", |bencher| {
            bencher.iter_custom(|rounds| {
                let from = round;
                round += rounds;
                let start = now();
                runtime.block_on(append(&open, callers, from..round));
                journal.add(rounds * callers as u64, start.elapsed())
            });
        });
        group.finish();
        let stats = open.stats();
        println!(
            "append, {callers} callers: floor {:.0}/s, journal {:.0}/s, ratio {:.2}; \
             {:.1} entries a commit",
            floor.a_second(),
            journal.a_second(),
            floor.a_second() / journal.a_second(),
            stats.entries as f64 / stats.batches.max(1) as f64,
        );
    }
}

/// Each caller appends one arrival a round, waiting for its answer.
async fn append(journal: &Journal, callers: usize, rounds: std::ops::Range<u64>) {
    let mut all = tokio::task::JoinSet::new();
    for caller in 0..callers {
        let (journal, rounds) = (journal.clone(), rounds.clone());
        all.spawn(async move {
            for round in rounds {
                let id = format!("{caller}-{round}");
                let draft = samples::draft("shop", Some(&id), &[(&id, "1", ORDER)]);
                black_box(journal.append(draft).await.expect("the journal appends"));
            }
        });
    }
    all.join_all().await;
}

fn open(folder: &Path) -> Journal {
    let clock = Arc::new(ManualClock::at(Timestamp::from_ms(0)));
    Journal::open(&folder.join("journal.db"), Options::new(folder.join("seal.key"), clock))
        .expect("the journal opens")
}

fn bare(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let conn = rusqlite::Connection::open(path)?;
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.execute_batch("CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB, raw BLOB)")?;
    Ok(conn)
}

/// One commit of `entries` rows with the bytes an arrival has.
fn commit_bare(
    conn: &rusqlite::Connection,
    written: &mut u64,
    entries: usize,
) -> rusqlite::Result<()> {
    let tx = conn.unchecked_transaction()?;
    for _ in 0..entries {
        let id = format!("{written}");
        *written += 1;
        let (arrival, raw) = samples::arrival("shop", Some(&id), &[(&id, "1", ORDER)]);
        let body = serde_json::to_vec(&arrival).unwrap_or_default();
        tx.prepare_cached("INSERT INTO entry(body, raw) VALUES(?1, ?2)")?
            .execute(rusqlite::params![body, &raw[..]])?;
    }
    tx.commit()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn now() -> Instant {
    Instant::now()
}

criterion_group!(benches, bench);
criterion_main!(benches);
