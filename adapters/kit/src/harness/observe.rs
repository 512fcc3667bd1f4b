//! Runs one fixture as the hub would, and writes down what came of it in the
//! form of `expect.json`.

use canon::{
    clock::Timestamp,
    entity::Entity,
    entry::{Loss, RecordFault},
};
use mapping::{RunContext, Scratch};
use serde_json::{Value, json};

use super::{case::Case, coverage::Coverage};
use crate::{
    decode::Record,
    manifest::{Operation, Piece},
    package::{Made, Package},
    select::scalar,
};

/// The organisation of all fixtures.
const ORGANISATION: &str = "example";
/// When all fixtures arrive: 2026-01-05T03:00:00Z.
const RECEIVED_AT: Timestamp = Timestamp::from_ms(1_767_582_000_000);

/// What one fixture did.
#[derive(Debug, Default)]
pub(super) struct Observed {
    /// In the form of `expect.json`.
    pub(super) outcome: Value,
    /// Labels of the maps that made something.
    pub(super) maps: Vec<String>,
    /// Something was set aside or refused.
    pub(super) set_aside: bool,
    /// What kept it from being run.
    pub(super) problems: Vec<String>,
}

/// Runs a fixture.
pub(super) fn observe<'p>(
    package: &'p Package,
    case: &Case,
    coverage: &mut Coverage<'p>,
) -> Observed {
    match case.action {
        None => inward(package, case, coverage),
        Some(action) => match serde_json::from_slice::<Value>(&case.bytes) {
            Ok(data) => {
                let entity = data.get("entity").and_then(Value::as_str).and_then(Entity::from_name);
                match entity {
                    Some(entity) => {
                        let mut operations = package.operations_for(entity, action, &data);
                        let operation = operations.find(|it| it.suits(case.known));
                        if let Some(operation) = operation {
                            coverage.event(&operation.map, &case.bytes, &case.needs);
                        }
                        outward(package, case, &data, operation)
                    }
                    None => problem("the file is no canonical entity: `entity` is not said"),
                }
            }
            Err(fault) => problem(&format!("the file is no JSON: {fault}")),
        },
    }
}

fn problem(what: &str) -> Observed {
    Observed { problems: vec![what.to_owned()], ..Observed::default() }
}

fn inward<'p>(package: &'p Package, case: &Case, coverage: &mut Coverage<'p>) -> Observed {
    let mut observed = Observed::default();
    let decoded = match package.decode(case.topic.as_deref(), &case.bytes) {
        Ok(decoded) => decoded,
        Err(refused) => {
            observed.set_aside = true;
            let offset = refused.fault.offset;
            observed.outcome = json!({"refused": {"reason": refused.reason, "offset": offset}});
            return observed;
        }
    };
    let (mut events, mut losses, mut ignored) = (Vec::new(), Vec::new(), Vec::new());
    let unreadable = decoded.unreadable.iter();
    let mut set_aside: Vec<(u64, Value)> =
        unreadable.map(|it| (it.number, aside(it.number, "undecodable", &it.faults))).collect();
    let mut scratch = Scratch::default();
    for record in decoded.iter(&case.bytes) {
        match package.choose(case.topic.as_deref(), &record) {
            Err(unusable) => {
                let aside = aside(record.number, unusable.code, &unusable.faults);
                set_aside.push((record.number, aside));
            }
            Ok(chosen) if chosen.maps.is_empty() => ignored.push(record.number),
            Ok(chosen) => {
                let ctx = context(package, record.number, &[]);
                chosen.maps.iter().for_each(|it| coverage.record(package, it, &record));
                match package.run(&chosen, &record, &ctx, &mut scratch) {
                    Ok(made) => {
                        for it in &made {
                            observed.maps.push(it.map.label().to_owned());
                            losses.extend(it.mapped.losses.iter().map(loss));
                            events.push(event(&record, it));
                        }
                    }
                    Err(faulted) => {
                        let aside = aside(record.number, "unmappable", &faulted.faults);
                        set_aside.push((record.number, aside));
                    }
                }
            }
        }
    }
    set_aside.sort_by_key(|(number, _)| *number);
    let set_aside: Vec<Value> = set_aside.into_iter().map(|(_, it)| it).collect();
    observed.set_aside = !set_aside.is_empty();
    let told = decoded.told.iter().map(|it| {
        json!({ "record": it.number, "control": it.control, "rejected": it.rejected,
                "why": it.why })
    });
    let mut outcome = json!({ "records": decoded.records, "events": events });
    for (key, list) in [
        ("told", told.collect()),
        ("set_aside", set_aside),
        ("losses", losses),
        ("ignored", ignored.into_iter().map(Value::from).collect()),
    ] {
        if let (false, Some(outcome)) = (list.is_empty(), outcome.as_object_mut()) {
            outcome.insert(key.to_owned(), Value::Array(list));
        }
    }
    observed.outcome = outcome;
    observed
}

