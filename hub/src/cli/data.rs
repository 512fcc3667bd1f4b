//! A data file named on the command line: read as a folder channel would read it,
//! so one that is compressed is what is in it.

use super::Failure;
use crate::ingress::packed::file;
use codec::compressed;
use std::{
    fs::File,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

/// Bytes that are unpacked: the most that a channel can be set to.
const BYTES_MAX: u64 = 256 << 20;
/// Bytes that tell how a file is compressed.
const HEAD_BYTES: u64 = 4;

/// Its name and all of its bytes.
///
/// # Errors
///
/// A text naming the file.
pub(super) fn read(path: &Path) -> Result<(PathBuf, Vec<u8>), Failure> {
    let bytes = std::fs::read(path).map_err(|cause| failed(path, &cause))?;
    Ok(match inside(path, &bytes)? {
        Some(it) => (it.name.into(), it.bytes),
        None => (path.to_owned(), bytes),
    })
}

/// The same to be read piece by piece; only what is compressed is read at once.
///
/// # Errors
///
/// A text naming the file.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read>, Failure> {
    let io = |cause: std::io::Error| failed(path, &cause);
    let mut input = File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    (&input).take(HEAD_BYTES).read_to_end(&mut bytes).map_err(io)?;
    if compressed::kind(&bytes).is_none() {
        // What is no plain file cannot be gone back in.
        return Ok(Box::new(Cursor::new(bytes).chain(input)));
    }
    input.read_to_end(&mut bytes).map_err(io)?;
    let unpacked = inside(path, &bytes)?.map(|it| it.bytes);
    Ok(Box::new(Cursor::new(unpacked.unwrap_or(bytes))))
}

fn inside(path: &Path, bytes: &[u8]) -> Result<Option<file::Inside>, Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    file::inside(&name, bytes, BYTES_MAX).map_err(|it| failed(path, &it))
}

fn failed(path: &Path, cause: &dyn std::fmt::Display) -> Failure {
    format!("{}: {cause}", path.display())
}
