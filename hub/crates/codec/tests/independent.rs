//! Workbooks that XlsxWriter and openpyxl made, read here and by openpyxl.
//!
//! `EDI_PYTHON` names a Python that has them (`integration-tests/independent/setup.sh`
//! prints one). Without it nothing is compared, and the test says so; with
//! `INDEPENDENT=required`, as in CI, that is a failure.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop at the first thing that is not as it should be"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use codec::layout::Layout;

const LAYOUT: &str = "layout: t\nversion: 1\nformat: xlsx\nsheet: data\nheader: names\n\
    skip_blank_lines: true\nmultiline: true\ncolumns:\n\
    - { name: text }\n- { name: amount, type: decimal, scale: 9 }\n\
    - { name: day, type: date, format: \"YYYY-MM-DDThh:mm:ss\" }\n\
    - { name: moment, type: date, format: \"YYYY-MM-DDThh:mm:ss\" }\n\
    - { name: flag }\n- { name: code }\n";

#[test]
fn others_see_the_same_cells() {
    #[expect(clippy::disallowed_methods, reason = "CI says where the other readers are")]
    let (python, required) = (std::env::var("EDI_PYTHON"), std::env::var("INDEPENDENT"));
    let Ok(python) = python else {
        assert!(required.is_err(), "INDEPENDENT is set, but EDI_PYTHON is not");
        println!("not compared: set EDI_PYTHON=$(integration-tests/independent/setup.sh)");
        return;
    };
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("independent-xlsx");
    let _old = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let script = root.join("integration-tests/independent/xlsx.py");
    let output = Command::new(python).arg(script).arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<Vec<String>> = told.lines().map(fields).collect();
    let mut compared = 0;
    for book in theirs.chunk_by(|a, b| a[0] == b[0]) {
        let name = &book[0][0];
        let mine = read(&fs::read(folder.join(name)).unwrap());
        // Rows without anything are passed over here.
        let theirs = book.iter().map(|it| &it[1..]).filter(|it| it.iter().any(|it| !it.is_empty()));
        for (number, (mine, theirs)) in mine.iter().zip(theirs.clone()).enumerate() {
            assert_eq!(mine, theirs, "{name}, record {}", number + 1);
        }
        assert_eq!(mine.len(), theirs.count(), "{name}");
        compared += mine.len();
    }
    assert!(compared > 2000, "only {compared} rows");
}

fn read(bytes: &[u8]) -> Vec<Vec<String>> {
    let layout = Layout::parse("t", LAYOUT).expect("a layout");
    let rows = layout.read(bytes).unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(rows.faults, []);
    let cells = |row| (0..6).map(|it| rows.cell(row, it).to_owned()).collect();
    rows.rows.iter().map(cells).collect()
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = line.split('\t');
    let name = fields.next().expect("a name").to_owned();
    let byte = |it: &[u8]| u8::from_str_radix(std::str::from_utf8(it).unwrap(), 16).unwrap();
    let text = |it: &str| it.as_bytes().chunks(2).map(byte).collect::<Vec<u8>>();
    let text = |it| String::from_utf8(text(it)).expect("UTF-8");
    std::iter::once(name).chain(fields.map(text)).collect()
}
