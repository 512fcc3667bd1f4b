//! `channelhub map reverse`, `infer` and `fmt`: help for people who write maps.

use super::{Packages, Place, check::Shelf};
use crate::cli::{Failure, screen::count};
use mapping::Level;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Read an in map backwards.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Reverse {
    /// The in map: PACKAGE/maps/NAME.map.yaml, or a path on disk.
    map: String,
    /// Print only the draft of the out map.
    #[arg(long)]
    draft: bool,
    #[command(flatten)]
    packages: Packages,
}

/// Propose a source schema or layout and a draft of a map from samples.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Infer {
    /// Samples: JSON documents (one, a list, or one a line), or one file of rows,
    /// CSV or fixed width, in any charset.
    #[arg(long = "in", value_name = "FILE", required = true)]
    input: Vec<PathBuf>,
    /// Id of the map, `my-shop/order`.
    #[arg(long, value_name = "ID")]
    id: String,
    /// Canonical entity it maps to.
    #[arg(long)]
    entity: String,
    /// Folder of the package to write into; without it both are printed.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Format map files.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Fmt {
    /// Map files on disk.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; exit code 1 when a file is not formatted.
    #[arg(long)]
    check: bool,
}

/// What an inferred map refers to: canonical schemas only.
struct Canon;

impl mapping::Library for Canon {
    fn read(&self, path: &str) -> Option<std::sync::Arc<str>> {
        canon::schema::by_path(path).map(std::sync::Arc::from)
    }
}

impl Reverse {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let place = Place::of(&self.map, &self.packages)?;
        let reversed = mapping::reverse(&place.file, &Shelf(&place)).map_err(|faults| {
            super::print(&place.library, &faults);
            format!("{} has {}", place.file, count(faults.len(), "fault"))
        })?;
        if !self.draft {
            for it in &reversed.fields {
                let source = it.source.as_deref().unwrap_or("-");
                let how = match &it.level {
                    Level::Exact => "exact".to_owned(),
                    Level::NormalForm => "normal form".to_owned(),
                    Level::ReadOnly(why) => format!("read-only: {why}"),
                };
                say!("{:<40} {:<32} {how}", it.target, source);
            }
            say!("");
        }
        say!("{}", reversed.map.trim_end());
        Ok(ExitCode::SUCCESS)
    }
}

impl Infer {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut samples = Vec::new();
        for path in &self.input {
            samples.push(fs::read(path).map_err(|it| format!("{}: {it}", path.display()))?);
        }
        let samples: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
        let inferred = mapping::infer(&samples, &self.id, &self.entity, &Canon)?;
        match &self.out {
            None => {
                say!("{}", inferred.source.trim_end());
                say!("");
                say!("{}", inferred.map.trim_end());
            }
            Some(dir) => {
                let files = [
                    (&inferred.source_file, &inferred.source),
                    (&inferred.map_file, &inferred.map),
                ];
                for (file, text) in files {
                    write(&dir.join(file), text)?;
                }
            }
        }
        for decision in &inferred.decisions {
            eprintln!("to decide: {decision}");
        }
        match &self.out {
            Some(dir) => {
                let map = dir.join(&inferred.map_file);
                let map = map.display();
                eprintln!("write that into {map}, then: channelhub map check {map}");
            }
            None => eprintln!(
                "--out DIR writes both files; then: channelhub map check DIR/{}",
                inferred.map_file
            ),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a new file; one that is there stays.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let shown = path.display();
    if path.exists() {
        return Err(format!("{shown} is there already; move it away first"));
    }
    let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(|()| fs::write(path, text)).map_err(|it| format!("{shown}: {it}"))?;
    say!("written: {shown}");
    Ok(())
}

impl Fmt {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let mut changed = 0;
        for path in &self.files {
            let shown = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|it| format!("{shown}: {it}"))?;
            let formatted = mapping::fmt(&shown, &text).map_err(|faults| {
                for it in &faults {
                    eprintln!("{}", it.render(&text));
                }
                format!("{shown} has {}", count(faults.len(), "fault"))
            })?;
            if formatted != text {
                changed += 1;
                say!("{shown}: {}", if self.check { "not formatted" } else { "formatted" });
                if !self.check {
                    fs::write(path, formatted).map_err(|it| format!("{shown}: {it}"))?;
                }
            }
        }
        let failed = self.check && changed > 0;
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
