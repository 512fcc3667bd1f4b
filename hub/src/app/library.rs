//! Where packages, tables and schemas come from: folders of the configuration
//! first, then what the binary carries.

use adapter_kit::files::{Embedded, Files, Folder};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// Packages, tables, schemas and examples of this program, by path:
/// `packages/…`, `tables/…`, `canon/…`, `examples/…`.
pub const BUILT_IN: Embedded = Embedded(include!(concat!(env!("OUT_DIR"), "/embedded.rs")));

/// All files a package may need.
#[derive(Clone, Debug, Default)]
pub struct Library {
    folders: Vec<Folder>,
}

// === impl Library ===

impl Library {
    /// Looks into `folders` of packages before the built-in ones.
    #[must_use]
    pub fn new(folders: &[PathBuf]) -> Self {
        Self { folders: folders.iter().map(Folder::new).collect() }
    }

    /// Names of all packages, sorted.
    #[must_use]
    pub fn packages(&self) -> Vec<String> {
        let manifest = adapter_kit::manifest::FILE_NAME;
        let of = |path: &str| -> Option<String> {
            let (name, file) = path.split_once('/')?;
            (file == manifest).then(|| name.to_owned())
        };
        let mut names = BTreeSet::new();
        for folder in &self.folders {
            names.extend(folder.list("").iter().filter_map(|it| of(it)));
        }
        let built_in = BUILT_IN.list("packages");
        names.extend(built_in.iter().filter_map(|it| of(it.strip_prefix("packages/")?)));
        names.into_iter().collect()
    }
}

impl Files for Library {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        let from_folders = path
            .strip_prefix("packages/")
            .and_then(|inner| self.folders.iter().find_map(|folder| folder.read(inner)));
        from_folders.or_else(|| BUILT_IN.read(path))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let mut all = BUILT_IN.list(folder);
        if let Some(inner) =
            folder.strip_prefix("packages/").or((folder == "packages").then_some(""))
        {
            for own in &self.folders {
                all.extend(own.list(inner).into_iter().map(|it| format!("packages/{it}")));
            }
        }
        all.sort();
        all.dedup();
        all
    }
}
