//! Counts and totals that are stated at the start or the end of an input.

use super::*;
use crate::rows::RowFault;

const HEAD: &str =
    "layout: t/t\nversion: 1\nformat: csv\ncharset: utf-8\nline_end: lf\nheader: none\nrecords:\n";
const SALE: &str = "  - name: sale\n    columns: [{ name: name, chars_max: 5 }, { name: amount, type: integer }]\n";

/// Sales, and a trailer that counts and adds.
fn with_trailer(count: bool, more: &str) -> Layout {
    let count = if count { "{ column: count, count: sale }, " } else { "" };
    layout(&format!(
        "{HEAD}{SALE}  - name: end\n    role: trailer\n    code: END\n    columns: [{{ value: END }}, \
         {{ name: count, type: integer }}, {{ name: total, type: integer }}]\n    checks: [{count}\
         {{ column: total, sum: sale.amount{more} }}]\n"
    ))
}

fn told(fault: &RowFault) -> Vec<(&str, &str)> {
    fault.faults.iter().map(|it| (it.found.as_str(), it.expected.as_str())).collect()
}

/// H28: a bad line does not keep the others out, and what cannot be checked is
/// said with it.
#[test]
fn a_total_that_a_bad_line_hides_is_told_with_it() {
    let mut text = "tea,10\n".repeat(999);
    text.insert_str(7 * 500, "a,b,30\n");
    text.push_str("END,1000,10020\n");
    let layout = with_trailer(true, "");
    let rows = layout.read(text.as_bytes()).expect("the others are good");
    assert_eq!((rows.rows.len(), rows.faults.len(), rows.faults[0].number), (999, 1, 501));
    let open = (
        "a control total of 10020 that cannot be checked: what can be read adds up to 9990",
        "30 in the 1 lines whose amounts cannot be read",
    );
    assert_eq!(told(&rows.faults[0]), [("3 columns", "2 columns"), open]);

    // A bad line whose amount reads hides nothing: the total is checked.
    let seen = "tea,10\ntoo-long,20\nEND,2,30\n";
    assert_eq!(told(&layout.read(seen.as_bytes()).expect("reads").faults[0]).len(), 1);
    let wrong = seen.replace(",30", ",31");
    assert_eq!(layout.read(wrong.as_bytes()).expect_err("refused").code, "trailer-mismatch");
    // A line that is lost, no count, or a layout that wants it strict: refused.
    let hidden = "tea,10\na,b,20\nEND,2,30\n";
    for (layout, text) in [
        (with_trailer(true, ""), hidden.replace("END,2", "END,3")),
        (with_trailer(false, ""), hidden.to_owned()),
        (with_trailer(true, ", unreadable: refuse"), hidden.to_owned()),
    ] {
        let fault = layout.read(text.as_bytes()).expect_err("refused");
        assert_eq!(fault.code, "trailer-mismatch", "{fault}");
    }
}

#[test]
fn a_large_input_tells_it_too() {
    let layout = with_trailer(true, "");
    let text = format!("a,b,1\n{}x,y,2\nEND,102,1003\n", "tea,10\n".repeat(100));
    let mut verifier = layout.verifier();
    verifier.push(text.as_bytes()).expect("good so far");
    let verified = verifier.finish().expect("good");
    let stored = serde_json::to_string(&verified.start).expect("writes");
    let start = serde_json::from_str(&stored).expect("reads");
    let limits = PieceLimits { bytes: 100, records: 10 };
    let mut cutter = layout.cutter(start, limits).expect("its own");
    cutter.push(text.as_bytes());
    cutter.finish();
    let mut found = Vec::new();
    while let Some(piece) = cutter.take().expect("cuts") {
        let (rows, _) = layout.read_piece(&piece.start, &piece.bytes, piece.last).expect("reads");
        found.extend(rows.faults);
    }
    let whole = layout.read(text.as_bytes()).expect("reads").faults;
    assert_eq!(found, whole);
    assert_eq!(told(&found[1])[1].1, "3 in the 2 lines whose amounts cannot be read");
}

