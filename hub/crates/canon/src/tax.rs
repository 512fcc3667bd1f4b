//! Consumption tax: dated rates, both directions, per line or per document.

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    money::{Money, MoneyFault, TaxBasis},
    number::Number,
    rounding::Rounding,
};

/// The class of a thing or a sale. Its rate follows from the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxClass {
    /// 標準税率.
    Standard,
    /// 軽減税率: food and drink but alcohol and eating out, newspapers.
    Reduced,
    /// Taxed at nothing, such as exports: 免税.
    Zero,
    /// Not taxed by law: 非課税.
    Exempt,
    /// No taxable transaction: 不課税.
    OutOfScope,
}

/// Whether tax is rounded on each line or once for the document and rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxLevel {
    /// Each line.
    Line,
    /// Once. What a qualified invoice must do.
    Document,
}

/// How the tax of a document is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxRule {
    /// Whether tax is in the amounts.
    pub basis: TaxBasis,
    /// How it is rounded.
    pub rounding: Rounding,
    /// How often it is rounded.
    pub level: TaxLevel,
}

/// The tax of one class and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaxSum {
    /// Which class.
    pub class: TaxClass,
    /// Which rate, as a fraction.
    pub rate: Number,
    /// Sum of the amounts, as given: with tax where the basis is inclusive.
    pub base: Money,
    /// The tax.
    pub tax: Money,
}

/// Rates of Japan: class, first day, millionths. Canonical reference, section
/// 8.1; `mappings/tables/tax-rates.yaml` says the same to maps.
const RATES: &[(TaxClass, &str, i128)] = &[
    (TaxClass::Standard, "1989-04-01", 30_000),
    (TaxClass::Standard, "1997-04-01", 50_000),
    (TaxClass::Standard, "2014-04-01", 80_000),
    (TaxClass::Standard, "2019-10-01", 100_000),
    (TaxClass::Reduced, "2019-10-01", 80_000),
];

impl TaxClass {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Standard, Self::Reduced, Self::Zero, Self::Exempt, Self::OutOfScope];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Reduced => "reduced",
            Self::Zero => "zero",
            Self::Exempt => "exempt",
            Self::OutOfScope => "out_of_scope",
        }
    }

    /// The class of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// Its rate in Japan on `day` (`YYYY-MM-DD`). `None`: the class did not
    /// exist then, or `day` is no day.
    #[must_use]
    pub fn rate_on(self, day: &str) -> Option<Number> {
        is_day(day).then_some(())?;
        match self {
            Self::Zero | Self::Exempt | Self::OutOfScope => Some(Number::ZERO),
            Self::Standard | Self::Reduced => RATES
                .iter()
                .rfind(|(class, from, _)| *class == self && *from <= day)
                .and_then(|(_, _, rate)| Number::from_millionths(*rate).ok()),
        }
    }

    /// The taxed class that had `rate` in Japan on `day`. `None`: none had, or
    /// the rate is zero, which says nothing about the class.
    ///
    /// The 8 % of 2014 to 2019 is standard, the 8 % since then reduced.
    #[must_use]
    pub fn of_rate(rate: Number, day: &str) -> Option<Self> {
        [Self::Standard, Self::Reduced].into_iter().find(|class| class.rate_on(day) == Some(rate))
    }
}

impl TaxRule {
    /// The tax of a document's lines, by class and rate in the order of their
    /// first line.
    pub fn sum(&self, lines: &[(TaxClass, Number, Money)]) -> Result<Vec<TaxSum>, MoneyFault> {
        let mut sums: Vec<TaxSum> = Vec::new();
        for (class, rate, amount) in lines {
            let tax = match self.level {
                TaxLevel::Line => amount.tax_of(*rate, self.basis, self.rounding)?,
                TaxLevel::Document => Money::zero(amount.currency()),
            };
            match sums.iter_mut().find(|it| it.class == *class && it.rate == *rate) {
                Some(sum) => {
                    sum.base = sum.base.plus(*amount)?;
                    sum.tax = sum.tax.plus(tax)?;
                }
                None => sums.push(TaxSum { class: *class, rate: *rate, base: *amount, tax }),
            }
        }
        if self.level == TaxLevel::Document {
            for sum in &mut sums {
                sum.tax = sum.base.tax_of(sum.rate, self.basis, self.rounding)?;
            }
        }
        Ok(sums)
    }
}

/// A day of the calendar, `YYYY-MM-DD`; such days compare as text.
fn is_day(day: &str) -> bool {
    day.len() == 10 && Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z")).is_some()
}

#[cfg(test)]
mod tests;
