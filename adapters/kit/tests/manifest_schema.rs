//! The published JSON Schema of manifests says what the kit says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

use canon::entity::{Action, Entity};
use codec::yaml::{self, Node};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schema() -> Value {
    let text = std::fs::read_to_string(root().join("package.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn validator() -> Validator {
    jsonschema::validator_for(&schema()).unwrap()
}

/// A document as an editor sees it: plain words of numbers and truth are those.
fn plain(node: &Node) -> Value {
    match &node.value {
        yaml::Value::Seq(items) => items.iter().map(plain).collect(),
        yaml::Value::Map(entries) => {
            let of = |(key, value): &(Node, Node)| (key.text().unwrap().to_owned(), plain(value));
            Value::Object(entries.iter().map(of).collect())
        }
        yaml::Value::Scalar { text, quoted: false } => {
            let word = serde_json::from_str(text).unwrap_or(Value::Null);
            if word.is_boolean() || word.is_i64() { word } else { json!(text) }
        }
        yaml::Value::Scalar { text, .. } => json!(text),
    }
}

fn manifest(name: &str) -> String {
    let path = root().join("packages").join(name).join("package.yaml");
    std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

#[test]
fn every_manifest_fits_the_schema() {
    let validator = validator();
    for entry in std::fs::read_dir(root().join("packages")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let document = plain(&yaml::parse(&name, &manifest(&name)).unwrap());
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|it| format!("{name}{}: {it}", it.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
}

#[test]
fn what_the_kit_refuses_the_schema_refuses() {
    let validator = validator();
    let good = manifest("shopify-admin");
    let cases = [
        ("version: 1.1.0", "version: 1.1"),
        ("class: ec", "class: shop"),
        ("vendor: Shopify", "vendr: Shopify"),
        ("algorithm: hmac-sha256", "algorithm: hmac-sha265"),
        ("parts: [body]", "parts: [moon]"),
        ("exists: true }", "exist: true }"),
        ("ignore: true", "ignored: true"),
        ("maps: [maps/product.map.yaml]", "maps: [../product.map.yaml]"),
        ("entity: party", "entity: parties"),
        ("method: POST", "method: GET"),
        ("status: 200", "status: 99"),
        ("far_id: /data", "far_id: data"),
    ];
    for (from, to) in cases {
        assert!(good.contains(from), "{from}");
        let bad = good.replace(from, to);
        let document = plain(&yaml::parse("package.yaml", &bad).unwrap());
        assert!(!validator.is_valid(&document), "the schema takes {to:?}");
        let refused = adapter_kit::manifest::Manifest::parse("package.yaml", &bad);
        assert!(refused.is_err(), "the kit takes {to:?}");
    }
}

#[test]
fn words_that_are_known_here_are_known_there() {
    let schema = schema();
    let words = |pointer: &str| -> Vec<String> {
        let list = schema.pointer(pointer).unwrap().as_array().unwrap();
        list.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let entities: Vec<&str> = Entity::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(words("/$defs/entity/enum"), entities);
    let actions: Vec<&str> = Action::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(words("/$defs/operation/properties/actions/items/enum"), actions);
}
