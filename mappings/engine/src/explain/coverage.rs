//! Which fields and branches of a map the fixtures reach.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    map::Map,
    plan::{
        NodeId,
        node::{Member, Node},
    },
    run::trace::Trace,
};

/// What runs have reached so far.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    nodes: BTreeSet<NodeId>,
    branches: BTreeSet<(NodeId, usize)>,
}

/// How much of a map was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageReport {
    /// The map's label.
    pub map: String,
    pub fields: usize,
    pub fields_reached: usize,
    pub branches: usize,
    pub branches_reached: usize,
    /// What was not reached, in words.
    pub missing: Vec<String>,
    /// Every field and branch.
    pub items: Vec<CoverageItem>,
}

/// A field, or a branch of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageItem {
    /// Target path.
    pub target: String,
    /// Of a branch: `branch 2`, `present` or `left out`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    pub reached: bool,
}

impl Coverage {
    /// What of `map` was reached.
    pub fn report(&self, map: &Map) -> CoverageReport {
        let mut survey = Survey {
            map,
            coverage: self,
            report: CoverageReport {
                map: map.label().to_owned(),
                fields: 0,
                fields_reached: 0,
                branches: 0,
                branches_reached: 0,
                missing: Vec::new(),
                items: Vec::new(),
            },
        };
        survey.members(&map.plan.root);
        survey.report
    }
}

impl CoverageReport {
    /// Fields and branches together, in whole percent, rounded down.
    pub fn percent(&self) -> usize {
        let all = self.fields + self.branches;
        ((self.fields_reached + self.branches_reached) * 100).checked_div(all).unwrap_or(100)
    }

    /// As text for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}: {} % ({} of {} fields, {} of {} branches)\n",
            self.map,
            self.percent(),
            self.fields_reached,
            self.fields,
            self.branches_reached,
            self.branches
        );
        for missing in &self.missing {
            text.push_str(&format!("  not reached: {missing}\n"));
        }
        text
    }
}

impl Trace for &mut Coverage {
    fn node(&mut self, node: NodeId) {
        self.nodes.insert(node);
    }

    fn branch(&mut self, node: NodeId, branch: usize) {
        self.branches.insert((node, branch));
    }

    fn when(&mut self, node: NodeId, holds: bool) {
        self.branches.insert((node, usize::from(holds)));
    }
}

/// Counts through the nodes of a map.
struct Survey<'a> {
    map: &'a Map,
    coverage: &'a Coverage,
    report: CoverageReport,
}

impl Survey<'_> {
    fn members(&mut self, members: &[Member]) {
        for member in members {
            self.node(member.node, &member.target);
        }
    }

    fn node(&mut self, id: NodeId, target: &str) {
        match self.map.plan.node(id) {
            None => {}
            Some(Node::Value(_) | Node::Const(_)) => {
                self.report.fields += 1;
                let reached = self.coverage.nodes.contains(&id);
                let target_of = target.to_owned();
                self.report.items.push(CoverageItem { target: target_of, branch: None, reached });
                if reached {
                    self.report.fields_reached += 1;
                } else {
                    self.report.missing.push(target.to_owned());
                }
            }
            Some(Node::Object { when, members }) => {
                if when.is_some() {
                    self.branch(id, 1, target, "present");
                    self.branch(id, 0, target, "left out");
                }
                self.members(members);
            }
            Some(Node::Choose { branches }) => {
                for (index, (_, node)) in branches.iter().enumerate() {
                    self.branch(id, index, target, &format!("branch {}", index + 1));
                    self.node(*node, target);
                }
            }
            Some(Node::Each { body, .. }) => self.node(*body, target),
            Some(Node::List { items, .. }) => {
                items.iter().for_each(|item| self.node(*item, target))
            }
        }
    }

    fn branch(&mut self, id: NodeId, index: usize, target: &str, what: &str) {
        self.report.branches += 1;
        let reached = self.coverage.branches.contains(&(id, index));
        let (target_of, branch) = (target.to_owned(), Some(what.to_owned()));
        self.report.items.push(CoverageItem { target: target_of, branch, reached });
        if reached {
            self.report.branches_reached += 1;
        } else {
            self.report.missing.push(format!("{target} ({what})"));
        }
    }
}
