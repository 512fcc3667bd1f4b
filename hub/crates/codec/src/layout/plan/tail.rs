//! How long fixed records are: by the layout, by their columns, or by a count that
//! stands in them.

use super::{Draft, Fixed, Framing};
use crate::layout::{
    model::{Column, Tail, Test},
    parse::Word,
};

/// Bytes of a record of z/OS, with the word that says its length.
const RECORD_BYTES_MAX: usize = 32_760;
/// That word, and the one before a block.
const WORD_BYTES: usize = 4;

impl Draft<'_, '_> {
    /// The bytes of a record. `ends_with`: it ends behind the last column that the
    /// column of that name says is there.
    pub(super) fn length(&mut self, word: Word) {
        if word != Word::Fixed {
            return;
        }
        let columns = self.kind.columns.iter().filter(|it| !it.overlay);
        self.kind.bytes = columns.map(|it| it.bytes).sum();
        let Some(node) = self.table.node("ends_with") else { return };
        let Some(counter) = self.indexes(std::slice::from_ref(node)).first().copied() else {
            return;
        };
        match ends(&self.kind.columns, counter) {
            Some(ends) => {
                if let Some(column) = self.kind.columns.get_mut(counter) {
                    column.count_max = Some(ends.len() - 1);
                }
                self.kind.tail = Some(Tail { counter, ends });
            }
            None => {
                let message =
                    "the last columns of the record are not those that `ends_with` counts";
                let fault = self.table.faults().new_error("L06", node, message);
                let expected = "an `occurs` with that `depending_on` at the end of the record";
                self.table.faults().push(fault.expected(expected));
            }
        }
    }
}

/// Where a record ends with none, one, two … of what is counted; `None` if something
/// else stands behind or between.
fn ends(columns: &[Column], counter: usize) -> Option<Vec<usize>> {
    let level = |column: &Column| {
        column.conditions.iter().find_map(|it| match it.test {
            Test::AtLeast(least) if it.column == counter => usize::try_from(least).ok(),
            Test::AtLeast(_) | Test::Is(_) => None,
        })
    };
    let (mut ends, mut end) = (Vec::new(), 0);
    for column in columns.iter().filter(|it| !it.overlay) {
        match level(column) {
            None if ends.is_empty() => {}
            Some(level) if level == ends.len() && level > 0 => {}
            Some(level) if level == ends.len() + 1 => ends.push(end),
            None | Some(_) => return None,
        }
        end = column.start + column.bytes;
    }
    let counted = !ends.is_empty();
    ends.push(end);
    counted.then_some(ends)
}

/// The fields of a fixed record fill it; the code's column is there.
pub(super) fn fits(fixed: &Fixed, draft: &Draft<'_, '_>) {
    let (kind, table) = (&draft.kind, draft.table);
    let record_bytes = if fixed.framing.is_some() { kind.bytes } else { fixed.record_bytes };
    for over in kind.columns.iter().filter(|it| it.overlay) {
        if over.start.saturating_add(over.bytes) > record_bytes {
            table.error("L06", format!("`{}` lies outside the record", over.field.name));
        }
    }
    let name = &kind.name;
    let Some(framing) = fixed.framing else {
        if kind.bytes != record_bytes {
            let message = format!("the fields of `{name}` have {} bytes", kind.bytes);
            table.error("L06", format!("{message}, `record_bytes` is {record_bytes}"));
        }
        if kind.tail.is_some() {
            let message = "`ends_with` needs a `framing`: nothing else says where a record ends";
            table.error("L06", message);
        }
        return;
    };
    let least = kind.tail.as_ref().and_then(|it| it.ends.first().copied()).unwrap_or(kind.bytes);
    if fixed.type_at.is_some_and(|(start, bytes)| start.saturating_add(bytes) > least) {
        table.error("L06", format!("`type` lies outside the record `{name}`"));
    }
    let room = match framing {
        Framing::Rdw | Framing::Length => RECORD_BYTES_MAX - WORD_BYTES,
        Framing::Blocked { block_bytes } => block_bytes.saturating_sub(2 * WORD_BYTES),
    };
    if kind.bytes > room {
        let message = format!("the fields of `{name}` have {} bytes", kind.bytes);
        table.error("L06", format!("{message}; with their length there is room for {room}"));
    }
}
