//! `channelhub map`: maps and packages, without a running hub.

mod bench;
mod check;
mod diff;
mod draft;
mod explain;
pub(super) mod place;
mod run;
mod test;

use super::Failure;
use crate::app::clock::SystemClock;
use adapter_kit::{manifest::MapUse, package::Package};
use canon::{clock::Clock as _, entry::RecordFault};
use clap::Subcommand;
use mapping::RunContext;
use place::{Packages, Place, load, print};
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Maps and packages.
#[derive(Debug, Subcommand)]
pub(super) enum Map {
    /// Run one map on a file; canonical JSON (or the far system's) on standard
    /// output, faults on standard error.
    Run(run::Run),
    /// Say where a field of the output comes from: bytes, rule, each step.
    Explain(explain::Explain),
    /// Check all files of a package, or one map: every fault with its place.
    Check(check::Check),
    /// Run the fixtures of a package and measure what they cover.
    Test(test::Test),
    /// What a new version of a map changes, by field.
    Diff(diff::Diff),
    /// How fast a map runs on a file.
    Bench(bench::Bench),
    /// Read an in map backwards: which fields come back, and a draft of the out map.
    Reverse(draft::Reverse),
    /// Propose a source schema or layout and a draft of a map from sample files.
    Infer(draft::Infer),
    /// Format map files.
    Fmt(draft::Fmt),
}

/// A map, and what to run it on.
#[derive(Clone, Debug, clap::Args)]
struct Subject {
    /// The map: PACKAGE/maps/NAME.map.yaml, or a path on disk.
    map: String,
    /// The bytes as the far system sends them, also compressed (gzip, zstd, or a
    /// zip of one file); canonical JSON for an out map.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Channel name that stands in the output.
    #[arg(long, default_value = "try")]
    channel: String,
    /// Organisation that ids are made for.
    #[arg(long, default_value = "my-company")]
    organisation: String,
    /// What an out map declares under `needs:`, NAME=VALUE.
    #[arg(long = "need", value_name = "NAME=VALUE")]
    needs: Vec<String>,
    #[command(flatten)]
    packages: Packages,
}

/// A subject, read.
struct Opened {
    package: Package,
    map: Arc<mapping::Map>,
    /// How the manifest uses the map; none for an out map.
    used: Option<MapUse>,
    bytes: Vec<u8>,
}

impl Map {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Run(it) => it.run(),
            Self::Explain(it) => it.run(),
            Self::Check(it) => it.run(),
            Self::Test(it) => it.run(),
            Self::Diff(it) => it.run(),
            Self::Bench(it) => it.run(),
            Self::Reverse(it) => it.run(),
            Self::Infer(it) => it.run(),
            Self::Fmt(it) => it.run(),
        }
    }
}

// === impl Subject ===

impl Subject {
    fn open(&self) -> Result<Opened, Failure> {
        let (input, bytes) = super::data::read(&self.input)?;
        let place = Place::of_input(&self.map, &self.packages, &input)?;
        let (package, map) = place.load()?;
        let file = place.file.as_str();
        let kinds = package.manifest().input.iter().flat_map(|it| &it.records);
        let used = kinds.flat_map(|it| &it.maps).find(|it| it.file == file).cloned();
        Ok(Opened { package, map, used, bytes })
    }

    /// What the caller supplies, by name.
    fn needs(&self) -> Result<Vec<(&str, Option<&str>)>, Failure> {
        self.needs
            .iter()
            .map(|it| {
                let (name, value) =
                    it.split_once('=').ok_or_else(|| format!("--need wants NAME=VALUE: {it:?}"))?;
                Ok((name, Some(value)))
            })
            .collect()
    }

    fn context<'a>(
        &'a self,
        record: u64,
        needs: &'a [(&'a str, Option<&'a str>)],
    ) -> RunContext<'a> {
        RunContext {
            organisation: &self.organisation,
            channel: &self.channel,
            received_at: SystemClock.now(),
            record,
            needs,
        }
    }
}

/// Prints what is wrong with a record of `bytes`.
fn print_faults(bytes: &[u8], record: u64, faults: &[RecordFault]) {
    for it in faults {
        let place = it.offset.map_or(String::new(), |offset| place_of(bytes, offset));
        let by = it.needed_by.as_deref();
        let field = match (it.field.as_str(), by) {
            ("", Some(by)) => format!("for {by}"),
            (field, Some(by)) => format!("{field} (for {by})"),
            (field, None) => field.to_owned(),
        };
        let found = Some(&it.found).filter(|it| !it.is_empty());
        let found = found.map_or(String::new(), |it| format!("found {it}, "));
        eprintln!("record {record}{place}: {field}: {found}expected {}", it.expected);
    }
}

/// Line and column of a byte, where the bytes are text; columns count characters.
fn place_of(bytes: &[u8], offset: u64) -> String {
    let at = usize::try_from(offset).unwrap_or(usize::MAX);
    let Some(before) = bytes.get(..at) else { return format!(", byte {offset}") };
    let line = before.iter().filter(|it| **it == b'\n').count() + 1;
    let start = before.iter().rposition(|it| *it == b'\n').map_or(0, |it| it + 1);
    let text = before.get(start..).and_then(|it| str::from_utf8(it).ok());
    match text {
        Some(text) => format!(", line {line}, column {} (byte {offset})", text.chars().count() + 1),
        None => format!(", line {line} (byte {offset})"),
    }
}
