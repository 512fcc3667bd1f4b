//! The levels of a ship notice: `HL` loops lie one after the other, and say
//! themselves which one is above them.

use std::collections::HashMap;

use super::{Child, Node, Report};
use crate::fault::Code;

/// Levels below each other. The standard's own structures have five.
const DEPTH_MAX: usize = 12;

/// Puts each level below the one that it names.
pub(super) fn nest(report: &mut Report<'_>, root: &mut Node) {
    if root.loops("HL").next().is_none() {
        return;
    }
    let children = std::mem::take(&mut root.children);
    let mut levels: Vec<Level> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut order = Vec::new();
    for child in children {
        let node = match child {
            Child::Node(node) if node.trigger == "HL" => node,
            Child::Node(_) | Child::Segment(_) => {
                order.push(Place::Other(child));
                continue;
            }
        };
        let index = node.first().unwrap_or_default();
        let segment = report.segment(index);
        let word =
            |element| segment.map_or(String::new(), |it| report.document.word(&it, element, 1));
        let (id, above) = (word(1), word(2));
        let parent = known.get(&above).copied();
        let depth = parent.and_then(|it| levels.get(it)).map_or(0, |it| it.depth + 1);
        let own = levels.len();
        let wrong = if !above.is_empty() && parent.is_none() {
            Some((2, above, "the number of a level before this one"))
        } else if depth > DEPTH_MAX {
            Some((2, above, "levels at most 12 deep"))
        } else if known.insert(id.clone(), own).is_some() {
            Some((1, id, "a number no other level has"))
        } else {
            None
        };
        if let Some((element, found, expected)) = wrong {
            let mut fault = report.at(Code::HierarchyBroken, index, "HL", expected);
            (fault.element, fault.found) = (element, found);
            report.push(fault);
        }
        let parent = parent.filter(|_| depth <= DEPTH_MAX);
        levels.push(Level { node, depth, below: Vec::new() });
        match parent.and_then(|it| levels.get_mut(it)) {
            Some(above) => above.below.push(own),
            None => order.push(Place::Level(own)),
        }
    }
    let mut nodes: Vec<Option<Level>> = levels.into_iter().map(Some).collect();
    root.children = order
        .into_iter()
        .filter_map(|it| match it {
            Place::Other(child) => Some(child),
            Place::Level(index) => assemble(index, &mut nodes).map(Child::Node),
        })
        .collect();
}

/// A level with the places of those below it.
struct Level {
    node: Node,
    depth: usize,
    below: Vec<usize>,
}

/// A child of the message.
enum Place {
    Other(Child),
    Level(usize),
}

/// Goes as deep as the levels do, which is bounded.
fn assemble(index: usize, levels: &mut [Option<Level>]) -> Option<Node> {
    let Level { mut node, below, .. } = levels.get_mut(index)?.take()?;
    for it in below {
        node.children.extend(assemble(it, levels).map(Child::Node));
    }
    Some(node)
}
