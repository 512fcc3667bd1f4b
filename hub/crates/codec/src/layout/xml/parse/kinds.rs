//! The keys of an XML layout that say where records are, and what is in them.

use crate::{
    layout::{
        model::{CellFormat, Column},
        parse::{Position, Word},
        xml::{
            Field, Group, Item, Kind, Origin, Part,
            path::Path,
            template::Template,
            unite::{settle, unite},
        },
    },
    rows::{FieldShape, GroupShape, Shape},
    yaml::{Node, Table},
};

/// Reads `record`, `columns` and `groups`, or `records` with these for each kind of
/// document.
pub(super) fn read(
    table: &Table<'_>,
    namespaces: &[(String, String)],
) -> Option<(Vec<Kind>, Shape)> {
    let shared: Vec<&Node> = table.list("columns").iter().collect();
    let field = table.node("kind_field");
    let many = table.tables("records", "a kind of document");
    if many.is_empty() {
        if field.is_some() {
            table.error("L08", "`kind_field` tells `records` apart, and there are none");
        }
        let mut keys = Keys { namespaces, outer: Vec::new() };
        let (mut kind, shape) = keys.kind(table, shared)?;
        settle(&shape, &mut kind.part);
        return Some((vec![kind], shape));
    }
    if table.node("record").or(table.node("groups")).is_some() {
        table.error("L08", "`record` and `groups` stand in each of the `records`");
    }
    let field = table.required_text("kind_field").unwrap_or_default();
    let names = many.iter().filter_map(|it| it.required_text("name")).map(str::to_owned);
    let names: Vec<String> = names.collect();
    let told = FieldShape { required: true, one_of: names, ..FieldShape::text(field) };
    let mut all = Shape { fields: vec![told], groups: Vec::new() };
    let mut kinds: Vec<Kind> = Vec::new();
    for one in many {
        let columns = shared.iter().copied().chain(one.list("columns")).collect();
        let mut keys = Keys { namespaces, outer: Vec::new() };
        let read = keys.kind(&one, columns);
        let Some((mut kind, shape)) = read else { continue };
        one.text("name").unwrap_or_default().clone_into(&mut kind.name);
        if shape.field(field).or(shape.group(field)).is_some() {
            one.error("L03", format!("`{field}` is the name of the field that tells the kind"));
        }
        for other in &kinds {
            if other.name == kind.name {
                one.error("L03", format!("two of the `records` are called `{}`", kind.name));
            }
            if other.holder() == kind.holder() {
                let message = format!("`{}` and `{}` stand in the same", other.name, kind.name);
                one.error("L10", message);
            }
        }
        unite(&one, &mut all, shape, &mut kind.part, kinds.is_empty());
        kinds.push(kind);
        one.finish();
    }
    if let Some(told) = all.fields.first_mut() {
        told.required = true;
    }
    for kind in &mut kinds {
        settle(&all, &mut kind.part);
    }
    Some((kinds, all))
}

/// What the reading of one kind needs to know.
struct Keys<'k> {
    namespaces: &'k [(String, String)],
    outer: Vec<Path>,
}

// === impl Keys ===

