//! Appending, batching, reading back, reopening.

use canon::entry::{Act, Body, Deed, Refusal};
use journal::{Appended, Draft, Error, Journal};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    answers::committed,
    samples::{Home, arrival, draft},
};

#[tokio::test]
async fn an_arrival_is_read_back_with_its_raw_bytes() {
    let home = Home::new();
    let journal = home.open();
    let (sent, raw) = arrival("shop", Some("k1"), &[("1", "1", "a \"quoted\" 髙")]);
    let appended =
        journal.append(draft("shop", Some("k1"), &[("1", "1", "a \"quoted\" 髙")])).await;
    assert_eq!(
        appended.unwrap(),
        Appended::Committed {
            seq: 1,
            events: vec![sent.events[0].id.clone()],
            duplicates: 0,
            set_aside: 0,
            set_aside_again: 0
        }
    );
    let entry = journal.entry(1).unwrap().unwrap();
    let Body::Arrival(found) = entry.body else { panic!("{entry:?}") };
    assert_eq!(found.id, sent.id);
    assert_eq!(found.events[0].data.get(), sent.events[0].data.get(), "data is kept verbatim");
    assert_eq!(journal.raw(1).unwrap().unwrap(), raw);
    assert_eq!(*journal.watch().borrow(), 1);
    let stored = std::fs::read(home.path()).unwrap();
    let log = std::fs::read(home.path().with_extension("db-wal")).unwrap();
    for file in [stored, log] {
        assert!(!file.windows(raw.len()).any(|it| it == raw), "raw bytes are sealed on disk");
    }
}

