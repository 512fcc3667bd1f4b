//! Bytes to text, one function per family.

mod cursor;
mod shifted;

use encoding_rs::Encoding;

use super::{Charset, Family, Gaiji, Overline, Profile, Symbols, Yen, fold, single, table};
use table::Table;

pub use cursor::Cursor;
pub(super) use cursor::{is_half_kana, is_roman};
pub(super) use shifted::Set;

/// Text, and the bytes that gave none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// In order of the input.
    pub skips: Vec<Skip>,
    /// Where ASCII stands, if that is known: each place within and directly
    /// behind such a run is as far in the input.
    pub(crate) runs: Vec<Run>,
}

/// A run that is the same bytes in the text and the input: ASCII, or all of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) text: u32,
    pub(crate) source: u32,
    pub(crate) length: u32,
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

/// How the characters of the table are read.
struct Reading<'a> {
    symbols: Symbols,
    gaiji: Option<&'a Gaiji>,
    half_kana: bool,
    /// What bytes 5C and 7E are, where that is not ASCII.
    yen: bool,
    overline: bool,
}

// === impl Decoded ===

impl Decoded {
    /// The bytes that are no characters.
    pub fn faults(&self) -> impl Iterator<Item = &Skip> {
        self.skips.iter().filter(|it| it.kind != SkipKind::Silent)
    }
}

// === impl Reading ===

impl<'a> Reading<'a> {
    fn of(profile: &'a Profile) -> Self {
        let roman = profile.charset.has_roman();
        Self {
            symbols: profile.symbols_in_force(),
            gaiji: profile.gaiji.as_deref(),
            half_kana: profile.has_half_kana(),
            yen: roman && profile.yen == Yen::Yen,
            overline: roman && profile.overline == Overline::Overline,
        }
    }

    /// Appends a character of the table as the profile reads it.
    #[inline]
    fn push(&self, c: char, out: &mut String) {
        match self.gaiji {
            None => out.push(fold::read(c, self.symbols)),
            Some(gaiji) => gaiji.push(fold::read(c, self.symbols), out),
        }
    }

    /// The character of a byte of JIS X 0201.
    #[inline]
    fn single(&self, byte: u8) -> Option<char> {
        match byte {
            b'\\' if self.yen => Some('\u{A5}'),
            b'~' if self.overline => Some('\u{203E}'),
            0..=0x7F => Some(char::from(byte)),
            0xA1..=0xDF if self.half_kana => char::from_u32(0xFF61 + u32::from(byte - 0xA1)),
            0x80.. => None,
        }
    }
}

// === the families ===

/// Decodes from `at` on, beginning in a set. Bad bytes are listed and left out.
pub(super) fn push_decoded(
    profile: &Profile,
    bytes: &[u8],
    at: usize,
    set: &mut Set,
    out: &mut Decoded,
) {
    let reading = &Reading::of(profile);
    match (profile.charset.family(), table::of(profile), single::of(profile.charset)) {
        (Family::ShiftJis, Some(table), _) => shift_jis((reading, table), bytes, at, out),
        (Family::Euc, Some(table), _) => euc((reading, table), bytes, at, out),
        (Family::Iso2022, Some(table), _) => {
            shifted::iso_2022((reading, table), bytes, at, set, out);
        }
        (Family::Host, Some(table), Some(singles)) => {
            shifted::host((reading, table, singles), bytes, at, set, out);
        }
        (Family::Utf16, ..) if profile.charset == Charset::Utf16Be => {
            utf_16(u16::from_be_bytes, bytes, at, out);
        }
        (Family::Utf16, ..) => utf_16(u16::from_le_bytes, bytes, at, out),
        (Family::Single, _, Some(singles)) => {
            single_bytes(|byte| singles.character(byte), bytes, at, out);
        }
        (Family::Single, ..) => single_bytes(|byte| reading.single(byte), bytes, at, out),
        _ => utf_8(bytes, at, out),
    }
}

impl Decoded {
    fn skip(&mut self, offset: usize, length: usize, kind: SkipKind) {
        self.skips.push(Skip { at: self.text.len(), offset, length, kind });
    }

    fn run(&mut self, at: usize, length: usize) {
        let [text, source, length] = [self.text.len(), at, length].map(u32::try_from);
        if let (Ok(text), Ok(source), Ok(length)) = (text, source, length) {
            self.runs.push(Run { text, source, length });
        }
    }

    /// Takes the ASCII run at `at` and returns where it ends.
    #[inline]
    fn ascii(&mut self, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = Encoding::ascii_valid_up_to(rest);
        self.run(at, length);
        if let Some(Ok(run)) = rest.get(..length).map(std::str::from_utf8) {
            self.text.push_str(run);
        }
        at + length
    }

    /// The same where 5C or 7E is no ASCII.
    fn roman(&mut self, reading: &Reading<'_>, bytes: &[u8], at: usize) -> usize {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = Encoding::ascii_valid_up_to(rest);
        let run = rest.get(..length).unwrap_or_default();
        self.text.extend(run.iter().filter_map(|byte| reading.single(*byte)));
        at + length
    }
}

fn utf_8(bytes: &[u8], mut at: usize, out: &mut Decoded) {
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.run(at, text.len());
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

fn shift_jis(
    (reading, table): (&Reading<'_>, &Table),
    bytes: &[u8],
    mut at: usize,
    out: &mut Decoded,
) {
    while at < bytes.len() {
        at = if reading.yen || reading.overline {
            out.roman(reading, bytes, at)
        } else {
            out.ascii(bytes, at)
        };
        while let Some(&lead) = bytes.get(at)
            && lead >= 0x80
        {
            if let Some(kana) = reading.single(lead) {
                out.text.push(kana);
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
                        Some(c) => reading.push(c, &mut out.text),
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
    out.last_run(at);
}

impl Decoded {
    /// Behind the last character too.
    fn last_run(&mut self, at: usize) {
        if !self.runs.is_empty() {
            self.run(at, 0);
        }
    }
}

fn euc((reading, table): (&Reading<'_>, &Table), bytes: &[u8], mut at: usize, out: &mut Decoded) {
    while at < bytes.len() {
        at = out.ascii(bytes, at);
        while let Some(&lead) = bytes.get(at)
            && lead >= 0x80
        {
            let (length, c) = match lead {
                0x8E => (2, None),
                0x8F if table.has_triples() => (3, None),
                0xA1..=0xFE => (2, None),
                _ => (1, Some(None)),
            };
            let rest = bytes.get(at + 1..).unwrap_or_default();
            let rest = rest.get(..length - 1).unwrap_or(rest);
            let good = rest.iter().take_while(|it| matches!(it, 0xA1..=0xFE)).count();
            let c = c.unwrap_or_else(|| match (lead, rest) {
                (0x8E, [kana @ 0xA1..=0xDF]) => reading.single(*kana),
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
            reading.push(c, &mut out.text);
            at += length;
        }
    }
    out.last_run(at);
}

fn single_bytes(
    character: impl Fn(u8) -> Option<char>,
    bytes: &[u8],
    at: usize,
    out: &mut Decoded,
) {
    for (offset, byte) in bytes.iter().enumerate().skip(at) {
        match character(*byte) {
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
