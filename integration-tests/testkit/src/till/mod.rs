//! A till of the old kind: it writes its sales journal into a folder, in
//! Shift_JIS as Windows writes it, and knows nothing of anybody else.

pub mod fixed;
pub mod journal;
mod text;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use journal::{Journal, Line, Receipt};
pub use text::{cp932, cp932_field};

use crate::Result;

/// One till and the folder it writes to.
#[derive(Clone, Debug)]
pub struct Till {
    folder: PathBuf,
}

// === impl Till ===

impl Till {
    /// Writes to `folder`, which is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(folder: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Drops a file as a careful till does: written under a name that nobody
    /// picks up, then renamed, so that it is never seen half-written.
    ///
    /// # Errors
    /// When the disk says so.
    pub fn drop_file(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let being_written = self.folder.join(format!(".{name}.tmp"));
        std::fs::write(&being_written, bytes)?;
        std::fs::rename(&being_written, self.folder.join(name))?;
        Ok(())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
