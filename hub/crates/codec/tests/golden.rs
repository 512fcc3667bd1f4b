//! Golden files: for each deviation of CSV, for JCA orders and messages of 流通BMS, the
//! bytes of a file, the layouts that read it, and what comes of it. `NAME.txt` beside
//! `NAME.layout.yaml` has one line for each row, fault or refusal, and says
//! whether the file is written again as the same bytes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first thing that is not as it should be"
)]

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use codec::{
    charset::Policy,
    layout::Layout,
    rows::{Row, Rows},
};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Each file, and each layout that reads it: those beside it, or a shipped one.
fn cases() -> Vec<(PathBuf, PathBuf)> {
    let mut cases = Vec::new();
    for case in fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()) {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        if !case.is_dir() {
            continue;
        }
        let mut beside = Vec::new();
        for file in fs::read_dir(&case).unwrap().map(|it| it.unwrap().path()) {
            if file.to_string_lossy().ends_with(".layout.yaml") {
                beside.push(file);
            }
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        if name.starts_with("jca-order") {
            beside.push(root.join("config/examples/layouts/jca-order.layout.yaml"));
        }
        if name.starts_with("ryutsu-bms") {
            let package = root.join("adapters/packages/generic-edi-ryutsu-bms");
            beside.push(package.join("source/messages.layout.yaml"));
        }
        assert!(!beside.is_empty(), "{name} has no layout");
        cases.extend(beside.into_iter().map(|layout| (case.clone(), layout)));
    }
    cases.sort();
    cases
}

/// What came of a file, as it stands in the golden text.
fn outcome(layout: &Layout, bytes: &[u8]) -> String {
    let mut out = String::new();
    let rows = match layout.read(bytes) {
        Ok(rows) => rows,
        Err(fault) => {
            let (code, at, found) = (fault.code, fault.offset, &fault.found);
            return format!("refused: {code} at byte {at}, found {found:?}\n");
        }
    };
    for row in &rows.rows {
        writeln!(out, "row {}: {}", row.number, cells(&rows, row)).unwrap();
    }
    for one in &rows.faults {
        for fault in &one.faults {
            let at = fault.offset.map_or(String::new(), |it| format!(" at byte {it}"));
            let (number, field) = (one.number, &fault.field);
            let (found, expected) = (&fault.found, &fault.expected);
            writeln!(out, "fault {number}: {field}{at}, found {found:?}, expected {expected:?}")
                .unwrap();
        }
    }
    let same = rows.faults.is_empty()
        && layout.write(&rows, &Policy::exact()).is_ok_and(|it| it.bytes == bytes);
    writeln!(out, "{}", if same { "written: the same bytes" } else { "written: otherwise" })
        .unwrap();
    out
}

fn cells(rows: &Rows, row: &Row) -> String {
    let mut out: Vec<String> =
        row.cells.iter().map(|it| format!("{:?}", rows.text_of(*it))).collect();
    for lines in &row.groups {
        let lines: Vec<String> = lines.iter().map(|it| cells(rows, it)).collect();
        out.push(format!("[{}]", lines.join("; ")));
    }
    out.join(" ")
}

fn layout(path: &Path) -> Layout {
    let text = fs::read_to_string(path).unwrap();
    Layout::parse(&path.to_string_lossy(), &text).unwrap_or_else(|faults| {
        panic!("{}", faults.iter().map(|it| it.render(&text)).collect::<String>())
    })
}

fn golden(case: &Path, layout: &Path) -> PathBuf {
    let name = layout.file_name().unwrap().to_string_lossy().into_owned();
    case.join(name.replace(".layout.yaml", ".txt"))
}

#[test]
fn files_are_read_as_their_golden_texts_say() {
    let cases = cases();
    assert!(cases.len() > 40, "only {} cases", cases.len());
    for (case, path) in cases {
        let layout = layout(&path);
        let seen = outcome(&layout, &fs::read(case.join("in.dat")).unwrap());
        let golden = golden(&case, &path);
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(seen, wanted, "{}", golden.display());
        let same = seen.ends_with("written: the same bytes\n");
        let read = !seen.contains("refused: ") && !seen.contains("fault ");
        assert!(same || !read || !layout.is_lossless(), "{}: lossless", golden.display());
    }
}

/// What one layout allows another one does not: it never reads the same rows.
#[test]
fn a_deviation_is_taken_only_where_the_layout_says_so() {
    let mut compared = 0;
    for case in fs::read_dir(folder()).unwrap().map(|it| it.unwrap().path()) {
        let text = |name: &str| fs::read_to_string(case.join(name)).ok();
        let (Some(allowed), Some(strict)) = (text("allowed.txt"), text("strict.txt")) else {
            continue;
        };
        assert!(!allowed.contains("fault") && !allowed.contains("refused"), "{allowed}");
        assert_ne!(allowed, strict, "{}", case.display());
        compared += 1;
    }
    assert!(compared >= 18, "only {compared} pairs");
}

#[test]
#[ignore = "writes the golden texts"]
fn publish() {
    for (case, path) in cases() {
        let seen = outcome(&layout(&path), &fs::read(case.join("in.dat")).unwrap());
        fs::write(golden(&case, &path), seen).unwrap();
    }
}
