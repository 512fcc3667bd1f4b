//! The keys of an XML layout.

use super::{
    Field, Item, Origin, Part, Writing, Xml, encoding, path::Path, soap::Soap, template::Template,
};
use crate::{
    charset::{Charset, Profile},
    layout::{
        model::{CellFormat, Column},
        parse::{Position, Word},
    },
    rows::{GroupShape, Shape},
    yaml::{Node, Table},
};

/// Spaces for each level, at most.
const INDENT_MAX: usize = 8;

/// Reads all keys but those that every layout has.
pub(in crate::layout) fn xml(table: &Table<'_>, profile: &Profile) -> Option<(Xml, Shape)> {
    let mut namespaces: Vec<(String, String)> = table
        .entries("namespaces")
        .iter()
        .filter_map(|(prefix, name)| Some((prefix.text()?.to_owned(), name.text()?.to_owned())))
        .collect();
    let soap = table.one_of("soap", &Soap::NAMES);
    if let Some(soap) = soap {
        namespaces.insert(0, ("soap".to_owned(), soap.namespace().to_owned()));
    }
    let mut keys = Keys { namespaces: &namespaces, outer: Vec::new() };
    let record = table.required("record").and_then(|it| keys.path(table, it));
    let (part, shape) = keys.part(table, true);
    let record = record?;
    let rooted = record.steps.iter().take(2).map(|it| it.name.local.as_str());
    if record.attribute.is_some() || record.up > 0 || record.steps.is_empty() {
        table.error("L16", "`record` leads from the root to elements");
    }
    if soap.is_some() && !rooted.eq(["Envelope", "Body"]) {
        table.error("L16", "with `soap`, `record` begins with /soap:Envelope/soap:Body/");
    }
    let through = |it: &Path| it.absolute && it.steps.starts_with(&record.steps);
    if keys.outer.iter().any(through) {
        table.error("L16", "what is in a record has a path that begins at the record");
    }
    let outer = std::mem::take(&mut keys.outer);
    let template = Template::new(&record, &part, &outer, &namespaces);
    let xml = Xml {
        record,
        part,
        outer,
        encodings: encodings(table),
        keep_mixed: table.one_of("mixed", &[("refuse", false), ("keep", true)]).unwrap_or(false),
        soap,
        writing: Writing {
            template,
            declared: declared(table, profile),
            namespaces,
            indent: indent(table),
            line_end: table.one_of("line_end", &[("lf", "\n"), ("crlf", "\r\n")]).unwrap_or("\n"),
            references: table.bool("character_references").unwrap_or(false),
        },
    };
    Some((xml, shape))
}

/// `encodings: [cp932, euc-jp, utf-16]`.
fn encodings(table: &Table<'_>) -> Vec<Charset> {
    let mut found = Vec::new();
    for node in table.list("encodings") {
        let name = node.text().unwrap_or_default();
        match Charset::from_name(name) {
            Some(_) if name.eq_ignore_ascii_case("utf-16") => {
                found.extend([Charset::Utf16Le, Charset::Utf16Be]);
            }
            Some(charset) => found.push(charset),
            None => {
                let fault =
                    table.faults().new_error("L01", node, format!("no character set `{name}`"));
                let names = Charset::ALL.map(Charset::name).join(", ");
                table.faults().push(fault.expected(format!("one of {names}, utf-16")));
            }
        }
    }
    found
}

/// `declaration: none`, or the name that it gives to the character set.
fn declared(table: &Table<'_>, profile: &Profile) -> Option<String> {
    match table.text("declaration") {
        None => Some(encoding::name_of(profile.charset).to_owned()),
        Some("none") => None,
        Some(name) => {
            if !encoding::is_called(profile.charset, name) {
                let message = format!("`{name}` is not what {} is called", profile.charset);
                table.error("L01", message);
            }
            Some(name.to_owned())
        }
    }
}

/// `indent: none` or a count of spaces.
fn indent(table: &Table<'_>) -> Option<usize> {
    if table.text("indent").is_none_or(|it| it == "none") {
        return None;
    }
    let spaces = table.number("indent", "a count of spaces, or none").unwrap_or(0);
    if spaces > INDENT_MAX {
        table.error("L07", format!("`indent` is {spaces}; it can be 0 to {INDENT_MAX}"));
    }
    Some(spaces)
}

struct Keys<'k> {
    namespaces: &'k [(String, String)],
    outer: Vec<Path>,
}

// === impl Keys ===

impl Keys<'_> {
    fn part(&mut self, table: &Table<'_>, is_record: bool) -> (Part, Shape) {
        let (mut part, mut shape) = (Part::default(), Shape::default());
        let mut position = Position::default();
        // Where groups are to be written among the columns.
        let mut placed: Vec<(&Node, usize)> = Vec::new();
        for node in table.list("columns") {
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
            let slot = (!name.is_empty()).then_some(shape.fields.len());
            shape.fields.extend(slot.map(|_| column.field.clone()));
            let from = if path.is_outer() {
                self.outer.push(path);
                Origin::Outer(self.outer.len() - 1)
            } else {
                Origin::Here(path)
            };
            part.order.push(Item::Field(part.columns.len()));
            part.columns.push(Field { column, from, slot });
        }
        self.groups(table, &mut part, &mut shape);
        order(table, &mut part, &shape, &placed);
        if table.list("columns").is_empty() && table.list("groups").is_empty() {
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
            let (inner, inner_shape) = self.part(&group, false);
            if shape.group(&name).is_some() || shape.field(&name).is_some() {
                group.error("L03", format!("`{name}` is the name of something else too"));
            }
            shape.groups.push(GroupShape { name, shape: inner_shape, min, max });
            part.groups.extend(each.map(|it| (it, inner)));
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
