//! Runs pipes: a head gives a value, each step takes it and gives the next.

use std::fmt::Write as _;

use canon::entry::{Loss, RecordFault};

use super::{
    fault::{Done, Fault, Stepped, fault},
    list::STEPS_MAX,
    record::RunContext,
    trace::Trace,
};
use crate::{
    input::Slot,
    language::policy::{Empty, LossPolicy},
    plan::{
        ExprId, Plan,
        op::{Expr, Family, Op, Place},
    },
    schema::Kinds,
    time::{Instant, Told},
    value::{Source, Span, Value},
};

/// Scopes within each other: the record and the lists that are open.
pub(crate) const SCOPES_MAX: usize = 8;

/// One run over one record.
pub(crate) struct Machine<'a, T: Trace> {
    pub(crate) plan: &'a Plan,
    pub(crate) input: &'a str,
    pub(crate) frames: &'a [Vec<Slot>],
    /// Texts made on the way.
    pub(crate) side: &'a mut String,
    /// Empty texts to write in, used again and again.
    pub(crate) drafts: &'a mut Vec<String>,
    /// Elements of computed lists.
    pub(crate) texts: &'a mut Vec<Span>,
    pub(crate) scopes: [Scope<'a>; SCOPES_MAX],
    pub(crate) ctx: &'a RunContext<'a>,
    pub(crate) label: &'a str,
    /// Byte offset of the record in the arrival.
    pub(crate) origin: u64,
    /// Texts of the input can be written as JSON without escapes.
    pub(crate) verbatim: bool,
    pub(crate) faults: &'a mut Vec<RecordFault>,
    /// How many more there are.
    pub(crate) more_faults: &'a mut u64,
    pub(crate) losses: &'a mut Vec<Loss>,
    /// Losses of the value on its way; kept when the value is written.
    pub(crate) lossy: Vec<(&'static str, Value, Value)>,
    /// Elements gone through so far.
    pub(crate) steps: u32,
    /// Tells the innermost open scope from all others of this scratch.
    pub(crate) stamp: u64,
    /// The stamp that was given last.
    pub(crate) stamps: &'a mut u64,
    /// The time that was written last, and how.
    pub(crate) told: Option<(Instant, Told)>,
    /// What beginnings of pipes gave that several pipes share.
    pub(crate) memos: &'a mut [Memo],
    pub(crate) trace: T,
}

/// What the shared beginning of some pipes gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memo {
    /// In which scope.
    pub(crate) stamp: u64,
    /// Elements it went through.
    pub(crate) steps: u32,
    pub(crate) value: Value,
}

/// One open scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    /// The slots of the record or of the element.
    pub(crate) slots: &'a [Slot],
    /// Number of the element in its list.
    pub(crate) index: u32,
    /// The element itself, of a list of computed texts.
    pub(crate) element: Value,
    /// Where its list stands at the source; nothing of the record and of
    /// computed lists.
    pub(crate) list: Option<&'a Place>,
}

impl<'a> Scope<'a> {
    /// The scope of the record, by the frames it filled.
    pub(crate) fn record(frames: &'a [Vec<Slot>]) -> Self {
        let slots = frames.first().map_or(&[][..], Vec::as_slice);
        Self { slots, index: 0, element: Value::Missing, list: None }
    }
}

