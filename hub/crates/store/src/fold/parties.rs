//! Parties as their channels know them, and the links that people state.

use canon::{
    entity::Action,
    entry::{Attempt, Outcome},
    event::Event,
};
use retail::{
    identity::{Profile, Rule, key_name, party_key, party_names},
    overlay::overlay,
    reference::{Ref, hub_name, source_name},
};
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::collections::BTreeSet;

use super::{
    Turn, consents,
    events::Said,
    links::{self, Claim},
};
use crate::{error::Result, place};

/// A party's current state changed.
pub(super) fn party(turn: &Turn<'_>, said: &Said<'_>) -> Result<()> {
    let data = said.data();
    let before: Option<String> = turn
        .tx
        .prepare_cached("SELECT data FROM store_party WHERE hub_id = ?1")?
        .query_row([said.event.hub_id()], |row| row.get(0))
        .optional()?;
    let known = match before {
        Some(before) => overlay(&serde_json::from_str(&before)?, said.action, data),
        None => data.clone(),
    };
    known_as(turn, said, &known, said.is_deletion())?;
    consents::inline(turn, said, data)
}

/// An older statement may say what the current one, being partial, does not.
pub(super) fn party_before(turn: &Turn<'_>, said: &Said<'_>) -> Result<()> {
    let mut known = Value::Null;
    let mut is_deleted = false;
    {
        let mut query = turn.tx.prepare_cached(
            "SELECT action, body FROM store_event
             WHERE hub_id = ?1 AND verdict IN ('applied', 'older') ORDER BY time_ms, pos",
        )?;
        let mut rows = query.query([said.event.hub_id()])?;
        while let Some(row) = rows.next()? {
            let event: Event = serde_json::from_str(&row.get::<_, String>(1)?)?;
            let action = Action::from_name(&row.get::<_, String>(0)?).unwrap_or(Action::Snapshot);
            known = overlay(
                &known,
                action,
                &serde_json::from_str(event.data.get()).unwrap_or(Value::Null),
            );
            is_deleted = action == Action::Deleted;
        }
    }
    known_as(turn, said, &known, is_deleted)?;
    consents::inline(turn, said, said.data())
}

/// What is known of an identity changed to `data`.
fn known_as(turn: &Turn<'_>, said: &Said<'_>, data: &Value, is_deleted: bool) -> Result<()> {
    let (hub_id, channel, source_id) =
        (said.event.hub_id(), said.event.channel(), said.event.sourceid.as_str());
    let mut profile = Profile::read(channel, source_id, data);
    if is_deleted {
        // What is gone is no evidence any more; the identity itself stays known.
        profile.keys.clear();
    }
    turn.run(
        "INSERT INTO store_party VALUES (?1, ?2, ?3, ?1, ?4, ?5, ?6)
         ON CONFLICT (hub_id) DO UPDATE SET profile = excluded.profile, data = excluded.data",
        (hub_id, channel, source_id, said.pos, serde_json::to_string(&profile)?, data.to_string()),
    )?;
    let mut hashes = keys_of(turn, hub_id)?;
    turn.run("DELETE FROM store_party_key WHERE hub_id = ?1", [hub_id])?;
    let mut names = vec![hub_name(hub_id), source_name(channel, source_id)];
    for key in &profile.keys {
        turn.run(
            "INSERT OR IGNORE INTO store_party_key VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (
                &key.hash,
                hub_id,
                channel,
                serde_json::to_string(&key.scheme)?,
                key.verified,
                key.points_elsewhere,
            ),
        )?;
        if !key.points_elsewhere {
            names.push(key_name(&key.hash));
        }
        hashes.insert(key.hash.clone());
    }
    merged_into(turn, said, data)?;
    links::refresh(turn, said.pos, &hashes, &names, hub_id)
}

/// Hashes of the values an identity was recognised by so far.
fn keys_of(turn: &Turn<'_>, hub_id: &str) -> Result<BTreeSet<String>> {
    let mut query = turn.tx.prepare_cached("SELECT hash FROM store_party_key WHERE hub_id = ?1")?;
    let hashes = query.query_map([hub_id], |row| row.get(0))?;
    Ok(hashes.collect::<rusqlite::Result<_>>()?)
}

