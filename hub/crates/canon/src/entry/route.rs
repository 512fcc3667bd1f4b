//! Routes: which events go where.

use serde::{Deserialize, Serialize};

/// Where events of one kind go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Route {
    /// Entity name.
    pub entity: String,
    /// Action names; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Only events from these channels; empty: all but the destination itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Only when the field at this JSON pointer of the data has one of these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
    /// Channel it goes to.
    pub to: String,
    /// Only the latest state of a thing matters: one that still waits is
    /// superseded when a newer one comes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub latest_only: bool,
    /// What becomes of later events with the same key once one was refused.
    #[serde(default, skip_serializing_if = "AfterRefusal::is_default")]
    pub after_refusal: AfterRefusal,
}

/// What becomes of a key at a destination that refused one of its parcels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AfterRefusal {
    /// The next parcel has its turn.
    #[default]
    GoOn,
    /// The key waits until the dead letter is resubmitted or discarded.
    Wait,
}

/// One condition of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Condition {
    /// JSON pointer (RFC 6901) into the event's data.
    pub pointer: String,
    /// Texts it may have.
    pub one_of: Vec<String>,
}

// === impl AfterRefusal ===

impl AfterRefusal {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::GoOn, Self::Wait];

    /// The name in settings and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GoOn => "go_on",
            Self::Wait => "wait",
        }
    }

    // serde wants a reference.
    fn is_default(&self) -> bool {
        *self == Self::GoOn
    }
}

fn is_false(flag: &bool) -> bool {
    !*flag
}
