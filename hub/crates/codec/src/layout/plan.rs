//! Which kinds of records a layout has, how they make one record, and where
//! each column goes in it.

mod columns;
mod tail;

use super::{
    model::{CellFormat, Check, Column, Fixed, Format, Framing, Kind, Role, Rule, Sequence, Slot},
    parse::Word,
};
use crate::{
    diagnostic::nearest,
    rows::{FieldShape, GroupShape, Shape},
    yaml::{Node, Table},
};
use columns::Columns;

/// A kind under construction, with where it stands in the file.
struct Draft<'t, 'a> {
    table: &'t Table<'a>,
    kind: Kind,
    columns: Vec<&'a Node>,
    /// Names of the columns that make the rows of a keyed record's group.
    lines: Vec<usize>,
    group: GroupLimits,
}

#[derive(Clone, Debug, Default)]
struct GroupLimits {
    name: String,
    min: u32,
    max: Option<u32>,
}

/// A kind's name, and its columns' with whether they are numbers.
type KindNames = (String, Vec<(String, bool)>);

/// The roles as written.
const ROLES: [(&str, Role); 7] = [
    ("record", Role::Record),
    ("header", Role::Header),
    ("detail", Role::Detail { group: 0 }),
    ("footer", Role::Footer),
    ("file", Role::File),
    ("trailer", Role::Trailer),
    ("ignored", Role::Ignored),
];

/// Reads `columns` or `records`, and works out the shape of a record.
pub(super) fn kinds(table: &Table<'_>, format: &Format, word: Word) -> Option<(Vec<Kind>, Shape)> {
    let single = table.node("columns").is_some();
    let nested = table.tables("records", "a record");
    if single != nested.is_empty() {
        table.error("L08", "this layout needs either `columns` or `records`");
        return None;
    }
    let mut drafts: Vec<Draft<'_, '_>> = if single {
        Draft::single(table, word).into_iter().collect()
    } else {
        nested.iter().filter_map(|it| Draft::read(it, word)).collect()
    };
    let shape = shape(&mut drafts);
    let names: Vec<KindNames> = drafts.iter().map(Draft::names).collect();
    for draft in &mut drafts {
        draft.checks(&names);
    }
    order(table, format, &drafts);
    let mut kinds: Vec<Kind> = drafts.into_iter().map(|it| it.kind).collect();
    for kind in &mut kinds {
        settle(format, kind);
        kind.overlaid = kind.columns.iter().any(|it| it.overlay || !it.conditions.is_empty());
        kind.straight = kind.role == Role::Record
            && kind.columns.len() == shape.fields.len()
            && kind.columns.iter().enumerate().all(|(at, it)| it.slot == Slot::Head(at));
    }
    nested.into_iter().for_each(Table::finish);
    Some((kinds, shape))
}

fn kind(name: &str, role: Role, columns: Vec<Column>) -> Kind {
    let required = matches!(role, Role::File | Role::Footer | Role::Trailer);
    Kind {
        name: name.to_owned(),
        role,
        codes: Vec::new(),
        columns,
        checks: Vec::new(),
        required,
        straight: false,
        overlaid: false,
        bytes: 0,
        tail: None,
        sequence: None,
    }
}

// === impl Draft ===

impl<'t, 'a> Draft<'t, 'a> {
    fn new(table: &'t Table<'a>, kind: Kind, columns: Vec<&'a Node>) -> Self {
        Self { table, kind, columns, lines: Vec::new(), group: GroupLimits::default() }
    }

    /// The only kind of a layout that has `columns` itself.
    fn single(table: &'t Table<'a>, word: Word) -> Option<Self> {
        let Columns { columns, nodes, .. } = Columns::read(table, word)?;
        let mut draft = Self::new(table, kind("row", Role::Record, columns), nodes);
        draft.keyed();
        draft.length(word);
        Some(draft)
    }

