//! Numbers as messages write them, and as maps see them.

use ::edi::Dialect;

use super::Value;
use crate::rows::FieldKind;

// === impl Value ===

impl Value {
    /// What maps see.
    pub(super) fn kind(&self) -> FieldKind {
        match self {
            Self::Text | Self::Date(_) => FieldKind::Text,
            Self::Implied(0) | Self::Decimal(0) => FieldKind::Integer,
            Self::Implied(scale) | Self::Decimal(scale) => FieldKind::Decimal { scale: *scale },
        }
    }
}

/// The decimal point as maps write it.
const POINT: &[char] = &['.'];

/// What a decimal point may be: in EDIFACT a comma too (ISO 9735, 10.1), in X12 not
/// (X12.6).
pub(super) fn points(dialect: Dialect) -> &'static [char] {
    match dialect {
        Dialect::X12 => POINT,
        Dialect::Edifact => &['.', ','],
    }
}

/// A number of a message in normal form: `-1234.50`.
pub(super) fn normal(text: &str, value: &Value, points: &[char]) -> Option<String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match value {
        Value::Implied(scale) => {
            let scale = usize::try_from(*scale).ok()?;
            let padded = format!("{digits:0>width$}", width = scale + 1);
            let (whole, fraction) = padded.split_at_checked(padded.len() - scale)?;
            (whole.to_owned(), fraction.to_owned())
        }
        Value::Decimal(scale) => {
            let (whole, fraction) = digits.split_once(points).unwrap_or((digits, ""));
            let fraction = if *scale == 0 { fraction.trim_end_matches('0') } else { fraction };
            if fraction.len() > usize::try_from(*scale).ok()? {
                return None;
            }
            (whole.to_owned(), fraction.to_owned())
        }
        Value::Text | Value::Date(_) => return None,
    };
    let all = whole.bytes().chain(fraction.bytes());
    if whole.is_empty() && fraction.is_empty() || !all.clone().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let zero = all.clone().all(|it| it == b'0');
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if negative && !zero { "-" } else { "" };
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

/// A number in normal form as a message writes it.
pub(super) fn written(text: &str, value: &Value, decimal: u8) -> Option<String> {
    if matches!(value, Value::Text | Value::Date(_)) {
        return Some(text.to_owned());
    }
    let plain = normal(text, &Value::Decimal(u32::MAX), POINT)?;
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let short = fraction.trim_end_matches('0');
    match value {
        Value::Implied(scale) => {
            let scale = usize::try_from(*scale).ok()?;
            let fraction =
                if short.len() <= scale { format!("{short:0<scale$}") } else { return None };
            let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |it| ("-", it));
            let all = format!("{whole}{fraction}");
            let digits = all.trim_start_matches('0');
            Some(if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") })
        }
        Value::Decimal(scale) => {
            if short.len() > usize::try_from(*scale).ok()? {
                return None;
            }
            let point =
                if fraction.is_empty() { String::new() } else { char::from(decimal).to_string() };
            Some(format!("{whole}{point}{fraction}"))
        }
        Value::Text | Value::Date(_) => Some(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn points_are_where_the_type_says() {
        let cases = [
            ("12345", Value::Implied(2), Some("123.45")),
            ("5", Value::Implied(2), Some("0.05")),
            ("-5", Value::Implied(2), Some("-0.05")),
            ("-0", Value::Implied(2), Some("0.00")),
            ("007", Value::Implied(0), Some("7")),
            (".5", Value::Decimal(4), Some("0.5")),
            ("12,50", Value::Decimal(4), Some("12.50")),
            ("12.00", Value::Decimal(0), Some("12")),
            ("12.01", Value::Decimal(0), None),
            ("1.23456", Value::Decimal(4), None),
            (".", Value::Decimal(4), None),
            ("1e5", Value::Decimal(4), None),
        ];
        for (text, value, want) in cases {
            let found = normal(text, &value, points(Dialect::Edifact));
            assert_eq!(found.as_deref(), want, "{text}");
        }
        // A comma in X12 is no point, and none in a text of a map.
        assert_eq!(normal("12,50", &Value::Decimal(4), points(Dialect::X12)), None);
        assert_eq!(written("12,5", &Value::Decimal(4), b','), None);
        assert_eq!(written("123.4", &Value::Implied(2), b'.').as_deref(), Some("12340"));
        assert_eq!(written("123.456", &Value::Implied(2), b'.'), None);
        assert_eq!(written("0.05", &Value::Implied(2), b'.').as_deref(), Some("5"));
        assert_eq!(written("-12.5", &Value::Decimal(4), b',').as_deref(), Some("-12,5"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(minor in -99_999_999_i64..99_999_999, scale in 0_u32..5) {
            let value = Value::Implied(scale);
            let text = normal(&minor.to_string(), &value, POINT).unwrap();
            prop_assert_eq!(written(&text, &value, b'.').unwrap(), minor.to_string());
            let value = Value::Decimal(scale);
            let again = written(&text, &value, b',').unwrap();
            prop_assert_eq!(normal(&again, &value, points(Dialect::Edifact)).unwrap(), text);
        }
    }
}
