//! `application/x-www-form-urlencoded`, strictly: what is not a form is a fault
//! with its offset, and order and repetition of names are kept. [`crate::layout`]
//! reads forms in other character sets than UTF-8.

use crate::json::Fault;

/// Fields of one form. Honest ones have dozens.
const PAIRS_MAX: usize = 10_000;

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: String,
    /// Byte offset of the field in the body.
    pub offset: usize,
}

/// One field, unescaped and not yet decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// Byte offset in the body, and that of the value; the field ends at `end`.
    pub(crate) offset: usize,
    pub(crate) value_offset: usize,
    pub(crate) end: usize,
}

/// Reads a body. An empty one has no fields; a field without `=` has an empty value.
///
/// # Errors
/// A bad percent escape, a byte that has to be escaped, an empty field, bytes
/// that are no UTF-8, or too many fields.
pub fn parse(bytes: &[u8]) -> Result<Vec<Pair>, Fault> {
    let text =
        |out, start| String::from_utf8(out).map_err(|_| fault(bytes, "utf-8", start, "UTF-8"));
    let pair = |it: Field| {
        let name = text(it.name, it.offset)?;
        Ok(Pair { name, value: text(it.value, it.value_offset)?, offset: it.offset })
    };
    fields(bytes)?.into_iter().map(pair).collect()
}

/// Cuts a body into fields.
pub(crate) fn fields(bytes: &[u8]) -> Result<Vec<Field>, Fault> {
    let mut fields = Vec::new();
    let mut at = 0;
    if bytes.is_empty() {
        return Ok(fields);
    }
    for field in bytes.split(|it| *it == b'&') {
        if field.is_empty() {
            return Err(fault(bytes, "syntax", at, "a field"));
        }
        if fields.len() == PAIRS_MAX {
            return Err(fault(bytes, "syntax", at, &format!("at most {PAIRS_MAX} fields")));
        }
        let split = field.iter().position(|it| *it == b'=').unwrap_or(field.len());
        let (offset, end) = (at, at + field.len());
        let value_offset = (at + split + 1).min(end);
        let name = unescape(bytes, at, at + split)?;
        let value = unescape(bytes, value_offset, end)?;
        fields.push(Field { name, value, offset, value_offset, end });
        at = end + 1;
    }
    Ok(fields)
}

/// Writes a body. What is no letter, digit or one of `*-._` is escaped.
pub fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(name.as_bytes(), &mut out);
        out.push('=');
        escape(value.as_bytes(), &mut out);
    }
    out
}

fn unescape(bytes: &[u8], start: usize, end: usize) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(end - start);
    let mut at = start;
    let digit = |at: usize| {
        let byte = bytes.get(at).filter(|_| at < end);
        byte.and_then(|it| char::from(*it).to_digit(16)).and_then(|it| u8::try_from(it).ok())
    };
    while let Some(byte) = bytes.get(at).filter(|_| at < end) {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let Some((high, low)) = digit(at + 1).zip(digit(at + 2)) else {
                    return Err(fault(bytes, "syntax", at, "two hexadecimal digits behind `%`"));
                };
                out.push(high << 4 | low);
                at += 2;
            }
            0x21..=0x7E => out.push(*byte),
            _ => return Err(fault(bytes, "syntax", at, "an escaped byte (%XX)")),
        }
        at += 1;
    }
    Ok(out)
}

/// Appends bytes as a form has them.
pub(crate) fn escape(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match *byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                out.push(char::from(*byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

fn fault(bytes: &[u8], code: &'static str, offset: usize, expected: &str) -> Fault {
    let found = match bytes.get(offset) {
        None => "the end".to_owned(),
        Some(byte) if byte.is_ascii_graphic() => format!("`{}`", char::from(*byte)),
        Some(byte) => format!("byte {byte:02X}"),
    };
    Fault { code, offset, found, expected: expected.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_in_order() {
        let pairs = parse(b"a=1&b=%E8%A1%A8+%2B&a=&flag&x=y=z").expect("reads");
        let seen: Vec<_> =
            pairs.iter().map(|it| (it.name.as_str(), it.value.as_str(), it.offset)).collect();
        let wanted =
            [("a", "1", 0), ("b", "表 +", 4), ("a", "", 20), ("flag", "", 23), ("x", "y=z", 28)];
        assert_eq!(seen, wanted);
        assert_eq!(parse(b"").expect("reads"), []);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let cases: [(&[u8], usize); 8] = [
            (b"a=%4", 2),
            (b"a=%&b=1", 2),
            (b"a=%zz", 2),
            (b"a=1&&b=2", 4),
            (b"a=1&", 4),
            (b"a=\x81\x40", 2),
            (b"a=1\n", 3),
            (b"b=1&a=%81%40", 6),
        ];
        for (bytes, offset) in cases {
            assert_eq!(parse(bytes).expect_err("refused").offset, offset, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let pairs = [("name", "髙島屋 & =%+"), ("", "é\0\n"), ("name", "")];
        let body = write(pairs);
        assert!(body.is_ascii());
        let again = parse(body.as_bytes()).expect("reads");
        let again: Vec<_> = again.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
        assert_eq!(again, pairs);
    }
}
