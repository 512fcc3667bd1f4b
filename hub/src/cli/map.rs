//! `channelhub map`: maps and packages, without a running hub.

use super::Failure;
use crate::{
    app::{clock::SystemClock, library::Library},
    settings,
};
use adapter_kit::{
    decode::Record,
    files::Files as _,
    manifest::MapUse,
    package::{Chosen, Options, Package},
};
use canon::clock::Clock as _;
use clap::Subcommand;
use codec::diagnostic::Diagnostic;
use mapping::{Direction, RunContext, Scratch};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Maps and packages.
#[derive(Debug, Subcommand)]
pub(super) enum Map {
    /// Run one map on a file; canonical JSON (or the far system's) on standard
    /// output, faults on standard error.
    Run(Run),
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

/// Run one map on a file.
#[derive(Debug, clap::Args)]
pub(super) struct Run {
    /// The map: PACKAGE/maps/NAME.map.yaml.
    map: String,
    /// The bytes as the far system sends them.
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

// === impl Run ===

impl Run {
    fn run(self) -> Result<ExitCode, Failure> {
        let (package, file) =
            self.map.split_once('/').ok_or("name the map as PACKAGE/maps/NAME.map.yaml")?;
        let package = load(&self.packages.library()?, package)?;
        let map = package.map(file).ok_or_else(|| {
            let known: Vec<&str> = package.maps().map(|(file, _)| file).collect();
            let near = codec::diagnostic::nearest(file, known.iter().copied());
            let hint = near.map_or(format!("it has {}", known.join(", ")), |it| {
                format!("did you mean `{it}`?")
            });
            format!("the package has no map `{file}`; {hint}")
        })?;
        let bytes = read(&self.input)?;
        match map.direction() {
            Direction::Out => self.run_out(map, &bytes),
            Direction::In => self.run_in(&package, file, &bytes),
        }
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

    fn run_out(&self, map: &mapping::Map, bytes: &[u8]) -> Result<ExitCode, Failure> {
        match map.run_json(bytes, &self.context(1), &mut Scratch::default()) {
            Ok(made) => {
                line(&made.data)?;
                Ok(ExitCode::SUCCESS)
            }
            Err(faulted) => {
                faults(1, &faulted.faults);
                Ok(ExitCode::FAILURE)
            }
        }
    }

    fn run_in(&self, package: &Package, file: &str, bytes: &[u8]) -> Result<ExitCode, Failure> {
        let uses: Vec<MapUse> = package
            .manifest()
            .input
            .iter()
            .flat_map(|it| &it.records)
            .flat_map(|it| &it.maps)
            .filter(|it| it.file == file)
            .cloned()
            .collect();
        let mut records =
            package.decode(None, bytes).map_err(|it| format!("{}: {it}", self.input.display()))?;
        let mut bad = 0_u64;
        for it in std::mem::take(&mut records.unreadable) {
            bad += 1;
            faults(it.number, &it.faults);
        }
        let mut scratch = Scratch::default();
        for record in records.iter(bytes) {
            let chosen = Chosen { kind: "", maps: uses.iter().take(1).collect() };
            let Record { number, .. } = record;
            match package.run(&chosen, &record, &self.context(number), &mut scratch) {
                Ok(made) => {
                    for it in made {
                        line(&it.mapped.data)?;
                    }
                }
                Err(faulted) => {
                    bad += 1;
                    faults(number, &faulted.faults);
                }
            }
        }
        eprintln!("{} records, {bad} with faults", records.records);
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|cause| format!("{}: {cause}", path.display()))
}

fn line(bytes: &[u8]) -> Result<(), Failure> {
    let mut screen = std::io::stdout().lock();
    screen.write_all(bytes).and_then(|()| screen.write_all(b"\n")).map_err(|it| it.to_string())
}

fn faults(record: u64, faults: &[canon::entry::RecordFault]) {
    for it in faults {
        let place = it.offset.map_or(String::new(), |it| format!(", byte {it}"));
        let needed = it.needed_by.as_deref().map_or(String::new(), |it| format!(" (for {it})"));
        let field = &it.field;
        eprintln!(
            "record {record}{place}: {field}{needed}: found {}, expected {}",
            it.found, it.expected
        );
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
                Ok(package) => println!("{name}: {} maps", package.maps().count()),
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
                println!("{name}: {cases} fixtures passed");
            } else {
                bad += 1;
                println!("{}\n{name}: {cases} fixtures, not all passed", report.summary());
            }
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
