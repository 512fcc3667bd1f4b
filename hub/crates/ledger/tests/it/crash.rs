//! Killed, cut from power, given a failing or full disk: nothing acknowledged is
//! lost, nothing is there twice, and the ledger verifies.
//!
//! A child process appends and says on its standard output what was
//! acknowledged. A preloaded library (`power_cut.c`) knows which bytes were
//! synced and makes the faults.

use canon::{
    clock::{ManualClock, Timestamp},
    entry::{Body, Boundary, SetAside},
};
use journal::{Appended, Draft, Error, Journal};
use ledger::Ledger;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};

use crate::{
    books::ORIGIN,
    samples::{Home, arrival, draft},
};

const ROUNDS: usize = 12;
const CALLERS: usize = 6;
/// Two of each caller in each round, and one that the first poll brings.
const EVENTS: usize = ROUNDS * CALLERS * 2 + 1;

/// What the child said before it ended.
#[derive(Debug, Default)]
struct Told {
    /// Event id and the position it was acknowledged with.
    acknowledged: BTreeMap<String, u64>,
    lines: Vec<String>,
}

/// Appends in rounds, follows with the ledger, drops old raw bytes, closes.
#[test]
#[ignore = "the child of the crash tests, started by them"]
fn child() {
    let folder = PathBuf::from(std::env::var_os("CUT_FOLDER").expect("set by the crash tests"));
    let start = Timestamp::parse_rfc3339("2026-01-05T03:00:00Z").unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let options = journal::Options {
            checkpoint_bytes: 64 << 10,
            ..journal::Options::new(folder.join("seal.key"), clock.clone())
        };
        let journal = Journal::open(&folder.join("journal.db"), options).unwrap();
        let options = ledger::Options::new(
            folder.join("ledger.db"),
            folder.join("ledger.key"),
            ORIGIN,
            clock.clone(),
        );
        let mut ledger = Ledger::open(options).unwrap();
        for round in 0..ROUNDS {
            let mut callers = tokio::task::JoinSet::new();
            for caller in 0..CALLERS {
                let journal = journal.clone();
                callers.spawn(async move { append(&journal, &format!("{round}-{caller}")).await });
            }
            callers.join_all().await;
            clock.advance(Duration::from_secs(1));
            match ledger.follow(&journal.reader()) {
                Ok(_) => tell("followed"),
                Err(error) => tell(&format!("ledger {error}")),
            }
            poll(&journal, round).await;
            if round == ROUNDS / 2 {
                let dropped = journal
                    .drop_raw_before(start.plus(Duration::from_secs(3)), BTreeSet::new())
                    .await;
                tell(&format!("dropped {}", dropped.is_ok()));
            }
        }
        tell(&format!("closed {}", journal.close().await.is_ok()));
    });
}

async fn append(journal: &Journal, id: &str) {
    let says = format!("{id} {}", "x".repeat(3000));
    // One thing of its own, and the state of one that all talk about: each is a
    // fact after the one before.
    let facts = [(id, "1", &*says), ("shared", "", id)];
    match journal.append(draft("shop", Some(id), &facts)).await {
        Ok(Appended::Committed { seq, events, .. }) => {
            for event in events {
                tell(&format!("ack {event} {seq}"));
            }
        }
        Ok(other) => tell(&format!("odd {other:?}")),
        Err(Error::Full) => tell("full"),
        Err(error) => tell(&format!("error {error}")),
    }
}

/// A page with a bad record that each poll brings again: one dead letter.
async fn poll(journal: &Journal, round: usize) {
    let (mut page, raw) = arrival("feed", None, &[("polled", "", "always the same")]);
    page.cursor = Some(format!("page {round}"));
    page.set_aside.push(bad_record());
    match journal.append(Draft::arrival(page, Some(raw), [0; 32])).await {
        Ok(Appended::Committed { seq, events, .. }) => {
            for event in events {
                tell(&format!("ack {event} {seq}"));
            }
        }
        Ok(other) => tell(&format!("odd {other:?}")),
        Err(Error::Full) => tell("poll full"),
        Err(error) => tell(&format!("error {error}")),
    }
}

fn bad_record() -> SetAside {
    SetAside {
        record: 2,
        offset: 0,
        length: 4,
        boundary: Boundary::Validate,
        code: "schema-mismatch".to_owned(),
        faults: Vec::new(),
        record_sha256: None,
    }
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Runs the child with these faults until it ends; `heard` sees each line.
fn run(home: &Home, faults: &[(&str, &str)], mut heard: impl FnMut(&str)) -> Told {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::child", "--nocapture"])
        .env("CUT_FOLDER", home.folder.path().canonicalize().unwrap())
        .env("LD_PRELOAD", library())
        .envs(faults.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = Told::default();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some(line) = line.strip_prefix("> ") else { continue };
        heard(line);
        if let Some((id, seq)) = line.strip_prefix("ack ").and_then(|it| it.split_once(' ')) {
            told.acknowledged.insert(id.to_owned(), seq.parse().unwrap());
        }
        told.lines.push(line.to_owned());
    }
    child.wait().unwrap();
    told
}

/// The preloaded library, built once per run of the tests.
fn library() -> &'static Path {
    static BUILT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = BUILT.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("power_cut.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/power_cut.c");
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&path, &source])
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(built.success(), "a C compiler is needed for this test");
        (folder, path)
    });
    path
}

