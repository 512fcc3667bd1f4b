//! One file, from the folder to the journal's answer and out of the way.

use super::{
    super::{
        acknowledge::{self, Outcome, Pending},
        packed::file::Untold,
        receive::{Reception, Stranger},
    },
    HELD, Stamp, expect, held, large,
    moves::{put, put_with_reason},
    packed,
    refused::REFUSED,
};
use crate::{
    app::house::Channel,
    arrival::{Expected, Way},
    gates::strangers,
    problem::{Refusal, Retry},
    settings::Input,
};
use bytes::Bytes;
use canon::{clock::Timestamp, entry::RefusedFile};
use journal::failpoint;
use std::{ffi::OsStr, path::Path, sync::Arc, time::SystemTime};
use store::HeldFile;
use tracing::{error, info, warn};

/// A file that stands still.
#[derive(Clone, Copy)]
pub(super) struct Dropped<'a> {
    /// The channel's folder.
    pub(super) folder: &'a Path,
    /// Where it is.
    pub(super) file: &'a Path,
    /// What it is called; of a compressed one that was read, what is in it.
    pub(super) name: &'a str,
    /// Its name as it was dropped, as the system has it.
    pub(super) os_name: &'a OsStr,
    pub(super) stamp: Stamp,
    /// Its bytes as it came, once they were read.
    pub(super) came: Option<&'a Bytes>,
    /// What held it, if it was held and is released.
    pub(super) released: Option<&'a HeldFile>,
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Taken, held or refused, or gone.
    Settled,
    /// It stays where it is for now.
    NotNow,
}

/// Takes a file through gates and walk.
pub(super) async fn take(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
) -> Taken {
    let (size, _) = dropped.stamp;
    if size > channel.limits().body_bytes_max {
        return take_large(reception, channel, dropped).await;
    }
    let bytes: Bytes = match tokio::fs::read(dropped.file).await {
        Ok(bytes) => bytes.into(),
        Err(cause) => {
            warn!(file = %dropped.file.display(), %cause, "cannot be read yet");
            return Taken::Settled;
        }
    };
    if stamp_of(dropped.file).await != Some(dropped.stamp) {
        // Somebody writes to it after all: it is taken when it stands still.
        return Taken::Settled;
    }
    match packed::opened(channel, dropped, &bytes).await {
        Ok((name, inside)) => {
            // From here on it is what is in it.
            let dropped = Dropped { name: &name, came: Some(&bytes), ..*dropped };
            take_whole(reception, channel, &dropped, inside).await
        }
        Err(refusal @ Refusal::Inside { .. }) => {
            warn!(file = %dropped.file.display(), %refusal, "stays where it is; tried again");
            Taken::NotNow
        }
        Err(Refusal::FileTooLarge { .. }) if large::pieces_of(channel, size).is_ok() => {
            take_large(reception, channel, dropped).await
        }
        Err(refusal) => refuse_unread(reception, channel, dropped, &refusal).await,
    }
}

/// What is larger than an arrival, or what is in it.
async fn take_large(reception: &Reception, channel: &Arc<Channel>, dropped: &Dropped<'_>) -> Taken {
    let (size, _) = dropped.stamp;
    let found = match large::pieces_of(channel, size) {
        Ok(pieces) => packed::looked_into(dropped).await.map(|it| (pieces, it)),
        Err(refusal) => Err(Untold::Refused(refusal)),
    };
    match found {
        Ok((pieces, (name, stored))) => {
            let dropped = Dropped { name: &name, ..*dropped };
            large::take(reception, channel, &dropped, (pieces, stored)).await
        }
        Err(Untold::Refused(refusal)) => refuse_unread(reception, channel, dropped, &refusal).await,
        Err(Untold::Unread(cause)) => {
            warn!(file = %dropped.file.display(), %cause, "cannot be read yet");
            Taken::Settled
        }
    }
}

/// What was read at once.
async fn take_whole(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    bytes: Bytes,
) -> Taken {
    let looked = match expect::look(channel, &bytes).await {
        Ok(looked) => looked,
        Err(refusal) => {
            warn!(file = %dropped.file.display(), %refusal, "stays where it is; tried again");
            return Taken::NotNow;
        }
    };
    let expected = match expect::expected(reception, channel, dropped, looked).await {
        Ok(expected) => expected.map(Arc::new),
        Err(refusal) => {
            warn!(file = %dropped.file.display(), %refusal, "stays where it is; tried again");
            return Taken::NotNow;
        }
    };
    if let Some(expected) = &expected
        && let Some(id) = expect::held_already(reception, channel, dropped, expected).await
    {
        // The journal had it before the move was made.
        let place = dropped.folder.join(HELD);
        put(dropped.file, (&place, &held::name_of(&id, dropped.os_name))).await;
        return Taken::Settled;
    }
    hand_over(reception, channel, dropped, (bytes, expected)).await
}

/// What is too large or cannot be unpacked: its bytes are not kept.
pub(super) async fn refuse_unread(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    refusal: &Refusal,
) -> Taken {
    let stranger = Stranger {
        id: uuid::Uuid::now_v7().to_string(),
        channel: Some(channel.name().to_owned()),
        origin: dropped.name.to_owned(),
        received_at: reception.rooms().clock.now(),
        interchanges: 0,
        file: Some(Box::new(RefusedFile { bytes: dropped.stamp.0, ..RefusedFile::default() })),
    };
    if reception.refuse_whole(&stranger, refusal).await.is_none() {
        // It is moved only when the journal says why.
        warn!(file = %dropped.file.display(), %refusal, "not in the journal; tried again");
        return Taken::NotNow;
    }
    dropped.set_aside(refusal, &stranger.id).await;
    Taken::Settled
}

