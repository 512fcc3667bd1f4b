//! The YAML of the data files as a tree: maps, lists and texts, nothing else.

use saphyr_parser::{Event, Parser};

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Nesting that no data file needs.
const DEPTH_MAX: usize = 32;

/// A list or map that is not finished; a map with the key that waits for its value.
enum Open {
    List(Vec<Node>),
    Map(Vec<(String, Node)>, Option<String>),
}

/// Reads one file. The error says what is wrong.
pub(super) fn read(text: &str) -> Result<Node, String> {
    let mut stack: Vec<Open> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|it| it.to_string())?;
        let done = match event {
            Event::Scalar(text, ..) => Node::Text(text.into_owned()),
            Event::SequenceStart(..) if stack.len() < DEPTH_MAX => {
                stack.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) if stack.len() < DEPTH_MAX => {
                stack.push(Open::Map(Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::List(items)) => Node::List(items),
                Some(Open::Map(entries, _)) => Node::Map(entries),
                None => return Err("an end without a beginning".to_owned()),
            },
            Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return Err("an alias, or too deep".to_owned());
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => continue,
        };
        match stack.last_mut() {
            None => root = Some(done),
            Some(Open::List(items)) => items.push(done),
            Some(Open::Map(entries, key)) => match (key.take(), done) {
                (None, Node::Text(text)) => *key = Some(text),
                (None, _) => return Err("a key that is no text".to_owned()),
                (Some(name), value) => entries.push((name, value)),
            },
        }
    }
    root.ok_or_else(|| "an empty file".to_owned())
}

// === impl Node ===

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(super) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            Self::Text(_) | Self::List(_) => &[],
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Text(_) | Self::Map(_) => &[],
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::List(_) | Self::Map(_) => "",
        }
    }
}
