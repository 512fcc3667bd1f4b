//! Golden acknowledgements: what is told of good, noted, bad and broken input.

use super::*;
use crate::{definition, interchange, message, message::Options};

const STAMP: (&str, &str, u64) = ("20260106", "0800", 42);

/// The acknowledgement of an input whose messages are read by their definitions.
fn acknowledged(text: &str, form: Form) -> Option<String> {
    let found = interchange::read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    let options = Options { unknown_codes_noted: true, ..Options::default() };
    let verdicts: Vec<Verdict> = it
        .messages
        .iter()
        .map(|one| {
            let definition = definition::find(it.document.dialect, &one.kind, &one.release);
            let faults = definition.map(|of| message::read(it, one, &of, &options).faults);
            Verdict { faults: faults.unwrap_or_default(), refused: false }
        })
        .collect();
    let (date, time, control) = STAMP;
    let stamp = Stamp { date: date.to_owned(), time: time.to_owned(), control };
    write(it, &verdicts, form, &stamp).unwrap().map(|it| String::from_utf8(it).unwrap())
}

const ISA: &str = "ISA*00*          *00*          *ZZ*ACME           *08*HUB            \
                   *260105*0930*U*00401*000000007*0*T*>~";

fn orders(bodies: &[&str]) -> String {
    let mut text = format!("{ISA}GS*PO*ACME*HUB*20260105*0930*7*X*004010~");
    for (number, body) in (1..).zip(bodies) {
        let count = body.matches('~').count() + 2;
        text.push_str(&format!("ST*850*{number:04}~{body}SE*{count}*{number:04}~"));
    }
    text.push_str(&format!("GE*{}*7~IEA*1*000000007~", bodies.len()));
    text
}

const GOOD: &str = "BEG*00*SA*P1**20260105~PO1*1*12*EA*980~";
const NOTED: &str = "BEG*00*SA*P2**20260105~PO1*1*12*QQ*980~";
const BAD: &str = "BEG*00*SA***20260105~XYZ*1~PO1*1*1A*EA*980~";

const ANSWER_ISA: &str = "ISA*00*          *00*          *08*HUB            *ZZ*ACME           \
                          *260106*0800*U*00401*000000042*0*T*>~";

#[test]
fn a_997_tells_accepted_noted_and_rejected() {
    let text = acknowledged(&orders(&[GOOD, NOTED, BAD]), Form::X997).unwrap();
    let want = format!(
        "{ANSWER_ISA}GS*FA*HUB*ACME*20260106*0800*42*X*004010~ST*997*0001~AK1*PO*7~\
         AK2*850*0001~AK5*A~\
         AK2*850*0002~AK3*PO1*3*PO1*8~AK4*3*355*7*QQ~AK5*E*5~\
         AK2*850*0003~AK3*BEG*2**8~AK4*3*324*1~AK3*XYZ*3**1~AK3*PO1*4*PO1*8~AK4*2*330*6*1A~AK5*R*5~\
         AK9*P*3*3*2~SE*17*0001~GE*1*42~IEA*1*000000042~"
    );
    assert_eq!(text, want);
}

#[test]
fn a_999_has_its_own_segments() {
    let text = acknowledged(&orders(&[BAD]), Form::X999).unwrap();
    assert!(
        text.contains("ST*999*0001*005010~AK1*PO*7*004010~AK2*850*0001~IK3*BEG*2**8~"),
        "{text}"
    );
    assert!(text.contains("IK5*R*5~AK9*R*1*1*0~"), "{text}");
}

#[test]
fn envelopes_are_told_where_they_are_broken() {
    let good = orders(&[GOOD]);
    let text = acknowledged(&good.replace("SE*4*", "SE*5*"), Form::X997).unwrap();
    assert!(text.contains("AK5*R*4~AK9*R*1*1*0~"), "{text}");
    let text = acknowledged(&good.replace("GE*1*7", "GE*1*8"), Form::X997).unwrap();
    assert!(text.contains("AK5*R~AK9*R*1*1*0*4~"), "{text}");
    let text =
        acknowledged(&good.replace("IEA*1*000000007", "IEA*1*000000009"), Form::X997).unwrap();
    assert_eq!(text, format!("{ANSWER_ISA}TA1*000000007*260105*0930*R*001~IEA*0*000000042~"));
}

