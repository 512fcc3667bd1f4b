//! What a partner answers to what was sent to it: 997, 999, CONTRL and TA1, read.

use super::{Outcome, is_acknowledgement};
use crate::{
    document::{Segment, narrow},
    fault::{Code, Fault, shown},
    interchange::{Interchange, Message},
    marks::Dialect,
};

/// Segments of one acknowledgement that are shown; more of them help nobody.
const SHOWN_MAX: usize = 12;
/// Elements of a shown segment: more than any of them has by the standards.
const ELEMENTS_MAX: u16 = 16;
/// Of AK4 and IK4: the fourth repeats a value of the message, which may be personal.
const WITHOUT_VALUE: u16 = 3;

/// What a partner says of one interchange or group that it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Control number of the interchange (TA1, CONTRL) or group (997, 999) that it is
    /// about, as it stands there.
    pub control: String,
    pub outcome: Outcome,
    /// The segments that say what is wrong: `AK3*PO1*3 AK4*2*330*6 AK5*R*5`.
    pub why: String,
    /// In the input; of the whole message, or of the TA1.
    pub offset: u32,
    pub length: u32,
    /// Why it cannot be believed.
    pub fault: Option<Fault>,
}

/// The acknowledgements in an interchange, in their order.
pub fn told(interchange: &Interchange<'_>) -> Vec<Told> {
    let document = &interchange.document;
    let mut found = Vec::new();
    if document.dialect == Dialect::X12 {
        // They stand before the groups, in no message.
        let mut messages = interchange.messages.iter().peekable();
        for (at, segment) in document.segments.iter().enumerate() {
            // Messages stand one behind the other.
            while messages.next_if(|it| it.segments.end <= at).is_some() {}
            let inside = messages.peek().is_some_and(|it| it.segments.contains(&at));
            if document.tag(segment) == b"TA1" && !inside {
                found.push(note(interchange, (at, segment)));
            }
        }
    }
    let messages = interchange.messages.iter().filter(|it| is_acknowledgement(&it.kind));
    found.extend(messages.map(|it| message(interchange, it)));
    found
}

/// A TA1, with its index in the interchange: of a whole interchange.
fn note(interchange: &Interchange<'_>, (at, segment): (usize, &Segment)) -> Told {
    let mut reading = Reading::new(interchange, segment.offset, segment.next);
    reading.at = at;
    reading.control(segment, 1);
    reading.verdict(segment, 4);
    reading.end()
}

fn message(interchange: &Interchange<'_>, message: &Message) -> Told {
    let mut reading = Reading::new(interchange, message.offset, message.offset + message.length);
    reading.told.fault = interchange.faults_on(message).find(|it| !it.note).cloned();
    let (head, last) = match interchange.document.dialect {
        Dialect::X12 => ("AK1", "AK9"),
        Dialect::Edifact => ("UCI", "UCI"),
    };
    let mut seen = (false, false);
    for (at, segment) in interchange.segments(message).iter().enumerate() {
        reading.at = at;
        let tag = interchange.document.tag(segment);
        seen.0 |= tag == head.as_bytes();
        seen.1 |= tag == last.as_bytes();
        match tag {
            b"AK1" => reading.control(segment, 2),
            b"AK9" => reading.verdict(segment, 1),
            b"AK5" | b"IK5" => reading.verdict(segment, 1),
            b"UCI" => {
                reading.control(segment, 1);
                reading.verdict(segment, 4);
            }
            b"UCF" => reading.verdict(segment, 4),
            b"UCM" => reading.verdict(segment, 3),
            b"AK3" | b"IK3" | b"AK4" | b"IK4" | b"UCS" | b"UCD" => reading.show(segment),
            _ => {}
        }
    }
    for missing in [(head, seen.0), (last, seen.1)].iter().filter(|it| !it.1) {
        reading.missing(missing.0, message);
    }
    reading.end()
}

/// The reading of one acknowledgement.
struct Reading<'r> {
    interchange: &'r Interchange<'r>,
    told: Told,
    shown: Vec<String>,
    /// Which segment is read, from 0: of the message, or of the interchange.
    at: usize,
}

// === impl Reading ===

impl<'r> Reading<'r> {
    fn new(interchange: &'r Interchange<'_>, offset: u32, end: u32) -> Self {
        let told = Told {
            control: String::new(),
            outcome: Outcome::Accepted,
            why: String::new(),
            offset,
            length: end.saturating_sub(offset),
            fault: None,
        };
        Self { interchange, told, shown: Vec::new(), at: 0 }
    }

    fn end(mut self) -> Told {
        self.told.why = self.shown.join(" ");
        self.told
    }

