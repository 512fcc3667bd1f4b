//! Near equals, for writing: a character that the profile lacks, and the one it
//! has that people mean by it. Every fold that happens is reported.

use unicode_normalization::char::compose;

use super::{Symbol, Symbols};

/// What else is written for what in the Japanese sets.
const NEAR: [(char, char); 8] = [
    // Yen and overline have their full-width forms; 5C and 7E would read back
    // as backslash and tilde. And the other way about where 5C is the yen sign.
    ('\u{00A5}', '\u{FFE5}'),
    ('\u{203E}', '\u{FFE3}'),
    ('\\', '\u{FF3C}'),
    ('~', '\u{FF5E}'),
    ('\u{00A6}', '\u{FFE4}'),
    ('\u{FFE4}', '\u{00A6}'),
    ('\u{00A0}', ' '),
    // Only in sets that have no double bytes.
    ('\u{3000}', ' '),
];

/// The table's character (always Microsoft's) as the profile reads it.
#[inline]
pub(super) fn read(c: char, symbols: Symbols) -> char {
    if symbols == Symbols::MICROSOFT {
        return c;
    }
    match Symbol::of(c) {
        Some(symbol) if symbols.is_jis(symbol) => symbol.readings().1,
        Some(_) | None => c,
    }
}

/// The table's character for one that the profile reads back as it is; `None`
/// for the other reading of a symbol.
#[inline]
pub(super) fn write(c: char, symbols: Symbols) -> Option<char> {
    // The table has no JIS forms, so looking up fails without our help.
    if symbols == Symbols::MICROSOFT {
        return Some(c);
    }
    let Some(symbol) = Symbol::of(c) else { return Some(c) };
    let (microsoft, jis) = symbol.readings();
    let read = if symbols.is_jis(symbol) { jis } else { microsoft };
    (read == c).then_some(microsoft)
}

/// The near equal of a character; empty for one that only chooses a shape.
pub(super) fn near(c: char) -> Option<String> {
    if is_variation(c) {
        return Some(String::new());
    }
    let symbol = Symbol::of(c).map(|it| {
        let (microsoft, jis) = it.readings();
        if c == microsoft { jis } else { microsoft }
    });
    let near = symbol.or_else(|| NEAR.iter().find(|(from, _)| *from == c).map(|(_, to)| *to));
    near.map(String::from)
}

/// か and U+3099 as が: the Japanese sets have only the composed ones.
pub(super) fn composed(base: char, mark: char) -> Option<char> {
    matches!(mark, '\u{3099}' | '\u{309A}').then(|| compose(base, mark)).flatten()
}

/// A variation selector: it chooses the shape of the character before it.
pub(super) fn is_variation(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}