#[test]
fn line_breaks_are_those_of_the_sender_and_answers_are_not_answered() {
    let text = acknowledged(&orders(&[GOOD]).replace('~', "~\n"), Form::X997).unwrap();
    assert!(text.ends_with("IEA*1*000000042~\n"), "{text}");
    let answer = acknowledged(&orders(&[GOOD]), Form::X997).unwrap();
    assert_eq!(acknowledged(&answer, Form::X997), None);
}

const UNB: &str = "UNB+UNOC:3+ACME:14+HUB:14+260105:0930+R7'";

#[test]
fn a_contrl_tells_messages_segments_and_elements() {
    let good = "UNH+1+ORDERS:D:96A:UN'BGM+220+P1+9'DTM+137:20260105:102'UNS+S'UNT+5+1'";
    let bad = "UNH+2+ORDERS:D:96A:UN'BGM+220+P2+9'DTM+137:2026:102'ZZZ+1'UNS+S'UNT+6+2'";
    let text = acknowledged(&format!("{UNB}{good}{bad}UNZ+2+R7'"), Form::X997).unwrap();
    let want = "UNB+UNOC:3+HUB:14+ACME:14+260106:0800+42'UNH+1+CONTRL:D:3:UN'UCI+R7+ACME:14+HUB:14+7'\
        UCM+1+ORDERS:D:96A:UN+7'UCM+2+ORDERS:D:96A:UN+4'UCS+3'UCD+12+2:2'UCS+4+15'UNT+8+1'UNZ+1+42'";
    assert_eq!(text, want);
    let text = acknowledged(&format!("{UNB}{good}UNZ+1+R8'"), Form::X997).unwrap();
    assert!(text.contains("UCI+R7+ACME:14+HUB:14+4+28+UNZ+3'UNT+3+1'"), "{text}");
}

#[test]
fn what_was_refused_whole_is_rejected_whole() {
    let text = orders(&[GOOD]);
    let found = interchange::read(text.as_bytes()).unwrap();
    let verdicts = [Verdict { faults: Vec::new(), refused: true }];
    let stamp = Stamp { date: "20260106".into(), time: "0800".into(), control: 1 };
    let written = write(found.first().unwrap(), &verdicts, Form::X997, &stamp).unwrap().unwrap();
    let written = String::from_utf8(written).unwrap();
    assert!(written.contains("AK2*850*0001~AK5*R~AK9*R*1*1*0~"), "{written}");
}

/// Addresses that are no UTF-8 go back as they came: a partner could not find
/// itself under a replacement character.
#[test]
fn addresses_go_back_byte_by_byte() {
    let stamp = || Stamp { date: "20260106".into(), time: "0800".into(), control: 1 };
    let bytes = |text: &str| -> Vec<u8> {
        text.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect()
    };
    let answer = |input: &[u8]| {
        let found = interchange::read(input).unwrap();
        let written = write(found.first().unwrap(), &[], Form::X997, &stamp()).unwrap().unwrap();
        written.into_iter().map(char::from).collect::<String>()
    };
    let text = answer(&bytes(
        &orders(&[GOOD]).replace("ACME ", "ACM\u{C9} ").replace("*ACME*", "*ACM\u{C9}*"),
    ));
    assert!(text.contains("*08*HUB            *ZZ*ACM\u{C9}           *"), "{text}");
    assert!(text.contains("GS*FA*HUB*ACM\u{C9}*"), "{text}");
    let good = "UNH+1+ORDERS:D:96A:UN'BGM+220+P1+9'DTM+137:20260105:102'UNS+S'UNT+5+1'";
    let text = answer(&bytes(&format!("{UNB}{good}UNZ+1+R7'").replace("ACME", "ACM\u{C9}")));
    assert!(text.contains("+HUB:14+ACM\u{C9}:14+260106"), "{text}");
    assert!(text.contains("UCI+R7+ACM\u{C9}:14+HUB:14+7'"), "{text}");
}
