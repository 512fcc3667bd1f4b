//! Moving files out of the way. Nothing is ever written over.

use crate::problem::{Language, Refusal};
use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};
use tracing::{error, warn};

/// Where the reason of a refusal is written beside its file.
pub(super) const NOTE: &str = ".problem.json";

/// Moves a file that was not taken and writes down why beside it.
pub(super) async fn put_with_reason(
    file: &Path,
    place: (&Path, &OsStr),
    refusal: &Refusal,
    id: &str,
) -> bool {
    let Some(place) = put(file, place).await else { return false };
    let problem = refusal.to_problem(id, Language::English);
    let text = serde_json::to_string_pretty(&problem).unwrap_or_default();
    let mut beside = place.into_os_string();
    beside.push(NOTE);
    if let Err(cause) = tokio::fs::write(&beside, text + "\n").await {
        warn!(%cause, "the reason could not be written beside the file; the journal has it");
    }
    true
}

/// Moves `file` into a folder under a name, or under another one if that is
/// taken.
pub(super) async fn put(file: &Path, (folder, name): (&Path, &OsStr)) -> Option<PathBuf> {
    let (file, folder, name) = (file.to_owned(), folder.to_owned(), name.to_owned());
    let moved = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
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

    #[tokio::test]
    async fn nothing_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let done = dir.path().join("done");
        for content in ["first", "second", "third"] {
            let file = dir.path().join("sales.csv");
            std::fs::write(&file, content).unwrap();
            assert!(put(&file, (&done, OsStr::new("sales.csv"))).await.is_some());
        }
        let read = |name: &str| std::fs::read_to_string(done.join(name)).unwrap();
        assert_eq!(read("sales.csv"), "first");
        assert_eq!(read("sales.csv.1"), "second");
        assert_eq!(read("sales.csv.2"), "third");
    }
}
