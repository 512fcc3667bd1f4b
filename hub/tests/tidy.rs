//! What no compiler checks: every file says what it is for, none grows too long.

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Lines of a file without its tests.
const LINES_MAX: usize = 500;
/// Files with a reason to be longer.
const LONGER: &[&str] = &[
    // The table of all text functions, with their examples.
    "mappings/engine/src/functions/text.rs",
];

#[test]
fn every_file_says_what_it_is_for() {
    let mut silent = Vec::new();
    for path in files(&["rs", "yaml", "sh", "md"]) {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or_default();
        let says = match path.extension().and_then(|it| it.to_str()) {
            Some("rs") => first.starts_with("//!"),
            _ => first.starts_with('#') || first.starts_with("<!--"),
        };
        if !says {
            silent.push(path);
        }
    }
    assert!(silent.is_empty(), "the first line says nothing: {silent:#?}");
}

#[test]
fn no_file_grows_too_long() {
    let mut long = Vec::new();
    for path in files(&["rs"]) {
        if path.ends_with("tests.rs") || path.components().any(|it| it.as_os_str() == "tests") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let lines = product.lines().count();
        let name = path.to_string_lossy().into_owned();
        if lines > LINES_MAX && !LONGER.iter().any(|it| name.ends_with(it)) {
            long.push((name, lines));
        }
    }
    assert!(long.is_empty(), "what second thing are these doing? {long:#?}");
}

/// Files of the tree with one of these endings, build products left out.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut open = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for child in fs::read_dir(folder).unwrap() {
            let child = child.unwrap();
            let name = child.file_name().to_string_lossy().into_owned();
            if name.starts_with('.')
                || ["target", "corpus", "fixtures", "demo-data"].contains(&name.as_str())
            {
                continue;
            }
            if child.file_type().unwrap().is_dir() {
                open.push(child.path());
            } else if endings.iter().any(|it| name.ends_with(&format!(".{it}"))) {
                found.push(child.path());
            }
        }
    }
    found
}
