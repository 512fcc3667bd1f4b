//! The functions of the language: one table entry each, with what it takes and
//! gives, whether it can fail, what it loses, how it is read backwards, and
//! examples that are run as tests. The reference in `LANGUAGE.md` is printed
//! from here.

mod args;
mod cut;
mod ids;
pub(crate) mod kana;
mod lists;
mod logic;
mod money;
mod number;
pub(crate) mod prefecture;
mod reference;
mod text;
mod time;
pub(crate) mod width;

pub(crate) use args::CallSite;
#[cfg(test)]
pub(crate) use args::ROUNDING;
pub use reference::reference;

use crate::{
    check::lower::Lower,
    language::expr::Call,
    plan::op::Op,
    types::{Kind, Type},
};

/// One function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// The chapter it stands in.
    pub group: Group,
    /// Its parameters.
    pub params: &'static [Param],
    /// What it takes.
    pub(crate) takes: Takes,
    /// What it gives, in words.
    pub gives: &'static str,
    /// When it faults; empty: never.
    pub faults: &'static str,
    /// What it loses; empty: nothing.
    pub loses: &'static str,
    /// How it is read backwards; empty: not at all.
    pub inverse: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// `(pipe, record, result)`; the result of a fault is `fault`, of something
    /// absent `absent`.
    pub examples: &'static [(&'static str, &'static str, &'static str)],
    pub(crate) lower: fn(&mut Lower<'_>, &CallSite<'_>) -> Option<(Op, Type)>,
}

/// A chapter of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    Text,
    Number,
    Money,
    Time,
    Identifier,
    List,
    Logic,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What is given there, in words.
    pub about: &'static str,
    /// Whether the function does not work without it.
    pub required: bool,
}

/// What a function takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Text,
    Number,
    NumberOrText,
    NumberOrMoney,
    Money,
    Instant,
    /// A time or a date.
    Time,
    /// A text, a time or a date.
    TimeOrText,
    /// A single value of any kind.
    Single,
    List,
}

/// Short form for the tables.
pub(crate) const fn needs(name: &'static str, about: &'static str) -> Param {
    Param { name, about, required: true }
}

/// Short form for the tables.
pub(crate) const fn may(name: &'static str, about: &'static str) -> Param {
    Param { name, about, required: false }
}

/// All functions, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Function> {
    [
        text::FUNCTIONS,
        cut::FUNCTIONS,
        number::FUNCTIONS,
        money::FUNCTIONS,
        time::FUNCTIONS,
        ids::FUNCTIONS,
        lists::FUNCTIONS,
        logic::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    all().find(|it| it.name == name)
}

/// The steps of a call: of most functions it is the call alone.
pub(crate) fn steps(call: &Call, input: Kind) -> Vec<Call> {
    let plain = |name: &str| Call { name: name.into(), span: call.span, args: Vec::new() };
    match call.name.as_str() {
        // A rate is looked up in its shortest form, and comes back as a number.
        "tax_class" if input == Kind::Text => {
            vec![plain("decimal"), plain("number_text"), call.clone()]
        }
        "tax_class" if input.is_number() => vec![plain("number_text"), call.clone()],
        "tax_rate" => vec![call.clone(), plain("decimal")],
        _ => vec![call.clone()],
    }
}

/// All names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|it| it.name)
}

/// Whether a function takes nothing but a list.
pub(crate) fn is_list_only(name: &str) -> bool {
    matches!(
        name,
        "where" | "flatten" | "distinct" | "count" | "sum" | "collect" | "first" | "last" | "join"
    )
}

/// Whether a function does something with a list.
pub(crate) fn is_list(name: &str) -> bool {
    is_list_only(name) || matches!(name, "min" | "max")
}

impl Function {
    /// What it takes, in words.
    pub fn takes(&self) -> &'static str {
        self.takes.words()
    }
}

impl Takes {
    pub(crate) const fn accepts(self, kind: Kind) -> bool {
        match (self, kind) {
            (Self::List, Kind::List | Kind::Texts | Kind::Any) => true,
            (Self::List, _) | (_, Kind::List | Kind::Texts | Kind::Object) => false,
            (_, Kind::Any) | (Self::Single, _) => true,
            (Self::Text, Kind::Text) | (Self::Number, Kind::Number | Kind::Decimal) => true,
            (Self::NumberOrText, Kind::Text | Kind::Number | Kind::Decimal | Kind::Money) => true,
            (Self::NumberOrMoney, Kind::Number | Kind::Decimal | Kind::Money) => true,
            (Self::Money, Kind::Money) | (Self::Instant, Kind::Instant) => true,
            (Self::Time, Kind::Instant | Kind::Date) => true,
            (Self::TimeOrText, Kind::Instant | Kind::Date | Kind::Text) => true,
            _ => false,
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::NumberOrText => "a number or a text",
            Self::NumberOrMoney => "a number or money",
            Self::Money => "money",
            Self::Instant => "a time",
            Self::Time => "a time or a date",
            Self::TimeOrText => "a text, a time or a date",
            Self::Single => "a single value",
            Self::List => "a list",
        }
    }
}

impl Group {
    /// The chapter's title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Numbers",
            Self::Money => "Money and tax",
            Self::Time => "Time",
            Self::Identifier => "Identifiers",
            Self::List => "Lists",
            Self::Logic => "Logic",
        }
    }
}
