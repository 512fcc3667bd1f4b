//! `channelhub map diff`: what a new version of a map changes.

use super::{Packages, Place};
use crate::{app::clock::SystemClock, cli::Failure};
use adapter_kit::decode::RecordBody;
use canon::clock::Clock as _;
use mapping::{RunContext, Sample};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Run two versions of a map over the same records and show, by field, where they
/// differ. Exit code 1 when they do, or when a record cannot be read.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Diff {
    /// The old map: PACKAGE/maps/NAME.map.yaml, or a path on disk.
    old: String,
    /// The new map.
    new: String,
    /// A file of records, or a folder of such files.
    #[arg(long = "in", value_name = "FILE|DIR")]
    input: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    packages: Packages,
}

impl Diff {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let place = Place::of_input(&self.old, &self.packages, &self.input)?;
        let (package, old) = place.load()?;
        let (_, new) = Place::of(&self.new, &self.packages)?.load()?;
        let mut unread = 0;
        let mut read = Vec::new();
        for path in files(&self.input)? {
            let shown = path.display().to_string();
            let bytes = std::fs::read(&path).map_err(|it| format!("{shown}: {it}"))?;
            match package.decode(None, &bytes) {
                Ok(decoded) => read.push((shown, bytes, decoded)),
                Err(fault) => {
                    unread += 1;
                    eprintln!("not compared: {shown}: {fault}");
                }
            }
        }
        let mut given: Vec<(String, Sample<'_>)> = Vec::new();
        for (shown, bytes, decoded) in &read {
            for it in &decoded.unreadable {
                unread += 1;
                eprint!("not compared: {shown}: ");
                super::print_faults(bytes, it.number, &it.faults);
            }
            given.extend(decoded.iter(bytes).map(|record| {
                let sample = match record.body {
                    RecordBody::Json(text) => Sample::Json(text.as_bytes()),
                    RecordBody::Row(rows, row) => Sample::Row(rows, row),
                };
                (format!("{shown}:{}", record.number), sample)
            }));
        }
        let given: Vec<(&str, Sample<'_>)> =
            given.iter().map(|(name, sample)| (name.as_str(), *sample)).collect();
        let context = RunContext {
            organisation: "my-company",
            channel: "try",
            received_at: SystemClock.now(),
            record: 1,
            needs: &[],
        };
        let report = mapping::diff(&old, &new, &given, &context);
        if self.json {
            say!("{}", serde_json::to_string_pretty(&report).map_err(|it| it.to_string())?);
        } else {
            say!("{}", report.text().trim_end());
        }
        let same = report.changes.is_empty() && unread == 0;
        Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The file itself, or the files of a folder, sorted.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let folder = std::fs::read_dir(path).map_err(|it| format!("{}: {it}", path.display()))?;
    let mut files: Vec<PathBuf> =
        folder.flatten().map(|it| it.path()).filter(|it| it.is_file()).collect();
    files.sort();
    Ok(files)
}
