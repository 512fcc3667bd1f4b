//! Front ends: what fills the slots. A map does not know which one did.

pub(crate) mod rows;
pub(crate) mod scanner;
mod shapes;
pub(crate) mod text;

use crate::{
    plan::trie::{FrameId, Trie},
    schema::Kinds,
    value::{Source, Span, Value},
};

/// What one record left in the slots.
#[derive(Debug, Default)]
pub(crate) struct Doc {
    /// By frame layout: the slots of all its frames, one after the other.
    pub(crate) frames: Vec<Vec<Slot>>,
    /// Texts that are not verbatim in the input.
    pub(crate) side: String,
}

/// One value of the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) kind: SlotKind,
    /// Start of a text or number; first element of a list.
    pub(crate) start: u32,
    /// Bytes of a text or number; elements of a list.
    pub(crate) len: u32,
    /// Byte offset in the record.
    pub(crate) at: u32,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SlotKind {
    #[default]
    Missing,
    Null,
    True,
    False,
    /// Text, verbatim in the input.
    Text,
    /// Text in the side buffer.
    Decoded,
    Number,
    List,
    Object,
}

/// Why an input is not read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputFault {
    pub(crate) offset: u64,
    pub(crate) expected: &'static str,
}

// === impl Slot ===

impl Slot {
    pub(crate) const fn new(kind: SlotKind, start: u32, len: u32, at: u32) -> Self {
        Self { kind, start, len, at }
    }

    /// Whether it is what a source schema says; what is absent always fits.
    #[inline]
    pub(crate) fn fits(self, kinds: Kinds) -> bool {
        kinds.has(match self.kind {
            SlotKind::Missing | SlotKind::Null => return true,
            SlotKind::True | SlotKind::False => Kinds::BOOL,
            SlotKind::Text | SlotKind::Decoded => Kinds::TEXT,
            SlotKind::Number => Kinds::NUMBER.with(Kinds::INTEGER),
            SlotKind::List => Kinds::ARRAY,
            SlotKind::Object => Kinds::OBJECT,
        })
    }

    /// The value, as a pipe begins with it.
    #[inline]
    pub(crate) fn value(self) -> Value {
        let span = |source| Span { source, start: self.start, len: self.len };
        match self.kind {
            SlotKind::Missing => Value::Missing,
            SlotKind::Null => Value::Null,
            SlotKind::True => Value::Bool(true),
            SlotKind::False => Value::Bool(false),
            SlotKind::Text => Value::Text(span(Source::Input)),
            SlotKind::Decoded => Value::Text(span(Source::Side)),
            SlotKind::Number => Value::Number(span(Source::Input)),
            SlotKind::List => Value::Tree { list: true, at: self.at },
            SlotKind::Object => Value::Tree { list: false, at: self.at },
        }
    }
}

// === impl Doc ===

impl Doc {
    /// Empties the slots for the next record and makes the frame of the record.
    pub(crate) fn begin(&mut self, trie: &Trie) {
        self.side.clear();
        self.frames.resize_with(trie.frames.len(), Vec::new);
        for frame in &mut self.frames {
            frame.clear();
        }
        self.push_frame(trie, 0);
    }

    /// Makes one more frame; the index of its first slot.
    pub(crate) fn push_frame(&mut self, trie: &Trie, frame: FrameId) -> usize {
        let width = trie.width(frame);
        let Some(slots) = self.frames.get_mut(usize::from(frame)) else { return 0 };
        let base = slots.len();
        slots.resize(base + width, Slot::default());
        base
    }

    pub(crate) fn set(&mut self, frame: FrameId, index: usize, slot: Slot) {
        if let Some(place) =
            self.frames.get_mut(usize::from(frame)).and_then(|slots| slots.get_mut(index))
        {
            *place = slot;
        }
    }
}

/// A position of the input as a slot keeps it.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
