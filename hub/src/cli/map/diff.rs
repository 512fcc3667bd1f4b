//! `channelhub map diff`: what a new version of a map changes.

use super::{Packages, Place};
use crate::{app::clock::SystemClock, cli::Failure};
use adapter_kit::decode::RecordBody;
use canon::clock::Clock as _;
use mapping::RunContext;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Run two versions of a map over the same JSON records and show, by field,
/// where they differ. Exit code 1 when they do.
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
        let (package, old) = Place::of(&self.old, &self.packages)?.load()?;
        let (_, new) = Place::of(&self.new, &self.packages)?.load()?;
        let mut records: Vec<(String, Vec<u8>)> = Vec::new();
        for path in files(&self.input)? {
            let bytes = std::fs::read(&path).map_err(|it| format!("{}: {it}", path.display()))?;
            let decoded =
                package.decode(None, &bytes).map_err(|it| format!("{}: {it}", path.display()))?;
            for record in decoded.iter(&bytes) {
                let RecordBody::Json(text) = record.body else {
                    return Err("diff compares maps of JSON records".to_owned());
                };
                let name = format!("{}:{}", path.display(), record.number);
                records.push((name, text.as_bytes().to_vec()));
            }
        }
        let given: Vec<(&str, &[u8])> =
            records.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
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
        let same = report.changes.is_empty();
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