impl Keys<'_> {
    fn kind(&mut self, table: &Table<'_>, columns: Vec<&Node>) -> Option<(Kind, Shape)> {
        let record = table.required("record").and_then(|it| self.path(table, it));
        let (part, shape) = self.part(table, &columns, true);
        let record = record?;
        if record.attribute.is_some() || record.up > 0 || record.steps.is_empty() {
            table.error("L16", "`record` leads from the root to elements");
        }
        let through = |it: &Path| it.absolute && it.steps.starts_with(&record.steps);
        if self.outer.iter().any(through) {
            table.error("L16", "what is in a record has a path that begins at the record");
        }
        let outer = std::mem::take(&mut self.outer);
        let template = Template::new(&record, &part, &outer, self.namespaces);
        let name = String::new();
        Some((Kind { name, record, part, outer, template }, shape))
    }

    fn part(&mut self, table: &Table<'_>, columns: &[&Node], is_record: bool) -> (Part, Shape) {
        let (mut part, mut shape) = (Part::default(), Shape::default());
        let mut position = Position::default();
        // Where groups are to be written among the columns.
        let mut placed: Vec<(&Node, usize)> = Vec::new();
        for node in columns.iter().copied() {
            if node.get("group").is_some() {
                placed.extend(place(table, node).map(|it| (it, part.order.len())));
                continue;
            }
            let Some((_, column)) = Column::read(table, node, Word::Xml, &mut position) else {
                continue;
            };
            let name = &column.field.name;
            if !name.is_empty() && shape.field(name).is_some() {
                table.faults().error("L03", node, format!("two columns are called `{name}`"));
            }
            let Some(path) = self.path_of(table, node, &column.header) else { continue };
            let plain = column.cell == CellFormat::Text && column.constant.is_none();
            if column.exists && (path.attribute.is_some() || path.is_outer() || !plain) {
                let message = "`exists` asks for an element in the record, and is a text";
                table.faults().error("L16", node, message);
            }
            if path.absolute && !is_record {
                let message = "a path from the root stands among the columns of the record";
                table.faults().error("L16", node, message);
            }
            if column.counts && !(path.absolute && is_record) {
                let message =
                    "a count of records stands outside of them: its path is from the root";
                table.faults().error("L16", node, message);
            }
            let counts = column.counts;
            let slot = (!name.is_empty()).then_some(shape.fields.len());
            shape.fields.extend(slot.map(|_| column.field.clone()));
            let from = if path.is_outer() {
                self.outer.push(path);
                Origin::Outer(self.outer.len() - 1)
            } else {
                Origin::Here(path)
            };
            part.order.push(Item::Field(part.columns.len()));
            part.columns.push(Field { column, from, slot, counts });
        }
        self.groups(table, &mut part, &mut shape);
        order(table, &mut part, &shape, &placed);
        if columns.is_empty() && table.list("groups").is_empty() {
            table.error("L08", "nothing is read here: neither `columns` nor `groups`");
        }
        (part, shape)
    }

    fn groups(&mut self, table: &Table<'_>, part: &mut Part, shape: &mut Shape) {
        for group in table.tables("groups", "a group") {
            let name = group.required_text("name").unwrap_or_default().to_owned();
            let each = group.required("each").and_then(|it| self.path(&group, it));
            let bad = |it: &Path| it.attribute.is_some() || it.is_outer() || it.steps.is_empty();
            if each.as_ref().is_some_and(bad) {
                group.error("L16", "`each` leads from the record to elements in it");
            }
            let min = group.number("min", "a count of elements").unwrap_or(0);
            let max = group.number("max", "a count of elements");
            let columns: Vec<&Node> = group.list("columns").iter().collect();
            let (inner, inner_shape) = self.part(&group, &columns, false);
            if shape.group(&name).is_some() || shape.field(&name).is_some() {
                group.error("L03", format!("`{name}` is the name of something else too"));
            }
            let slot = shape.groups.len();
            shape.groups.push(GroupShape { name, shape: inner_shape, min, max });
            part.groups.extend(each.map(|path| Group { path, part: inner, slot, min, max }));
            group.finish();
        }
    }

    fn path(&self, table: &Table<'_>, node: &Node) -> Option<Path> {
        self.path_of(table, node, node.text().unwrap_or_default())
    }

    fn path_of(&self, table: &Table<'_>, node: &Node, text: &str) -> Option<Path> {
        match Path::parse(text, self.namespaces) {
            Ok(path) => Some(path),
            Err(why) => {
                let fault = table.faults().new_error("L16", node, why);
                table.faults().push(fault.expected("a path such as p:Line/p:Item/@id"));
                None
            }
        }
    }
}

/// `{ group: lines }` among columns: there the group is written.
fn place<'a>(table: &Table<'a>, node: &'a Node) -> Option<&'a Node> {
    let table = Table::open(table.faults(), node, "a group's place")?;
    let name = table.required("group");
    table.finish();
    name
}

/// Puts the groups where their places are, and the others behind all columns.
fn order(table: &Table<'_>, part: &mut Part, shape: &Shape, placed: &[(&Node, usize)]) {
    let mut rest: Vec<usize> = (0..part.groups.len()).collect();
    for (shift, (node, at)) in placed.iter().enumerate() {
        let name = node.text().unwrap_or_default();
        let index = shape.group(name).filter(|it| rest.contains(it));
        let Some(index) = index else {
            let message = format!("no group `{name}`, or it has a place already");
            table.faults().error("L04", node, message);
            return;
        };
        rest.retain(|it| *it != index);
        part.order.insert((at + shift).min(part.order.len()), Item::Group(index));
    }
    part.order.extend(rest.into_iter().map(Item::Group));
}
