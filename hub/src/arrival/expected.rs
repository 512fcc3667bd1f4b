//! What is expected of one file, and what came before it.

use canon::entry::FileFacts;
use codec::layout::arrives::{Arrives, Past, Reason, Seen};

/// A file about to be taken, beside its bytes.
#[derive(Debug)]
pub struct Expected {
    /// What is expected of files like it.
    pub arrives: Arrives,
    /// The files before it.
    pub past: Past,
    /// SHA-256 hex of its bytes.
    pub sha256: String,
    /// The line that names its columns, if it has one.
    pub heading: Option<String>,
    /// An operator has released it: nothing holds it any more.
    pub is_released: bool,
}

// === impl Expected ===

impl Expected {
    /// What holds the file; nothing when it may be taken. `records` is known
    /// once it is decoded.
    #[must_use]
    pub fn reasons(&self, name: &str, bytes: u64, records: Option<u64>) -> Vec<Reason> {
        if self.is_released {
            return Vec::new();
        }
        self.arrives.check(&self.seen(name, bytes, records), &self.past)
    }

    /// Whether bytes that cannot be read hold the file instead of refusing it.
    #[must_use]
    pub fn holds_drift(&self) -> bool {
        self.arrives.holds_drift && !self.is_released
    }

    /// What is remembered of the file.
    #[must_use]
    pub fn facts(&self, name: &str, bytes: u64, records: u64) -> FileFacts {
        self.arrives.facts(&self.seen(name, bytes, Some(records)))
    }

    fn seen<'a>(&'a self, name: &'a str, bytes: u64, records: Option<u64>) -> Seen<'a> {
        Seen { name, sha256: &self.sha256, bytes, records, heading: self.heading.as_deref() }
    }
}
