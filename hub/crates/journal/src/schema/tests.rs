//! An older file is brought forward whole or not at all, and is kept.

use super::*;

const fn step(sql: &'static str) -> Step {
    Step { sql, fill: |_| Ok(()) }
}

fn value(path: &Path, query: &str) -> rusqlite::Result<i64> {
    Connection::open(path)?.query_row(query, [], |row| row.get(0))
}

#[test]
fn an_older_file_is_kept_and_brought_forward() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let first = step("CREATE TABLE a(x INTEGER) STRICT;");
    let conn = open_with(&path, &[first]).unwrap();
    conn.execute("INSERT INTO a VALUES(7)", []).unwrap();
    drop(conn);
    let second = Step {
        sql: "CREATE TABLE b(y INTEGER) STRICT;",
        fill: |conn| {
            let filled = conn.execute("INSERT INTO b SELECT x * 6 FROM a", []);
            filled.map(|_| ()).map_err(Error::sqlite("bringing forward"))
        },
    };
    let second = [first, second];
    drop(open_with(&path, &second).unwrap());
    assert_eq!(value(&path, "SELECT y FROM b").unwrap(), 42);
    assert_eq!(value(&path, "PRAGMA user_version").unwrap(), 2);
    let kept = beside(&path, ".schema-1");
    assert_eq!(value(&kept, "SELECT x FROM a").unwrap(), 7);
    assert_eq!(value(&kept, "PRAGMA user_version").unwrap(), 1);
    drop(open_with(&path, &second).unwrap());
    let newer = open_with(&path, &[first]);
    assert!(matches!(newer, Err(Error::NewerSchema { found: 2, known: 1, .. })), "{newer:?}");
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let first = step("CREATE TABLE a(x INTEGER) STRICT;");
    drop(open_with(&path, &[first]).unwrap());
    let wrong = step("CREATE TABLE b(y INTEGER) STRICT; SELECT nonsense;");
    assert!(open_with(&path, &[first, wrong]).is_err());
    let unfilled =
        Step { sql: "CREATE TABLE b(y INTEGER) STRICT;", fill: |_| Err(Error::NoRandomness) };
    assert!(open_with(&path, &[first, unfilled]).is_err());
    assert_eq!(value(&path, "PRAGMA user_version").unwrap(), 1);
    assert_eq!(value(&path, "SELECT count(*) FROM sqlite_schema").unwrap(), 1);
    drop(open_with(&path, &[first, step("CREATE TABLE c(z INTEGER) STRICT;")]).unwrap());
    assert_eq!(value(&path, "PRAGMA user_version").unwrap(), 2);
}
