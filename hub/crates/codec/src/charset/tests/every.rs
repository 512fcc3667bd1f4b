//! Proof over every code and every character: what is read comes back as the
//! same bytes, or stands in `charset-exceptions.tsv` with the reason.

use std::{collections::BTreeMap, fmt::Write as _, path::PathBuf};

use super::*;

/// The profiles under their names in the table.
fn profiles() -> Vec<(&'static str, Profile)> {
    let cp932 = Profile::new(Charset::Cp932);
    let of = Profile::new;
    let roman = Profile { yen: Yen::Yen, overline: Overline::Overline, ..cp932.clone() };
    vec![
        ("cp932 duplicates=nec", Profile { duplicates: Duplicates::Nec, ..cp932.clone() }),
        ("cp932 symbols=jis", Profile { symbols: Symbols::JIS, ..cp932.clone() }),
        ("cp932 yen=yen overline=overline", roman),
        ("cp932 duplicates=ibm", cp932),
        ("shift_jis", of(Charset::ShiftJis)),
        ("euc-jp", of(Charset::EucJp)),
        ("eucjp-ms", of(Charset::EucJpMs)),
        ("cp51932", of(Charset::Cp51932)),
        ("iso-2022-jp", of(Charset::Iso2022Jp)),
        ("iso-2022-jp-strict", of(Charset::Iso2022JpStrict)),
        ("jis_x0201", of(Charset::JisX0201)),
        ("cp037", of(Charset::Cp037)),
        ("cp290", of(Charset::Cp290)),
        ("cp930", of(Charset::Cp930)),
        ("cp939", of(Charset::Cp939)),
        ("cp939 symbols=jis", Profile { symbols: Symbols::JIS, ..of(Charset::Cp939) }),
    ]
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("charset-exceptions.tsv")
}

/// Every code of one to three bytes; in ISO-2022-JP between its escapes.
fn codes(charset: Charset) -> Vec<Vec<u8>> {
    if charset.family() == Family::Host {
        let kanji = (0x40..=0xFE).flat_map(|a| (0x40..=0xFE).map(move |b| vec![a, b]));
        let kanji = kanji.map(|it| [b"\x0E", it.as_slice(), b"\x0F"].concat());
        return kanji.chain((0..=0xFF).map(|it| vec![it])).collect();
    }
    if charset.family() == Family::Iso2022 {
        let kanji = (0x21..=0x7E).flat_map(|a| (0x21..=0x7E).map(move |b| vec![a, b]));
        let kanji = kanji.map(|it| [b"\x1B$B", it.as_slice(), b"\x1B(B"].concat());
        let kana = (0x21..=0x5F).map(|it| [b"\x1B(I", &[it][..], b"\x1B(B"].concat());
        let roman = [b'\\', b'~'].map(|it| [b"\x1B(J", &[it][..], b"\x1B(B"].concat());
        return kanji.chain(kana).chain(roman).chain((0..=0x7F).map(|it| vec![it])).collect();
    }
    let ones = (0..=0xFF).map(|a| vec![a]);
    let twos = (0x81..=0xFE).flat_map(|a| (0x40..=0xFE).map(move |b| vec![a, b]));
    let threes = (0xA1..=0xFE).flat_map(|a| (0xA1..=0xFE).map(move |b| vec![0x8F, a, b]));
    ones.chain(twos).chain(threes).collect()
}

/// The part of the character set that a code lies in.
fn area(charset: Charset, code: &[u8]) -> &'static str {
    let rows = match (charset, code) {
        (Charset::Cp932 | Charset::ShiftJis, [lead, ..]) => {
            return match lead {
                0x87 => "NEC row 13",
                0xED | 0xEE => "NEC-selected IBM extensions",
                0xFA..=0xFC => "IBM extensions",
                0xF0..=0xF9 => "user-defined area",
                _ => "JIS X 0208",
            };
        }
        (Charset::EucJpMs, [0x8F, 0xF3 | 0xF4, ..]) => return "IBM extensions",
        (_, [0x8F, ..]) => return "JIS X 0212",
        (_, [0x1B, _, _, lead, ..]) => lead - 0x20,
        (_, [lead, _]) => lead - 0xA0,
        _ => return "single bytes",
    };
    match rows {
        13 => "NEC row 13",
        89..=92 => "NEC-selected IBM extensions",
        _ => "JIS X 0208",
    }
}

/// Codes that a set has, and how many of them repeat a character that has another one:
/// those stand in the table.
fn size(charset: Charset) -> (usize, usize) {
    match charset {
        Charset::Cp932 => (9795, 398),
        Charset::ShiftJis => (7070, 0),
        Charset::EucJp => (13_594, 291),
        Charset::EucJpMs => (15_206, 24),
        Charset::Cp51932 => (7527, 10),
        Charset::Iso2022Jp => (7528, 10),
        Charset::Iso2022JpStrict => (7008, 0),
        Charset::JisX0201 => (191, 0),
        Charset::Cp037 => (256, 0),
        Charset::Cp290 => (195, 0),
        Charset::Cp930 | Charset::Cp939 => (11_861, 0),
        Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be => (0x0011_0000 - 0x800, 0),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02X}")).collect()
}

