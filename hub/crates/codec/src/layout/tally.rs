//! What a reader remembers between two pieces of an input: counts, control
//! totals, the `file` record, the keys that were seen. It is small, can be
//! stored, and is all that is needed to go on from there.

mod keys;

pub(super) use keys::{KEYS_MAX, Key, Keys};

use canon::entry::RecordFault;
use serde::{Deserialize, Serialize};

use super::{Layout, model::Role};

/// What was counted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    /// The fields of the `file` record.
    pub(super) file: Vec<FileField>,
    pub(super) file_seen: bool,
    /// What the `file` record states, by its checks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) stated: Vec<FileField>,
    /// Offset of the trailer, once it came.
    pub(super) trailer: Option<u64>,
    /// Totals that cannot be checked, since lines are set aside: told with each
    /// of those. A first pass knows them before the second begins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) unchecked: Vec<RecordFault>,
    pub(super) keys: Keys,
}

/// What each record moves on.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Records, read or not.
    pub(super) records: u64,
    /// Those of them that were set aside.
    pub(super) set_aside: u64,
    /// Lines by kind.
    pub(super) lines: Vec<u64>,
    /// Lines of which not even the kind is known.
    #[serde(default)]
    pub(super) unknown: u64,
    /// By check of the `file` record, then of the trailer.
    pub(super) sums: Vec<Sum>,
    /// By kind: the number of the last line in its sequence.
    pub(super) numbers: Vec<Option<u64>>,
    /// The record before could not be told apart from the next one.
    pub(super) doubt: Option<RecordFault>,
}

/// The sum of a column over all lines so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    /// In billionths.
    #[serde(with = "billionths")]
    pub(super) nano: i128,
    /// Offset of the first line whose amount could not be read.
    pub(super) unknown: Option<u64>,
    /// How many such lines are set aside.
    #[serde(default)]
    pub(super) unread: u64,
    /// A line that is not set aside has an amount that cannot be added.
    #[serde(default)]
    pub(super) beyond: bool,
}

/// A field of the `file` record: it stands in every record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileField {
    /// Index of the field in a record.
    pub(super) slot: usize,
    pub(super) text: String,
    pub(super) offset: u64,
    pub(super) length: u32,
}

// === impl Tally ===

impl Tally {
    pub(super) fn new(layout: &Layout) -> Self {
        let states = layout.kinds.iter().filter(|it| matches!(it.role, Role::File | Role::Trailer));
        let checks = states.map(|it| it.checks.len()).sum();
        let counts = Counts {
            lines: vec![0; layout.kinds.len()],
            sums: vec![Sum::default(); checks],
            numbers: vec![None; layout.kinds.len()],
            ..Counts::default()
        };
        Self { counts, ..Self::default() }
    }
}

// === impl Counts ===

impl Counts {
    /// Lines whose amounts, or more of them, are not known.
    pub(super) fn hidden(&self) -> u64 {
        self.unknown + self.sums.iter().map(|it| it.unread).sum::<u64>()
    }
}

impl Clone for Counts {
    fn clone(&self) -> Self {
        let mut counts = Self::default();
        counts.clone_from(self);
        counts
    }

    /// Once a record: without allocating.
    fn clone_from(&mut self, other: &Self) {
        self.records = other.records;
        self.set_aside = other.set_aside;
        self.lines.clone_from(&other.lines);
        self.unknown = other.unknown;
        self.sums.clone_from(&other.sums);
        self.numbers.clone_from(&other.numbers);
        self.doubt.clone_from(&other.doubt);
    }
}

/// As text: not every JSON reader has 128 bits.
mod billionths {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(nano: &i128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(nano)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<i128, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(|_| D::Error::custom("a whole number of billionths"))
    }
}
