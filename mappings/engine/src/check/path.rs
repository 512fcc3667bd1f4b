//! Paths: from what people write to a slot, with what the schema says about it.

use codec::diagnostic::nearest;

use super::lower::Lower;
use crate::{
    language::expr::{Expr, Origin, Path, Span, Step},
    plan::{
        op::{Hop, HubFact, Op, Pick, Place},
        trie::TrieId,
    },
    schema::{Kinds, SchemaId},
    types::{Kind, Type},
};

/// A path on its way through the schema.
pub(crate) struct Cursor {
    /// Scope the path starts in.
    pub(crate) depth: u8,
    pub(crate) node: TrieId,
    pub(crate) schema: Option<SchemaId>,
    /// Elements picked so far, each with the node of the list it is picked from.
    pub(crate) hops: Vec<(TrieId, Pick)>,
    /// Something on the way may be missing.
    pub(crate) missing: bool,
    pub(crate) personal: bool,
}

impl Lower<'_> {
    /// The head of a pipe that is a path.
    pub(crate) fn path_head(
        &mut self,
        expr: &Expr,
        path: &Path,
    ) -> Option<(Op, &'static str, Type)> {
        match path.from {
            Origin::Needs => return self.need_head(expr, path),
            Origin::Hub => return self.hub_head(expr, path),
            Origin::Up(_) | Origin::Root => {}
        }
        let depth = self.scope_of(path, expr.span)?;
        if let Some(element) = self.scopes.get(usize::from(depth)).and_then(|it| it.element.clone())
        {
            if path.steps.is_empty() {
                return Some((Op::LoadElement(depth), "this", element));
            }
            self.error("M07", expr.span, "an element of this list is a text and has no fields")
                .expected("`this`, or `../` for what is around the list");
            return None;
        }
        let cursor = self.walk(path, depth, expr.span)?;
        let ty = self.type_at(&cursor, path);
        if ty.kind == Kind::Object && self.is_money(&cursor) {
            let (minor, currency) =
                (self.member_place(&cursor, "minor"), self.member_place(&cursor, "currency"));
            let ty = Type { kind: Kind::Money, ..ty };
            return Some((Op::LoadMoney { minor, currency }, "load", ty));
        }
        let place = self.place(&cursor);
        Some((Op::Load(place), "load", ty))
    }

    /// The depth of the scope that a path starts in.
    pub(crate) fn scope_of(&self, path: &Path, span: Span) -> Option<u8> {
        let Origin::Up(levels) = path.from else { return Some(0) };
        let depth = u32::from(self.depth()).checked_sub(levels);
        if depth.is_none() {
            self.error("M01", span, "`../` leads out of the record")
                .help(format!("here are {} levels around", self.depth()));
        }
        depth.and_then(|it| u8::try_from(it).ok())
    }

    /// Follows the steps of a path.
    pub(crate) fn walk(&mut self, path: &Path, depth: u8, span: Span) -> Option<Cursor> {
        let scope = self.scopes.get(usize::from(depth))?.clone();
        let mut cursor = Cursor {
            depth,
            node: scope.node?,
            schema: scope.schema,
            hops: Vec::new(),
            missing: false,
            personal: false,
        };
        for step in &path.steps {
            match step {
                Step::Key(key, at) => self.key_step(&mut cursor, key, *at, path)?,
                Step::Index(index, at) => {
                    self.element_step(&mut cursor, *at, path)?;
                    let last = cursor.hops.last_mut()?;
                    last.1 = Pick::Index(*index);
                }
                Step::Find { key, text, span: at } => {
                    self.element_step(&mut cursor, *at, path)?;
                    self.find_step(&mut cursor, key, text, *at)?;
                }
            }
        }
        if path.steps.is_empty() && depth == 0 && path.from != Origin::Root {
            self.error("M07", span, "`this` is the whole record here").help("name a field of it");
            return None;
        }
        Some(cursor)
    }

    fn key_step(&mut self, cursor: &mut Cursor, key: &str, at: Span, path: &Path) -> Option<()> {
        if let Some(id) = cursor.schema {
            let node = self.source.get(id)?.clone();
            cursor.personal |= node.personal;
            if node.kinds.has(Kinds::OBJECT) {
                match node.property(key) {
                    Some(child) => {
                        // A field of an object that may be null may be missing.
                        let beside = if self.known.contains(&cursor.node) {
                            Kinds::default()
                        } else {
                            node.kinds.without(Kinds::OBJECT)
                        };
                        cursor.missing |= !node.requires(key) || beside != Kinds::default();
                        cursor.schema = Some(child);
                    }
                    None if node.open && node.properties.is_empty() => {
                        cursor.missing = true;
                        cursor.schema = node.additional;
                    }
                    None => return self.unknown_path(key, at, path, id),
                }
            } else if node.kinds.has(Kinds::ARRAY) {
                self.error(
                    "M07",
                    at,
                    format!(
                        "`{}` is a list; `{key}` is a field of its elements",
                        before(path, key)
                    ),
                )
                .help(format!(
                    "go through it with `each:`, or pick one: `{}[0].{key}`",
                    before(path, key)
                ));
                return None;
            } else if !node.kinds.is_any() {
                self.error(
                    "M01",
                    at,
                    format!(
                        "`{}` is {} and has no field `{key}`",
                        before(path, key),
                        node.kinds.words()
                    ),
                );
                return None;
            }
        } else {
            cursor.missing = true;
        }
        cursor.node = self.plan.trie.child(cursor.node, key);
        if self.known.contains(&cursor.node) {
            cursor.missing = false;
        }
        Some(())
    }

    fn unknown_path(&self, key: &str, at: Span, path: &Path, id: SchemaId) -> Option<()> {
        let names = self.source.names(id);
        let near = nearest(key, names.iter().copied());
        let message = format!("the source has no path `{}`", path.text());
        let fault = if self.source.inferred {
            self.warning("M01", at, message)
        } else {
            self.error("M01", at, message)
        };
        let fault = fault.expected(format!("a path of {}", self.source.file));
        match (near, names.is_empty()) {
            (Some(near), _) => drop(fault.help(format!("did you mean `{near}`?"))),
            (None, false) if key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) => {
                drop(fault.help(format!("a constant is written `{{ const: {key} }}`")));
            }
            (None, _) => drop(fault),
        }
        None
    }

    fn element_step(&mut self, cursor: &mut Cursor, at: Span, path: &Path) -> Option<()> {
        if let Some(id) = cursor.schema {
            let node = self.source.get(id)?;
            cursor.personal |= node.personal;
            if !node.kinds.has(Kinds::ARRAY) {
                let words = node.kinds.words();
                self.error("M07", at, format!("`{}` is {words}, not a list", path.text()));
                return None;
            }
            cursor.schema = node.items;
        }
        cursor.missing = true;
        let list = cursor.node;
        let (elements, _) = self.plan.trie.elements(list);
        cursor.hops.push((list, Pick::Index(0)));
        cursor.node = elements;
        Some(())
    }

    fn find_step(
        &mut self,
        cursor: &mut Cursor,
        key: &[String],
        text: &str,
        at: Span,
    ) -> Option<()> {
        let mut node = cursor.node;
        let mut schema = cursor.schema;
        for name in key {
            if let Some(id) = schema {
                let known = self.source.get(id)?;
                match known.property(name) {
                    Some(child) => schema = Some(child),
                    None if known.kinds.is_any() || (known.open && known.properties.is_empty()) => {
                        schema = None
                    }
                    None => {
                        let names = self.source.names(id);
                        self.error(
                            "M01",
                            at,
                            format!("an element of this list has no field `{name}`"),
                        )
                        .nearest(name, &names);
                        return None;
                    }
                }
            }
            node = self.plan.trie.child(node, name);
        }
        let slot = self.plan.trie.slot(node);
        cursor.hops.last_mut()?.1 = Pick::Find { slot, text: text.into() };
        Some(())
    }

    /// The slot of what the cursor stands at.
    pub(crate) fn place(&mut self, cursor: &Cursor) -> Place {
        let node = cursor.node;
        let last = self.plan.trie.slot(node);
        let mut slot = last;
        let mut hops: Vec<Hop> = Vec::new();
        // The first slot is the list's own in the scope; each hop then reads a
        // slot of the picked element: the next list, or the value itself.
        for (index, (list, pick)) in cursor.hops.iter().enumerate() {
            let list_slot = self.plan.trie.slot(*list);
            let (_, frame) = self.plan.trie.elements(*list);
            match hops.last_mut() {
                None => slot = list_slot,
                Some(before) => before.slot = list_slot,
            }
            let reads = if index + 1 == cursor.hops.len() { last } else { 0 };
            hops.push(Hop { frame, pick: pick.clone(), slot: reads });
        }
        // Cells of rows are texts or numbers already.
        let claimed = cursor.schema.and_then(|id| self.source.get(id)).map(|it| it.kinds);
        let kinds = claimed.filter(|_| !self.source.rows).unwrap_or(Kinds::ANY);
        Place { depth: cursor.depth, slot, hops, node, kinds }
    }

    fn member_place(&mut self, cursor: &Cursor, key: &str) -> Place {
        let node = self.plan.trie.child(cursor.node, key);
        let schema = cursor.schema.and_then(|id| self.source.member(id, key));
        let inner = Cursor { node, schema, hops: cursor.hops.clone(), ..*cursor };
        self.place(&inner)
    }

    fn is_money(&self, cursor: &Cursor) -> bool {
        cursor.schema.is_some_and(|id| self.source.is_money(id))
    }

    /// What the schema says about what the cursor stands at.
    pub(crate) fn type_at(&self, cursor: &Cursor, path: &Path) -> Type {
        let known =
            cursor.schema.and_then(|id| self.source.get(id).map(|node| Type::of_schema(node, id)));
        let mut ty = known.unwrap_or_else(Type::any);
        ty.missing |= cursor.missing;
        if self.known.contains(&cursor.node) {
            (ty.missing, ty.null) = (false, false);
        }
        ty.personal |= cursor.personal;
        ty.path = Some(path.text());
        // Numbers of rows are cells: an empty one is an empty text.
        ty
    }

    fn need_head(&mut self, expr: &Expr, path: &Path) -> Option<(Op, &'static str, Type)> {
        let [Step::Key(name, at)] = path.steps.as_slice() else {
            self.error("M01", expr.span, "a need is one text").expected("`needs.name`");
            return None;
        };
        let index = self.plan.needs.iter().position(|(it, _)| it == name);
        let Some(index) = index else {
            let names: Vec<&str> = self.plan.needs.iter().map(|(it, _)| it.as_str()).collect();
            self.error("M01", *at, format!("the map declares no need `{name}`"))
                .help(format!("add it: `needs: [{name}]`"))
                .nearest(name, &names);
            return None;
        };
        if let Some(used) = self.needs_used.get_mut(index) {
            *used = true;
        }
        let optional = self.plan.needs.get(index).is_some_and(|(_, optional)| *optional);
        let ty = Type {
            missing: optional,
            made: false,
            path: Some(path.text()),
            ..Type::made(Kind::Text)
        };
        Some((Op::Need(u16::try_from(index).ok()?), "need", ty))
    }

    fn hub_head(&mut self, expr: &Expr, path: &Path) -> Option<(Op, &'static str, Type)> {
        let facts = [
            ("channel", HubFact::Channel, Kind::Text),
            ("organisation", HubFact::Organisation, Kind::Text),
            ("received_at", HubFact::ReceivedAt, Kind::Instant),
            ("record", HubFact::Record, Kind::Decimal),
        ];
        let name = match path.steps.as_slice() {
            [Step::Key(name, _)] => name.as_str(),
            _ => "",
        };
        let Some((_, fact, kind)) = facts.iter().find(|(it, ..)| *it == name) else {
            let names: Vec<&str> = facts.iter().map(|(it, ..)| *it).collect();
            self.error("M01", expr.span, format!("the hub tells no `{}`", path.text()))
                .expected(names.join(", "))
                .nearest(name, &names);
            return None;
        };
        Some((Op::Hub(*fact), "hub", Type::made(*kind)))
    }
}

/// The path up to a key, for messages.
fn before(path: &Path, key: &str) -> String {
    let text = path.text();
    text.rfind(key)
        .map_or(text.as_str(), |at| text.get(..at).unwrap_or_default())
        .trim_end_matches('.')
        .to_owned()
}
