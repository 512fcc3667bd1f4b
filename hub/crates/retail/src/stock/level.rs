//! The level of one article at one place: a fold of its movements.

use super::{Bucket, Change};
use crate::quantity::Quantity;

/// How much is where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Physically there.
    pub on_hand: Quantity,
    /// Held for somebody for a time.
    pub reserved: Quantity,
    /// Given to confirmed orders and not yet sent.
    pub committed: Quantity,
    /// On its way here.
    pub incoming: Quantity,
}

/// What the fold needs of a movement: id, count, change, time.
pub type Step<'a> = (&'a str, Bucket, Change, i64);

// === impl Level ===

impl Level {
    /// Free to sell; below zero when more was promised than is there.
    #[must_use]
    pub const fn available(&self) -> Quantity {
        self.on_hand.minus(self.reserved).minus(self.committed)
    }

    /// One of the counts.
    pub const fn count_mut(&mut self, bucket: Bucket) -> &mut Quantity {
        match bucket {
            Bucket::OnHand => &mut self.on_hand,
            Bucket::Reserved => &mut self.reserved,
            Bucket::Committed => &mut self.committed,
            Bucket::Incoming => &mut self.incoming,
        }
    }
}

/// Folds movements into a level.
///
/// The latest count is the base; of two at the same instant the one with the
/// greater id. Changes at or before the instant of the base are in it, whenever
/// they were heard of; later ones come on top.
#[must_use]
pub fn level<'a>(steps: impl IntoIterator<Item = Step<'a>> + Clone) -> Level {
    let base = steps
        .clone()
        .into_iter()
        .filter(|(_, _, change, _)| !matches!(change, Change::By(_)))
        .max_by_key(|(id, _, _, at_ms)| (*at_ms, *id));
    let mut level = Level::default();
    let (base_ms, held_too) = match base {
        Some((_, _, Change::Counted(there), at_ms)) => {
            level.on_hand = there;
            (at_ms, false)
        }
        Some((_, _, Change::FreeToSell(free), at_ms)) => {
            level.on_hand = free;
            (at_ms, true)
        }
        Some((_, _, Change::By(_), _)) | None => (i64::MIN, false),
    };
    for (_, bucket, change, at_ms) in steps {
        let Change::By(quantity) = change else {
            continue;
        };
        if bucket != Bucket::OnHand || at_ms > base_ms {
            let count = level.count_mut(bucket);
            *count = count.plus(quantity);
        }
        let was_held = matches!(bucket, Bucket::Reserved | Bucket::Committed) && at_ms <= base_ms;
        if held_too && was_held {
            level.on_hand = level.on_hand.plus(quantity);
        }
    }
    level
}
