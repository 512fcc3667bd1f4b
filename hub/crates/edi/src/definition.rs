//! What a message of a kind and release looks like: its segments and loops, their
//! elements, and the codes that may stand in them. Read from the data files beside.

mod library;
mod parse;
mod tree;

pub use library::{find, kinds};

use std::collections::BTreeMap;

use crate::marks::Dialect;

/// A kind of message in one release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub dialect: Dialect,
    /// `850`, `ORDERS`.
    pub kind: String,
    /// The release whose directory was taken: `004010`, `D.96A`.
    pub release: String,
    /// X12: code of its functional group (`PO`).
    pub group: String,
    /// Everything between header and trailer.
    pub root: Loop,
    segments: BTreeMap<String, SegmentDef>,
}

/// A loop (X12) or segment group (EDIFACT).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loop {
    /// `PO1`, `SG28`; empty: the message itself.
    pub name: String,
    pub mandatory: bool,
    pub max: u32,
    pub items: Vec<Item>,
}

/// What stands in a loop, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Segment {
        tag: String,
        mandatory: bool,
        max: u32,
    },
    /// Begins with its first segment, which is mandatory.
    Loop(Loop),
}

/// The elements of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentDef {
    pub elements: Vec<ElementDef>,
    pub rules: Vec<Rule>,
}

/// One element: simple, or made of components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementDef {
    /// Number in the dictionary: `353`, `C507`.
    pub id: String,
    pub mandatory: bool,
    pub composite: bool,
    /// One part if it is simple.
    pub parts: Vec<PartDef>,
}

/// One component, or a simple element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDef {
    pub id: String,
    pub mandatory: bool,
    pub kind: Kind,
    /// Characters; of numbers without sign and point.
    pub min: u32,
    pub max: u32,
    /// What may stand there; empty: anything.
    pub codes: Vec<String>,
}

/// What the characters of an element are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `AN`, `an`, `ID`: characters.
    Text,
    /// `a`: no digits.
    Alphabetic,
    /// `N0` to `N9`: digits, so many of them behind a point that is not written.
    Implied(u32),
    /// `R`, `n`: digits with or without a point.
    Decimal,
    /// `DT`: `YYMMDD` or `YYYYMMDD`.
    Date,
    /// `TM`: `HHMM`, `HHMMSS` and fractions.
    Time,
}

/// A relation between elements of a segment (X12.6, 3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub condition: Condition,
    /// Numbers of the elements.
    pub elements: Vec<u16>,
}

/// Which of the elements of a rule must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `P`: all or none.
    Paired,
    /// `R`: at least one.
    Required,
    /// `E`: at most one.
    Exclusion,
    /// `C`: if the first, then all others.
    Conditional,
    /// `L`: if the first, then at least one other.
    List,
}

/// A loop or segment may come so often: the file says `>1`.
pub const UNBOUNDED: u32 = u32::MAX;

// === impl Definition ===

impl Definition {
    /// The elements of a segment of this message; `None`: it has no such segment.
    pub fn segment(&self, tag: &str) -> Option<&SegmentDef> {
        self.segments.get(tag)
    }

    /// Whether a segment of that tag stands anywhere in the message.
    pub fn has(&self, tag: &str) -> bool {
        fn within(it: &Loop, tag: &str) -> bool {
            it.items.iter().any(|it| match it {
                Item::Segment { tag: own, .. } => own == tag,
                Item::Loop(inner) => within(inner, tag),
            })
        }
        within(&self.root, tag)
    }
}

// === impl Loop, Item ===

impl Loop {
    /// The tag of the segment that begins it.
    pub fn trigger(&self) -> &str {
        match self.items.first() {
            Some(Item::Segment { tag, .. }) => tag,
            Some(Item::Loop(_)) | None => "",
        }
    }

    /// The loop within that begins with a segment of that tag.
    pub fn inner(&self, trigger: &str) -> Option<&Self> {
        self.items.iter().find_map(|it| match it {
            Item::Loop(inner) if inner.trigger() == trigger => Some(inner),
            Item::Loop(_) | Item::Segment { .. } => None,
        })
    }

    /// Whether a segment of that tag stands in it, not in a loop within.
    pub fn holds(&self, tag: &str) -> bool {
        self.items.iter().any(|it| matches!(it, Item::Segment { tag: own, .. } if own == tag))
    }
}

impl Item {
    /// The tag of the segment, or of the one that begins the loop.
    pub fn tag(&self) -> &str {
        match self {
            Self::Segment { tag, .. } => tag,
            Self::Loop(inner) => inner.trigger(),
        }
    }

    pub fn mandatory(&self) -> bool {
        match self {
            Self::Segment { mandatory, .. } => *mandatory,
            Self::Loop(inner) => inner.mandatory,
        }
    }

    pub fn max(&self) -> u32 {
        match self {
            Self::Segment { max, .. } => *max,
            Self::Loop(inner) => inner.max,
        }
    }
}

// === impl ElementDef ===

impl SegmentDef {
    /// The part at these numbers, from 1.
    pub fn part(&self, element: u16, component: u16) -> Option<&PartDef> {
        let element = self.elements.get(usize::from(element).checked_sub(1)?)?;
        element.parts.get(usize::from(component.max(1)) - 1)
    }
}

#[cfg(test)]
mod tests;
