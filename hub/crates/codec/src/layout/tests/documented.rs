//! `LAYOUTS.md` says what the code does: its examples are read, its codes exist.

use std::{collections::BTreeSet, path::Path};

use super::*;

const TEXT: &str = include_str!("../../../LAYOUTS.md");

#[test]
fn the_examples_are_layouts() {
    let examples: Vec<&str> =
        TEXT.split("```yaml\n").skip(1).filter_map(|it| it.split("```").next()).collect();
    assert_eq!(examples.len(), 12);
    for example in examples {
        assert!(!layout(example).shape().fields.is_empty());
    }
}

/// The source of this room without its tests.
fn source(folder: &Path, out: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            source(&path, out);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            out.push_str(&std::fs::read_to_string(&path).expect("a file"));
        }
    }
}

#[test]
fn every_code_stands_in_the_page() {
    let mut code = String::new();
    source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
    let quoted: BTreeSet<&str> = code.split('"').collect();
    let used = quoted.iter().filter(|it| {
        let digits = it.strip_prefix('L').unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit())
    });
    let documented = TEXT.lines().filter_map(|it| it.strip_prefix("| `L")?.get(..2));
    let used: BTreeSet<&str> = used.filter_map(|it| it.get(1..)).collect();
    assert_eq!(used, documented.collect());
    let mut words = BTreeSet::new();
    for call in code.split("LayoutFault::new(").skip(1) {
        words.extend(call.trim_start().strip_prefix('"').and_then(|it| it.split('"').next()));
    }
    assert!(words.len() > 10);
    for word in words {
        assert!(TEXT.contains(&format!("`{word}`")), "{word} is not in LAYOUTS.md");
    }
}
