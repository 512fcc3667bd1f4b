//! Layouts: files of rows described as data (YAML), read and written by it.
//!
//! A layout says the format (CSV, fixed width, XML, XLSX, EDI), the character set, the
//! columns with their types, the kinds of records with their roles, how records
//! group, and which counts and totals the trailer must have. What the layout
//! does not allow is a fault: of the record if only that is bad, of the whole
//! input if nothing in it can be trusted (cut, drifted, wrong totals).

mod lossless;
mod model;
mod parse;
mod plan;

pub mod arrives;

mod arena;
mod around;
mod assemble;
mod binary;
mod cell;
mod heading;
mod mistaken;
mod piece;
mod read_csv;
mod read_fixed;
mod scan;
mod stream;
mod tally;
mod text;
mod write;

mod edi;
mod form;
mod xlsx;
mod xml;

pub use edi::{Acknowledged, Reused};
pub use stream::{Checkpoint, Cutter, Piece, PieceLimits, Stream, Verified, Verifier};
pub use write::Written;
pub use xlsx::{ColumnSurvey, Seen, SheetSurvey, Suspicion, survey};
pub use xml::view::xml_to_json;

use std::{borrow::Cow, fmt};

use crate::{
    charset::{self, Profile, Writing},
    diagnostic::Diagnostic,
    rows::{Rows, Shape},
    yaml,
};
use arrives::Arrives;
use model::{Format, Header, Kind};
use piece::{Memory, Window};

/// Bytes of one input: cells are ranges of 32 bits over text that may be longer
/// than the input.
const INPUT_BYTES_MAX: usize = 1 << 30;
/// Bytes in which the line that names the columns is looked for.
const HEADING_BYTES_MAX: usize = 1 << 16;

/// A layout, checked and ready to read and write.
#[derive(Clone, Debug)]
pub struct Layout {
    id: String,
    version: u32,
    profile: Profile,
    writing: Writing,
    format: Format,
    kinds: Vec<Kind>,
    shape: Shape,
    lossless: bool,
    /// What is plainly in another character set is read by the layout's all the same.
    takes_mistaken: bool,
    arrives: Option<Arrives>,
}

/// An input that is refused as a whole: nothing in it can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutFault {
    /// Stable word, such as `truncated` or `trailer-mismatch`.
    pub code: &'static str,
    /// Byte offset in the input.
    pub offset: u64,
    /// What is wrong, without personal data.
    pub message: String,
    pub found: String,
    pub expected: String,
}

// === impl Layout ===

impl Layout {
    /// Reads a layout file. `file` is only for the faults.
    ///
    /// # Errors
    /// Every fault of the file, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        Self::parse_among(file, text, &|_| None)
    }

    /// The same among other files, which the layout may name by their paths.
    ///
    /// # Errors
    /// Every fault of the file, with its place.
    pub fn parse_among(
        file: &str,
        text: &str,
        files: charset::Files<'_>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let node = yaml::parse(file, text)?;
        parse::layout(file, &node, files)
    }

    /// The name that the layout gives itself.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn version(&self) -> u32 {
        self.version
    }

    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// What to do with characters that the set does not have.
    pub fn writing(&self) -> &Writing {
        &self.writing
    }

    /// What a record of it looks like.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether what is read is written again as the same bytes.
    pub fn is_lossless(&self) -> bool {
        self.lossless
    }

    /// What is expected of its files as they arrive, if it says so.
    pub fn arrives(&self) -> Option<&Arrives> {
        self.arrives.as_ref()
    }

    /// Whether some of its fields are personal. What is found where the layout does
    /// not say what it is, is masked then: it may be anything.
    pub fn is_personal(&self) -> bool {
        let columns = || self.kinds.iter().flat_map(|it| &it.columns);
        self.shape.is_personal() || columns().any(|it| it.field.personal)
    }

    /// The line of an input that names its columns, as it stands there; `None`
    /// for formats without one, and for bytes that are not of the layout's
    /// character set.
    pub fn heading(&self, bytes: &[u8]) -> Option<String> {
        if let Format::Xlsx(xlsx) = &self.format {
            return xlsx::heading(self, xlsx, bytes);
        }
        let Format::Csv(csv) = &self.format else { return None };
        if csv.header == Header::None {
            return None;
        }
        let start = bytes.get(..HEADING_BYTES_MAX).unwrap_or(bytes);
        let decoded = self.profile.decode_marking(start).ok()?;
        let line = read_csv::heading(csv, &decoded.text)?;
        Some(line.to_owned())
    }

    /// This layout, or for a workbook, which is only read, one that writes the
    /// same records as CSV and reads them again.
    pub fn written(&self) -> Cow<'_, Self> {
        match &self.format {
            Format::Xlsx(xlsx) => {
                Cow::Owned(Self { format: Format::Csv(xlsx.as_csv()), ..self.clone() })
            }
            Format::Csv(_)
            | Format::Fixed(_)
            | Format::Xml(_)
            | Format::Edi(_)
            | Format::Form(_) => Cow::Borrowed(self),
        }
    }

    /// Reads a whole input.
    ///
    /// # Errors
    /// When the input as a whole is refused. A bad record among good ones is
    /// in [`Rows::faults`] instead.
    pub fn read(&self, bytes: &[u8]) -> Result<Rows, LayoutFault> {
        if bytes.len() > INPUT_BYTES_MAX {
            let mut fault = LayoutFault::new("too-large", 0, "the input is too large");
            fault.found = format!("{} bytes", bytes.len());
            fault.expected = format!("at most {INPUT_BYTES_MAX} bytes");
            return Err(fault);
        }
        if self.refuses_utf8() {
            let mut evidence = mistaken::Evidence::default();
            evidence.push(bytes);
            if let Some(fault) = evidence.fault(self) {
                return Err(fault);
            }
        }
        let window = Window { bytes, base: 0, last: true, sealed: false, keep: true };
        piece::read(self, &window, &mut Memory::new(self))
    }
}

// === impl LayoutFault ===

impl LayoutFault {
    fn new(code: &'static str, offset: usize, message: impl Into<String>) -> Self {
        Self {
            code,
            offset: wide(offset),
            message: message.into(),
            found: String::new(),
            expected: String::new(),
        }
    }

    fn found(mut self, found: impl Into<String>) -> Self {
        self.found = found.into();
        self
    }

    fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// The input ends within a character.
    fn cut(fault: &charset::Fault) -> Self {
        Self::new("truncated", fault.offset, "the input ends within a character")
            .found(fault.found())
            .expected(format!("a whole character of {}", fault.charset))
    }
}

impl fmt::Display for LayoutFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, offset, message, found, expected } = self;
        write!(f, "{code} at byte {offset}: {message}")?;
        if !found.is_empty() {
            write!(f, "; found {found}")?;
        }
        if !expected.is_empty() {
            write!(f, "; expected {expected}")?;
        }
        Ok(())
    }
}

impl std::error::Error for LayoutFault {}

/// Lengths in memory fit 64 bits.
fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Ranges of cells fit 32 bits, since inputs are bounded.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