/// Leaves what was synced, and of what was not, the blocks that `survives` says.
fn cut_power(home: &Home, mut survives: impl FnMut() -> bool) {
    let names: Vec<PathBuf> =
        fs::read_dir(home.folder.path()).unwrap().map(|it| it.unwrap().path()).collect();
    for path in names {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with("-shm") || name.contains(".durable") {
            continue;
        }
        let kept = PathBuf::from(format!("{}.durable", path.display()));
        let mut bytes = fs::read(kept).unwrap_or_default();
        let now = fs::read(&path).unwrap();
        for (at, block) in now.chunks(512).enumerate() {
            let from = at * 512;
            if bytes.get(from..from + block.len()) != Some(block) && survives() {
                bytes.resize(bytes.len().max(from + block.len()), 0);
                bytes[from..from + block.len()].copy_from_slice(block);
            }
        }
        // A file none of whose bytes was ever synced may be gone with its name.
        if bytes.is_empty() {
            fs::remove_file(&path).unwrap();
        } else {
            fs::write(&path, bytes).unwrap();
        }
    }
    for path in fs::read_dir(home.folder.path()).unwrap().map(|it| it.unwrap().path()) {
        let name = path.to_string_lossy().into_owned();
        if name.ends_with("-shm") || name.contains(".durable") {
            fs::remove_file(path).unwrap();
        }
    }
}

/// Acknowledged events that are not in the journal at their position.
fn lost(journal: &Journal, told: &Told) -> usize {
    let head = journal.head();
    let entries = journal.read(1, usize::MAX).unwrap();
    let seqs: Vec<u64> = entries.iter().map(|it| it.seq).collect();
    assert_eq!(seqs, (1..=head).collect::<Vec<_>>(), "no gap");
    let (mut found, mut letters) = (BTreeMap::new(), 0);
    for entry in &entries {
        let Body::Arrival(arrival) = &entry.body else { panic!("{entry:?}") };
        letters += arrival.set_aside.len();
        for event in &arrival.events {
            let before = found.insert(event.id.as_str().to_owned(), entry.seq);
            assert_eq!(before, None, "an event is in the journal once");
        }
    }
    assert!(letters <= 1, "the polled record is set aside once: {letters}");
    told.acknowledged.iter().filter(|(id, seq)| found.get(*id) != Some(seq)).count()
}

/// Verifies what the crash left as it lies there; then opens it, goes on, and
/// verifies all of it again.
async fn recover(home: &Home, told: &Told) {
    if told.lines.iter().any(|it| it == "followed") {
        let report = home.verify();
        assert!(report.is_sound(), "before anything is opened for writing: {report:?}");
        let acknowledged = told.acknowledged.values().max().copied().unwrap_or(0);
        assert!(report.size >= acknowledged, "{} of {acknowledged}", report.size);
    }
    let journal = home.open();
    assert_eq!(lost(&journal, told), 0, "{told:?}");
    let mut ledger = home.ledger();
    ledger.catch_up(&journal.reader()).unwrap();
    append_after(&journal).await;
    ledger.catch_up(&journal.reader()).unwrap();
    ledger.checkpoint().unwrap();
    let report = home.verify();
    assert!(report.is_sound(), "{report:?}");
    journal.close().await.unwrap();
}

async fn append_after(journal: &Journal) {
    let head = journal.head();
    let (mut after, raw) = arrival("shop", None, &[("after", "1", "x")]);
    after.events[0].replay = true;
    let appended = journal.append(Draft::arrival(after, Some(raw), [0; 32])).await.unwrap();
    assert!(matches!(appended, Appended::Committed { seq, .. } if seq == head + 1));
}

/// A repeatable coin.
fn coin(seed: u64) -> impl FnMut() -> bool {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state & 1 == 1
    }
}

/// How many watched calls a whole run makes.
async fn calls_of_a_run() -> usize {
    let home = Home::new();
    let count = Count::of(&home);
    let told = run(&home, &[("CUT_COUNT", count.path())], |_| {});
    assert_eq!(told.acknowledged.len(), EVENTS, "{told:?}");
    assert_eq!(told.lines.last().map(String::as_str), Some("closed true"));
    recover(&home, &told).await;
    count.read().0
}

/// The file to which a child that ends by itself writes its calls and syncs.
struct Count(PathBuf);

