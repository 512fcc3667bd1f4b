//! Paths in documents: steps by name and namespace, with the value of an
//! attribute where a name alone does not tell, and an attribute at the end.

use super::tree::Tree;

/// A path, from an element or from the root of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) absolute: bool,
    pub(super) steps: Vec<Step>,
    /// The attribute that is meant; `None`: the element's text.
    pub(super) attribute: Option<Name>,
}

/// One element on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: Name,
    /// Only those that have this attribute with this value.
    pub(super) only: Option<(Name, String)>,
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
    /// In the arena.
    pub(super) range: (usize, usize),
    /// In the input.
    pub(super) offset: usize,
    pub(super) length: usize,
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

    /// The elements that the path leads to, in order of the document.
    pub(super) fn all(&self, tree: &Tree, from: Option<usize>) -> Vec<usize> {
        let mut steps = self.steps.iter();
        let mut found = match from.filter(|_| !self.absolute) {
            Some(from) => vec![from],
            None => match (tree.root(), steps.next()) {
                (Some(root), Some(step)) if step.fits(tree, root) => vec![root],
                _ => Vec::new(),
            },
        };
        for step in steps {
            let mut next = Vec::new();
            for parent in found {
                next.extend(tree.children(parent).filter(|it| step.fits(tree, *it)));
            }
            found = next;
        }
        found
    }

    /// The one text that the path leads to, if there is one; the error is how
    /// many there are.
    pub(super) fn one(&self, tree: &Tree, from: usize) -> Result<Option<Found>, usize> {
        let elements = self.all(tree, Some(from));
        let found: Vec<Found> = elements
            .into_iter()
            .filter_map(|it| {
                let element = tree.element(it);
                let range = match &self.attribute {
                    None => element.text,
                    Some(name) => tree.attribute(it, name)?,
                };
                Some(Found { range, offset: element.offset, length: element.length })
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
        let Some((name, condition)) = text.split_once('[') else {
            return Ok(Self { name: Name::parse(text, namespaces, true)?, only: None });
        };
        let only = condition
            .strip_prefix('@')
            .and_then(|it| it.strip_suffix(']'))
            .and_then(|it| it.split_once('='))
            .and_then(|(name, value)| {
                let value = ['"', '\''].iter().find_map(|quote| {
                    value.strip_prefix(*quote).and_then(|it| it.strip_suffix(*quote))
                });
                Some((name, value?.to_owned()))
            })
            .ok_or_else(|| format!("`[{condition}` is no condition such as [@Type=\"X\"]"))?;
        Ok(Self {
            name: Name::parse(name, namespaces, true)?,
            only: Some((Name::parse(only.0, namespaces, false)?, only.1)),
        })
    }

    fn fits(&self, tree: &Tree, index: usize) -> bool {
        let fits = tree.is_called(index, &self.name);
        fits && self.only.as_ref().is_none_or(|(name, value)| {
            tree.attribute_text(index, name).is_some_and(|it| it == value)
        })
    }
}

// === impl Name ===

impl Name {
    /// Without a prefix: an element's is the layout's default namespace, an
    /// attribute's is none.
    fn parse(text: &str, namespaces: &Namespaces, element: bool) -> Result<Self, String> {
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        let bad = |c: char| c.is_whitespace() || "[]@/*()'\"=.".contains(c) && c != '.';
        if local.is_empty() || local.contains(bad) || local.contains(':') {
            return Err(format!("`{text}` is no name of an element or attribute"));
        }
        let local = local.to_owned();
        if prefix.is_empty() && !element {
            return Ok(Self { namespace: String::new(), local });
        }
        let known = namespaces.iter().find(|(it, _)| it == prefix);
        match known {
            Some((_, namespace)) => Ok(Self { namespace: namespace.clone(), local }),
            None if prefix.is_empty() => Ok(Self { namespace: String::new(), local }),
            None => Err(format!("the prefix `{prefix}` is not in `namespaces`")),
        }
    }
}
