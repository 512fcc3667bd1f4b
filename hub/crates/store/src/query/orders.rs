//! Orders and till transactions.

use canon::{clock::Timestamp, entity::Entity};
use retail::reference::plain;
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::Value;

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::{
    error::{Error, Result},
    place,
};

/// Which orders. Fields that are `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// `Order` or `PosTransaction` only.
    pub entity: Option<Entity>,
    /// Only by this channel.
    pub channel: Option<String>,
    /// Only in this status.
    pub status: Option<String>,
    /// Only with this number.
    pub number: Option<String>,
}

/// One order or till transaction.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderView {
    /// Hub id.
    pub hub_id: String,
    /// `order` or `pos_transaction`.
    pub entity: String,
    /// Channel it came by.
    pub channel: String,
    /// Its id there.
    pub source_id: String,
    /// The number people use.
    pub number: String,
    /// Order type, or kind of till transaction.
    pub kind: String,
    /// Order status; absent for a till.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Payment status, as far as any version said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_status: Option<String>,
    /// Fulfilment status, as far as any version said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilment_status: Option<String>,
    /// Return status, as far as any version said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_status: Option<String>,
    /// When it was placed, or closed at the till.
    pub at: Timestamp,
    /// Retail day.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub business_date: String,
    /// ISO 4217.
    pub currency: String,
    /// Grand total in minor units of the currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grand_total_minor: Option<i64>,
    /// Where it was sold, as the source names it.
    pub place: String,
    /// False for training, trial orders, and what was voided or deleted.
    pub counts: bool,
    /// Sequence of the entry that holds its current state.
    pub seq: u64,
    /// Hub id of the customer that bought, as things stand now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// An order with its canonical data.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderDetail {
    /// The order in short.
    #[serde(flatten)]
    pub order: OrderView,
    /// Canonical data as of its current version.
    pub data: Value,
}

const LIST: &str = "orders";
const COLUMNS: &str =
    "SELECT o.hub_id, o.entity, o.channel, o.source_id, o.number, o.kind, o.status,
     o.payment_status, o.fulfilment_status, o.return_status, o.at_ms, o.business_date, o.currency,
     o.grand_minor, o.place, o.counts, o.pos FROM store_order o";

// === impl Reader ===

impl Reader {
    /// Orders and till transactions, newest first.
    pub fn orders(&self, filter: &OrderFilter, page: &Page) -> Result<Listed<OrderView>> {
        let query = after(Filter::new(&format!("{COLUMNS} WHERE 1")), page)?
            .and("o.entity = ?", filter.entity.map(Entity::name))
            .and("o.channel = ?", filter.channel.clone())
            .and("o.status = ?", filter.status.clone())
            .and("o.number = ?", filter.number.clone())
            .order_by("o.at_ms DESC, o.hub_id DESC", page)?;
        self.ask(|conn| finish(conn, query.rows(conn, view)?, page))
    }

    /// One order or till transaction with its data.
    pub fn order(&self, hub_id: &str) -> Result<Option<OrderDetail>> {
        let page = Page::of(1);
        let query = Filter::new(&format!("{COLUMNS} WHERE 1"))
            .and("o.hub_id = ?", Some(hub_id.to_owned()))
            .order_by("o.hub_id", &page)?;
        let found = self.ask(|conn| finish(conn, query.rows(conn, view)?, &page))?;
        let (Some(order), Some(current)) = (found.items.into_iter().next(), self.current(hub_id)?)
        else {
            return Ok(None);
        };
        Ok(Some(OrderDetail { order, data: serde_json::from_str(current.event.data.get())? }))
    }
}

/// Orders whose buyer has one of these names.
pub(super) fn of_buyers(
    conn: &Connection,
    names: &[String],
    page: &Page,
) -> Result<Listed<OrderView>> {
    let query = after(
        Filter::new(&format!(
            "{COLUMNS} WHERE o.hub_id IN (SELECT b.hub_id FROM store_buyer b
             JOIN json_each(?1) n ON b.name = n.value)"
        ))
        .with(serde_json::to_string(names)?),
        page,
    )?
    .order_by("o.at_ms DESC, o.hub_id DESC", page)?;
    finish(conn, query.rows(conn, view)?, page)
}

fn after(filter: Filter, page: &Page) -> Result<Filter> {
    let Some(key) = page.after(LIST)? else {
        return Ok(filter);
    };
    let (at_ms, hub_id) = key.split_once('.').ok_or(Error::BadCursor)?;
    let at_ms: i64 = at_ms.parse().map_err(|_| Error::BadCursor)?;
    Ok(filter
        .and("o.at_ms <= ?", Some(at_ms))
        .and(&format!("(o.at_ms < {at_ms} OR o.hub_id < ?)"), Some(hub_id.to_owned())))
}

fn finish(conn: &Connection, rows: Vec<OrderView>, page: &Page) -> Result<Listed<OrderView>> {
    let mut listed = page.cut(LIST, rows, |it| format!("{}.{}", it.at.as_ms(), it.hub_id))?;
    for order in &mut listed.items {
        order.customer = customer_of(conn, &order.hub_id)?;
    }
    Ok(listed)
}

/// The party behind the buyer's names: the first name that is known.
fn customer_of(conn: &Connection, order: &str) -> Result<Option<String>> {
    let mut query = conn.prepare_cached(
        "SELECT coalesce(
             (SELECT golden FROM store_party
              WHERE substr(b.name, 1, 2) = 'h:' AND hub_id = substr(b.name, 3)),
             (SELECT golden FROM store_party
              WHERE substr(b.name, 1, 2) = 's:'
                AND channel = substr(b.name, 3, instr(b.name, char(31)) - 3)
                AND source_id = substr(b.name, instr(b.name, char(31)) + 1)
              ORDER BY first_pos LIMIT 1),
             (SELECT min(p.golden) FROM store_party_key k JOIN store_party p USING (hub_id)
              WHERE substr(b.name, 1, 2) = 'k:' AND k.hash = substr(b.name, 3)
                AND k.points_elsewhere = 0
              HAVING count(DISTINCT p.golden) = 1))
         FROM store_buyer b WHERE b.hub_id = ?1 ORDER BY b.name",
    )?;
    let found = query.query_map([order], |row| row.get::<_, Option<String>>(0))?;
    for golden in found {
        if let Some(golden) = golden? {
            return Ok(Some(golden));
        }
    }
    Ok(None)
}

fn view(row: &Row<'_>) -> rusqlite::Result<OrderView> {
    Ok(OrderView {
        hub_id: row.get(0)?,
        entity: row.get(1)?,
        channel: row.get(2)?,
        source_id: row.get(3)?,
        number: row.get(4)?,
        kind: row.get(5)?,
        status: row.get(6)?,
        payment_status: row.get(7)?,
        fulfilment_status: row.get(8)?,
        return_status: row.get(9)?,
        at: Timestamp::from_ms(row.get(10)?),
        business_date: row.get(11)?,
        currency: row.get(12)?,
        grand_total_minor: row.get(13)?,
        place: plain(&row.get::<_, String>(14)?),
        counts: row.get(15)?,
        seq: place::unpack(row.get(16)?).0,
        customer: None,
    })
}
