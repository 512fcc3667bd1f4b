//! Paths in documents: steps by name and namespace, with conditions where a name
//! alone does not tell, and an attribute at the end.

use super::{strict, tree::Tree};
use crate::layout::arena::Arena;

/// The namespace of the prefix `xml`, which every document has.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A path, from an element or from the root of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) absolute: bool,
    /// Levels to go up first.
    pub(super) up: usize,
    pub(super) steps: Vec<Step>,
    /// The attribute that is meant; `None`: the element's text.
    pub(super) attribute: Option<Name>,
}

/// One element on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: Name,
    /// Only those for which all of these hold.
    pub(super) only: Vec<Condition>,
}

/// What an element must have: an attribute or an element, perhaps with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    /// It must not have that.
    pub(super) not: bool,
    pub(super) name: Name,
    pub(super) attribute: bool,
    pub(super) value: Option<String>,
}

/// A name in a namespace; the empty one is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) namespace: String,
    pub(super) local: String,
}

/// The text that a path found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) element: usize,
    /// In the arena.
    pub(super) range: (usize, usize),
}

/// The prefixes that a layout declares.
pub(super) type Namespaces = [(String, String)];

// === impl Path ===

impl Path {
    /// Reads a path such as `p:Line[@n="1"]/p:Item/@id`. The error is what is
    /// wrong with it.
    pub(super) fn parse(text: &str, namespaces: &Namespaces) -> Result<Self, String> {
        let mut path = Self { absolute: text.starts_with('/'), ..Self::default() };
        let mut rest = text.strip_prefix('/').unwrap_or(text);
        if rest == "." {
            return Ok(path);
        }
        while let Some(after) = rest.strip_prefix("../").filter(|_| !path.absolute) {
            path.up += 1;
            rest = after;
        }
        while !rest.is_empty() {
            if path.attribute.is_some() {
                return Err("an attribute has nothing below it".to_owned());
            }
            let (step, after) = cut(rest);
            rest = match after.strip_prefix('/') {
                Some("") => return Err("the path ends with `/`".to_owned()),
                Some(rest) => rest,
                None => after,
            };
            match step.strip_prefix('@') {
                Some(name) => path.attribute = Some(Name::parse(name, namespaces, false)?),
                None => path.steps.push(Step::parse(step, namespaces)?),
            }
        }
        if path.steps.is_empty() && path.attribute.is_none() {
            return Err("the path is empty".to_owned());
        }
        Ok(path)
    }

    /// Whether it leads out of the record.
    pub(super) fn is_outer(&self) -> bool {
        self.absolute || self.up > 0
    }

    /// The elements that the path leads to, in order of the document.
    pub(super) fn all(&self, (tree, arena): (&Tree, &Arena), from: Option<usize>) -> Vec<usize> {
        let mut steps = self.steps.iter();
        let mut found = match from.filter(|_| !self.absolute) {
            Some(from) => {
                let mut at = Some(from);
                for _ in 0..self.up {
                    at = at.and_then(|it| tree.element(it).parent);
                }
                at.into_iter().collect()
            }
            None => match (tree.root(), steps.next()) {
                (Some(root), Some(step)) if step.fits((tree, arena), root) => vec![root],
                _ => Vec::new(),
            },
        };
        for step in steps {
            let mut next = Vec::new();
            for parent in found {
                next.extend(tree.children(parent).filter(|it| step.fits((tree, arena), *it)));
            }
            found = next;
        }
        found
    }

    /// The one text that the path leads to, if there is one; the error is how
    /// many there are.
    pub(super) fn one(
        &self,
        (tree, arena): (&Tree, &Arena),
        from: usize,
    ) -> Result<Option<Found>, usize> {
        let elements = self.all((tree, arena), Some(from));
        let found: Vec<Found> = elements
            .into_iter()
            .filter_map(|element| {
                let range = match &self.attribute {
                    None => tree.element(element).text,
                    Some(name) => tree.attribute(element, name)?,
                };
                Some(Found { element, range })
            })
            .collect();
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            many => Err(many.len()),
        }
    }
}

