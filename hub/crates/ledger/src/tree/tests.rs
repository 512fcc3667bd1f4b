//! The published vectors, and the growing edge against the plain definition.

use super::*;

/// The plain recursive definition of section 2.1.1, with its own hashing calls.
fn definition(leaves: &[Vec<u8>]) -> Hash {
    match leaves {
        [] => empty_root(),
        [one] => leaf_hash(one),
        many => {
            let mut split = 1;
            while split * 2 < many.len() {
                split *= 2;
            }
            node_hash(&definition(&many[..split]), &definition(&many[split..]))
        }
    }
}

#[test]
fn published_vectors() {
    let hex = |hash: Hash| hex::encode(hash);
    assert_eq!(
        hex(empty_root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    // The leaf hash of an empty leaf, and the tree of eight leaves, that
    // implementations of certificate transparency share as test vectors.
    assert_eq!(
        hex(leaf_hash(b"")),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    let leaves: Vec<Vec<u8>> = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .iter()
    .map(|it| hex::decode(it).unwrap())
    .collect();
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut edge = Edge::default();
    for (index, want) in roots.iter().enumerate() {
        edge.push(leaf_hash(&leaves[index]), |_, _, _| {});
        assert_eq!(hex(edge.root()), *want, "{} leaves", index + 1);
        assert_eq!(hex(definition(&leaves[..=index])), *want);
    }
}

#[test]
fn the_edge_is_the_definition_and_gives_each_tile_once() {
    let leaves: Vec<Vec<u8>> = (0..70_000_u32).map(|n| n.to_be_bytes().to_vec()).collect();
    let mut edge = Edge::default();
    let mut tiles = Vec::new();
    for (index, leaf) in leaves.iter().enumerate() {
        let size = index + 1;
        edge.push(leaf_hash(leaf), |level, index, tile| tiles.push((level, index, tile.len())));
        if size <= 600 || size % 9973 == 0 || (65_530..65_540).contains(&size) {
            assert_eq!(edge.root(), definition(&leaves[..size]), "{size} leaves");
        }
    }
    let mut want: Vec<_> = (0..273).map(|index| (0, index, TILE_WIDTH)).collect();
    want.insert(256, (1, 0, TILE_WIDTH));
    assert_eq!(tiles, want);
    assert_eq!(edge.levels().iter().map(Vec::len).collect::<Vec<_>>(), [112, 17, 1]);
}
