//! A document in memory: elements with their texts and places.

use super::path::Name;
use crate::layout::arena::Arena;

/// Levels of elements.
pub(super) const DEPTH_MAX: usize = 64;
/// Elements of a document.
pub(super) const ELEMENTS_MAX: usize = 2_000_000;
/// Attributes of one element, declarations of namespaces among them.
pub(super) const ATTRIBUTES_MAX: usize = 256;
/// Bytes of a document: all of it is in memory.
pub(in crate::layout) const BYTES_MAX: usize = 64 << 20;
/// Bytes of the texts of a document, defaults among them and, where `mixed: keep`
/// gives each element the text of those in it, as often as that. Cells are ranges of
/// 32 bits in them.
pub(super) const TEXTS_MAX: usize = 4 * BYTES_MAX;
/// Characters of a path that is shown.
const PATH_CHARS_MAX: usize = 200;
/// Characters of a name that is shown.
const NAME_CHARS_MAX: usize = 40;

/// A document.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) elements: Vec<Element>,
    pub(super) attributes: Vec<Attribute>,
    /// Names, once each.
    pub(super) names: Vec<Name>,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    /// Index among the names.
    pub(super) name: usize,
    /// In the arena: its own text, without that of elements in it unless the
    /// layout keeps mixed content.
    pub(super) text: (usize, usize),
    /// In the input.
    pub(super) offset: usize,
    pub(super) length: usize,
    /// Line and column of its first character, from 1.
    pub(super) place: (u32, u32),
    pub(super) attributes: (usize, usize),
    pub(super) parent: Option<usize>,
    pub(super) first_child: Option<usize>,
    pub(super) next: Option<usize>,
    /// Index behind the last element in it.
    pub(super) end: usize,
    /// Which of its parent's elements of that name it is, from 1.
    pub(super) nth: u32,
    /// Text stands beside elements in it.
    pub(super) mixed: bool,
}

/// One attribute; namespaces are none.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Name,
    pub(super) range: (usize, usize),
}

/// No element: what an index that is none leads to.
pub(super) const NONE: Element = Element {
    name: usize::MAX,
    text: (0, 0),
    offset: 0,
    length: 0,
    place: (1, 1),
    attributes: (0, 0),
    parent: None,
    first_child: None,
    next: None,
    end: 0,
    nth: 1,
    mixed: false,
};

// === impl Tree ===

impl Tree {
    pub(super) fn root(&self) -> Option<usize> {
        (!self.elements.is_empty()).then_some(0)
    }

    /// The element at an index that this tree gave.
    pub(super) fn element(&self, index: usize) -> &Element {
        self.elements.get(index).unwrap_or(&NONE)
    }

    pub(super) fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.element(index).first_child, |it| self.element(*it).next)
    }

    pub(super) fn name(&self, index: usize) -> Option<&Name> {
        self.names.get(self.element(index).name)
    }

    pub(super) fn is_called(&self, index: usize, name: &Name) -> bool {
        self.name(index) == Some(name)
    }

    /// The attributes of an element, in order.
    pub(super) fn attributes(&self, index: usize) -> &[Attribute] {
        let (start, end) = self.element(index).attributes;
        self.attributes.get(start..end).unwrap_or_default()
    }

    /// The range of an attribute's text.
    pub(super) fn attribute(&self, index: usize, name: &Name) -> Option<(usize, usize)> {
        self.attributes(index).iter().find(|it| it.name == *name).map(|it| it.range)
    }

    /// The text of an attribute or of an element in it, for conditions.
    pub(super) fn text<'a>(&self, arena: &'a Arena, range: (usize, usize)) -> &'a str {
        arena.text(range.0, range.1).trim_matches(super::is_space)
    }

    /// `/Log/Entry[3]/Total, line 12, column 5`: names and numbers only, since
    /// texts may be personal.
    pub(super) fn place_of(&self, index: usize, below: &str) -> String {
        let mut steps = Vec::new();
        let mut at = Some(index);
        while let Some(index) = at {
            let element = self.element(index);
            let local = self.name(index).map_or("", |it| it.local.as_str());
            let short: String = local.chars().take(NAME_CHARS_MAX).collect();
            steps.push(match element.nth {
                1 => short,
                nth => format!("{short}[{nth}]"),
            });
            at = element.parent;
        }
        steps.reverse();
        let whole = format!("/{}{below}", steps.join("/"));
        let extra = whole.chars().count().saturating_sub(PATH_CHARS_MAX);
        let shown: String = whole.chars().skip(extra).collect();
        let (line, column) = self.element(index).place;
        let cut = if extra > 0 { "…" } else { "" };
        format!("{cut}{shown}, line {line}, column {column}")
    }
}
