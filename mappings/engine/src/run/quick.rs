//! Common pipes in one go. Each either writes the whole value or writes nothing
//! and leaves it to the steps: what is rare, or wrong, is told there.

use super::{
    check::fits,
    list::{MADE_BYTES_MAX, STEPS_MAX},
    machine::{Machine, Scope},
    small::{Form, Small, normal},
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
    value::{Value, exponent_of},
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

impl<'a, T: Trace> Machine<'a, T> {
    /// Writes what a pipe gives, if it is a common one.
    #[inline]
    pub(super) fn quick(&mut self, quick: &'a Quick, node: &ValueNode, out: &mut Vec<u8>) -> Went {
        let went = match quick {
            Quick::None => None,
            Quick::Copy(copied) => self.quick_copy(copied, node, out),
            Quick::Figures(figures) => self.quick_figures(figures, node, out),
            Quick::Number(amount) => self.quick_number(amount, node, out),
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
            SlotKind::Number
                if copied.bare
                    && copied.spot.number
                    && matches!(node.how, How::Integer | How::Number | How::Any) =>
            {
                return write_figures(self.letters(slot)?, false, node, out);
            }
            SlotKind::Missing if copied.absent => return Some(Went::Missing),
            SlotKind::Null if copied.absent => return Some(Went::Null),
            _ => return None,
        };
        // The blanks too: a step before `trim` may change them, and notes it.
        if copied.ascii && !text.is_ascii() {
            return None;
        }
        let text = if copied.trim { trimmed(text) } else { text };
        if text.is_empty()
            || !matches!(node.how, How::Text | How::Any)
            || copied.not.is_some_and(|span| self.text(span) == text)
            || !node.checks.iter().all(|it| fits(it, text))
        {
            return None;
        }
        out.push(b'"');
        let start = slot.start as usize;
        let block = self.input.as_bytes().get(start..).and_then(<[u8]>::first_chunk::<32>);
        if let (true, Some(block)) = (verbatim && text.len() == slot.len as usize, block)
            && text.len() <= block.len()
        {
            // One copy of fixed length needs no call.
            let end = out.len() + text.len();
            out.extend_from_slice(block);
            out.truncate(end);
        } else if verbatim {
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
            How::Text if figures.read => write_figures(text, true, node, out),
            How::Any => write_figures(text, figures.text, node, out),
            How::Integer | How::Number if !figures.text => write_figures(text, false, node, out),
            _ => None,
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
            || (!node.checks.is_empty() && !node.checks.iter().all(|it| fits(it, told.text())))
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
        let minor = self.amount(amount, true).and_then(|it| it.minor(places));
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

    /// A number other than 0, of which the scale would not be known.
    fn quick_number(
        &mut self,
        amount: &Amount,
        node: &ValueNode,
        out: &mut Vec<u8>,
    ) -> Option<Went> {
        let steps = self.steps;
        let found = self.amount(amount, false).filter(|it| it.whole != 0);
        let mut text = [0; 32];
        let went = found.and_then(|it| it.write(&mut text)).and_then(|text| match node.how {
            How::Text => write_figures(text, true, node, out),
            How::Integer | How::Number | How::Any => write_figures(text, false, node, out),
            How::Bool | How::Money | How::Texts => None,
        });
        if went.is_none() {
            self.steps = steps;
        }
        went
    }

    /// What it comes to. Where its scale counts, there are no `zeros` in it: of
    /// those, the exact numbers do not keep it.
    #[inline]
    fn amount(&mut self, amount: &Amount, zeros: bool) -> Option<Small> {
        match amount {
            Amount::Slot(spot) => self.small(*spot),
            other => self.reckoned(other, zeros),
        }
    }

    #[inline]
    fn small(&self, spot: Spot) -> Option<Small> {
        let slot = self.spot(spot);
        let reads = match slot.kind {
            SlotKind::Text => spot.text,
            SlotKind::Number => spot.number,
            _ => false,
        };
        let start = slot.start as usize;
        let text = self.input.as_bytes().get(start..start + slot.len as usize)?;
        if reads { Small::read(text) } else { None }
    }

    fn reckoned(&mut self, amount: &Amount, zeros: bool) -> Option<Small> {
        match amount {
            Amount::Slot(spot) => self.small(*spot),
            Amount::Const { whole, scale } => Some(Small { whole: *whole, scale: *scale }),
            Amount::Negate(of) => self.amount(of, zeros)?.negated(),
            Amount::Calc(kind, sides) => {
                let (left, right) = (self.amount(&sides.0, zeros)?, self.amount(&sides.1, zeros)?);
                if !zeros && (left.whole == 0 || right.whole == 0) {
                    return None;
                }
                match kind {
                    Calc::Plus => left.plus(right),
                    Calc::Minus => left.plus(right.negated()?),
                    Calc::Times => left.times(right),
                }
            }
            Amount::Sum(elements, of) if zeros => self.quick_sum(*elements, of),
            Amount::Sum(..) => None,
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
            sum = sum.and_then(|sum| sum.plus(self.amount(of, true)?));
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
    let form = normal(text.as_bytes())?;
    if quoted {
        if !node.checks.iter().all(|it| figures_fit(it, form, text)) {
            return None;
        }
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return Some(Went::Written);
    }
    let whole = form.fraction == 0 || matches!(node.how, How::Number | How::Any);
    if !whole || !node.checks.is_empty() || matches!(node.how, How::Bool | How::Money | How::Texts)
    {
        return None;
    }
    out.extend_from_slice(text.as_bytes());
    Some(Went::Written)
}

/// Checks that look at the number and not at its figures are left to the steps.
#[inline]
fn figures_fit(check: &Check, form: Form, text: &str) -> bool {
    match check {
        Check::DecimalShape { signed, digits, scale } => {
            (*signed || !form.negative) && form.whole <= *digits && form.fraction <= *scale
        }
        Check::Minimum(_)
        | Check::Maximum(_)
        | Check::Above(_)
        | Check::Below(_)
        | Check::ScaleMax(_)
        | Check::OneOf(_) => false,
        check => fits(check, text),
    }
}
