//! `arrives:` of a layout: under which names, how large, in which order and by
//! when its files come, and what is wrong with one that does not fit.
//!
//! ```yaml
//! arrives:
//!   name: "JNL_{store}_{date:YYYYMMDD}_{sequence}.csv"
//!   bytes: { max: 20000000, change_percent_max: 90 }
//!   records: { min: 1, change_percent_max: 80 }
//!   sequence: { first: 1, last: 9999 }
//!   drift: hold
//!   due:
//!     by: "06:00"
//!     zone: Asia/Tokyo
//!     since: 2026-11-01
//!     days_after: 1
//!     stores: ["001", "002"]
//!     closed: [sun, holidays, 2026-12-31]
//! ```

mod check;
mod name;
mod parse;

pub use check::{Past, Reason, Seen};
pub use name::NamePattern;

use canon::calendar::{BusinessDays, Day};

/// What is expected of the files of a layout. All of it may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrives {
    /// How they are named.
    pub name: Option<NamePattern>,
    /// Their size.
    pub bytes: Bounds,
    /// Their records, as the layout groups them.
    pub records: Bounds,
    /// How their numbers follow each other.
    pub sequence: Option<Sequence>,
    /// A file of another shape than the one before is held: another heading,
    /// or bytes that the layout cannot read.
    pub holds_drift: bool,
    /// The content of one day or number may come again under another.
    pub takes_same_content: bool,
    /// When they must have come.
    pub due: Option<Due>,
}

/// Bounds of a size or count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub min: Option<u64>,
    pub max: Option<u64>,
    /// How far it may be from the median of the files before, in percent of it.
    pub change_percent_max: Option<u32>,
}

/// How the numbers in names follow each other: each one more than the one
/// before, and after the last the first again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub first: u64,
    pub last: u64,
    /// It begins anew each day.
    pub per_day: bool,
}

/// When the file of a day must have come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Hour and minute.
    pub hour: u8,
    pub minute: u8,
    /// IANA name of the time zone.
    pub zone: String,
    /// The first day that is waited for.
    pub since: Day,
    /// Days from the day in the name to the one it must have come on.
    pub days_after: u8,
    /// Stores that send one each; empty: one file for all.
    pub stores: Vec<Store>,
    /// Days they work; for others none is due.
    pub open: BusinessDays,
}

/// A store that sends files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Store {
    /// As it stands in names.
    pub name: String,
    /// Days it works, among those on which the others do.
    pub open: BusinessDays,
}

// === impl Due ===

impl Due {
    /// Whether a file of that store is due for a day.
    #[must_use]
    pub fn is_due(&self, store: &Store, day: Day) -> bool {
        self.open.are_open_on(day) && store.open.are_open_on(day)
    }
}

#[cfg(test)]
mod tests;
