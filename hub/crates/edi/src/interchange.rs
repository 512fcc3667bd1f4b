//! Bytes to interchanges: who sent what to whom, in which groups and messages,
//! and what is wrong with the envelopes around them.

use std::ops::Range;

use crate::{
    document::{Document, INPUT_BYTES_MAX, Segment, narrow},
    envelope,
    fault::{Code, Fault},
    findings::{FAULTS_MAX, Findings},
    marks::{Charset, Dialect, Marks},
    write::{Draft, Style, Unwritable},
};

/// One interchange: `ISA` to `IEA`, `UNB` to `UNZ`.
#[derive(Clone, Debug)]
pub struct Interchange<'a> {
    pub document: Document<'a>,
    pub sender: Address,
    pub receiver: Address,
    /// Control number or reference.
    pub control: String,
    /// As they stand: `YYMMDD` (EDIFACT version 4: `YYYYMMDD`), `HHMM`.
    pub date: String,
    pub time: String,
    /// `00401`, or the syntax version of EDIFACT, such as `3`.
    pub version: String,
    pub test: bool,
    pub groups: Vec<Group>,
    pub messages: Vec<Message>,
    /// Faults of the envelopes: of the interchange, of groups, of messages. At most
    /// [`FAULTS_MAX`] in all interchanges of an input, and one that says so.
    pub faults: Findings,
}

/// Who an interchange is from or for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub id: String,
    pub qualifier: String,
}

/// One functional group: `GS` to `GE`, `UNG` to `UNE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// From 1.
    pub number: u32,
    /// Its header, by index of [`Document::segments`].
    pub header: usize,
    /// `PO`, `IN`; in EDIFACT the kind of its messages.
    pub code: String,
    pub sender: String,
    pub receiver: String,
    pub control: String,
    /// `004010`; empty in EDIFACT.
    pub release: String,
    /// By index of [`Interchange::messages`].
    pub messages: Range<usize>,
    /// Messages that its trailer states.
    pub stated: Option<u32>,
}

/// One message: `ST` to `SE`, `UNH` to `UNT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// In the interchange, from 1.
    pub number: u32,
    /// Its group, from 1; 0: none.
    pub group: u32,
    /// `850`, `ORDERS`.
    pub kind: String,
    pub control: String,
    /// `004010`, `D.96A`.
    pub release: String,
    /// By index of [`Document::segments`], header and trailer included.
    pub segments: Range<usize>,
    /// In the input.
    pub offset: u32,
    pub length: u32,
}

/// Interchanges in one input.
const INTERCHANGES_MAX: usize = 10_000;

/// Reads every interchange of an input.
///
/// # Errors
/// When one does not even begin as one: what follows cannot be cut.
pub fn read(bytes: &[u8]) -> Result<Vec<Interchange<'_>>, Box<Fault>> {
    if bytes.len() > INPUT_BYTES_MAX {
        let expected = format!("at most {INPUT_BYTES_MAX} bytes");
        return Err(Box::new(Fault::new(Code::TooLarge, 0, expected)));
    }
    let mut found = Vec::new();
    let (mut at, mut room) = (0, FAULTS_MAX);
    while at < bytes.len() || found.is_empty() {
        if found.len() == INTERCHANGES_MAX {
            let expected = format!("at most {INTERCHANGES_MAX} interchanges");
            return Err(Box::new(Fault::new(Code::TooLarge, narrow(at), expected)));
        }
        let interchange = one(bytes, at, room)?;
        at = crate::document::usize_of(interchange.document.end);
        room = interchange.faults.room();
        let broken = interchange.is_cut() || interchange.faults.is_full();
        found.push(interchange);
        if broken {
            break;
        }
    }
    Ok(found)
}

fn one(bytes: &[u8], start: usize, room: usize) -> Result<Interchange<'_>, Box<Fault>> {
    let rest = bytes.get(start..).unwrap_or_default();
    if rest.starts_with(b"ISA") {
        let marks = isa(rest).map_err(|it| moved(it, start))?;
        let cut = Document::cut(bytes, (start, start), (Dialect::X12, marks), b"IEA");
        return Ok(envelope::walk(cut, room));
    }
    let (marks, skip) = if rest.starts_with(b"UNA") {
        una(rest).map_err(|it| moved(it, start))?
    } else {
        (Marks::EDIFACT, 0)
    };
    if !rest.get(skip..).is_some_and(|it| it.starts_with(b"UNB")) {
        let expected = if skip > 0 { "UNB behind UNA" } else { "ISA, UNA or UNB" };
        let found = rest.get(skip..).unwrap_or_default();
        return Err(Box::new(
            Fault::new(Code::NotEdi, narrow(start + skip), expected).found(found),
        ));
    }
    let version = syntax_version(rest.get(skip..).unwrap_or_default(), &marks);
    let marks = Marks {
        repetition: (version == Some(b'4')).then(|| marks.repetition.unwrap_or(b'*')),
        ..marks
    };
    if !marks.are_sound() {
        let fault =
            Fault::new(Code::MarksUnsound, narrow(start), "marks that differ and are no letters");
        return Err(Box::new(fault.found(rest.get(..9).unwrap_or_default())));
    }
    let cut = Document::cut(bytes, (start, start + skip), (Dialect::Edifact, marks), b"UNZ");
    Ok(envelope::walk(cut, room))
}

