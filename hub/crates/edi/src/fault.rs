//! What can be wrong with an interchange: each fault with its place, and how
//! acknowledgements call it.

use std::fmt;

/// Characters of a found text that a fault shows.
const FOUND_CHARS_MAX: usize = 40;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: Code,
    /// It is told, but the message is taken all the same.
    pub note: bool,
    /// Number of the functional group in the interchange, from 1; 0: none.
    pub group: u32,
    /// Number of the message in the interchange, from 1; 0: none.
    pub message: u32,
    /// Number of the segment: in its message from 1 (`ST`, `UNH`), else in the
    /// interchange from 1.
    pub segment: u32,
    /// Tag of the segment.
    pub tag: String,
    /// The loop or segment group that it stands in; empty: none.
    pub within: String,
    /// Byte offset in the input.
    pub offset: u64,
    /// Number of the element in the segment, from 1; 0: the segment itself.
    pub element: u16,
    /// Number of the value, if the element repeats, from 1; else 0.
    pub repetition: u16,
    /// Number of the component in the element, from 1; 0: the element itself.
    pub component: u16,
    /// Number of the data element in the standard's dictionary; may be empty.
    pub reference: String,
    /// What stands there, escaped and shortened.
    pub found: String,
    pub expected: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    // The interchange as a whole: nothing in it can be trusted.
    NotEdi,
    Truncated,
    HeaderLength,
    MarksUnsound,
    TooLarge,
    SegmentTooLong,
    CharsetUnknown,
    VersionUnknown,
    ControlMismatch,
    CountMismatch,
    TrailerMissing,
    OutOfPlace,
    DuplicateControl,
    // A functional group.
    GroupControlMismatch,
    GroupCountMismatch,
    GroupTrailerMissing,
    GroupDuplicateControl,
    ReleaseUnknown,
    // A message.
    MessageUnsupported,
    MessageControlMismatch,
    MessageCountMismatch,
    MessageTrailerMissing,
    MessageDuplicateControl,
    // A segment.
    SegmentUnknown,
    SegmentUnexpected,
    SegmentMissing,
    SegmentTooOften,
    LoopTooOften,
    HierarchyBroken,
    // An element or component.
    ElementMissing,
    ElementCondition,
    ElementExclusion,
    ElementsTooMany,
    ComponentsTooMany,
    RepetitionsTooMany,
    TooShort,
    TooLong,
    BadCharacter,
    BadNumber,
    BadDate,
    BadTime,
    UnknownCode,
    NeedlessRelease,
}

/// What a fault is a fault of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Interchange,
    Group,
    Message,
    Segment,
    Element,
}

// === impl Fault ===

impl Fault {
    /// A fault at that offset, of nothing smaller than the interchange.
    pub fn new(code: Code, offset: u32, expected: impl Into<String>) -> Self {
        Self {
            code,
            note: false,
            group: 0,
            message: 0,
            segment: 0,
            tag: String::new(),
            within: String::new(),
            offset: u64::from(offset),
            element: 0,
            repetition: 0,
            component: 0,
            reference: String::new(),
            found: String::new(),
            expected: expected.into(),
        }
    }

    /// With what stands there, escaped and shortened.
    #[must_use]
    pub fn found(mut self, bytes: &[u8]) -> Self {
        self.found = shown(bytes);
        self
    }

    /// Its place in words: `PO1 in segment 7, element 2, component 1`.
    pub fn place(&self) -> String {
        let mut out = self.tag.clone();
        if self.element > 0 {
            out.push_str(&format!("{:02}", self.element));
        }
        if self.component > 0 {
            out.push_str(&format!("-{}", self.component));
        }
        if self.segment > 0 {
            out.push_str(&format!(" in segment {}", self.segment));
        }
        out
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, found, expected, .. } = self;
        write!(f, "{} at byte {offset}", self.code.name())?;
        let place = self.place();
        if !place.is_empty() {
            write!(f, " ({place})")?;
        }
        if !found.is_empty() {
            write!(f, ": found {found}")?;
        }
        write!(f, "; expected {expected}")
    }
}

impl std::error::Error for Fault {}

/// Bytes as a fault shows them.
pub fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out: String = text.chars().take(FOUND_CHARS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().count() > FOUND_CHARS_MAX {
        out.push('…');
    }
    out
}

// === impl Code ===

