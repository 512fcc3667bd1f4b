//! What a map compiles to: a trie of the paths it reads, and flat arenas of
//! expressions, conditions and target nodes that refer to each other by index.
//! Nothing here is parsed or looked up by name when a record runs.

pub(crate) mod node;
pub(crate) mod op;
pub(crate) mod quick;
mod seal;
mod share;
pub(crate) mod trie;

use std::sync::Arc;

use canon::{
    entity::{Action, Classification, Entity},
    event::VersionKind,
};

use crate::language::policy::FaultPolicy;
use node::{Member, Node};
use op::{Cond, Expr, ListPlan};
use trie::Trie;

/// Indexes into the arenas of a [`Plan`].
pub(crate) type ExprId = u32;
pub(crate) type CondId = u32;
pub(crate) type ListId = u32;
pub(crate) type NodeId = u32;

/// A compiled map.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) trie: Trie,
    /// Constant texts; spans of source `Plan` point here.
    pub(crate) texts: String,
    pub(crate) exprs: Vec<Expr>,
    pub(crate) conds: Vec<Cond>,
    pub(crate) lists: Vec<ListPlan>,
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: Vec<Member>,
    pub(crate) tables: Vec<Arc<Table>>,
    pub(crate) header: Header,
    pub(crate) needs: Vec<(String, bool)>,
    pub(crate) on_fault: FaultPolicy,
    /// Written lists with the field by which their elements are matched.
    pub(crate) keys: Vec<(String, String)>,
    /// Beginnings of pipes that several pipes share.
    pub(crate) memos: u16,
}

/// What the envelope is made of.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) source_id: Option<ExprId>,
    pub(crate) source_version: Option<ExprId>,
    pub(crate) version_kind: VersionKind,
    pub(crate) occurred_at: Option<ExprId>,
    pub(crate) partition_key: Option<ExprId>,
    pub(crate) actions: Vec<(Option<CondId>, Action)>,
    pub(crate) entity: Option<Entity>,
    pub(crate) classification: Option<Classification>,
    /// The envelope's members that are the same for every record.
    pub(crate) schema_version: String,
}

/// A table ready for look-up.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    /// In order of their first day; the first of a table without dates starts
    /// with the empty text.
    pub(crate) editions: Vec<Edition>,
}

/// The entries of one period.
#[derive(Debug)]
pub(crate) struct Edition {
    pub(crate) from: String,
    /// Sorted by key; the value's place in [`Plan::texts`].
    pub(crate) entries: Vec<(Box<str>, Looked)>,
    pub(crate) other: Looked,
}

/// What a look-up answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Looked {
    Fault,
    Omit,
    Text(crate::value::Span),
}

// === impl Plan ===

impl Plan {
    /// Makes what is only known once everything is there.
    pub(crate) fn seal(&mut self) {
        seal::constants(self);
        share::beginnings(self);
        quick::recognise(self);
    }

    pub(crate) fn expr(&self, id: ExprId) -> Option<&Expr> {
        self.exprs.get(id as usize)
    }

    pub(crate) fn cond(&self, id: CondId) -> Option<&Cond> {
        self.conds.get(id as usize)
    }

    pub(crate) fn list(&self, id: ListId) -> Option<&ListPlan> {
        self.lists.get(id as usize)
    }

    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }
}

// === impl Table ===

impl Table {
    /// What `key` becomes on the day `at` (`YYYY-MM-DD`; empty: always).
    pub(crate) fn look_up(&self, key: &str, at: &str) -> Looked {
        let edition = self.editions.iter().rev().find(|it| it.from.as_str() <= at);
        let Some(edition) = edition else { return Looked::Fault };
        let found = edition.entries.binary_search_by(|(it, _)| it.as_ref().cmp(key));
        found.ok().and_then(|index| edition.entries.get(index)).map_or(edition.other, |it| it.1)
    }
}
