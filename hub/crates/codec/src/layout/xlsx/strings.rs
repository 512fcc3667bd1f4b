//! Texts of cells: plain, or in runs of different fonts. Readings in kana that
//! stand above a text (`rPh`) are not part of it.

use super::part::{Part, Piece};
use crate::layout::LayoutFault;

/// Texts that cells may share.
const STRINGS_MAX: usize = 4_000_000;
/// Characters of one text: what spreadsheets take in a cell. Many cells may share
/// one, so it is not the file that bounds what they come to.
const CHARS_MAX: usize = 32_767;

/// All texts of `sharedStrings.xml`, by number.
pub(super) fn shared(mut part: Part<'_>) -> Result<Vec<String>, LayoutFault> {
    let mut strings = Vec::new();
    loop {
        match part.next()? {
            Piece::Open(tag) if tag.is("si") => {
                if strings.len() >= STRINGS_MAX {
                    let expected = format!("at most {STRINGS_MAX} texts");
                    return Err(part.fault("too-large", "too many texts").expected(expected));
                }
                strings.push(rich(&mut part)?);
            }
            Piece::Open(_) | Piece::Close | Piece::Text(_) => {}
            Piece::End => return Ok(strings),
        }
    }
}

/// The text of the `si` or `is` that was just opened.
pub(super) fn rich(part: &mut Part<'_>) -> Result<String, LayoutFault> {
    let mut text = String::new();
    runs(part, &mut text)?;
    bounded(part, &text)?;
    Ok(text)
}

/// Refuses what is longer than a cell can be.
pub(super) fn bounded(part: &Part<'_>, text: &str) -> Result<(), LayoutFault> {
    if text.len() <= CHARS_MAX {
        return Ok(());
    }
    let count = text.chars().count();
    if count <= CHARS_MAX {
        return Ok(());
    }
    let expected = format!("at most {CHARS_MAX} characters in a cell");
    let fault = part.fault("too-large", "a text that is too long").expected(expected);
    Err(fault.found(format!("{count} characters")))
}

fn runs(part: &mut Part<'_>, out: &mut String) -> Result<(), LayoutFault> {
    loop {
        match part.next()? {
            Piece::Open(tag) if tag.is("t") => out.push_str(&unescaped(part.text()?)),
            Piece::Open(tag) if tag.is("r") => runs(part, out)?,
            Piece::Open(_) => part.skip()?,
            Piece::Text(_) => {}
            Piece::Close => return Ok(()),
            Piece::End => return Err(part.fault("truncated", "it ends within a text")),
        }
    }
}

/// `_x000D_` is a carriage return: how characters are written that XML does not
/// have (ECMA-376 part 1, 22.9.2.19).
pub(super) fn unescaped(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text.as_str());
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        match escape(from) {
            Some(c) => {
                out.push(c);
                rest = from.get(7..).unwrap_or_default();
            }
            None => {
                out.push_str("_x");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn escape(text: &str) -> Option<char> {
    let digits = text.get(2..6)?;
    let good = text.as_bytes().get(6) == Some(&b'_');
    let number = digits.bytes().all(|it| it.is_ascii_hexdigit()) && good;
    number.then(|| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(xml: &str) -> Vec<String> {
        shared(Part::new("t", xml)).expect("reads")
    }

    #[test]
    fn runs_are_joined_and_readings_left_out() {
        let xml = "<x:sst xmlns:x='m'><x:si><x:r><x:rPr><x:b/></x:rPr><x:t xml:space='preserve'>髙 </x:t></x:r>\
                   <x:r><x:t>島屋</x:t></x:r><x:rPh sb='0' eb='2'><x:t>タカシマヤ</x:t></x:rPh>\
                   <x:phoneticPr fontId='1'/></x:si><x:si/><x:si><x:t/></x:si>\
                   <x:si><x:t>a&amp;b&#x9AD9;<![CDATA[<c>]]></x:t></x:si></x:sst>";
        assert_eq!(read(xml), ["髙 島屋", "", "", "a&b髙<c>"]);
    }

    #[test]
    fn escapes_are_characters() {
        let cases = [
            ("a_x000D_\nb", "a\r\nb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_xD83D_", "_xD83D_"),
            ("_x000_", "_x000_"),
            ("_x", "_x"),
            ("_x表表表表_", "_x表表表表_"),
        ];
        for (text, wanted) in cases {
            assert_eq!(unescaped(text.to_owned()), wanted);
        }
    }
}
