//! Reads a map node key by key and collects every fault, so that a file is
//! corrected in one go and not fault by fault.

use std::{cell::RefCell, str::FromStr};

use super::Node;
use crate::diagnostic::{Diagnostic, Place, nearest};

/// Where the faults of one file gather.
#[derive(Debug, Default)]
pub struct Faults {
    file: String,
    list: RefCell<Vec<Diagnostic>>,
}

/// A map node that is read key by key. What was not asked for when
/// [`Table::finish`] is called is an unknown key.
#[derive(Debug)]
pub struct Table<'a> {
    faults: &'a Faults,
    /// What the map is, in words: `a column`, `this layout`.
    what: &'static str,
    place: (Place, u32),
    entries: &'a [(Node, Node)],
    known: RefCell<Vec<&'static str>>,
}

// === impl Faults ===

impl Faults {
    /// `file` is the name that faults carry.
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), list: RefCell::default() }
    }

    pub fn file(&self) -> &str {
        &self.file
    }

    /// Adds an error at that node.
    pub fn error(&self, code: &'static str, at: &Node, message: impl Into<String>) {
        self.push(self.new_error(code, at, message));
    }

    /// Makes an error at that node, for adding what was expected before `push`.
    pub fn new_error(
        &self,
        code: &'static str,
        at: &Node,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(code, &self.file, at.span(), message)
    }

    pub fn push(&self, fault: Diagnostic) {
        self.list.borrow_mut().push(fault);
    }

    pub fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// All faults, in order of the file.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        let mut list = self.list.into_inner();
        list.sort_by_key(|it| it.place);
        list
    }
}

// === impl Table ===

impl<'a> Table<'a> {
    /// Opens a map node; anything else is a fault (Y10).
    pub fn open(faults: &'a Faults, node: &'a Node, what: &'static str) -> Option<Self> {
        let Some(entries) = node.map() else {
            let message = format!("{what} is {} here", node.kind());
            faults
                .push(faults.new_error("Y10", node, message).expected("a map of keys and values"));
            return None;
        };
        Some(Self { faults, what, place: node.span(), entries, known: RefCell::default() })
    }

