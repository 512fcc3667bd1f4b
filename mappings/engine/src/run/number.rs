//! Functions of numbers and of money. Exact throughout: a price never passes
//! through a binary float.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{
    exact,
    fault::{Done, Stepped, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    functions::kana,
    plan::op::Op,
    value::{MINOR_MAX, Money, Value, exponent_of},
};

impl<T: Trace> Machine<'_, T> {
    pub(super) fn number_step(&mut self, op: &Op, value: Value) -> Stepped {
        match op {
            Op::Int => self.int(value),
            Op::MinorUnits | Op::Amount | Op::Currency => self.money_part(op, value),
            Op::Allocate { list, weight, element } => {
                self.allocate(value, *list, *weight, *element)
            }
            Op::TaxOf { rate, mode, included } => self.tax_of(value, *rate, *mode, *included),
            _ if matches!(value, Value::Money(_)) => self.money_calc(op, value),
            _ => self.decimal_step(op, value),
        }
    }

    fn decimal_step(&mut self, op: &Op, value: Value) -> Stepped {
        let number = self.number(value)?;
        let result = match op {
            Op::Plus(other) | Op::Minus(other) | Op::Least(other) | Op::Most(other) => {
                let given = self.expr(*other)?;
                if given.is_absent() {
                    return Ok(given);
                }
                let other = self.number(given).map_err(|it| self.blame(*other, it))?;
                match op {
                    Op::Plus(_) => exact::plus(number, other),
                    Op::Minus(_) => exact::minus(number, other),
                    Op::Least(_) => Some(number.min(other)),
                    _ => Some(number.max(other)),
                }
            }
            Op::Divide { by, scale, mode } => {
                let given = self.expr(*by)?;
                if given.is_absent() {
                    return Ok(given);
                }
                let divisor = self.number(given).map_err(|it| self.blame(*by, it))?;
                if divisor.is_zero() {
                    return self.bad_argument(*by, given, "a divisor that is not zero");
                }
                exact::divide(number, divisor, *scale, *mode)
            }
            Op::Negate => Some(-number),
            Op::Abs => Some(number.abs()),
            Op::Round { scale, mode } => {
                let rounded = number.round_dp_with_strategy(*scale, *mode);
                if rounded != number {
                    self.lost("round", value, Value::Decimal(rounded));
                }
                Some(rounded)
            }
            Op::FormatNumber { scale } => return self.format_number(value, number, *scale),
            _ => return fault(value, "a number"),
        };
        let result = result.map(|it| if it.is_zero() { it.abs() } else { it });
        result.map(Value::Decimal).map_or_else(|| fault(value, "a result of at most 28 digits"), Ok)
    }

    /// Fixed digits after the point; never rounds.
    fn format_number(&mut self, value: Value, number: Decimal, scale: Option<u32>) -> Stepped {
        let mut number = number.normalize();
        if let Some(scale) = scale {
            if number.scale() > scale {
                return fault(value, format!("at most {scale} digits after the point"));
            }
            number.rescale(scale);
        }
        let mut draft = self.draft();
        push_decimal(number, &mut draft);
        Ok(self.push_draft(draft))
    }

    /// A product of numbers; absent when the other one is.
    pub(super) fn times(&mut self, value: &mut Value, other: u32) -> Done {
        let number = self.number_of(value)?;
        let mut given = Value::Missing;
        self.expr_into(other, &mut given)?;
        if given.is_absent() {
            *value = given;
            return Ok(());
        }
        let factor = self.number_of(&given).map_err(|it| self.blame(other, it))?;
        let product = exact::times(number, factor);
        let Some(product) = product else { return fault(*value, "a result of at most 28 digits") };
        *value = Value::Decimal(if product.is_zero() { product.abs() } else { product });
        Ok(())
    }

    /// The exact number that a value is.
    pub(crate) fn number(&self, value: Value) -> Result<Decimal, Box<super::Fault>> {
        self.number_of(&value)
    }

    /// The exact number that a value is, where it stands.
    #[inline]
    pub(crate) fn number_of(&self, value: &Value) -> Result<Decimal, Box<super::Fault>> {
        match value {
            Value::Decimal(number) => Ok(*number),
            _ => self.literal_of(value),
        }
    }

    fn literal_of(&self, value: &Value) -> Result<Decimal, Box<super::Fault>> {
        let Value::Number(span) = *value else { return fault(*value, "a number") };
        literal(self.text(span)).map_or_else(|| fault(*value, "a number of at most 28 digits"), Ok)
    }

    fn int(&self, value: Value) -> Stepped {
        let number = match value {
            Value::Text(span) => plain_number(self.text(span)),
            Value::Number(_) | Value::Decimal(_) => Some(self.number(value)?),
            Value::Bool(_) | Value::Money(_) | Value::Instant(_) | Value::Date(_) => None,
            Value::Missing | Value::Null | Value::Texts { .. } | Value::Tree { .. } => None,
        };
        let whole = number.filter(|it| it.fract().is_zero()).map(|it| it.trunc());
        whole.map(Value::Decimal).map_or_else(|| fault(value, "a whole number"), Ok)
    }

    pub(super) fn decimal(&self, value: &mut Value, implied: u32) -> Done {
        let number = match *value {
            Value::Text(span) => plain_number(self.text(span)),
            Value::Decimal(_) if implied == 0 => return Ok(()),
            Value::Number(_) | Value::Decimal(_) => Some(self.number_of(value)?),
            Value::Money(money) => Some(amount(money)),
            Value::Bool(_) | Value::Instant(_) | Value::Date(_) => None,
            Value::Missing | Value::Null | Value::Texts { .. } | Value::Tree { .. } => None,
        };
        let Some(mut number) = number else {
            return fault(*value, "a decimal number such as 1234.50");
        };
        if implied > 0 {
            let moved = number.scale() == 0 && number.set_scale(implied).is_ok();
            if !moved {
                return fault(
                    *value,
                    format!("digits without a point, the last {implied} being decimals"),
                );
            }
        }
        *value = Value::Decimal(number);
        Ok(())
    }

    pub(super) fn money(
        &mut self,
        value: &mut Value,
        currency: u32,
        rounding: Option<RoundingStrategy>,
    ) -> Done {
        let mut given = Value::Missing;
        self.expr_into(currency, &mut given)?;
        let letters = match given {
            Value::Text(span) => <[u8; 3]>::try_from(self.text(span).as_bytes()).ok(),
            _ => None,
        };
        let places = letters.and_then(exponent_of);
        let (Some(currency), Some(places)) = (letters, places) else {
            return self.bad_argument(currency, given, "a currency of ISO 4217, such as JPY");
        };
        let mut number = match *value {
            Value::Text(span) => plain_number(self.text(span))
                .map_or_else(|| fault(*value, "an amount such as 1234.50"), Ok)?,
            _ => self.number_of(value)?,
        };
        if let Some(mode) = rounding {
            let rounded = number.round_dp_with_strategy(places, mode);
            if rounded != number {
                self.lost("money", *value, Value::Decimal(rounded));
            }
            number = rounded;
        }
        let Some(minor) = minor(number, places) else {
            return fault(
                *value,
                format!("an amount with at most {places} digits after the point"),
            );
        };
        *value = Value::Money(Money { minor, currency });
        Ok(())
    }

    fn money_part(&mut self, op: &Op, value: Value) -> Stepped {
        let Value::Money(money) = value else { return fault(value, "money") };
        Ok(match op {
            Op::MinorUnits => Value::Decimal(money.minor.into()),
            Op::Amount => Value::Decimal(amount(money)),
            _ => self.push(money.currency()),
        })
    }

    /// Sums and signs of money; the currencies must agree.
    fn money_calc(&mut self, op: &Op, value: Value) -> Stepped {
        let Value::Money(money) = value else { return fault(value, "money") };
        let minor = match op {
            Op::Negate => money.minor.checked_neg(),
            Op::Abs => money.minor.checked_abs(),
            Op::Plus(other) | Op::Minus(other) | Op::Least(other) | Op::Most(other) => {
                let given = self.expr(*other)?;
                let other = match given {
                    Value::Missing | Value::Null => return Ok(given),
                    Value::Money(other) if other.currency == money.currency => other.minor,
                    _ => {
                        let expected = format!("money in {}", money.currency());
                        return self.bad_argument(*other, given, expected);
                    }
                };
                match op {
                    Op::Plus(_) => money.minor.checked_add(other),
                    Op::Minus(_) => money.minor.checked_sub(other),
                    Op::Least(_) => Some(money.minor.min(other)),
                    _ => Some(money.minor.max(other)),
                }
            }
            Op::Times(by) => {
                let given = self.expr(*by)?;
                if given.is_absent() {
                    return Ok(given);
                }
                let factor = self.number(given).map_err(|it| self.blame(*by, it))?;
                let product = exact::times(factor, money.minor.into());
                product.filter(|it| it.fract().is_zero()).and_then(|it| i64::try_from(it).ok())
            }
            _ => return fault(value, "a number, not money"),
        };
        match minor.filter(|it| it.unsigned_abs() <= MINOR_MAX.unsigned_abs()) {
            Some(minor) => Ok(Value::Money(Money { minor, ..money })),
            None => fault(value, "an amount that fits into minor units exactly"),
        }
    }

    /// The share of the element at hand, by largest remainder.
    fn allocate(&mut self, value: Value, list: u32, weigh: u32, element: u8) -> Stepped {
        let Value::Money(money) = value else { return fault(value, "money") };
        let at = self.scopes.get(usize::from(element)).map_or(0, |it| it.index as usize);
        let mut weights: Vec<Decimal> = Vec::new();
        self.each(list, &mut |machine, _| {
            let given = machine.expr(weigh)?;
            let weight = match given {
                Value::Missing | Value::Null => Decimal::ZERO,
                Value::Money(money) => money.minor.into(),
                _ => machine.number(given).map_err(|it| machine.blame(weigh, it))?,
            };
            if weight.is_sign_negative() && !weight.is_zero() {
                return machine.bad_argument(weigh, given, "a weight that is not negative");
            }
            weights.push(weight);
            Ok(super::list::Flow::Next)
        })?;
        if weights.iter().all(Decimal::is_zero) {
            return fault(value, "weights of which at least one is not zero");
        }
        let share = exact::shares(money.minor, &weights).and_then(|it| it.get(at).copied());
        share.map_or_else(
            || fault(value, "weights that are at most 28 digits together"),
            |minor| Ok(Value::Money(Money { minor, ..money })),
        )
    }

    /// The tax of an amount: on top of it, or the part of it that is tax.
    fn tax_of(
        &mut self,
        value: Value,
        rate: u32,
        mode: RoundingStrategy,
        included: bool,
    ) -> Stepped {
        let Value::Money(money) = value else { return fault(value, "money") };
        let given = self.expr(rate)?;
        if given.is_absent() {
            return Ok(given);
        }
        let fraction = self.number(given).map_err(|it| self.blame(rate, it))?;
        let tax = exact::times(Decimal::from(money.minor), fraction).and_then(|tax| {
            let whole = if included { exact::plus(Decimal::ONE, fraction)? } else { Decimal::ONE };
            exact::divide(tax, whole, 0, mode)
        });
        let minor = tax.and_then(|it| i64::try_from(it).ok());
        match minor.filter(|it| it.unsigned_abs() <= MINOR_MAX.unsigned_abs()) {
            Some(minor) => Ok(Value::Money(Money { minor, ..money })),
            None => self.bad_argument(rate, given, "a rate such as 0.10"),
        }
    }
}

