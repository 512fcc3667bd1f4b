//! What a document looks like when it is written: the elements of all paths of a
//! layout, in the order in which the layout first names them.

use super::{
    Item, Origin, Part,
    path::{Condition, Name, Namespaces, Path, Step},
};

/// A document, and the record in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    /// Above the root element.
    pub(super) top: Node,
    pub(super) record: Node,
    /// The name of a field whose path goes up: such a layout only reads.
    pub(super) reads_only: Option<String>,
}

/// One element.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// As it is written.
    pub(super) name: String,
    /// What tells it from others of that name.
    step: Option<Step>,
    /// Attributes that always have the same value.
    pub(super) constants: Vec<(String, String)>,
    /// Attributes that must be there, whatever they say: a condition asks for them.
    pub(super) asked: Vec<String>,
    /// A condition asks for it: it stands whenever the element around it does.
    pub(super) is_asked: bool,
    /// Attributes, and the index of the field that each has.
    pub(super) attributes: Vec<(String, usize)>,
    pub(super) text: Text,
    pub(super) children: Vec<Child>,
    /// Something in it is filled by a record; if not, it stands whenever the
    /// element around it does.
    pub(super) has_fields: bool,
}

/// The text of an element.
#[derive(Clone, Debug, Default)]
pub(super) enum Text {
    #[default]
    None,
    /// That of the field with this index.
    Field(usize),
    Constant(String),
}

#[derive(Clone, Debug)]
pub(super) enum Child {
    Element(Node),
    /// The rows of the group with this index.
    Group(usize, Node),
    /// The records.
    Record,
}

// === impl Template ===

impl Template {
    pub(super) fn new(record: &Path, part: &Part, outer: &[Path], spaces: &Namespaces) -> Self {
        let Some((last, around)) = record.steps.split_last() else { return Self::default() };
        let mut template = Self { record: Node::new(last, spaces), ..Self::default() };
        let mut placed = false;
        let mut records = |it: &mut Node| it.children.push(Child::Record);
        for item in &part.order {
            let field = match item {
                Item::Field(index) => part.columns.get(*index).map(|it| (*index, it)),
                Item::Group(_) => None,
            };
            let path = match field.map(|(index, it)| (index, &it.from)) {
                Some((index, Origin::Outer(at))) => outer.get(*at).map(|it| (index, it)),
                _ => None,
            };
            match path.filter(|(_, it)| it.absolute) {
                Some((index, path)) => {
                    let name = path.attribute.as_ref();
                    let put = &mut |it: &mut Node| it.put(name, index, spaces);
                    template.top.reach(&path.steps, spaces, put);
                }
                None if !placed => {
                    placed = true;
                    template.top.reach(around, spaces, &mut records);
                }
                None => {}
            }
        }
        if !placed {
            template.top.reach(around, spaces, &mut records);
        }
        template.record.fill(part, spaces);
        template.record.settle(part);
        template.top.settle(part);
        let up = |it: &Origin| matches!(it, Origin::Outer(at) if outer.get(*at).is_some_and(|it| it.up > 0));
        let mut parts = vec![part];
        while let Some(part) = parts.pop() {
            let found = part.columns.iter().find(|it| up(&it.from));
            template.reads_only =
                template.reads_only.or_else(|| found.map(|it| it.column.field.name.clone()));
            parts.extend(part.groups.iter().map(|it| &it.part));
        }
        template
    }
}

// === impl Node ===

impl Node {
    fn new(step: &Step, spaces: &Namespaces) -> Self {
        let mut node = Self {
            name: step.name.written(spaces, true),
            step: Some(step.clone()),
            ..Self::default()
        };
        for Condition { name, attribute, value, .. } in step.only.iter().filter(|it| !it.not) {
            let written = name.written(spaces, !attribute);
            match (attribute, value) {
                (true, Some(value)) => node.constants.push((written, value.clone())),
                (true, None) => node.asked.push(written),
                (false, value) => {
                    let step = Step { name: name.clone(), only: Vec::new() };
                    let text = value.clone().map_or(Text::None, Text::Constant);
                    let child = Self { text, is_asked: true, ..Self::new(&step, spaces) };
                    node.children.push(Child::Element(child));
                }
            }
        }
        node
    }

    /// Changes the element that the steps lead to, made if it is not there.
    fn reach(&mut self, steps: &[Step], spaces: &Namespaces, change: &mut dyn FnMut(&mut Self)) {
        let Some((first, rest)) = steps.split_first() else { return change(self) };
        let is = |it: &Child| matches!(it, Child::Element(it) if it.step.as_ref() == Some(first));
        let index = self.children.iter().position(is).unwrap_or(self.children.len());
        if index == self.children.len() {
            self.children.push(Child::Element(Self::new(first, spaces)));
        }
        if let Some(Child::Element(child)) = self.children.get_mut(index) {
            child.reach(rest, spaces, change);
        }
    }

    fn put(&mut self, attribute: Option<&Name>, index: usize, spaces: &Namespaces) {
        match attribute {
            Some(name) => self.attributes.push((name.written(spaces, false), index)),
            None => self.text = Text::Field(index),
        }
    }

    /// Adds all fields and groups of a part, whose element this is.
    fn fill(&mut self, part: &Part, spaces: &Namespaces) {
        for item in &part.order {
            match item {
                Item::Field(index) => {
                    let origin = part.columns.get(*index).map(|it| &it.from);
                    if let Some(Origin::Here(path)) = origin {
                        let name = path.attribute.as_ref();
                        let put = &mut |it: &mut Self| it.put(name, *index, spaces);
                        self.reach(&path.steps, spaces, put);
                    }
                }
                Item::Group(index) => {
                    let Some(group) = part.groups.get(*index) else { continue };
                    let Some((last, around)) = group.path.steps.split_last() else { continue };
                    let mut row = Self::new(last, spaces);
                    row.fill(&group.part, spaces);
                    row.settle(&group.part);
                    let mut row = Some(row);
                    let mut put = |it: &mut Self| {
                        it.children.extend(row.take().map(|it| Child::Group(*index, it)));
                    };
                    self.reach(around, spaces, &mut put);
                }
            }
        }
    }

    /// Finds out which elements records fill.
    fn settle(&mut self, part: &Part) {
        // A filler is no field and has no text: it is never written.
        let filled = |index: usize| part.columns.get(index).is_some_and(|field| !field.is_given());
        self.has_fields = self.attributes.iter().any(|(_, it)| filled(*it))
            || matches!(self.text, Text::Field(it) if filled(it));
        for child in &mut self.children {
            match child {
                Child::Element(node) => {
                    node.settle(part);
                    self.has_fields |= node.has_fields;
                }
                Child::Group(..) | Child::Record => self.has_fields = true,
            }
        }
    }
}
