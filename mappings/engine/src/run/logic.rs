//! Arithmetic, joins, tables and what ends absence.

use super::{
    exact,
    fault::{Done, Stepped, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    plan::{ExprId, op::Calc},
    value::{Span, Value},
};

impl<T: Trace> Machine<'_, T> {
    pub(super) fn calc(
        &mut self,
        kind: Calc,
        (left, right): (ExprId, ExprId),
        value: &mut Value,
    ) -> Done {
        let mut other = Value::Missing;
        self.expr_into(left, value)?;
        self.expr_into(right, &mut other)?;
        if value.is_absent() || other.is_absent() {
            *value = Value::Missing;
            return Ok(());
        }
        let a = self.number_of(value).map_err(|it| self.blame(left, it))?;
        let b = self.number_of(&other).map_err(|it| self.blame(right, it))?;
        let result = match kind {
            Calc::Plus => exact::plus(a, b),
            Calc::Minus => exact::minus(a, b),
            Calc::Times => exact::times(a, b),
        };
        let Some(result) = result else { return fault(*value, "a result of at most 28 digits") };
        *value = Value::Decimal(result);
        Ok(())
    }

    /// Parts with a text between them; absent parts are left out, and nothing
    /// but absent parts is absent.
    pub(super) fn joined(&mut self, parts: &[ExprId], with: Span) -> Stepped {
        let mut draft = self.draft();
        let mut any = false;
        for part in parts {
            let value = self.expr(*part)?;
            if value.is_absent() {
                continue;
            }
            if any {
                draft.push_str(self.text(with));
            }
            any = true;
            self.plain(value, &mut draft);
        }
        let joined = self.push_draft(draft);
        Ok(if any { joined } else { Value::Missing })
    }

    pub(super) fn coalesce(&mut self, value: Value, others: &[ExprId]) -> Stepped {
        let mut value = value;
        for other in others {
            if !value.is_absent() {
                break;
            }
            value = self.expr(*other)?;
        }
        Ok(value)
    }

    pub(super) fn null_if(&mut self, value: Value, other: ExprId) -> Stepped {
        let other = self.expr(other)?;
        let same = self.equal(value, other)?;
        Ok(if same { Value::Missing } else { value })
    }

    pub(super) fn look_up(&mut self, table: u32, at: Option<ExprId>, value: Value) -> Stepped {
        let mut day = String::new();
        if let Some(at) = at {
            match self.expr(at)? {
                Value::Date(date) => date.write(&mut day),
                Value::Instant(instant) => {
                    if let Some((date, _)) = instant.local() {
                        date.write(&mut day);
                    }
                }
                other => {
                    let expected = "the day on which the table is asked";
                    return self.bad_argument(at, other, expected);
                }
            }
        }
        let plan = self.plan;
        let Some(table_plan) = plan.tables.get(table as usize) else { return Ok(Value::Missing) };
        let mut written = String::new();
        let key = match value {
            Value::Text(span) | Value::Number(span) => self.text(span),
            other => {
                self.plain(other, &mut written);
                written.as_str()
            }
        };
        let looked = table_plan.look_up(key, &day);
        if T::ON {
            let key = key.to_owned();
            self.trace.table(table, &key);
        }
        match looked {
            crate::plan::Looked::Text(span) => Ok(Value::Text(span)),
            crate::plan::Looked::Omit => Ok(Value::Missing),
            crate::plan::Looked::Fault => {
                fault(value, format!("an entry of table `{}`", table_plan.name))
            }
        }
    }
}
