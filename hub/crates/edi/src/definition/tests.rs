//! Every data file can be read, and says what the standards say where it is checked.

use super::*;

#[test]
fn every_definition_can_be_read() {
    let all = library::all();
    let faults: Vec<String> = all.iter().filter_map(|it| it.clone().err()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(all.len(), 4 * 2 + 4 * 2);
    assert_eq!(kinds(Dialect::X12), ["810", "850", "855", "856"]);
    assert_eq!(kinds(Dialect::Edifact), ["DESADV", "INVOIC", "ORDERS", "ORDRSP"]);
}

#[test]
fn releases_take_the_nearest_directory_before_them() {
    let max = |release: &str| {
        let order = find(Dialect::X12, "850", release)?;
        Some(order.segment("REF")?.part(2, 1)?.max)
    };
    assert_eq!(max("004010"), Some(30));
    assert_eq!(max("004060VICS"), Some(30));
    assert_eq!(max("005010"), Some(50));
    assert_eq!(max("008010"), Some(50));
    // Before 004010 dates had six digits.
    assert_eq!(max("003050"), None);
    assert!(find(Dialect::Edifact, "ORDERS", "D.96A").is_some());
    assert!(find(Dialect::Edifact, "ORDERS", "D.97A").is_none());
}

#[test]
fn edifact_releases_differ_where_the_directories_do() {
    let number = |release: &str| {
        let order = find(Dialect::Edifact, "ORDERS", release)?;
        Some(order.segment("BGM")?.elements.get(1)?.id.clone())
    };
    assert_eq!(number("D.96A").as_deref(), Some("1004"));
    assert_eq!(number("D.01B").as_deref(), Some("C106"));
}

#[test]
fn loops_are_found_by_the_segment_that_begins_them() {
    let order = find(Dialect::X12, "850", "004010").unwrap();
    let line = order.root.inner("PO1").unwrap();
    assert_eq!((line.max, line.mandatory, line.trigger()), (100_000, true, "PO1"));
    assert!(line.inner("PID").unwrap().holds("MEA"));
    assert!(order.has("SLN") && !order.has("HL"));
    let element = order.segment("SAC").unwrap();
    assert_eq!(element.rules.len(), 8);
    assert_eq!(element.part(5, 1).unwrap().kind, Kind::Implied(2));
}