/// The element marks of an `ISA`: it has 105 bytes and its terminator.
const ISA_MARKS: [usize; 16] = [3, 6, 17, 20, 31, 34, 50, 53, 69, 76, 81, 83, 89, 99, 101, 103];

fn isa(bytes: &[u8]) -> Result<Marks, Box<Fault>> {
    let at = |index: usize| bytes.get(index).copied();
    let element = at(3).unwrap_or_default();
    let off = ISA_MARKS.iter().find(|it| at(**it) != Some(element));
    let (Some(component), Some(segment), None) = (at(104), at(105), off) else {
        let place = off.copied().unwrap_or(bytes.len().min(105));
        let expected = "ISA with elements of fixed length: 105 bytes and the terminator";
        let mut fault = Fault::new(Code::HeaderLength, narrow(place), expected);
        fault.tag = "ISA".to_owned();
        return Err(Box::new(fault.found(bytes.get(..106.min(bytes.len())).unwrap_or_default())));
    };
    let version = bytes.get(84..89).unwrap_or_default();
    let repetition =
        at(82).filter(|it| version >= b"00402".as_slice() && !it.is_ascii_alphanumeric());
    let repetition = repetition.filter(|it| *it != b' ');
    let marks = Marks {
        element,
        component,
        repetition,
        segment,
        release: None,
        decimal: b'.',
        reserved: b' ',
    };
    if !marks.are_sound() {
        let fault = Fault::new(Code::MarksUnsound, 3, "marks that differ and are no letters");
        return Err(Box::new(fault.found(bytes.get(..106).unwrap_or_default())));
    }
    Ok(marks)
}

/// The marks of a service string advice, and the bytes up to `UNB`.
fn una(bytes: &[u8]) -> Result<(Marks, usize), Box<Fault>> {
    let Some([component, element, decimal, release, repetition, segment]) = bytes.get(3..9) else {
        return Err(Box::new(Fault::new(Code::Truncated, 0, "nine bytes of UNA").found(bytes)));
    };
    let given = |it: u8| Some(it).filter(|it| *it != b' ');
    let marks = Marks {
        element: *element,
        component: *component,
        repetition: given(*repetition),
        release: given(*release),
        segment: *segment,
        decimal: *decimal,
        reserved: *repetition,
    };
    let breaks = bytes.iter().skip(9).take_while(|it| matches!(it, b'\r' | b'\n')).count();
    Ok((marks, 9 + breaks))
}

/// The second component of `UNB+UNOC:3`.
fn syntax_version(unb: &[u8], marks: &Marks) -> Option<u8> {
    let at = unb.iter().take(16).position(|it| *it == marks.component)?;
    unb.get(at + 1).copied()
}

fn moved(mut fault: Box<Fault>, start: usize) -> Box<Fault> {
    fault.offset += u64::from(narrow(start));
    fault
}

// === impl Interchange ===

impl Interchange<'_> {
    /// The fault for which nothing in it can be trusted, if there is one.
    pub fn broken(&self) -> Option<&Fault> {
        self.faults.broken()
    }

    /// It ends within a segment: what is behind it cannot be cut.
    fn is_cut(&self) -> bool {
        let cut = |it: &Fault| matches!(it.code, Code::Truncated | Code::SegmentTooLong);
        self.faults.iter().any(cut)
    }

    /// The faults of the envelopes that lie on a message: its own and its group's.
    pub fn faults_on(&self, message: &Message) -> impl Iterator<Item = &Fault> {
        self.faults.on_group(message.group).chain(self.faults.on_message(message.number))
    }

    /// The segments of a message, header and trailer included.
    pub fn segments(&self, message: &Message) -> &[Segment] {
        self.document.segments.get(message.segments.clone()).unwrap_or_default()
    }

    /// The first segment: `ISA` or `UNB`.
    pub fn header(&self) -> Option<&Segment> {
        self.document.segments.first()
    }

    /// The header of a group.
    pub fn group_header(&self, group: &Group) -> Option<&Segment> {
        self.document.segments.get(group.header)
    }

    /// All segments, as they would be written.
    pub fn drafts(&self) -> Vec<Draft> {
        self.document.segments.iter().map(|it| self.document.draft(it)).collect()
    }

    /// Writes it again: the same bytes, but for release characters that nothing
    /// needed ([`Code::NeedlessRelease`]).
    ///
    /// # Errors
    /// Never for what was read.
    pub fn rewrite(&self) -> Result<Vec<u8>, Unwritable> {
        let document = &self.document;
        let first = document.segments.first().map_or(document.start, |it| it.offset);
        let behind_una = crate::document::usize_of(document.start) + 9;
        let breaks = document.bytes.get(behind_una..crate::document::usize_of(first));
        let breaks = breaks.filter(|_| document.has_una).unwrap_or_default();
        Style::of(document).write(&self.drafts(), breaks)
    }
}

/// The set that a syntax identifier names; for X12 the ASCII.
pub(crate) fn charset(dialect: Dialect, identifier: &str) -> Option<Charset> {
    match dialect {
        Dialect::X12 => Some(Charset::Ascii),
        Dialect::Edifact => Charset::of_edifact(identifier),
    }
}

#[cfg(test)]
mod tests;
