//! What a map costs at most, before anything runs. Counted are steps: each
//! function, comparison and written value is one, for each element it is done
//! for. A list counts with the length that the source schema declares; what it
//! does not declare is bounded when a record runs.

use std::collections::BTreeMap;

use codec::diagnostic::Diagnostic;

use super::lower::Lower;
use crate::{
    language::{expr::push_key, map_file::MapFile},
    plan::{
        CondId, ExprId, ListId, NodeId,
        node::Node,
        op::{Cond, Fold, ListSource, Op, Place, Stage},
        trie::TrieId,
    },
    run::STEPS_MAX,
    schema::SchemaId,
};

/// Steps that one record may take by what is declared: less than a second.
const COST_MAX: u64 = 20_000_000;

/// What one record costs at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Steps, and the lists for each of whose elements they are done; first those
    /// that are done once.
    pub terms: Vec<(u64, Vec<String>)>,
    /// Steps of the longest record that the source schema allows; `None` when a
    /// list declares no length.
    pub steps_max: Option<u64>,
    /// Elements that record goes through.
    pub elements_max: Option<u64>,
}

/// Counts through a plan.
struct Count<'a, 'l> {
    lower: &'a Lower<'l>,
    /// The lists that are gone through, with their declared lengths.
    around: Vec<(String, Option<u64>)>,
    terms: BTreeMap<Vec<String>, u64>,
    steps: Sum,
    elements: Sum,
}

/// A sum, and whether lists without declared length are left out of it.
#[derive(Default)]
struct Sum {
    known: u64,
    open: bool,
}

/// The cost of a map whose rules are lowered; a fault for each field whose rule
/// alone goes beyond the bounds by what is declared.
pub(super) fn count(lower: &Lower<'_>, file: &MapFile) -> Cost {
    let mut all = Count::new(lower);
    for member in &lower.plan.root {
        let mut own = Count::new(lower);
        own.node(member.node);
        let most = (own.elements.known, own.steps.known);
        if most.0 > STEPS_MAX.into() || most.1 > COST_MAX {
            fault(lower, file, &member.target, most);
        }
        all.node(member.node);
    }
    let header = &lower.plan.header;
    let exprs = [header.source_id, header.source_version, header.occurred_at, header.partition_key];
    exprs.into_iter().flatten().for_each(|it| all.expr(it));
    header.actions.iter().filter_map(|it| it.0).for_each(|it| all.cond(it));
    let mut terms: Vec<_> = all.terms.into_iter().map(|(lists, steps)| (steps, lists)).collect();
    terms.sort_by_key(|it| it.1.len());
    let closed = |sum: &Sum| (!sum.open).then_some(sum.known);
    Cost { steps_max: closed(&all.steps), elements_max: closed(&all.elements), terms }
}

fn fault(lower: &Lower<'_>, file: &MapFile, target: &str, (elements, steps): (u64, u64)) {
    let of = |path: &[String]| {
        let mut text = String::new();
        path.first().into_iter().for_each(|it| push_key(&mut text, it));
        text
    };
    let field = file.fields.iter().find(|it| of(&it.path) == target);
    let message = format!(
        "`{target}` goes through up to {elements} elements in {steps} steps, by the lengths that the source schema declares"
    );
    let at = field.map_or(file.at, |it| it.at);
    lower.faults.push(
        Diagnostic::error("M26", lower.faults.file(), at, message)
            .expected(format!("at most {STEPS_MAX} elements and {COST_MAX} steps for one record"))
            .help("go through a list once, not again for each element of another; or lower `maxItems` in the source schema"),
    );
}

impl<'a, 'l> Count<'a, 'l> {
    fn new(lower: &'a Lower<'l>) -> Self {
        let (steps, elements) = (Sum::default(), Sum::default());
        Self { lower, around: Vec::new(), terms: BTreeMap::new(), steps, elements }
    }

    /// How often what stands here is done, by what is declared.
    fn times(&self) -> Option<u64> {
        self.around.iter().try_fold(1_u64, |all, (_, most)| Some(all.saturating_mul((*most)?)))
    }

    fn step(&mut self) {
        let lists = self.around.iter().map(|it| it.0.clone()).collect();
        let term = self.terms.entry(lists).or_default();
        *term = term.saturating_add(1);
        let times = self.times();
        self.steps.add(times);
    }

    fn node(&mut self, id: NodeId) {
        match self.lower.plan.node(id) {
            None | Some(Node::Const(_)) => {}
            Some(Node::Value(value)) => {
                self.step();
                self.expr(value.expr);
            }
            Some(Node::Object { when, members }) => {
                when.iter().for_each(|it| self.cond(*it));
                members.iter().for_each(|it| self.node(it.node));
            }
            Some(Node::Choose { branches }) => {
                for (cond, node) in branches {
                    cond.iter().for_each(|it| self.cond(*it));
                    self.node(*node);
                }
            }
            Some(Node::Each { list, body, .. }) => self.list(*list, |it| it.node(*body)),
            Some(Node::List { items, .. }) => items.iter().for_each(|it| self.node(*it)),
        }
    }