/// The amount in the currency's main unit.
pub(crate) fn amount(money: Money) -> Decimal {
    Decimal::new(money.minor, exponent_of(money.currency).unwrap_or(0))
}

/// Minor units, when the number has no digits below them.
pub(crate) fn minor(number: Decimal, places: u32) -> Option<i64> {
    let mantissa = number.mantissa();
    let minor = match places.checked_sub(number.scale()) {
        Some(up) => mantissa.checked_mul(10_i128.checked_pow(up)?)?,
        None => {
            let unit = 10_i128.checked_pow(number.scale() - places)?;
            if mantissa % unit != 0 {
                return None;
            }
            mantissa / unit
        }
    };
    i64::try_from(minor).ok().filter(|it| it.unsigned_abs() <= MINOR_MAX.unsigned_abs())
}

/// `-1234.50`: up to 18 digits and one point, as nearly all numbers are.
#[inline]
fn plain_ascii(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut mantissa = 0_i64;
    let mut scale = None;
    for (index, byte) in digits.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + i64::from(byte - b'0'),
            b'.' if scale.is_none() && index > 0 => scale = Some(index + 1),
            _ => return None,
        }
    }
    let places = match scale {
        Some(at) if at < digits.len() => digits.len() - at,
        Some(_) => return None,
        None => 0,
    };
    let mantissa = if negative { -mantissa } else { mantissa };
    Some(Decimal::new(mantissa, u32::try_from(places).ok()?))
}

