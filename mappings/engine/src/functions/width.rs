//! What people mean by "make the widths the same", without what NFKC does on
//! top of it: ～ to ~, ㈱ to (株), ① to 1.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::kana;

/// How widths are folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WidthTable {
    pub(crate) to: Width,
    pub(crate) kana: Kana,
    /// Characters that stay as they are. Sorted.
    pub(crate) keep: Vec<char>,
}

/// Where Latin letters, digits and signs go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Narrow,
    Wide,
    /// All compatibility forms, as NFKC has them, but for the kept characters.
    Nfkc,
}

/// Where kana go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kana {
    Full,
    Half,
    Keep,
}

/// Signs of U+FFE0–U+FFE6 with their narrow forms.
const SIGNS: [(char, char); 7] = [
    ('￠', '¢'),
    ('￡', '£'),
    ('￢', '¬'),
    ('￣', '\u{203E}'),
    ('￤', '¦'),
    ('￥', '¥'),
    ('￦', '₩'),
];

impl WidthTable {
    /// Appends `text`, folded.
    pub(crate) fn fold(&self, text: &str, out: &mut String) {
        if self.to == Width::Nfkc {
            return self.compatibility(text, out);
        }
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            if self.keeps(c) {
                out.push(c);
            } else if self.kana == Kana::Full && ('｡'..='ﾟ').contains(&c) {
                let mark = chars
                    .peek()
                    .copied()
                    .filter(|mark| matches!(mark, 'ﾞ' | 'ﾟ') && !self.keeps(*mark));
                let base = kana::full_char(c).unwrap_or(c);
                let joined = mark.and_then(|mark| kana::voiced(base, mark));
                if joined.is_some() {
                    chars.next();
                }
                out.push(joined.unwrap_or(base));
            } else if self.kana == Kana::Half && matches!(c, '\u{3001}'..='\u{30FF}') {
                kana::half(c.encode_utf8(&mut [0; 4]), out);
            } else {
                out.push(self.letter(c));
            }
        }
    }

    fn keeps(&self, c: char) -> bool {
        self.keep.binary_search(&c).is_ok()
    }

    fn letter(&self, c: char) -> char {
        let code = u32::from(c);
        match (self.to, c) {
            (Width::Narrow, '！'..='～') => char::from_u32(code - 0xFEE0).unwrap_or(c),
            (Width::Narrow, '\u{3000}') => ' ',
            (Width::Narrow, '￠'..='￦') => {
                SIGNS.iter().find(|(wide, _)| *wide == c).map_or(c, |(_, narrow)| *narrow)
            }
            (Width::Wide, '!'..='~') => char::from_u32(code + 0xFEE0).unwrap_or(c),
            (Width::Wide, ' ') => '\u{3000}',
            _ => c,
        }
    }

    /// NFKC of everything between kept characters. Most texts are in that form
    /// but for full-width letters and half-width kana, and those are folded by
    /// table.
    fn compatibility(&self, text: &str, out: &mut String) {
        let mut rest = text;
        while !rest.is_empty() {
            let kept = rest.char_indices().find(|(_, c)| self.keeps(*c));
            let (run, after) = match kept {
                Some((at, c)) => {
                    let (run, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
                    (run, tail.get(c.len_utf8()..).map(|after| (c, after)))
                }
                None => (rest, None),
            };
            fold_run(run, out);
            match after {
                Some((c, after)) => {
                    out.push(c);
                    rest = after;
                }
                None => return,
            }
        }
    }
}

/// NFKC of a run.
fn fold_run(run: &str, out: &mut String) {
    let before = out.len();
    for c in run.chars() {
        match c {
            '\u{20}'..='\u{7E}'
            | '\u{3041}'..='\u{3096}'
            | '\u{30A1}'..='\u{30FA}'
            | '\u{4E00}'..='\u{9FFF}'
            | 'ー'
            | '、'
            | '。'
            | '・' => out.push(c),
            '！'..='～' => out.extend(char::from_u32(u32::from(c) - 0xFEE0)),
            '\u{3000}' => out.push(' '),
            _ => {
                // Anything else may combine with what is around it.
                out.truncate(before);
                if is_nfkc_quick(run.chars()) == IsNormalized::Yes {
                    out.push_str(run);
                } else {
                    out.extend(run.nfkc());
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
