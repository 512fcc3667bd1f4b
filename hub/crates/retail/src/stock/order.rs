//! What an order does to stock: it commits while it is open, takes out what is
//! fulfilled, and lets go of what is cancelled.

use serde_json::Value;
use std::collections::BTreeMap;

use super::{Bucket, Change, Movement, Paper, is_goods, lines, text_at, time_at};
use crate::quantity::Quantity;

/// One version of an order.
#[derive(Clone, Copy, Debug)]
pub struct Statement<'a> {
    /// When the source said it, milliseconds since the Unix epoch.
    pub said_at_ms: i64,
    /// The source deleted the order with it.
    pub is_deletion: bool,
    /// Canonical data of the order.
    pub data: &'a Value,
}

/// A part of a line with one place it comes from.
#[derive(Clone, Debug)]
struct Part {
    article: Vec<String>,
    place: Vec<String>,
    ordered: Quantity,
    fulfilled: Quantity,
}

/// Parts by line and place.
type Parts = BTreeMap<(String, Vec<String>), Part>;

const GONE: [&str; 5] = ["picked_up", "shipped", "in_transit", "delivered", "completed"];
const CALLED_OFF: [&str; 3] = ["cancelled", "failed", "pickup_expired"];

/// What the order does as of `current`. `all` are all versions known, this one
/// included, in any order: goods left when the first version said so, not when
/// the last one repeated it, and a count in between must not take them twice.
#[must_use]
pub fn order(channel: &str, current: Statement<'_>, all: &[Statement<'_>]) -> Vec<Movement> {
    let mut current = current;
    let mut is_open = is_open(current.data);
    if current.is_deletion {
        // The order is gone, what it had sent is not.
        let last = all.iter().filter(|it| !it.is_deletion).max_by_key(|it| it.said_at_ms);
        let Some(last) = last else {
            return Vec::new();
        };
        current = *last;
        is_open = false;
    }
    if !moves_stock(current.data) {
        return Vec::new();
    }
    let placed_ms = time_at(current.data, "/placed_at").unwrap_or(current.said_at_ms);
    let mut versions: Vec<(i64, Parts)> = all
        .iter()
        .filter(|it| !it.is_deletion && moves_stock(it.data))
        .map(|it| (it.said_at_ms, parts(channel, it.data)))
        .collect();
    versions.sort_by_key(|(said_at_ms, _)| *said_at_ms);
    let mut movements = Vec::new();
    for (key, part) in parts(channel, current.data) {
        let committed = if is_open { part.ordered } else { part.fulfilled };
        let line = Line { id: &key.0, part: &part, channel };
        if committed != Quantity::ZERO {
            movements.push(line.movement("commit", Bucket::Committed, committed, placed_ms));
        }
        let mut so_far = Quantity::ZERO;
        for (said_at_ms, version) in &versions {
            let Some(then) = version.get(&key) else {
                continue;
            };
            let reached = then.fulfilled.min(part.fulfilled);
            if reached > so_far {
                let left = reached.minus(so_far).reversed();
                // Not before it was placed: clocks of shops and stores differ.
                let at_ms = (*said_at_ms).max(placed_ms);
                movements.push(line.movement("uncommit", Bucket::Committed, left, at_ms));
                movements.push(line.movement("sale", Bucket::OnHand, left, at_ms));
                so_far = reached;
            }
        }
    }
    movements
}

struct Line<'a> {
    id: &'a str,
    part: &'a Part,
    channel: &'a str,
}

impl Line<'_> {
    fn movement(&self, kind: &str, bucket: Bucket, change: Quantity, at_ms: i64) -> Movement {
        let paper = Paper { channel: self.channel, at_ms };
        let place = self.part.place.first().map_or("", String::as_str);
        Movement {
            article: self.part.article.clone(),
            place: self.part.place.clone(),
            bucket,
            ..paper.movement(
                format!("{}@{place}.{kind}.{at_ms}", self.id),
                kind,
                Change::By(change),
            )
        }
    }
}

fn moves_stock(data: &Value) -> bool {
    let is_trial = data.get("test").and_then(Value::as_bool) == Some(true);
    let is_draft = text_at(data, "/status") == Some("draft");
    let needs_none = text_at(data, "/fulfilment_status") == Some("not_required");
    !is_trial && !is_draft && !needs_none
}

