//! Rules that write lists: one element for each of the source, or a fixed list.

use super::{compile::Verdict, lower::Lower, target::Target};
use crate::{
    language::{
        policy::{Absent, FieldPolicy},
        rule::{At, Each, Rule, RuleKind},
    },
    plan::{
        NodeId,
        node::{Bounds, Node},
    },
    schema::{Kinds, SchemaId},
};

impl Lower<'_> {
    pub(super) fn each(&mut self, rule: &Rule, each: &Each, target: &Target) -> Option<NodeId> {
        let (items, mut bounds) = self.list_target(rule.at, target)?;
        let held = self.text.replace(each.list.clone());
        let head = each.list.expr.clone();
        let open = self.open_stages(&head);
        self.text = held;
        let mut open = open?;
        let facts = each.condition.as_ref().map_or_else(Vec::new, |cond| self.facts(cond, true));
        if let Some(condition) = &each.condition {
            match self.condition_text(condition) {
                Some(cond) => open.list.stages.push(crate::plan::op::Stage::Where(cond)),
                None => {
                    self.close(&open);
                    return None;
                }
            }
        }
        let inner = Target { schema: items, path: format!("{}[]", target.path), mandatory: true };
        let element_policy = FieldPolicy { missing: None, null: None, ..self.policy.clone() };
        let held = std::mem::replace(
            &mut self.policy,
            FieldPolicy {
                missing: self.map_policy.missing.clone(),
                null: self.map_policy.null.clone(),
                ..element_policy
            },
        );
        let body = self.knowing(facts, |lower| lower.rule(&each.body, &inner));
        self.policy = held;
        self.close(&open);
        let body = body?;
        self.list_key(rule.at, each, target);
        let absent = open.absent.may_be_absent();
        self.list_presence(rule.at, absent, target);
        bounds.keep_empty = !absent && target.mandatory;
        let list = self.keep_list(open);
        Some(self.push_node(Node::Each { list, body, bounds }))
    }

    /// `key:` names a field of the elements; written back, they are matched by it.
    fn list_key(&mut self, at: At, each: &Each, target: &Target) {
        let Some(key) = &each.key else { return };
        let RuleKind::Object { fields, .. } = &each.body.kind else { return };
        let names: Vec<String> = fields.iter().map(|it| it.path.join(".")).collect();
        if names.contains(key) {
            return self.plan.keys.push((target.path.replace("[]", ""), key.clone()));
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.error_at("M02", at, format!("`key: {key}` is no field of the elements"))
            .expected("a field of `fields:` that no two elements share")
            .nearest(key, &names);
    }

    /// The list of `each:` with the stages behind it.
    pub(super) fn open_stages(
        &mut self,
        head: &crate::language::expr::Expr,
    ) -> Option<super::list::OpenList> {
        use crate::language::expr::ExprKind;
        let ExprKind::Pipe { head: first, calls } = &head.kind else { return self.open_list(head) };
        let stages =
            calls.iter().all(|call| matches!(call.name.as_str(), "where" | "flatten" | "distinct"));
        if !stages {
            // A pipe that ends in a list of texts: `tags | split(",")`.
            let cut = calls
                .iter()
                .rposition(|call| !matches!(call.name.as_str(), "where" | "distinct"))
                .map_or(0, |it| it + 1);
            let (made, after) = calls.split_at_checked(cut)?;
            let kind = ExprKind::Pipe { head: first.clone(), calls: made.to_vec() };
            let inner = crate::language::expr::Expr { span: head.span, kind };
            let mut open = self.open_list(&inner)?;
            for call in after {
                self.stage(&mut open, call)?;
            }
            return Some(open);
        }
        let mut open = self.open_list(first)?;
        for call in calls {
            if self.stage(&mut open, call).is_none() {
                self.close(&open);
                return None;
            }
        }
        Some(open)
    }

    pub(super) fn list_presence(&mut self, at: At, absent: bool, target: &Target) {
        if !target.mandatory {
            return;
        }
        let errors = self.policy.missing == Some(Absent::Error);
        if absent && !errors {
            self.obligations.add(&target.path, "required", Verdict::Error);
            self.error_at(
                "M06",
                at,
                format!("`{}` is required, and its list may be absent", target.path),
            )
            .help("add `missing: error` beside `each:`, or require the list in the source schema");
        } else {
            let verdict = if absent { Verdict::Checked } else { Verdict::Proved };
            self.obligations.add(&target.path, "required", verdict);
        }
    }

    pub(super) fn list(&mut self, rule: &Rule, items: &[Rule], target: &Target) -> Option<NodeId> {
        let (schema, mut bounds) = self.list_target(rule.at, target)?;
        let mut lowered = Vec::new();
        for item in items {
            // An item that is a list itself is spliced in, so it is one of items.
            let splice = matches!(item.kind, RuleKind::Each(_));
            let inner = if splice {
                Target { mandatory: false, ..target.clone() }
            } else {
                Target { schema, path: format!("{}[]", target.path), mandatory: false }
            };
            lowered.push(self.rule(item, &inner)?);
        }
        bounds.keep_empty = target.mandatory && bounds.min == 0;
        Some(self.push_node(Node::List { items: lowered, bounds }))
    }

    /// Schema of the elements and bounds of a target list.
    pub(super) fn list_target(
        &mut self,
        at: At,
        target: &Target,
    ) -> Option<(Option<SchemaId>, Bounds)> {
        let Some(node) = target.schema.and_then(|id| self.target.get(id)) else {
            return Some((None, Bounds::default()));
        };
        if !node.kinds.has(Kinds::ARRAY) {
            let words = node.kinds.words();
            self.error_at(
                "M07",
                at,
                format!("`{}` wants {words}, and this is a list", target.path),
            )
            .expected(words)
            .help("fold the list to one value: `first`, `sum(…)`, `join(\", \")`");
            return None;
        }
        let bounds =
            Bounds { min: node.items_min.unwrap_or(0), max: node.items_max, keep_empty: false };
        let items = node.items;
        if bounds.min > 0 || bounds.max.is_some() {
            self.obligations.add(&target.path, "items", Verdict::Checked);
        }
        Some((items, bounds))
    }
}
