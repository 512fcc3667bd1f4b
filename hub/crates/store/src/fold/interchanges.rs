//! Interchanges of EDI: which came, and which place the answer to each has.

use canon::entry::{Arrival, Refusal};

use super::{Turn, signed};
use crate::error::Result;

/// Remembers the interchanges of an arrival that was taken.
pub(super) fn taken(turn: &Turn<'_>, arrival: &Arrival) -> Result<()> {
    if arrival.interchanges.is_empty() {
        return Ok(());
    }
    let first = answers(turn, &arrival.channel, arrival.interchanges.len() as u64)?;
    for (place, it) in (0_i64..).zip(&arrival.interchanges) {
        let own = (it.sender.as_str(), it.control.as_str(), it.sha256.as_str());
        insert(turn, &arrival.channel, (place, own), first + place)?;
    }
    Ok(())
}

/// Keeps places free for the answers to what was refused.
pub(super) fn refused(turn: &Turn<'_>, refusal: &Refusal) -> Result<()> {
    let (Some(channel), 1..) = (&refusal.channel, refusal.interchanges) else { return Ok(()) };
    let first = answers(turn, channel, refusal.interchanges)?;
    insert(turn, channel, (0, ("", "", "")), first)
}

/// The first of so many places among the answers of a channel.
fn answers(turn: &Turn<'_>, channel: &str, count: u64) -> Result<i64> {
    turn.run("INSERT OR IGNORE INTO store_channel (channel) VALUES (?1)", [channel])?;
    let last: i64 = turn
        .tx
        .prepare_cached(
            "UPDATE store_channel SET answers = answers + ?2 WHERE channel = ?1 RETURNING answers",
        )?
        .query_row((channel, signed(count)), |row| row.get(0))?;
    Ok(last - signed(count) + 1)
}

fn insert(
    turn: &Turn<'_>,
    channel: &str,
    (place, (sender, control, sha256)): (i64, (&str, &str, &str)),
    answer: i64,
) -> Result<()> {
    turn.run(
        "INSERT OR IGNORE INTO store_interchange VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (channel, signed(turn.seq), place, sender, control, sha256, answer),
    )
}
