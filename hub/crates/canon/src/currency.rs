//! Currencies and how many digits their minor units have: ISO 4217.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// An ISO 4217 code: three capital letters.
///
/// Any such code can be carried; [`Currency::digits`] knows the current ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies by the digits of their minor unit: ISO 4217 list one, without
/// funds of metals, units of account and test codes, which are not paid with.
/// BGN and ANG left the list in 2025 and 2026 and still stand in records.
const BY_DIGITS: &[(u32, &str)] = &[
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP \
         BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD \
         FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD \
         KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD \
         NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP \
         SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED \
         VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

impl Currency {
    /// The yen.
    pub const JPY: Self = Self(*b"JPY");

    /// Three capital letters; `None` for anything else.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits after the point in major units: JPY 0, USD 2, KWD 3. `None` when
    /// the code is not a current currency.
    #[must_use]
    pub fn digits(self) -> Option<u32> {
        let known = |codes: &str| codes.split(' ').any(|code| code == self.code());
        BY_DIGITS.iter().find(|(_, codes)| known(codes)).map(|(digits, _)| *digits)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code)
            .ok_or_else(|| D::Error::custom(format!("{code:?} is not an ISO 4217 code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_each_currency_once() {
        let codes: Vec<&str> = BY_DIGITS.iter().flat_map(|(_, codes)| codes.split(' ')).collect();
        for code in &codes {
            assert!(Currency::parse(code).is_some(), "{code}");
            assert_eq!(codes.iter().filter(|it| it == &code).count(), 1, "{code}");
        }
    }

    #[test]
    fn digits_follow_iso_4217() {
        let digits = |code| Currency::parse(code).and_then(Currency::digits);
        for (code, want) in [
            ("JPY", Some(0)),
            ("USD", Some(2)),
            ("EUR", Some(2)),
            ("KWD", Some(3)),
            ("CLF", Some(4)),
            ("XAU", None),
            ("XXX", None),
            ("ZZZ", None),
        ] {
            assert_eq!(digits(code), want, "{code}");
        }
        assert_eq!(Currency::parse("jpy"), None);
        assert_eq!(Currency::parse("円"), None, "three bytes of UTF-8 are no code");
    }
}
