//! What is not a sound journal is told at start, with what can still be read.

use journal::{Appended, Audit, Error, Journal, Reader, salvage::salvage};
use rusqlite::Connection;

use crate::samples::{Home, draft};

async fn filled(entries: usize) -> Home {
    let home = Home::new();
    let journal = home.open();
    for n in 0..entries {
        let says = "x".repeat(2000);
        let (id, key) = (n.to_string(), format!("k{n}"));
        journal.append(draft("shop", Some(&key), &[(&id, "1", &says)])).await.unwrap();
    }
    journal.close().await.unwrap();
    home
}

#[tokio::test]
async fn a_damaged_page_is_told_with_what_can_be_read() {
    let home = filled(40).await;
    let mut file = std::fs::read(home.path()).unwrap();
    let from = file.len() / 2 / 4096 * 4096;
    file[from..from + 3 * 4096].fill(0xff);
    std::fs::write(home.path(), &file).unwrap();
    let opened = Journal::open(&home.path(), home.options());
    let Err(Error::Damaged { readable_to, faults, .. }) = opened else { panic!("{opened:?}") };
    assert!(readable_to < 40 && !faults.is_empty(), "{readable_to} {faults}");
    assert_eq!(std::fs::read(home.path()).unwrap(), file, "nothing was cut or mended");
    let reader = Reader::open_read_only(&home.path(), None).unwrap();
    let mut read = 0;
    while let Ok(rows) = reader.stored(read + 1, 1)
        && let [row] = &rows[..]
    {
        read = row.seq;
    }
    assert!(read >= readable_to, "what is said to be readable is: {read} of {readable_to}");

    let saved = Home::new();
    std::fs::copy(home.key(), saved.key()).unwrap();
    let salvaged = salvage(&home.path(), &saved.path()).unwrap();
    assert_eq!((salvaged.head, salvaged.ended_by.is_some()), (readable_to, true), "{salvaged:?}");
    assert_eq!(std::fs::read(home.path()).unwrap(), file, "the damaged one was only read");
    let journal = saved.open();
    assert_eq!(journal.head(), readable_to);
    let reader = journal.reader();
    let mut audit = Audit::new(&reader);
    for row in reader.stored(1, 1000).unwrap() {
        assert_eq!(audit.entry(&row).unwrap(), [""; 0]);
    }
    assert_eq!(audit.finish(readable_to).unwrap(), [""; 0]);
    let says = "x".repeat(2000);
    let known = journal.append(draft("shop", Some("k0"), &[("0", "1", &says)])).await.unwrap();
    assert!(matches!(known, Appended::Duplicate { seq: 1, .. }), "{known:?}");
}

#[tokio::test]
async fn a_sound_journal_is_salvaged_whole() {
    let home = filled(300).await;
    let to = home.folder.path().join("saved.db");
    let salvaged = salvage(&home.path(), &to).unwrap();
    assert_eq!((salvaged.head, salvaged.raw_lost, salvaged.ended_by), (300, 0, None));
    let rows = |path: &std::path::Path, query: &str| -> Vec<String> {
        let conn = Connection::open(path).unwrap();
        let mut rows = conn.prepare(query).unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    for query in [
        "SELECT channel || key || hex(fingerprint) || seq FROM key ORDER BY 1",
        "SELECT hex(id) || hex(data) || seq FROM fact ORDER BY 1",
        "SELECT seq || hex(sealed) FROM raw ORDER BY seq",
        "SELECT seq || hex(leaf) || hex(salt) || hex(body) FROM entry ORDER BY seq",
    ] {
        let live = rows(&home.path(), query);
        assert_eq!(live.len(), 300);
        assert_eq!(live, rows(&to, query), "{query}");
    }
    assert!(matches!(salvage(&home.path(), &to), Err(Error::File { .. })), "never over a file");
}

#[tokio::test]
async fn a_gap_is_told() {
    let home = filled(5).await;
    Connection::open(home.path()).unwrap().execute("DELETE FROM entry WHERE seq = 3", []).unwrap();
    let opened = Journal::open(&home.path(), home.options());
    assert!(matches!(opened, Err(Error::Damaged { readable_to: 2, .. })), "{opened:?}");
}

#[tokio::test]
async fn what_is_not_a_journal_is_left_alone() {
    let home = Home::new();
    std::fs::write(home.path(), "a note of mine, long enough to be read as a header".repeat(9))
        .unwrap();
    let opened = Journal::open(&home.path(), home.options());
    assert!(matches!(opened, Err(Error::NotAJournal { .. })), "{opened:?}");
    std::fs::remove_file(home.path()).unwrap();
    let other = Connection::open(home.path()).unwrap();
    other.execute_batch("CREATE TABLE mine(x)").unwrap();
    let opened = Journal::open(&home.path(), home.options());
    assert!(matches!(opened, Err(Error::NotAJournal { .. })), "{opened:?}");
    let missing = Reader::open_read_only(&home.folder.path().join("none.db"), None);
    assert!(matches!(missing, Err(Error::File { .. })), "{missing:?}");
}

#[tokio::test]
async fn a_newer_journal_is_left_alone() {
    let home = filled(1).await;
    let conn = Connection::open(home.path()).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let opened = Journal::open(&home.path(), home.options());
    assert!(matches!(opened, Err(Error::NewerSchema { found: 99, .. })), "{opened:?}");
    let read = Reader::open_read_only(&home.path(), None);
    assert!(matches!(read, Err(Error::NewerSchema { .. })), "{read:?}");
}

/// A finished copy on a medium that cannot be written, with nothing beside it.
#[tokio::test]
async fn a_copy_in_a_folder_without_write_access_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let home = filled(3).await;
    let folder = home.folder.path().join("archive");
    std::fs::create_dir(&folder).unwrap();
    let copy = folder.join("journal.db");
    std::fs::copy(home.path(), &copy).unwrap();
    std::fs::set_permissions(&copy, PermissionsExt::from_mode(0o400)).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o500)).unwrap();
    let read = Reader::open_read_only(&copy, None).and_then(|reader| reader.head());
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o700)).unwrap();
    assert_eq!(read.unwrap(), 3);
}

