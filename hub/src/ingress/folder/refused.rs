//! Files that were refused: tried again when an operator says so, after what refused
//! them was mended; moved when given up.
//!
//! In `refused/` as in `held/` a file's name begins with the id of its refusal, so the
//! journal alone says what is to become of it. The reason beside it is for people.

use super::{
    super::receive::Reception,
    held::{dropped_name, forget_reason, named},
    look as files_in,
    moves::put,
};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};
use store::{HeldFile, HeldState};
use tracing::{info, warn};

/// Where refused files of a channel lie.
pub(super) const REFUSED: &str = "refused";

/// Looks at what was refused, whether an operator has decided on it.
pub(super) async fn look(reception: &Reception, folder: &Path) {
    let aside = folder.join(REFUSED);
    if !tokio::fs::try_exists(&aside).await.unwrap_or(false) {
        return;
    }
    let files: Vec<(PathBuf, String)> = files_in(&aside)
        .await
        .into_iter()
        .filter_map(|(file, _)| {
            let (id, _) = named(file.file_name()?)?;
            Some((file, id))
        })
        .collect();
    if files.is_empty() {
        return;
    }
    let ids: Vec<String> = files.iter().map(|(_, id)| id.clone()).collect();
    let settled = reception.rooms().ask_store(move |reader| reader.settled_files(&ids)).await;
    let settled = match settled {
        Ok(settled) => settled,
        Err(fault) => return warn!(%fault, "what was refused cannot be asked for"),
    };
    for (file, id) in &files {
        if let Some(decided) = settled.get(id) {
            carry_out(folder, decided, file).await;
        }
    }
}

/// Moves a file where an operator wants it; what cannot be moved now is looked at
/// again.
async fn carry_out(folder: &Path, decided: &HeldFile, file: &Path) {
    let to = match decided.state {
        HeldState::Released => folder.to_owned(),
        HeldState::Discarded => folder.join("discarded"),
        HeldState::Held | HeldState::Refused => return,
    };
    let Some((_, rest)) = named(file.file_name().unwrap_or_default()) else { return };
    let name: &OsStr = dropped_name(rest, decided);
    let place = to.join(name);
    if decided.state == HeldState::Released && tokio::fs::try_exists(&place).await.unwrap_or(true) {
        // One of the same name has come since: that one is taken first.
        return;
    }
    if put(file, (&to, name)).await.is_none() {
        return;
    }
    let (state, by) = (decided.state.name(), decided.settled_by.as_str());
    info!(file = %place.display(), state, by, "a refused file was decided on");
    forget_reason(file).await;
}

#[cfg(test)]
mod tests;
