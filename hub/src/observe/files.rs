//! How far large files are: what is looked at by `channelhub files`, the API and
//! the metrics while one is read. It is for people; the journal alone says what
//! was taken.

use super::metrics::Metrics;
use canon::{
    clock::{Clock, Timestamp},
    entry::Sums,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tracing::info;

/// How often the log says how far a file is.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// A file that is read in pieces, or was since the hub started.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LargeFile {
    /// Channel it comes by.
    pub channel: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub state: Stage,
    /// Its size; of a compressed one as it came until it is checked, then of what
    /// is in it.
    pub bytes: u64,
    /// Bytes read in this pass.
    pub bytes_read: u64,
    /// Of a hundred, in this pass.
    pub percent: u64,
    /// Records read in this pass.
    pub records_read: u64,
    /// Bytes a second, in this pass.
    pub bytes_per_second: u64,
    /// When it was begun, or gone on with after a stop.
    pub started_at: Timestamp,
    /// What came of its pieces so far.
    pub came: Sums,
}

/// What is done with a large file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The first pass: it is checked from end to end, nothing of it is used yet.
    Checking,
    /// The second: it is taken piece by piece.
    Taking,
    /// All of it is in the journal.
    Taken,
    /// It is held, refused, or gone.
    NotTaken,
    /// It stays in the folder; tried again.
    Waiting,
}

/// The large files of each channel, the last one at the end; a channel reads one at
/// a time.
#[derive(Clone, Debug, Default)]
pub struct LargeFiles(Arc<Mutex<ByChannel>>);

type ByChannel = BTreeMap<String, VecDeque<LargeFile>>;

/// Large files of a channel that are remembered.
const REMEMBERED_MAX: usize = 20;

/// One file, while it is read. Clones tell of the same file.
#[derive(Clone, Debug)]
pub struct Told {
    files: LargeFiles,
    channel: String,
    clock: Arc<dyn Clock>,
    pass: Arc<Mutex<Pass>>,
}

/// Since when and from where a pass reads, and when the log was told last.
#[derive(Debug)]
struct Pass {
    since: Timestamp,
    from: u64,
    logged: Timestamp,
}

// === impl LargeFiles ===

impl LargeFiles {
    /// A file of so many bytes is begun.
    #[must_use]
    pub fn begin(&self, clock: &Arc<dyn Clock>, (channel, name): (&str, &str), bytes: u64) -> Told {
        let now = clock.now();
        let file = LargeFile {
            channel: channel.to_owned(),
            name: name.to_owned(),
            state: Stage::Checking,
            bytes,
            bytes_read: 0,
            percent: 0,
            records_read: 0,
            bytes_per_second: 0,
            started_at: now,
            came: Sums::default(),
        };
        let mut all = self.lock();
        let files = all.entry(channel.to_owned()).or_default();
        // One that waited and is gone on with is no other one.
        files.retain(|it| it.name != name || it.state != Stage::Waiting);
        files.push_back(file);
        while files.len() > REMEMBERED_MAX {
            files.pop_front();
        }
        drop(all);
        let pass = Arc::new(Mutex::new(Pass { since: now, from: 0, logged: now }));
        Told { files: self.clone(), channel: channel.to_owned(), clock: Arc::clone(clock), pass }
    }

    /// All of them, by channel, the last one first.
    #[must_use]
    pub fn all(&self) -> Vec<LargeFile> {
        self.lock().values().flat_map(|it| it.iter().rev().cloned()).collect()
    }

