//! `channelhub text` and `channelhub layout`: the binary on real files, beside
//! what it said when somebody looked at it (`tests/snapshots`).

#![expect(clippy::unwrap_used, reason = "all of this is a test")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A journal of a till in CP932 with one bad byte, a code that Windows writes
/// otherwise, a user-defined character, an HTML reference and an end mark.
const JOURNAL: &[u8] = b"\x93\x58\x95\xDC\x83\x52\x81\x5B\x83\x68,\x8F\xA4\x95\x69\x96\xBC,\
    \x8B\xE0\x8A\x7A\r\n0001,\"\xFD\x95\x5C\x8E\xA6,\xEE\xE0\",1080\r\n\
    0002,\xD0\xBD\xDE,216\r\n0003,\xF0\x40&#39640;,5\r\n\x1A";
const NAMES: &str = "名前\n𠮷野家\nか\u{3099}〜①é\n";
const COPYBOOK: &str = "       01  SALE-REC.
           05  SHOP-CODE        PIC X(4).
           05  SALE-DATE        PIC 9(8).
           05  AMOUNT           PIC S9(7)V99 COMP-3.
           05  STOCK            PIC S9(4) COMP.
           05  ITEM-NAME        PIC X(10).
           05  SALE-DATE-R REDEFINES SALE-DATE PIC X(8).
";

/// A folder of its own for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _gone = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut hub = Command::new(env!("CARGO_BIN_EXE_channelhub"));
    hub.args(arguments).current_dir(folder).output().unwrap()
}

/// Standard output, then standard error, beside a snapshot.
fn assert_says(folder: &Path, arguments: &[&str], success: bool, snapshot: &str) {
    let output = run(folder, arguments);
    let said = [output.stdout.as_slice(), b"---\n", output.stderr.as_slice()].concat();
    let said = String::from_utf8(said).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(snapshot);
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(said == wanted, "{} says otherwise now:\n{said}", path.display());
    assert_eq!(output.status.success(), success, "{said}");
}

#[test]
fn a_file_is_inspected() {
    let folder = folder("inspected");
    fs::write(folder.join("journal.csv"), JOURNAL).unwrap();
    assert_says(&folder, &["text", "inspect", "journal.csv"], true, "journal.en.txt");
    let japanese = ["text", "inspect", "journal.csv", "--language", "ja"];
    assert_says(&folder, &japanese, true, "journal.ja.txt");
    let check = ["text", "inspect", "journal.csv", "--check", "--examples", "0"];
    assert!(!run(&folder, &check).status.success());
}

#[test]
fn what_would_not_survive_is_told() {
    let folder = folder("survive");
    fs::write(folder.join("names.csv"), NAMES).unwrap();
    let profile = "name: cp932\ngaiji: { F040: 𠮷 }\nwrite: { unwritable: substitute }\n";
    fs::write(folder.join("host.charset.yaml"), profile).unwrap();
    let two = ["text", "inspect", "names.csv", "--to", "shift_jis", "--to", "host.charset.yaml"];
    assert_says(&folder, &two, true, "names.en.txt");
    let json = ["text", "inspect", "names.csv", "--format", "json"];
    assert_says(&folder, &json, true, "names.json");
    let wrong = ["text", "inspect", "names.csv", "--to", "cp93"];
    assert_says(&folder, &wrong, false, "unknown.txt");
}

/// The first part of a large file may be plain ASCII; its end may hold the
/// telling bytes.
#[test]
fn a_large_file_is_read_to_its_end() {
    let folder = folder("large");
    let mut bytes = b"0001,plain,1\r\n".repeat(400_000);
    let at = bytes.len() + 5;
    bytes.extend_from_slice(b"0002,\xFD\x95\x5C\x8E\xA6\x82\xB7\x82\xE9,2\r\n");
    fs::write(folder.join("large.csv"), &bytes).unwrap();
    let output = run(&folder, &["text", "inspect", "large.csv"]);
    let said = String::from_utf8(output.stdout).unwrap();
    for wanted in [
        "Bytes that are no characters of cp932: 1",
        &format!("line 400001, byte {at}:"),
        "CRLF ×400001",
    ] {
        assert!(said.contains(wanted), "{wanted} is not in:\n{said}");
    }
}

#[test]
fn a_copybook_becomes_a_layout_that_reads() {
    let folder = folder("copybook");
    fs::write(folder.join("sale.cpy"), COPYBOOK).unwrap();
    let import = ["layout", "import", "sale.cpy", "--charset", "cp930", "--name", "host/sale"];
    let output = run(&folder, &import);
    let made = String::from_utf8(output.stdout).unwrap();
    for wanted in ["layout: host/sale\n", "charset: cp930\n", "record_bytes: 29\n"] {
        assert!(made.contains(wanted), "{wanted} is not in:\n{made}");
    }
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("warning[L17]"));
    let out = ["layout", "import", "sale.cpy", "--out", "sale.layout.yaml"];
    assert!(run(&folder, &out).status.success());
    // A file that is there stays as it is.
    assert!(!run(&folder, &out).status.success());
    let good = b"000120260105\x00\x01\x23\x45\x6C\x00\x05ITEM      ";
    let bad = b"000220260105\x00\x01\xAB\x45\x6C\x00\x05ITEM      ";
    fs::write(folder.join("sale.dat"), [good.as_slice(), bad].concat()).unwrap();
    let check = ["layout", "check", "sale.layout.yaml", "--on", "sale.dat"];
    assert_says(&folder, &check, false, "sale.check.txt");
    fs::write(folder.join("sale.dat"), good).unwrap();
    assert!(run(&folder, &check).status.success());
}

#[test]
fn what_a_layout_cannot_say_is_told_with_its_place() {
    let folder = folder("refused");
    let float = "       01  R.\n           05  N  COMP-2.\n";
    fs::write(folder.join("r.cpy"), float).unwrap();
    let output = run(&folder, &["layout", "import", "r.cpy"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{said}");
    assert!(said.contains("error[L17]") && said.contains("r.cpy:2:"), "{said}");
    fs::write(folder.join("bad.layout.yaml"), "layout: a/b\nversion: 1\nformat: csv\n").unwrap();
    assert_says(&folder, &["layout", "check", "bad.layout.yaml"], false, "bad.layout.txt");
}
