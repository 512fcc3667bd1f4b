//! The elements of one segment: there where they must be, not more than there
//! may be, together where they belong together.

use super::{Report, value};
use crate::{
    definition::{Condition, ElementDef, Rule, SegmentDef},
    document::{Piece, Segment},
    fault::Code,
};

/// Checks all elements of a segment.
pub(super) fn check(
    report: &mut Report<'_>,
    index: usize,
    segment: &Segment,
    def: &SegmentDef,
    within: &str,
) {
    let document = report.document;
    let pieces = document.pieces(segment);
    let mut check = Check { report, index, segment: *segment, within };
    let mut present = vec![false; def.elements.len()];
    for piece in pieces {
        let at = usize::from(piece.element).saturating_sub(1);
        let Some(element) = def.elements.get(at) else {
            let expected = format!("at most {} elements", def.elements.len());
            check.fault(Code::ElementsTooMany, piece, "", &expected);
            break;
        };
        if piece.start == piece.end {
            continue;
        }
        if let Some(seen) = present.get_mut(at) {
            *seen = true;
        }
        check.piece(piece, element);
    }
    for (number, (element, is_there)) in (1..).zip(def.elements.iter().zip(&present)) {
        if *is_there {
            check.parts(number, element, pieces);
        } else if element.mandatory {
            check.missing(
                Code::ElementMissing,
                (number, 0),
                &element.id,
                "a value: it is mandatory",
            );
        }
    }
    for rule in &def.rules {
        check.rule(rule, &present, def);
    }
    if document.tag(segment) == b"DTM" {
        value::formatted(&mut check, pieces);
    }
}

/// The checking of one segment.
pub(super) struct Check<'c, 'r> {
    pub(super) report: &'c mut Report<'r>,
    index: usize,
    segment: Segment,
    within: &'c str,
}

// === impl Check ===

impl Check<'_, '_> {
    fn piece(&mut self, piece: &Piece, element: &ElementDef) {
        if piece.repetition > 1 {
            return self.fault(Code::RepetitionsTooMany, piece, &element.id, "one value");
        }
        let part = element.parts.get(usize::from(piece.component).saturating_sub(1));
        let Some(part) = part else {
            let expected = match element.parts.len() {
                1 => "a simple element".to_owned(),
                count => format!("at most {count} components"),
            };
            return self.fault(Code::ComponentsTooMany, piece, &element.id, &expected);
        };
        value::check(self, piece, part);
    }

    /// The components that must be there when the element is.
    fn parts(&mut self, number: u16, element: &ElementDef, pieces: &[Piece]) {
        if !element.composite {
            return;
        }
        for (component, part) in (1..).zip(&element.parts).filter(|(_, it)| it.mandatory) {
            let is_there = |it: &&Piece| {
                (it.element, it.component) == (number, component) && it.start < it.end
            };
            if !pieces.iter().any(|it| is_there(&it)) {
                let expected = "a value: it is mandatory in this element";
                self.missing(Code::ElementMissing, (number, component), &part.id, expected);
            }
        }
    }

    fn rule(&mut self, rule: &Rule, present: &[bool], def: &SegmentDef) {
        let is_there = |number: u16| {
            usize::from(number)
                .checked_sub(1)
                .and_then(|it| present.get(it))
                .copied()
                .unwrap_or(false)
        };
        let (Some(first), rest) =
            (rule.elements.first().copied(), rule.elements.get(1..).unwrap_or_default())
        else {
            return;
        };
        let count = rule.elements.iter().filter(|it| is_there(**it)).count();
        let absent = || rule.elements.iter().copied().find(|it| !is_there(*it));
        let numbers =
            rule.elements.iter().map(|it| format!("{it:02}")).collect::<Vec<_>>().join(", ");
        let (code, element, expected) = match rule.condition {
            Condition::Paired if count > 0 && count < rule.elements.len() => (
                Code::ElementCondition,
                absent(),
                format!("all of the elements {numbers}, or none"),
            ),
            Condition::Required if count == 0 => {
                (Code::ElementCondition, Some(first), format!("one of the elements {numbers}"))
            }
            Condition::Exclusion if count > 1 => {
                let second = rule.elements.iter().copied().filter(|it| is_there(*it)).nth(1);
                (Code::ElementExclusion, second, format!("only one of the elements {numbers}"))
            }
            Condition::Conditional if is_there(first) && count < rule.elements.len() => {
                let element = rest.iter().copied().find(|it| !is_there(*it));
                (
                    Code::ElementCondition,
                    element,
                    format!("a value, since element {first:02} has one"),
                )
            }
            Condition::List if is_there(first) && !rest.iter().any(|it| is_there(*it)) => {
                let expected = format!("one of the elements {numbers}, since {first:02} is there");
                (Code::ElementCondition, rest.first().copied(), expected)
            }
            Condition::Paired
            | Condition::Required
            | Condition::Exclusion
            | Condition::Conditional
            | Condition::List => return,
        };
        let element = element.unwrap_or(first);
        let id = def.elements.get(usize::from(element).saturating_sub(1)).map(|it| it.id.clone());
        self.missing(code, (element, 0), &id.unwrap_or_default(), &expected);
    }

    /// A fault of something that is not there.
    fn missing(&mut self, code: Code, (element, component): (u16, u16), id: &str, expected: &str) {
        let mut fault = self.report.at(code, self.index, self.within, expected);
        (fault.element, fault.component) = (element, component);
        id.clone_into(&mut fault.reference);
        let piece = self.report.document.piece(&self.segment, element, 1, component.max(1));
        fault.offset = u64::from(piece.map_or(self.segment.end, |it| it.start));
        self.report.push(fault);
    }

    /// A fault of a value.
    pub(super) fn fault(&mut self, code: Code, piece: &Piece, id: &str, expected: &str) {
        self.noted(code, piece, (id, expected), false);
    }

    /// A fault that may be only noted.
    pub(super) fn noted(
        &mut self,
        code: Code,
        piece: &Piece,
        (id, expected): (&str, &str),
        note: bool,
    ) {
        let mut fault = self.report.at(code, self.index, self.within, expected);
        fault = fault.found(&self.report.document.value(*piece));
        fault.offset = u64::from(piece.start);
        fault.note = note;
        fault.element = piece.element;
        let alone = self.report.document.piece(&self.segment, piece.element, 1, 2).is_none();
        fault.component = if alone && piece.component == 1 { 0 } else { piece.component };
        fault.repetition = if piece.repetition > 1 { piece.repetition } else { 0 };
        id.clone_into(&mut fault.reference);
        self.report.push(fault);
    }
}
