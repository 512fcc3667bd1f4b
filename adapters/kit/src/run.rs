//! One map over one record, or over each element of a list in it.

use codec::rows::{Row, Rows};
use mapping::{Faulted, Map, RunContext, Scratch};
use serde_json::{Value, value::RawValue};
use std::sync::Arc;

use crate::{
    decode::at,
    manifest::Predicate,
    package::Made,
    select::{Seen, element_record},
};

/// A map and what its run needs.
pub(crate) struct Run<'p, 'r> {
    pub(crate) map: &'p Arc<Map>,
    pub(crate) ctx: &'r RunContext<'r>,
    pub(crate) scratch: &'r mut Scratch,
}

// === impl Run ===

impl<'p> Run<'p, '_> {
    /// A JSON record that begins at byte `offset` of the arrival.
    pub(crate) fn json(mut self, text: &str, offset: u64) -> Result<Made<'p>, Faulted> {
        self.document(text).map_err(|mut faulted| {
            for fault in &mut faulted.faults {
                fault.offset = fault.offset.map(|it| it.saturating_add(offset));
            }
            faulted
        })
    }

    /// A row.
    pub(crate) fn row(&mut self, rows: &Rows, row: &Row) -> Result<Made<'p>, Faulted> {
        let mapped = self.map.run_row(rows, row, self.ctx, self.scratch)?;
        Ok(Made { map: self.map, mapped })
    }

    /// Each element of the list at a pointer of a JSON record, as an element
    /// record. A list that is not there has no elements.
    pub(crate) fn elements(
        mut self,
        text: &str,
        pointer: &str,
        when: &[Predicate],
    ) -> Result<Vec<Made<'p>>, Faulted> {
        let document: Option<&RawValue> = serde_json::from_str(text).ok();
        let list = document.and_then(|it| at(it, pointer));
        let items: Option<Vec<&RawValue>> = list.and_then(|it| serde_json::from_str(it.get()).ok());
        let mut made = Vec::new();
        for item in items.unwrap_or_default() {
            let element = element_record(item.get(), text);
            let fits = when.is_empty()
                || serde_json::from_str::<Value>(&element)
                    .is_ok_and(|it| Seen::Json(&it).holds(when));
            if fits {
                // An element record is not in the arrival: its offsets mean nothing there.
                made.push(self.document(&element).map_err(without_offsets)?);
            }
        }
        Ok(made)
    }

    fn document(&mut self, text: &str) -> Result<Made<'p>, Faulted> {
        let mapped = self.map.run_json(text.as_bytes(), self.ctx, self.scratch)?;
        Ok(Made { map: self.map, mapped })
    }
}

fn without_offsets(mut faulted: Faulted) -> Faulted {
    faulted.faults.iter_mut().for_each(|it| it.offset = None);
    faulted
}
