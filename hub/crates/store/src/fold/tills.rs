//! Till transactions: their effect on stock, and which of them still count.
//!
//! A transaction counts as long as nothing that counts undoes it, so the undoing
//! of an undoing brings the sale back, in whatever order the three are heard of.

use retail::stock::till;
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::collections::BTreeSet;

use super::{Turn, events::Said, gaps, levels, orders};
use crate::error::Result;

/// Undoings of undoings that are followed; tills allow one or two.
const DEPTH_MAX: usize = 16;

/// A till transaction's current state changed.
pub(super) fn transaction(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let (hub_id, channel) = (said.event.hub_id(), said.event.channel());
    let at_ms = time(data).unwrap_or(said.time_ms);
    let till = till(channel, at_ms, data);
    let is_real = till.is_real && !said.is_deletion();
    let own = format!("h:{hub_id}");
    turn.run("DELETE FROM store_till_name WHERE hub_id = ?1", [hub_id])?;
    let mut names = names(channel, &said.event.sourceid, data);
    names.insert(own.clone());
    for name in &names {
        turn.run("INSERT OR IGNORE INTO store_till_name VALUES (?1, ?2)", (name, hub_id))?;
    }
    turn.run("DELETE FROM store_till_void WHERE said_by = ?1", [hub_id])?;
    for voided in till.voids.iter().flat_map(|it| candidates(channel, it, data)) {
        turn.run(
            "INSERT OR IGNORE INTO store_till_void VALUES (?1, ?2, ?3)",
            (&own, voided, hub_id),
        )?;
    }
    for voider in till.voided_by.iter().flat_map(|it| candidates(channel, it, data)) {
        turn.run(
            "INSERT OR IGNORE INTO store_till_void VALUES (?1, ?2, ?3)",
            (voider, &own, hub_id),
        )?;
    }
    turn.run(
        "INSERT INTO store_till VALUES (?1, ?2, 0, ?3)
         ON CONFLICT (hub_id) DO UPDATE SET is_real = excluded.is_real",
        (hub_id, is_real, channel),
    )?;
    levels::cover(turn, "pos_transaction", channel, &said.event.sourceid)?;
    gaps::seen(turn, said, data)?;

    let counts = counts(turn, hub_id, DEPTH_MAX)?;
    let movements = if counts { till.movements.as_slice() } else { &[] };
    levels::put(turn, said.pos, hub_id, movements, channel)?;
    turn.run("UPDATE store_till SET counts = ?2 WHERE hub_id = ?1", (hub_id, counts))?;
    orders::till(turn, said, data, counts)?;
    for other in undone_by(turn, hub_id)? {
        reconsider(turn, said.pos, &other, DEPTH_MAX)?;
    }
    Ok(())
}

/// Whether the transaction is real and nothing that counts undoes it.
fn counts(turn: &Turn<'_>, hub_id: &str, depth: usize) -> Result<bool> {
    let is_real: Option<bool> = turn
        .tx
        .prepare_cached("SELECT is_real FROM store_till WHERE hub_id = ?1")?
        .query_row([hub_id], |row| row.get(0))
        .optional()?;
    if is_real != Some(true) || depth == 0 {
        return Ok(false);
    }
    let voiders: Vec<String> = {
        let mut query = turn.tx.prepare_cached(
            "SELECT DISTINCT v.hub_id FROM store_till_name n
             JOIN store_till_void o ON o.voided = n.name
             JOIN store_till_name v ON v.name = o.voider
             WHERE n.hub_id = ?1 AND v.hub_id <> ?1 ORDER BY 1",
        )?;
        query.query_map([hub_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?
    };
    for voider in &voiders {
        if counts(turn, voider, depth - 1)? {
            return Ok(false);
        }
    }
    // It says itself that it was undone, and the one that did so is not known yet.
    let says_so = turn
        .tx
        .prepare_cached(
            "SELECT 1 FROM store_till_void WHERE said_by = ?1 AND voided = 'h:' || ?1 LIMIT 1",
        )?
        .exists([hub_id])?;
    Ok(!(says_so && voiders.is_empty()))
}

/// Transactions that this one undoes.
fn undone_by(turn: &Turn<'_>, hub_id: &str) -> Result<Vec<String>> {
    let mut query = turn.tx.prepare_cached(
        "SELECT DISTINCT t.hub_id FROM store_till_name n
         JOIN store_till_void o ON o.voider = n.name
         JOIN store_till_name t ON t.name = o.voided
         WHERE n.hub_id = ?1 AND t.hub_id <> ?1 ORDER BY 1",
    )?;
    let found = query.query_map([hub_id], |row| row.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Looks again at a transaction, and at what it undoes, when its standing changed.
fn reconsider(turn: &Turn<'_>, pos: i64, hub_id: &str, depth: usize) -> Result<()> {
    let now = counts(turn, hub_id, DEPTH_MAX)?;
    let (before, channel): (bool, String) = turn
        .tx
        .prepare_cached("SELECT counts, channel FROM store_till WHERE hub_id = ?1")?
        .query_row([hub_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if now == before || depth == 0 {
        return Ok(());
    }
    let movements = if now { current(turn, hub_id, &channel)? } else { Vec::new() };
    levels::put(turn, pos, hub_id, &movements, &channel)?;
    turn.run("UPDATE store_till SET counts = ?2 WHERE hub_id = ?1", (hub_id, now))?;
    orders::recount(turn, hub_id, now)?;
    for other in undone_by(turn, hub_id)? {
        reconsider(turn, pos, &other, depth - 1)?;
    }
    Ok(())
}

fn current(turn: &Turn<'_>, hub_id: &str, channel: &str) -> Result<Vec<retail::stock::Movement>> {
    let (time_ms, body): (i64, String) = turn
        .tx
        .prepare_cached(
            "SELECT e.time_ms, e.body FROM store_record r JOIN store_event e ON e.pos = r.pos
             WHERE r.hub_id = ?1",
        )?
        .query_row([hub_id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let event: canon::event::Event = serde_json::from_str(&body)?;
    let data: Value = serde_json::from_str(event.data.get()).unwrap_or(Value::Null);
    Ok(till(channel, time(&data).unwrap_or(time_ms), &data).movements)
}

fn time(data: &Value) -> Option<i64> {
    let text = data.get("end_at").and_then(Value::as_str)?;
    canon::clock::Timestamp::parse_rfc3339(text).map(canon::clock::Timestamp::as_ms)
}

/// Names by which other transactions call this one.
fn names(channel: &str, source_id: &str, data: &Value) -> BTreeSet<String> {
    let text = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut names = BTreeSet::from([format!("s:{channel}\u{1f}{source_id}")]);
    if !text("receipt_no").is_empty() {
        names.insert(till_name("r", channel, data, text("receipt_no")));
    }
    names.insert(till_name("n", channel, data, text("sequence")));
    names
}

/// What `id` may mean when this transaction names another one: its id, its
/// receipt, or its number at the same till on the same day.
fn candidates(channel: &str, id: &str, data: &Value) -> [String; 3] {
    [
        format!("s:{channel}\u{1f}{id}"),
        till_name("r", channel, data, id),
        till_name("n", channel, data, id),
    ]
}

fn till_name(kind: &str, channel: &str, data: &Value, id: &str) -> String {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (store, register, day) = (text("/store/value"), text("/register"), text("/business_date"));
    format!("{kind}:{channel}\u{1f}{store}\u{1f}{register}\u{1f}{day}\u{1f}{id}")
}
