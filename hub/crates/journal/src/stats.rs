//! Plain counters of the writer, for the metrics page.

use std::time::Duration;

/// Upper bounds of the batch-size buckets, in entries; a last bucket has none.
pub const BATCH_BOUNDS: [u64; 8] = [1, 2, 4, 8, 16, 64, 256, 1024];

/// Upper bounds of the commit-time buckets, in microseconds; a last bucket has none.
pub const COMMIT_US_BOUNDS: [u64; 8] = [250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000];

/// What the writer did since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Commits that wrote.
    pub batches: u64,
    /// Entries written by them.
    pub entries: u64,
    /// The largest of them, in entries.
    pub batch_max: u64,
    /// Batches by size; see [`BATCH_BOUNDS`].
    pub batch_sizes: [u64; 9],
    /// Time in `COMMIT`, which is the write and the fsync, microseconds.
    pub commit_us: u64,
    /// The longest of them, microseconds.
    pub commit_us_max: u64,
    /// Commits by time; see [`COMMIT_US_BOUNDS`].
    pub commit_times: [u64; 9],
    /// Arrivals answered as duplicates.
    pub duplicates: u64,
    /// Events left out because their source fact was known.
    pub duplicate_events: u64,
    /// Events set aside because their source version came before with other data.
    pub conflicts: u64,
    /// Arrivals refused because their dedupe key was used for other bytes.
    pub keys_reused: u64,
    /// Appends refused for want of space.
    pub full: u64,
    /// Checkpoints of the write-ahead log into the file.
    pub checkpoints: u64,
}

// === impl Stats ===

impl Stats {
    pub(crate) fn committed(&mut self, entries: u64, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.batches += 1;
        self.entries += entries;
        self.batch_max = self.batch_max.max(entries);
        self.commit_us = self.commit_us.saturating_add(us);
        self.commit_us_max = self.commit_us_max.max(us);
        count(&mut self.batch_sizes, &BATCH_BOUNDS, entries);
        count(&mut self.commit_times, &COMMIT_US_BOUNDS, us);
    }
}

fn count(buckets: &mut [u64; 9], bounds: &[u64; 8], value: u64) {
    let index = bounds.iter().position(|bound| value <= *bound).unwrap_or(bounds.len());
    if let Some(bucket) = buckets.get_mut(index) {
        *bucket += 1;
    }
}
