//! Every proof up to 64 leaves, and that no changed one is accepted.

use super::*;
use crate::tree::{leaf_hash, root_over};
use proptest::prelude::*;
use std::convert::Infallible;

struct Plain(Vec<Hash>);

impl Subtrees for Plain {
    type Error = Infallible;

    fn subtree(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
        let width = 1_usize << level;
        let from = usize::try_from(index).unwrap() * width;
        Ok(root_over(&self.0[from..from + width]))
    }
}

fn plain(size: u64) -> Plain {
    Plain((0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect())
}

fn root(tree: &Plain, size: u64) -> Hash {
    root_over(&tree.0[..usize::try_from(size).unwrap()])
}

/// RFC 9162 section 2.1.5 draws the tree of seven leaves and lists its proofs.
#[test]
fn the_seven_leaves_of_the_rfc() {
    let tree = plain(7);
    let [a, b, c, d, e, f, j] = tree.0[..] else { panic!() };
    let (g, h, i) = (node_hash(&a, &b), node_hash(&c, &d), node_hash(&e, &f));
    let (k, l) = (node_hash(&g, &h), node_hash(&i, &j));
    assert_eq!(root(&tree, 7), node_hash(&k, &l));
    let path = |index| inclusion(&tree, index, 7).unwrap().unwrap();
    assert_eq!(path(0), [b, h, l]);
    assert_eq!(path(3), [c, g, l]);
    assert_eq!(path(4), [f, j, k]);
    assert_eq!(path(6), [i, k]);
    let proof = |old| consistency(&tree, old, 7).unwrap().unwrap();
    assert_eq!(proof(3), [c, d, g, l]);
    assert_eq!(proof(4), [l]);
    assert_eq!(proof(6), [i, j, k]);
}

#[test]
fn every_leaf_of_every_tree_up_to_64_is_proven() {
    let tree = plain(64);
    for size in 1..=64 {
        let root = root(&tree, size);
        assert_eq!(range(&tree, 0, size), Ok(root));
        for index in 0..size {
            let leaf = tree.0[usize::try_from(index).unwrap()];
            let path = inclusion(&tree, index, size).unwrap().unwrap();
            assert!(includes(&leaf, index, size, &path, &root), "{index} of {size}");
            for other in (0..size).filter(|it| *it != index) {
                assert!(
                    !includes(&leaf, other, size, &path, &root),
                    "{index} as {other} of {size}"
                );
            }
        }
        assert_eq!(inclusion(&tree, size, size), Ok(None));
    }
}

#[test]
fn every_pair_of_trees_up_to_64_is_consistent() {
    let tree = plain(64);
    for new in 1..=64 {
        let new_root = root(&tree, new);
        for old in 1..=new {
            let old_root = root(&tree, old);
            let path = consistency(&tree, old, new).unwrap().unwrap();
            assert!(extends((old, &old_root), (new, &new_root), &path), "{old} to {new}");
            if old < new {
                assert!(!extends((old, &new_root), (new, &new_root), &path), "{old} to {new}");
                assert!(!extends((old, &old_root), (new, &old_root), &path), "{old} to {new}");
            }
        }
    }
    assert_eq!(consistency(&tree, 0, 5), Ok(None));
    assert_eq!(consistency(&tree, 6, 5), Ok(None));
}

proptest! {
    #[test]
    fn no_changed_proof_is_accepted(
        new in 2..200_u64, old in 1..200_u64, index in 0..200_u64,
        bit in 0..256_usize, at in any::<prop::sample::Index>(), drop in any::<bool>(),
    ) {
        let (old, index) = (1 + old % (new - 1), index % new);
        let tree = plain(new);
        let (old_root, new_root) = (root(&tree, old), root(&tree, new));
        let change = |path: &mut Vec<Hash>| {
            let at = at.index(path.len());
            if drop {
                path.remove(at);
            } else {
                path[at][bit / 8] ^= 1 << (bit % 8);
            }
        };
        let leaf = tree.0[usize::try_from(index).unwrap()];
        let mut path = inclusion(&tree, index, new).unwrap().unwrap();
        prop_assert!(includes(&leaf, index, new, &path, &new_root));
        change(&mut path);
        prop_assert!(!includes(&leaf, index, new, &path, &new_root));
        let mut path = consistency(&tree, old, new).unwrap().unwrap();
        prop_assert!(extends((old, &old_root), (new, &new_root), &path));
        if !path.is_empty() {
            change(&mut path);
            prop_assert!(!extends((old, &old_root), (new, &new_root), &path));
        }
    }
}
