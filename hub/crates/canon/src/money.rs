//! Exact amounts of money, in minor units.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::fmt;

use crate::{
    currency::Currency,
    number::{Number, NumberFault, ONE},
    rounding::Rounding,
};

/// The largest magnitude: what a JavaScript number can still count.
pub const MINOR_MAX: i64 = 9_007_199_254_740_991;

/// An amount: `{"minor": 1980, "currency": "JPY"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why something is not money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyFault {
    /// Not a number.
    #[error(transparent)]
    Number(#[from] NumberFault),
    /// Not an amount the currency has. Nothing is rounded in silence.
    #[error("{currency} has {digits} digits after the point; round it by a stated mode first")]
    TooPrecise {
        /// The currency.
        currency: Currency,
        /// Its digits.
        digits: u32,
    },
    /// A code without minor units.
    #[error("{0} is not a currency of ISO 4217")]
    Unknown(Currency),
    /// Yen and dollars.
    #[error("{left} and {right} cannot be taken together")]
    Currencies {
        /// The one.
        left: Currency,
        /// The other.
        right: Currency,
    },
    /// Beyond ±9,007,199,254,740,991 minor units.
    #[error("beyond {MINOR_MAX} minor units")]
    TooLarge,
    /// Nothing to divide by.
    #[error("no weight is above zero, so there is nothing to divide by")]
    NoWeight,
}

/// Whether tax is in an amount or comes on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxBasis {
    /// It is in it: 税込, 内税.
    Inclusive,
    /// It comes on top: 税抜, 外税.
    Exclusive,
}

impl Money {
    /// From minor units.
    pub const fn new(minor: i64, currency: Currency) -> Result<Self, MoneyFault> {
        if minor.unsigned_abs() > MINOR_MAX.unsigned_abs() {
            return Err(MoneyFault::TooLarge);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// From the decimal text of major units: `12.34` USD is 1234 cents. Zeros
    /// beyond the currency's digits say nothing and are taken; other digits are
    /// a fault.
    pub fn parse(major: &str, currency: Currency) -> Result<Self, MoneyFault> {
        Self::from_major(Number::parse(major)?, currency)
    }

    /// From major units, exactly.
    pub fn from_major(major: Number, currency: Currency) -> Result<Self, MoneyFault> {
        let (scaled, digits) = Self::scaled(major, currency)?;
        if scaled % ONE != 0 {
            return Err(MoneyFault::TooPrecise { currency, digits });
        }
        Self::from_wide(scaled / ONE, currency)
    }

    /// From major units, brought to whole minor units by `rounding`.
    pub fn rounded(
        major: Number,
        currency: Currency,
        rounding: Rounding,
    ) -> Result<Self, MoneyFault> {
        let (scaled, _) = Self::scaled(major, currency)?;
        Self::from_wide(rounding.divide(scaled, ONE).ok_or(MoneyFault::TooLarge)?, currency)
    }

    fn scaled(major: Number, currency: Currency) -> Result<(i128, u32), MoneyFault> {
        let digits = currency.digits().ok_or(MoneyFault::Unknown(currency))?;
        let scaled = major.millionths().checked_mul(10_i128.pow(digits));
        Ok((scaled.ok_or(MoneyFault::TooLarge)?, digits))
    }

    fn from_wide(minor: i128, currency: Currency) -> Result<Self, MoneyFault> {
        Self::new(i64::try_from(minor).map_err(|_| MoneyFault::TooLarge)?, currency)
    }

    /// In minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Of which currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// With the other sign.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { minor: -self.minor, currency: self.currency }
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Result<Self, MoneyFault> {
        if self.currency != other.currency {
            return Err(MoneyFault::Currencies { left: self.currency, right: other.currency });
        }
        Self::from_wide(i128::from(self.minor) + i128::from(other.minor), self.currency)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Result<Self, MoneyFault> {
        self.plus(other.negated())
    }

    /// So many times, brought to whole minor units by `rounding`.
    pub fn times(self, factor: Number, rounding: Rounding) -> Result<Self, MoneyFault> {
        let product = i128::from(self.minor).checked_mul(factor.millionths());
        let whole = product.and_then(|it| rounding.divide(it, ONE)).ok_or(MoneyFault::TooLarge)?;
        Self::from_wide(whole, self.currency)
    }

    /// Divides it by `weights` so that the parts sum to the whole: each gets its
    /// share cut to a minor unit, and what is left goes, one unit each, to those
    /// whose cut was largest, the first of equals first.
    pub fn allocate(self, weights: &[u64]) -> Result<Vec<Self>, MoneyFault> {
        let total: u128 = weights.iter().copied().map(u128::from).sum();
        if total == 0 {
            return Err(MoneyFault::NoWeight);
        }
        let magnitude = u128::from(self.minor.unsigned_abs());
        let share = |weight: u64| magnitude.checked_mul(u128::from(weight));
        let mut parts = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let exact = share(*weight).ok_or(MoneyFault::TooLarge)?;
            parts.push((index, exact / total, exact % total));
        }
        let given: u128 = parts.iter().map(|(_, whole, _)| whole).sum();
        let left = usize::try_from(magnitude - given).map_err(|_| MoneyFault::TooLarge)?;
        // A stable sort keeps the first of equals first.
        parts.sort_by_key(|(_, _, cut)| std::cmp::Reverse(*cut));
        parts.iter_mut().take(left).for_each(|(_, whole, _)| *whole += 1);
        parts.sort_by_key(|(index, ..)| *index);
        let signed = |whole: u128| {
            let minor = i64::try_from(whole).map_err(|_| MoneyFault::TooLarge)?;
            Self::new(if self.minor < 0 { -minor } else { minor }, self.currency)
        };
        parts.into_iter().map(|(_, whole, _)| signed(whole)).collect()
    }

    /// The tax at `rate` (a fraction: `0.08`) in it or on it.
    pub fn tax_of(
        self,
        rate: Number,
        basis: TaxBasis,
        rounding: Rounding,
    ) -> Result<Self, MoneyFault> {
        let divisor = match basis {
            TaxBasis::Exclusive => ONE,
            TaxBasis::Inclusive => ONE + rate.millionths(),
        };
        let product = i128::from(self.minor).checked_mul(rate.millionths());
        let tax = product.and_then(|it| rounding.divide(it, divisor));
        Self::from_wide(tax.ok_or(MoneyFault::TooLarge)?, self.currency)
    }
}

/// In major units: `12.34 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let magnitude = self.minor.unsigned_abs();
        match self.currency.digits() {
            Some(digits @ 1..) => {
                let one = 10_u64.pow(digits);
                let width = usize::try_from(digits).unwrap_or(0);
                let (major, minor) = (magnitude / one, magnitude % one);
                write!(f, "{sign}{major}.{minor:0width$} {}", self.currency)
            }
            _ => write!(f, "{sign}{magnitude} {}", self.currency),
        }
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Wire {
            minor: i64,
            currency: Currency,
        }
        let wire = Wire::deserialize(deserializer)?;
        Self::new(wire.minor, wire.currency).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
