//! What is wrong with an input or a message before a layout reads it, and what partners
//! answer in it.

use ::edi::{
    Code, Dialect, Fault, Interchange,
    ack::{self, Outcome},
    fault::Level,
    interchange,
};
use canon::entry::RecordFault;

use super::{Edi, personal::masked};
use crate::{
    layout::LayoutFault,
    rows::{RowFault, Rows, Told},
};

/// The acknowledgements of what was sent, as records before the others.
pub(super) fn answers(edi: &Edi, interchange: &Interchange<'_>, rows: &mut Rows) {
    for it in ack::told(interchange) {
        rows.records += 1;
        let (number, offset, length) = (rows.records, u64::from(it.offset), u64::from(it.length));
        match it.fault {
            Some(fault) => {
                let faults = vec![record_fault(edi, &fault)];
                rows.faults.push(RowFault { number, offset, length, faults });
            }
            None => rows.told.push(Told {
                number,
                offset,
                length,
                control: it.control,
                rejected: it.outcome == Outcome::Rejected,
                why: it.why,
            }),
        }
    }
}

/// A fault of an envelope that lies on no message: nobody else would tell it.
pub(super) fn lost<'i>(interchange: &'i Interchange<'_>) -> Option<&'i Fault> {
    interchange.faults.iter().filter(|it| !it.note).find(|fault| match fault.code.level() {
        Level::Group => {
            let group = usize::try_from(fault.group).ok().and_then(|it| it.checked_sub(1));
            let group = group.and_then(|it| interchange.groups.get(it));
            group.is_none_or(|it| it.messages.is_empty())
        }
        _ => !usize::try_from(fault.message)
            .is_ok_and(|it| (1..=interchange.messages.len()).contains(&it)),
    })
}

pub(super) fn refused(edi: &Edi, fault: &Fault) -> LayoutFault {
    let fault = &masked(edi, fault);
    let at = usize::try_from(fault.offset).unwrap_or(usize::MAX);
    let message = format!("{} {}", fault.code.name(), fault.place());
    LayoutFault::new("edi", at, message.trim_end()).found(&fault.found).expected(&fault.expected)
}

/// A message of another kind, or of a release that the layout does not read. X12 says
/// the release in the header of the group, EDIFACT in that of the message.
pub(super) fn unsupported(
    edi: &Edi,
    interchange: &Interchange<'_>,
    message: &interchange::Message,
) -> Fault {
    let is_known = edi.definitions.iter().any(|it| it.kind == message.kind);
    let code = if is_known { Code::ReleaseUnknown } else { Code::MessageUnsupported };
    let known: Vec<String> =
        edi.definitions.iter().map(|it| format!("{} in {}", it.kind, it.release)).collect();
    let expected = format!("a {}", known.join(" or "));
    let mut fault = Fault::new(code, message.offset, expected);
    fault.found = format!("{} in {}", message.kind, message.release);
    (fault.group, fault.message, fault.segment) = (message.group, message.number, 1);
    let number = usize::try_from(message.group).ok().and_then(|it| it.checked_sub(1));
    let group = number.and_then(|it| interchange.groups.get(it)).filter(|_| is_known);
    let (tag, element, component) = match (edi.dialect, group) {
        (Dialect::X12, Some(group)) => {
            fault.segment = u32::try_from(group.header).unwrap_or(u32::MAX).saturating_add(1);
            ("GS", 8, 0)
        }
        (Dialect::X12, None) => ("ST", 1, 0),
        (Dialect::Edifact, _) => ("UNH", 2, if is_known { 3 } else { 0 }),
    };
    (fault.tag, fault.element, fault.component) = (tag.to_owned(), element, component);
    let header = match group.filter(|_| tag == "GS") {
        Some(group) => interchange.group_header(group),
        None => interchange.segments(message).first(),
    };
    let piece = header.and_then(|it| interchange.document.piece(it, element, 1, component.max(1)));
    fault.offset = piece.map_or(fault.offset, |it| u64::from(it.start));
    fault
}

pub(super) fn record_fault(edi: &Edi, fault: &Fault) -> RecordFault {
    let fault = &masked(edi, fault);
    let found = if fault.found.is_empty() { "nothing".to_owned() } else { fault.found.clone() };
    RecordFault {
        field: fault.place(),
        offset: Some(fault.offset),
        found: format!("{}: {found}", fault.code.name()),
        expected: fault.expected.clone(),
        needed_by: None,
        shows: None,
    }
}
