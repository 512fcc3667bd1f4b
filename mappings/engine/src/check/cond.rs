//! Conditions.

use rust_decimal::Decimal;

use super::lower::{Lower, Lowered};
use crate::{
    language::{
        expr::{Binary, Expr, ExprKind},
        rule::Text,
    },
    plan::{
        CondId,
        op::{Compare, Cond},
    },
    types::{Kind, Type},
};

impl Lower<'_> {
    /// Lowers a condition that is a scalar of the map file.
    pub(crate) fn condition_text(&mut self, text: &Text) -> Option<CondId> {
        let held = self.text.replace(text.clone());
        let cond = self.condition(&text.expr);
        if let Some(cond) = cond
            && let Some(Cond::Const(holds)) = self.plan.cond(cond)
        {
            let word = if *holds { "true" } else { "false" };
            let code = if *holds { "M24" } else { "M23" };
            self.warning(code, text.expr.span, format!("this condition is always {word}"));
        }
        self.text = held;
        cond
    }

    /// Lowers a condition.
    pub(crate) fn condition(&mut self, expr: &Expr) -> Option<CondId> {
        let cond = match &expr.kind {
            ExprKind::Binary { op: Binary::And, left, right } => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                self.both(left, right, true)
            }
            ExprKind::Binary { op: Binary::Or, left, right } => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                self.both(left, right, false)
            }
            ExprKind::Not(inner) => {
                let inner = self.condition(inner)?;
                match self.plan.cond(inner) {
                    Some(Cond::Const(holds)) => Cond::Const(!holds),
                    _ => Cond::Not(inner),
                }
            }
            ExprKind::Bool(holds) => Cond::Const(*holds),
            ExprKind::Has(inner) => self.has(inner)?,
            ExprKind::Binary { op: Binary::In, left, right } => self.membership(left, right)?,
            ExprKind::Binary { op, left, right } => match compare_of(*op) {
                Some(how) => self.comparison(how, expr, left, right)?,
                None => return self.value_condition(expr),
            },
            ExprKind::Text(_) | ExprKind::Number(_) | ExprKind::Null | ExprKind::List(_) => {
                self.error("M05", expr.span, "this is not a condition")
                    .expected("something that is true or false");
                return None;
            }
            ExprKind::Path(_)
            | ExprKind::Pipe { .. }
            | ExprKind::Negate(_)
            | ExprKind::Choose { .. } => {
                return self.value_condition(expr);
            }
        };
        Some(self.push_cond(cond))
    }

    /// `&&` and `||`, with what is constant taken out.
    fn both(&self, left: CondId, right: CondId, and: bool) -> Cond {
        let constant = |id| match self.plan.cond(id) {
            Some(Cond::Const(holds)) => Some(*holds),
            _ => None,
        };
        match (constant(left), constant(right)) {
            (Some(holds), _) | (_, Some(holds)) if holds != and => Cond::Const(!and),
            (Some(_), Some(_)) => Cond::Const(and),
            _ if and => Cond::And(left, right),
            _ => Cond::Or(left, right),
        }
    }

    fn has(&mut self, inner: &Expr) -> Option<Cond> {
        if let ExprKind::Path(path) = &inner.kind
            && self.is_list(path)
        {
            let path = path.clone();
            let depth = self.scope_of(&path, inner.span)?;
            let cursor = self.walk(&path, depth, inner.span)?;
            let place = self.place(&cursor);
            let ty = self.type_at(&cursor, &path);
            let text = self.excerpt(inner.span);
            let expr = self.push_expr(vec![(crate::plan::op::Op::Load(place), "load")], &ty, &text);
            return Some(Cond::Has(expr));
        }
        let lowered = self.expression(inner)?;
        if !lowered.ty.may_be_absent()
            && lowered.ty.kind != Kind::Any
            && self.empty() == crate::language::policy::Empty::Keep
        {
            let claimed = if lowered.ty.made { "" } else { " by the source schema" };
            self.warning("M24", inner.span, format!("this is always there{claimed}"));
        }
        Some(Cond::Has(lowered.expr))
    }

    fn value_condition(&mut self, expr: &Expr) -> Option<CondId> {
        let lowered = self.expression(expr)?;
        if !matches!(lowered.ty.kind, Kind::Bool | Kind::Any) {
            let fault = self.error(
                "M05",
                expr.span,
                format!("a condition is true or false, and this is {}", lowered.ty.kind.words()),
            );
            drop(fault.help("compare it, or ask whether it is there: `has(field)`"));
            return None;
        }
        Some(self.push_cond(Cond::Value(lowered.expr)))
    }

    fn comparison(
        &mut self,
        how: Compare,
        whole: &Expr,
        left: &Expr,
        right: &Expr,
    ) -> Option<Cond> {
        if let Some(cond) = self.null_comparison(how, left, right)? {
            return Some(cond);
        }
        let (a, b) = (self.expression(left)?, self.expression(right)?);
        self.comparable(whole, &a, &b)?;
        if let Some(holds) = decided(how, &a.ty, &b.ty) {
            return Some(Cond::Const(holds));
        }
        self.known_members(left, &a.ty, right, &b.ty);
        Some(Cond::Compare { how, left: a.expr, right: b.expr })
    }

    /// `x == null` asks whether it is absent.
    fn null_comparison(&mut self, how: Compare, left: &Expr, right: &Expr) -> Option<Option<Cond>> {
        let side = match (&left.kind, &right.kind) {
            (_, ExprKind::Null) => left,
            (ExprKind::Null, _) => right,
            _ => return Some(None),
        };
        let lowered = self.expression(side)?;
        Some(match how {
            Compare::NotEqual => Some(Cond::Has(lowered.expr)),
            Compare::Equal => {
                let has = self.push_cond(Cond::Has(lowered.expr));
                Some(Cond::Not(has))
            }
            _ => {
                self.error("M05", side.span, "null has no order").expected("`==` or `!=`");
                return None;
            }
        })
    }

    fn comparable(&self, whole: &Expr, a: &Lowered, b: &Lowered) -> Option<()> {
        let group = |kind: Kind| match kind {
            Kind::Number | Kind::Decimal => 1,
            Kind::Text => 2,
            Kind::Bool => 3,
            Kind::Instant => 4,
            Kind::Date => 5,
            Kind::Money => 6,
            Kind::Texts | Kind::List | Kind::Object => 7,
            Kind::Any => 0,
        };
        let (left, right) = (group(a.ty.kind), group(b.ty.kind));
        let day = (left.min(right), left.max(right)) == (2, 5);
        let amount = (left.min(right), left.max(right)) == (1, 6);
        if left == 0 || right == 0 || (left == right && left != 7) || day || amount {
            return Some(());
        }
        let message = format!("{} is compared with {}", a.ty.kind.words(), b.ty.kind.words());
        let fault = self.error("M05", whole.span, message);
        if (left.min(right), left.max(right)) == (1, 2) {
            drop(fault.help("make the text a number: `(field | decimal)`, or the number a text: `(field | text)`"));
        }
        None
    }

    /// A text that the source schema says cannot be.
    fn known_members(&self, left: &Expr, a: &Type, right: &Expr, b: &Type) {
        let (known, given, at) = match (&a.one_of, &right.kind, &b.one_of, &left.kind) {
            (Some(known), ExprKind::Text(text), ..) => (known, text, right.span),
            (_, _, Some(known), ExprKind::Text(text)) => (known, text, left.span),
            _ => return,
        };
        if !known.contains(given) {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            self.warning("M23", at, format!("the source never says {given:?}"))
                .expected(names.join(", "))
                .nearest(given, &names);
        }
    }

    fn membership(&mut self, left: &Expr, right: &Expr) -> Option<Cond> {
        let value = self.expression(left)?;
        let ExprKind::List(items) = &right.kind else {
            let mut open = self.open_list(right)?;
            let this = crate::language::expr::Path {
                from: crate::language::expr::Origin::Up(0),
                steps: Vec::new(),
            };
            let element = self.expression(&Expr { span: right.span, kind: ExprKind::Path(this) });
            self.close(&open);
            open.opened = 0;
            let list = self.keep_list(open);
            return Some(Cond::InList { value: value.expr, list, element: element?.expr });
        };
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        for item in items {
            match &item.kind {
                ExprKind::Text(text) => {
                    texts.push(text.clone().into_boxed_str());
                    self.known_members(left, &value.ty, item, &Type::any());
                }
                ExprKind::Number(text) => numbers.extend(Decimal::from_str_exact(text).ok()),
                _ => {
                    self.error("M05", item.span, "only literals stand in a list")
                        .expected("texts or numbers");
                    return None;
                }
            }
        }
        let fits = match value.ty.kind {
            Kind::Text => numbers.is_empty(),
            Kind::Number | Kind::Decimal => texts.is_empty(),
            Kind::Any => texts.is_empty() || numbers.is_empty(),
            _ => false,
        };
        if !fits {
            self.error(
                "M05",
                right.span,
                format!("{} is looked for among values of another type", value.ty.kind.words()),
            );
            return None;
        }
        Some(if numbers.is_empty() {
            Cond::InTexts { value: value.expr, texts }
        } else {
            Cond::InNumbers { value: value.expr, numbers }
        })
    }
}

