//! The XML of one part of a workbook, piece by piece. Strict: UTF-8, no DOCTYPE,
//! no unknown entity. Names are compared without their prefix, since writers
//! choose different ones.

use std::borrow::Cow;

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};

use crate::layout::{LayoutFault, xml};

/// Levels of elements.
const DEPTH_MAX: usize = 64;

/// A part that is being read.
pub(super) struct Part<'a> {
    /// Its name in the archive.
    name: &'a str,
    reader: Reader<&'a [u8]>,
    depth: usize,
    /// An empty element was opened: it closes next.
    closing: bool,
    /// Where the last piece begins.
    at: usize,
}

/// What comes next.
pub(super) enum Piece<'a> {
    Open(Tag<'a>),
    Close,
    Text(Cow<'a, str>),
    /// The part ends.
    End,
}

/// The tag that opens an element.
pub(super) struct Tag<'a> {
    tag: BytesStart<'a>,
    /// Where it begins in the part.
    pub(super) at: usize,
    part: &'a str,
}

/// The text of a part.
pub(super) fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, LayoutFault> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|fault| {
        let message = format!("`{name}` of the workbook is no text");
        LayoutFault::new("charset", fault.valid_up_to(), message).expected("UTF-8")
    })
}

// === impl Part ===

impl<'a> Part<'a> {
    pub(super) fn new(name: &'a str, text: &'a str) -> Self {
        Self { name, reader: Reader::from_str(text), depth: 0, closing: false, at: 0 }
    }

    /// A fault of this part, where the last piece begins.
    pub(super) fn fault(&self, code: &'static str, message: &str) -> LayoutFault {
        LayoutFault::new(code, self.at, format!("`{}` of the workbook: {message}", self.name))
    }

    pub(super) fn next(&mut self) -> Result<Piece<'a>, LayoutFault> {
        if std::mem::take(&mut self.closing) {
            self.depth -= 1;
            return Ok(Piece::Close);
        }
        loop {
            self.at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
            match self.reader.read_event() {
                Err(error) => {
                    return Err(self.fault("xml", &format!("this is not XML: {error}")));
                }
                Ok(Event::Start(tag)) => return self.open(tag, false),
                Ok(Event::Empty(tag)) => return self.open(tag, true),
                Ok(Event::End(_)) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Piece::Close);
                }
                Ok(Event::Text(text)) => return Ok(Piece::Text(text.xml10_content())),
                Ok(Event::CData(text)) => return Ok(Piece::Text(text.xml10_content())),
                Ok(Event::GeneralRef(name)) => {
                    let c = xml::reference(&name.xml10_content())
                        .ok_or_else(|| self.fault("xml", "an entity that XML does not have"))?;
                    return Ok(Piece::Text(String::from(c).into()));
                }
                Ok(Event::DocType(_)) => return Err(self.fault("xml-doctype", "a DOCTYPE")),
                Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_)) => {}
                Ok(Event::Eof) if self.depth > 0 => {
                    return Err(self.fault("truncated", "it ends within an element"));
                }
                Ok(Event::Eof) => return Ok(Piece::End),
            }
        }
    }

    /// Passes over the element that was just opened.
    pub(super) fn skip(&mut self) -> Result<(), LayoutFault> {
        self.inside(|_, _| Ok(()))
    }

    /// The text of the element that was just opened, without that of elements
    /// in it.
    pub(super) fn text(&mut self) -> Result<String, LayoutFault> {
        let outer = self.depth;
        let mut text = String::new();
        self.inside(|part, piece| {
            if part.depth == outer {
                text.push_str(piece);
            }
            Ok(())
        })?;
        Ok(text)
    }

    fn inside(
        &mut self,
        mut take: impl FnMut(&Self, &str) -> Result<(), LayoutFault>,
    ) -> Result<(), LayoutFault> {
        let outer = self.depth;
        loop {
            match self.next()? {
                Piece::Close if self.depth < outer => return Ok(()),
                Piece::Text(text) => take(self, &text)?,
                Piece::Open(_) | Piece::Close => {}
                Piece::End => return Err(self.fault("truncated", "it ends within an element")),
            }
        }
    }

    fn open(&mut self, tag: BytesStart<'a>, empty: bool) -> Result<Piece<'a>, LayoutFault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let expected = format!("at most {DEPTH_MAX} levels");
            return Err(self.fault("too-large", "too many levels").expected(expected));
        }
        self.closing = empty;
        Ok(Piece::Open(Tag { tag, at: self.at, part: self.name }))
    }
}

// === impl Tag ===

impl Tag<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.tag.local_name().into_inner() == name
    }

    /// The attribute of that name; `None` if it is not there.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<Cow<'_, str>>, LayoutFault> {
        for attribute in self.tag.attributes() {
            let bad = |why: &dyn std::fmt::Display| {
                let message = format!("`{}` of the workbook: a bad attribute: {why}", self.part);
                LayoutFault::new("xml", self.at, message)
            };
            let attribute = attribute.map_err(|it| bad(&it))?;
            if attribute.key.local_name().into_inner() == name {
                let text = attribute.normalized_value(XmlVersion::Implicit1_0);
                return text.map(Some).map_err(|it| bad(&it));
            }
        }
        Ok(None)
    }

    /// Whether an attribute says yes.
    pub(super) fn flag(&self, name: &str) -> Result<bool, LayoutFault> {
        Ok(self.attribute(name)?.is_some_and(|it| it == "1" || it == "true"))
    }
}
