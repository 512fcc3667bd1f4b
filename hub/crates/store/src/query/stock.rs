//! Stock by article and place, the movements behind it, and missing till numbers.

use canon::clock::Timestamp;
use retail::{quantity::Quantity, stock::Level};
use rusqlite::Row;
use serde::Serialize;

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::{
    error::{Error, Result},
    place,
};

/// Which levels. Fields that are `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct StockFilter {
    /// Only of this article: its SKU, or another of its identifiers (GTIN).
    pub sku: Option<String>,
    /// Only at this place: its code.
    pub location: Option<String>,
}

/// How much of one article is at one place, in one condition. Quantities are
/// decimal text.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockView {
    /// SKU under which the article is kept.
    pub sku: String,
    /// Code of the place; `unassigned` where no source named one.
    pub location: String,
    /// `sellable`, `damaged`, `quality_check` or `expired`.
    pub condition: String,
    /// Physically there.
    pub on_hand: String,
    /// Held for somebody for a time.
    pub reserved: String,
    /// Given to confirmed orders and not yet sent.
    pub committed: String,
    /// On its way here; a receipt without a known order does not make it negative.
    pub incoming: String,
    /// Free to sell, never below zero.
    pub available: String,
    /// As `available`, below zero when more was promised than is there.
    pub available_raw: String,
    /// When it was last counted, if ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_at: Option<Timestamp>,
    /// When the hub last changed it.
    pub as_of: Timestamp,
    /// Sequence of the entry that last changed it.
    pub seq: u64,
}

/// One change of stock that counts now.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MovementView {
    /// Hub id of the document that makes it.
    pub document: String,
    /// Which part of the document.
    pub part: String,
    /// SKU under which the article is kept.
    pub sku: String,
    /// Code of the place.
    pub location: String,
    /// Condition of the goods.
    pub condition: String,
    /// `on_hand`, `reserved`, `committed`, `incoming`, or `covered` when another
    /// document reports the same change.
    pub bucket: String,
    /// Why.
    pub kind: String,
    /// Signed change, decimal text; absent for a count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delta: Option<String>,
    /// What a count found on hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<String>,
    /// What was found free to sell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_to_sell: Option<String>,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Sequence of the entry that brought it.
    pub seq: u64,
}

/// Numbers of a till's day that are missing.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct GapView {
    /// Channel.
    pub channel: String,
    /// Store, as the source names it.
    pub store: String,
    /// Till.
    pub register: String,
    /// Retail day.
    pub business_date: String,
    /// First missing number.
    pub from: u64,
    /// Last missing number; smaller than `from` when the counter started again.
    pub to: u64,
    /// When it was noticed.
    pub raised_at: Timestamp,
    /// When the missing numbers, or some of them, had come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared_at: Option<Timestamp>,
}

const LEVELS: &str = "stock";
const MOVEMENTS: &str = "movements";
const GAPS: &str = "gaps";

// === impl Reader ===

impl Reader {
    /// Levels by SKU, place and condition.
    pub fn stock(&self, filter: &StockFilter, page: &Page) -> Result<Listed<StockView>> {
        let after = page.after(LEVELS)?;
        self.ask(|conn| {
            let resolve = |kind: &str, scheme: &str, value: &str| key_of(conn, kind, scheme, value);
            let sku = filter.sku.as_deref().map(|it| resolve("variant", "sku", it)).transpose()?;
            let location =
                filter.location.as_deref().map(|it| resolve("location", "code", it)).transpose()?;
            let mut query = Filter::new(
                "SELECT sku, place, condition, on_hand, reserved, committed, incoming, base_ms,
                        changed_ms, changed_seq
                 FROM store_level WHERE 1",
            )
            .and("sku = ?", sku)
            .and("place = ?", location);
            if let Some(after) = after {
                let mut parts = after.split('\u{1f}').map(str::to_owned);
                let (Some(sku), Some(place), Some(condition)) =
                    (parts.next(), parts.next(), parts.next())
                else {
                    return Err(Error::BadCursor);
                };
                query = query.after_three(["sku", "place", "condition"], [sku, place, condition]);
            }
            let query = query.order_by("sku, place, condition", page)?;
            page.cut(LEVELS, query.rows(conn, level)?, |it| {
                [it.sku.as_str(), &it.location, &it.condition].join("\u{1f}")
            })
        })
    }

    /// Changes of stock of one article at one place, in the order of their time.
    pub fn movements(
        &self,
        sku: &str,
        location: &str,
        page: &Page,
    ) -> Result<Listed<MovementView>> {
        let after = page.after(MOVEMENTS)?;
        self.ask(|conn| {
            let mut query = Filter::new(
                "SELECT document, part, sku, place, condition, bucket, kind, assertion,
                        millionths, at_ms, pos
                 FROM store_movement WHERE 1",
            )
            .and("sku = ?", Some(key_of(conn, "variant", "sku", sku)?))
            .and("place = ?", Some(key_of(conn, "location", "code", location)?));
            if let Some(after) = after {
                let mut parts = after.split('\u{1f}').map(str::to_owned);
                let (Some(at_ms), Some(document), Some(part)) =
                    (parts.next(), parts.next(), parts.next())
                else {
                    return Err(Error::BadCursor);
                };
                let at_ms: i64 = at_ms.parse().map_err(|_| Error::BadCursor)?;
                query = query.and("at_ms >= ?", Some(at_ms)).after_two(
                    &format!("at_ms > {at_ms}"),
                    ["document", "part"],
                    [document, part],
                );
            }
            let query = query.order_by("at_ms, document, part", page)?;
            page.cut(MOVEMENTS, query.rows(conn, movement)?, |it| {
                format!("{}\u{1f}{}\u{1f}{}", it.occurred_at.as_ms(), it.document, it.part)
            })
        })
    }

