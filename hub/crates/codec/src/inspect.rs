//! What a file from elsewhere probably is: its character set with the evidence,
//! its line ends, delimiter and records, what is suspicious in it, and what
//! would not survive another set. A guess is for people who write a layout;
//! nothing is ever read by a guess.

mod scan;
mod shape;

pub use scan::{Example, Finding, Lost, Oddity, Report, Scan, Target};
pub use shape::{Ends, Records, Shape};

use std::collections::BTreeMap;

use crate::charset::{Charset, Decoded, Policy, Profile, Skip, SkipKind};

/// Bytes that are looked at for a guess. The rest of a large file is like them.
pub const SAMPLE_BYTES: usize = 4 << 20;

/// What a file probably is.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The likeliest first; those that cannot be are left out.
    pub guesses: Vec<Guess>,
    /// Lines and columns, read in the likeliest set.
    pub shape: Shape,
}

/// One character set, and what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub charset: Charset,
    /// Bytes of the sample that are no characters in it.
    pub bad_bytes: usize,
    /// 0 to 100: how much of the text looks like what people write.
    pub likeness: u8,
    /// What was counted in the sample.
    pub evidence: Vec<(Evidence, usize)>,
}

/// What is counted to weigh a character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    ByteOrderMark,
    /// Escape sequences of ISO-2022-JP.
    Escapes,
    /// Shifts between single and double bytes of mainframes.
    Shifts,
    Ascii,
    /// Kana and full-width letters and signs.
    Kana,
    Kanji,
    HalfKana,
    /// Codes of a user-defined area.
    UserDefined,
    Control,
    Other,
}

/// Looks at a sample of a file that has so many bytes.
pub fn inspect(bytes: &[u8], file_bytes: u64) -> Inspection {
    let part = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let cut = u64::try_from(part.len()).unwrap_or(u64::MAX) < file_bytes;
    let mut guesses: Vec<(Guess, Decoded)> =
        Charset::ALL.into_iter().filter_map(|charset| guess(charset, part, cut)).collect();
    guesses.sort_by_key(|(it, _)| (it.bad_bytes, std::cmp::Reverse(it.likeness)));
    let shape = match guesses.first() {
        Some((first, decoded)) => Shape::of(first.charset, &decoded.text, part, file_bytes),
        None => Shape::default(),
    };
    let guesses = guesses.into_iter().map(|(guess, _)| guess).collect();
    Inspection { guesses, shape }
}

/// The shape of a sample whose character set is known.
pub fn shape(profile: &Profile, bytes: &[u8], file_bytes: u64) -> Shape {
    let part = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    let text = profile.decode_marking(part).map(|it| it.text).unwrap_or_default();
    Shape::of(profile.charset, &text, part, file_bytes)
}

/// The characters of a text that a profile cannot write as they are, with how
/// often they stand in it and what would be written instead, if anything.
pub fn lost(text: &str, profile: &Profile, policy: &Policy) -> Vec<(char, usize, Option<String>)> {
    let mut counts = BTreeMap::new();
    for c in text.chars() {
        if profile.encode_exact(c.encode_utf8(&mut [0; 4])).is_err() {
            *counts.entry(c).or_insert(0_usize) += 1;
        }
    }
    let instead = |c: char| scan::instead(&c.to_string(), profile, policy);
    counts.into_iter().map(|(c, count)| (c, count, instead(c))).collect()
}