/// What maps are told in fixtures.
pub(super) fn context<'a>(
    package: &'a Package,
    record: u64,
    needs: &'a [(&'a str, Option<&'a str>)],
) -> RunContext<'a> {
    let channel = package.manifest().name.as_str();
    RunContext { organisation: ORGANISATION, channel, received_at: RECEIVED_AT, record, needs }
}

fn event(record: &Record<'_>, made: &Made<'_>) -> Value {
    let Made { map, mapped } = made;
    let data: Value = serde_json::from_slice(&mapped.data).unwrap_or(Value::Null);
    json!({
        "record": record.number,
        "map": map.label(),
        "action": mapped.action.name(),
        "source_id": mapped.source_id,
        "source_version": mapped.source_version,
        "occurred_at": mapped.occurred_at,
        "partition_key": mapped.partition_key,
        "classification": mapped.classification.name(),
        "data": data,
    })
}

/// What was set aside, with the fields that were at fault; the wording of
/// faults may change, their places and codes may not.
fn aside(number: u64, code: &str, faults: &[RecordFault]) -> Value {
    json!({ "record": number, "code": code, "fields": fields_of(faults) })
}

/// The fields at fault, each once, in order.
fn fields_of(faults: &[RecordFault]) -> Vec<&str> {
    let mut fields = Vec::new();
    for fault in faults {
        if !fields.contains(&fault.field.as_str()) {
            fields.push(fault.field.as_str());
        }
    }
    fields
}

fn loss(loss: &Loss) -> Value {
    let Loss { record, field, step, before, after } = loss;
    json!({ "record": record, "field": field, "step": step, "before": before, "after": after })
}

fn outward(
    package: &Package,
    case: &Case,
    data: &Value,
    operation: Option<&Operation>,
) -> Observed {
    let Some(operation) = operation else {
        return Observed { outcome: json!({ "operation": null }), ..Observed::default() };
    };
    let Some(map) = package.map(&operation.map) else {
        return problem("the operation has no map");
    };
    let given = |name: &str| {
        let found = case.needs.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_str())
    };
    let needs: Vec<(&str, Option<&str>)> =
        operation.needs.iter().map(|it| (it.name.as_str(), given(&it.name))).collect();
    let ctx = context(package, 1, &needs);
    let made = match map.run_json(&case.bytes, &ctx, &mut Scratch::default()) {
        Ok(made) => made,
        Err(faulted) => {
            let fields = fields_of(&faulted.faults);
            let outcome = json!({ "operation": operation.name, "unrenderable": fields });
            return Observed { outcome, set_aside: true, ..Observed::default() };
        }
    };
    let body: Value = serde_json::from_slice(&made.data).unwrap_or(Value::Null);
    let written = match package.write(operation, &made.data, false) {
        Ok(sent) => sent.map(|it| Value::from(readable(it.bytes))),
        Err(unsent) => {
            let fields = fields_of(unsent.faults());
            let outcome = json!({ "operation": operation.name, "unwritable": fields });
            return Observed { outcome, set_aside: true, ..Observed::default() };
        }
    };
    let path = operation.path.fill(|piece| match piece {
        Piece::Body(pointer) => body.pointer(pointer).and_then(scalar),
        Piece::Data(pointer) => data.pointer(pointer).and_then(scalar),
        Piece::Need(name) | Piece::Setting(name) => given(name).map(str::to_owned),
        Piece::Key => Some("key".to_owned()),
        Piece::Text(_) | Piece::Cursor | Piece::Page | Piece::Until | Piece::Ids => None,
    });
    let mut observed = Observed { maps: vec![map.label().to_owned()], ..Observed::default() };
    match path {
        Ok(path) => {
            let (name, method) = (&operation.name, &operation.method);
            observed.outcome = json!({ "operation": name, "method": method, "path": path,
                        "body": written.unwrap_or(body) });
        }
        Err(hole) => observed.problems.push(format!("the path has no value for {hole}")),
    }
    observed
}

/// Bytes for `expect.json`: what is not UTF-8 is shown byte by byte.
fn readable(bytes: Vec<u8>) -> String {
    let by_byte = |it: Vec<u8>| it.into_iter().map(char::from).collect();
    String::from_utf8(bytes).unwrap_or_else(|it| by_byte(it.into_bytes()))
}
