//! The schemas are sound, and say yes and no where they should.

use std::{collections::BTreeSet, fs, path::PathBuf};

use jsonschema::{Registry, Validator};
use serde_json::Value;

use super::*;
use crate::entity::Classification;

/// Validators for every schema, with formats asserted.
pub(crate) fn validator(path: &str) -> Validator {
    let parsed: Vec<(String, Value)> = all()
        .map(|(path, text)| {
            (format!("https://channelhub.org/{path}"), serde_json::from_str(text).unwrap())
        })
        .collect();
    let registry = Registry::new().extend(parsed).unwrap().prepare().unwrap();
    let schema: Value = serde_json::from_str(by_path(path).unwrap()).unwrap();
    jsonschema::options()
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&schema)
        .unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../mappings/canon/v1/examples")
}

/// The good example of `name`.
pub(crate) fn example(name: &str) -> Value {
    read(&format!("{name}.good.json"))
}

fn read(file: &str) -> Value {
    let path = examples().join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What an example can be of: everything but the shared shapes.
fn names() -> impl Iterator<Item = &'static str> {
    all()
        .filter_map(|(path, _)| path.strip_prefix("canon/v1/")?.strip_suffix(".schema.json"))
        .filter(|name| *name != "common")
}

#[test]
fn every_schema_is_valid_and_every_reference_leads_somewhere() {
    for (path, text) in all() {
        let schema: Value = serde_json::from_str(text).unwrap();
        assert!(jsonschema::meta::is_valid(&schema), "{path}");
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
        assert_eq!(schema["$id"], format!("https://channelhub.org/{path}"), "{path}");
        assert_eq!(by_id(schema["$id"].as_str().unwrap()), Some(text));
        validator(path);
        let shared: Value = serde_json::from_str(common()).unwrap();
        walk(&schema, &mut |node| {
            if let Some(target) = node.get("$ref").and_then(Value::as_str) {
                let (_, pointer) = target.split_once('#').unwrap();
                assert!(shared.pointer(pointer).is_some(), "{path}: {target}");
            }
        });
    }
}

#[test]
fn schemas_keep_to_what_a_map_can_check_as_it_writes() {
    let known: BTreeSet<&str> = [
        "$schema",
        "$id",
        "$ref",
        "$defs",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "const",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "format",
        "x-personal",
        "x-class",
        "x-open",
    ]
    .into();
    for (path, text) in all() {
        let schema: Value = serde_json::from_str(text).unwrap();
        walk(&schema, &mut |node| {
            for key in node.as_object().unwrap().keys() {
                assert!(known.contains(key.as_str()), "{path}: {key}");
            }
            assert_ne!(node.get("type"), Some(&"number".into()), "{path}: a float");
            if node.get("properties").is_some() {
                assert_eq!(node["additionalProperties"], false, "{path}: {node}");
            }
            let named = node.get("description").and_then(Value::as_str).unwrap_or_default();
            let described = named.len() > 1 || node.get("$defs").is_some();
            let value_of_open =
                node.get("type") == Some(&"string".into()) && node.get("enum").is_none();
            assert!(described || value_of_open, "{path}: no description at {node}");
        });
    }
}

#[test]
fn every_entity_names_itself_and_carries_the_header() {
    for entity in Entity::ALL {
        let schema: Value = serde_json::from_str(text(*entity)).unwrap();
        let properties = &schema["properties"];
        assert_eq!(properties["entity"]["const"], entity.name());
        assert_eq!(properties["schema_version"]["const"], VERSION);
        let id = format!("^{}_[0-9a-f]{{32}}$", entity.prefix());
        assert_eq!(properties["hub_id"]["pattern"], id.as_str(), "{}", entity.name());
        let required: BTreeSet<_> =
            schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for name in
            ["hub_id", "entity", "schema_version", "source_refs", "mapping", "data_classification"]
        {
            assert!(required.contains(name), "{}: {name}", entity.name());
        }
        assert_eq!(
            by_path(&format!("canon/v1/{}.schema.json", entity.name())),
            Some(text(*entity))
        );
    }
}

