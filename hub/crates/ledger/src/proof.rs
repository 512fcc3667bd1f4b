//! Proofs of RFC 9162: that a leaf is in a tree (section 2.1.3), that one tree
//! is the beginning of another (section 2.1.4), and how each is checked.

use crate::tree::{Hash, empty_root, node_hash};

/// Gives the hash of any complete subtree of a stored tree.
pub trait Subtrees {
    /// Why it could not.
    type Error;

    /// The root over the `2^level` leaves from `index * 2^level` on. Asked only
    /// for subtrees that are complete.
    ///
    /// # Errors
    ///
    /// When the stored tree does not have it.
    fn subtree(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The root over the leaves from `from` up to `to`, which is excluded.
///
/// `from` must be a multiple of the largest power of two below the number of
/// leaves, as all ranges of the RFC's recursions are.
///
/// # Errors
///
/// When the stored tree fails.
pub fn range<S: Subtrees>(tree: &S, from: u64, to: u64) -> Result<Hash, S::Error> {
    let leaves = to - from;
    if leaves == 0 {
        return Ok(empty_root());
    }
    if leaves.is_power_of_two() {
        let level = leaves.trailing_zeros();
        return tree.subtree(u8::try_from(level).unwrap_or(u8::MAX), from >> level);
    }
    let split = from + split(leaves);
    Ok(node_hash(&range(tree, from, split)?, &range(tree, split, to)?))
}

/// `PATH(index, D_size)` of section 2.1.3.1; `None` when there is no such leaf.
///
/// # Errors
///
/// When the stored tree fails.
pub fn inclusion<S: Subtrees>(
    tree: &S,
    index: u64,
    size: u64,
) -> Result<Option<Vec<Hash>>, S::Error> {
    if index >= size {
        return Ok(None);
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(range(tree, middle, to)?);
            to = middle;
        } else {
            path.push(range(tree, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// `PROOF(old, D_new)` of section 2.1.4.1; `None` when `old` is 0 or beyond `new`.
///
/// # Errors
///
/// When the stored tree fails.
pub fn consistency<S: Subtrees>(
    tree: &S,
    old: u64,
    new: u64,
) -> Result<Option<Vec<Hash>>, S::Error> {
    if old == 0 || old > new {
        return Ok(None);
    }
    let (mut from, mut to) = (0, new);
    let mut path = Vec::new();
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            path.push(range(tree, middle, to)?);
            to = middle;
        } else {
            path.push(range(tree, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        path.push(range(tree, from, to)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// The largest power of two below `leaves`, which must be at least 2.
fn split(leaves: u64) -> u64 {
    1 << (u64::BITS - 1 - (leaves - 1).leading_zeros())
}

/// Checks that `leaf` is the leaf `index` of the tree of `size` with this `root`
/// (section 2.1.3.2).
#[must_use]
pub fn includes(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(step, &hash);
            while node.is_multiple_of(2) && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Checks that the tree of `old` leaves with `old_root` is the beginning of the
/// tree of `new` leaves with `new_root` (section 2.1.4.2).
#[must_use]
pub fn extends(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    path: &[Hash],
) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    let with_first: Vec<Hash>;
    let path = if old.is_power_of_two() {
        with_first = std::iter::once(*old_root).chain(path.iter().copied()).collect();
        &with_first
    } else {
        path
    };
    let Some((first, steps)) = path.split_first() else { return false };
    let (mut node, mut last) = (old - 1, new - 1);
    while node % 2 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            from_old = node_hash(step, &from_old);
            from_new = node_hash(step, &from_new);
            while node.is_multiple_of(2) && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}

#[cfg(test)]
mod tests;
