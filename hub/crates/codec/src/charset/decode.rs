//! Bytes to text, one function per family, and the way back from a place in the
//! text to the bytes that it came from.

use encoding_rs::Encoding;

use super::{Charset, Profile, Symbols, fold, single, table, table::Table};

/// Text, and the bytes that gave none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// In order of the input.
    pub skips: Vec<Skip>,
}

/// Bytes that gave no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Skip {
    /// Where in the text they would stand.
    pub at: usize,
    /// Byte offset in the input.
    pub offset: usize,
    pub length: usize,
    pub kind: SkipKind,
}

/// Why bytes gave no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipKind {
    /// A BOM, an escape sequence, a prefix: nothing is wrong.
    Silent,
    /// No character.
    Bad,
    /// The input ends within a character.
    Cut,
}

/// Walks along a decoded text and knows the byte offset in the input.
#[derive(Clone, Debug)]
pub struct Cursor {
    charset: Charset,
    text: usize,
    source: usize,
    skip: usize,
}

// === impl Decoded ===

impl Decoded {
    /// The bytes that are no characters.
    pub fn faults(&self) -> impl Iterator<Item = &Skip> {
        self.skips.iter().filter(|it| it.kind != SkipKind::Silent)
    }
}

// === impl Cursor ===

impl Cursor {
    pub fn new(charset: Charset) -> Self {
        Self::starting(charset, 0)
    }

    /// For a text whose first byte has that offset in the input.
    pub fn starting(charset: Charset, source: usize) -> Self {
        Self { charset, text: 0, source, skip: 0 }
    }

    /// The byte offset in the input of `to` in the text. `to` must not go back.
    #[inline]
    pub fn advance(&mut self, text: &str, skips: &[Skip], to: usize) -> usize {
        while let Some(skip) = skips.get(self.skip)
            && skip.at < to
        {
            self.walk(text, skip.at);
            self.source += skip.length;
            self.skip += 1;
        }
        self.walk(text, to);
        self.source
    }

    /// The byte offsets of `start` and `end`, where what stands before `start`
    /// and was not passed yet is ASCII.
    #[inline]
    pub fn span(
        &mut self,
        text: &str,
        skips: &[Skip],
        (start, end): (usize, usize),
    ) -> (usize, usize) {
        let quick = self.skip >= skips.len() && self.charset.is_ascii_safe() && start >= self.text;
        if quick && text.as_bytes().get(start..end).is_some_and(<[u8]>::is_ascii) {
            let from = self.source + (start - self.text);
            self.source = from + (end - start);
            self.text = end;
            return (from, self.source);
        }
        let from = self.advance(text, skips, start);
        (from, self.advance(text, skips, end))
    }

    fn walk(&mut self, text: &str, to: usize) {
        let passed = text.as_bytes().get(self.text..to).unwrap_or_default();
        let single = self.charset.is_ascii_safe() && passed.is_ascii();
        self.source += if single {
            passed.len()
        } else {
            source_length(self.charset, text.get(self.text..to).unwrap_or_default())
        };
        self.text = to.max(self.text);
    }
}

/// Bytes of the input behind a text in which nothing was skipped.
#[inline]
fn source_length(charset: Charset, text: &str) -> usize {
    match charset {
        Charset::Utf8 => text.len(),
        Charset::Cp037 | Charset::Cp290 => text.chars().count(),
        Charset::Utf16Le | Charset::Utf16Be => text.chars().map(|c| c.len_utf16() * 2).sum(),
        Charset::EucJp => singles_and_doubles(text),
        Charset::Cp932 | Charset::ShiftJis => {
            let length = singles_and_doubles(text);
            // EF begins half-width katakana, and not much else.
            if !text.as_bytes().contains(&0xEF) {
                return length;
            }
            length - half_kana(text)
        }
        Charset::Iso2022Jp => {
            let single = text.chars().filter(|c| is_half_kana(*c) || is_roman(*c)).count();
            singles_and_doubles(text) - single
        }
    }
}

/// One for each ASCII character, two for each other.
#[inline]
fn singles_and_doubles(text: &str) -> usize {
    // Sums of bytes in short pieces are what processors do at once.
    let ascii = |piece: &[u8]| piece.iter().map(|it| u8::from(*it < 0x80)).sum::<u8>();
    let singles: usize = text.as_bytes().chunks(255).map(|it| usize::from(ascii(it))).sum();
    text.chars().count() * 2 - singles
}

