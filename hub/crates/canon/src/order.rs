//! Orders and transactions of tills, as folds read them. Properties not named
//! here are ignored.

use serde::{Deserialize, Serialize};

use crate::{
    money::Money,
    number::Number,
    party::{ContactPoint, PersonName},
    quantity::Quantity,
    reference::{Header, Ref},
    tax::TaxClass,
    words::words,
};

/// An order, in full as of one version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What it says of itself.
    #[serde(flatten)]
    pub header: Header,
    /// The number people use.
    pub order_no: String,
    /// What kind of channel it came by.
    pub channel: String,
    /// The site or store that sold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales_location: Option<Ref>,
    /// When it was placed.
    pub placed_at: String,
    /// `sale`, `preorder` …
    pub order_type: String,
    /// Who bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// Sums.
    pub totals: Totals,
    /// Unit prices are with tax.
    pub prices_include_tax: bool,
    /// How it reaches the buyer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fulfilments: Vec<Fulfilment>,
    /// Where it stands.
    pub status: OrderStatus,
    /// Where the payment stands; absent: keep what was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_status: Option<String>,
    /// Where the goods stand; absent: keep what was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfilment_status: Option<String>,
    /// Whether goods come back; absent: keep what was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub return_status: Option<String>,
    /// Not a real order.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

/// Who bought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The party, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Ref>,
    /// Name and contact as given then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_snapshot: Option<Snapshot>,
}

/// Who somebody was at the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// Ways to reach them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contact: Vec<ContactPoint>,
}

/// One line. At a till a return has a negative quantity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Id of the line in its document.
    pub line_id: String,
    /// `product`, `service`, `points` …; absent: `product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `line_id` of the bundle it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_line: Option<String>,
    /// What was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<Ref>,
    /// Stock-keeping unit as the source wrote it.
    pub sku: String,
    /// Its name at the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title_snapshot: Option<String>,
    /// How much.
    pub qty_ordered: Quantity,
    /// How much of it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qty_cancelled: Option<Quantity>,
    /// How much of it was handed over or sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qty_fulfilled: Option<Quantity>,
    /// How much of it came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qty_returned: Option<Quantity>,
    /// Amount after discounts, without tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<Money>,
    /// Its tax class when it was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_class: Option<TaxClass>,
    /// Its tax rate when it was sold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Number>,
    /// Its tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Money>,
    /// Amount after discounts, with tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross: Option<Money>,
    /// At a till: taken back before the sale was closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub void: bool,
    /// At a till: goods coming back.
    #[serde(default, rename = "return", skip_serializing_if = "std::ops::Not::not")]
    pub comes_back: bool,
}

/// Sums of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// To pay in all, tax included.
    pub grand: Money,
    /// Tax in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Money>,
    /// Paid so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Money>,
    /// Paid back so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
}

/// How a part of an order reaches the buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// Id at the source.
    pub fulfilment_id: String,
    /// `ship`, `pickup_in_store` …
    pub method: String,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_location: Option<Ref>,
    /// What is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineQuantity>,
    /// Where it stands.
    pub state: String,
}

/// How much of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineQuantity {
    /// Which line.
    pub line_id: String,
    /// How much of it.
    pub qty: Quantity,
}

/// One transaction of a till.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosTransaction {
    /// What it says of itself.
    #[serde(flatten)]
    pub header: Header,
    /// Which store.
    pub store: Ref,
    /// Which till of the store.
    pub register: String,
    /// Its number at the till; wraps, leading zeros are part of it.
    pub sequence: String,
    /// Retail day, `YYYY-MM-DD`.
    pub business_date: String,
    /// What happened.
    pub kind: PosKind,
    /// When it was closed.
    pub end_at: String,
    /// Who bought, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Ref>,
    /// Member card shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_code: Option<String>,
    /// What is special about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<PosFlags>,
    /// The order it hands over or pays for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Ref>,
    /// What was sold or came back.
    pub lines: Vec<Line>,
    /// Sums.
    pub totals: Totals,
}

/// What is special about a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosFlags {
    /// Cancelled before it was closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Which transaction it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voids_transaction: Option<String>,
    /// Which transaction undid it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voided_by: Option<String>,
    /// Not a real sale.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub training: bool,
    /// Without connection.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub offline: bool,
    /// Put aside for later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

words! {
    /// Where an order stands.
    OrderStatus {
        /// Not placed yet.
        Draft = "draft",
        /// Placed, not accepted yet.
        Placed = "placed",
        /// Accepted.
        Confirmed = "confirmed",
        /// Waits for somebody.
        OnHold = "on_hold",
        /// Being picked, packed or sent.
        InFulfilment = "in_fulfilment",
        /// Done.
        Completed = "completed",
        /// Cancelled.
        Cancelled = "cancelled",
        /// Filed away.
        Closed = "closed",
    }
}

words! {
    /// What happened at a till.
    PosKind {
        /// Goods sold.
        Sale = "sale",
        /// Goods came back.
        Return = "return",
        /// Both at once.
        Exchange = "exchange",
        /// Given up before it was closed.
        Void = "void",
        /// A closed transaction undone.
        PostVoid = "post_void",
        /// The drawer was opened, nothing sold.
        NoSale = "no_sale",
        /// Cash put in.
        DepositIn = "deposit_in",
        /// Cash taken out.
        PaidOut = "paid_out",
        /// Goods put aside for a customer.
        Layaway = "layaway",
        /// Goods put aside were collected.
        LayawayPickup = "layaway_pickup",
        /// Money left by a customer.
        CustomerDeposit = "customer_deposit",
        /// That money given back.
        DepositRefund = "deposit_refund",
        /// Points and nothing else.
        PointsOnly = "points_only",
        /// A value card was charged.
        ValueCardTopup = "value_card_topup",
        /// The till's day begins.
        RegisterOpen = "register_open",
        /// The till's day ends.
        RegisterClose = "register_close",
        /// Cash counted.
        Inspection = "inspection",
        /// Training.
        Training = "training",
    }
}

impl PosTransaction {
    /// Whether it changes stock, sales and points: it is neither training nor
    /// put aside nor cancelled before it was closed.
    #[must_use]
    pub fn counts(&self) -> bool {
        let flagged = self.flags.as_ref();
        let set_apart = flagged.is_some_and(|it| it.training || it.suspended || it.cancelled);
        !set_apart && !matches!(self.kind, PosKind::Training | PosKind::Void)
    }
}