#[tokio::test]
async fn positions_go_on_after_reopening() {
    let home = Home::new();
    let journal = home.open();
    for n in 1..=3 {
        let id = n.to_string();
        let appended = journal.append(draft("shop", None, &[(&id, "1", "x")])).await.unwrap();
        assert_eq!(committed(&appended), n);
    }
    drop(journal);
    let journal = home.open();
    assert_eq!(journal.head(), 3);
    let appended = journal.append(draft("shop", None, &[("4", "1", "x")])).await.unwrap();
    assert_eq!(committed(&appended), 4);
    journal.close().await.unwrap();
    let refused = journal.append(draft("shop", None, &[("5", "1", "x")])).await;
    assert!(matches!(refused, Err(Error::Closed { .. })), "{refused:?}");
    let seqs: Vec<_> = journal.read(1, 100).unwrap().iter().map(|it| it.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
}

/// Goal: appends that come together share a commit.
/// Method: more callers than batches could be if each had its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_wait_are_committed_together() {
    let home = Home::new();
    let journal = home.open();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..64 {
        let journal = journal.clone();
        callers.spawn(async move {
            for n in 0..8 {
                let id = format!("{caller}-{n}");
                journal.append(draft("shop", None, &[(&id, "1", "x")])).await.unwrap();
            }
        });
    }
    callers.join_all().await;
    let stats = journal.stats();
    assert_eq!(stats.entries, 512);
    assert_eq!(journal.head(), 512);
    assert!(stats.batches <= 256, "{stats:?}");
    assert!(stats.batch_max >= 4, "{stats:?}");
    assert_eq!(stats.batch_sizes.iter().sum::<u64>(), stats.batches);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_makes_callers_wait_and_loses_none() {
    let home = Home::new();
    let options = journal::Options {
        queue_bytes_max: 4096,
        batch_entries_max: 2,
        linger: Duration::ZERO,
        ..home.options()
    };
    let journal = Journal::open(&home.path(), options).unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..40 {
        let journal = journal.clone();
        let id = caller.to_string();
        callers.spawn(async move { journal.append(draft("shop", None, &[(&id, "1", "x")])).await });
    }
    let mut seqs: Vec<u64> =
        callers.join_all().await.iter().map(|it| committed(it.as_ref().unwrap())).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
    assert!(journal.stats().batch_max <= 2);
}

#[tokio::test]
async fn an_append_that_contradicts_itself_is_refused() {
    let home = Home::new();
    let journal = home.open();
    let facts = [("1", "1", "x")];
    let (good, raw) = arrival("shop", None, &facts);
    let mut gap = good.clone();
    gap.trail.remove(2);
    let refused = journal.append(Draft::arrival(gap, Some(raw.clone()), [0; 32])).await;
    assert!(matches!(refused, Err(Error::TrailIncomplete { .. })), "{refused:?}");
    let mut lying = good.clone();
    lying.raw_sha256 = "00".repeat(32);
    let refused = journal.append(Draft::arrival(lying, Some(raw), [0; 32])).await;
    assert!(matches!(refused, Err(Error::Unfit { .. })), "{refused:?}");
    assert_eq!(journal.head(), 0);
}

#[tokio::test]
async fn refusals_and_acts_are_entries_too() {
    let home = Home::new();
    let journal = home.open();
    let refusal = Refusal {
        id: "r1".to_owned(),
        channel: Some("shop".to_owned()),
        principal: None,
        origin: "192.0.2.7".to_owned(),
        received_at: canon::clock::Timestamp::from_ms(0),
        trail: Vec::new(),
        code: "signature-bad".to_owned(),
        detail: "no signature header".to_owned(),
        raw_sha256: None,
        interchanges: 0,
        file: None,
        count: 1,
    };
    journal.append(Draft::Refusal(Box::new(refusal))).await.unwrap();
    let act = Act { actor: "hub".to_owned(), act: Deed::Stopped };
    journal.append(Draft::Act(Box::new(act))).await.unwrap();
    let entries = journal.read(1, 10).unwrap();
    assert!(matches!(&entries[0].body, Body::Refusal(it) if it.code == "signature-bad"));
    assert!(matches!(&entries[1].body, Body::Act(it) if matches!(it.act, Deed::Stopped)));
    let leaves = journal.reader().leaves(1, 10).unwrap();
    let leaf: serde_json::Value = serde_json::from_slice(&leaves[0].1).unwrap();
    assert_eq!(leaf["code"], "signature-bad");
    assert_eq!(leaf["seq"], 1);
}

#[tokio::test]
async fn one_journal_has_one_writer() {
    let home = Home::new();
    let first = home.open();
    let second = Journal::open(&home.path(), home.options());
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    drop(first);
    home.open();
}

#[tokio::test]
async fn a_missing_or_foreign_seal_key_is_told() {
    let home = Home::new();
    home.open();
    let mode = {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(home.key()).unwrap().permissions().mode()
    };
    assert_eq!(mode & 0o777, 0o600);
    let kept = std::fs::read(home.key()).unwrap();
    std::fs::remove_file(home.key()).unwrap();
    let missing = Journal::open(&home.path(), home.options());
    assert!(matches!(missing, Err(Error::SealKey { .. })), "{missing:?}");
    std::fs::write(home.key(), "00".repeat(32)).unwrap();
    let foreign = Journal::open(&home.path(), home.options());
    assert!(matches!(foreign, Err(Error::SealKey { .. })), "{foreign:?}");
    std::fs::write(home.key(), kept).unwrap();
    home.open();
}

#[tokio::test]
async fn a_large_arrival_is_one_entry() {
    let home = Home::new();
    let journal = Arc::new(home.open());
    let (mut arrival, _) = arrival("shop", None, &[("1", "1", "x")]);
    let raw = bytes::Bytes::from(vec![7; 3 << 20]);
    arrival.raw_bytes = raw.len() as u64;
    arrival.raw_sha256 = canon::id::sha256_hex(&raw);
    journal.append(Draft::arrival(arrival, Some(raw.clone()), [0; 32])).await.unwrap();
    assert_eq!(journal.raw(1).unwrap().unwrap(), raw);
}

/// RFC 8785 for what leaves hold: sorted members and no white space, throughout.
#[tokio::test]
async fn every_leaf_is_canonical_json_and_small() {
    let home = Home::new();
    let journal = home.open();
    let (mut odd, raw) = arrival("shop \u{7f}\"\\\u{1}髙\u{2028}", Some("k"), &[("1", "1", "x")]);
    odd.principal = "p".repeat(100_000);
    journal.append(Draft::arrival(odd, Some(raw), [7; 32])).await.unwrap();
    journal.append(draft("shop", None, &[("1", "1", "x"), ("1", "1", "y")])).await.unwrap();
    let act = Act { actor: "operator:鈴木".to_owned(), act: Deed::Stopped };
    journal.append(Draft::Act(Box::new(act))).await.unwrap();
    let leaves = journal.reader().leaves(1, 10).unwrap();
    assert_eq!(leaves.len(), 3);
    for (seq, leaf) in leaves {
        type Members = BTreeMap<String, Box<serde_json::value::RawValue>>;
        let text = std::str::from_utf8(&leaf).unwrap();
        let members: Members = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&members).unwrap(), text, "sorted, nothing between");
        if let Some(counts) = members.get("counts") {
            let inner: Members = serde_json::from_str(counts.get()).unwrap();
            assert_eq!(serde_json::to_string(&inner).unwrap(), counts.get());
        }
        assert_eq!(members["seq"].get(), seq.to_string());
        assert!(leaf.len() < 1000, "{text}");
        assert!(
            !text.contains("\\u2028") && !text.contains("\\u007f"),
            "only what must be: {text}"
        );
    }
}
