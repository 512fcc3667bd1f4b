//! What comes again: records out of the dead letters, and replays.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// Where an arrival came from whose bytes the journal had already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Again {
    /// Entry of the arrival whose bytes were walked once more.
    pub of: u64,
    /// Entry in which those bytes first came. Of two states that no version
    /// tells apart, the one whose bytes came first is the older.
    pub origin: u64,
    /// Dead letters that this arrival closes: indexes among the records that
    /// entry `of` set aside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub letters: Vec<u32>,
    /// Set when a record was edited: the sealed bytes of this arrival are the
    /// new record, and stand in the place of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Splice>,
    /// Start of the replay that walked them, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<u64>,
    /// Why.
    pub reason: String,
}

/// A stretch of raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Splice {
    /// Byte offset.
    pub offset: u64,
    /// Bytes.
    pub length: u64,
}

/// Which record that was set aside. `{seq}.{index}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LetterId {
    /// Entry of the arrival.
    pub seq: u64,
    /// Index among the records it set aside.
    pub index: u32,
}

/// Which stored events. What is `None` does not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Selection {
    /// Only what came by this channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Only what was committed at that time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Only what was committed before that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// Only this kind of thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Only what stays in order with this key, or is about the thing with this
    /// hub id or this id at its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Only events whose data has this text in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The last entry that is meant: what comes later is not replayed.
    pub last: u64,
}

/// What the events of a replay are made by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum MapsOf {
    /// The events as they were made when they came.
    #[default]
    Then,
    /// The raw bytes, walked once more with the maps in force.
    Today,
}

// === impl LetterId ===

impl LetterId {
    /// Reads `{seq}.{index}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, index) = text.split_once('.')?;
        Some(Self { seq: seq.parse().ok()?, index: index.parse().ok()? })
    }
}

// === impl Selection ===

impl Selection {
    /// Whether anything but time narrows it.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.channel.is_some()
            || self.entity.is_some()
            || self.key.is_some()
            || self.query.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_named_by_entry_and_index() {
        assert_eq!(LetterId::parse("17.3"), Some(LetterId { seq: 17, index: 3 }));
        for bad in ["17", "17.", "x.3", "17.3.erp", ""] {
            assert_eq!(LetterId::parse(bad), None, "{bad}");
        }
    }
}
