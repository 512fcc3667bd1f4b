//! Where packages are read from: a folder, or files built into the binary.

use std::{path::PathBuf, sync::Arc};

/// Reads files by path. Paths use `/`, are relative, and have no `..`.
pub trait Files: Send + Sync {
    /// The bytes of the file, or `None` when there is no such file.
    fn read(&self, path: &str) -> Option<Arc<[u8]>>;

    /// Paths of all files under `folder`, sorted.
    fn list(&self, folder: &str) -> Vec<String>;
}

/// Files of a folder on disk.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// Files built into the binary: path and bytes, sorted by path.
#[derive(Clone, Copy, Debug)]
pub struct Embedded(pub &'static [(&'static str, &'static [u8])]);

/// The first that has a file wins.
pub struct Layered<A, B>(pub A, pub B);

// === impl Folder ===

impl Folder {
    /// Files under `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where a file of it stands on disk; `None` when there is no such file.
    #[must_use]
    pub fn path(&self, path: &str) -> Option<PathBuf> {
        Some(self.root.join(path)).filter(|it| is_plain(path) && it.is_file())
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        if !is_plain(path) {
            return None;
        }
        std::fs::read(self.root.join(path)).ok().map(Into::into)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![folder.trim_end_matches('/').to_owned()];
        while let Some(folder) = open.pop() {
            let Ok(children) = std::fs::read_dir(self.root.join(&folder)) else { continue };
            for child in children.flatten() {
                let Ok(name) = child.file_name().into_string() else { continue };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match child.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(path),
                    Ok(kind) if kind.is_file() => found.push(path),
                    // Links are not followed: a package is what it contains.
                    Ok(_) | Err(_) => {}
                }
            }
        }
        found.sort();
        found
    }
}

// === impl Embedded ===

impl Files for Embedded {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        let index = self.0.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
        self.0.get(index).map(|(_, bytes)| Arc::from(*bytes))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let folder = folder.trim_end_matches('/');
        let inside = |path: &str| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'))
        };
        self.0.iter().filter(|(path, _)| inside(path)).map(|(path, _)| (*path).to_owned()).collect()
    }
}

// === impl Layered ===

impl<A: Files, B: Files> Files for Layered<A, B> {
    fn read(&self, path: &str) -> Option<Arc<[u8]>> {
        self.0.read(path).or_else(|| self.1.read(path))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let mut both = self.0.list(folder);
        both.extend(self.1.list(folder));
        both.sort();
        both.dedup();
        both
    }
}

/// Relative, without `..`: cannot leave its folder.
pub(crate) fn is_plain(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: Embedded =
        Embedded(&[("a/one.yaml", b"1"), ("a/sub/two.yaml", b"2"), ("ab/three.yaml", b"3")]);

    #[test]
    fn embedded_files_are_found_by_path_and_listed_by_folder() {
        assert_eq!(FILES.read("a/sub/two.yaml").as_deref(), Some(&b"2"[..]));
        assert_eq!(FILES.read("a/two.yaml"), None);
        assert_eq!(FILES.list("a"), ["a/one.yaml", "a/sub/two.yaml"]);
        assert_eq!(FILES.list("").len(), 3);
    }

    #[test]
    fn a_folder_cannot_be_left() {
        let here = Folder::new(env!("CARGO_MANIFEST_DIR"));
        assert!(here.read("Cargo.toml").is_some());
        for path in ["../kit/Cargo.toml", "/etc/passwd", "src//lib.rs", "./Cargo.toml", ""] {
            assert_eq!(here.read(path), None, "{path}");
        }
        assert!(here.list("src").contains(&"src/files.rs".to_owned()));
    }
}
