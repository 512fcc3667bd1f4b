//! `channelhub check`: every fault of a configuration, with its place.

use super::{Config, Failure, screen::count};
use crate::app::reload;
use codec::diagnostic::{Diagnostic, Severity};
use std::{collections::BTreeMap, process::ExitCode};

/// Check a configuration: every fault with file, line and column.
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    #[command(flatten)]
    config: Config,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let dir = &self.config.config;
        let mut warnings = 0;
        let read = reload::read(dir, None, &mut |it, source| {
            warnings += usize::from(it.severity == Severity::Warning);
            eprintln!("{}", it.render(source));
        });
        match read {
            Ok(read) => {
                let channels = count(read.house.channels().count(), "channel");
                let routes = count(read.house.routes.len(), "route");
                let warnings = count(warnings, "warning");
                say!("{}: {channels}, {routes}, {warnings}", dir.display());
                Ok(ExitCode::SUCCESS)
            }
            Err(faults) => {
                eprintln!("{}: {}", dir.display(), count(faults, "fault"));
                Ok(ExitCode::FAILURE)
            }
        }
    }
}

/// Prints diagnostics with the lines they are about.
pub(super) fn print(diagnostics: &[Diagnostic], sources: &BTreeMap<String, String>) {
    for it in diagnostics {
        eprintln!("{}", it.render(sources.get(&it.file).map_or("", String::as_str)));
    }
}
