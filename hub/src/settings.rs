//! Files → checked settings. A value of these types has been checked; what
//! could not be used is a diagnostic with file, line and column.
//!
//! A configuration is a folder: `hub.yaml`, one file per channel under
//! `channels/`, and `routes.yaml`.

pub mod beside;
mod channel;
mod hub;
mod output;
mod pieces;
mod routes;
mod units;

pub use channel::{
    ChannelSettings, Class, Input, Limits, PullAuth, RecordsMode, SecretText, WebhookProof,
};
pub use hub::{ApiToken, HubSettings};
pub use output::{ConnectionSettings, OutputAuth, OutputSettings, OutputTarget, RetrySettings};
pub use pieces::Pieces;
pub use units::{read_duration, read_size};

use canon::entry::Route;
use codec::{
    diagnostic::{Diagnostic, Place, Severity},
    yaml::{Faults, Node, Table},
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A whole configuration, checked as far as its own files go.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The folder it was read from.
    pub dir: PathBuf,
    /// `hub.yaml`.
    pub hub: HubSettings,
    /// `channels/*.yaml`, by name.
    pub channels: BTreeMap<String, ChannelSettings>,
    /// `routes.yaml`.
    pub routes: Vec<Route>,
    /// SHA-256 hex over all files read, secrets left out.
    pub sha256: String,
}

/// What reading gave: settings if there were no errors, and all that was found.
#[derive(Debug)]
pub struct Loaded {
    /// Present when no diagnostic is an error.
    pub settings: Option<Settings>,
    /// Errors and warnings, in order of the files.
    pub diagnostics: Vec<Diagnostic>,
    /// Text of each file read, by the name diagnostics carry.
    pub sources: BTreeMap<String, String>,
}

/// Reads files of one configuration folder and gathers what is wrong with them.
pub(crate) struct Reading<'a> {
    dir: &'a Path,
    diagnostics: Vec<Diagnostic>,
    sources: BTreeMap<String, String>,
}

/// Reads the configuration in `dir`.
#[must_use]
pub fn load(dir: &Path) -> Loaded {
    let mut reading = Reading { dir, diagnostics: Vec::new(), sources: BTreeMap::new() };
    let hub = reading.file("hub.yaml", "the settings of the hub", |table| hub::read(table, dir));
    let mut channels = BTreeMap::new();
    for file in reading.channel_files() {
        let read = reading
            .file(&file, "the settings of a channel", |table| channel::read(table, dir))
            .flatten();
        let Some(channel) = read else { continue };
        let stem = file.trim_start_matches("channels/").trim_end_matches(".yaml");
        if channel.name != stem {
            let message = format!("channel {:?} stands in {file}", channel.name);
            let fault = Diagnostic::error("C02", &file, (Place::START, 1), message)
                .help(format!("name it {stem:?}, or the file channels/{}.yaml", channel.name));
            reading.diagnostics.push(fault);
        }
        channels.insert(channel.name.clone(), channel);
    }
    let routes = if dir.join("routes.yaml").exists() {
        let names: Vec<&str> = channels.keys().map(String::as_str).collect();
        reading.file("routes.yaml", "the routes", |table| routes::read(table, &names))
    } else {
        Some(Vec::new())
    };
    reading.finish(hub.flatten(), channels, routes)
}

/// How many of these are errors.
#[must_use]
pub fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|it| it.severity == Severity::Error).count()
}

/// Whether any of these is an error.
#[must_use]
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    errors(diagnostics) > 0
}

// === impl Reading ===

impl Reading<'_> {
    /// Opens one file as a table and hands it to `read`; `None` when the file
    /// cannot be read at all.
    fn file<T>(
        &mut self,
        name: &str,
        what: &'static str,
        read: impl FnOnce(&Table<'_>) -> T,
    ) -> Option<T> {
        let text = match std::fs::read_to_string(self.dir.join(name)) {
            Ok(text) => text,
            Err(cause) => {
                let message = format!("cannot read it: {cause}");
                let fault = Diagnostic::error("C01", name, (Place::START, 1), message)
                    .expected(format!("{what}, in UTF-8"));
                let dir = self.dir.display();
                self.diagnostics.push(fault.help(format!("`channelhub init {dir}` writes one")));
                return None;
            }
        };
        let parsed = codec::yaml::parse(name, &text);
        self.sources.insert(name.to_owned(), text);
        let node = match parsed {
            Ok(node) => node,
            Err(faults) => {
                self.diagnostics.extend(faults);
                return None;
            }
        };
        let faults = Faults::new(name);
        let value = Table::open(&faults, &node, what).map(|table| {
            let value = read(&table);
            table.finish();
            value
        });
        self.diagnostics.extend(faults.into_vec());
        value
    }

    /// Files under `channels/`, sorted, as names relative to the folder.
    fn channel_files(&self) -> Vec<String> {
        let mut files: Vec<String> = std::fs::read_dir(self.dir.join("channels"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|it| it.file_name().into_string().ok())
            .filter(|it| it.ends_with(".yaml") && !it.starts_with('.'))
            .map(|it| format!("channels/{it}"))
            .collect();
        files.sort();
        files
    }

    fn finish(
        self,
        hub: Option<HubSettings>,
        channels: BTreeMap<String, ChannelSettings>,
        routes: Option<Vec<Route>>,
    ) -> Loaded {
        let Self { dir, diagnostics, sources } = self;
        let mut hash = Sha256::new();
        for (name, text) in &sources {
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let settings = match (hub, routes) {
            (Some(hub), Some(routes)) if !has_errors(&diagnostics) => Some(Settings {
                dir: dir.to_owned(),
                hub,
                channels,
                routes,
                sha256: canon::id::hex(&digest),
            }),
            _ => None,
        };
        Loaded { settings, diagnostics, sources }
    }
}

/// Adds an error at `node` with what was expected.
pub(crate) fn fault_at(
    table: &Table<'_>,
    code: &'static str,
    node: &Node,
    message: String,
    expected: &str,
) {
    let fault = table.faults().new_error(code, node, message).expected(expected);
    table.faults().push(fault);
}

#[cfg(test)]
mod tests;
