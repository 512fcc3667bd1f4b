//! Which keys of records came already. Eight bytes a key, and a bound: a file of
//! 1 GiB must not need as much memory.

use std::{
    collections::HashSet,
    hash::{BuildHasherDefault, Hasher},
};

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
    recent: HashSet<u64, BuildHasherDefault<AsItIs>>,
    /// Numbers of the records that repeat one.
    repeated: Vec<u64>,
}

/// What is hashed already.
#[derive(Clone, Copy, Debug, Default)]
struct AsItIs(u64);

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
            && let Some(at) = seen.sorted_at(hash)
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
        Self { sorted: stored.keys, recent: HashSet::default(), repeated: stored.repeated }
    }
}

// === impl Seen ===

impl Seen {
    fn insert(&mut self, record: u64, hash: u64) -> Key {
        if self.sorted_at(hash).is_some() || !self.recent.insert(hash) {
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

    /// Where it is among the sorted ones. Hashes lie evenly, so that it cannot
    /// be far from where it would be if they did so exactly.
    fn sorted_at(&self, hash: u64) -> Option<usize> {
        let length = self.sorted.len();
        // Twice: by the whole, and then by how far the one there is from it.
        let share = |it: u64| {
            let (wide, length) = (u128::from(it), u128::try_from(length).unwrap_or(0));
            usize::try_from((wide * length) >> 64).unwrap_or(0)
        };
        let guess = share(hash);
        let there = *self.sorted.get(guess)?;
        let guess = match hash.checked_sub(there) {
            Some(behind) => (guess + share(behind)).min(length - 1),
            None => guess.saturating_sub(share(there - hash)),
        };
        let mut step = 8;
        let below = |it: usize| self.sorted.get(it).is_none_or(|found| *found < hash);
        let (mut from, mut to) = (guess, guess);
        while from > 0 && !below(from) {
            from = from.saturating_sub(step);
            step *= 2;
        }
        while to < length && below(to) {
            to += step;
            step *= 2;
        }
        let near = self.sorted.get(from..length.min(to + 1))?;
        near.binary_search(&hash).ok().map(|it| from + it)
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

/// Not the standard library's, since checkpoints outlive a release of it. That
/// two of eight million keys have the same is once in half a million files; the
/// record is set aside then, not lost.
fn hash<'a>(parts: impl Iterator<Item = &'a str>) -> u64 {
    let mut hash = 0x9E37_79B9_7F4A_7C15_u64;
    let mut mix = |word: u64| {
        let product = u128::from(hash ^ word) * 0xA076_1D64_78BD_642F;
        let [a, b, c, d, e, f, g, h, low @ ..] = product.to_be_bytes();
        hash = u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ u64::from_be_bytes(low);
    };
    for part in parts {
        let (words, rest) = part.as_bytes().as_chunks::<8>();
        words.iter().for_each(|it| mix(u64::from_le_bytes(*it)));
        // With its length, so that parts do not run into each other.
        let last = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        mix(last << 8 | u64::try_from(part.len() % 251 + 1).unwrap_or(0));
    }
    mix(0xE703_7ED1_A0B4_28DB);
    hash
}

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
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
