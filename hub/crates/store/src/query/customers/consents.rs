//! What a party agreed to, of all that its identities said.

use canon::clock::Timestamp;
use retail::{
    consent::{self, Said, State},
    reference::{hub_name, source_name},
};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::Value;

use super::IdentityView;
use crate::{error::Result, place};

/// What a party agreed to or refused for one purpose, as it holds now.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConsentView {
    /// What for.
    pub purpose: String,
    /// For which brand and channel only; empty: for all.
    pub scope: String,
    /// What holds.
    pub state: State,
    /// When it was said.
    pub captured_at: Timestamp,
    /// Channel by which it came.
    pub channel: String,
    /// Sequence of the entry it came with.
    pub seq: u64,
    /// The statement, canonical JSON.
    pub statement: Value,
}

struct Statement {
    identity: String,
    purpose: String,
    scope: String,
    at_ms: i64,
    state: State,
    channel: String,
    pos: i64,
    body: String,
}

/// Consents of the party with these identities, joined at `joined` (milliseconds).
pub(super) fn of(
    conn: &Connection,
    identities: &[&IdentityView],
    joined: Option<i64>,
) -> Result<Vec<ConsentView>> {
    let mut query = conn.prepare_cached(
        "SELECT purpose, scope, at_ms, state, channel, pos, body FROM store_consent
         WHERE name = ?1 OR name = ?2
            OR name IN (SELECT 'k:' || hash FROM store_party_key
                        WHERE hub_id = ?3 AND points_elsewhere = 0)",
    )?;
    let mut statements: Vec<Statement> = Vec::new();
    for view in identities {
        let names =
            (hub_name(&view.hub_id), source_name(&view.channel, &view.source_id), &view.hub_id);
        let mut rows = query.query(names)?;
        while let Some(row) = rows.next()? {
            statements.push(Statement {
                identity: view.hub_id.clone(),
                purpose: row.get(0)?,
                scope: row.get(1)?,
                at_ms: row.get(2)?,
                state: State::from_name(&row.get::<_, String>(3)?),
                channel: row.get(4)?,
                pos: row.get(5)?,
                body: row.get(6)?,
            });
        }
    }
    let said: Vec<Said<'_>> = statements
        .iter()
        .map(|it| Said {
            identity: &it.identity,
            purpose: &it.purpose,
            scope: &it.scope,
            state: it.state,
            at_ms: it.at_ms,
        })
        .collect();
    let mut found = Vec::new();
    for place_of in consent::current(&said, joined).into_values() {
        if let Some(it) = statements.get(place_of) {
            found.push(ConsentView {
                purpose: it.purpose.clone(),
                scope: it.scope.clone(),
                state: it.state,
                captured_at: Timestamp::from_ms(it.at_ms),
                channel: it.channel.clone(),
                seq: place::unpack(it.pos).0,
                statement: serde_json::from_str(&it.body)?,
            });
        }
    }
    Ok(found)
}
