//! A JSON reader that fills slots in one pass: no tree, subtrees that nothing
//! reads are skipped but checked just as strictly.
//!
//! Strict (RFC 8259, and I-JSON where that is stricter): no duplicate keys, no
//! lone surrogates, no trailing bytes, bounded depth. The input is UTF-8 already.

mod token;

use super::{
    Doc, InputFault, Slot, SlotKind, offset,
    shapes::{Found, Link, Open, ShapeId, Shapes},
    text,
};
use crate::plan::trie::{FrameId, Trie, TrieNode, Wanted};

pub(crate) use super::shapes::Keys;

/// Objects and lists within each other.
pub(crate) const DEPTH_MAX: u32 = 128;

/// Fills the slots of `doc` from one JSON document.
///
/// # Errors
/// Where the input is not strict JSON, or not an object.
pub(crate) fn scan(
    input: &str,
    trie: &Trie,
    doc: &mut Doc,
    keys: &mut Keys,
) -> Result<(), InputFault> {
    doc.begin(trie);
    let shapes = keys.of(trie);
    shapes.begin();
    let fault = InputFault { offset: 0, expected: "" };
    let mut scanner = Scanner { input, bytes: input.as_bytes(), at: 0, trie, doc, shapes, fault };
    scanner.document().map_err(|Stop| scanner.fault)
}

struct Scanner<'a> {
    input: &'a str,
    bytes: &'a [u8],
    at: usize,
    trie: &'a Trie,
    doc: &'a mut Doc,
    shapes: &'a mut Shapes,
    /// Why it stopped.
    fault: InputFault,
}

/// The reading stops; why is in [`Scanner::fault`], so that what is returned
/// everywhere stays small.
struct Stop;

type Scanned<T> = Result<T, Stop>;

/// The body of a string and whether it has escapes.
#[derive(Clone, Copy)]
struct Body {
    start: usize,
    end: usize,
    escaped: bool,
}

impl<'a> Scanner<'a> {
    #[cold]
    fn fault<T>(&mut self, expected: &'static str) -> Scanned<T> {
        let offset = u64::try_from(self.at).unwrap_or(u64::MAX);
        self.stop(InputFault { offset, expected })
    }

    #[cold]
    fn stop<T>(&mut self, fault: InputFault) -> Scanned<T> {
        self.fault = fault;
        Err(Stop)
    }

    fn document(&mut self) -> Scanned<()> {
        self.blanks();
        self.value(self.trie.wanted(Some(0)), Link::Record, 0, 0)?;
        self.blanks();
        if self.at < self.bytes.len() {
            return self.fault("the end of the document");
        }
        Ok(())
    }

    /// Reads one value; `base` is the first slot of the frame it stands in.
    #[inline]
    fn value(&mut self, wanted: Wanted, link: Link, base: usize, depth: u32) -> Scanned<()> {
        let at = self.at;
        let slot = match self.byte() {
            b'"' => {
                let body = self.string()?;
                if wanted.slot.is_none() {
                    return if body.escaped { self.check_escapes(body) } else { Ok(()) };
                }
                self.text_slot(body, at)?
            }
            b'{' | b'[' => self.nested((self.trie.node(wanted.node), link), base, depth + 1)?,
            b't' => self.word("true", SlotKind::True)?,
            b'f' => self.word("false", SlotKind::False)?,
            b'n' => self.word("null", SlotKind::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return self.fault("a JSON value"),
        };
        if let Some(index) = wanted.slot {
            self.doc.set(wanted.frame, base + usize::from(index), slot);
        }
        Ok(())
    }

    /// An object or a list.
    #[inline(never)]
    fn nested(
        &mut self,
        (node, link): (Option<&'a TrieNode>, Link),
        base: usize,
        depth: u32,
    ) -> Scanned<Slot> {
        if depth > DEPTH_MAX {
            return self.fault("at most 128 levels of nesting");
        }
        let at = self.at;
        let shape = self.shapes.shape(link);
        if self.byte() == b'[' {
            return self.list(node, shape, depth);
        }
        self.object(node, shape, base, depth)?;
        Ok(Slot::new(SlotKind::Object, 0, 0, offset(at)))
    }

    fn object(
        &mut self,
        node: Option<&'a TrieNode>,
        shape: ShapeId,
        base: usize,
        depth: u32,
    ) -> Scanned<()> {
        self.at += 1;
        self.blanks();
        if self.byte() == b'}' {
            self.at += 1;
            return Ok(());
        }
        let mut open = self.shapes.open(shape);
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let (wanted, link) = match self.shapes.expected(&mut open, rest) {
                Some((len, found)) => {
                    self.at += len;
                    found
                }
                None => self.other_key(&mut open, node)?,
            };
            self.blanks();
            self.value(wanted, link, base, depth)?;
            self.blanks();
            match self.byte() {
                b',' => self.at += 1,
                b'}' => break,
                _ => return self.fault("`,` or `}` after a value"),
            }
            self.blanks();
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a key, with its colon, that is not the expected one.
    #[cold]
    fn other_key(&mut self, open: &mut Open, node: Option<&TrieNode>) -> Scanned<Found> {
        if self.byte() != b'"' {
            return self.fault("a key in double quotes");
        }
        let body = self.string()?;
        let raw = self.input.get(body.start..body.end).unwrap_or_default();
        let mut decoded = String::new();
        if body.escaped {
            let read = text::decode_string(raw, body.start, &mut decoded);
            read.or_else(|fault| self.stop(fault))?;
        }
        let key = if body.escaped { decoded.as_str() } else { raw };
        let found = self.shapes.find(open, (key, !body.escaped), (self.trie, node));
        let Some(found) = found else {
            self.at = body.start;
            return self.fault("each key only once in an object");
        };
        self.blanks();
        if self.byte() != b':' {
            return self.fault("`:` after a key");
        }
        self.at += 1;
        Ok(found)
    }

    fn list(&mut self, node: Option<&TrieNode>, shape: ShapeId, depth: u32) -> Scanned<Slot> {
        let at = self.at;
        let trie = self.trie;
        let elements = node.and_then(|it| it.elements);
        let wanted = trie.wanted(elements);
        let frame: FrameId = wanted.frame;
        let width = if elements.is_some() { trie.width(frame) } else { 0 };
        let held = self.doc.frames.get(usize::from(frame)).map_or(0, Vec::len);
        let first = held.checked_div(width).unwrap_or(0);
        let mut count = 0;
        self.at += 1;
        self.blanks();
        if self.byte() == b']' {
            self.at += 1;
            return Ok(Slot::new(SlotKind::List, offset(first), 0, offset(at)));
        }
        loop {
            let base = if width > 0 { self.doc.push_frame(trie, frame) } else { 0 };
            self.value(wanted, Link::Elements(shape), base, depth)?;
            count += 1;
            self.blanks();
            match self.byte() {
                b',' => self.at += 1,
                b']' => break,
                _ => return self.fault("`,` or `]` after an element"),
            }
            self.blanks();
        }
        self.at += 1;
        Ok(Slot::new(SlotKind::List, offset(first), count, offset(at)))
    }
}

#[cfg(test)]
mod tests;