/// Appends a number's digits, its trailing zeros too.
pub(crate) fn push_decimal(number: Decimal, out: &mut String) {
    let scale = number.scale() as usize;
    let Ok(mantissa) = i64::try_from(number.mantissa()) else {
        out.push_str(&number.to_string());
        return;
    };
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(mantissa.unsigned_abs());
    if mantissa < 0 {
        out.push('-');
    }
    let whole = digits.len().saturating_sub(scale);
    if whole == 0 {
        out.push('0');
    }
    out.push_str(digits.get(..whole).unwrap_or_default());
    if scale > 0 {
        out.push('.');
        out.extend(std::iter::repeat_n('0', scale.saturating_sub(digits.len())));
        out.push_str(digits.get(whole..).unwrap_or_default());
    }
}

/// A JSON number's literal text, exactly; exponents too.
pub(crate) fn literal(text: &str) -> Option<Decimal> {
    if let Some(number) = plain_ascii(text) {
        return Some(number);
    }
    match text.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(text).ok(),
        Some((digits, exponent)) => {
            let mut number = Decimal::from_str_exact(digits).ok()?;
            let exponent: i32 = exponent.parse().ok().filter(|it: &i32| it.abs() <= 28)?;
            for _ in 0..exponent.max(0) {
                number = number.checked_mul(Decimal::TEN)?;
            }
            let down = u32::try_from(-exponent.min(0)).ok()?;
            let scale = number.scale().checked_add(down).filter(|it| *it <= 28)?;
            number.set_scale(scale).ok()?;
            Some(number)
        }
    }
}

/// A number as people and files write it: sign, digits, one point, thousands
/// separated by commas; full-width digits too. No exponent, nothing else.
pub(crate) fn plain_number(text: &str) -> Option<Decimal> {
    if let Some(number) = plain_ascii(text) {
        return Some(number);
    }
    let text = text.trim();
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '+' | '＋' if clean.is_empty() => {}
            '-' | '－' | '−' | '▲' | '△' if clean.is_empty() => clean.push('-'),
            '.' | '．' if !clean.contains('.') => clean.push('.'),
            ',' | '，' if !clean.contains('.') => clean.push(','),
            c => clean.push(kana::ascii_digit(c)?),
        }
    }
    if clean.contains(',') {
        let whole = clean.trim_start_matches('-').split('.').next().unwrap_or_default();
        let mut groups = whole.split(',');
        let first = groups.next().is_some_and(|it| (1..=3).contains(&it.len()));
        if !first || !groups.all(|it| it.len() == 3) {
            return None;
        }
        clean.retain(|c| c != ',');
    }
    let digits = clean.trim_start_matches('-');
    if digits.starts_with('.') || digits.ends_with('.') || digits.is_empty() {
        return None;
    }
    Decimal::from_str_exact(&clean).ok()
}
