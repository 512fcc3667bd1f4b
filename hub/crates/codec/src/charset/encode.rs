//! Text to bytes: what the profile has is written, what it has not is folded,
//! replaced or refused as the policy says, and every change is reported.

use std::fmt;

use encoding_rs::Encoding;

use super::{
    Bom, Charset, Profile,
    decode::{Set, is_half_kana, is_roman},
    fold, single,
    table::{self, Table},
};

/// What to do with a character that the character set does not have. The first
/// that applies: the table, the fold, the substitute; else it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Texts to write for certain characters.
    pub table: Vec<(char, String)>,
    /// Write the near equal that the set has: 〜 as ～, ¥ as ￥, か+゛ as が.
    pub fold: bool,
    /// Written for all others, such as `〓`.
    pub substitute: Option<String>,
}

/// One character that was not written as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitution {
    /// Byte offset in the text.
    pub at: usize,
    pub before: String,
    pub after: String,
}

/// A character that cannot be written, and may not be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable {
    pub charset: Charset,
    /// Byte offset in the text.
    pub at: usize,
    pub found: char,
}

/// What is being written, and in which set of ISO-2022-JP.
struct Writer<'a> {
    profile: &'a Profile,
    table: Option<&'static Table>,
    set: Set,
    out: &'a mut Vec<u8>,
}

// === impl Policy ===

impl Policy {
    /// Near equals are folded, the rest is refused.
    pub fn refuse() -> Self {
        Self { table: Vec::new(), fold: true, substitute: None }
    }

    /// Nothing is changed at all: what the set has not is refused.
    pub fn exact() -> Self {
        Self { fold: false, ..Self::refuse() }
    }

    /// Near equals are folded, the rest becomes this text.
    pub fn substitute(text: &str) -> Self {
        Self { substitute: Some(text.to_owned()), ..Self::refuse() }
    }
}

// === impl Profile ===

impl Profile {
    /// Appends the bytes of a text to `out`, and what was changed to `changes`.
    /// No BOM: [`Profile::bom_to_write`] goes first in a file.
    ///
    /// # Errors
    /// The first character that cannot be written; `out` and `changes` are as before.
    pub fn encode(
        &self,
        text: &str,
        policy: &Policy,
        out: &mut Vec<u8>,
        changes: &mut Vec<Substitution>,
    ) -> Result<(), Unwritable> {
        let (length, changed) = (out.len(), changes.len());
        let mut writer = Writer { profile: self, table: table::of(self), set: Set::Ascii, out };
        let result = writer.text(text, policy, changes);
        if result.is_err() {
            out.truncate(length);
            changes.truncate(changed);
        }
        result
    }

    /// The bytes of a text of which nothing may be changed.
    ///
    /// # Errors
    /// The first character that the set does not have.
    pub fn encode_exact(&self, text: &str) -> Result<Vec<u8>, Unwritable> {
        let mut out = Vec::with_capacity(text.len());
        self.encode(text, &Policy::exact(), &mut out, &mut Vec::new())?;
        Ok(out)
    }

    /// The BOM to write at the start of a file.
    pub fn bom_to_write(&self) -> &'static [u8] {
        if self.bom == Bom::Required { self.bom_bytes() } else { b"" }
    }
}

// === impl Writer ===

