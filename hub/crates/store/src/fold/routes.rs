//! Which event goes where: the routes in force, and the parcels they make.

use canon::{
    entry::{Arrival, Route},
    event::Event,
    version::Verdict,
};
use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;
use std::{cell::RefCell, rc::Rc};

use super::{Applied, Turn, parcels, replays, signed};
use crate::{error::Result, place};

/// The routes in force, read once for the entries that are folded together.
#[derive(Debug, Default)]
pub(super) struct InForce(RefCell<Option<Rc<[Route]>>>);

// === impl InForce ===

impl InForce {
    fn of(&self, conn: &Connection) -> Result<Rc<[Route]>> {
        if let Some(known) = &*self.0.borrow() {
            return Ok(Rc::clone(known));
        }
        let routes: Rc<[Route]> = read_routes(conn)?.into();
        *self.0.borrow_mut() = Some(Rc::clone(&routes));
        Ok(routes)
    }

    fn forget(&self) {
        self.0.take();
    }
}

/// Replaces the routes in force. Parcels made before stay as they are.
pub(super) fn configure(turn: &Turn<'_>, routes: &[Route]) -> Result<()> {
    turn.routes.forget();
    turn.tx.execute("DELETE FROM deliveries_route", [])?;
    for (number, route) in routes.iter().enumerate() {
        turn.tx
            .prepare_cached("INSERT INTO deliveries_route VALUES (?1, ?2)")?
            .execute((signed(number as u64), serde_json::to_string(route)?))?;
    }
    Ok(())
}

/// Makes a parcel for each event of the arrival and each destination that a
/// route gives it. Events that did not become current make none: a destination
/// must not go back to an older state.
pub(super) fn make_parcels(
    turn: &Turn<'_>,
    arrival: &Arrival,
    applied: &mut Applied,
) -> Result<()> {
    if arrival.events.is_empty() {
        return Ok(());
    }
    let replay = arrival.again.as_ref().and_then(|it| it.replay);
    let wanted = match replay {
        Some(replay) => replays::wanted(turn, replay)?,
        None => Some(Vec::new()),
    };
    // What a stopped replay still brings is stored, and sent nowhere.
    let Some(wanted) = wanted else { return Ok(()) };
    let changed = format!("changed = changed + {}", arrival.events.len());
    replays::count(turn, signed(replay.unwrap_or(0)), &changed)?;
    let routes = turn.routes.of(turn.tx)?;
    if routes.is_empty() {
        return Ok(());
    }
    for (index, event) in arrival.events.iter().enumerate() {
        let pos = place::pack(turn.seq, index as u64)?;
        if verdict(turn, pos)? != Some(Verdict::Applied) {
            continue;
        }
        for route in matching(&routes, event) {
            let destination = route.to.as_str();
            if !wanted.is_empty() && !wanted.iter().any(|it| it == destination) {
                continue;
            }
            let key = event.partitionkey.as_str();
            let made = match replay {
                Some(replay) => parcels::make_for_replay(turn, (destination, pos), key, replay)?,
                None => parcels::make(turn, pos, route, key)?,
            };
            if made {
                applied.parcels += 1;
                replays::count(turn, signed(replay.unwrap_or(0)), "parcels = parcels + 1")?;
            }
            if !applied.destinations.contains(destination) {
                applied.destinations.insert(destination.to_owned());
            }
        }
    }
    Ok(())
}

/// The routes in force, in their order.
pub(crate) fn read_routes(conn: &Connection) -> Result<Vec<Route>> {
    let mut stored = conn.prepare_cached("SELECT route FROM deliveries_route ORDER BY number")?;
    let texts = stored.query_map([], |row| row.get::<_, String>(0))?;
    let mut routes = Vec::new();
    for text in texts {
        routes.push(serde_json::from_str(&text?)?);
    }
    Ok(routes)
}

/// What the store decided about the event; nothing when it was a repetition.
fn verdict(turn: &Turn<'_>, pos: i64) -> Result<Option<Verdict>> {
    let found: Option<String> = turn
        .tx
        .prepare_cached("SELECT verdict FROM store_event WHERE pos = ?1")?
        .query_row([pos], |row| row.get(0))
        .optional()?;
    Ok(found.as_deref().and_then(Verdict::from_name))
}

/// For each destination of one event the first route that gives it.
pub(crate) fn matching<'a>(routes: &'a [Route], event: &Event) -> Vec<&'a Route> {
    let mut data: Option<Value> = None;
    let mut found: Vec<&Route> = Vec::new();
    for route in routes {
        if found.iter().any(|it| it.to == route.to) || !names_match(route, event) {
            continue;
        }
        let meets_all = if route.only.is_empty() {
            true
        } else {
            if data.is_none() {
                data = Some(serde_json::from_str(event.data.get()).unwrap_or(Value::Null));
            }
            data.as_ref().is_some_and(|data| conditions_match(route, data))
        };
        if meets_all {
            found.push(route);
        }
    }
    found
}

fn names_match(route: &Route, event: &Event) -> bool {
    let mut names = event.kind.trim_start_matches("org.channelhub.").split('.');
    let (entity, action) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
    let from = event.channel();
    let from_matches = if route.from.is_empty() {
        from != route.to
    } else {
        route.from.iter().any(|it| it == from)
    };
    route.entity == entity
        && from_matches
        && (route.actions.is_empty() || route.actions.iter().any(|it| it == action))
}

fn conditions_match(route: &Route, data: &Value) -> bool {
    route.only.iter().all(|condition| {
        data.pointer(&condition.pointer)
            .and_then(as_text)
            .is_some_and(|text| condition.one_of.contains(&text))
    })
}

/// A scalar as the text a condition is compared with; lists and objects have none.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some("null".to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
