//! XML documents as rows and back: which elements are records, and where each
//! field and each repeated group stands in them.
//!
//! DOCTYPE is refused, and with it entities of one's own; depth and size are
//! bounded. A path that finds two elements where the layout has one field is a
//! fault of the record, never "the first one"; text beside elements is one too,
//! unless the layout keeps it.

mod astray;
mod build;
mod encoding;
mod kind;
mod parse;
mod path;
mod read;
mod same;
mod soap;
mod strict;
mod template;
mod tree;
mod unite;
pub(crate) mod view;
mod write;

pub(super) use encoding::name_of as charset_name;
pub(super) use parse::xml;
pub(super) use read::read;
pub(super) use strict::reference;
pub(super) use tree::BYTES_MAX;
pub(super) use write::write;

use super::model::Column;
use crate::charset::Charset;
use path::Path;
use soap::Soap;
use template::Template;

/// How records lie in a document.
#[derive(Clone, Debug)]
pub(super) struct Xml {
    /// The kinds of documents; one, if the layout does not name them.
    kinds: Vec<Kind>,
    /// Character sets that a document may declare beside the layout's own.
    encodings: Vec<Charset>,
    /// Text beside elements is kept, not a fault.
    keep_mixed: bool,
    soap: Option<Soap>,
    writing: Writing,
}

/// One kind of document: where its records are, and what they look like.
#[derive(Clone, Debug)]
struct Kind {
    /// Empty where there is one only; else the text of the first field.
    name: String,
    /// From the root to the records.
    record: Path,
    part: Part,
    /// Paths of fields that lead out of the record: looked up once, not once a
    /// record.
    outer: Vec<Path>,
    template: Template,
}

/// A record, or a row of a group.
#[derive(Clone, Debug, Default)]
struct Part {
    columns: Vec<Field>,
    groups: Vec<Group>,
    /// The order in which they are written.
    order: Vec<Item>,
    /// How many fields and groups the shape has: more than these, if other kinds
    /// have others.
    width: (usize, usize),
}

/// A group of a part.
#[derive(Clone, Debug)]
struct Group {
    path: Path,
    part: Part,
    /// Index among the groups of the shape.
    slot: usize,
    min: u32,
    max: Option<u32>,
}

/// One of the fields or groups of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Field(usize),
    Group(usize),
}

/// One field of a part, or a text that stands there and is no field.
#[derive(Clone, Debug)]
struct Field {
    column: Column,
    from: Origin,
    /// Index among the cells; `None`: a constant or a count.
    slot: Option<usize>,
    /// It says how many records the document has.
    counts: bool,
}

/// Where a field stands.
#[derive(Clone, Debug)]
enum Origin {
    Here(Path),
    /// That one of [`Kind::outer`].
    Outer(usize),
}

/// How documents are written.
#[derive(Clone, Debug)]
struct Writing {
    /// Prefixes and namespaces, declared at the root.
    namespaces: Vec<(String, String)>,
    /// What the declaration calls the character set; `None`: there is none.
    declared: Option<String>,
    /// Spaces for each level; `None`: nothing between elements.
    indent: Option<usize>,
    line_end: &'static str,
    /// Characters that the set does not have become their numbers.
    references: bool,
}

// === impl Xml ===

impl Xml {
    /// The media type of what is written (RFC 7303; SOAP 1.1 and 1.2).
    pub(super) fn media_type(&self) -> &'static str {
        self.soap.map_or("application/xml", Soap::media_type)
    }

    pub(super) fn is_soap(&self) -> bool {
        self.soap.is_some()
    }
}

impl Field {
    fn path<'a>(&'a self, kind: &'a Kind) -> Option<&'a Path> {
        match &self.from {
            Origin::Here(path) => Some(path),
            Origin::Outer(index) => kind.outer.get(*index),
        }
    }

    /// Whether the layout itself says its text: it stands whenever the element
    /// around it does.
    fn is_given(&self) -> bool {
        self.slot.is_none() && self.column.constant.is_some()
    }
}

/// White space as XML has it.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}