fn compare_of(op: Binary) -> Option<Compare> {
    Some(match op {
        Binary::Equal => Compare::Equal,
        Binary::NotEqual => Compare::NotEqual,
        Binary::Less => Compare::Less,
        Binary::LessOrEqual => Compare::LessOrEqual,
        Binary::Greater => Compare::Greater,
        Binary::GreaterOrEqual => Compare::GreaterOrEqual,
        Binary::Or | Binary::And | Binary::In | Binary::Plus | Binary::Minus | Binary::Times => {
            return None;
        }
    })
}

/// A comparison of two constants.
fn decided(how: Compare, a: &Type, b: &Type) -> Option<bool> {
    let point = |ty: &Type| {
        ty.minimum.filter(|it| ty.maximum == Some(*it) && ty.made && !ty.may_be_absent())
    };
    let word = |ty: &Type| match &ty.one_of {
        Some(words) if ty.made && !ty.may_be_absent() => match words.as_slice() {
            [word] => Some(word.clone()),
            _ => None,
        },
        _ => None,
    };
    let order = match (point(a), point(b), word(a), word(b)) {
        (Some(a), Some(b), ..) => a.cmp(&b),
        (_, _, Some(a), Some(b)) => a.cmp(&b),
        _ => return None,
    };
    Some(match how {
        Compare::Equal => order.is_eq(),
        Compare::NotEqual => order.is_ne(),
        Compare::Less => order.is_lt(),
        Compare::LessOrEqual => order.is_le(),
        Compare::Greater => order.is_gt(),
        Compare::GreaterOrEqual => order.is_ge(),
    })
}
