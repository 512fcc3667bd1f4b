//! Any bytes in any character set. The first byte chooses the set and its
//! choices, the second the parts that the rest comes in.

use std::path::Path;

use codec::{
    charset::{Charset, Cursor, Duplicates, Named, Parts, Policy, Profile, Symbols, Yen},
    inspect::{Report, Scan, Target, inspect},
};

/// Sixteen sets and one with a gaiji table, each with the usual choices and others.
fn profile(choice: u8) -> Profile {
    let index = usize::from(choice & 0x0F);
    let Some(charset) = Charset::ALL.get(index).copied() else {
        let text = "name: cp932\ngaiji: { F040: 𠮷, F041: \"葛\u{E0100}\" }\n";
        return Named::parse("t", text).expect("a profile").profile;
    };
    let usual = Profile::new(charset);
    match choice >> 4 & 3 {
        0 => usual,
        1 => Profile { symbols: Symbols::JIS, ..usual },
        2 => Profile { yen: Yen::Yen, ..usual },
        _ => Profile { duplicates: Duplicates::Nec, ..usual },
    }
}

fn scanned(profile: &Profile, bytes: &[u8], size: usize) -> Report {
    let target = Target { name: "cp932".to_owned(), named: Named::new(Charset::Cp932) };
    let mut scan = Scan::new(profile.clone(), vec![target], 0);
    let count = bytes.chunks(size).count();
    for (at, part) in bytes.chunks(size).enumerate() {
        scan.push(part, at + 1 == count).expect("a BOM is optional");
    }
    scan.finish()
}

fn run(input: &[u8]) -> u64 {
    let [choice, size, bytes @ ..] = input else { return 0 };
    let (profile, size) = (profile(*choice), 1 + usize::from(*size));
    let whole = profile.decode_marking(bytes).expect("a BOM is optional");
    // Every byte is behind the text or skipped.
    let mut cursor = Cursor::new(&profile);
    let end = whole.text.len();
    let behind = cursor.advance(&whole.text, &whole.skips, end);
    let skipped: usize = whole.skips.iter().filter(|it| it.at >= end).map(|it| it.length).sum();
    assert_eq!(behind + skipped, bytes.len(), "{profile:?}");
    // In parts it reads the same.
    let (mut parts, mut text, mut faults) = (Parts::new(profile.clone()), String::new(), 0);
    let count = bytes.chunks(size).count();
    for (at, part) in bytes.chunks(size).enumerate() {
        let part = parts.push(part, at + 1 == count).expect("a BOM is optional");
        text.push_str(&part.decoded.text);
        faults += part.decoded.faults().count();
    }
    assert_eq!((text.as_str(), faults), (whole.text.as_str(), whole.faults().count()));
    // What is read is written, and read again as it is.
    let back = profile.encode_exact(&whole.text).expect("what is read can be written");
    assert_eq!(profile.decode(&back).expect("what is written can be read"), whole.text);
    // What a policy writes for any text reads as what it told.
    let any = String::from_utf8_lossy(bytes);
    let (mut out, mut changes) = (Vec::new(), Vec::new());
    let written = profile.encode(&any, &Policy::substitute("?"), &mut out, &mut changes);
    if written.is_ok() {
        let mut told = any.into_owned();
        for it in changes.iter().rev() {
            told.replace_range(it.at..it.at + it.before.len(), &it.after);
        }
        let read = profile.decode(&out).expect("what is written can be read");
        let bom = told.strip_prefix('\u{FEFF}').unwrap_or(&told);
        assert!(read == told || read == bom, "{read:?} {told:?}");
    }
    // An inspection ends, and does not depend on the parts.
    let found = inspect(bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let reports = (scanned(&profile, bytes, size), scanned(&profile, bytes, usize::MAX));
    assert_eq!(reports.0.bad.count, reports.1.bad.count);
    assert_eq!((reports.0.ends, &reports.0.lost), (reports.1.ends, &reports.1.lost));
    mutate::kind((
        choice & 0x3F,
        whole.faults().count().min(6),
        changes.len().min(6),
        found.guesses.first().map(|it| it.charset),
        reports.1.odd.keys().collect::<Vec<_>>(),
    ))
}

#[test]
fn any_bytes_are_characters_or_faults() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/charset");
    let target = mutate::Target {
        name: "charset",
        corpus: &corpus,
        seeds: &[],
        tokens: &[
            "表",
            "\u{1B}$B",
            "\u{1B}(I",
            "\u{1B}(B",
            "\u{E}",
            "\u{F}",
            "か\u{3099}",
            "𠮷",
            "&#1;",
        ],
        inputs: 4000,
        run,
    };
    if let Err(failure) = mutate::run(&target) {
        panic!("{failure}");
    }
}
