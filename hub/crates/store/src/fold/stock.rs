//! Which documents move stock, and how.

use canon::{entity::Action, entity::Entity, event::Event};
use retail::stock::{self, Movement, Statement};
use serde_json::Value;
use std::borrow::Cow;

use super::{Turn, events::Said, levels};
use crate::error::Result;

/// A document that moves stock became current.
pub(super) fn document(
    turn: &Turn<'_>,
    said: &Said<'_>,
    entity: Entity,
    data: &Value,
) -> Result<()> {
    let channel = said.event.channel();
    let read: fn(&str, i64, &Value) -> Vec<Movement> = match entity {
        Entity::InventoryLevel => stock::inventory_level,
        Entity::InventoryMovement => stock::inventory_movement,
        Entity::Reservation => stock::reservation,
        Entity::PurchaseOrder => stock::purchase_order,
        Entity::GoodsReceipt => stock::goods_receipt,
        Entity::Return => stock::returned,
        _ => return Ok(()),
    };
    let movements = if said.is_deletion() { Vec::new() } else { read(channel, said.time_ms, data) };
    if matches!(entity, Entity::GoodsReceipt | Entity::Return) {
        levels::cover(turn, entity.name(), channel, &said.event.sourceid)?;
    }
    levels::put(turn, said.pos, said.event.hub_id(), &movements, channel)
}

/// One more version of an order is known, the current one or an older one.
pub(super) fn order(turn: &Turn<'_>, said: &Said<'_>) -> Result<()> {
    let (hub_id, channel) = (said.event.hub_id(), said.event.channel());
    let versions = versions(turn, said)?;
    let statements: Vec<(bool, Statement<'_>)> = versions
        .iter()
        .map(|it| {
            let statement = Statement {
                said_at_ms: it.said_at_ms,
                is_deletion: it.is_deletion,
                data: &it.data,
            };
            (it.is_current, statement)
        })
        .collect();
    let all: Vec<Statement<'_>> = statements.iter().map(|(_, it)| *it).collect();
    let Some((_, current)) = statements.iter().find(|(is_current, _)| *is_current) else {
        return Ok(());
    };
    let movements = stock::order(channel, *current, &all);
    levels::cover(turn, Entity::Order.name(), channel, &said.event.sourceid)?;
    levels::put(turn, said.pos, hub_id, &movements, channel)
}

struct Version<'a> {
    said_at_ms: i64,
    is_deletion: bool,
    is_current: bool,
    data: Cow<'a, Value>,
}

/// All versions that were or are current; what was in conflict is not believed.
/// The one that was just taken in is not read again.
fn versions<'a>(turn: &Turn<'_>, said: &'a Said<'_>) -> Result<Vec<Version<'a>>> {
    let mut query = turn.tx.prepare_cached(
        "SELECT e.time_ms, e.action, CASE e.pos WHEN ?2 THEN NULL ELSE e.body END, e.pos = r.pos
         FROM store_event e JOIN store_record r ON r.hub_id = e.hub_id
         WHERE e.hub_id = ?1 AND e.verdict IN ('applied', 'older') ORDER BY e.pos",
    )?;
    let mut rows = query.query((said.event.hub_id(), said.pos))?;
    let mut versions = Vec::new();
    while let Some(row) = rows.next()? {
        let data = match row.get::<_, Option<String>>(2)? {
            None => Cow::Borrowed(said.data()),
            Some(body) => {
                let event: Event = serde_json::from_str(&body)?;
                Cow::Owned(serde_json::from_str(event.data.get()).unwrap_or(Value::Null))
            }
        };
        versions.push(Version {
            said_at_ms: row.get(0)?,
            is_deletion: row.get::<_, String>(1)? == Action::Deleted.name(),
            is_current: row.get(3)?,
            data,
        });
    }
    Ok(versions)
}