impl Count {
    fn of(home: &Home) -> Self {
        Self(home.folder.path().with_extension("count"))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn read(&self) -> (usize, usize) {
        let text = fs::read_to_string(&self.0).unwrap();
        let (calls, syncs) = text.split_once(' ').unwrap();
        (calls.parse().unwrap(), syncs.parse().unwrap())
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

/// How many points are tried: 45, or what `CRASH_POINTS` says.
fn points() -> usize {
    let asked = std::env::var_os("CRASH_POINTS");
    asked.map_or(45, |it| it.to_str().unwrap().parse().expect("CRASH_POINTS is a number"))
}

/// Goal: at whatever call the process or the power goes, every acknowledged
/// event is there once afterwards.
/// Method: kill before the n-th write, sync or truncation, n over the whole run;
/// each third time the process only, else the power, with none or a random half
/// of the blocks that were not synced.
#[tokio::test]
async fn killed_or_cut_off_anywhere_nothing_acknowledged_is_lost() {
    let calls = calls_of_a_run().await;
    let points = points();
    let mut acknowledged = 0;
    for point in 0..points {
        let at = 2 + point * calls / points;
        let home = Home::new();
        let told = run(&home, &[("CUT_AT", &at.to_string())], |_| {});
        acknowledged += told.acknowledged.len();
        match point % 3 {
            0 => {}
            1 => cut_power(&home, || false),
            _ => cut_power(&home, coin(at as u64)),
        }
        recover(&home, &told).await;
    }
    assert!(acknowledged > points * ROUNDS, "the runs got somewhere: {acknowledged}");
}

/// The same check finds a planted bug: syncs that do nothing.
#[tokio::test]
async fn the_power_cut_test_finds_an_acknowledgement_before_its_sync() {
    let home = Home::new();
    let told = run(&home, &[("CUT_LIE", "1")], |_| {});
    assert_eq!(told.acknowledged.len(), EVENTS);
    cut_power(&home, || false);
    let journal = home.open();
    assert!(lost(&journal, &told) > 0, "acknowledged, never synced, and cut off");
}

/// Goal: a failed sync is never tried again, and nothing is acknowledged after it.
/// Method: the n-th sync of the journal fails, while it is made, appended to or
/// checkpointed; later syncs lie, as a kernel's do; the power is cut at the end.
#[tokio::test]
async fn after_a_failed_sync_nothing_is_acknowledged() {
    let (mut at_open, mut in_use) = (0, 0);
    for failing in 1.. {
        let home = Home::new();
        let count = Count::of(&home);
        let (mut after, mut failed, mut next_round) = (0, false, false);
        let faults = [("CUT_EIO", &*failing.to_string()), ("CUT_COUNT", count.path())];
        let told = run(&home, &faults, |line| {
            // Callers of the commit before may speak after the first error; those
            // of the next round may not hear of a success.
            failed |= line.starts_with("error");
            next_round |= failed && (line == "followed" || line.starts_with("ledger"));
            after += usize::from(next_round && line.starts_with("ack"));
        });
        assert_eq!(after, 0, "sync {failing}: {told:?}");
        if told.lines.last().is_some_and(|it| it == "closed true") {
            let (_, syncs) = count.read();
            assert!(syncs < failing, "sync {failing} of {syncs} failed and nobody noticed");
            break;
        }
        if told.lines.is_empty() {
            at_open += 1;
        } else {
            let told_so =
                |it: &String| it.contains("the journal is closed") || it == "closed false";
            assert!(told.lines.iter().any(told_so), "{told:?}");
            in_use += 1;
        }
        cut_power(&home, || false);
        recover(&home, &told).await;
    }
    assert!(at_open > 3 && in_use > 10, "{at_open} while opening, {in_use} in use");
}

/// Goal: a full disk refuses whole appends, and the same process goes on when
/// there is space again.
#[tokio::test]
async fn a_full_disk_refuses_and_recovers_without_a_restart() {
    let home = Home::new();
    let flag = home.folder.path().with_extension("full");
    let (mut rounds, mut full) = (0, 0);
    let told = run(&home, &[("CUT_FULL", flag.to_str().unwrap())], |line| {
        rounds += usize::from(line.starts_with("followed") || line.starts_with("ledger"));
        full += usize::from(line == "full");
        match (rounds, full) {
            (2, 0) => fs::write(&flag, "").unwrap(),
            (_, 7..) if flag.exists() => fs::remove_file(&flag).unwrap(),
            _ => {}
        }
    });
    assert!(full >= 7, "{told:?}");
    assert!(!told.lines.iter().any(|it| it.starts_with("error")), "{told:?}");
    assert_eq!(told.lines.last().map(String::as_str), Some("closed true"));
    assert_eq!(told.acknowledged.len() + 2 * full, EVENTS, "{told:?}");
    recover(&home, &told).await;
}
