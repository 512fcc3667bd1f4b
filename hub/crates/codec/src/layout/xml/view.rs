//! An XML answer as a JSON document, so that one kind of pointer finds things in
//! answers of all kinds.

use serde_json::{Map, Value};

use super::{
    build::{self, Reading},
    encoding, is_space,
    tree::{TEXTS_MAX, Tree},
};
use crate::{
    charset::{Charset, Profile},
    layout::arena::Arena,
};

/// Bytes of an answer that is looked at.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// The document with local names as members: a text, or an object whose members
/// are its attributes (`@name`) and elements, a list where several have one name.
/// An element with attributes and a text has the text as `#text`. `None`: not a
/// document, with a DOCTYPE, or too large.
#[must_use]
pub fn xml_to_json(bytes: &[u8]) -> Option<Value> {
    let start = bytes.iter().find(|it| !it.is_ascii_whitespace());
    if bytes.len() > ANSWER_BYTES_MAX || !matches!(start, Some(b'<' | 0xEF | 0xFE | 0xFF | 0)) {
        return None;
    }
    let profile = encoding::profile(&Profile::new(Charset::Utf8), &Charset::ALL, bytes).ok()?;
    let reading =
        Reading { profile: &profile, keep_mixed: false, alias: None, texts_max: TEXTS_MAX };
    let (tree, arena) = build::read(reading, bytes).ok()?;
    let root = tree.root()?;
    let name = tree.name(root)?.local.clone();
    Some(Value::Object([(name, element(&tree, &arena, root))].into_iter().collect()))
}

fn element(tree: &Tree, arena: &Arena, index: usize) -> Value {
    let range = tree.element(index).text;
    let text = || arena.text(range.0, range.1).trim_matches(is_space).to_owned();
    let attributes = tree.attributes(index);
    if attributes.is_empty() && tree.element(index).first_child.is_none() {
        return Value::String(text());
    }
    let mut members = Map::new();
    for it in attributes {
        let value = arena.text(it.range.0, it.range.1).to_owned();
        members.insert(format!("@{}", it.name.local), Value::String(value));
    }
    if tree.element(index).first_child.is_none() {
        members.insert("#text".to_owned(), Value::String(text()));
    }
    for child in tree.children(index) {
        let Some(name) = tree.name(child) else { continue };
        let value = element(tree, arena, child);
        match members.get_mut(&name.local) {
            None => {
                members.insert(name.local.clone(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(members)
}
