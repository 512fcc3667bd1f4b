//! Random numbers that can be had again: SplitMix64, after Sebastiano Vigna's
//! public-domain description.

use aws_lc_rs::rand;

/// A seed nobody chose.
pub(super) fn any_seed() -> u64 {
    let mut bytes = [0; 4];
    // Without randomness the seed is zero, which is as good as any other.
    let filled = rand::fill(&mut bytes).is_ok();
    if filled { u32::from_le_bytes(bytes).into() } else { 0 }
}

/// A sequence that follows from its seed.
pub(super) struct Chance(u64);

// === impl Chance ===

impl Chance {
    pub(super) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// From 0 to `below`, not including it; 0 when `below` is 0.
    pub(super) fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).checked_rem(below).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_within_its_bound() {
        let sequence = |seed| {
            let mut chance = Chance::from_seed(seed);
            (0..100).map(|_| chance.below(7)).collect::<Vec<_>>()
        };
        assert_eq!(sequence(1), sequence(1));
        assert_ne!(sequence(1), sequence(2));
        assert!(sequence(3).iter().all(|it| *it < 7));
    }
}
