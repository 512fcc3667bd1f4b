//! Files that are checked as they arrive: those taken, and those held.

use canon::entry::{Arrival, FILE_HELD, FileFacts, Refusal};

use super::{Turn, signed};
use crate::{
    error::Result,
    query::{Awaited, FILE_LATE},
};

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

/// Remembers a file that waits for an operator: held, or refused and put aside.
pub(super) fn held(turn: &Turn<'_>, refusal: &Refusal) -> Result<()> {
    let is_held = refusal.code == FILE_HELD;
    if !is_held && refusal.file.is_none() {
        return Ok(());
    }
    let file = refusal.file.as_deref().copied().unwrap_or_default();
    turn.run(
        "INSERT OR IGNORE INTO store_held VALUES (?1,?2,?3,?4,?5,?6,?7,?8,'','',?9,?10)",
        (
            signed(turn.seq),
            &refusal.id,
            refusal.channel.as_deref().unwrap_or_default(),
            &refusal.origin,
            refusal.raw_sha256.as_deref().unwrap_or_default(),
            &refusal.detail,
            if is_held { "held" } else { "refused" },
            refusal.received_at.as_ms(),
            &refusal.code,
            // Numbers always serialize.
            serde_json::to_string(&file).unwrap_or_default(),
        ),
    )
}

/// The day and number of a file that is given up are settled: what comes after it
/// does not wait. It has no content, so nothing is compared with it.
pub(super) fn given_up(turn: &Turn<'_>, id: &str, settles: Option<&FileFacts>) -> Result<()> {
    let Some(file) = settles else { return Ok(()) };
    turn.run(
        "INSERT OR IGNORE INTO store_file
         SELECT channel, ?2, ?3, ?4, ?5, ?6, NULL, '', 0, 0, ?7
         FROM store_held WHERE id = ?1 AND state IN ('held', 'refused')",
        (
            id,
            &file.series,
            signed(turn.seq),
            &file.name,
            file.day.map(|it| it.to_string()).unwrap_or_default(),
            file.sequence.map(signed),
            turn.at.as_ms(),
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
    if let Some(awaited) = Awaited::parse(id) {
        // One that has not come can only be given up.
        if state != "discarded" {
            return Ok(());
        }
        return not_awaited(turn, id, &awaited, (actor, reason));
    }
    turn.run(
        "UPDATE store_held SET state = ?2, settled_by = ?3, settled_why = ?4
         WHERE id = ?1 AND state IN ('held', 'refused')",
        (id, state, actor, reason),
    )
}

/// A file that has not come is waited for no longer. The first word holds: there is
/// one row for each id.
fn not_awaited(
    turn: &Turn<'_>,
    id: &str,
    awaited: &Awaited,
    (actor, reason): (&str, &str),
) -> Result<()> {
    let Awaited { channel, store, day } = awaited;
    let name = if store.is_empty() { day.to_string() } else { format!("{store} {day}") };
    turn.run(
        "INSERT OR IGNORE INTO store_held
         VALUES (?1,?2,?3,?4,'','has not come','discarded',?5,?6,?7,?8,'{}')",
        (signed(turn.seq), id, channel, name, turn.at.as_ms(), actor, reason, FILE_LATE),
    )
}
