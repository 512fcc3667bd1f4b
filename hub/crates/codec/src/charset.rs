//! Character sets as named profiles: strict both ways, nothing changed in silence.
//!
//! A byte that is no character is a fault with its offset, never U+FFFD. A
//! character that cannot be written is refused, or replaced as the policy says
//! and counted. `encoding_rs` supplies the mappings of Windows and the web; its
//! encoder is not used, since it writes HTML references and turns `¥` into a
//! backslash. `tables/` has the mappings of mainframes and of eucJP-ms.

mod decode;
mod encode;
mod file;
mod fold;
mod gaiji;
mod parts;
mod profile;
mod single;
mod table;

pub(crate) use decode::Run;
pub use decode::{Cursor, Decoded, Skip, SkipKind};
pub use encode::{Kana, Policy, Substitution, Unwritable};
pub use file::{Files, Named, Writing};
pub use gaiji::{Gaiji, GaijiFault, Meaning};
pub use parts::{Part, Parts};
pub use profile::{Bom, Duplicates, HalfKana, Overline, Profile, Symbol, Symbols, Yen};

use std::fmt;

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
    /// EUC of Unix systems beside Windows: NEC row 13, JIS X 0212, IBM
    /// extensions (8FF3, 8FF4), user-defined area F5A1–FEFE and 8FF5A1–8FFEFE.
    EucJpMs,
    /// EUC of Windows: the characters of CP932 without its user-defined area,
    /// NEC-selected extensions in F9–FC, no JIS X 0212.
    Cp51932,
    /// RFC 1468, with NEC rows and JIS X 0201 katakana (`ESC ( I`), as CP50221.
    Iso2022Jp,
    /// RFC 1468 and nothing else: ASCII, JIS X 0201 Roman, JIS X 0208.
    Iso2022JpStrict,
    /// One byte a character: ASCII with ¥ and ‾, half-width katakana A1–DF.
    JisX0201,
    Utf16Le,
    Utf16Be,
    /// EBCDIC of the United States and Canada.
    Cp037,
    /// EBCDIC of Japan: half-width katakana, capital letters, digits.
    Cp290,
    /// CP290 with small letters, and kanji between the bytes 0E and 0F; the
    /// user-defined area 6941–7FFE is U+E000–U+F111.
    Cp930,
    /// The same kanji with the single bytes of CP1027: Latin letters where
    /// other EBCDIC has them.
    Cp939,
}

/// How the codes of a character set are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Utf8,
    Utf16,
    ShiftJis,
    Euc,
    /// Sets that escape sequences turn to.
    Iso2022,
    /// Single and double bytes that 0E and 0F turn to.
    Host,
    Single,
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
    /// Whether it has control characters beyond ASCII, and the mark U+FEFF.
    pub(crate) fn has_unseen(self) -> bool {
        matches!(self.family(), Family::Utf8 | Family::Utf16 | Family::Single | Family::Host)
    }

    pub const ALL: [Self; 15] = [
        Self::Utf8,
        Self::Cp932,
        Self::ShiftJis,
        Self::EucJp,
        Self::EucJpMs,
        Self::Cp51932,
        Self::Iso2022Jp,
        Self::Iso2022JpStrict,
        Self::JisX0201,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Cp037,
        Self::Cp290,
        Self::Cp930,
        Self::Cp939,
    ];

    /// The name used in layouts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Cp932 => "cp932",
            Self::ShiftJis => "shift_jis",
            Self::EucJp => "euc-jp",
            Self::EucJpMs => "eucjp-ms",
            Self::Cp51932 => "cp51932",
            Self::Iso2022Jp => "iso-2022-jp",
            Self::Iso2022JpStrict => "iso-2022-jp-strict",
            Self::JisX0201 => "jis_x0201",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Cp037 => "cp037",
            Self::Cp290 => "cp290",
            Self::Cp930 => "cp930",
            Self::Cp939 => "cp939",
        }
    }

    /// By its name or a usual other one. `shift_jis` is the strict one: files
    /// from Windows are `cp932`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "utf8" => Self::Utf8,
            "windows-31j" | "ms932" | "csshiftjis" => Self::Cp932,
            "eucjp" | "euc_jp" => Self::EucJp,
            "euc-jp-ms" | "eucjp-win" | "eucjpms" => Self::EucJpMs,
            "cp50221" => Self::Iso2022Jp,
            "jis-x0201" | "jisx0201" => Self::JisX0201,
            "utf-16" => Self::Utf16Le,
            "ibm930" | "ibm-930" => Self::Cp930,
            "ibm939" | "ibm-939" => Self::Cp939,
            name => return Self::ALL.into_iter().find(|it| it.name() == name),
        })
    }

    /// Whether ASCII is written as itself, one byte a character, and no other
    /// character has a byte below 0x40.
    pub fn is_ascii_safe(self) -> bool {
        matches!(self.family(), Family::Utf8 | Family::ShiftJis | Family::Euc)
    }

    /// Whether it is one of mainframes: EBCDIC.
    pub fn is_host(self) -> bool {
        matches!(self, Self::Cp037 | Self::Cp290 | Self::Cp930 | Self::Cp939)
    }

    /// Whether bytes 5C and 7E are read as ¥ and ‾ where a profile says so.
    pub(crate) fn has_roman(self) -> bool {
        matches!(self, Self::Cp932 | Self::ShiftJis | Self::JisX0201)
    }

    fn family(self) -> Family {
        match self {
            Self::Utf8 => Family::Utf8,
            Self::Utf16Le | Self::Utf16Be => Family::Utf16,
            Self::Cp932 | Self::ShiftJis => Family::ShiftJis,
            Self::EucJp | Self::EucJpMs | Self::Cp51932 => Family::Euc,
            Self::Iso2022Jp | Self::Iso2022JpStrict => Family::Iso2022,
            Self::Cp930 | Self::Cp939 => Family::Host,
            Self::JisX0201 | Self::Cp037 | Self::Cp290 => Family::Single,
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
