//! The kinds of things the hub knows, and what is fixed about each kind.

use serde::{Deserialize, Serialize};

macro_rules! entities {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $prefix:literal, $class:ident;)+) => {
        /// One kind of canonical thing. Each has a JSON Schema under
        /// `mappings/canon/v1/{name}.schema.json`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Entity {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Entity {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in types, files and URLs: lower snake case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The prefix of hub ids of this kind.
            #[must_use]
            pub const fn prefix(self) -> &'static str {
                match self { $(Self::$variant => $prefix,)+ }
            }

            /// How its data is classed unless a map says stricter.
            #[must_use]
            pub const fn classification(self) -> Classification {
                match self { $(Self::$variant => Classification::$class,)+ }
            }
        }
    };
}

entities! {
    /// A customer, contact or organisation.
    Party, "party", "pty", Restricted;
    /// What one party agreed to or withdrew, for one purpose.
    Consent, "consent", "cns", Restricted;
    /// That two channel identities are one party.
    IdentityLink, "identity_link", "lnk", Restricted;
    /// A product with its variants.
    Product, "product", "prd", Internal;
    /// What is sold: one stock-keeping unit.
    Variant, "variant", "var", Internal;
    /// What one variant costs, where, for whom, from when.
    Price, "price", "prc", Internal;
    /// A discount rule.
    Promotion, "promotion", "prm", Internal;
    /// A store, warehouse or site.
    Location, "location", "loc", Internal;
    /// How much of one variant is where.
    InventoryLevel, "inventory_level", "lvl", Internal;
    /// One change of stock.
    InventoryMovement, "inventory_movement", "mov", Internal;
    /// Stock held for somebody for a time.
    Reservation, "reservation", "rsv", Internal;
    /// An order.
    Order, "order", "ord", Restricted;
    /// Goods on their way.
    Shipment, "shipment", "shp", Restricted;
    /// Goods coming back.
    Return, "return", "ret", Restricted;
    /// Money going back.
    Refund, "refund", "rfd", Restricted;
    /// One transaction of a till.
    PosTransaction, "pos_transaction", "pos", Restricted;
    /// A points account.
    LoyaltyAccount, "loyalty_account", "lty", Restricted;
    /// One change of points.
    LoyaltyTransaction, "loyalty_transaction", "lyt", Restricted;
    /// What somebody did on a site, in an app, in a store.
    Interaction, "interaction", "evt", Restricted;
    /// A question or complaint.
    Ticket, "ticket", "tkt", Restricted;
    /// Somebody who may become a customer.
    Lead, "lead", "led", Restricted;
    /// A sale that may come about.
    Opportunity, "opportunity", "opp", Confidential;
    /// An offer with prices.
    Quote, "quote", "quo", Confidential;
    /// A call, visit, meeting, mail or task.
    Activity, "activity", "act", Restricted;
    /// A marketing campaign.
    Campaign, "campaign", "cmp", Internal;
    /// A set of parties.
    Segment, "segment", "seg", Internal;
    /// That a party is in a segment, or no longer.
    SegmentMembership, "segment_membership", "sgm", Restricted;
    /// How promising a party is, by one model.
    Score, "score", "scr", Restricted;
    /// What became of one message to one party.
    MessageEvent, "message_event", "msg", Restricted;
    /// An answer to a survey.
    SurveyResponse, "survey_response", "srv", Restricted;
    /// An invoice or credit note.
    Invoice, "invoice", "inv", Confidential;
    /// An order to a supplier.
    PurchaseOrder, "purchase_order", "pur", Confidential;
    /// Goods received from a supplier.
    GoodsReceipt, "goods_receipt", "grn", Internal;
    /// A bookkeeping entry.
    JournalEntry, "journal_entry", "jnl", Confidential;
}

/// Who may see the data. Restricted: holds personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Classification {
    /// Anybody.
    Public,
    /// Staff and connected systems.
    Internal,
    /// Named staff and systems.
    Confidential,
    /// Holds personal data: purpose-bound.
    Restricted,
}

/// What an event says happened to the thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It came to be.
    Created,
    /// It changed.
    Updated,
    /// It is gone.
    Deleted,
    /// This is its full state.
    Snapshot,
    /// An earlier statement was wrong.
    Corrected,
    /// Two became one.
    Merged,
    /// One became two again.
    Unmerged,
}

// === impl Entity, Classification, Action ===

impl Entity {
    /// The entity of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}

impl Classification {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Public, Self::Internal, Self::Confidential, Self::Restricted]
            .into_iter()
            .find(|it| it.name() == name)
    }
}

impl Entity {
    /// Whether a later event about one thing replaces an earlier one. Of what
    /// happened (a receipt, a movement, a message) each counts by itself.
    #[must_use]
    pub const fn has_state(self) -> bool {
        !matches!(
            self,
            Self::InventoryMovement
                | Self::Refund
                | Self::PosTransaction
                | Self::LoyaltyTransaction
                | Self::Interaction
                | Self::MessageEvent
                | Self::SurveyResponse
                | Self::GoodsReceipt
                | Self::JournalEntry
        )
    }
}

impl Action {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Created,
        Self::Updated,
        Self::Deleted,
        Self::Snapshot,
        Self::Corrected,
        Self::Merged,
        Self::Unmerged,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
            Self::Snapshot => "snapshot",
            Self::Corrected => "corrected",
            Self::Merged => "merged",
            Self::Unmerged => "unmerged",
        }
    }

    /// The action of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}