#[test]
fn the_readme_lists_every_entity_as_it_is() {
    let readme = include_str!("../../../../../mappings/canon/README.md");
    for entity in Entity::ALL {
        let (name, prefix, class) =
            (entity.name(), entity.prefix(), entity.classification().name());
        let row = format!("| [`{name}`](v1/{name}.schema.json) | `{prefix}_…` | {class} | ");
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn entities_hold_personal_data_only_where_their_class_says_so() {
    let shared: Value = serde_json::from_str(common()).unwrap();
    for entity in Entity::ALL {
        let mut personal = Vec::new();
        let mut waiting = vec![serde_json::from_str::<Value>(text(*entity)).unwrap()];
        while let Some(schema) = waiting.pop() {
            walk(&schema, &mut |node| {
                if node.get("x-personal").is_some() {
                    personal.push(node["description"].clone());
                }
                if let Some((_, pointer)) = node["$ref"].as_str().and_then(|it| it.split_once('#'))
                {
                    waiting.push(shared.pointer(pointer).unwrap().clone());
                }
            });
        }
        match entity.classification() {
            Classification::Restricted => assert!(!personal.is_empty(), "{}", entity.name()),
            Classification::Confidential => {}
            Classification::Internal | Classification::Public => {
                assert!(personal.is_empty(), "{}: {personal:?}", entity.name());
            }
        }
    }
}

#[test]
fn good_examples_are_accepted() {
    for name in names() {
        let validator = validator(&format!("canon/v1/{name}.schema.json"));
        let good = example(name);
        let faults: Vec<_> =
            validator.iter_errors(&good).map(|e| format!("{} {e}", e.instance_path())).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
}

#[test]
fn ids_in_examples_are_the_ones_the_hub_gives() {
    for entity in Entity::ALL {
        let good = example(entity.name());
        let source = &good["source_refs"][0];
        let key = crate::id::SourceKey {
            organisation: "acme",
            channel: source["channel"].as_str().unwrap(),
            entity: *entity,
            source_id: source["source_id"].as_str().unwrap(),
        };
        assert_eq!(good["hub_id"], key.hub_id().as_str(), "{}", entity.name());
    }
    let event: crate::event::Event = serde_json::from_value(example("event")).unwrap();
    assert_eq!(event.entity_and_action().unwrap().0, Entity::Order);
    let written = serde_json::to_value(&event).unwrap();
    assert!(validator("canon/v1/event.schema.json").is_valid(&written));
}

/// A bad example is the good one with one change; the schema must refuse it at
/// that very place.
#[test]
fn bad_examples_are_refused_for_the_reason_they_give() {
    for name in names() {
        let validator = validator(&format!("canon/v1/{name}.schema.json"));
        let cases = read(&format!("{name}.bad.json"));
        let cases = cases.as_array().unwrap();
        assert!(!cases.is_empty(), "{name}: no bad example");
        for case in cases {
            let mut bad = example(name);
            change(&mut bad, case);
            let refused_at = case["refused_at"].as_str().unwrap();
            let faults: BTreeSet<_> =
                validator.iter_errors(&bad).map(|e| e.instance_path().to_string()).collect();
            assert_eq!(faults, [refused_at.to_owned()].into(), "{name}: {}", case["why"]);
        }
    }
}

/// Applies `set` (pointer and value) or `remove` (pointer) of a bad example.
fn change(document: &mut Value, case: &Value) {
    let at = |case: &Value| case["at"].as_str().unwrap().rsplit_once('/').map(own_pair).unwrap();
    let (parent, key) = at(case);
    let parent = document.pointer_mut(&parent).unwrap_or_else(|| panic!("{case}"));
    match (parent, case.get("value")) {
        (Value::Object(fields), Some(value)) => {
            fields.insert(key, value.clone());
        }
        (Value::Object(fields), None) => {
            fields.remove(&key).unwrap_or_else(|| panic!("{case}"));
        }
        _ => panic!("{case}: only a property can be changed"),
    }
}

fn own_pair((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

/// Calls `visit` with every subschema.
fn walk(schema: &Value, visit: &mut impl FnMut(&Value)) {
    visit(schema);
    for key in ["properties", "$defs"] {
        for child in
            schema.get(key).and_then(Value::as_object).into_iter().flat_map(|it| it.values())
        {
            walk(child, visit);
        }
    }
    if let Some(items) = schema.get("items") {
        walk(items, visit);
    }
}
