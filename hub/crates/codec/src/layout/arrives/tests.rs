//! Names, bounds, sequences, drift: each found, and nothing else.

use super::*;
use crate::yaml::{self, Faults, Table};
use canon::entry::FileFacts;

const YAML: &str = r#"
arrives:
  name: "JNL_{store:3}_{date:YYYYMMDD}_{sequence}.csv"
  bytes: { min: 10, max: 1000, change_percent_max: 50 }
  records: { min: 1 }
  sequence: { first: 1, last: 99 }
  drift: hold
  due: { by: "06:00", zone: Asia/Tokyo, since: 2026-11-01, days_after: 1, closed: [sun, holidays, 2026-12-31] }
"#;

fn read(text: &str) -> Result<Arrives, Vec<String>> {
    let node = yaml::parse("layout.yaml", text).unwrap();
    let faults = Faults::new("layout.yaml");
    let table = Table::open(&faults, &node, "this layout").unwrap();
    let read = Arrives::read(&table, "arrives");
    match read {
        Some(read) if faults.is_empty() => Ok(read),
        _ => {
            let text = |it: crate::diagnostic::Diagnostic| {
                format!("{} {}", it.message, it.expected.unwrap_or_default())
            };
            Err(faults.into_vec().into_iter().map(text).collect())
        }
    }
}

fn past(numbers: &[u64]) -> Past {
    let file = |number: &u64| FileFacts {
        name: format!("JNL_001_20261120_{number}.csv"),
        series: "001".to_owned(),
        day: Day::parse("2026-11-20"),
        sequence: Some(*number),
        heading: Some("a,b".to_owned()),
        sha256: format!("sha of {number}"),
        bytes: 100,
        records: 10,
    };
    Past { recent: numbers.iter().map(file).collect(), ..Past::default() }
}

fn seen(name: &str) -> Seen<'_> {
    Seen { name, sha256: "new", bytes: 100, records: Some(10), heading: Some("a,b") }
}

