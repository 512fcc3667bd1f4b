//! How canonical records name things: references, identifiers, sources.

use serde::{Deserialize, Serialize};

use crate::{entity::Entity, id::SourceKey};

/// The scheme of an id at the channel the record came by.
pub const SOURCE_ID: &str = "source_id";

/// Another thing: by its hub id, by one of its identifiers, or both. Resolved
/// when read, never rewritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ref {
    /// The hub's id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub_id: Option<String>,
    /// Kind of identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What somebody calls a thing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identifier {
    /// Kind of identifier: `sku`, `gtin`, `email`, `member_code` …
    pub scheme: String,
    /// The identifier; leading zeros are part of it.
    pub value: String,
    /// Who gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
}

/// A thing as one channel knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SourceRef {
    /// Name of the channel in the configuration.
    pub channel: String,
    /// Its id there.
    pub source_id: String,
    /// Its version there, verbatim; empty when it has none.
    #[serde(default)]
    pub source_version: String,
}

/// The document behind a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Reference {
    /// What kind: `order`, `pos_transaction`, `goods_receipt` …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its number or id.
    pub id: String,
}

/// What every canonical record says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The hub's id of it.
    pub hub_id: String,
    /// What kind of thing it is.
    pub entity: Entity,
    /// What it is called, by whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Where it is known, the channel it came by first.
    pub source_refs: Vec<SourceRef>,
}

impl Ref {
    /// By a scheme and a value.
    #[must_use]
    pub fn by(scheme: &str, value: &str) -> Self {
        Self { hub_id: None, scheme: Some(scheme.to_owned()), value: Some(value.to_owned()) }
    }

    /// Scheme and value, if it has both.
    #[must_use]
    pub fn identifier(&self) -> Option<(&str, &str)> {
        Some((self.scheme.as_deref()?, self.value.as_deref()?))
    }

    /// The hub id it leads to without asking anybody: its own, or the one that
    /// follows from an id at the channel that said it.
    #[must_use]
    pub fn known_hub_id(
        &self,
        organisation: &str,
        channel: &str,
        entity: Entity,
    ) -> Option<String> {
        if let Some(hub_id) = &self.hub_id {
            return Some(hub_id.clone());
        }
        let (_, source_id) = self.identifier().filter(|(scheme, _)| *scheme == SOURCE_ID)?;
        let key = SourceKey { organisation, channel, entity, source_id };
        Some(key.hub_id().as_str().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_id_leads_to_the_hub_id_of_its_channel() {
        let order = Ref::by(SOURCE_ID, "5940139491234");
        let key = SourceKey {
            organisation: "acme",
            channel: "ec-shopify",
            entity: Entity::Order,
            source_id: "5940139491234",
        };
        let known = order.known_hub_id("acme", "ec-shopify", Entity::Order);
        assert_eq!(known.as_deref(), Some(key.hub_id().as_str()));
        assert_ne!(known, order.known_hub_id("acme", "pos-legacy", Entity::Order));
        assert_eq!(Ref::by("sku", "TEA-500").known_hub_id("acme", "erp", Entity::Variant), None);
        let with_id = Ref { hub_id: Some("pty_1".into()), ..Ref::by("email", "a@example.jp") };
        assert_eq!(with_id.known_hub_id("a", "b", Entity::Party).as_deref(), Some("pty_1"));
    }
}
