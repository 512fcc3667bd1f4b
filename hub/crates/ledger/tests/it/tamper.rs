//! Whatever is changed in the files is found, and nothing is found in sound ones.

use ledger::Place;
use rusqlite::{Connection, params, types::Value};
use std::path::Path;

use crate::{books::fill, samples::Home};

/// Books as a running or killed hub leaves them: no hash of the whole file helps.
async fn books() -> Home {
    let home = closed_books().await;
    std::fs::remove_file(home.folder.path().join("journal.db.rest")).unwrap();
    home
}

async fn closed_books() -> Home {
    let home = Home::new();
    let journal = home.open();
    let mut ledger = home.ledger();
    fill(&journal).await;
    ledger.catch_up(&journal.reader()).unwrap();
    ledger.checkpoint().unwrap();
    journal.close().await.unwrap();
    home
}

#[tokio::test]
async fn sound_books_have_no_fault() {
    let home = books().await;
    let report = home.verify();
    assert_eq!(report.faults, []);
    assert_eq!((report.size, report.ledger_size, report.checkpoints), (5, 5, 1));
    assert_eq!(report.raw_checked, 3);
    let journal = home.open();
    fill(&journal).await;
    let beside = home.verify();
    assert!(beside.is_sound(), "while the hub runs, the ledger behind: {beside:?}");
    assert!(beside.size > beside.ledger_size);
}

/// Every table with the columns whose values are flipped, and its key.
const COLUMNS: [(&str, &str, &[&str]); 8] = [
    ("entry", "seq", &["seq", "at", "kind", "leaf", "salt", "body"]),
    ("raw", "seq", &["seq", "sealed"]),
    ("key", "channel || key", &["channel", "key", "fingerprint", "seq"]),
    ("fact", "id", &["id", "data", "seq"]),
    ("current", "thing", &["thing", "id", "kind", "version", "action", "data", "tail", "seq"]),
    ("aside", "id", &["id", "seq"]),
    ("cursor", "channel", &["channel", "cursor", "seq"]),
    ("setting", "name", &["value"]),
];

/// Goal: one flipped bit in any byte of any value is found.
/// Method: flip it through SQL, verify, flip it back.
#[tokio::test]
async fn every_flipped_byte_of_the_journal_is_found() {
    let home = books().await;
    let mut flips = 0;
    for (table, key, columns) in COLUMNS {
        for column in columns {
            flips += flip_each(&home, &home.path(), (table, key, column));
        }
    }
    assert!(flips > 5000, "{flips}");
    assert!(home.verify().is_sound(), "all was put back");
}

#[tokio::test]
async fn every_flipped_byte_of_the_ledger_is_found() {
    let home = books().await;
    let path = home.ledger_path();
    for (table, key, column) in [
        ("tile", "level", "level"),
        ("tile", "level", "tile"),
        ("tile", "level", "hashes"),
        ("checkpoint", "size", "size"),
        ("checkpoint", "size", "note"),
        ("head", "one", "origin"),
        ("head", "one", "size"),
    ] {
        flip_each(&home, &path, (table, key, column));
    }
    assert!(home.verify().is_sound(), "all was put back");
}

