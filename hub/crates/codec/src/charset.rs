//! Character sets as named profiles: strict both ways, nothing changed in silence.
//!
//! A byte that is no character is a fault with its offset, never U+FFFD. A
//! character that cannot be written is refused, or replaced as the policy says
//! and counted. `encoding_rs` supplies the mappings; its encoder is not used,
//! since it writes HTML references and turns `¥` into a backslash.

mod decode;
mod encode;
mod fold;
mod single;
mod table;

pub use decode::{Cursor, Decoded, Skip, SkipKind};
pub use encode::{Policy, Substitution, Unwritable};

use std::{borrow::Cow, fmt};

use decode::push_decoded;

/// A character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Charset {
    Utf8,
    /// Windows-31J: JIS X 0208, NEC row 13, NEC-selected and IBM extensions, and
    /// the user-defined area F040–F9FC as U+E000–U+E757.
    Cp932,
    /// JIS X 0201 and JIS X 0208 only: what every receiver can read.
    ShiftJis,
    /// JIS X 0208 with NEC rows, half-width katakana (8E), JIS X 0212 (8F).
    EucJp,
    /// RFC 1468, with NEC rows and JIS X 0201 katakana (`ESC ( I`).
    Iso2022Jp,
    Utf16Le,
    Utf16Be,
    /// EBCDIC of the United States and Canada.
    Cp037,
    /// EBCDIC of Japan: half-width katakana, capital letters, digits.
    Cp290,
}

/// A character set and the choices that it leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    pub charset: Charset,
    pub bom: Bom,
    pub duplicates: Duplicates,
    pub symbols: Symbols,
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

/// Which Unicode characters stand for seven symbols that vendors map differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbols {
    /// ～ U+FF5E, － U+FF0D, ― U+2015, ∥ U+2225, ￠ U+FFE0, ￡ U+FFE1, ￢ U+FFE2.
    Microsoft,
    /// 〜 U+301C, − U+2212, — U+2014, ‖ U+2016, ¢ U+00A2, £ U+00A3, ¬ U+00AC.
    Jis,
}

/// Bytes that are no character in the character set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub charset: Charset,
    /// Byte offset of the first of them.
    pub offset: usize,
    pub bytes: Vec<u8>,
    /// The input ends within a character.
    pub cut: bool,
}

// === impl Charset ===

impl Charset {
    pub const ALL: [Self; 9] = [
        Self::Utf8,
        Self::Cp932,
        Self::ShiftJis,
        Self::EucJp,
        Self::Iso2022Jp,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Cp037,
        Self::Cp290,
    ];

    /// The name used in layouts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Cp932 => "cp932",
            Self::ShiftJis => "shift_jis",
            Self::EucJp => "euc-jp",
            Self::Iso2022Jp => "iso-2022-jp",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Cp037 => "cp037",
            Self::Cp290 => "cp290",
        }
    }

    /// By its name or a usual other one. `shift_jis` is the strict one: files
    /// from Windows are `cp932`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf8" => Self::Utf8,
            "windows-31j" | "ms932" | "csshiftjis" => Self::Cp932,
            "eucjp" | "euc_jp" => Self::EucJp,
            "utf-16" => Self::Utf16Le,
            name => return Self::ALL.into_iter().find(|it| it.name() == name),
        })
    }

    /// Whether ASCII is written as itself, one byte a character, and no other
    /// character has a byte below 0x40.
    pub fn is_ascii_safe(self) -> bool {
        matches!(self, Self::Utf8 | Self::Cp932 | Self::ShiftJis | Self::EucJp)
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Profile ===

impl Profile {
    /// The usual choices: BOM optional, IBM extensions, Microsoft's symbols.
    pub fn new(charset: Charset) -> Self {
        Self {
            charset,
            bom: Bom::Optional,
            duplicates: Duplicates::Ibm,
            symbols: Symbols::Microsoft,
        }
    }

    /// The text of these bytes, without a BOM.
    ///
    /// # Errors
    /// The first bytes that are no character.
    pub fn decode<'a>(&self, bytes: &'a [u8]) -> Result<Cow<'a, str>, Fault> {
        let bom = self.bom_length(bytes)?;
        let ascii = self.charset.is_ascii_safe() && bytes.is_ascii();
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
        push_decoded(self, bytes, bom, &mut decoded);
        decoded
    }

    /// Appends the text of a field to `text`. There is no BOM in a field.
    ///
    /// # Errors
    /// The first bytes that are no character; `text` is as before.
    pub fn decode_field(&self, bytes: &[u8], text: &mut String) -> Result<(), Fault> {
        if self.charset.is_ascii_safe()
            && bytes.is_ascii()
            && let Ok(ascii) = std::str::from_utf8(bytes)
        {
            text.push_str(ascii);
            return Ok(());
        }
        let length = text.len();
        let mut decoded = Decoded { text: std::mem::take(text), skips: Vec::new() };
        push_decoded(self, bytes, 0, &mut decoded);
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
        match self.charset {
            Charset::Utf8 => b"\xEF\xBB\xBF",
            Charset::Utf16Le => b"\xFF\xFE",
            Charset::Utf16Be => b"\xFE\xFF",
            Charset::Cp932
            | Charset::ShiftJis
            | Charset::EucJp
            | Charset::Iso2022Jp
            | Charset::Cp037
            | Charset::Cp290 => b"",
        }
    }

    fn bom_length(&self, bytes: &[u8]) -> Result<usize, Fault> {
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

// === impl Fault ===

impl Fault {
    /// The bytes as hexadecimal text, such as `81 30`.
    pub fn found(&self) -> String {
        let mut out = String::with_capacity(self.bytes.len() * 3);
        for byte in &self.bytes {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(&format!("{byte:02X}"));
        }
        out
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.cut { "end within a character" } else { "are no character" };
        write!(f, "bytes {} at offset {} {what} of {}", self.found(), self.offset, self.charset)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests;
