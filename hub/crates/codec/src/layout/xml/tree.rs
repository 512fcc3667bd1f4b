//! A document in memory: elements with their texts and places. Strict: one
//! root, no DOCTYPE, no unknown entity, no character that XML does not have.

use quick_xml::{
    NsReader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
    name::{Namespace, ResolveResult},
};

use super::{is_space, path::Name};
use crate::{
    charset::{Charset, Cursor, Decoded, Profile, Skip, SkipKind},
    layout::{LayoutFault, arena::Arena},
};

/// Levels of elements.
const DEPTH_MAX: usize = 64;
/// Elements of a document.
const ELEMENTS_MAX: usize = 2_000_000;
/// Bytes of a document: all of it is in memory.
pub(in crate::layout) const BYTES_MAX: usize = 64 << 20;

/// A document.
#[derive(Debug, Default)]
pub(super) struct Tree {
    elements: Vec<Element>,
    attributes: Vec<Attribute>,
    /// Names, once each.
    names: Vec<Name>,
}

/// One element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    name: usize,
    /// In the arena: its own text, without that of elements in it.
    pub(super) text: (usize, usize),
    /// In the input.
    pub(super) offset: usize,
    pub(super) length: usize,
    attributes: (usize, usize),
    first_child: Option<usize>,
    next: Option<usize>,
}

#[derive(Debug)]
struct Attribute {
    name: Name,
    range: (usize, usize),
    text: String,
}

// === impl Tree ===

impl Tree {
    /// Reads a document; the arena holds its texts.
    pub(super) fn read(profile: &Profile, bytes: &[u8]) -> Result<(Self, Arena), LayoutFault> {
        if bytes.len() > BYTES_MAX {
            return Err(LayoutFault::new("too-large", 0, "the document is too large")
                .found(format!("{} bytes", bytes.len()))
                .expected(format!("at most {BYTES_MAX} bytes")));
        }
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
            tree: Self::default(),
            arena: Arena::new(String::new()),
            profile,
            text: &text,
            skips: &skips,
            cursor: Cursor::new(profile),
            open: Vec::new(),
        };
        build.characters()?;
        build.run()?;
        Ok((build.tree, build.arena))
    }

    pub(super) fn root(&self) -> Option<usize> {
        (!self.elements.is_empty()).then_some(0)
    }

    /// The element at an index that this tree gave.
    pub(super) fn element(&self, index: usize) -> &Element {
        const NONE: &Element = &Element {
            name: usize::MAX,
            text: (0, 0),
            offset: 0,
            length: 0,
            attributes: (0, 0),
            first_child: None,
            next: None,
        };
        self.elements.get(index).unwrap_or(NONE)
    }

    pub(super) fn children(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(self.element(index).first_child, |it| self.element(*it).next)
    }

    pub(super) fn is_called(&self, index: usize, name: &Name) -> bool {
        self.names.get(self.element(index).name) == Some(name)
    }

    /// The range of an attribute's text.
    pub(super) fn attribute(&self, index: usize, name: &Name) -> Option<(usize, usize)> {
        self.find(index, name).map(|it| it.range)
    }

    pub(super) fn attribute_text(&self, index: usize, name: &Name) -> Option<&str> {
        self.find(index, name).map(|it| it.text.as_str())
    }

    fn find(&self, index: usize, name: &Name) -> Option<&Attribute> {
        let (start, end) = self.element(index).attributes;
        self.attributes.get(start..end)?.iter().find(|it| it.name == *name)
    }
}

struct Build<'a> {
    tree: Tree,
    arena: Arena,
    profile: &'a Profile,
    text: &'a str,
    skips: &'a [Skip],
    cursor: Cursor,
    open: Vec<Open>,
}

/// An element that is not closed.
struct Open {
    index: usize,
    text: String,
    last_child: Option<usize>,
}

