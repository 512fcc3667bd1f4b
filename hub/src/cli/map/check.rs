//! `channelhub map check` and `channelhub map test`: faults and fixtures of
//! packages, with no network.

use super::{Packages, Place, load, print};
use crate::{app::library::Library, cli::Failure};
use adapter_kit::files::Files as _;
use mapping::{BackField, Backwards, Fate, Options, Verdict};
use std::{process::ExitCode, sync::Arc};

/// Check all files of a package, or one map.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Check {
    /// Packages, or maps as PACKAGE/maps/NAME.map.yaml or a path; none: all packages.
    what: Vec<String>,
    /// For maps: list what was proved and what is checked at run time.
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    packages: Packages,
}

/// Run the fixtures of packages.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Test {
    /// Packages; none: all.
    package: Vec<String>,
    #[command(flatten)]
    packages: Packages,
}

/// The files of one package as its maps ask for them.
pub(super) struct Shelf<'a>(pub(super) &'a Place);

// === impl Check ===

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut bad = 0;
        let what =
            if self.what.is_empty() { self.packages.library()?.packages() } else { self.what };
        for name in &what {
            let sound = if name.contains('/') {
                check_map(&Place::of(name, &self.packages)?, self.explain)
            } else {
                check_package(&self.packages.library()?, name)
            };
            bad += usize::from(!sound);
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn check_package(library: &Library, name: &str) -> bool {
    match load(library, name) {
        Ok(package) => {
            say!("{name}: {} maps", package.maps().count());
            true
        }
        Err(failure) => {
            eprintln!("{failure}");
            false
        }
    }
}

fn check_map(place: &Place, explain: bool) -> bool {
    let compiled = mapping::compile(&place.file, &Shelf(place), &Options::default());
    let diagnostics: Vec<_> = compiled
        .diagnostics
        .into_iter()
        .map(|mut it| {
            it.file = format!("packages/{}/{}", place.package, it.file);
            it
        })
        .collect();
    print(&place.library, &diagnostics);
    let report = &compiled.report;
    let (proved, checked, errors) = (report.proved, report.checked, report.errors);
    say!("{}: {proved} proved, {checked} checked at run time, {errors} errors", place.file);
    if explain {
        for (field, assertion, verdict) in &report.list {
            let word = match verdict {
                Verdict::Proved => "proved",
                Verdict::Checked => "checked",
                Verdict::Error => "ERROR",
            };
            say!("  {word:<8} {field}: {assertion}");
        }
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

// === impl Test ===

impl Test {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let library = self.packages.library()?;
        let mut bad = 0;
        let names = if self.package.is_empty() { library.packages() } else { self.package };
        for name in names {
            // Says what it does not know, and prints the package's own faults.
            let least = load(&library, &name)?.manifest().coverage_percent_min;
            let report = adapter_kit::harness::run(&name, &library);
            let cases = report.cases.len();
            if report.passed() {
                say!("{name}: {cases} fixtures passed, each map covered to at least {least} %");
            } else {
                bad += 1;
                say!("{}\n{name}: {cases} fixtures, not all passed", report.summary());
            }
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
