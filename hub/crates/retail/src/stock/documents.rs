//! What counts, stock changes, reservations, deliveries and returns do to stock.

use serde_json::Value;

use super::{Bucket, Change, Movement, Paper, SELLABLE, lines, text_at, time_at};
use crate::quantity::Quantity;

/// A level as a channel states it: what was there, or what was free to sell.
#[must_use]
pub fn inventory_level(channel: &str, at_ms: i64, data: &Value) -> Vec<Movement> {
    let at_ms = time_at(data, "/as_of").unwrap_or(at_ms);
    let paper = Paper { channel, at_ms };
    let on_hand = Quantity::read(data.get("on_hand")).map(Change::Counted);
    let available = Quantity::read(data.get("available")).map(Change::FreeToSell);
    let place = paper.names(data.get("location"));
    let article = paper.names(data.get("variant"));
    let condition = text_at(data, "/condition").unwrap_or(SELLABLE);
    let mut movements: Vec<Movement> = on_hand
        .or(available)
        .map(|change| Movement {
            article: article.clone(),
            place: place.clone(),
            condition: condition.to_owned(),
            ..paper.movement("level", "count", change)
        })
        .into_iter()
        .collect();
    let incoming = data.get("incoming").and_then(Value::as_array).into_iter().flatten();
    for (number, delivery) in incoming.enumerate() {
        if let Some(quantity) = Quantity::read(delivery.get("qty")) {
            movements.push(Movement {
                article: article.clone(),
                place: place.clone(),
                bucket: Bucket::Incoming,
                ..paper.movement(format!("incoming.{number}"), "incoming", Change::By(quantity))
            });
        }
    }
    movements
}

/// A stock change as a channel reports it.
#[must_use]
pub fn inventory_movement(channel: &str, at_ms: i64, data: &Value) -> Vec<Movement> {
    let at_ms = time_at(data, "/occurred_at").unwrap_or(at_ms);
    let paper = Paper { channel, at_ms };
    let kind = text_at(data, "/kind").unwrap_or("adjustment");
    let place = paper.names(data.get("location"));
    let article = paper.names(data.get("variant"));
    let reference = text_at(data, "/reference/type")
        .zip(text_at(data, "/reference/id"))
        .map(|(kind, id)| (kind.to_owned(), id.to_owned()));
    let from = text_at(data, "/bucket_from").and_then(count_named);
    let to = text_at(data, "/bucket_to").and_then(count_named);
    let mut changes = Vec::new();
    if let Some(there) = Quantity::read(data.get("assert")) {
        let (_, condition) = to.unwrap_or((Bucket::OnHand, SELLABLE));
        changes.push((Bucket::OnHand, condition, Change::Counted(there)));
    } else if let Some(delta) = Quantity::read(data.get("delta")) {
        match (from, to) {
            // From one count to another: the sign says only whose view it is.
            (Some(from), Some(to)) => {
                let moved = delta.max(delta.reversed());
                changes.push((from.0, from.1, Change::By(moved.reversed())));
                changes.push((to.0, to.1, Change::By(moved)));
            }
            (Some(count), None) | (None, Some(count)) => {
                changes.push((count.0, count.1, Change::By(delta)));
            }
            (None, None) => changes.push((count_of(kind), SELLABLE, Change::By(delta))),
        }
    }
    changes
        .into_iter()
        .enumerate()
        .map(|(number, (bucket, condition, change))| Movement {
            article: article.clone(),
            place: place.clone(),
            condition: condition.to_owned(),
            bucket,
            reference: reference.clone(),
            ..paper.movement(number.to_string(), kind, change)
        })
        .collect()
}

/// Stock held for somebody. Expiry is an event too: the level never depends on a clock.
#[must_use]
pub fn reservation(channel: &str, at_ms: i64, data: &Value) -> Vec<Movement> {
    let at_ms = time_at(data, "/created_at").unwrap_or(at_ms);
    let paper = Paper { channel, at_ms };
    let Some(quantity) = Quantity::read(data.get("qty")) else {
        return Vec::new();
    };
    // Once committed it is the order's.
    if text_at(data, "/state") != Some("held") {
        return Vec::new();
    }
    vec![Movement {
        article: paper.names(data.get("variant")),
        place: paper.names(data.get("location")),
        bucket: Bucket::Reserved,
        ..paper.movement("hold", "reservation", Change::By(quantity))
    }]
}

