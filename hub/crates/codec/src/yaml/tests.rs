//! What the strict reader takes, what it refuses, and where it points.

use super::*;

fn faults(text: &str) -> Vec<(&'static str, u32, u32)> {
    let faults = parse("f.yaml", text).expect_err("refused");
    faults.iter().map(|it| (it.code, it.place.line, it.place.column)).collect()
}

#[test]
fn scalars_stay_text_and_know_their_place() {
    let root = parse("f", "country: NO\n店舗: [ 1.10, \"~\", ~ ]\nlast:\n").expect("reads");
    let country = root.get("country").expect("there");
    assert_eq!((country.text(), country.span()), (Some("NO"), (Place { line: 1, column: 10 }, 2)));
    let list = root.get("店舗").and_then(Node::seq).expect("a list");
    let texts: Vec<_> = list.iter().map(|it| (it.text().unwrap_or("-"), it.is_null())).collect();
    assert_eq!(texts, [("1.10", false), ("~", false), ("~", true)]);
    assert_eq!(list[0].place, Place { line: 2, column: 7 });
    assert!(root.get("last").expect("there").is_null());
}

#[test]
fn what_surprises_people_is_refused_with_its_place() {
    assert_eq!(faults("a: 1\nb: 2\n'a': 3\n"), [("Y02", 3, 1)]);
    assert_eq!(
        faults("a: &x 1\nb: *x\n").iter().map(|it| it.0).collect::<Vec<_>>(),
        ["Y03", "Y03"]
    );
    assert_eq!(faults("a: !!str 1\n")[0].0, "Y04");
    assert_eq!(faults("a: 1\n---\nb: 2\n")[0].0, "Y05");
    assert_eq!(faults("a:\n\tb: 1\n"), [("Y06", 2, 1)]);
    assert_eq!(faults("? [a]\n: 1\n")[0].0, "Y07");
    assert_eq!(faults("a: [1, 2\nb: 3\n")[0].0, "Y01");
    assert_eq!(faults("a: x\0y\nb: 1\n"), [("Y01", 1, 5)]);
    assert_eq!(faults(""), [("Y01", 1, 1)]);
    assert_eq!(faults(&"[".repeat(100))[0].0, "Y01");
}

#[test]
fn a_table_collects_every_fault() {
    let text = "colums: 3\nbytes: 1_000\nends: clrf\nsub: x\nempty: ~\nnull_word: null\n";
    let root = parse("f", text).expect("reads");
    let faults = Faults::new("f");
    let table = Table::open(&faults, &root, "this layout").expect("a map");
    assert_eq!(table.required_number::<u32>("columns", "a count"), None);
    assert_eq!(table.number::<u32>("bytes", "a count of bytes"), None);
    assert_eq!(table.one_of("ends", &[("crlf", 1), ("lf", 2)]), None);
    assert!(table.table("sub", "sub").is_none());
    assert_eq!(table.text("empty"), None);
    assert_eq!(table.text("null_word"), Some("null"));
    table.finish();
    let all = faults.into_vec();
    let seen: Vec<_> = all.iter().map(|it| (it.code, it.place.line)).collect();
    assert_eq!(seen, [("Y11", 1), ("Y12", 1), ("Y13", 2), ("Y14", 3), ("Y10", 4), ("Y13", 5)]);
    assert_eq!(all[1].help.as_deref(), Some("did you mean `columns`?"));
    assert_eq!(all[3].help.as_deref(), Some("did you mean `crlf`?"));
}
