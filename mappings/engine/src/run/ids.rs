//! Functions of identifiers.

use canon::id::SourceKey;

use super::{
    fault::{Stepped, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    functions::{kana, prefecture},
    plan::op::{Op, Region},
    value::Value,
};

impl<T: Trace> Machine<'_, T> {
    pub(super) fn id_step(&mut self, op: &Op, value: Value) -> Stepped {
        let mut made = self.draft();
        let mut written = String::new();
        let text = match value {
            Value::Text(span) | Value::Number(span) => self.text(span),
            other => {
                self.plain(other, &mut written);
                written.as_str()
            }
        };
        let wrote = self.identifier(op, text, &mut made);
        let same = made == text && matches!(value, Value::Text(_));
        match wrote {
            Ok(()) if same => {
                self.keep(made);
                Ok(value)
            }
            Ok(()) => Ok(self.push_draft(made)),
            Err(expected) => {
                self.keep(made);
                fault(value, expected)
            }
        }
    }

    /// Writes the identifier that a text is, or says what it should be.
    fn identifier(&self, op: &Op, text: &str, out: &mut String) -> Result<(), &'static str> {
        match op {
            Op::Gtin => gtin(text, out).ok_or("8, 12, 13 or 14 digits with a right check digit"),
            Op::E164 { region } => {
                e164(text, region, out).ok_or("a telephone number of the map's region")
            }
            Op::PostalJp => postal(text, out).ok_or("seven digits"),
            Op::Prefecture(form) => prefecture::find(text)
                .map(|it| it.write(*form, out))
                .ok_or("a prefecture: its name, 1 to 47, or JP-01 to JP-47"),
            Op::InvoiceNoJp => invoice_no(text, out).ok_or("T and 13 digits, the first not 0"),
            Op::Sha256 => {
                out.push_str(&canon::id::sha256_hex(text.as_bytes()));
                Ok(())
            }
            Op::Uuid5(namespace) => {
                let uuid = uuid::Uuid::new_v5(namespace, text.as_bytes());
                out.push_str(uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
                Ok(())
            }
            Op::HubId(entity) => {
                let key = SourceKey {
                    organisation: self.ctx.organisation,
                    channel: self.ctx.channel,
                    entity: *entity,
                    source_id: text,
                };
                key.write_hub_id(out);
                Ok(())
            }
            _ => Err("an identifier"),
        }
    }
}

/// GS1 check digit: weights 3 and 1 from the right, the sum a multiple of ten.
fn gtin(text: &str, out: &mut String) -> Option<()> {
    let digits = text.trim();
    let sane =
        matches!(digits.len(), 8 | 12 | 13 | 14) && digits.bytes().all(|b| b.is_ascii_digit());
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, b)| u32::from(b.wrapping_sub(b'0')) * if place % 2 == 1 { 3 } else { 1 })
        .sum();
    (sane && sum.is_multiple_of(10)).then(|| out.push_str(digits))
}

/// E.164: `+81` and the number without its trunk 0.
fn e164(text: &str, region: &Region, out: &mut String) -> Option<()> {
    let mut international = false;
    for c in text.trim().chars() {
        match c {
            '+' | '＋' if out.is_empty() && !international => international = true,
            c if kana::ascii_digit(c).is_some() => out.extend(kana::ascii_digit(c)),
            ' ' | '-' | '(' | ')' | '.' | '/' | '\u{3000}' | '‐' | '‑' | '–' | '—' | '−' | 'ー'
            | '－' | '（' | '）' => {}
            _ => return None,
        }
    }
    let digits = out.as_str();
    let national = match international {
        true => digits
            .strip_prefix(region.country)
            .map(|it| it.strip_prefix(region.trunk).unwrap_or(it)),
        false if region.trunk.is_empty() => Some(
            digits
                .strip_prefix(region.country)
                .filter(|it| it.len() >= region.least)
                .unwrap_or(digits),
        ),
        false => digits.strip_prefix(region.trunk),
    };
    match national {
        Some(national) => {
            let fits = (region.least..=region.most).contains(&national.len());
            let before = digits.len() - national.len();
            fits.then(|| {
                out.replace_range(..before, region.country);
                out.insert(0, '+');
            })
        }
        // A number of another country, in full.
        None if international => ((7..=15).contains(&digits.len()) && !digits.starts_with('0'))
            .then(|| out.insert(0, '+')),
        None => None,
    }
}

/// `NNN-NNNN`.
fn postal(text: &str, out: &mut String) -> Option<()> {
    for c in text.trim().trim_start_matches('〒').chars() {
        match kana::ascii_digit(c) {
            Some(digit) => out.push(digit),
            None if matches!(c, '-' | ' ' | '\u{3000}' | '－' | 'ー' | '−' | '‐') => {}
            None => return None,
        }
    }
    (out.len() == 7).then(|| out.insert(3, '-'))
}

/// The registration number of a qualified invoice issuer. The check digit is
/// only advisory for sole proprietors, so it is not looked at.
fn invoice_no(text: &str, out: &mut String) -> Option<()> {
    let body = text.trim();
    let digits = body
        .strip_prefix(['T', 't', 'Ｔ'])
        .unwrap_or(body)
        .chars()
        .filter(|c| *c != '-')
        .map(|c| kana::ascii_digit(c).unwrap_or('x'));
    out.push('T');
    out.extend(digits);
    let number = out.get(1..).unwrap_or_default();
    let sane = number.len() == 13
        && !number.starts_with('0')
        && number.bytes().all(|b| b.is_ascii_digit());
    sane.then_some(())
}
