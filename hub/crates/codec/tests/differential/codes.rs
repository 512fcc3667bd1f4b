//! Every code and every character of the basic plane, and random texts.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    path::PathBuf,
};

use codec::charset::{Named, Profile};

use super::{bytes, other, text};

fn published() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("charset-differences.tsv")
}

/// A profile by what the script calls it: `cp932 duplicates=nec`.
fn profile(name: &str) -> Profile {
    let text = name.replace(' ', "\n").replace('=', ": ");
    Named::parse("t", &format!("name: {text}\n")).expect("a profile").profile
}

/// One difference; the reason says which rule makes it.
struct Difference {
    /// Our profile, the other one, the direction.
    pair: String,
    /// The code, or the character's number.
    code: u32,
    ours: String,
    theirs: String,
}

/// Runs of differences with the same reason.
fn table(differences: &[Difference]) -> String {
    let mut out = String::from(
        "# Where a character set differs from another implementation, and why. Made by a test.\n\
         # ours\tthe other\tdirection\tfrom\tto\tcount\tours\ttheirs\treason\n",
    );
    let mut at = 0;
    while let Some(first) = differences.get(at) {
        let reason = reason(first);
        let mut count = 1;
        while let Some(next) = differences.get(at + count)
            && next.pair == first.pair
            && next.code >> 8 == first.code >> 8
            && self::reason(next) == reason
        {
            count += 1;
        }
        let last = &differences[at + count - 1];
        let Difference { pair, code, ours, theirs } = first;
        let to = last.code;
        writeln!(out, "{pair}\t{code:04X}\t{to:04X}\t{count}\t{ours}\t{theirs}\t{reason}")
            .expect("text");
        at += count;
    }
    out
}

/// The symbols that vendors map differently, both readings.
const SYMBOLS: &str = "～〜－−―—∥‖￠¢￡£￢¬";

/// Why a difference is as it is; `unexplained` is a failure.
fn reason(it: &Difference) -> &'static str {
    let words: Vec<&str> = it.pair.split(['\t', ' ']).collect();
    let (set, reads) = (words.first().copied().unwrap_or_default(), it.pair.ends_with("read"));
    let character = if reads {
        let point = it.ours.strip_prefix("U+").filter(|it| it.len() == 4);
        point.and_then(|it| u32::from_str_radix(it, 16).ok()).unwrap_or(0)
    } else {
        it.code
    };
    let symbol = char::from_u32(character).is_some_and(|it| SYMBOLS.contains(it));
    let half = |it: &str| {
        it.starts_with("U+FF6")
            || it.starts_with("U+FF7")
            || it.starts_with("U+FF8")
            || it.starts_with("U+FF9")
    };
    match (set, reads) {
        (_, true) if it.theirs.contains("U+0080") || set == "eucjp-ms" => {
            "C1 control characters and bytes without a character are faults here"
        }
        ("cp932", true) if it.ours == "none" && it.theirs.contains("U+F8F") => {
            "A0, FD, FE and FF are no characters of Windows-31J"
        }
        ("cp932", false) if (0xF8F0..=0xF8F3).contains(&character) => {
            "A0, FD, FE and FF are no characters of Windows-31J"
        }
        _ if symbol => "a symbol as Microsoft reads it; as JIS does by choice of `symbols`",
        (_, false) if (0x80..=0x9F).contains(&character) => {
            "C1 control characters and bytes without a character are faults here"
        }
        ("cp290", true) if half(&it.ours) => "glibc reads half-width katakana as full-width",
        ("cp290", false) => "glibc reads half-width katakana as full-width",
        ("cp930" | "cp939", false) if it.theirs == "3F" => {
            "glibc writes SUB for what the set does not have"
        }
        ("cp930" | "cp939", false) if it.ours == "none" => {
            "glibc writes another character, which does not read back"
        }
        (_, false) if matches!(character, 0xA5 | 0x203E) => {
            "¥ and ‾ would read back as another character; written as near equals, and told"
        }
        ("cp930" | "cp939", false) if matches!(character, 0x5C | 0x7E) => {
            "glibc writes ¥ and ‾ for backslash and tilde, which do not read back"
        }
        ("eucjp-ms", false) if character == 0xA6 => {
            "glibc writes another character, which does not read back"
        }
        ("iso-2022-jp-strict", false) if character == 0x1B => "ESC would turn to another set",
        ("euc-jp", true) if it.theirs == "none" => {
            "NEC row 13 and NEC-selected extensions, which the other does not have"
        }
        ("euc-jp", false) if it.theirs == "none" || it.theirs.starts_with("8F") => {
            "NEC row 13 and NEC-selected extensions, which the other does not have"
        }
        _ => "unexplained",
    }
}

