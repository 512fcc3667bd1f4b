//! Double-byte tables, made once from `encoding_rs` and cut to the profile, and
//! their inverses. Both directions come from one table, so they cannot differ.

use std::sync::LazyLock;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

use super::{Charset, Duplicates, Profile};

/// No character.
const NONE: u16 = 0;

/// One double-byte set: all its characters are in the basic plane.
pub(super) struct Table {
    /// By `(lead - 0x80) * 256 + trail`.
    decode: Vec<u16>,
    /// The same for codes after 8F (JIS X 0212); empty in Shift_JIS.
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
static EUC: LazyLock<Table> = LazyLock::new(Table::euc);

/// The table of a profile; `None` for Unicode and single bytes.
pub(super) fn of(profile: &Profile) -> Option<&'static Table> {
    match (profile.charset, profile.duplicates) {
        (Charset::Cp932, Duplicates::Ibm) => Some(&CP932_IBM),
        (Charset::Cp932, Duplicates::Nec) => Some(&CP932_NEC),
        (Charset::ShiftJis, _) => Some(&SHIFT_JIS_STRICT),
        (Charset::EucJp | Charset::Iso2022Jp, _) => Some(&EUC),
        (
            Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be | Charset::Cp037 | Charset::Cp290,
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

    fn euc() -> Self {
        let mut table = Self::empty();
        table.decode_8f = vec![NONE; 128 * 256];
        for prefix in [0, 0x8F] {
            for lead in 0xA1..=0xFE {
                for trail in 0xA1..=0xFE {
                    let code = [prefix, lead, trail];
                    let code = if prefix == 0 { code.get(1..) } else { Some(code.as_slice()) };
                    table.add(code.and_then(|it| one(EUC_JP, it)), prefix, lead, trail);
                }
            }
        }
        table
    }

    fn empty() -> Self {
        Self { decode: vec![NONE; 128 * 256], decode_8f: Vec::new(), encode: vec![0; 0x1_0000] }
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
    usize::from(lead.wrapping_sub(0x80)) * 256 + usize::from(trail)
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
