//! Files that were refused: tried again when an operator says so, after what refused
//! them was mended; moved when given up.
//!
//! In `refused/` a file keeps the name it was dropped under. The reason beside it
//! says which refusal it was, and by that the journal says what is to become of it.

use super::{
    super::receive::Reception,
    moves::{NAME, NOTE, REFUSAL, put},
};
use crate::app::house::Channel;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{HeldFile, HeldState};
use tracing::{info, warn};

/// Where refused files of a channel lie.
pub(super) const REFUSED: &str = "refused";
/// Bytes of a reason that are read.
const NOTE_BYTES_MAX: u64 = 1 << 20;

/// Which decisions of operators were carried out since the hub started.
#[derive(Debug, Default)]
pub(super) struct Decided(BTreeSet<String>);

/// A file in `refused/`.
struct Aside {
    path: PathBuf,
    note: PathBuf,
    /// As it was dropped.
    name: OsString,
}

// === impl Decided ===

impl Decided {
    /// Looks at what operators have decided on.
    pub(super) async fn look(&mut self, reception: &Reception, channel: &Channel, folder: &Path) {
        let aside = folder.join(REFUSED);
        if !tokio::fs::try_exists(&aside).await.unwrap_or(false) {
            return;
        }
        let name = channel.name().to_owned();
        let settled = reception.rooms().ask_store(move |reader| reader.refused_and_settled(&name));
        let Ok(mut settled) = settled.await else { return };
        settled.retain(|it| !self.0.contains(&it.id));
        if settled.is_empty() {
            return;
        }
        let Ok(files) = tokio::task::spawn_blocking(move || noted(&aside)).await else { return };
        for file in settled {
            let is_carried_out = match files.get(&file.id) {
                Some(aside) => carry_out(folder, &file, aside).await,
                // It was before the hub started, or somebody has taken it away.
                None => true,
            };
            if is_carried_out {
                self.0.insert(file.id);
            }
        }
    }
}

/// Moves a file where an operator wants it; false when it is to be tried again.
async fn carry_out(folder: &Path, file: &HeldFile, aside: &Aside) -> bool {
    let to = match file.state {
        HeldState::Released => folder.to_owned(),
        HeldState::Discarded => folder.join("discarded"),
        HeldState::Held | HeldState::Refused => return true,
    };
    let place = to.join(&aside.name);
    if file.state == HeldState::Released && tokio::fs::try_exists(&place).await.unwrap_or(true) {
        // One of the same name has come since: that one is taken first.
        return false;
    }
    if put(&aside.path, (&to, &aside.name)).await.is_none() {
        return false;
    }
    let (state, by) = (file.state.name(), file.settled_by.as_str());
    info!(file = %place.display(), state, by, "a refused file was decided on");
    if let Err(cause) = tokio::fs::remove_file(&aside.note).await {
        warn!(%cause, "the reason beside a file stays there");
    }
    true
}

/// What lies in `refused/`, by the id of the refusal.
fn noted(aside: &Path) -> BTreeMap<String, Arc<Aside>> {
    let entries = std::fs::read_dir(aside).into_iter().flatten().flatten();
    let of = |note: PathBuf| {
        let name = note.file_name()?.as_bytes().strip_suffix(NOTE.as_bytes())?.to_vec();
        let path = aside.join(OsStr::from_bytes(&name));
        let size = std::fs::metadata(&note).ok()?.len();
        if size > NOTE_BYTES_MAX || !path.is_file() {
            return None;
        }
        let problem: Value = serde_json::from_slice(&std::fs::read(&note).ok()?).ok()?;
        let id = problem.get(REFUSAL)?.as_str()?.to_owned();
        // A name that is no text is as the folder has it.
        let told = problem.get(NAME).and_then(Value::as_str);
        let told = told.filter(|it| name.starts_with(it.as_bytes())).map(OsString::from);
        let name = told.unwrap_or_else(|| OsString::from_vec(name));
        Some((id, Arc::new(Aside { path, note, name })))
    };
    entries.filter_map(|it| of(it.path())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_file_is_found_by_its_refusal_under_the_name_it_was_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        for name in ["a.csv", "a.csv.1", "gone.csv.problem.json", "bare.csv"] {
            write(name, "x");
        }
        write("a.csv.problem.json", r#"{"refusal":"1","file":"a.csv"}"#);
        write("a.csv.1.problem.json", r#"{"refusal":"2","file":"a.csv"}"#);
        let found = noted(dir.path());
        let names: Vec<_> = found.values().map(|it| it.name.to_str().unwrap()).collect();
        assert_eq!(names, ["a.csv", "a.csv"]);
        assert_eq!(found["2"].path, dir.path().join("a.csv.1"));
    }

    #[tokio::test]
    async fn what_an_operator_decided_is_carried_out_once_its_place_is_free() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path();
        std::fs::create_dir(folder.join(REFUSED)).unwrap();
        std::fs::write(folder.join("refused/a.csv"), "old").unwrap();
        std::fs::write(folder.join("refused/a.csv.problem.json"), r#"{"refusal":"1"}"#).unwrap();
        std::fs::write(folder.join("a.csv"), "new").unwrap();
        let file = |state| HeldFile {
            id: "1".to_owned(),
            channel: "pos".to_owned(),
            name: "a.csv".to_owned(),
            sha256: String::new(),
            code: "undecodable".to_owned(),
            reason: String::new(),
            state,
            file: canon::entry::RefusedFile::default(),
            at: canon::clock::Timestamp::from_ms(0),
            seq: 1,
            settled_by: "operator:mika".to_owned(),
            settled_why: "mended".to_owned(),
        };
        let found = noted(&folder.join(REFUSED));
        let aside = found.values().next().unwrap();
        assert!(!carry_out(folder, &file(HeldState::Released), aside).await, "it is taken");
        std::fs::remove_file(folder.join("a.csv")).unwrap();
        assert!(carry_out(folder, &file(HeldState::Released), aside).await);
        assert_eq!(std::fs::read_to_string(folder.join("a.csv")).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.join(REFUSED)).unwrap().count(), 0);
    }
}
