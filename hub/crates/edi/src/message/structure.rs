//! Which loop each segment stands in: forward through the definition, inwards
//! where a segment begins a loop, outwards where a loop has ended.

use std::ops::Range;

use super::{Child, Node, Report, element};
use crate::{
    definition::{Definition, Item, Loop},
    fault::Code,
};

/// A loop that is open, and how far in its definition the message is.
struct Frame<'d> {
    def: &'d Loop,
    /// Index of the item that came last.
    at: usize,
    /// How often it came.
    count: u32,
    node: Node,
}

/// Reads the segments of a message.
pub(super) fn read(report: &mut Report<'_>, definition: &Definition, range: Range<usize>) -> Node {
    let mut stack = vec![Frame::new(&definition.root)];
    let end = range.end;
    for index in range {
        let Some(segment) = report.segment(index) else { continue };
        let tag = report.document.tag_text(&segment);
        let within = match place(report, &mut stack, index, &tag) {
            Some(within) => within,
            None => {
                stray(report, definition, &stack, index, &tag);
                continue;
            }
        };
        if let Some(def) = definition.segment(&tag) {
            element::check(report, index, &segment, def, &within);
        }
    }
    while stack.len() > 1 {
        close(report, &mut stack, end);
    }
    let Some(root) = stack.pop() else { return Node::default() };
    root.missing(report, root.def.items.len(), end);
    root.node
}

/// Puts a segment where it belongs, and says in which loop that is.
fn place(
    report: &mut Report<'_>,
    stack: &mut Vec<Frame<'_>>,
    index: usize,
    tag: &str,
) -> Option<String> {
    let fits = |strict: bool, stack: &[Frame<'_>]| {
        let frames = stack.iter().enumerate().rev();
        frames
            .map(|(depth, it)| (depth, it.accepts(tag, strict)))
            .find_map(|(depth, it)| Some((depth, it?)))
    };
    let (found, too_often) = match fits(true, stack) {
        Some(found) => (found, false),
        None => (fits(false, stack)?, true),
    };
    let (depth, item) = found;
    while stack.len() > depth + 1 {
        close(report, stack, index);
    }
    let frame = stack.last_mut()?;
    frame.missing(report, item, index);
    if item != frame.at {
        (frame.at, frame.count) = (item, 0);
    }
    frame.count = frame.count.saturating_add(1);
    let within = frame.def.name.clone();
    let inner = match frame.def.items.get(item)? {
        Item::Segment { max, .. } => {
            if too_often {
                let expected = format!("{tag} at most {max} times");
                report.push(report.at(Code::SegmentTooOften, index, &within, expected));
            }
            frame.node.children.push(Child::Segment(index));
            return Some(within);
        }
        Item::Loop(inner) => inner,
    };
    if too_often {
        let expected = format!("the loop {} at most {} times", inner.name, inner.max);
        report.push(report.at(Code::LoopTooOften, index, &inner.name, expected));
    }
    let mut frame = Frame::new(inner);
    frame.count = 1;
    tag.clone_into(&mut frame.node.trigger);
    frame.node.children.push(Child::Segment(index));
    let within = inner.name.clone();
    stack.push(frame);
    Some(within)
}

/// Ends the innermost loop; `index` is the segment that is behind it.
fn close(report: &mut Report<'_>, stack: &mut Vec<Frame<'_>>, index: usize) {
    let Some(frame) = stack.pop() else { return };
    frame.missing(report, frame.def.items.len(), index);
    if let Some(outer) = stack.last_mut() {
        outer.node.children.push(Child::Node(frame.node));
    }
}

fn stray(
    report: &mut Report<'_>,
    definition: &Definition,
    stack: &[Frame<'_>],
    index: usize,
    tag: &str,
) {
    let within = stack.last().map(|it| it.def.name.clone()).unwrap_or_default();
    let (code, expected) = if definition.has(tag) {
        (Code::SegmentUnexpected, format!("a segment that may stand here in a {}", definition.kind))
    } else {
        (
            Code::SegmentUnknown,
            format!("a segment of a {} in {}", definition.kind, definition.release),
        )
    };
    let mut fault = report.at(code, index, &within, expected);
    fault.found = tag.to_owned();
    report.push(fault);
}

// === impl Frame ===

impl<'d> Frame<'d> {
    fn new(def: &'d Loop) -> Self {
        Self { def, at: 0, count: 0, node: Node::default() }
    }

    /// Index of the item that a segment of that tag would be. `strict`: not one
    /// that came as often as it may.
    fn accepts(&self, tag: &str, strict: bool) -> Option<usize> {
        let items = self.def.items.iter().enumerate().skip(self.at);
        items
            .filter(|(_, it)| it.tag() == tag)
            .find(|(index, it)| !strict || *index != self.at || self.count < it.max())
            .filter(|(index, _)| {
                // A loop is begun anew by its parent, never by its own first segment.
                strict || self.def.name.is_empty() || *index > 0
            })
            .map(|(index, _)| index)
    }

    /// Faults for what must stand before the item at `until` and does not.
    fn missing(&self, report: &mut Report<'_>, until: usize, index: usize) {
        let items = self.def.items.iter().enumerate().take(until).skip(self.at);
        for (at, item) in items {
            if item.mandatory() && !(at == self.at && self.count > 0) {
                let tag = item.tag();
                let mut fault = report.at(
                    Code::SegmentMissing,
                    index,
                    &self.def.name,
                    format!("{tag} before it"),
                );
                fault.found.clone_from(&fault.tag);
                tag.clone_into(&mut fault.tag);
                report.push(fault);
            }
        }
    }
}
