//! Which keys of records came already. Eight bytes a key, and a bound: a file of
//! 1 GiB must not need as much memory.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Keys of one input that can be told apart.
pub(in crate::layout) const KEYS_MAX: usize = 8_000_000;
/// Records of one input that may repeat a key.
const REPEATED_MAX: usize = 100_000;
/// Keys that wait to be sorted in.
const RECENT_MIN: usize = 1 << 16;

/// The keys that were seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::layout) enum Keys {
    /// All of them, by their hash.
    Seen(Seen),
    /// A first pass has found which records repeat a key: their numbers, sorted.
    Repeated(Vec<u64>),
}

/// Hashes of keys: most of them sorted, the last ones not yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(in crate::layout) struct Seen {
    sorted: Vec<u64>,
    recent: HashSet<u64>,
    /// Numbers of the records that repeat one.
    repeated: Vec<u64>,
}

/// [`Seen`] as a checkpoint has it: always in the same order.
#[derive(Serialize, Deserialize)]
struct Stored {
    keys: Vec<u64>,
    repeated: Vec<u64>,
}

/// What is said of a record's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::layout) enum Key {
    /// Its hash is remembered now.
    New(Option<u64>),
    Repeated,
    /// There are more than [`KEYS_MAX`], or too many repeat one.
    TooMany,
}

impl Default for Keys {
    fn default() -> Self {
        Self::Seen(Seen::default())
    }
}

// === impl Keys ===

impl Keys {
    /// Asks about the key of the record of that number, and remembers it.
    pub(in crate::layout) fn insert<'a>(
        &mut self,
        record: u64,
        parts: impl Iterator<Item = &'a str>,
    ) -> Key {
        match self {
            Self::Repeated(numbers) => match numbers.binary_search(&record) {
                Ok(_) => Key::Repeated,
                Err(_) => Key::New(None),
            },
            Self::Seen(seen) => seen.insert(record, hash(parts)),
        }
    }

    /// The same for a second pass over the same input.
    pub(in crate::layout) fn for_second_pass(self) -> Self {
        match self {
            Self::Seen(seen) => Self::Repeated(seen.repeated),
            Self::Repeated(_) => self,
        }
    }

    /// Forgets the last key: its record will be read again.
    pub(in crate::layout) fn forget(&mut self, hash: u64) {
        if let Self::Seen(seen) = self
            && !seen.recent.remove(&hash)
            && let Ok(at) = seen.sorted.binary_search(&hash)
        {
            seen.sorted.remove(at);
        }
    }
}

// === impl Stored ===

impl From<Seen> for Stored {
    fn from(mut seen: Seen) -> Self {
        seen.merge();
        Self { keys: seen.sorted, repeated: seen.repeated }
    }
}

impl From<Stored> for Seen {
    fn from(stored: Stored) -> Self {
        Self { sorted: stored.keys, recent: HashSet::new(), repeated: stored.repeated }
    }
}

// === impl Seen ===

impl Seen {
    fn insert(&mut self, record: u64, hash: u64) -> Key {
        if self.sorted.binary_search(&hash).is_ok() || !self.recent.insert(hash) {
            // A record at the end of a piece is read twice.
            if self.repeated.last() != Some(&record) {
                self.repeated.push(record);
            }
            let few = self.repeated.len() <= REPEATED_MAX;
            return if few { Key::Repeated } else { Key::TooMany };
        }
        if self.sorted.len() + self.recent.len() > KEYS_MAX {
            return Key::TooMany;
        }
        if self.recent.len() >= RECENT_MIN.max(self.sorted.len() / 16) {
            self.merge();
        }
        Key::New(Some(hash))
    }

    /// Sorts the recent ones in, from the end, so that nothing is copied twice.
    fn merge(&mut self) {
        let mut recent: Vec<u64> = self.recent.drain().collect();
        recent.sort_unstable();
        let mut from = self.sorted.len();
        let mut to = from + recent.len();
        self.sorted.reserve_exact(recent.len());
        self.sorted.resize(to, 0);
        while let Some(next) = recent.last().copied() {
            let before = from.checked_sub(1).and_then(|it| self.sorted.get(it)).copied();
            let taken = match before.filter(|it| *it > next) {
                Some(before) => {
                    from -= 1;
                    before
                }
                None => {
                    recent.pop();
                    next
                }
            };
            to -= 1;
            if let Some(place) = self.sorted.get_mut(to) {
                *place = taken;
            }
        }
    }
}

/// FNV-1a with a last mixing, since checkpoints outlive a release of the
/// standard library's hash. That two of eight million keys have the same is
/// once in half a million files; the record is set aside then, not lost.
fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for part in parts {
        // U+001F cannot be in a cell by accident.
        for byte in part.bytes().chain([0x1F]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }
    hash = (hash ^ (hash >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_again_across_merges() {
        let mut keys = Keys::default();
        let text = |it: u64| format!("{}", it.wrapping_mul(7_919) % 1_000_003);
        for number in 0..200_000 {
            let found = keys.insert(number, ["0001", &text(number)].into_iter());
            assert!(matches!(found, Key::New(Some(_))), "{number}");
        }
        for number in (0..200_000).step_by(997) {
            let found = keys.insert(number, ["0001", &text(number)].into_iter());
            assert_eq!(found, Key::Repeated, "{number}");
        }
        let Keys::Seen(seen) = &keys else { panic!("kept") };
        assert!(seen.sorted.is_sorted() && seen.sorted.len() > 100_000);
        assert_eq!(seen.repeated.len(), 201);
        // What is forgotten is new again, sorted in or not.
        for hash in [seen.sorted[1000], *seen.recent.iter().next().expect("some")] {
            keys.forget(hash);
            let Keys::Seen(seen) = &mut keys else { panic!("kept") };
            assert_eq!(seen.insert(300_000, hash), Key::New(Some(hash)));
        }
        // The parts do not run into each other.
        assert!(matches!(keys.insert(1, ["a", "bc"].into_iter()), Key::New(_)));
        assert!(matches!(keys.insert(2, ["ab", "c"].into_iter()), Key::New(_)));
    }

    #[test]
    fn a_first_pass_knows_the_repeated_ones() {
        let mut keys = Keys::Repeated(vec![3, 9]);
        assert_eq!(keys.insert(3, ["a"].into_iter()), Key::Repeated);
        assert_eq!(keys.insert(4, ["a"].into_iter()), Key::New(None));
    }
}
