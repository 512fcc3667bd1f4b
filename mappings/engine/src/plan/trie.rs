//! The paths a map reads, as a trie: the front ends walk it along the input and
//! fill slots.

use std::sync::Arc;

/// Index of a node of the trie.
pub(crate) type TrieId = u32;
/// Index of a frame layout: the record, or the elements of one list.
pub(crate) type FrameId = u16;

/// The trie. Node 0 is the record, frame 0 its slots.
#[derive(Debug)]
pub(crate) struct Trie {
    pub(crate) nodes: Vec<TrieNode>,
    pub(crate) frames: Vec<Frame>,
    /// Tells this trie from all others, for what readers remember of documents.
    pub(crate) token: Arc<()>,
}

/// One place of the source.
#[derive(Debug, Default)]
pub(crate) struct TrieNode {
    /// Key under its parent; empty for the record and for elements.
    pub(crate) key: Box<str>,
    pub(crate) parent: Option<TrieId>,
    /// Whose slots its values go to.
    pub(crate) frame: FrameId,
    /// Where its value goes, if anything reads it.
    pub(crate) slot: Option<u16>,
    pub(crate) children: Vec<TrieId>,
    /// The node of its elements, if anything reads those.
    pub(crate) elements: Option<TrieId>,
}

/// What is read of a value: nothing, unless it says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Its node; that of no node when nothing is read of it or below it.
    pub(crate) node: TrieId,
    pub(crate) frame: FrameId,
    pub(crate) slot: Option<u16>,
}

/// The slots of a record or of one element.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    pub(crate) width: u16,
}

// === impl Trie ===

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![TrieNode::default()],
            frames: vec![Frame::default()],
            token: Arc::default(),
        }
    }
}

impl Trie {
    pub(crate) fn node(&self, id: TrieId) -> Option<&TrieNode> {
        self.nodes.get(id as usize)
    }

    /// What is read at a node.
    pub(crate) fn wanted(&self, id: Option<TrieId>) -> Wanted {
        let none = Wanted { node: TrieId::MAX, frame: 0, slot: None };
        id.and_then(|id| {
            self.node(id).map(|it| Wanted { node: id, frame: it.frame, slot: it.slot })
        })
        .unwrap_or(none)
    }

    fn node_mut(&mut self, id: TrieId) -> Option<&mut TrieNode> {
        self.nodes.get_mut(id as usize)
    }

    fn add(&mut self, node: TrieNode) -> TrieId {
        self.nodes.push(node);
        TrieId::try_from(self.nodes.len() - 1).unwrap_or(0)
    }

    /// The child of that key, made when it is not there.
    pub(crate) fn child(&mut self, parent: TrieId, key: &str) -> TrieId {
        if let Some(known) = self.find(parent, key) {
            return known;
        }
        let frame = self.node(parent).map_or(0, |it| it.frame);
        let id = self.add(TrieNode {
            key: key.into(),
            parent: Some(parent),
            frame,
            ..TrieNode::default()
        });
        if let Some(node) = self.node_mut(parent) {
            node.children.push(id);
        }
        id
    }

    /// The child of that key.
    pub(crate) fn find(&self, parent: TrieId, key: &str) -> Option<TrieId> {
        self.child_of(self.node(parent)?, key)
    }

    /// The child of that key, of a node at hand.
    pub(crate) fn child_of(&self, parent: &TrieNode, key: &str) -> Option<TrieId> {
        parent.children.iter().copied().find(|id| self.node(*id).is_some_and(|it| &*it.key == key))
    }

    /// The node of a list's elements and its frame, made when they are not there.
    pub(crate) fn elements(&mut self, list: TrieId) -> (TrieId, FrameId) {
        self.slot(list);
        if let Some(known) = self.node(list).and_then(|it| it.elements) {
            return (known, self.node(known).map_or(0, |it| it.frame));
        }
        let frame = FrameId::try_from(self.frames.len()).unwrap_or(FrameId::MAX);
        let id = self.add(TrieNode { parent: Some(list), frame, ..TrieNode::default() });
        self.frames.push(Frame { width: 0 });
        if let Some(node) = self.node_mut(list) {
            node.elements = Some(id);
        }
        (id, frame)
    }

    /// The slot of a node's value, made when it is not there.
    pub(crate) fn slot(&mut self, id: TrieId) -> u16 {
        let Some(node) = self.nodes.get_mut(id as usize) else { return 0 };
        if let Some(slot) = node.slot {
            return slot;
        }
        let Some(frame) = self.frames.get_mut(usize::from(node.frame)) else { return 0 };
        let slot = frame.width;
        frame.width = frame.width.saturating_add(1);
        node.slot = Some(slot);
        slot
    }

    pub(crate) fn width(&self, frame: FrameId) -> usize {
        self.frames.get(usize::from(frame)).map_or(0, |it| usize::from(it.width))
    }

    /// The path of a node as people write it, `[]` for each list on the way.
    pub(crate) fn path(&self, id: TrieId) -> String {
        self.path_with(id, &[])
    }

    /// The same with the numbers of elements, from the record on, where they are
    /// known.
    pub(crate) fn path_with(&self, id: TrieId, numbers: &[Option<u32>]) -> String {
        let mut parts = Vec::new();
        let mut at = Some(id);
        while let Some(node) = at.and_then(|id| self.node(id)) {
            let list = node.parent.and_then(|up| self.node(up)).is_some_and(|up| up.elements == at);
            parts.push(if list { None } else { Some(&*node.key) });
            at = node.parent;
        }
        let mut text = String::new();
        let mut numbers = numbers.iter().copied();
        for part in parts.iter().rev().skip(1) {
            match part {
                None => match numbers.next().flatten() {
                    Some(number) => text.push_str(&format!("[{number}]")),
                    None => text.push_str("[]"),
                },
                Some(key) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    crate::language::expr::push_key(&mut text, key);
                }
            }
        }
        text
    }
}
