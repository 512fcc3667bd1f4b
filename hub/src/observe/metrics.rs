//! What `/metrics` shows, in the OpenMetrics text format.

pub use super::of_journal::OfJournal;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use std::sync::atomic::AtomicU64;

/// Label: a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfChannel {
    /// Its name; `-` when the caller named none that exists.
    pub channel: String,
}

/// Labels: a channel and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Came {
    /// Its name.
    pub channel: String,
    /// What came of it: a word or a problem code.
    pub outcome: String,
}

/// Label: a fold.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OfFold {
    /// Its name.
    pub fold: &'static str,
}

/// All metrics of the daemon.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Arrivals by channel: `accepted`, `duplicate`, or a problem code.
    pub arrivals: Family<Came, Counter>,
    /// Records by channel: `event`, `duplicate`, `set_aside`, `set_aside_again`.
    pub records: Family<Came, Counter>,
    /// From the first byte read to the answer, by channel.
    pub walk_seconds: Family<OfChannel, Histogram>,
    /// Waiting for the group commit.
    pub commit_seconds: Histogram,
    /// Delivery attempts by destination: `done`, `later`, `refused`.
    pub attempts: Family<Came, Counter>,
    /// Characters that went out in place of others, by destination.
    substitutions: Family<OfChannel, Counter>,
    /// Last sequence in the journal.
    pub journal_head: Gauge,
    /// 1 when the journal was changed while no hub ran, and that was accepted.
    pub journal_change_accepted: Gauge,
    /// Last sequence each fold has taken in.
    pub fold_position: Family<OfFold, Gauge>,
    /// How long the oldest entry that a fold has not taken in waits for it.
    pub fold_behind_seconds: Family<OfFold, Gauge<f64, AtomicU64>>,
    /// Files that should have come by now, by channel.
    files_late: Family<OfChannel, Gauge>,
    /// Of the large file that a channel reads.
    file_bytes: Family<OfChannel, Gauge>,
    file_bytes_read: Family<OfChannel, Gauge>,
    file_records_read: Family<OfChannel, Gauge>,
    /// Group commits so far.
    pub commits: Gauge,
    /// Entries in those commits.
    pub committed_entries: Gauge,
    /// Sizes and times of those commits.
    pub journal: OfJournal,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("channelhub");
        let arrivals = Family::<Came, Counter>::default();
        registry.register("arrivals", "Arrivals, by what came of them", arrivals.clone());
        let records = Family::<Came, Counter>::default();
        registry.register("records", "Records and events, by what came of them", records.clone());
        let seconds = || Histogram::new(exponential_buckets(0.0005, 2.0, 15));
        let walk_seconds = Family::<OfChannel, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.0005, 2.0, 15))
        });
        let walk = "From the body read to the answer known";
        registry.register_with_unit("walk", walk, Unit::Seconds, walk_seconds.clone());
        let commit_seconds = seconds();
        let commit = "Waiting for the group commit";
        registry.register_with_unit("commit", commit, Unit::Seconds, commit_seconds.clone());
        let attempts = Family::<Came, Counter>::default();
        registry.register("delivery_attempts", "Delivery attempts, by outcome", attempts.clone());
        let substitutions = Family::<OfChannel, Counter>::default();
        let help = "Characters delivered in place of others";
        registry.register("delivery_substitutions", help, substitutions.clone());
        let journal_head = gauge(&mut registry, "journal_head", "Last sequence in the journal");
        let help = "1: the journal was changed while no hub ran, and that was accepted";
        let journal_change_accepted = gauge(&mut registry, "journal_change_accepted", help);
        let fold_position = Family::<OfFold, Gauge>::default();
        registry.register("fold_position", "Last sequence of each fold", fold_position.clone());
        let fold_behind_seconds = Family::<OfFold, Gauge<f64, AtomicU64>>::default();
        let help = "How long the oldest entry waits for each fold";
        registry.register_with_unit(
            "fold_behind",
            help,
            Unit::Seconds,
            fold_behind_seconds.clone(),
        );
        let files_late = Family::<OfChannel, Gauge>::default();
        registry.register("files_late", "Files that should have come", files_late.clone());
        let of_file = |registry: &mut Registry, name: &str, help: &str| {
            let family = Family::<OfChannel, Gauge>::default();
            registry.register(name, help, family.clone());
            family
        };
        let all = "Bytes of the file that is read in pieces; 0: none is";
        let file_bytes = of_file(&mut registry, "file_bytes", all);
        let read = "Bytes of it read in this pass";
        let file_bytes_read = of_file(&mut registry, "file_bytes_read", read);
        let read = "Records of it read in this pass";
        let file_records_read = of_file(&mut registry, "file_records_read", read);
        let commits = gauge(&mut registry, "commits", "Group commits since start");
        let help = "Entries in group commits since start";
        let committed_entries = gauge(&mut registry, "committed_entries", help);
        let journal = OfJournal::default();
        registry.register_collector(Box::new(journal.clone()));
        Self {
            registry,
            arrivals,
            records,
            walk_seconds,
            commit_seconds,
            attempts,
            substitutions,
            journal_head,
            journal_change_accepted,
            fold_position,
            fold_behind_seconds,
            files_late,
            file_bytes,
            file_bytes_read,
            file_records_read,
            commits,
            committed_entries,
            journal,
        }
    }
}

impl Metrics {
    /// Counts one arrival.
    pub fn arrival(&self, channel: &str, outcome: &str) {
        self.arrivals.get_or_create(&came(channel, outcome)).inc();
    }

    /// Counts records.
    pub fn records(&self, channel: &str, outcome: &str, count: u64) {
        if count > 0 {
            self.records.get_or_create(&came(channel, outcome)).inc_by(count);
        }
    }

    /// So many files of a channel should have come and have not.
    pub fn files_late(&self, channel: &str, count: usize) {
        let of = OfChannel { channel: channel.to_owned() };
        self.files_late.get_or_create(&of).set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How far the large file of a channel is: its bytes, and of these the bytes
    /// and records read.
    pub fn large_file(&self, channel: &str, (bytes, read, records): (u64, u64, u64)) {
        let of = OfChannel { channel: channel.to_owned() };
        let families = [&self.file_bytes, &self.file_bytes_read, &self.file_records_read];
        for (family, count) in families.into_iter().zip([bytes, read, records]) {
            family.get_or_create(&of).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }

    /// Counts one delivery attempt.
    pub fn attempt(&self, destination: &str, outcome: &str) {
        self.attempts.get_or_create(&came(destination, outcome)).inc();
    }

    /// Counts characters that were delivered in place of others.
    pub fn substitutions(&self, destination: &str, count: usize) {
        if count > 0 {
            let of = OfChannel { channel: destination.to_owned() };
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            self.substitutions.get_or_create(&of).inc_by(count);
        }
    }

    /// The page a scraper reads.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing to a `String` cannot fail.
        let _infallible = encode(&mut page, &self.registry);
        page
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn came(channel: &str, outcome: &str) -> Came {
    Came { channel: channel.to_owned(), outcome: outcome.to_owned() }
}
