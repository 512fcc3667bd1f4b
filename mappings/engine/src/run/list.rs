//! Lists: going through elements, and what becomes of all of them together.

use std::{
    collections::HashSet,
    mem::{self, Discriminant},
};

use rust_decimal::Decimal;

use super::{
    exact,
    fault::{Fault, Stepped, fault},
    machine::{Machine, Scope},
    trace::Trace,
};
use crate::{
    input::{Slot, SlotKind},
    plan::{
        ExprId, ListId,
        op::{Fold, ListSource, Place, Stage},
        trie::FrameId,
    },
    value::{Money, Span, Value},
};

/// Elements one record may have been through; bounds the time of one record.
pub(crate) const STEPS_MAX: u32 = 2_000_000;

/// Bytes of texts that one record may make on the way, such as by `upper`.
pub(crate) const MADE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Whether to go on with the next element.
pub(crate) enum Flow {
    Next,
    Stop,
}

/// Elements that are gone through, in their scope.
#[derive(Clone, Copy)]
enum Elements<'a> {
    Frames { place: &'a Place, frame: FrameId, first: usize, count: usize },
    Texts { first: u32, count: u32 },
}

/// What `distinct` has seen: at which stage, and which value.
type Seen = HashSet<(usize, Key)>;

/// A value as `distinct` compares it: numbers by their value, however written, and
/// values of two kinds never as the same.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Absent,
    Number(Decimal),
    Text(String),
    /// Its text, which one of another kind may have too.
    Other(Discriminant<Value>, String),
    Texts(Vec<String>),
    /// What is not compared: each is one of its own, by where it stands.
    Tree(u32),
}

type Visit<'v, 'a, T> = &'v mut dyn FnMut(&mut Machine<'a, T>, u8) -> Result<Flow, Box<Fault>>;

impl<'a, T: Trace> Machine<'a, T> {
    /// Whether the list is there at all: an absent list is not an empty one.
    pub(crate) fn list_is_there(&mut self, list: ListId) -> Result<Value, Box<Fault>> {
        let plan = self.plan;
        let Some(list) = plan.list(list) else { return Ok(Value::Missing) };
        match &list.source {
            ListSource::Frames { place, .. } => {
                let slot = self.slot(place);
                match slot.kind {
                    SlotKind::Missing | SlotKind::Null | SlotKind::List => Ok(slot.value()),
                    _ => Err(no_list(place, slot)),
                }
            }
            ListSource::Texts(expr) => self.expr(*expr),
        }
    }

    /// Goes through the elements of a list, in order; `visit` is told the scope
    /// they stand in.
    pub(crate) fn each(&mut self, list: ListId, visit: Visit<'_, 'a, T>) -> Result<(), Box<Fault>> {
        let plan = self.plan;
        let Some(list) = plan.list(list) else { return Ok(()) };
        let elements = match &list.source {
            ListSource::Frames { place, frame } => self.elements(place, *frame)?,
            ListSource::Texts(expr) => match self.expr(*expr)? {
                Value::Texts { first, len } => Some(Elements::Texts { first, count: len }),
                Value::Missing | Value::Null => None,
                other => return fault(other, "a list of texts"),
            },
        };
        let Some(elements) = elements else { return Ok(()) };
        let mut distinct = Seen::new();
        self.stages(&list.stages, list.depth, elements, &mut distinct, visit).map(|_| ())
    }

