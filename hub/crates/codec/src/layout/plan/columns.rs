//! The columns of a record, one by one: areas of fixed records repeat, or lie
//! over the bytes of others.

use crate::{
    layout::{
        model::{Column, Condition, Test},
        parse::{ColumnText, Position, Word},
    },
    yaml::{Node, Table},
};

/// Columns of a record; areas make many.
const COLUMNS_MAX: usize = 5_000;

const OCCURS_MAX: usize = 1_000;

/// What was read so far.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) columns: Vec<Column>,
    pub(super) nodes: Vec<&'a Node>,
    position: Position,
}

/// What an area says of the columns in it.
#[derive(Clone, Default)]
struct Within {
    suffix: String,
    conditions: Vec<Condition>,
    overlay: bool,
}

impl<'a> Columns<'a> {
    /// Reads all elements of `columns`.
    pub(super) fn read(table: &Table<'a>, word: Word) -> Option<Self> {
        let mut columns = Self::default();
        for node in table.list("columns") {
            columns.add(table, node, word, &Within::default())?;
        }
        if columns.columns.is_empty() {
            table.error("L08", "a record without columns");
            return None;
        }
        Some(columns)
    }

    fn add(
        &mut self,
        table: &Table<'a>,
        node: &'a Node,
        word: Word,
        within: &Within,
    ) -> Option<()> {
        let is_area = |map: &[(Node, Node)]| map.iter().any(|it| it.0.text() == Some("columns"));
        if word == Word::Fixed && node.map().is_some_and(is_area) {
            return self.area(Table::open(table.faults(), node, "an area")?, word, within);
        }
        let (node, mut column): ColumnText<'_> =
            Column::read(table, node, word, &mut self.position)?;
        if !column.field.name.is_empty() {
            column.field.name.push_str(&within.suffix);
            let name = &column.field.name;
            if self.columns.iter().any(|it| it.field.name == *name) {
                table.faults().error("L03", node, format!("two columns are called `{name}`"));
            }
            self.position.names.push((name.clone(), self.columns.len()));
        }
        column.overlay |= within.overlay;
        column.conditions.extend(within.conditions.iter().cloned());
        self.columns.push(column);
        self.nodes.push(node);
        Some(())
    }

    /// `{ occurs, depending_on, overlay, start, when, columns }`.
    fn area(&mut self, area: Table<'a>, word: Word, within: &Within) -> Option<()> {
        let occurs = area.number("occurs", "a count, from 1").unwrap_or(1);
        if !(1..=OCCURS_MAX).contains(&occurs) {
            area.error("L06", format!("`occurs` is {occurs}; it can be 1 to {OCCURS_MAX}"));
            return None;
        }
        let counter = area.node("depending_on").and_then(|node| {
            let index = self.position.find(&area, node)?;
            self.columns.get_mut(index)?.count_max = Some(occurs);
            Some(index)
        });
        let mut within = within.clone();
        within.conditions.extend(Condition::read(&area, &self.position));
        let behind = self.position.at;
        let start = area.number::<usize>("start", "a byte's number, from 1");
        if area.bool("overlay").unwrap_or(false) {
            within.overlay = true;
            self.position.at = start.unwrap_or(1).saturating_sub(1);
        }
        if start.map_or(within.overlay, |it| it != self.position.at.saturating_add(1)) {
            let message = "what lies over other columns needs a `start`, and nothing else";
            area.error("L06", message);
        }
        let suffix = within.suffix.clone();
        let conditions = within.conditions.clone();
        for number in 1..=occurs {
            if occurs > 1 {
                within.suffix = format!("{suffix}_{number}");
            }
            within.conditions.clone_from(&conditions);
            let least = u64::try_from(number).unwrap_or(u64::MAX);
            let counted = counter.map(|column| Condition { column, test: Test::AtLeast(least) });
            within.conditions.extend(counted);
            for node in area.list("columns") {
                self.add(&area, node, word, &within)?;
            }
            if self.columns.len() > COLUMNS_MAX {
                area.error("L06", format!("more than {COLUMNS_MAX} columns"));
                return None;
            }
            // The repetitions have the same faults as the first.
            if !area.faults().is_empty() {
                break;
            }
        }
        if within.overlay {
            self.position.at = behind;
        }
        area.finish();
        Some(())
    }
}

impl Condition {
    /// `when: { column, is }` or `{ column, at_least }`, or a list of them.
    pub(in crate::layout) fn read(table: &Table<'_>, position: &Position) -> Vec<Self> {
        let Some(node) = table.node("when") else { return Vec::new() };
        let one = |node| {
            let table = Table::open(table.faults(), node, "a condition")?;
            let column = table.required("column").and_then(|it| position.find(&table, it));
            let texts = match table.node("is") {
                Some(node) if node.seq().is_some() => table.texts("is"),
                Some(_) => table.text("is").into_iter().collect(),
                None => Vec::new(),
            };
            let least = table.number("at_least", "a whole number");
            let test = match (texts.is_empty(), least) {
                (true, Some(least)) => Test::AtLeast(least),
                (_, least) => {
                    if texts.is_empty() || least.is_some() {
                        table.error("L18", "a condition needs either `is` or `at_least`");
                    }
                    Test::Is(texts.into_iter().map(str::to_owned).collect())
                }
            };
            table.finish();
            Some(Self { column: column?, test })
        };
        match node.seq() {
            Some(nodes) => nodes.iter().filter_map(one).collect(),
            None => one(node).into_iter().collect(),
        }
    }
}
