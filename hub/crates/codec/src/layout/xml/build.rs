//! From bytes to a document, strictly: one root, no DOCTYPE, no entity of one's
//! own, no character that XML does not have, all of it bounded.

use quick_xml::{
    NsReader,
    events::Event,
    name::{Namespace, QName, ResolveResult},
};
use std::collections::HashMap;

use super::{
    encoding, is_space,
    path::Name,
    strict,
    tree::{ATTRIBUTES_MAX, Attribute, BYTES_MAX, DEPTH_MAX, ELEMENTS_MAX, Element, NONE, Tree},
};
use crate::{
    charset::{Cursor, Decoded, Profile, Skip, SkipKind},
    layout::{LayoutFault, arena::Arena},
};

/// Characters of a bad piece that a fault shows.
const SHOWN_CHARS_MAX: usize = 40;

/// How a document is to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) profile: &'a Profile,
    /// An element's text has that of the elements in it.
    pub(super) keep_mixed: bool,
    /// One namespace that is read as another.
    pub(super) alias: Option<(&'a str, &'a str)>,
    /// Bytes of all texts.
    pub(super) texts_max: usize,
}

struct Build<'a> {
    tree: Tree,
    arena: Arena,
    reading: Reading<'a>,
    text: &'a str,
    skips: &'a [Skip],
    cursor: Cursor,
    lines: Lines,
    names: HashMap<Name, usize>,
    open: Vec<Open>,
}

/// Where in the lines of the text it is.
struct Lines {
    at: usize,
    line: u32,
    column: u32,
}

/// An element that is not closed.
struct Open {
    index: usize,
    text: String,
    last_child: Option<usize>,
    /// How many elements of each name are in it.
    counts: HashMap<usize, u32>,
}

/// Reads a document; the arena holds its texts.
pub(super) fn read(reading: Reading<'_>, bytes: &[u8]) -> Result<(Tree, Arena), LayoutFault> {
    if bytes.len() > BYTES_MAX {
        return Err(LayoutFault::new("too-large", 0, "the document is too large")
            .found(format!("{} bytes", bytes.len()))
            .expected(format!("at most {BYTES_MAX} bytes")));
    }
    let profile = reading.profile;
    let decoded = profile.decode_marking(bytes).map_err(|fault| {
        LayoutFault::new("bom", fault.offset, "the byte order mark is not as the layout says")
    })?;
    if let Some(bad) = decoded.faults().next() {
        let fault = profile.fault(bytes, bad);
        let code = if bad.kind == SkipKind::Cut { "truncated" } else { "charset" };
        return Err(LayoutFault::new(code, fault.offset, "bytes that are no characters")
            .found(fault.found())
            .expected(format!("characters of {}", fault.charset)));
    }
    let Decoded { text, skips, .. } = decoded;
    let mut build = Build {
        tree: Tree::default(),
        arena: Arena::new(String::new()),
        reading,
        text: &text,
        skips: &skips,
        cursor: Cursor::new(profile),
        lines: Lines { at: 0, line: 1, column: 1 },
        names: HashMap::new(),
        open: Vec::new(),
    };
    build.characters()?;
    build.run()?;
    Ok((build.tree, build.arena))
}

// === impl Build ===

