//! Which keys of records came already. At most thirteen bytes a key, and a bound: a file of
//! 1 GiB must not need as much memory.

use serde::{Deserialize, Serialize};

/// Keys of one input that can be told apart.
pub(in crate::layout) const KEYS_MAX: usize = 8_000_000;
/// Records of one input that may repeat a key.
const REPEATED_MAX: usize = 100_000;
/// Places of the smallest table.
const PLACES_MIN: usize = 1 << 6;

/// The keys that were seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::layout) enum Keys {
    /// All of them, by their hash.
    Seen(Seen),
    /// A first pass has found which records repeat a key: their numbers, sorted.
    Repeated(Vec<u64>),
}

/// Hashes of keys in a table: sorted, with gaps between them. Where one belongs is its
/// share of the table, so that one look into memory finds it; it may stand some places
/// behind that, but then there is no gap between.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(in crate::layout) struct Seen {
    /// 0 is a gap.
    places: Vec<u64>,
    /// The table that shares are of; a few places may stand behind its end.
    size: usize,
    count: usize,
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
        if let Self::Seen(seen) = self {
            seen.remove(hash);
        }
    }
}

// === impl Stored ===

impl From<Seen> for Stored {
    fn from(seen: Seen) -> Self {
        Self { keys: seen.hashes().collect(), repeated: seen.repeated }
    }
}

impl From<Stored> for Seen {
    fn from(stored: Stored) -> Self {
        let Stored { mut keys, repeated } = stored;
        keys.retain(|it| *it != 0);
        keys.sort_unstable();
        keys.dedup();
        let count = keys.len();
        let mut seen = Self { places: keys, size: 0, count, repeated };
        if count > 0 {
            seen.grow();
        }
        seen
    }
}

// === impl Seen ===

/// Of tables that grew in another way the same is in them.
impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.repeated == other.repeated && self.hashes().eq(other.hashes())
    }
}

impl Eq for Seen {}

impl Seen {
    fn hashes(&self) -> impl Iterator<Item = u64> {
        self.places.iter().copied().filter(|it| *it != 0)
    }

    fn insert(&mut self, record: u64, hash: u64) -> Key {
        // Of five places four are taken, at most.
        if (self.count + 1) * 5 > self.size * 4 {
            self.grow();
        }
        let (at, found) = self.find(hash);
        if found {
            // A record at the end of a piece is read twice.
            if self.repeated.last() != Some(&record) {
                self.repeated.push(record);
            }
            let few = self.repeated.len() <= REPEATED_MAX;
            return if few { Key::Repeated } else { Key::TooMany };
        }
        if self.count >= KEYS_MAX {
            return Key::TooMany;
        }
        self.count += 1;
        // Those behind it move up to the next gap.
        let mut moved = hash;
        for place in self.places.iter_mut().skip(at) {
            std::mem::swap(place, &mut moved);
            if moved == 0 {
                return Key::New(Some(hash));
            }
        }
        self.places.push(moved);
        Key::New(Some(hash))
    }

    /// Where it stands, or where it would; and whether it is there.
    fn find(&self, hash: u64) -> (usize, bool) {
        let from = share(hash, self.size);
        let behind = self.places.get(from..).unwrap_or_default();
        let passed = behind.iter().take_while(|it| **it != 0 && **it < hash).count();
        (from + passed, behind.get(passed) == Some(&hash))
    }

    fn remove(&mut self, hash: u64) {
        let (mut at, found) = self.find(hash);
        if !found {
            return;
        }
        self.count -= 1;
        // Those behind it that do not stand where they belong move down.
        while let Some(next) = self.places.get(at + 1).copied().filter(|it| *it != 0)
            && share(next, self.size) <= at
        {
            self.put(at, next);
            at += 1;
        }
        self.put(at, 0);
    }

    fn put(&mut self, at: usize, hash: u64) {
        if let Some(place) = self.places.get_mut(at) {
            *place = hash;
        }
    }