    fn expr(&mut self, id: ExprId) {
        let lower = self.lower;
        for op in lower.plan.expr(id).iter().flat_map(|it| &it.ops) {
            self.step();
            self.op(op);
        }
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Load(place) => self.picks(place),
            Op::Test(cond) => self.cond(*cond),
            Op::Choose { cond, yes, no } => {
                self.cond(*cond);
                self.expr(*yes);
                self.expr(*no);
            }
            Op::Calc { left, right, .. } => {
                self.expr(*left);
                self.expr(*right);
            }
            Op::Joined { parts: exprs, .. } | Op::Coalesce(exprs) => {
                exprs.iter().for_each(|it| self.expr(*it));
            }
            Op::List { list, fold } => match fold {
                Fold::Count => self.list(*list, |_| {}),
                Fold::Sum(of)
                | Fold::Least(of)
                | Fold::Most(of)
                | Fold::First(of)
                | Fold::Last(of)
                | Fold::Texts(of) => self.list(*list, |it| it.expr(*of)),
            },
            Op::Allocate { list, weight, .. } => self.list(*list, |it| it.expr(*weight)),
            Op::Prefix(it)
            | Op::Suffix(it)
            | Op::Plus(it)
            | Op::Minus(it)
            | Op::Times(it)
            | Op::Divide { by: it, .. }
            | Op::Least(it)
            | Op::Most(it)
            | Op::Money { currency: it, .. }
            | Op::TaxOf { rate: it, .. }
            | Op::Table { at: Some(it), .. }
            | Op::Default(it)
            | Op::Rescue(it)
            | Op::NullIf(it) => self.expr(*it),
            _ => {}
        }
    }

    fn cond(&mut self, id: CondId) {
        self.step();
        match self.lower.plan.cond(id) {
            None | Some(Cond::Const(_)) => {}
            Some(Cond::And(left, right) | Cond::Or(left, right)) => {
                self.cond(*left);
                self.cond(*right);
            }
            Some(Cond::Not(inner)) => self.cond(*inner),
            Some(
                Cond::Has(value)
                | Cond::Value(value)
                | Cond::InTexts { value, .. }
                | Cond::InNumbers { value, .. },
            ) => self.expr(*value),
            Some(Cond::Compare { left, right, .. }) => {
                self.expr(*left);
                self.expr(*right);
            }
            Some(Cond::InList { value, list, element }) => {
                self.expr(*value);
                self.list(*list, |it| it.expr(*element));
            }
        }
    }

    /// A list, what is done between its elements and what reads them, and that.
    fn list(&mut self, id: ListId, visit: impl FnOnce(&mut Self)) {
        let lower = self.lower;
        let Some(list) = lower.plan.list(id) else { return };
        let before = self.around.len();
        match &list.source {
            ListSource::Frames { place, .. } => self.enter(place.node),
            ListSource::Texts(expr) => {
                self.expr(*expr);
                self.open("texts".to_owned(), None);
            }
        }
        for stage in &list.stages {
            match stage {
                Stage::Where(cond) => self.cond(*cond),
                Stage::Distinct(key) => {
                    self.step();
                    self.expr(*key);
                }
                Stage::Flatten { place, .. } => self.enter(place.node),
            }
        }
        visit(self);
        self.around.truncate(before);
    }

    /// An element that is looked for by its text is found by going through.
    fn picks(&mut self, place: &Place) {
        for hop in &place.hops {
            if let crate::plan::op::Pick::Find { .. } = hop.pick {
                let trie = &self.lower.plan.trie;
                let mut at = Some(place.node);
                let list = std::iter::from_fn(|| {
                    let node = at.and_then(|it| trie.node(it));
                    let up = node.and_then(|it| it.parent);
                    let found = node.map(|it| (it.frame, up, at));
                    at = up;
                    found
                });
                let element = list.filter(|it| it.0 == hop.frame).last();
                if let Some((_, Some(list), _)) = element {
                    self.enter(list);
                    self.step();
                    self.around.pop();
                }
            }
        }
    }

    /// Goes into the elements of a list of the source.
    fn enter(&mut self, list: TrieId) {
        let most = self.schema_of(list).and_then(|it| self.lower.source.get(it)?.items_max);
        self.open(self.lower.plan.trie.path(list), most);
    }

    fn open(&mut self, name: String, most: Option<u64>) {
        self.around.push((name, most));
        let times = self.times();
        self.elements.add(times);
        self.step();
    }

    /// What the source schema says of a node of the trie.
    fn schema_of(&self, id: TrieId) -> Option<SchemaId> {
        let node = self.lower.plan.trie.node(id)?;
        let Some(up) = node.parent else { return Some(self.lower.source.root()) };
        let around = self.schema_of(up)?;
        if self.lower.plan.trie.node(up)?.elements == Some(id) {
            return self.lower.source.get(around)?.items;
        }
        self.lower.source.member(around, &node.key)
    }
}

impl Sum {
    fn add(&mut self, times: Option<u64>) {
        match times {
            Some(times) => self.known = self.known.saturating_add(times),
            None => self.open = true,
        }
    }
}

impl Cost {
    /// As text for people: `41 + 23 for each of line_items`.
    pub fn text(&self) -> String {
        let terms = self.terms.iter().map(|(steps, lists)| {
            let each: Vec<String> = lists.iter().map(|it| format!(" for each of {it}")).collect();
            format!("{steps}{}", each.concat())
        });
        let mut text = terms.collect::<Vec<_>>().join(" + ");
        if text.is_empty() {
            text.push('0');
        }
        match self.steps_max {
            Some(most) => text.push_str(&format!("; at most {most} steps")),
            None => text.push_str("; a list declares no `maxItems`"),
        }
        text
    }
}
