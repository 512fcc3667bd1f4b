//! A fold that follows the head gets from memory what the file says.

use canon::{
    clock::Timestamp,
    entry::{Act, Attempt, Boundary, Deed, Outcome, ParcelId, RecordFault, Refusal, SetAside},
};
use journal::{Draft, Journal};
use std::sync::Arc;

use crate::samples::{Home, arrival, draft};

/// Entries of every kind; of one arrival a part was known, of another the whole.
async fn fill(journal: &Journal) {
    let (mut with_letters, raw) = arrival("pos", Some("k2"), &[("7", "", "a \"quoted\" 髙")]);
    with_letters.set_aside.push(SetAside {
        record: 2,
        offset: 1,
        length: 4,
        boundary: Boundary::Map,
        code: "unmappable".to_owned(),
        faults: vec![RecordFault {
            field: "/total".to_owned(),
            offset: None,
            found: "x".to_owned(),
            expected: "a number".to_owned(),
            needed_by: None,
            shows: None,
        }],
        record_sha256: None,
    });
    let refusal = Refusal {
        id: "r1".to_owned(),
        channel: None,
        principal: None,
        origin: "192.0.2.7".to_owned(),
        received_at: Timestamp::from_ms(0),
        trail: Vec::new(),
        code: "not-admitted".to_owned(),
        detail: "no key".to_owned(),
        raw_sha256: None,
        interchanges: 0,
        file: None,
        count: 1,
    };
    let parcel = ParcelId { seq: 1, index: 0, destination: "erp".to_owned() };
    let attempt = Attempt {
        parcel,
        number: 1,
        key: "key".to_owned(),
        mapping: "erp/order@1".to_owned(),
        sent_at: Timestamp::from_ms(1_767_582_000_000),
        took_ms: 12,
        replay: None,
        substitutions: Vec::new(),
        outcome: Outcome::Later {
            reason: "busy".to_owned(),
            not_before: Timestamp::from_ms(1_767_582_000_001),
        },
    };
    let drafts = [
        draft("shop", Some("k1"), &[("1", "1", "x"), ("2", "1", "y")]),
        draft("shop", None, &[("1", "1", "x"), ("1", "1", "other"), ("3", "1", "z")]),
        draft("shop", None, &[("1", "1", "x")]),
        Draft::arrival(with_letters, Some(raw), [7; 32]),
        Draft::Refusal(Box::new(refusal)),
        Draft::Attempt(Box::new(attempt)),
        Draft::Act(Box::new(Act { actor: "hub".to_owned(), act: Deed::Stopped })),
    ];
    for draft in drafts {
        journal.append(draft).await.unwrap();
    }
}

#[tokio::test]
async fn memory_says_what_the_file_says() {
    let home = Home::new();
    let journal = home.open();
    fill(&journal).await;
    let (follower, file) = (journal.reader(), journal.reader().of_the_file());
    let followed = follower.follow(1, 100).unwrap();
    assert_eq!(followed.len(), 6, "one was known");
    assert!(Arc::ptr_eq(&followed[0], &follower.follow(1, 1).unwrap()[0]), "from memory");
    let read = file.read(1, 100).unwrap();
    for (followed, read) in followed.iter().zip(&read) {
        assert_eq!(format!("{followed:?}"), format!("{read:?}"));
        assert_eq!(follower.committed_at(read.seq).unwrap(), Some(read.at));
    }
    assert_eq!(follower.leaves(2, 3).unwrap(), file.leaves(2, 3).unwrap());
}

#[tokio::test]
async fn what_memory_has_no_more_comes_from_the_file() {
    let home = Home::new();
    let journal = home.open();
    fill(&journal).await;
    let follower = journal.reader();
    follower.let_go(4);
    let seqs = |from| -> Vec<u64> {
        follower.follow(from, 100).unwrap().iter().map(|it| it.seq).collect()
    };
    assert_eq!(seqs(2), [2, 3, 4, 5, 6], "the file");
    assert_eq!(seqs(5), [5, 6], "memory");
    assert_eq!(seqs(7), [0_u64; 0]);
    assert_eq!(follower.committed_at(2).unwrap(), Some(follower.follow(2, 1).unwrap()[0].at));
    assert_eq!(follower.committed_at(7).unwrap(), None);
}
