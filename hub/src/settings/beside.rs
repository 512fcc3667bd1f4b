//! What commands beside a hub need of a configuration: each value by itself, so that
//! a fault elsewhere, or a secret that is not at hand, is in nobody's way. The hub
//! itself runs on with its last good configuration all the while.

use super::{Reading, SecretText, hub};
use crate::settings::ChannelSettings;
use codec::{
    diagnostic::{Diagnostic, Place},
    yaml::{self, Faults, Node, Table},
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

/// Why a value cannot be read: each fault with its place, as people read it.
pub type Faulty = String;

/// `hub.yaml`, to be read value by value.
#[derive(Debug)]
pub struct HubFile {
    dir: PathBuf,
    text: String,
    node: Node,
}

const FILE: &str = "hub.yaml";
const WHAT: &str = "the settings of the hub";

// === impl HubFile ===

impl HubFile {
    /// Reads `hub.yaml` of `dir`.
    ///
    /// # Errors
    ///
    /// When it is not there or not YAML.
    pub fn open(dir: &Path) -> Result<Self, Faulty> {
        let path = dir.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|cause| {
            let message = format!("cannot read {}: {cause}", path.display());
            let fault = Diagnostic::error("C01", FILE, (Place::START, 1), message);
            let help = "name the folder of the configuration with --config";
            fault.expected(format!("{WHAT}, in UTF-8")).help(help).render("")
        })?;
        match yaml::parse(FILE, &text) {
            Ok(node) => Ok(Self { dir: dir.to_owned(), text, node }),
            Err(faults) => Err(rendered(&faults, &text)),
        }
    }

    /// The data folder.
    ///
    /// # Errors
    ///
    /// When it is not said, or may be said under a name that is none.
    pub fn data(&self) -> Result<PathBuf, Faulty> {
        self.part("data", |table| Some(hub::data(table, &self.dir)))
    }

    /// Where the hub listens.
    ///
    /// # Errors
    ///
    /// When it is no address.
    pub fn listen(&self) -> Result<SocketAddr, Faulty> {
        self.part("listen", hub::listen)
    }

    /// The organisation.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn organisation(&self) -> Result<String, Faulty> {
        self.part("organisation", |table| table.required_text("organisation").map(str::to_owned))
    }

    /// Folders of packages; those that are not there are left out.
    #[must_use]
    pub fn packages(&self) -> Vec<PathBuf> {
        let faults = Faults::new(FILE);
        let table = Table::open(&faults, &self.node, WHAT);
        let mut folders = table.map_or(Vec::new(), |it| hub::packages(&it, &self.dir));
        folders.retain(|it| it.is_dir());
        folders
    }

    /// The first token of the API. No other takes its place: what it does is done in
    /// its name.
    ///
    /// # Errors
    ///
    /// When there is none, or its secret is not at hand.
    pub fn token(&self) -> Result<SecretText, Faulty> {
        let faults = Faults::new(FILE);
        let table = Table::open(&faults, &self.node, WHAT);
        if let Some(first) = table.and_then(|it| hub::first_api_token(&it, &self.dir)) {
            return Ok(first.token);
        }
        if faults.is_empty() {
            return Err(format!("{FILE} has no `api.tokens`; `channelhub init` writes one"));
        }
        Err(rendered(&faults.into_vec(), &self.text))
    }

    /// One value. When its key is not there, a key that nobody knows may be it, and
    /// nothing is guessed.
    fn part<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Table<'_>) -> Option<T>,
    ) -> Result<T, Faulty> {
        let faults = Faults::new(FILE);
        let read = Table::open(&faults, &self.node, WHAT).and_then(|table| {
            let is_there = table.node(key).is_some();
            let read = read(&table);
            if !is_there {
                for known in hub::KEYS {
                    table.node(known);
                }
                table.finish();
            }
            read
        });
        match read {
            Some(value) if faults.is_empty() => Ok(value),
            _ => Err(rendered(&faults.into_vec(), &self.text)),
        }
    }
}

// === channels ===

/// The settings of one channel; those of others do not matter.
///
/// # Errors
///
/// When there is no such channel, or its file has faults.
pub fn channel(dir: &Path, name: &str) -> Result<ChannelSettings, Faulty> {
    let mut reading = Reading { dir, diagnostics: Vec::new(), sources: BTreeMap::new() };
    let file = format!("channels/{name}.yaml");
    if !reading.channel_files().contains(&file) {
        return Err(format!("there is no channel {name:?}"));
    }
    let what = "the settings of a channel";
    let read = reading.file(&file, what, |table| super::channel::read(table, dir)).flatten();
    match read {
        Some(channel) if !super::has_errors(&reading.diagnostics) => Ok(channel),
        _ => {
            let text = reading.sources.get(&file).map_or("", String::as_str);
            Err(rendered(&reading.diagnostics, text))
        }
    }
}

/// The names of all channels, and whether each has a `connection`; `None` when its
/// file is not YAML.
#[must_use]
pub fn connected_channels(dir: &Path) -> Vec<(String, Option<bool>)> {
    let reading = Reading { dir, diagnostics: Vec::new(), sources: BTreeMap::new() };
    let look = |file: String| {
        let text = std::fs::read_to_string(dir.join(&file)).unwrap_or_default();
        let has = yaml::parse(&file, &text).ok().map(|it| has_connection(&it));
        let name = file.trim_start_matches("channels/").trim_end_matches(".yaml");
        (name.to_owned(), has)
    };
    reading.channel_files().into_iter().map(look).collect()
}

