//! What a till's transaction does to stock.

use serde_json::Value;

use super::{Bucket, Change, Movement, Paper, is_goods, lines, text_at};
use crate::quantity::Quantity;

/// A till's transaction as far as stock is concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Till {
    /// False for training, cancelled and suspended transactions: no sale, no
    /// stock, no points.
    pub is_real: bool,
    /// The transaction it undoes, by id, number or receipt.
    pub voids: Option<String>,
    /// The transaction that undid it.
    pub voided_by: Option<String>,
    /// What it does as long as nothing undoes it.
    pub movements: Vec<Movement>,
}

/// Reads canonical data of a till transaction that `channel` gave, closed at `at_ms`.
///
/// Quantities are signed: a line with a negative quantity comes back into stock,
/// in a sale as in a return. A transaction that undoes another one moves nothing
/// itself when it names the other: the other's effect ends instead, and comes
/// back when the undoing is undone.
#[must_use]
pub fn till(channel: &str, at_ms: i64, data: &Value) -> Till {
    let flag = |name: &str| data.pointer(name).and_then(Value::as_bool) == Some(true);
    let kind = text_at(data, "/kind").unwrap_or_default();
    let is_real = kind != "training"
        && !flag("/flags/training")
        && !flag("/flags/cancelled")
        && !flag("/flags/suspended");
    let mut till = Till {
        is_real,
        voids: text_at(data, "/flags/voids_transaction").map(str::to_owned),
        voided_by: text_at(data, "/flags/voided_by").map(str::to_owned),
        movements: Vec::new(),
    };
    // An order that is handed over at the till moves stock by its own fulfilment.
    if till.voids.is_some() || data.get("order").is_some() {
        return till;
    }
    let paper = Paper { channel, at_ms };
    let place = paper.names(data.get("store"));
    for (number, line) in lines(data).enumerate() {
        let is_void = line.get("void").and_then(Value::as_bool) == Some(true);
        let Some(quantity) = Quantity::read(line.get("qty_ordered")) else {
            continue;
        };
        if is_void || !is_goods(line) || quantity == Quantity::ZERO {
            continue;
        }
        let id = text_at(line, "/line_id").map_or_else(|| number.to_string(), str::to_owned);
        let returned = line.get("return").and_then(Value::as_bool);
        for (bucket, change) in effects(kind, quantity, returned) {
            let part = format!("{id}.{}", bucket.name());
            till.movements.push(Movement {
                article: paper.article(line),
                place: place.clone(),
                bucket,
                ..paper.movement(part, kind, Change::By(change))
            });
        }
    }
    till
}

/// Which counts a line changes, by how much.
fn effects(kind: &str, quantity: Quantity, returned: Option<bool>) -> Vec<(Bucket, Quantity)> {
    let outward = quantity.reversed();
    match kind {
        "sale" | "exchange" => vec![(Bucket::OnHand, direction(quantity, returned == Some(true)))],
        "return" | "void" | "post_void" => {
            vec![(Bucket::OnHand, direction(quantity, returned != Some(false)))]
        }
        "layaway" => vec![(Bucket::Reserved, quantity)],
        "layaway_pickup" => vec![(Bucket::OnHand, outward), (Bucket::Reserved, outward)],
        _ => Vec::new(),
    }
}

/// Out of stock by the sign of the quantity; a line that is marked as coming
/// back and yet written without its sign comes back all the same.
fn direction(quantity: Quantity, comes_back: bool) -> Quantity {
    if comes_back && quantity > Quantity::ZERO { quantity } else { quantity.reversed() }
}
