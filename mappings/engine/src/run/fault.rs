//! A step that cannot go on, and how that is told to people.

use std::borrow::Cow;

use canon::entry::RecordFault;

use super::{machine::Machine, trace::Trace};
use crate::{
    input::SlotKind,
    plan::{
        ExprId, ListId, NodeId,
        node::Node,
        op::{ListSource, Op, Place},
    },
    value::Value,
};

/// Characters of a value that a fault shows.
const SHOWN_MAX: usize = 60;

/// A step that cannot go on.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The pipe it happened in.
    pub(crate) expr: Option<ExprId>,
    /// The list it is about; it goes before the beginning of the pipe.
    pub(crate) list: Option<Box<Place>>,
    pub(crate) found: Option<Value>,
    /// Elements found, of a list with too few or too many.
    pub(crate) count: Option<u64>,
    pub(crate) expected: Cow<'static, str>,
}

/// What a pipe gives.
pub(crate) type Stepped = Result<Value, Box<Fault>>;
/// What a step gives that changes the value where it stands. A value that was
/// just written costs most when it is copied: the hot steps do without.
pub(crate) type Done = Result<(), Box<Fault>>;

/// A fault of a step on `found`.
#[cold]
pub(crate) fn fault<T>(
    found: Value,
    expected: impl Into<Cow<'static, str>>,
) -> Result<T, Box<Fault>> {
    Err(Fault::boxed(Some(found), expected))
}

impl Fault {
    /// A fault that nobody knows the pipe of yet.
    #[cold]
    pub(crate) fn boxed(found: Option<Value>, expected: impl Into<Cow<'static, str>>) -> Box<Self> {
        Box::new(Self { expr: None, list: None, found, count: None, expected: expected.into() })
    }
}

impl<T: Trace> Machine<'_, T> {
    /// The fault as it is kept with the record.
    #[cold]
    pub(crate) fn record_fault(&self, fault: &Fault, target: &str) -> RecordFault {
        let expr = fault.expr.and_then(|id| self.plan.expr(id));
        let place = fault.list.as_deref().or_else(|| self.place_of(fault.expr?));
        let slot = place.map(|place| self.slot(place));
        let counted = fault.count.map_or_else(String::new, |it| format!("{it} elements"));
        let found = fault.found.map_or(counted, |value| self.shown(value));
        // Of what stands where a list should nobody said whether it is personal; what
        // has no place in the source may be made of anything that the map reads.
        let personal = fault.list.is_some()
            || expr.is_some_and(|it| it.personal)
            || (place.is_none() && self.plan.exprs.iter().any(|it| it.personal));
        let single = fault.found.is_some_and(|it| {
            !matches!(it, Value::Missing | Value::Null | Value::Bool(_) | Value::Tree { .. })
        });
        RecordFault {
            field: place.map_or_else(String::new, |place| self.source_path(place)),
            offset: slot
                .filter(|it| it.kind != SlotKind::Missing)
                .map(|it| self.origin.saturating_add(u64::from(it.at))),
            found: if personal && single { masked(&found) } else { found },
            expected: fault.expected.to_string(),
            needed_by: Some(format!("{} {target}", self.label)),
            shows: None,
        }
    }

    /// Tells a fault at an argument, when that reads something of the source.
    #[cold]
    pub(super) fn blame(&self, argument: ExprId, mut fault: Box<Fault>) -> Box<Fault> {
        if self.place_of(argument).is_some() {
            fault.expr = fault.expr.or(Some(argument));
        }
        fault
    }

    /// A fault of what an argument gave.
    #[cold]
    pub(super) fn bad_argument<R>(
        &self,
        argument: ExprId,
        found: Value,
        expected: impl Into<Cow<'static, str>>,
    ) -> Result<R, Box<Fault>> {
        Err(self.blame(argument, Fault::boxed(Some(found), expected)))
    }

    /// Tells a fault at a list of the source.
    #[cold]
    pub(super) fn blame_list(&self, list: ListId, mut fault: Box<Fault>) -> Box<Fault> {
        let plan = self.plan.list(list);
        if let Some(ListSource::Frames { place, .. }) = plan.map(|it| &it.source) {
            fault.list = Some(Box::new(place.clone()));
        }
        fault
    }

    /// The first value of the source that a pipe reads.
    #[cold]
    fn place_of(&self, id: ExprId) -> Option<&Place> {
        let ops = &self.plan.expr(id)?.ops;
        ops.iter().find_map(|op| match op {
            Op::Load(place) | Op::LoadMoney { minor: place, .. } => Some(place),
            Op::Calc { left, right, .. } => self.place_of(*left).or_else(|| self.place_of(*right)),
            Op::Choose { yes, no, .. } => self.place_of(*yes).or_else(|| self.place_of(*no)),
            Op::Joined { parts, .. } => parts.iter().find_map(|it| self.place_of(*it)),
            Op::List { list, .. } => match &self.plan.list(*list)?.source {
                ListSource::Frames { place, .. } => Some(place),
                ListSource::Texts(expr) => self.place_of(*expr),
            },
            _ => None,
        })
    }

    /// The first pipe that writes something of a node.
    #[cold]
    pub(super) fn first_expr(&self, id: NodeId) -> Option<ExprId> {
        match self.plan.node(id)? {
            Node::Value(value) => self.place_of(value.expr).map(|_| value.expr),
            Node::Const(_) => None,
            Node::Object { members, .. } => members.iter().find_map(|it| self.first_expr(it.node)),
            Node::Choose { branches } => branches.iter().find_map(|it| self.first_expr(it.1)),
            // What is within the elements stands nowhere when there are none.
            Node::Each { .. } => None,
            Node::List { items, .. } => items.iter().find_map(|it| self.first_expr(*it)),
        }
    }

    /// A value as people read it, shortened.
    pub(crate) fn shown(&self, value: Value) -> String {
        match value {
            Value::Missing => "nothing".into(),
            Value::Null => "null".into(),
            Value::Tree { list: true, .. } => "a list".into(),
            Value::Tree { list: false, .. } => "an object".into(),
            Value::Text(span) => shown(self.text(span)),
            value => {
                let mut text = String::new();
                self.plain(value, &mut text);
                text
            }
        }
    }
}

/// A text in quotes, escaped and shortened.
fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    serde_json::to_string(&short).unwrap_or_default()
}

/// Personal data in faults: only how long it is.
fn masked(found: &str) -> String {
    let quotes = if found.starts_with('"') { 2 } else { 0 };
    format!("{} characters (masked)", found.chars().count().saturating_sub(quotes))
}
