//! Operations: one step of a pipe each, with its arguments already resolved.

use std::sync::Arc;

use canon::entity::Entity;
use codec::charset::Charset;
use jiff::tz::TimeZone;
use regex::Regex;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{CondId, ExprId, ListId, quick::Quick, trie::FrameId};
use crate::{
    functions::width::WidthTable, language::policy::Empty, schema::Kinds, time::Format, value::Span,
};

/// One pipe: a head and the steps after it.
#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) ops: Vec<Op>,
    /// Name of each step, for faults and for `explain`.
    pub(crate) names: Vec<&'static str>,
    pub(crate) empty: Empty,
    /// What it has in common with other pipes. Made by [`super::Plan::seal`].
    pub(crate) shared: Option<Shared>,
    /// How it is done in one go. Made by [`super::Plan::seal`].
    pub(crate) quick: Quick,
    /// What it reads is personal data: masked in faults.
    pub(crate) personal: bool,
    /// As it stands in the map.
    pub(crate) text: Arc<str>,
}

/// The first steps of a pipe, when others begin with the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) len: u16,
    /// Where a run keeps what they give.
    pub(crate) memo: u16,
}

/// Where a value stands: a slot of the frame at that depth, or behind elements
/// picked out of lists.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// Scope: 0 is the record.
    pub(crate) depth: u8,
    pub(crate) slot: u16,
    pub(crate) hops: Vec<Hop>,
    /// Node of the trie, for the path in faults.
    pub(crate) node: u32,
    /// What the source schema says that it is; anything else is a fault.
    pub(crate) kinds: Kinds,
}

/// One element picked out of a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hop {
    pub(crate) frame: FrameId,
    pub(crate) pick: Pick,
    /// Slot in the picked element.
    pub(crate) slot: u16,
}

/// Which element.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pick {
    Index(i64),
    /// The first whose slot has this text.
    Find {
        slot: u16,
        text: Box<str>,
    },
}

/// One step.
#[derive(Debug)]
pub(crate) enum Op {
    // Heads.
    Load(Place),
    /// The element of a list of computed texts at that depth.
    LoadElement(u8),
    LoadMoney {
        minor: Place,
        currency: Place,
    },
    Text(Span),
    Number(Decimal),
    Bool(bool),
    Null,
    Need(u16),
    Hub(HubFact),
    Test(CondId),
    Choose {
        cond: CondId,
        yes: ExprId,
        no: ExprId,
    },
    Calc {
        kind: Calc,
        left: ExprId,
        right: ExprId,
    },
    Joined {
        parts: Vec<ExprId>,
        with: Span,
    },
    List {
        list: ListId,
        fold: Fold,
    },
    // Text.
    TextOf,
    Trim,
    CollapseSpace,
    Upper,
    Lower,
    Nfc,
    Nfkc,
    Width(Box<WidthTable>),
    KanaFull,
    KanaHalf,
    KanaHira,
    Digits,
    Strip(Box<str>),
    Replace {
        from: Box<str>,
        to: Span,
    },
    Prefix(ExprId),
    Suffix(ExprId),
    WithoutPrefix {
        prefix: Box<str>,
        strict: bool,
    },
    Slice {
        from: i64,
        to: Option<i64>,
    },
    Split(Box<str>),
    Pad {
        width: u32,
        with: char,
        left: bool,
    },
    TruncateChars(u32),
    TruncateBytes(u32, Charset),
    Matches(Box<Regex>),
    Capture(Box<Regex>),
    // Lists of texts.
    JoinTexts(Span),
    // Numbers.
    Int,
    Decimal {
        implied: u32,
    },
    Plus(ExprId),
    Minus(ExprId),
    Times(ExprId),
    Divide {
        by: ExprId,
        scale: u32,
        mode: RoundingStrategy,
    },
    Negate,
    Abs,
    Round {
        scale: u32,
        mode: RoundingStrategy,
    },
    Least(ExprId),
    Most(ExprId),
    FormatNumber {
        scale: Option<u32>,
    },
    // Money.
    Money {
        currency: ExprId,
        rounding: Option<RoundingStrategy>,
    },
    MinorUnits,
    Amount,
    Currency,
    /// The element's share by largest remainder; `element` is its scope.
    Allocate {
        list: ListId,
        weight: ExprId,
        element: u8,
    },
    TaxOf {
        rate: ExprId,
        mode: RoundingStrategy,
        included: bool,
    },
    // Time.
    Timestamp {
        format: Option<Format>,
        zone: Option<TimeZone>,
        hours_max: i64,
        fold: DstFold,
    },
    Date {
        format: Option<Format>,
        zone: Option<TimeZone>,
    },
    EpochS,
    EpochMs,
    ODataDate,
    BusinessDate {
        cutoff_ms: i64,
        zone: Option<TimeZone>,
    },
    InZone(TimeZone),
    FormatTime(Format),
    PlusDays(i64),
    ToEpoch {
        ms: bool,
    },
    // Identifiers.
    Gtin,
    E164 {
        region: Region,
    },
    PostalJp,
    Prefecture(PrefectureForm),
    InvoiceNoJp,
    Sha256,
    Uuid5(uuid::Uuid),
    HubId(Entity),
    // Logic.
    Table {
        table: u32,
        at: Option<ExprId>,
    },
    Default(ExprId),
    Rescue(ExprId),
    Coalesce(Vec<ExprId>),
    NullIf(ExprId),
}

