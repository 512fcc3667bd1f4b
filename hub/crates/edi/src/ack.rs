//! Functional acknowledgements: what the sender is told of each message it sent, and
//! what partners tell of what was sent to them.
//!
//! A 997 or 999 answers X12, a CONTRL answers EDIFACT; an interchange of X12 that
//! cannot be trusted at all is answered by a TA1. Acknowledgements themselves are
//! never acknowledged.

mod edifact;
mod told;
mod x12;

pub use told::{Told, told};

use crate::{
    document::Segment,
    fault::{Fault, Level},
    interchange::{Interchange, Message},
    marks::Dialect,
    write::Unwritable,
};

/// What became of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Of the message and its elements; those of the envelopes are known anyway.
    pub faults: Vec<Fault>,
    /// It was not taken, whatever the faults say: the arrival was refused whole.
    pub refused: bool,
}

/// What is new in an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// `YYYYMMDD`.
    pub date: String,
    /// `HHMM`.
    pub time: String,
    /// Its own control number, unique for this sender; nine digits are taken.
    pub control: u64,
}

/// Which acknowledgement answers X12.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    X997,
    X999,
}

/// What the sender is told of a message or group, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Accepted,
    /// Taken, with something worth telling.
    WithErrors,
    Rejected,
}

/// Writes the acknowledgement of an interchange. `verdicts` are by index of
/// [`Interchange::messages`]; a message without one was accepted. `None`: there is
/// nothing to acknowledge.
///
/// # Errors
/// When an address of the interchange cannot be written with its own marks.
pub fn write(
    interchange: &Interchange<'_>,
    verdicts: &[Verdict],
    form: Form,
    stamp: &Stamp,
) -> Result<Option<Vec<u8>>, Unwritable> {
    let answers = interchange.messages.iter().filter(|it| is_acknowledgement(&it.kind)).count();
    match interchange.document.dialect {
        // In X12 they may come with others, which are answered; in EDIFACT they are alone.
        Dialect::X12 if answers == interchange.messages.len() && has_answers(interchange) => {
            Ok(None)
        }
        Dialect::Edifact if answers > 0 => Ok(None),
        Dialect::X12 => x12::write(interchange, verdicts, form, stamp),
        Dialect::Edifact => edifact::write(interchange, verdicts, stamp),
    }
}

/// What a message is told: its own faults and those of the envelopes around it.
pub fn outcome(interchange: &Interchange<'_>, message: &Message, verdict: &Verdict) -> Outcome {
    let around = interchange.faults_on(message);
    let all = || verdict.faults.iter().chain(interchange.faults_on(message));
    if verdict.refused || interchange.broken().is_some() || all().any(|it| !it.note) {
        Outcome::Rejected
    } else if around.count() > 0 || !verdict.faults.is_empty() {
        Outcome::WithErrors
    } else {
        Outcome::Accepted
    }
}

/// Whether messages of that kind answer others: nobody answers an answer.
pub fn is_acknowledgement(kind: &str) -> bool {
    matches!(kind, "997" | "999" | "CONTRL")
}

/// Whether anything in an interchange of X12 answers another one.
fn has_answers(interchange: &Interchange<'_>) -> bool {
    let document = &interchange.document;
    let note = |it: &Segment| document.tag(it) == b"TA1";
    !interchange.messages.is_empty() || document.segments.iter().any(note)
}

/// An element of a header as its sender wrote it, byte by byte, without the blanks
/// around it; `segment` is an index of [`crate::Document::segments`].
fn raw(interchange: &Interchange<'_>, segment: usize, element: u16) -> Vec<u8> {
    component(interchange, segment, (element, 1))
}

/// The same of one component.
fn component(interchange: &Interchange<'_>, segment: usize, at: (u16, u16)) -> Vec<u8> {
    let document = &interchange.document;
    let found = document.segments.get(segment).map(|it| document.component(it, at.0, at.1));
    found.map(|it| it.trim_ascii().to_vec()).unwrap_or_default()
}

/// The faults of a message from the envelope, with the level of a message.
fn of_envelope<'i>(
    interchange: &'i Interchange<'_>,
    message: &Message,
) -> impl Iterator<Item = &'i Fault> {
    interchange.faults_on(message).filter(|it| it.code.level() == Level::Message)
}

/// The verdict on the message at that index.
fn verdict(verdicts: &[Verdict], index: usize) -> Verdict {
    verdicts.get(index).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
