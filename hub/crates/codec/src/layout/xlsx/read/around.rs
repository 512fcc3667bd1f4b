//! Titles and footers of a sheet: the rows around the records.

use super::{Reader, SheetRow, Top, Values};
use crate::layout::{
    LayoutFault,
    arena::Arena,
    around::{Around, Known, Passed},
    model::Header,
    wide,
    xlsx::place,
};

/// The number of the row behind the titles, and the known ones that are not there.
pub(super) fn behind<'x>(titles: &'x Around, values: &Values<'_>) -> (u32, &'x [Known]) {
    let known = match titles {
        Around::Count(count) => {
            let count = u32::try_from(*count).unwrap_or(u32::MAX).min(place::ROWS_MAX - 1);
            return (count + 1, &[]);
        }
        Around::Known(known) => known.as_slice(),
    };
    let (mut left, mut next) = (known, None);
    for row in &values.sheet.rows {
        let Some(text) = first(row, values) else { continue };
        let Some(behind) = Known::behind(left, &text) else {
            next = Some(row.number);
            break;
        };
        left = behind;
    }
    let last = values.sheet.rows.last().map_or(0, |it| it.number);
    (next.unwrap_or(last + 1), left)
}

/// The first text of a row, even before the table; `None`: it is empty.
fn first(row: &SheetRow, values: &Values<'_>) -> Option<String> {
    let cells = values.sheet.cells_of(row).iter();
    cells.map(|it| values.shown(it)).find(|it| !it.is_empty()).map(std::borrow::Cow::into_owned)
}

impl Reader<'_> {
    /// How many of the sheet's rows stand before the footers.
    pub(super) fn behind(&self, from: u32) -> Result<usize, LayoutFault> {
        let rows = &self.values.sheet.rows;
        let known = match &self.xlsx.footers {
            Around::Count(count) => return Ok(rows.len().saturating_sub(*count)),
            Around::Known(known) => known.as_slice(),
        };
        let (mut left, mut end) = (known, rows.len());
        for (at, row) in rows.iter().enumerate().rev().take_while(|(_, it)| it.number >= from) {
            let Some(text) = first(row, &self.values) else { continue };
            let Some(behind) = Known::behind(left, &text) else { break };
            (left, end) = (behind, at);
        }
        let offset = rows.last().map_or(0, |it| it.offset);
        Known::none_missing(left, Passed::Footer, offset).map(|()| end)
    }

    /// Rows that are passed over by their place alone are no records. A header
    /// that is found may have come between them, where somebody sorted the sheet.
    pub(super) fn no_record_is_lost(
        &mut self,
        (first, end): (u32, usize),
        arena: &mut Arena,
    ) -> Result<(), LayoutFault> {
        let sheet = self.values.sheet;
        let counted = matches!(self.xlsx.footers, Around::Count(_));
        let footers = sheet.rows.get(end..).filter(|_| counted).unwrap_or_default();
        let titled = match &self.xlsx.top {
            Top::Found => true,
            Top::Row(_) | Top::Behind(Around::Count(_)) => {
                matches!(self.xlsx.header, Header::None | Header::Ignored)
            }
            Top::Behind(Around::Known(_)) => false,
        };
        let header = self.header_row;
        let above = sheet.rows.iter().take_while(|it| it.number < first);
        let above = above.filter(|it| titled && it.number != header).map(|it| (it, Passed::Title));
        let below = footers.iter().filter(|it| it.number >= first).map(|it| (it, Passed::Footer));
        let ignored = sheet.row(header).filter(|_| self.xlsx.header == Header::Ignored);
        let ignored = ignored.filter(|_| self.xlsx.header_begins.is_none());
        let ignored = ignored.map(|it| (it, Passed::Header));
        for (row, passed) in above.chain(ignored).chain(below) {
            if self.is_record(row, arena) {
                return Err(passed.is_record(row.offset, self.cells.len()));
            }
        }
        self.header_begins(header)
    }

    fn header_begins(&self, header: u32) -> Result<(), LayoutFault> {
        let (Some(begins), Some(row)) = (&self.xlsx.header_begins, self.values.sheet.row(header))
        else {
            return Ok(());
        };
        if first(row, &self.values).is_some_and(|it| it.starts_with(begins)) {
            return Ok(());
        }
        let message = "the header does not begin as the layout says";
        let fault = LayoutFault::new("header-drift", 0, message);
        let expected = format!("a row that begins with {begins}");
        Err(LayoutFault { offset: wide(row.offset), ..fault }.expected(expected))
    }
}
