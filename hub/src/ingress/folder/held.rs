//! Files that were held: taken when they are released, moved when discarded.
//!
//! In `held/` a file's name begins with the id of the refusal that held it, so
//! the journal alone says what is to become of it.

use super::{
    super::receive::Reception,
    HELD, expect, look as files_in,
    moves::{NOTE, put},
    take::{Dropped, Taken, take},
};
use crate::{app::house::Channel, problem::Refusal};
use canon::entry::{Act, Deed};
use journal::Draft;
use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt as _,
    path::Path,
    sync::Arc,
};
use store::{HeldFile, HeldState};
use tracing::{info, warn};

/// Bytes of an id in a name.
const ID_BYTES: usize = 36;
/// Bytes of a dropped name that are kept behind the id: a name has at most 255,
/// and the reason beside the file needs some too.
const NAME_BYTES_MAX: usize = 200;
/// Who releases what a filled gap held.
pub(super) const HUB: &str = "hub";

/// Looks at what is held, in the order in which it came.
pub(super) async fn look(reception: &Reception, channel: &Arc<Channel>, folder: &Path) {
    let aside = folder.join(HELD);
    if !tokio::fs::try_exists(&aside).await.unwrap_or(false) {
        return;
    }
    for (file, stamp) in files_in(&aside).await {
        let Some((id, rest)) = named(file.file_name().unwrap_or_default()) else { continue };
        let Some(held) = of(reception, &id).await else { continue };
        let os_name = dropped_name(rest, &held);
        match held.state {
            HeldState::Held => release_if_it_follows(reception, channel, &held).await,
            HeldState::Refused => {}
            HeldState::Discarded => {
                put(&file, (&folder.join("discarded"), os_name)).await;
                forget_reason(&file).await;
            }
            HeldState::Released => {
                let (name, released) = (held.name.as_str(), Some(&held));
                let dropped =
                    Dropped { folder, file: &file, name, os_name, stamp, came: None, released };
                if take(reception, channel, &dropped).await == Taken::NotNow {
                    return;
                }
                forget_reason(&file).await;
            }
        }
    }
}

/// The name in `held/` or `refused/` of a file that was dropped under `name`.
pub(super) fn name_of(id: &str, name: &OsStr) -> OsString {
    let kept = name.as_bytes().get(..NAME_BYTES_MAX).unwrap_or(name.as_bytes());
    let mut held = OsString::from(format!("{id}."));
    held.push(OsStr::from_bytes(kept));
    held
}

/// The id and the name as it was dropped; `None` for the reasons beside files.
pub(super) fn named(full: &OsStr) -> Option<(String, &OsStr)> {
    let (id, rest) = full.as_bytes().split_at_checked(ID_BYTES)?;
    let name = rest.strip_prefix(b".").filter(|it| !it.ends_with(NOTE.as_bytes()))?;
    Some((std::str::from_utf8(id).ok()?.to_owned(), OsStr::from_bytes(name)))
}

/// The name under which a file was dropped. The journal has it as text, of a
/// compressed file that of what is in it; the bytes of the name are in the folder,
/// unless they were too many.
pub(super) fn dropped_name<'a>(rest: &'a OsStr, file: &'a HeldFile) -> &'a OsStr {
    let whole = rest.len() < NAME_BYTES_MAX || rest.to_string_lossy() == file.name.as_str();
    if whole { rest } else { OsStr::new(&file.name) }
}

async fn of(reception: &Reception, id: &str) -> Option<HeldFile> {
    let id = id.to_owned();
    let found = reception.rooms().ask_store(move |reader| reader.held_file(&id)).await;
    found.inspect_err(|fault| warn!(%fault, "what is held cannot be asked for")).ok()?
}

/// A file that waits for nothing but the number before it is taken when that
/// one has come.
async fn release_if_it_follows(reception: &Reception, channel: &Arc<Channel>, held: &HeldFile) {
    let Some(arrives) = channel.arrives() else { return };
    let waits_for_others_only = held
        .reason
        .trim_start_matches(Refusal::HELD_PREFIX)
        .split(Refusal::REASONS_BETWEEN)
        .all(|it| it.starts_with("gap: "));
    if !waits_for_others_only {
        return;
    }
    if !expect::follows(reception, channel, arrives, (&held.name, &held.sha256))
        .await
        .unwrap_or(false)
    {
        return;
    }
    // An operator may be deciding on it just now: the first word holds, and no
    // second one is written.
    let rooms = reception.rooms();
    let Ok(_turn) = rooms.letters.try_lock() else { return };
    let seen = rooms.reached(Some(rooms.journal.head())).await;
    if seen.is_err() || of(reception, &held.id).await.is_none_or(|it| it.state != HeldState::Held) {
        return;
    }
    info!(file = held.name, "the gap before it is filled");
    let reason = "the gap before it is filled".to_owned();
    let act = Deed::FileReleased { file: held.id.clone(), reason };
    let act = Box::new(Act { actor: HUB.to_owned(), act });
    if let Err(fault) = rooms.journal.append(Draft::Act(act)).await {
        warn!(%fault, "it stays held; tried again");
    }
}

/// The reason beside a file goes with it.
pub(super) async fn forget_reason(file: &Path) {
    let mut beside = file.as_os_str().to_owned();
    beside.push(NOTE);
    if !tokio::fs::try_exists(file).await.unwrap_or(true)
        && let Err(cause) = tokio::fs::remove_file(&beside).await
        && cause.kind() != std::io::ErrorKind::NotFound
    {
        warn!(%cause, "the reason beside a file stays there");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_file_is_named_by_its_refusal() {
        let id = "01933a3c-7b7c-7c63-9f6e-3c3a7c1c9b11";
        // A name in Shift_JIS is bytes like any other.
        for name in ["売上.csv".as_bytes(), b"\x94\x84\x8F\xE3.csv"] {
            let full = name_of(id, OsStr::from_bytes(name));
            assert_eq!(named(&full), Some((id.to_owned(), OsStr::from_bytes(name))));
        }
        assert!(name_of(id, OsStr::new(&"売".repeat(85))).len() + NOTE.len() <= 255);
        for other in [format!("{id}.売上.csv.problem.json"), "売上.csv".to_owned(), id.to_owned()]
        {
            assert_eq!(named(OsStr::new(&other)), None, "{other}");
        }
    }
}
