//! 997, 999 and TA1.

use super::{Form, Outcome, Stamp, Verdict, of_envelope, outcome, raw, verdict};
use crate::{
    fault::{Code, Fault, Level},
    interchange::{Group, Interchange, Message},
    marks::Dialect,
    write::{Draft, Style, Unwritable},
};

/// Codes in one AK5 and one AK9.
const CODES_MAX: usize = 5;
/// Characters of a bad value that AK404 repeats.
const COPY_CHARS_MAX: usize = 99;

pub(super) fn write(
    interchange: &Interchange<'_>,
    verdicts: &[Verdict],
    form: Form,
    stamp: &Stamp,
) -> Result<Option<Vec<u8>>, Unwritable> {
    let control = format!("{:09}", stamp.control % 1_000_000_000);
    let mut out = Vec::new();
    let groups: Vec<&Group> = interchange.groups.iter().filter(|it| it.code != "FA").collect();
    if let Some(fault) = interchange.broken() {
        let (code, date, time) = (note(fault), &interchange.date, &interchange.time);
        let mut answer = Draft::of("TA1", &["", date, time, "R", code]);
        answer.push((1, 1, 1), raw(interchange, 0, 13));
        out.push(answer);
    } else if groups.is_empty() {
        return Ok(None);
    } else {
        out = group_of_answers(interchange, &groups, verdicts, form, stamp);
    }
    let count = usize::from(interchange.broken().is_none()).to_string();
    let mut all = vec![header(interchange, stamp, &control)];
    all.append(&mut out);
    all.push(Draft::of("IEA", &[&count, &control]));
    let after =
        interchange.document.segments.first().map(|it| interchange.document.draft(it).after);
    for draft in &mut all {
        draft.after.clone_from(after.as_ref().unwrap_or(&Vec::new()));
    }
    let style = Style { dialect: Dialect::X12, marks: interchange.document.marks, una: false };
    style.write(&all, b"").map(Some)
}

/// `ISA`: addresses change sides, byte by byte; everything else is as the sender has it.
fn header(interchange: &Interchange<'_>, stamp: &Stamp, control: &str) -> Draft {
    let document = &interchange.document;
    let repetition =
        document.marks.repetition.map_or("U".to_owned(), |it| char::from(it).to_string());
    let component = char::from(document.marks.component).to_string();
    let test = if interchange.test { "T" } else { "P" };
    let (blank, short) = (" ".repeat(10), stamp.date.get(2..).unwrap_or_default());
    let mut draft = Draft::of(
        "ISA",
        &[
            "00",
            &blank,
            "00",
            &blank,
            "",
            "",
            "",
            "",
            short,
            &stamp.time,
            &repetition,
            &interchange.version,
            control,
            "0",
            test,
            &component,
        ],
    );
    // The elements of an ISA have their widths: what came is as wide as what goes.
    for (to, from) in [(5, 7), (6, 8), (7, 5), (8, 6)] {
        let value = document.segments.first().map(|it| document.first(it, from).into_owned());
        draft.push((to, 1, 1), value.unwrap_or_default());
    }
    draft
}

/// One functional group with an answer to each group that came.
fn group_of_answers(
    interchange: &Interchange<'_>,
    groups: &[&Group],
    verdicts: &[Verdict],
    form: Form,
    stamp: &Stamp,
) -> Vec<Draft> {
    let first = groups.first();
    let release = match form {
        Form::X997 => first.and_then(|it| it.release.get(..6)).unwrap_or("004010"),
        Form::X999 => "005010",
    };
    let control = (stamp.control % 1_000_000_000).to_string();
    let mut head =
        Draft::of("GS", &["FA", "", "", &stamp.date, &stamp.time, &control, "X", release]);
    for (to, from) in [(2, 3), (3, 2)] {
        head.push(
            (to, 1, 1),
            first.map(|it| raw(interchange, it.header, from)).unwrap_or_default(),
        );
    }
    let mut out = vec![head];
    for (index, group) in groups.iter().enumerate() {
        let number = format!("{:04}", index + 1);
        let mut answer = Answer { interchange, form, segments: Vec::new() };
        answer.group(group, verdicts);
        let (kind, version) = match form {
            Form::X997 => ("997", ""),
            Form::X999 => ("999", "005010"),
        };
        let count = (answer.segments.len() + 2).to_string();
        out.push(Draft::of("ST", &[kind, &number, version]));
        out.append(&mut answer.segments);
        out.push(Draft::of("SE", &[&count, &number]));
    }
    out.push(Draft::of("GE", &[&groups.len().to_string(), &control]));
    out
}

/// The answer to one group.
struct Answer<'a, 'b> {
    interchange: &'a Interchange<'b>,
    form: Form,
    segments: Vec<Draft>,
}

