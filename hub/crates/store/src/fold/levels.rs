//! Movements of stock and the levels they fold to.
//!
//! A level is changed by what changed, and folded anew only where a count came
//! or went: then from the index, no further back than the last count.

use retail::stock::{Bucket, Change, Movement};
use rusqlite::{OptionalExtension, Row};
use std::collections::BTreeSet;

use super::{
    Turn,
    catalogue::{self, LOCATION, VARIANT},
    signed,
};
use crate::error::Result;

/// Reported by another document too, and counted there.
const COVERED: i64 = 9;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    sku: String,
    place: String,
    condition: String,
}

struct Stored {
    key: Key,
    document: String,
    part: String,
    bucket: i64,
    assertion: i64,
    millionths: i64,
    at_ms: i64,
}

/// The document `document` contributes `movements`, and nothing else any more.
pub(super) fn put(
    turn: &Turn<'_>,
    pos: i64,
    document: &str,
    movements: &[Movement],
    channel: &str,
) -> Result<()> {
    let mut anew = BTreeSet::new();
    for row in select(turn, "document = ?1", document)? {
        turn.run(
            "DELETE FROM store_movement WHERE document = ?1 AND part = ?2",
            (&row.document, &row.part),
        )?;
        shift(turn, &row, -1, &mut anew)?;
    }
    for movement in movements {
        let row = write(turn, pos, document, movement, channel)?;
        shift(turn, &row, 1, &mut anew)?;
    }
    fold_anew(turn, &anew)
}

/// A document is known that others may have reported as stock changes too:
/// from now on only the document itself counts.
pub(super) fn cover(turn: &Turn<'_>, entity: &str, channel: &str, source_id: &str) -> Result<()> {
    let mut anew = BTreeSet::new();
    let reference = reference_name(entity, channel, source_id);
    for row in select(turn, "reference <> '' AND reference = ?1", &reference)? {
        if row.bucket != COVERED {
            turn.run(
                "UPDATE store_movement SET bucket = ?3 WHERE document = ?1 AND part = ?2",
                (&row.document, &row.part, COVERED),
            )?;
            shift(turn, &row, -1, &mut anew)?;
        }
    }
    fold_anew(turn, &anew)
}

/// What these names stand for is kept under another key now.
pub(super) fn rekey(turn: &Turn<'_>, is_article: bool, names: &str, key: &str) -> Result<()> {
    let (names_column, key_column) =
        if is_article { ("article_names", "sku") } else { ("place_names", "place") };
    let mut anew = BTreeSet::new();
    for row in select(turn, &format!("{names_column} = ?1"), names)? {
        turn.run(
            &format!(
                "UPDATE store_movement SET {key_column} = ?3 WHERE document = ?1 AND part = ?2"
            ),
            (&row.document, &row.part, key),
        )?;
        shift(turn, &row, -1, &mut anew)?;
        let mut moved = row;
        if is_article {
            key.clone_into(&mut moved.key.sku);
        } else {
            key.clone_into(&mut moved.key.place);
        }
        shift(turn, &moved, 1, &mut anew)?;
    }
    fold_anew(turn, &anew)
}

fn reference_name(entity: &str, channel: &str, source_id: &str) -> String {
    format!("{entity}\u{1f}{channel}\u{1f}{source_id}")
}

// === rows ===

fn select(turn: &Turn<'_>, condition: &str, value: &str) -> Result<Vec<Stored>> {
    let mut query = turn.tx.prepare_cached(&format!(
        "SELECT sku, place, condition, document, part, bucket, assertion, millionths, at_ms
         FROM store_movement WHERE {condition}"
    ))?;
    let read = |row: &Row<'_>| {
        let key = Key { sku: row.get(0)?, place: row.get(1)?, condition: row.get(2)? };
        Ok(Stored {
            key,
            document: row.get(3)?,
            part: row.get(4)?,
            bucket: row.get(5)?,
            assertion: row.get(6)?,
            millionths: row.get(7)?,
            at_ms: row.get(8)?,
        })
    };
    Ok(query.query_map([value], read)?.collect::<rusqlite::Result<_>>()?)
}

