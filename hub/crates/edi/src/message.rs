//! One message against its definition: which loop each segment stands in, and
//! all that is wrong with segments and elements.

mod element;
mod hierarchy;
mod structure;
mod value;

pub use value::{is_date, is_time};

use std::collections::BTreeMap;

use crate::{
    definition::Definition,
    document::{Document, Segment, narrow},
    fault::{Code, Fault},
    interchange::{Interchange, Message},
    marks::Charset,
};

/// A message, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What stands between header and trailer.
    pub root: Node,
    /// What is wrong, in order of the segments; notes among them.
    pub faults: Vec<Fault>,
}

/// A loop as it came: its segments and the loops within, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Tag of the segment that begins it; empty: the message itself.
    pub trigger: String,
    pub children: Vec<Child>,
}

/// What stands in a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Child {
    /// By index of [`Document::segments`].
    Segment(usize),
    Node(Node),
}

/// How strictly a message is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// A code that is not in the list is only noted.
    pub unknown_codes_noted: bool,
    /// Codes beside those of the directory, by number of the element.
    pub codes: BTreeMap<String, Vec<String>>,
    /// In place of what the envelope says; X12 does not say any.
    pub charset: Option<Charset>,
}

/// Faults of one message that are told; more of them help nobody.
pub const FAULTS_MAX: usize = 200;

/// Reads one message of an interchange.
pub fn read(
    interchange: &Interchange<'_>,
    message: &Message,
    definition: &Definition,
    options: &Options,
) -> Body {
    let document = &interchange.document;
    let mut report = Report {
        document,
        message,
        charset: options.charset.unwrap_or(document.charset),
        options,
        faults: Vec::new(),
    };
    report.group(interchange, definition);
    let inner = inner(document, message);
    let mut root = structure::read(&mut report, definition, inner);
    hierarchy::nest(&mut report, &mut root);
    let mut faults = report.faults;
    faults.sort_by_key(|it| (it.segment, it.element, it.component));
    Body { root, faults }
}

/// The segments between header and trailer.
fn inner(document: &Document<'_>, message: &Message) -> std::ops::Range<usize> {
    let range = message.segments.clone();
    let last = range.end.checked_sub(1).and_then(|it| document.segments.get(it));
    let closed = last.is_some_and(|it| matches!(document.tag(it), b"SE" | b"UNT"));
    range.start + 1..range.end - usize::from(closed && range.len() > 1)
}

/// Where the faults of one message gather.
struct Report<'r> {
    document: &'r Document<'r>,
    message: &'r Message,
    charset: Charset,
    options: &'r Options,
    faults: Vec<Fault>,
}

// === impl Report ===

impl Report<'_> {
    /// An order is in a group of orders (X12).
    fn group(&mut self, interchange: &Interchange<'_>, definition: &Definition) {
        let number = usize::try_from(self.message.group).unwrap_or(0);
        let group = number.checked_sub(1).and_then(|it| interchange.groups.get(it));
        let Some(group) =
            group.filter(|it| !definition.group.is_empty() && it.code != definition.group)
        else {
            return;
        };
        let expected = format!("{}, the group of a {}", definition.group, definition.kind);
        let mut fault = Fault::new(Code::MessageUnsupported, self.message.offset, expected);
        fault.found.clone_from(&group.code);
        fault.tag = "GS".to_owned();
        fault.element = 1;
        self.push(fault);
    }

    /// A fault of a segment; `index` is its place in the document.
    fn at(&self, code: Code, index: usize, within: &str, expected: impl Into<String>) -> Fault {
        let segment = self.document.segments.get(index);
        let mut fault =
            Fault::new(code, segment.map_or(self.message.offset, |it| it.offset), expected);
        fault.segment = narrow(index.saturating_sub(self.message.segments.start)) + 1;
        fault.tag = segment.map(|it| self.document.tag_text(it)).unwrap_or_default();
        within.clone_into(&mut fault.within);
        fault
    }

    fn push(&mut self, mut fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            (fault.group, fault.message) = (self.message.group, self.message.number);
            self.faults.push(fault);
        }
    }

    fn segment(&self, index: usize) -> Option<Segment> {
        self.document.segments.get(index).copied()
    }
}

// === impl Node ===

impl Node {
    /// The segments of that tag that stand in it, those that begin a loop within
    /// among them; by index of [`Document::segments`].
    pub fn segments<'n>(
        &'n self,
        tag: &'n str,
        document: &'n Document<'_>,
    ) -> impl Iterator<Item = usize> {
        self.children.iter().filter_map(move |it| {
            let index = match it {
                Child::Segment(index) => *index,
                Child::Node(inner) if inner.trigger == tag => inner.first()?,
                Child::Node(_) => return None,
            };
            let segment = document.segments.get(index)?;
            (document.tag(segment) == tag.as_bytes()).then_some(index)
        })
    }

    /// The loops within that a segment of that tag begins.
    pub fn loops<'n, 't>(
        &'n self,
        trigger: &'t str,
    ) -> impl Iterator<Item = &'n Self> + use<'n, 't> {
        self.children.iter().filter_map(move |it| match it {
            Child::Node(inner) if inner.trigger == trigger => Some(inner),
            Child::Node(_) | Child::Segment(_) => None,
        })
    }

    /// The segment that begins it.
    pub fn first(&self) -> Option<usize> {
        match self.children.first()? {
            Child::Segment(index) => Some(*index),
            Child::Node(_) => None,
        }
    }

    /// The last segment that is in it.
    pub fn last(&self) -> Option<usize> {
        match self.children.last()? {
            Child::Segment(index) => Some(*index),
            Child::Node(inner) => inner.last(),
        }
    }
}

#[cfg(test)]
mod tests;
