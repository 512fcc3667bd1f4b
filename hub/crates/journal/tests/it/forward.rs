//! The tables beside the entries are made again, row for row as the writer made
//! them: when an older file is brought forward, and when a damaged one is salvaged.

use journal::{Draft, salvage::salvage};
use rusqlite::{Connection, types::Value};
use std::path::Path;

use crate::{
    answers::audited,
    samples::{Home, arrival, draft},
};

/// Everything in `current` and `aside`.
pub(crate) fn in_force(path: &Path) -> Vec<Vec<Value>> {
    let conn = Connection::open(path).unwrap();
    let all = |query: &str, columns: usize| -> Vec<Vec<Value>> {
        let mut rows = conn.prepare(query).unwrap();
        let rows = rows.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
        rows.unwrap().map(Result::unwrap).collect()
    };
    let current = "SELECT thing, id, kind, version, action, data, tail, seq FROM current";
    [all(current, 8), all("SELECT id, seq FROM aside", 2)].concat()
}

/// What the file was before it had these tables.
pub(crate) fn take_back(path: &Path) {
    let conn = Connection::open(path).unwrap();
    conn.execute_batch("DROP TABLE current; DROP TABLE aside; PRAGMA user_version = 1;").unwrap();
    // A program of then left no note of the file at rest.
    std::fs::remove_file(path.with_extension("db.rest")).unwrap();
}

/// Goal: the version rules hold across an upgrade, and the old file is kept.
#[tokio::test]
async fn an_older_journal_gets_what_is_in_force_from_its_entries() {
    let home = Home::new();
    let journal = home.open();
    for (id, version, says) in
        [("1", "", "a"), ("1", "", "b"), ("2", "3", "x"), ("2", "2", "w"), ("2", "3", "other")]
    {
        journal.append(draft("shop", None, &[(id, version, says)])).await.unwrap();
    }
    let (mut polled, raw) = arrival("feed", None, &[("1", "", "p")]);
    polled.cursor = Some("c".to_owned());
    journal.append(Draft::arrival(polled, Some(raw), [0; 32])).await.unwrap();
    journal.close().await.unwrap();
    let before = in_force(&home.path());
    assert_eq!(before.len(), 3, "three things, and nothing set aside by a poll");

    take_back(&home.path());
    let journal = home.open();
    assert!(home.path().with_extension("db.schema-1").exists(), "the old file was kept");
    audited(&journal);
    let again = journal.append(draft("shop", None, &[("1", "", "b")])).await.unwrap();
    assert!(matches!(again, journal::Appended::Duplicate { seq: 2, .. }), "{again:?}");
    journal.close().await.unwrap();
    assert_eq!(in_force(&home.path()), before);

    let saved = home.folder.path().join("saved.db");
    salvage(&home.path(), &saved).unwrap();
    assert_eq!(in_force(&saved), before);
}

/// A row that does not follow from the entries is found by the audit.
#[tokio::test]
async fn a_changed_row_is_found() {
    let changes = [
        "UPDATE current SET seq = 1 WHERE seq = 2",
        "UPDATE current SET version = '9'",
        "DELETE FROM current WHERE seq = 2",
        "INSERT INTO current SELECT zeroblob(16), id, 0, '', '', data, tail, 1 FROM current
         LIMIT 1",
        "INSERT INTO aside VALUES(zeroblob(16), 1)",
    ];
    for change in changes {
        let home = Home::new();
        let journal = home.open();
        journal.append(draft("shop", None, &[("1", "", "a")])).await.unwrap();
        journal.append(draft("shop", None, &[("1", "", "b"), ("2", "1", "x")])).await.unwrap();
        audited(&journal);
        assert!(Connection::open(home.path()).unwrap().execute(change, []).unwrap() > 0);
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| audited(&journal)));
        assert!(found.is_err(), "{change}");
    }
}
