//! Text to bytes: what the profile has is written, what it has not is folded,
//! replaced or refused as the policy says, and every change is reported.

mod kana;

use std::fmt;

use encoding_rs::Encoding;

use super::{
    Bom, Charset, Family, Overline, Profile, Yen,
    decode::{Set, is_half_kana, is_roman},
    fold,
    single::{self, Singles},
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
    pub kana: Kana,
}

/// What half-width and full-width katakana are written as. A change is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kana {
    /// As they are; the other width only where the set lacks them, as a fold.
    AsIs,
    /// ﾊﾟ as パ, for receivers that cannot show half-width ones.
    Full,
    /// パ as ﾊﾟ, for fields that have only room for these.
    Half,
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
    singles: Option<&'static Singles>,
    set: Set,
    out: &'a mut Vec<u8>,
}

// === impl Policy ===

impl Policy {
    /// Near equals are folded, the rest is refused.
    pub fn refuse() -> Self {
        Self { table: Vec::new(), fold: true, substitute: None, kana: Kana::AsIs }
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
        let (table, singles) = (table::of(self), single::of(self.charset));
        let mut writer = Writer { profile: self, table, singles, set: Set::Ascii, out };
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
        let ascii_safe = self.profile.is_ascii_safe();
        while let Some(rest) = text.get(at..).filter(|it| !it.is_empty()) {
            if ascii_safe {
                let run = Encoding::ascii_valid_up_to(rest.as_bytes());
                self.out.extend_from_slice(rest.as_bytes().get(..run).unwrap_or_default());
                at += run;
            }
            let Some(rest) = text.get(at..) else { break };
            let mut chars = rest.chars();
            let Some(c) = chars.next() else { break };
            let next = chars.next();
            let plain = policy.kana == Kana::AsIs && !next.is_some_and(is_mark);
            if plain && self.put(c) {
                at += c.len_utf8();
                continue;
            }
            let charset = self.profile.charset;
            let (taken, after) =
                self.instead(c, next, policy).ok_or(Unwritable { charset, at, found: c })?;
            let before = rest.get(..taken).unwrap_or(rest);
            if before != after {
                changes.push(Substitution { at, before: before.to_owned(), after });
            }
            at += taken;
        }
        self.turn(Set::Ascii);
        Ok(())
    }

    /// Writes `c`, perhaps with what is behind it, or something else for it. Says
    /// how many bytes of the text were taken and what was written.
    fn instead(&mut self, c: char, next: Option<char>, policy: &Policy) -> Option<(usize, String)> {
        let both = c.len_utf8() + next.map_or(0, char::len_utf8);
        if let Some(selector) = next
            && self.put_varied(c, selector)
        {
            return Some((both, String::from_iter([c, selector])));
        }
        let composed = next.filter(|_| policy.fold).and_then(|mark| fold::composed(c, mark));
        if let Some(whole) = composed
            && self.put(whole)
        {
            return Some((both, whole.to_string()));
        }
        if policy.kana != Kana::AsIs
            && let Some(done) = self.put_other_kana(c, next, policy.kana)
        {
            return Some(done);
        }
        if self.put(c) {
            // What is behind it is the next character's matter.
            return Some((c.len_utf8(), c.to_string()));
        }
        let from_table = policy.table.iter().find(|(from, _)| *from == c).map(|(_, to)| to.clone());
        if let Some(after) = from_table.filter(|it| self.put_all(it)) {
            return Some((c.len_utf8(), after));
        }
        if policy.fold {
            let width = if is_half_kana(c) { Kana::Full } else { Kana::Half };
            if let Some(done) = self.put_other_kana(c, next, width) {
                return Some(done);
            }
        }
        let near = fold::near(c).filter(|_| policy.fold);
        let choices = [near, policy.substitute.clone()];
        let after = choices.into_iter().flatten().find(|it| self.put_all(it))?;
        Some((c.len_utf8(), after))
    }

    /// Writes katakana in another width, if the set has it.
    fn put_other_kana(
        &mut self,
        c: char,
        next: Option<char>,
        width: Kana,
    ) -> Option<(usize, String)> {
        let (taken, after) = match width {
            Kana::AsIs => return None,
            Kana::Half => (c.len_utf8(), kana::half(c)?),
            Kana::Full => {
                let (full, marked) = kana::full(c, next)?;
                let mark = next.filter(|_| marked).map_or(0, char::len_utf8);
                (c.len_utf8() + mark, full.to_string())
            }
        };
        self.put_all(&after).then_some((taken, after))
    }

