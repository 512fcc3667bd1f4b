//! `channelhub init DIR`: a small commented configuration that runs.

use super::Failure;
use crate::app::library::BUILT_IN;
use access::ApiKey;
use adapter_kit::files::Files as _;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Write a small commented configuration that runs, with generated secrets.
#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// Where to; must be empty or not exist.
    dir: PathBuf,
}

impl Init {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let dir = &self.dir;
        let occupied = fs::read_dir(dir).is_ok_and(|mut it| it.next().is_some());
        if occupied {
            return Err(format!("{} is not empty; name a new folder", dir.display()));
        }
        let prefix = "examples/first/";
        for path in BUILT_IN.list(prefix.trim_end_matches('/')) {
            let bytes = BUILT_IN.read(&path).unwrap_or_default();
            write(&dir.join(path.strip_prefix(prefix).unwrap_or(&path)), &bytes)?;
        }
        for (file, owner) in [("secrets/api.token", "live"), ("secrets/shop.token", "live")] {
            let key = ApiKey::generate(owner).map_err(|it| it.to_string())?;
            write_secret(&dir.join(file), key.expose())?;
        }
        let shown = dir.display();
        say!(
            "Written to {shown}. Next:\n\n  \
             channelhub serve --config {shown}        canonical orders appear on the screen\n  \
             channelhub tap --config {shown}          the same at each step, from another terminal\n  \
             channelhub check --config {shown}        after you changed a line\n\n\
             Send an event of your own:\n\n  \
             curl -i http://127.0.0.1:8080/in/shop \\\n    \
             -H \"Authorization: Bearer $(cat {shown}/secrets/shop.token)\" \\\n    \
             -H 'Idempotency-Key: first' --data @{shown}/try/order.json"
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |cause: std::io::Error| format!("{}: {cause}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    fs::write(path, bytes).map_err(fail)
}

/// A file that only its owner may read.
fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let fail = |cause: std::io::Error| format!("{}: {cause}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    writeln!(file.map_err(fail)?, "{text}").map_err(fail)
}