impl Build<'_> {
    fn characters(&mut self) -> Result<(), LayoutFault> {
        let Some(at) = self.text.find(|c| !strict::is_char(c)) else { return Ok(()) };
        let found = self.text.get(at..).and_then(|it| it.chars().next()).map_or(0, u32::from);
        let fault = self.fault(at, "xml", "a character that XML does not have");
        Err(fault.found(format!("U+{found:04X}")))
    }

    /// A fault at a place of the text, which is not before the last one.
    fn fault(&mut self, at: usize, code: &'static str, message: &str) -> LayoutFault {
        let offset = self.cursor.advance(self.text, self.skips, at);
        self.lines.advance(self.text, at);
        let Lines { line, column, .. } = self.lines;
        let within = self.open.last().map(|it| self.tree.place_of(it.index, ""));
        let within = within.map_or(String::new(), |it| format!(", within {it}"));
        let message = format!("{message} (line {line}, column {column}{within})");
        LayoutFault::new(code, offset, message)
    }

    fn run(&mut self) -> Result<(), LayoutFault> {
        let mut reader = NsReader::from_str(self.text);
        reader.config_mut().check_end_names = true;
        loop {
            let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let raw = self.text.get(start..end).unwrap_or_default();
            match event {
                Err(error) => {
                    let open = matches!(error, quick_xml::Error::Syntax(_));
                    let code = if open && end >= self.text.len() { "truncated" } else { "xml" };
                    return Err(self.fault(start, code, &format!("this is not XML: {error}")));
                }
                Ok(Event::Eof) => break,
                Ok(Event::Start(_)) => {
                    let inside = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
                    self.begin(&reader, inside, start)?;
                }
                Ok(Event::Empty(_)) => {
                    let inside = raw.get(1..raw.len().saturating_sub(2)).unwrap_or_default();
                    self.begin(&reader, inside, start)?;
                    self.end(end)?;
                }
                Ok(Event::End(_)) => self.end(end)?,
                Ok(Event::Text(text)) => {
                    if raw.contains("]]>") {
                        return Err(self.fault(start, "xml", "`]]>` in a text"));
                    }
                    self.add(&text.xml10_content(), start)?;
                }
                Ok(Event::CData(text)) => {
                    if self.open.is_empty() {
                        return Err(self.fault(start, "xml", "text outside of the root element"));
                    }
                    self.add(&text.xml10_content(), start)?;
                }
                Ok(Event::GeneralRef(_)) => self.entity(raw, start)?,
                Ok(Event::DocType(_)) => {
                    let message = "a DOCTYPE: documents with one are refused";
                    return Err(self.fault(start, "xml-doctype", message));
                }
                Ok(Event::Decl(_)) => self.declaration(raw, start)?,
                Ok(Event::Comment(_)) if strict::is_comment(raw) => {}
                Ok(Event::PI(_)) if strict::is_instruction(raw) => {}
                Ok(Event::Comment(_)) => {
                    return Err(self.fault(start, "xml", "`--` in a comment"));
                }
                Ok(Event::PI(_)) => {
                    let message = "an instruction whose name XML does not have";
                    return Err(self.fault(start, "xml", message));
                }
            }
        }
        match (self.open.is_empty(), self.tree.root()) {
            (true, Some(_)) => Ok(()),
            (false, _) => {
                let message = "the document ends within an element";
                Err(self.fault(self.text.len(), "truncated", message))
            }
            (true, None) => Err(LayoutFault::new("empty", 0, "there is no element")),
        }
    }

    /// The document must say the character set that it was read in, if it says one.
    fn declaration(&mut self, raw: &str, start: usize) -> Result<(), LayoutFault> {
        if start > 0 {
            return Err(self.fault(start, "xml", "a declaration that is not at the start"));
        }
        let name = strict::declaration(raw).map_err(|why| self.fault(start, "xml", why))?;
        let ours = self.reading.profile.charset;
        match name.filter(|it| !encoding::is_called(ours, it)) {
            None => Ok(()),
            Some(name) => {
                let message = "the document says another character set";
                Err(self.fault(start, "charset", message).found(shown(name)).expected(ours.name()))
            }
        }
    }

    fn entity(&mut self, raw: &str, start: usize) -> Result<(), LayoutFault> {
        let name = raw.strip_prefix('&').and_then(|it| it.strip_suffix(';')).unwrap_or_default();
        if self.open.is_empty() {
            return Err(self.fault(start, "xml", "text outside of the root element"));
        }
        let Some(c) = strict::reference(name) else {
            let message = "an entity that XML itself does not have";
            let expected = "&amp; &lt; &gt; &apos; &quot; or a character's number";
            return Err(self.fault(start, "xml", message).found(shown(name)).expected(expected));
        };
        self.add(c.encode_utf8(&mut [0; 4]), start)
    }

    fn begin(
        &mut self,
        reader: &NsReader<&[u8]>,
        inside: &str,
        start: usize,
    ) -> Result<(), LayoutFault> {
        let index = self.tree.elements.len();
        if self.open.is_empty() && index > 0 {
            return Err(self.fault(start, "xml", "a second root element").expected("the end"));
        }
        if self.open.len() >= DEPTH_MAX || index >= ELEMENTS_MAX {
            let expected = format!("at most {DEPTH_MAX} levels and {ELEMENTS_MAX} elements");
            return Err(self.fault(start, "too-large", "too many elements").expected(expected));
        }
        let mut attributes = Vec::new();
        let name = strict::tag(inside, &mut attributes);
        let name = name.map_err(|why| self.fault(start, "xml", why))?;
        if attributes.len() > ATTRIBUTES_MAX {
            let expected = format!("at most {ATTRIBUTES_MAX} of one element");
            return Err(self.fault(start, "too-large", "too many attributes").expected(expected));
        }
        let first = self.tree.attributes.len();
        for (key, value) in attributes {
            self.attribute(reader, (key, value), (first, start))?;
        }
        let (resolved, local) = reader.resolver().resolve_element(QName(name));
        let name = self.named(&resolved, local.into_inner(), start)?;
        let name = self.name_index(name);
        let attributes = (first, self.tree.attributes.len());
        let offset = self.cursor.advance(self.text, self.skips, start);
        self.lines.advance(self.text, start);
        let place = (self.lines.line, self.lines.column);
        let parent = self.open.last().map(|it| it.index);
        let nth = self.open.last_mut().map_or(1, |it| {
            let count = it.counts.entry(name).or_insert(0);
            *count += 1;
            *count
        });
        self.tree.elements.push(Element { name, offset, place, attributes, parent, nth, ..NONE });
        self.link(index);
        let (text, counts) = (String::new(), HashMap::new());
        self.open.push(Open { index, text, last_child: None, counts });
        Ok(())
    }

    /// One attribute of the element whose first one has index `first`.
    fn attribute(
        &mut self,
        reader: &NsReader<&[u8]>,
        (key, value): (&str, &str),
        (first, start): (usize, usize),
    ) -> Result<(), LayoutFault> {
        let value = strict::attribute(value).map_err(|why| self.fault(start, "xml", why))?;
        if let Some(prefix) = key.strip_prefix("xmlns:") {
            // The reserved ones the resolver knows.
            return match (prefix, value.is_empty()) {
                (_, true) => Err(self.fault(start, "xml", "a prefix for no namespace")),
                (_, false) => Ok(()),
            };
        }
        if key == "xmlns" {
            return Ok(());
        }
        let (resolved, local) = reader.resolver().resolve_attribute(QName(key));
        let name = self.named(&resolved, local.into_inner(), start)?;
        let before = self.tree.attributes.get(first..).unwrap_or_default();
        if before.iter().any(|it| it.name == name) {
            return Err(self.fault(start, "xml", "an attribute twice").found(shown(&name.local)));
        }
        self.room(value.len(), start)?;
        let range = self.arena.add(&value);
        self.tree.attributes.push(Attribute { name, range });
        Ok(())
    }

    fn named(
        &mut self,
        resolved: &ResolveResult<'_>,
        local: &str,
        start: usize,
    ) -> Result<Name, LayoutFault> {
        let namespace = match resolved {
            ResolveResult::Unbound => "",
            ResolveResult::Bound(Namespace(name)) => name,
            ResolveResult::Unknown(prefix) => {
                let message = "a prefix without a namespace";
                return Err(self.fault(start, "xml", message).found(shown(prefix.as_str())));
            }
        };
        let namespace = match self.reading.alias {
            Some((from, to)) if from == namespace => to,
            _ => namespace,
        };
        Ok(Name { namespace: namespace.to_owned(), local: local.to_owned() })
    }

    fn name_index(&mut self, name: Name) -> usize {
        if let Some(index) = self.names.get(&name) {
            return *index;
        }
        let index = self.tree.names.len();
        self.tree.names.push(name.clone());
        self.names.insert(name, index);
        index
    }

    fn link(&mut self, index: usize) {
        let Some(parent) = self.open.last_mut() else { return };
        let (at, place): (usize, fn(&mut Element) -> &mut Option<usize>) = match parent.last_child {
            Some(last) => (last, |it| &mut it.next),
            None => (parent.index, |it| &mut it.first_child),
        };
        parent.last_child = Some(index);
        if let Some(element) = self.tree.elements.get_mut(at) {
            *place(element) = Some(index);
        }
    }

    /// There is room for so many more bytes of text.
    fn room(&mut self, more: usize, at: usize) -> Result<(), LayoutFault> {
        let most = self.reading.texts_max;
        if self.arena.end().saturating_add(more) <= most {
            return Ok(());
        }
        Err(self.fault(at, "too-large", "too much text").expected(texts_at_most(most)))
    }

    fn end(&mut self, end: usize) -> Result<(), LayoutFault> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        self.room(open.text.len(), end)?;
        let end = self.cursor.advance(self.text, self.skips, end);
        let text = self.arena.add(&open.text);
        let last = self.tree.elements.len();
        let plain = open.last_child.is_none() || open.text.chars().all(is_space);
        if let Some(element) = self.tree.elements.get_mut(open.index) {
            element.text = text;
            element.length = end - element.offset;
            element.end = last;
            element.mixed = !plain && !self.reading.keep_mixed;
        }
        if self.reading.keep_mixed
            && let Some(parent) = self.open.last_mut()
        {
            parent.text.push_str(&open.text);
        }
        Ok(())
    }

    fn add(&mut self, text: &str, start: usize) -> Result<(), LayoutFault> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.chars().all(is_space) => {}
            None => return Err(self.fault(start, "xml", "text outside of the root element")),
        }
        Ok(())
    }
}

