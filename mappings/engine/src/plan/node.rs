//! Target nodes: what is written, in which order, with which residual checks.

use std::sync::Arc;

use codec::charset::Charset;
use regex::Regex;
use rust_decimal::Decimal;

use super::{CondId, ExprId, ListId, NodeId};
use crate::{language::policy::LossPolicy, value::Span};

/// One member of an object.
#[derive(Debug)]
pub(crate) struct Member {
    /// `"key":`.
    pub(crate) key: Chunk,
    /// Of a constant: `"key":value,`. Made by [`super::Plan::seal`].
    pub(crate) whole: Option<Chunk>,
    pub(crate) node: NodeId,
    /// The target schema demands it.
    pub(crate) required: bool,
    /// Target path for faults: `lines[].net`.
    pub(crate) target: Arc<str>,
}

/// Bytes that are written as they are. Short ones are copied as one block of
/// fixed length, which needs no call.
#[derive(Debug)]
pub(crate) struct Chunk {
    block: [u8; 32],
    bytes: Box<[u8]>,
}

/// What makes one value.
#[derive(Debug)]
pub(crate) enum Node {
    Value(ValueNode),
    /// JSON text, the same for every record.
    Const(Span),
    Object {
        when: Option<CondId>,
        members: Vec<Member>,
    },
    Choose {
        branches: Vec<(Option<CondId>, NodeId)>,
    },
    Each {
        list: ListId,
        body: NodeId,
        bounds: Bounds,
    },
    List {
        items: Vec<NodeId>,
        bounds: Bounds,
    },
}

/// How many elements a list may have, and what an empty one becomes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bounds {
    pub(crate) min: u64,
    pub(crate) max: Option<u64>,
    /// A list whose source is absent is written as `[]`.
    pub(crate) keep_empty: bool,
}

/// One written value.
#[derive(Debug)]
pub(crate) struct ValueNode {
    pub(crate) expr: ExprId,
    pub(crate) how: How,
    pub(crate) missing: OnAbsent,
    pub(crate) null: OnAbsent,
    pub(crate) loss: LossPolicy,
    pub(crate) checks: Vec<Check>,
    /// Bounds of a list of texts.
    pub(crate) bounds: Bounds,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// As a JSON string.
    Text,
    /// As a JSON number without fraction.
    Integer,
    /// As a JSON number.
    Number,
    Bool,
    /// As `{"minor":…,"currency":…}`.
    Money,
    /// As a list of strings.
    Texts,
    /// As what it is.
    Any,
}

/// What a missing or null result becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnAbsent {
    Error,
    Omit,
    Null,
    /// JSON text.
    Write(Span),
}

/// One assertion of the target schema that is looked at while a value is written.
#[derive(Debug)]
pub(crate) enum Check {
    CharsMin(u64),
    CharsMax(u64),
    BytesMax(u64, Charset),
    Pattern(Box<Regex>),
    /// So many letters A to Z: the pattern of currencies and countries.
    Upper(u32),
    /// A decimal text: digits before the point and after it, and a sign.
    DecimalShape {
        signed: bool,
        digits: u32,
        scale: u32,
    },
    /// Sorted.
    OneOf(Vec<Box<str>>),
    Minimum(Decimal),
    Maximum(Decimal),
    Above(Decimal),
    Below(Decimal),
    ScaleMax(u32),
    Format(FormatCheck),
}

/// Formats whose meaning is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FormatCheck {
    DateTime,
    Date,
    Time,
    Email,
    Uri,
    Uuid,
}

// === impl Chunk ===

impl Chunk {
    pub(crate) fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        let bytes = bytes.into();
        let mut block = [0; 32];
        block.iter_mut().zip(&bytes).for_each(|(to, from)| *to = *from);
        Self { block, bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    #[inline]
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let len = self.bytes.len();
        if len <= self.block.len() {
            let end = out.len() + len;
            out.extend_from_slice(&self.block);
            out.truncate(end);
        } else {
            out.extend_from_slice(&self.bytes);
        }
    }
}