fn is_open(data: &Value) -> bool {
    matches!(text_at(data, "/status"), Some("placed" | "confirmed" | "on_hold" | "in_fulfilment"))
}

/// Whether the whole order says that everything has left.
fn has_left(data: &Value) -> bool {
    match text_at(data, "/fulfilment_status") {
        Some("shipped" | "delivered" | "picked_up") => true,
        Some(_) => false,
        None => text_at(data, "/status") == Some("completed"),
    }
}

/// Divides the lines by the place each part comes from.
fn parts(channel: &str, data: &Value) -> Parts {
    let paper = Paper { channel, at_ms: 0 };
    let sold_at = paper.names(data.get("sales_location"));
    let all_left = has_left(data);
    let mut parts = Parts::new();
    for line in lines(data) {
        let id = text_at(line, "/line_id").unwrap_or_default();
        let is_bundle = lines(data).any(|it| text_at(it, "/parent_line") == Some(id));
        if is_bundle || !is_goods(line) {
            continue;
        }
        let quantity = |name: &str| Quantity::read(line.get(name)).unwrap_or_default();
        let ordered = quantity("qty_ordered").minus(quantity("qty_cancelled"));
        let article = paper.article(line);
        let mut add = |place: &[String], ordered: Quantity, fulfilled: Quantity| {
            let part = parts.entry((id.to_owned(), place.to_vec())).or_insert_with(|| Part {
                article: article.clone(),
                place: place.to_vec(),
                ordered: Quantity::ZERO,
                fulfilled: Quantity::ZERO,
            });
            part.ordered = part.ordered.plus(ordered);
            part.fulfilled = part.fulfilled.plus(fulfilled);
        };
        let (mut assigned, mut gone) = (Quantity::ZERO, Quantity::ZERO);
        for (place, quantity, is_gone) in ways(paper, data, id) {
            let place = if place.is_empty() { sold_at.clone() } else { place };
            let fulfilled = if is_gone || all_left { quantity } else { Quantity::ZERO };
            add(&place, quantity, fulfilled);
            assigned = assigned.plus(quantity);
            gone = gone.plus(fulfilled);
        }
        let rest = ordered.minus(assigned);
        let rest_gone = if all_left {
            rest
        } else {
            quantity("qty_fulfilled").minus(gone).max(Quantity::ZERO).min(rest)
        };
        if rest > Quantity::ZERO {
            add(&only_place(paper, data, line).unwrap_or_else(|| sold_at.clone()), rest, rest_gone);
        }
    }
    parts
}

/// By which ways a line goes: place, quantity, gone already.
fn ways(paper: Paper<'_>, data: &Value, id: &str) -> Vec<(Vec<String>, Quantity, bool)> {
    let mut found = Vec::new();
    for way in fulfilments(data) {
        let is_gone = text_at(way, "/state").is_some_and(|state| GONE.contains(&state));
        for line in lines(way).filter(|line| text_at(line, "/line_id") == Some(id)) {
            if let Some(quantity) = Quantity::read(line.get("qty")) {
                found.push((paper.names(way.get("from_location")), quantity, is_gone));
            }
        }
    }
    found
}

/// The place of a line that no fulfilment lists: of the one it refers to, or of
/// the only one that does not say what is in it.
fn only_place(paper: Paper<'_>, data: &Value, line: &Value) -> Option<Vec<String>> {
    let wanted = text_at(line, "/fulfilment_ref");
    let mut ways = fulfilments(data)
        .filter(|way| lines(way).next().is_none() || wanted.is_some())
        .filter(|way| wanted.is_none() || text_at(way, "/fulfilment_id") == wanted);
    let first = ways.next()?;
    if ways.next().is_some() {
        return None;
    }
    let place = paper.names(first.get("from_location"));
    (!place.is_empty()).then_some(place)
}

fn fulfilments(data: &Value) -> impl Iterator<Item = &Value> {
    data.get("fulfilments")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|way| !text_at(way, "/state").is_some_and(|state| CALLED_OFF.contains(&state)))
}
