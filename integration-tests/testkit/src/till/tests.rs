//! The files of the tills against the layouts that the hub reads them with.

use super::{Journal, Line, Receipt, fixed, journal::items};
use crate::config::repository;
use codec::layout::Layout;

fn journal() -> Journal {
    let receipt = |number, member, lines| Receipt {
        register: "02",
        number,
        business_day: "20260105",
        at: "2026/01/05 25:10:33",
        member,
        lines,
    };
    let first = vec![Line::sale(&items::TEA, 3), Line::sale(&items::CUP, 1)];
    Journal {
        receipts: vec![
            receipt(1, "M000077", first),
            receipt(2, "", vec![Line::taken_back(&items::CAKE, 2)]),
        ],
    }
}

fn layout(file: &str) -> Layout {
    let path = repository().join("adapters/packages").join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    Layout::parse(file, &text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

#[test]
fn the_csv_journal_is_what_its_layout_says() {
    let layout = layout("generic-pos-csv/source/journal.layout.yaml");
    let rows = layout.read(&journal().bytes().unwrap()).unwrap();
    assert_eq!((rows.rows.len(), rows.faults.len()), (2, 0), "{:?}", rows.faults);
    assert!(rows.text.contains("髙田屋 羊羹") && rows.text.contains("能登の湯呑み①表絵付"));
}

#[test]
fn one_bad_quantity_is_one_fault() {
    let layout = layout("generic-pos-csv/source/journal.layout.yaml");
    let mut journal = journal();
    journal.receipts[1].lines[0].quantity = "２個".to_owned();
    let rows = layout.read(&journal.bytes().unwrap()).unwrap();
    assert_eq!((rows.rows.len(), rows.faults.len()), (1, 1), "{:?}", rows.faults);
}

#[test]
fn the_fixed_journal_is_what_its_layout_says() {
    let layout = layout("generic-pos-fixed/source/sales.layout.yaml");
    let rows = layout.read(&fixed::bytes(&journal()).unwrap()).unwrap();
    assert_eq!((rows.rows.len(), rows.faults.len()), (2, 0), "{:?}", rows.faults);
    assert!(rows.text.contains("髙田屋 羊羹"));
}
