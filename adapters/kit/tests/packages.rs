//! Every package of this repository: it loads without a fault, and its fixtures
//! give what they say.

use adapter_kit::{
    files::{Files as _, Folder, Layered},
    harness,
    manifest::{Cursor, FILE_NAME, Piece},
    package::{Options, Package},
};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `packages/` of this folder, and `tables/` of the maps' folder.
fn adapters() -> Layered<Folder, Folder> {
    Layered(Folder::new(root()), Folder::new(root().join("../mappings")))
}

fn names() -> Vec<String> {
    let listed = adapters().list("packages");
    let manifests = listed.iter().filter_map(|it| {
        let (name, file) = it.strip_prefix("packages/")?.split_once('/')?;
        (file == FILE_NAME).then(|| name.to_owned())
    });
    manifests.collect()
}

#[test]
fn every_package_loads() {
    let files = adapters();
    let names = names();
    assert!(names.len() >= 18, "{names:?}");
    let mut faults = String::new();
    for name in names {
        let found = match Package::load(&name, &files, &Options::default()) {
            Ok(package) => package.warnings().to_vec(),
            Err(found) => found,
        };
        for fault in found {
            let bytes = files.read(&fault.file).unwrap_or_default();
            faults.push_str(&fault.render(&String::from_utf8_lossy(&bytes)));
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn every_fixture_gives_what_it_says() {
    let mut wrong = Vec::new();
    for name in names() {
        let report = harness::run(&name, &adapters());
        assert!(report.cases.len() >= 3, "{name} has {} fixtures", report.cases.len());
        if !report.passed() {
            wrong.push(report.summary());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Writes what comes out as what is expected. To be read before it is believed:
/// `cargo test -p adapter-kit --test packages -- --ignored`, then `git diff`.
#[test]
#[ignore = "writes expect.json of every fixture"]
fn write_expectations() {
    for name in names() {
        for case in harness::run(&name, &adapters()).cases {
            let file = format!("packages/{name}/fixtures/{}/expect.json", case.name);
            let text = serde_json::to_string_pretty(&case.actual).unwrap();
            std::fs::write(root().join(file), text + "\n").unwrap();
        }
    }
}

/// What a pull sends is JSON, whatever fills its holes, and its brackets close.
#[test]
fn bodies_of_pulls_are_json() {
    let mut bodies = 0;
    for name in names() {
        let package = Package::load(&name, &adapters(), &Options::default()).unwrap();
        for feed in package.manifest().input.iter().flat_map(|it| &it.feeds) {
            let first = feed.ask.body.iter();
            let next = feed.pages.iter().filter_map(|it| it.body.as_ref());
            let details = feed.details.iter().filter_map(|it| it.ask.body.as_ref());
            for body in first.chain(next).chain(details) {
                bodies += 1;
                let filled = body.fill_json(|piece| {
                    let text = match piece {
                        Piece::Page => "2",
                        Piece::Ids => "[\"1\",\"2\"]",
                        _ => "2026-01-05T00:00:00+09:00\"\\",
                    };
                    Some(text.to_owned())
                });
                let filled = filled.unwrap_or_else(|hole| panic!("{name}: {hole} is not filled"));
                let document: serde_json::Value = serde_json::from_str(&filled)
                    .unwrap_or_else(|why| panic!("{name}/{}: {why}\n{filled}", feed.name));
                if let Some(query) = document.get("query").and_then(serde_json::Value::as_str) {
                    let count = |sign| query.matches(sign).count();
                    assert_eq!(count('{'), count('}'), "{name}/{}: {query}", feed.name);
                }
            }
        }
    }
    assert!(bodies >= 5, "only {bodies}");
}

/// A page of one cursor that is full hides what lies behind it, unless there are
/// pages: no shipped feed is without.
#[test]
fn every_sorted_feed_has_pages() {
    for name in names() {
        let package = Package::load(&name, &adapters(), &Options::default()).unwrap();
        for feed in package.manifest().input.iter().flat_map(|it| &it.feeds) {
            let sorted = matches!(feed.cursor, Cursor::InLast(_) | Cursor::Greatest { .. });
            assert!(!sorted || feed.pages.is_some(), "{name}/{}", feed.name);
        }
    }
}