/// Flips one bit in each byte of each value of a column, one at a time, and
/// says how many were flipped.
fn flip_each(home: &Home, path: &Path, (table, key, column): (&str, &str, &str)) -> usize {
    let conn = Connection::open(path).unwrap();
    conn.pragma_update(None, "synchronous", "OFF").unwrap();
    conn.pragma_update(None, "ignore_check_constraints", "ON").unwrap();
    let rows: Vec<(Value, Value)> = {
        let mut rows = conn.prepare(&format!("SELECT {key}, {column} FROM {table}")).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    assert!(!rows.is_empty(), "{table} has rows");
    let mut flips = 0;
    for (id, value) in rows {
        for changed in flipped(&value) {
            // A key column that is changed is found by what it became.
            let is_key = column == key;
            let by = |now: &Value| if is_key { now.clone() } else { id.clone() };
            let put = |to: &Value, at: &Value| {
                conn.execute(
                    &format!("UPDATE {table} SET {column} = ?1 WHERE {key} = ?2"),
                    params![to, at],
                )
            };
            // A value that is another row's key already cannot be written at all.
            if put(&changed, &id).is_err() {
                continue;
            }
            let report = home.verify();
            assert!(!report.is_sound(), "{table}.{column} {id:?}: {value:?} to {changed:?}");
            if key.contains("||") {
                conn.execute(
                    &format!("UPDATE {table} SET {column} = ?1 WHERE {column} = ?2"),
                    params![value, changed],
                )
                .unwrap();
            } else {
                assert_eq!(put(&value, &by(&changed)).unwrap(), 1);
            }
            flips += 1;
        }
    }
    flips
}

fn flipped(value: &Value) -> Vec<Value> {
    let bytes = |bytes: &[u8]| -> Vec<Vec<u8>> {
        (0..bytes.len())
            .map(|at| {
                let mut changed = bytes.to_vec();
                changed[at] ^= 1;
                changed
            })
            .collect()
    };
    match value {
        Value::Integer(number) => [1, 8, 64].map(|bit| Value::Integer(number ^ bit)).to_vec(),
        Value::Text(text) => bytes(text.as_bytes())
            .into_iter()
            .filter_map(|it| String::from_utf8(it).ok())
            .map(Value::Text)
            .collect(),
        Value::Blob(blob) => bytes(blob).into_iter().map(Value::Blob).collect(),
        other @ (Value::Null | Value::Real(_)) => panic!("no column holds {other:?}"),
    }
}

/// Goal: damage of the file itself is found, or changes nothing that is said.
/// Method: flip bytes all over the file; each time the report must have a fault,
/// or every value must still be what it was (free space, page bookkeeping).
#[tokio::test]
async fn flipped_bytes_of_the_files_are_found_or_harmless() {
    let home = closed_books().await;
    for path in [home.path(), home.ledger_path()] {
        let whole = std::fs::read(&path).unwrap();
        let said = contents(&path).unwrap();
        let (mut found, mut harmless) = (0, 0);
        for at in (0..whole.len()).step_by(37) {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            let (journal, ledger, key) = (home.path(), home.ledger_path(), home.public_key());
            let report = ledger::verify(ledger::Inputs {
                journal: &journal,
                ledger: &ledger,
                public_key: &key,
                seal_key: Some(&home.key()),
                outside: &[],
            });
            if report.is_ok_and(|report| report.is_sound()) {
                assert_eq!(contents(&path).as_ref(), Ok(&said), "byte {at} of {path:?}");
                harmless += 1;
            } else {
                found += 1;
            }
        }
        std::fs::write(&path, &whole).unwrap();
        // A journal that was closed has its hash beside it.
        assert!(harmless == 0 || path != home.path(), "{harmless} of {found} were not found");
        assert!(found > 20, "{found} found, {harmless} harmless in {path:?}");
    }
    assert!(home.verify().is_sound());
}

/// All values of all tables.
fn contents(path: &Path) -> rusqlite::Result<Vec<Vec<Value>>> {
    let conn = Connection::open(path)?;
    let mut all = Vec::new();
    let tables: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for table in tables {
        let mut rows = conn.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
        let columns = rows.column_count();
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            all.push((0..columns).map(|it| row.get(it)).collect::<rusqlite::Result<_>>()?);
        }
    }
    Ok(all)
}

#[tokio::test]
async fn removed_and_exchanged_entries_are_named() {
    for (change, place) in [
        ("DELETE FROM entry WHERE seq = 3", Place::Entry(4)),
        ("DELETE FROM entry WHERE seq = 5", Place::Ledger),
        ("DELETE FROM raw WHERE seq = 2", Place::Entry(2)),
        (
            "UPDATE entry SET seq = CASE seq WHEN 4 THEN 50 ELSE 40 END WHERE seq IN (4, 5);
             UPDATE entry SET seq = seq / 10 WHERE seq > 9;",
            Place::Entry(4),
        ),
        ("UPDATE raw SET seq = 9 WHERE seq = 1", Place::Entry(1)),
        ("DELETE FROM key", Place::Entry(1)),
        ("DELETE FROM fact", Place::Entry(1)),
    ] {
        let home = books().await;
        Connection::open(home.path()).unwrap().execute_batch(change).unwrap();
        let report = home.verify();
        assert_eq!(report.faults.first().map(|it| it.place), Some(place), "{change}: {report:?}");
    }
}

/// Goal: who holds both files and the signing key still cannot rewrite history
/// past a checkpoint that somebody else has.
#[tokio::test]
async fn a_checkpoint_from_outside_finds_a_rewritten_history() {
    let home = books().await;
    let seen = home.ledger().last_checkpoint().unwrap().unwrap().0;
    assert_eq!(home.verify_with(std::slice::from_ref(&seen)).outside, 1);
    std::fs::remove_file(home.path()).unwrap();
    std::fs::remove_file(home.ledger_path()).unwrap();
    let journal = home.open_anew();
    let mut ledger = home.ledger();
    home.clock.advance(std::time::Duration::from_secs(60));
    fill(&journal).await;
    ledger.catch_up(&journal.reader()).unwrap();
    ledger.checkpoint().unwrap();
    assert!(home.verify().is_sound(), "taken alone, the rewritten books look sound");
    let report = home.verify_with(&[seen]);
    assert_eq!(report.faults.first().map(|it| it.place), Some(Place::Checkpoint(5)));
}

impl Home {
    fn open_anew(&self) -> journal::Journal {
        std::fs::remove_file(self.key()).unwrap();
        self.open()
    }
}