impl Build<'_> {
    /// XML 1.0 has no control characters but tab and line ends.
    fn characters(&mut self) -> Result<(), LayoutFault> {
        let bad = |c: char| {
            c.is_control() && !is_space(c) && c < '\u{80}' || matches!(c, '\u{FFFE}' | '\u{FFFF}')
        };
        let Some(at) = self.text.find(bad) else { return Ok(()) };
        let at = self.cursor.advance(self.text, self.skips, at);
        Err(LayoutFault::new("xml", at, "a character that XML does not have"))
    }

    fn run(&mut self) -> Result<(), LayoutFault> {
        let mut reader = NsReader::from_str(self.text);
        loop {
            let start = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let at = self.cursor.advance(self.text, self.skips, start);
            match event {
                Err(error) => {
                    let open = matches!(error, quick_xml::Error::Syntax(_));
                    let cut = open && end >= self.text.len();
                    let code = if cut { "truncated" } else { "xml" };
                    return Err(LayoutFault::new(code, at, format!("this is not XML: {error}")));
                }
                Ok(Event::Eof) => break,
                Ok(Event::Start(tag)) => self.begin(&reader, &tag, at)?,
                Ok(Event::Empty(tag)) => {
                    self.begin(&reader, &tag, at)?;
                    let end = self.cursor.advance(self.text, self.skips, end);
                    self.end(end);
                }
                Ok(Event::End(_)) => {
                    let end = self.cursor.advance(self.text, self.skips, end);
                    self.end(end);
                }
                Ok(Event::Text(text)) => self.add(&text.xml10_content(), at)?,
                Ok(Event::CData(text)) => self.add(&text.xml10_content(), at)?,
                Ok(Event::GeneralRef(name)) => {
                    let c = reference(&name).ok_or_else(|| {
                        LayoutFault::new("xml", at, "an entity that XML itself does not have")
                            .found(cut(&name))
                            .expected("&amp; &lt; &gt; &apos; &quot; or a character's number")
                    })?;
                    self.add(c.encode_utf8(&mut [0; 4]), at)?;
                }
                Ok(Event::DocType(_)) => {
                    let message = "a DOCTYPE: documents with one are refused";
                    return Err(LayoutFault::new("xml-doctype", at, message));
                }
                Ok(Event::Decl(declaration)) => {
                    if let Some(Ok(name)) = declaration.encoding() {
                        self.encoding(&name, at)?;
                    }
                }
                Ok(Event::Comment(_) | Event::PI(_)) => {}
            }
        }
        match (self.open.is_empty(), self.tree.root()) {
            (true, Some(_)) => Ok(()),
            (false, _) => {
                let message = "the document ends within an element";
                Err(LayoutFault::new("truncated", self.cursor_end(), message))
            }
            (true, None) => Err(LayoutFault::new("empty", 0, "there is no element")),
        }
    }

    fn cursor_end(&mut self) -> usize {
        self.cursor.advance(self.text, self.skips, self.text.len())
    }

    /// The document must say the same character set as the layout, if it says one.
    fn encoding(&self, name: &str, at: usize) -> Result<(), LayoutFault> {
        let said = Charset::from_name(name);
        let ours = self.profile.charset;
        let windows = said == Some(Charset::ShiftJis) && ours == Charset::Cp932;
        let utf_16 = name.eq_ignore_ascii_case("utf-16")
            && matches!(ours, Charset::Utf16Le | Charset::Utf16Be);
        if said == Some(ours) || windows || utf_16 {
            return Ok(());
        }
        Err(LayoutFault::new("charset", at, "the document says another character set")
            .found(name.chars().take(40).collect::<String>())
            .expected(ours.name()))
    }

    fn begin(
        &mut self,
        reader: &NsReader<&[u8]>,
        tag: &BytesStart<'_>,
        at: usize,
    ) -> Result<(), LayoutFault> {
        let index = self.tree.elements.len();
        if self.open.is_empty() && index > 0 {
            return Err(LayoutFault::new("xml", at, "a second root element").expected("the end"));
        }
        if self.open.len() >= DEPTH_MAX || index >= ELEMENTS_MAX {
            let expected = format!("at most {DEPTH_MAX} levels and {ELEMENTS_MAX} elements");
            return Err(LayoutFault::new("too-large", at, "too many elements").expected(expected));
        }
        let (resolved, local) = reader.resolver().resolve_element(tag.name());
        let name = named(&resolved, local.into_inner(), at)?;
        let first = self.tree.attributes.len();
        for attribute in tag.attributes() {
            let bad = |why: &dyn std::fmt::Display| {
                LayoutFault::new("xml", at, format!("an attribute that is not XML: {why}"))
            };
            let attribute = attribute.map_err(|it| bad(&it))?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
            let name = named(&resolved, local.into_inner(), at)?;
            let text =
                attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|it| bad(&it))?;
            let range = self.arena.add(&text);
            self.tree.attributes.push(Attribute { name, range, text: text.into_owned() });
        }
        let name = self.name(name);
        let attributes = (first, self.tree.attributes.len());
        self.tree.elements.push(Element {
            name,
            text: (0, 0),
            offset: at,
            length: 0,
            attributes,
            first_child: None,
            next: None,
        });
        self.link(index);
        self.open.push(Open { index, text: String::new(), last_child: None });
        Ok(())
    }

    /// The index of a name.
    fn name(&mut self, name: Name) -> usize {
        // Documents have few names.
        let known = self.tree.names.iter().position(|it| *it == name);
        known.unwrap_or_else(|| {
            self.tree.names.push(name);
            self.tree.names.len() - 1
        })
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

    fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let text = self.arena.add(&open.text);
        if let Some(element) = self.tree.elements.get_mut(open.index) {
            element.text = text;
            element.length = end - element.offset;
        }
    }

    fn add(&mut self, text: &str, at: usize) -> Result<(), LayoutFault> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(text),
            None if text.chars().all(is_space) => {}
            None => {
                let message = "text outside of the root element";
                return Err(LayoutFault::new("xml", at, message));
            }
        }
        Ok(())
    }
}

fn named(resolved: &ResolveResult<'_>, local: &str, at: usize) -> Result<Name, LayoutFault> {
    let namespace = match resolved {
        ResolveResult::Unbound => String::new(),
        ResolveResult::Bound(Namespace(name)) => (*name).to_owned(),
        ResolveResult::Unknown(prefix) => {
            let message = "a prefix without a namespace";
            return Err(LayoutFault::new("xml", at, message).found(prefix.as_str()));
        }
    };
    Ok(Name { namespace, local: local.to_owned() })
}

fn reference(name: &BytesRef<'_>) -> Option<char> {
    if name.is_char_ref() {
        let c = name.resolve_char_ref().ok().flatten()?;
        return (!c.is_control() || is_space(c)).then_some(c);
    }
    match name.xml10_content().as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

fn cut(name: &BytesRef<'_>) -> String {
    name.xml10_content().chars().take(40).collect()
}
