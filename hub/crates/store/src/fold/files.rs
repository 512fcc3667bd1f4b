//! Files that are checked as they arrive: those taken, and those held.

use canon::entry::{Arrival, FILE_HELD, Refusal};

use super::{Turn, signed};
use crate::error::Result;

/// Remembers a file that was taken; later ones are compared with it.
pub(super) fn taken(turn: &Turn<'_>, arrival: &Arrival) -> Result<()> {
    let Some(file) = &arrival.file else { return Ok(()) };
    // The same file again is not one more: what later ones are compared with
    // stays as it is.
    let mut again = turn.tx.prepare_cached(
        "SELECT 1 FROM store_file
         WHERE channel = ?1 AND series = ?2 AND day = ?3 AND number IS ?4 AND sha256 = ?5",
    )?;
    let day = file.day.map(|it| it.to_string()).unwrap_or_default();
    let number = file.sequence.map(signed);
    if again.exists((&arrival.channel, &file.series, &day, number, &file.sha256))? {
        return Ok(());
    }
    turn.run(
        "INSERT OR IGNORE INTO store_file VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)",
        (
            &arrival.channel,
            &file.series,
            signed(turn.seq),
            &file.name,
            day,
            number,
            &file.heading,
            &file.sha256,
            signed(file.bytes),
            signed(file.records),
            arrival.received_at.as_ms(),
        ),
    )
}

/// Remembers a file that waits for an operator.
pub(super) fn held(turn: &Turn<'_>, refusal: &Refusal) -> Result<()> {
    if refusal.code != FILE_HELD {
        return Ok(());
    }
    turn.run(
        "INSERT OR IGNORE INTO store_held VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'held', ?7, '', '')",
        (
            signed(turn.seq),
            &refusal.id,
            refusal.channel.as_deref().unwrap_or_default(),
            &refusal.origin,
            refusal.raw_sha256.as_deref().unwrap_or_default(),
            &refusal.detail,
            refusal.received_at.as_ms(),
        ),
    )
}

/// An operator, or the hub when a gap was filled, decided. The first word holds.
pub(super) fn settled(
    turn: &Turn<'_>,
    id: &str,
    state: &str,
    (actor, reason): (&str, &str),
) -> Result<()> {
    turn.run(
        "UPDATE store_held SET state = ?2, settled_by = ?3, settled_why = ?4
         WHERE id = ?1 AND state = 'held'",
        (id, state, actor, reason),
    )
}
