//! A message under construction: values are put where their paths lead, segments
//! come out in the order of the definition.

use ::edi::{
    Dialect,
    definition::{Item, Loop},
    write::Draft,
};

use super::{
    inner,
    path::{Element, Only, Step},
};

/// A loop, with what was put into it.
#[derive(Debug)]
pub(super) struct Tree<'d> {
    def: &'d Loop,
    only: Option<Only>,
    segments: Vec<Entry>,
    loops: Vec<Tree<'d>>,
    /// It has a value of its own, not only constants.
    pub(super) alive: bool,
    /// A row of a group made it: nothing else finds it.
    made: bool,
}

/// A segment, with what was put into it.
#[derive(Debug)]
pub(super) struct Entry {
    tag: String,
    only: Option<Only>,
    draft: Draft,
    alive: bool,
    made: bool,
}

/// What is put somewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Put<'p> {
    pub(super) dialect: Dialect,
    pub(super) element: Element,
    pub(super) value: &'p [u8],
    /// The segment is written because of it; if not, only beside other values.
    pub(super) alive: bool,
    /// So are the loops around it.
    pub(super) carries: bool,
}

// === impl Tree ===

impl<'d> Tree<'d> {
    pub(super) fn new(def: &'d Loop) -> Self {
        Self { def, only: None, segments: Vec::new(), loops: Vec::new(), alive: true, made: false }
    }

    /// Puts a value where the steps lead. `false`: they lead nowhere.
    pub(super) fn put(&mut self, steps: &[Step], put: Put<'_>) -> bool {
        let Some((step, rest)) = steps.split_first() else { return false };
        if put.carries {
            self.alive = true;
        }
        if rest.is_empty() && self.def.holds(&step.tag) {
            self.entry(step).put(step, put);
            return true;
        }
        let Some(child) = self.child(step) else { return false };
        if rest.is_empty() {
            // The segment that begins the loop.
            child.put(std::slice::from_ref(step), put)
        } else {
            child.put(rest, put)
        }
    }

    /// A new loop or segment where the steps lead, for one row of a group.
    pub(super) fn row(&mut self, steps: &[Step]) -> Option<Row<'_, 'd>> {
        let (step, rest) = steps.split_first()?;
        self.alive = true;
        if !rest.is_empty() {
            return self.child(step)?.row(rest);
        }
        if let Some(def) = inner(self.def, step) {
            let mut child = Tree { only: step.only.clone(), made: true, ..Tree::new(def) };
            child.entry(step).alive = true;
            self.loops.push(child);
            return self.loops.last_mut().map(Row::Loop);
        }
        self.segments.push(Entry { made: true, alive: true, ..Entry::new(step) });
        self.segments.last_mut().map(Row::Segment)
    }

    fn child(&mut self, step: &Step) -> Option<&mut Self> {
        let found = self
            .loops
            .iter()
            .position(|it| !it.made && it.def.trigger() == step.tag && it.only == step.only);
        let index = match found {
            Some(index) => index,
            None => {
                let def = inner(self.def, step)?;
                let mut child = Tree { only: step.only.clone(), alive: false, ..Tree::new(def) };
                child.entry(step).alive = true;
                self.loops.push(child);
                self.loops.len() - 1
            }
        };
        self.loops.get_mut(index)
    }

    /// The segment that a step means, made if it is not there.
    fn entry(&mut self, step: &Step) -> &mut Entry {
        let own = self.def.trigger() == step.tag && !self.def.name.is_empty();
        let key = step.only.as_ref().filter(|it| !it.onward);
        let found = self
            .segments
            .iter()
            .position(|it| !it.made && it.tag == step.tag && (own || it.only.as_ref() == key));
        let index = found.unwrap_or(self.segments.len());
        if found.is_none() {
            self.segments.push(Entry::new(step));
        }
        #[expect(clippy::indexing_slicing, reason = "it was found there, or pushed there")]
        &mut self.segments[index]
    }

