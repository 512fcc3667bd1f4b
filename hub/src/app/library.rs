//! Where packages, tables and schemas come from: folders of the configuration
//! first, then what the binary carries.

use adapter_kit::files::{Embedded, Files, Folder};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Packages, tables, schemas and examples of this program, by path:
/// `packages/…`, `tables/…`, `canon/…`, `examples/…`.
pub const BUILT_IN: Embedded = Embedded(include!(concat!(env!("OUT_DIR"), "/embedded.rs")));

/// All files a package may need.
#[derive(Clone, Debug, Default)]
pub struct Library {
    folders: Vec<Folder>,
    bare: Option<Bare>,
    /// Files on disk in the place of those at these paths.
    replaced: Vec<(PathBuf, PathBuf)>,
}

/// A folder that is looked at as a package though it has no manifest.
#[derive(Clone, Debug)]
struct Bare {
    folder: Folder,
    manifest: Arc<[u8]>,
}

// === impl Library ===

impl Library {
    /// Looks into `folders` of packages before the built-in ones.
    #[must_use]
    pub fn new(folders: &[PathBuf]) -> Self {
        Self { folders: folders.iter().map(Folder::new).collect(), ..Self::default() }
    }

    /// One folder without a manifest, as the package [`Self::BARE`] with this one.
    #[must_use]
    pub fn bare(folder: PathBuf, manifest: &str) -> Self {
        let bare = Bare { folder: Folder::new(folder), manifest: manifest.as_bytes().into() };
        Self { bare: Some(bare), ..Self::default() }
    }

    /// The same with `file` on disk in the place of what is at `path`.
    #[must_use]
    pub fn with(mut self, path: &str, file: PathBuf) -> Self {
        self.replaced.push((path.into(), file));
        self
    }

    fn replacement(&self, path: &str) -> Option<&PathBuf> {
        let found = self.replaced.iter().find(|(replaced, _)| replaced == Path::new(path));
        found.map(|(_, file)| file)
    }

    /// What a folder without a manifest is called.
    pub const BARE: &'static str = "bare";

    /// Where a file stands on disk; `None` for built-in ones.
    #[must_use]
    pub fn on_disk(&self, path: &str) -> Option<PathBuf> {
        if let Some(file) = self.replacement(path) {
            return Some(file.clone());
        }
        let inner = path.strip_prefix("packages/")?;
        if let Some(bare) = &self.bare {
            return bare.folder.path(Self::in_bare(inner)?);
        }
        self.folders.iter().find_map(|it| it.path(inner))
    }

    fn in_bare(inner: &str) -> Option<&str> {
        inner.strip_prefix(Self::BARE)?.strip_prefix('/')
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
        names.extend(self.bare.iter().map(|_| Self::BARE.to_owned()));
        let built_in = BUILT_IN.list("packages");
        names.extend(built_in.iter().filter_map(|it| of(it.strip_prefix("packages/")?)));
        names.into_iter().collect()
    }
}

impl Files for Library {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        if let Some(file) = self.replacement(path) {
            return std::fs::read(file).ok().map(Arc::from);
        }
        let inner = path.strip_prefix("packages/");
        if let (Some(bare), Some(file)) = (&self.bare, inner.and_then(Self::in_bare)) {
            let manifest = file == adapter_kit::manifest::FILE_NAME;
            return if manifest { Some(bare.manifest.clone()) } else { bare.folder.read(file) };
        }
        let from_folders =
            inner.and_then(|inner| self.folders.iter().find_map(|folder| folder.read(inner)));
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