    fn read(table: &'t Table<'a>, word: Word) -> Option<Self> {
        let name = table.required_text("name")?;
        let role = table.one_of("role", &ROLES).unwrap_or(Role::Record);
        let ignored = role == Role::Ignored && table.node("columns").is_none();
        let Columns { columns, nodes, .. } =
            if ignored { Columns::default() } else { Columns::read(table, word)? };
        let mut kind = kind(name, role, columns);
        kind.codes = match table.node("code") {
            Some(node) if node.seq().is_some() => table.texts("code"),
            Some(_) => table.text("code").into_iter().collect(),
            None => Vec::new(),
        }
        .into_iter()
        .map(str::to_owned)
        .collect();
        kind.required = table.bool("required").unwrap_or(kind.required);
        let mut draft = Self::new(table, kind, nodes);
        draft.length(word);
        match draft.kind.role {
            Role::Record => draft.keyed(),
            Role::Detail { .. } => {
                draft.group.name = draft.kind.name.clone();
                draft.limits_from_table();
            }
            Role::Keyed { .. }
            | Role::Header
            | Role::Footer
            | Role::File
            | Role::Trailer
            | Role::Ignored => {}
        }
        Some(draft)
    }

    fn limits_from_table(&mut self) {
        self.group.min = self.table.number("min", "a count of rows").unwrap_or(0);
        self.group.max = self.table.number("max", "a count of rows");
    }

    /// `group: { name, key, columns }`: rows that repeat a key are one record.
    fn keyed(&mut self) {
        let Some(group) = self.table.table("group", "a group") else { return };
        let name = group.required_text("name").unwrap_or_default().to_owned();
        let _required = (group.required("key"), group.required("columns"));
        let key = self.indexes(group.list("key"));
        self.lines = self.indexes(group.list("columns"));
        if let Some(both) = self.lines.iter().find(|it| key.contains(it))
            && let Some(node) = self.columns.get(*both)
        {
            group.faults().error("L04", node, "a column of the key cannot be in the group too");
        }
        self.group = GroupLimits {
            name,
            min: group.number("min", "a count of rows").unwrap_or(0),
            max: group.number("max", "a count of rows"),
        };
        self.kind.role = Role::Keyed { key, group: 0 };
        group.finish();
    }

    /// The indexes of columns named in the file.
    fn indexes(&self, names: &[Node]) -> Vec<usize> {
        let found = names.iter().filter_map(|node| {
            let name = node.text().unwrap_or_default();
            let index = self.kind.column(name);
            if index.is_none() {
                let known = self.kind.columns.iter().map(|it| it.field.name.as_str());
                unknown(self.table, node, ("column", name), known);
            }
            index
        });
        found.collect()
    }

    fn names(&self) -> KindNames {
        let number = |it: &Column| matches!(it.cell, CellFormat::Number(_));
        let columns = self.kind.columns.iter().map(|it| (it.field.name.clone(), number(it)));
        (self.kind.name.clone(), columns.collect())
    }

    /// `sequence: { column, within, start }`.
    fn sequence(&mut self) {
        let Some(table) = self.table.table("sequence", "a sequence") else { return };
        let node = table.required("column");
        let column = node.and_then(|it| self.indexes(std::slice::from_ref(it)).first().copied());
        let column = column.filter(|it| {
            let whole = |it: &Column| matches!(&it.cell, CellFormat::Number(it) if it.scale == 0);
            let is = self.kind.columns.get(*it).is_some_and(whole);
            if !is {
                table.error("L18", "numbers of a sequence are whole numbers");
            }
            is
        });
        let words = [("input", false), ("record", true)];
        let restarts = table.one_of("within", &words).unwrap_or(false);
        let start = table.number("start", "the first number");
        if restarts && !matches!(self.kind.role, Role::Detail { .. } | Role::Keyed { .. }) {
            table.error("L18", "only details and groups are numbered within a record");
        }
        self.kind.sequence = column.map(|column| Sequence { column, restarts, start });
        table.finish();
    }

