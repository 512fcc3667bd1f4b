//! Which crate may use which: any other arrow fails here.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "all of this is a test")]

use serde_json::Value;
use std::{collections::BTreeMap, process::Command};

/// Each crate of the workspace, and the crates of the workspace it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    (
        "channelhub",
        &[
            "access",
            "adapter-kit",
            "canon",
            "codec",
            "delivery",
            "journal",
            "ledger",
            "mapping",
            "retail",
            "store",
        ],
    ),
    ("access", &["canon"]),
    ("adapter-kit", &["canon", "codec", "mapping"]),
    ("canon", &[]),
    ("codec", &["canon", "edi"]),
    ("delivery", &["adapter-kit", "canon", "codec", "mapping"]),
    ("edi", &[]),
    ("journal", &["canon"]),
    ("ledger", &["canon", "journal"]),
    ("mapping", &["canon", "codec"]),
    ("mutate", &[]),
    ("retail", &["canon"]),
    ("store", &["canon", "retail"]),
    (
        "testkit",
        &[
            "access",
            "adapter-kit",
            "canon",
            "channelhub",
            "codec",
            "delivery",
            "journal",
            "ledger",
            "mapping",
            "retail",
            "store",
        ],
    ),
    ("integration-tests", &["testkit"]),
    ("translated", &[]),
];

/// Pure crates: what they must not use, directly.
const PURE: &[&str] = &["canon", "codec", "edi", "mapping", "retail"];
const IMPURE: &[&str] = &["tokio", "reqwest", "hyper", "axum", "rusqlite", "tracing"];

#[test]
fn only_allowed_arrows() {
    for (name, uses) in dependencies(&["normal", "build"]) {
        let allowed = ALLOWED.iter().find(|(it, _)| *it == name).map(|(_, it)| *it);
        let allowed = allowed.unwrap_or_else(|| panic!("{name} is new: say what it may use"));
        for used in uses.iter().filter(|it| ALLOWED.iter().any(|(name, _)| name == *it)) {
            assert!(allowed.contains(&used.as_str()), "{name} must not use {used}");
        }
    }
}

#[test]
fn pure_crates_use_no_clock_no_files_no_network() {
    for (name, uses) in dependencies(&["normal"]) {
        if PURE.contains(&name.as_str()) {
            let impure: Vec<_> = uses.iter().filter(|it| IMPURE.contains(&it.as_str())).collect();
            assert!(impure.is_empty(), "{name} is pure and uses {impure:?}");
        }
    }
}

#[test]
fn key_order_of_json_stays_off() {
    // It slows every map of the workspace 1.7 times, and anybody can turn it on.
    let output = cargo(&["tree", "--workspace", "--edges", "features", "--invert", "serde_json"]);
    assert!(!output.contains("preserve_order"), "{output}");
}

/// Each crate of the workspace with what it uses.
fn dependencies(kinds: &[&str]) -> BTreeMap<String, Vec<String>> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().unwrap();
    let of = |package: &Value| {
        let uses = package["dependencies"].as_array().unwrap().iter();
        let uses = uses.filter(|it| kinds.contains(&it["kind"].as_str().unwrap_or("normal")));
        (text(&package["name"]), uses.map(|it| text(&it["name"])).collect())
    };
    packages.iter().map(of).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
