//! Which kind a document is, of those that its layout knows, and what holds for all of
//! its records.

use canon::entry::RecordFault;

use super::{
    Kind, Part, Xml,
    path::{Name, Path, Step},
    tree::Tree,
};
use crate::{
    layout::{LayoutFault, arena::Arena, cell},
    rows::{Row, RowFault, Rows, Shape},
};

// === impl Xml ===

impl Xml {
    /// The kind of a document that came: the one whose records could stand in it.
    pub(super) fn kind_of_document(
        &self,
        tree: &Tree,
        arena: &Arena,
    ) -> Result<&Kind, LayoutFault> {
        if let Some(soap) = self.soap {
            let first = |it: &Path| it.steps.get(2).map(|it| it.name.clone());
            let known: Vec<_> =
                self.kinds.iter().flat_map(|it| &it.outer).filter_map(first).collect();
            soap.check((tree, arena), |name| known.contains(name))?;
        }
        let rooted = self.kinds.iter().filter_map(|it| it.record.steps.first());
        let root = tree.root().unwrap_or_default();
        if !rooted.clone().any(|it| it.fits((tree, arena), root)) {
            let expected = rooted.map(|it| shown(&it.name)).next();
            let message = "another kind of document";
            return Err(LayoutFault::new("wrong-document", tree.element(root).offset, message)
                .found(tree.name(root).map(shown).unwrap_or_default())
                .expected(expected.unwrap_or_default()));
        }
        let mut fitting = self.kinds.iter().filter(|it| it.is_in(tree, arena));
        match (fitting.next(), fitting.next()) {
            (Some(kind), None) => Ok(kind),
            (Some(a), Some(b)) => {
                let message = "a document is of one kind, and this one is of two";
                Err(LayoutFault::new("wrong-document", 0, message)
                    .found(format!("{} and {}", a.around(), b.around()))
                    .expected("one of them"))
            }
            (None, _) => {
                let message = "another kind of document: what holds the records is not there";
                let known: Vec<String> = self.kinds.iter().map(Kind::around).collect();
                Err(LayoutFault::new("wrong-document", 0, message).expected(known.join(" or ")))
            }
        }
    }

    /// The kind of the document that rows are to be written as.
    pub(super) fn kind_of_rows(&self, rows: &Rows) -> Result<&Kind, Vec<RowFault>> {
        if let [kind] = self.kinds.as_slice() {
            return Ok(kind);
        }
        let told = |row: &Row| rows.cell(row, 0).to_owned();
        let first = rows.rows.first().map(told).unwrap_or_default();
        let other = rows.rows.iter().find(|it| told(it) != first);
        let known: Vec<&str> = self.kinds.iter().map(|it| it.name.as_str()).collect();
        let kind = self.kinds.iter().find(|it| it.name == first);
        match kind.filter(|_| other.is_none()) {
            Some(kind) => Ok(kind),
            None => {
                let row = other.or(rows.rows.first());
                let expected = match kind {
                    Some(kind) => format!("{}, as the first record: a document has one", kind.name),
                    None => format!("one of {}", known.join(", ")),
                };
                let fault = RecordFault {
                    field: "kind of document".to_owned(),
                    offset: None,
                    found: cell::found(&row.map(told).unwrap_or_default(), false),
                    expected,
                    needed_by: None,
                    shows: None,
                };
                let (number, offset, length) =
                    row.map_or((0, 0, 0), |it| (it.number, it.offset, it.length));
                Err(vec![RowFault { number, offset, length, faults: vec![fault] }])
            }
        }
    }
}

/// A name and its namespace.
pub(super) fn shown(name: &Name) -> String {
    match name.namespace.as_str() {
        "" => cell::found(&name.local, false),
        space => format!("{} of {}", cell::found(&name.local, false), cell::found(space, false)),
    }
}

// === impl Kind ===

impl Kind {
    /// What its records stand in.
    pub(super) fn holder(&self) -> &[Step] {
        self.record.steps.split_last().map_or(&[], |(_, it)| it)
    }

    /// Whether what its records stand in is there: no records are an empty list of
    /// them, and not a message of another kind.
    fn is_in(&self, tree: &Tree, arena: &Arena) -> bool {
        let holder = self.holder();
        let steps = if holder.is_empty() { &self.record.steps } else { holder };
        let path = Path { absolute: true, steps: steps.to_vec(), ..Path::default() };
        !path.all((tree, arena), None).is_empty()
    }

    /// The path of what its records stand in.
    fn around(&self) -> String {
        let names: Vec<&str> = self.holder().iter().map(|it| it.name.local.as_str()).collect();
        format!("/{}", names.join("/"))
    }

    /// The counts of records that the document states are true.
    pub(super) fn check_counts(
        &self,
        (tree, arena): (&Tree, &Arena),
        records: usize,
    ) -> Result<(), LayoutFault> {
        for field in self.part.columns.iter().filter(|it| it.counts) {
            let Some(path) = field.path(self) else { continue };
            for element in path.all((tree, arena), None) {
                let range = match &path.attribute {
                    None => Some(tree.element(element).text),
                    Some(name) => tree.attribute(element, name),
                };
                let Some((start, end)) = range else { continue };
                let stated = arena.text(start, end).trim_matches(super::is_space);
                // An empty element states nothing.
                if stated.is_empty() || stated.parse() == Ok(records) {
                    continue;
                }
                let place = tree.place_of(element, "");
                let message = format!("the document says another count of records (in {place})");
                return Err(LayoutFault::new("count", tree.element(element).offset, message)
                    .found(cell::found(stated, false))
                    .expected(format!("{records}, as there are")));
            }
        }
        Ok(())
    }
}

/// Groups that repeat too often or not often enough: name, found, expected.
pub(super) fn too_many(shape: &Shape, part: &Part, row: &Row) -> Vec<(String, String, String)> {
    let (mut todo, mut found) = (vec![(shape, part, row)], Vec::new());
    while let Some((shape, part, row)) = todo.pop() {
        for group in &part.groups {
            let Some((of, rows)) = shape.groups.get(group.slot).zip(row.groups.get(group.slot))
            else {
                continue;
            };
            todo.extend(rows.iter().map(|it| (&of.shape, &group.part, it)));
            let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            if count >= group.min && group.max.is_none_or(|max| count <= max) {
                continue;
            }
            let max = group.max.map_or(String::new(), |max| format!(" and at most {max}"));
            let expected = format!("at least {}{max}", group.min);
            found.push((of.name.clone(), format!("{count} of them"), expected));
        }
    }
    found
}
