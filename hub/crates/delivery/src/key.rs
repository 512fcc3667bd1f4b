//! The key that is the same on every try of one parcel.

use canon::id::EventId;
use sha2::{Digest as _, Sha256};

/// A UUID (version 8, RFC 9562 section 5.8) from SHA-256 over destination,
/// event and map, joined by U+001F: 36 characters, which fits every far system
/// we know (Square takes 45, some take nothing but a UUID).
///
/// The map's label is part of it: what another map version renders is another
/// request, and a far side may refuse one key with two bodies.
#[must_use]
pub fn idempotency_key(destination: &str, event: &EventId, map_label: &str) -> String {
    let mut hasher = Sha256::new();
    for (index, part) in [destination, event.as_str(), map_label].iter().enumerate() {
        if index > 0 {
            hasher.update(b"\x1f");
        }
        hasher.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().hyphenated().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::{entity::Entity, id::SourceKey};

    #[test]
    fn the_key_follows_from_destination_event_and_map_alone() {
        let event = |source_id| {
            let key =
                SourceKey { organisation: "acme", channel: "ec", entity: Entity::Order, source_id };
            key.event_id("1", "created")
        };
        let key = idempotency_key("erp", &event("1001"), "erp/order@3");
        assert_eq!(key, idempotency_key("erp", &event("1001"), "erp/order@3"));
        assert_eq!(key.len(), 36);
        for other in [
            idempotency_key("crm", &event("1001"), "erp/order@3"),
            idempotency_key("erp", &event("1002"), "erp/order@3"),
            idempotency_key("erp", &event("1001"), "erp/order@4"),
        ] {
            assert_ne!(key, other);
        }
    }
}
