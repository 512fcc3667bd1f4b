//! Common pipes in one go. Each either writes the whole value or writes nothing
//! and leaves it to the steps: what is rare, or wrong, is told there.

use super::{
    check::fits,
    list::{MADE_BYTES_MAX, STEPS_MAX},
    machine::{Machine, Scope},
    trace::Trace,
    write::escape,
};
use crate::{
    input::{Slot, SlotKind},
    plan::{
        node::{Check, How, ValueNode},
        op::Calc,
        quick::{Amount, Copied, Elements, Figures, From, Letters, Quick, Spot},
    },
    time::Told,
    value::{MINOR_MAX, Value, exponent_of},
};

/// What became of a common pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Went {
    /// It is written.
    Written,
    Missing,
    Null,
    /// Nothing was done.
    Slow,
}

/// A number as a whole one and how many of its digits stand behind the point.
#[derive(Clone, Copy)]
struct Small {
    whole: i64,
    scale: u32,
}

impl<'a, T: Trace> Machine<'a, T> {
    /// Writes what a pipe gives, if it is a common one.
    #[inline]
    pub(super) fn quick(&mut self, quick: &'a Quick, node: &ValueNode, out: &mut Vec<u8>) -> Went {
        let went = match quick {
            Quick::None => None,
            Quick::Copy(copied) => self.quick_copy(copied, node, out),
            Quick::Figures(figures) => self.quick_figures(figures, node, out),
            Quick::Money { amount, currency } => self.quick_money(amount, *currency, node, out),
            Quick::Time(spot) => self.quick_time(*spot, node, out),
        };
        went.unwrap_or(Went::Slow)
    }

    #[inline]
    fn spot(&self, spot: Spot) -> Slot {
        let scope = self.scopes.get(usize::from(spot.depth));
        let slot = scope.and_then(|it| it.slots.get(usize::from(spot.slot)));
        slot.copied().unwrap_or_default()
    }

