//! One interchange cut into segments, elements and components, each with its
//! bytes. The scanner only cuts: what the pieces mean is for others to say.

use std::borrow::Cow;

use crate::{
    fault::{Code, Fault},
    marks::{Charset, Dialect, Marks},
    write::Draft,
};

/// Bytes of one input.
pub const INPUT_BYTES_MAX: usize = 256 << 20;
/// Bytes of one segment with its terminator.
pub const SEGMENT_BYTES_MAX: usize = 64 << 10;

/// One interchange, cut. Offsets are those of the whole input.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    pub bytes: &'a [u8],
    pub dialect: Dialect,
    pub marks: Marks,
    pub charset: Charset,
    /// Where it begins, with its `UNA` if it has one.
    pub start: u32,
    /// Where it ends, line breaks behind the last segment included.
    pub end: u32,
    /// It begins with a service string advice.
    pub has_una: bool,
    pub segments: Vec<Segment>,
    pieces: Vec<Piece>,
}

/// One segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where its tag begins.
    pub offset: u32,
    tag_end: u32,
    /// Where its terminator stands.
    pub end: u32,
    /// Where the next segment begins: behind the terminator and line breaks.
    pub next: u32,
    pieces: (u32, u32),
}

/// One component of one value of one element; numbers from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    pub start: u32,
    pub end: u32,
    pub element: u16,
    pub repetition: u16,
    pub component: u16,
}

// === impl Document ===

impl<'a> Document<'a> {
    /// Cuts the interchange that begins at `start`; its first segment begins at
    /// `first`. Ends behind the segment with the tag `last`.
    ///
    /// The fault is that of a segment that never ends or is too long; what was
    /// cut before it is there.
    pub(crate) fn cut(
        bytes: &'a [u8],
        (start, first): (usize, usize),
        (dialect, marks): (Dialect, Marks),
        last: &[u8],
    ) -> (Self, Option<Fault>) {
        let mut document = Self {
            bytes,
            dialect,
            marks,
            charset: Charset::Ascii,
            start: narrow(start),
            end: narrow(first),
            has_una: start != first,
            segments: Vec::new(),
            pieces: Vec::new(),
        };
        let mut at = first;
        while at < bytes.len() {
            let segment = match document.segment(at) {
                Ok(segment) => segment,
                Err(fault) => return (document, Some(*fault)),
            };
            at = usize_of(segment.next);
            document.segments.push(segment);
            document.end = segment.next;
            if document.tag(&segment) == last {
                break;
            }
        }
        (document, None)
    }

    fn segment(&mut self, start: usize) -> Result<Segment, Box<Fault>> {
        let Marks { element, component, repetition, release, segment, .. } = self.marks;
        let bytes = self.bytes;
        let window =
            bytes.get(start..bytes.len().min(start + SEGMENT_BYTES_MAX)).unwrap_or_default();
        let is_isa = self.dialect == Dialect::X12 && window.starts_with(b"ISA");
        let first_piece = narrow(self.pieces.len());
        let mut tag_end = None;
        let mut piece = Piece { start: 0, end: 0, element: 0, repetition: 1, component: 1 };
        let mut end = None;
        let mut skip = false;
        for (index, byte) in window.iter().enumerate() {
            if std::mem::take(&mut skip) {
                continue;
            }
            let at = narrow(start + index);
            if Some(*byte) == release {
                skip = true;
                continue;
            }
            let is_component = *byte == component && !is_isa;
            let is_repetition = Some(*byte) == repetition && !is_isa;
            let is_end = *byte == segment;
            if !(*byte == element || is_component || is_repetition || is_end) {
                continue;
            }
            if tag_end.is_none() {
                if is_component || is_repetition {
                    // Explicit nesting (`SEG:1`) is part of the tag.
                    continue;
                }
                tag_end = Some(at);
            } else {
                self.pieces.push(Piece { end: at, ..piece });
            }
            piece.start = at + 1;
            if is_end {
                end = Some(at);
                break;
            }
            if *byte == element {
                piece.element = piece.element.saturating_add(1);
                (piece.repetition, piece.component) = (1, 1);
            } else if is_repetition {
                piece.repetition = piece.repetition.saturating_add(1);
                piece.component = 1;
            } else {
                piece.component = piece.component.saturating_add(1);
            }
        }
        let Some(end) = end else { return Err(Box::new(self.unending(start, window.len()))) };
        let mut next = usize_of(end) + 1;
        while matches!(bytes.get(next), Some(b'\r' | b'\n')) {
            next += 1;
        }
        let pieces = (first_piece, narrow(self.pieces.len()));
        let tag_end = tag_end.unwrap_or(end);
        Ok(Segment { offset: narrow(start), tag_end, end, next: narrow(next), pieces })
    }

