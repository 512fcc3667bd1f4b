//! What is known about a value before anything runs.

use rust_decimal::Decimal;

use crate::schema::{Kinds, Schema, SchemaId};

/// The kind of a value in a pipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing is known: each step looks when it runs.
    Any,
    Text,
    /// A JSON number or a numeric cell, as its literal text.
    Number,
    /// An exact number made by a function.
    Decimal,
    Bool,
    Money,
    Instant,
    Date,
    /// A list of texts made by a function.
    Texts,
    /// A list of the source.
    List,
    Object,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Type {
    pub(crate) kind: Kind,
    pub(crate) missing: bool,
    pub(crate) null: bool,
    /// The texts it may be, when they are known.
    pub(crate) one_of: Option<Vec<String>>,
    pub(crate) chars_min: u64,
    pub(crate) chars_max: Option<u64>,
    /// Digits after the point at most, when that is known.
    pub(crate) scale: Option<u32>,
    pub(crate) minimum: Option<Decimal>,
    pub(crate) maximum: Option<Decimal>,
    pub(crate) format: Option<String>,
    pub(crate) pattern: Option<String>,
    pub(crate) personal: bool,
    /// It was made of personal data: a fault on the way shows nothing, though what
    /// comes out may be shown.
    pub(crate) was_personal: bool,
    /// Node of the source schema, of values that come from there untouched.
    pub(crate) schema: Option<SchemaId>,
    /// What is known was made by a function and needs no look at run time; what
    /// a source schema says is only claimed.
    pub(crate) made: bool,
    /// In a list of texts: what an element is.
    pub(crate) path: Option<String>,
}

impl Kind {
    /// In words, for messages.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Any => "a value of unknown type",
            Self::Text => "a text",
            Self::Number | Self::Decimal => "a number",
            Self::Bool => "true or false",
            Self::Money => "money",
            Self::Instant => "a time",
            Self::Date => "a date",
            Self::Texts | Self::List => "a list",
            Self::Object => "an object",
        }
    }

    pub(crate) const fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::Decimal)
    }
}

impl Type {
    /// Made by a function: always there.
    pub(crate) fn made(kind: Kind) -> Self {
        Self {
            kind,
            missing: false,
            null: false,
            one_of: None,
            chars_min: 0,
            chars_max: None,
            scale: None,
            minimum: None,
            maximum: None,
            format: None,
            pattern: None,
            personal: false,
            was_personal: false,
            schema: None,
            made: true,
            path: None,
        }
    }

    /// Nothing is known.
    pub(crate) fn any() -> Self {
        Self { missing: true, null: true, made: false, ..Self::made(Kind::Any) }
    }

    /// A constant text.
    pub(crate) fn constant(text: &str) -> Self {
        let chars = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        Self {
            one_of: Some(vec![text.to_owned()]),
            chars_min: chars,
            chars_max: Some(chars),
            ..Self::made(Kind::Text)
        }
    }

    /// What the source schema says about one of its nodes.
    pub(crate) fn of_schema(schema: &Schema, id: SchemaId) -> Self {
        let kinds = schema.kinds.without(Kinds::NULL);
        let kind = if schema.kinds.is_any() {
            Kind::Any
        } else if kinds.only(Kinds::TEXT) {
            Kind::Text
        } else if kinds.only(Kinds::NUMBER.with(Kinds::INTEGER)) {
            Kind::Number
        } else if kinds.only(Kinds::BOOL) {
            Kind::Bool
        } else if kinds.only(Kinds::ARRAY) {
            Kind::List
        } else if kinds.only(Kinds::OBJECT) {
            Kind::Object
        } else {
            Kind::Any
        };
        let whole = kinds.only(Kinds::INTEGER);
        Self {
            missing: false,
            null: schema.nullable(),
            one_of: schema.one_of.clone(),
            chars_min: schema.chars_min.unwrap_or(0),
            chars_max: schema.chars_max,
            scale: if whole { Some(0) } else { schema.scale_max },
            minimum: schema.minimum,
            maximum: schema.maximum,
            format: schema.format.clone(),
            pattern: schema.pattern.clone(),
            personal: schema.personal,
            schema: Some(id),
            made: false,
            ..Self::made(kind)
        }
    }

    /// The same absence and class, another kind: what most functions give.
    pub(crate) fn turned(&self, kind: Kind) -> Self {
        Self {
            missing: self.missing,
            null: self.null,
            personal: self.personal,
            was_personal: self.was_personal,
            path: self.path.clone(),
            ..Self::made(kind)
        }
    }

    /// May be missing or null.
    pub(crate) const fn may_be_absent(&self) -> bool {
        self.missing || self.null
    }

    /// What either of two values may be.
    pub(crate) fn either(&self, other: &Self) -> Self {
        let kind = if self.kind == other.kind {
            self.kind
        } else if self.kind.is_number() && other.kind.is_number() {
            Kind::Decimal
        } else {
            Kind::Any
        };
        let one_of = match (&self.one_of, &other.one_of) {
            (Some(left), Some(right)) => {
                let mut all = left.clone();
                all.extend(right.iter().filter(|it| !left.contains(it)).cloned());
                Some(all)
            }
            _ => None,
        };
        Self {
            missing: self.missing || other.missing,
            null: self.null || other.null,
            personal: self.personal || other.personal,
            was_personal: self.was_personal || other.was_personal,
            made: self.made && other.made,
            chars_min: self.chars_min.min(other.chars_min),
            chars_max: self.chars_max.zip(other.chars_max).map(|(a, b)| a.max(b)),
            scale: self.scale.zip(other.scale).map(|(a, b)| a.max(b)),
            format: self.format.clone().filter(|it| other.format.as_ref() == Some(it)),
            pattern: self.pattern.clone().filter(|it| other.pattern.as_ref() == Some(it)),
            path: self.path.clone().or_else(|| other.path.clone()),
            one_of,
            ..Self::made(kind)
        }
    }
}
