//! Inputs in another character set than the layout says that read without a
//! fault: CP932 has a character for nearly every pair of bytes, so 山田 in UTF-8
//! is 螻ｱ逕ｰ there.
//!
//! That bytes are UTF-8 by chance is next to impossible once some Japanese
//! characters of three bytes each stand in them and nothing else does, so such an
//! input is refused. EUC-JP is no more than likely, so it is only told.

use super::{Layout, LayoutFault, model::Format};
use crate::charset::{Charset, Decoded, Profile, SkipKind};

/// Japanese characters of UTF-8 from which on it cannot be chance.
const CHARACTERS_MIN: usize = 3;
/// Characters from which on EUC-JP and CP932 can be told apart.
const DOUBLES_MIN: usize = 4;
/// Bytes that a look takes into account.
const SAMPLE_BYTES: usize = 1 << 20;

/// What speaks for UTF-8, collected as the bytes come.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// The start of a character whose end has not come yet.
    open: Vec<u8>,
    /// Bytes before `open`, and where the first character of several bytes is.
    passed: usize,
    first: Option<usize>,
    /// Japanese characters of three bytes.
    characters: usize,
    /// Something is no UTF-8.
    other: bool,
}

// === impl Evidence ===

impl Evidence {
    /// Takes the next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.other {
            return;
        }
        if self.open.is_empty() && bytes.is_ascii() {
            self.passed += bytes.len();
            return;
        }
        let joined;
        let bytes = if self.open.is_empty() {
            bytes
        } else {
            joined = [self.open.as_slice(), bytes].concat();
            self.open.clear();
            &joined
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(fault) if fault.error_len().is_none() => {
                let (good, open) = bytes.split_at(fault.valid_up_to());
                open.clone_into(&mut self.open);
                std::str::from_utf8(good).unwrap_or_default()
            }
            Err(_) => {
                self.other = true;
                return;
            }
        };
        if self.first.is_none() {
            self.first = text.find(|it: char| !it.is_ascii()).map(|at| self.passed + at);
        }
        if self.characters < CHARACTERS_MIN {
            self.characters += text.chars().filter(|it| is_japanese(*it)).count();
        }
        self.passed += text.len();
    }

    /// The input so far is UTF-8 beyond doubt.
    pub(super) fn is_utf8(&self) -> bool {
        !self.other && self.characters >= CHARACTERS_MIN
    }

    /// Why an input of that evidence is refused.
    pub(super) fn fault(&self, layout: &Layout) -> Option<LayoutFault> {
        let name = layout.profile.charset.name();
        self.is_utf8().then(|| {
            let message = format!("the input is UTF-8, and the layout says {name}");
            LayoutFault::new("charset", self.first.unwrap_or(0), message)
                .found("characters of UTF-8, and no other bytes above 7F")
                .expected(format!("{name}; `mistaken_charset: take` in the layout reads it so"))
        })
    }
}

impl Layout {
    /// Whether inputs that are plainly UTF-8 are refused.
    pub(super) fn refuses_utf8(&self) -> bool {
        let charset = self.profile.charset;
        let is_unicode = |it| matches!(it, Charset::Utf8 | Charset::Utf16Le | Charset::Utf16Be);
        // Of columns in a set of their own that is UTF-8, UTF-8 says nothing.
        let own = self.kinds.iter().flat_map(|it| &it.columns).filter_map(|it| it.own.as_ref());
        let unicode =
            is_unicode(charset) || own.into_iter().any(|it| is_unicode(it.profile.charset));
        let text = matches!(self.format, Format::Csv(_) | Format::Fixed(_));
        text && !unicode && !charset.is_host() && !self.takes_mistaken
    }

    /// The set that the start of an input is clearly in, where that is another one
    /// than the layout says: `utf-8`, `euc-jp` or `cp932`.
    #[must_use]
    pub fn mistaken_for(&self, bytes: &[u8]) -> Option<&'static str> {
        if !self.refuses_utf8() {
            return None;
        }
        let part = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
        let mut evidence = Evidence::default();
        evidence.push(part);
        if evidence.is_utf8() {
            return Some(Charset::Utf8.name());
        }
        let charset = self.profile.charset;
        let other = match charset {
            Charset::Cp932 | Charset::ShiftJis | Charset::JisX0201 => Charset::EucJpMs,
            Charset::EucJp | Charset::EucJpMs | Charset::Cp51932 => Charset::Cp932,
            _ => return None,
        };
        let is = match other {
            Charset::Cp932 => is_cp932(part) && bad(&self.profile.decode_marking(part).ok()?) > 0,
            _ => is_euc(part),
        };
        is.then(|| if other == Charset::Cp932 { other } else { Charset::EucJp }.name())
    }
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{FF01}'..='\u{FF9F}')
}

/// Places with bytes that are no characters. A sample may end within one.
fn bad(decoded: &Decoded) -> usize {
    decoded.faults().filter(|it| it.kind != SkipKind::Cut).count()
}

/// Half-width katakana of CP932 is EUC-JP too, but has no byte from E0 on, and
/// seldom what would be kana there; Japanese in EUC-JP has much of both.
fn is_euc(bytes: &[u8]) -> bool {
    let Ok(decoded) = Profile::new(Charset::EucJpMs).decode_marking(bytes) else { return false };
    let doubles = decoded.text.chars().filter(|it| is_japanese(*it)).count();
    let kana = decoded.text.chars().filter(|it| matches!(it, '\u{3041}'..='\u{30FF}')).count();
    let upper = bytes.iter().filter(|it| **it >= 0xE0).count();
    doubles >= DOUBLES_MIN && (upper * 10 >= doubles || kana * 5 >= doubles) && bad(&decoded) == 0
}

/// Of CP932 and mostly of double bytes.
fn is_cp932(bytes: &[u8]) -> bool {
    let profile = Profile::new(Charset::Cp932);
    let Ok(decoded) = profile.decode_marking(bytes) else { return false };
    let doubles = decoded.text.chars().filter(|it| is_japanese(*it) && *it < '\u{FF61}').count();
    let others = decoded.text.chars().filter(|it| !it.is_ascii()).count() - doubles;
    doubles >= DOUBLES_MIN && others * 3 <= doubles && bad(&decoded) == 0
}
