//! What a condition says about absence: behind `has(customer)` the customer is
//! there, so what it requires of itself is there too.

use super::lower::Lower;
use crate::{
    language::expr::{Binary, Expr, ExprKind, Origin},
    language::rule::Text,
    plan::trie::TrieId,
};

impl Lower<'_> {
    /// What is there when the condition holds (or, with `holds` false, when it
    /// does not).
    pub(crate) fn facts(&mut self, text: &Text, holds: bool) -> Vec<TrieId> {
        let held = self.text.replace(text.clone());
        let mut found = Vec::new();
        self.collect(&text.expr, holds, &mut found);
        self.text = held;
        found
    }

    /// The same for a condition within the scalar at hand.
    pub(crate) fn facts_of(&mut self, expr: &Expr, holds: bool) -> Vec<TrieId> {
        let mut found = Vec::new();
        self.collect(expr, holds, &mut found);
        found
    }

    fn collect(&mut self, expr: &Expr, holds: bool, found: &mut Vec<TrieId>) {
        match (&expr.kind, holds) {
            (ExprKind::Binary { op: Binary::And, left, right }, true)
            | (ExprKind::Binary { op: Binary::Or, left, right }, false) => {
                self.collect(left, holds, found);
                self.collect(right, holds, found);
            }
            (ExprKind::Not(inner), _) => self.collect(inner, !holds, found),
            (ExprKind::Has(inner), true) => self.there(inner, found),
            (ExprKind::Binary { op, left, right }, holds) => {
                let null = right.kind == ExprKind::Null;
                let compares = !matches!(op, Binary::And | Binary::Or | Binary::NotEqual);
                match (op, holds) {
                    (Binary::NotEqual, true) | (Binary::Equal, false) if null => {
                        self.there(left, found)
                    }
                    // A comparison with something absent does not hold.
                    (_, true) if compares && !null => {
                        self.there(left, found);
                        self.there(right, found);
                    }
                    _ => {}
                }
            }
            (ExprKind::Path(_), true) => self.there(expr, found),
            _ => {}
        }
    }

    /// A path that is there, and all it leads through.
    fn there(&mut self, expr: &Expr, found: &mut Vec<TrieId>) {
        let path = match &expr.kind {
            ExprKind::Path(path) => path,
            ExprKind::Pipe { head, calls } => {
                let ends = calls
                    .iter()
                    .any(|call| matches!(call.name.as_str(), "default" | "rescue" | "coalesce"));
                if !ends {
                    self.there(head, found);
                }
                return;
            }
            _ => return,
        };
        let local = matches!(path.from, Origin::Up(_) | Origin::Root) && !path.steps.is_empty();
        if !local {
            return;
        }
        let Some(depth) = self.scope_of(path, expr.span) else { return };
        let computed = self.scopes.get(usize::from(depth)).is_none_or(|it| it.node.is_none());
        let Some(cursor) = (if computed { None } else { self.walk(path, depth, expr.span) }) else {
            return;
        };
        if !cursor.hops.is_empty() {
            return;
        }
        let mut at = Some(cursor.node);
        while let Some(id) = at {
            found.push(id);
            at = self.plan.trie.node(id).and_then(|it| it.parent);
        }
    }

    /// Runs with more facts known.
    pub(crate) fn knowing<R>(&mut self, facts: Vec<TrieId>, run: impl FnOnce(&mut Self) -> R) -> R {
        let held = self.known.len();
        self.known.extend(facts);
        let result = run(self);
        self.known.truncate(held);
        result
    }
}