    /// All segments, in the order of the definition. `levels` numbers `HL`.
    pub(super) fn into_drafts(self, levels: &mut Levels, out: &mut Vec<Draft>) {
        let is_level = self.def.trigger() == "HL";
        let Self { def, segments, loops, .. } = self;
        let mut segments: Vec<Option<Entry>> = segments.into_iter().map(Some).collect();
        let (below, loops): (Vec<_>, Vec<_>) = loops
            .into_iter()
            .filter(|it| it.alive)
            .partition(|it| is_level && it.def.trigger() == "HL");
        let mut loops: Vec<Option<Tree<'d>>> = loops.into_iter().map(Some).collect();
        let above = levels.above;
        for (index, item) in def.items.iter().enumerate() {
            match item {
                Item::Segment { tag, .. } => {
                    let mine = |it: &Option<Entry>| {
                        it.as_ref().is_some_and(|it| it.tag == *tag && it.alive)
                    };
                    for slot in segments.iter_mut().filter(|it| mine(it)) {
                        let Some(mut entry) = slot.take() else { continue };
                        if is_level && index == 0 {
                            levels.number(&mut entry.draft, !below.is_empty());
                        }
                        entry.draft.trim();
                        out.push(entry.draft);
                    }
                }
                Item::Loop(inner) => {
                    let mine = |it: &Option<Tree<'_>>| {
                        it.as_ref().is_some_and(|it| std::ptr::eq(it.def, inner))
                    };
                    for slot in loops.iter_mut().filter(|it| mine(it)) {
                        if let Some(tree) = slot.take() {
                            tree.into_drafts(levels, out);
                        }
                    }
                }
            }
        }
        if is_level {
            let own = levels.last;
            for tree in below {
                levels.above = Some(own);
                tree.into_drafts(levels, out);
            }
            levels.above = above;
        }
    }
}

/// What a row of a group made.
pub(super) enum Row<'t, 'd> {
    Loop(&'t mut Tree<'d>),
    Segment(&'t mut Entry),
}

// === impl Entry ===

impl Entry {
    fn new(step: &Step) -> Self {
        let mut draft = Draft::new(step.tag.as_bytes());
        let key = step.only.as_ref().filter(|it| !it.onward);
        if let Some(only) = key {
            draft.push((only.element, 1, only.component), only.value.clone().into_bytes());
        }
        Self { tag: step.tag.clone(), only: key.cloned(), draft, alive: false, made: false }
    }

    /// Puts a value into the segment.
    pub(super) fn put(&mut self, step: &Step, put: Put<'_>) {
        self.alive |= put.alive;
        let at = match (put.element, step.only.as_ref()) {
            (Element::At(element, component), _) => (element, component),
            (Element::Found(_), None) => return,
            (Element::Found(_), Some(only)) => {
                let mut element = only.element;
                while !matches!(self.component(element, only.component), None | Some([])) {
                    element += only.stride(put.dialect);
                }
                self.draft.push((element, 1, only.component), only.value.clone().into_bytes());
                match put.element.beside(put.dialect, element) {
                    Some(at) => at,
                    None => return,
                }
            }
        };
        self.draft.push((at.0, 1, at.1), put.value.to_vec());
    }

    fn component(&self, element: u16, component: u16) -> Option<&[u8]> {
        let element = self.draft.elements.get(usize::from(element).checked_sub(1)?)?;
        let value = element.first()?.get(usize::from(component).checked_sub(1)?)?;
        Some(value.as_slice())
    }
}

/// The numbers of `HL` levels.
#[derive(Debug, Default)]
pub(super) struct Levels {
    last: u32,
    above: Option<u32>,
}

impl Levels {
    fn number(&mut self, draft: &mut Draft, has_below: bool) {
        self.last += 1;
        draft.push((1, 1, 1), self.last.to_string().into_bytes());
        draft.push((2, 1, 1), self.above.map_or(String::new(), |it| it.to_string()).into_bytes());
        draft.push((4, 1, 1), if has_below { b"1" } else { b"0" }.to_vec());
    }
}
