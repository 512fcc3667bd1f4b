//! What comes out, against its schema in full: canonical data against the
//! canonical schemas, far bodies against the package's target schemas. The maps
//! check the same while they write; here a second reader says so too.

use canon::{entity::Entity, schema};
use jsonschema::{Registry, Validator};
use serde_json::Value;
use std::collections::BTreeMap;

use crate::{load::Loader, package::Package};

/// Schemas by entity and by operation.
pub(super) struct Validators {
    entities: BTreeMap<&'static str, Validator>,
    operations: BTreeMap<String, Validator>,
}

// === impl Validators ===

impl Validators {
    /// Those that the package's fixtures can need.
    pub(super) fn new(package: &Package, loader: &Loader<'_>) -> Self {
        let used = package.maps().filter_map(|(_, map)| map.entity());
        let entities = used.filter_map(|it| Some((it.name(), canonical(it)?)));
        let operations = package.manifest().output.iter().flat_map(|it| &it.operations);
        let operations = operations.filter_map(|it| {
            let target = target_of(&loader.read(&it.map)?)?;
            let schema: Value = serde_json::from_str(&loader.read(&target)?).ok()?;
            Some((it.name.clone(), jsonschema::validator_for(&schema).ok()?))
        });
        Self { entities: entities.collect(), operations: operations.collect() }
    }

    /// What an outcome breaks.
    pub(super) fn check(&self, outcome: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let events = outcome.get("events").and_then(Value::as_array).into_iter().flatten();
        for data in events.filter_map(|it| it.get("data")) {
            let entity = data.get("entity").and_then(Value::as_str).unwrap_or_default();
            match self.entities.get(entity) {
                Some(validator) => problems.extend(errors(entity, validator, data)),
                None => problems.push(format!("there is no canonical schema of `{entity}`")),
            }
        }
        let operation = outcome.get("operation").and_then(Value::as_str).unwrap_or_default();
        if let (Some(validator), Some(body)) = (self.operations.get(operation), outcome.get("body"))
        {
            problems.extend(errors(operation, validator, body));
        }
        problems
    }
}

fn errors(what: &str, validator: &Validator, data: &Value) -> Vec<String> {
    let errors = validator.iter_errors(data);
    errors.map(|it| format!("{what}{}: {it}", it.instance_path())).collect()
}

fn canonical(entity: Entity) -> Option<Validator> {
    let parsed: Vec<(String, Value)> = schema::all()
        .filter_map(|(path, text)| {
            Some((format!("https://channelhub.org/{path}"), serde_json::from_str(text).ok()?))
        })
        .collect();
    let registry = Registry::new().extend(parsed).ok()?.prepare().ok()?;
    let schema: Value = serde_json::from_str(schema::text(entity)).ok()?;
    let options = jsonschema::options().with_registry(&registry).should_validate_formats(true);
    options.build(&schema).ok()
}

/// The file that a map's `target:` line names, relative to the package.
fn target_of(map: &str) -> Option<String> {
    let line = map.lines().find_map(|it| it.strip_prefix("target:"))?;
    line.trim().strip_prefix("../").map(str::to_owned)
}