    /// The number that it is about.
    fn control(&mut self, segment: &Segment, element: u16) {
        self.told.control = self.interchange.document.word(segment, element, 1);
        if self.told.control.is_empty() {
            self.fault(Code::ElementMissing, segment, element, "the control number it is about");
        }
    }

    /// A code that says yes or no to something; the worst of all is what counts.
    fn verdict(&mut self, segment: &Segment, element: u16) {
        let document = &self.interchange.document;
        let code = document.word(segment, element, 1);
        let (outcome, known) = match (document.dialect, code.as_str()) {
            (Dialect::X12, "A") | (Dialect::Edifact, "7" | "8") => (Outcome::Accepted, true),
            (Dialect::X12, "E") => (Outcome::WithErrors, true),
            (Dialect::X12, "P" | "R" | "M" | "W" | "X") | (Dialect::Edifact, "4") => {
                (Outcome::Rejected, true)
            }
            _ => (Outcome::Rejected, false),
        };
        if !known {
            let expected = match document.dialect {
                Dialect::X12 => "A, E, M, P, R, W or X",
                Dialect::Edifact => "4, 7 or 8",
            };
            self.fault(Code::UnknownCode, segment, element, expected);
        }
        if outcome != Outcome::Accepted {
            self.show(segment);
        }
        self.told.outcome = self.told.outcome.max(outcome);
    }

    fn show(&mut self, segment: &Segment) {
        if self.shown.len() >= SHOWN_MAX {
            return;
        }
        let document = &self.interchange.document;
        let mark = char::from(document.marks.element).to_string();
        let count = document.pieces(segment).iter().map(|it| it.element).max().unwrap_or(0);
        let most = match document.tag(segment) {
            b"AK4" | b"IK4" => WITHOUT_VALUE,
            _ => ELEMENTS_MAX,
        };
        let mut parts = vec![document.tag_text(segment)];
        parts.extend((1..=count.min(most)).map(|it| shown(&document.first(segment, it))));
        self.shown.push(parts.join(&mark));
    }

    fn missing(&mut self, tag: &str, message: &Message) {
        let mut fault = Fault::new(Code::SegmentMissing, message.offset, format!("{tag} in it"));
        fault.found.clone_from(&message.kind);
        self.told.fault.get_or_insert(fault);
    }