    /// `checks`: what the columns of a header, footer or trailer must say.
    fn checks(&mut self, kinds: &[KindNames]) {
        let mut checks = Vec::new();
        for node in self.table.list("checks") {
            let Some(table) = Table::open(self.table.faults(), node, "a check") else { continue };
            let column = table.required("column").map(|it| self.indexes(std::slice::from_ref(it)));
            let rule = match (table.node("count"), table.node("sum")) {
                (Some(node), None) => count(&table, node, kinds),
                (None, Some(node)) => sum(&table, node, kinds),
                _ => {
                    table.error("L05", "a check needs either `count` or `sum`");
                    None
                }
            };
            let words = [("set_aside", false), ("refuse", true)];
            let strict = table.one_of("unreadable", &words);
            if strict.is_some() && !matches!(rule, None | Some(Rule::Sum { .. })) {
                table.error("L05", "`unreadable` says what becomes of a `sum`");
            }
            table.finish();
            let column = column.and_then(|it| it.first().copied());
            let strict = strict.unwrap_or(false);
            checks.extend(column.zip(rule).map(|(column, rule)| Check { column, rule, strict }));
        }
        let states =
            matches!(self.kind.role, Role::File | Role::Header | Role::Footer | Role::Trailer);
        if !checks.is_empty() && !states {
            self.table.error("L05", "only a file, header, footer or trailer can have `checks`");
        }
        self.kind.checks = checks;
        self.sequence();
    }
}

fn count(table: &Table<'_>, node: &Node, kinds: &[KindNames]) -> Option<Rule> {
    let name = node.text().unwrap_or_default();
    if name == "records" {
        return Some(Rule::CountRecords);
    }
    let kind = kinds.iter().position(|(it, _)| it == name);
    if kind.is_none() {
        let known = kinds.iter().map(|(it, _)| it.as_str()).chain(["records"]);
        unknown(table, node, ("record", name), known);
    }
    kind.map(|kind| Rule::Count { kind })
}

/// `sum: record.column`.
fn sum(table: &Table<'_>, node: &Node, kinds: &[KindNames]) -> Option<Rule> {
    let (name, column) = node.text().unwrap_or_default().split_once('.').unwrap_or_default();
    let Some(kind) = kinds.iter().position(|(it, _)| it == name) else {
        unknown(table, node, ("record", name), kinds.iter().map(|(it, _)| it.as_str()));
        return None;
    };
    let columns = kinds.get(kind).map(|(_, columns)| columns.as_slice()).unwrap_or_default();
    let found = columns.iter().position(|(it, number)| it == column && *number);
    if found.is_none() {
        let numbers = columns.iter().filter(|(_, number)| *number);
        unknown(table, node, ("column of numbers", column), numbers.map(|(it, _)| it.as_str()));
    }
    found.map(|column| Rule::Sum { kind, column })
}

fn unknown<'a>(
    table: &Table<'_>,
    node: &Node,
    (what, name): (&str, &str),
    known: impl Iterator<Item = &'a str>,
) {
    let known: Vec<&str> = known.filter(|it| !it.is_empty()).collect();
    let mut fault = table.faults().new_error("L04", node, format!("no {what} `{name}`"));
    fault.expected = Some(format!("one of {}", known.join(", ")));
    fault.help = nearest(name, known).map(|it| format!("did you mean `{it}`?"));
    table.faults().push(fault);
}

// === the shape of a record ===

/// Gives every column its slot: fields of the file, of the header and of the
/// footer make the record; details make its groups.
fn shape(drafts: &mut [Draft<'_, '_>]) -> Shape {
    let mut shape = Shape::default();
    for draft in drafts {
        let lines = std::mem::take(&mut draft.lines);
        let limits = &draft.group;
        let mut group = GroupShape {
            name: limits.name.clone(),
            shape: Shape::default(),
            min: limits.min,
            max: limits.max,
        };
        let table = draft.table;
        let sure = draft.kind.required || !matches!(draft.kind.role, Role::File | Role::Footer);
        let role = &mut draft.kind.role;
        for (index, column) in draft.kind.columns.iter_mut().enumerate() {
            let field = &column.field;
            let in_group = match role {
                Role::Trailer | Role::Ignored => continue,
                Role::Detail { .. } => true,
                Role::Keyed { .. } => lines.contains(&index),
                Role::Record | Role::Header | Role::Footer | Role::File => false,
            };
            if field.name.is_empty() {
                continue;
            }
            let fields = if in_group { &mut group.shape.fields } else { &mut shape.fields };
            add(table, fields, field);
            if let Some(field) = fields.last_mut() {
                // A field of a record that may be missing may be missing.
                field.required &= sure && column.conditions.is_empty();
            }
            let slot = fields.len().saturating_sub(1);
            column.slot = if in_group { Slot::Line(slot) } else { Slot::Head(slot) };
        }
        if let Role::Detail { group: at } | Role::Keyed { group: at, .. } = role {
            *at = shape.groups.len();
            if shape.groups.iter().any(|it| it.name == group.name) {
                table.error("L03", format!("two groups are called `{}`", group.name));
            }
            shape.groups.push(group);
        }
    }
    shape
}

