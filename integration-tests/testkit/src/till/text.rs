//! Text to the bytes of code page 932, the way tills write it.

use encoding_rs::SHIFT_JIS;

use crate::{Fail, Result};

/// The bytes of `text`. The wave dash goes out as 81 60, which Windows writes
/// for it and reads back as the full-width tilde.
///
/// # Errors
/// When a character is not in the code page: tills do not have it.
pub fn cp932(text: &str) -> Result<Vec<u8>> {
    let as_windows_has_it = text.replace('\u{301c}', "\u{ff5e}").replace('\u{2212}', "\u{ff0d}");
    let (bytes, _, unmappable) = SHIFT_JIS.encode(&as_windows_has_it);
    if unmappable {
        return Err(Fail::new(format!("{text:?} has characters that code page 932 has not")));
    }
    Ok(bytes.into_owned())
}

/// The bytes of `text`, padded with spaces to `width` bytes.
///
/// # Errors
/// When it does not fit or is not in the code page.
pub fn cp932_field(text: &str, width: usize) -> Result<Vec<u8>> {
    let mut bytes = cp932(text)?;
    if bytes.len() > width {
        let found = bytes.len();
        return Err(Fail::new(format!("{text:?} takes {found} bytes, the field has {width}")));
    }
    bytes.resize(width, b' ');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_traps_of_the_code_page_come_out_as_windows_writes_them() {
        let cases: [(&str, &[u8]); 5] = [
            ("髙", b"\xfb\xfc"),
            ("①", b"\x87\x40"),
            ("\u{301c}", b"\x81\x60"),
            ("ﾊﾟ", b"\xca\xdf"),
            ("表", b"\x95\x5c"),
        ];
        for (text, want) in cases {
            assert_eq!(cp932(text).unwrap(), want, "{text}");
        }
        assert!(cp932("𠮷").is_err());
        assert_eq!(cp932_field("茶", 4).unwrap(), b"\x92\x83  ");
        assert!(cp932_field("茶碗", 3).is_err());
    }
}
