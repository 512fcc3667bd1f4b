//! Conditions. With something absent a comparison is false and `!=` is true, so
//! that a condition never faults because a field is not there.

use std::cmp::Ordering;

use super::{
    fault::{Fault, fault},
    list::Flow,
    machine::Machine,
    trace::Trace,
};
use crate::{
    plan::{
        CondId, ExprId,
        op::{Compare, Cond},
    },
    value::Value,
};

type Decided = Result<bool, Box<Fault>>;

impl<T: Trace> Machine<'_, T> {
    pub(crate) fn cond(&mut self, id: CondId) -> Decided {
        let plan = self.plan;
        let Some(cond) = plan.cond(id) else { return Ok(false) };
        match cond {
            Cond::Const(holds) => Ok(*holds),
            Cond::And(left, right) => Ok(self.cond(*left)? && self.cond(*right)?),
            Cond::Or(left, right) => Ok(self.cond(*left)? || self.cond(*right)?),
            Cond::Not(inner) => Ok(!self.cond(*inner)?),
            Cond::Has(value) => {
                let mut found = Value::Missing;
                self.expr_into(*value, &mut found)?;
                Ok(!found.is_absent())
            }
            Cond::Value(value) => match self.expr(*value)? {
                Value::Bool(holds) => Ok(holds),
                Value::Missing | Value::Null => Ok(false),
                other => self.bad_argument(*value, other, "true or false"),
            },
            Cond::Compare { how, left, right } => self.compare(*how, *left, *right),
            Cond::InTexts { value, texts } => {
                let found = self.expr(*value)?;
                let Value::Text(span) = found else {
                    let absent = found.is_absent();
                    return if absent {
                        Ok(false)
                    } else {
                        self.bad_argument(*value, found, "a text")
                    };
                };
                Ok(texts.iter().any(|it| **it == *self.text(span)))
            }
            Cond::InNumbers { value, numbers } => {
                let found = self.expr(*value)?;
                if found.is_absent() {
                    return Ok(false);
                }
                let number = self.number(found).map_err(|it| self.blame(*value, it))?;
                Ok(numbers.contains(&number))
            }
            Cond::InList { value, list, element } => self.in_list(*value, *list, *element),
        }
    }

    fn in_list(&mut self, value: ExprId, list: u32, element: ExprId) -> Decided {
        let wanted = self.expr(value)?;
        let mut found = false;
        if wanted.is_absent() {
            return Ok(false);
        }
        self.each(list, &mut |machine, _| {
            let other = machine.expr(element)?;
            let same = machine.equal(wanted, other);
            found = same.map_err(|fault| {
                let side = if fault.found == Some(other) { element } else { value };
                machine.blame(side, fault)
            })?;
            Ok(if found { Flow::Stop } else { Flow::Next })
        })?;
        Ok(found)
    }

    fn compare(&mut self, how: Compare, left: ExprId, right: ExprId) -> Decided {
        let sides = (self.expr(left)?, self.expr(right)?);
        let blame = |fault: Box<Fault>| {
            let side = if fault.found == Some(sides.1) { right } else { left };
            self.blame(side, fault)
        };
        if let Compare::Equal | Compare::NotEqual = how {
            let same = self.equal(sides.0, sides.1).map_err(blame)?;
            return Ok(same == (how == Compare::Equal));
        }
        let order = self.order(sides.0, sides.1).map_err(blame)?;
        let Some(order) = order else { return Ok(false) };
        Ok(match how {
            Compare::Less => order == Ordering::Less,
            Compare::LessOrEqual => order != Ordering::Greater,
            Compare::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })
    }

    /// Whether two values are the same; absent is equal to nothing.
    pub(crate) fn equal(&self, left: Value, right: Value) -> Decided {
        match (left, right) {
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Money(a), Value::Money(b)) => Ok(a == b),
            (Value::Null, Value::Null) => Ok(true),
            _ => Ok(self.order(left, right)? == Some(Ordering::Equal)),
        }
    }

    /// How two values stand; `None` when one is absent.
    pub(crate) fn order(&self, left: Value, right: Value) -> Result<Option<Ordering>, Box<Fault>> {
        Ok(Some(match (left, right) {
            (Value::Missing | Value::Null, _) | (_, Value::Missing | Value::Null) => {
                return Ok(None);
            }
            (Value::Text(a), Value::Text(b)) => self.text(a).cmp(self.text(b)),
            (Value::Instant(a), Value::Instant(b)) => a.ms.cmp(&b.ms),
            (Value::Date(a), Value::Date(b)) => a.cmp(&b),
            (Value::Date(a), Value::Text(b)) => self.iso_day(a).as_str().cmp(self.text(b)),
            (Value::Text(a), Value::Date(b)) => self.text(a).cmp(self.iso_day(b).as_str()),
            (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
            (Value::Money(a), Value::Money(b)) if a.currency == b.currency => a.minor.cmp(&b.minor),
            (Value::Money(a), Value::Decimal(_) | Value::Number(_)) => {
                super::number::amount(a).cmp(&self.number(right)?)
            }
            (Value::Decimal(_) | Value::Number(_), Value::Decimal(_) | Value::Number(_)) => {
                self.number(left)?.cmp(&self.number(right)?)
            }
            _ => return fault(left, "a value that can be compared with the other side"),
        }))
    }

    fn iso_day(&self, date: crate::time::Date) -> String {
        let mut text = String::new();
        date.write(&mut text);
        text
    }
}
