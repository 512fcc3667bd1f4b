//! Strict YAML 1.2 with places, for files that people write.
//!
//! Refused, because each has surprised someone: duplicate keys, anchors and
//! aliases, tags, several documents, tabs as indentation, keys that are not
//! plain names, control characters. Every scalar stays text: what `NO` or
//! `1.10` means is for the reader of the key to say.

mod table;

pub use table::{Faults, Table};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

use crate::diagnostic::{Diagnostic, Place};

/// Nesting that no honest file needs.
const DEPTH_MAX: usize = 64;
/// Bytes of a file. Layouts and maps have a few thousand.
const BYTES_MAX: usize = 16 << 20;

/// One node and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub place: Place,
    /// Characters on its first line.
    pub width: u32,
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Scalar {
        text: String,
        /// Quoted or a block scalar, so that it cannot be meant as null.
        quoted: bool,
    },
    Seq(Vec<Node>),
    /// Keys are scalars and differ from each other. In order of the file.
    Map(Vec<(Node, Node)>),
}

/// Reads one document. `file` is only for the faults.
///
/// # Errors
/// All faults that can be told apart; after a fault of the syntax itself (Y01)
/// the rest of the file is not read.
pub fn parse(file: &str, text: &str) -> Result<Node, Vec<Diagnostic>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut build = Build { file, text, stack: Vec::new(), root: None, faults: Vec::new() };
    if build.readable() {
        build.run();
    }
    match build.root {
        Some(root) if build.faults.is_empty() => Ok(root),
        _ => Err(build.faults),
    }
}

// === impl Node ===

impl Node {
    /// Its text, if it is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Nothing, `~` or `null` without quotes.
    pub fn is_null(&self) -> bool {
        match &self.value {
            Value::Scalar { text, quoted: false } => matches!(text.as_str(), "" | "~" | "null"),
            Value::Scalar { .. } | Value::Seq(_) | Value::Map(_) => false,
        }
    }

    /// Its elements, if it is a sequence.
    pub fn seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            Value::Scalar { .. } | Value::Map(_) => None,
        }
    }

    /// Its entries, if it is a map.
    pub fn map(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            Value::Scalar { .. } | Value::Seq(_) => None,
        }
    }

    /// The value under `key`, if it is a map and has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// Where a fault about it points.
    pub fn span(&self) -> (Place, u32) {
        (self.place, self.width)
    }

    /// What it is, in words for faults.
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "a text",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

// === the tree ===

/// An open sequence or map.
enum Open {
    Seq(Place, Vec<Node>),
    Map(Place, Vec<(Node, Node)>, Option<Node>),
}

struct Build<'a> {
    file: &'a str,
    text: &'a str,
    stack: Vec<Open>,
    root: Option<Node>,
    faults: Vec<Diagnostic>,
}

