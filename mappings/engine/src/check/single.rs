//! Rules that are one value: in the envelope and in `join`.

use super::lower::{Lower, Lowered};
use crate::{
    language::rule::{Branch, Rule, RuleKind},
    plan::op::Op,
    types::{Kind, Type},
};

impl Lower<'_> {
    /// A rule that is one value: in the envelope and in `join`.
    pub(crate) fn rule_expr(&mut self, rule: &Rule) -> Option<Lowered> {
        match &rule.kind {
            RuleKind::Value(text) => self.text(text),
            RuleKind::Const(node) => {
                let text = self.constant_text(node)?;
                let span = self.intern(&text);
                let ty = Type::constant(&text);
                let expr = self.push_expr(vec![(Op::Text(span), "constant")], &ty, &text);
                Some(Lowered { expr, ty })
            }
            RuleKind::Join { parts, with } => self.join(parts, with),
            RuleKind::Choose(branches) => self.choose_expr(branches),
            RuleKind::Each(_) | RuleKind::List(_) | RuleKind::Object { .. } => {
                self.error_at("M07", rule.at, "one value is expected here")
                    .expected("an expression, a constant, a `join` or a list of `- if:`");
                None
            }
        }
    }

    pub(super) fn join(&mut self, parts: &[Rule], with: &str) -> Option<Lowered> {
        let mut exprs = Vec::new();
        let mut ty = Type { missing: true, ..Type::made(Kind::Text) };
        for part in parts {
            let lowered = self.rule_expr(part)?;
            if matches!(lowered.ty.kind, Kind::Object | Kind::List | Kind::Texts) {
                self.error_at(
                    "M05",
                    part.at,
                    format!("`join` takes single values, not {}", lowered.ty.kind.words()),
                );
                return None;
            }
            ty.missing &= lowered.ty.may_be_absent();
            ty.personal |= lowered.ty.personal;
            exprs.push(lowered.expr);
        }
        let with = self.intern(with);
        let expr = self.push_expr(vec![(Op::Joined { parts: exprs, with }, "join")], &ty, "join");
        Some(Lowered { expr, ty })
    }

    pub(super) fn choose_expr(&mut self, branches: &[Branch]) -> Option<Lowered> {
        let Some((branch, rest)) = branches.split_first() else {
            let ty = Type { missing: true, ..Type::made(Kind::Any) };
            let expr = self.push_expr(vec![(Op::Null, "null")], &ty, "");
            return Some(Lowered { expr, ty });
        };
        let facts = branch.cond.as_ref().map_or_else(Vec::new, |cond| self.facts(cond, true));
        let yes = self.knowing(facts, |lower| lower.rule_expr(&branch.rule))?;
        let Some(text) = &branch.cond else { return Some(yes) };
        let cond = self.condition_text(text)?;
        let facts = self.facts(text, false);
        let no = self.knowing(facts, |lower| lower.choose_expr(rest))?;
        let ty = yes.ty.either(&no.ty);
        let ty = if rest.is_empty() { Type { kind: yes.ty.kind, missing: true, ..ty } } else { ty };
        let expr = self.push_expr(
            vec![(Op::Choose { cond, yes: yes.expr, no: no.expr }, "choose")],
            &ty,
            "choice",
        );
        Some(Lowered { expr, ty })
    }
}