    /// Writes a character with its variation selector, which one code means.
    fn put_varied(&mut self, c: char, selector: char) -> bool {
        let own = self.profile.gaiji.as_ref().and_then(|it| it.varied(c, selector));
        own.and_then(|own| self.table?.code(own)).is_some_and(|code| self.put_code(code))
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
        match self.profile.charset.family() {
            Family::Utf8 => {
                self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                true
            }
            Family::Utf16 if self.profile.charset == Charset::Utf16Be => {
                self.put_units(c, u16::to_be_bytes)
            }
            Family::Utf16 => self.put_units(c, u16::to_le_bytes),
            Family::ShiftJis | Family::Euc => {
                if self.put_roman_or_kana(c) {
                    return true;
                }
                !c.is_ascii() && self.code(c).is_some_and(|code| self.put_code(code))
            }
            Family::Iso2022 => self.put_iso_2022(c),
            Family::Host | Family::Single => self.put_host(c),
        }
    }

    fn put_units(&mut self, c: char, bytes: fn(u16) -> [u8; 2]) -> bool {
        for unit in c.encode_utf16(&mut [0; 2]) {
            self.out.extend_from_slice(&bytes(*unit));
        }
        true
    }

    /// Writes a character of JIS X 0201, in EUC with 8E before katakana.
    #[inline]
    fn put_roman_or_kana(&mut self, c: char) -> bool {
        let profile = self.profile;
        let roman = profile.charset.has_roman();
        let (yen, overline) = (profile.yen == Yen::Yen, profile.overline == Overline::Overline);
        let code = match c {
            '\\' if roman && yen => return false,
            '~' if roman && overline => return false,
            '\u{A5}' if roman && yen => u32::from(b'\\'),
            '\u{203E}' if roman && overline => u32::from(b'~'),
            c if c.is_ascii() => u32::from(c),
            c if is_half_kana(c) && profile.has_half_kana() => {
                if profile.charset.family() == Family::Euc {
                    self.out.push(0x8E);
                }
                u32::from(c) - 0xFF61 + 0xA1
            }
            _ => return false,
        };
        self.out.extend(u8::try_from(code));
        true
    }

    /// A code of the table: prefix (0 for none), lead, trail.
    #[inline]
    fn put_code(&mut self, (prefix, lead, trail): (u8, u8, u8)) -> bool {
        match self.profile.charset.family() {
            // JIS X 0212 needs another escape sequence.
            Family::Iso2022 if prefix != 0 => return false,
            Family::Iso2022 => {
                self.turn(Set::Kanji);
                self.out.extend_from_slice(&[lead & 0x7F, trail & 0x7F]);
                return true;
            }
            Family::Host => self.turn(Set::Kanji),
            _ => self.out.extend((prefix != 0).then_some(prefix)),
        }
        self.out.extend_from_slice(&[lead, trail]);
        true
    }

    /// A single byte, or a double one of a set that shifts.
    fn put_host(&mut self, c: char) -> bool {
        let Some(singles) = self.singles else { return self.put_roman_or_kana(c) };
        if let Some(byte) = singles.byte(c) {
            self.turn(Set::Ascii);
            self.out.push(byte);
            return true;
        }
        self.code(c).is_some_and(|code| self.put_code(code))
    }

    fn put_iso_2022(&mut self, c: char) -> bool {
        let (set, byte) = match c {
            '\x1B' => return false,
            c if c.is_ascii() => (Set::Ascii, u8::try_from(u32::from(c))),
            '\u{A5}' => (Set::Roman, Ok(b'\\')),
            c if is_roman(c) => (Set::Roman, Ok(b'~')),
            c if is_half_kana(c) && self.profile.has_half_kana() => {
                (Set::Kana, u8::try_from(u32::from(c) - 0xFF61 + 0x21))
            }
            c => return self.code(c).is_some_and(|code| self.put_code(code)),
        };
        self.turn(set);
        self.out.extend(byte);
        true
    }

    fn turn(&mut self, set: Set) {
        if self.set != set {
            self.set = set;
            self.out.extend_from_slice(set.turn(self.profile.charset.family()));
        }
    }

    #[inline]
    fn code(&self, c: char) -> Option<(u8, u8, u8)> {
        let plain = match &self.profile.gaiji {
            None => c,
            Some(gaiji) => gaiji.plain(c)?,
        };
        self.table?.code(fold::write(plain, self.profile.symbols_in_force())?)
    }
}

/// Whether a character may belong to the one before it.
#[inline]
fn is_mark(c: char) -> bool {
    matches!(c, '\u{3099}' | '\u{309A}') || fold::is_variation(c)
}

// === impl Unwritable ===

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { charset, at, found } = self;
        write!(f, "`{found}` (U+{:04X}) at byte {at} is not in {charset}", u32::from(*found))
    }
}

impl std::error::Error for Unwritable {}
