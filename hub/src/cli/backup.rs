//! `channelhub backup` and `restore`: everything that cannot be made again.
//!
//! The store is left out: it is made again from the journal at the next start.
//! So are the secrets that the configuration names, and the tokens of channels that
//! were connected: an old one may be spent.

mod config;

use super::{Config, Failure, check, client::DataFolder, progress::Bar, screen::count};
use crate::{
    app::{DataFiles, clock::SystemClock, folds::origin_of},
    settings::{self, beside::HubFile},
};
use canon::clock::Clock as _;
use config::Put;
use journal::Reader;
use ledger::{Inputs, note::PublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Name of the file that says what a backup holds.
const CONTENTS: &str = "backup.json";
/// The files of a data folder that a backup holds, the large ones first.
const FILES: [&str; 5] = ["ledger.db", "journal.db", "seal.key", "ledger.key", "ledger.key.pub"];
/// Those that are secret.
const KEYS: [&str; 2] = ["seal.key", "ledger.key"];

/// Copy journal, ledger, keys and configuration, while the hub runs or not. The
/// secrets that the configuration names by file or environment are not copied, nor the
/// tokens of connected channels: after a restore they are connected again.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where to; must be empty or not exist.
    dir: PathBuf,
    /// Leave the two secret keys out. Without them nothing can be restored: keep
    /// them somewhere else.
    #[arg(long)]
    without_keys: bool,
    #[command(flatten)]
    folder: DataFolder,
}

/// Put a backup into the empty data folder of a configuration. Where there is no
/// configuration yet, the one of the backup is put there first; beside another one it
/// is put into `config-of-backup/`.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// The backup.
    dir: PathBuf,
    /// Folder with the secret keys, when the backup was made without them.
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    #[command(flatten)]
    config: Config,
}

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// The program that made it.
    version: String,
    /// Empty when hub.yaml did not say it; the ledger's key tells it all the same.
    organisation: String,
    /// When it was made.
    at: String,
    /// Last entry of the journal in it.
    head: u64,
    /// SHA-256 hex of each file.
    files: BTreeMap<String, String>,
}

// === impl Backup ===

impl Backup {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let files = self.folder.files()?;
        let config = &self.folder.config.config;
        let hub = HubFile::open(config);
        make_empty(&self.dir)?;
        let to = |name: &str| self.dir.join(name);
        let bar = Bar::new("backup");
        // The ledger first: a journal copied after it has all that the tree has.
        bar.at(0, 3);
        ledger::copy(&files.ledger(), &to("ledger.db")).map_err(|it| chain(&it))?;
        bar.at(1, 3);
        let reader = Reader::open_read_only(&files.journal(), None).map_err(|it| chain(&it))?;
        let copied =
            journal::backup::backup(&reader, &to("journal.db")).map_err(|it| chain(&it))?;
        bar.at(2, 3);
        let mut hashes = BTreeMap::new();
        for name in FILES {
            if !name.ends_with(".db") {
                if self.without_keys && KEYS.contains(&name) {
                    continue;
                }
                copy_private(&files.dir.join(name), &to(name))?;
            }
            hashes.insert(name.to_owned(), hash(&to(name))?);
        }
        let packages = hub.as_ref().map_or(Vec::new(), HubFile::packages);
        let copied_config = config::copy(config, &packages, &self.dir)?;
        hashes.extend(copied_config.hashes.clone());
        let contents = Contents {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            organisation: hub.and_then(|it| it.organisation()).unwrap_or_default(),
            at: SystemClock.now().to_string(),
            head: copied.head,
            files: hashes,
        };
        let text = serde_json::to_string_pretty(&contents).map_err(|it| it.to_string())?;
        write_private(&to(CONTENTS), format!("{text}\n").as_bytes())?;
        bar.at(3, 3);
        bar.end();
        let (dir, head) = (self.dir.display(), copied.head);
        say!("{dir}: journal up to entry {head}, {} bytes", copied.bytes);
        say!(
            "configuration: {}; the secrets it names are not among them: keep those yourself",
            count(copied_config.hashes.len(), "file")
        );
        if copied_config.faults > 0 {
            let faults = count(copied_config.faults, "fault");
            say!("it has {faults}, which `channelhub check` shows; it was copied as it is");
        }
        for folder in copied_config.left_out {
            say!("packages in {} lie outside of it and are not copied", folder.display());
        }
        if self.without_keys {
            say!("without {}: nothing can be restored without them", KEYS.join(" and "));
        } else {
            say!("it holds the secret keys: keep it as safe as the data folder");
        }
        Ok(ExitCode::SUCCESS)
    }
}

