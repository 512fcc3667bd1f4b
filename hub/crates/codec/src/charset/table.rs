//! Double-byte tables, made once and cut to the profile, and their inverses.
//! Both directions come from one table, so they cannot differ. What Windows and
//! the web have comes from `encoding_rs`, the rest from `tables/`.

use std::sync::LazyLock;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

use super::{Charset, Duplicates, Profile};

/// No character.
const NONE: u16 = 0;
/// All pairs of lead and trail, and all characters of the basic plane.
const CODES: usize = 0x1_0000;
/// Where the user-defined areas begin in Unicode, and the second part of that
/// of eucJP-ms.
const USER_DEFINED: u32 = 0xE000;
const USER_DEFINED_8F: u32 = 0xE3AC;

/// Runs of characters: see `tables/make.py`.
const IBM_RUNS: &str = include_str!("tables/ibm.txt");
const EUC_MS_RUNS: &str = include_str!("tables/eucjp-ms.txt");

/// One double-byte set: all its characters are in the basic plane.
pub(super) struct Table {
    /// By lead and trail.
    decode: Vec<u16>,
    /// The same for codes after 8F (JIS X 0212); empty in others than EUC.
    decode_8f: Vec<u16>,
    /// By character: the code, with 8F in the third byte for JIS X 0212.
    encode: Vec<u32>,
}

static CP932_IBM: LazyLock<Table> = LazyLock::new(|| cp932(Duplicates::Ibm));
static CP932_NEC: LazyLock<Table> = LazyLock::new(|| cp932(Duplicates::Nec));
static SHIFT_JIS_STRICT: LazyLock<Table> = LazyLock::new(|| {
    let rows = [0x81..=0x84, 0x88..=0x9F, 0xE0..=0xEA];
    Table::shift_jis(rows.into_iter().flatten())
});
static EUC: LazyLock<Table> = LazyLock::new(|| Table::euc(0xA1..=0xFE, 0xA1..=0xFE));
static EUC_WINDOWS: LazyLock<Table> = LazyLock::new(|| Table::euc(0xA1..=0xFE, []));
static EUC_MS: LazyLock<Table> = LazyLock::new(euc_ms);
static JIS_X_0208: LazyLock<Table> =
    LazyLock::new(|| Table::euc((0xA1..=0xA8).chain(0xB0..=0xF4), []));
static IBM: LazyLock<Table> = LazyLock::new(ibm);

/// The table of a profile; `None` for Unicode and single bytes.
pub(super) fn of(profile: &Profile) -> Option<&'static Table> {
    match (profile.charset, profile.duplicates) {
        (Charset::Cp932, Duplicates::Ibm) => Some(&CP932_IBM),
        (Charset::Cp932, Duplicates::Nec) => Some(&CP932_NEC),
        (Charset::ShiftJis, _) => Some(&SHIFT_JIS_STRICT),
        (Charset::EucJp | Charset::Iso2022Jp, _) => Some(&EUC),
        (Charset::EucJpMs, _) => Some(&EUC_MS),
        (Charset::Cp51932, _) => Some(&EUC_WINDOWS),
        (Charset::Iso2022JpStrict, _) => Some(&JIS_X_0208),
        (Charset::Cp930 | Charset::Cp939, _) => Some(&IBM),
        (
            Charset::Utf8
            | Charset::Utf16Le
            | Charset::Utf16Be
            | Charset::JisX0201
            | Charset::Cp037
            | Charset::Cp290,
            _,
        ) => None,
    }
}

/// Rows in the order in which a character's first code is the one to write:
/// JIS X 0208 row 2 before NEC row 13 (87), level 1 and 2 kanji, then the two
/// extensions as the profile prefers, then the user-defined area.
fn cp932(duplicates: Duplicates) -> Table {
    let rows = match duplicates {
        Duplicates::Ibm => [0x81..=0x9F, 0xE0..=0xEA, 0xFA..=0xFC, 0xED..=0xEE, 0xF0..=0xF9],
        Duplicates::Nec => [0x81..=0x9F, 0xE0..=0xEA, 0xED..=0xEE, 0xFA..=0xFC, 0xF0..=0xF9],
    };
    Table::shift_jis(rows.into_iter().flatten())
}

/// JIS X 0208 with NEC row 13, JIS X 0212, IBM extensions, the user-defined area.
fn euc_ms() -> Table {
    let mut table = Table::euc(0xA1..=0xF4, 0xA1..=0xED);
    // Two symbols of JIS X 0212 are full-width here: the half-width ones are ASCII's.
    for (lead, trail, c) in [(0xA2, 0xB7, '\u{FF5E}'), (0xA2, 0xC3, '\u{FFE4}')] {
        table.replace_8f(lead, trail, c);
    }
    for (lead, trail, c) in runs(EUC_MS_RUNS).filter(|(lead, ..)| *lead != 0) {
        table.add(Some(c), 0x8F, lead, trail);
    }
    for (prefix, first) in [(0, USER_DEFINED), (0x8F, USER_DEFINED_8F)] {
        let codes = (0xF5..=0xFE).flat_map(|lead| (0xA1..=0xFE).map(move |trail| (lead, trail)));
        for ((lead, trail), c) in codes.zip(first..) {
            table.add(char::from_u32(c), prefix, lead, trail);
        }
    }
    table
}

