//! Elements in another namespace or in other letters than the layout's are no elements
//! that vanish.

use super::*;

const LAYOUT: &str = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nrecord: /R/T\n\
    columns:\n  - { name: a, path: A }\n  - { count: records, path: /R/@n }\n\
    groups:\n  - { name: lines, each: 'Ls/L[!Skip]', max: 1, columns: [{ name: x, path: X }] }\n";

fn read(body: &str) -> Vec<String> {
    let rows = layout(LAYOUT).read(body.as_bytes()).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(rows.records as usize, rows.rows.len() + rows.faults.len());
    let told = faults(&rows).into_iter();
    let told = told.map(|(number, field, found, expected)| {
        let field = field.split(',').next().unwrap_or_default().to_owned();
        format!("{number} {field}: {found} / {}", expected.split(':').next().unwrap_or_default())
    });
    all(&rows).into_iter().chain(told).collect()
}

#[test]
fn a_record_in_another_namespace_or_case_is_set_aside() {
    let good = "<T><A>1</A></T>";
    assert_eq!(
        read(&format!("<R n='3'>{good}<T xmlns='urn:x'><A>2</A></T>{good}</R>")),
        ["1,[]", "1,[]", "2 /R/T: T of urn:x / T"]
    );
    assert_eq!(read("<R><t><A>1</A></t></R>"), ["1 /R/t: t / T"]);
    // Elements of other names are passed over, as the page says.
    assert_eq!(read(&format!("<R><Head/>{good}<v:Ext xmlns:v='urn:v'/></R>")), ["1,[]"]);
}

#[test]
fn a_row_in_another_namespace_or_case_is_a_fault_of_its_record() {
    let record = |rows: &str| format!("<R><T><A>1</A><Ls>{rows}</Ls></T><T><A>2</A></T></R>");
    assert_eq!(read(&record("<L><X>x</X></L>")), ["1,[x]", "2,[]"]);
    assert_eq!(
        read(&record("<L><X>x</X></L><v:L xmlns:v='urn:v'/>")),
        ["2,[]", "1 /R/T/Ls/L: L of urn:v / L"]
    );
    assert_eq!(read(&record("<l/>")), ["2,[]", "1 /R/T/Ls/l: l / L"]);
    assert_eq!(read("<R><T><LS><L/></LS></T></R>"), ["1 /R/T/LS: LS / Ls"]);
}

#[test]
fn a_condition_may_say_what_must_not_be_there() {
    let record = |rows: &str| format!("<R><T><Ls>{rows}</Ls></T></R>");
    assert_eq!(read(&record("<L><Skip/></L><L><X>y</X></L>")), [",[y]"]);
    assert_eq!(
        read(&record("<L/><L/>")),
        ["1 lines at /R/T: 2 of them / at least 0 and at most 1"]
    );
}
