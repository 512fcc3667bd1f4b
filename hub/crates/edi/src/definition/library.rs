//! The definitions that are built in, by kind and release.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use super::{
    Definition,
    parse::Directory,
    tree::{self, Node},
};
use crate::marks::Dialect;

/// A file of the directory of a standard: its first release, and what is in it.
type Release = (&'static str, &'static str);

const X12_RELEASES: [Release; 2] = [
    ("004010", include_str!("../../definitions/x12/004010.yaml")),
    ("005010", include_str!("../../definitions/x12/005010.yaml")),
];
const X12_CODES: &str = include_str!("../../definitions/x12/codes.yaml");
const X12_MESSAGES: [&str; 4] = [
    include_str!("../../definitions/x12/810.yaml"),
    include_str!("../../definitions/x12/850.yaml"),
    include_str!("../../definitions/x12/855.yaml"),
    include_str!("../../definitions/x12/856.yaml"),
];
const EDIFACT_RELEASES: [Release; 2] = [
    ("D.96A", include_str!("../../definitions/edifact/d96a.yaml")),
    ("D.01B", include_str!("../../definitions/edifact/d01b.yaml")),
];
const EDIFACT_CODES: &str = include_str!("../../definitions/edifact/codes.yaml");
const EDIFACT_MESSAGES: [&str; 4] = [
    include_str!("../../definitions/edifact/desadv.yaml"),
    include_str!("../../definitions/edifact/invoic.yaml"),
    include_str!("../../definitions/edifact/orders.yaml"),
    include_str!("../../definitions/edifact/ordrsp.yaml"),
];

/// By dialect, kind and first release.
type Library = BTreeMap<(Dialect, String, &'static str), Arc<Definition>>;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let read = all().into_iter().flatten();
    read.map(|it| {
        let first =
            releases(it.dialect).iter().map(|(first, _)| *first).find(|first| *first == it.release);
        ((it.dialect, it.kind.clone(), first.unwrap_or_default()), Arc::new(it))
    })
    .collect()
});

/// The definition of a kind of message in a release. Releases of X12 without a
/// directory of their own take the nearest one before; EDIFACT has those that it has.
pub fn find(dialect: Dialect, kind: &str, release: &str) -> Option<Arc<Definition>> {
    let first = match dialect {
        Dialect::X12 => {
            let digits = release.get(..6).unwrap_or(release);
            // Before 004010 dates had six digits: another directory, not here.
            X12_RELEASES.iter().rev().map(|(first, _)| *first).find(|first| *first <= digits)?
        }
        Dialect::Edifact => EDIFACT_RELEASES.iter().map(|(it, _)| *it).find(|it| *it == release)?,
    };
    LIBRARY.get(&(dialect, kind.to_owned(), first)).cloned()
}

/// The kinds of messages that are known.
pub fn kinds(dialect: Dialect) -> Vec<&'static str> {
    let mut kinds: Vec<&str> = LIBRARY
        .keys()
        .filter(|(it, ..)| *it == dialect)
        .map(|(_, kind, _)| kind.as_str())
        .collect();
    kinds.dedup();
    kinds
}

/// The releases that have a directory of their own.
pub(super) fn releases(dialect: Dialect) -> &'static [Release] {
    match dialect {
        Dialect::X12 => &X12_RELEASES,
        Dialect::Edifact => &EDIFACT_RELEASES,
    }
}

/// Every definition, or what is wrong with its file.
pub(super) fn all() -> Vec<Result<Definition, String>> {
    let mut found = of(Dialect::X12, X12_CODES, &X12_MESSAGES);
    found.extend(of(Dialect::Edifact, EDIFACT_CODES, &EDIFACT_MESSAGES));
    found
}

fn of(dialect: Dialect, codes: &str, messages: &[&str]) -> Vec<Result<Definition, String>> {
    let mut directory = Directory::default();
    let mut found = Vec::new();
    let files: Result<Vec<Node>, String> = messages.iter().map(|it| tree::read(it)).collect();
    let (codes, files) = match (tree::read(codes), files) {
        (Ok(codes), Ok(files)) => (codes, files),
        (Err(fault), _) | (_, Err(fault)) => return vec![Err(fault)],
    };
    directory.add(&codes);
    for (release, text) in releases(dialect) {
        match tree::read(text) {
            Ok(node) => directory.add(&node),
            Err(fault) => found.push(Err(format!("{release}: {fault}"))),
        }
        for file in &files {
            // What differs by release is a message of its own, named by `from`.
            let from = file.get("from").map(Node::text).unwrap_or_default();
            if from.is_empty() || from == *release {
                found.push(directory.message(dialect, release, file));
            }
        }
    }
    found
}
