//! The traps of Japanese character sets, and a proof over every code.

mod choices;
mod every;
mod hosts;
mod traps;

use super::*;

fn cp932() -> Profile {
    Profile::new(Charset::Cp932)
}

fn encode(profile: &Profile, text: &str, policy: &Policy) -> Result<(Vec<u8>, usize), Unwritable> {
    let (mut out, mut changes) = (Vec::new(), Vec::new());
    profile.encode(text, policy, &mut out, &mut changes)?;
    Ok((out, changes.len()))
}

#[test]
fn cp932_reads_what_windows_writes() {
    let bytes = b"\x95\x5C\x83\x5C\xFB\xFC\xEE\xE0\x87\x40\x87\x8A\x81\x60\xCA\xDF\xF0\x40\x5C\x7E";
    let text = "表ソ髙髙①㈱～ﾊﾟ\u{E000}\\~";
    assert_eq!(cp932().decode(bytes).expect("reads"), text);
}

/// Character set, input, offset of the fault, its bytes, whether the input ends there.
type BadBytes = (Charset, &'static [u8], usize, &'static [u8], bool);

#[test]
fn a_bad_byte_is_a_fault_with_its_offset() {
    let cases: [BadBytes; 12] = [
        (Charset::Cp932, b"ab\x81\x30", 2, b"\x81", false),
        (Charset::Cp932, b"ab\x85\x40", 2, b"\x85\x40", false),
        (Charset::Cp932, b"\x80", 0, b"\x80", false),
        (Charset::Cp932, b"\xA0", 0, b"\xA0", false),
        (Charset::Cp932, b"\x95\x5C\xFD", 2, b"\xFD", false),
        (Charset::Cp932, b"a\x95", 1, b"\x95", true),
        (Charset::ShiftJis, b"\x87\x40", 0, b"\x87\x40", false),
        (Charset::EucJp, b"a\xA4\x0A", 1, b"\xA4", false),
        (Charset::EucJp, b"a\x8F\xB0", 1, b"\x8F\xB0", true),
        (Charset::Utf8, b"a\xE3\x81", 1, b"\xE3\x81", true),
        (Charset::Utf16Le, b"a\0\x00\xD8b\0", 2, b"\x00\xD8", false),
        (Charset::Iso2022Jp, b"\x1B$B\x30\x21\x30", 5, b"\x30", true),
    ];
    for (charset, bytes, offset, found, cut) in cases {
        let fault = Profile::new(charset).decode(bytes).expect_err("refused");
        assert_eq!(
            (fault.offset, fault.bytes.as_slice(), fault.cut),
            (offset, found, cut),
            "{fault}"
        );
    }
}

#[test]
fn what_a_set_lacks_is_refused_or_counted() {
    let refuse = Policy::refuse();
    // Never `&#134071;`, never a backslash for a yen sign.
    let fault = encode(&cp932(), "吉𠮷野家", &refuse).expect_err("refused");
    assert_eq!((fault.at, fault.found), (3, '𠮷'));
    assert_eq!(encode(&cp932(), "𠮷", &Policy::substitute("〓")), Ok((b"\x81\xAC".to_vec(), 1)));
    assert_eq!(
        encode(&cp932(), "¥‾〜−", &refuse),
        Ok((b"\x81\x8F\x81\x50\x81\x60\x81\x7C".to_vec(), 4))
    );
    assert!(encode(&cp932(), "¥", &Policy::exact()).is_err());
    assert_eq!(
        encode(&cp932(), "か\u{3099}は\u{309A}", &refuse),
        Ok((b"\x82\xAA\x82\xCF".to_vec(), 2))
    );
    assert!(encode(&cp932(), "か\u{3099}", &Policy::exact()).is_err());
    let table = Policy { table: vec![('𠮷', "吉".to_owned())], ..Policy::refuse() };
    assert_eq!(encode(&cp932(), "𠮷", &table), Ok((b"\x8B\x67".to_vec(), 1)));
    // A substitute that the set lacks too is no substitute.
    assert!(encode(&Profile::new(Charset::ShiftJis), "𠮷", &Policy::substitute("①")).is_err());
}

