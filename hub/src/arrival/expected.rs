//! What is expected of one file, and what came before it.

use crate::problem::Refusal;
use adapter_kit::decode::Undecodable;
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
    /// The character set that it is clearly in, where that is another one than the
    /// layout says.
    pub mistaken: Option<&'static str>,
    /// An operator has released it: nothing holds it any more.
    pub is_released: bool,
}

// === impl Expected ===

impl Expected {
    /// What holds the file; nothing when it may be taken. `records` is known
    /// once it is decoded.
    fn reasons(&self, name: &str, bytes: u64, records: Option<u64>) -> Vec<Reason> {
        if self.is_released {
            return Vec::new();
        }
        self.arrives.check(&self.seen(name, bytes, records), &self.past)
    }

    /// Whether bytes that cannot be read hold the file instead of refusing it.
    fn holds_drift(&self) -> bool {
        self.arrives.holds_drift && !self.is_released
    }

    /// What holds a file of so many bytes in which so many records were found, of
    /// which so many cannot be read. All reasons are told at once, so this is
    /// asked when its records are known, or that it has none.
    #[must_use]
    pub fn held(
        &self,
        name: &str,
        bytes: u64,
        found: Result<(u64, u64), &Undecodable>,
    ) -> Option<Refusal> {
        let drift = |found, wanted: &str| Reason::new("drift", found, wanted.to_owned());
        let (records, unreadable) = match found {
            Ok((records, bad)) => {
                let most = bad.saturating_mul(2) > records;
                let found = format!("{bad} of {records} records cannot be read");
                (Some(records), most.then(|| drift(found, "records of the layout")))
            }
            Err(Undecodable { reason, fault }) => {
                let found = format!("{reason}: {}", fault.found);
                (None, Some(drift(found, &fault.expected)))
            }
        };
        let unreadable = unreadable.filter(|_| self.holds_drift());
        if records.is_none() && unreadable.is_none() {
            // It is refused as it would be without checks.
            return None;
        }
        let mut reasons = self.reasons(name, bytes, records);
        reasons.extend(unreadable);
        if let Some(charset) = self.mistaken.filter(|_| self.holds_drift()) {
            let found = format!("the characters are {charset}");
            reasons.push(drift(found, "the character set of the layout"));
        }
        (!reasons.is_empty()).then_some(Refusal::FileHeld { reasons })
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