    /// Makes the table larger by a quarter, in the same memory: all hashes move to its end
    /// first, and from there to their places, which are never behind where they are read.
    fn grow(&mut self) {
        let size = PLACES_MIN.max(self.size + self.size / 4).max(self.count * 8 / 5);
        let mut end = 0;
        for hash in self.hashes() {
            end = share(hash, size).max(end) + 1;
        }
        let before = self.places.len();
        // Not twice the memory, as a table that is pushed to would take.
        let places = size.max(end).max(before);
        self.places.reserve_exact(places + PLACES_MIN - before);
        self.places.resize(places, 0);
        let mut to = self.places.len();
        for from in (0..before).rev() {
            let hash = self.places.get(from).copied().unwrap_or(0);
            if hash != 0 {
                to -= 1;
                self.put(from, 0);
                self.put(to, hash);
            }
        }
        let mut next = 0;
        for from in to..self.places.len() {
            let hash = self.places.get(from).copied().unwrap_or(0);
            let at = share(hash, size).max(next);
            self.put(from, 0);
            self.put(at, hash);
            next = at + 1;
        }
        self.size = size;
    }
}

/// Where a hash belongs in a table of that size: hashes lie evenly.
fn share(hash: u64, size: usize) -> usize {
    let wide = u128::from(hash) * u128::try_from(size).unwrap_or(0);
    usize::try_from(wide >> 64).unwrap_or(0)
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
    hash.max(1)
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
        let Keys::Seen(seen) = &mut keys else { panic!("kept") };
        let hashes: Vec<u64> = seen.hashes().collect();
        assert!(hashes.is_sorted() && hashes.len() == 200_000);
        assert_eq!(seen.repeated.len(), 201);
        // What is forgotten is new again; the others stay.
        for hash in hashes.iter().step_by(3) {
            seen.remove(*hash);
        }
        let rest = hashes.iter().enumerate().filter(|(at, _)| at % 3 != 0).map(|(_, it)| *it);
        assert!(seen.hashes().eq(rest));
        let stored: Seen = Stored::from(seen.clone()).into();
        assert_eq!(&stored, seen);
        for (at, hash) in hashes.iter().enumerate() {
            let wanted = if at % 3 == 0 { Key::New(Some(*hash)) } else { Key::Repeated };
            assert_eq!(seen.insert(300_000, *hash), wanted);
        }
        assert!(seen.hashes().eq(hashes.iter().copied()));
        for hash in &hashes {
            seen.remove(*hash);
        }
        assert_eq!((seen.count, seen.hashes().count()), (0, 0));
        // The parts do not run into each other.
        assert!(matches!(keys.insert(1, ["a", "bc"].into_iter()), Key::New(_)));
        assert!(matches!(keys.insert(2, ["ab", "c"].into_iter()), Key::New(_)));
    }

    /// Whatever the hashes are: all at one end, or next to each other.
    #[test]
    fn hashes_that_lie_unevenly_are_kept_as_well() {
        for hashes in [
            (1..3000).collect::<Vec<u64>>(),
            (0..3000).map(|it| u64::MAX - it).collect(),
            (1..3000).map(|it| it << 52 | it).collect(),
        ] {
            let mut seen = Seen::default();
            for (number, hash) in (0..).zip(&hashes) {
                assert_eq!(seen.insert(number, *hash), Key::New(Some(*hash)));
            }
            for hash in &hashes {
                assert_eq!(seen.insert(9999, *hash), Key::Repeated);
            }
            let mut sorted = hashes.clone();
            sorted.sort_unstable();
            assert!(seen.hashes().eq(sorted));
            let stored: Seen = Stored::from(seen.clone()).into();
            assert_eq!(stored, seen);
        }
    }

    #[test]
    fn a_first_pass_knows_the_repeated_ones() {
        let mut keys = Keys::Repeated(vec![3, 9]);
        assert_eq!(keys.insert(3, ["a"].into_iter()), Key::Repeated);
        assert_eq!(keys.insert(4, ["a"].into_iter()), Key::New(None));
    }
}
