//! `channelhub map check`: every fault of packages and maps, with no network.

use super::{Packages, Place, load, print};
use crate::cli::{Failure, screen::count};
use adapter_kit::files::Files as _;
use codec::diagnostic::Severity;
use mapping::{BackField, Backwards, Fate, Options, Verdict};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

/// Check all files of a package, or one map.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Check {
    /// Packages, or maps as PACKAGE/maps/NAME.map.yaml or a path; none: all packages.
    what: Vec<String>,
    /// For maps: list what was proved and what is checked at run time.
    #[arg(long)]
    explain: bool,
    /// For one map: what this source schema or layout, which is to come, breaks in it.
    #[arg(long, value_name = "FILE")]
    new_source: Option<PathBuf>,
    #[command(flatten)]
    packages: Packages,
}

/// The files of one package as its maps ask for them.
pub(super) struct Shelf<'a>(pub(super) &'a Place);

// === impl Check ===

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        if let Some(file) = &self.new_source {
            let [map] = self.what.as_slice() else {
                return Err("--new-source is asked of one map: PACKAGE/maps/NAME.map.yaml".into());
            };
            return against(&Place::of(map, &self.packages)?, file);
        }
        let mut bad = 0;
        let what =
            if self.what.is_empty() { self.packages.library()?.packages() } else { self.what };
        for name in &what {
            let folder = Path::new(name).join(adapter_kit::manifest::FILE_NAME).is_file();
            let sound = if (name.contains('/') || name.ends_with(".yaml")) && !folder {
                check_map(&Place::of(name, &self.packages)?, self.explain)
            } else {
                check_package(&self.packages, name)?
            };
            bad += usize::from(!sound);
        }
        if bad > 0 {
            eprintln!("`channelhub problem CODE` explains a code such as M07");
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What another source schema breaks in a map.
fn against(place: &Place, file: &Path) -> Result<ExitCode, Failure> {
    let shown = file.display();
    let new = std::fs::read_to_string(file).map_err(|cause| format!("{shown}: {cause}"))?;
    let broken = mapping::impact_of(&place.file, &Shelf(place), &new, &Options::default());
    let (faults, unread) = match broken {
        Ok(faults) => (faults, false),
        Err(faults) => (faults, true),
    };
    print(&place.library, &place.placed(faults.clone()));
    if unread {
        return Err(format!("{} cannot be read", place.file));
    }
    say!("{}: {shown} breaks {}", place.file, count(faults.len(), "rule"));
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_package(packages: &Packages, name: &str) -> Result<bool, Failure> {
    let (library, name) = packages.named(name)?;
    match load(&library, &name) {
        Ok(package) => {
            say!("{name}: {}", count(package.maps().count(), "map"));
            Ok(true)
        }
        Err(failure) => {
            eprintln!("{failure}");
            Ok(false)
        }
    }
}

fn check_map(place: &Place, explain: bool) -> bool {
    let compiled = mapping::compile(&place.file, &Shelf(place), &Options::default());
    let diagnostics = place.placed(compiled.diagnostics);
    print(&place.library, &diagnostics);
    let report = &compiled.report;
    let errors = diagnostics.iter().filter(|it| it.severity == Severity::Error).count();
    let (proved, checked) = (report.proved, report.checked);
    let errors = count(errors, "error");
    say!("{}: {proved} proved, {checked} checked at run time, {errors}", place.file);
    if explain {
        for (field, assertion, verdict) in &report.list {
            let word = match verdict {
                Verdict::Proved => "proved",
                Verdict::Checked => "checked",
                Verdict::Error => "ERROR",
            };
            say!("  {word:<8} {field}: {assertion}");
        }
        say!("  steps of one record: {}", compiled.cost.text());
    }
    if let Some(backwards) = &compiled.backwards {
        print_backwards(backwards, explain);
    }
    compiled.map.is_some()
}

/// What became of the fields of the in map that an out map reverses.
fn print_backwards(backwards: &Backwards, explain: bool) {
    let (mut taken, mut written, mut read_only, mut forgotten) = (0, 0, 0, 0);
    let mut lines = Vec::new();
    for BackField { target, fate } in &backwards.fields {
        let (count, how) = match fate {
            Fate::TakenOver { source, exact } => {
                let level = if *exact { "exact" } else { "in normal form" };
                (&mut taken, format!("taken over to {source}, {level}"))
            }
            Fate::Written => (&mut written, "written by a rule of this map".to_owned()),
            Fate::ReadOnly { why, declared: true } => {
                (&mut read_only, format!("read-only as declared: {why}"))
            }
            Fate::ReadOnly { why, declared: false } => {
                (&mut forgotten, format!("NOT WRITTEN BACK: {why}"))
            }
        };
        *count += 1;
        lines.push(format!("  {target}: {how}"));
    }
    say!(
        "  of {}: {taken} taken over, {written} written, {read_only} read-only, {forgotten} not declared",
        backwards.in_map
    );
    if explain {
        lines.iter().for_each(|it| say!("{it}"));
    }
}

impl mapping::Library for Shelf<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        if let Some(schema) = canon::schema::by_path(path) {
            return Some(Arc::from(schema));
        }
        let Place { library, package, .. } = self.0;
        let bytes = if path.starts_with("tables/") {
            library.read(path)
        } else {
            library.read(&format!("packages/{package}/{path}"))
        };
        bytes.and_then(|it| std::str::from_utf8(&it).ok().map(Arc::from))
    }
}
