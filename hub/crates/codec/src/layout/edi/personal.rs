//! What the faults of the standards say of anybody: a value is told where the layout
//! reads it as a field that is not personal. In a layout with personal fields what no
//! field reads may be anything, a name in the wrong place too.

use std::borrow::Cow;

use ::edi::{Code, Fault, fault::Level};

use super::{Column, Edi, Part, path::Element};
use crate::layout::cell;

/// Segments of envelopes and of levels, which have numbers and identifiers only.
const IMPERSONAL: [&str; 17] = [
    "ISA", "IEA", "GS", "GE", "ST", "SE", "TA1", "HL", "UNA", "UNB", "UNZ", "UNG", "UNE", "UNH",
    "UNT", "UNS", "CTT",
];
/// Characters of the tag of a segment (ISO 9735, X12.6).
const TAG_CHARS_MAX: usize = 3;

/// The fault as it is kept and shown.
pub(super) fn masked<'f>(edi: &Edi, fault: &'f Fault) -> Cow<'f, Fault> {
    let hidden = Hidden::of(edi, fault);
    if !hidden.found && !hidden.tag {
        return Cow::Borrowed(fault);
    }
    let mut fault = fault.clone();
    if hidden.found {
        fault.found = match fault.found.strip_suffix('…') {
            Some(short) => format!("(more than {} characters, masked)", short.chars().count()),
            None => cell::found(&fault.found, true),
        };
    }
    if hidden.tag {
        fault.tag = cell::found(&fault.tag, true);
    }
    Cow::Owned(fault)
}

/// The fault as an acknowledgement tells it, which has a place for the value itself:
/// that stays empty.
pub(super) fn unsaid(edi: &Edi, fault: &Fault) -> Fault {
    let (hidden, mut fault) = (Hidden::of(edi, fault), fault.clone());
    if hidden.found {
        fault.found.clear();
    }
    if hidden.tag {
        fault.tag = fault.tag.chars().take(TAG_CHARS_MAX).collect();
    }
    fault
}

/// What of a fault is not told.
struct Hidden {
    found: bool,
    tag: bool,
}

// === impl Hidden ===

impl Hidden {
    fn of(edi: &Edi, fault: &Fault) -> Self {
        if !is_personal(&edi.part) {
            return Self { found: false, tag: false };
        }
        let tag = !fault.tag.is_empty() && !is_tag(&fault.tag);
        let found = match fault.code {
            // These show bytes as they stand in the file, which may be any file.
            Code::NotEdi | Code::Truncated | Code::HeaderLength | Code::MarksUnsound => true,
            code if code.level() == Level::Segment => !is_tag(&fault.found),
            _ if fault.tag.is_empty() || IMPERSONAL.contains(&fault.tag.as_str()) => false,
            _ => !is_told(&edi.part, fault),
        };
        // HL is of the segments' level, and has numbers.
        let found = found && fault.tag != "HL" && !fault.found.is_empty();
        Self { found, tag }
    }
}

fn is_tag(text: &str) -> bool {
    text.len() <= TAG_CHARS_MAX && text.bytes().all(|it| it.is_ascii_alphanumeric())
}

fn is_personal(part: &Part) -> bool {
    part.columns.iter().any(|it| it.field.personal)
        || part.groups.iter().any(|it| is_personal(&it.part))
}

/// Whether fields read the value, and none of them is personal.
fn is_told(part: &Part, fault: &Fault) -> bool {
    let mut readers = Vec::new();
    readers_of(part, fault, &mut readers);
    !readers.is_empty() && !readers.iter().any(|it| it.field.personal)
}

fn readers_of<'p>(part: &'p Part, fault: &Fault, out: &mut Vec<&'p Column>) {
    out.extend(part.columns.iter().filter(|it| reads(it, fault)));
    part.groups.iter().for_each(|it| readers_of(&it.part, fault, out));
}

/// Whether a field may stand there, whatever its qualifier is.
fn reads(column: &Column, fault: &Fault) -> bool {
    let Some(step) = column.at.steps.last().filter(|it| it.tag == fault.tag) else { return false };
    let same = |one: u16, other: u16| one == 0 || other == 0 || one == other;
    match column.at.element {
        Element::At(element, component) => {
            same(element, fault.element) && same(component, fault.component)
        }
        Element::Found(_) => {
            step.only.as_ref().is_none_or(|it| fault.element == 0 || fault.element >= it.element)
        }
    }
}
