//! What comes in and what must come out: one model for JSON Schemas, canonical
//! entities and layouts of row formats.

mod json_schema;
mod layout;

pub(crate) use json_schema::read_json_schema;
pub(crate) use layout::from_shape;

use rust_decimal::Decimal;

/// Index of a node in [`Schemas`].
pub(crate) type SchemaId = u32;

/// All nodes of one schema; the first is the record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) nodes: Vec<Schema>,
    /// File it was read from, for messages.
    pub(crate) file: String,
    /// Whether it describes rows of a layout.
    pub(crate) rows: bool,
    /// Written by `infer` and not yet confirmed by a person: paths it does not
    /// have are warnings.
    pub(crate) inferred: bool,
}

/// The JSON types a value may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

/// One node of a schema.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(crate) kinds: Kinds,
    pub(crate) properties: Vec<(String, SchemaId)>,
    pub(crate) required: Vec<String>,
    /// Members that are not named may stand there.
    pub(crate) open: bool,
    /// What members that are not named look like.
    pub(crate) additional: Option<SchemaId>,
    pub(crate) items: Option<SchemaId>,
    pub(crate) items_min: Option<u64>,
    pub(crate) items_max: Option<u64>,
    /// The texts it may have.
    pub(crate) one_of: Option<Vec<String>>,
    pub(crate) chars_min: Option<u64>,
    pub(crate) chars_max: Option<u64>,
    /// At most so many bytes in a charset, for layouts.
    pub(crate) bytes_max: Option<(u64, String)>,
    pub(crate) pattern: Option<String>,
    pub(crate) minimum: Option<Decimal>,
    pub(crate) maximum: Option<Decimal>,
    pub(crate) above: Option<Decimal>,
    pub(crate) below: Option<Decimal>,
    pub(crate) format: Option<String>,
    /// Digits after the point, for layouts.
    pub(crate) scale_max: Option<u32>,
    /// Personal data.
    pub(crate) personal: bool,
}

// === impl Kinds ===

impl Kinds {
    pub(crate) const NULL: Self = Self(1);
    pub(crate) const BOOL: Self = Self(2);
    pub(crate) const INTEGER: Self = Self(4);
    pub(crate) const NUMBER: Self = Self(8);
    pub(crate) const TEXT: Self = Self(16);
    pub(crate) const ARRAY: Self = Self(32);
    pub(crate) const OBJECT: Self = Self(64);
    pub(crate) const ANY: Self = Self(127);

    pub(crate) const fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    pub(crate) const fn with(self, kind: Self) -> Self {
        Self(self.0 | kind.0)
    }

    pub(crate) const fn without(self, kind: Self) -> Self {
        Self(self.0 & !kind.0)
    }

    pub(crate) const fn is_any(self) -> bool {
        self.0 == 127
    }

    /// Exactly these, null aside.
    pub(crate) const fn only(self, kinds: Self) -> bool {
        let rest = self.0 & !Self::NULL.0;
        rest != 0 && rest & !kinds.0 == 0
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOL,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER.with(Self::INTEGER),
            "string" => Self::TEXT,
            "array" => Self::ARRAY,
            "object" => Self::OBJECT,
            _ => return None,
        })
    }

    /// In words, for messages.
    pub(crate) fn words(self) -> String {
        if self.is_any() {
            return "any value".into();
        }
        let names = [
            (Self::TEXT, "a text"),
            (Self::NUMBER, "a number"),
            (Self::INTEGER, "a whole number"),
            (Self::BOOL, "true or false"),
            (Self::ARRAY, "a list"),
            (Self::OBJECT, "an object"),
            (Self::NULL, "null"),
        ];
        let skip_integer = self.has(Self::NUMBER);
        let words: Vec<&str> = names
            .iter()
            .filter(|(kind, _)| self.has(*kind) && !(skip_integer && *kind == Self::INTEGER))
            .map(|(_, word)| *word)
            .collect();
        if words.is_empty() { "nothing".into() } else { words.join(" or ") }
    }
}

// === impl Schema ===

impl Schema {
    pub(crate) fn of(kinds: Kinds) -> Self {
        Self { kinds, ..Self::default() }
    }

    pub(crate) fn property(&self, name: &str) -> Option<SchemaId> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, id)| *id)
    }

    pub(crate) fn requires(&self, name: &str) -> bool {
        self.required.iter().any(|it| it == name)
    }

    pub(crate) fn nullable(&self) -> bool {
        self.kinds.has(Kinds::NULL)
    }
}

// === impl Schemas ===

impl Schemas {
    pub(crate) fn get(&self, id: SchemaId) -> Option<&Schema> {
        self.nodes.get(id as usize)
    }

    pub(crate) fn root(&self) -> SchemaId {
        0
    }

    pub(crate) fn push(&mut self, node: Schema) -> SchemaId {
        self.nodes.push(node);
        SchemaId::try_from(self.nodes.len() - 1).unwrap_or(SchemaId::MAX)
    }

    /// Whether the node is the canonical `Money`: `minor` and `currency`.
    pub(crate) fn is_money(&self, id: SchemaId) -> bool {
        self.get(id).is_some_and(|it| {
            it.properties.len() == 2
                && it.property("minor").is_some()
                && it.property("currency").is_some()
        })
    }

    /// Child of an object node: the named member, or what unnamed ones are.
    pub(crate) fn member(&self, id: SchemaId, name: &str) -> Option<SchemaId> {
        let node = self.get(id)?;
        node.property(name).or(if node.open { node.additional } else { None })
    }

    /// All paths from a node, at most `depth` deep: for the nearest name.
    pub(crate) fn names(&self, id: SchemaId) -> Vec<&str> {
        self.get(id)
            .map_or(Vec::new(), |it| it.properties.iter().map(|(key, _)| key.as_str()).collect())
    }
}
