//! A JSON reader that fills slots in one pass: no tree, subtrees that nothing
//! reads are skipped but checked just as strictly.
//!
//! Strict (RFC 8259, and I-JSON where that is stricter): no duplicate keys, no
//! lone surrogates, no trailing bytes, bounded depth. The input is UTF-8 already.

use super::{Doc, InputFault, Slot, SlotKind, offset, text};
use crate::plan::trie::{FrameId, Trie, TrieId, TrieNode};

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
    keys.seen.clear();
    let mut scanner = Scanner { input, bytes: input.as_bytes(), at: 0, trie, doc, keys };
    scanner.blanks();
    scanner.value(trie.node(0), 0, 0)?;
    scanner.blanks();
    if scanner.at < scanner.bytes.len() {
        return scanner.fault("the end of the document");
    }
    Ok(())
}

/// Keys of the objects that are open, to find duplicates. Kept between records
/// for its memory.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    seen: Vec<Key>,
    decoded: String,
}

#[derive(Clone, Copy, Debug)]
struct Key {
    hash: u64,
    start: u32,
    len: u32,
}

struct Scanner<'a> {
    input: &'a str,
    bytes: &'a [u8],
    at: usize,
    trie: &'a Trie,
    doc: &'a mut Doc,
    keys: &'a mut Keys,
}

type Scanned<T> = Result<T, InputFault>;

/// The body of a string and whether it has escapes.
#[derive(Clone, Copy)]
struct Body {
    start: usize,
    end: usize,
    escaped: bool,
}