/// An order to a supplier: on its way here until it is received or called off. The
/// supplier's answer to it is no second order.
#[must_use]
pub fn purchase_order(channel: &str, at_ms: i64, data: &Value) -> Vec<Movement> {
    let is_on_its_way =
        matches!(text_at(data, "/status"), Some("sent" | "confirmed" | "partially_received"));
    let is_trial = data.get("test").and_then(Value::as_bool) == Some(true);
    if !is_on_its_way || is_trial || text_at(data, "/stated_by") == Some("supplier") {
        return Vec::new();
    }
    let paper = Paper { channel, at_ms: time_at(data, "/ordered_at").unwrap_or(at_ms) };
    let place = paper.names(data.get("ship_to"));
    lines(data)
        .enumerate()
        .filter_map(|(number, line)| {
            let pack = text_at(line, "/pack_multiple").and_then(Quantity::parse);
            let ordered = Quantity::read(line.get("qty"))?;
            let change = Change::By(pack.map_or(ordered, |pack| ordered.times(pack)));
            Some(Movement {
                article: paper.article(line),
                place: place.clone(),
                bucket: Bucket::Incoming,
                ..paper.movement(number.to_string(), "purchase", change)
            })
        })
        .collect()
}

/// Goods received from a supplier. What was refused does not stay.
#[must_use]
pub fn goods_receipt(channel: &str, at_ms: i64, data: &Value) -> Vec<Movement> {
    let at_ms = time_at(data, "/received_at").unwrap_or(at_ms);
    let paper = Paper { channel, at_ms };
    let place = paper.names(data.get("location"));
    let mut movements = Vec::new();
    for (number, line) in lines(data).enumerate() {
        let received = Quantity::read(line.get("qty_received")).unwrap_or_default();
        let refused = Quantity::read(line.get("qty_rejected")).unwrap_or_default();
        let kept = received.minus(refused);
        let article = paper.article(line);
        if kept != Quantity::ZERO {
            movements.push(Movement {
                article: article.clone(),
                place: place.clone(),
                ..paper.movement(format!("{number}.in"), "receipt", Change::By(kept))
            });
        }
        // With its order named, what came is no longer on its way.
        if data.get("po").is_some() && received != Quantity::ZERO {
            let arrived = Change::By(received.reversed());
            movements.push(Movement {
                article,
                place: place.clone(),
                bucket: Bucket::Incoming,
                ..paper.movement(format!("{number}.way"), "receipt", arrived)
            });
        }
    }
    movements
}

/// Goods coming back other than over a till.
#[must_use]
pub fn returned(channel: &str, at_ms: i64, data: &Value) -> Vec<Movement> {
    let is_back = matches!(text_at(data, "/state"), Some("received" | "inspected" | "completed"));
    if !is_back {
        return Vec::new();
    }
    let at_ms = time_at(data, "/initiated_at").unwrap_or(at_ms);
    let paper = Paper { channel, at_ms };
    let place = paper.names(data.get("location"));
    lines(data)
        .enumerate()
        .filter_map(|(number, line)| {
            let quantity = Quantity::read(line.get("qty"))?;
            let condition = match text_at(line, "/disposition") {
                Some("restock") => text_at(line, "/condition").unwrap_or(SELLABLE),
                Some("damage") => "damaged",
                _ => return None,
            };
            Some(Movement {
                article: paper.article(line),
                place: place.clone(),
                condition: condition.to_owned(),
                ..paper.movement(number.to_string(), "return", Change::By(quantity))
            })
        })
        .collect()
}

/// The count a kind of stock change is about.
fn count_of(kind: &str) -> Bucket {
    match kind {
        "reservation" | "release" | "layaway" | "layaway_release" => Bucket::Reserved,
        "commit" | "uncommit" => Bucket::Committed,
        _ => Bucket::OnHand,
    }
}

/// The count that a state of goods is in; states that are not in stock have none.
fn count_named(state: &str) -> Option<(Bucket, &'static str)> {
    match state {
        "sellable" => Some((Bucket::OnHand, SELLABLE)),
        "damaged" => Some((Bucket::OnHand, "damaged")),
        "quality_check" => Some((Bucket::OnHand, "quality_check")),
        "expired" => Some((Bucket::OnHand, "expired")),
        "reserved" => Some((Bucket::Reserved, SELLABLE)),
        "committed" => Some((Bucket::Committed, SELLABLE)),
        "incoming" => Some((Bucket::Incoming, SELLABLE)),
        _ => None,
    }
}