/// Whether a way in or out of a channel proves itself by a connection.
fn has_connection(channel: &Node) -> bool {
    let ways = ["in", "out"].into_iter().filter_map(|it| channel.get(it)?.map()).flatten();
    ways.filter_map(|(_, way)| way.get("auth")).any(|it| it.get("connection").is_some())
}

fn rendered(faults: &[Diagnostic], text: &str) -> Faulty {
    let all: Vec<String> = faults.iter().map(|it| it.render(text)).collect();
    all.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(hub: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("channels")).unwrap();
        std::fs::write(dir.path().join("hub.yaml"), hub).unwrap();
        dir
    }

    /// Goal: what a command needs is there whatever else is wrong.
    #[test]
    fn each_value_is_read_by_itself() {
        let dir = folder(
            "organisation: [tea]\nlisten: 127.0.0.1:9999\ndata: kept\nlimits: many\n\
             api: { tokens: [{ name: a, token: { file: token } }, \
             { name: b, token: { env: NOT_SET_ANYWHERE } }] }\n",
        );
        std::fs::write(dir.path().join("token"), "secret\n").unwrap();
        let hub = HubFile::open(dir.path()).unwrap();
        assert_eq!(hub.data(), Ok(dir.path().join("kept")));
        assert_eq!(hub.listen(), Ok(SocketAddr::from(([127, 0, 0, 1], 9999))));
        assert_eq!(hub.token().map(|it| it.reveal().to_owned()), Ok("secret".to_owned()));
        let told = hub.organisation().unwrap_err();
        assert!(told.contains("hub.yaml:1:15") && !told.contains("limits"), "{told}");
    }

    /// Goal: nobody acts in another's name because the own secret is not at hand.
    #[test]
    fn no_other_token_takes_the_place_of_the_first() {
        let dir = folder(
            "api: { tokens: [{ name: a, token: { env: NOT_SET_ANYWHERE } }, \
             { name: b, token: { file: token } }] }\n",
        );
        std::fs::write(dir.path().join("token"), "secret\n").unwrap();
        let told = HubFile::open(dir.path()).unwrap().token().unwrap_err();
        assert!(told.contains("NOT_SET_ANYWHERE"), "{told}");
    }

    /// Goal: no other data folder is taken because the right one is misspelled.
    #[test]
    fn a_key_that_nobody_knows_may_be_the_one_that_is_missing() {
        let hub = HubFile::open(folder("data_dir: /srv/hub\n").path()).unwrap();
        let told = hub.data().unwrap_err();
        assert!(told.contains("no key `data_dir`"), "{told}");
        let hub = HubFile::open(folder("data: kept\ndata_dir: /srv/hub\n").path()).unwrap();
        assert!(hub.data().is_ok());
        assert!(HubFile::open(folder("data: [\n").path()).unwrap_err().contains("hub.yaml:"));
    }

    /// Goal: the keys that are known here are those of the settings.
    #[test]
    fn all_keys_of_the_hub_are_known() {
        let faults = Faults::new(FILE);
        let node = yaml::parse(FILE, "organisation: tea\nunknown: 1\n").unwrap();
        let table = Table::open(&faults, &node, WHAT).unwrap();
        assert!(hub::read(&table, Path::new(".")).is_some());
        table.finish();
        let told = faults.into_vec().remove(0).expected.unwrap();
        let mut read: Vec<&str> = told.trim_start_matches("one of ").split(", ").collect();
        read.sort_unstable();
        read.dedup();
        let mut known = hub::KEYS.to_vec();
        known.sort_unstable();
        assert_eq!(read, known);
    }

    /// Goal: one channel is read although another has a fault, and a connection is
    /// known although a secret of it is not at hand.
    #[test]
    fn a_channel_is_read_by_itself() {
        let dir = folder("organisation: tea\n");
        let write = |name: &str, text: &str| {
            std::fs::write(dir.path().join(format!("channels/{name}.yaml")), text).unwrap();
        };
        write(
            "erp",
            "channel: erp\npackage: p\nclass: erp\ndata_class: restricted\nout: { screen: true }\n",
        );
        write("bad", "channel: bad\nqouta: 1\n");
        write("crm", "out: { http: { auth: { connection: { client_secret: { env: NO } } } } }\n");
        write("none", "channel: [\n");
        assert_eq!(channel(dir.path(), "erp").unwrap().name, "erp");
        assert!(channel(dir.path(), "bad").unwrap_err().contains("channels/bad.yaml:2:1"));
        assert!(channel(dir.path(), "x").unwrap_err().contains("no channel"));
        let found = connected_channels(dir.path());
        let found: Vec<_> = found.iter().map(|(name, has)| (name.as_str(), *has)).collect();
        let wanted =
            [("bad", Some(false)), ("crm", Some(true)), ("erp", Some(false)), ("none", None)];
        assert_eq!(found, wanted);
    }
}
