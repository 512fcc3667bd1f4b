//! Backup, restore, retention of raw bytes, a limited file.

use canon::{clock::Clock as _, entry::Body};
use journal::{
    Audit, Draft, Error, Journal, Options, Reader, Seal,
    backup::{backup, restore},
};
use std::{collections::BTreeSet, time::Duration};

use crate::{
    answers::committed,
    samples::{Home, arrival, draft},
};

async fn fill(journal: &Journal, from: u64, to: u64) {
    for n in from..to {
        let id = format!("n{n}");
        let key = format!("k{n}");
        journal.append(draft("shop", Some(&key), &[(&id, "1", "x")])).await.unwrap();
    }
}

/// Goal: a copy made under load is one moment of the journal, whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_appending_is_whole_and_can_be_restored() {
    let home = Home::new();
    let journal = home.open();
    fill(&journal, 0, 30).await;
    let to = home.folder.path().join("backup.db");
    let copied = std::thread::scope(|scope| {
        let copying = scope.spawn(|| backup(&journal.reader(), &to).unwrap());
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(fill(&journal, 30, 90));
        });
        copying.join().unwrap()
    });
    assert!((30..=90).contains(&copied.head), "{copied:?}");
    assert!(matches!(backup(&journal.reader(), &to), Err(Error::File { .. })), "never over a file");
    let live = journal.read(1, 1000).unwrap();
    drop(journal);

    let occupied = restore(&to, &home.path());
    assert!(matches!(occupied, Err(Error::File { .. })), "{occupied:?}");
    for suffix in ["", "-wal", "-shm"] {
        let path = format!("{}{suffix}", home.path().display());
        assert!(std::fs::remove_file(path).is_ok() || !suffix.is_empty());
    }
    restore(&to, &home.path()).unwrap();
    let journal = home.open();
    assert_eq!(journal.head(), copied.head);
    let restored = journal.read(1, 1000).unwrap();
    for (was, is) in live.iter().zip(&restored) {
        let (Body::Arrival(was), Body::Arrival(is)) = (&was.body, &is.body) else { panic!() };
        assert_eq!(was.id, is.id);
    }
    let reader = journal.reader();
    let mut audit = Audit::new(&reader);
    for row in reader.stored(1, 1000).unwrap() {
        assert_eq!(audit.entry(&row).unwrap(), [""; 0]);
    }
    assert_eq!(audit.finish(copied.head).unwrap(), [""; 0]);
    let known = journal.append(draft("shop", Some("k1"), &[("n1", "1", "x")])).await.unwrap();
    assert!(matches!(known, journal::Appended::Duplicate { seq: 2, .. }), "{known:?}");
}

#[tokio::test]
async fn raw_bytes_are_dropped_by_age_and_the_entries_stay() {
    let home = Home::new();
    let journal = home.open();
    let (mut large, _) = arrival("shop", None, &[("big", "1", "x")]);
    let raw = bytes::Bytes::from(vec![7; 4 << 20]);
    large.raw_bytes = raw.len() as u64;
    large.raw_sha256 = canon::id::sha256_hex(&raw);
    journal.append(Draft::arrival(large, Some(raw), [0; 32])).await.unwrap();
    fill(&journal, 0, 300).await;
    home.clock.advance(Duration::from_secs(3600));
    let before = home.clock.now();
    fill(&journal, 300, 310).await;
    assert_eq!(journal.drop_raw_before(before, BTreeSet::new()).await.unwrap(), 301);
    assert_eq!(journal.drop_raw_before(before, BTreeSet::new()).await.unwrap(), 0);
    assert_eq!(journal.raw(1).unwrap(), None);
    assert_eq!(journal.raw(301).unwrap(), None);
    assert!(journal.raw(302).unwrap().is_some());
    assert_eq!(journal.read(1, 1000).unwrap().len(), 311);
    journal.close().await.unwrap();
    let size = std::fs::metadata(home.path()).unwrap().len();
    assert!(size < 2 << 20, "the space went back to the disk: {size}");

    let seal = Seal::load(&home.key()).unwrap();
    let reader = Reader::open_read_only(&home.path(), Some(seal)).unwrap();
    let mut audit = Audit::new(&reader);
    for row in reader.stored(1, 1000).unwrap() {
        assert_eq!(audit.entry(&row).unwrap(), [""; 0], "entry {}", row.seq);
    }
    assert_eq!((audit.raw_dropped, audit.raw_checked), (301, 10));
    assert_eq!(audit.finish(311).unwrap(), [""; 0]);
}

