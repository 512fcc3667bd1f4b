//! Consents: every statement is kept, none is changed.

use canon::clock::Timestamp;
use retail::{
    consent::State,
    identity::party_names,
    reference::{Ref, hub_name},
};
use serde_json::Value;

use super::{Turn, events::Said};
use crate::error::Result;

/// A consent that came on its own.
pub(super) fn consent(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let party = data.get("party").cloned().unwrap_or(Value::Null);
    let party: Ref = serde_json::from_value(party).unwrap_or_default();
    // Without a name it still stands in the index of events.
    match party_names(&party, said.event.channel()).first() {
        Some(name) => keep(turn, said, name, data),
        None => Ok(()),
    }
}

/// Consents that came with the party. What was agreed to then was agreed to, also
/// in an older statement.
pub(super) fn inline(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let name = hub_name(said.event.hub_id());
    let consents = data.get("consents").and_then(Value::as_array);
    for one in consents.into_iter().flatten() {
        keep(turn, said, &name, one)?;
    }
    Ok(())
}

fn keep(turn: &Turn<'_>, said: &Said<'_>, name: &str, one: &Value) -> Result<()> {
    let text = |pointer: &str| one.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let scope = match (text("/scope/brand"), text("/scope/channel")) {
        ("", "") => String::new(),
        (brand, channel) => format!("brand={brand};channel={channel}"),
    };
    let at_ms =
        Timestamp::parse_rfc3339(text("/captured_at")).map_or(said.time_ms, Timestamp::as_ms);
    turn.run(
        "INSERT OR IGNORE INTO store_consent VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            name,
            text("/purpose"),
            scope,
            at_ms,
            State::from_name(text("/state")).name(),
            said.event.channel(),
            said.pos,
            one.to_string(),
        ),
    )
}
