//! Expressions: each becomes a pipe of operations with a type.

use rust_decimal::Decimal;

use super::lower::{Lower, Lowered};
use crate::{
    functions::{self, CallSite, Takes},
    language::{
        expr::{Binary, Call, Expr, ExprKind, Path, Span},
        rule::Text,
    },
    plan::op::{Calc, Op},
    types::{Kind, Type},
};

/// Operations with the names that faults and `explain` give them.
pub(crate) type Ops = Vec<(Op, &'static str)>;

impl Lower<'_> {
    /// Lowers a scalar of the map file.
    pub(crate) fn text(&mut self, text: &Text) -> Option<Lowered> {
        let held = self.text.replace(text.clone());
        let lowered = self.expression(&text.expr);
        self.text = held;
        lowered
    }

    /// Lowers an expression of the scalar at hand.
    pub(crate) fn expression(&mut self, expr: &Expr) -> Option<Lowered> {
        let (ops, ty) = self.ops(expr)?;
        let text = self.excerpt(expr.span);
        let id = self.push_expr(ops, &ty, &text);
        Some(Lowered { expr: id, ty })
    }

    /// The operations of an expression; a list that nothing folds becomes a list
    /// of its texts.
    fn ops(&mut self, expr: &Expr) -> Option<(Ops, Type)> {
        let (mut ops, mut ty) = match &expr.kind {
            ExprKind::Pipe { head, calls } => return self.pipe(head, calls),
            ExprKind::Path(path) => return self.path(expr, path, &[]),
            _ => self.head(expr)?,
        };
        if ty.kind == Kind::Any && ops.is_empty() {
            ops.push((Op::Null, "null"));
            ty = Type { null: true, ..Type::made(Kind::Any) };
        }
        Some((ops, ty))
    }

    fn pipe(&mut self, head: &Expr, calls: &[Call]) -> Option<(Ops, Type)> {
        if let ExprKind::Path(path) = &head.kind {
            return self.path(head, path, calls);
        }
        let (ops, ty) = self.head(head)?;
        self.calls(ops, ty, calls)
    }

    /// A path with what follows it: through a list, or as one value.
    fn path(&mut self, head: &Expr, path: &Path, calls: &[Call]) -> Option<(Ops, Type)> {
        let listed = calls.first().is_some_and(|call| functions::is_list_only(&call.name));
        if listed || self.is_list(path) {
            return self.list_pipe(head, calls);
        }
        let (op, name, ty) = self.path_head(head, path)?;
        self.calls(vec![(op, name)], ty, calls)
    }

    /// The functions of a pipe, one after the other.
    pub(crate) fn calls(
        &mut self,
        mut ops: Ops,
        mut ty: Type,
        calls: &[Call],
    ) -> Option<(Ops, Type)> {
        let mut was_personal = ty.personal || ty.was_personal;
        for (index, call) in calls.iter().enumerate() {
            if ty.kind == Kind::Texts && functions::is_list(&call.name) {
                let text = self.excerpt(call.span);
                let expr = self.push_expr(ops, &ty, &text);
                let rest = calls.get(index..).unwrap_or_default();
                return self.texts_pipe(expr, &ty, rest);
            }
            for step in functions::steps(call, ty.kind) {
                let (op, name, next) = self.call(&step, ty)?;
                ops.push((op, name));
                ty = next;
                was_personal |= ty.personal;
                ty.was_personal = was_personal;
            }
        }
        Some((ops, ty))
    }

    /// One function.
    fn call(&mut self, call: &Call, input: Type) -> Option<(Op, &'static str, Type)> {
        let Some(function) = functions::find(&call.name) else {
            let names: Vec<&str> = functions::names().collect();
            self.error(
                "M00",
                Span { width: u32::try_from(call.name.chars().count()).unwrap_or(1), ..call.span },
                format!("there is no function `{}`", call.name),
            )
            .help("all functions are listed in the language reference")
            .nearest(&call.name, &names);
            return None;
        };
        self.fits(call, function.takes, &input)?;
        let site = CallSite::bind(self, call, function, input)?;
        let (op, ty) = (function.lower)(self, &site)?;
        Some((op, function.name, ty))
    }

    /// Whether a function takes such a value.
    fn fits(&self, call: &Call, takes: Takes, input: &Type) -> Option<()> {
        if takes.accepts(input.kind) {
            return Some(());
        }
        let message =
            format!("`{}` takes {}, not {}", call.name, takes.words(), input.kind.words());
        let help = match (takes, input.kind) {
            (Takes::Text, kind) if kind.is_number() => Some("put `text` before it"),
            (Takes::Number | Takes::NumberOrMoney, Kind::Text) => {
                Some("put `decimal` or `int` before it")
            }
            (Takes::Instant | Takes::Time, Kind::Text) => {
                Some("put `timestamp` or `date` before it")
            }
            (Takes::Money, Kind::Text | Kind::Number | Kind::Decimal) => {
                Some("put `money(currency)` before it")
            }
            (Takes::Number, Kind::Money) => Some("put `amount` or `minor_units` before it"),
            (_, Kind::Object) => Some("name a field of the object"),
            _ => None,
        };
        let fault = self.error("M05", call.span, message);
        match help {
            Some(help) => drop(fault.help(help)),
            None => drop(fault),
        }
        None
    }

    /// What a pipe begins with, if it is no path.
    fn head(&mut self, expr: &Expr) -> Option<(Ops, Type)> {
        let (op, name, ty) = match &expr.kind {
            ExprKind::Text(text) => (Op::Text(self.intern(text)), "constant", Type::constant(text)),
            ExprKind::Number(text) => self.number(text, expr.span)?,
            ExprKind::Bool(bool) => (Op::Bool(*bool), "constant", Type::made(Kind::Bool)),
            ExprKind::Null => (Op::Null, "null", Type { null: true, ..Type::made(Kind::Any) }),
            ExprKind::Path(path) => self.path_head(expr, path)?,
            ExprKind::Pipe { .. } => return self.ops(expr),
            ExprKind::List(_) => {
                self.error("M05", expr.span, "a list stands only behind `in`")
                    .help("a fixed list of values is written `{ list: [ … ] }`");
                return None;
            }
            ExprKind::Negate(inner) => {
                let (mut ops, ty) = self.ops(inner)?;
                self.number_side(inner, &ty)?;
                ops.push((Op::Negate, "negate"));
                return Some((ops, Type { scale: ty.scale, ..ty.turned(Kind::Decimal) }));
            }
            ExprKind::Binary { op: Binary::Plus, left, right } => {
                return self.calc(Calc::Plus, left, right);
            }
            ExprKind::Binary { op: Binary::Minus, left, right } => {
                return self.calc(Calc::Minus, left, right);
            }
            ExprKind::Binary { op: Binary::Times, left, right } => {
                return self.calc(Calc::Times, left, right);
            }
            ExprKind::Binary { .. } | ExprKind::Not(_) | ExprKind::Has(_) => {
                let cond = self.condition(expr)?;
                (Op::Test(cond), "condition", Type::made(Kind::Bool))
            }
            ExprKind::Choose { cond, yes, no } => {
                let (is, is_not) = (self.facts_of(cond, true), self.facts_of(cond, false));
                let cond = self.condition(cond)?;
                let yes = self.knowing(is, |lower| lower.expression(yes))?;
                let no = self.knowing(is_not, |lower| lower.expression(no))?;
                let ty = yes.ty.either(&no.ty);
                (Op::Choose { cond, yes: yes.expr, no: no.expr }, "choose", ty)
            }
        };
        Some((vec![(op, name)], ty))
    }

    fn number(&mut self, text: &str, span: Span) -> Option<(Op, &'static str, Type)> {
        let Ok(number) = Decimal::from_str_exact(text) else {
            self.error("M08", span, "this number is too long").expected("at most 28 digits");
            return None;
        };
        let ty = Type {
            scale: Some(number.scale()),
            minimum: Some(number),
            maximum: Some(number),
            ..Type::made(Kind::Decimal)
        };
        Some((Op::Number(number), "constant", ty))
    }

    fn calc(&mut self, kind: Calc, left: &Expr, right: &Expr) -> Option<(Ops, Type)> {
        let (a, b) = (self.expression(left)?, self.expression(right)?);
        self.number_side(left, &a.ty)?;
        self.number_side(right, &b.ty)?;
        let scale =
            a.ty.scale
                .zip(b.ty.scale)
                .map(|(a, b)| if kind == Calc::Times { a + b } else { a.max(b) });
        let absent = a.ty.may_be_absent() || b.ty.may_be_absent();
        let ty = Type {
            scale,
            missing: absent,
            personal: a.ty.personal || b.ty.personal,
            was_personal: a.ty.was_personal || b.ty.was_personal,
            ..Type::made(Kind::Decimal)
        };
        Some((vec![(Op::Calc { kind, left: a.expr, right: b.expr }, "calculate")], ty))
    }

    fn number_side(&self, expr: &Expr, ty: &Type) -> Option<()> {
        if ty.kind.is_number() || ty.kind == Kind::Any {
            return Some(());
        }
        let message = format!("arithmetic takes numbers, not {}", ty.kind.words());
        let fault = self.error("M05", expr.span, message);
        if ty.kind == Kind::Text {
            drop(fault.help("make it a number first: `(field | decimal)`"));
        }
        None
    }
}
