//! Files that come compressed: all that follows sees what is in them, under the
//! name that it has there. The file itself is moved as it came.

use super::{
    super::packed::file::{self, Inside, Stored, Untold, word},
    take::Dropped,
};
use crate::{app::house::Channel, problem::Refusal};
use bytes::Bytes;
use codec::compressed;
use std::{
    fs::File,
    io::{self, BufReader},
};
use tracing::info;

/// The name and the bytes that a file stands for.
///
/// # Errors
///
/// As [`file::inside`]; [`Refusal::Inside`] when that broke off.
pub(super) async fn opened(
    channel: &Channel,
    dropped: &Dropped<'_>,
    bytes: &Bytes,
) -> Result<(String, Bytes), Refusal> {
    let name = dropped.name.to_owned();
    let Some(kind) = compressed::kind(bytes).map(word) else { return Ok((name, bytes.clone())) };
    let (packed, limit) = (bytes.clone(), channel.limits().body_bytes_max);
    let work = tokio::task::spawn_blocking(move || file::inside(&name, &packed, limit));
    let inside = work.await.map_err(|fault| Refusal::Inside { detail: fault.to_string() })??;
    let Some(Inside { name, bytes: unpacked }) = inside else {
        return Ok((dropped.name.to_owned(), bytes.clone()));
    };
    let (from, to) = (bytes.len(), unpacked.len());
    info!(file = %dropped.file.display(), kind, inside = name, from, to, "unpacked");
    Ok((named(dropped, name), unpacked.into()))
}

/// What is in a file that is too large to be held, with its name there; nothing but
/// the file's own name when it is not compressed, or a workbook.
///
/// # Errors
///
/// As [`file::stored`].
pub(super) async fn looked_into(dropped: &Dropped<'_>) -> Result<(String, Option<Stored>), Untold> {
    let (path, name) = (dropped.file.to_owned(), dropped.name.to_owned());
    let work = move || file::stored(&name, BufReader::new(File::open(path)?));
    let stored = tokio::task::spawn_blocking(work).await.map_err(io::Error::other)??;
    let name = stored.as_ref().map(|it| named(dropped, it.name.clone()));
    Ok((name.unwrap_or_else(|| dropped.name.to_owned()), stored))
}

/// Where it was held, its name is that of what is in it already.
fn named(dropped: &Dropped<'_>, inside: String) -> String {
    dropped.released.map_or(inside, |it| it.name.clone())
}
