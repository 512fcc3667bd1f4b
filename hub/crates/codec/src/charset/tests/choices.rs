//! What a profile chooses: yen and overline, katakana, gaiji, symbols one by one.

use std::sync::Arc;

use super::*;

fn roman() -> Profile {
    Profile { yen: Yen::Yen, overline: Overline::Overline, ..cp932() }
}

#[test]
fn five_c_is_a_yen_sign_where_the_profile_says_so() {
    let bytes = b"\x5C100~\x95\x5C";
    assert_eq!(roman().decode(bytes).expect("reads"), "¥100‾表");
    assert_eq!(roman().encode_exact("¥100‾表").expect("writes"), bytes);
    assert!(roman().encode_exact("\\").is_err());
    // The near equals are the full-width ones, and are told.
    let folded = encode(&roman(), "\\~", &Policy::refuse());
    assert_eq!(folded, Ok((b"\x81\x5F\x81\x60".to_vec(), 2)));
    let half = Profile::new(Charset::JisX0201);
    assert_eq!(half.decode(b"\xCA\xDF\x5C").expect("reads"), "ﾊﾟ¥");
    assert_eq!(half.decode(b"\x95\x5C").expect_err("refused").bytes, b"\x95");
    let plain = Profile { yen: Yen::Backslash, ..half };
    assert_eq!(plain.decode(b"\x5C\x7E").expect("reads"), "\\‾");
    let decoded = roman().decode_marking(b"\\a\\\x81\x60b").expect("reads");
    let mut cursor = Cursor::new(&roman());
    assert_eq!(cursor.advance(&decoded.text, &decoded.skips, decoded.text.len() - 1), 5);
}

#[test]
fn katakana_changes_width_where_the_policy_says_so() {
    let full = Policy { kana: Kana::Full, ..Policy::refuse() };
    let written = encode(&cp932(), "ﾊﾟﾝｶﾞｱﾞ｡ｰ", &full).expect("writes");
    let wanted = cp932().encode_exact("パンガア゛。ー").expect("writes");
    assert_eq!(written, (wanted, 7));
    let half = Policy { kana: Kana::Half, ..Policy::refuse() };
    let written = encode(&cp932(), "パンヴ表ヱー", &half).expect("writes");
    // There is no half-width ヱ: it stays, and is no change.
    let wanted = cp932().encode_exact("ﾊﾟﾝｳﾞ表ヱｰ").expect("writes");
    assert_eq!(written, (wanted, 4));
    // A set that has only the half-width ones folds to them.
    let folded = encode(&Profile::new(Charset::JisX0201), "ガ", &Policy::refuse());
    assert_eq!(folded, Ok((b"\xB6\xDE".to_vec(), 1)));
    let refused = Profile { half_kana: HalfKana::Refused, ..cp932() };
    assert_eq!(refused.decode(b"a\xCA").expect_err("refused").offset, 1);
    assert_eq!(encode(&refused, "ﾊﾟ", &Policy::refuse()), Ok((b"\x83\x70".to_vec(), 1)));
    assert!(refused.encode_exact("ﾊ").is_err());
}

/// Codes and their characters.
type Entries<'a> = &'a [(&'a [u8], &'a str)];

fn with_gaiji(entries: Entries<'_>) -> Result<Profile, Vec<GaijiFault>> {
    let entries = entries.iter().map(|(code, text)| (code.to_vec(), Meaning::Text((*text).into())));
    let image = (b"\xF0\x43".to_vec(), Meaning::Image("gaiji/f043.png".into()));
    let gaiji = Gaiji::new(&cp932(), entries.chain([image]))?;
    Ok(Profile { gaiji: Some(Arc::new(gaiji)), ..cp932() })
}

#[test]
fn gaiji_are_what_their_table_says() {
    let table: [(&[u8], &str); 2] = [(b"\xF0\x40", "𠮷"), (b"\xF0\x41", "葛\u{E0100}")];
    let profile = with_gaiji(&table).expect("a table");
    let (bytes, text) = (b"\xF0\x40\xF0\x41\xF0\x43\x8A\x8Bz", "𠮷葛\u{E0100}\u{E003}葛z");
    assert_eq!(profile.decode(bytes).expect("reads"), text);
    assert_eq!(profile.encode_exact(text).expect("writes"), bytes);
    let mut cursor = Cursor::new(&profile);
    assert_eq!(cursor.advance(text, &[], text.len() - 1), 8);
    // What the code would be without the table is not written as that code.
    assert!(profile.encode_exact("\u{E000}").is_err());
    // A shape that no code has is told, and only the shape goes.
    let folded = encode(&profile, "葛\u{E0101}", &Policy::refuse());
    assert_eq!(folded, Ok((b"\x8A\x8B".to_vec(), 1)));
    assert!(profile.encode_exact("葛\u{E0101}").is_err());
    let gaiji = profile.gaiji.expect("there");
    assert_eq!(gaiji.meaning('\u{E003}'), Some(&Meaning::Image("gaiji/f043.png".into())));
}