/// A channel says that it merged this party of its own into another one.
fn merged_into(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let hub_id = said.event.hub_id();
    let source = format!("merge:{hub_id}");
    let is_merged = data.get("status").and_then(Value::as_str) == Some("merged");
    let survivor = data.get("merged_into").and_then(Value::as_str).filter(|_| is_merged);
    let known =
        turn.tx.prepare_cached("SELECT 1 FROM store_claim WHERE source = ?1")?.exists([&source])?;
    if survivor.is_none() && !known {
        return Ok(());
    }
    links::claim(
        turn,
        said.pos,
        &Claim {
            source,
            left: vec![hub_name(hub_id)],
            right: survivor.into_iter().map(hub_name).collect(),
            rule: Rule::Manual,
            matched_on: vec!["merged_into".to_owned()],
            wanted: if survivor.is_some() { "active" } else { "superseded" }.to_owned(),
        },
    )
}

/// Somebody states that two identities are one party, or that they are not.
pub(super) fn identity_link(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let channel = said.event.channel();
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let party: Ref = data
        .get("party")
        .map(|party| serde_json::from_value(party.clone()))
        .transpose()
        .unwrap_or_default()
        .unwrap_or_default();
    let identity = data.get("channel_identity").unwrap_or(&Value::Null);
    let other = text(identity, "connector").unwrap_or_else(|| channel.to_owned());
    let mut right: Vec<String> =
        text(identity, "source_id").map(|id| source_name(&other, &id)).into_iter().collect();
    right.extend(
        text(identity, "member_code")
            .and_then(|code| party_key("member_code", &code))
            .map(|key| key_name(&key.hash)),
    );
    let rule = match data.get("method").and_then(Value::as_str) {
        Some("account_link") => Rule::AccountLink,
        Some("imported") => Rule::CrossReference,
        _ => Rule::Manual,
    };
    let stated = text(data, "status").unwrap_or_default();
    let wanted = if said.is_deletion() || said.is_unmerge() {
        "superseded"
    } else {
        match stated.as_str() {
            "active" | "rejected" | "pending_review" => stated.as_str(),
            _ => "superseded",
        }
    };
    let matched_on = data
        .pointer("/evidence")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|piece| piece.get("matched_on")?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    links::claim(
        turn,
        said.pos,
        &Claim {
            source: said.event.hub_id().to_owned(),
            left: party_names(&party, channel),
            right,
            rule,
            matched_on,
            wanted: wanted.to_owned(),
        },
    )
}

/// A destination says by which id it knows a party it was given. When it speaks
/// of that id itself, it speaks of this party.
pub(super) fn delivered(turn: &Turn<'_>, attempt: &Attempt) -> Result<()> {
    let Outcome::Done { far_id: Some(far_id), .. } = &attempt.outcome else {
        return Ok(());
    };
    let id = &attempt.parcel;
    let hub_id: Option<String> = turn
        .tx
        .prepare_cached("SELECT hub_id FROM store_event WHERE pos = ?1 AND entity = 'party'")?
        .query_row([place::pack(id.seq, u64::from(id.index))?], |row| row.get(0))
        .optional()?;
    let Some(hub_id) = hub_id else {
        return Ok(());
    };
    let source = format!("far:{}:{hub_id}", id.destination);
    let theirs = source_name(&id.destination, far_id);
    // A system that puts two of our parties into one record may be right, or may
    // have only a phone number to go by: somebody should look.
    let is_shared = turn
        .tx
        .prepare_cached(
            "SELECT 1 FROM store_claim_name WHERE name = ?1 AND source <> ?2
             AND substr(source, 1, 4) = 'far:' LIMIT 1",
        )?
        .exists((&theirs, &source))?;
    links::claim(
        turn,
        place::pack(turn.seq, 0)?,
        &Claim {
            source,
            left: vec![hub_name(&hub_id)],
            right: vec![theirs],
            rule: Rule::CrossReference,
            matched_on: vec!["far_id".to_owned()],
            wanted: if is_shared { "pending_review" } else { "active" }.to_owned(),
        },
    )
}

/// A place's own phone number and mail address are nobody's.
pub(super) fn block_place(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let hub_id = said.event.hub_id();
    let phone = data.pointer("/address/phone").and_then(Value::as_str);
    let blocked: Option<String> = turn
        .tx
        .prepare_cached("SELECT hash FROM store_party_blocked WHERE location = ?1")?
        .query_row([hub_id], |row| row.get(0))
        .optional()?;
    let key = phone.filter(|_| !said.is_deletion()).and_then(|phone| party_key("phone", phone));
    let hash = key.map(|key| key.hash);
    if blocked == hash {
        return Ok(());
    }
    turn.run("DELETE FROM store_party_blocked WHERE location = ?1", [hub_id])?;
    if let Some(hash) = &hash {
        turn.run("INSERT INTO store_party_blocked VALUES (?1, ?2)", (hash, hub_id))?;
    }
    let hashes: BTreeSet<String> = blocked.into_iter().chain(hash).collect();
    links::refresh(turn, said.pos, &hashes, &[], "")
}
