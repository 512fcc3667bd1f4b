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
        let mut written = String::new();
        self.plain(value, &mut written);
        let text = written.as_str();
        let made = match op {
            Op::Gtin => gtin(text).ok_or("8, 12, 13 or 14 digits with a right check digit"),
            Op::E164 { region } => {
                e164(text, region).ok_or("a telephone number of the map's region")
            }
            Op::PostalJp => postal(text).ok_or("seven digits"),
            Op::Prefecture(form) => prefecture::find(text)
                .map(|it| it.written(*form))
                .ok_or("a prefecture: its name, 1 to 47, or JP-01 to JP-47"),
            Op::InvoiceNoJp => invoice_no(text).ok_or("T and 13 digits, the first not 0"),
            Op::Sha256 => Ok(canon::id::sha256_hex(text.as_bytes())),
            Op::Uuid5(namespace) => Ok(uuid::Uuid::new_v5(namespace, text.as_bytes()).to_string()),
            Op::HubId(entity) => {
                let key = SourceKey {
                    organisation: self.ctx.organisation,
                    channel: self.ctx.channel,
                    entity: *entity,
                    source_id: text,
                };
                Ok(key.hub_id().as_str().to_owned())
            }
            _ => Err("an identifier"),
        };
        match made {
            Ok(made) if made == text && matches!(value, Value::Text(_)) => Ok(value),
            Ok(made) => Ok(self.push(&made)),
            Err(expected) => fault(value, expected),
        }
    }
}

/// GS1 check digit: weights 3 and 1 from the right, the sum a multiple of ten.
fn gtin(text: &str) -> Option<String> {
    let digits = text.trim();
    let sane =
        matches!(digits.len(), 8 | 12 | 13 | 14) && digits.bytes().all(|b| b.is_ascii_digit());
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, b)| u32::from(b.wrapping_sub(b'0')) * if place % 2 == 1 { 3 } else { 1 })
        .sum();
    (sane && sum.is_multiple_of(10)).then(|| digits.to_owned())
}

/// E.164: `+81` and the number without its trunk 0.
fn e164(text: &str, region: &Region) -> Option<String> {
    let mut digits = String::new();
    let mut international = false;
    for c in text.trim().chars() {
        match c {
            '+' | '＋' if digits.is_empty() && !international => international = true,
            c if kana::ascii_digit(c).is_some() => digits.extend(kana::ascii_digit(c)),
            ' ' | '-' | '(' | ')' | '.' | '/' | '\u{3000}' | '‐' | '‑' | '–' | '—' | '−' | 'ー'
            | '－' | '（' | '）' => {}
            _ => return None,
        }
    }
    let national = match international {
        true => digits
            .strip_prefix(region.country)
            .map(|it| it.strip_prefix(region.trunk).unwrap_or(it)),
        false if region.trunk.is_empty() => Some(
            digits
                .strip_prefix(region.country)
                .filter(|it| it.len() >= region.least)
                .unwrap_or(&digits),
        ),
        false => digits.strip_prefix(region.trunk),
    };
    match national {
        Some(national) => {
            let fits = (region.least..=region.most).contains(&national.len());
            fits.then(|| format!("+{}{national}", region.country))
        }
        // A number of another country, in full.
        None if international => ((7..=15).contains(&digits.len()) && !digits.starts_with('0'))
            .then(|| format!("+{digits}")),
        None => None,
    }
}

/// `NNN-NNNN`.
fn postal(text: &str) -> Option<String> {
    let mut digits = String::new();
    for c in text.trim().trim_start_matches('〒').chars() {
        match kana::ascii_digit(c) {
            Some(digit) => digits.push(digit),
            None if matches!(c, '-' | ' ' | '\u{3000}' | '－' | 'ー' | '−' | '‐') => {}
            None => return None,
        }
    }
    let (area, local) = digits.split_at_checked(3)?;
    (digits.len() == 7).then(|| format!("{area}-{local}"))
}

/// The registration number of a qualified invoice issuer. The check digit is
/// only advisory for sole proprietors, so it is not looked at.
fn invoice_no(text: &str) -> Option<String> {
    let body = text.trim();
    let digits: String = body
        .strip_prefix(['T', 't', 'Ｔ'])
        .unwrap_or(body)
        .chars()
        .filter_map(|c| if c == '-' { None } else { Some(kana::ascii_digit(c).unwrap_or('x')) })
        .collect();
    let sane = digits.len() == 13
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit());
    sane.then(|| format!("T{digits}"))
}
