//! What is carried along while a map is lowered into its plan.

use std::{collections::HashMap, sync::Arc};

use codec::{
    diagnostic::{Diagnostic, Severity},
    yaml::Faults,
};

use super::compile::Obligations;
use crate::{
    language::{
        policy::{Empty, FieldPolicy},
        rule::{At, Text},
        table::Table as TableFile,
    },
    library::Library,
    plan::{
        CondId, ExprId, ListId, NodeId, Plan,
        node::Node,
        op::{Cond, Expr, ListPlan, Op},
        quick::Quick,
        trie::TrieId,
    },
    schema::{SchemaId, Schemas},
    types::Type,
    value::{Source, Span},
};

/// Lowers one map.
pub(crate) struct Lower<'a> {
    pub(crate) faults: &'a Faults,
    pub(crate) library: &'a dyn Library,
    pub(crate) plan: Plan,
    pub(crate) source: &'a Schemas,
    pub(crate) target: &'a Schemas,
    /// The record and the lists that are open, innermost last.
    pub(crate) scopes: Vec<ScopeInfo>,
    /// Of the field that is being lowered.
    pub(crate) policy: FieldPolicy,
    /// Of the map.
    pub(crate) map_policy: FieldPolicy,
    pub(crate) tables: Vec<TableFile>,
    /// Tables already in the plan, by name.
    pub(crate) table_ids: HashMap<String, u32>,
    pub(crate) tables_used: Vec<String>,
    pub(crate) tables_given: &'a HashMap<String, Vec<(String, String)>>,
    pub(crate) obligations: Obligations,
    /// The scalar that is being lowered.
    pub(crate) text: Option<Text>,
    /// Names of the needs, by their index in the plan.
    pub(crate) needs_used: Vec<bool>,
    /// Places that conditions around say are there.
    pub(crate) known: Vec<TrieId>,
    /// Texts interned in the plan.
    pub(crate) interned: HashMap<String, Span>,
    /// The map goes out: from a canonical entity to another system.
    pub(crate) outbound: bool,
    /// Some of the file could not be read.
    pub(crate) unread: bool,
    /// Whether the target may hold personal data.
    pub(crate) may_receive_personal: bool,
}

/// One open scope.
#[derive(Clone, Debug)]
pub(crate) struct ScopeInfo {
    /// Where its elements stand in the source; `None` for computed lists.
    pub(crate) node: Option<TrieId>,
    pub(crate) schema: Option<SchemaId>,
    /// Of a computed list: what an element is.
    pub(crate) element: Option<Type>,
}

/// A lowered value.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) expr: ExprId,
    pub(crate) ty: Type,
}

impl Lower<'_> {
    // === faults ===

    /// Adds an error at a part of the scalar that is being lowered.
    pub(crate) fn error_at(
        &self,
        code: &'static str,
        at: At,
        message: impl Into<String>,
    ) -> FaultBuilder<'_> {
        FaultBuilder {
            faults: self.faults,
            fault: Some(Diagnostic::error(code, self.faults.file(), at, message)),
        }
    }

    pub(crate) fn warning_at(
        &self,
        code: &'static str,
        at: At,
        message: impl Into<String>,
    ) -> FaultBuilder<'_> {
        let mut built = self.error_at(code, at, message);
        if let Some(fault) = &mut built.fault {
            fault.severity = Severity::Warning;
        }
        built
    }

    pub(crate) fn error(
        &self,
        code: &'static str,
        span: crate::language::expr::Span,
        message: impl Into<String>,
    ) -> FaultBuilder<'_> {
        self.error_at(code, self.at(span), message)
    }

    pub(crate) fn warning(
        &self,
        code: &'static str,
        span: crate::language::expr::Span,
        message: impl Into<String>,
    ) -> FaultBuilder<'_> {
        self.warning_at(code, self.at(span), message)
    }

    /// The place of a part of the scalar that is being lowered.
    pub(crate) fn at(&self, span: crate::language::expr::Span) -> At {
        self.text.as_ref().map_or((codec::diagnostic::Place::START, 1), |text| text.place(span))
    }

    // === arenas ===

    pub(crate) fn push_expr(
        &mut self,
        ops: Vec<(Op, &'static str)>,
        ty: &Type,
        text: &str,
    ) -> ExprId {
        let (ops, names) = ops.into_iter().unzip();
        let empty = self.empty();
        let (personal, text) = (ty.personal || ty.was_personal, text.into());
        self.plan.exprs.push(Expr {
            ops,
            names,
            empty,
            shared: None,
            quick: Quick::None,
            personal,
            text,
        });
        index(self.plan.exprs.len())
    }

    pub(crate) fn push_cond(&mut self, cond: Cond) -> CondId {
        self.plan.conds.push(cond);
        index(self.plan.conds.len())
    }

    pub(crate) fn push_list(&mut self, list: ListPlan) -> ListId {
        self.plan.lists.push(list);
        index(self.plan.lists.len())
    }

    pub(crate) fn push_node(&mut self, node: Node) -> NodeId {
        self.plan.nodes.push(node);
        index(self.plan.nodes.len())
    }

    /// A constant text of the plan.
    pub(crate) fn intern(&mut self, text: &str) -> Span {
        if let Some(known) = self.interned.get(text) {
            return *known;
        }
        let offset = crate::input::offset;
        let start = offset(self.plan.texts.len());
        self.plan.texts.push_str(text);
        let span = Span { source: Source::Plan, start, len: offset(text.len()) };
        self.interned.insert(text.to_owned(), span);
        span
    }

    /// What an empty text becomes: as the policy says; of rows, missing.
    pub(crate) fn empty(&self) -> Empty {
        let usual = if self.source.rows { Empty::Missing } else { Empty::Keep };
        self.policy.empty.unwrap_or(usual)
    }

    pub(crate) fn depth(&self) -> u8 {
        u8::try_from(self.scopes.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// The source text of a part of the scalar.
    pub(crate) fn excerpt(&self, span: crate::language::expr::Span) -> Arc<str> {
        let source = self.text.as_ref().map_or("", |text| text.source.as_str());
        let chars = source.chars().skip(span.start as usize).take(span.width as usize);
        chars.collect::<String>().into()
    }
}

/// Index of what was pushed last.
fn index(len: usize) -> u32 {
    u32::try_from(len.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// A fault that is added when it goes out of scope, so that `expected` and
/// `help` can follow.
pub(crate) struct FaultBuilder<'a> {
    faults: &'a Faults,
    fault: Option<Diagnostic>,
}

impl FaultBuilder<'_> {
    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.fault = self.fault.take().map(|it| it.expected(expected));
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.fault = self.fault.take().map(|it| it.help(help));
        self
    }

    pub(crate) fn nearest(self, name: &str, candidates: &[&str]) -> Self {
        match codec::diagnostic::nearest(name, candidates.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

impl Drop for FaultBuilder<'_> {
    fn drop(&mut self) {
        if let Some(fault) = self.fault.take() {
            self.faults.push(fault);
        }
    }
}
