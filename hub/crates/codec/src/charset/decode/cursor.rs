//! The way back from a place in the text to the bytes that it came from.

use super::{Skip, SkipKind};
use crate::charset::{Charset, Family, Profile, fold, single};

/// Walks along a decoded text and knows the byte offset in the input.
#[derive(Clone, Debug)]
pub struct Cursor {
    charset: Charset,
    /// ¥ and ‾ are single bytes.
    roman: bool,
    /// Variation selectors belong to the code before them.
    gaiji: bool,
    text: usize,
    source: usize,
    skip: usize,
}

// === impl Cursor ===

impl Cursor {
    pub fn new(profile: &Profile) -> Self {
        Self::starting(profile, 0)
    }

    /// For a text whose first byte has that offset in the input.
    pub fn starting(profile: &Profile, source: usize) -> Self {
        let (charset, gaiji) = (profile.charset, profile.gaiji.is_some());
        Self { charset, roman: profile.is_roman(), gaiji, text: 0, source, skip: 0 }
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
        (from, self.advance_past(text, skips, end))
    }

    /// The same as [`Cursor::advance`], behind the codes that turn back to single bytes
    /// there: they belong to what stands before them, where ASCII or nothing follows.
    pub fn advance_past(&mut self, text: &str, skips: &[Skip], to: usize) -> usize {
        self.advance(text, skips, to);
        while let Some(skip) = skips.get(self.skip)
            && skip.at == to
            && skip.kind == SkipKind::Silent
        {
            self.source += skip.length;
            self.skip += 1;
        }
        self.source
    }

    fn walk(&mut self, text: &str, to: usize) {
        let passed = text.as_bytes().get(self.text..to).unwrap_or_default();
        let single = self.charset.is_ascii_safe() && passed.is_ascii();
        self.source += if single {
            passed.len()
        } else {
            self.source_length(text.get(self.text..to).unwrap_or_default())
        };
        self.text = to.max(self.text);
    }

    /// Bytes of the input behind a text in which nothing was skipped.
    #[inline]
    fn source_length(&self, text: &str) -> usize {
        let singles_of = |is: fn(char) -> bool| text.chars().filter(|c| is(*c)).count();
        let length = match self.charset.family() {
            Family::Utf8 => return text.len(),
            Family::Single => return text.chars().count(),
            Family::Utf16 => return text.chars().map(|c| c.len_utf16() * 2).sum(),
            Family::Host => host_length(self.charset, text),
            Family::Euc => singles_and_doubles(text),
            Family::Iso2022 => {
                singles_and_doubles(text) - singles_of(|c| is_half_kana(c) || is_roman(c))
            }
            Family::ShiftJis => {
                let roman = if self.roman { singles_of(is_roman) } else { 0 };
                // EF begins half-width katakana, and not much else.
                let kana = text.as_bytes().contains(&0xEF).then(|| half_kana(text));
                singles_and_doubles(text) - kana.unwrap_or(0) - roman
            }
        };
        let selectors = if self.gaiji { singles_of(fold::is_variation) } else { 0 };
        length - 2 * selectors
    }
}

impl Profile {
    /// Bytes of the input behind a character, where nothing was skipped and
    /// ASCII is its own bytes.
    #[inline]
    pub(crate) fn bytes_of(&self, c: char) -> usize {
        match self.charset.family() {
            Family::Utf8 => c.len_utf8(),
            Family::ShiftJis if is_half_kana(c) => 1,
            _ => 1 + usize::from(!c.is_ascii()),
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

pub(in crate::charset) fn is_half_kana(c: char) -> bool {
    matches!(c, '\u{FF61}'..='\u{FF9F}')
}

/// The two characters in which JIS X 0201 differs from ASCII.
pub(in crate::charset) fn is_roman(c: char) -> bool {
    matches!(c, '\u{A5}' | '\u{203E}')
}

/// One for each single byte of a mainframe's set, two for each other.
fn host_length(charset: Charset, text: &str) -> usize {
    let Some(singles) = single::of(charset) else { return text.len() };
    text.chars().map(|c| 2 - usize::from(singles.byte(c).is_some())).sum()
}