/// Goal: damage in the log does not silently end the journal early.
/// Method: copy what a crash would leave, flip a byte in each frame in turn.
#[tokio::test]
async fn a_damaged_log_is_told_and_kept_when_accepted() {
    let home = Home::new();
    let journal = home.open();
    for n in 0..8 {
        journal.append(draft("shop", None, &[(&n.to_string(), "1", "x")])).await.unwrap();
    }
    let crashed = Home::new();
    let log = |home: &Home| home.path().with_extension("db-wal");
    let lay = |bytes: &[u8]| {
        std::fs::copy(home.path(), crashed.path()).unwrap();
        std::fs::copy(home.key(), crashed.key()).unwrap();
        std::fs::write(log(&crashed), bytes).unwrap();
        drop(std::fs::remove_file(crashed.path().with_extension("db-shm")));
    };
    let whole = std::fs::read(log(&home)).unwrap();
    lay(&whole);
    assert_eq!(crashed.open().head(), 8);
    let mut refused = 0;
    for at in (40..whole.len()).step_by(4120) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        lay(&damaged);
        match Journal::open(&crashed.path(), crashed.options()) {
            Err(Error::LogDamaged { .. }) => refused += 1,
            // The last two commits look as a crash would leave them.
            Ok(journal) => assert!(journal.head() >= 6, "{} at byte {at}", journal.head()),
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused > 20, "{refused}");
    let mut damaged = whole;
    damaged[4120 * 14] ^= 1;
    lay(&damaged);
    let options = journal::Options { accept_damaged_log: true, ..crashed.options() };
    let journal = Journal::open(&crashed.path(), options).unwrap();
    assert!(journal.head() < 8);
    let kept = crashed.path().with_extension("db-wal.damaged");
    assert_eq!(std::fs::read(kept).unwrap(), damaged);
}

/// Goal: what changed while no hub ran is not believed in silence, and is told with
/// its place until somebody accepts it.
#[tokio::test]
async fn a_file_changed_at_rest_is_refused_until_that_is_accepted() {
    let home = filled(40).await;
    let mut file = std::fs::read(home.path()).unwrap();
    // In the text of an entry: nothing is wrong with the page.
    let at = file.windows(8).rposition(|it| it == b"xxxxxxxx").unwrap();
    file[at] = b'y';
    std::fs::write(home.path(), &file).unwrap();
    let page = at / 4096 * 4096;
    let wanted = format!("bytes {page} to {}", page + 4095);
    for _twice in 0..2 {
        let opened = Journal::open(&home.path(), home.options());
        let Err(Error::ChangedAtRest { place, .. }) = opened else { panic!("{opened:?}") };
        assert_eq!(place, wanted);
    }
    assert_eq!(std::fs::read(home.path()).unwrap(), file, "it was only looked at");
    let reader = Reader::open_read_only(&home.path(), None).unwrap();
    assert_eq!(reader.changed_at_rest().unwrap(), Some(wanted.clone()));
    drop(reader);
    let options = journal::Options { accept_change: true, ..home.options() };
    let journal = Journal::open(&home.path(), options).unwrap();
    assert_eq!(journal.accepted_change(), Some(wanted.as_str()));
    // Closed before an entry said so: the next start tells it, and the one after.
    journal.close().await.unwrap();
    for _twice in 0..2 {
        let journal = home.open();
        assert_eq!(journal.accepted_change(), Some(wanted.as_str()));
        drop(journal);
    }
    let journal = home.open();
    journal.change_told().unwrap();
    journal.close().await.unwrap();
    let journal = home.open();
    assert_eq!(journal.accepted_change(), None, "it is as it was left now");
    journal.close().await.unwrap();

    // The note of an older program says only that there is a change.
    let note = home.path().with_extension("db.rest");
    let text = std::fs::read_to_string(&note).unwrap();
    std::fs::write(&note, format!("{}\n", text.lines().next().unwrap())).unwrap();
    home.open().close().await.unwrap();
    std::fs::write(&note, format!("{} {}\n", file.len(), "0".repeat(64))).unwrap();
    let opened = Journal::open(&home.path(), home.options());
    let Err(Error::ChangedAtRest { place, .. }) = opened else { panic!("{opened:?}") };
    assert_eq!(place, "some of its bytes");
}

/// Goal: the note of a journal that is gone is not held against the one that is put
/// in its place.
#[tokio::test]
async fn a_restored_journal_is_not_the_one_that_was_there() {
    let (home, other) = (filled(5).await, filled(3).await);
    std::fs::remove_file(home.path()).unwrap();
    std::fs::copy(other.key(), home.key()).unwrap();
    journal::backup::restore(&other.path(), &home.path()).unwrap();
    assert_eq!(home.open().head(), 3);
}
