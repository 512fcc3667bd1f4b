//! How much is where: what documents do to stock, and the level as the fold of
//! all of it.
//!
//! A document (till transaction, order, count, delivery …) contributes
//! [`Movement`]s; a newer version of it contributes others instead. A [`Level`]
//! is a function of the set of movements, never of the order they came in.

mod documents;
mod level;
mod order;
mod till;

pub use documents::{
    goods_receipt, inventory_level, inventory_movement, purchase_order, reservation, returned,
};
pub use level::{Level, Step, level};
pub use order::{Statement, order};
pub use till::{Till, till};

use serde_json::Value;

use crate::{
    quantity::Quantity,
    reference::{self, Ref, gtin_name},
    text,
};

/// Which count of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Physically there.
    OnHand,
    /// Held for somebody for a time.
    Reserved,
    /// Given to confirmed orders and not yet sent.
    Committed,
    /// On its way here.
    Incoming,
}

/// What happens to a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It changes by so much, signed.
    By(Quantity),
    /// So much was there in fact at that time; all earlier changes are in it.
    Counted(Quantity),
    /// So much was free to sell at that time: what was reserved and committed
    /// then was there too.
    FreeToSell(Quantity),
}

/// One change of stock, its article and place by the names the source gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Tells it from the other movements of its document.
    pub part: String,
    /// Names of the article, the surest first.
    pub article: Vec<String>,
    /// Names of the place, the surest first; empty when the source names none.
    pub place: Vec<String>,
    /// `sellable`, `damaged`, `quality_check` or `expired`.
    pub condition: String,
    /// Which count.
    pub bucket: Bucket,
    /// What happens to it.
    pub change: Change,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// Why: `sale`, `return`, `count`, `commit` …
    pub kind: String,
    /// The document that reports the same change, `{type}` and `{id}` at the
    /// same channel, if the source says so.
    pub reference: Option<(String, String)>,
}

/// Condition of goods that can be sold.
pub const SELLABLE: &str = "sellable";

// === impl Bucket, Change ===

impl Bucket {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::OnHand, Self::Reserved, Self::Committed, Self::Incoming];

    /// The name in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnHand => "on_hand",
            Self::Reserved => "reserved",
            Self::Committed => "committed",
            Self::Incoming => "incoming",
        }
    }
}

// === reading ===

/// What all readers of one document need.
#[derive(Clone, Copy)]
struct Paper<'a> {
    channel: &'a str,
    at_ms: i64,
}

impl Paper<'_> {
    fn names(&self, reference: Option<&Value>) -> Vec<String> {
        let reference: Ref =
            reference.and_then(|it| serde_json::from_value(it.clone()).ok()).unwrap_or_default();
        let mut names = reference::names(&reference, self.channel);
        // Many sources write an article number where a SKU is meant.
        if let Some(gtin) = reference.value.as_deref().and_then(text::gtin) {
            names.push(gtin_name(&gtin));
        }
        names.dedup();
        names
    }

    /// Names of the article of a line: the SKU, what the variant is called, and
    /// what the scanner read.
    fn article(&self, line: &Value) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(sku) = text_at(line, "/sku") {
            names.extend(self.names(Some(&serde_json::json!({"scheme": "sku", "value": sku}))));
        }
        names.extend(self.names(line.get("variant")));
        let scanned = ["/gtin", "/scan_data"].into_iter().filter_map(|it| text_at(line, it));
        names.extend(scanned.filter_map(text::gtin).map(|gtin| gtin_name(&gtin)));
        let mut seen = Vec::new();
        names.retain(|name| {
            let is_new = !seen.contains(name);
            seen.push(name.clone());
            is_new
        });
        names
    }

    fn movement(&self, part: impl Into<String>, kind: &str, change: Change) -> Movement {
        Movement {
            part: part.into(),
            article: Vec::new(),
            place: Vec::new(),
            condition: SELLABLE.to_owned(),
            bucket: Bucket::OnHand,
            change,
            at_ms: self.at_ms,
            kind: kind.to_owned(),
            reference: None,
        }
    }
}

fn text_at<'a>(data: &'a Value, pointer: &str) -> Option<&'a str> {
    data.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn time_at(data: &Value, pointer: &str) -> Option<i64> {
    canon::clock::Timestamp::parse_rfc3339(text_at(data, pointer)?)
        .map(canon::clock::Timestamp::as_ms)
}

fn lines(data: &Value) -> impl Iterator<Item = &Value> {
    data.get("lines").and_then(Value::as_array).into_iter().flatten()
}

/// Only goods are in stock; services, gift cards, adjustments and points are not.
fn is_goods(line: &Value) -> bool {
    matches!(text_at(line, "/kind"), None | Some("product"))
}

#[cfg(test)]
mod tests;
