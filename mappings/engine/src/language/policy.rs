//! What becomes of values that are missing, null or empty, of faults and of
//! losses.

use codec::yaml::{Faults, Node, Value};

use super::rule::word;

/// Keys that any field form may have.
pub(crate) const POLICY_KEYS: [&str; 5] = ["missing", "null", "empty", "loss", "reason"];

/// What a field becomes when its value is missing or null.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Absent {
    Error,
    Omit,
    Null,
    Default(Node),
}

/// What an empty text becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Empty {
    /// It stays an empty text.
    Keep,
    Missing,
    Null,
    Error,
}

/// What becomes of a record with a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaultPolicy {
    /// The record is kept aside for an operator; the others go on.
    #[default]
    SetAside,
    /// The whole arrival is refused.
    Refuse,
}

/// What becomes of an actual loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LossPolicy {
    #[default]
    Note,
    Fault,
    Silent,
}

/// What becomes of source fields that no rule reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownSource {
    /// Named in the coverage report.
    #[default]
    Report,
    Ignore,
}

/// What one field says; `None` where the map's policy holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldPolicy {
    pub(crate) missing: Option<Absent>,
    pub(crate) null: Option<Absent>,
    pub(crate) empty: Option<Empty>,
    pub(crate) loss: Option<LossPolicy>,
}

/// What the map says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) field: FieldPolicy,
    pub(crate) fault: FaultPolicy,
    pub(crate) unknown_source: UnknownSource,
}

impl FieldPolicy {
    /// Reads the policy keys of a form or of `policy:`.
    pub(crate) fn read(faults: &Faults, node: &Node) -> Self {
        let absent = |key: &str| node.get(key).and_then(|it| read_absent(faults, it));
        let empties = [
            ("keep", Empty::Keep),
            ("missing", Empty::Missing),
            ("null", Empty::Null),
            ("error", Empty::Error),
        ];
        let losses = [
            ("note", LossPolicy::Note),
            ("fault", LossPolicy::Fault),
            ("silent", LossPolicy::Silent),
        ];
        let loss = node.get("loss").and_then(|it| word(faults, it, &losses));
        if let (Some(LossPolicy::Silent), None, Some(at)) =
            (loss, node.get("reason"), node.get("loss"))
        {
            faults.push(
                faults
                    .new_error("M00", at, "a silent loss needs a reason")
                    .expected("`reason: why nobody has to know`"),
            );
        }
        Self {
            missing: absent("missing"),
            null: absent("null"),
            empty: node.get("empty").and_then(|it| word(faults, it, &empties)),
            loss,
        }
    }

    /// This, and what it leaves open from `outer`.
    pub(crate) fn within(&self, outer: &Self) -> Self {
        Self {
            missing: self.missing.clone().or_else(|| outer.missing.clone()),
            null: self.null.clone().or_else(|| outer.null.clone()),
            empty: self.empty.or(outer.empty),
            loss: self.loss.or(outer.loss),
        }
    }
}

fn read_absent(faults: &Faults, node: &Node) -> Option<Absent> {
    if let (Value::Map(entries), Some(value)) = (&node.value, node.get("default"))
        && entries.len() == 1
    {
        return Some(Absent::Default(value.clone()));
    }
    let words = [("error", 0_u8), ("omit", 1), ("null", 2)];
    Some(match word(faults, node, &words)? {
        0 => Absent::Error,
        1 => Absent::Omit,
        _ => Absent::Null,
    })
}

impl Policy {
    /// Reads `policy:` of the map.
    pub(crate) fn read(faults: &Faults, node: &Node) -> Self {
        let known = ["missing", "null", "empty", "loss", "reason", "fault", "unknown_source"];
        for (key, _) in node.map().unwrap_or_default() {
            let name = key.text().unwrap_or_default();
            if !known.contains(&name) {
                let near = codec::diagnostic::nearest(name, known);
                let mut fault =
                    faults.new_error("M00", key, format!("`policy` has no key `{name}`"));
                fault.help = near.map(|near| format!("did you mean `{near}`?"));
                faults.push(fault.expected(known.join(", ")));
            }
        }
        let on_fault = [("set_aside", FaultPolicy::SetAside), ("refuse", FaultPolicy::Refuse)];
        let unknown = [("report", UnknownSource::Report), ("ignore", UnknownSource::Ignore)];
        Self {
            field: FieldPolicy::read(faults, node),
            fault: node.get("fault").and_then(|it| word(faults, it, &on_fault)).unwrap_or_default(),
            unknown_source: node
                .get("unknown_source")
                .and_then(|it| word(faults, it, &unknown))
                .unwrap_or_default(),
        }
    }
}
