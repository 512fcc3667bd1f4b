//! Half-width katakana and their full-width equals, both ways.

use std::{collections::BTreeMap, sync::LazyLock};

use unicode_normalization::char::{compose, decompose_canonical, decompose_compatible};

use crate::charset::decode::is_half_kana;

/// Full-width character to half-width one, marks for themselves.
static HALF: LazyLock<BTreeMap<char, char>> = LazyLock::new(|| {
    ('\u{FF61}'..='\u{FF9F}').filter_map(|half| Some((full_one(half)?, half))).collect()
});

/// The full-width equal of half-width katakana and, if it belongs to it, of the
/// mark behind it; says whether the mark was taken.
pub(super) fn full(c: char, next: Option<char>) -> Option<(char, bool)> {
    let base = full_one(c)?;
    let mark = match next {
        Some('\u{FF9E}') => Some('\u{3099}'),
        Some('\u{FF9F}') => Some('\u{309A}'),
        _ => None,
    };
    let voiced = mark.and_then(|mark| compose(base, mark));
    Some(voiced.map_or((base, false), |it| (it, true)))
}

/// The half-width equal of full-width katakana: one character, or two with a mark.
pub(super) fn half(c: char) -> Option<String> {
    if let Some(half) = HALF.get(&c) {
        return Some(half.to_string());
    }
    if !matches!(c, '\u{30A0}'..='\u{30FF}') {
        return None;
    }
    let mut out = String::new();
    let mut whole = true;
    decompose_canonical(c, |part| match part {
        '\u{3099}' => out.push('\u{FF9E}'),
        '\u{309A}' => out.push('\u{FF9F}'),
        base => match HALF.get(&base) {
            Some(half) => out.push(*half),
            None => whole = false,
        },
    });
    (whole && !out.is_empty()).then_some(out)
}

/// The full-width equal of one half-width character; marks stand alone.
fn full_one(c: char) -> Option<char> {
    let mut full = None;
    match c {
        '\u{FF9E}' => return Some('\u{309B}'),
        '\u{FF9F}' => return Some('\u{309C}'),
        c if is_half_kana(c) => decompose_compatible(c, |it| full = full.or(Some(it))),
        _ => {}
    }
    full
}
