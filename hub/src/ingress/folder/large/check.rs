//! The first pass over a large file: what it is, and whether all of it may be
//! used. Nothing of it is in the journal before this has said yes.

use super::content::{CHUNK_BYTES, Content, Source, Unread};
use crate::{app::house::Channel, observe::files::Told};
use adapter_kit::{decode::Undecodable, pieces::Checked};
use canon::id::hex;
use sha2::{Digest as _, Sha256};
use std::{io, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Bytes at its start in which the line that names its columns is looked for.
const HEADING_BYTES: usize = 64 << 10;

/// A large file, read from end to end.
#[derive(Debug)]
pub(super) struct Seen {
    /// SHA-256 hex.
    pub(super) sha256: String,
    /// How many bytes it has, unpacked.
    pub(super) bytes: u64,
    /// The line that names its columns.
    pub(super) heading: Option<String>,
    /// The character set that it is clearly in, where that is another one.
    pub(super) mistaken: Option<&'static str>,
    /// What the layout says of it.
    pub(super) checked: Result<Checked, Undecodable>,
}

/// Reads a file; `None` when the daemon stops meanwhile.
pub(super) async fn check(
    channel: &Arc<Channel>,
    source: Source,
    told: Told,
    stopping: CancellationToken,
) -> Result<Option<Seen>, Unread> {
    let channel = Arc::clone(channel);
    let pass = move || read(&channel, Content::open(source)?, &told, &stopping);
    tokio::task::spawn_blocking(pass).await.map_err(io::Error::other)?
}

fn read(
    channel: &Channel,
    mut file: Content,
    told: &Told,
    stopping: &CancellationToken,
) -> Result<Option<Seen>, Unread> {
    let package = channel.package();
    let mut check = package.check().ok_or_else(|| io::Error::other("it has no layout"))?;
    let (mut hash, mut outcome, mut heading) = (Sha256::new(), Ok(()), None);
    let (mut chunk, mut start, mut bytes) = (vec![0; CHUNK_BYTES], Vec::new(), 0);
    loop {
        if stopping.is_cancelled() {
            return Ok(None);
        }
        let length = file.read(&mut chunk)?;
        let read = chunk.get(..length).unwrap_or_default();
        if start.len() < HEADING_BYTES {
            start.extend_from_slice(read);
        }
        if heading.is_none() && (start.len() >= HEADING_BYTES || length == 0) {
            heading = Some(package.layout().and_then(|it| it.heading(&start)));
        }
        if length == 0 {
            break;
        }
        hash.update(read);
        bytes += length as u64;
        if outcome.is_ok() {
            // Refused, it is read on: its hash says which file it was.
            outcome = check.push(read);
        }
        told.checked((bytes, file.packed_bytes_read()), check.records());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let checked = outcome.and_then(|()| check.finish());
    let mistaken = package.layout().and_then(|it| it.mistaken_for(&start));
    Ok(Some(Seen { sha256: hex(&digest), bytes, heading: heading.flatten(), mistaken, checked }))
}
