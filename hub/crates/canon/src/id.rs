//! Identifiers that follow from facts: the same fact has the same id, always.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

use crate::entity::Entity;

/// Between the parts of a hashed name, so that no two lists of parts collide.
const UNIT_SEPARATOR: &[u8] = b"\x1f";

/// The id of one canonical event: 32 lower-case hex digits.
///
/// SHA-256 over organisation, channel, entity, source id, source version and
/// action, joined by U+001F; the first 16 bytes. The same source fact always
/// has the same id, so a redelivery collapses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct EventId(String);

/// The hub's own id of one thing: an entity's prefix and a UUID, `ord_…`.
///
/// The UUID is version 8 (RFC 9562 section 5.8), the first 16 bytes of SHA-256
/// over organisation, channel, entity and source id. It needs no state, so it
/// is known before the commit and comes out the same when a fold is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct HubId(String);

/// The natural key of one thing: which channel calls it what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceKey<'a> {
    /// The organisation this hub serves.
    pub organisation: &'a str,
    /// The channel it came by.
    pub channel: &'a str,
    /// What kind of thing it is.
    pub entity: Entity,
    /// The far system's id. Opaque: never parsed, never trimmed of zeros.
    pub source_id: &'a str,
}

// === impl SourceKey ===

impl SourceKey<'_> {
    /// The id of the event that says `action` happened to this thing, as of
    /// `source_version` (empty when the source has no versions).
    #[must_use]
    pub fn event_id(&self, source_version: &str, action: &str) -> EventId {
        let digest = hash([
            self.organisation,
            self.channel,
            self.entity.name(),
            self.source_id,
            source_version,
            action,
        ]);
        EventId(hex(digest.iter().take(16)))
    }

    /// The hub's id of this thing.
    #[must_use]
    pub fn hub_id(&self) -> HubId {
        let mut text = String::with_capacity(40);
        self.write_hub_id(&mut text);
        HubId(text)
    }

    /// Appends the hub's id of this thing.
    pub fn write_hub_id(&self, out: &mut String) {
        let digest = hash([self.organisation, self.channel, self.entity.name(), self.source_id]);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        let uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
        out.push_str(self.entity.prefix());
        out.push('_');
        out.push_str(uuid.simple().encode_lower(&mut uuid::Uuid::encode_buffer()));
    }
}

// === impl EventId and HubId ===

impl EventId {
    /// The 32 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of its 16 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(hex(&bytes))
    }

    /// The id of the same statement where it replaces the event `replaced`.
    ///
    /// A source without versions says only what is. When a state comes back (A,
    /// B, and A again), the second A is a fact of its own: its id follows from
    /// the event it replaces, so that it is not taken for the first A.
    #[must_use]
    pub fn after(&self, replaced: &Self) -> Self {
        let digest = hash([self.as_str(), "after", replaced.as_str()]);
        Self(hex(digest.iter().take(16)))
    }
}

impl HubId {
    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes text that already is a hub id, for reading back what was stored.
    #[must_use]
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hash<const N: usize>(parts: [&str; N]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hasher.update(UNIT_SEPARATOR);
        }
        hasher.update(part.as_bytes());
    }
    hasher.finalize().into()
}

/// Lower-case hex.
pub fn hex<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' - 10 + half });
    let bytes = bytes.into_iter();
    let mut text = String::with_capacity(bytes.size_hint().0 * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// SHA-256 of `bytes`, 64 lower-case hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    hex(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_the_fact_alone() {
        let key = SourceKey {
            organisation: "acme",
            channel: "ec-shopify",
            entity: Entity::Order,
            source_id: "0005940139491234",
        };
        assert_eq!(key.event_id("3", "updated"), key.event_id("3", "updated"));
        assert_ne!(key.event_id("3", "updated"), key.event_id("4", "updated"));
        assert_eq!(key.event_id("3", "updated").as_str().len(), 32);
        let stripped = SourceKey { source_id: "5940139491234", ..key };
        assert_ne!(key.hub_id(), stripped.hub_id(), "leading zeros are part of the id");
        assert!(key.hub_id().as_str().starts_with("ord_"));
    }

    #[test]
    fn parts_do_not_run_together() {
        let key = |channel, source_id| SourceKey {
            organisation: "acme",
            channel,
            entity: Entity::Party,
            source_id,
        };
        assert_ne!(key("a", "bc").hub_id(), key("ab", "c").hub_id());
    }
}