/// The double bytes of IBM-930 and IBM-939, with the user-defined area 6941–7FFE.
fn ibm() -> Table {
    let mut table = Table::empty();
    for (lead, trail, c) in runs(IBM_RUNS).filter(|(lead, ..)| *lead != 0) {
        table.add(Some(c), 0, lead, trail);
    }
    let codes = (0x69..=0x7F).flat_map(|lead| (0x41..=0xFE).map(move |trail| (lead, trail)));
    for ((lead, trail), c) in codes.zip(USER_DEFINED..) {
        table.add(char::from_u32(c), 0, lead, trail);
    }
    table
}

/// The single bytes of IBM-930 or IBM-939 from 40 on.
pub(super) fn ibm_singles(name: &str) -> impl Iterator<Item = (u8, char)> {
    let head = format!("# single bytes of {name}");
    let part = IBM_RUNS.split_once(head.as_str()).map_or("", |(_, rest)| rest);
    let part = part.split("\n#").next().unwrap_or_default();
    runs(part).map(|(_, byte, c)| (byte, c))
}

/// The codes of runs: lead (0 for single bytes), trail, character.
fn runs(text: &str) -> impl Iterator<Item = (u8, u8, char)> {
    text.lines().filter(|it| !it.starts_with('#')).flat_map(|line| {
        let (code, chars) = line.split_once('\t').unwrap_or_default();
        let first = u16::from_str_radix(code, 16).unwrap_or_default();
        chars.chars().zip(first..).map(|(c, code)| {
            let [lead, trail] = code.to_be_bytes();
            (lead, trail, c)
        })
    })
}

// === impl Table ===

impl Table {
    fn shift_jis(leads: impl Iterator<Item = u8>) -> Self {
        let mut table = Self::empty();
        for lead in leads {
            for trail in (0x40..=0x7E).chain(0x80..=0xFC) {
                table.add(one(SHIFT_JIS, &[lead, trail]), 0, lead, trail);
            }
        }
        table
    }

    /// The rows of JIS X 0208 with vendors' extensions, and of JIS X 0212.
    fn euc(leads: impl IntoIterator<Item = u8>, leads_8f: impl IntoIterator<Item = u8>) -> Self {
        let mut table = Self::empty();
        for lead in leads {
            for trail in 0xA1..=0xFE {
                table.add(one(EUC_JP, &[lead, trail]), 0, lead, trail);
            }
        }
        for lead in leads_8f {
            table.decode_8f.resize(CODES, NONE);
            for trail in 0xA1..=0xFE {
                table.add(one(EUC_JP, &[0x8F, lead, trail]), 0x8F, lead, trail);
            }
        }
        table
    }

    fn empty() -> Self {
        Self { decode: vec![NONE; CODES], decode_8f: Vec::new(), encode: vec![0; CODES] }
    }

    fn add(&mut self, c: Option<char>, prefix: u8, lead: u8, trail: u8) {
        let Some(unit) = c.and_then(|it| u16::try_from(u32::from(it)).ok()) else { return };
        let decode = if prefix == 0 { &mut self.decode } else { &mut self.decode_8f };
        if let Some(slot) = decode.get_mut(index(lead, trail)) {
            *slot = unit;
        }
        if let Some(slot @ 0) = self.encode.get_mut(usize::from(unit)) {
            *slot = u32::from_be_bytes([0, prefix, lead, trail]);
        }
    }

    /// Another character for a code after 8F.
    fn replace_8f(&mut self, lead: u8, trail: u8, c: char) {
        let old = self.decode_8f.get(index(lead, trail)).copied().unwrap_or(NONE);
        if u32::from(old) == u32::from(c) {
            return;
        }
        if let Some(slot) = self.encode.get_mut(usize::from(old)) {
            *slot = 0;
        }
        self.add(Some(c), 0x8F, lead, trail);
    }

    /// Whether there are codes after 8F.
    #[inline]
    pub(super) fn has_triples(&self) -> bool {
        !self.decode_8f.is_empty()
    }

    /// The character of a two-byte code.
    #[inline]
    pub(super) fn double(&self, lead: u8, trail: u8) -> Option<char> {
        char_of(*self.decode.get(index(lead, trail))?)
    }

    /// The character of a code after 8F.
    pub(super) fn triple(&self, lead: u8, trail: u8) -> Option<char> {
        char_of(*self.decode_8f.get(index(lead, trail))?)
    }

    /// The code of a character: prefix (0 or 8F), lead, trail.
    #[inline]
    pub(super) fn code(&self, c: char) -> Option<(u8, u8, u8)> {
        let code = *self.encode.get(usize::try_from(u32::from(c)).ok()?)?;
        let [_, prefix, lead, trail] = code.to_be_bytes();
        (code != 0).then_some((prefix, lead, trail))
    }
}

#[inline]
fn index(lead: u8, trail: u8) -> usize {
    usize::from(lead) * 256 + usize::from(trail)
}

#[inline]
fn char_of(unit: u16) -> Option<char> {
    if unit == NONE { None } else { char::from_u32(u32::from(unit)) }
}

/// The one character that these bytes are, by the web's tables.
fn one(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