// === impl Restore ===

impl Restore {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let contents = self.contents()?;
        let dir = &self.config.config;
        self.put(&contents)?;
        // Only what is needed: its secrets may come later.
        let said = HubFile::open(dir).and_then(|it| Ok((it.data()?, it.organisation()?)));
        let (data, organisation) = said.map_err(|faulty| {
            format!(
                "hub.yaml does not say which data folder of which organisation to restore into:\n\
                 {faulty}\nMend it, or restore into a new folder with --config"
            )
        })?;
        let files = DataFiles::new(data);
        is_of(&self.dir, &contents.organisation, &organisation)?;
        if let Some(there) = in_the_way(&files.dir) {
            return Err(format!("{} is there; restore into an empty folder", there.display()));
        }
        let sources = self.sources(&contents)?;
        private_folder(&files.dir)?;
        let bar = Bar::new("restore");
        for (done, (name, from)) in (0..).zip(&sources) {
            bar.at(done, sources.len() as u64 + 1);
            let to = files.dir.join(name);
            if *name == "journal.db" {
                journal::backup::restore(from, &to).map_err(|it| chain(&it))?;
            } else {
                copy_private(from, &to)?;
            }
        }
        let verified = verify(&files);
        bar.at(sources.len() as u64 + 1, sources.len() as u64 + 1);
        bar.end();
        let size = verified?;
        let dir = files.dir.display();
        say!("{dir}: {}, the ledger is sound", count(size, "entry"));
        say!("the store is made again at the next start");
        let loaded = settings::load(&self.config.config);
        let faults = settings::errors(&loaded.diagnostics);
        if faults > 0 {
            check::print(&loaded.diagnostics, &loaded.sources);
            let (faults, dir) = (count(faults, "fault"), self.config.config.display());
            say!(
                "the configuration in {dir} has {faults}; before the hub starts: mend it, and put \
                  the secrets there that it names"
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Puts the configuration of the backup there, or beside the one that is there.
    fn put(&self, contents: &Contents) -> Result<(), Failure> {
        let dir = &self.config.config;
        match config::put(contents, &self.dir, dir)? {
            Put::Here => say!("the configuration of the backup is in {}", dir.display()),
            Put::Beside(beside) => {
                say!("the configuration of the backup differs: it is in {}", beside.display());
            }
            Put::Same => {}
            Put::None => say!("the backup has no configuration"),
        }
        Ok(())
    }

    /// What the backup says it holds; each file is what it was.
    fn contents(&self) -> Result<Contents, Failure> {
        let path = self.dir.join(CONTENTS);
        let text =
            fs::read_to_string(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
        let contents: Contents = serde_json::from_str(&text)
            .map_err(|fault| format!("{} is of no backup: {fault}", path.display()))?;
        for (name, wanted) in &contents.files {
            let path = self.dir.join(name);
            if hash(&path)? != *wanted {
                return Err(format!("{} is not what it was when it was made", path.display()));
            }
        }
        Ok(contents)
    }

    /// Where each file comes from.
    fn sources(&self, contents: &Contents) -> Result<Vec<(&'static str, PathBuf)>, Failure> {
        let mut sources = Vec::new();
        for name in FILES {
            let from = match (contents.files.contains_key(name), &self.keys) {
                (true, _) => self.dir.join(name),
                (false, Some(keys)) => keys.join(name),
                (false, None) => {
                    return Err(format!("the backup has no {name}; name its folder with --keys"));
                }
            };
            if !from.is_file() {
                return Err(format!("{} is not there", from.display()));
            }
            sources.push((name, from));
        }
        Ok(sources)
    }
}

/// Whether what lies in `dir` is of this organisation. The ledger's key is named after
/// its own, so it tells also where hub.yaml could not be read when the backup was made.
fn is_of(dir: &Path, said: &str, organisation: &str) -> Result<(), Failure> {
    let key = public_key(dir)?;
    let is_said = said.is_empty() || said == organisation;
    if is_said && key.name() == origin_of(organisation) {
        return Ok(());
    }
    let of = match said {
        "" => format!("the organisation whose ledger is {:?}", key.name()),
        said => format!("organisation {said:?} with the ledger {:?}", key.name()),
    };
    Err(format!("the backup is of {of}, hub.yaml says {organisation:?}: ids would not fit"))
}

fn public_key(dir: &Path) -> Result<PublicKey, Failure> {
    let path = dir.join("ledger.key.pub");
    let text = fs::read_to_string(&path).map_err(|cause| format!("{}: {cause}", path.display()))?;
    PublicKey::parse(text.trim()).map_err(|it| format!("{}: {it}", path.display()))
}

/// Recomputes everything that was restored; gives the number of entries.
fn verify(files: &DataFiles) -> Result<u64, Failure> {
    let key = public_key(&files.dir)?;
    let report = ledger::verify(Inputs {
        journal: &files.journal(),
        ledger: &files.ledger(),
        public_key: &key,
        seal_key: Some(&files.seal_key()),
        outside: &[],
    })
    .map_err(|it| chain(&it))?;
    match report.faults.first() {
        None => Ok(report.size),
        Some(first) => Err(format!(
            "what was restored is NOT SOUND: {}, the first: {}; run `channelhub ledger verify`",
            count(report.faults_total, "fault"),
            first.what
        )),
    }
}

// === files ===

/// What a restore would mix with. A log that was left beside a database is as
/// bad as the database: what is in it would be played into the one put there.
fn in_the_way(dir: &Path) -> Option<PathBuf> {
    let names = FILES.iter().chain(&["store.db"]);
    let mut all = names.flat_map(|name| {
        let beside: &[&str] =
            if name.ends_with(".db") { &["", "-wal", "-shm", "-journal"] } else { &[""] };
        beside.iter().map(move |end| dir.join(format!("{name}{end}")))
    });
    all.find(|it| it.exists())
}

fn make_empty(dir: &Path) -> Result<(), Failure> {
    if fs::read_dir(dir).is_ok_and(|mut it| it.next().is_some()) {
        return Err(format!("{} is not empty; name a new folder", dir.display()));
    }
    private_folder(dir)
}

fn private_folder(dir: &Path) -> Result<(), Failure> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|cause| format!("{}: {cause}", dir.display()))
}

fn copy_private(from: &Path, to: &Path) -> Result<(), Failure> {
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |cause: std::io::Error| format!("{path}: {cause}")
    };
    let mut source = fs::File::open(from).map_err(fail(from))?;
    let mut copy = create_private(to)?;
    std::io::copy(&mut source, &mut copy).map_err(fail(to))?;
    copy.sync_all().map_err(fail(to))
}