/// Half-width katakana: U+FF61 to U+FF9F, EF BD A1 to EF BE 9F in UTF-8.
#[inline]
fn half_kana(text: &str) -> usize {
    let is = |it: &&[u8]| matches!(it, [0xEF, 0xBD, 0xA1..=0xBF] | [0xEF, 0xBE, 0x80..=0x9F]);
    text.as_bytes().windows(3).filter(is).count()
}

pub(super) fn is_half_kana(c: char) -> bool {
    matches!(c, '\u{FF61}'..='\u{FF9F}')
}

/// The two characters in which JIS X 0201 differs from ASCII.
pub(super) fn is_roman(c: char) -> bool {
    matches!(c, '\u{A5}' | '\u{203E}')
}

// === the families ===

/// Decodes from `at` on. Bad bytes are listed and left out.
pub(super) fn push_decoded(profile: &Profile, bytes: &[u8], at: usize, out: &mut Decoded) {
    let jis = profile.symbols;
    match (profile.charset, table::of(profile)) {
        (Charset::Cp932 | Charset::ShiftJis, Some(table)) => shift_jis(table, jis, bytes, at, out),
        (Charset::EucJp, Some(table)) => euc(table, jis, bytes, at, out),
        (Charset::Iso2022Jp, Some(table)) => iso_2022(table, jis, bytes, at, out),
        (Charset::Utf16Le, _) => utf_16(u16::from_le_bytes, bytes, at, out),
        (Charset::Utf16Be, _) => utf_16(u16::from_be_bytes, bytes, at, out),
        (Charset::Cp037 | Charset::Cp290, _) => single_bytes(profile.charset, bytes, at, out),
        _ => utf_8(bytes, at, out),
    }
}

impl Decoded {
    fn skip(&mut self, offset: usize, length: usize, kind: SkipKind) {
        self.skips.push(Skip { at: self.text.len(), offset, length, kind });
    }

    /// Takes the ASCII run at `at` and returns where it ends.
    #[inline]
    fn ascii(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = Encoding::ascii_valid_up_to(rest);
        if let Some(Ok(run)) = rest.get(..length).map(std::str::from_utf8) {
            self.text.push_str(run);
        }
        at + length
    }
}

fn utf_8(bytes: &[u8], mut at: usize, out: &mut Decoded) {
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.text.push_str(text);
                return;
            }
            Err(error) => {
                let good = error.valid_up_to();
                if let Some(Ok(text)) = rest.get(..good).map(std::str::from_utf8) {
                    out.text.push_str(text);
                }
                let (length, kind) = match error.error_len() {
                    Some(length) => (length, SkipKind::Bad),
                    None => (rest.len() - good, SkipKind::Cut),
                };
                out.skip(at + good, length, kind);
                at += good + length;
            }
        }
    }
}

fn shift_jis(table: &Table, symbols: Symbols, bytes: &[u8], mut at: usize, out: &mut Decoded) {
    while at < bytes.len() {
        at = out.ascii(bytes, at);
        while let Some(&lead) = bytes.get(at)
            && lead >= 0x80
        {
            if let 0xA1..=0xDF = lead {
                out.text.extend(char::from_u32(0xFF61 + u32::from(lead - 0xA1)));
                at += 1;
                continue;
            }
            let double = matches!(lead, 0x81..=0x9F | 0xE0..=0xFC);
            at += match bytes.get(at + 1) {
                None if double => {
                    out.skip(at, 1, SkipKind::Cut);
                    1
                }
                // A byte that cannot be a second one is left: it may end the record.
                Some(&trail) if double && matches!(trail, 0x40..=0x7E | 0x80..=0xFC) => {
                    match table.double(lead, trail) {
                        Some(c) => out.text.push(fold::read(c, symbols)),
                        None => out.skip(at, 2, SkipKind::Bad),
                    }
                    2
                }
                _ => {
                    out.skip(at, 1, SkipKind::Bad);
                    1
                }
            };
        }
    }
}

