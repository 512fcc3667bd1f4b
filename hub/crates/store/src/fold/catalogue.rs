//! Articles and places: what each channel calls them, and the one key under
//! which their stock is kept.
//!
//! Records of several channels are one article when they share a SKU or a GTIN,
//! one place when they share a code or a GLN. The key follows from the names
//! alone, so it does not depend on which record came first.

use retail::{
    reference::{gtin_name, hub_name, scheme_name, source_name},
    text,
};
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::{Turn, events::Said, levels};
use crate::error::Result;

pub(super) const VARIANT: &str = "variant";
pub(super) const LOCATION: &str = "location";

/// Names of one article or place as one record gives them.
struct Record {
    code: String,
    names: BTreeSet<String>,
}

/// A variant, or a product with its variants, changed.
pub(super) fn article(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let mut records = Vec::new();
    let own = [hub_name(said.event.hub_id()), source(said)];
    if data.get("sku").is_some() {
        records.extend(variant(said, data, own));
    }
    let variants = data.get("variants").and_then(Value::as_array);
    for one in variants.into_iter().flatten() {
        records.extend(variant(said, one, []));
    }
    replace(turn, said, VARIANT, &records)
}

/// A place changed.
pub(super) fn location(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let text = |name: &str| data.get(name).and_then(Value::as_str);
    let mut names = BTreeSet::from([hub_name(said.event.hub_id()), source(said)]);
    names.extend(text("code").map(|code| scheme_name("", "code", code)));
    names.extend(text("gln").map(|gln| scheme_name("", "gln", gln)));
    identifiers(said, data, &mut names);
    let records: Vec<Record> =
        text("code").map(|code| Record { code: code.to_owned(), names }).into_iter().collect();
    replace(turn, said, LOCATION, &records)
}

/// The key under which stock is kept for the first of these names that is
/// known; else what the source calls it.
pub(super) fn key(turn: &Turn<'_>, kind: &str, names: &[String]) -> Result<String> {
    let listed = serde_json::to_string(names)?;
    let known: Option<String> = turn
        .tx
        .prepare_cached("SELECT key FROM store_named WHERE kind = ?1 AND names = ?2")?
        .query_row((kind, &listed), |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(known);
    }
    let found = find(turn, kind, names)?;
    turn.run("INSERT INTO store_named VALUES (?1, ?2, ?3)", (kind, &listed, &found))?;
    for name in names {
        turn.run(
            "INSERT OR IGNORE INTO store_named_by VALUES (?1, ?2, ?3)",
            (kind, name, &listed),
        )?;
    }
    Ok(found)
}

fn find(turn: &Turn<'_>, kind: &str, names: &[String]) -> Result<String> {
    let mut query =
        turn.tx.prepare_cached("SELECT key FROM store_alias WHERE kind = ?1 AND name = ?2")?;
    for name in names {
        if let Some(key) = query.query_row((kind, name), |row| row.get(0)).optional()? {
            return Ok(key);
        }
    }
    Ok(names.first().map_or_else(|| "unassigned".to_owned(), |it| retail::reference::plain(it)))
}

// === names ===

fn source(said: &Said<'_>) -> String {
    source_name(said.event.channel(), &said.event.sourceid)
}

fn variant<const N: usize>(said: &Said<'_>, data: &Value, own: [String; N]) -> Option<Record> {
    let code = data.get("sku").and_then(Value::as_str)?;
    let mut names = BTreeSet::from(own);
    names.insert(scheme_name("", "sku", code));
    let gtin = data.get("gtin").and_then(Value::as_str).and_then(text::gtin);
    names.extend(gtin.map(|gtin| gtin_name(&gtin)));
    identifiers(said, data, &mut names);
    Some(Record { code: code.to_owned(), names })
}

fn identifiers(said: &Said<'_>, data: &Value, names: &mut BTreeSet<String>) {
    let identifiers = data.get("identifiers").and_then(Value::as_array);
    for one in identifiers.into_iter().flatten() {
        let text = |name: &str| one.get(name).and_then(Value::as_str);
        if let (Some(scheme), Some(value)) = (text("scheme"), text("value")) {
            names.insert(scheme_name(said.event.channel(), scheme, value));
        }
    }
}

/// Whether two records that share this name are the same thing. In-store
/// article numbers mean something in one shop only, and numbers of makers and
/// suppliers only with the maker or supplier.
fn bridges(name: &str) -> bool {
    name.strip_prefix("gtin:").map_or_else(
        || !["mpn:", "supplier_code:", "instore_code:"].iter().any(|it| name.starts_with(it)),
        |gtin| !text::is_instore(gtin),
    )
}

// === aliases ===