    /// The characters of a text or number of the input.
    #[inline]
    fn letters(&self, slot: Slot) -> Option<&'a str> {
        let start = slot.start as usize;
        self.input.get(start..start + slot.len as usize).filter(|it| !it.is_empty())
    }

    fn quick_copy(&self, copied: &Copied, node: &ValueNode, out: &mut Vec<u8>) -> Option<Went> {
        let slot = self.spot(copied.spot);
        let mut verbatim = self.verbatim;
        let text = match slot.kind {
            SlotKind::Text if copied.spot.text => self.letters(slot)?,
            SlotKind::Decoded if copied.spot.text => {
                verbatim = false;
                self.side.get(slot.start as usize..slot.start as usize + slot.len as usize)?
            }
            SlotKind::Number if copied.number => self.letters(slot)?,
            SlotKind::Number if copied.bare && copied.spot.number => {
                return write_figures(self.letters(slot)?, false, node, out);
            }
            SlotKind::Missing if copied.absent => return Some(Went::Missing),
            SlotKind::Null if copied.absent => return Some(Went::Null),
            _ => return None,
        };
        let text = if copied.trim { trimmed(text) } else { text };
        if text.is_empty()
            || !matches!(node.how, How::Text | How::Any)
            || (copied.ascii && !text.is_ascii())
            || copied.not.is_some_and(|span| self.text(span) == text)
            || !node.checks.iter().all(|it| fits(it, text))
        {
            return None;
        }
        out.push(b'"');
        if verbatim {
            out.extend_from_slice(text.as_bytes());
        } else {
            escape(text, out);
        }
        out.push(b'"');
        Some(Went::Written)
    }

    fn quick_figures(
        &mut self,
        figures: &Figures,
        node: &ValueNode,
        out: &mut Vec<u8>,
    ) -> Option<Went> {
        let (slot, spot) = match figures.from {
            From::Slot(spot) => (self.spot(spot), spot),
            From::First(elements, spot) => {
                let list = self.spot(elements.list);
                if list.len == 0 || !self.may_go_through(list, 1) {
                    return None;
                }
                let slot = *self.element(elements, list, 0).slots.get(usize::from(spot.slot))?;
                // Only the steps know what comes after an element without it.
                if matches!(slot.kind, SlotKind::Missing | SlotKind::Null) {
                    return None;
                }
                self.steps += 1;
                (slot, spot)
            }
        };
        let text = match slot.kind {
            SlotKind::Text if spot.text => self.letters(slot),
            SlotKind::Number if spot.number => self.letters(slot),
            SlotKind::Missing if figures.absent => return Some(Went::Missing),
            SlotKind::Null if figures.absent => return Some(Went::Null),
            _ => None,
        };
        let text = text.filter(|it| !figures.short || !it.contains('.') || !it.ends_with('0'));
        let went = text.and_then(|text| match node.how {
            How::Text => write_figures(text, true, node, out),
            How::Any => write_figures(text, figures.text, node, out),
            How::Integer | How::Number if !figures.text => write_figures(text, false, node, out),
            How::Integer | How::Number | How::Bool | How::Money | How::Texts => None,
        });
        if went.is_none() && matches!(figures.from, From::First(..)) {
            // The steps go through the element themselves.
            self.steps -= 1;
        }
        went
    }

    fn quick_time(&self, spot: Spot, node: &ValueNode, out: &mut Vec<u8>) -> Option<Went> {
        let slot = self.spot(spot);
        match slot.kind {
            SlotKind::Text => {}
            SlotKind::Missing => return Some(Went::Missing),
            SlotKind::Null => return Some(Went::Null),
            _ => return None,
        }
        let told = Told::of(self.letters(slot)?.as_bytes())?;
        if !matches!(node.how, How::Text | How::Any)
            || !node.checks.iter().all(|it| fits(it, told.text()))
        {
            return None;
        }
        out.push(b'"');
        out.extend_from_slice(told.bytes());
        out.push(b'"');
        Some(Went::Written)
    }

    /// The text of a time, for the envelope.
    pub(super) fn quick_told(&self, quick: &Quick) -> Option<Told> {
        let Quick::Time(spot) = quick else { return None };
        let slot = self.spot(*spot);
        if slot.kind == SlotKind::Text { Told::of(self.letters(slot)?.as_bytes()) } else { None }
    }

    fn quick_money(
        &mut self,
        amount: &Amount,
        currency: Letters,
        node: &ValueNode,
        out: &mut Vec<u8>,
    ) -> Option<Went> {
        if !matches!(node.how, How::Money | How::Any) {
            return None;
        }
        let letters = match currency {
            Letters::Const(letters) => letters,
            Letters::Slot(spot) => {
                let slot = self.spot(spot);
                let text = self.letters(slot).filter(|_| slot.kind == SlotKind::Text)?;
                text.as_bytes().try_into().ok()?
            }
        };
        let places = exponent_of(letters)?;
        let steps = self.steps;
        let minor = self.amount(amount).and_then(|it| it.minor(places));
        let Some(minor) = minor else {
            // The steps go through the elements themselves.
            self.steps = steps;
            return None;
        };
        out.extend_from_slice(b"{\"minor\":");
        out.extend_from_slice(itoa::Buffer::new().format(minor).as_bytes());
        out.extend_from_slice(b",\"currency\":\"");
        out.extend_from_slice(&letters);
        out.extend_from_slice(b"\"}");
        Some(Went::Written)
    }

    fn amount(&mut self, amount: &Amount) -> Option<Small> {
        match amount {
            Amount::Slot(spot) => {
                let slot = self.spot(*spot);
                match slot.kind {
                    SlotKind::Text if spot.text => Small::read(self.letters(slot)?.as_bytes()),
                    SlotKind::Number if spot.number => Small::read(self.letters(slot)?.as_bytes()),
                    _ => None,
                }
            }
            Amount::Calc(kind, sides) => {
                let (left, right) = (self.amount(&sides.0)?, self.amount(&sides.1)?);
                match kind {
                    Calc::Plus => left.plus(right),
                    Calc::Minus => left.plus(Small { whole: -right.whole, ..right }),
                    Calc::Times => left.times(right),
                }
            }
            Amount::Sum(elements, of) => self.quick_sum(*elements, of),
        }
    }

    fn quick_sum(&mut self, elements: Elements, of: &Amount) -> Option<Small> {
        let list = self.spot(elements.list);
        if !self.may_go_through(list, list.len) {
            return None;
        }
        self.steps += list.len;
        let held = *self.scopes.get(usize::from(elements.depth))?;
        let mut sum = Some(Small { whole: 0, scale: 0 });
        for index in 0..list.len {
            let element = self.element(elements, list, index);
            *self.scopes.get_mut(usize::from(elements.depth))? = element;
            sum = sum.and_then(|sum| sum.plus(self.amount(of)?));
            if sum.is_none() {
                break;
            }
        }
        *self.scopes.get_mut(usize::from(elements.depth))? = held;
        sum
    }

    /// Whether a list may be gone through so far; where not, the steps say why.
    fn may_go_through(&self, list: Slot, count: u32) -> bool {
        list.kind == SlotKind::List
            && self.steps.saturating_add(count) <= STEPS_MAX
            && self.side.len() <= MADE_BYTES_MAX
    }

    /// The scope of one element of a list.
    fn element(&self, elements: Elements, list: Slot, index: u32) -> Scope<'a> {
        let width = self.plan.trie.width(elements.frame);
        let base = (list.start as usize + index as usize) * width;
        let slots = self.frames.get(usize::from(elements.frame));
        let slots = slots.and_then(|it| it.get(base..base + width)).unwrap_or_default();
        // Whatever is told of an element is told by the steps.
        Scope { slots, index, element: Value::Missing, list: None }
    }
}

