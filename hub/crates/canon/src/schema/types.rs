//! The Rust types of the model and its schemas say the same.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{by_path, tests::*};
use crate::{order, party, reference, stock, tax};

/// Reads `record` as `T`, lays what `T` writes over it, and expects the record
/// again: `T` reads the names and shapes of the schema, and changes nothing.
fn reads<T: Serialize + DeserializeOwned>(name: &str, record: &Value) {
    let read: T = serde_json::from_value(record.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let written = serde_json::to_value(read).unwrap();
    let mut laid_over = record.clone();
    lay_over(&mut laid_over, &written);
    assert_eq!(&laid_over, record, "{name}");
    assert!(validator(&format!("canon/v1/{name}.schema.json")).is_valid(&laid_over), "{name}");
}

fn lay_over(under: &mut Value, over: &Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, value) in over {
                lay_over(under.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(under), Value::Array(over)) if under.len() == over.len() => {
            under.iter_mut().zip(over).for_each(|(under, over)| lay_over(under, over));
        }
        (under, over) => *under = over.clone(),
    }
}

/// `record` without all that its schema does not require, at its top level.
fn barest(name: &str, record: &Value) -> Value {
    let schema: Value =
        serde_json::from_str(by_path(&format!("canon/v1/{name}.schema.json")).unwrap()).unwrap();
    let required = schema["required"].as_array().unwrap();
    let mut bare = record.clone();
    bare.as_object_mut().unwrap().retain(|key, _| required.contains(&json!(key)));
    bare
}

/// A type reads the example, the example without its optional properties, and
/// the example with one it does not know.
fn agrees<T: Serialize + DeserializeOwned>(name: &str, needed: &[&str]) {
    let good = example(name);
    reads::<T>(name, &good);
    let mut bare = barest(name, &good);
    for key in needed {
        bare[key] = good[key].clone();
    }
    reads::<T>(name, &bare);
    let mut later = good;
    later["a_property_of_a_later_version"] = json!({ "any": [1, 2.5] });
    assert!(serde_json::from_value::<T>(later).is_ok(), "{name}");
}

#[test]
fn types_read_what_the_schemas_allow() {
    agrees::<party::Party>("party", &[]);
    agrees::<party::Consent>("consent", &[]);
    agrees::<order::Order>("order", &[]);
    agrees::<order::PosTransaction>("pos_transaction", &[]);
    // That one of `delta` and `assert` is there is beyond the schema.
    agrees::<stock::Movement>("inventory_movement", &["delta"]);
    agrees::<stock::Level>("inventory_level", &[]);
    agrees::<stock::Reservation>("reservation", &[]);
    for entity in crate::entity::Entity::ALL {
        agrees::<reference::Header>(entity.name(), &[]);
    }
}

#[test]
fn words_are_those_of_the_schemas() {
    let classes: Vec<_> = tax::TaxClass::ALL.iter().map(|it| it.name()).collect();
    let modes: Vec<_> = crate::rounding::Rounding::ALL.iter().map(|it| it.name()).collect();
    for (name, pointer, words) in [
        ("party", "/properties/kind", party::PartyKind::WORDS),
        ("party", "/properties/status", party::PartyStatus::WORDS),
        ("consent", "/properties/state", party::ConsentState::WORDS),
        ("common", "/$defs/PersonName/properties/display_order", party::DisplayOrder::WORDS),
        ("order", "/properties/status", order::OrderStatus::WORDS),
        ("pos_transaction", "/properties/kind", order::PosKind::WORDS),
        ("inventory_movement", "/properties/kind", stock::MovementKind::WORDS),
        ("reservation", "/properties/state", stock::ReservationState::WORDS),
        ("common", "/$defs/TaxClass", classes.as_slice()),
        ("common", "/$defs/RoundingMode", modes.as_slice()),
    ] {
        let text = by_path(&format!("canon/v1/{name}.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(text).unwrap();
        assert_eq!(schema.pointer(pointer).unwrap()["enum"], json!(words), "{name} {pointer}");
    }
}

#[test]
fn a_word_of_a_later_version_is_kept() {
    let mut order = example("order");
    order["status"] = json!("awaiting_pickup");
    let read: order::Order = serde_json::from_value(order).unwrap();
    assert_eq!(read.status, order::OrderStatus::Other("awaiting_pickup".into()));
    assert_eq!(serde_json::to_value(&read).unwrap()["status"], "awaiting_pickup");
}

#[test]
fn a_movement_has_one_change() {
    let good = example("inventory_movement");
    let read = |record: &Value| serde_json::from_value::<stock::Movement>(record.clone());
    let mut both = good.clone();
    both["assert"] = good["delta"].clone();
    assert!(read(&both).unwrap_err().to_string().contains("not both"));
    let mut none = good.clone();
    none.as_object_mut().unwrap().remove("delta");
    assert!(read(&none).unwrap_err().to_string().contains("needs"));
    none["assert"] = good["delta"].clone();
    assert!(matches!(read(&none).unwrap().change, stock::Change::Assert(_)));
}

#[test]
fn training_counts_for_nothing() {
    let mut sale = example("pos_transaction");
    let counts = |record: &Value| {
        serde_json::from_value::<order::PosTransaction>(record.clone()).unwrap().counts()
    };
    assert!(counts(&sale));
    sale["flags"] = json!({ "training": true });
    assert!(!counts(&sale));
    sale["flags"] = json!({});
    sale["kind"] = json!("training");
    assert!(!counts(&sale));
}