impl Code {
    /// What it is a fault of.
    pub fn level(self) -> Level {
        match self {
            Self::NotEdi
            | Self::Truncated
            | Self::HeaderLength
            | Self::MarksUnsound
            | Self::TooLarge
            | Self::SegmentTooLong
            | Self::CharsetUnknown
            | Self::VersionUnknown
            | Self::ControlMismatch
            | Self::CountMismatch
            | Self::TrailerMissing
            | Self::OutOfPlace
            | Self::DuplicateControl => Level::Interchange,
            Self::GroupControlMismatch
            | Self::GroupCountMismatch
            | Self::GroupTrailerMissing
            | Self::GroupDuplicateControl
            | Self::ReleaseUnknown => Level::Group,
            Self::MessageUnsupported
            | Self::MessageControlMismatch
            | Self::MessageCountMismatch
            | Self::MessageTrailerMissing
            | Self::MessageDuplicateControl => Level::Message,
            Self::SegmentUnknown
            | Self::SegmentUnexpected
            | Self::SegmentMissing
            | Self::SegmentTooOften
            | Self::LoopTooOften
            | Self::HierarchyBroken => Level::Segment,
            Self::ElementMissing
            | Self::ElementCondition
            | Self::ElementExclusion
            | Self::ElementsTooMany
            | Self::ComponentsTooMany
            | Self::RepetitionsTooMany
            | Self::TooShort
            | Self::TooLong
            | Self::BadCharacter
            | Self::BadNumber
            | Self::BadDate
            | Self::BadTime
            | Self::UnknownCode
            | Self::NeedlessRelease => Level::Element,
        }
    }

    /// A stable word.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// How a 997 or 999 calls it: in AK5 and AK9 for messages and groups, AK304
    /// for segments, AK403 for elements (X12 lists 716, 718, 720, 723).
    pub fn x12(self) -> &'static str {
        self.row().1
    }

    /// How a CONTRL calls it (UN/EDIFACT list 0085).
    pub fn edifact(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::NotEdi => ("not-edi", "", "18"),
            Self::Truncated => ("truncated", "", "13"),
            Self::HeaderLength => ("header-length", "", "12"),
            Self::MarksUnsound => ("marks-unsound", "", "22"),
            Self::TooLarge => ("too-large", "", "18"),
            Self::SegmentTooLong => ("segment-too-long", "", "39"),
            Self::CharsetUnknown => ("charset-unknown", "", "2"),
            Self::VersionUnknown => ("version-unknown", "", "2"),
            Self::ControlMismatch => ("control-mismatch", "", "28"),
            Self::CountMismatch => ("count-mismatch", "", "29"),
            Self::TrailerMissing => ("trailer-missing", "", "13"),
            Self::OutOfPlace => ("out-of-place", "", "33"),
            Self::DuplicateControl => ("duplicate-control", "", "26"),
            Self::GroupControlMismatch => ("group-control-mismatch", "4", "28"),
            Self::GroupCountMismatch => ("group-count-mismatch", "5", "29"),
            Self::GroupTrailerMissing => ("group-trailer-missing", "3", "13"),
            Self::GroupDuplicateControl => ("group-duplicate-control", "6", "26"),
            Self::ReleaseUnknown => ("release-unknown", "2", "17"),
            Self::MessageUnsupported => ("message-unsupported", "1", "17"),
            Self::MessageControlMismatch => ("message-control-mismatch", "3", "28"),
            Self::MessageCountMismatch => ("message-count-mismatch", "4", "29"),
            Self::MessageTrailerMissing => ("message-trailer-missing", "2", "13"),
            Self::MessageDuplicateControl => ("message-duplicate-control", "7", "26"),
            Self::SegmentUnknown => ("segment-unknown", "1", "15"),
            Self::SegmentUnexpected => ("segment-unexpected", "2", "15"),
            Self::SegmentMissing => ("segment-missing", "3", "13"),
            Self::SegmentTooOften => ("segment-too-often", "5", "35"),
            Self::LoopTooOften => ("loop-too-often", "4", "36"),
            Self::HierarchyBroken => ("hierarchy-broken", "7", "12"),
            Self::ElementMissing => ("element-missing", "1", "13"),
            Self::ElementCondition => ("element-condition", "2", "13"),
            Self::ElementExclusion => ("element-exclusion", "10", "15"),
            Self::ElementsTooMany => ("elements-too-many", "3", "16"),
            Self::ComponentsTooMany => ("components-too-many", "3", "16"),
            Self::RepetitionsTooMany => ("repetitions-too-many", "3", "35"),
            Self::TooShort => ("too-short", "4", "40"),
            Self::TooLong => ("too-long", "5", "39"),
            Self::BadCharacter => ("bad-character", "6", "21"),
            Self::BadNumber => ("bad-number", "6", "37"),
            Self::BadDate => ("bad-date", "8", "12"),
            Self::BadTime => ("bad-time", "9", "12"),
            Self::UnknownCode => ("unknown-code", "7", "12"),
            Self::NeedlessRelease => ("needless-release", "6", "20"),
        }
    }
}
