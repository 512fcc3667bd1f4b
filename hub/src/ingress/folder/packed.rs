//! Files that come compressed: all that follows sees what is in them, under the
//! name that it has there. The file itself is moved as it came.

use super::{
    super::packed::file::{self, Inside},
    take::Dropped,
};
use crate::{app::house::Channel, problem::Refusal};
use bytes::Bytes;
use tokio::io::AsyncReadExt as _;
use tracing::info;

/// Bytes that tell how a file is compressed.
const HEAD_BYTES: u64 = 4;

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
    let Some(kind) = file::kind(bytes) else { return Ok((name, bytes.clone())) };
    let (packed, limit) = (bytes.clone(), channel.limits().body_bytes_max);
    let work = tokio::task::spawn_blocking(move || file::inside(&name, &packed, limit));
    let inside = work.await.map_err(|fault| Refusal::Inside { detail: fault.to_string() })??;
    // Where it was held, its name is that of what is in it already.
    let own = dropped.released.map(|it| it.name.clone());
    let Some(Inside { name, bytes: unpacked }) = inside else {
        return Ok((dropped.name.to_owned(), bytes.clone()));
    };
    let (from, to) = (bytes.len(), unpacked.len());
    info!(file = %dropped.file.display(), kind, inside = name, from, to, "unpacked");
    Ok((own.unwrap_or(name), unpacked.into()))
}

/// A file that is larger than an arrival is read where it lies, so it cannot be
/// compressed. What cannot be read is told by who reads it next.
///
/// # Errors
///
/// [`Refusal::FileTooLarge`] for one that is compressed.
pub(super) async fn may_be_cut(dropped: &Dropped<'_>) -> Result<(), Refusal> {
    let Ok(file) = tokio::fs::File::open(dropped.file).await else { return Ok(()) };
    let mut head = Vec::new();
    let Ok(_) = file.take(HEAD_BYTES).read_to_end(&mut head).await else { return Ok(()) };
    let (bytes, _) = dropped.stamp;
    match file::kind(&head) {
        None => Ok(()),
        Some(kind) => Err(Refusal::FileTooLarge {
            bytes,
            because: format!("it is compressed ({kind}), and such a file is unpacked whole"),
        }),
    }
}
