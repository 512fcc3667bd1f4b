//! Cells that lie over others: in the file only the first one has a value.

use std::{collections::BTreeMap, ops::Range};

use super::place::Area;
use crate::layout::LayoutFault;

/// The merged areas that a row lies in; rows come in order.
#[derive(Default)]
pub(super) struct Merges {
    /// By first row, the last one first.
    coming: Vec<Area>,
    /// By first column. They do not overlap, so that of a column is the last
    /// one that begins in it or before.
    here: BTreeMap<u32, Area>,
    /// The first row in which one of them has ended.
    ended: u32,
}

// === impl Merges ===

impl Merges {
    /// The areas of a sheet that have cells in these columns.
    ///
    /// # Errors
    /// Areas that overlap, wherever they are.
    pub(super) fn of(areas: &[Area], columns: &Range<u32>) -> Result<Self, LayoutFault> {
        let mut coming = areas.to_vec();
        coming.sort_by_key(|it| it.rows.0);
        apart(&coming)?;
        coming.retain(|it| it.columns.0 < columns.end && it.columns.1 >= columns.start);
        coming.reverse();
        Ok(Self { coming, here: BTreeMap::new(), ended: u32::MAX })
    }

    /// Goes on to that row.
    pub(super) fn enter(&mut self, row: u32) {
        if self.ended <= row {
            self.here.retain(|_, it| it.rows.1 >= row);
            let first = self.here.values().map(|it| it.rows.1 + 1).min();
            self.ended = first.unwrap_or(u32::MAX);
        }
        while let Some(area) = self.coming.pop_if(|it| it.rows.0 <= row) {
            if area.rows.1 >= row {
                self.ended = self.ended.min(area.rows.1 + 1);
                self.here.insert(area.columns.0, area);
            }
        }
    }

    /// The area that the cell in that column and row lies in.
    pub(super) fn at(&self, column: u32, row: u32) -> Option<Area> {
        let (_, area) = self.here.range(..=column).next_back()?;
        Some(*area).filter(|it| it.has(column, row))
    }
}

/// Refuses areas that overlap; they come by first row.
fn apart(areas: &[Area]) -> Result<(), LayoutFault> {
    let mut open: BTreeMap<u32, Area> = BTreeMap::new();
    for area in areas {
        while let Some((left, before)) = open.range(..=area.columns.1).next_back() {
            if before.rows.1 < area.rows.0 {
                let left = *left;
                open.remove(&left);
            } else if before.columns.1 < area.columns.0 {
                break;
            } else {
                let message = "merged areas of the sheet overlap";
                let found = format!("{} and {}", before.text(), area.text());
                return Err(LayoutFault::new("xlsx", 0, message)
                    .found(found)
                    .expected("areas that do not overlap"));
            }
        }
        open.insert(area.columns.0, *area);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(list: &[&str]) -> Vec<Area> {
        list.iter().map(|it| Area::parse(it).expect("an area")).collect()
    }

    #[test]
    fn the_area_of_a_cell_is_found() {
        let all = areas(&["C2:D3", "A1:A4", "E2:E9", "A5:D5", "C4:C4", "F1:F2", "B7:C7"]);
        let mut merges = Merges::of(&all, &(0..9)).expect("apart");
        for row in [1, 2, 4, 5, 6, 9] {
            merges.enter(row);
            for column in 0..9 {
                let wanted = all.iter().find(|it| it.has(column, row)).copied();
                assert_eq!(merges.at(column, row), wanted, "{column} {row}");
            }
        }
        // What has ended is gone, and what is beside the table never came.
        merges.enter(10);
        assert!(merges.here.is_empty());
        assert_eq!(
            Merges::of(&all, &(2..3)).expect("apart").coming,
            areas(&["B7:C7", "A5:D5", "C4:C4", "C2:D3"]).into_iter().collect::<Vec<_>>()
        );
    }

    #[test]
    fn areas_that_overlap_are_refused() {
        let tall = vec!["XFD1:XFD1048576"; 100_000];
        for bad in [
            &tall[..],
            &["A1:B2", "B2:C3"],
            &["B1:B9", "A3:C3"],
            &["A1:A2", "C1:C9", "A3:D3"],
            &["A3:A9", "A1:A3"],
            &["A1:D4", "B2:C3"],
        ] {
            assert_eq!(Merges::of(&areas(bad), &(0..1)).err().map(|it| it.code), Some("xlsx"));
        }
    }
}
