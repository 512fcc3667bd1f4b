//! What the first record or the trailer states of the whole input, once all of it
//! is read.

use super::{Assembler, totals};
use crate::layout::{
    LayoutFault,
    model::{Kind, Role},
    tally::FileField,
};

impl Assembler<'_> {
    /// What the `file` record stated of what came behind it.
    pub(super) fn stated_first(&mut self) -> Result<(), LayoutFault> {
        let stated = std::mem::take(&mut self.tally.stated);
        let file = self.layout.kinds.iter().find(|it| it.role == Role::File);
        file.filter(|_| !stated.is_empty()).map_or(Ok(()), |kind| self.check(kind, &stated))
    }

    /// Checks counts and totals; those that cannot be checked are told with every
    /// record that hides a part of them.
    pub(super) fn check(&mut self, kind: &Kind, stated: &[FileField]) -> Result<(), LayoutFault> {
        let unchecked = totals::check(self.layout, kind, stated, &self.tally.counts)?;
        if unchecked.is_empty() || !self.told.is_empty() {
            return Ok(());
        }
        for at in &self.hiding {
            if let Some(row) = self.rows.faults.get_mut(*at) {
                row.faults.extend(unchecked.iter().cloned());
            }
        }
        self.tally.unchecked.extend(unchecked);
        Ok(())
    }
}