fn write(
    turn: &Turn<'_>,
    pos: i64,
    document: &str,
    movement: &Movement,
    channel: &str,
) -> Result<Stored> {
    let (assertion, quantity) = match movement.change {
        Change::By(quantity) => (0, quantity),
        Change::Counted(quantity) => (1, quantity),
        Change::FreeToSell(quantity) => (2, quantity),
    };
    let reference = movement
        .reference
        .as_ref()
        .map(|(entity, id)| (entity, id, reference_name(entity, channel, id)));
    let mut bucket = bucket_number(movement.bucket);
    if let Some((entity, id, _)) = &reference
        && is_known(turn, entity, channel, id)?
    {
        bucket = COVERED;
    }
    let row = Stored {
        key: Key {
            sku: catalogue::key(turn, VARIANT, &movement.article)?,
            place: catalogue::key(turn, LOCATION, &movement.place)?,
            condition: movement.condition.clone(),
        },
        document: document.to_owned(),
        part: movement.part.clone(),
        bucket,
        assertion,
        millionths: quantity.millionths(),
        at_ms: movement.at_ms,
    };
    turn.run(
        "INSERT OR REPLACE INTO store_movement
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        (
            document,
            &row.part,
            &row.key.sku,
            &row.key.place,
            &row.key.condition,
            row.bucket,
            row.assertion,
            row.millionths,
            row.at_ms,
            &movement.kind,
            serde_json::to_string(&movement.article)?,
            serde_json::to_string(&movement.place)?,
            reference.map(|(_, _, name)| name).unwrap_or_default(),
            pos,
        ),
    )?;
    Ok(row)
}

/// Whether the document is known and moves stock itself.
fn is_known(turn: &Turn<'_>, entity: &str, channel: &str, source_id: &str) -> Result<bool> {
    let moves = ["pos_transaction", "order", "return", "goods_receipt"].contains(&entity);
    let known = turn
        .tx
        .prepare_cached(
            "SELECT 1 FROM store_record WHERE channel = ?1 AND entity = ?2 AND source_id = ?3",
        )?
        .exists((channel, entity, source_id))?;
    Ok(moves && known)
}

pub(super) const fn bucket_number(bucket: Bucket) -> i64 {
    match bucket {
        Bucket::OnHand => 0,
        Bucket::Reserved => 1,
        Bucket::Committed => 2,
        Bucket::Incoming => 3,
    }
}

// === levels ===

/// Adds a row to its level (`sign` 1) or takes it out (`sign` -1). A count asks
/// for the level to be folded anew.
fn shift(turn: &Turn<'_>, row: &Stored, sign: i64, anew: &mut BTreeSet<Key>) -> Result<()> {
    if row.bucket == COVERED {
        return Ok(());
    }
    if row.assertion > 0 || anew.contains(&row.key) {
        anew.insert(row.key.clone());
        return Ok(());
    }
    let by = row.millionths.saturating_mul(sign);
    let column = match row.bucket {
        1 => "reserved",
        2 => "committed",
        3 => "incoming",
        _ => "on_hand",
    };
    open(turn, &row.key)?;
    // A change up to the last count is in it; what was held then was there too.
    let on_hand_too = match column {
        "on_hand" => {
            "on_hand = on_hand + CASE WHEN ?5 > coalesce(base_ms, -9e18) THEN ?4 ELSE 0 END"
        }
        "reserved" => {
            "reserved = reserved + ?4, on_hand = on_hand
             + CASE WHEN base_assertion = 2 AND ?5 <= base_ms THEN ?4 ELSE 0 END"
        }
        "committed" => {
            "committed = committed + ?4, on_hand = on_hand
             + CASE WHEN base_assertion = 2 AND ?5 <= base_ms THEN ?4 ELSE 0 END"
        }
        _ => "incoming = incoming + ?4 + 0 * ?5",
    };
    turn.run(
        &format!(
            "UPDATE store_level SET {on_hand_too}, changed_ms = ?6, changed_seq = ?7
             WHERE sku = ?1 AND place = ?2 AND condition = ?3"
        ),
        (
            &row.key.sku,
            &row.key.place,
            &row.key.condition,
            by,
            row.at_ms,
            turn.at.as_ms(),
            signed(turn.seq),
        ),
    )?;
    if sign < 0 {
        close_if_empty(turn, &row.key)?;
    }
    Ok(())
}

