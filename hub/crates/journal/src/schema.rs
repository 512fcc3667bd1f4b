//! The file: its tables, how it is opened, how an older one is brought forward.

use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Error, indexes};

/// `CHJL` in ASCII: marks the file as a journal (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x4348_4a4c;

/// How long a statement waits for another process before it gives up.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// What a log keeps of its space between checkpoints.
const LOG_BYTES_KEPT: i64 = 64 << 20;

/// Most memory the writer keeps pages in: all of the hub is to do with 128 MiB
/// whatever comes. The system keeps more of the file than this.
const CACHE_KIB: i64 = 24 << 10;

/// One step forward: from the schema of its index to the next.
#[derive(Clone, Copy)]
struct Step {
    sql: &'static str,
    /// Makes rows of a new table out of the entries that are there.
    fill: fn(&Connection) -> Result<(), Error>,
}

/// The first makes a new file. `fact`, `key`, `cursor`, `current` and `aside` say
/// nothing that the entries do not say: they are indexes of them and can be made
/// again.
const STEPS: &[Step] =
    &[Step { sql: FIRST, fill: |_| Ok(()) }, Step { sql: IN_FORCE, fill: indexes::fill_in_force }];

const FIRST: &str = "
CREATE TABLE entry(
    seq   INTEGER PRIMARY KEY,
    at    INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    leaf  BLOB NOT NULL,
    salt  BLOB NOT NULL,
    body  BLOB NOT NULL
) STRICT;
CREATE TABLE raw(
    seq    INTEGER PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE key(
    channel     TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    seq         INTEGER NOT NULL,
    PRIMARY KEY(channel, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE fact(
    id   BLOB PRIMARY KEY,
    data BLOB NOT NULL,
    seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE cursor(
    channel TEXT PRIMARY KEY,
    cursor  TEXT NOT NULL,
    seq     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE setting(
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// What is in force of each thing, and the records set aside of polled sources.
pub(crate) const IN_FORCE: &str = "
CREATE TABLE current(
    thing   BLOB PRIMARY KEY,
    id      BLOB NOT NULL,
    kind    INTEGER NOT NULL,
    version TEXT NOT NULL,
    action  TEXT NOT NULL,
    data    BLOB NOT NULL,
    tail    BLOB NOT NULL,
    seq     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE aside(
    id  BLOB PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Opens the file for the writer: makes it, or brings it forward.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, Error> {
    open_with(path, STEPS)
}

fn open_with(path: &Path, steps: &[Step]) -> Result<Connection, Error> {
    create_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(Error::sqlite("opening"))?;
    conn.busy_timeout(BUSY_WAIT).map_err(Error::sqlite("opening"))?;
    let version = version(&conn, path)?;
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(Error::NewerSchema { path: path.to_owned(), found: version, known });
    }
    settle_pragmas(&conn, version == 0)?;
    if version < known {
        if version > 0 {
            keep_old(&conn, path, version)?;
        }
        bring_forward(&conn, version, steps)?;
    }
    Ok(conn)
}

/// Opens the file for reading only. Works beside a running hub, after a crash,
/// and on a finished copy in a folder that cannot be written.
pub(crate) fn open_for_reading(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if !path.is_file() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(Error::File { doing: "opening", path: path.to_owned(), source });
    }
    let open = |name: &Path, flags| -> Result<(Connection, i64), Error> {
        let conn = Connection::open_with_flags(name, flags).map_err(Error::sqlite("opening"))?;
        conn.busy_timeout(BUSY_WAIT).map_err(Error::sqlite("opening"))?;
        let version = version(&conn, path)?;
        Ok((conn, version))
    };
    let (conn, version) = match open(path, flags) {
        Err(error) if error.is_write_refused() && !beside(path, "-wal").exists() => {
            // Nobody can write here and there is no log: the file is all there is.
            open(&immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)?
        }
        other => other?,
    };
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    match version {
        found if found > known => Err(Error::NewerSchema { path: path.to_owned(), found, known }),
        0 => Err(Error::NotAJournal { path: path.to_owned(), found: "an empty file".to_owned() }),
        _ => Ok(conn),
    }
}

/// The URI that promises SQLite that the file does not change.
fn immutable(path: &Path) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    let escape = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
            char::from(*byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    let name: String = path.as_os_str().as_bytes().iter().map(escape).collect();
    PathBuf::from(format!("file:{name}?immutable=1"))
}

/// The schema version; 0 for an empty file. Refuses a file that is something else.
fn version(conn: &Connection, path: &Path) -> Result<i64, Error> {
    let not_a_journal = |found: String| Error::NotAJournal { path: path.to_owned(), found };
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application =
        pragma("application_id").map_err(|error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => {
                not_a_journal("not an SQLite file, or its first bytes are damaged".to_owned())
            }
            _ => Error::sqlite("opening")(error),
        })?;
    let version = pragma("user_version").map_err(Error::sqlite("opening"))?;
    let objects: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(Error::sqlite("opening"))?;
    match (application, version, objects) {
        (APPLICATION_ID, 1.., 1..) => Ok(version),
        (0, 0, 0) => Ok(0),
        _ => Err(not_a_journal(format!("application id {application:#x}, version {version}"))),
    }
}

fn settle_pragmas(conn: &Connection, new: bool) -> Result<(), Error> {
    let failed = || Error::sqlite("setting up");
    if new {
        // Only before the first table: lets freed raw bytes go back to the disk.
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(failed())?;
    }
    set_mode(conn, "wal")?;
    // FULL: the log is synced at each commit, so a commit survives a power cut.
    conn.pragma_update(None, "synchronous", "FULL").map_err(failed())?;
    conn.pragma_update(None, "foreign_keys", "OFF").map_err(failed())?;
    // The writer checkpoints itself: SQLite would pass over a failed sync in silence.
    conn.pragma_update(None, "wal_autocheckpoint", 0).map_err(failed())?;
    // A log that a long reader made grow gives its space back.
    conn.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_KEPT, |_| Ok(()))
        .map_err(failed())?;
    // Dedupe looks all over its indexes; pages read again cost more than memory.
    conn.pragma_update(None, "cache_size", -CACHE_KIB).map_err(failed())?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Switches the file's mode: `wal`, or `delete` for a file in rest.
///
/// To the last step: the switch is committed after its row was given, and a
/// failure there would go unseen.
pub(crate) fn set_mode(conn: &Connection, wanted: &str) -> Result<(), Error> {
    let switch = || -> rusqlite::Result<String> {
        let mut statement = conn.prepare(&format!("PRAGMA journal_mode = {wanted}"))?;
        let mut rows = statement.query([])?;
        let mut mode = String::new();
        while let Some(row) = rows.next()? {
            mode = row.get(0)?;
        }
        Ok(mode)
    };
    let mode = switch().map_err(Error::sqlite("setting up"))?;
    // SQLite does not call it an error when it could not switch.
    if mode == wanted { Ok(()) } else { Err(Error::NoLog { mode }) }
}

fn bring_forward(conn: &Connection, version: i64, steps: &[Step]) -> Result<(), Error> {
    let doing = "bringing forward the schema of";
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let tx = conn.unchecked_transaction().map_err(Error::sqlite(doing))?;
    for step in steps.iter().skip(done) {
        tx.execute_batch(step.sql).map_err(Error::sqlite(doing))?;
        (step.fill)(&tx)?;
    }
    let finish = || -> rusqlite::Result<()> {
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", i64::try_from(steps.len()).unwrap_or(i64::MAX))?;
        tx.commit()
    };
    finish().map_err(Error::sqlite(doing))
}

/// Keeps the file as it is under `{name}.schema-{version}` before it is changed.
fn keep_old(conn: &Connection, path: &Path, version: i64) -> Result<(), Error> {
    let kept = beside(path, &format!(".schema-{version}"));
    if kept.exists() {
        // An earlier try was cut off after the copy. The copy may be partial.
        fs::remove_file(&kept).map_err(Error::file("replacing", &kept))?;
    }
    create_private(&kept)?;
    conn.execute("VACUUM INTO ?1", [kept.to_string_lossy()])
        .map_err(Error::sqlite("keeping a copy of"))?;
    sync_file(&kept)?;
    tracing::info!(kept = %kept.display(), version, "the journal of the older schema was kept");
    Ok(())
}

/// `{path}{suffix}`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Makes an empty file that only its owner can read; leaves an existing one alone.
pub(crate) fn create_private(path: &Path) -> Result<(), Error> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => sync_parent(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::file("making", path)(error)),
    }
}

/// Makes the file's bytes and its name durable.
pub(crate) fn sync_file(path: &Path) -> Result<(), Error> {
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(Error::file("syncing", path))?;
    sync_parent(path)
}

/// Makes the names in the folder of `path` durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::File::open(parent)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::file("syncing the folder of", path))
}

#[cfg(test)]
mod tests;
