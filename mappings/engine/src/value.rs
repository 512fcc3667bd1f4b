//! A value on its way through a pipe. Copied, never allocated: texts are spans
//! of the input, of the side buffer or of the plan.

use rust_decimal::Decimal;

use crate::time::{Date, Instant};

/// One value. Its parts lie on word boundaries, so that a copy is three words
/// and the next step need not wait for single bytes to be put together.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u32)]
pub(crate) enum Value {
    Missing,
    Null,
    Bool(bool),
    Text(Span),
    /// A JSON number, as its literal text.
    Number(Span),
    /// A whole or decimal number, exact.
    Decimal(Decimal),
    Money(Money),
    Instant(Instant),
    Date(Date),
    /// So many texts of the list buffer.
    Texts {
        first: u32,
        len: u32,
    },
    /// An object or a list that stands where a single value is read.
    Tree {
        list: bool,
        at: u32,
    },
}

/// Where the characters of a text are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) source: Source,
    pub(crate) start: u32,
    pub(crate) len: u32,
}

/// Which buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Source {
    Input,
    Side,
    Plan,
}

/// An amount in minor units of its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Money {
    pub(crate) minor: i64,
    /// ISO 4217 letters.
    pub(crate) currency: [u8; 3],
}

/// The largest amount of `Money`, either way: what JavaScript still holds exactly.
pub(crate) const MINOR_MAX: i64 = 9_007_199_254_740_991;

// === impl Value and Money ===

impl Value {
    /// Missing or null.
    pub(crate) const fn is_absent(&self) -> bool {
        matches!(self, Self::Missing | Self::Null)
    }
}

impl Money {
    pub(crate) fn currency(&self) -> &str {
        str::from_utf8(&self.currency).unwrap_or_default()
    }
}

/// The currencies of ISO 4217 list one in use, sorted; funds, metals and test
/// codes left out.
const CURRENCIES: [&str; 159] = [
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD",
    "CDF", "CHF", "CLF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP",
    "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF",
    "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD",
    "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP",
    "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
    "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB",
    "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD",
    "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL",
    "THB", "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYI",
    "UYU", "UYW", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF", "XPF", "YER",
    "ZAR", "ZMW", "ZWG",
];

/// Digits after the point that a currency has; `None` for what is not one.
/// ISO 4217, list one; currencies that are not exceptions have two.
pub(crate) fn exponent(currency: &str) -> Option<u32> {
    exponent_of(currency.as_bytes().try_into().ok()?)
}

/// The same by its letters.
#[inline]
pub(crate) fn exponent_of(letters: [u8; 3]) -> Option<u32> {
    match &letters {
        // Those that this hub sees most need no search.
        b"JPY" => Some(0),
        b"USD" | b"EUR" => Some(2),
        _ => searched(letters),
    }
}

fn searched(letters: [u8; 3]) -> Option<u32> {
    let at = CURRENCIES.binary_search_by(|it| it.as_bytes().cmp(&letters)).ok()?;
    Some(match *CURRENCIES.get(at)? {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    })
}
