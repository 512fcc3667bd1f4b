//! CONTRL (UN/EDIFACT service message, version 4 release 1 of its guide).

use super::{Outcome, Stamp, Verdict, component, of_envelope, outcome, verdict};
use crate::{
    fault::{Fault, Level},
    interchange::{Group, Interchange},
    marks::Dialect,
    write::{Draft, Style, Unwritable},
};

/// List 0083: this level and all below it are rejected, or acknowledged.
const REJECTED: &[u8] = b"4";
const ACKNOWLEDGED: &[u8] = b"7";

pub(super) fn write(
    interchange: &Interchange<'_>,
    verdicts: &[Verdict],
    stamp: &Stamp,
) -> Result<Option<Vec<u8>>, Unwritable> {
    let control = (stamp.control % 100_000_000_000_000).to_string();
    let mut body = vec![first(interchange)];
    if interchange.broken().is_none() {
        if interchange.groups.is_empty() {
            for index in 0..interchange.messages.len() {
                body.extend(message(interchange, index, verdicts));
            }
        }
        for of in &interchange.groups {
            body.push(group(interchange, of));
            for index in of.messages.clone() {
                body.extend(message(interchange, index, verdicts));
            }
        }
    }
    let mut kind = Draft::of("UNH", &["1"]);
    let version = if interchange.version == "4" {
        ["CONTRL", "4", "1", "UN"]
    } else {
        ["CONTRL", "D", "3", "UN"]
    };
    composite(&mut kind, 2, &version);
    let mut all = vec![header(interchange, stamp, &control), kind];
    let count = (body.len() + 2).to_string();
    all.append(&mut body);
    all.push(Draft::of("UNT", &[&count, "1"]));
    all.push(Draft::of("UNZ", &["1", &control]));
    let document = &interchange.document;
    let after = document.segments.first().map(|it| document.draft(it).after).unwrap_or_default();
    for draft in &mut all {
        draft.after.clone_from(&after);
    }
    let style = Style { dialect: Dialect::Edifact, marks: document.marks, una: document.has_una };
    style.write(&all, &after).map(Some)
}

fn composite(draft: &mut Draft, element: u16, parts: &[&str]) {
    for (number, part) in (1..).zip(parts) {
        draft.push((element, 1, number), part.as_bytes().to_vec());
    }
    draft.trim();
}

fn header(interchange: &Interchange<'_>, stamp: &Stamp, control: &str) -> Draft {
    let mut draft = Draft::new(b"UNB");
    copy(&mut draft, (1, 2), interchange, (0, 1));
    copy(&mut draft, (2, 2), interchange, (0, 3));
    copy(&mut draft, (3, 2), interchange, (0, 2));
    let long = interchange.version == "4";
    let date = if long { stamp.date.as_str() } else { stamp.date.get(2..).unwrap_or_default() };
    composite(&mut draft, 4, &[date, &stamp.time]);
    composite(&mut draft, 5, &[control]);
    if interchange.test {
        draft.push((11, 1, 1), b"1".to_vec());
    }
    draft
}

/// Copies the first components of an element, byte by byte: to which element, how
/// many; of which segment, from which element.
fn copy(
    draft: &mut Draft,
    (to, count): (u16, u16),
    interchange: &Interchange<'_>,
    (segment, from): (usize, u16),
) {
    for number in 1..=count {
        draft.push((to, 1, number), component(interchange, segment, (from, number)));
    }
    draft.trim();
}

/// `UCI`: the interchange.
fn first(interchange: &Interchange<'_>) -> Draft {
    let mut draft = Draft::new(b"UCI");
    copy(&mut draft, (1, 1), interchange, (0, 5));
    copy(&mut draft, (2, 2), interchange, (0, 2));
    copy(&mut draft, (3, 2), interchange, (0, 3));
    let fault = interchange.broken();
    draft.push((4, 1, 1), if fault.is_some() { REJECTED } else { ACKNOWLEDGED }.to_vec());
    if let Some(fault) = fault {
        reason(&mut draft, 5, fault);
    }
    draft.trim();
    draft
}

/// `UCF`: a functional group.
fn group(interchange: &Interchange<'_>, group: &Group) -> Draft {
    let fault = interchange.faults.on_group(group.number).find(|it| !it.note);
    let action = if fault.is_some() { REJECTED } else { ACKNOWLEDGED };
    let mut draft = Draft::new(b"UCF");
    copy(&mut draft, (1, 1), interchange, (group.header, 5));
    copy(&mut draft, (2, 2), interchange, (group.header, 2));
    copy(&mut draft, (3, 2), interchange, (group.header, 3));
    draft.push((4, 1, 1), action.to_vec());
    if let Some(fault) = fault {
        reason(&mut draft, 5, fault);
    }
    draft
}

/// List 0085, and the segment and element of the envelope where it is.
fn reason(draft: &mut Draft, element: u16, fault: &Fault) {
    draft.push((element, 1, 1), fault.code.edifact().as_bytes().to_vec());
    draft.push((element + 1, 1, 1), fault.tag.as_bytes().to_vec());
    place(draft, element + 2, fault);
    draft.trim();
}

/// `UCM` with `UCS` and `UCD`: a message, its bad segments and their bad elements.
fn message(interchange: &Interchange<'_>, index: usize, verdicts: &[Verdict]) -> Vec<Draft> {
    let Some(message) = interchange.messages.get(index) else { return Vec::new() };
    let verdict = verdict(verdicts, index);
    let rejected = outcome(interchange, message, &verdict) == Outcome::Rejected;
    let header = message.segments.start;
    let mut draft = Draft::new(b"UCM");
    copy(&mut draft, (1, 1), interchange, (header, 1));
    copy(&mut draft, (2, 4), interchange, (header, 2));
    draft.push((3, 1, 1), if rejected { REJECTED } else { ACKNOWLEDGED }.to_vec());
    let own = verdict.faults.iter().filter(|it| it.code.level() <= Level::Message && !it.note);
    if let Some(fault) = of_envelope(interchange, message).chain(own).next() {
        reason(&mut draft, 4, fault);
    }
    let mut out = vec![draft];
    if rejected {
        // An accepted message is not told what was only noted: there is no word for it.
        let within =
            verdict.faults.iter().filter(|it| it.code.level() >= Level::Segment && !it.note);
        segments(&mut out, &within.collect::<Vec<_>>());
    }
    out
}

fn segments(out: &mut Vec<Draft>, faults: &[&Fault]) {
    let mut last = 0;
    for fault in faults {
        let of_segment = fault.code.level() == Level::Segment;
        if fault.segment != last || of_segment {
            last = fault.segment;
            let code = if of_segment { fault.code.edifact() } else { "" };
            out.push(Draft::of("UCS", &[&fault.segment.to_string(), code]));
        }
        if !of_segment {
            let mut draft = Draft::of("UCD", &[fault.code.edifact()]);
            place(&mut draft, 2, fault);
            out.push(draft);
        }
    }
}

/// S011: number of the element and of the component; the tag counts as one.
fn place(draft: &mut Draft, element: u16, fault: &Fault) {
    if fault.element > 0 {
        draft.push((element, 1, 1), (fault.element + 1).to_string().into_bytes());
        if fault.component > 0 {
            draft.push((element, 1, 2), fault.component.to_string().into_bytes());
        }
    }
}
