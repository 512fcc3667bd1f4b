//! A character set and the choices that it leaves open, and reading by them.

use std::{borrow::Cow, sync::Arc};

use super::{
    Charset, Decoded, Family, Fault, Gaiji, Skip, SkipKind,
    decode::{Set, push_decoded},
};

/// A character set and the choices that it leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    pub charset: Charset,
    pub bom: Bom,
    pub duplicates: Duplicates,
    pub symbols: Symbols,
    pub yen: Yen,
    pub overline: Overline,
    pub half_kana: HalfKana,
    /// What the codes of the user-defined area mean; none: they are U+E000 and up.
    pub gaiji: Option<Arc<Gaiji>>,
}

/// The byte order mark at the start of UTF-8 and UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bom {
    /// Read if it is there, not written.
    Optional,
    /// Must be there, and is written.
    Required,
    /// Must not be there.
    Refused,
}

/// Which code to write for characters that CP932 has twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duplicates {
    /// IBM extensions FA40–FC4B, as Windows and browsers do: 髙 is FBFC.
    Ibm,
    /// NEC-selected ED40–EEFC, as some Unix systems and Python do: 髙 is EEE0.
    Nec,
}

/// A character of JIS X 0208 that vendors map to one of two in Unicode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// ～ U+FF5E or 〜 U+301C.
    WaveDash,
    /// － U+FF0D or − U+2212.
    Minus,
    /// ― U+2015 or — U+2014.
    Dash,
    /// ∥ U+2225 or ‖ U+2016.
    DoubleBar,
    /// ￠ U+FFE0 or ¢ U+00A2.
    Cent,
    /// ￡ U+FFE1 or £ U+00A3.
    Pound,
    /// ￢ U+FFE2 or ¬ U+00AC.
    Not,
}

/// Which Unicode characters stand for the seven [`Symbol`]s: a bit each, set
/// where it is that of JIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbols(u8);

/// What the byte 5C is in sets that have JIS X 0201 for single bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Yen {
    /// `\` U+005C, as Windows reads it.
    Backslash,
    /// ¥ U+00A5, as JIS X 0201 says; there is no backslash then.
    Yen,
}

/// What the byte 7E is in sets that have JIS X 0201 for single bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overline {
    /// `~` U+007E, as Windows reads it.
    Tilde,
    /// ‾ U+203E, as JIS X 0201 says; there is no tilde then.
    Overline,
}

/// Whether half-width katakana are characters of the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HalfKana {
    Allowed,
    /// They are faults in reading, and folded to full width in writing.
    Refused,
}

// === impl Symbol ===

impl Symbol {
    pub const ALL: [Self; 7] = [
        Self::WaveDash,
        Self::Minus,
        Self::Dash,
        Self::DoubleBar,
        Self::Cent,
        Self::Pound,
        Self::Not,
    ];

    /// The name used in layouts.
    pub fn name(self) -> &'static str {
        match self {
            Self::WaveDash => "wave_dash",
            Self::Minus => "minus",
            Self::Dash => "dash",
            Self::DoubleBar => "double_bar",
            Self::Cent => "cent",
            Self::Pound => "pound",
            Self::Not => "not",
        }
    }

    /// Microsoft's character and that of JIS.
    pub(super) fn readings(self) -> (char, char) {
        match self {
            Self::WaveDash => ('\u{FF5E}', '\u{301C}'),
            Self::Minus => ('\u{FF0D}', '\u{2212}'),
            Self::Dash => ('\u{2015}', '\u{2014}'),
            Self::DoubleBar => ('\u{2225}', '\u{2016}'),
            Self::Cent => ('\u{FFE0}', '\u{00A2}'),
            Self::Pound => ('\u{FFE1}', '\u{00A3}'),
            Self::Not => ('\u{FFE2}', '\u{00AC}'),
        }
    }

    /// The symbol that a character is one of the readings of.
    pub(super) fn of(c: char) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.readings().0 == c || it.readings().1 == c)
    }

    fn bit(self) -> u8 {
        match self {
            Self::WaveDash => 1,
            Self::Minus => 2,
            Self::Dash => 4,
            Self::DoubleBar => 8,
            Self::Cent => 16,
            Self::Pound => 32,
            Self::Not => 64,
        }
    }
}

// === impl Symbols ===

impl Symbols {
    /// All as Microsoft maps them; what is canonical in the hub.
    pub const MICROSOFT: Self = Self(0);
    /// All as JIS maps them.
    pub const JIS: Self = Self(127);

    /// With one symbol as JIS maps it, or as Microsoft does.
    #[must_use]
    pub fn with(self, symbol: Symbol, jis: bool) -> Self {
        let others = self.0 & !symbol.bit();
        Self(if jis { others | symbol.bit() } else { others })
    }

    pub(super) fn is_jis(self, symbol: Symbol) -> bool {
        self.0 & symbol.bit() != 0
    }
}

// === impl Profile ===

impl Profile {
    /// The usual choices: BOM optional, IBM extensions, Microsoft's symbols; ¥
    /// and ‾ only where there is nothing but JIS X 0201.
    pub fn new(charset: Charset) -> Self {
        let roman = charset == Charset::JisX0201;
        Self {
            charset,
            bom: Bom::Optional,
            duplicates: Duplicates::Ibm,
            symbols: Symbols::MICROSOFT,
            yen: if roman { Yen::Yen } else { Yen::Backslash },
            overline: if roman { Overline::Overline } else { Overline::Tilde },
            half_kana: HalfKana::Allowed,
            gaiji: None,
        }
    }

