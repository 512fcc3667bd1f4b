//! `channelhub map`: maps and packages, without a running hub.

mod explain;
mod run;

use super::Failure;
use crate::{
    app::{clock::SystemClock, library::Library},
    settings,
};
use adapter_kit::{
    files::Files as _,
    manifest::MapUse,
    package::{Options, Package},
};
use canon::{clock::Clock as _, entry::RecordFault};
use clap::Subcommand;
use codec::diagnostic::Diagnostic;
use mapping::RunContext;
use std::{path::PathBuf, process::ExitCode, sync::Arc};

/// Maps and packages.
#[derive(Debug, Subcommand)]
pub(super) enum Map {
    /// Run one map on a file; canonical JSON (or the far system's) on standard
    /// output, faults on standard error.
    Run(run::Run),
    /// Say where a field of the output comes from: bytes, rule, each step.
    Explain(explain::Explain),
    /// Check all files of a package: manifest, schemas, layouts, maps.
    Check(Check),
    /// Run the fixtures of a package and measure what they cover.
    Test(Test),
}

/// Where packages are looked for.
#[derive(Debug, clap::Args)]
struct Packages {
    /// Also look into the package folders of this configuration.
    #[arg(long, value_name = "DIR")]
    config: Option<PathBuf>,
    /// Also look into this folder of packages.
    #[arg(long, value_name = "DIR")]
    packages: Vec<PathBuf>,
}

/// A map, and what to run it on.
#[derive(Debug, clap::Args)]
struct Subject {
    /// The map: PACKAGE/maps/NAME.map.yaml.
    map: String,
    /// The bytes as the far system sends them; canonical JSON for an out map.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Channel name that stands in the output.
    #[arg(long, default_value = "try")]
    channel: String,
    /// Organisation that ids are made for.
    #[arg(long, default_value = "my-company")]
    organisation: String,
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

/// Check all files of a package.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// Packages; none: all.
    package: Vec<String>,
    #[command(flatten)]
    packages: Packages,
}

/// Run the fixtures of a package.
#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// Packages; none: all.
    package: Vec<String>,
    #[command(flatten)]
    packages: Packages,
}

impl Map {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Run(it) => it.run(),
            Self::Explain(it) => it.run(),
            Self::Check(it) => it.run(),
            Self::Test(it) => it.run(),
        }
    }
}

// === impl Packages ===

impl Packages {
    fn library(&self) -> Result<Library, Failure> {
        let mut folders = self.packages.clone();
        if let Some(dir) = &self.config {
            let loaded = settings::load(dir);
            super::check::print(&loaded.diagnostics, &loaded.sources);
            let settings = loaded.settings.ok_or("the configuration has faults")?;
            folders.extend(settings.hub.packages);
        }
        Ok(Library::new(&folders))
    }
}

// === impl Subject ===

impl Subject {
    fn open(&self) -> Result<Opened, Failure> {
        let (package, file) =
            self.map.split_once('/').ok_or("name the map as PACKAGE/maps/NAME.map.yaml")?;
        let package = load(&self.packages.library()?, package)?;
        let map = package.map(file).cloned().ok_or_else(|| {
            let known: Vec<&str> = package.maps().map(|(file, _)| file).collect();
            let near = codec::diagnostic::nearest(file, known.iter().copied());
            let hint = near.map_or(format!("it has {}", known.join(", ")), |it| {
                format!("did you mean `{it}`?")
            });
            format!("the package has no map `{file}`; {hint}")
        })?;
        let kinds = package.manifest().input.iter().flat_map(|it| &it.records);
        let used = kinds.flat_map(|it| &it.maps).find(|it| it.file == file).cloned();
        let bytes = std::fs::read(&self.input)
            .map_err(|cause| format!("{}: {cause}", self.input.display()))?;
        Ok(Opened { package, map, used, bytes })
    }

    fn context(&self, record: u64) -> RunContext<'_> {
        RunContext {
            organisation: &self.organisation,
            channel: &self.channel,
            received_at: SystemClock.now(),
            record,
            needs: &[],
        }
    }
}

/// Prints what is wrong with a record.
fn print_faults(record: u64, faults: &[RecordFault]) {
    for it in faults {
        let place = it.offset.map_or(String::new(), |it| format!(", byte {it}"));
        let needed = it.needed_by.as_deref().map_or(String::new(), |it| format!(" (for {it})"));
        let (field, found, expected) = (&it.field, &it.found, &it.expected);
        eprintln!("record {record}{place}: {field}{needed}: found {found}, expected {expected}");
    }
}

/// Loads a package, printing every fault.
fn load(library: &Library, name: &str) -> Result<Package, Failure> {
    let known = library.packages();
    if !known.iter().any(|it| it == name) {
        let near = codec::diagnostic::nearest(name, known.iter().map(String::as_str));
        let hint = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        return Err(format!("there is no package `{name}`{hint}"));
    }
    match Package::load(name, library, &Options::default()) {
        Ok(package) => {
            print(library, package.warnings());
            Ok(package)
        }
        Err(faults) => {
            print(library, &faults);
            Err(format!("package {name} has {} faults", faults.len()))
        }
    }
}

fn print(library: &Library, diagnostics: &[Diagnostic]) {
    for it in diagnostics {
        let source = library.read(&it.file).unwrap_or_default();
        eprintln!("{}", it.render(&String::from_utf8_lossy(&source)));
    }
}

// === impl Check, Test ===

fn names(given: Vec<String>, library: &Library) -> Vec<String> {
    if given.is_empty() { library.packages() } else { given }
}

impl Check {
    fn run(self) -> Result<ExitCode, Failure> {
        let library = self.packages.library()?;
        let mut bad = 0;
        for name in names(self.package, &library) {
            match load(&library, &name) {
                Ok(package) => say!("{name}: {} maps", package.maps().count()),
                Err(failure) => {
                    bad += 1;
                    eprintln!("{failure}");
                }
            }
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

impl Test {
    fn run(self) -> Result<ExitCode, Failure> {
        let library = self.packages.library()?;
        let mut bad = 0;
        for name in names(self.package, &library) {
            let report = adapter_kit::harness::run(&name, &library);
            let cases = report.cases.len();
            if report.passed() {
                say!("{name}: {cases} fixtures passed");
            } else {
                bad += 1;
                say!("{}\n{name}: {cases} fixtures, not all passed", report.summary());
            }
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
