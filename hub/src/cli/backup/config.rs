//! The configuration in a backup: its files and packages of its own. The secrets
//! that it names stay where they are: they do not lie beside what they protect.

use super::{Contents, Failure, copy_private, hash, private_folder};
use crate::settings;
use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
};

/// The folder in a backup.
const FOLDER: &str = "config";
/// Where a restore puts it beside another one.
const BESIDE: &str = "config-of-backup";

/// What was copied.
pub(super) struct Copied {
    /// SHA-256 hex of each file, by its name in the backup.
    pub(super) hashes: BTreeMap<String, String>,
    /// Folders of packages that lie elsewhere.
    pub(super) left_out: Vec<PathBuf>,
    /// What is wrong with its files.
    pub(super) faults: usize,
}

/// What a restore did with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put {
    /// There was no configuration: this is it now.
    Here,
    /// Beside the one that is there, which says something else.
    Beside(PathBuf),
    /// The one that is there is the same.
    Same,
    /// The backup has none.
    None,
}

/// Copies the configuration in `dir`, with or without faults, and those of its
/// `packages` that lie in it, into the backup `to`.
pub(super) fn copy(dir: &Path, packages: &[PathBuf], to: &Path) -> Result<Copied, Failure> {
    let loaded = settings::load(dir);
    let faults = settings::errors(&loaded.diagnostics);
    let mut names: Vec<PathBuf> = loaded.sources.into_keys().map(PathBuf::from).collect();
    let mut left_out = Vec::new();
    for folder in packages {
        match folder.strip_prefix(dir) {
            Ok(inside) if is_inside(inside) => files_of(dir, inside, &mut names)?,
            Ok(_) | Err(_) => left_out.push(folder.clone()),
        }
    }
    let mut hashes = BTreeMap::new();
    for name in names {
        let copy = to.join(FOLDER).join(&name);
        make_parent(&copy)?;
        copy_private(&dir.join(&name), &copy)?;
        hashes.insert(format!("{FOLDER}/{}", name.display()), hash(&copy)?);
    }
    Ok(Copied { hashes, left_out, faults })
}

/// Puts the configuration of the backup `from` into `dir`, or beside the one there.
pub(super) fn put(contents: &Contents, from: &Path, dir: &Path) -> Result<Put, Failure> {
    let prefix = format!("{FOLDER}/");
    let names: Vec<&Path> =
        contents.files.keys().filter_map(|it| it.strip_prefix(&prefix)).map(Path::new).collect();
    if names.is_empty() {
        return Ok(Put::None);
    }
    if let Some(outside) = names.iter().find(|it| !is_inside(it)) {
        return Err(format!("the backup names {}, outside of its folder", outside.display()));
    }
    let from = from.join(FOLDER);
    let is_same = |name: &&Path| fs::read(dir.join(name)).ok() == fs::read(from.join(name)).ok();
    let (target, put) = if !dir.join("hub.yaml").exists() {
        (dir.to_owned(), Put::Here)
    } else if names.iter().all(is_same) {
        return Ok(Put::Same);
    } else {
        (dir.join(BESIDE), Put::Beside(dir.join(BESIDE)))
    };
    for name in names {
        let to = target.join(name);
        make_parent(&to)?;
        if fs::read(&to).ok() != fs::read(from.join(name)).ok() {
            copy_private(&from.join(name), &to)?;
        }
    }
    Ok(put)
}

/// A name that does not lead out of its folder.
fn is_inside(name: &Path) -> bool {
    let mut parts = name.components().peekable();
    parts.peek().is_some() && parts.all(|it| matches!(it, Component::Normal(_)))
}

fn make_parent(path: &Path) -> Result<(), Failure> {
    path.parent().map_or(Ok(()), private_folder)
}

/// All plain files below a folder, by their names in `dir`.
fn files_of(dir: &Path, folder: &Path, names: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |cause: std::io::Error| format!("{}: {cause}", dir.join(folder).display());
    for entry in fs::read_dir(dir.join(folder)).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (name, kind) = (folder.join(entry.file_name()), entry.file_type().map_err(fail)?);
        if kind.is_dir() {
            files_of(dir, &name, names)?;
        } else if kind.is_file() {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for good in ["hub.yaml", "channels/erp.yaml", "own/pack/maps/a.map.yaml"] {
            assert!(is_inside(Path::new(good)), "{good}");
        }
        for bad in ["", "../hub.yaml", "channels/../../x", "/etc/hub.yaml", "./hub.yaml"] {
            assert!(!is_inside(Path::new(bad)), "{bad}");
        }
    }

    #[test]
    fn a_configuration_is_never_written_over() {
        let (backup, config) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |path: PathBuf, text: &str| {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for name in ["hub.yaml", "channels/erp.yaml"] {
            write(backup.path().join(FOLDER).join(name), "old");
        }
        let names = ["config/hub.yaml", "config/channels/erp.yaml", "journal.db"];
        let contents = Contents {
            version: String::new(),
            organisation: String::new(),
            at: String::new(),
            head: 0,
            files: names.map(|it| (it.to_owned(), String::new())).into(),
        };
        let put = || put(&contents, backup.path(), config.path()).unwrap();
        assert_eq!(put(), Put::Here);
        assert_eq!(fs::read_to_string(config.path().join("channels/erp.yaml")).unwrap(), "old");
        assert_eq!(put(), Put::Same);
        write(config.path().join("hub.yaml"), "new");
        let beside = config.path().join(BESIDE);
        assert_eq!(put(), Put::Beside(beside.clone()));
        assert_eq!(fs::read_to_string(config.path().join("hub.yaml")).unwrap(), "new");
        assert_eq!(fs::read_to_string(beside.join("hub.yaml")).unwrap(), "old");
    }
}
