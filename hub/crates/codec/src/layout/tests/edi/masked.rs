//! What faults of the standards tell of people.

use super::*;

/// The faults of an order, and its acknowledgement.
fn told(layout: &Layout, body: &str) -> (Vec<String>, String) {
    let text = input(body);
    let at = Timestamp::parse_rfc3339("2026-01-05T09:30:00Z").unwrap();
    let answer = layout.acknowledge(text.as_bytes(), false, at, &[7]).expect("an answer");
    (row(layout, &text), String::from_utf8(answer.bytes).unwrap())
}

#[test]
fn values_that_a_personal_field_reads_are_not_told_to_anybody() {
    let city = "N4*OSAKA KITA UMEDA 1-2-3 APARTMENT 404~";
    let body = BODY.replace("N4*OSAKA~", city);
    let (faults, answer) = told(&order(), &body);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("too-long: (36 characters, masked)"), "{faults:?}");
    assert!(answer.contains("~AK4*1*19*5~"), "{answer}");
    // Where it is not personal, both say it.
    let open = layout(&ORDER.replace("PO1/PID", "PID").replace(", personal: true", ""));
    let (faults, answer) = told(&open, &body);
    assert!(faults[0].contains("OSAKA KITA UMEDA"), "{faults:?}");
    assert!(answer.contains("~AK4*1*19*5*OSAKA KITA"), "{answer}");
}

#[test]
fn what_no_field_reads_may_be_anything_where_fields_are_personal() {
    // A name where a code should be, and a segment that a lost terminator made.
    let cases = [
        (BODY.replace("N1*ST*", "N1*YAMADA*"), "too-long: (6 characters, masked)"),
        (BODY.replace("N4*", "YAMADA HANAKO~N4*"), "segment-unknown: (13 characters, masked)"),
    ];
    for (body, want) in cases {
        let (faults, answer) = told(&order(), &body);
        assert!(faults.iter().any(|it| it.contains(want)), "{want}: {faults:?}");
        assert!(!format!("{faults:?}{answer}").contains("YAMADA"), "{faults:?} {answer}");
    }
    // What a field reads that is not personal is told.
    let (faults, _) = told(&order(), &BODY.replace("BEG*00*", "BEG*0X*"));
    assert!(faults[0].contains("unknown-code: 0X"), "{faults:?}");
    // A file of something else.
    let fault = order().read("会員,山田花子\r\n".as_bytes()).expect_err("no EDI");
    assert_eq!(fault.found, "(11 characters, masked)");
}
