//! The shape of a row format as a schema: every cell is a text, a whole number
//! or a decimal, groups are lists.

use codec::rows::{FieldKind, Shape};

use super::{Kinds, Schema, SchemaId, Schemas};

/// The schema of a layout's records.
pub(crate) fn from_shape(file: &str, shape: &Shape) -> Schemas {
    let mut schemas = Schemas { file: file.to_owned(), rows: true, ..Schemas::default() };
    add(&mut schemas, shape);
    schemas
}

fn add(schemas: &mut Schemas, shape: &Shape) -> SchemaId {
    let id = schemas.push(Schema::of(Kinds::OBJECT));
    let mut node = Schema::of(Kinds::OBJECT);
    for field in &shape.fields {
        let (kinds, scale_max) = match field.kind {
            FieldKind::Text => (Kinds::TEXT, None),
            FieldKind::Integer => (Kinds::INTEGER, None),
            FieldKind::Decimal { scale } => (Kinds::NUMBER.with(Kinds::INTEGER), Some(scale)),
        };
        let cell = Schema {
            chars_max: field.chars_max.map(u64::from),
            personal: field.personal,
            one_of: (!field.one_of.is_empty()).then(|| field.one_of.clone()),
            scale_max,
            ..Schema::of(kinds)
        };
        let cell = schemas.push(cell);
        node.properties.push((field.name.clone(), cell));
        if field.required {
            node.required.push(field.name.clone());
        }
    }
    for group in &shape.groups {
        let items = add(schemas, &group.shape);
        let list = schemas.push(Schema {
            items: Some(items),
            items_min: Some(u64::from(group.min)),
            items_max: group.max.map(u64::from),
            ..Schema::of(Kinds::ARRAY)
        });
        node.properties.push((group.name.clone(), list));
        node.required.push(group.name.clone());
    }
    if let Some(slot) = schemas.nodes.get_mut(id as usize) {
        *slot = node;
    }
    id
}
