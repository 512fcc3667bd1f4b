//! Catching up, checkpoints, proofs, rebuilding.

use ledger::{Error, Ledger, proof, tree::leaf_hash};
use std::time::Duration;

use crate::{
    books::{ORIGIN, fill},
    samples::{Home, draft},
};

async fn append(journal: &journal::Journal, from: u64, to: u64) {
    let mut all = tokio::task::JoinSet::new();
    for n in from..to {
        let journal = journal.clone();
        let id = format!("n{n}");
        all.spawn(async move { journal.append(draft("shop", None, &[(&id, "1", "x")])).await });
    }
    for appended in all.join_all().await {
        appended.unwrap();
    }
}

#[tokio::test]
async fn a_checkpoint_is_signed_by_number_or_by_time() {
    let home = Home::new();
    let journal = home.open();
    let mut ledger = home.ledger();
    assert_eq!(ledger.follow(&journal.reader()).unwrap(), 0);
    assert!(ledger.last_checkpoint().unwrap().is_none());
    append(&journal, 0, 10).await;
    assert_eq!(ledger.follow(&journal.reader()).unwrap(), 10);
    assert!(ledger.last_checkpoint().unwrap().is_none(), "not yet due");
    home.clock.advance(Duration::from_secs(1));
    ledger.follow(&journal.reader()).unwrap();
    let (note, said) = ledger.last_checkpoint().unwrap().unwrap();
    assert_eq!((said.size, said.root), (10, ledger.root(10).unwrap()));
    assert!(note.starts_with(&format!("{ORIGIN}\n10\n")), "{note}");
    append(&journal, 10, 266).await;
    ledger.follow(&journal.reader()).unwrap();
    assert_eq!(ledger.last_checkpoint().unwrap().unwrap().1.size, 266, "256 more");
    append(&journal, 266, 270).await;
    ledger.follow(&journal.reader()).unwrap();
    drop(ledger);
    let last = home.ledger().last_checkpoint().unwrap().unwrap().1;
    assert_eq!(last.size, 270, "an orderly end signs the rest");
}

#[tokio::test]
async fn proofs_from_the_stored_tiles_are_good() {
    let home = Home::new();
    let journal = home.open();
    append(&journal, 0, 700).await;
    let mut ledger = home.ledger();
    ledger.catch_up(&journal.reader()).unwrap();
    let leaves = journal.reader().leaves(1, 1000).unwrap();
    for size in [1, 255, 256, 257, 512, 699, 700] {
        let root = ledger.root(size).unwrap();
        for seq in [1, 2, 255, 256, 257, 300, 512, 700] {
            let path = ledger.inclusion(seq, size).unwrap();
            assert_eq!(path.is_some(), seq <= size);
            let Some(path) = path else { continue };
            let leaf = leaf_hash(&leaves[usize::try_from(seq).unwrap() - 1].1);
            assert!(proof::includes(&leaf, seq - 1, size, &path, &root), "{seq} of {size}");
        }
        for old in [1, 128, 255, 256, 257, 600] {
            let Some(path) = ledger.consistency(old, size).unwrap() else { continue };
            let old_root = ledger.root(old).unwrap();
            assert!(proof::extends((old, &old_root), (size, &root), &path), "{old} to {size}");
        }
    }
    assert!(matches!(ledger.root(701), Err(Error::Hole { .. })));
}

/// Goal: the ledger is a fold. Method: in small steps with restarts, and at once
/// from nothing, it comes to the same tiles.
#[tokio::test]
async fn a_rebuilt_ledger_is_the_same() {
    let home = Home::new();
    let journal = home.open();
    let mut n = 0;
    for step in [1, 3, 250, 2, 300, 44] {
        append(&journal, n, n + step).await;
        n += step;
        let mut ledger = home.ledger();
        ledger.catch_up(&journal.reader()).unwrap();
        ledger.checkpoint().unwrap();
    }
    let tiles = || -> Vec<(i64, i64, Vec<u8>)> {
        let conn = rusqlite::Connection::open(home.ledger_path()).unwrap();
        let mut rows = conn.prepare("SELECT level, tile, hashes FROM tile ORDER BY 1, 2").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let live = tiles();
    let last = home.ledger().last_checkpoint().unwrap().unwrap();
    std::fs::remove_file(home.ledger_path()).unwrap();
    let mut rebuilt = home.ledger();
    rebuilt.catch_up(&journal.reader()).unwrap();
    assert_eq!(rebuilt.checkpoint().unwrap(), last.0, "Ed25519 signs the same the same way");
    assert_eq!(tiles(), live);
    assert!(home.verify().is_sound());
}

#[tokio::test]
async fn a_rebuilt_tree_is_compared_with_every_checkpoint() {
    let home = Home::new();
    let journal = home.open();
    let mut ledger = home.ledger();
    for step in 0..5 {
        append(&journal, step * 100, step * 100 + 100).await;
        ledger.catch_up(&journal.reader()).unwrap();
        ledger.checkpoint().unwrap();
    }
    let damage = |statement: &str| {
        rusqlite::Connection::open(home.ledger_path()).unwrap().execute(statement, []).unwrap();
    };
    damage("UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND tile = 0");
    assert!(!home.verify().is_sound());
    assert_eq!(ledger.rebuild(&journal.reader()).unwrap(), 5);
    assert!(home.verify().is_sound());
    damage("UPDATE checkpoint SET note = (SELECT note FROM checkpoint WHERE size = 300)");
    let contradicted = ledger.rebuild(&journal.reader());
    assert!(matches!(contradicted, Err(Error::Inconsistent { size: 100 })), "{contradicted:?}");
}

#[tokio::test]
async fn a_shorter_journal_stops_the_ledger() {
    let home = Home::new();
    let journal = home.open();
    fill(&journal).await;
    let old = home.folder.path().join("old.db");
    journal.close().await.unwrap();
    std::fs::copy(home.path(), &old).unwrap();
    let journal = home.open();
    append(&journal, 0, 3).await;
    let mut ledger = home.ledger();
    ledger.catch_up(&journal.reader()).unwrap();
    ledger.checkpoint().unwrap();
    journal.close().await.unwrap();
    std::fs::copy(&old, home.path()).unwrap();
    // Whoever copies an old file over it may take the note of the other along.
    std::fs::remove_file(home.path().with_extension("db.rest")).unwrap();
    let journal = home.open();
    let behind = ledger.catch_up(&journal.reader());
    assert!(matches!(behind, Err(Error::Ahead { ledger: 8, journal: 5 })), "{behind:?}");
    // If the hub goes on and fills the gap, the tree is not built upon it.
    append(&journal, 100, 110).await;
    let mut ledger = home.ledger();
    let diverged = ledger.follow(&journal.reader());
    assert!(matches!(diverged, Err(Error::Diverged { seq: 8 })), "{diverged:?}");
    let report = home.verify();
    assert!(!report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn the_log_keeps_its_name() {
    let home = Home::new();
    home.ledger();
    let mut options = home.ledger_options();
    options.key = home.folder.path().join("other.key");
    options.origin = "hub.example/other".to_owned();
    let renamed = Ledger::open(options);
    assert!(matches!(renamed, Err(Error::OtherOrigin { .. })), "{renamed:?}");
}