fn found(seen: &Seen<'_>, past: &Past) -> Vec<&'static str> {
    read(YAML).unwrap().check(seen, past).into_iter().map(|it| it.what).collect()
}

#[test]
fn a_name_says_store_day_and_number_in_one_way_only() {
    let pattern = NamePattern::parse("JNL_{store}_{date:YYMMDD}-{sequence:4}{*}.csv").unwrap();
    let facts = pattern.read("JNL_A-7_261122-0012_new.csv").unwrap();
    assert_eq!((facts.series.as_str(), facts.sequence), ("A-7", Some(12)));
    assert_eq!(facts.day, Day::parse("2026-11-22"));
    for name in ["JNL__261122-0012.csv", "JNL_A_261322-0012.csv", "JNL_A_261122-12.csv", "JNL_A"] {
        assert_eq!(pattern.read(name), None, "{name}");
    }
    for (pattern, want) in [
        ("{store}{sequence}", "ends"),
        ("{sequence}1.csv", "ends"),
        ("{date:YYYY}", "DD"),
        ("{day}", "{sequence}"),
        ("{store", "`}`"),
        ("{store}_{store}", "twice"),
    ] {
        let fault = NamePattern::parse(pattern).unwrap_err();
        assert!(fault.contains(want), "{pattern}: {fault}");
    }
}

#[test]
fn the_next_file_is_taken_and_others_are_told_apart() {
    let past = past(&[3, 2, 1]);
    assert_eq!(found(&seen("JNL_001_20261121_4.csv"), &past), [] as [&str; 0]);
    assert_eq!(found(&seen("sales.csv"), &past), ["name"]);
    assert_eq!(found(&seen("JNL_001_20261121_5.csv"), &past), ["gap"]);
    assert_eq!(found(&seen("JNL_001_20261121_100.csv"), &past), ["gap"]);
    let small = Seen { bytes: 9, records: Some(0), ..seen("JNL_001_20261121_4.csv") };
    assert_eq!(found(&small, &past), ["bytes", "records"]);
    let unusual = Seen { bytes: 151, ..seen("JNL_001_20261121_4.csv") };
    assert_eq!(found(&unusual, &past), ["bytes"]);
    let drifted = Seen { heading: Some("a,b,c"), ..seen("JNL_001_20261121_4.csv") };
    assert_eq!(found(&drifted, &past), ["drift"]);
}

#[test]
fn numbers_may_begin_anew_each_day() {
    let each_day = read(&YAML.replace("last: 99", "last: 99, per: day")).unwrap();
    let found = |name: &str| -> Vec<_> {
        each_day.check(&seen(name), &past(&[2, 1])).into_iter().map(|it| it.what).collect()
    };
    assert_eq!(found("JNL_001_20261121_1.csv"), [] as [&str; 0]);
    assert_eq!(found("JNL_001_20261121_2.csv"), ["gap"]);
    assert_eq!(found("JNL_001_20261120_3.csv"), [] as [&str; 0]);
}

#[test]
fn a_layout_says_what_it_expects_and_finds_its_heading() {
    let text = format!(
        "layout: t\nversion: 1\nformat: csv\ncharset: cp932\nline_end: crlf\nheader: names\n\
         title_lines: 1\n{YAML}columns: [{{ name: 金額 }}, {{ name: 店 }}]\n"
    );
    let layout = crate::layout::Layout::parse("layout.yaml", &text).unwrap();
    assert!(layout.arrives().is_some_and(|it| it.holds_drift));
    let bytes = b"title\r\n\x8b\xe0\x8az,\x93X\r\n1,2\r\n";
    assert_eq!(layout.heading(bytes).as_deref(), Some("金額,店"));
}

#[test]
fn with_too_few_files_nothing_is_unusual() {
    let unusual = Seen { bytes: 999, ..seen("JNL_001_20261121_3.csv") };
    assert_eq!(found(&unusual, &past(&[2, 1])), [] as [&str; 0]);
}

#[test]
fn numbers_begin_anew_and_late_ones_fill_their_gap() {
    assert_eq!(found(&seen("JNL_001_20261121_1.csv"), &past(&[99, 98])), [] as [&str; 0]);
    assert_eq!(found(&seen("JNL_001_20261121_7.csv"), &past(&[])), [] as [&str; 0], "the first");
    // 2 was missing, 3 was released: now 2 comes, and then 4.
    assert_eq!(found(&seen("JNL_001_20261121_2.csv"), &past(&[3, 1])), [] as [&str; 0]);
    assert_eq!(found(&seen("JNL_001_20261121_4.csv"), &past(&[2, 3, 1])), [] as [&str; 0]);
    assert_eq!(found(&seen("JNL_001_20261121_5.csv"), &past(&[2, 3, 1])), ["gap"]);
}

#[test]
fn another_content_for_the_same_number_is_held_and_the_same_is_not() {
    let mut past = past(&[3, 2, 1]);
    past.same = past.recent.first().cloned();
    assert_eq!(found(&seen("JNL_001_20261120_3.csv"), &past), ["repeated"]);
    let again = Seen { sha256: "sha of 3", ..seen("JNL_001_20261120_3.csv") };
    assert_eq!(found(&again, &past), [] as [&str; 0]);
}

#[test]
fn a_number_that_was_taken_is_not_a_late_one_under_another_day() {
    let mut past = past(&[6, 5, 4]);
    past.numbered = past.recent.get(1).cloned();
    assert_eq!(found(&seen("JNL_001_20261121_5.csv"), &past), ["repeated"]);
    let facts = read(YAML).unwrap().facts(&seen("JNL_001_20261121_5.csv"));
    assert!(!read(YAML).unwrap().follows(&facts, &past));
    // The same bytes under another day are a content that came before.
    past.content = past.numbered.clone();
    let again = Seen { sha256: "sha of 5", ..seen("JNL_001_20261121_5.csv") };
    assert_eq!(found(&again, &past), ["same-content"]);
}

#[test]
fn a_content_that_came_before_is_held_under_another_number() {
    let mut past = past(&[6, 5, 4]);
    past.content = past.recent.first().cloned();
    let copy = Seen { sha256: "sha of 6", ..seen("JNL_001_20261121_7.csv") };
    assert_eq!(found(&copy, &past), ["same-content"]);
    let takes = read(&YAML.replace("drift: hold", "drift: hold\n  same_content: take")).unwrap();
    assert_eq!(takes.check(&copy, &past), []);
    // A day without sales is like any other.
    past.content = past.content.map(|it| FileFacts { records: 0, ..it });
    assert_eq!(found(&copy, &past), [] as [&str; 0]);
}

#[test]
fn what_was_given_up_settles_its_number_and_says_nothing_else() {
    let mut past = past(&[4, 3, 2, 1]);
    if let Some(given_up) = past.recent.first_mut() {
        *given_up = FileFacts { sequence: Some(4), ..FileFacts::default() };
    }
    assert_eq!(found(&seen("JNL_001_20261121_5.csv"), &past), [] as [&str; 0]);
    assert_eq!(found(&seen("JNL_001_20261121_6.csv"), &past), ["gap"]);
    let other = Seen { heading: Some("x"), ..seen("JNL_001_20261121_5.csv") };
    assert_eq!(found(&other, &past), ["drift"]);
}

/// Those without a hash were given up.
fn given_up(past: &mut Past, numbers: &[u64]) {
    let day = Day::parse("2026-11-20");
    for number in numbers {
        let file = FileFacts { sequence: Some(*number), day, ..FileFacts::default() };
        past.recent.insert(0, file);
    }
}

fn found_among(number: u64, past: &Past) -> Vec<&'static str> {
    found(&seen(&format!("JNL_001_20261120_{number}.csv")), past)
}

