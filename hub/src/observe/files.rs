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
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tracing::info;

/// How often the log says how far a file is.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// A file that is read in pieces, or the last one that was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LargeFile {
    /// Channel it comes by.
    pub channel: String,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub state: Stage,
    /// Its size.
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

/// The large file of each channel; a channel reads one at a time.
#[derive(Clone, Debug, Default)]
pub struct LargeFiles(Arc<Mutex<BTreeMap<String, LargeFile>>>);

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
        self.lock().insert(channel.to_owned(), file);
        let pass = Arc::new(Mutex::new(Pass { since: now, from: 0, logged: now }));
        Told { files: self.clone(), channel: channel.to_owned(), clock: Arc::clone(clock), pass }
    }

    /// All of them, by channel.
    #[must_use]
    pub fn all(&self) -> Vec<LargeFile> {
        self.lock().values().cloned().collect()
    }

    /// Writes them down for `/metrics`.
    pub fn measure(&self, metrics: &Metrics) {
        for file in self.lock().values() {
            let is_read = matches!(file.state, Stage::Checking | Stage::Taking);
            let of = |count: u64| if is_read { count } else { 0 };
            metrics.large_file(
                &file.channel,
                (of(file.bytes), of(file.bytes_read), of(file.records_read)),
            );
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, LargeFile>> {
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

    /// So much was read in this pass.
    pub fn at(&self, bytes: u64, records: u64) {
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
            file.percent = bytes.saturating_mul(100).checked_div(file.bytes).unwrap_or(100);
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
        if let Some(file) = self.files.lock().get_mut(&self.channel) {
            change(file);
        }
    }
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
    }
}
