//! Orders and till transactions as lists show them, and who bought.
//!
//! The buyer is kept by the name the source gave. Which party that is, is
//! found when it is asked for, so a later merge needs no rewriting.

use canon::clock::Timestamp;
use retail::{
    identity::{key_name, party_key, party_names},
    reference::{Ref, names},
};
use serde_json::Value;

use super::{Turn, events::Said};
use crate::error::Result;

/// An order's current state changed.
pub(super) fn order(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let row = Row {
        number: text(data, "/order_no"),
        kind: text(data, "/order_type"),
        status: optional(data, "/status"),
        at_ms: time(data, "/placed_at").unwrap_or(said.time_ms),
        place: place(data, "/sales_location", said),
        counts: data.get("test").and_then(Value::as_bool) != Some(true) && !said.is_deletion(),
    };
    write(turn, said, data, &row)?;
    let mut buyers = Vec::new();
    if let Some(party) = data.pointer("/buyer/party") {
        let party: Ref = serde_json::from_value(party.clone()).unwrap_or_default();
        buyers = party_names(&party, said.event.channel());
    }
    name_buyers(turn, said, &buyers)
}

/// A till transaction's current state changed. `counts` says whether it is a
/// real one that nothing took back.
pub(super) fn till(turn: &Turn<'_>, said: &Said<'_>, data: &Value, counts: bool) -> Result<()> {
    let receipt = text(data, "/receipt_no");
    let row = Row {
        number: if receipt.is_empty() { text(data, "/sequence") } else { receipt },
        kind: text(data, "/kind"),
        status: None,
        at_ms: time(data, "/end_at").unwrap_or(said.time_ms),
        place: place(data, "/store", said),
        counts,
    };
    write(turn, said, data, &row)?;
    let customer = data.get("customer").cloned().unwrap_or(Value::Null);
    let customer: Ref = serde_json::from_value(customer).unwrap_or_default();
    let mut buyers = party_names(&customer, said.event.channel());
    let card = party_key("member_code", text(data, "/member_code"));
    buyers.extend(card.map(|key| key_name(&key.hash)));
    name_buyers(turn, said, &buyers)
}

/// Whether a till transaction counts, changed with another one.
pub(super) fn recount(turn: &Turn<'_>, hub_id: &str, counts: bool) -> Result<()> {
    turn.run("UPDATE store_order SET counts = ?2 WHERE hub_id = ?1", (hub_id, counts))
}

/// An older statement fills in what the current one does not say.
pub(super) fn fill_in(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    turn.run(
        "UPDATE store_order SET
             payment_status = coalesce(payment_status, ?2),
             fulfilment_status = coalesce(fulfilment_status, ?3),
             return_status = coalesce(return_status, ?4)
         WHERE hub_id = ?1",
        (
            said.event.hub_id(),
            optional(data, "/payment_status"),
            optional(data, "/fulfilment_status"),
            optional(data, "/return_status"),
        ),
    )
}

struct Row<'a> {
    number: &'a str,
    kind: &'a str,
    status: Option<&'a str>,
    at_ms: i64,
    place: String,
    counts: bool,
}

fn write(turn: &Turn<'_>, said: &Said<'_>, data: &Value, row: &Row<'_>) -> Result<()> {
    turn.tx
        .prepare_cached(
            "INSERT INTO store_order
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT (hub_id) DO UPDATE SET
                 number = excluded.number, kind = excluded.kind, status = excluded.status,
                 payment_status = coalesce(excluded.payment_status, payment_status),
                 fulfilment_status = coalesce(excluded.fulfilment_status, fulfilment_status),
                 return_status = coalesce(excluded.return_status, return_status),
                 at_ms = excluded.at_ms, business_date = excluded.business_date,
                 currency = excluded.currency, grand_minor = excluded.grand_minor,
                 place = excluded.place, counts = excluded.counts, pos = excluded.pos",
        )?
        .execute(rusqlite::params![
            said.event.hub_id(),
            said.entity,
            said.event.channel(),
            said.event.sourceid,
            row.number,
            row.kind,
            row.status,
            optional(data, "/payment_status"),
            optional(data, "/fulfilment_status"),
            optional(data, "/return_status"),
            row.at_ms,
            text(data, "/business_date"),
            data.pointer("/totals/grand/currency")
                .or_else(|| data.get("currency"))
                .and_then(Value::as_str)
                .unwrap_or_default(),
            data.pointer("/totals/grand/minor").and_then(Value::as_i64),
            row.place,
            row.counts,
            said.pos,
        ])?;
    Ok(())
}

fn name_buyers(turn: &Turn<'_>, said: &Said<'_>, names: &[String]) -> Result<()> {
    let hub_id = said.event.hub_id();
    turn.run("DELETE FROM store_buyer WHERE hub_id = ?1", [hub_id])?;
    for name in names {
        turn.run("INSERT OR IGNORE INTO store_buyer VALUES (?1, ?2)", (name, hub_id))?;
    }
    Ok(())
}

fn text<'a>(data: &'a Value, pointer: &str) -> &'a str {
    optional(data, pointer).unwrap_or_default()
}

fn optional<'a>(data: &'a Value, pointer: &str) -> Option<&'a str> {
    data.pointer(pointer).and_then(Value::as_str)
}

fn time(data: &Value, pointer: &str) -> Option<i64> {
    Timestamp::parse_rfc3339(optional(data, pointer)?).map(Timestamp::as_ms)
}

/// The name under which the place is known.
fn place(data: &Value, pointer: &str, said: &Said<'_>) -> String {
    let place = data.pointer(pointer).cloned().unwrap_or(Value::Null);
    let place: Ref = serde_json::from_value(place).unwrap_or_default();
    names(&place, said.event.channel()).into_iter().next_back().unwrap_or_default()
}
