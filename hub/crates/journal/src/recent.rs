//! The last entries, kept in memory for the folds that follow the head: what was
//! just written need not be read back and parsed.
//!
//! Only what is committed comes in here, in order and without a gap, and what is
//! here says what the file says. Bounded by bytes: a fold that is further behind
//! reads the file.

use canon::{clock::Timestamp, entry::Entry};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What an entry takes in memory beyond the bytes of its body.
const ENTRY_BYTES: usize = 2048;

/// One committed entry.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) entry: Arc<Entry>,
    pub(crate) leaf: Vec<u8>,
    /// Of its body as stored.
    pub(crate) body_bytes: usize,
}

/// The last entries. One per journal that is open for writing.
#[derive(Debug)]
pub(crate) struct Recent {
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Written>,
    bytes: usize,
}

// === impl Written ===

impl Written {
    fn bytes(&self) -> usize {
        self.body_bytes + self.leaf.len() + ENTRY_BYTES
    }
}

// === impl Recent ===

impl Recent {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, kept: Mutex::default() }
    }

    /// Takes in what was committed together.
    pub(crate) fn push(&self, batch: Vec<Written>) {
        let mut kept = self.lock();
        for written in batch {
            kept.bytes += written.bytes();
            kept.entries.push_back(written);
        }
        let gone = kept.take_oldest(|it| it.bytes > self.bytes_max);
        drop(kept);
        // Freed when nobody waits for the lock.
        drop(gone);
    }

    /// Forgets entries up to that position: nobody will ask for them.
    pub(crate) fn let_go(&self, up_to: u64) {
        let mut kept = self.lock();
        let gone = kept.take_oldest(|it| it.first().is_some_and(|first| first <= up_to));
        drop(kept);
        drop(gone);
    }

    /// When the entry at `seq` was committed, if it is here.
    pub(crate) fn committed_at(&self, seq: u64) -> Option<Timestamp> {
        let kept = self.lock();
        let index = usize::try_from(seq.checked_sub(kept.first()?)?).ok()?;
        kept.entries.get(index).map(|it| it.entry.at)
    }

    /// Entries from `from_seq` on, at most `max` of at most about `bytes_max`;
    /// none when the first is not here.
    pub(crate) fn entries(&self, from_seq: u64, max: usize, bytes_max: usize) -> Vec<Arc<Entry>> {
        self.from(from_seq, max, bytes_max, |it| Arc::clone(&it.entry))
    }

    /// The same, their leaves with their positions.
    pub(crate) fn leaves(
        &self,
        from_seq: u64,
        max: usize,
        bytes_max: usize,
    ) -> Vec<(u64, Vec<u8>)> {
        self.from(from_seq, max, bytes_max, |it| (it.entry.seq, it.leaf.clone()))
    }

    fn from<T>(
        &self,
        from_seq: u64,
        max: usize,
        bytes_max: usize,
        read: impl Fn(&Written) -> T,
    ) -> Vec<T> {
        let kept = self.lock();
        let behind = kept.first().and_then(|first| from_seq.checked_sub(first));
        let Some(skip) = behind.and_then(|it| usize::try_from(it).ok()) else { return Vec::new() };
        let mut bytes = 0;
        let fits = |it: &&Written| {
            let before = bytes;
            bytes += it.bytes();
            before < bytes_max
        };
        kept.entries.iter().skip(skip).take(max).take_while(fits).map(read).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Kept ===

impl Kept {
    fn first(&self) -> Option<u64> {
        self.entries.front().map(|it| it.entry.seq)
    }

    fn take_oldest(&mut self, too_much: impl Fn(&Self) -> bool) -> Vec<Written> {
        let mut gone = Vec::new();
        while too_much(self)
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.bytes();
            gone.push(oldest);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::entry::{Act, Body, Deed};

    fn written(seq: u64) -> Written {
        let body = Body::Act(Act { actor: "a".to_owned(), act: Deed::Stopped });
        let entry = Arc::new(Entry { seq, at: Timestamp::from_ms(9), body });
        Written { entry, leaf: vec![0; 100], body_bytes: 900 }
    }

    fn seqs(recent: &Recent, from: u64) -> Vec<u64> {
        recent.entries(from, 100, usize::MAX).iter().map(|it| it.seq).collect()
    }

    #[test]
    fn what_is_too_old_is_not_here() {
        let recent = Recent::new(3 * (1000 + ENTRY_BYTES));
        recent.push((1..=5).map(written).collect());
        assert_eq!(seqs(&recent, 2), [0_u64; 0], "the file has it");
        assert_eq!(seqs(&recent, 3), [3, 4, 5]);
        assert_eq!(seqs(&recent, 5), [5]);
        assert_eq!(seqs(&recent, 6), [0_u64; 0]);
        assert_eq!(recent.entries(3, 2, usize::MAX).len(), 2);
        assert_eq!(recent.entries(3, 9, 1).len(), 1, "one at least");
        assert_eq!(recent.leaves(4, 9, usize::MAX).len(), 2);
        assert_eq!(recent.committed_at(4), Some(Timestamp::from_ms(9)));
        assert_eq!((recent.committed_at(2), recent.committed_at(6)), (None, None));
        recent.let_go(4);
        assert_eq!((seqs(&recent, 4), seqs(&recent, 5)), (vec![], vec![5]));
        recent.let_go(9);
        assert_eq!(recent.lock().bytes, 0);
    }
}