fn euc(table: &Table, symbols: Symbols, bytes: &[u8], mut at: usize, out: &mut Decoded) {
    while at < bytes.len() {
        at = out.ascii(bytes, at);
        while let Some(&lead) = bytes.get(at)
            && lead >= 0x80
        {
            let (length, c) = match lead {
                0x8E => (2, None),
                0x8F => (3, None),
                0xA1..=0xFE => (2, None),
                _ => (1, Some(None)),
            };
            let rest = bytes.get(at + 1..).unwrap_or_default();
            let rest = rest.get(..length - 1).unwrap_or(rest);
            let good = rest.iter().take_while(|it| matches!(it, 0xA1..=0xFE)).count();
            let c = c.unwrap_or_else(|| match (lead, rest) {
                (0x8E, [kana @ 0xA1..=0xDF]) => char::from_u32(0xFF61 + u32::from(*kana) - 0xA1),
                (0x8F, [lead, trail]) if good == 2 => table.triple(*lead, *trail),
                (0x8E | 0x8F, _) => None,
                (lead, [trail]) if good == 1 => table.double(lead, *trail),
                _ => None,
            });
            let Some(c) = c else {
                let cut = good == rest.len() && rest.len() < length - 1;
                out.skip(at, 1 + good, if cut { SkipKind::Cut } else { SkipKind::Bad });
                at += 1 + good;
                continue;
            };
            if lead == 0x8F {
                out.skip(at, 1, SkipKind::Silent);
            }
            out.text.push(fold::read(c, symbols));
            at += length;
        }
    }
}

/// The sets that an escape sequence of ISO-2022-JP turns to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
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

    /// The escape sequence that turns to it.
    pub(super) fn turn(self) -> &'static [u8] {
        match self {
            Self::Ascii => b"\x1B(B",
            Self::Roman => b"\x1B(J",
            Self::Kana => b"\x1B(I",
            Self::Kanji => b"\x1B$B",
        }
    }
}

fn iso_2022(table: &Table, symbols: Symbols, bytes: &[u8], mut at: usize, out: &mut Decoded) {
    let mut set = Set::Ascii;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        if byte == 0x1B {
            let turned = Set::escape(rest);
            let kind = match turned {
                Some(_) => SkipKind::Silent,
                None if rest.len() < 3 => SkipKind::Cut,
                None => SkipKind::Bad,
            };
            set = turned.unwrap_or(set);
            let length = if kind == SkipKind::Silent { 3 } else { 1 };
            out.skip(at, length, kind);
            at += length;
            continue;
        }
        let (length, c) = match (set, byte, rest.get(1)) {
            (_, 0x80.., _) => (1, None),
            // A line ends in any set, and with it the double-byte one (RFC 1468).
            (_, b'\r' | b'\n', _) => {
                if set == Set::Kanji {
                    set = Set::Ascii;
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
        match c {
            Some(c) => out.text.push(fold::read(c, symbols)),
            None if at + length == bytes.len() && set == Set::Kanji && length == 1 => {
                out.skip(at, 1, SkipKind::Cut);
            }
            None => out.skip(at, length, SkipKind::Bad),
        }
        at += length;
    }
}

fn single_bytes(charset: Charset, bytes: &[u8], at: usize, out: &mut Decoded) {
    for (offset, byte) in bytes.iter().enumerate().skip(at) {
        match single::character(charset, *byte) {
            Some(c) => out.text.push(c),
            None => out.skip(offset, 1, SkipKind::Bad),
        }
    }
}

fn utf_16(unit: fn([u8; 2]) -> u16, bytes: &[u8], mut at: usize, out: &mut Decoded) {
    let read = |at: usize| match bytes.get(at..at + 2) {
        Some(&[a, b]) => Some(unit([a, b])),
        _ => None,
    };
    while at < bytes.len() {
        let Some(first) = read(at) else {
            out.skip(at, bytes.len() - at, SkipKind::Cut);
            return;
        };
        let second = if matches!(first, 0xD800..=0xDBFF) { read(at + 2) } else { None };
        let pair = [first, second.unwrap_or_default()];
        let units = pair.get(..1 + usize::from(second.is_some())).unwrap_or_default();
        match char::decode_utf16(units.iter().copied()).next() {
            Some(Ok(c)) => {
                out.text.push(c);
                at += c.len_utf16() * 2;
            }
            _ => {
                let cut = matches!(first, 0xD800..=0xDBFF) && bytes.len() < at + 4;
                out.skip(at, 2, if cut { SkipKind::Cut } else { SkipKind::Bad });
                at += 2;
            }
        }
    }
}