/// The table, made anew.
fn exceptions() -> String {
    let mut out = String::from(
        "# Codes that are read, and written as another code of the same character. Made by a test.\n\
         # profile\tcode\tcharacter\twritten as\treason\n",
    );
    for (name, profile) in profiles() {
        let mut count = 0;
        for code in codes(profile.charset) {
            let Ok(text) = profile.decode(&code) else { continue };
            let mut chars = text.chars();
            let (Some(c), None) = (chars.next(), chars.next()) else { continue };
            count += 1;
            let back = profile.encode_exact(&text).expect("what is read can be written");
            // Another code of the same character, never another character.
            assert_eq!(profile.decode(&back).expect("reads"), text);
            if back != code {
                let areas = (area(profile.charset, &code), area(profile.charset, &back));
                let (code, back, c32) = (hex(&code), hex(&back), u32::from(c));
                let reason = format!("{} repeats {}", areas.0, areas.1);
                writeln!(out, "{name}\t{code}\tU+{c32:04X} {c}\t{back}\t{reason}").expect("text");
            }
        }
        assert_eq!(count, size(profile.charset).0, "codes of {name}");
    }
    out
}

#[test]
fn every_code_comes_back_or_is_published() {
    let published = std::fs::read_to_string(path()).expect("the table is there");
    assert!(published == exceptions(), "run `cargo test -p codec publish -- --ignored`");
    let mut counts = BTreeMap::new();
    for line in published.lines().filter(|it| !it.starts_with('#')) {
        *counts.entry(line.split('\t').next().expect("a profile")).or_insert(0) += 1;
    }
    let expected = [
        ("cp51932", 10),
        ("cp932 duplicates=ibm", 398),
        ("cp932 duplicates=nec", 398),
        ("cp932 symbols=jis", 398),
        ("cp932 yen=yen overline=overline", 398),
        ("euc-jp", 291),
        ("eucjp-ms", 24),
        ("iso-2022-jp", 10),
    ];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
#[ignore = "writes the published table"]
fn publish() {
    std::fs::write(path(), exceptions()).expect("written");
}

/// What a profile writes it reads back as it was; what it does not have it refuses.
#[test]
fn every_character_is_written_back_or_refused() {
    for (name, profile) in profiles() {
        let (exact, mut written, mut bytes) = (Policy::exact(), 0, Vec::new());
        for c in '\0'..=char::MAX {
            bytes.clear();
            let mut text = [0; 4];
            let text = &*c.encode_utf8(&mut text);
            if profile.encode(text, &exact, &mut bytes, &mut Vec::new()).is_err() {
                continue;
            }
            written += 1;
            let back = profile.decode(&bytes).expect("what is written can be read");
            assert_eq!(back, text, "{name}");
        }
        let (codes, repeats) = size(profile.charset);
        assert_eq!(written, codes - repeats, "characters of {name}");
    }
    for charset in [Charset::Utf8, Charset::Utf16Le, Charset::Utf16Be] {
        let profile = Profile { bom: Bom::Refused, ..Profile::new(charset) };
        let text: String = ('\0'..=char::MAX).filter(|it| *it != '\u{FEFF}').collect();
        let bytes = profile.encode_exact(&text).expect("all of Unicode");
        assert!(profile.decode(&bytes).expect("reads") == text, "{charset}");
    }
}

/// What a profile leaves open decides which character a code is, and never whether it
/// comes back: every choice, for every set, has the codes and the exceptions of the set.
#[test]
fn no_choice_of_a_profile_loses_a_code() {
    let plain: Vec<Profile> = profiles().into_iter().map(|(_, it)| Profile::new(it.charset)).fold(
        Vec::new(),
        |mut sets: Vec<Profile>, it| {
            sets.extend((!sets.iter().any(|set| set.charset == it.charset)).then_some(it));
            sets
        },
    );
    assert_eq!(plain.len(), 12);
    for set in plain {
        let codes = codes(set.charset);
        for choice in 0..16_u8 {
            let pick = |bit: u8| choice & (1 << bit) != 0;
            let profile = Profile {
                symbols: if pick(0) { Symbols::JIS } else { set.symbols },
                yen: if pick(1) { Yen::Yen } else { Yen::Backslash },
                overline: if pick(2) { Overline::Overline } else { Overline::Tilde },
                duplicates: if pick(3) { Duplicates::Nec } else { Duplicates::Ibm },
                ..set.clone()
            };
            let (mut count, mut repeats) = (0, 0);
            for code in &codes {
                let Ok(text) = profile.decode(code) else { continue };
                if text.chars().count() != 1 {
                    continue;
                }
                count += 1;
                let back = profile.encode_exact(&text).expect("what is read can be written");
                assert_eq!(profile.decode(&back).expect("reads"), text, "{choice} {code:02X?}");
                repeats += usize::from(back != *code);
            }
            assert_eq!((count, repeats), size(set.charset), "{} {choice}", set.charset);
        }
    }
}

/// Folding changes only what it reports.
#[test]
fn every_change_is_reported() {
    for (name, profile) in profiles() {
        let policy = Policy::substitute("〓");
        for c in '\0'..='\u{FFFF}' {
            let (mut bytes, mut changes) = (Vec::new(), Vec::new());
            let text = c.encode_utf8(&mut [0; 4]).to_owned();
            if profile.encode(&text, &policy, &mut bytes, &mut changes).is_err() {
                continue;
            }
            let back = profile.decode(&bytes).expect("reads").into_owned();
            let reported = changes.first().map_or(text.as_str(), |it| it.after.as_str());
            assert_eq!(back, reported, "{name}: U+{:04X}", u32::from(c));
        }
    }
}