    /// Missing till numbers, newest first; only open ones unless `cleared` too.
    pub fn gaps(&self, cleared: bool, page: &Page) -> Result<Listed<GapView>> {
        let mut query = Filter::new(
            "SELECT channel, store, register, business_date, first, last, raised_ms, cleared_ms,
                    raised_pos || '.' || first
             FROM store_gap WHERE 1",
        )
        .and("cleared_ms = ?", (!cleared).then_some(0));
        if let Some(key) = page.after(GAPS)? {
            let (pos, first) = key.split_once('.').ok_or(Error::BadCursor)?;
            let pos: i64 = pos.parse().map_err(|_| Error::BadCursor)?;
            let first: i64 = first.parse().map_err(|_| Error::BadCursor)?;
            query = query.and(
                &format!("(raised_pos < {pos} OR raised_pos = {pos} AND first < ?)"),
                Some(first),
            );
        }
        let query = query.order_by("raised_pos DESC, first DESC", page)?;
        let rows = self.ask(|conn| query.rows(conn, |row| Ok((row.get(8)?, gap(row)?))))?;
        let listed = page.cut(GAPS, rows, |(key, _): &(String, GapView)| key.clone())?;
        Ok(listed.map(|(_, gap)| gap))
    }
}

/// The key under which stock of what people call `value` is kept.
fn key_of(conn: &rusqlite::Connection, kind: &str, scheme: &str, value: &str) -> Result<String> {
    use rusqlite::OptionalExtension;
    let mut query =
        conn.prepare_cached("SELECT key FROM store_alias WHERE kind = ?1 AND name = ?2")?;
    let names = [
        retail::reference::scheme_name("", scheme, value),
        retail::reference::scheme_name("", "gtin", value),
        retail::reference::hub_name(value),
    ];
    for name in names {
        if let Some(key) = query.query_row((kind, name), |row| row.get(0)).optional()? {
            return Ok(key);
        }
    }
    Ok(value.to_owned())
}

fn quantity(millionths: i64) -> String {
    Quantity::from_millionths(millionths).to_string()
}

fn level(row: &Row<'_>) -> rusqlite::Result<StockView> {
    let count = |at: usize| row.get(at).map(Quantity::from_millionths);
    let level = Level {
        on_hand: count(3)?,
        reserved: count(4)?,
        committed: count(5)?,
        incoming: count(6)?,
    };
    Ok(StockView {
        sku: row.get(0)?,
        location: row.get(1)?,
        condition: row.get(2)?,
        on_hand: level.on_hand.to_string(),
        reserved: level.reserved.to_string(),
        committed: level.committed.to_string(),
        incoming: level.incoming.max(Quantity::ZERO).to_string(),
        available: level.available().max(Quantity::ZERO).to_string(),
        available_raw: level.available().to_string(),
        counted_at: row.get::<_, Option<i64>>(7)?.map(Timestamp::from_ms),
        as_of: Timestamp::from_ms(row.get(8)?),
        seq: row.get(9)?,
    })
}

fn movement(row: &Row<'_>) -> rusqlite::Result<MovementView> {
    let bucket: i64 = row.get(5)?;
    let assertion: i64 = row.get(7)?;
    let amount = quantity(row.get(8)?);
    let when = |wanted: i64| (assertion == wanted).then(|| amount.clone());
    Ok(MovementView {
        document: row.get(0)?,
        part: row.get(1)?,
        sku: row.get(2)?,
        location: row.get(3)?,
        condition: row.get(4)?,
        bucket: match bucket {
            0 => "on_hand",
            1 => "reserved",
            2 => "committed",
            3 => "incoming",
            _ => "covered",
        }
        .to_owned(),
        kind: row.get(6)?,
        delta: when(0),
        counted: when(1),
        free_to_sell: when(2),
        occurred_at: Timestamp::from_ms(row.get(9)?),
        seq: place::unpack(row.get(10)?).0,
    })
}

fn gap(row: &Row<'_>) -> rusqlite::Result<GapView> {
    let cleared: i64 = row.get(7)?;
    Ok(GapView {
        channel: row.get(0)?,
        store: row.get(1)?,
        register: row.get(2)?,
        business_date: row.get(3)?,
        from: row.get(4)?,
        to: row.get(5)?,
        raised_at: Timestamp::from_ms(row.get(6)?),
        cleared_at: (cleared > 0).then(|| Timestamp::from_ms(cleared)),
    })
}
