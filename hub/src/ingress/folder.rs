//! Files dropped into a folder of this machine.
//!
//! A file is taken when it has not grown since the look before. It is moved to
//! `done/` or `refused/` only after the journal has it or has refused it; a
//! crash in between means that it is read again and recognised as a duplicate.
//! Where the channel says so, an acknowledgement is written into `ack/`.
//! Names that begin with a dot or end in `.tmp` or `.part` are still being
//! written and are left alone, and so is everything that is not a plain file.

use super::{
    acknowledge::{self, Outcome, Pending},
    receive::Reception,
};
use crate::{
    app::house::Channel,
    arrival::Way,
    problem::{Language, Refusal},
    settings::Input,
};
use bytes::Bytes;
use canon::clock::Timestamp;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};
use tracing::{error, info, warn};

/// Files one look takes up.
const FILES_MAX: usize = 1000;

/// Size and time of a file: what must stand still before it is taken.
type Stamp = (u64, Option<SystemTime>);

/// Looks into the channel's folder until the daemon stops or the channel goes.
pub(super) async fn watch(reception: &Reception, name: &str) {
    let rooms = reception.rooms();
    let stopping = rooms.tasks.stopping();
    let mut before: HashMap<PathBuf, Stamp> = HashMap::new();
    loop {
        let house = rooms.house();
        let Some(channel) = house.channel(name) else { return };
        let Some(Input::Folder { path, every, acknowledge }) = &channel.settings().input else {
            return;
        };
        if *acknowledge {
            let folder = path.clone();
            off_thread(move || acknowledge::publish_left(&folder)).await;
        }
        let now = look(path).await;
        let still = |(file, stamp): &(PathBuf, Stamp)| before.get(file) == Some(stamp);
        for (file, stamp) in now.iter().filter(|it| still(it)) {
            if stopping.is_cancelled() {
                return;
            }
            let taken = take(reception, channel, path, file, *stamp).await;
            if taken == Taken::NotNow {
                // The others would fare no better; they are looked at again.
                break;
            }
        }
        before = now.into_iter().collect();
        tokio::select! {
            () = rooms.clock.sleep(*every) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// Plain files that are not being written, sorted by name.
async fn look(folder: &Path) -> Vec<(PathBuf, Stamp)> {
    let folder = folder.to_owned();
    let found = tokio::task::spawn_blocking(move || {
        if let Err(cause) = std::fs::create_dir_all(&folder) {
            error!(folder = %folder.display(), %cause, "the folder cannot be made");
        }
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .inspect_err(
                |cause| error!(folder = %folder.display(), %cause, "cannot be looked into"),
            )
            .into_iter()
            .flatten()
            .flatten()
            .filter(|it| it.file_type().is_ok_and(|kind| kind.is_file()))
            .filter(|it| !is_being_written(&it.file_name().to_string_lossy()))
            .filter_map(|it| {
                let data = it.metadata().ok()?;
                Some((it.path(), (data.len(), data.modified().ok())))
            })
            .collect();
        files.sort();
        files.truncate(FILES_MAX);
        files
    });
    found.await.unwrap_or_default()
}

fn is_being_written(name: &str) -> bool {
    name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part")
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Taken or refused, or gone.
    Settled,
    /// It stays where it is for now.
    NotNow,
}

/// Size and time of a file as it is now.
async fn stamp_of(file: &Path) -> Option<Stamp> {
    let data = tokio::fs::metadata(file).await.ok()?;
    Some((data.len(), data.modified().ok()))
}

async fn take(
    reception: &Reception,
    channel: &Arc<Channel>,
    folder: &Path,
    file: &Path,
    stamp: Stamp,
) -> Taken {
    let limit_bytes = channel.limits().body_bytes_max;
    let (size, written) = stamp;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if size > limit_bytes {
        // Refused unread: reading it is what the limit is there to prevent.
        let refusal = Refusal::BodyTooLarge { limit_bytes };
        let stranger = super::receive::Stranger {
            id: uuid::Uuid::now_v7().to_string(),
            channel: Some(channel.name().to_owned()),
            origin: name,
            received_at: reception.rooms().clock.now(),
        };
        reception.refuse(&stranger, &refusal, Vec::new(), None).await;
        refuse(folder, file, &refusal, &stranger.id).await;
        return Taken::Settled;
    }
    let bytes = match tokio::fs::read(file).await {
        Ok(bytes) => bytes,
        Err(cause) => {
            warn!(file = %file.display(), %cause, "cannot be read yet");
            return Taken::Settled;
        }
    };
    if stamp_of(file).await != Some(stamp) {
        // Somebody writes to it after all: it is taken when it stands still.
        return Taken::Settled;
    }
    let since = written.and_then(|it| it.duration_since(SystemTime::UNIX_EPOCH).ok());
    let written_ns = since.map_or(0, |it| it.as_nanos());
    let way = Way::File { name: name.clone(), written_ns };
    let arrival = super::brought(reception, channel, name, bytes.into(), way);
    let (id, bytes, at) = (arrival.id.clone(), arrival.bytes.clone(), arrival.received_at);
    let received = reception.receive_told(arrival).await;
    let outcome = match &received {
        Ok(answer) => Outcome::Taken(answer),
        Err((refusal, entry)) => Outcome::Refused(refusal, *entry),
    };
    let told = match pending(channel, file, &bytes, outcome, at).await {
        Ok(told) => told,
        Err(cause) => {
            error!(file = %file.display(), %cause, "stays: its acknowledgement cannot be written");
            return Taken::NotNow;
        }
    };
    let settled = match received.map_err(|(refusal, _)| refusal) {
        Ok(answer) => {
            info!(file = %file.display(), sequence = answer.sequence, "taken");
            if stamp_of(file).await == Some(stamp) {
                put(file, &folder.join("done")).await.is_some()
            } else {
                warn!(file = %file.display(), "written anew meanwhile; taken again as it is now");
                true
            }
        }
        Err(refusal) if is_passing(&refusal) => {
            warn!(file = %file.display(), %refusal, "stays where it is; tried again");
            return Taken::NotNow;
        }
        Err(refusal) => refuse(folder, file, &refusal, &id).await,
    };
    if let Some(told) = told.filter(|_| settled) {
        off_thread(move || acknowledge::publish(&told)).await;
    }
    Taken::Settled
}

/// Writes the acknowledgement, if the channel wants one and there is one.
async fn pending(
    channel: &Arc<Channel>,
    file: &Path,
    bytes: &Bytes,
    outcome: Outcome<'_>,
    at: Timestamp,
) -> std::io::Result<Option<Pending>> {
    let Some(Input::Folder { path, acknowledge: true, .. }) = &channel.settings().input else {
        return Ok(None);
    };
    let Some(last) = outcome.last_number() else { return Ok(None) };
    let refused = matches!(outcome, Outcome::Refused(..));
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (folder, channel, bytes) = (path.clone(), Arc::clone(channel), bytes.clone());
    let written = tokio::task::spawn_blocking(move || {
        let answer = channel.package().acknowledge(&bytes, refused, at, last);
        answer.map(|it| acknowledge::prepare(&folder, &name, &it, refused)).transpose()
    });
    written.await.map_err(std::io::Error::other)?
}

/// Runs what touches the disk where it holds nobody up.
async fn off_thread(work: impl FnOnce() + Send + 'static) {
    if let Err(cause) = tokio::task::spawn_blocking(work).await {
        error!(%cause, "work on files broke off");
    }
}

/// Whether the same file may be taken later.
fn is_passing(refusal: &Refusal) -> bool {
    !matches!(refusal.facts().retry, crate::problem::Retry::Never)
}

/// Moves a refused file away and writes down why beside it. Returns whether it
/// was moved.
async fn refuse(folder: &Path, file: &Path, refusal: &Refusal, id: &str) -> bool {
    let aside = folder.join("refused");
    let Some(place) = put(file, &aside).await else { return false };
    let problem = refusal.to_problem(id, Language::English);
    let text = serde_json::to_string_pretty(&problem).unwrap_or_default();
    let mut beside = place.into_os_string();
    beside.push(".problem.json");
    if let Err(cause) = tokio::fs::write(&beside, text + "\n").await {
        warn!(%cause, "the reason could not be written beside the file; the journal has it");
    }
    true
}

/// Moves `file` into `folder`, under another name if its own is taken. Nothing
/// is ever written over.
async fn put(file: &Path, folder: &Path) -> Option<PathBuf> {
    let (file, folder) = (file.to_owned(), folder.to_owned());
    let moved = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        let name = file.file_name().unwrap_or_default().to_os_string();
        let mut place = folder.join(&name);
        for number in 1.. {
            if !place.exists() {
                break;
            }
            let mut other = name.clone();
            other.push(format!(".{number}"));
            place = folder.join(other);
        }
        std::fs::rename(&file, &place)?;
        Ok::<_, std::io::Error>(place)
    });
    match moved.await {
        Ok(Ok(place)) => Some(place),
        Ok(Err(cause)) => {
            error!(%cause, "a file could not be moved; it will be read again as a duplicate");
            None
        }
        Err(cause) => {
            error!(%cause, "moving a file broke off");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_being_written_are_left_alone() {
        for name in [".sales.csv", "sales.csv.tmp", "sales.csv.part"] {
            assert!(is_being_written(name), "{name}");
        }
        assert!(!is_being_written("sales.csv"));
    }

    #[tokio::test]
    async fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let done = dir.path().join("done");
        for content in ["first", "second", "third"] {
            let file = dir.path().join("sales.csv");
            std::fs::write(&file, content).unwrap();
            assert!(put(&file, &done).await.is_some());
        }
        let read = |name: &str| std::fs::read_to_string(done.join(name)).unwrap();
        assert_eq!(read("sales.csv"), "first");
        assert_eq!(read("sales.csv.1"), "second");
        assert_eq!(read("sales.csv.2"), "third");
    }
}
