//! The schemas are sound, and say yes and no where they should.

use std::collections::BTreeSet;

use jsonschema::{Registry, Validator};
use serde_json::Value;

use super::*;

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
fn entities_that_may_hold_personal_data_say_where() {
    for entity in Entity::ALL {
        if entity.classification() == crate::entity::Classification::Internal {
            let own: Value = serde_json::from_str(text(*entity)).unwrap();
            walk(&own, &mut |node| {
                assert_eq!(node.get("x-personal"), None, "{}: {node}", entity.name());
            });
        }
    }
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
