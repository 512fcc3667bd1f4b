//! Paths in messages: loops by the segment that begins them, segments by tag,
//! with the value of an element where a tag alone does not tell.
//!
//! `BEG03`, `N1[01=ST]/N301`, `PO1[06+=UP]`, `QTY[1.1=21].1.2`, `UNB.2.1`.

use ::edi::{Dialect, Document, Segment};

/// One loop or segment on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) tag: String,
    /// Only those that have this value there.
    pub(super) only: Option<Only>,
}

/// A value that tells segments with the same tag apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Only {
    pub(super) element: u16,
    pub(super) component: u16,
    /// It may stand in that element or in a later one of the same sort.
    pub(super) onward: bool,
    pub(super) value: String,
}

/// Which element of the segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// Numbers from 1.
    At(u16, u16),
    /// The one behind the value of [`Only`], in X12; in EDIFACT that component of
    /// the same element.
    Found(u16),
}

/// A path as it is written: its steps, and the element at its end if there is one.
pub(super) type Parsed = (Vec<Step>, Option<Element>);

/// Elements that are looked through for an onward value.
const ONWARD_MAX: u16 = 64;

/// Reads a path. The error says what is wrong with it.
pub(super) fn parse(dialect: Dialect, text: &str) -> Result<Parsed, String> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['/', '[', '.']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let (mut tag, mut element) = (word, None);
        let last = !after.starts_with('/') && !after.starts_with('[');
        if dialect == Dialect::X12 && last && word.len() >= 4 && after.is_empty() {
            let (short, digits) = word.split_at_checked(word.len() - 2).unwrap_or((word, ""));
            if let Ok(number) = digits.parse() {
                (tag, element) = (short, Some((number, 1)));
            }
        }
        let (only, after) = match after.strip_prefix('[') {
            Some(inside) => {
                let (only, after) = inside.split_once(']').ok_or("`[` without `]`")?;
                (Some(self::only(only)?), after)
            }
            None => (None, after),
        };
        if tag.is_empty() || !tag.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit()) {
            return Err(format!("`{tag}` is no tag of a segment"));
        }
        let onward = only.as_ref().is_some_and(|it| it.onward);
        steps.push(Step { tag: tag.to_owned(), only });
        if let Some(next) = after.strip_prefix('/') {
            rest = next;
            continue;
        }
        let element = match (element, after) {
            (Some((number, component)), "") => Some(Element::At(number, component)),
            (None, "") if onward => Some(Element::Found(1)),
            (None, "") => None,
            (_, after) if onward => {
                let number = after.strip_prefix('.').and_then(|it| it.parse().ok());
                Some(Element::Found(number.ok_or_else(|| bad(after))?))
            }
            (_, after) => {
                let (number, component) = numbers(after).ok_or_else(|| bad(after))?;
                Some(Element::At(number, component))
            }
        };
        return Ok((steps, element));
    }
}

fn bad(text: &str) -> String {
    format!("`{text}` is no element: an element is 03, .3 or .3.1")
}

/// `01=ST`, `1.1=21`, `06+=UP`, `2+.2=SA`.
fn only(text: &str) -> Result<Only, String> {
    let (place, value) = text.split_once('=').ok_or("`[…]` without `=`")?;
    let (first, component) = place.split_once('.').unwrap_or((place, "1"));
    let (first, onward) = match first.strip_suffix('+') {
        Some(first) => (first, true),
        None => (first, false),
    };
    let number = |it: &str| it.parse::<u16>().ok().filter(|it| *it > 0);
    match (number(first), number(component)) {
        (Some(element), Some(component)) => {
            Ok(Only { element, component, onward, value: value.to_owned() })
        }
        _ => Err(format!("`{place}` is no element: it is 01, 1.2 or 06+")),
    }
}

