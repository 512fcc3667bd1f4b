//! The keys of an EDI layout.

use std::{collections::BTreeMap, sync::Arc};

use ::edi::{
    Charset, Dialect,
    ack::Form,
    definition::{self, Definition, Kind, Loop},
    message::Options,
};

use super::{
    Column, Edi, Given, Group, Part, Place, Reused, Value, inner,
    path::{self, Element, Step},
};
use crate::{
    layout::parse::date,
    rows::{FieldShape, GroupShape, Shape},
    yaml::{Node, Table},
};

/// Digits behind the point of a number whose definition does not say how many.
const SCALE_DEFAULT: u32 = 6;
const CHARSETS: [(&str, Charset); 3] =
    [("ascii", Charset::Ascii), ("iso-8859-1", Charset::Latin1), ("utf-8", Charset::Utf8)];
/// Segments that stand around messages.
const ENVELOPE: [&str; 6] = ["ISA", "GS", "ST", "UNB", "UNG", "UNH"];

/// What the reading of a layout needs to know.
struct Reader<'r> {
    dialect: Dialect,
    definition: &'r Definition,
}

/// Reads `message`, `release`, `columns` and `groups` and what goes with them.
pub(in crate::layout) fn edi(table: &Table<'_>, dialect: Dialect) -> Option<(Edi, Shape)> {
    let definitions = definitions(table, dialect);
    let charset = table.one_of("charset", &CHARSETS);
    let unknown_codes_noted =
        table.one_of("unknown_codes", &[("note", true), ("refuse", false)]).unwrap_or(true);
    let read_in = charset.filter(|_| dialect == Dialect::X12);
    let options = Options { unknown_codes_noted, codes: codes(table), charset: read_in };
    let charset = charset.unwrap_or(match dialect {
        Dialect::X12 => Charset::Ascii,
        Dialect::Edifact => Charset::Latin1,
    });
    let ignored = table.texts("ignore").into_iter().map(str::to_owned).collect();
    let forms = [("997", Form::X997), ("999", Form::X999)];
    let form = table.one_of("acknowledgement", &forms).unwrap_or_default();
    let words = [("hold", Reused::Held), ("refuse", Reused::Refused), ("take", Reused::Taken)];
    let reused = table.one_of("reused_control", &words).unwrap_or_default();
    let breaks = [("none", ""), ("crlf", "\r\n"), ("lf", "\n")];
    let line_break = table.one_of("line_break", &breaks).unwrap_or("");
    let first = Arc::clone(definitions.first()?);
    let reader = Reader { dialect, definition: &first };
    let (part, shape) = reader.part(table, &[&first.root]);
    let edi =
        Edi { dialect, definitions, options, charset, ignored, form, reused, part, line_break };
    Some((edi, shape))
}

/// `release: "004010"`, or a list of those that may come.
fn definitions(table: &Table<'_>, dialect: Dialect) -> Vec<Arc<Definition>> {
    let kind = table.required("message");
    let Some(releases) = table.required("release") else { return Vec::new() };
    let Some((kind, at)) = kind.and_then(|it| Some((it.text()?, it))) else { return Vec::new() };
    let kinds = definition::kinds(dialect);
    if !kinds.contains(&kind) {
        let fault = table.faults().new_error("L19", at, format!("no message `{kind}`"));
        table.faults().push(fault.expected(format!("one of {}", kinds.join(", "))));
        return Vec::new();
    }
    let one = std::slice::from_ref(releases);
    let mut found = Vec::new();
    for node in releases.seq().unwrap_or(one) {
        let release = node.text().unwrap_or_default();
        match definition::find(dialect, kind, release) {
            Some(it) => {
                let mut named = Definition::clone(&it);
                release.clone_into(&mut named.release);
                found.push(Arc::new(named));
            }
            None => {
                let expected = match dialect {
                    Dialect::X12 => "a release from 004010 on",
                    Dialect::Edifact => "D.96A or D.01B",
                };
                let fault =
                    table.faults().new_error("L19", node, format!("no release `{release}`"));
                table.faults().push(fault.expected(expected));
            }
        }
    }
    found
}

/// `codes: { "355": [XX] }`: codes beside those of the directory.
fn codes(table: &Table<'_>) -> BTreeMap<String, Vec<String>> {
    let texts = |node: &Node| {
        node.seq().unwrap_or_default().iter().filter_map(Node::text).map(str::to_owned).collect()
    };
    let entries = table.entries("codes").iter();
    entries.filter_map(|(id, list)| Some((id.text()?.to_owned(), texts(list)))).collect()
}

/// A group as `count` and `sum` name it.
struct Counted<'t> {
    name: Option<&'t str>,
    /// Of those columns that are fields, in their order.
    fields: Vec<&'t str>,
}

// === impl Counted ===

