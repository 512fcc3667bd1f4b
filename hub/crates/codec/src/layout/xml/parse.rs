//! The keys of an XML layout.

use super::{Part, Xml, path::Path};
use crate::{
    layout::{
        model::{Column, Slot},
        parse::{Position, Word},
    },
    rows::{GroupShape, Shape},
    yaml::{Node, Table},
};

/// Reads `namespaces`, `record`, `columns` and `groups`.
pub(in crate::layout) fn xml(table: &Table<'_>) -> Option<(Xml, Shape)> {
    let namespaces: Vec<(String, String)> = table
        .entries("namespaces")
        .iter()
        .filter_map(|(prefix, name)| Some((prefix.text()?.to_owned(), name.text()?.to_owned())))
        .collect();
    let record = table.required("record").and_then(|it| path(table, it, &namespaces));
    let (part, shape) = part(table, &namespaces);
    let record = record?;
    if record.attribute.is_some() {
        table.error("L16", "`record` leads to an attribute; records are elements");
    }
    Some((Xml { record, part }, shape))
}

fn part(table: &Table<'_>, namespaces: &[(String, String)]) -> (Part, Shape) {
    let (mut part, mut shape) = (Part::default(), Shape::default());
    let mut position = Position::default();
    for node in table.list("columns") {
        let Some((_, column)) = Column::read(table, node, Word::Xml, &mut position) else {
            continue;
        };
        let name = &column.field.name;
        if shape.field(name).is_some() {
            table.faults().error("L03", node, format!("two columns are called `{name}`"));
        }
        let Some(path) = path_of(table, node, &column.header, namespaces) else { continue };
        shape.fields.push(column.field.clone());
        let slot = Slot::Head(part.columns.len());
        part.columns.push((Column { slot, ..column }, path));
    }
    for group in table.tables("groups", "a group") {
        let name = group.required_text("name").unwrap_or_default().to_owned();
        let each = group.required("each").and_then(|it| path(&group, it, namespaces));
        if each.as_ref().is_some_and(|it| it.attribute.is_some() || it.absolute) {
            group.error("L16", "`each` leads from the record to elements in it");
        }
        let min = group.number("min", "a count of elements").unwrap_or(0);
        let max = group.number("max", "a count of elements");
        let (inner, inner_shape) = self::part(&group, namespaces);
        if shape.group(&name).is_some() || shape.field(&name).is_some() {
            group.error("L03", format!("`{name}` is the name of something else too"));
        }
        shape.groups.push(GroupShape { name, shape: inner_shape, min, max });
        part.groups.extend(each.map(|it| (it, inner)));
        group.finish();
    }
    if table.list("columns").is_empty() && table.list("groups").is_empty() {
        table.error("L08", "nothing is read here: neither `columns` nor `groups`");
    }
    (part, shape)
}

fn path(table: &Table<'_>, node: &Node, namespaces: &[(String, String)]) -> Option<Path> {
    path_of(table, node, node.text().unwrap_or_default(), namespaces)
}

fn path_of(
    table: &Table<'_>,
    node: &Node,
    text: &str,
    namespaces: &[(String, String)],
) -> Option<Path> {
    match Path::parse(text, namespaces) {
        Ok(path) => Some(path),
        Err(why) => {
            let fault = table.faults().new_error("L16", node, why);
            table.faults().push(fault.expected("a path such as p:Line/p:Item/@id"));
            None
        }
    }
}