#[test]
fn the_profile_chooses_between_duplicates_and_symbols() {
    let nec = Profile { duplicates: Duplicates::Nec, ..cp932() };
    assert_eq!(cp932().encode_exact("髙①").expect("writes"), b"\xFB\xFC\x87\x40");
    assert_eq!(nec.encode_exact("髙①").expect("writes"), b"\xEE\xE0\x87\x40");
    let jis = Profile { symbols: Symbols::JIS, ..cp932() };
    assert_eq!(jis.decode(b"\x81\x60\x81\x7C").expect("reads"), "〜−");
    assert_eq!(jis.encode_exact("〜−").expect("writes"), b"\x81\x60\x81\x7C");
    assert!(jis.encode_exact("～").is_err());
    assert_eq!(encode(&jis, "～", &Policy::refuse()), Ok((b"\x81\x60".to_vec(), 1)));
}

#[test]
fn a_bom_is_kept_out_of_the_text() {
    let utf_8 = Profile::new(Charset::Utf8);
    assert_eq!(utf_8.decode(b"\xEF\xBB\xBFa").expect("reads"), "a");
    let refused = Profile { bom: Bom::Refused, ..utf_8.clone() };
    assert!(refused.decode(b"\xEF\xBB\xBFa").is_err());
    let required = Profile { bom: Bom::Required, ..utf_8 };
    assert!(required.decode(b"a").is_err());
    assert_eq!(required.bom_to_write(), b"\xEF\xBB\xBF");
    assert_eq!(Profile::new(Charset::Utf16Be).decode(b"\xFE\xFF\x54\x09").expect("reads"), "吉");
}

#[test]
fn a_cursor_finds_the_bytes_of_a_text() {
    for charset in Charset::ALL {
        let profile = Profile::new(charset);
        let text = match charset {
            Charset::Cp037 => "A,9\r\nb",
            Charset::JisX0201 => "a¥,ﾊﾟ\r\n‾b",
            Charset::Cp290 => "A,ﾊﾟ\r\nB",
            Charset::Iso2022JpStrict => "a表,¥\r\nソb",
            _ => "a表,ﾊﾟ\r\nソb",
        };
        let bytes = profile.encode_exact(text).expect("writes");
        let decoded = profile.decode_marking(&bytes).expect("reads");
        assert_eq!((decoded.text.as_str(), decoded.faults().count()), (text, 0), "{charset}");
        let mut cursor = Cursor::new(&profile);
        let last = text.get(text.len() - 1..).expect("one");
        let at = text.len() - 1;
        let tail =
            bytes.get(cursor.advance(&decoded.text, &decoded.skips, at)..).expect("in bounds");
        let shift: &[u8] = match charset.family() {
            Family::Iso2022 => b"\x1B(B",
            Family::Host => b"\x0F",
            _ => b"",
        };
        let wanted = [shift, &profile.encode_exact(last).expect("b")].concat();
        assert_eq!(tail, wanted, "{charset}");
    }
    let bytes = b"\x8F\xB0\xA1\x81a";
    let euc = Profile::new(Charset::EucJp);
    let decoded = euc.decode_marking(bytes).expect("reads");
    let mut cursor = Cursor::new(&euc);
    assert_eq!(cursor.advance(&decoded.text, &decoded.skips, decoded.text.len() - 1), 3);
    assert_eq!(cursor.advance(&decoded.text, &decoded.skips, decoded.text.len()), 5);
}

#[test]
fn mainframes_write_ebcdic() {
    let us = Profile::new(Charset::Cp037);
    assert_eq!(us.decode(b"\xC1\xD1\x40\xF0\xF9\x4B").expect("reads"), "AJ 09.");
    let japan = Profile::new(Charset::Cp290);
    assert_eq!(japan.decode(b"\x81\x82\xBE\xC1\xF1").expect("reads"), "ｱｲﾞA1");
    assert!(japan.encode_exact("a").is_err());
    assert_eq!(japan.decode(b"\xC1\x57").expect_err("refused").offset, 1);
    assert_eq!(Charset::from_name("CP037"), Some(Charset::Cp037));
}
