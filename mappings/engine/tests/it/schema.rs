//! The published schema of map files takes every good map, and knows the keys.

use std::fs;

use codec::yaml::{Node, Value as Yaml};
use serde_json::{Value, json};

use crate::support::{data, mappings};

/// A map file as an editor's YAML reader sees it.
fn as_json(node: &Node) -> Value {
    match &node.value {
        Yaml::Scalar { text, quoted: true } => json!(text),
        Yaml::Scalar { text, quoted: false } => match text.as_str() {
            "" | "~" | "null" => Value::Null,
            "true" => json!(true),
            "false" => json!(false),
            text => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
        },
        Yaml::Seq(items) => items.iter().map(as_json).collect(),
        Yaml::Map(entries) => entries
            .iter()
            .map(|(key, value)| (key.text().unwrap().to_owned(), as_json(value)))
            .collect(),
    }
}

fn faults(validator: &jsonschema::Validator, name: &str, text: &str) -> Vec<String> {
    let node = codec::yaml::parse(name, text).unwrap();
    validator
        .iter_errors(&as_json(&node))
        .map(|it| format!("{name}: {} {it}", it.instance_path()))
        .collect()
}

fn validator() -> jsonschema::Validator {
    let text = fs::read_to_string(mappings().join("map.schema.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

#[test]
fn every_good_map_fits_the_published_schema() {
    let validator = validator();
    let mut found = Vec::new();
    let mut count = 0;
    let packages = mappings().join("../adapters/packages");
    let shipped = fs::read_dir(packages).into_iter().flatten().flat_map(|package| {
        fs::read_dir(package.unwrap().path().join("maps"))
            .into_iter()
            .flatten()
            .map(|it| it.unwrap().path())
    });
    let own = ["order.map.yaml", "erp.map.yaml", "till.map.yaml", "back.map.yaml"].map(data);
    for path in own.into_iter().chain(shipped) {
        count += 1;
        found.extend(faults(
            &validator,
            &path.display().to_string(),
            &fs::read_to_string(&path).unwrap(),
        ));
    }
    for patch in crate::corpus::variants() {
        count += 1;
        found.extend(faults(&validator, &patch.0, &patch.1));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(count >= 40);
}

#[test]
fn wrong_keys_do_not_fit() {
    let validator = validator();
    let head = "map: a/b\nversion: 1\nsource: s.json\ntarget: order@1\n";
    for bad in [
        "field: { a: b }\n",
        "fields: { a: b }\npolicy: { mising: omit }\n",
        "fields: { a: b }\naction: update\n",
        "fields: { a: [ { iff: x, then: y } ] }\n",
    ] {
        assert!(!faults(&validator, "m", &format!("{head}{bad}")).is_empty(), "{bad}");
    }
}
