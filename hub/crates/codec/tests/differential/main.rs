//! Character sets, CSV and XML beside other implementations: Python's codecs, csv
//! and expat, glibc's converters. Each difference stands in `charset-differences.tsv` with
//! its reason, or is counted here under its reason.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is a test"
)]

mod codes;
mod csv;
mod xml;

use std::{path::Path, process::Command};

/// What the script says in one mode; `None` where its tools are not there. In CI
/// they have to be.
fn other(mode: &str) -> Option<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/other.py");
    let run = Command::new("python3").arg(&script).arg(mode).output();
    let failure = match &run {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(cause) => Some(format!("python3: {cause}")),
    };
    if let Some(failure) = failure {
        skipped(&failure);
        return None;
    }
    Some(String::from_utf8(run.unwrap().stdout).expect("UTF-8"))
}

/// Nothing is compared, since the other one is not there.
#[expect(clippy::disallowed_methods, reason = "CI says so in its environment")]
fn skipped(failure: &str) {
    assert!(std::env::var("CHANNELHUB_CI").is_err(), "{failure}");
    eprintln!("SKIPPED, for python3 with glibc's converters is not there: {failure}");
}

/// The bytes of a field in hexadecimal.
fn bytes(field: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&field[at..at + 2], 16).expect("hexadecimal");
    (0..field.len()).step_by(2).map(byte).collect()
}

/// The text of a field; `None` for `-`.
fn text(field: &str) -> Option<String> {
    (field != "-").then(|| String::from_utf8(bytes(field)).expect("UTF-8"))
}