    fn elements(
        &mut self,
        place: &'a Place,
        frame: FrameId,
    ) -> Result<Option<Elements<'a>>, Box<Fault>> {
        let slot = self.slot(place);
        if T::ON {
            let path = self.source_path(place);
            self.trace.read(place, || path, slot);
        }
        match slot.kind {
            SlotKind::List => Ok(Some(Elements::Frames {
                place,
                frame,
                first: slot.start as usize,
                count: slot.len as usize,
            })),
            SlotKind::Missing | SlotKind::Null => Ok(None),
            _ => Err(no_list(place, slot)),
        }
    }

    fn stages(
        &mut self,
        stages: &'a [Stage],
        depth: u8,
        elements: Elements<'a>,
        distinct: &mut Seen,
        visit: Visit<'_, 'a, T>,
    ) -> Result<Flow, Box<Fault>> {
        let count = match elements {
            Elements::Frames { count, .. } => count,
            Elements::Texts { count, .. } => count as usize,
        };
        let Some(held) = self.scopes.get(usize::from(depth)).copied() else {
            return Ok(Flow::Next);
        };
        let (mut flow, outer) = (Flow::Next, self.stamp);
        for index in 0..count {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                let expected = "fewer elements: the map goes through more than two million";
                return Err(Fault::boxed(None, expected));
            }
            if self.side.len() > MADE_BYTES_MAX {
                let expected = "less text: the map makes more than 64 MiB of one record";
                return Err(Fault::boxed(None, expected));
            }
            let scope = self.scope_of(elements, index);
            *self.stamps += 1;
            self.stamp = *self.stamps;
            if let Some(open) = self.scopes.get_mut(usize::from(depth)) {
                *open = scope;
            }
            flow = self.stage(stages, depth, distinct, visit)?;
            if matches!(flow, Flow::Stop) {
                break;
            }
        }
        if let Some(open) = self.scopes.get_mut(usize::from(depth)) {
            *open = held;
        }
        self.stamp = outer;
        Ok(flow)
    }

    fn scope_of(&self, elements: Elements<'a>, index: usize) -> Scope<'a> {
        let number = crate::input::offset(index);
        match elements {
            Elements::Frames { place, frame, first, .. } => {
                let width = self.plan.trie.width(frame);
                let base = (first + index) * width;
                let slots = self.frames.get(usize::from(frame));
                let slots = slots.and_then(|it| it.get(base..base + width)).unwrap_or_default();
                Scope { slots, index: number, element: Value::Missing, list: Some(place) }
            }
            Elements::Texts { first, .. } => {
                let span = self.texts.get(first as usize + index).copied();
                let element = span.map_or(Value::Missing, Value::Text);
                Scope { index: number, element, ..Scope::record(self.frames) }
            }
        }
    }

    /// One element on its way through the stages that are left.
    fn stage(
        &mut self,
        stages: &'a [Stage],
        depth: u8,
        distinct: &mut Seen,
        visit: Visit<'_, 'a, T>,
    ) -> Result<Flow, Box<Fault>> {
        let Some((stage, rest)) = stages.split_first() else { return visit(self, depth) };
        match stage {
            Stage::Where(cond) => {
                if self.cond(*cond)? {
                    return self.stage(rest, depth, distinct, visit);
                }
                Ok(Flow::Next)
            }
            Stage::Flatten { place, frame } => match self.elements(place, *frame)? {
                Some(inner) => self.stages(rest, depth + 1, inner, distinct, visit),
                None => Ok(Flow::Next),
            },
            Stage::Distinct(key) => {
                let value = self.expr(*key)?;
                let key = self.key_of(value);
                if distinct.insert((rest.len(), key)) {
                    return self.stage(rest, depth, distinct, visit);
                }
                Ok(Flow::Next)
            }
        }
    }

    fn key_of(&self, value: Value) -> Key {
        let plain = || {
            let mut text = String::new();
            self.plain(value, &mut text);
            text
        };
        match (value, self.number(value)) {
            (Value::Missing | Value::Null, _) => Key::Absent,
            (_, Ok(number)) => Key::Number(number.normalize()),
            // A date is equal to its text.
            (Value::Text(_) | Value::Date(_), _) => Key::Text(plain()),
            (Value::Tree { at, .. }, _) => Key::Tree(at),
            (Value::Texts { first, len }, _) => {
                let spans = self.texts.iter().skip(first as usize).take(len as usize);
                Key::Texts(spans.map(|it| self.text(*it).to_owned()).collect())
            }
            (_, Err(_)) => Key::Other(mem::discriminant(&value), plain()),
        }
    }

    /// What a list becomes: a count, a sum, one element, a list of texts.
    pub(super) fn fold(&mut self, list: ListId, fold: &Fold) -> Stepped {
        let there = self.list_is_there(list)?;
        if there.is_absent() {
            return Ok(there);
        }
        match fold {
            Fold::Count => {
                let mut count = 0_u64;
                self.each(list, &mut |_, _| {
                    count += 1;
                    Ok(Flow::Next)
                })?;
                Ok(Value::Decimal(count.into()))
            }
            Fold::First(expr) => self.pick(list, *expr, true),
            Fold::Last(expr) => self.pick(list, *expr, false),
            Fold::Sum(expr) => self.sum(list, *expr),
            Fold::Least(expr) => self.extreme(list, *expr, std::cmp::Ordering::Less),
            Fold::Most(expr) => self.extreme(list, *expr, std::cmp::Ordering::Greater),
            Fold::Texts(expr) => self.list_texts(list, *expr),
        }
    }

    fn pick(&mut self, list: ListId, expr: ExprId, first: bool) -> Stepped {
        let mut picked = Value::Missing;
        self.each(list, &mut |machine, _| {
            let value = machine.expr(expr)?;
            if value.is_absent() {
                return Ok(Flow::Next);
            }
            picked = value;
            Ok(if first { Flow::Stop } else { Flow::Next })
        })?;
        Ok(picked)
    }

    /// The sum of what is there; of nothing, 0. Money sums to money when there
    /// is any, of one currency.
    fn sum(&mut self, list: ListId, expr: ExprId) -> Stepped {
        let (mut total, mut numbers) = (Decimal::ZERO, false);
        let mut money: Option<Money> = None;
        let mut value = Value::Missing;
        self.each(list, &mut |machine, _| {
            machine.expr_into(expr, &mut value)?;
            match (value, &mut money) {
                (Value::Missing | Value::Null, _) => {}
                (Value::Money(more), Some(sum)) if sum.currency == more.currency => {
                    let minor = sum.minor.checked_add(more.minor);
                    let Some(minor) = minor else {
                        return machine.bad_argument(expr, value, "a sum that fits");
                    };
                    sum.minor = minor;
                }
                (_, Some(sum)) => {
                    let expected = format!("money in {}", sum.currency());
                    return machine.bad_argument(expr, value, expected);
                }
                (Value::Money(_), None) if numbers => {
                    let expected = "a number, as the elements before it";
                    return machine.bad_argument(expr, value, expected);
                }
                (Value::Money(first), none) => *none = Some(first),
                _ => {
                    let number = machine.number_of(&value).map_err(|it| machine.blame(expr, it))?;
                    let Some(sum) = exact::plus(total, number) else {
                        let expected = "a sum of at most 28 digits";
                        return machine.bad_argument(expr, value, expected);
                    };
                    numbers = true;
                    total = sum;
                }
            }
            Ok(Flow::Next)
        })?;
        Ok(money.map_or(Value::Decimal(total), Value::Money))
    }

    fn extreme(&mut self, list: ListId, expr: ExprId, wanted: std::cmp::Ordering) -> Stepped {
        let mut best = Value::Missing;
        self.each(list, &mut |machine, _| {
            let value = machine.expr(expr)?;
            let order = machine.order(value, best).map_err(|it| machine.blame(expr, it))?;
            if !value.is_absent() && (best.is_absent() || order == Some(wanted)) {
                best = value;
            }
            Ok(Flow::Next)
        })?;
        Ok(best)
    }

    fn list_texts(&mut self, list: ListId, expr: ExprId) -> Stepped {
        let mut found: Vec<Span> = Vec::new();
        self.each(list, &mut |machine, _| {
            let value = machine.expr(expr)?;
            if value.is_absent() {
                return Ok(Flow::Next);
            }
            let mut draft = machine.draft();
            machine.plain(value, &mut draft);
            if let Value::Text(span) = machine.push_draft(draft) {
                found.push(span);
            }
            Ok(Flow::Next)
        })?;
        let first = crate::input::offset(self.texts.len());
        self.texts.extend(&found);
        Ok(Value::Texts { first, len: crate::input::offset(found.len()) })
    }
}

/// Something else stands where a list should.
#[cold]
fn no_list(place: &Place, slot: Slot) -> Box<Fault> {
    let mut fault = Fault::boxed(Some(slot.value()), "a list");
    fault.list = Some(Box::new(place.clone()));
    fault
}
