//! CONTRL (UN/EDIFACT service message, version 4 release 1 of its guide).

use super::{Outcome, Stamp, Verdict, of_envelope, outcome, verdict};
use crate::{
    fault::{Fault, Level},
    interchange::{Address, Group, Interchange, Message},
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
    let document = &interchange.document;
    let mut draft = Draft::new(b"UNB");
    let identifier =
        document.segments.first().map(|it| document.word(it, 1, 1)).unwrap_or_default();
    composite(&mut draft, 1, &[&identifier, &interchange.version]);
    party(&mut draft, 2, &interchange.receiver);
    party(&mut draft, 3, &interchange.sender);
    let long = interchange.version == "4";
    let date = if long { stamp.date.as_str() } else { stamp.date.get(2..).unwrap_or_default() };
    composite(&mut draft, 4, &[date, &stamp.time]);
    composite(&mut draft, 5, &[control]);
    if interchange.test {
        draft.push((11, 1, 1), b"1".to_vec());
    }
    draft
}

fn party(draft: &mut Draft, element: u16, address: &Address) {
    composite(draft, element, &[&address.id, &address.qualifier]);
}

/// `UCI`: the interchange.
fn first(interchange: &Interchange<'_>) -> Draft {
    let mut draft = Draft::of("UCI", &[&interchange.control]);
    party(&mut draft, 2, &interchange.sender);
    party(&mut draft, 3, &interchange.receiver);
    let fault = interchange.broken();
    draft.push((4, 1, 1), if fault.is_some() { REJECTED } else { ACKNOWLEDGED }.to_vec());
    if let Some(fault) = fault {
        draft.push((5, 1, 1), fault.code.edifact().as_bytes().to_vec());
        draft.push((6, 1, 1), fault.tag.as_bytes().to_vec());
        place(&mut draft, 7, fault);
    }
    draft.trim();
    draft
}

/// `UCF`: a functional group.
fn group(interchange: &Interchange<'_>, group: &Group) -> Draft {
    let fault = interchange.faults.on_group(group.number).find(|it| !it.note);
    let action = if fault.is_some() { REJECTED } else { ACKNOWLEDGED };
    let mut draft = Draft::of("UCF", &[&group.control, &group.sender, &group.receiver]);
    draft.push((4, 1, 1), action.to_vec());
    if let Some(fault) = fault {
        draft.push((5, 1, 1), fault.code.edifact().as_bytes().to_vec());
    }
    draft
}

/// `UCM` with `UCS` and `UCD`: a message, its bad segments and their bad elements.
fn message(interchange: &Interchange<'_>, index: usize, verdicts: &[Verdict]) -> Vec<Draft> {
    let Some(message) = interchange.messages.get(index) else { return Vec::new() };
    let verdict = verdict(verdicts, index);
    let rejected = outcome(interchange, message, &verdict) == Outcome::Rejected;
    let mut draft = Draft::of("UCM", &[&message.control]);
    let words = words(interchange, message);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    composite(&mut draft, 2, &words);
    draft.push((3, 1, 1), if rejected { REJECTED } else { ACKNOWLEDGED }.to_vec());
    let own = verdict.faults.iter().filter(|it| it.code.level() == Level::Message && !it.note);
    if let Some(fault) = of_envelope(interchange, message).chain(own).next() {
        draft.push((4, 1, 1), fault.code.edifact().as_bytes().to_vec());
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

/// Kind, version, release and agency, as the sender wrote them.
fn words(interchange: &Interchange<'_>, message: &Message) -> Vec<String> {
    let document = &interchange.document;
    let header = interchange.segments(message).first();
    (1..=4)
        .map(|it| header.map(|segment| document.word(segment, 2, it)).unwrap_or_default())
        .collect()
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
