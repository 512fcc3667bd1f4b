//! Numbers as a COBOL compiler itself writes them: a program writes records and
//! says what is in them; a layout made from the same copybook reads the same,
//! and writes the same bytes.
//!
//! What of wide characters can be compared is `PIC N` as bytes of the program's own
//! character set: GnuCOBOL 3 and 4 do not convert to UTF-16, and have no `PIC G`. Blocks
//! of records (RECFM=VB) are written by no program on this side of a mainframe.
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

fn layout(copybook: &str, framing: Option<&str>) -> Layout {
    let options = Options { layout: "t", charset: Charset::Cp932, line_end: "none", framing };
    let imported = copybook::to_layout("t.cpy", copybook, options).expect("imports");
    assert_eq!(imported.warnings, []);
    let text = imported.layout.replace("format: fixed\n", "format: fixed\nlossless: true\n");
    Layout::parse("t", &text).expect("a layout")
}

#[test]
fn what_cobol_writes_is_read_and_written_alike() {
    if !has_compiler() {
        return;
    }
    let (bytes, said) = run("SALES", "sales.dat");
    let layout = layout(include_str!("cobol/SALES.cpy"), None);
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

/// Records of changing length that end with a table. GnuCOBOL says the length of the
/// record alone; with four more it is that of a mainframe.
#[test]
fn records_of_changing_length_are_read_and_written_alike() {
    if !has_compiler() {
        return;
    }
    let (mut bytes, said) = run("RECEIPT", "receipt.dat");
    let copybook = include_str!("cobol/RECEIPT.cpy");
    for framing in ["record_length", "rdw"] {
        let layout = layout(copybook, Some(framing));
        let rows = layout.read(&bytes).expect("reads");
        assert_eq!(rows.faults, []);
        let cells = |row: &codec::rows::Row| {
            let count: usize = rows.cell(row, 2).parse().expect("a count");
            let texts = row.cells.iter().map(|it| rows.text_of(*it)).take(3 + 4 * count);
            let mut texts: Vec<&str> = texts.collect();
            // Eight digits are read with their zeros; the program shows a number.
            texts[1] = texts[1].trim_start_matches('0');
            texts.join(";")
        };
        let read: Vec<String> = rows.rows.iter().map(cells).collect();
        let store = |odd: bool| if odd { "漢字表" } else { "漢字表①" };
        let told: Vec<String> = said
            .lines()
            .filter_map(|it| it.trim().split_once(';'))
            .map(|(odd, rest)| format!("{};{rest}", store(odd.ends_with('1'))))
            .collect();
        assert_eq!(read.len(), 300);
        assert_eq!(read, told);
        let written = layout.write(&rows, &Policy::exact()).expect("writes");
        assert_eq!(written.bytes, bytes);
        let mut at = 0;
        while let Some(word) = bytes.get_mut(at..at + 2) {
            let length = u16::from_be_bytes([word[0], word[1]]);
            word.copy_from_slice(&(length + 4).to_be_bytes());
            at += usize::from(length) + 4;
        }
    }
}