/// `.3`, `.3.1`, `03`, `03-1`.
fn numbers(text: &str) -> Option<(u16, u16)> {
    let text = text.strip_prefix('.').unwrap_or(text);
    let (element, component) = text.split_once(['.', '-']).unwrap_or((text, "1"));
    let number = |it: &str| it.parse::<u16>().ok().filter(|it| *it > 0);
    Some((number(element)?, number(component)?))
}

// === impl Step, Only ===

impl Step {
    /// Whether a segment is the one that is meant.
    pub(super) fn fits(&self, document: &Document<'_>, segment: &Segment) -> bool {
        document.tag(segment) == self.tag.as_bytes()
            && self.only.as_ref().is_none_or(|it| it.found(document, segment).is_some())
    }
}

impl Only {
    /// The element that has the value.
    pub(super) fn found(&self, document: &Document<'_>, segment: &Segment) -> Option<u16> {
        let step = self.stride(document.dialect);
        let last = if self.onward { ONWARD_MAX } else { self.element };
        let has =
            |it: &u16| *document.component(segment, *it, self.component) == *self.value.as_bytes();
        (self.element..=last).step_by(usize::from(step)).find(has)
    }

    /// From one element of the sort to the next: X12 has pairs of qualifier and id.
    pub(super) fn stride(&self, dialect: Dialect) -> u16 {
        match dialect {
            Dialect::X12 => 2,
            Dialect::Edifact => 1,
        }
    }
}

// === impl Element ===

impl Element {
    /// Its numbers in a segment that fits `step`.
    pub(super) fn in_segment(
        self,
        document: &Document<'_>,
        segment: &Segment,
        step: &Step,
    ) -> Option<(u16, u16)> {
        match self {
            Self::At(element, component) => Some((element, component)),
            Self::Found(component) => {
                let at = step.only.as_ref()?.found(document, segment)?;
                Some(self.beside(document.dialect, at).unwrap_or((at, component)))
            }
        }
    }

    /// In X12 the id stands behind its qualifier.
    pub(super) fn beside(self, dialect: Dialect, at: u16) -> Option<(u16, u16)> {
        match (self, dialect) {
            (Self::Found(component), Dialect::X12) => Some((at + 1, component)),
            (Self::Found(component), Dialect::Edifact) => Some((at, component)),
            (Self::At(..), _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_people_write_them() {
        let at = |text| {
            parse(Dialect::X12, text).map(|(steps, element)| {
                (steps.iter().map(|it| it.tag.clone()).collect::<Vec<_>>().join("/"), element)
            })
        };
        assert_eq!(at("BEG03"), Ok(("BEG".into(), Some(Element::At(3, 1)))));
        assert_eq!(at("N104"), Ok(("N1".into(), Some(Element::At(4, 1)))));
        assert_eq!(at("PO1/PID05"), Ok(("PO1/PID".into(), Some(Element::At(5, 1)))));
        assert_eq!(at("N1[01=ST]/N301"), Ok(("N1/N3".into(), Some(Element::At(1, 1)))));
        assert_eq!(at("DTM[01=002]02"), Ok(("DTM".into(), Some(Element::At(2, 1)))));
        assert_eq!(at("REF.4.2"), Ok(("REF".into(), Some(Element::At(4, 2)))));
        assert_eq!(at("PO1[06+=UP]"), Ok(("PO1".into(), Some(Element::Found(1)))));
        assert_eq!(at("HL[03=S]/HL[03=O]"), Ok(("HL/HL".into(), None)));
        let (steps, element) = parse(Dialect::Edifact, "LIN/PIA[2+.2=SA].1").unwrap();
        assert_eq!(element, Some(Element::Found(1)));
        let only = steps.last().unwrap().only.clone().unwrap();
        assert_eq!((only.element, only.component, only.onward), (2, 2, true));
        for text in ["", "beg03", "N1[01]", "N1[01=ST", "BEG.x", "BEG.0", "N1[x=1]02"] {
            assert!(parse(Dialect::X12, text).is_err(), "{text}");
        }
    }
}