    /// The text of these bytes, without a BOM.
    ///
    /// # Errors
    /// The first bytes that are no character.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
        let bom = self.bom_length(bytes)?;
        let ascii = self.is_ascii_safe() && bytes.is_ascii();
        if (ascii || self.charset == Charset::Utf8)
            && let Some(Ok(text)) = bytes.get(bom..).map(std::str::from_utf8)
        {
            return Ok(Cow::Borrowed(text));
        }
        let decoded = self.decode_marking(bytes)?;
        if let Some(skip) = decoded.faults().next() {
            return Err(self.fault(bytes, skip));
        }
        Ok(Cow::Owned(decoded.text))
    }

    /// The text of these bytes with the bad ones left out and listed, so that
    /// one bad record does not hide the others.
    ///
    /// # Errors
    /// Only a BOM that is against the profile.
    pub fn decode_marking(&self, bytes: &[u8]) -> Result<Decoded, Fault> {
        let bom = self.bom_length(bytes)?;
        Ok(self.decode_from(bytes, bom))
    }

    /// The same of a piece that is not the first of its input: no BOM is in it,
    /// and an escape sequence may hold at its start.
    pub(crate) fn decode_piece(&self, shift: &str, bytes: &[u8]) -> Decoded {
        if shift.is_empty() {
            return self.decode_from(bytes, 0);
        }
        let mut decoded = self.decode_from(&[shift.as_bytes(), bytes].concat(), 0);
        decoded.skips.retain(|it| it.offset >= shift.len());
        decoded.skips.iter_mut().for_each(|it| it.offset -= shift.len());
        decoded
    }

    fn decode_from(&self, bytes: &[u8], bom: usize) -> Decoded {
        let mut decoded = Decoded::default();
        // Japanese text grows by half, ASCII not at all.
        decoded.text.reserve(bytes.len() + bytes.len() / 8);
        if bom > 0 {
            decoded.skips.push(Skip { at: 0, offset: 0, length: bom, kind: SkipKind::Silent });
        }
        push_decoded(self, bytes, bom, &mut Set::Ascii, &mut decoded);
        decoded
    }

    /// Appends the text of a field to `text`. There is no BOM in a field.
    ///
    /// # Errors
    /// The first bytes that are no character; `text` is as before.
    pub fn decode_field(&self, bytes: &[u8], text: &mut String) -> Result<(), Fault> {
        if self.is_ascii_safe()
            && bytes.is_ascii()
            && let Ok(ascii) = std::str::from_utf8(bytes)
        {
            text.push_str(ascii);
            return Ok(());
        }
        let length = text.len();
        let mut decoded = Decoded { text: std::mem::take(text), ..Decoded::default() };
        push_decoded(self, bytes, 0, &mut Set::Ascii, &mut decoded);
        let fault = decoded.faults().next().map(|skip| self.fault(bytes, skip));
        *text = decoded.text;
        match fault {
            None => Ok(()),
            Some(fault) => {
                text.truncate(length);
                Err(fault)
            }
        }
    }

    /// The fault behind a skip.
    pub fn fault(&self, bytes: &[u8], skip: &Skip) -> Fault {
        let found = bytes.get(skip.offset..skip.offset + skip.length).unwrap_or_default();
        Fault {
            charset: self.charset,
            offset: skip.offset,
            bytes: found.to_vec(),
            cut: skip.kind == SkipKind::Cut,
        }
    }

    /// The BOM of the character set; empty if it has none.
    pub fn bom_bytes(&self) -> &'static [u8] {
        if self.charset == Charset::Utf8 {
            b"\xEF\xBB\xBF"
        } else if self.charset == Charset::Utf16Le {
            b"\xFF\xFE"
        } else if self.charset == Charset::Utf16Be {
            b"\xFE\xFF"
        } else {
            b""
        }
    }

    /// Whether ASCII text is its own bytes and ASCII bytes their own text.
    #[inline]
    pub fn is_ascii_safe(&self) -> bool {
        self.charset.is_ascii_safe() && !self.is_roman()
    }

    /// Whether bytes 5C or 7E are not ASCII.
    #[inline]
    pub(super) fn is_roman(&self) -> bool {
        self.charset.has_roman() && (self.yen == Yen::Yen || self.overline == Overline::Overline)
    }

    /// The symbols in force. Mainframes have ¢, £ and ¬ as single bytes beside
    /// the full-width ones, so that these have but one reading.
    #[inline]
    pub(super) fn symbols_in_force(&self) -> Symbols {
        if self.charset.family() != Family::Host {
            return self.symbols;
        }
        [Symbol::Cent, Symbol::Pound, Symbol::Not]
            .into_iter()
            .fold(self.symbols, |symbols, it| symbols.with(it, false))
    }

    pub(super) fn has_half_kana(&self) -> bool {
        self.half_kana == HalfKana::Allowed && self.charset != Charset::Iso2022JpStrict
    }

    pub(super) fn bom_length(&self, bytes: &[u8]) -> Result<usize, Fault> {
        let bom = self.bom_bytes();
        let there = !bom.is_empty() && bytes.starts_with(bom);
        let wrong = match self.bom {
            Bom::Optional => false,
            Bom::Required => !there && !bom.is_empty(),
            Bom::Refused => there,
        };
        if wrong {
            let found = bytes.get(..bom.len()).unwrap_or(bytes).to_vec();
            return Err(Fault { charset: self.charset, offset: 0, bytes: found, cut: false });
        }
        Ok(if there { bom.len() } else { 0 })
    }
}
