//! Mutated interchanges: any bytes are read or refused, what is read is written
//! again as the same bytes, and its acknowledgement can be read too.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop at the first thing that is not as it should be"
)]

use edi::{
    Code, Fault, Interchange,
    ack::{self, Form, Stamp, Verdict},
    definition, interchange,
    message::{self, Options},
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The kinds of faults of an input, and what must hold for any.
fn read(bytes: &[u8]) -> u64 {
    let found = match interchange::read(bytes) {
        Ok(found) => found,
        Err(fault) => {
            told(&fault, bytes);
            return mutate::kind(fault.code.name());
        }
    };
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    let mut again = Vec::new();
    let mut needless = false;
    for it in &found {
        let verdicts = messages(it, bytes, &mut seen, &mut needless);
        again.extend(it.rewrite().unwrap());
        acknowledge(it, &verdicts);
        let _told = ack::told(it);
    }
    if !bytes.starts_with(&again) {
        // Release characters that nothing needs are not written; nothing else differs.
        let second = interchange::read(&again).unwrap();
        let drafts =
            |it: &[Interchange<'_>]| it.iter().flat_map(Interchange::drafts).collect::<Vec<_>>();
        assert!(drafts(&second) == drafts(&found), "written as other values");
        assert!(found.iter().any(|it| it.document.marks.release.is_some()));
    }
    mutate::kind((seen, found.len().min(3), needless))
}

fn messages(
    it: &Interchange<'_>,
    bytes: &[u8],
    seen: &mut BTreeSet<&'static str>,
    needless: &mut bool,
) -> Vec<Verdict> {
    for fault in it.faults.iter() {
        told(fault, bytes);
        seen.insert(fault.code.name());
    }
    let mut verdicts = Vec::new();
    for one in &it.messages {
        let of = definition::find(it.document.dialect, &one.kind, &one.release);
        let body =
            of.map(|of| message::read(it, one, &of, &Options::default())).unwrap_or_default();
        for fault in &body.faults {
            told(fault, bytes);
            seen.insert(fault.code.name());
            *needless |= fault.code == Code::NeedlessRelease;
        }
        assert!(body.faults.len() <= message::FAULTS_MAX);
        verdicts.push(Verdict { faults: body.faults, refused: false });
    }
    verdicts
}

/// A fault lies in the input and says something.
fn told(fault: &Fault, bytes: &[u8]) {
    assert!(fault.offset <= bytes.len() as u64, "{fault}");
    assert!(!fault.expected.is_empty(), "{fault:?}");
}

/// An acknowledgement that can be written can be read.
fn acknowledge(it: &Interchange<'_>, verdicts: &[Verdict]) {
    let stamp = Stamp { date: "20260105".into(), time: "0930".into(), control: 7 };
    for form in [Form::X997, Form::X999] {
        let Ok(Some(written)) = ack::write(it, verdicts, form, &stamp) else { continue };
        // What the sender's header has in the wrong place comes back as it was.
        if let Ok(found) = interchange::read(&written) {
            assert_eq!(found.len(), 1, "{}", String::from_utf8_lossy(&written));
        }
    }
}

fn run(name: &str, package: &str, tokens: &[&str]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = here.join("../../../adapters/packages").join(package).join("fixtures");
    let cases = fs::read_dir(fixtures).unwrap().map(|it| it.unwrap().path().join("in.edi"));
    let mut cases: Vec<PathBuf> = cases.filter(|it| it.exists()).collect();
    cases.sort();
    let seeds: Vec<Vec<u8>> = cases.iter().map(|it| fs::read(it).unwrap()).collect();
    let target = mutate::Target {
        name,
        corpus: &here.join("tests/fuzz/corpus").join(name),
        seeds: &seeds,
        tokens,
        inputs: 4000,
        run: read,
    };
    match mutate::run(&target) {
        Ok(report) => println!("{name}: {report}"),
        Err(failure) => panic!("{failure}"),
    }
}

#[test]
fn any_bytes_as_x12_are_read_or_refused() {
    let tokens = [
        "ISA", "GS", "ST", "SE", "GE", "IEA", "TA1", "HL*", "PO1*", "N1*", "*", "~", ">", "^", ":",
        "850", "856", "004010", "\r\n", "20260229", "1e9", "\u{e9}",
    ];
    run("x12", "generic-edi-x12", &tokens);
}

#[test]
fn any_bytes_as_edifact_are_read_or_refused() {
    let tokens = [
        "UNA:+.? '",
        "UNA:+,?*'",
        "UNB+",
        "UNG+",
        "UNH+",
        "UNT+",
        "UNE+",
        "UNZ+",
        "LIN+",
        "DTM+",
        "?",
        "??",
        "?'",
        "+",
        ":",
        "'",
        "UNOY:4",
        "D:01B",
        ":102",
        "\r\n",
        "\u{e9}",
    ];
    run("edifact", "generic-edi-edifact", &tokens);
}
