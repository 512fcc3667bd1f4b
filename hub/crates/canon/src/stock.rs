//! Stock: movements, levels, reservations, as folds read them. Properties not
//! named here are ignored.

use serde::{Deserialize, Serialize};

use crate::{
    quantity::Quantity,
    reference::{Header, Ref, Reference},
    words::words,
};

/// One change of stock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Movement {
    /// What it says of itself.
    pub header: Header,
    /// Id of the change at the source.
    pub movement_id: Option<String>,
    /// Of what.
    pub variant: Ref,
    /// Where.
    pub location: Ref,
    /// Why.
    pub kind: MovementKind,
    /// State it leaves.
    pub bucket_from: Option<String>,
    /// State it enters.
    pub bucket_to: Option<String>,
    /// By how much, or what was found.
    pub change: Change,
    /// Stock afterwards, as the source says.
    pub balance_after: Option<Quantity>,
    /// The document behind it.
    pub reference: Option<Reference>,
    /// When it happened.
    pub occurred_at: String,
    /// `movement_id` this takes back.
    pub reverses: Option<String>,
}

/// By how much stock changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// By so much, signed.
    Delta(Quantity),
    /// A count found so much; what was expected then makes the difference.
    Assert(Quantity),
}

/// Why a movement is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MovementFault {
    /// Neither `delta` nor `assert`.
    #[error("an inventory movement needs `delta` or `assert`")]
    NoChange,
    /// Both.
    #[error("an inventory movement has `delta` or `assert`, not both")]
    TwoChanges,
}

/// How much of one variant is at one place, in one condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// What it says of itself.
    #[serde(flatten)]
    pub header: Header,
    /// Of what.
    pub variant: Ref,
    /// Where.
    pub location: Ref,
    /// In what condition; absent: `sellable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Physically there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_hand: Option<Quantity>,
    /// Held for carts and orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Quantity>,
    /// Given to confirmed orders, not yet sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<Quantity>,
    /// Kept back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety_stock: Option<Quantity>,
    /// Free to sell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<Quantity>,
    /// When that was so.
    pub as_of: String,
}

/// Stock held for somebody for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// What it says of itself.
    #[serde(flatten)]
    pub header: Header,
    /// What.
    pub variant: Ref,
    /// Where.
    pub location: Ref,
    /// How much.
    pub qty: Quantity,
    /// For whom.
    pub owner: Reference,
    /// Where it stands.
    pub state: ReservationState,
    /// Held until; absent: until released.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A movement as it stands in JSON.
#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(flatten)]
    header: Header,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    movement_id: Option<String>,
    variant: Ref,
    location: Ref,
    kind: MovementKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bucket_to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delta: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assert: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    balance_after: Option<Quantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    occurred_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reverses: Option<String>,
}

words! {
    /// Why stock changed.
    MovementKind {
        /// Sold.
        Sale = "sale",
        /// A sale undone.
        SaleVoid = "sale_void",
        /// Came back from a customer.
        Return = "return",
        /// Given for something that came back.
        Exchange = "exchange",
        /// Received from a supplier.
        Receipt = "receipt",
        /// Left for another place.
        TransferOut = "transfer_out",
        /// Came from another place.
        TransferIn = "transfer_in",
        /// Corrected by hand.
        Adjustment = "adjustment",
        /// Counted.
        Count = "count",
        /// Thrown away.
        Waste = "waste",
        /// Stolen.
        Theft = "theft",
        /// Broken.
        Damage = "damage",
        /// Made.
        ProductionIn = "production_in",
        /// Used up in making something.
        ProductionOut = "production_out",
        /// Held for a cart or order.
        Reservation = "reservation",
        /// No longer held.
        Release = "release",
        /// Given to a confirmed order.
        Commit = "commit",
        /// Taken back from it.
        Uncommit = "uncommit",
        /// Put aside for a customer.
        Layaway = "layaway",
        /// No longer put aside.
        LayawayRelease = "layaway_release",
        /// Stock at the beginning.
        Initial = "initial",
    }
}

words! {
    /// Where a reservation stands.
    ReservationState {
        /// Held.
        Held = "held",
        /// Given to a confirmed order.
        Committed = "committed",
        /// Given up.
        Released = "released",
        /// Its time ran out.
        Expired = "expired",
        /// The goods are gone.
        Consumed = "consumed",
    }
}

impl TryFrom<Wire> for Movement {
    type Error = MovementFault;

    fn try_from(wire: Wire) -> Result<Self, MovementFault> {
        let change = match (wire.delta, wire.assert) {
            (Some(delta), None) => Change::Delta(delta),
            (None, Some(found)) => Change::Assert(found),
            (None, None) => return Err(MovementFault::NoChange),
            (Some(_), Some(_)) => return Err(MovementFault::TwoChanges),
        };
        Ok(Self {
            header: wire.header,
            movement_id: wire.movement_id,
            variant: wire.variant,
            location: wire.location,
            kind: wire.kind,
            bucket_from: wire.bucket_from,
            bucket_to: wire.bucket_to,
            change,
            balance_after: wire.balance_after,
            reference: wire.reference,
            occurred_at: wire.occurred_at,
            reverses: wire.reverses,
        })
    }
}

impl From<Movement> for Wire {
    fn from(movement: Movement) -> Self {
        let (delta, assert) = match movement.change {
            Change::Delta(quantity) => (Some(quantity), None),
            Change::Assert(quantity) => (None, Some(quantity)),
        };
        Self {
            header: movement.header,
            movement_id: movement.movement_id,
            variant: movement.variant,
            location: movement.location,
            kind: movement.kind,
            bucket_from: movement.bucket_from,
            bucket_to: movement.bucket_to,
            delta,
            assert,
            balance_after: movement.balance_after,
            reference: movement.reference,
            occurred_at: movement.occurred_at,
            reverses: movement.reverses,
        }
    }
}
