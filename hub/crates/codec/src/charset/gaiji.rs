//! Gaiji: what the codes of a user-defined area mean, said by a table of its
//! owner. Each code is a character of Unicode or an image; both directions come
//! from the one table, and a code never means what another code means.

use std::{collections::BTreeMap, fmt};

use super::{Family, Profile, decode::is_half_kana, fold};

/// What a code of the user-defined area means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// One character that the character set does not have, perhaps with a
    /// variation selector behind it.
    Text(String),
    /// No character of Unicode: where its image is. It stays U+E000 and up.
    Image(String),
}

/// The table of one profile. By what the codes are without it: U+E000 and up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gaiji {
    read: BTreeMap<char, Meaning>,
    write: BTreeMap<(char, Option<char>), char>,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaijiFault {
    pub code: Vec<u8>,
    pub message: String,
}

// === impl Gaiji ===

impl Gaiji {
    /// A table for a profile; each code as its bytes in the file, without shifts.
    ///
    /// # Errors
    /// Every entry that cannot be, with the reason.
    pub fn new(
        profile: &Profile,
        entries: impl IntoIterator<Item = (Vec<u8>, Meaning)>,
    ) -> Result<Self, Vec<GaijiFault>> {
        let plain = Profile { gaiji: None, ..profile.clone() };
        let (mut gaiji, mut faults) = (Self::default(), Vec::new());
        for (code, meaning) in entries {
            if let Err(message) = gaiji.add(&plain, &code, meaning) {
                faults.push(GaijiFault { code, message });
            }
        }
        if faults.is_empty() { Ok(gaiji) } else { Err(faults) }
    }

    /// What a character of the user-defined area means.
    pub fn meaning(&self, c: char) -> Option<&Meaning> {
        self.read.get(&c)
    }

    fn add(&mut self, plain: &Profile, code: &[u8], meaning: Meaning) -> Result<(), String> {
        let charset = plain.charset;
        let shifted = [b"\x0E", code, b"\x0F"].concat();
        let bytes = if charset.family() == Family::Host { shifted.as_slice() } else { code };
        let own = one(plain.decode(bytes).as_deref().unwrap_or_default());
        let own = own.filter(|it| matches!(it, '\u{E000}'..='\u{F8FF}') && code.len() > 1);
        let own =
            own.ok_or_else(|| format!("this is no code of a user-defined area of {charset}"))?;
        if self.read.contains_key(&own) {
            return Err("this code stands twice".to_owned());
        }
        if let Meaning::Text(text) = &meaning {
            let shape = shape(text).ok_or("its meaning is not one character behind Latin-1")?;
            if let Ok(bytes) = plain.encode_exact(text) {
                let bytes: String = bytes.iter().map(|it| format!("{it:02X}")).collect();
                return Err(format!("{charset} has {text} already, as {bytes}"));
            }
            if self.write.insert(shape, own).is_some() {
                return Err(format!("{text} has another code already"));
            }
        }
        self.read.insert(own, meaning);
        Ok(())
    }

    /// Appends what a character of the set's own table is read as.
    pub(super) fn push(&self, c: char, out: &mut String) {
        match self.read.get(&c) {
            Some(Meaning::Text(text)) => out.push_str(text),
            Some(Meaning::Image(_)) | None => out.push(c),
        }
    }

    /// The character of the set's own table for one that is read back as it is;
    /// `None` for a code whose meaning is another character.
    pub(super) fn plain(&self, c: char) -> Option<char> {
        if let Some(own) = self.write.get(&(c, None)) {
            return Some(*own);
        }
        let renamed = matches!(self.read.get(&c), Some(Meaning::Text(_)));
        (!renamed).then_some(c)
    }

    /// The same for a character and the variation selector behind it.
    pub(super) fn varied(&self, c: char, selector: char) -> Option<char> {
        self.write.get(&(c, Some(selector))).copied()
    }
}

/// A character and its variation selector. Characters that some set writes with
/// one byte are none: places in the file are told by the length of a code.
fn shape(text: &str) -> Option<(char, Option<char>)> {
    let (mut chars, first) = (text.chars(), text.chars().next()?);
    let second = chars.nth(1);
    let good = first > '\u{FF}' && first != '\u{203E}' && !is_half_kana(first);
    let good = good && second.is_none_or(fold::is_variation) && chars.next().is_none();
    (good && !fold::is_variation(first)).then_some((first, second))
}

fn one(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

// === impl GaijiFault ===

impl fmt::Display for GaijiFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in &self.code {
            write!(f, "{byte:02X}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for GaijiFault {}
