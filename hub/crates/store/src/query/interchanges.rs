//! Interchanges of EDI: whether one came before, and the place of its answer.

use canon::entry::Interchange;
use rusqlite::OptionalExtension;

use super::Reader;
use crate::error::Result;

/// Interchanges with one number that are looked at: more than one only where an
/// operator released them, or the channel does not mind.
const SAME_MAX: u32 = 100;

// === impl Reader ===

impl Reader {
    /// The entries in which interchanges with the sender and control number of this
    /// one were taken, the newest first, and whether each was the same, byte by byte.
    pub fn interchanges_like(&self, channel: &str, it: &Interchange) -> Result<Vec<(u64, bool)>> {
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT seq, sha256 = ?4 FROM store_interchange
                 WHERE channel = ?1 AND sender = ?2 AND control = ?3 AND sha256 <> ''
                 ORDER BY seq DESC LIMIT ?5",
            )?;
            let values = (channel, &it.sender, &it.control, &it.sha256, SAME_MAX);
            let rows = query.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many answers have a place among those of the channel.
    pub fn answers_last(&self, channel: &str) -> Result<u64> {
        self.ask(|conn| {
            let mut query =
                conn.prepare_cached("SELECT answers FROM store_channel WHERE channel = ?1")?;
            let found = query.query_row([channel], |row| row.get(0)).optional()?;
            Ok(found.unwrap_or(0))
        })
    }

    /// The place of the answer to each of these interchanges, which came in the
    /// entry `seq` or were known before, among all answers of the channel, from 1.
    /// Empty when the entry has none.
    pub fn answers(&self, channel: &str, seq: u64, came: &[Interchange]) -> Result<Vec<u64>> {
        self.ask(|conn| {
            let mut first = conn.prepare_cached(
                "SELECT answer FROM store_interchange WHERE channel = ?1 AND seq = ?2 AND place = 0",
            )?;
            let seq = i64::try_from(seq).unwrap_or(i64::MAX);
            let found = first.query_row((channel, seq), |row| row.get::<_, u64>(0)).optional()?;
            let Some(first) = found else { return Ok(Vec::new()) };
            let mut known = conn.prepare_cached(
                "SELECT answer FROM store_interchange
                 WHERE channel = ?1 AND sender = ?2 AND control = ?3 AND sha256 = ?4 AND seq <= ?5
                 ORDER BY seq DESC LIMIT 1",
            )?;
            let mut answers = Vec::with_capacity(came.len());
            for (place, it) in (first..).zip(came) {
                let own = (channel, &it.sender, &it.control, &it.sha256, seq);
                let answer = known.query_row(own, |row| row.get::<_, u64>(0)).optional()?;
                answers.push(answer.unwrap_or(place));
            }
            Ok(answers)
        })
    }
}
