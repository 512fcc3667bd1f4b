//! What the journal's writer counts, as metrics: how many entries share a commit,
//! how long a commit takes, what was found known, what was refused.

use journal::{
    Stats,
    stats::{BATCH_BOUNDS, COMMIT_US_BOUNDS},
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
    registry::Unit,
};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// The counters as they were told last. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct OfJournal(Arc<Mutex<Stats>>);

impl OfJournal {
    /// Takes the counters over.
    pub fn tell(&self, stats: Stats) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }
}

impl Collector for OfJournal {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stats = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let bounds = BATCH_BOUNDS.iter().map(|it| float(*it));
        let sizes = buckets(bounds, &stats.batch_sizes);
        let help = "Entries that share a commit";
        encoder
            .encode_descriptor("commit_entries", help, None, MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(float(stats.entries), stats.batches, &sizes, None)?;
        let bounds = COMMIT_US_BOUNDS.iter().map(|it| float(*it) / 1e6);
        let times = buckets(bounds, &stats.commit_times);
        let (help, seconds) = ("Write and sync of a commit", Some(&Unit::Seconds));
        encoder
            .encode_descriptor("commit_write", help, seconds, MetricType::Histogram)?
            .encode_histogram::<NoLabelSet>(
            float(stats.commit_us) / 1e6,
            stats.batches,
            &times,
            None,
        )?;
        for (name, help, count) in [
            ("duplicate_arrivals", "Arrivals answered as duplicates", stats.duplicates),
            ("duplicate_events", "Events left out as known", stats.duplicate_events),
            ("version_conflicts", "Events in conflict with their version", stats.conflicts),
            ("keys_reused", "Arrivals under a key of other bytes", stats.keys_reused),
            ("appends_without_space", "Appends refused for want of space", stats.full),
            ("checkpoints", "Copies of the log into the file", stats.checkpoints),
        ] {
            encoder
                .encode_descriptor(&format!("journal_{name}"), help, None, MetricType::Counter)?
                .encode_counter::<NoLabelSet, u64, u64>(&count, None)?;
        }
        Ok(())
    }
}

/// Upper bounds with the counts of their own buckets; the last has none.
fn buckets(bounds: impl Iterator<Item = f64>, counts: &[u64]) -> Vec<(f64, u64)> {
    bounds.chain([f64::INFINITY]).zip(counts.iter().copied()).collect()
}

#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
const fn float(count: u64) -> f64 {
    count as f64
}