// === impl Small ===

impl Small {
    /// `-1234.50`: up to 18 digits and one point, as nearly all numbers are.
    #[inline]
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let ([b'0'..=b'9', ..], [.., b'0'..=b'9'], ..=19) = (digits, digits, digits.len()) else {
            return None;
        };
        let (mut whole, mut scale, mut step) = (0_i64, 0, 0);
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    whole = whole * 10 + i64::from(byte - b'0');
                    scale += step;
                }
                b'.' if step == 0 => step = 1,
                _ => return None,
            }
        }
        // Nineteen digits may be too many.
        (digits.len() < 19 || step == 1)
            .then_some(Self { whole: if negative { -whole } else { whole }, scale })
    }

    fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Some(Self { whole: self.at(scale)?.checked_add(other.at(scale)?)?, scale })
    }

    fn times(self, other: Self) -> Option<Self> {
        let scale = Some(self.scale + other.scale).filter(|it| *it <= 18)?;
        Some(Self { whole: self.whole.checked_mul(other.whole)?, scale })
    }

    /// The whole number with so many digits behind the point.
    #[inline]
    fn at(self, scale: u32) -> Option<i64> {
        match scale - self.scale {
            0 => Some(self.whole),
            more => self.whole.checked_mul(10_i64.checked_pow(more)?),
        }
    }

    /// Minor units, when nothing stands below them.
    fn minor(self, places: u32) -> Option<i64> {
        let minor = match self.scale.checked_sub(places) {
            None => self.at(places)?,
            Some(0) => self.whole,
            Some(2) if self.whole % 100 == 0 => self.whole / 100,
            Some(below) => {
                let unit = 10_i64.checked_pow(below)?;
                Some(self.whole / unit).filter(|it| it * unit == self.whole)?
            }
        };
        (minor.unsigned_abs() <= MINOR_MAX.unsigned_abs()).then_some(minor)
    }
}

/// Blanks around a text cut off.
#[inline]
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// Writes a number as it stands, when that is its normal form.
fn write_figures(text: &str, quoted: bool, node: &ValueNode, out: &mut Vec<u8>) -> Option<Went> {
    let point = normal(text.as_bytes())?;
    if quoted {
        if !node.checks.iter().all(|it| figures_fit(it, text)) {
            return None;
        }
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return Some(Went::Written);
    }
    let whole = !point || matches!(node.how, How::Number | How::Any);
    if !whole || !node.checks.is_empty() || matches!(node.how, How::Bool | How::Money | How::Texts)
    {
        return None;
    }
    out.extend_from_slice(text.as_bytes());
    Some(Went::Written)
}

/// Checks that look at the number and not at its figures are left to the steps.
fn figures_fit(check: &Check, text: &str) -> bool {
    match check {
        Check::Minimum(_)
        | Check::Maximum(_)
        | Check::Above(_)
        | Check::Below(_)
        | Check::ScaleMax(_)
        | Check::OneOf(_) => false,
        check => fits(check, text),
    }
}

/// Whether a number would be written just so; and whether it has a point.
#[inline]
fn normal(text: &[u8]) -> Option<bool> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let leads = matches!(digits, [b'0'] | [b'0', b'.', ..] | [b'1'..=b'9', ..]);
    if !leads || digits.len() > 18 || digits.last() == Some(&b'.') {
        return None;
    }
    let (mut points, mut any) = (0, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' => any |= byte - b'0',
            b'.' => points += 1,
            _ => return None,
        }
    }
    // There is no -0.
    (points <= 1 && (!negative || any != 0)).then_some(points == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::number::{literal, push_decimal};
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    proptest! {
        #[test]
        fn small_numbers_are_the_exact_ones(
            a in "-?[0-9]{0,12}(\\.[0-9]{0,8})?", b in "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,4})?"
        ) {
            if normal(a.as_bytes()).is_some() {
                let mut written = String::new();
                push_decimal(literal(&a).unwrap(), &mut written);
                prop_assert_eq!(&written, &a);
            }
            let exact = |it: Small| Decimal::new(it.whole, it.scale);
            let (Some(x), Some(y)) = (Small::read(a.as_bytes()), Small::read(b.as_bytes())) else {
                return Ok(());
            };
            let (left, right) = (literal(&a).unwrap(), literal(&b).unwrap());
            prop_assert_eq!(exact(x), left);
            prop_assert_eq!(x.plus(y).map_or(left + right, exact), left + right);
            prop_assert_eq!(x.times(y).map_or(left * right, exact), left * right);
            for places in [0, 2, 3] {
                let minor = crate::run::number::minor(left, places);
                prop_assert_eq!(x.minor(places).or(minor), minor);
            }
        }
    }
}