/// Weighs one character set; `None` if the file cannot be in it.
fn guess(charset: Charset, bytes: &[u8], cut: bool) -> Option<(Guess, Decoded)> {
    let profile = Profile::new(charset);
    let decoded = profile.decode_marking(bytes).ok()?;
    let faults = decoded.faults().filter(|it| !(cut && it.kind == SkipKind::Cut));
    let bad_bytes = faults.map(|it| it.length).sum();
    let count = Count::of(&decoded.text);
    let mut evidence = Vec::new();
    let bom = !profile.bom_bytes().is_empty() && bytes.starts_with(profile.bom_bytes());
    if bom {
        evidence.push((Evidence::ByteOrderMark, 1));
    }
    let silent = |length| {
        let is = |it: &&Skip| it.kind == SkipKind::Silent && it.length == length;
        decoded.skips.iter().filter(is).count()
    };
    let (escapes, shifts) = match charset {
        Charset::Iso2022Jp | Charset::Iso2022JpStrict => (silent(3), 0),
        Charset::Cp930 | Charset::Cp939 => (0, silent(1)),
        _ => (0, 0),
    };
    evidence.extend((escapes > 0).then_some((Evidence::Escapes, escapes)));
    evidence.extend((shifts > 0).then_some((Evidence::Shifts, shifts)));
    let one_byte = bytes.is_ascii() && !bom && escapes == 0;
    let possible = match charset {
        // Text of one byte a character with zeros between is UTF-16.
        Charset::Utf16Le | Charset::Utf16Be => bom || bytes.contains(&0),
        Charset::Iso2022Jp | Charset::Iso2022JpStrict => escapes > 0,
        // Without kanji these are CP290 and the like.
        Charset::Cp930 | Charset::Cp939 => shifts > 0 && count.line_ends == 0,
        it if it.is_host() => !one_byte && count.line_ends == 0 || bytes.is_empty(),
        _ => true,
    };
    if !possible || bad_bytes * 4 > bytes.len() {
        return None;
    }
    evidence.extend(count.evidence());
    let mut likeness = count.likeness();
    let unicode = charset == Charset::Utf8 && !bytes.is_ascii() && bad_bytes == 0;
    if bom || escapes > 0 || unicode {
        likeness = likeness.max(95);
    }
    Some((Guess { charset, bad_bytes, likeness, evidence }, decoded))
}

/// What kinds of characters a text has.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    ascii: usize,
    kana: usize,
    kanji: usize,
    half_kana: usize,
    private: usize,
    control: usize,
    other: usize,
    line_ends: usize,
}

impl Count {
    fn of(text: &str) -> Self {
        let mut count = Self::default();
        for c in text.chars() {
            let kind = match c {
                '\n' | '\r' => &mut count.line_ends,
                '\t' | '\u{1A}' | ' '..='~' => &mut count.ascii,
                '\u{3000}'..='\u{30FF}' | '\u{FF01}'..='\u{FF60}' => &mut count.kana,
                '\u{4E00}'..='\u{9FFF}' => &mut count.kanji,
                '\u{FF61}'..='\u{FF9F}' => &mut count.half_kana,
                '\u{E000}'..='\u{F8FF}' => &mut count.private,
                c if c.is_control() => &mut count.control,
                _ => &mut count.other,
            };
            *kind += 1;
        }
        count
    }

    /// Kana and kanji together are what Japanese looks like; half-width katakana
    /// alone, private and control characters are what another set looks like.
    fn likeness(self) -> u8 {
        let all = self.ascii + self.kana + self.kanji + self.half_kana + self.private;
        let all = all + self.control + self.other + self.line_ends;
        let with_kana = if self.kana > 0 { 100 } else { 70 };
        let good = (self.ascii + self.line_ends + self.kana) * 100 + self.kanji * with_kana;
        let good = good + self.half_kana * 60 + self.other * 50;
        u8::try_from(good.checked_div(all).unwrap_or(100)).unwrap_or(100)
    }

    fn evidence(self) -> impl Iterator<Item = (Evidence, usize)> {
        let kinds = [
            (Evidence::Ascii, self.ascii),
            (Evidence::Kana, self.kana),
            (Evidence::Kanji, self.kanji),
            (Evidence::HalfKana, self.half_kana),
            (Evidence::UserDefined, self.private),
            (Evidence::Control, self.control),
            (Evidence::Other, self.other),
        ];
        kinds.into_iter().filter(|(_, count)| *count > 0)
    }
}

#[cfg(test)]
mod tests;
