//! The envelope of a canonical event: CloudEvents 1.0 in JSON, with the hub's
//! extension attributes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    clock::Timestamp,
    entity::{Action, Classification, Entity},
    id::EventId,
};

/// One canonical event.
///
/// `data` is the canonical JSON exactly as the map wrote it: it is never parsed
/// and printed again on its way to the journal, the store or a destination.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// CloudEvents version, always `1.0`.
    pub specversion: SpecVersion,
    /// Follows from the source fact; see [`crate::id::SourceKey::event_id`].
    pub id: EventId,
    /// `/channels/{channel}`.
    pub source: String,
    /// `org.channelhub.{entity}.{action}.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `{entity}/{hub_id}`.
    pub subject: String,
    /// When it happened, by the source's best clock. RFC 3339 with offset, as mapped.
    pub time: String,
    /// `https://channelhub.org/canon/{entity}/{major}.{minor}`.
    pub dataschema: String,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// What must stay in order with it: a hub id, or `sku@location` for stock.
    pub partitionkey: String,
    /// The natural key at the source.
    pub sourceid: String,
    /// The source's own version token, verbatim; empty when it has none.
    pub srcversion: String,
    /// How the version token compares with others.
    pub srcversionkind: VersionKind,
    /// SHA-256 hex of the raw inbound bytes of the arrival.
    pub srchash: String,
    /// `{map id}@{version}` that made it.
    pub mapping: String,
    /// Who may see it.
    pub dataclassification: Classification,
    /// W3C trace context it came with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub traceparent: Option<String>,
    /// Made by replay or backfill.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub replay: bool,
    /// The canonical entity.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub data: Box<RawValue>,
}

/// CloudEvents `specversion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum SpecVersion {
    /// The only one there is.
    #[serde(rename = "1.0")]
    V1,
}

/// How version tokens of a source compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VersionKind {
    /// A counter; compared as a number.
    Integer,
    /// A time; compared as an instant.
    Timestamp,
    /// A position in a sequence; compared as a number.
    Sequence,
    /// Equal or different, nothing else.
    Etag,
    /// The source has no versions.
    #[default]
    None,
}

/// How an incoming version stands to the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOrder {
    /// Apply.
    Newer,
    /// The same.
    Equal,
    /// Keep in history only.
    Older,
    /// Cannot be told.
    Incomparable,
}

impl Event {
    /// `org.channelhub.{entity}.{action}.v1`.
    #[must_use]
    pub fn kind_of(entity: Entity, action: Action) -> String {
        format!("org.channelhub.{}.{}.v1", entity.name(), action.name())
    }

    /// The entity and action named by `type`.
    #[must_use]
    pub fn entity_and_action(&self) -> Option<(Entity, Action)> {
        let mut parts = self.kind.strip_prefix("org.channelhub.")?.split('.');
        let entity = Entity::from_name(parts.next()?)?;
        let action = Action::from_name(parts.next()?)?;
        Some((entity, action))
    }

    /// The channel named by `source`.
    #[must_use]
    pub fn channel(&self) -> &str {
        self.source.strip_prefix("/channels/").unwrap_or(&self.source)
    }

    /// The hub id named by `subject`.
    #[must_use]
    pub fn hub_id(&self) -> &str {
        self.subject.split_once('/').map_or("", |(_, id)| id)
    }
}

impl VersionKind {
    /// How `incoming` stands to `stored`, both tokens of this kind.
    #[must_use]
    pub fn compare(self, incoming: &str, stored: &str) -> VersionOrder {
        use std::cmp::Ordering;
        let ordering = match self {
            Self::Integer | Self::Sequence => digits_order(incoming, stored),
            Self::Timestamp => {
                match (Timestamp::parse_rfc3339(incoming), Timestamp::parse_rfc3339(stored)) {
                    (Some(new), Some(old)) => Some(new.cmp(&old)),
                    _ => None,
                }
            }
            Self::Etag => (incoming == stored).then_some(Ordering::Equal),
            Self::None => None,
        };
        match ordering {
            Some(Ordering::Greater) => VersionOrder::Newer,
            Some(Ordering::Equal) => VersionOrder::Equal,
            Some(Ordering::Less) => VersionOrder::Older,
            None => VersionOrder::Incomparable,
        }
    }
}

/// Compares two runs of digits of any length as numbers.
fn digits_order(left: &str, right: &str) -> Option<std::cmp::Ordering> {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !(all_digits(left) && all_digits(right)) {
        return None;
    }
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    Some(left.len().cmp(&right.len()).then_with(|| left.cmp(right)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_their_kind() {
        let cases = [
            (VersionKind::Integer, "10", "9", VersionOrder::Newer),
            (VersionKind::Integer, "007", "7", VersionOrder::Equal),
            (VersionKind::Integer, "x", "7", VersionOrder::Incomparable),
            (
                VersionKind::Timestamp,
                "2026-01-05T12:00:00+09:00",
                "2026-01-05T03:00:00Z",
                VersionOrder::Equal,
            ),
            (VersionKind::Etag, "a", "b", VersionOrder::Incomparable),
            (VersionKind::None, "a", "a", VersionOrder::Incomparable),
        ];
        for (kind, incoming, stored, want) in cases {
            assert_eq!(kind.compare(incoming, stored), want, "{kind:?} {incoming} {stored}");
        }
    }
}
