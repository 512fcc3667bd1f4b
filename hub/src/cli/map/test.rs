//! `channelhub map test`: the fixtures of packages, and what they reach.

use super::{Packages, load};
use crate::cli::{
    Failure,
    screen::{self, count},
};
use adapter_kit::harness::{self, Report};
use serde_json::{Value, json};
use std::process::ExitCode;

/// Run the fixtures of packages and measure what they cover.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Test {
    /// Packages; none: all.
    package: Vec<String>,
    /// For people, or for programs: every field and branch.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    packages: Packages,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Format {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

impl Test {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let names = if self.package.is_empty() {
            self.packages.library()?.packages()
        } else {
            self.package
        };
        let mut bad = 0;
        let mut documents = Vec::new();
        for name in names {
            let (library, name) = self.packages.named(&name)?;
            // Says what it does not know, and prints the package's own faults.
            let least = load(&library, &name)?.manifest().coverage_percent_min;
            let report = harness::run(&name, &library);
            bad += usize::from(!report.passed());
            match self.format {
                Format::Text => print(&report, least),
                Format::Json => documents.push(document(&report, least)),
            }
        }
        if matches!(self.format, Format::Json) {
            let all = json!({ "packages": documents });
            let text = serde_json::to_string_pretty(&all).map_err(|it| it.to_string())?;
            screen::line(format_args!("{text}"));
        }
        Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn print(report: &Report, least: u8) {
    let (name, cases) = (&report.package, report.cases.len());
    if report.passed() {
        say!("{name}: {} passed", count(cases, "fixture"));
    } else {
        say!("{}\n{name}: {}, not all passed", report.summary(), count(cases, "fixture"));
    }
    for map in &report.coverage {
        let text = map.text();
        let enough = if map.percent() < usize::from(least) { "BELOW" } else { "at least" };
        let mut lines = text.lines();
        say!("  {} ({enough} {least} %)", lines.next().unwrap_or_default());
        lines.for_each(|it| say!("  {it}"));
    }
}

fn document(report: &Report, least: u8) -> Value {
    let fixtures: Vec<Value> = report
        .cases
        .iter()
        .map(|it| {
            json!({ "name": it.name, "passed": it.problems.is_empty(), "problems": it.problems })
        })
        .collect();
    let maps: Vec<Value> = report
        .coverage
        .iter()
        .map(|it| json!({ "percent": it.percent(), "coverage": it }))
        .collect();
    json!({
        "package": report.package,
        "passed": report.passed(),
        "coverage_percent_min": least,
        "problems": report.problems,
        "fixtures": fixtures,
        "maps": maps,
    })
}
