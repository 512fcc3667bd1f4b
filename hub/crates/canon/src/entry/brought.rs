//! What is known of the files and interchanges that an arrival brought: what later
//! ones are compared with.

use serde::{Deserialize, Serialize};

use crate::calendar::Day;

/// One interchange of EDI: what tells whether it came before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Interchange {
    /// Address of its sender (ISA06, UNB02).
    pub sender: String,
    /// Address of its receiver (ISA08, UNB03).
    pub receiver: String,
    /// Control number or reference (ISA13, UNB05).
    pub control: String,
    /// SHA-256 hex of its bytes, from its header to the end of its trailer.
    pub sha256: String,
}

/// What is known of a file beside its content: what later ones are compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileFacts {
    /// Its name, without folders.
    pub name: String,
    /// The store in its name; empty when names have none. Files of one series
    /// are compared with each other.
    #[serde(default)]
    pub series: String,
    /// The day in its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Day>,
    /// The number in its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// The line that names its columns, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// SHA-256 hex of its bytes.
    pub sha256: String,
    /// How many bytes.
    pub bytes: u64,
    /// How many records.
    pub records: u64,
}