/// What a document with too much text is told.
pub(super) fn texts_at_most(most: usize) -> String {
    format!("at most {most} bytes, with defaults, and with `mixed: keep` once for each level")
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect()
}

// === impl Lines ===

impl Lines {
    /// Goes on to `to`, which is not before the last place.
    fn advance(&mut self, text: &str, to: usize) {
        for byte in text.as_bytes().get(self.at..to).unwrap_or_default() {
            match byte {
                b'\n' => (self.line, self.column) = (self.line.saturating_add(1), 1),
                // The bytes of a character behind its first.
                0x80..=0xBF => {}
                _ => self.column = self.column.saturating_add(1),
            }
        }
        self.at = self.at.max(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charset::Charset;

    /// Goal: text that counts once for each level is bounded, whatever the depth.
    #[test]
    fn text_that_is_kept_at_each_level_is_bounded() {
        let profile = Profile::new(Charset::Utf8);
        let told = |keep_mixed, levels: usize| {
            let text = "x".repeat(100);
            let nested = format!("{}{text}{}", "<a>".repeat(levels), "</a>".repeat(levels));
            let reading = Reading { profile: &profile, keep_mixed, alias: None, texts_max: 1000 };
            read(reading, nested.as_bytes()).map(|(_, arena)| arena.end())
        };
        assert_eq!(told(false, 60).ok(), Some(100));
        assert_eq!(told(true, 10).ok(), Some(1000));
        let fault = told(true, 11).expect_err("too much");
        assert_eq!((fault.code, fault.offset), ("too-large", 11 * 3 + 100 + 11 * 4));
        assert!(fault.expected.starts_with("at most 1000 bytes"), "{fault}");
    }
}