/// What the hub knows about the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HubFact {
    Channel,
    Organisation,
    ReceivedAt,
    Record,
}

/// Exact arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calc {
    Plus,
    Minus,
    Times,
}

/// What a list becomes.
#[derive(Debug)]
pub(crate) enum Fold {
    Count,
    Sum(ExprId),
    Least(ExprId),
    Most(ExprId),
    First(ExprId),
    Last(ExprId),
    /// All of them, as a list of texts.
    Texts(ExprId),
}

/// What a local time that a change of clocks skips or repeats becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DstFold {
    Fault,
    Earlier,
    Later,
}

/// A numbering region of telephone numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) code: &'static str,
    pub(crate) country: &'static str,
    pub(crate) trunk: &'static str,
    /// Digits after the country code.
    pub(crate) least: usize,
    pub(crate) most: usize,
}

/// How a prefecture is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrefectureForm {
    /// `JP-13`.
    Iso,
    /// `東京都`.
    Name,
    /// `13`.
    Number,
}

/// Elements of a list, with what is done before anything reads them.
#[derive(Debug)]
pub(crate) struct ListPlan {
    pub(crate) source: ListSource,
    /// The scope of its elements.
    pub(crate) depth: u8,
    pub(crate) stages: Vec<Stage>,
}

/// Where the elements are.
#[derive(Debug)]
pub(crate) enum ListSource {
    Frames {
        place: Place,
        frame: FrameId,
    },
    /// Texts made by a pipe.
    Texts(ExprId),
}

/// One stage between the elements and what reads them.
#[derive(Debug)]
pub(crate) enum Stage {
    Where(CondId),
    /// Go on with the elements of a list of each element, one scope deeper.
    Flatten {
        place: Place,
        frame: FrameId,
    },
    /// Only the first of those that are equal in this.
    Distinct(ExprId),
}

/// A condition. With something absent, a comparison is false and `!=` is true.
#[derive(Debug)]
pub(crate) enum Cond {
    Const(bool),
    And(CondId, CondId),
    Or(CondId, CondId),
    Not(CondId),
    Has(ExprId),
    /// A value that is true or false.
    Value(ExprId),
    Compare {
        how: Compare,
        left: ExprId,
        right: ExprId,
    },
    InTexts {
        value: ExprId,
        texts: Vec<Box<str>>,
    },
    InNumbers {
        value: ExprId,
        numbers: Vec<Decimal>,
    },
    InList {
        value: ExprId,
        list: ListId,
        element: ExprId,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Which functions of the engine do a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Text,
    Time,
    Id,
    Number,
}

// === impl Op ===

impl Op {
    /// Whether it does something with a missing or null value.
    pub(crate) const fn takes_absent(&self) -> bool {
        matches!(self, Self::Default(_) | Self::Coalesce(_))
    }

    /// Which functions it belongs to; those of other kinds count as numbers.
    #[inline]
    pub(crate) const fn family(&self) -> Family {
        match self {
            Self::TextOf
            | Self::Trim
            | Self::CollapseSpace
            | Self::Upper
            | Self::Lower
            | Self::Nfc
            | Self::Nfkc
            | Self::Width(_)
            | Self::KanaFull
            | Self::KanaHalf
            | Self::KanaHira
            | Self::Digits
            | Self::Strip(_)
            | Self::Replace { .. }
            | Self::Prefix(_)
            | Self::Suffix(_)
            | Self::WithoutPrefix { .. }
            | Self::Slice { .. }
            | Self::Split(_)
            | Self::Pad { .. }
            | Self::TruncateChars(_)
            | Self::TruncateBytes(..)
            | Self::Matches(_)
            | Self::Capture(_)
            | Self::JoinTexts(_) => Family::Text,
            Self::Timestamp { .. }
            | Self::Date { .. }
            | Self::EpochS
            | Self::EpochMs
            | Self::ODataDate
            | Self::BusinessDate { .. }
            | Self::InZone(_)
            | Self::FormatTime(_)
            | Self::PlusDays(_)
            | Self::ToEpoch { .. } => Family::Time,
            Self::Gtin
            | Self::E164 { .. }
            | Self::PostalJp
            | Self::Prefecture(_)
            | Self::InvoiceNoJp
            | Self::Sha256
            | Self::Uuid5(_)
            | Self::HubId(_) => Family::Id,
            _ => Family::Number,
        }
    }

    /// Whether plain ASCII can come out of it changed.
    pub(crate) fn widens(&self) -> bool {
        matches!(self, Self::Width(table) if table.to == crate::functions::width::Width::Wide)
    }
}
