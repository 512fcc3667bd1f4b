//! The canonical JSON Schemas, as they stand under `mappings/canon/v1/`.
//!
//! They are part of the program: a map is checked against exactly these bytes,
//! whatever lies on the disk of the machine it runs on.

use crate::entity::Entity;

macro_rules! schemas {
    (
        entities { $($variant:ident => $name:literal,)+ }
        others { $($other:literal,)+ }
    ) => {
        /// The JSON Schema (2020-12) of `entity`.
        #[must_use]
        pub const fn text(entity: Entity) -> &'static str {
            match entity { $(Entity::$variant => embedded!($name),)+ }
        }

        /// Every schema with its path, as [`by_path`] takes it.
        const FILES: &[(&str, &str)] = &[
            $((concat!("canon/v1/", $name, ".schema.json"), embedded!($name)),)+
            $((concat!("canon/v1/", $other, ".schema.json"), embedded!($other)),)+
        ];
    };
}

macro_rules! embedded {
    ($name:literal) => {
        include_str!(concat!("../../../../mappings/canon/v1/", $name, ".schema.json"))
    };
}

schemas! {
    entities {
        Party => "party",
        Consent => "consent",
        IdentityLink => "identity_link",
        Product => "product",
        Variant => "variant",
        Price => "price",
        Promotion => "promotion",
        Location => "location",
        InventoryLevel => "inventory_level",
        InventoryMovement => "inventory_movement",
        Reservation => "reservation",
        Order => "order",
        Shipment => "shipment",
        Return => "return",
        Refund => "refund",
        PosTransaction => "pos_transaction",
        LoyaltyAccount => "loyalty_account",
        LoyaltyTransaction => "loyalty_transaction",
        Interaction => "interaction",
        Ticket => "ticket",
        Lead => "lead",
        Opportunity => "opportunity",
        Quote => "quote",
        Activity => "activity",
        Campaign => "campaign",
        Segment => "segment",
        SegmentMembership => "segment_membership",
        Score => "score",
        MessageEvent => "message_event",
        SurveyResponse => "survey_response",
        Invoice => "invoice",
        PurchaseOrder => "purchase_order",
        GoodsReceipt => "goods_receipt",
        JournalEntry => "journal_entry",
    }
    others { "common", "event", "merge_operation", "audit_event", }
}

/// The version every canonical record names in `schema_version`.
pub const VERSION: &str = "1.0";

/// Shapes that several entities use: `Money`, `Address`, `OrderLine` …
#[must_use]
pub const fn common() -> &'static str {
    embedded!("common")
}

/// The CloudEvents envelope; see [`crate::event::Event`].
#[must_use]
pub const fn event() -> &'static str {
    embedded!("event")
}

/// The schema at `path`, such as `canon/v1/order.schema.json`.
#[must_use]
pub fn by_path(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(at, _)| *at == path).map(|(_, text)| *text)
}

/// The schema with that `$id`, such as
/// `https://channelhub.org/canon/v1/order.schema.json`.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static str> {
    by_path(id.strip_prefix("https://channelhub.org/")?)
}

/// Every schema with its path.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied()
}

#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod types;
