//! Kanji of mainframes between their shifts, and eucJP-ms beside CP51932.

use super::*;

#[test]
fn kanji_stand_between_shifts() {
    let bytes = b"\xC1\x0E\x46\xC0\x47\xC2\x0F\x40\x0E\x69\x41\x0F\xF1";
    for charset in [Charset::Cp930, Charset::Cp939] {
        let profile = Profile::new(charset);
        assert_eq!(profile.decode(bytes).expect("reads"), "A表予 \u{E000}1");
        assert_eq!(profile.encode_exact("A表予 \u{E000}1").expect("writes"), bytes);
    }
    // Small letters and katakana are where they differ.
    let (kana, latin) = (Profile::new(Charset::Cp930), Profile::new(Charset::Cp939));
    assert_eq!(kana.decode(b"\x81\x62\x5B").expect("reads"), "ｱa¥");
    assert_eq!(latin.decode(b"\x81\x62\x5B").expect("reads"), "aｲ$");
}

#[test]
fn a_host_field_is_strict() {
    let profile = Profile::new(Charset::Cp939);
    // Offset, bad bytes, whether the input ends there.
    let cases: [(&[u8], usize, &[u8], bool); 5] = [
        (b"\xC1\x0E\x45\x0F\xC1", 2, b"\x45", false),
        (b"\x0E\x45\xF6\x48", 3, b"\x48", true),
        (b"\x0E\x41\xFE\x0F", 1, b"\x41\xFE", false),
        (b"\x0E\x40\x41\x0F", 1, b"\x40\x41", false),
        (b"\xC1\x41", 1, b"\x41", false),
    ];
    for (bytes, offset, found, cut) in cases {
        let fault = profile.decode(bytes).expect_err("refused");
        assert_eq!((fault.offset, fault.bytes.as_slice(), fault.cut), (offset, found, cut));
    }
    let fault = profile.encode_exact("A𠮷").expect_err("refused");
    assert_eq!(fault.found, '𠮷');
}

#[test]
fn the_symbols_of_a_host_have_one_reading_where_it_has_both() {
    let jis = Profile { symbols: Symbols::JIS, ..Profile::new(Charset::Cp939) };
    assert_eq!(jis.decode(b"\x0E\x43\xA1\x43\x4A\x0F\x4A").expect("reads"), "〜￠¢");
    let usual = Profile::new(Charset::Cp939);
    assert_eq!(usual.decode(b"\x0E\x43\xA1\x43\x4A\x0F\x4A").expect("reads"), "～￠¢");
}

#[test]
fn one_code_of_euc_means_two_things() {
    let (unix, windows) = (Profile::new(Charset::EucJpMs), Profile::new(Charset::Cp51932));
    assert_eq!(unix.decode(b"\xF9\xA1").expect("reads"), "\u{E178}");
    assert_eq!(windows.decode(b"\xF9\xA1").expect("reads"), "纊");
    assert_eq!(unix.encode_exact("髙㈱").expect("writes"), b"\x8F\xF4\xFB\xAD\xEA");
    assert_eq!(windows.encode_exact("髙㈱").expect("writes"), b"\xFC\xE2\xAD\xEA");
    assert!(windows.decode(b"\x8F\xB0\xA1").is_err());
    assert_eq!(unix.decode(b"\x8F\xFE\xFE").expect("reads"), "\u{E757}");
}

#[test]
fn the_strict_mail_set_has_no_vendors_characters() {
    let strict = Profile::new(Charset::Iso2022JpStrict);
    assert_eq!(strict.encode_exact("表¥").expect("writes"), b"\x1B$BI=\x1B(J\\\x1B(B");
    assert!(strict.encode_exact("①").is_err());
    assert!(strict.decode(b"\x1B(I\x31\x1B(B").is_err());
    let folded = encode(&strict, "ﾊﾟﾝ", &Policy::refuse()).expect("folds");
    assert_eq!(folded, (b"\x1B$B%Q%s\x1B(B".to_vec(), 2));
}
