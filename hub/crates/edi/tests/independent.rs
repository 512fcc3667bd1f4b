//! What others see in the same bytes: pyx12 and pydifact read what this crate reads,
//! and pyx12 checks its acknowledgements against maps of its own.
//!
//! `EDI_PYTHON` names a Python that has them (`integration-tests/independent/setup.sh`
//! prints one). Without it nothing is compared, and the test says so; with
//! `INDEPENDENT=required`, as in CI, that is a failure.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first thing that is not as it should be"
)]

use edi::{
    Dialect, Marks,
    ack::{self, Form, Stamp, Verdict},
    definition, interchange,
    message::{self, Options},
    write::{Draft, Style},
};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Interchanges that are made up, of each standard.
const MADE_UP: u64 = 200;

#[test]
fn others_see_the_same_in_the_same_bytes() {
    #[expect(clippy::disallowed_methods, reason = "CI says where the other readers are")]
    let (python, required) = (std::env::var("EDI_PYTHON"), std::env::var("INDEPENDENT"));
    let Ok(python) = python else {
        assert!(required.is_err(), "INDEPENDENT is set, but EDI_PYTHON is not");
        println!("not compared: set EDI_PYTHON=$(integration-tests/independent/setup.sh)");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("independent-edi");
    let _old = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fixtures(&root.join("adapters/packages"), &folder);
    let mut chance = Chance(7);
    for number in 0..MADE_UP {
        let x12 = made_up_x12(&mut chance);
        keep(&folder, &format!("made-up-{number}.x12"), &x12);
        let edifact = made_up_edifact(&mut chance);
        keep(&folder, &format!("made-up-{number}.edifact"), &edifact);
    }
    let script = root.join("integration-tests/independent/edi.py");
    let output = Command::new(python).arg(script).arg(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// The interchanges of the shipped packages that can be cut, and their answers.
fn fixtures(packages: &Path, folder: &Path) {
    for (package, ending) in [
        ("generic-edi-x12", "x12"),
        ("generic-edi-x12-supplier", "x12"),
        ("generic-edi-edifact", "edifact"),
        ("generic-edi-edifact-supplier", "edifact"),
    ] {
        for case in fs::read_dir(packages.join(package).join("fixtures")).unwrap() {
            let case = case.unwrap();
            let Ok(bytes) = fs::read(case.path().join("in.edi")) else { continue };
            let name = case.file_name().to_string_lossy().into_owned();
            // What is UTF-8 or cut is not for readers of Latin-1 and whole segments.
            if ["order-d01b", "cut"].contains(&name.as_str()) {
                continue;
            }
            let name = format!("{package}-{name}");
            keep(folder, &format!("{name}.{ending}"), &bytes);
            if ending == "x12" {
                for (form, word) in [(Form::X997, "997"), (Form::X999, "999")] {
                    let answer = answer(&bytes, form);
                    fs::write(folder.join(format!("{name}.{word}.ack.x12")), answer).unwrap();
                }
            }
        }
    }
}

fn answer(bytes: &[u8], form: Form) -> Vec<u8> {
    let found = interchange::read(bytes).unwrap();
    let it = found.first().unwrap();
    let verdict = |one: &interchange::Message| {
        let of = definition::find(it.document.dialect, &one.kind, &one.release);
        let faults = of.map(|of| message::read(it, one, &of, &Options::default()).faults);
        Verdict { refused: faults.is_none(), faults: faults.unwrap_or_default() }
    };
    let verdicts: Vec<Verdict> = it.messages.iter().map(verdict).collect();
    let stamp = Stamp { date: "20260105".into(), time: "0930".into(), control: 77 };
    let answer = ack::write(it, &verdicts, form, &stamp).unwrap().unwrap();
    if form == Form::X997 {
        return answer;
    }
    // A 999 stands in an interchange of 00501.
    String::from_utf8(answer).unwrap().replacen("*U*00401*", "*^*00501*", 1).into_bytes()
}

/// Writes an input, and what this crate sees in it.
fn keep(folder: &Path, name: &str, bytes: &[u8]) {
    let found = interchange::read(bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
    let mut seen = String::new();
    for draft in found.iter().flat_map(|it| it.drafts()) {
        let mut draft = draft;
        draft.trim();
        seen.push_str(&String::from_utf8_lossy(&draft.tag));
        for element in &draft.elements {
            let parts = element.iter().flatten().map(|it| hex(it)).collect::<Vec<_>>();
            write!(seen, "|{}", parts.join(",")).unwrap();
        }
        seen.push('\n');
    }
    fs::write(folder.join(name), bytes).unwrap();
    fs::write(folder.join(format!("{name}.seen")), seen).unwrap();
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut it = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        it = (it ^ (it >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (it ^ (it >> 31)) % bound
    }

    /// A value of these characters; often empty.
    fn value(&mut self, characters: &[u8]) -> Vec<u8> {
        let length = self.below(12).saturating_sub(3);
        let mut one = || {
            let at = self.below(characters.len() as u64);
            characters.get(usize::try_from(at).unwrap()).copied().unwrap()
        };
        (0..length).map(|_| one()).collect()
    }

    fn segment(&mut self, tag: &str, characters: &[u8], parts_max: u64) -> Draft {
        let mut draft = Draft::new(tag.as_bytes());
        let elements = u16::try_from(1 + self.below(8)).unwrap();
        for element in 1..=elements {
            for part in 1..=u16::try_from(1 + self.below(parts_max)).unwrap() {
                draft.push((element, 1, part), self.value(characters));
            }
        }
        // A segment of nothing is no segment.
        draft.push((1, 1, 1), b"A1".to_vec());
        draft
    }
}

fn made_up_x12(chance: &mut Chance) -> Vec<u8> {
    let characters = b"ABCabc 0123.,'\"()-+/?=&!;%@<";
    let sep = if chance.below(2) == 0 { b'>' } else { b':' };
    let marks = Marks { component: sep, repetition: None, ..Marks::X12 };
    let characters: Vec<u8> = characters.iter().copied().filter(|it| !marks.cuts(*it)).collect();
    let component = char::from(sep).to_string();
    let blank = " ".repeat(10);
    let isa = [
        "00",
        &blank,
        "00",
        &blank,
        "ZZ",
        "ACME           ",
        "ZZ",
        "HUB            ",
        "260105",
        "0930",
        "U",
        "00401",
        "000000007",
        "0",
        "P",
        &component,
    ];
    let mut all = vec![
        Draft::of("ISA", &isa),
        Draft::of("GS", &["PO", "ACME", "HUB", "20260105", "0930", "7", "X", "004010"]),
        Draft::of("ST", &["850", "0001"]),
    ];
    for _ in 0..chance.below(20) {
        all.push(chance.segment("REF", &characters, 3));
    }
    let count = (all.len() - 1).to_string();
    all.push(Draft::of("SE", &[&count, "0001"]));
    all.push(Draft::of("GE", &["1", "7"]));
    all.push(Draft::of("IEA", &["1", "000000007"]));
    let after = if chance.below(2) == 0 { &b""[..] } else { b"\n" };
    all.iter_mut().for_each(|it| it.after = after.to_vec());
    Style { dialect: Dialect::X12, marks, una: false }.write(&all, b"").unwrap()
}

fn made_up_edifact(chance: &mut Chance) -> Vec<u8> {
    let characters = b"ABCabc 0123.,'+:?\"()-/*=&!;%@<>\xE9\xFC";
    let mut open = Draft::of("UNB", &["UNOC", "ACME", "HUB", "260105", "R7"]);
    open.push((1, 1, 2), b"3".to_vec());
    open.push((4, 1, 2), b"0930".to_vec());
    let mut kind = Draft::of("UNH", &["1"]);
    for (part, text) in (1..).zip(["ORDERS", "D", "96A", "UN"]) {
        kind.push((2, 1, part), text.as_bytes().to_vec());
    }
    let mut all = vec![open, kind];
    for _ in 0..chance.below(20) {
        all.push(chance.segment("FTX", characters, 5));
    }
    let count = all.len().to_string();
    all.push(Draft::of("UNT", &[&count, "1"]));
    all.push(Draft::of("UNZ", &["1", "R7"]));
    let after = if chance.below(2) == 0 { &b""[..] } else { b"\r\n" };
    all.iter_mut().for_each(|it| it.after = after.to_vec());
    let una = chance.below(2) == 0;
    Style { dialect: Dialect::Edifact, marks: Marks::EDIFACT, una }.write(&all, after).unwrap()
}
