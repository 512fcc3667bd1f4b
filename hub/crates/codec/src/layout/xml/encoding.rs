//! Which character set a document is in: its byte order mark, its first bytes,
//! what it declares (XML 1.0, appendix F), among those that the layout allows.

use super::is_space;
use crate::charset::{Charset, Profile};

/// Bytes in which a declaration is looked for.
const DECLARATION_BYTES_MAX: usize = 256;

/// Whether a document in that character set may call it so.
pub(super) fn is_called(charset: Charset, name: &str) -> bool {
    let said = Charset::from_name(name);
    match charset {
        // Windows calls its own set Shift_JIS, and Unix its own EUC-JP.
        Charset::Cp932 => matches!(said, Some(Charset::Cp932 | Charset::ShiftJis)),
        Charset::EucJpMs | Charset::Cp51932 => {
            said == Some(charset) || said == Some(Charset::EucJp)
        }
        Charset::Utf16Le | Charset::Utf16Be => {
            said == Some(charset) || name.eq_ignore_ascii_case("utf-16")
        }
        _ => said == Some(charset),
    }
}

/// What a document that is written in it calls it.
pub(in crate::layout) fn name_of(charset: Charset) -> &'static str {
    match charset {
        Charset::Utf8 => "UTF-8",
        Charset::Cp932 => "Windows-31J",
        Charset::ShiftJis => "Shift_JIS",
        Charset::EucJp | Charset::EucJpMs | Charset::Cp51932 => "EUC-JP",
        Charset::Iso2022Jp | Charset::Iso2022JpStrict => "ISO-2022-JP",
        Charset::Utf16Le | Charset::Utf16Be => "UTF-16",
        Charset::JisX0201 => "JIS_X0201",
        Charset::Cp930 => "IBM930",
        Charset::Cp939 => "IBM939",
        Charset::Cp037 | Charset::Cp290 => charset.name(),
    }
}

/// The profile by which a document is read: the layout's own, or another one
/// that it allows and the document says. The error is what it says otherwise.
pub(super) fn profile(own: &Profile, others: &[Charset], bytes: &[u8]) -> Result<Profile, String> {
    let told = told(bytes);
    let fits = |it: Charset| match &told {
        Told::Is(charset) => it == *charset,
        Told::Called(name) => is_called(it, name),
        Told::Nothing => false,
    };
    if fits(own.charset) {
        return Ok(own.clone());
    }
    match (others.iter().copied().find(|it| fits(*it)), told) {
        (Some(other), _) => Ok(Profile::new(other)),
        (None, Told::Called(name)) => Err(name),
        (None, Told::Is(_) | Told::Nothing) => Ok(own.clone()),
    }
}

enum Told {
    Is(Charset),
    Called(String),
    Nothing,
}

fn told(bytes: &[u8]) -> Told {
    match bytes {
        [0xEF, 0xBB, 0xBF, ..] => return Told::Is(Charset::Utf8),
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => return Told::Is(Charset::Utf16Le),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => return Told::Is(Charset::Utf16Be),
        _ => {}
    }
    let start = bytes.get(..bytes.len().min(DECLARATION_BYTES_MAX)).unwrap_or_default();
    let text: String = start.iter().map(|it| char::from(*it)).collect();
    let declaration = text.strip_prefix("<?xml").and_then(|it| it.split_once("?>"));
    let value = declaration.and_then(|(it, _)| {
        let (_, after) = it.split_once("encoding")?;
        let after = after.trim_start_matches(is_space).strip_prefix('=')?;
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|it| matches!(it, '"' | '\''))?;
        after.get(1..)?.split_once(quote).map(|(name, _)| name.to_owned())
    });
    value.map_or(Told::Nothing, Told::Called)
}
