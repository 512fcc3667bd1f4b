//! A step that cannot go on, and how that is told to people.

use std::borrow::Cow;

use canon::entry::RecordFault;

use super::{machine::Machine, trace::Trace};
use crate::{
    plan::{ExprId, op::Op},
    value::Value,
};

/// Characters of a value that a fault shows.
const SHOWN_MAX: usize = 60;

/// A step that cannot go on.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The pipe it happened in.
    pub(crate) expr: Option<ExprId>,
    pub(crate) found: Option<Value>,
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
    Err(Box::new(Fault { expr: None, found: Some(found), expected: expected.into() }))
}

impl<T: Trace> Machine<'_, T> {
    /// The fault as it is kept with the record.
    #[cold]
    pub(crate) fn record_fault(&self, fault: &Fault, target: &str) -> RecordFault {
        let expr = fault.expr.and_then(|id| self.plan.expr(id));
        let place = expr.and_then(|it| it.ops.iter().find_map(first_place));
        let slot = place.map(|place| self.slot(place));
        let found = fault.found.map_or_else(String::new, |value| self.shown(value));
        let personal = expr.is_some_and(|it| it.personal);
        RecordFault {
            field: place.map_or_else(String::new, |place| self.source_path(place)),
            offset: slot
                .filter(|it| it.kind != crate::input::SlotKind::Missing)
                .map(|it| self.origin.saturating_add(u64::from(it.at))),
            found: if personal { masked(&found) } else { found },
            expected: fault.expected.to_string(),
            needed_by: Some(format!("{} {target}", self.label)),
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
    format!("{} characters (masked)", found.chars().count().saturating_sub(2))
}

fn first_place(op: &Op) -> Option<&crate::plan::op::Place> {
    match op {
        Op::Load(place) | Op::LoadMoney { minor: place, .. } => Some(place),
        _ => None,
    }
}