impl Writer<'_> {
    fn text(
        &mut self,
        text: &str,
        policy: &Policy,
        changes: &mut Vec<Substitution>,
    ) -> Result<(), Unwritable> {
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|it| !it.is_empty()) {
            if self.profile.charset.is_ascii_safe() {
                let run = Encoding::ascii_valid_up_to(rest.as_bytes());
                self.out.extend_from_slice(rest.as_bytes().get(..run).unwrap_or_default());
                at += run;
            }
            let Some(rest) = text.get(at..) else { break };
            let mut chars = rest.chars();
            let Some(c) = chars.next() else { break };
            let mark = chars.next().filter(|it| matches!(it, '\u{3099}' | '\u{309A}'));
            if mark.is_none() && self.put(c) {
                at += c.len_utf8();
                continue;
            }
            let (before, after) = self.instead(c, mark, policy).ok_or(Unwritable {
                charset: self.profile.charset,
                at,
                found: c,
            })?;
            let length: usize = before.len();
            if before != after {
                changes.push(Substitution { at, before, after });
            }
            at += length;
        }
        self.turn(Set::Ascii);
        Ok(())
    }

    /// Writes something else for `c`, and says what was taken and what written.
    fn instead(
        &mut self,
        c: char,
        mark: Option<char>,
        policy: &Policy,
    ) -> Option<(String, String)> {
        let from_table = policy.table.iter().find(|(from, _)| *from == c).map(|(_, to)| to.clone());
        let folds = if policy.fold { fold::near(c) } else { None };
        let composed = mark.filter(|_| policy.fold).and_then(|mark| fold::composed(c, mark));
        if let (Some(mark), Some(whole)) = (mark, composed)
            && self.put(whole)
        {
            return Some((String::from_iter([c, mark]), whole.to_string()));
        }
        if self.put(c) {
            // Only its mark could not be joined; that is the next character's matter.
            return Some((c.to_string(), c.to_string()));
        }
        let choices = [from_table, folds.map(String::from), policy.substitute.clone()];
        let after = choices.into_iter().flatten().find(|it| self.put_all(it))?;
        Some((c.to_string(), after))
    }

    fn put_all(&mut self, text: &str) -> bool {
        let (length, set) = (self.out.len(), self.set);
        let done = text.chars().all(|c| self.put(c));
        if !done {
            self.out.truncate(length);
            self.set = set;
        }
        done
    }

    /// Writes one character, if the profile has it and reads it back as it is.
    #[inline]
    fn put(&mut self, c: char) -> bool {
        match self.profile.charset {
            Charset::Utf8 => {
                self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                true
            }
            Charset::Utf16Le => self.put_units(c, u16::to_le_bytes),
            Charset::Utf16Be => self.put_units(c, u16::to_be_bytes),
            Charset::Cp932 | Charset::ShiftJis => self.put_table(c, 0),
            Charset::EucJp => self.put_table(c, 0x8E),
            Charset::Iso2022Jp => self.put_iso_2022(c),
            Charset::Cp037 | Charset::Cp290 => {
                let byte = single::byte(self.profile.charset, c);
                self.out.extend(byte);
                byte.is_some()
            }
        }
    }

    fn put_units(&mut self, c: char, bytes: fn(u16) -> [u8; 2]) -> bool {
        for unit in c.encode_utf16(&mut [0; 2]) {
            self.out.extend_from_slice(&bytes(*unit));
        }
        true
    }

    /// `kana` is the byte before half-width katakana, 0 for none.
    #[inline]
    fn put_table(&mut self, c: char, kana: u8) -> bool {
        if c.is_ascii() {
            self.out.extend(u8::try_from(u32::from(c)));
            return true;
        }
        if is_half_kana(c) {
            self.out.extend((kana != 0).then_some(kana));
            self.out.extend(u8::try_from(u32::from(c) - 0xFF61 + 0xA1));
            return true;
        }
        let Some((prefix, lead, trail)) = self.code(c) else { return false };
        self.out.extend((prefix != 0).then_some(prefix));
        self.out.extend_from_slice(&[lead, trail]);
        true
    }

    fn put_iso_2022(&mut self, c: char) -> bool {
        let (set, bytes) = match c {
            '\x1B' => return false,
            c if c.is_ascii() => (Set::Ascii, [u8::try_from(u32::from(c)).ok(), None]),
            '\u{A5}' => (Set::Roman, [Some(b'\\'), None]),
            c if is_roman(c) => (Set::Roman, [Some(b'~'), None]),
            c if is_half_kana(c) => {
                (Set::Kana, [u8::try_from(u32::from(c) - 0xFF61 + 0x21).ok(), None])
            }
            c => match self.code(c) {
                Some((0, lead, trail)) => (Set::Kanji, [Some(lead & 0x7F), Some(trail & 0x7F)]),
                Some(_) | None => return false,
            },
        };
        self.turn(set);
        self.out.extend(bytes.into_iter().flatten());
        true
    }

    fn turn(&mut self, set: Set) {
        if self.set != set {
            self.set = set;
            self.out.extend_from_slice(set.turn());
        }
    }

    #[inline]
    fn code(&self, c: char) -> Option<(u8, u8, u8)> {
        self.table?.code(fold::write(c, self.profile.symbols)?)
    }
}

// === impl Unwritable ===

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { charset, at, found } = self;
        write!(f, "`{found}` (U+{:04X}) at byte {at} is not in {charset}", u32::from(*found))
    }
}

impl std::error::Error for Unwritable {}
