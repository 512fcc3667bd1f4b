//! The shared tables under `mappings/tables/` answer with words of the model.

use std::{collections::BTreeSet, fs, path::PathBuf};

use serde_json::Value;

use super::{by_path, common};

/// Which words a table may answer with, by the end of its name: file and JSON
/// pointer of the enum, or of the pattern.
const ANSWERS: &[(&str, &str, &str)] = &[
    ("-order-status", "order", "/properties/status"),
    ("-payment-status", "order", "/properties/payment_status"),
    ("-fulfilment-status", "order", "/properties/fulfilment_status"),
    ("-pickup-status", "order", "/properties/fulfilment_status"),
    ("-shipment-status", "order", "/properties/fulfilment_status"),
    ("-return-status", "order", "/properties/return_status"),
    ("-transaction-kinds", "pos_transaction", "/properties/kind"),
    ("payment-kinds", "common", "/$defs/Payment/properties/method"),
    ("tax-classes", "common", "/$defs/TaxClass"),
    ("tax-classes-percent", "common", "/$defs/TaxClass"),
    ("tax-rates", "common", "/$defs/Rate"),
    ("units", "common", "/$defs/Unit"),
    ("prefectures", "common", "/$defs/Address/properties/region_code"),
    ("prefectures-freee", "common", "/$defs/Address/properties/region_code"),
];

/// Key, first day (empty: always) and answer of each line of a table's entries.
/// The tables are written one entry a line, which this reads; maps read them
/// with the real reader.
fn entries(text: &str) -> Vec<(String, String, String)> {
    let bare = |part: &str| part.trim().trim_matches('"').to_owned();
    let (_, lines) = text.split_once("\nentries:\n").unwrap();
    let mut found = Vec::new();
    for line in lines.lines() {
        if let Some(dated) = line.trim().strip_prefix("- {").and_then(|it| it.strip_suffix('}')) {
            let part = |name: &str| {
                let with = |it: &str| it.trim().strip_prefix(name).map(|rest| bare(&rest[1..]));
                dated.split(", ").find_map(with).unwrap_or_else(|| panic!("{line}: {name}"))
            };
            found.push((part("from"), part("valid_from"), part("to")));
        } else {
            let (key, answer) = line.rsplit_once(": ").unwrap_or_else(|| panic!("{line}"));
            if line.trim() != r#""*": { omit: true }"# {
                found.push((bare(key), String::new(), bare(answer)));
            }
        }
    }
    found
}

fn validator(file: &str, pointer: &str) -> jsonschema::Validator {
    let text = by_path(&format!("canon/v1/{file}.schema.json")).unwrap_or_else(common);
    let schema: Value = serde_json::from_str(text).unwrap();
    jsonschema::validator_for(schema.pointer(pointer).unwrap()).unwrap()
}

#[test]
fn every_table_answers_with_words_of_the_model() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../mappings/tables");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|it| it != "yaml") {
            continue;
        }
        seen += 1;
        let name = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{name}: says what it is");
        assert!(text.contains(&format!("\ntable: {name}\nversion: ")), "{name}: its own name");
        let exact = ANSWERS.iter().find(|(ending, ..)| *ending == name);
        let ending = || ANSWERS.iter().find(|(ending, ..)| name.ends_with(ending));
        let (_, file, pointer) = exact.or_else(ending).unwrap_or_else(|| panic!("{name}"));
        let allowed = validator(file, pointer);
        let mut keys = BTreeSet::new();
        for (key, day, answer) in entries(&text) {
            assert!(allowed.is_valid(&answer.clone().into()), "{name}: {key} is {answer:?}");
            assert!(keys.insert((key.clone(), day)), "{name}: {key} stands twice");
        }
        assert!(!keys.is_empty(), "{name}");
    }
    assert!(seen > 20, "{seen} tables");
}

#[test]
fn the_prefectures_of_the_table_are_the_programs() {
    let text = include_str!("../../../../../mappings/tables/prefectures.yaml");
    let listed = entries(text);
    assert_eq!(listed.len(), 93, "47 names, 46 of them also without 都, 府 or 県");
    for (name, _, code) in listed {
        assert_eq!(crate::code::prefecture_code(&name), Some(code), "{name}");
    }
}
