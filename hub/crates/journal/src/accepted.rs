//! A change of the journal at rest that somebody accepted, kept beside the file until
//! the journal itself says so: whatever comes between, it is told at the next start.

use std::{
    fs,
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use crate::{Error, rest, schema};

/// Keeps where the file was changed, durably, with what was kept before and not told yet.
pub(crate) fn keep(path: &Path, place: &str) -> Result<(), Error> {
    let place = match kept(path)? {
        Some(before) if before != place => format!("{before}; {place}"),
        _ => place.to_owned(),
    };
    let part = schema::beside(&file(path), ".new");
    let write = || {
        let mut new = fs::File::create(&part)?;
        new.write_all(format!("{place}\n").as_bytes())?;
        new.sync_all()
    };
    write().map_err(Error::file("writing", &part))?;
    fs::rename(&part, file(path)).map_err(Error::file("writing", &file(path)))?;
    schema::sync_parent(path)
}

/// What was accepted and is not told yet.
pub(crate) fn kept(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(file(path)) {
        Ok(text) => match text.trim() {
            "" => Ok(Some(rest::SOMEWHERE.to_owned())),
            place => Ok(Some(place.to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("reading", &file(path))(error)),
    }
}

/// It is told, or the journal is another.
pub(crate) fn forget(path: &Path) -> Result<(), Error> {
    match fs::remove_file(file(path)) {
        Ok(()) => schema::sync_parent(path),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::file("removing", &file(path))(error)),
    }
}

fn file(path: &Path) -> PathBuf {
    schema::beside(path, ".accepted")
}