/// Puts the names of one record in place of its earlier ones, and the keys that
/// follow in place of theirs.
fn replace(turn: &Turn<'_>, said: &Said<'_>, kind: &str, records: &[Record]) -> Result<()> {
    // What was deleted at the source keeps its names: its stock is still there.
    if said.is_deletion() {
        return Ok(());
    }
    let hub_id = said.event.hub_id();
    let earlier = own_names(turn, hub_id)?;
    turn.run("DELETE FROM store_name WHERE hub_id = ?1", [hub_id])?;
    let mut touched: BTreeSet<String> = earlier;
    for record in records {
        for name in &record.names {
            turn.run(
                "INSERT OR IGNORE INTO store_name VALUES (?1, ?2, ?3, ?4, ?5)",
                (kind, name, hub_id, said.event.channel(), &record.code),
            )?;
            touched.insert(name.clone());
        }
    }
    rename(turn, kind, touched)
}

fn own_names(turn: &Turn<'_>, hub_id: &str) -> Result<BTreeSet<String>> {
    let mut query = turn.tx.prepare_cached("SELECT name FROM store_name WHERE hub_id = ?1")?;
    let names = query.query_map([hub_id], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

/// Finds the keys of these names, and of all that hang together with them, anew.
fn rename(turn: &Turn<'_>, kind: &str, touched: BTreeSet<String>) -> Result<()> {
    let mut keys: BTreeMap<String, Option<String>> = BTreeMap::new();
    for name in touched {
        if keys.contains_key(&name) {
            continue;
        }
        let (names, codes) = together(turn, kind, name)?;
        // A readable code before one that is an article number, then by the alphabet.
        let key = codes.into_iter().min_by_key(|code| (text::gtin(code).is_some(), code.clone()));
        for name in names {
            keys.insert(name, key.clone());
        }
    }
    for (name, key) in keys {
        let before: Option<String> = turn
            .tx
            .prepare_cached("SELECT key FROM store_alias WHERE kind = ?1 AND name = ?2")?
            .query_row((kind, &name), |row| row.get(0))
            .optional()?;
        if before == key {
            continue;
        }
        match key {
            Some(key) => turn.run(
                "INSERT OR REPLACE INTO store_alias VALUES (?1, ?2, ?3)",
                (kind, &name, key),
            )?,
            None => {
                turn.run("DELETE FROM store_alias WHERE kind = ?1 AND name = ?2", (kind, &name))?
            }
        }
        renamed(turn, kind, &name)?;
    }
    Ok(())
}

/// All names that hang together with `name`, and the codes of their records.
/// A name that stands for several things in one channel joins nothing, and is
/// nobody's alias.
fn together(
    turn: &Turn<'_>,
    kind: &str,
    name: String,
) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let (mut names, mut codes, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![name.clone()]);
    let mut holders = turn.tx.prepare_cached(
        "SELECT hub_id, channel, code FROM store_name WHERE kind = ?1 AND name = ?2",
    )?;
    let mut siblings =
        turn.tx.prepare_cached("SELECT name FROM store_name WHERE hub_id = ?1 AND code = ?2")?;
    while let Some(next) = open.pop() {
        let mut records: Vec<(String, String, String)> = Vec::new();
        for row in
            holders.query_map((kind, &next), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        {
            records.push(row?);
        }
        let mut code_in: BTreeMap<&str, &str> = BTreeMap::new();
        let is_ambiguous = records
            .iter()
            .any(|(_, channel, code)| *code_in.entry(channel).or_insert(code) != code);
        if is_ambiguous || (!bridges(&next) && records.len() > 1) {
            if next == name {
                names.insert(next);
                return Ok((names, BTreeSet::new()));
            }
            continue;
        }
        names.insert(next);
        for (hub_id, _, code) in records {
            for sibling in siblings.query_map((&hub_id, &code), |row| row.get::<_, String>(0))? {
                let sibling = sibling?;
                if !names.contains(&sibling) && !open.contains(&sibling) {
                    open.push(sibling);
                }
            }
            codes.insert(code);
        }
    }
    Ok((names, codes))
}

/// Lists that use the name may come to another key: their stock moves with them.
fn renamed(turn: &Turn<'_>, kind: &str, name: &str) -> Result<()> {
    let lists: Vec<(String, String)> = {
        let mut query = turn.tx.prepare_cached(
            "SELECT names, key FROM store_named JOIN store_named_by USING (kind, names)
             WHERE kind = ?1 AND name = ?2",
        )?;
        let rows = query.query_map((kind, name), |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>()?
    };
    for (listed, before) in lists {
        let names: Vec<String> = serde_json::from_str(&listed)?;
        let now = find(turn, kind, &names)?;
        if now != before {
            turn.run(
                "UPDATE store_named SET key = ?3 WHERE kind = ?1 AND names = ?2",
                (kind, &listed, &now),
            )?;
            levels::rekey(turn, kind == VARIANT, &listed, &now)?;
        }
    }
    Ok(())
}
