//! Strict JSON (RFC 8259): one pass over the bytes that says yes, or what is
//! wrong at which offset. Nothing is built; maps read the bytes themselves.
//!
//! Refused beyond the RFC, since readers differ in what they make of it: keys
//! that stand twice, lone surrogates, a byte order mark, nesting over 128.

mod check;
pub mod pieces;

use std::fmt;

use canon::entry::RecordFault;

use check::Checker;

/// Nesting that is still read.
pub const DEPTH_MAX: usize = 128;

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Stable word: `syntax`, `truncated`, `trailing`, `duplicate-key`,
    /// `surrogate`, `utf-8`, `depth`, `bom`.
    pub code: &'static str,
    /// Byte offset.
    pub offset: usize,
    pub found: String,
    pub expected: String,
}

/// One record of a feed: a line of NDJSON or an element of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// From 1.
    pub number: u64,
    /// Byte offset in the input.
    pub offset: usize,
    /// Bytes, without the white space around it.
    pub length: usize,
    /// Why it cannot be used. The others can.
    pub fault: Option<Fault>,
}

/// Checks one document.
///
/// # Errors
/// The first fault.
pub fn check(bytes: &[u8]) -> Result<(), Fault> {
    let mut checker = Checker::new(bytes)?;
    checker.space();
    checker.value()?;
    checker.take_soft().map_or(Ok(()), Err)?;
    checker.end()
}

/// Splits NDJSON: one document a line, LF or CRLF. Empty lines are passed over.
///
/// # Errors
/// A byte order mark, or a last line that is cut.
pub fn lines(bytes: &[u8]) -> Result<Vec<Record>, Fault> {
    pieces::read_piece(pieces::Place::default(), bytes, true).map(|(records, _)| records)
}

/// Splits the elements of a document that is one array.
///
/// # Errors
/// The document is no array, or its elements cannot be told apart. What is
/// wrong within one element is that record's fault.
pub fn elements(bytes: &[u8]) -> Result<Vec<Record>, Fault> {
    let mut checker = Checker::new(bytes)?;
    let mut records = Vec::new();
    checker.space();
    checker.expect(b'[', "an array of records")?;
    checker.space();
    if !checker.take(b']') {
        loop {
            checker.space();
            let offset = checker.at();
            checker.value()?;
            let fault = checker.take_soft();
            let length = checker.at() - offset;
            records.push(Record { number: next(&records), offset, length, fault });
            checker.space();
            if checker.take(b']') {
                break;
            }
            checker.expect(b',', "`,` or `]`")?;
        }
    }
    checker.end()?;
    Ok(records)
}

fn next(records: &[Record]) -> u64 {
    u64::try_from(records.len()).unwrap_or(u64::MAX).saturating_add(1)
}

// === impl Fault ===

impl Fault {
    /// The same fault when the document stands at that offset of a larger one.
    fn moved(mut self, by: usize) -> Self {
        self.offset += by;
        self
    }

    /// As a fault of a record.
    pub fn to_record_fault(&self) -> RecordFault {
        RecordFault {
            field: String::new(),
            offset: u64::try_from(self.offset).ok(),
            found: self.found.clone(),
            expected: self.expected.clone(),
            needed_by: None,
            shows: None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, offset, found, expected } = self;
        write!(f, "{code} at byte {offset}: found {found}; expected {expected}")
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests;