fn add(table: &Table<'_>, fields: &mut Vec<FieldShape>, field: &FieldShape) {
    if fields.iter().any(|it| it.name == field.name) {
        let message = format!("a record would have two fields called `{}`", field.name);
        table.error("L03", message);
    }
    fields.push(field.clone());
}

// === what must hold between the kinds ===

fn order(table: &Table<'_>, format: &Format, drafts: &[Draft<'_, '_>]) {
    let has = |it: fn(&Role) -> bool| drafts.iter().filter(|draft| it(&draft.kind.role)).count();
    let headers = has(|role| matches!(role, Role::Header));
    let details = has(|role| matches!(role, Role::Detail { .. } | Role::Footer));
    let records = has(|role| matches!(role, Role::Record | Role::Keyed { .. }));
    if headers == 0 && details > 0 || headers > 1 {
        table.error("L09", "details and footers need one record with `role: header`");
    }
    if headers + records == 0 {
        table.error("L09", "no record has `role: record` or `role: header`");
    }
    if headers > 0 && records > 0 || records > 1 && has(|it| matches!(it, Role::Keyed { .. })) > 0 {
        table.error("L09", "a layout has either headers with details, or records");
    }
    if has(|role| matches!(role, Role::File)) > 1 || has(|role| matches!(role, Role::Trailer)) > 1 {
        table.error("L09", "a layout has at most one `file` and one `trailer`");
    }
    let typed = !matches!(format, Format::Fixed(fixed) if fixed.type_at.is_none());
    let open = drafts.iter().filter(|it| it.kind.codes.is_empty()).count();
    if drafts.len() > 1 && (open > 1 || !typed) {
        table.error("L10", "all records but one need a `code`, and fixed layouts a `type`");
    }
    for (index, draft) in drafts.iter().enumerate() {
        let before = drafts.iter().take(index).flat_map(|it| &it.kind.codes);
        for code in before.filter(|it| draft.kind.codes.contains(it)) {
            draft.table.error("L10", format!("two records have the code `{code}`"));
        }
        fits(format, draft);
    }
}

/// A column of the code that has no name has the code as its text.
fn settle(format: &Format, kind: &mut Kind) {
    let [code] = kind.codes.as_slice() else { return };
    let typed = kind.columns.iter_mut().enumerate().find(|(index, column)| match format {
        Format::Csv(csv) => csv.type_column == *index,
        Format::Fixed(fixed) => fixed.type_at == Some((column.start, column.bytes)),
        Format::Xlsx(xlsx) => xlsx.type_column == *index,
        Format::Xml(_) | Format::Edi(_) | Format::Form(_) => false,
    });
    if let Some((_, column)) = typed.filter(|(_, it)| it.field.name.is_empty()) {
        column.constant.get_or_insert_with(|| code.clone());
    }
}

/// The fields of a fixed record fill it; the code's column is there.
fn fits(format: &Format, draft: &Draft<'_, '_>) {
    let columns = &draft.kind.columns;
    match format {
        Format::Fixed(fixed) if !columns.is_empty() => tail::fits(fixed, draft),
        Format::Csv(csv) if !draft.kind.codes.is_empty() && !columns.is_empty() => {
            if csv.type_column >= columns.len() {
                draft.table.error("L07", "`type_column` is behind the last column");
            }
        }
        Format::Xlsx(xlsx) if !draft.kind.codes.is_empty() && !columns.is_empty() => {
            if xlsx.type_column >= columns.len() {
                draft.table.error("L07", "`type_column` is behind the last column");
            }
        }
        Format::Fixed(_)
        | Format::Csv(_)
        | Format::Xml(_)
        | Format::Xlsx(_)
        | Format::Edi(_)
        | Format::Form(_) => {}
    }
}
