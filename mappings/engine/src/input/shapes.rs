//! What documents looked like so far: the keys of their objects, and which key
//! followed which. Senders keep their order, so the reader compares the input
//! with the key it expects, and looks a key up only when it is another one.
//!
//! A key has one place in its object's shape, so a duplicate is a place that
//! comes twice: exact, and without hashing. What documents add is bounded.

use std::{collections::HashSet, sync::Arc};

use crate::plan::trie::{Trie, TrieNode, Wanted};

/// Maps whose documents one reader remembers, beside the one at hand.
const OTHERS_MAX: usize = 8;
/// Places of the documents of one map that have a shape.
const SHAPES_MAX: usize = 2048;
/// Bytes of all keys of one map.
const TEXT_BYTES_MAX: usize = 128 * 1024;
/// Keys of one shape.
const KEYS_MAX: u16 = 256;

/// Index of a shape, and of a key of any shape.
pub(super) type ShapeId = u32;
pub(super) type KeyId = u32;
/// No such shape or key.
const NONE: u32 = u32::MAX;

/// What a reader remembers between documents, by map.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// Which map [`Self::shapes`] belongs to.
    token: Arc<()>,
    shapes: Shapes,
    others: Vec<(Arc<()>, Shapes)>,
}

/// The shapes of one map's documents. Shape 0 is the record's.
#[derive(Debug, Default)]
pub(super) struct Shapes {
    shapes: Vec<Shape>,
    keys: Vec<Key>,
    /// Keys as they stand in the input: `"key":`.
    text: Vec<u8>,
    /// Something did not fit, such as the many keys of one document: begin anew
    /// with the next one.
    full: bool,
}

/// The objects, or lists, at one place of the documents.
#[derive(Clone, Copy, Debug)]
struct Shape {
    /// The key that its last object began with.
    first: KeyId,
    /// The key that was learned last; the older ones hang behind it.
    newest: KeyId,
    keys: u16,
    /// The shape of a list's elements.
    elements: ShapeId,
}

/// A key of one shape.
#[derive(Clone, Copy, Debug)]
struct Key {
    /// Where `"key":` is.
    start: u32,
    len: u32,
    /// It was written without escapes, so the input can be compared with it.
    literal: bool,
    /// Its number in its shape.
    place: u16,
    /// What is read of its value.
    wanted: Wanted,
    /// The shape of its value.
    value: ShapeId,
    /// What came after it last time.
    then: KeyId,
    /// Learned before it, of the same shape.
    older: KeyId,
}

/// From where a value is reached.
#[derive(Clone, Copy, Debug)]
pub(super) enum Link {
    Record,
    Key(KeyId),
    Elements(ShapeId),
    /// From what has no place.
    None,
}

/// One object while it is read.
pub(super) struct Open {
    shape: ShapeId,
    last: KeyId,
    /// The key to expect.
    next: KeyId,
    /// The places that were there.
    seen: [u64; 4],
    /// Keys that have no place.
    others: Option<HashSet<String>>,
}

/// A key that was read: what is wanted of its value, and its link.
pub(super) type Found = (Wanted, Link);

// === impl Keys ===

impl Keys {
    /// What is remembered of the documents that are read through `trie`.
    pub(super) fn of(&mut self, trie: &Trie) -> &mut Shapes {
        if !Arc::ptr_eq(&self.token, &trie.token) {
            let known = self.others.iter().position(|(it, _)| Arc::ptr_eq(it, &trie.token));
            let (token, shapes) = match known {
                Some(at) => self.others.swap_remove(at),
                None => (Arc::clone(&trie.token), Shapes::default()),
            };
            if self.others.len() == OTHERS_MAX {
                self.others.remove(0);
            }
            let token = std::mem::replace(&mut self.token, token);
            self.others.push((token, std::mem::replace(&mut self.shapes, shapes)));
        }
        &mut self.shapes
    }
}

// === impl Shapes ===

impl Shapes {
    /// Makes ready for the next document.
    pub(super) fn begin(&mut self) {
        if self.full {
            *self = Self::default();
        }
        if self.shapes.is_empty() {
            self.add_shape();
        }
    }

    fn add_shape(&mut self) -> ShapeId {
        if self.shapes.len() >= SHAPES_MAX {
            self.full = true;
            return NONE;
        }
        self.shapes.push(Shape { first: NONE, newest: NONE, keys: 0, elements: NONE });
        id(self.shapes.len() - 1)
    }

    /// The shape of an object or list, made when there is none.
    pub(super) fn shape(&mut self, link: Link) -> ShapeId {
        let known = match link {
            Link::Record => return 0,
            Link::None => return NONE,
            Link::Key(key) => self.keys.get(key as usize).map(|it| it.value),
            Link::Elements(list) => self.shapes.get(list as usize).map(|it| it.elements),
        };
        match known {
            None => NONE,
            Some(NONE) => {
                let made = self.add_shape();
                match link {
                    Link::Key(key) => {
                        self.keys.get_mut(key as usize).into_iter().for_each(|it| it.value = made);
                    }
                    Link::Elements(list) => {
                        let list = self.shapes.get_mut(list as usize);
                        list.into_iter().for_each(|it| it.elements = made);
                    }
                    Link::Record | Link::None => {}
                }
                made
            }
            Some(shape) => shape,
        }
    }

