//! What a reference means, and by which id a destination knows a thing.

use canon::{entity::Entity, reference::SOURCE_ID};
use retail::{
    identity::party_names,
    reference::{self, Ref},
};
use rusqlite::{Connection, OptionalExtension};

use super::Reader;
use crate::{error::Result, fold::identity_named};

// === impl Reader ===

impl Reader {
    /// Hub id of what `reference` means in a record of `channel`, if exactly one
    /// thing is known by it.
    pub fn resolve(
        &self,
        entity: Entity,
        channel: &str,
        reference: &Ref,
    ) -> Result<Option<String>> {
        self.ask(|conn| {
            if let Some(hub_id) = &reference.hub_id {
                return Ok(Some(hub_id.clone()));
            }
            match entity {
                Entity::Party => {
                    for name in party_names(reference, channel) {
                        if let Some(found) = identity_named(conn, &name)? {
                            return Ok(Some(found));
                        }
                    }
                    Ok(None)
                }
                Entity::Variant | Entity::Location => named(conn, entity, channel, reference),
                _ => at_source(conn, entity, channel, reference),
            }
        })
    }

    /// What `destination` itself calls, by `scheme`, the article or place that
    /// `reference` means in a record of `channel`; nothing when its records name
    /// none, or several.
    pub fn called(
        &self,
        entity: Entity,
        (channel, reference): (&str, &Ref),
        (destination, scheme): (&str, &str),
    ) -> Result<Option<String>> {
        let prefix = format!("{scheme}:");
        self.ask(|conn| {
            let mut query = conn.prepare_cached(CALLED)?;
            for name in reference::names(reference, channel) {
                let key = (entity.name(), &name, destination, &prefix);
                let found = query.query_map(key, |row| row.get::<_, String>(0))?;
                let found: Vec<String> = found.collect::<rusqlite::Result<_>>()?;
                if let [only] = found.as_slice() {
                    return Ok(only.strip_prefix(&prefix).map(str::to_owned));
                }
            }
            Ok(None)
        })
    }

    /// The id by which `destination` knows the thing with this hub id: what it
    /// answered when it was given the thing, or its own id when the thing came
    /// from there. For a party any of its identities will do, for an article or a
    /// place any record of the same one.
    pub fn far_id(&self, destination: &str, hub_id: &str) -> Result<Option<String>> {
        self.ask(|conn| {
            for question in FAR_ID {
                let found = conn
                    .prepare_cached(question)?
                    .query_row((destination, hub_id), |row| row.get(0))
                    .optional()?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        })
    }
}

/// Names in the records of a channel (`?3`) that begin with a scheme (`?4`), of
/// the article or place (`?1`) with this name (`?2`).
const CALLED: &str = "
    SELECT DISTINCT theirs.name
    FROM store_alias mine JOIN store_alias theirs
      ON theirs.kind = mine.kind AND theirs.key = mine.key
    JOIN store_name own ON own.kind = theirs.kind AND own.name = theirs.name
    WHERE mine.kind = ?1 AND mine.name = ?2 AND own.channel = ?3
      AND substr(theirs.name, 1, length(?4)) = ?4
    LIMIT 2";

/// Where a far id may be known, the surest first; `?1` the destination, `?2` the
/// thing.
const FAR_ID: [&str; 4] = [
    "SELECT far_id FROM deliveries_far WHERE destination = ?1 AND hub_id = ?2",
    "SELECT source_id FROM store_record WHERE hub_id = ?2 AND channel = ?1",
    "SELECT coalesce(f.far_id, o.source_id)
     FROM store_party p JOIN store_party o ON o.golden = p.golden
     LEFT JOIN deliveries_far f ON f.destination = ?1 AND f.hub_id = o.hub_id
     WHERE p.hub_id = ?2 AND (f.far_id IS NOT NULL OR o.channel = ?1)
     ORDER BY o.channel = ?1 DESC, o.first_pos LIMIT 1",
    "SELECT coalesce(f.far_id, r.source_id)
     FROM store_name own JOIN store_alias mine ON mine.kind = own.kind AND mine.name = own.name
     JOIN store_alias theirs ON theirs.kind = mine.kind AND theirs.key = mine.key
     JOIN store_name other ON other.kind = theirs.kind AND other.name = theirs.name
     JOIN store_record r ON r.hub_id = other.hub_id
     LEFT JOIN deliveries_far f ON f.destination = ?1 AND f.hub_id = other.hub_id
     WHERE own.hub_id = ?2 AND (f.far_id IS NOT NULL OR r.channel = ?1)
     ORDER BY r.channel = ?1 DESC, r.source_id LIMIT 1",
];

/// The record that the channel itself has by this name, else the only one there is.
fn named(
    conn: &Connection,
    entity: Entity,
    channel: &str,
    reference: &Ref,
) -> Result<Option<String>> {
    let mut query = conn.prepare_cached(
        "SELECT min(hub_id) FROM store_name WHERE kind = ?1 AND name = ?2
         GROUP BY channel = ?3 HAVING count(DISTINCT hub_id) = 1 ORDER BY channel = ?3 DESC LIMIT 1",
    )?;
    for name in reference::names(reference, channel) {
        let key = (entity.name(), name, channel);
        if let Some(found) = query.query_row(key, |row| row.get(0)).optional()? {
            return Ok(found);
        }
    }
    at_source(conn, entity, channel, reference)
}

fn at_source(
    conn: &Connection,
    entity: Entity,
    channel: &str,
    reference: &Ref,
) -> Result<Option<String>> {
    let Some(value) = reference
        .value
        .as_deref()
        .filter(|_| reference.scheme.as_deref().is_none_or(|scheme| scheme == SOURCE_ID))
    else {
        return Ok(None);
    };
    Ok(conn
        .prepare_cached(
            "SELECT hub_id FROM store_record
             WHERE channel = ?1 AND entity = ?2 AND source_id = ?3",
        )?
        .query_row((channel, entity.name(), value), |row| row.get(0))
        .optional()?)
}
