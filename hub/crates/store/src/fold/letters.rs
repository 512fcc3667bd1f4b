//! Records set aside, from the moment somebody settles them.

use canon::entry::{Arrival, LetterId};

use super::{Turn, signed};
use crate::{error::Result, place};

/// What settles a letter.
struct Settling<'a> {
    state: &'a str,
    by: &'a str,
    why: &'a str,
    edited: bool,
}

/// An arrival that brings records again closes their letters: they are in.
pub(super) fn brought_again(turn: &Turn<'_>, arrival: &Arrival) -> Result<()> {
    let Some(again) = &arrival.again else { return Ok(()) };
    for index in &again.letters {
        let settling = Settling {
            state: "resubmitted",
            by: &arrival.principal,
            why: &again.reason,
            edited: again.edited.is_some(),
        };
        settle(turn, LetterId { seq: again.of, index: *index }, &settling)?;
    }
    Ok(())
}

/// Letters that are given up.
pub(super) fn discarded(
    turn: &Turn<'_>,
    letters: &[LetterId],
    actor: &str,
    reason: &str,
) -> Result<()> {
    let settling = Settling { state: "discarded", by: actor, why: reason, edited: false };
    for letter in letters {
        settle(turn, *letter, &settling)?;
    }
    Ok(())
}

fn settle(turn: &Turn<'_>, letter: LetterId, how: &Settling<'_>) -> Result<()> {
    turn.run(
        "UPDATE store_letter SET state = ?2, settled_seq = ?3, settled_by = ?4,
             settled_why = ?5, edited = ?6
         WHERE pos = ?1 AND state = 'open'",
        (
            place::pack(letter.seq, u64::from(letter.index))?,
            how.state,
            signed(turn.seq),
            how.by,
            how.why,
            how.edited,
        ),
    )
}