impl Build<'_> {
    /// Checks what the parser would pass over: a NUL, for one, ends its input.
    fn readable(&mut self) -> bool {
        if self.text.len() > BYTES_MAX {
            let message = format!("the file has {} bytes", self.text.len());
            let fault = Diagnostic::error("Y01", self.file, (Place::START, 1), message);
            self.faults.push(fault.expected(format!("at most {BYTES_MAX}")));
        }
        for (number, line) in (1..).zip(self.text.lines()) {
            let bad = |c: &char| matches!(c, '\0'..='\u{08}' | '\u{0B}'..='\u{1F}' | '\u{7F}');
            if let Some((column, c)) = (1..).zip(line.chars()).find(|(_, c)| bad(c)) {
                let message = format!("a control character (U+{:04X})", u32::from(c));
                let place = Place { line: number, column };
                self.faults.push(
                    Diagnostic::error("Y01", self.file, (place, 1), message)
                        .expected("text")
                        .help("write it as an escape in double quotes, such as \"\\x1A\""),
                );
            }
        }
        self.faults.is_empty()
    }

    fn run(&mut self) {
        let mut documents = 0;
        for event in Parser::new_from_str(self.text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => return self.syntax(*error.marker(), error.info()),
            };
            match event {
                Event::DocumentStart(_) => {
                    documents += 1;
                    if documents == 2 {
                        let help = "put each document into a file of its own";
                        return self.fault("Y05", span, "a second document in one file", help);
                    }
                }
                event => self.event(event, span),
            }
            if self.stack.len() > DEPTH_MAX {
                let message = format!("nested deeper than {DEPTH_MAX} levels");
                return self.fault("Y01", span, &message, "make it flatter");
            }
        }
        if self.root.is_none() && self.faults.is_empty() {
            let empty = Diagnostic::error("Y01", self.file, (Place::START, 1), "the file is empty");
            self.faults.push(empty);
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain(anchor, tag.is_some(), span);
                let quoted = style != ScalarStyle::Plain;
                self.add(Node {
                    place: place(span.start),
                    width: width(span),
                    value: Value::Scalar { text: text.into_owned(), quoted },
                });
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain(anchor, tag.is_some(), span);
                self.stack.push(Open::Seq(place(span.start), Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                self.plain(anchor, tag.is_some(), span);
                self.stack.push(Open::Map(place(span.start), Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (place, value) = match self.stack.pop() {
                    Some(Open::Seq(place, items)) => (place, Value::Seq(items)),
                    Some(Open::Map(place, entries, _)) => (place, Value::Map(entries)),
                    None => return,
                };
                self.add(Node { place, width: 1, value });
            }
            Event::Alias(_) => {
                self.fault("Y03", span, "an alias (`*name`)", "write the value out");
                let value = Value::Scalar { text: String::new(), quoted: true };
                self.add(Node { place: place(span.start), width: 1, value });
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => {}
        }
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node) {
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::Seq(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key @ None)) => {
                let fault = key_fault(self.file, &node, entries);
                self.faults.extend(fault);
                *key = Some(node);
            }
            Some(Open::Map(_, entries, key)) => {
                entries.extend(key.take().map(|key| (key, node)));
            }
        }
    }

    /// Faults an anchor or a tag.
    fn plain(&mut self, anchor: usize, tag: bool, span: Span) {
        if anchor != 0 {
            self.fault("Y03", span, "an anchor (`&name`)", "write the value out where it is used");
        }
        if tag {
            self.fault("Y04", span, "a tag (`!name`)", "leave it out: the key says what it means");
        }
    }

    fn fault(&mut self, code: &'static str, span: Span, message: &str, help: &str) {
        let at = (place(span.start), width(span));
        let message =
            format!("{message} is not allowed here").replace("levels is", "levels: it is");
        self.faults.push(Diagnostic::error(code, self.file, at, message).help(help));
    }

    fn syntax(&mut self, at: Marker, info: &str) {
        let place = place(at);
        let line = self.text.lines().nth(at.line().saturating_sub(1)).unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        if line.get(..indent).is_some_and(|it| it.contains('\t')) {
            let column = (1..).zip(line.chars()).find(|(_, c)| *c == '\t').map_or(1, |(it, _)| it);
            let at = (Place { line: place.line, column }, 1);
            let fault = Diagnostic::error("Y06", self.file, at, "a tab in the indentation");
            return self.faults.push(fault.help("indent with spaces"));
        }
        let message = format!("this is not YAML: {info}");
        self.faults.push(Diagnostic::error("Y01", self.file, (place, 1), message));
    }
}

fn key_fault(file: &str, key: &Node, entries: &[(Node, Node)]) -> Option<Diagnostic> {
    let Some(text) = key.text() else {
        let message = format!("{} as a key", key.kind());
        return Some(
            Diagnostic::error("Y07", file, key.span(), message).expected("a name as the key"),
        );
    };
    let first = entries.iter().find(|(other, _)| other.text() == Some(text))?;
    Some(
        Diagnostic::error("Y02", file, key.span(), format!("`{text}` stands here twice"))
            .expected("each key once")
            .help(format!("it was first given in line {}", first.0.place.line)),
    )
}

fn place(marker: Marker) -> Place {
    let number = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
    Place { line: number(marker.line()).max(1), column: number(marker.col()).saturating_add(1) }
}

fn width(span: Span) -> u32 {
    if span.start.line() == span.end.line() {
        u32::try_from(span.end.col().saturating_sub(span.start.col())).unwrap_or(1).max(1)
    } else {
        1
    }
}

#[cfg(test)]
mod tests;
