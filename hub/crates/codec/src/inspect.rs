//! What a file from elsewhere probably is: its character set with the evidence,
//! its line ends and delimiter, and what would not survive another set. A guess
//! is for people who write a layout; nothing is ever read by a guess.

mod shape;

pub use shape::{Ends, Shape};

use std::collections::BTreeMap;

use crate::charset::{Charset, Decoded, Policy, Profile, SkipKind};

/// Bytes that are looked at. The rest of a large file is like its beginning.
const BYTES_MAX: usize = 4 << 20;
/// Bad bytes that are listed.
const SUSPICIOUS_MAX: usize = 20;
/// Bytes shown on either side of a bad one.
const CONTEXT_BYTES: usize = 12;

/// What a file probably is.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The likeliest first; those that cannot be are left out.
    pub guesses: Vec<Guess>,
    /// Bytes that are no characters in the likeliest set.
    pub suspicious: Vec<Suspicious>,
    /// Lines and columns, read in the likeliest set.
    pub shape: Shape,
}

/// One character set, and what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    pub charset: Charset,
    /// Bytes that are no characters in it.
    pub bad_bytes: usize,
    /// 0 to 100: how much of the text looks like what people write.
    pub likeness: u8,
    pub evidence: Vec<String>,
}

/// A byte that is no character, and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicious {
    pub offset: usize,
    pub found: String,
    /// The text around it, the bad bytes as `\xNN`.
    pub context: String,
}

/// Looks at a file.
pub fn inspect(bytes: &[u8]) -> Inspection {
    let part = bytes.get(..BYTES_MAX).unwrap_or(bytes);
    let mut guesses: Vec<(Guess, Decoded)> = Charset::ALL
        .into_iter()
        .filter_map(|charset| guess(charset, part, part.len() < bytes.len()))
        .collect();
    guesses.sort_by_key(|(it, _)| (it.bad_bytes, std::cmp::Reverse(it.likeness)));
    let (suspicious, shape) = match guesses.first() {
        Some((first, decoded)) => (
            suspicious(Profile::new(first.charset), part, decoded),
            Shape::of(&decoded.text, part.len()),
        ),
        None => (Vec::new(), Shape::default()),
    };
    let guesses = guesses.into_iter().map(|(guess, _)| guess).collect();
    Inspection { guesses, suspicious, shape }
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
    let instead = |c: char| {
        let mut changes = Vec::new();
        let text = c.to_string();
        profile.encode(&text, policy, &mut Vec::new(), &mut changes).ok()?;
        changes.into_iter().next().map(|it| it.after)
    };
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
        evidence.push("it begins with the byte order mark".to_owned());
    }
    let escapes = decoded.skips.iter().filter(|it| it.kind == SkipKind::Silent && it.length == 3);
    let escapes = if charset == Charset::Iso2022Jp { escapes.count() } else { 0 };
    if escapes > 0 {
        evidence.push(format!("{escapes} escape sequences"));
    }
    let one_byte = bytes.is_ascii() && !bom && escapes == 0;
    let possible = match charset {
        // Text of one byte a character with zeros between is UTF-16.
        Charset::Utf16Le | Charset::Utf16Be => bom || bytes.contains(&0),
        Charset::Iso2022Jp | Charset::Iso2022JpStrict => escapes > 0,
        it if it.is_host() => !one_byte && count.line_ends == 0 || bytes.is_empty(),
        _ => true,
    };
    if !possible || bad_bytes * 4 > bytes.len() {
        return None;
    }
    evidence.extend(count.words());
    let mut likeness = count.likeness();
    if bom || escapes > 0 || (charset == Charset::Utf8 && !bytes.is_ascii() && bad_bytes == 0) {
        likeness = likeness.max(95);
    }
    Some((Guess { charset, bad_bytes, likeness, evidence }, decoded))
}

fn suspicious(profile: Profile, bytes: &[u8], decoded: &Decoded) -> Vec<Suspicious> {
    let near = |at: usize, end: usize| {
        let part = bytes.get(at..end.min(bytes.len())).unwrap_or_default();
        let text = profile.decode_marking(part).map(|it| it.text).unwrap_or_default();
        text.escape_debug().to_string()
    };
    decoded
        .faults()
        .take(SUSPICIOUS_MAX)
        .map(|skip| {
            let found = profile.fault(bytes, skip);
            let end = skip.offset + skip.length;
            let escaped: String = found.bytes.iter().map(|it| format!("\\x{it:02X}")).collect();
            let before = near(skip.offset.saturating_sub(CONTEXT_BYTES), skip.offset);
            let after = near(end, end + CONTEXT_BYTES);
            Suspicious {
                offset: skip.offset,
                found: found.found(),
                context: format!("{before}{escaped}{after}"),
            }
        })
        .collect()
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

    fn words(self) -> impl Iterator<Item = String> {
        let kinds = [
            (self.kana, "kana and full-width characters"),
            (self.kanji, "kanji"),
            (self.half_kana, "half-width katakana"),
            (self.private, "user-defined characters"),
            (self.control, "control characters"),
            (self.other, "other characters"),
        ];
        kinds
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
    }
}

#[cfg(test)]
mod tests;