/// Bytes that an open letter needs stay beyond their age, and go when it is closed.
#[tokio::test]
async fn raw_bytes_that_are_needed_stay_until_they_are_not() {
    let home = Home::new();
    let journal = home.open();
    fill(&journal, 0, 300).await;
    home.clock.advance(Duration::from_secs(3600));
    let before = home.clock.now();
    let kept = |journal: &Journal| -> Vec<u64> {
        (1..=300).filter(|seq| journal.raw(*seq).unwrap().is_some()).collect()
    };
    let dropped = journal.drop_raw_before(before, BTreeSet::from([7, 290, 999])).await.unwrap();
    assert_eq!((dropped, kept(&journal)), (298, vec![7, 290]));
    crate::answers::audited(&journal);
    let dropped = journal.drop_raw_before(before, BTreeSet::from([7])).await.unwrap();
    assert_eq!((dropped, kept(&journal)), (1, vec![7]), "the letter of 290 was closed");
    let all: BTreeSet<u64> = (1..=300).collect();
    assert_eq!(journal.drop_raw_before(before, all).await.unwrap(), 0);
    assert_eq!(journal.drop_raw_before(before, BTreeSet::new()).await.unwrap(), 1);
    assert_eq!(kept(&journal), [0; 0]);
}

/// A key that was forgotten may be used again; the source facts still tell.
#[tokio::test]
async fn dedupe_keys_are_forgotten_by_age() {
    let home = Home::new();
    let journal = home.open();
    fill(&journal, 0, 300).await;
    home.clock.advance(Duration::from_secs(3600));
    let before = home.clock.now();
    fill(&journal, 300, 302).await;
    assert_eq!(journal.drop_keys_before(before).await.unwrap(), 300);
    assert_eq!(journal.drop_keys_before(before).await.unwrap(), 0);
    let reused = journal.append(draft("shop", Some("k1"), &[("other", "1", "y")])).await.unwrap();
    assert_eq!(committed(&reused), 303, "the key is free again");
    let kept = journal.append(draft("shop", Some("k301"), &[("other", "1", "z")])).await.unwrap();
    assert!(matches!(kept, journal::Appended::KeyReused { first_seq: 302 }), "{kept:?}");
    let known = journal.append(draft("shop", Some("k2"), &[("n2", "1", "x")])).await.unwrap();
    assert!(matches!(known, journal::Appended::Duplicate { seq: 3, .. }), "{known:?}");
    crate::answers::audited(&journal);
    journal.close().await.unwrap();

    let saved = Home::new();
    std::fs::copy(home.key(), saved.key()).unwrap();
    journal::salvage::salvage(&home.path(), &saved.path()).unwrap();
    let journal = saved.open();
    crate::answers::audited(&journal);
    let again = journal.append(draft("shop", Some("k1"), &[("more", "1", "y")])).await.unwrap();
    assert!(matches!(again, journal::Appended::KeyReused { first_seq: 303 }), "{again:?}");
}

#[tokio::test]
async fn a_file_at_its_limit_refuses_whole_appends_until_there_is_space() {
    let home = Home::new();
    let options = Options { file_bytes_max: Some(1 << 20), ..home.options() };
    let journal = Journal::open(&home.path(), options).unwrap();
    let mut kept = 0;
    let refused = loop {
        let says = format!("{kept} {}", "x".repeat(20_000));
        match journal.append(draft("shop", None, &[(&kept.to_string(), "1", &says)])).await {
            Ok(appended) => {
                kept += 1;
                assert_eq!(committed(&appended), kept);
            }
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Full) && refused.is_transient(), "{refused:?}");
    assert!(kept > 5, "{kept}");
    assert_eq!(journal.head(), kept, "nothing is half there");
    assert_eq!(journal.stats().full, 1);
    home.clock.advance(Duration::from_secs(1));
    journal.drop_raw_before(home.clock.now(), BTreeSet::new()).await.unwrap();
    let appended = journal.append(draft("shop", None, &[("after", "1", "x")])).await.unwrap();
    assert_eq!(committed(&appended), kept + 1, "the same journal goes on");
}
