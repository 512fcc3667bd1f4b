//! Finds the binary to test. A stale one would make every test a lie, so under
//! `cargo` it is built first, which costs nothing when it is up to date.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{Fail, Result, config::repository};

const NAME: &str = "channelhub";

/// The binary named by `CHANNELHUB_BIN`, else the one `cargo` builds, else the
/// one next to this executable.
///
/// # Errors
/// When there is none.
pub fn find() -> Result<PathBuf> {
    static FOUND: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(|| look().map_err(|it| it.to_string())).clone().map_err(Fail::new)
}

/// The binary next to this executable.
///
/// # Errors
/// When there is none.
pub fn next_to_me() -> Result<PathBuf> {
    let me = env::current_exe()?;
    me.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(NAME))
        .find(|it| it.is_file())
        .ok_or_else(|| Fail::new(format!("no {NAME} next to {}", me.display())))
}

fn look() -> Result<PathBuf> {
    if let Some(given) = env::var_os("CHANNELHUB_BIN") {
        let path = PathBuf::from(given);
        return match path.is_file() {
            true => Ok(path),
            false => Err(Fail::new(format!("CHANNELHUB_BIN: {} is no file", path.display()))),
        };
    }
    match env::var_os("CARGO") {
        Some(cargo) => build(Path::new(&cargo)),
        None => next_to_me(),
    }
}

fn build(cargo: &Path) -> Result<PathBuf> {
    let me = env::current_exe()?;
    let release = me.components().any(|it| it.as_os_str() == "release");
    let mut command = Command::new(cargo);
    // As `make test` builds it: another selection would mean other features, and
    // everything compiled once more.
    command.args(["build", "--quiet", "--workspace", "--bins"]);
    if release {
        command.arg("--release");
    }
    let status = command.current_dir(repository()).status()?;
    if !status.success() {
        return Err(Fail::new(format!("cargo build --workspace --bins ended with {status}")));
    }
    next_to_me()
}
