//! `channelhub map`: maps and packages, without a running hub.

mod bench;
mod check;
mod diff;
mod draft;
mod explain;
mod run;
mod test;

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
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

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
    /// What an out map declares under `needs:`, NAME=VALUE.
    #[arg(long = "need", value_name = "NAME=VALUE")]
    needs: Vec<String>,
    #[command(flatten)]
    packages: Packages,
}

/// Where a map is: which package, of which packages.
struct Place {
    library: Library,
    package: String,
    file: String,
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

// === impl Place ===

impl Place {
    /// `PACKAGE/maps/NAME.map.yaml`, or the path of a map on disk whose package
    /// stands around it.
    fn of(text: &str, packages: &Packages) -> Result<Self, Failure> {
        let path = Path::new(text);
        if path.is_file() {
            let manifest = adapter_kit::manifest::FILE_NAME;
            let root = path.ancestors().skip(1).find(|it| it.join(manifest).is_file());
            let root = root.ok_or_else(|| format!("no {manifest} stands around {text}"))?;
            let root = root.canonicalize().map_err(|cause| format!("{text}: {cause}"))?;
            let path = path.canonicalize().map_err(|cause| format!("{text}: {cause}"))?;
            let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let file = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().into_owned();
            let folder = root.parent().unwrap_or(&root).to_owned();
            return Ok(Self { library: Library::new(&[folder]), package: name, file });
        }
        let (package, file) =
            text.split_once('/').ok_or("name the map as PACKAGE/maps/NAME.map.yaml")?;
        let (package, file) = (package.to_owned(), file.to_owned());
        Ok(Self { library: packages.library()?, package, file })
    }

    fn load(&self) -> Result<(Package, Arc<mapping::Map>), Failure> {
        let package = load(&self.library, &self.package)?;
        let file = self.file.as_str();
        let map = package.map(file).cloned().ok_or_else(|| {
            let known: Vec<&str> = package.maps().map(|(file, _)| file).collect();
            let near = codec::diagnostic::nearest(file, known.iter().copied());
            let hint = near.map_or(format!("it has {}", known.join(", ")), |it| {
                format!("did you mean `{it}`?")
            });
            format!("the package has no map `{file}`; {hint}")
        })?;
        Ok((package, map))
    }
}

// === impl Subject ===

impl Subject {
    fn open(&self) -> Result<Opened, Failure> {
        let place = Place::of(&self.map, &self.packages)?;
        let (package, map) = place.load()?;
        let file = place.file.as_str();
        let kinds = package.manifest().input.iter().flat_map(|it| &it.records);
        let used = kinds.flat_map(|it| &it.maps).find(|it| it.file == file).cloned();
        let bytes = std::fs::read(&self.input)
            .map_err(|cause| format!("{}: {cause}", self.input.display()))?;
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
