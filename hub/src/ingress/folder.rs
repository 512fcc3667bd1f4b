//! Files dropped into a folder of this machine.
//!
//! A file is taken when it has not grown since the look before. It is moved to
//! `done/`, `refused/` or `held/` only after the journal has it or has refused
//! it; a crash in between means that it is read again and recognised.
//! Where the channel says so, an acknowledgement is written into `ack/`.
//! A compressed file is what is in it; as it came, it is only moved.
//! Names that begin with a dot or end in `.tmp` or `.part` are still being
//! written and are left alone, and so is everything that is not a plain file.

mod due;
mod expect;
mod held;
mod large;
mod moves;
mod packed;
mod refused;
mod take;

pub use due::{Late, check_zone, late};

use super::{acknowledge, receive::Reception};
use crate::settings::Input;
use std::{
    collections::HashMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    time::SystemTime,
};
use take::{Dropped, Taken, take};
use tracing::error;

/// Where files that were held lie in a channel's folder.
pub(super) const HELD: &str = "held";
/// Files one look takes up.
const FILES_MAX: usize = 1000;

/// Size and time of a file: what must stand still before it is taken.
type Stamp = (u64, Option<SystemTime>);

/// Looks into the channel's folder until the daemon stops or the channel goes.
pub(super) async fn watch(reception: &Reception, name: &str) {
    let rooms = reception.rooms();
    let stopping = rooms.tasks.stopping();
    let mut before: HashMap<PathBuf, Stamp> = HashMap::new();
    let mut lateness = due::Watch::default();
    loop {
        let house = rooms.house();
        let Some(channel) = house.channel(name) else { return };
        let Some(Input::Folder { path, every, acknowledge, .. }) = &channel.settings().input else {
            return;
        };
        if *acknowledge {
            let folder = path.clone();
            off_thread(move || acknowledge::publish_left(&folder)).await;
        }
        let now = look(path).await;
        let still = |(file, stamp): &(PathBuf, Stamp)| before.get(file) == Some(stamp);
        for (file, stamp) in now.iter().filter(|it| still(it)).take(FILES_MAX) {
            if stopping.is_cancelled() {
                return;
            }
            let os_name = file.file_name().unwrap_or_default();
            let name = os_name.to_string_lossy();
            let (stamp, released) = (*stamp, None);
            let dropped =
                Dropped { folder: path, file, name: &name, os_name, stamp, came: None, released };
            let taken = take(reception, channel, &dropped).await;
            if taken == Taken::NotNow {
                // The others would fare no better; they are looked at again.
                break;
            }
        }
        before = now.into_iter().collect();
        held::look(reception, channel, path).await;
        refused::look(reception, path).await;
        lateness.look(rooms, channel).await;
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
        files
    });
    found.await.unwrap_or_default()
}

fn is_being_written(name: &str) -> bool {
    name.starts_with('.') || name.ends_with(".tmp") || name.ends_with(".part")
}

/// The name in `held/` or `refused/` of a file that was dropped under `name`.
#[cfg(test)]
pub(super) fn held_name(id: &str, name: &OsStr) -> std::ffi::OsString {
    held::name_of(id, name)
}

/// The name under which a file in `held/` or `refused/` was dropped; `None` for other files.
pub(super) fn dropped_as(held: &OsStr) -> Option<&OsStr> {
    held::named(held).map(|(_, name)| name)
}

/// Runs what touches the disk where it holds nobody up.
async fn off_thread(work: impl FnOnce() + Send + 'static) {
    if let Err(cause) = tokio::task::spawn_blocking(work).await {
        error!(%cause, "work on files broke off");
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
}
