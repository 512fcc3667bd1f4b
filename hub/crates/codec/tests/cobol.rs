//! Numbers as a COBOL compiler itself writes them: a program writes records and
//! says what is in them; a layout made from the same copybook reads the same,
//! and writes the same bytes.
//!
//! Needs `cobc` (Debian: gnucobol). Without it the test says so and passes; with
//! `COBOL_REQUIRED` set, as in CI, it fails instead.

#![expect(clippy::expect_used, reason = "all of this is a test")]

use std::{fs, path::Path, process::Command};

use codec::{
    charset::{Charset, Policy},
    copybook::{self, Options},
    layout::Layout,
};

#[expect(clippy::disallowed_methods, reason = "CI says that the compiler has to be there")]
fn has_compiler() -> bool {
    let found = Command::new("cobc").arg("--version").output().is_ok_and(|it| it.status.success());
    let required = std::env::var("COBOL_REQUIRED").is_ok();
    assert!(found || !required, "there is no COBOL compiler (cobc), and COBOL_REQUIRED is set");
    if !found {
        eprintln!("not run: there is no COBOL compiler (cobc); Debian has it in gnucobol");
    }
    found
}

/// Compiles and runs a program of `tests/cobol`. Returns what it wrote and said.
fn run(program: &str, data: &str) -> (Vec<u8>, String) {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cobol");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cobol-{program}"));
    fs::create_dir_all(&folder).expect("a folder");
    let binary = folder.join(program);
    let compiled = Command::new("cobc")
        .args(["-x", "-o"])
        .arg(&binary)
        .arg("-I")
        .arg(&sources)
        .arg(sources.join(format!("{program}.cob")))
        .output()
        .expect("cobc runs");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let said = Command::new(&binary).current_dir(&folder).output().expect("it runs");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let bytes = fs::read(folder.join(data)).expect("it wrote its file");
    (bytes, String::from_utf8(said.stdout).expect("ASCII"))
}

#[test]
fn what_cobol_writes_is_read_and_written_alike() {
    if !has_compiler() {
        return;
    }
    let (bytes, said) = run("SALES", "sales.dat");
    let options = Options { layout: "t", charset: Charset::Cp932, line_end: "none" };
    let text = include_str!("cobol/SALES.cpy");
    let imported = copybook::to_layout("SALES.cpy", text, options).expect("imports");
    assert_eq!(imported.warnings, []);
    let text = imported.layout.replace("format: fixed\n", "format: fixed\nlossless: true\n");
    let layout = Layout::parse("SALES", &text).expect("a layout");
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(rows.faults, []);
    let cells = |row: &codec::rows::Row| {
        row.cells.iter().map(|it| rows.text_of(*it)).collect::<Vec<_>>().join(";")
    };
    let read: Vec<String> = rows.rows.iter().map(cells).collect();
    let told: Vec<String> =
        said.lines().map(|it| it.replace("ITEM  ;", "ITEM;").trim().to_owned()).collect();
    assert_eq!(read.len(), 300);
    assert_eq!(read, told);
    let written = layout.write(&rows, &Policy::exact()).expect("writes");
    assert_eq!(written.bytes, bytes);
}
