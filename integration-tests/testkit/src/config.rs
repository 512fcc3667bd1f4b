//! The configuration a hub is started with: a copy of an example, with the
//! addresses and secrets of this run written into it.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use std::path::{Path, PathBuf};

use crate::{Fail, Result};

/// A copy in a folder of its own.
#[derive(Debug)]
pub struct Config {
    folder: PathBuf,
}

// === impl Config ===

impl Config {
    /// Copies the folder `from`, with all below it, to `to`.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn copy(from: &Path, to: &Path) -> Result<Self> {
        copy_folder(from, to).map_err(|it| it.during(&format!("copy {}", from.display())))?;
        Ok(Self { folder: to.to_owned() })
    }

    /// An empty one.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn empty(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// All files below a folder.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => files.extend(Self::files(&entry.path())?),
                false => files.push(entry.path()),
            }
        }
        Ok(files)
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of it is.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// Writes a file of it.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text).map_err(|it| Fail::from(it).during(&path.display().to_string()))
    }

    /// Replaces `old` by `new`, everywhere in one file.
    ///
    /// # Errors
    /// When the file does not say `old`: the example has changed.
    pub fn replace(&self, file: &str, old: &str, new: &str) -> Result<()> {
        let path = self.path(file);
        let text = std::fs::read_to_string(&path)
            .map_err(|it| Fail::from(it).during(&path.display().to_string()))?;
        if !text.contains(old) {
            return Err(Fail::new(format!("{}: does not say {old:?}", path.display())));
        }
        self.write(file, &text.replace(old, new))
    }

    /// Takes a file away.
    ///
    /// # Errors
    /// When it is not there.
    pub fn remove(&self, file: &str) -> Result<()> {
        Ok(std::fs::remove_file(self.path(file))?)
    }
}

/// The repository this was built from.
#[must_use]
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// A new secret: 32 random bytes, in hex.
#[must_use]
pub fn secret() -> String {
    hex::encode(random())
}

/// A new Standard Webhooks secret: `whsec_` and 32 random bytes in base64.
#[must_use]
pub fn webhook_secret() -> String {
    format!("whsec_{}", BASE64.encode(random()))
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    // Without randomness there are no secrets, so there is nothing to go on with.
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