fn write_private(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut file = create_private(to)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|cause| format!("{}: {cause}", to.display()))
}

/// A new file that only its owner may read.
fn create_private(to: &Path) -> Result<fs::File, Failure> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(|cause| format!("{}: {cause}", to.display()))
}

/// SHA-256 hex of a file.
fn hash(path: &Path) -> Result<String, Failure> {
    let fail = |cause: std::io::Error| format!("{}: {cause}", path.display());
    let mut file = fs::File::open(path).map_err(fail)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).map_err(fail)?;
        match buffer.get(..read) {
            Some(bytes) if read > 0 => hasher.update(bytes),
            _ => return Ok(canon::id::hex(&hasher.finalize())),
        }
    }
}

/// An error with its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(it) = cause {
        text.push_str(": ");
        text.push_str(&it.to_string());
        cause = it.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::House;

    /// Goal: a backup that does not say its organisation is of one all the same.
    #[tokio::test]
    async fn a_backup_fits_its_own_organisation_only() {
        let house = House::open(&[]);
        let dir = house.folder.path().join("data");
        for said in ["acme", ""] {
            assert_eq!(is_of(&dir, said, "acme"), Ok(()));
            let told = is_of(&dir, said, "coffee").unwrap_err();
            assert!(told.contains("ledger/acme") && told.contains("\"coffee\""), "{told}");
        }
        assert!(is_of(&dir, "tea", "acme").unwrap_err().contains("\"tea\""));
    }

    #[test]
    fn a_log_left_beside_a_database_is_in_the_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path();
        assert_eq!(in_the_way(empty), None);
        fs::write(empty.join("notes.txt"), "kept").expect("written");
        assert_eq!(in_the_way(empty), None);
        for name in ["ledger.db-wal", "store.db-shm", "journal.db-journal", "seal.key"] {
            let path = empty.join(name);
            fs::write(&path, "old").expect("written");
            assert_eq!(in_the_way(empty), Some(path.clone()));
            fs::remove_file(&path).expect("removed");
        }
    }
}