    /// The faults that this table adds to.
    pub fn faults(&self) -> &'a Faults {
        self.faults
    }

    /// Where the table itself begins.
    pub fn span(&self) -> (Place, u32) {
        self.place
    }

    /// The node under `key`, if the key is there.
    pub fn node(&self, key: &'static str) -> Option<&'a Node> {
        self.known.borrow_mut().push(key);
        self.entries.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The node under `key`; a fault (Y11) if the key is not there.
    pub fn required(&self, key: &'static str) -> Option<&'a Node> {
        let node = self.node(key);
        if node.is_none() {
            let message = format!("{} has no `{key}`", self.what);
            let fault = Diagnostic::error("Y11", self.faults.file(), self.place, message);
            let help = match nearest(key, self.entries.iter().filter_map(|(name, _)| name.text())) {
                Some(near) => format!("did you mean `{key}` where it says `{near}`?"),
                None => format!("add `{key}: …`"),
            };
            self.faults.push(fault.help(help));
        }
        node
    }

    /// The text under `key`, if the key is there. `null` is the word null here;
    /// nothing and `~` are faults.
    pub fn text(&self, key: &'static str) -> Option<&'a str> {
        self.node(key).and_then(|node| self.text_of(key, node))
    }

    /// The text under `key`; a fault if there is none.
    pub fn required_text(&self, key: &'static str) -> Option<&'a str> {
        self.required(key).and_then(|node| self.text_of(key, node))
    }

    /// The number under `key`, if the key is there. `expected` is in words,
    /// such as `a count of bytes`.
    pub fn number<T: FromStr>(&self, key: &'static str, expected: &str) -> Option<T> {
        self.node(key).and_then(|node| self.number_of(key, node, expected))
    }

    /// The number under `key`; a fault if there is none.
    pub fn required_number<T: FromStr>(&self, key: &'static str, expected: &str) -> Option<T> {
        self.required(key).and_then(|node| self.number_of(key, node, expected))
    }

    /// `true` or `false` under `key`, if the key is there.
    pub fn bool(&self, key: &'static str) -> Option<bool> {
        self.one_of(key, &[("true", true), ("false", false)])
    }

    /// What the word under `key` stands for, if the key is there.
    pub fn one_of<T: Clone>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.node(key).and_then(|node| self.word_of(key, node, words))
    }

    /// What the word under `key` stands for; a fault if there is none.
    pub fn required_one_of<T: Clone>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.required(key).and_then(|node| self.word_of(key, node, words))
    }

    /// The elements under `key`; none if the key is not there.
    pub fn list(&self, key: &'static str) -> &'a [Node] {
        let Some(node) = self.node(key) else { return &[] };
        node.seq().unwrap_or_else(|| {
            self.wrong_kind(key, node, "a list (`- …` lines or `[…]`)");
            &[]
        })
    }

    /// The texts in the list under `key`; none if the key is not there.
    pub fn texts(&self, key: &'static str) -> Vec<&'a str> {
        self.list(key).iter().filter_map(|node| self.text_of(key, node)).collect()
    }

    /// The map under `key`, if the key is there.
    pub fn table(&self, key: &'static str, what: &'static str) -> Option<Table<'a>> {
        self.node(key).and_then(|node| Table::open(self.faults, node, what))
    }

    /// The map under `key`; a fault if there is none.
    pub fn required_table(&self, key: &'static str, what: &'static str) -> Option<Table<'a>> {
        self.required(key).and_then(|node| Table::open(self.faults, node, what))
    }

    /// The maps in the list under `key`; none if the key is not there.
    pub fn tables(&self, key: &'static str, what: &'static str) -> Vec<Table<'a>> {
        self.list(key).iter().filter_map(|node| Table::open(self.faults, node, what)).collect()
    }

    /// The entries of the map under `key`, where the names are free; none if the
    /// key is not there.
    pub fn entries(&self, key: &'static str) -> &'a [(Node, Node)] {
        let Some(node) = self.node(key) else { return &[] };
        node.map().unwrap_or_else(|| {
            self.wrong_kind(key, node, "a map of keys and values");
            &[]
        })
    }

    /// Adds an error where the table begins.
    pub fn error(&self, code: &'static str, message: impl Into<String>) {
        self.faults.push(Diagnostic::error(code, self.faults.file(), self.place, message));
    }

    /// Faults every key that was not asked for (Y12), with the nearest one.
    pub fn finish(self) {
        let known = self.known.into_inner();
        for (name, _) in self.entries {
            let Some(text) = name.text() else { continue };
            if known.contains(&text) {
                continue;
            }
            let message = format!("{} has no key `{text}`", self.what);
            let mut fault = self.faults.new_error("Y12", name, message);
            fault.expected = Some(format!("one of {}", known.join(", ")));
            fault.help =
                nearest(text, known.iter().copied()).map(|it| format!("did you mean `{it}`?"));
            self.faults.push(fault);
        }
    }

    fn text_of(&self, key: &str, node: &'a Node) -> Option<&'a str> {
        match node.text() {
            Some(text) if !node.is_null() || text == "null" => Some(text),
            Some(_) | None => {
                self.wrong_kind(key, node, "a text");
                None
            }
        }
    }

    fn number_of<T: FromStr>(&self, key: &str, node: &'a Node, expected: &str) -> Option<T> {
        let text = self.text_of(key, node)?;
        // `+5` and `5_000` would parse as something in some languages; not here.
        let plain =
            text.strip_prefix('-').unwrap_or(text).starts_with(|c: char| c.is_ascii_digit());
        let number = plain.then(|| text.parse().ok()).flatten();
        if number.is_none() {
            let message = format!("`{key}` is `{text}`");
            self.faults.push(self.faults.new_error("Y13", node, message).expected(expected));
        }
        number
    }

    fn word_of<T: Clone>(&self, key: &str, node: &'a Node, words: &[(&str, T)]) -> Option<T> {
        let text = self.text_of(key, node)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let mut fault = self.faults.new_error("Y14", node, format!("`{key}` is `{text}`"));
            fault.expected = Some(format!("one of {}", names.join(", ")));
            fault.help = nearest(text, names).map(|it| format!("did you mean `{it}`?"));
            self.faults.push(fault);
        }
        found.map(|(_, value)| value.clone())
    }

    fn wrong_kind(&self, key: &str, node: &Node, expected: &str) {
        let message = format!("`{key}` is {}", node.kind());
        self.faults.push(self.faults.new_error("Y13", node, message).expected(expected));
    }
}
