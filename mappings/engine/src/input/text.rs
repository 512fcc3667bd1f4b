//! Strings of JSON: their escapes, strictly.

use super::InputFault;

/// Appends what a string says to `out`. `body` is between the quotes, `at` its
/// offset in the input.
///
/// # Errors
/// An escape that is none, a lone surrogate, a control character.
pub(crate) fn decode_string(body: &str, at: usize, out: &mut String) -> Result<(), InputFault> {
    let fault = |index: usize, expected| {
        Err(InputFault { offset: u64::try_from(at + index).unwrap_or(u64::MAX), expected })
    };
    let bytes = body.as_bytes();
    let mut index = 0;
    let mut plain = 0;
    while let Some(byte) = bytes.get(index) {
        if *byte < 0x20 {
            return fault(index, "no control characters in a string");
        }
        if *byte != b'\\' {
            index += 1;
            continue;
        }
        out.push_str(body.get(plain..index).unwrap_or_default());
        let (c, width) = match bytes.get(index + 1) {
            Some(b'"') => ('"', 2),
            Some(b'\\') => ('\\', 2),
            Some(b'/') => ('/', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => match unicode(bytes, index) {
                Some(decoded) => decoded,
                None => return fault(index, "four hex digits, surrogates in pairs"),
            },
            _ => return fault(index, "one of the escapes of JSON"),
        };
        out.push(c);
        index += width;
        plain = index;
    }
    out.push_str(body.get(plain..).unwrap_or_default());
    Ok(())
}

/// `\uXXXX` or a pair of them at `index`: the character and the bytes it takes.
pub(super) fn unicode(bytes: &[u8], index: usize) -> Option<(char, usize)> {
    let high = hex4(bytes.get(index + 2..index + 6)?)?;
    if !(0xD800..=0xDFFF).contains(&high) {
        return char::from_u32(high).map(|c| (c, 6));
    }
    if high > 0xDBFF || bytes.get(index + 6..index + 8) != Some(b"\\u") {
        return None;
    }
    let low = hex4(bytes.get(index + 8..index + 12)?)?;
    if !(0xDC00..=0xDFFF).contains(&low) {
        return None;
    }
    char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).map(|c| (c, 12))
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))
}

/// Index of the next `"`, `\` or control character from `at` on.
#[inline]
pub(crate) fn next_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let found = specials(u64::from_le_bytes(*chunk));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    near_end(bytes, at)
}

/// The same where fewer than eight bytes are left.
fn near_end(bytes: &[u8], mut at: usize) -> usize {
    // What is left stands at the end of the last eight bytes.
    let left = bytes.len().saturating_sub(at);
    if left == 0 {
        return at;
    }
    if let Some(chunk) = bytes.last_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk) >> (64 - 8 * left);
        let found = specials(word | u64::MAX << (8 * left));
        return at + left.min((found.trailing_zeros() / 8) as usize);
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)) {
        at += 1;
    }
    at
}

/// The top bit of the first byte that is `"`, `\` or a control character; those
/// of later bytes may be set too.
#[inline]
fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // With the bit of 2 turned, `"` stands behind the control characters.
    let low = word ^ (ONES * 2);
    let low = low.wrapping_sub(ONES * 0x21) & !low;
    let slash = word ^ (ONES * u64::from(b'\\'));
    let slash = slash.wrapping_sub(ONES) & !slash;
    (low | slash) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_next_special_byte_is_found(
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), 0x1e_u8..0x24, 0x5b_u8..0x5e, Just(b'a')], 0..40
            ),
            at in 0_usize..42,
        ) {
            let special = |it: &u8| matches!(it, b'"' | b'\\' | 0..=0x1F);
            let rest = bytes.get(at..).unwrap_or_default();
            let want = rest.iter().position(special).map_or(bytes.len().max(at), |it| at + it);
            prop_assert_eq!(next_special(&bytes, at), want);
        }
    }
}
