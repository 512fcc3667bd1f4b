//! A form body as it is signed: fields sorted by name, names and values joined.

use crate::denied::{Denied, Reason};

/// More fields than any signed form has.
const FIELDS_MAX: usize = 1000;

/// Name and value of each field, sorted by name then value, nothing between.
///
/// # Errors
/// When the body is not `application/x-www-form-urlencoded`.
pub(crate) fn sorted(body: &[u8]) -> Result<Vec<u8>, Denied> {
    let bad = Denied::because(Reason::PartBad);
    let mut fields = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|it| !it.is_empty()) {
        if fields.len() == FIELDS_MAX {
            return Err(bad);
        }
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decode(halves.next().unwrap_or_default()).ok_or(bad)?;
        let value = decode(halves.next().unwrap_or_default()).ok_or(bad)?;
        fields.push((name, value));
    }
    fields.sort();
    Ok(fields.into_iter().flat_map(|(name, value)| [name, value]).flatten().collect())
}

/// `+` and `%XX` undone; `None` at a broken escape.
fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = text.iter();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(*bytes.next()?).to_digit(16)?;
                let low = char::from(*bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            plain => *plain,
        });
    }
    Some(decoded)
}
