//! The hashing of RFC 9162 section 2.1, and a tree's growing right edge.

use aws_lc_rs::digest::{Context, SHA256};

/// One node of the tree.
pub type Hash = [u8; 32];

/// Hashes in a full tile (C2SP tlog-tiles).
pub const TILE_WIDTH: usize = 256;

/// Levels of the tree in one tile: a full one has `2^8` hashes.
pub const TILE_HEIGHT: u8 = 8;

/// Root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    digest(&[])
}

/// `SHA-256(0x00 || leaf)`.
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    digest(&[&[0], leaf])
}

/// `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[1], left, right])
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

/// The root over a whole number of equal subtrees, given their hashes: the
/// Merkle tree hash of RFC 9162 section 2.1.1 with `hashes` in place of leaves.
#[must_use]
pub fn root_over(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        many => {
            let split = many.len().next_power_of_two() / 2;
            let (left, right) = many.split_at(split);
            node_hash(&root_over(left), &root_over(right))
        }
    }
}

/// The right edge of a growing tree: at each tile level the hashes of the tile
/// that is not full yet. Enough to append and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

// === impl Edge ===

impl Edge {
    /// Goes on from a tree of `size` leaves, given its tiles that are not full.
    #[must_use]
    pub fn resume(size: u64, levels: Vec<Vec<Hash>>) -> Self {
        Self { size, levels }
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tiles that are not full, lowest level first.
    #[must_use]
    pub fn levels(&self) -> &[Vec<Hash>] {
        &self.levels
    }

    /// Appends a leaf by its hash. Each tile that becomes full is given to
    /// `full` with its level and index.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(u8, u64, &[Hash])) {
        let mut hash = leaf;
        for level in 0.. {
            let index = self.size >> (u32::from(TILE_HEIGHT) * (u32::from(level) + 1)).min(63);
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            let Some(tile) = self.levels.get_mut(usize::from(level)) else { break };
            tile.push(hash);
            if tile.len() < TILE_WIDTH {
                break;
            }
            full(level, index, tile);
            hash = root_over(tile);
            tile.clear();
        }
        self.size += 1;
    }

    /// The root over all leaves so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        // The peaks, smallest first: within a tile the last ones, below first.
        let mut root: Option<Hash> = None;
        for tile in &self.levels {
            let mut end = tile.len();
            while end > 0 {
                let width = 1 << end.trailing_zeros();
                let peak = root_over(tile.get(end - width..end).unwrap_or_default());
                root = Some(root.map_or(peak, |right| node_hash(&peak, &right)));
                end -= width;
            }
        }
        root.unwrap_or_else(empty_root)
    }
}

#[cfg(test)]
mod tests;