    /// Begins an object.
    #[inline]
    pub(super) fn open(&self, shape: ShapeId) -> Open {
        let next = self.shapes.get(shape as usize).map_or(NONE, |it| it.first);
        Open { shape, last: NONE, next, seen: [0; 4], others: None }
    }

    /// The key that is expected, when `input` goes on with it; the bytes it
    /// takes, its colon too.
    #[inline]
    pub(super) fn expected(&self, open: &mut Open, input: &[u8]) -> Option<(usize, Found)> {
        let key = self.keys.get(open.next as usize)?;
        let (start, len) = (key.start as usize, key.len as usize);
        let text = self.text.get(start..start + len)?;
        if !same(input.get(..len)?, text) || !key.literal || !open.note(key.place) {
            return None;
        }
        let found = (key.wanted, Link::Key(open.next));
        open.last = open.next;
        open.next = key.then;
        Some((len, found))
    }

    /// Finds a key that was not expected, or learns it. `literal`: the input
    /// writes it without escapes. `None`: the object has it already.
    #[cold]
    pub(super) fn find(
        &mut self,
        open: &mut Open,
        (key, literal): (&str, bool),
        (trie, node): (&Trie, Option<&TrieNode>),
    ) -> Option<Found> {
        let wanted = || trie.wanted(node.and_then(|it| trie.child_of(it, key)));
        let Some(id) = self.known(open.shape, key).or_else(|| {
            let wanted = wanted();
            self.learn(open.shape, key, literal, wanted)
        }) else {
            let others = open.others.get_or_insert_default();
            return others.insert(key.to_owned()).then(|| (wanted(), Link::None));
        };
        let found = self.keys.get(id as usize)?;
        let (place, wanted, then) = (found.place, found.wanted, found.then);
        match self.keys.get_mut(open.last as usize) {
            Some(last) => last.then = id,
            None => {
                let shape = self.shapes.get_mut(open.shape as usize);
                shape.into_iter().for_each(|it| it.first = id);
            }
        }
        open.last = id;
        open.next = then;
        open.note(place).then_some((wanted, Link::Key(id)))
    }

    fn known(&self, shape: ShapeId, key: &str) -> Option<KeyId> {
        let mut at = self.shapes.get(shape as usize)?.newest;
        while let Some(it) = self.keys.get(at as usize) {
            let (start, end) = (it.start as usize + 1, it.start as usize + it.len as usize - 2);
            if self.text.get(start..end) == Some(key.as_bytes()) {
                return Some(at);
            }
            at = it.older;
        }
        None
    }

    fn learn(&mut self, shape: ShapeId, key: &str, literal: bool, wanted: Wanted) -> Option<KeyId> {
        let held = self.text.len();
        let shape = self.shapes.get_mut(shape as usize)?;
        if held + key.len() > TEXT_BYTES_MAX || shape.keys >= KEYS_MAX {
            self.full = true;
        }
        if self.full {
            return None;
        }
        self.text.push(b'"');
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(b"\":");
        let new = id(self.keys.len());
        self.keys.push(Key {
            start: id(held),
            len: id(self.text.len() - held),
            literal,
            place: shape.keys,
            wanted,
            value: NONE,
            then: NONE,
            older: shape.newest,
        });
        shape.newest = new;
        shape.keys += 1;
        Some(new)
    }
}

// === impl Open ===

impl Open {
    /// Notes a place; `false` when it was there already.
    #[inline]
    fn note(&mut self, place: u16) -> bool {
        let bit = 1_u64 << (place & 63);
        let Some(word) = self.seen.get_mut(usize::from(place >> 6)) else { return false };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

/// Whether two texts of one length are the same, by words: keys are short.
#[inline]
fn same(a: &[u8], b: &[u8]) -> bool {
    match a.len() {
        8..=16 => a.first_chunk::<8>() == b.first_chunk() && a.last_chunk::<8>() == b.last_chunk(),
        17..=32 => {
            a.first_chunk::<16>() == b.first_chunk() && a.last_chunk::<16>() == b.last_chunk()
        }
        4..=7 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => a == b,
    }
}

fn id(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(shapes: &mut Shapes, trie: &Trie, keys: &[String]) {
        shapes.begin();
        let mut open = shapes.open(0);
        for key in keys {
            assert!(shapes.find(&mut open, (key, true), (trie, None)).is_some());
        }
    }

    #[test]
    fn one_document_of_junk_does_not_slow_down_those_after_it() {
        let trie = Trie { nodes: Vec::new(), frames: Vec::new(), token: Arc::default() };
        let mut shapes = Shapes::default();
        let junk: Vec<String> = (0..=KEYS_MAX).map(|it| format!("junk{it}")).collect();
        read(&mut shapes, &trie, &junk);
        read(&mut shapes, &trie, &["id".to_owned()]);
        shapes.begin();
        let mut open = shapes.open(0);
        assert!(shapes.expected(&mut open, br#""id":1}"#).is_some());
    }
}
