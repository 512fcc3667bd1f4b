//! Each trap of Japanese files as golden bytes, both ways, so that no library's
//! idea of them comes in unseen.

use super::*;

/// Character, its code where CP932 has it, the code of its near equal.
type Trap = (&'static str, Option<&'static [u8]>, Option<&'static [u8]>);

const WRITTEN: [Trap; 24] = [
    ("〜", None, Some(b"\x81\x60")),
    ("～", Some(b"\x81\x60"), None),
    ("−", None, Some(b"\x81\x7C")),
    ("－", Some(b"\x81\x7C"), None),
    ("—", None, Some(b"\x81\x5C")),
    ("―", Some(b"\x81\x5C"), None),
    ("‖", None, Some(b"\x81\x61")),
    ("¢", None, Some(b"\x81\x91")),
    ("£", None, Some(b"\x81\x92")),
    ("¬", None, Some(b"\x81\xCA")),
    ("¥", None, Some(b"\x81\x8F")),
    ("‾", None, Some(b"\x81\x50")),
    ("\u{A0}", None, Some(b" ")),
    ("①", Some(b"\x87\x40"), None),
    ("㈱", Some(b"\x87\x8A"), None),
    ("℡", Some(b"\x87\x84"), None),
    ("Ⅲ", Some(b"\x87\x56"), None),
    ("髙", Some(b"\xFB\xFC"), None),
    ("﨑", Some(b"\xFA\xB1"), None),
    ("ﾊﾟ", Some(b"\xCA\xDF"), None),
    ("\u{E000}", Some(b"\xF0\x40"), None),
    ("鷗", None, None),
    ("é", None, None),
    ("😀", None, None),
];

#[test]
fn each_trap_is_written_as_its_own_code_or_told() {
    for (text, exact, near) in WRITTEN {
        let found = cp932().encode_exact(text).ok();
        assert_eq!(found.as_deref(), exact, "{text}");
        let folded = encode(&cp932(), text, &Policy::refuse()).ok();
        let wanted = exact.map(|it| (it.to_vec(), 0)).or(near.map(|it| (it.to_vec(), 1)));
        assert_eq!(folded, wanted, "{text}");
        let geta = encode(&cp932(), text, &Policy::substitute("〓")).expect("writes");
        if exact.or(near).is_none() {
            assert_eq!(geta, (b"\x81\xAC".to_vec(), 1), "{text}");
        }
    }
    let nec = Profile { duplicates: Duplicates::Nec, ..cp932() };
    assert_eq!(nec.encode_exact("髙﨑").expect("writes"), b"\xEE\xE0\xED\x95");
}

#[test]
fn each_trap_is_read_as_the_canonical_character_or_is_a_fault() {
    let read: [(&[u8], &str); 9] = [
        (b"\x81\x60\x81\x7C\x81\x5C\x81\x61", "～－―∥"),
        (b"\x81\x91\x81\x92\x81\xCA\x81\x8F", "￠￡￢￥"),
        (b"\xF0\x40\xF9\xFC", "\u{E000}\u{E757}"),
        (b"\xFB\xFC\xEE\xE0", "髙髙"),
        (b"\xCA\xDF", "ﾊﾟ"),
        // The second byte is 5C, 7C or 22-like: it is cut by character, not by byte.
        (b"\x95\x5C,\x83\x5C,\x94\x5C", "表,ソ,能"),
        (b"\x83\x7C|\x83\x7C", "ポ|ポ"),
        (b"\x5C\x7E", "\\~"),
        (b"\x0D\x0A\x1A", "\r\n\u{1A}"),
    ];
    for (bytes, text) in read {
        assert_eq!(cp932().decode(bytes).expect("reads"), text);
    }
    // Offset, bytes, whether the input ends there.
    let faults: [(&[u8], usize, &[u8], bool); 6] = [
        (b"a\x81", 1, b"\x81", true),
        (b"\xA0", 0, b"\xA0", false),
        (b"\xFD", 0, b"\xFD", false),
        (b"\x80", 0, b"\x80", false),
        // The digit stays: it may be the next field.
        (b"\x81\x300", 0, b"\x81", false),
        (b"\x85\x9F", 0, b"\x85\x9F", false),
    ];
    for (bytes, offset, found, cut) in faults {
        let fault = cp932().decode(bytes).expect_err("refused");
        let told = (fault.offset, fault.bytes.as_slice(), fault.cut);
        assert_eq!(told, (offset, found, cut), "{bytes:02X?}");
    }
    assert_eq!(cp932().decode_marking(b"\x81\x300").expect("reads").text, "00");
    let decomposed = encode(&cp932(), "か\u{3099}", &Policy::refuse());
    assert_eq!(decomposed, Ok((b"\x82\xAA".to_vec(), 1)));
}
