//! Fills slots from rows of a layout: CSV, fixed width and what else becomes rows.

use codec::rows::{Cell, FieldKind, Row, Shape};

use super::{Doc, Slot, SlotKind, offset};
use crate::plan::trie::{FrameId, Trie, TrieId};

/// Which cell goes to which slot; made once from the trie and the shape.
#[derive(Debug, Default)]
pub(crate) struct RowPlan {
    frame: FrameId,
    cells: Vec<(usize, u16, bool)>,
    groups: Vec<(usize, u16, Option<RowPlan>)>,
}

impl RowPlan {
    pub(crate) fn new(trie: &Trie, shape: &Shape) -> Self {
        Self::of(trie, 0, shape)
    }

    fn of(trie: &Trie, node: TrieId, shape: &Shape) -> Self {
        let mut plan = Self { frame: trie.node(node).map_or(0, |it| it.frame), ..Self::default() };
        for child in trie.node(node).map_or(&[][..], |it| &it.children) {
            let Some(child) = trie.node(*child) else { continue };
            let Some(slot) = child.slot else { continue };
            if let Some(index) = shape.field(&child.key) {
                let number = shape.fields.get(index).is_some_and(|it| it.kind != FieldKind::Text);
                plan.cells.push((index, slot, number));
            } else if let Some(index) = shape.group(&child.key) {
                let group = shape.groups.get(index).zip(child.elements);
                let elements = group.map(|(group, id)| Self::of(trie, id, &group.shape));
                plan.groups.push((index, slot, elements));
            }
        }
        plan
    }

    /// Fills the slots from one record. Offsets are counted from `origin(row)`.
    pub(crate) fn fill(&self, doc: &mut Doc, trie: &Trie, row: &Row) {
        doc.begin(trie);
        self.fill_frame(doc, trie, row, 0, origin(row));
    }

    fn fill_frame(&self, doc: &mut Doc, trie: &Trie, row: &Row, base: usize, origin: u64) {
        for (index, slot, number) in &self.cells {
            let cell = row.cells.get(*index).copied().unwrap_or_default();
            doc.set(self.frame, base + usize::from(*slot), cell_slot(cell, *number, origin));
        }
        for (index, slot, elements) in &self.groups {
            let rows = row.groups.get(*index).map_or(&[][..], Vec::as_slice);
            let mut first = 0;
            for (number, row) in rows.iter().enumerate() {
                let Some(elements) = elements else { continue };
                let base = doc.push_frame(trie, elements.frame);
                if number == 0 {
                    first = base / trie.width(elements.frame).max(1);
                }
                elements.fill_frame(doc, trie, row, base, origin);
            }
            let list = Slot::new(SlotKind::List, offset(first), offset(rows.len()), 0);
            doc.set(self.frame, base + usize::from(*slot), list);
        }
    }
}

/// Where the first cell of a record stands: cells of the file or of the receipt
/// around it stand before the record itself. Too far before it, in files of many
/// gigabytes, they are told as standing at the record.
pub(crate) fn origin(row: &Row) -> u64 {
    let filled = row.cells.iter().filter(|it| it.end > it.start).map(|it| it.offset);
    let first = filled.min().unwrap_or(row.offset).min(row.offset);
    if row.offset - first > u64::from(u32::MAX / 2) { row.offset } else { first }
}

fn cell_slot(cell: Cell, number: bool, origin: u64) -> Slot {
    let len = cell.end.saturating_sub(cell.start);
    let kind = if number && len > 0 { SlotKind::Number } else { SlotKind::Text };
    let at = u32::try_from(cell.offset.saturating_sub(origin)).unwrap_or(u32::MAX);
    Slot::new(kind, cell.start, len, at)
}
