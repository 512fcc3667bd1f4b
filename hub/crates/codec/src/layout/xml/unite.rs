//! Kinds of documents that one layout knows make records of one shape: fields and
//! groups of one name are one, whichever kind has them.

use super::Part;
use crate::{
    rows::{FieldShape, GroupShape, Shape},
    yaml::Table,
};

/// Adds what a kind's records look like, and tells its part where its fields and
/// groups are now. What not all kinds have is not required.
pub(super) fn unite(table: &Table<'_>, all: &mut Shape, one: Shape, part: &mut Part, first: bool) {
    let has = |name: &str| one.fields.iter().any(|it| it.name == name);
    for field in all.fields.iter_mut().filter(|it| !has(&it.name)) {
        field.required = false;
    }
    let mut fields = Vec::with_capacity(one.fields.len());
    for field in one.fields {
        fields.push(
            match all.field(&field.name).and_then(|at| all.fields.get_mut(at).zip(Some(at))) {
                Some((known, at)) => {
                    if known.kind != field.kind {
                        let message = format!("`{}` is of another type elsewhere", field.name);
                        table.error("L03", message);
                    }
                    widen(known, field);
                    at
                }
                None => {
                    all.fields.push(FieldShape { required: first && field.required, ..field });
                    all.fields.len() - 1
                }
            },
        );
    }
    for column in &mut part.columns {
        column.slot = column.slot.and_then(|it| fields.get(it).copied());
    }
    for group in all.groups.iter_mut().filter(|it| one.groups.iter().all(|one| one.name != it.name))
    {
        group.min = 0;
    }
    let mut groups = Vec::with_capacity(one.groups.len());
    for group in one.groups {
        let known = all.group(&group.name);
        if all.field(&group.name).is_some() {
            table.error("L03", format!("`{}` is a field elsewhere", group.name));
        }
        let at = known.unwrap_or(all.groups.len());
        if known.is_none() {
            let GroupShape { name, max, min, .. } = &group;
            let (name, min) = (name.clone(), if first { *min } else { 0 });
            all.groups.push(GroupShape { name, shape: Shape::default(), min, max: *max });
        }
        if let (Some(all), Some(part)) =
            (all.groups.get_mut(at), part.groups.iter_mut().find(|it| it.slot == groups.len()))
        {
            all.min = all.min.min(group.min);
            all.max = all.max.zip(group.max).map(|(a, b)| a.max(b));
            unite(table, &mut all.shape, group.shape, &mut part.part, known.is_none());
        }
        groups.push(at);
    }
    for group in &mut part.groups {
        group.slot = groups.get(group.slot).copied().unwrap_or(group.slot);
    }
}

/// Makes a field fit another kind's too.
fn widen(known: &mut FieldShape, other: FieldShape) {
    known.required &= other.required;
    known.personal |= other.personal;
    known.chars_max = known.chars_max.zip(other.chars_max).map(|(a, b)| a.max(b));
    if known.one_of.is_empty() || other.one_of.is_empty() {
        known.one_of.clear();
    } else {
        known.one_of.extend(other.one_of);
        known.one_of.sort();
        known.one_of.dedup();
    }
}

/// Tells each part how wide the shape is in the end.
pub(super) fn settle(shape: &Shape, part: &mut Part) {
    part.width = (shape.fields.len(), shape.groups.len());
    for group in &mut part.groups {
        if let Some(of) = shape.groups.get(group.slot) {
            settle(&of.shape, &mut group.part);
        }
    }
}