impl Scanner<'_> {
    fn fault<T>(&self, expected: &'static str) -> Scanned<T> {
        Err(InputFault { offset: u64::try_from(self.at).unwrap_or(u64::MAX), expected })
    }

    /// The next byte; 0, which JSON has nowhere, at the end.
    #[inline]
    fn byte(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn blanks(&mut self) {
        while matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Reads one value. `node` says what is wanted of it; `base` is the first
    /// slot of the frame it stands in.
    fn value(&mut self, node: Option<&TrieNode>, base: usize, depth: u32) -> Scanned<()> {
        let at = self.at;
        let slot = match self.byte() {
            b'"' => {
                let body = self.string()?;
                match node.and_then(|it| it.slot) {
                    Some(_) => self.text_slot(body, at)?,
                    None => {
                        self.check_escapes(body)?;
                        return Ok(());
                    }
                }
            }
            b'{' => {
                self.object(node, base, depth + 1)?;
                Slot::new(SlotKind::Object, 0, 0, offset(at))
            }
            b'[' => self.list(node, depth + 1)?,
            b't' => self.word("true", SlotKind::True)?,
            b'f' => self.word("false", SlotKind::False)?,
            b'n' => self.word("null", SlotKind::Null)?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return self.fault("a JSON value"),
        };
        if let Some((node, index)) = node.and_then(|it| it.slot.map(|slot| (it, slot))) {
            self.doc.set(node.frame, base + usize::from(index), slot);
        }
        Ok(())
    }

    fn object(&mut self, node: Option<&TrieNode>, base: usize, depth: u32) -> Scanned<()> {
        if depth > DEPTH_MAX {
            return self.fault("at most 128 levels of nesting");
        }
        self.at += 1;
        self.blanks();
        if self.byte() == b'}' {
            self.at += 1;
            return Ok(());
        }
        let trie = self.trie;
        let mut seen = Seen { first: self.keys.seen.len(), bits: [0; 4] };
        let mut hint = 0;
        loop {
            if self.byte() != b'"' {
                return self.fault("a key in double quotes");
            }
            let body = self.string()?;
            let child = self.key(node, body, &mut seen, &mut hint)?;
            self.blanks();
            if self.byte() != b':' {
                return self.fault("`:` after a key");
            }
            self.at += 1;
            self.blanks();
            self.value(child.and_then(|id| trie.node(id)), base, depth)?;
            self.blanks();
            match self.byte() {
                b',' => self.at += 1,
                b'}' => break,
                _ => return self.fault("`,` or `}` after a value"),
            }
            self.blanks();
        }
        self.at += 1;
        self.keys.seen.truncate(seen.first);
        Ok(())
    }

    /// Notes a key and finds the child it leads to.
    fn key(
        &mut self,
        node: Option<&TrieNode>,
        body: Body,
        seen: &mut Seen,
        hint: &mut usize,
    ) -> Scanned<Option<TrieId>> {
        if body.escaped {
            let mut decoded = std::mem::take(&mut self.keys.decoded);
            decoded.clear();
            let raw = self.input.get(body.start..body.end).unwrap_or_default();
            let read = text::decode_string(raw, body.start, &mut decoded);
            let result = read.and_then(|()| self.known_key(node, body, &decoded, seen, hint));
            self.keys.decoded = decoded;
            return result;
        }
        let key = self.input.get(body.start..body.end).unwrap_or_default();
        self.known_key(node, body, key, seen, hint)
    }

    fn known_key(
        &mut self,
        node: Option<&TrieNode>,
        body: Body,
        key: &str,
        seen: &mut Seen,
        hint: &mut usize,
    ) -> Scanned<Option<TrieId>> {
        let hash = hash(key);
        if seen.maybe(hash) && self.duplicate(seen.first, hash, key) {
            self.at = body.start;
            return self.fault("each key only once in an object");
        }
        let (start, len) = (offset(body.start), offset(body.end - body.start));
        self.keys.seen.push(Key { hash, start, len });
        let Some(node) = node else { return Ok(None) };
        Ok(find_child(self.trie, node, (key, hash), hint))
    }

    fn duplicate(&self, first: usize, hash: u64, key: &str) -> bool {
        let open = self.keys.seen.get(first..).unwrap_or_default();
        open.iter().any(|it| {
            if it.hash != hash {
                return false;
            }
            let (start, len) = (it.start as usize, it.len as usize);
            let raw = self.input.get(start..start + len).unwrap_or_default();
            let mut decoded = String::new();
            // It was decoded without a fault when it was read.
            raw == key || (text::decode_string(raw, 0, &mut decoded).is_ok() && decoded == key)
        })
    }

    fn list(&mut self, node: Option<&TrieNode>, depth: u32) -> Scanned<Slot> {
        if depth > DEPTH_MAX {
            return self.fault("at most 128 levels of nesting");
        }
        let at = self.at;
        let trie = self.trie;
        let elements = node.and_then(|it| it.elements).and_then(|id| trie.node(id));
        let frame: FrameId = elements.map_or(0, |it| it.frame);
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
            self.value(elements, base, depth)?;
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

    fn word(&mut self, word: &'static str, kind: SlotKind) -> Scanned<Slot> {
        let at = self.at;
        if self.bytes.get(at..at + word.len()) != Some(word.as_bytes()) {
            return self.fault("a JSON value");
        }
        self.at += word.len();
        Ok(Slot::new(kind, 0, 0, offset(at)))
    }

    fn number(&mut self) -> Scanned<Slot> {
        let start = self.at;
        if self.byte() == b'-' {
            self.at += 1;
        }
        match self.byte() {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return self.fault("a digit"),
        }
        if self.byte() == b'.' {
            self.at += 1;
            if !self.byte().is_ascii_digit() {
                return self.fault("a digit after the point");
            }
            self.digits();
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            if !self.byte().is_ascii_digit() {
                return self.fault("a digit of the exponent");
            }
            self.digits();
        }
        Ok(Slot::new(SlotKind::Number, offset(start), offset(self.at - start), offset(start)))
    }

    #[inline]
    fn digits(&mut self) {
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
    }

    /// Reads to the closing quote.
    #[inline]
    fn string(&mut self) -> Scanned<Body> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at = next_special(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(_) => {
                    self.at = at;
                    return self.fault("no control characters in a string");
                }
                None => {
                    self.at = self.bytes.len();
                    return self.fault("a closing double quote");
                }
            }
        }
        self.at = at + 1;
        Ok(Body { start, end: at, escaped })
    }

    fn text_slot(&mut self, body: Body, at: usize) -> Scanned<Slot> {
        if !body.escaped {
            let len = offset(body.end - body.start);
            return Ok(Slot::new(SlotKind::Text, offset(body.start), len, offset(at)));
        }
        let start = self.doc.side.len();
        let raw = self.input.get(body.start..body.end).unwrap_or_default();
        text::decode_string(raw, body.start, &mut self.doc.side)?;
        let len = offset(self.doc.side.len() - start);
        Ok(Slot::new(SlotKind::Decoded, offset(start), len, offset(at)))
    }

    /// Checks the escapes of a string that nothing reads.
    fn check_escapes(&self, body: Body) -> Scanned<()> {
        if !body.escaped {
            return Ok(());
        }
        let mut at = body.start;
        while at < body.end {
            if self.bytes.get(at) != Some(&b'\\') {
                at += 1;
                continue;
            }
            let width = match self.bytes.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Some(2),
                Some(b'u') => text::unicode(self.bytes, at).map(|(_, width)| width),
                _ => None,
            };
            let Some(width) = width else {
                return Err(InputFault {
                    offset: u64::try_from(at).unwrap_or(u64::MAX),
                    expected: "an escape of JSON, surrogates in pairs",
                });
            };
            at += width;
        }
        Ok(())
    }
}