    /// Writes them down for `/metrics`.
    pub fn measure(&self, metrics: &Metrics) {
        for file in self.lock().values().filter_map(VecDeque::back) {
            let is_read = matches!(file.state, Stage::Checking | Stage::Taking);
            let of = |count: u64| if is_read { count } else { 0 };
            metrics.large_file(
                &file.channel,
                (of(file.bytes), of(file.bytes_read), of(file.records_read)),
            );
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ByChannel> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Told ===

impl Told {
    /// It was checked; it is taken from byte `from` on, after what came before.
    pub fn taking(&self, from: u64, came: Sums) {
        let now = self.clock.now();
        *self.pass.lock().unwrap_or_else(PoisonError::into_inner) =
            Pass { since: now, from, logged: now };
        self.with(|file| {
            file.state = Stage::Taking;
            file.came = came;
        });
        self.at(from, came.records);
    }

    /// So much was read in the first pass. Of a compressed file `packed` says how
    /// much of it as it came: how much there is in it is not known yet.
    pub fn checked(&self, (bytes, packed): (u64, Option<u64>), records: u64) {
        self.tell((bytes, packed.unwrap_or(bytes)), records);
    }

    /// It has so many bytes, unpacked.
    pub fn holds(&self, bytes: u64) {
        self.with(|file| file.bytes = bytes);
    }

    /// So much was read in this pass.
    pub fn at(&self, bytes: u64, records: u64) {
        self.tell((bytes, bytes), records);
    }

    /// So many bytes were read, which are so many of those that the file is said to
    /// have.
    fn tell(&self, (bytes, of_file): (u64, u64), records: u64) {
        let now = self.clock.now();
        let mut pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        let ms = u64::try_from(now.since(pass.since).as_millis()).unwrap_or(u64::MAX);
        let is_due = now.since(pass.logged) >= LOG_EVERY;
        if is_due {
            pass.logged = now;
        }
        let read = bytes.saturating_sub(pass.from);
        drop(pass);
        self.with(|file| {
            file.bytes_read = bytes;
            file.records_read = records;
            file.percent = percent(of_file, file.bytes);
            file.bytes_per_second = read.saturating_mul(1000).checked_div(ms).unwrap_or(0);
            if is_due {
                let LargeFile { channel, name, state, percent, bytes_per_second, .. } = file;
                info!(channel, file = name, ?state, percent, records, bytes_per_second, "reading");
            }
        });
    }

    /// That came of its pieces so far.
    pub fn came(&self, came: Sums) {
        self.with(|file| file.came = came);
    }

    /// It is read no more.
    pub fn ended(&self, state: Stage) {
        self.with(|file| file.state = state);
    }

    fn with(&self, change: impl FnOnce(&mut LargeFile)) {
        if let Some(file) = self.files.lock().get_mut(&self.channel).and_then(VecDeque::back_mut) {
            change(file);
        }
    }
}

fn percent(read: u64, of: u64) -> u64 {
    read.saturating_mul(100).checked_div(of).unwrap_or(100).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::clock::ManualClock;

    #[test]
    fn a_pass_tells_how_far_and_how_fast_it_is() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(0)));
        let shared: Arc<dyn Clock> = clock.clone();
        let files = LargeFiles::default();
        let told = files.begin(&shared, ("pos", "big.csv"), 1000);
        clock.advance(Duration::from_secs(2));
        told.at(500, 5);
        let one = files.all().remove(0);
        assert_eq!((one.percent, one.bytes_per_second, one.state), (50, 250, Stage::Checking));
        // The second pass goes on where an earlier one stood.
        told.taking(900, Sums { pieces: 9, records: 9, ..Sums::default() });
        clock.advance(Duration::from_secs(1));
        told.at(1000, 10);
        told.ended(Stage::Taken);
        let one = files.all().remove(0);
        assert_eq!((one.percent, one.bytes_per_second, one.state), (100, 100, Stage::Taken));
        assert_eq!((one.came.pieces, one.records_read), (9, 10));
        for number in 0..30 {
            let name = if number < 15 { "same.csv".to_owned() } else { format!("{number}.csv") };
            files.begin(&shared, ("pos", &name), 1).ended(Stage::Waiting);
        }
        let names: Vec<String> = files.all().into_iter().map(|it| it.name).collect();
        assert_eq!((names.len(), names[0].as_str()), (17, "29.csv"));
        assert_eq!(names[15..], ["same.csv", "big.csv"], "one that waits is there once");
    }

    #[test]
    fn a_compressed_file_is_told_as_it_came_and_then_as_what_is_in_it() {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_ms(0)));
        let files = LargeFiles::default();
        let packed = files.begin(&clock, ("pos", "small.csv.gz"), 100);
        packed.checked((4000, Some(50)), 5);
        let half = files.all().remove(0);
        assert_eq!((half.percent, half.bytes_read), (50, 4000));
        packed.holds(8000);
        packed.taking(0, Sums::default());
        packed.at(2000, 3);
        assert_eq!(files.all().remove(0).percent, 25);
    }
}
