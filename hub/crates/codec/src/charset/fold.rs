//! Near equals, for writing: a character that the profile lacks, and the one it
//! has that people mean by it. Every fold that happens is reported.

use unicode_normalization::char::compose;

use super::Symbols;

/// The seven symbols, Microsoft's first. See [`Symbols`].
const SYMBOLS: [(char, char); 7] = [
    ('\u{FF5E}', '\u{301C}'),
    ('\u{FF0D}', '\u{2212}'),
    ('\u{2015}', '\u{2014}'),
    ('\u{2225}', '\u{2016}'),
    ('\u{FFE0}', '\u{00A2}'),
    ('\u{FFE1}', '\u{00A3}'),
    ('\u{FFE2}', '\u{00AC}'),
];

/// What else is written for what in the Japanese sets.
const NEAR: [(char, char); 4] = [
    // Yen and overline have their full-width forms; 5C and 7E would read back
    // as backslash and tilde.
    ('\u{00A5}', '\u{FFE5}'),
    ('\u{203E}', '\u{FFE3}'),
    ('\u{00A6}', '\u{FFE4}'),
    ('\u{00A0}', ' '),
];

/// The table's character (always Microsoft's) as the profile reads it.
#[inline]
pub(super) fn read(c: char, symbols: Symbols) -> char {
    match symbols {
        Symbols::Microsoft => c,
        Symbols::Jis => SYMBOLS.iter().find(|(ms, _)| *ms == c).map_or(c, |(_, jis)| *jis),
    }
}

/// The table's character for one that the profile reads back as it is; `None`
/// for the other reading of a symbol.
#[inline]
pub(super) fn write(c: char, symbols: Symbols) -> Option<char> {
    match symbols {
        // The table has no JIS forms, so looking up fails without our help.
        Symbols::Microsoft => Some(c),
        Symbols::Jis => match SYMBOLS.iter().find(|(ms, jis)| *ms == c || *jis == c) {
            Some((ms, jis)) => (*jis == c).then_some(*ms),
            None => Some(c),
        },
    }
}

/// The near equal of a character.
pub(super) fn near(c: char) -> Option<char> {
    let symbol = SYMBOLS.iter().find_map(|(ms, jis)| match c {
        c if c == *ms => Some(*jis),
        c if c == *jis => Some(*ms),
        _ => None,
    });
    symbol.or_else(|| NEAR.iter().find(|(from, _)| *from == c).map(|(_, to)| *to))
}

/// か and U+3099 as が: the Japanese sets have only the composed ones.
pub(super) fn composed(base: char, mark: char) -> Option<char> {
    matches!(mark, '\u{3099}' | '\u{309A}').then(|| compose(base, mark)).flatten()
}