#[test]
fn a_gaiji_table_that_would_change_codes_is_refused() {
    let cases: [(Entries<'_>, &str); 6] = [
        (&[(b"\x88\x9F", "𠮷")], "889F: this is no code of a user-defined area of cp932"),
        (&[(b"\xF0\x40", "髙")], "F040: cp932 has 髙 already, as FBFC"),
        (&[(b"\xF0\x40", "𠮷"), (b"\xF0\x41", "𠮷")], "F041: 𠮷 has another code already"),
        (&[(b"\xF0\x40", "𠮷"), (b"\xF0\x40", "𠮟")], "F040: this code stands twice"),
        (&[(b"\xF0\x40", "é")], "F040: its meaning is not one character behind Latin-1"),
        (&[(b"\xF0\x40", "𠮷野")], "F040: its meaning is not one character behind Latin-1"),
    ];
    for (entries, wanted) in cases {
        let faults = with_gaiji(entries).expect_err("refused");
        assert_eq!(faults.first().map(ToString::to_string).as_deref(), Some(wanted));
    }
    let host = Profile::new(Charset::Cp939);
    let entry = (b"\x69\x41".to_vec(), Meaning::Text("𠮷".into()));
    let gaiji = Gaiji::new(&host, [entry]).expect("a table");
    let host = Profile { gaiji: Some(Arc::new(gaiji)), ..host };
    assert_eq!(host.decode(b"\x0E\x69\x41\x0F").expect("reads"), "𠮷");
}

#[test]
fn symbols_are_chosen_one_by_one() {
    let symbols = Symbols::MICROSOFT.with(Symbol::WaveDash, true);
    let profile = Profile { symbols, ..cp932() };
    assert_eq!(profile.decode(b"\x81\x60\x81\x7C").expect("reads"), "〜－");
    assert_eq!(profile.encode_exact("〜－").expect("writes"), b"\x81\x60\x81\x7C");
    assert!(profile.encode_exact("−").is_err());
}

#[test]
fn parts_are_read_as_the_whole() {
    let text = "a表,¥ﾊﾟ\r\nソ髙b".repeat(3);
    for charset in Charset::ALL {
        let profile = Profile::new(charset);
        let (mut bytes, policy) = (profile.bom_bytes().to_vec(), Policy::substitute("?"));
        profile.encode(&text, &policy, &mut bytes, &mut Vec::new()).expect("writes");
        let whole = profile.decode_marking(&bytes).expect("reads");
        for size in [1, 2, 3, 7] {
            let (mut parts, mut read) = (Parts::new(profile.clone()), String::new());
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            for (at, piece) in pieces.iter().enumerate() {
                let part = parts.push(piece, at + 1 == pieces.len()).expect("reads");
                assert_eq!(part.decoded.faults().count(), 0, "{charset} by {size}");
                read.push_str(&part.decoded.text);
            }
            assert_eq!(read, whole.text, "{charset} by {size}");
        }
    }
    let mut parts = Parts::new(cp932());
    let first = parts.push(b"ab\x95", false).expect("reads");
    assert_eq!((first.decoded.text.as_str(), first.decoded.skips.len()), ("ab", 0));
    let last = parts.push(b"", true).expect("reads");
    assert_eq!((last.offset, last.decoded.faults().count()), (2, 1));
}

#[test]
fn a_profile_is_read_from_its_file() {
    let text = "name: cp932\nsymbols: { wave_dash: jis }\nyen: yen\ngaiji:\n  F040: 𠮷\n  \
                F041: { image: a.png }\nwrite: { unwritable: substitute, table: { 鷗: 鴎 } }\n";
    let Named { profile, writing } = Named::parse("t", text).expect("a profile");
    assert_eq!(profile.decode(b"\x5C\x81\x60\xF0\x40").expect("reads"), "¥〜𠮷");
    let (mut bytes, mut changes) = (Vec::new(), Vec::new());
    profile.encode("鷗😀", &writing.policy, &mut bytes, &mut changes).expect("writes");
    assert_eq!((bytes.as_slice(), changes.len()), (b"\x89\xA8\x81\xAC".as_slice(), 2));
    assert!(!writing.quarantine);
    let set_aside = Named::parse("t", "name: cp932\nwrite: { unwritable: quarantine }\n");
    assert!(set_aside.expect("a profile").writing.quarantine);
}

#[test]
fn a_profile_that_cannot_be_is_told_where() {
    let cases = [
        ("name: cp93\n", "error[L01]: no character set `cp93`"),
        ("name: utf-8\nyen: yen\n", "error[L31]: utf-8 has no choice of `yen`"),
        ("name: cp939\nduplicates: nec\n", "error[L31]: cp939 has no choice of `duplicates`"),
        ("name: cp932\ngaiji: { F0: 𠮷 }\n", "error[L32]: `F0` is no code such as F040"),
        ("name: cp932\ngaiji: { 889F: 𠮷 }\n", "error[L32]: 889F: this is no code of"),
        ("name: shift_jis\nwrite: { unwritable: substitute, substitute: ① }\n", "error[L31]: what"),
        ("name: cp932\nwrite: { substitute: 〓 }\n", "error[L31]: `substitute` goes with"),
        ("name: cp932\nwrite: { table: { ab: c } }\n", "error[L32]: a character and the text"),
        ("name: cp932\nsymbols: { tilde: jis }\n", "error[Y12]: the symbols has no key `tilde`"),
    ];
    for (text, wanted) in cases {
        let faults = Named::parse("t", text).expect_err("refused");
        let said = faults.iter().map(|it| it.render(text)).collect::<String>();
        assert!(said.starts_with(wanted), "{said}");
    }
}

#[test]
fn layouts_share_the_file_of_a_profile() {
    let layout = "layout: a/b\nversion: 1\nformat: csv\nline_end: lf\nheader: none\n\
                  charset: { file: host.charset.yaml }\ncolumns: [{ name: a }]\n";
    let files =
        |name: &str| (name == "host.charset.yaml").then(|| "name: cp932\nyen: yen\n".into());
    let read = crate::layout::Layout::parse_among("t", layout, &files).expect("a layout");
    assert_eq!(read.profile().yen, Yen::Yen);
    let faults = crate::layout::Layout::parse("t", layout).expect_err("no such file");
    assert_eq!(faults.iter().map(|it| it.code).collect::<Vec<_>>(), ["L30"]);
}