/// Through gates and walk, its acknowledgement, and out of the way.
async fn hand_over(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    (bytes, expected): (Bytes, Option<Arc<Expected>>),
) -> Taken {
    let name = dropped.name.to_owned();
    let written_ns = dropped.written_ns();
    let way = Way::File { name: name.clone(), written_ns, expected, piece: None };
    let arrival = super::super::brought(reception, channel, name, bytes, way);
    let (id, bytes, at) = (arrival.id.clone(), arrival.bytes.clone(), arrival.received_at);
    let received = reception.receive_told(arrival).await;
    let outcome = match &received {
        Ok(answer) => Outcome::Taken(answer),
        Err((refusal, entry)) => Outcome::Refused(refusal, *entry),
    };
    if let Err((refusal, None)) = &received
        && !strangers::is_counted(refusal)
    {
        // It is moved only when the journal says why.
        warn!(file = %dropped.file.display(), %refusal, "not in the journal; tried again");
        return Taken::NotNow;
    }
    let told = match pending(reception, channel, dropped, (&bytes, outcome, at)).await {
        Ok(told) => told,
        Err(cause) => {
            let file = dropped.file.display();
            error!(%file, %cause, "stays: its acknowledgement cannot be written");
            return Taken::NotNow;
        }
    };
    let settled = match received.map_err(|(refusal, _)| refusal) {
        Ok(answer) => {
            info!(file = %dropped.file.display(), sequence = answer.sequence, "taken");
            dropped.is_done().await
        }
        Err(refusal) if matches!(refusal.facts().retry, Retry::AfterSeconds(_)) => {
            warn!(file = %dropped.file.display(), %refusal, "stays where it is; tried again");
            return Taken::NotNow;
        }
        Err(refusal) => dropped.set_aside(&refusal, &id).await,
    };
    if let Some(told) = told.filter(|_| settled) {
        failpoint::pass("answer.file_moved");
        super::off_thread(move || acknowledge::publish(&told)).await;
    }
    Taken::Settled
}

/// Writes the acknowledgement, if the channel wants one and there is one. A
/// file that is held is acknowledged when an operator has decided.
async fn pending(
    reception: &Reception,
    channel: &Arc<Channel>,
    dropped: &Dropped<'_>,
    (bytes, outcome, at): (&Bytes, Outcome<'_>, Timestamp),
) -> std::io::Result<Option<Pending>> {
    let Some(Input::Folder { path, acknowledge: true, .. }) = &channel.settings().input else {
        return Ok(None);
    };
    if matches!(outcome, Outcome::Refused(Refusal::FileHeld { .. }, _)) {
        return Ok(None);
    }
    let answer = acknowledge::answer(reception.rooms(), channel, bytes, outcome, at).await;
    let Some(answer) = answer.map_err(std::io::Error::other)? else { return Ok(None) };
    // What is left half done is looked up by the file as it came.
    let name = dropped.os_name.to_string_lossy().into_owned();
    let (folder, came) = (path.clone(), dropped.came.unwrap_or(bytes).clone());
    let written = tokio::task::spawn_blocking(move || {
        let sha256 = canon::id::sha256_hex(&came);
        acknowledge::prepare(&folder, (&name, &sha256), &answer)
    });
    written.await.map_err(std::io::Error::other)?.map(Some)
}

// === impl Dropped ===

impl Dropped<'_> {
    /// When it was written, nanoseconds since the Unix epoch; 0: not known.
    pub(super) fn written_ns(&self) -> u128 {
        let (_, written) = self.stamp;
        let since = written.and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
        since.map_or(0, |it| it.as_nanos())
    }

    /// Out of the way, unless it was written anew meanwhile; false when it could
    /// not be moved.
    pub(super) async fn is_done(&self) -> bool {
        if stamp_of(self.file).await == Some(self.stamp) {
            return put(self.file, (&self.folder.join("done"), self.os_name)).await.is_some();
        }
        warn!(file = %self.file.display(), "written anew meanwhile; taken again as it is now");
        true
    }

    /// To `held/` or `refused/`, under the id that an operator names: the journal had
    /// it before, so it is found by its name alone. False when it could not be moved.
    pub(super) async fn set_aside(&self, refusal: &Refusal, id: &str) -> bool {
        if stamp_of(self.file).await != Some(self.stamp) {
            warn!(file = %self.file.display(), "written anew meanwhile; looked at again as it is");
            return true;
        }
        let folder = match refusal {
            Refusal::FileHeld { .. } => HELD,
            _ => REFUSED,
        };
        let (folder, name) = (self.folder.join(folder), held::name_of(id, self.os_name));
        put_with_reason(self.file, (&folder, &name), refusal, id).await
    }
}

/// Size and time of a file as it is now.
pub(super) async fn stamp_of(file: &Path) -> Option<Stamp> {
    let data = tokio::fs::metadata(file).await.ok()?;
    Some((data.len(), data.modified().ok()))
}