impl Answer<'_, '_> {
    fn group(&mut self, group: &Group, verdicts: &[Verdict]) {
        let release = if self.form == Form::X999 { group.release.as_str() } else { "" };
        let mut head = Draft::of("AK1", &[&group.code, "", release]);
        head.push((2, 1, 1), raw(self.interchange, group.header, 6));
        self.segments.push(head);
        let mut outcomes = Vec::new();
        for index in group.messages.clone() {
            let Some(message) = self.interchange.messages.get(index) else { continue };
            let verdict = verdict(verdicts, index);
            let outcome = outcome(self.interchange, message, &verdict);
            self.message(message, &verdict, outcome);
            outcomes.push(outcome);
        }
        let of_messages = group.messages.clone().filter_map(|it| verdicts.get(it));
        let of_group = of_messages.flat_map(|it| &it.faults);
        let of_group = of_group.filter(|it| it.code.level() == Level::Group);
        let codes = codes(self.interchange.faults.on_group(group.number).chain(of_group));
        let rejected = outcomes.iter().filter(|it| **it == Outcome::Rejected).count();
        let accepted = outcomes.len() - rejected;
        let word = if rejected > 0 && rejected == outcomes.len() || !codes.is_empty() {
            "R"
        } else if rejected > 0 {
            "P"
        } else if outcomes.contains(&Outcome::WithErrors) {
            "E"
        } else {
            "A"
        };
        let received = outcomes.len();
        let stated = group.stated.map_or(received.to_string(), |it| it.to_string());
        let (received, accepted) = (received.to_string(), accepted.to_string());
        let mut elements = vec![word, &stated, &received, &accepted];
        elements.extend(codes.iter().map(|it| &**it));
        self.segments.push(Draft::of("AK9", &elements));
    }

    fn message(&mut self, message: &Message, verdict: &Verdict, outcome: Outcome) {
        let mut head = Draft::of("AK2", &[&message.kind]);
        head.push((2, 1, 1), raw(self.interchange, message.segments.start, 2));
        self.segments.push(head);
        let mut rest = verdict.faults.as_slice();
        while let Some(first) = rest.first() {
            let same = rest.iter().take_while(|it| it.segment == first.segment).count();
            let (faults, behind) = rest.split_at(same);
            rest = behind;
            self.segment(faults);
        }
        let mut own: Vec<&str> = codes(of_envelope(self.interchange, message));
        own.extend(codes(verdict.faults.iter().filter(|it| it.code.level() == Level::Message)));
        if verdict.faults.iter().any(|it| it.code.level() >= Level::Segment) {
            own.push("5");
        }
        own.truncate(CODES_MAX);
        let word = match outcome {
            Outcome::Accepted => "A",
            Outcome::WithErrors => "E",
            Outcome::Rejected => "R",
        };
        let mut elements = vec![word];
        elements.extend(own);
        self.segments.push(Draft::of(self.tag("AK5", "IK5"), &elements));
    }

    /// The faults of one segment.
    fn segment(&mut self, faults: &[Fault]) {
        let tag = self.tag("AK3", "IK3");
        for fault in faults.iter().filter(|it| it.code.level() == Level::Segment) {
            let (number, loop_) = (fault.segment.to_string(), within(fault));
            self.segments.push(Draft::of(tag, &[&fault.tag, &number, loop_, fault.code.x12()]));
        }
        let mut elements = faults.iter().filter(|it| it.code.level() == Level::Element).peekable();
        if let Some(first) = elements.peek() {
            let number = first.segment.to_string();
            self.segments.push(Draft::of(tag, &[&first.tag, &number, within(first), "8"]));
        }
        for fault in elements.take(99) {
            let mut draft = Draft::new(self.tag("AK4", "IK4").as_bytes());
            draft.push((1, 1, 1), fault.element.to_string().into_bytes());
            if fault.component > 0 {
                draft.push((1, 1, 2), fault.component.to_string().into_bytes());
            }
            let is_number = fault.reference.bytes().all(|it| it.is_ascii_digit());
            let reference = if is_number { fault.reference.as_str() } else { "" };
            draft.push((2, 1, 1), reference.as_bytes().to_vec());
            draft.push((3, 1, 1), fault.code.x12().as_bytes().to_vec());
            draft.push((4, 1, 1), self.copy(fault));
            draft.trim();
            self.segments.push(draft);
        }
    }

    /// The bad value, where it can be written and is not a value that is missing.
    fn copy(&self, fault: &Fault) -> Vec<u8> {
        let marks = &self.interchange.document.marks;
        let plain = fault
            .found
            .bytes()
            .all(|it| (0x20..0x7F).contains(&it) && it != b'\\' && !marks.cuts(it));
        if !plain || matches!(fault.code, Code::ElementMissing | Code::ElementCondition) {
            return Vec::new();
        }
        fault.found.bytes().take(COPY_CHARS_MAX).collect()
    }

    fn tag(&self, of_997: &'static str, of_999: &'static str) -> &'static str {
        match self.form {
            Form::X997 => of_997,
            Form::X999 => of_999,
        }
    }
}

/// AK303 has at most six characters.
fn within(fault: &Fault) -> &str {
    fault.within.get(..6).unwrap_or(&fault.within)
}

fn codes<'f>(faults: impl Iterator<Item = &'f Fault>) -> Vec<&'static str> {
    let mut codes: Vec<&str> = Vec::new();
    for fault in faults {
        let code = fault.code.x12();
        if !codes.contains(&code) && codes.len() < CODES_MAX {
            codes.push(code);
        }
    }
    codes
}

/// TA105: why an interchange is refused.
fn note(fault: &Fault) -> &'static str {
    match fault.code {
        Code::ControlMismatch => "001",
        Code::VersionUnknown => "003",
        Code::CountMismatch => "021",
        Code::TrailerMissing | Code::Truncated => "023",
        Code::DuplicateControl => "025",
        _ => "022",
    }
}