/// Lines of a kind that nobody knows are counted by their sender too.
#[test]
fn a_line_of_no_known_kind_may_be_one_of_those_counted() {
    let sale = SALE.replace("columns: [", "code: S\n    columns: [{ value: S }, ");
    let layout = layout(&format!(
        "{HEAD}{sale}  - name: end\n    role: trailer\n    code: END\n    columns: [{{ value: END }}, \
         {{ name: count, type: integer }}, {{ name: total, type: integer }}]\n    checks: \
         [{{ column: count, count: sale }}, {{ column: total, sum: sale.amount }}]\n"
    ));
    let rows = layout.read(b"S,tea,10\n$,cup,20\nEND,2,30\n").expect("reads");
    assert_eq!((rows.rows.len(), told(&rows.faults[0]).len()), (1, 2));
    let rows = layout.read(b"S,tea,10\n$,cup,20\nEND,1,10\n").expect("reads");
    assert_eq!((rows.rows.len(), told(&rows.faults[0]).len()), (1, 1));
    assert!(layout.read(b"S,tea,10\n$,cup,20\nEND,3,30\n").is_err());
}

#[test]
fn a_file_record_may_state_counts_and_totals() {
    let layout = layout(&format!(
        "{HEAD}  - name: start\n    role: file\n    code: H\n    columns: [{{ value: H }}, \
         {{ name: count, type: integer }}, {{ name: total, type: integer }}]\n    checks: \
         [{{ column: count, count: sale }}, {{ column: total, sum: sale.amount }}]\n{SALE}"
    ));
    let text = "H,2,30\ntea,10\ncup,20\n";
    let rows = layout.read(text.as_bytes()).expect("reads");
    assert_eq!(rows.rows.len(), 2);
    rewrites(&layout, text.as_bytes());
    for (wrong, found) in [("H,3,30", "3"), ("H,2,31", "31"), ("H,1,10", "1")] {
        let text = text.replace("H,2,30", wrong);
        let fault = layout.read(text.as_bytes()).expect_err("refused");
        assert_eq!((fault.code, fault.found.as_str()), ("header-mismatch", found));
        let mut verifier = layout.verifier();
        text.as_bytes().chunks(5).for_each(|it| verifier.push(it).expect("good so far"));
        assert_eq!(verifier.finish().expect_err("refused"), fault);
    }
    assert_eq!(layout.read(b"H,2,30\ntea,10\n").expect_err("cut").code, "header-mismatch");
    let rows = layout.read(b"H,2,30\ntea,10\na,b,20\n").expect("reads");
    assert_eq!(told(&rows.faults[0])[1].1, "20 in the 1 lines whose amounts cannot be read");
    // What is written is counted anew.
    let mut one = layout.read(text.as_bytes()).expect("reads");
    one.rows.pop();
    let written = layout.write(&one, &Policy::exact()).expect("writes").bytes;
    assert_eq!(String::from_utf8_lossy(&written), "H,1,10\ntea,10\n");
}

#[test]
fn the_header_of_a_record_may_state_its_lines() {
    let layout = layout(&format!(
        "{HEAD}  - name: slip\n    role: header\n    code: H\n    columns: [{{ value: H }}, \
         {{ name: no }}, {{ name: count, type: integer }}, {{ name: total, type: integer }}]\n    \
         checks: [{{ column: count, count: lines }}, {{ column: total, sum: lines.amount }}]\n  \
         - name: lines\n    role: detail\n    code: D\n    columns: [{{ value: D }}, \
         {{ name: amount, type: integer }}]\n"
    ));
    let text = "H,1,2,30\nD,10\nD,20\nH,2,2,30\nD,30\nH,3,1,5\nD,6\nH,4,0,0\n";
    let rows = layout.read(text.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["1,2,30,[10;20]", "4,0,0,[]"]);
    let expected: Vec<(u64, &str)> =
        rows.faults.iter().map(|it| (it.number, it.faults[0].expected.as_str())).collect();
    assert_eq!(expected, [(2, "1, as the lines have it"), (3, "6, as the lines have it")]);
    for size in 1..text.len() {
        let mut stream = layout.stream().with_window(size);
        stream.push(text.as_bytes());
        stream.finish();
        let (mut found, mut bad) = (Vec::new(), Vec::new());
        while let Some(rows) = stream.take().expect("reads") {
            found.extend(all(&rows));
            bad.extend(rows.faults);
        }
        assert_eq!((&found, &bad), (&all(&rows), &rows.faults), "{size}");
    }
}