impl<T: Trace> Machine<'_, T> {
    /// Runs one pipe.
    #[inline]
    pub(crate) fn expr(&mut self, id: ExprId) -> Stepped {
        let mut value = Value::Missing;
        self.expr_into(id, &mut value)?;
        Ok(value)
    }

    /// Runs one pipe; what it gives is put into `value`.
    pub(crate) fn expr_into(&mut self, id: ExprId, value: &mut Value) -> Done {
        let plan = self.plan;
        *value = Value::Missing;
        let Some(expr) = plan.expr(id) else { return Ok(()) };
        if let (false, [Op::Load(place)]) = (T::ON, expr.ops.as_slice()) {
            // Many pipes are no more than a value of the source that fits.
            let slot = self.slot(place);
            if slot.len > 0 && slot.fits(place.kinds) {
                *value = slot.value();
                return Ok(());
            }
        }
        self.pipe(expr, id, value)
    }

    fn pipe(&mut self, expr: &Expr, id: ExprId, value: &mut Value) -> Done {
        if T::ON {
            self.trace.begin(id);
        }
        let mut from = 0;
        if let (false, Some(shared)) = (T::ON, expr.shared) {
            let memo = self.memos.get(usize::from(shared.memo));
            let known = memo.filter(|it| it.stamp == self.stamp);
            if let Some(known) = known.filter(|it| self.steps + it.steps <= STEPS_MAX) {
                self.steps += known.steps;
                (from, *value) = (usize::from(shared.len), known.value);
            }
        }
        self.steps_from(expr, id, from, value)
    }

    /// The steps of a pipe from one of them on.
    fn steps_from(&mut self, expr: &Expr, id: ExprId, from: usize, value: &mut Value) -> Done {
        let mut step = from;
        let shared = expr.shared.filter(|_| !T::ON).map_or(usize::MAX, |it| usize::from(it.len));
        let before = (self.steps, self.lossy.len());
        while let Some(op) = expr.ops.get(step) {
            step += 1;
            if step == 1 || !value.is_absent() || op.takes_absent() {
                if let Err(fault) = self.op(op, value) {
                    step = self.rescued((expr, id), step, fault, value)?;
                } else if let Value::Text(Span { len: 0, .. }) = value {
                    match self.not_empty(*value, expr) {
                        Ok(given) => *value = given,
                        Err(fault) => step = self.rescued((expr, id), step, fault, value)?,
                    }
                }
                if T::ON {
                    let shown = self.shown(*value);
                    self.trace.step(id, step - 1, *value, || shown);
                }
            }
            if step == shared && from == 0 {
                self.remember(expr, before, value);
            }
        }
        Ok(())
    }

    /// Keeps what the shared beginning of a pipe gave.
    fn remember(&mut self, expr: &Expr, (steps, lossy): (u32, usize), value: &Value) {
        let place = expr.shared.and_then(|it| self.memos.get_mut(usize::from(it.memo)));
        // What is lost is told for every field that it is lost for.
        if let Some(place) = place.filter(|_| self.lossy.len() == lossy) {
            *place = Memo { stamp: self.stamp, steps: self.steps - steps, value: *value };
        }
    }

    /// The step behind the next `rescue` from `step` on, and what that gives.
    #[cold]
    fn rescued(
        &mut self,
        (expr, id): (&Expr, ExprId),
        step: usize,
        mut fault: Box<Fault>,
        value: &mut Value,
    ) -> Result<usize, Box<Fault>> {
        fault.expr = fault.expr.or(Some(id));
        let after = expr.ops.get(step..).unwrap_or_default();
        let found = after.iter().enumerate().find_map(|(at, op)| match op {
            Op::Rescue(with) => Some((at, *with)),
            _ => None,
        });
        let Some((at, with)) = found else { return Err(fault) };
        *value = self.expr(with)?;
        Ok(step + at + 1)
    }

    /// Empty texts become what the policy says.
    #[inline]
    fn not_empty(&self, value: Value, expr: &Expr) -> Stepped {
        match (value, expr.empty) {
            (Value::Text(Span { len: 0, .. }), Empty::Missing) => Ok(Value::Missing),
            (Value::Text(Span { len: 0, .. }), Empty::Null) => Ok(Value::Null),
            (Value::Text(Span { len: 0, .. }), Empty::Error) => {
                fault(value, "a text that is not empty")
            }
            _ => Ok(value),
        }
    }

    /// One step, in place.
    fn op(&mut self, op: &Op, value: &mut Value) -> Done {
        match op {
            Op::Load(place) => {
                let slot = self.slot(place);
                if T::ON {
                    self.load(place);
                }
                if !slot.fits(place.kinds) {
                    return fault(slot.value(), claim(place.kinds));
                }
                *value = slot.value();
            }
            Op::Text(span) => *value = Value::Text(*span),
            Op::Number(number) => *value = Value::Decimal(*number),
            Op::Bool(bool) => *value = Value::Bool(*bool),
            Op::Null => *value = Value::Null,
            Op::Test(cond) => *value = Value::Bool(self.cond(*cond)?),
            Op::Choose { cond, yes, no } => {
                let chosen = if self.cond(*cond)? { *yes } else { *no };
                return self.expr_into(chosen, value);
            }
            Op::Calc { kind, left, right } => return self.calc(*kind, (*left, *right), value),
            Op::TextOf => return self.text_of(value),
            Op::Decimal { implied } => return self.decimal(value, *implied),
            Op::Times(other) if !matches!(value, Value::Money(_)) => {
                return self.times(value, *other);
            }
            Op::Money { currency, rounding } => return self.money(value, *currency, *rounding),
            Op::Default(with) => {
                if value.is_absent() {
                    return self.expr_into(*with, value);
                }
            }
            Op::Rescue(_) => {}
            _ => *value = self.seldom(op, *value)?,
        }
        Ok(())
    }

    /// Steps for which a copied value does not count.
    fn seldom(&mut self, op: &Op, value: Value) -> Stepped {
        match op {
            Op::LoadElement(depth) => {
                Ok(self.scopes.get(usize::from(*depth)).map_or(Value::Missing, |it| it.element))
            }
            Op::LoadMoney { minor, currency } => self.load_money(minor, currency),
            Op::Need(index) => self.need(*index),
            Op::Hub(fact) => Ok(self.hub(*fact)),
            Op::Joined { parts, with } => self.joined(parts, *with),
            Op::List { list, fold } => self.fold(*list, fold),
            Op::Coalesce(others) => self.coalesce(value, others),
            Op::NullIf(other) => self.null_if(value, *other),
            Op::Table { table, at } => self.look_up(*table, *at, value),
            _ => self.step(op, value),
        }
    }

    /// The functions by kind.
    #[inline]
    fn step(&mut self, op: &Op, value: Value) -> Stepped {
        match op.family() {
            Family::Text => self.text_step(op, value),
            Family::Time => self.time_step(op, value),
            Family::Id => self.id_step(op, value),
            Family::Number => self.number_step(op, value),
        }
    }

    // === texts ===

    /// The characters of a span.
    #[inline]
    pub(crate) fn text(&self, span: Span) -> &str {
        let buffer = match span.source {
            Source::Input => self.input,
            Source::Side => self.side.as_str(),
            Source::Plan => self.plan.texts.as_str(),
        };
        let start = span.start as usize;
        buffer.get(start..start + span.len as usize).unwrap_or_default()
    }

    /// Keeps a text in the side buffer.
    pub(crate) fn push(&mut self, text: &str) -> Value {
        let start = crate::input::offset(self.side.len());
        self.side.push_str(text);
        Value::Text(Span { source: Source::Side, start, len: crate::input::offset(text.len()) })
    }

    /// Writes a text anew; the same span comes back when nothing changed.
    pub(crate) fn rewrite(&mut self, span: Span, write: impl FnOnce(&str, &mut String)) -> Value {
        let mut draft = self.draft();
        let text = self.text(span);
        write(text, &mut draft);
        let value = if draft == text { Value::Text(span) } else { self.push(&draft) };
        self.keep(draft);
        value
    }

    /// An empty text to write in; give it back by [`Self::keep`].
    #[inline]
    pub(crate) fn draft(&mut self) -> String {
        self.drafts.pop().unwrap_or_default()
    }

    #[inline]
    pub(crate) fn keep(&mut self, mut draft: String) {
        draft.clear();
        self.drafts.push(draft);
    }

    /// Keeps what a draft says and the draft itself.
    pub(crate) fn push_draft(&mut self, draft: String) -> Value {
        let value = self.push(&draft);
        self.keep(draft);
        value
    }

    /// A time as it is written; times come more than once.
    pub(crate) fn told(&mut self, instant: Instant) -> Option<Told> {
        if let Some((_, told)) = self.told.filter(|(last, _)| *last == instant) {
            return Some(told);
        }
        let told = instant.told()?;
        self.told = Some((instant, told));
        Some(told)
    }

    /// A value as plain text, as `text` and `join` write it.
    pub(crate) fn plain(&self, value: Value, out: &mut String) {
        self.plain_of(&value, out);
    }

    /// The same of a value where it stands.
    pub(crate) fn plain_of(&self, value: &Value, out: &mut String) {
        match *value {
            Value::Text(span) | Value::Number(span) => out.push_str(self.text(span)),
            Value::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
            Value::Decimal(number) => super::number::push_decimal(number, out),
            Value::Instant(instant) => instant.write(out),
            Value::Date(date) => date.write(out),
            Value::Money(money) => {
                let _infallible =
                    write!(out, "{} {}", super::number::amount(money), money.currency());
            }
            Value::Texts { first, len } => {
                for index in first..first.saturating_add(len) {
                    if index > first {
                        out.push_str(", ");
                    }
                    let span = self.texts.get(index as usize).copied();
                    out.push_str(span.map_or("", |span| self.text(span)));
                }
            }
            Value::Missing | Value::Null | Value::Tree { .. } => {}
        }
    }

    /// Notes what a lossy step lost; it counts once the value is written.
    pub(crate) fn lost(&mut self, step: &'static str, before: Value, after: Value) {
        if before != after {
            self.lossy.push((step, before, after));
        }
    }

    /// Keeps the losses of a written value, or refuses them.
    pub(crate) fn settle_losses(
        &mut self,
        policy: LossPolicy,
        target: &str,
    ) -> Result<(), Box<Fault>> {
        if self.lossy.is_empty() {
            return Ok(());
        }
        for (step, before, after) in std::mem::take(&mut self.lossy) {
            if policy == LossPolicy::Fault {
                return fault(before, format!("a value that `{step}` does not change"));
            }
            if policy == LossPolicy::Note {
                let (mut old, mut new) = (String::new(), String::new());
                self.plain(before, &mut old);
                self.plain(after, &mut new);
                self.losses.push(Loss {
                    record: self.ctx.record,
                    field: target.to_owned(),
                    step: step.to_owned(),
                    before: old,
                    after: new,
                });
            }
        }
        Ok(())
    }
}

/// What the source schema says, in words.
fn claim(kinds: Kinds) -> String {
    format!("{}, as the source schema says", kinds.words())
}