#[test]
fn giving_one_up_does_not_hide_that_one_before_it_is_missing() {
    let mut past = past(&[42, 41, 40]);
    // 43 has not come, 44 was held for it and given up.
    given_up(&mut past, &[44]);
    assert_eq!(found_among(45, &past), ["gap"]);
    assert_eq!(found_among(44, &past), ["gap"]);
    assert_eq!(found_among(43, &past), [] as [&str; 0]);
    let filled = &self::past(&[43, 42, 41]).recent;
    past.recent.splice(0..0, filled.iter().take(1).cloned());
    assert_eq!(found_among(45, &past), [] as [&str; 0], "44 is given up");
}

#[test]
fn a_mistyped_number_that_was_given_up_leads_nowhere() {
    let mut past = past(&[22, 21, 20]);
    given_up(&mut past, &[60]);
    assert_eq!(found_among(23, &past), [] as [&str; 0]);
    for number in [24, 59, 60, 61] {
        assert_eq!(found_among(number, &past), ["gap"], "{number}");
    }
}

#[test]
fn a_mended_file_may_come_under_a_number_that_was_given_up() {
    let mut past = past(&[42, 41, 40]);
    given_up(&mut past, &[43, 44]);
    for number in [43, 44, 45] {
        assert_eq!(found_among(number, &past), [] as [&str; 0], "{number}");
    }
    assert_eq!(found_among(46, &past), ["gap"]);
    let mut last = self::past(&[98, 97]);
    given_up(&mut last, &[99]);
    assert_eq!(found_among(1, &last), [] as [&str; 0], "numbers begin anew");
    // Of a day of its own the first may have been given up.
    let each_day = read(&YAML.replace("last: 99", "last: 99, per: day")).unwrap();
    let mut day = Past::default();
    given_up(&mut day, &[1]);
    let found = |number: u64| -> Vec<_> {
        let name = format!("JNL_001_20261120_{number}.csv");
        each_day.check(&seen(&name), &day).into_iter().map(|it| it.what).collect()
    };
    assert_eq!([found(1), found(2), found(3)], [vec![], vec![], vec!["gap"]]);
}

#[test]
fn stores_may_be_closed_on_days_of_their_own() {
    let text = YAML.replace("days_after: 1", r#"stores: { "001": { closed: [wed] }, "002": {} }"#);
    let due = read(&text).unwrap().due.unwrap();
    let names: Vec<&str> = due.stores.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["001", "002"]);
    let is_due = |day: &str| {
        let day = Day::parse(day).unwrap();
        due.stores.iter().map(|it| due.is_due(it, day)).collect::<Vec<_>>()
    };
    assert_eq!(is_due("2026-11-24"), [true, true]);
    assert_eq!(is_due("2026-11-25"), [false, true], "a Wednesday");
    assert_eq!(is_due("2026-11-29"), [false, false], "a Sunday");
    let wrong = text.replace("closed: [wed]", "closed: [wednesday]");
    assert!(read(&wrong).unwrap_err().iter().any(|it| it.contains("mon to sun")));
}

#[test]
fn what_is_expected_is_read_and_faults_name_what_to_write() {
    let due = read(YAML).unwrap().due.unwrap();
    assert_eq!((due.hour, due.minute, due.days_after), (6, 0, 1));
    assert!(!due.open.are_open_on(Day::parse("2026-11-23").unwrap()), "a holiday");
    for (from, to, want) in [
        ("_{sequence}.csv", ".csv", "{sequence} in `name`"),
        ("{date:YYYYMMDD}", "x", "{date:YYYYMMDD} in `name`"),
        ("by: \"06:00\"", "by: \"6\"", "06:00"),
        ("closed: [sun", "closed: [sunday", "mon to sun"),
        ("last: 99", "last: 1", "larger `last`"),
        ("max: 1000", "max: 5", "at least 10"),
        ("drift: hold", "drift: keep", "hold"),
    ] {
        let faults = read(&YAML.replace(from, to)).unwrap_err();
        assert!(faults.iter().any(|it| it.contains(want)), "{to}: {faults:?}");
    }
}
