//! Sets that hold a state: escape sequences of ISO-2022-JP, shifts of mainframes.

use super::{Decoded, Reading, SkipKind};
use crate::charset::{Family, single::Singles, table::Table};

/// The sets that an escape sequence of ISO-2022-JP turns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::charset) enum Set {
    Ascii,
    Roman,
    Kana,
    Kanji,
}

impl Set {
    /// The set and the length of its escape sequence.
    fn escape(bytes: &[u8]) -> Option<Self> {
        Some(match bytes.get(..3)? {
            b"\x1B(B" => Self::Ascii,
            b"\x1B(J" => Self::Roman,
            b"\x1B(I" => Self::Kana,
            b"\x1B$@" | b"\x1B$B" => Self::Kanji,
            _ => return None,
        })
    }

    /// The bytes that turn to it.
    pub(in crate::charset) fn turn(self, family: Family) -> &'static [u8] {
        if family == Family::Host {
            return if self == Self::Kanji { b"\x0E" } else { b"\x0F" };
        }
        match self {
            Self::Ascii => b"\x1B(B",
            Self::Roman => b"\x1B(J",
            Self::Kana => b"\x1B(I",
            Self::Kanji => b"\x1B$B",
        }
    }
}

pub(super) fn iso_2022(
    (reading, table): (&Reading<'_>, &Table),
    bytes: &[u8],
    mut at: usize,
    set: &mut Set,
    out: &mut Decoded,
) {
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if byte == 0x1B {
            let turned = Set::escape(rest).filter(|it| *it != Set::Kana || reading.half_kana);
            let (length, kind) = match turned {
                Some(_) => (3, SkipKind::Silent),
                None if is_begun(rest) => (rest.len(), SkipKind::Cut),
                None => (1, SkipKind::Bad),
            };
            *set = turned.unwrap_or(*set);
            out.skip(at, length, kind);
            at += length;
            continue;
        }
        let (length, c) = match (*set, byte, rest.get(1)) {
            (_, 0x80.., _) => (1, None),
            // A line ends in any set, and with it the double-byte one (RFC 1468).
            (_, b'\r' | b'\n', _) => {
                if *set == Set::Kanji {
                    *set = Set::Ascii;
                }
                (1, Some(char::from(byte)))
            }
            (Set::Roman, b'\\', _) => (1, Some('\u{A5}')),
            (Set::Roman, b'~', _) => (1, Some('\u{203E}')),
            (Set::Ascii | Set::Roman, _, _) => (1, Some(char::from(byte))),
            (Set::Kana, 0x21..=0x5F, _) => (1, char::from_u32(0xFF61 + u32::from(byte) - 0x21)),
            (Set::Kanji, 0x21..=0x7E, Some(trail @ 0x21..=0x7E)) => {
                (2, table.double(byte | 0x80, trail | 0x80))
            }
            (Set::Kana | Set::Kanji, _, _) => (1, None),
        };
        let begun = rest.len() == 1 && *set == Set::Kanji && matches!(byte, 0x21..=0x7E);
        match c {
            Some(c) => reading.push(c, &mut out.text),
            None if begun => out.skip(at, 1, SkipKind::Cut),
            None => out.skip(at, length, SkipKind::Bad),
        }
        at += length;
    }
}

/// Whether these last bytes may be the beginning of an escape sequence.
fn is_begun(rest: &[u8]) -> bool {
    matches!(rest, b"\x1B" | b"\x1B(" | b"\x1B$")
}

/// Single bytes, and double bytes between 0E and 0F.
pub(super) fn host(
    (reading, table, singles): (&Reading<'_>, &Table, &Singles),
    bytes: &[u8],
    mut at: usize,
    set: &mut Set,
    out: &mut Decoded,
) {
    while let Some(&byte) = bytes.get(at) {
        let kanji = *set == Set::Kanji;
        let (length, c) = match (byte, bytes.get(at + 1)) {
            (0x0E | 0x0F, _) => {
                *set = if byte == 0x0E { Set::Kanji } else { Set::Ascii };
                out.skip(at, 1, SkipKind::Silent);
                at += 1;
                continue;
            }
            (byte, _) if !kanji => (1, singles.character(byte)),
            (0x40..=0xFE, Some(&trail @ 0x40..=0xFE)) => (2, table.double(byte, trail)),
            (0x40..=0xFE, None) => {
                out.skip(at, 1, SkipKind::Cut);
                return;
            }
            // A byte that cannot be a second one is left: it may shift back.
            (_, _) => (1, None),
        };
        match c {
            Some(c) if kanji => reading.push(c, &mut out.text),
            Some(c) => out.text.push(c),
            None => out.skip(at, length, SkipKind::Bad),
        }
        at += length;
    }
}