/// Which hashes an object has, roughly: no bit, no duplicate.
struct Seen {
    first: usize,
    bits: [u64; 4],
}

impl Seen {
    /// Whether a key of that hash may have been there; notes it.
    #[inline]
    fn maybe(&mut self, hash: u64) -> bool {
        let bit = 1_u64 << (hash & 63);
        let word = usize::try_from(hash >> 6 & 3).unwrap_or(0);
        let Some(word) = self.bits.get_mut(word) else { return true };
        let seen = *word & bit != 0;
        *word |= bit;
        seen
    }
}

/// The child of that key. Documents keep their order: the search begins where
/// the last one ended, and compares hashes before keys.
#[inline]
fn find_child(trie: &Trie, node: &TrieNode, key: (&str, u64), hint: &mut usize) -> Option<TrieId> {
    let (before, after) = node.lookup.split_at_checked(*hint)?;
    let search = |part: &[(u64, TrieId)]| {
        part.iter().position(|(hash, id)| {
            *hash == key.1 && trie.node(*id).is_some_and(|child| &*child.key == key.0)
        })
    };
    let index = match search(after) {
        Some(at) => before.len() + at,
        None => search(before)?,
    };
    *hint = index + 1;
    node.lookup.get(index).map(|(_, id)| *id)
}

/// A hash that is good enough to tell keys apart; equal ones are compared.
#[inline]
pub(crate) fn hash(key: &str) -> u64 {
    const PRIME: u64 = 0x517c_c1b7_2722_0a95;
    let bytes = key.as_bytes();
    let mut hash = u64::try_from(bytes.len()).unwrap_or(0).wrapping_mul(PRIME);
    if let (Some(last), true) = (bytes.last_chunk::<8>(), bytes.len() > 8) {
        let mut rest = bytes;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            hash = (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(PRIME);
            rest = after;
        }
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(*last)).wrapping_mul(PRIME);
    } else {
        let word = bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash ^ word).wrapping_mul(PRIME);
    }
    hash ^ hash >> 29
}

/// Index of the next `"`, `\` or control character from `at` on.
#[inline]
fn next_special(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let equal = |byte: u8| {
            let x = word ^ (ONES * u64::from(byte));
            x.wrapping_sub(ONES) & !x
        };
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (equal(b'"') | equal(b'\\') | control) & HIGH;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
