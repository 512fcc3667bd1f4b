//! The published examples of the canonical model go through the fold.

use canon::entity::Entity;
use serde_json::Value;

use super::goods::levels;
use crate::{
    EventFilter, Page, Trust,
    testing::{Bench, fact},
};

fn example(entity: Entity) -> Option<Value> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../mappings/canon/v1/examples");
    let text = std::fs::read_to_string(format!("{root}/{}.good.json", entity.name())).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn every_example_is_taken_in_and_has_its_effect() {
    let mut bench = Bench::new();
    let mut taken = 0;
    for entity in Entity::ALL {
        if let Some(data) = example(*entity) {
            let source = &data["source_refs"][0];
            let id = source["source_id"].as_str().unwrap_or("1").to_owned();
            bench.arrive(&[fact("example", *entity, &id, data)]);
            taken += 1;
        }
    }
    assert!(taken > 25, "examples were found: {taken}");
    let reader = bench.reader();
    let events = reader.events(&EventFilter::default(), &Page::of(500)).unwrap().items;
    assert_eq!(events.len(), taken);
    assert!(events.iter().all(|it| it.verdict == "applied"));
    let customers = reader.customers(&Trust::new(), &Page::default()).unwrap().items;
    assert_eq!(customers.len(), 1);
    assert!(customers[0].name.is_some());
    assert!(!levels(&bench).is_empty(), "stock moved");
}
