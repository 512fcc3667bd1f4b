//! Segments to bytes: the inverse of cutting. A value that the marks would cut
//! is released (EDIFACT) or refused (X12), never changed.

use crate::{
    document::{Document, SEGMENT_BYTES_MAX},
    marks::{Dialect, Marks},
};
use std::fmt;

/// One segment to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    pub tag: Vec<u8>,
    /// Element, its values if it repeats, their components.
    pub elements: Vec<Vec<Vec<Vec<u8>>>>,
    /// Line breaks behind its terminator.
    pub after: Vec<u8>,
}

/// How an interchange is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    pub dialect: Dialect,
    pub marks: Marks,
    /// It begins with a service string advice (`UNA`).
    pub una: bool,
}

/// A segment that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable {
    pub tag: String,
    /// Number of the element, from 1; 0: the segment itself.
    pub element: u16,
    pub found: String,
    pub expected: String,
}

// === impl Draft ===

impl Draft {
    pub fn new(tag: &[u8]) -> Self {
        Self { tag: tag.to_vec(), ..Self::default() }
    }

    /// A segment of simple elements; those at the end that are empty are left out.
    pub fn of(tag: &str, elements: &[&str]) -> Self {
        let mut draft = Self::new(tag.as_bytes());
        for element in elements {
            draft.elements.push(vec![vec![element.as_bytes().to_vec()]]);
        }
        draft.trim();
        draft
    }

    /// Puts a value at these numbers, from 1; what is between is empty.
    pub fn push(&mut self, (element, repetition, component): (u16, u16, u16), value: Vec<u8>) {
        fn slot<T: Default>(list: &mut Vec<T>, number: u16) -> Option<&mut T> {
            let count = usize::from(number.max(1));
            if list.len() < count {
                list.resize_with(count, T::default);
            }
            list.get_mut(count - 1)
        }
        let place = slot(&mut self.elements, element)
            .and_then(|it| slot(it, repetition))
            .and_then(|it| slot(it, component));
        if let Some(place) = place {
            *place = value;
        }
    }

    /// Leaves out what is empty at the ends of elements and at the segment's end.
    pub fn trim(&mut self) {
        for element in &mut self.elements {
            for value in element.iter_mut() {
                while value.last().is_some_and(Vec::is_empty) && value.len() > 1 {
                    value.pop();
                }
            }
        }
        let empty = |it: &Vec<Vec<Vec<u8>>>| it.iter().flatten().all(Vec::is_empty);
        while self.elements.last().is_some_and(empty) {
            self.elements.pop();
        }
    }
}

// === impl Style ===

impl Style {
    /// How a document was written.
    pub fn of(document: &Document<'_>) -> Self {
        Self { dialect: document.dialect, marks: document.marks, una: document.has_una }
    }

    /// Writes segments, the service string advice first if there is one.
    /// `una_after`: line breaks behind it.
    ///
    /// # Errors
    /// The first value that the marks would cut, or a segment that is too long.
    pub fn write(&self, drafts: &[Draft], una_after: &[u8]) -> Result<Vec<u8>, Unwritable> {
        let mut out = Vec::new();
        if self.una {
            out.extend_from_slice(&self.advice());
            out.extend_from_slice(una_after);
        }
        for draft in drafts {
            self.segment(draft, &mut out)?;
        }
        Ok(out)
    }

    fn advice(&self) -> [u8; 9] {
        let Marks { component, element, decimal, release, repetition, segment, reserved } =
            self.marks;
        let release = release.unwrap_or(b' ');
        let repetition = repetition.unwrap_or(reserved);
        [b'U', b'N', b'A', component, element, decimal, release, repetition, segment]
    }

    fn segment(&self, draft: &Draft, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let start = out.len();
        out.extend_from_slice(&draft.tag);
        let is_isa = self.dialect == Dialect::X12 && draft.tag == b"ISA";
        for (number, element) in (1..).zip(&draft.elements) {
            out.push(self.marks.element);
            for (index, value) in element.iter().enumerate() {
                if index > 0 {
                    out.push(self.marks.repetition.ok_or_else(|| {
                        unwritable(draft, number, b"", "one value: this version has no repetitions")
                    })?);
                }
                for (index, component) in value.iter().enumerate() {
                    if index > 0 {
                        out.push(self.marks.component);
                    }
                    if is_isa {
                        // It tells the marks, so they stand in it as they are.
                        out.extend_from_slice(component);
                    } else {
                        self.value(draft, number, component, out)?;
                    }
                }
            }
        }
        out.push(self.marks.segment);
        if out.len() - start > SEGMENT_BYTES_MAX {
            let expected = format!("a segment of at most {SEGMENT_BYTES_MAX} bytes");
            return Err(unwritable(draft, 0, b"", &expected));
        }
        out.extend_from_slice(&draft.after);
        Ok(())
    }

    fn value(
        &self,
        draft: &Draft,
        number: u16,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        for byte in value {
            if self.marks.cuts(*byte) {
                let Some(release) = self.marks.release else {
                    let mark = char::from(*byte).escape_debug();
                    let expected = format!("no `{mark}`: it cuts, and X12 cannot write it as text");
                    return Err(unwritable(draft, number, value, &expected));
                };
                out.push(release);
            }
            out.push(*byte);
        }
        Ok(())
    }
}

fn unwritable(draft: &Draft, element: u16, found: &[u8], expected: &str) -> Unwritable {
    Unwritable {
        tag: String::from_utf8_lossy(&draft.tag).into_owned(),
        element,
        found: crate::fault::shown(found),
        expected: expected.to_owned(),
    }
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag, element, found, expected } = self;
        write!(f, "{tag}{element:02} cannot be written: found {found}, expected {expected}")
    }
}

impl std::error::Error for Unwritable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edifact_releases_and_x12_refuses() {
        let draft = Draft::of("FTX", &["AAI", "", "", "a+b:c'd?e"]);
        let style = Style { dialect: Dialect::Edifact, marks: Marks::EDIFACT, una: false };
        let written = style.write(std::slice::from_ref(&draft), b"").unwrap();
        assert_eq!(written, b"FTX+AAI+++a?+b?:c?'d??e'");
        let style = Style { dialect: Dialect::X12, marks: Marks::X12, una: false };
        let fault = style.write(&[Draft::of("N1", &["ST", "A*B"])], b"").unwrap_err();
        assert_eq!((fault.tag.as_str(), fault.element), ("N1", 2));
    }

    #[test]
    fn an_advice_stands_first() {
        let style = Style { dialect: Dialect::Edifact, marks: Marks::EDIFACT, una: true };
        let written = style.write(&[Draft::of("UNB", &["UNOC"])], b"\r\n").unwrap();
        assert_eq!(written, b"UNA:+.? '\r\nUNB+UNOC'");
    }
}
