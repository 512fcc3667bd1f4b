//! Headers and trailers: control numbers and counts must match, nothing may
//! stand outside, no number may come twice.

use std::collections::HashSet;

use crate::{
    document::{Document, Segment, narrow},
    fault::{Code, Fault},
    findings::Findings,
    interchange::{Address, Group, Interchange, Message, charset},
    marks::{Charset, Dialect},
};

/// The tags of one standard's envelopes, in the order of their nesting, and where
/// the headers tell their control number.
struct Tags {
    close: &'static [u8],
    group: (&'static [u8], u16),
    group_close: &'static [u8],
    message: (&'static [u8], u16),
    message_close: &'static [u8],
}

const X12: Tags = Tags {
    close: b"IEA",
    group: (b"GS", 6),
    group_close: b"GE",
    message: (b"ST", 2),
    message_close: b"SE",
};
const EDIFACT: Tags = Tags {
    close: b"UNZ",
    group: (b"UNG", 5),
    group_close: b"UNE",
    message: (b"UNH", 1),
    message_close: b"UNT",
};

/// Versions of `ISA12` that are read.
const X12_VERSIONS: [&str; 16] = [
    "00200", "00300", "00302", "00303", "00304", "00305", "00306", "00307", "00400", "00401",
    "00402", "00403", "00404", "00405", "00406", "00501",
];
/// From `00500` on every version there was.
const X12_LATER: [&str; 14] = [
    "00500", "00502", "00503", "00504", "00505", "00600", "00601", "00602", "00603", "00604",
    "00605", "00700", "00705", "00801",
];

/// Reads the envelopes of a document that was cut; `room`: faults that it may have.
pub(crate) fn walk((document, cut): (Document<'_>, Option<Fault>), room: usize) -> Interchange<'_> {
    let tags = match document.dialect {
        Dialect::X12 => &X12,
        Dialect::Edifact => &EDIFACT,
    };
    let is_cut = cut.is_some();
    let mut faults = Findings::new(room);
    if let Some(fault) = cut {
        faults.push(fault);
    }
    let mut walk = Walk {
        it: header(document, faults),
        tags,
        group: false,
        message: false,
        closed: false,
        seen: HashSet::new(),
        groups_seen: HashSet::new(),
    };
    let segments = walk.it.document.segments.clone();
    for (index, segment) in segments.iter().enumerate().skip(1) {
        if walk.it.faults.is_full() {
            break;
        }
        walk.segment(index, segment);
    }
    walk.finish(is_cut);
    walk.it
}

struct Walk<'a> {
    it: Interchange<'a>,
    tags: &'static Tags,
    /// A group is open: the last one.
    group: bool,
    /// A message is open: the last one.
    message: bool,
    closed: bool,
    /// Control numbers of messages: in X12 of the group, else of the interchange.
    seen: HashSet<String>,
    /// Control numbers of groups.
    groups_seen: HashSet<String>,
}

// === the header ===

fn header(mut document: Document<'_>, mut findings: Findings) -> Interchange<'_> {
    let mut faults = Vec::new();
    let first = document.segments.first().copied();
    let word = |element, component| {
        first.map_or(String::new(), |it| document.word(&it, element, component))
    };
    let (sender, receiver, control, date, time, version, test);
    match document.dialect {
        Dialect::X12 => {
            sender = Address { qualifier: word(5, 1), id: word(6, 1) };
            receiver = Address { qualifier: word(7, 1), id: word(8, 1) };
            (date, time, version, control) = (word(9, 1), word(10, 1), word(12, 1), word(13, 1));
            test = word(15, 1) == "T";
            if !X12_VERSIONS.iter().chain(&X12_LATER).any(|it| *it == version) {
                faults.push((12, Code::VersionUnknown, "a version of X12, such as 00401"));
            }
        }
        Dialect::Edifact => {
            sender = Address { id: word(2, 1), qualifier: word(2, 2) };
            receiver = Address { id: word(3, 1), qualifier: word(3, 2) };
            (date, time, control, version) = (word(4, 1), word(4, 2), word(5, 1), word(1, 2));
            test = word(11, 1) == "1";
            if !["1", "2", "3", "4"].contains(&version.as_str()) {
                faults.push((1, Code::VersionUnknown, "a syntax version from 1 to 4"));
            }
        }
    }
    let identifier = word(1, 1);
    let set = charset(document.dialect, &identifier);
    if set.is_none() {
        faults.push((1, Code::CharsetUnknown, "UNOA, UNOB, UNOC, UNOW or UNOY"));
    }
    if control.is_empty() {
        let element = if document.dialect == Dialect::X12 { 13 } else { 5 };
        faults.push((element, Code::ControlMismatch, "a control number"));
    }
    document.charset = set.unwrap_or(Charset::Ascii);
    let fault = |(element, code, expected): (u16, Code, &str)| {
        let segment = first?;
        let piece = document.piece(&segment, element, 1, 1);
        let offset = piece.map_or(segment.offset, |it| it.start);
        let raw = piece.map(|it| document.raw(it)).unwrap_or_default();
        let mut fault = Fault::new(code, offset, expected).found(raw);
        (fault.segment, fault.element, fault.tag) = (1, element, document.tag_text(&segment));
        Some(fault)
    };
    for fault in faults.into_iter().filter_map(fault) {
        findings.push(fault);
    }
    let (groups, messages) = (Vec::new(), Vec::new());
    Interchange {
        document,
        sender,
        receiver,
        control,
        date,
        time,
        version,
        test,
        groups,
        messages,
        faults: findings,
    }
}

// === impl Walk ===

impl Walk<'_> {
    fn segment(&mut self, index: usize, segment: &Segment) {
        let tag = self.it.document.tag(segment);
        let tags = self.tags;
        if tag == tags.group.0 {
            self.open_group(index, segment);
        } else if tag == tags.message.0 {
            self.open_message(index, segment);
        } else if tag == tags.message_close {
            self.close_message(index, segment);
        } else if tag == tags.group_close {
            self.close_group(index, segment);
        } else if tag == tags.close {
            self.close(index, segment);
        } else if self.message {
            if let Some(message) = self.it.messages.last_mut() {
                message.segments.end = index + 1;
            }
        } else if tag != b"TA1" {
            self.out_of_place(index, segment);
        }
    }

    fn finish(&mut self, is_cut: bool) {
        let end = self.it.document.end;
        self.end_group(end);
        if !is_cut && !self.closed {
            let expected = format!("{} at the end", String::from_utf8_lossy(self.tags.close));
            self.it.faults.push(Fault::new(Code::TrailerMissing, end, expected));
        }
        let document = &self.it.document;
        for message in &mut self.it.messages {
            let last = message.segments.end.checked_sub(1).and_then(|it| document.segments.get(it));
            message.length = last.map_or(0, |it| it.next.saturating_sub(message.offset));
        }
    }

    // --- groups ---

    fn open_group(&mut self, index: usize, segment: &Segment) {
        self.end_group(segment.offset);
        let document = &self.it.document;
        let word = |element, component| document.word(segment, element, component);
        let (release, test_control) = match document.dialect {
            Dialect::X12 => (word(8, 1), word(6, 1)),
            Dialect::Edifact => (String::new(), word(5, 1)),
        };
        let group = Group {
            number: narrow(self.it.groups.len()) + 1,
            header: index,
            code: word(1, 1),
            sender: word(2, 1),
            receiver: word(3, 1),
            control: test_control,
            release,
            messages: self.it.messages.len()..self.it.messages.len(),
            stated: None,
        };
        let twice = !self.groups_seen.insert(plain(&group.control).to_owned());
        let number = group.number;
        let x12 = document.dialect == Dialect::X12;
        let unknown = x12 && !is_release(&group.release);
        let stray = !x12 && self.it.groups.is_empty() && !self.it.messages.is_empty();
        self.it.groups.push(group);
        self.group = true;
        if x12 {
            self.seen.clear();
        }
        if twice {
            let at = (index, self.tags.group.1);
            self.fault(
                Code::GroupDuplicateControl,
                at,
                segment,
                "a number no other group has",
                number,
            );
        }
        if unknown {
            let expected = "a release of X12 such as 004010";
            self.fault(Code::ReleaseUnknown, (index, 8), segment, expected, number);
        }
        if stray {
            self.out_of_place(index, segment);
        }
    }

    fn end_group(&mut self, offset: u32) {
        self.end_message(offset);
        if std::mem::take(&mut self.group) {
            let number = narrow(self.it.groups.len());
            let expected = String::from_utf8_lossy(self.tags.group_close).into_owned();
            let mut fault = Fault::new(Code::GroupTrailerMissing, offset, expected);
            fault.group = number;
            self.it.faults.push(fault);
        }
    }

    fn close_group(&mut self, index: usize, segment: &Segment) {
        self.end_message(segment.offset);
        if !std::mem::take(&mut self.group) {
            return self.out_of_place(index, segment);
        }
        let stated = self.it.document.word(segment, 1, 1).parse().ok();
        let number = narrow(self.it.groups.len());
        let Some(group) = self.it.groups.last_mut() else { return };
        group.messages.end = self.it.messages.len();
        group.stated = stated;
        let (count, control) = (narrow(group.messages.len()), group.control.clone());
        if stated != Some(count) {
            let expected = format!("{count}, the messages of the group");
            self.fault(Code::GroupCountMismatch, (index, 1), segment, &expected, number);
        }
        if !same(&self.it.document.word(segment, 2, 1), &control) {
            let expected = format!("{control}, as the group's header says");
            self.fault(Code::GroupControlMismatch, (index, 2), segment, &expected, number);
        }
    }

    // --- messages ---

    fn open_message(&mut self, index: usize, segment: &Segment) {
        self.end_message(segment.offset);
        let document = &self.it.document;
        let x12 = document.dialect == Dialect::X12;
        let group = if self.group { self.it.groups.last() } else { None };
        let word = |element, component| document.word(segment, element, component);
        let (kind, control, release) = if x12 {
            (word(1, 1), word(2, 1), group.map(|it| it.release.clone()).unwrap_or_default())
        } else {
            (word(2, 1), word(1, 1), format!("{}.{}", word(2, 2), word(2, 3)))
        };
        let message = Message {
            number: narrow(self.it.messages.len()) + 1,
            group: group.map_or(0, |it| it.number),
            kind,
            control,
            release,
            segments: index..index + 1,
            offset: segment.offset,
            length: 0,
        };
        // In X12 a number is unique in its group, in EDIFACT in the interchange.
        let twice = !self.seen.insert(plain(&message.control).to_owned());
        let stray =
            if x12 { message.group == 0 } else { message.group == 0 && !self.it.groups.is_empty() };
        self.it.messages.push(message);
        if let Some(group) = self.it.groups.last_mut().filter(|_| self.group) {
            group.messages.end = self.it.messages.len();
        }
        self.message = true;
        if stray {
            self.out_of_place(index, segment);
        }
        if twice {
            let at = (index, self.tags.message.1);
            let expected = "a number no other message has";
            self.fault(Code::MessageDuplicateControl, at, segment, expected, 0);
        }
    }

    fn end_message(&mut self, offset: u32) {
        if std::mem::take(&mut self.message) {
            let expected = String::from_utf8_lossy(self.tags.message_close).into_owned();
            let mut fault = Fault::new(Code::MessageTrailerMissing, offset, expected);
            fault.message = narrow(self.it.messages.len());
            self.it.faults.push(fault);
        }
    }

    fn close_message(&mut self, index: usize, segment: &Segment) {
        if !std::mem::take(&mut self.message) {
            return self.out_of_place(index, segment);
        }
        let Some(message) = self.it.messages.last_mut() else { return };
        message.segments.end = index + 1;
        let (count, control) = (message.segments.len(), message.control.clone());
        if self.it.document.word(segment, 1, 1).parse() != Ok(count) {
            let expected = format!("{count}, the segments of the message");
            self.fault(Code::MessageCountMismatch, (index, 1), segment, &expected, 0);
        }
        if !same(&self.it.document.word(segment, 2, 1), &control) {
            let expected = format!("{control}, as the message's header says");
            self.fault(Code::MessageControlMismatch, (index, 2), segment, &expected, 0);
        }
    }

    // --- the end ---

    fn close(&mut self, index: usize, segment: &Segment) {
        self.end_group(segment.offset);
        self.closed = true;
        let grouped = !self.it.groups.is_empty() || self.it.document.dialect == Dialect::X12;
        let count = if grouped { self.it.groups.len() } else { self.it.messages.len() };
        if self.it.document.word(segment, 1, 1).parse() != Ok(count) {
            let what = if grouped { "groups" } else { "messages" };
            let expected = format!("{count}, the {what} of the interchange");
            self.fault(Code::CountMismatch, (index, 1), segment, &expected, 0);
        }
        let control = self.it.control.clone();
        if !same(&self.it.document.word(segment, 2, 1), &control) {
            let expected = format!("{control}, as the header says");
            self.fault(Code::ControlMismatch, (index, 2), segment, &expected, 0);
        }
    }

    fn out_of_place(&mut self, index: usize, segment: &Segment) {
        let expected = "a segment that may stand here: it is in no message";
        self.fault(Code::OutOfPlace, (index, 0), segment, expected, 0);
    }

    /// A fault of an element of an envelope's segment.
    fn fault(
        &mut self,
        code: Code,
        (index, element): (usize, u16),
        segment: &Segment,
        expected: &str,
        group: u32,
    ) {
        let document = &self.it.document;
        let piece = document.piece(segment, element, 1, 1);
        let offset = piece.map_or(segment.offset, |it| it.start);
        let raw = piece.map_or_else(|| document.tag(segment), |it| document.raw(it));
        let mut fault = Fault::new(code, offset, expected).found(raw);
        fault.tag = document.tag_text(segment);
        fault.element = element;
        fault.group = group;
        if code.level() == crate::fault::Level::Message {
            fault.message = narrow(self.it.messages.len());
        }
        let before =
            self.it.messages.last().filter(|_| fault.message > 0).map_or(0, |it| it.segments.start);
        fault.segment = narrow(index - before.min(index)) + 1;
        self.it.faults.push(fault);
    }
}

/// Numbers may be written with and without leading zeros.
fn same(a: &str, b: &str) -> bool {
    plain(a) == plain(b)
}

fn plain(text: &str) -> &str {
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let short = text.trim_start_matches('0');
    if digits && !short.is_empty() { short } else { text }
}

/// `004010`, or with an industry's suffix (`004010VICS`).
fn is_release(text: &str) -> bool {
    let known = |it: &&str| text.starts_with(*it);
    X12_VERSIONS.iter().chain(&X12_LATER).any(known)
        && text.get(5..6).is_some_and(|it| it.bytes().all(|b| b.is_ascii_digit()))
}
