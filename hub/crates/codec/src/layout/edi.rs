//! X12 and EDIFACT as rows: one message is one record, its loops are groups, its
//! elements are fields by path. What the message's definition does not allow is a
//! fault of that message; an envelope that cannot be trusted refuses the input.

mod acknowledge;
mod draft;
mod number;
mod parse;
mod path;
mod personal;
mod read;
mod refused;
mod total;
mod write;

pub use acknowledge::Acknowledged;
pub(super) use parse::edi;
pub(super) use read::read;
pub(super) use write::write;

use std::sync::Arc;

use ::edi::{
    Charset, Dialect,
    ack::Form,
    definition::{Definition, Loop},
    message::Options,
};

use super::model::DatePart;
use crate::rows::FieldShape;
use path::{Element, Step};

/// Bytes of one input.
pub(super) const BYTES_MAX: usize = ::edi::document::INPUT_BYTES_MAX;

/// How a message is read and written.
#[derive(Clone, Debug)]
pub(super) struct Edi {
    dialect: Dialect,
    /// Of each release that may come; the first is written.
    definitions: Vec<Arc<Definition>>,
    options: Options,
    /// What is written in; EDIFACT says itself what it is read in.
    charset: Charset,
    /// Kinds of messages that are passed over.
    ignored: Vec<String>,
    /// Which acknowledgement answers X12.
    form: Form,
    reused: Reused,
    part: Part,
    /// Written behind each segment.
    line_break: &'static str,
}

/// What becomes of an interchange whose control number came before with other
/// content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reused {
    /// A file waits for an operator; what comes by HTTP is refused.
    #[default]
    Held,
    Refused,
    /// It is taken: the partner does not count.
    Taken,
}

/// A record, or a row of a group.
#[derive(Clone, Debug, Default)]
struct Part {
    columns: Vec<Column>,
    groups: Vec<Group>,
}

/// A group of rows: once for each loop or segment that its path finds.
#[derive(Clone, Debug)]
struct Group {
    steps: Vec<Step>,
    part: Part,
}

/// One field of a record, or a text that stands in the message and is no field.
#[derive(Clone, Debug)]
struct Column {
    field: FieldShape,
    /// Index among the cells; `None`: a constant, a count or a sum.
    slot: Option<usize>,
    at: Place,
    value: Value,
    given: Given,
}

/// Where a field stands.
#[derive(Clone, Debug)]
struct Place {
    /// As written in the layout, for faults.
    text: String,
    /// It is in the header of an interchange, a group or a message.
    envelope: bool,
    /// Loops on the way; the last one is the segment itself.
    steps: Vec<Step>,
    element: Element,
}

/// What the text of a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Text,
    /// Digits behind a point that is not written.
    Implied(u32),
    /// At most so many digits behind the point; 0: a whole number.
    Decimal(u32),
    Date(Vec<DatePart>),
}

/// What the layout itself knows of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    Nothing,
    /// It has this text.
    Constant(String),
    /// It has the number of rows of that group of the record.
    Count(usize),
    /// It has the sum of that field over the rows of that group.
    Sum {
        group: usize,
        field: usize,
    },
}

// === impl Edi ===

impl Edi {
    /// What is written.
    fn definition(&self) -> Option<&Arc<Definition>> {
        self.definitions.first()
    }

    /// The definition for a message, if it is of this layout's kind and releases.
    fn definition_of(&self, message: &::edi::interchange::Message) -> Option<&Arc<Definition>> {
        let release = message.release.as_str();
        self.definitions.iter().find(|it| {
            let same = match self.dialect {
                // An industry's suffix (`004010VICS`) is the same release.
                Dialect::X12 => release.get(..6) == Some(it.release.as_str()),
                Dialect::Edifact => release == it.release,
            };
            it.kind == message.kind && same
        })
    }
}

/// The loop that a step leads into, from a loop: levels of ship notices lie in
/// each other although the definition has them one after the other.
fn inner<'d>(of: &'d Loop, step: &Step) -> Option<&'d Loop> {
    let level = of.trigger() == "HL" && step.tag == "HL";
    if level { Some(of) } else { of.inner(&step.tag) }
}