/// Code points, or bytes, or `none`.
fn points(text: Option<&str>) -> String {
    let point = |c: char| format!("U+{:04X}", u32::from(c));
    text.map_or("none".to_owned(), |it| it.chars().map(point).collect::<Vec<_>>().join(" "))
}

fn hex(bytes: Option<&[u8]>) -> String {
    let hex = |it: &[u8]| it.iter().map(|it| format!("{it:02X}")).collect::<String>();
    bytes.map_or("none".to_owned(), hex)
}

/// The code without what shifts to it.
fn number(code: &[u8]) -> u32 {
    let inner = match code {
        [0x0E, inner @ .., 0x0F] | [0x1B, _, _, inner @ .., 0x1B, _, _] => inner,
        code => code,
    };
    inner.iter().fold(0, |number, it| number << 8 | u32::from(*it))
}

fn differences(told: &str) -> Vec<Difference> {
    let mut profiles: HashMap<&str, Profile> = HashMap::new();
    let mut encoded: BTreeMap<(&str, &str), HashMap<String, Vec<u8>>> = BTreeMap::new();
    let mut found = Vec::new();
    for line in told.lines() {
        let [direction, ours, other, from, to] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("five fields: {line}")
        };
        let profile = profiles.entry(ours).or_insert_with(|| self::profile(ours));
        if direction == "encode" {
            let to = bytes(to);
            encoded.entry((ours, other)).or_default().insert(text(from).expect("a text"), to);
            continue;
        }
        let (code, theirs) = (bytes(from), text(to));
        let mine = profile.decode(&code).ok().map(|it| it.into_owned());
        if mine != theirs {
            found.push(Difference {
                pair: format!("{ours}\t{other}\tread"),
                code: number(&code),
                ours: points(mine.as_deref()),
                theirs: points(theirs.as_deref()),
            });
        }
    }
    for ((ours, other), theirs) in encoded {
        let profile = &profiles[ours];
        for c in ('\0'..='\u{FFFF}').map(|it| it.to_string()) {
            let (mine, theirs) = (profile.encode_exact(&c).ok(), theirs.get(&c));
            if mine.as_ref() != theirs {
                found.push(Difference {
                    pair: format!("{ours}\t{other}\twrite"),
                    code: c.chars().next().map_or(0, u32::from),
                    ours: hex(mine.as_deref()),
                    theirs: hex(theirs.map(Vec::as_slice)),
                });
            }
        }
    }
    found
}

#[test]
fn every_difference_is_published_with_its_reason() {
    let Some(told) = other("codes") else { return };
    assert!(told.lines().count() > 200_000, "all codes of all sets");
    let table = table(&differences(&told));
    let unexplained: Vec<&str> = table.lines().filter(|it| it.ends_with("unexplained")).collect();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let there = std::fs::read_to_string(published()).unwrap_or_default();
    assert!(there == table, "run `cargo test -p codec --test differential publish -- --ignored`");
}

#[test]
#[ignore = "writes the published table"]
fn publish() {
    let told = other("codes").expect("python3 and glibc's converters");
    std::fs::write(published(), table(&differences(&told))).expect("written");
}

/// What one code after another does not show: shifts, escapes, surrogates.
#[test]
fn random_texts_are_written_and_read_alike() {
    let Some(told) = other("texts") else { return };
    let (mut alike, mut symbols) = (0, 0);
    for line in told.lines() {
        let [_, ours, other, from, to] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("five fields: {line}")
        };
        let (profile, text, theirs) = (profile(ours), text(from).expect("a text"), bytes(to));
        let Ok(mine) = profile.encode_exact(&text) else {
            // Small letters and the like of a set that the other folds.
            symbols += 1;
            continue;
        };
        if ours != "euc-jp" {
            // Python writes NEC-selected extensions as JIS X 0212.
            assert_eq!(mine, theirs, "{ours} and {other}: {text}");
        }
        assert_eq!(profile.decode(&theirs).expect("reads"), text, "{ours} and {other}");
        alike += 1;
    }
    assert!(alike > 3000 && symbols < 200, "{alike} alike, {symbols} not written");
}
