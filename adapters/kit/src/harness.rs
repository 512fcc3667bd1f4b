//! Proof that a package does what it says: every fixture of it is run and
//! compared with what stands beside it.
//!
//! A fixture is a folder `fixtures/{case}/` with `case.yaml` (what it shows and
//! how it comes in), the bytes as they come, and `expect.json`: the events, the
//! records set aside, or the call that goes out.

mod case;
mod compare;
mod coverage;
mod observe;
mod validators;

use codec::diagnostic::Diagnostic;
use serde_json::Value;
use std::collections::BTreeSet;

use crate::{
    files::Files,
    load::Loader,
    package::{Options, Package},
};
use case::Case;
use coverage::Coverage;
use mapping::CoverageReport;
use validators::Validators;

/// What came of a package's fixtures.
#[derive(Debug, Default)]
pub struct Report {
    /// The package.
    pub package: String,
    /// Faults of the package itself; with an error among them nothing was run.
    pub diagnostics: Vec<Diagnostic>,
    /// One for each fixture, by name.
    pub cases: Vec<CaseReport>,
    /// What the fixtures as a whole leave out.
    pub problems: Vec<String>,
    /// What they reach of each map, by field and branch.
    pub coverage: Vec<CoverageReport>,
}

/// What came of one fixture.
#[derive(Debug)]
pub struct CaseReport {
    /// Its folder under `fixtures/`.
    pub name: String,
    /// What it shows.
    pub about: String,
    /// What is not as expected; empty: it passed.
    pub problems: Vec<String>,
    /// What came out, in the form of `expect.json`.
    pub actual: Value,
}

// === impl Report ===

impl Report {
    /// Whether everything is as it should be. Warnings do not count.
    #[must_use]
    pub fn passed(&self) -> bool {
        let errors = self.diagnostics.iter();
        let mut errors = errors.filter(|it| it.severity == codec::diagnostic::Severity::Error);
        errors.next().is_none()
            && self.problems.is_empty()
            && self.cases.iter().all(|it| it.problems.is_empty())
    }

    /// What is wrong, in lines for people; empty when it passed.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut lines: Vec<String> = self.diagnostics.iter().map(|it| it.render("")).collect();
        for case in &self.cases {
            let problems = case.problems.iter();
            lines.extend(problems.map(|it| format!("{}/{}: {it}", self.package, case.name)));
        }
        lines.extend(self.problems.iter().map(|it| format!("{}: {it}", self.package)));
        lines.join("\n")
    }
}

/// Runs every fixture of the package `packages/{name}/`.
#[must_use]
pub fn run(name: &str, files: &dyn Files) -> Report {
    let mut report = Report { package: name.to_owned(), ..Report::default() };
    let package = match Package::load(name, files, &Options::default()) {
        Ok(package) => package,
        Err(faults) => {
            report.diagnostics = faults;
            return report;
        }
    };
    report.diagnostics = package.warnings().to_vec();
    let loader = Loader::new(name, files);
    let validators = Validators::new(&package, &loader);
    let mut seen = Seen::default();
    for case in case_names(name, files) {
        let report_of = one(&package, &loader, &validators, &case, &mut seen);
        report.cases.push(report_of);
    }
    report.coverage = seen.coverage.reports(&package, &observe::context(&package, 1, &[]));
    report.problems = seen.missing(&package, &report.coverage);
    report
}

/// Which maps made something, and which kinds of bad input were tried.
#[derive(Default)]
struct Seen<'p> {
    maps: BTreeSet<String>,
    set_aside: bool,
    coverage: Coverage<'p>,
}

impl Seen<'_> {
    /// Every map has a fixture that it can use, bad input has been tried, and
    /// enough of each map was reached.
    fn missing(&self, package: &Package, coverage: &[CoverageReport]) -> Vec<String> {
        let unused = package.maps().filter(|(_, map)| !self.maps.contains(map.label()));
        let mut problems: Vec<String> =
            unused.map(|(file, _)| format!("no fixture makes anything by {file}")).collect();
        if package.manifest().input.is_some() && !self.set_aside {
            problems.push("no fixture has a record that is set aside".to_owned());
        }
        let percent_min = package.manifest().coverage_percent_min;
        let thin = coverage.iter().filter(|it| it.percent() < usize::from(percent_min));
        problems.extend(
            thin.map(|it| format!("coverage is below {percent_min} %: {}", it.text().trim_end())),
        );
        problems
    }
}

fn case_names(name: &str, files: &dyn Files) -> BTreeSet<String> {
    let folder = format!("packages/{name}/fixtures/");
    let paths = files.list(folder.trim_end_matches('/'));
    let cases = paths.iter().filter_map(|path| path.strip_prefix(&folder)?.split_once('/'));
    cases.map(|(case, _)| case.to_owned()).collect()
}

fn one<'p>(
    package: &'p Package,
    loader: &Loader<'_>,
    validators: &Validators,
    name: &str,
    seen: &mut Seen<'p>,
) -> CaseReport {
    let mut report = CaseReport {
        name: name.to_owned(),
        about: String::new(),
        problems: Vec::new(),
        actual: Value::Null,
    };
    let case = match Case::read(loader, name) {
        Ok(case) => case,
        Err(problems) => {
            report.problems = problems;
            return report;
        }
    };
    report.about.clone_from(&case.about);
    let observed = observe::observe(package, &case, &mut seen.coverage);
    report.actual = observed.outcome;
    seen.maps.extend(observed.maps);
    seen.set_aside |= observed.set_aside;
    report.problems.extend(observed.problems);
    report.problems.extend(validators.check(&report.actual));
    match &case.expected {
        None => {
            let what = serde_json::to_string_pretty(&report.actual).unwrap_or_default();
            let problem =
                format!("there is no fixtures/{name}/expect.json; what came out:\n{what}");
            report.problems.push(problem);
        }
        Some(expected) => {
            report.problems.extend(compare::differences(expected, &report.actual));
        }
    }
    report
}
