//! A journal at rest: on an orderly close the hash of the whole file is noted
//! beside it, so that a later change of any byte is seen, even of bytes that
//! belong to no entry. It protects against rot, not against a forger; for that
//! there is the ledger.

use aws_lc_rs::digest::{Context, SHA256};
use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::{Error, schema};

/// Larger files are not hashed: closing must not take long.
const BYTES_MAX: u64 = 4 << 30;

/// How a file stands to what was noted when it was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// It is in use, was not closed in an orderly way, or is too large.
    Unknown,
    /// Every byte is as it was.
    Same,
    /// It is not.
    Changed,
}

/// Notes the hash of a file that has just been closed and has no log.
pub(crate) fn note(path: &Path) -> Result<(), Error> {
    let facts = fs::metadata(path).map_err(Error::file("reading", path))?;
    if facts.len() > BYTES_MAX || has_log(path) {
        return Ok(());
    }
    let text = format!("{} {}\n", facts.len(), hash(path)?);
    let part = schema::beside(&noted(path), ".new");
    fs::write(&part, text).map_err(Error::file("writing", &part))?;
    fs::rename(&part, noted(path)).map_err(Error::file("writing", &noted(path)))
}

/// Compares a file with what was noted of it.
pub(crate) fn compare(path: &Path) -> Result<Rest, Error> {
    let Ok(text) = fs::read_to_string(noted(path)) else { return Ok(Rest::Unknown) };
    if has_log(path) || !text.ends_with('\n') {
        return Ok(Rest::Unknown);
    }
    let Ok(facts) = fs::metadata(path) else { return Ok(Rest::Unknown) };
    let found = format!("{} {}\n", facts.len(), hash(path)?);
    // A hub that started meanwhile took the note away before its first write.
    Ok(match fs::read_to_string(noted(path)) {
        Ok(still) if still == text && found == text => Rest::Same,
        Ok(still) if still == text => Rest::Changed,
        Ok(_) | Err(_) => Rest::Unknown,
    })
}

/// Takes the note away, durably, before the file is written to.
pub(crate) fn forget(path: &Path) -> Result<(), Error> {
    match fs::remove_file(noted(path)) {
        Ok(()) => schema::sync_parent(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file("removing", &noted(path))(error)),
    }
}

fn noted(path: &Path) -> PathBuf {
    schema::beside(path, ".rest")
}

fn has_log(path: &Path) -> bool {
    fs::metadata(schema::beside(path, "-wal")).is_ok_and(|it| it.len() > 0)
}

fn hash(path: &Path) -> Result<String, Error> {
    let work = || -> std::io::Result<String> {
        let mut file = fs::File::open(path)?;
        let mut context = Context::new(&SHA256);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer)?;
            match buffer.get(..read) {
                Some(bytes) if read > 0 => context.update(bytes),
                _ => return Ok(hex::encode(context.finish())),
            }
        }
    };
    work().map_err(Error::file("reading", path))
}