fn open(turn: &Turn<'_>, key: &Key) -> Result<()> {
    turn.run(
        "INSERT OR IGNORE INTO store_level VALUES (?1, ?2, ?3, 0, 0, 0, 0, NULL, 0, 0, 0)",
        (&key.sku, &key.place, &key.condition),
    )
}

/// A key without movements has no level.
fn close_if_empty(turn: &Turn<'_>, key: &Key) -> Result<()> {
    turn.run(
        "DELETE FROM store_level WHERE sku = ?1 AND place = ?2 AND condition = ?3
         AND NOT EXISTS (SELECT 1 FROM store_movement m
                         WHERE m.sku = ?1 AND m.place = ?2 AND m.condition = ?3
                           AND m.bucket < 9)",
        (&key.sku, &key.place, &key.condition),
    )
}

fn fold_anew(turn: &Turn<'_>, keys: &BTreeSet<Key>) -> Result<()> {
    for key in keys {
        let base: Option<(i64, i64, i64)> = turn
            .tx
            .prepare_cached(
                "SELECT at_ms, assertion, millionths FROM store_movement
                 WHERE sku = ?1 AND place = ?2 AND condition = ?3 AND assertion > 0 AND bucket < 9
                 ORDER BY at_ms DESC, document DESC, part DESC LIMIT 1",
            )?
            .query_row((&key.sku, &key.place, &key.condition), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let (base_ms, assertion, counted) = base.unwrap_or((i64::MIN, 0, 0));
        let sum = |bucket: i64, after: i64, up_to: i64| -> Result<i64> {
            let sum: Option<i64> = turn
                .tx
                .prepare_cached(
                    "SELECT sum(millionths) FROM store_movement
                     WHERE sku = ?1 AND place = ?2 AND condition = ?3 AND bucket = ?4
                       AND at_ms > ?5 AND at_ms <= ?6 AND assertion = 0",
                )?
                .query_row((&key.sku, &key.place, &key.condition, bucket, after, up_to), |row| {
                    row.get(0)
                })?;
            Ok(sum.unwrap_or(0))
        };
        let mut on_hand = counted + sum(0, base_ms, i64::MAX)?;
        if assertion == 2 {
            on_hand += sum(1, i64::MIN, base_ms)? + sum(2, i64::MIN, base_ms)?;
        }
        open(turn, key)?;
        turn.run(
            "UPDATE store_level SET on_hand = ?4, reserved = ?5, committed = ?6, incoming = ?7,
                 base_ms = ?8, base_assertion = ?9, changed_ms = ?10, changed_seq = ?11
             WHERE sku = ?1 AND place = ?2 AND condition = ?3",
            (
                &key.sku,
                &key.place,
                &key.condition,
                on_hand,
                sum(1, i64::MIN, i64::MAX)?,
                sum(2, i64::MIN, i64::MAX)?,
                sum(3, i64::MIN, i64::MAX)?,
                base.map(|(at_ms, _, _)| at_ms),
                assertion,
                turn.at.as_ms(),
                signed(turn.seq),
            ),
        )?;
        close_if_empty(turn, key)?;
    }
    Ok(())
}
