//! Parcels by their place among all to their destination, from which the number comes
//! that they go out under.

use canon::entry::ParcelId;
use rusqlite::OptionalExtension;

use super::Reader;
use crate::{error::Result, place};

/// A parcel, and what it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// Which.
    pub id: ParcelId,
    /// Id of the event.
    pub event_id: String,
    /// Entity name of the event.
    pub entity: String,
    /// Whether it was tried at all; only then the other side can know its number.
    pub is_tried: bool,
}

/// The parcel at a place.
pub(crate) const AT_PLACE: &str =
    "SELECT p.pos, e.id, e.entity, p.attempts > 0 FROM deliveries_parcel p
     INDEXED BY deliveries_parcel_number JOIN store_event e ON e.pos = p.pos
     WHERE p.destination = ?1 AND p.number = ?2 ORDER BY p.pos DESC LIMIT 1";

// === impl Reader ===

impl Reader {
    /// The place of the newest parcel to a destination; 0: there is none.
    pub fn numbered_last(&self, destination: &str) -> Result<u64> {
        self.ask(|conn| {
            let mut query = conn
                .prepare_cached("SELECT numbered FROM deliveries_channel WHERE destination = ?1")?;
            let found = query.query_row([destination], |row| row.get(0)).optional()?;
            Ok(found.unwrap_or(0))
        })
    }

    /// The parcel at that place, from 1.
    pub fn numbered(&self, destination: &str, at: u64) -> Result<Option<Numbered>> {
        self.ask(|conn| {
            let mut query = conn.prepare_cached(AT_PLACE)?;
            let at = i64::try_from(at).unwrap_or(i64::MAX);
            let found = query.query_row((destination, at), |row| {
                let (seq, index) = place::unpack(row.get(0)?);
                let id = ParcelId { seq, index, destination: destination.to_owned() };
                let (event_id, entity, is_tried) = (row.get(1)?, row.get(2)?, row.get(3)?);
                Ok(Numbered { id, event_id, entity, is_tried })
            });
            Ok(found.optional()?)
        })
    }
}