/// The first step, and the rest; a `/` in a condition is not a separator.
fn cut(text: &str) -> (&str, &str) {
    let mut inside = false;
    let end = text.find(|c| {
        inside = (inside || c == '[') && c != ']';
        c == '/' && !inside
    });
    text.split_at(end.unwrap_or(text.len()))
}

// === impl Step ===

impl Step {
    fn parse(text: &str, namespaces: &Namespaces) -> Result<Self, String> {
        let (name, mut rest) = text.split_at(text.find('[').unwrap_or(text.len()));
        let mut only = Vec::new();
        while let Some(inside) = rest.strip_prefix('[') {
            let (condition, after) =
                inside.split_once(']').ok_or_else(|| format!("`{rest}` has no `]`"))?;
            only.push(Condition::parse(condition, namespaces)?);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(format!("`{rest}` stands behind a condition"));
        }
        Ok(Self { name: Name::parse(name, namespaces, true)?, only })
    }

    pub(super) fn fits(&self, (tree, arena): (&Tree, &Arena), index: usize) -> bool {
        tree.is_called(index, &self.name)
            && self.only.iter().all(|it| it.holds((tree, arena), index))
    }
}

// === impl Condition ===

impl Condition {
    /// `@Type="X"`, `@Type`, `Sale`, `Kind="01"`, `!Sale`.
    fn parse(text: &str, namespaces: &Namespaces) -> Result<Self, String> {
        let bad = || format!("`[{text}]` is no condition such as [@Type=\"X\"]");
        let (not, text) = text.strip_prefix('!').map_or((false, text), |it| (true, it));
        let (name, value) = match text.split_once('=') {
            None => (text, None),
            Some((name, value)) => {
                let value = ['"', '\''].iter().find_map(|quote| {
                    value.strip_prefix(*quote).and_then(|it| it.strip_suffix(*quote))
                });
                (name, Some(value.ok_or_else(bad)?.to_owned()))
            }
        };
        let (name, attribute) = match name.strip_prefix('@') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.bytes().all(|it| it.is_ascii_digit()) {
            return Err(bad());
        }
        Ok(Self { not, name: Name::parse(name, namespaces, !attribute)?, attribute, value })
    }

    fn holds(&self, (tree, arena): (&Tree, &Arena), index: usize) -> bool {
        self.has((tree, arena), index) != self.not
    }

    fn has(&self, (tree, arena): (&Tree, &Arena), index: usize) -> bool {
        let is = |range| match &self.value {
            None => true,
            Some(value) => tree.text(arena, range) == value,
        };
        if self.attribute {
            return tree.attribute(index, &self.name).is_some_and(is);
        }
        let mut children = tree.children(index).filter(|it| tree.is_called(*it, &self.name));
        children.any(|it| is(tree.element(it).text))
    }
}

// === impl Name ===

impl Name {
    /// Without a prefix: an element's is the layout's default namespace, an
    /// attribute's is none.
    fn parse(text: &str, namespaces: &Namespaces, element: bool) -> Result<Self, String> {
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        if !strict::is_name(local) {
            return Err(format!("`{text}` is no name of an element or attribute"));
        }
        let local = local.to_owned();
        let known = match prefix {
            "xml" => Some(XML),
            "" if !element => Some(""),
            _ => namespaces.iter().find(|(it, _)| it == prefix).map(|(_, it)| it.as_str()),
        };
        match known {
            Some(namespace) => Ok(Self { namespace: namespace.to_owned(), local }),
            None if prefix.is_empty() => Ok(Self { namespace: String::new(), local }),
            None => Err(format!("the prefix `{prefix}` is not in `namespaces`")),
        }
    }

    /// The name as it is written where the layout's prefixes are declared.
    pub(super) fn written(&self, namespaces: &Namespaces, element: bool) -> String {
        let Self { namespace, local } = self;
        if namespace == XML {
            return format!("xml:{local}");
        }
        let mut known = namespaces.iter().filter(|(_, it)| it == namespace);
        let prefix = known.find(|(it, _)| element || !it.is_empty()).map(|(it, _)| it.as_str());
        match prefix.filter(|it| !it.is_empty() && !namespace.is_empty()) {
            Some(prefix) => format!("{prefix}:{local}"),
            None => local.clone(),
        }
    }
}