    fn fault(&mut self, code: Code, segment: &Segment, element: u16, expected: &str) {
        // The first one is told; there may be as many as segments.
        if self.told.fault.is_some() {
            return;
        }
        let document = &self.interchange.document;
        let piece = document.piece(segment, element, 1, 1);
        let raw = piece.map(|it| document.raw(it)).unwrap_or_default();
        let offset = piece.map_or(segment.offset, |it| it.start);
        let mut fault = Fault::new(code, offset, expected).found(raw);
        (fault.tag, fault.element) = (document.tag_text(segment), element);
        fault.segment = narrow(self.at) + 1;
        self.told.fault = Some(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interchange;

    fn read(text: &str) -> Vec<Told> {
        told(interchange::read(text.as_bytes()).unwrap().first().unwrap())
    }

    fn x12(body: &str) -> Vec<Told> {
        let isa = "ISA*00*          *00*          *ZZ*ACME           *08*HUB            \
                   *260105*0930*U*00401*000000007*0*P*>~";
        let text = if body.starts_with("TA1") {
            format!("{isa}{body}IEA*0*000000007~")
        } else {
            let count = body.matches('~').count() + 2;
            format!(
                "{isa}GS*FA*ACME*HUB*20260105*0930*7*X*004010~ST*997*0001~{body}\
                 SE*{count}*0001~GE*1*7~IEA*1*000000007~"
            )
        };
        read(&text)
    }

    fn edifact(body: &str) -> Vec<Told> {
        let count = body.matches('\'').count() + 2;
        read(&format!(
            "UNB+UNOC:3+ACME:14+HUB:14+260105:0930+R7'UNH+1+CONTRL:D:3:UN'{body}\
             UNT+{count}+1'UNZ+1+R7'"
        ))
    }

    fn one(told: Vec<Told>) -> (String, Outcome, String, String) {
        let [it] = told.try_into().unwrap();
        let Told { control, outcome, why, fault, .. } = it;
        (control, outcome, why, fault.map(|it| it.to_string()).unwrap_or_default())
    }

    fn said(control: &str, outcome: Outcome, why: &str) -> (String, Outcome, String, String) {
        (control.to_owned(), outcome, why.to_owned(), String::new())
    }

    #[test]
    fn what_is_said_of_groups_and_interchanges_of_x12() {
        assert_eq!(
            one(x12("AK1*IN*42~AK2*810*0001~AK5*A~AK9*A*1*1*1~")),
            said("42", Outcome::Accepted, "")
        );
        assert_eq!(
            one(x12(
                "AK1*IN*42~AK2*810*0001~AK3*N3*9**8~AK4*1*166*5*SECRET STREET~AK5*R*5~AK9*R*1*1*0~"
            )),
            said("42", Outcome::Rejected, "AK3*N3*9**8 AK4*1*166*5 AK5*R*5 AK9*R*1*1*0")
        );
        // Taken although something is wrong; and one of several that was not taken.
        let noted = one(x12("AK1*IN*42~AK2*810*0001~AK5*E*5~AK9*E*1*1*1~"));
        assert_eq!((noted.1, noted.2.as_str()), (Outcome::WithErrors, "AK5*E*5 AK9*E*1*1*1"));
        let tallied = one(x12("AK1*IN*42~AK9*R*2*2*1*5*3~"));
        assert_eq!(tallied.2, "AK9*R*2*2*1*5*3");
        let echoed = one(x12("AK1*IN*42~IK4*1*166*5*SECRET STREET~AK9*R*1*1*0~"));
        assert_eq!(echoed.2, "IK4*1*166*5 AK9*R*1*1*0");
        let partly = one(x12("AK1*IN*42~AK2*810*0001~AK5*R*5~AK2*810*0002~AK5*A~AK9*P*2*2*1~"));
        assert_eq!(partly.1, Outcome::Rejected);
        assert_eq!(
            one(x12("TA1*000000042*260105*0930*R*022~")),
            said("000000042", Outcome::Rejected, "TA1*000000042*260105*0930*R*022")
        );
        assert_eq!(one(x12("TA1*000000042*260105*0930*A*000~")).1, Outcome::Accepted);
    }

    #[test]
    fn what_is_said_of_interchanges_of_edifact() {
        let uci = "UCI+42+HUB:14+ACME:14";
        assert_eq!(one(edifact(&format!("{uci}+7'"))), said("42", Outcome::Accepted, ""));
        assert_eq!(
            one(edifact(&format!("{uci}+8'UCM+1+INVOIC:D:96A:UN+4'UCS+3'UCD+12+2:1'"))),
            said("42", Outcome::Rejected, "UCM+1+INVOIC+4 UCS+3 UCD+12+2")
        );
        assert_eq!(one(edifact(&format!("{uci}+4+29+UNZ'"))).2, "UCI+42+HUB+ACME+4+29+UNZ");
    }

    #[test]
    fn what_cannot_be_believed_is_a_fault_with_its_place() {
        let fault = |told| one(told).3;
        assert!(fault(x12("AK1*IN~AK9*A*1*1*1~")).contains("AK102 in segment 2"));
        assert!(fault(x12("AK1*IN*42~AK9*Q*1*1*1~")).contains("AK901 in segment 3"));
        assert!(fault(x12("AK1*IN*42~")).contains("AK9 in it"));
        assert!(fault(x12("TA1*7*260105*0930*Z~")).contains("TA104"));
        assert!(fault(edifact("UCI+42+HUB+ACME+1'")).contains("UCI04 in segment 2"));
        assert!(fault(edifact("UCM+1+INVOIC:D:96A:UN+7'")).contains("UCI in it"));
    }

    #[test]
    fn many_faults_and_notes_cost_no_more_than_their_segments() {
        const MANY: usize = 200_000;
        let told = one(x12(&format!("AK1*IN*42~AK9*A*1*1*1~{}", "AK5*Z~".repeat(MANY))));
        assert!(told.3.contains("AK501 in segment 4"), "{}", told.3);
        // A note within a message is none; those before it are each read where they stand.
        let notes = "TA1*7*260105*0930*Z~".repeat(MANY);
        let told = x12(&format!("{notes}GS*FA*A*B*20260105*0930*7*X*004010~ST*997*0001~TA1*8~"));
        assert_eq!(told.iter().filter(|it| it.control == "7").count(), MANY);
        assert!(told.iter().all(|it| it.control != "8"));
        let last = told.iter().rfind(|it| it.control == "7").unwrap();
        assert_eq!(last.fault.as_ref().unwrap().segment, u32::try_from(MANY).unwrap() + 1);
    }

    #[test]
    fn orders_say_nothing_of_what_was_sent() {
        let text = "UNB+UNOC:3+ACME:14+HUB:14+260105:0930+R7'UNH+1+ORDERS:D:96A:UN'UCI+1'UNT+3+1'UNZ+1+R7'";
        assert_eq!(read(text), []);
    }
}
