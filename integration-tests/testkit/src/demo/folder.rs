//! The folder of a run: wiped before each, but only if a demo made it.

use std::{fs, path::Path};

use crate::{Fail, Result};

/// Left in the folder to say whose it is.
const MARK: &str = ".channelhub-demo";

/// An empty folder at `path`.
///
/// # Errors
/// When something else is there.
pub(super) fn make_empty(path: &Path) -> Result<()> {
    if path.exists() {
        let is_ours = path.join(MARK).exists();
        let is_empty = path.is_dir() && fs::read_dir(path)?.next().is_none();
        if !is_ours && !is_empty {
            let path = path.display();
            return Err(Fail::new(format!(
                "{path} was not made by the demo and will not be wiped; choose another --dir"
            )));
        }
        fs::remove_dir_all(path)?;
    }
    fs::create_dir_all(path)?;
    let mark = "This folder is wiped by each run of the demo.\n";
    Ok(fs::write(path.join(MARK), mark)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_the_demo_is_wiped() {
        let temp = tempfile::TempDir::new().unwrap();
        let ours = temp.path().join("demo");
        make_empty(&ours).unwrap();
        fs::write(ours.join("old"), "x").unwrap();
        make_empty(&ours).unwrap();
        assert!(!ours.join("old").exists());

        let theirs = temp.path().join("photos");
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("cat.jpg"), "x").unwrap();
        assert!(make_empty(&theirs).is_err());
        assert!(theirs.join("cat.jpg").exists());
    }
}