impl<'t> Counted<'t> {
    fn of(group: &Table<'t>) -> Self {
        let columns = group.list("columns").iter().filter_map(Node::map);
        let text = |column: &'t [(Node, Node)], key: &str| {
            let found = column.iter().find(|(name, _)| name.text() == Some(key));
            found.and_then(|(_, value)| value.text())
        };
        let given = |column: &'t [(Node, Node)]| {
            ["value", "count", "sum"].iter().any(|key| text(column, key).is_some())
        };
        let fields = columns.filter(|it| !given(it)).filter_map(|it| text(it, "name")).collect();
        Self { name: group.text("name"), fields }
    }

    /// `lines`, or `lines.quantity` with the index of its field.
    fn find(groups: &[Self], named: &str) -> Option<(usize, Option<usize>)> {
        let (name, field) = named.split_once('.').map_or((named, None), |(a, b)| (a, Some(b)));
        let index = groups.iter().position(|it| it.name == Some(name))?;
        let Some(field) = field else { return Some((index, None)) };
        let at = groups.get(index)?.fields.iter().position(|it| *it == field)?;
        Some((index, Some(at)))
    }
}

// === impl Reader ===

impl Reader<'_> {
    /// Reads `columns` and `groups`; `loops` are those that are open, from the
    /// message to the one that the part stands in.
    fn part(&self, table: &Table<'_>, loops: &[&Loop]) -> (Part, Shape) {
        let (mut part, mut shape) = (Part::default(), Shape::default());
        let groups = table.tables("groups", "a group");
        let names: Vec<Counted<'_>> = groups.iter().map(Counted::of).collect();
        for node in table.list("columns") {
            let Some(column) = Table::open(table.faults(), node, "a column") else { continue };
            let Some(mut column) = self.column(column, node, loops, &names) else { continue };
            if column.given == Given::Nothing {
                if shape.field(&column.field.name).is_some() {
                    let message = format!("two columns are called `{}`", column.field.name);
                    table.faults().error("L03", node, message);
                }
                column.slot = Some(shape.fields.len());
                shape.fields.push(column.field.clone());
            }
            part.columns.push(column);
        }
        for group in groups {
            let name = group.required_text("name").unwrap_or_default().to_owned();
            let each = group.required("each");
            let min = group.number("min", "a count of rows").unwrap_or(0);
            let max = group.number("max", "a count of rows");
            if shape.group(&name).is_some() || shape.field(&name).is_some() {
                group.error("L03", format!("`{name}` is the name of something else too"));
            }
            if let Some((steps, inside)) = each.and_then(|it| self.each(&group, it, loops)) {
                let (inner, inner_shape) = self.part(&group, &inside);
                shape.groups.push(GroupShape { name, shape: inner_shape, min, max });
                part.groups.push(Group { steps, part: inner });
            } else {
                // Not read without a place to read them in; known all the same.
                let _known = (group.node("columns"), group.node("groups"));
            }
            group.finish();
        }
        if part.columns.is_empty() && part.groups.is_empty() {
            table.error("L08", "nothing is read here: neither `columns` nor `groups`");
        }
        (part, shape)
    }

    /// The steps of a group, and the loops that are open in it.
    fn each<'l>(
        &'l self,
        table: &Table<'_>,
        node: &Node,
        loops: &[&'l Loop],
    ) -> Option<(Vec<Step>, Vec<&'l Loop>)> {
        let text = node.text().unwrap_or_default();
        let (steps, element) = self.path(table, node, text)?;
        if element.is_some() {
            table.faults().error(
                "L16",
                node,
                "`each` leads to a loop or segment, not to an element",
            );
            return None;
        }
        let mut inside = loops.to_vec();
        for (index, step) in steps.iter().enumerate() {
            let here = *inside.last()?;
            match inner(here, step) {
                Some(next) => inside.push(next),
                // A segment that repeats: what is in it is the segment alone.
                None if here.holds(&step.tag) && index + 1 == steps.len() => {}
                None => {
                    self.lost(table, node, here, &step.tag);
                    return None;
                }
            }
        }
        Some((steps, inside))
    }

    fn column(
        &self,
        table: Table<'_>,
        node: &Node,
        loops: &[&Loop],
        groups: &[Counted<'_>],
    ) -> Option<Column> {
        let constant = table.text("value").map(str::to_owned);
        let (count, sum) = (table.text("count"), table.text("sum"));
        let counted = count.or(sum).map(|named| (named, Counted::find(groups, named)));
        let given = match (constant, counted) {
            (Some(text), _) => Given::Constant(text),
            (None, Some((_, Some((group, field))))) if field.is_some() == count.is_none() => {
                field.map_or(Given::Count(group), |field| Given::Sum { group, field })
            }
            (None, Some((named, _))) => {
                let what = if count.is_some() { "group" } else { "column of a group" };
                table.error("L04", format!("no {what} `{named}` to count"));
                Given::Nothing
            }
            (None, None) => Given::Nothing,
        };
        let name = match given {
            Given::Nothing => table.required_text("name").unwrap_or_default(),
            _ => table.text("name").unwrap_or_default(),
        };
        let text = table.text("path").unwrap_or(name);
        let at = self.place(&table, node, text, loops);
        let part = at.as_ref().and_then(|it| self.part_of(it));
        let value = value(&table, part.map(|it| it.kind));
        let chars = part.filter(|_| value == Value::Text).map(|it| it.max);
        let field = FieldShape {
            name: name.to_owned(),
            kind: value.kind(),
            required: table.bool("required").unwrap_or(false),
            chars_max: table.number("chars_max", "a count of characters").or(chars),
            personal: table.bool("personal").unwrap_or(false),
            one_of: table.texts("one_of").into_iter().map(str::to_owned).collect(),
        };
        table.finish();
        Some(Column { field, slot: None, at: at?, value, given })
    }

    /// Where a column stands; a fault if the message has no such element.
    fn place(&self, table: &Table<'_>, node: &Node, text: &str, loops: &[&Loop]) -> Option<Place> {
        let (steps, element) = self.path(table, node, text)?;
        let Some(element) = element else {
            let fault =
                table.faults().new_error("L16", node, format!("`{text}` leads to no element"));
            table.faults().push(fault.expected("an element at its end, such as BEG03 or BGM.2.1"));
            return None;
        };
        let envelope =
            steps.len() == 1 && steps.iter().all(|it| ENVELOPE.contains(&it.tag.as_str()));
        let at = Place { text: text.to_owned(), envelope, steps, element };
        if at.envelope {
            if loops.len() > 1 {
                table.faults().error(
                    "L16",
                    node,
                    "envelopes stand around the record, not in a group",
                );
                return None;
            }
            return Some(at);
        }
        let mut here = *loops.last()?;
        for (index, step) in at.steps.iter().enumerate() {
            let last = index + 1 == at.steps.len();
            // In a loop its own first segment is meant, not one of a loop within.
            if last && here.holds(&step.tag) {
                break;
            }
            match inner(here, step) {
                Some(next) => here = next,
                None => {
                    self.lost(table, node, here, &step.tag);
                    return None;
                }
            }
        }
        if self.part_of(&at).is_none() {
            let fault = table.faults().new_error("L16", node, format!("`{text}`: no such element"));
            table.faults().push(fault.expected("a number of an element that the segment has"));
            return None;
        }
        Some(at)
    }

    fn path(&self, table: &Table<'_>, node: &Node, text: &str) -> Option<path::Parsed> {
        match path::parse(self.dialect, text) {
            Ok(parsed) => Some(parsed),
            Err(why) => {
                let fault = table.faults().new_error("L16", node, why);
                table
                    .faults()
                    .push(fault.expected("a path such as N1[01=ST]/N301 or QTY[1.1=21].1.2"));
                None
            }
        }
    }

    /// What the directory says of the element at the end of a path.
    fn part_of(&self, at: &Place) -> Option<&definition::PartDef> {
        let step = at.steps.last()?;
        let segment = self.definition.segment(&step.tag)?;
        let (element, component) = match at.element {
            Element::At(element, component) => (element, component),
            Element::Found(_) => at.element.beside(self.dialect, step.only.as_ref()?.element)?,
        };
        segment.part(element, component)
    }

    fn lost(&self, table: &Table<'_>, node: &Node, here: &Loop, tag: &str) {
        let message = format!("there is no `{tag}` here in a {}", self.definition.kind);
        let known: Vec<&str> = here.items.iter().map(definition::Item::tag).collect();
        let fault = table.faults().new_error("L16", node, message);
        table.faults().push(fault.expected(format!("one of {}", known.join(", "))));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Integer,
    Decimal,
    Date,
}

/// The type that the layout says, or that of the directory.
fn value(table: &Table<'_>, kind: Option<Kind>) -> Value {
    let types = [
        ("text", Type::Text),
        ("integer", Type::Integer),
        ("decimal", Type::Decimal),
        ("date", Type::Date),
    ];
    let said = table.one_of("type", &types);
    let scale: Option<u32> = table.number("scale", "digits after the point, 1 to 9");
    if scale.is_some_and(|it| !(1..=9).contains(&it)) {
        table.error("L02", "`scale` is not 1 to 9");
    }
    let implied = match kind {
        Some(Kind::Implied(digits)) => Some(digits),
        _ => None,
    };
    match (said, implied) {
        (Some(Type::Text), _) => Value::Text,
        (Some(Type::Date), _) => match table.required("format") {
            Some(node) => Value::Date(date(table, node)),
            None => Value::Text,
        },
        (_, Some(digits)) => Value::Implied(digits),
        (Some(Type::Integer), None) => Value::Decimal(0),
        (Some(Type::Decimal), None) => Value::Decimal(scale.unwrap_or(SCALE_DEFAULT)),
        (None, None) if kind == Some(Kind::Decimal) => {
            Value::Decimal(scale.unwrap_or(SCALE_DEFAULT))
        }
        (None, None) => Value::Text,
    }
}
