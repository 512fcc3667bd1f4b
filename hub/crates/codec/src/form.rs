//! `application/x-www-form-urlencoded`, strictly: what is not a form is a fault
//! with its offset, and order and repetition of names are kept.

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

/// Reads a body. An empty one has no fields; a field without `=` has an empty value.
///
/// # Errors
/// A bad percent escape, a byte that has to be escaped, an empty field, bytes
/// that are no UTF-8, or too many fields.
pub fn parse(bytes: &[u8]) -> Result<Vec<Pair>, Fault> {
    let mut pairs = Vec::new();
    let mut at = 0;
    if bytes.is_empty() {
        return Ok(pairs);
    }
    for field in bytes.split(|it| *it == b'&') {
        if field.is_empty() {
            return Err(fault(bytes, "syntax", at, "a field"));
        }
        if pairs.len() == PAIRS_MAX {
            return Err(fault(bytes, "syntax", at, &format!("at most {PAIRS_MAX} fields")));
        }
        let split = field.iter().position(|it| *it == b'=').unwrap_or(field.len());
        let name = text(bytes, at, at + split)?;
        let value = text(bytes, (at + split + 1).min(at + field.len()), at + field.len())?;
        pairs.push(Pair { name, value, offset: at });
        at += field.len() + 1;
    }
    Ok(pairs)
}

/// Writes a body. What is no letter, digit or one of `*-._` is escaped.
pub fn write<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(name, &mut out);
        out.push('=');
        escape(value, &mut out);
    }
    out
}

fn text(bytes: &[u8], start: usize, end: usize) -> Result<String, Fault> {
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
    String::from_utf8(out).map_err(|_| fault(bytes, "utf-8", start, "UTF-8"))
}

fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                out.push(char::from(byte));
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