    fn unending(&self, start: usize, window: usize) -> Fault {
        let mark = char::from(self.marks.segment).escape_debug().to_string();
        let rest = self.bytes.get(start..).unwrap_or_default();
        let (code, expected) = if window == SEGMENT_BYTES_MAX {
            (Code::SegmentTooLong, format!("a segment of at most {SEGMENT_BYTES_MAX} bytes"))
        } else {
            (Code::Truncated, format!("the end of this segment, `{mark}`"))
        };
        Fault::new(code, narrow(start), expected).found(rest)
    }

    /// The tag of a segment.
    pub fn tag(&self, segment: &Segment) -> &'a [u8] {
        self.slice(segment.offset, segment.tag_end)
    }

    /// The tag as text; what is not ASCII is shown as it would be in a fault.
    pub fn tag_text(&self, segment: &Segment) -> String {
        crate::fault::shown(self.tag(segment))
    }

    /// All pieces of a segment.
    pub fn pieces(&self, segment: &Segment) -> &[Piece] {
        let (from, to) = segment.pieces;
        self.pieces.get(usize_of(from)..usize_of(to)).unwrap_or_default()
    }

    /// The piece at these numbers, from 1.
    pub fn piece(
        &self,
        segment: &Segment,
        element: u16,
        repetition: u16,
        component: u16,
    ) -> Option<Piece> {
        let wanted = (element, repetition, component);
        let found = self.pieces(segment).iter();
        found.copied().find(|it| (it.element, it.repetition, it.component) == wanted)
    }

    /// The bytes of a piece as they stand.
    pub fn raw(&self, piece: Piece) -> &'a [u8] {
        self.slice(piece.start, piece.end)
    }

    /// The bytes that a piece means: without release characters.
    pub fn value(&self, piece: Piece) -> Cow<'a, [u8]> {
        let raw = self.raw(piece);
        match self.marks.release {
            Some(release) if raw.contains(&release) => Cow::Owned(released(raw, release)),
            _ => Cow::Borrowed(raw),
        }
    }

    /// What an element's first component says, as bytes; empty if it is not there.
    pub fn first(&self, segment: &Segment, element: u16) -> Cow<'a, [u8]> {
        self.component(segment, element, 1)
    }

    /// What a component of an element says, as bytes; empty if it is not there.
    pub fn component(&self, segment: &Segment, element: u16, component: u16) -> Cow<'a, [u8]> {
        self.piece(segment, element, 1, component).map_or(Cow::Borrowed(&[]), |it| self.value(it))
    }

    /// A component as text, for comparing and showing.
    pub fn word(&self, segment: &Segment, element: u16, component: u16) -> String {
        String::from_utf8_lossy(&self.component(segment, element, component)).trim().to_owned()
    }

    /// The segment as it would be written.
    pub fn draft(&self, segment: &Segment) -> Draft {
        let mut draft = Draft::new(self.tag(segment));
        for piece in self.pieces(segment) {
            draft.push(
                (piece.element, piece.repetition, piece.component),
                self.value(*piece).into_owned(),
            );
        }
        draft.after = self.slice(segment.end + 1, segment.next).to_vec();
        draft
    }

    fn slice(&self, from: u32, to: u32) -> &'a [u8] {
        self.bytes.get(usize_of(from)..usize_of(to)).unwrap_or_default()
    }
}

fn released(raw: &[u8], release: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter();
    while let Some(byte) = bytes.next() {
        let kept = if *byte == release { bytes.next() } else { Some(byte) };
        out.extend(kept);
    }
    out
}

/// Offsets fit 32 bits, since inputs are bounded.
pub(crate) fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

pub(crate) fn usize_of(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
