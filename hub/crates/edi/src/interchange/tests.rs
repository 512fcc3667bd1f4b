//! Envelopes, good and broken, and what comes back when they are written again.

use super::*;
use proptest::prelude::*;

/// An interchange of X12 with that body between `GS` and `IEA`.
pub(crate) fn x12(body: &str) -> String {
    let isa = "ISA*00*          *00*          *ZZ*ACME           *08*HUB            \
               *260105*0930*U*00401*000000007*0*P*>~";
    format!("{isa}GS*PO*ACME*HUB*20260105*0930*7*X*004010~{body}GE*1*7~IEA*1*000000007~")
}

fn codes(text: &str) -> Vec<(&'static str, u64)> {
    let found = read(text.as_bytes()).unwrap();
    found.iter().flat_map(|it| it.faults.iter()).map(|it| (it.code.name(), it.offset)).collect()
}

#[test]
fn headers_tell_who_and_what() {
    let text = x12("ST*850*0001~BEG*00*SA*PO1**20260105~SE*3*0001~");
    let found = read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    assert_eq!((it.sender.id.as_str(), it.sender.qualifier.as_str()), ("ACME", "ZZ"));
    assert_eq!((it.receiver.id.as_str(), it.control.as_str()), ("HUB", "000000007"));
    assert_eq!(it.document.marks.component, b'>');
    assert_eq!(it.document.marks.repetition, None);
    let message = it.messages.first().unwrap();
    assert_eq!(
        (message.kind.as_str(), message.release.as_str(), message.group),
        ("850", "004010", 1)
    );
    assert_eq!(message.segments.len(), 3);
    assert!(it.faults.is_empty(), "{:?}", it.faults);

    let text = "UNA:+,?*'\r\nUNB+UNOC:4+ACME:14+HUB:14+20260105:0930+R7++++++1'\r\n\
                UNH+1+ORDERS:D:96A:UN'BGM+220+A?+1+9'UNT+3+1'UNZ+1+R7'";
    let found = read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    assert_eq!((it.document.marks.repetition, it.document.marks.decimal), (Some(b'*'), b','));
    assert_eq!((it.test, it.version.as_str()), (true, "4"));
    let message = it.messages.first().unwrap();
    assert_eq!((message.kind.as_str(), message.release.as_str()), ("ORDERS", "D.96A"));
    let segment = it.segments(message).get(1).unwrap();
    assert_eq!(it.document.word(segment, 2, 1), "A+1");
    assert!(it.faults.is_empty(), "{:?}", it.faults);
}

#[test]
fn each_broken_envelope_is_told_with_its_place() {
    let message = "ST*850*0001~BEG*00*SA*P**20260105~SE*3*0001~";
    let good = x12(message);
    assert_eq!(codes(&good), []);
    let at = |part: &str| good.find(part).unwrap() as u64;
    let cases = [
        (
            good.replace("IEA*1*000000007", "IEA*1*000000008"),
            "control-mismatch",
            at("000000007~") + 107 - 17,
        ),
        (good.replace("IEA*1*", "IEA*2*"), "count-mismatch", at("IEA*1") + 4),
        (good.replace("GE*1*7", "GE*1*8"), "group-control-mismatch", at("GE*1*7") + 5),
        (good.replace("GE*1*7", "GE*2*7"), "group-count-mismatch", at("GE*1*7") + 3),
        (good.replace("SE*3*", "SE*4*"), "message-count-mismatch", at("SE*3") + 3),
        (good.replace("SE*3*0001", "SE*3*0002"), "message-control-mismatch", at("SE*3") + 5),
        (good.replace("X*004010", "X*009990"), "release-unknown", at("004010")),
        (good.replace("GE*1*7~", ""), "group-trailer-missing", at("GE*1")),
        (good.replace("*00401*", "*00999*"), "version-unknown", at("00401")),
        (good.replace("IEA*1*000000007~", ""), "trailer-missing", at("IEA")),
        (good.replace("IEA*1*000000007~", "IEA*1*0000"), "truncated", at("IEA")),
        (good.replace("GE*1*7~", "GE*1*7~N1*ST*X~"), "out-of-place", at("IEA")),
    ];
    for (text, code, offset) in cases {
        let found = codes(&text);
        assert!(found.iter().any(|it| it.0 == code), "{code}: {found:?}");
        if code != "control-mismatch" {
            assert!(found.contains(&(code, offset)), "{code} at {offset}: {found:?}");
        }
    }
    let twice = x12(&message.repeat(2)).replace("GE*1*", "GE*2*");
    assert_eq!(codes(&twice).first().map(|it| it.0), Some("message-duplicate-control"));
}

#[test]
fn what_does_not_begin_as_an_interchange_is_refused() {
    for (text, code) in [
        ("", Code::NotEdi),
        ("hello", Code::NotEdi),
        ("UNA:+.? 'UNH+1'", Code::NotEdi),
        ("UNA++.? 'UNB+UNOC:3'", Code::MarksUnsound),
        ("ISA*00*short~", Code::HeaderLength),
    ] {
        assert_eq!(read(text.as_bytes()).map(|it| it.len()).unwrap_err().code, code, "{text}");
    }
    let open = "UNB+UNOC:3+A+B+260105:0930+1'UNH+1+ORDERS:D:96A:UN";
    let found = read(open.as_bytes()).unwrap();
    assert_eq!(found.first().unwrap().broken().unwrap().code, Code::Truncated);
}

#[test]
fn several_interchanges_may_follow_each_other() {
    let one = x12("ST*850*0001~BEG*00*SA*P**20260105~SE*3*0001~");
    let edifact = "UNB+UNOC:3+A+B+260105:0930+1'UNH+1+ORDERS:D:96A:UN'UNT+2+1'UNZ+1+1'\n";
    let text = format!("{one}\r\n{edifact}{one}");
    let found = read(text.as_bytes()).unwrap();
    assert_eq!(found.len(), 3);
    let again: Vec<u8> = found.iter().flat_map(|it| it.rewrite().unwrap()).collect();
    assert_eq!(String::from_utf8(again).unwrap(), text);
}

/// A value with all that marks could cut, and bytes beyond ASCII.
fn value() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![b' '..=b'~', Just(0xE9_u8), Just(b'?'), Just(b'\'')],
        0..12,
    )
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        values in proptest::collection::vec(proptest::collection::vec(value(), 1..4), 1..6),
        after in prop_oneof![Just(""), Just("\n"), Just("\r\n")],
    ) {
        let mut draft = Draft::new(b"FTX");
        for (element, parts) in (1..).zip(&values) {
            for (component, part) in (1..).zip(parts) {
                draft.push((element, 1, component), part.clone());
            }
        }
        let mut all = vec![
            Draft::of("UNB", &["UNOC"]),
            Draft::of("UNH", &["1"]),
            draft,
            Draft::of("UNT", &["3", "1"]),
            Draft::of("UNZ", &["1", "1"]),
        ];
        all.iter_mut().for_each(|it| it.after = after.as_bytes().to_vec());
        let style = Style { dialect: Dialect::Edifact, marks: Marks::EDIFACT, una: true };
        let bytes = style.write(&all, after.as_bytes()).unwrap();
        let found = read(&bytes).unwrap();
        let it = found.first().unwrap();
        prop_assert_eq!(it.drafts(), all);
        prop_assert_eq!(it.rewrite().unwrap(), bytes);
    }

    #[test]
    fn any_cut_of_an_interchange_is_told_or_read(at in 0_usize..260, byte in any::<u8>()) {
        let mut bytes = x12("ST*850*0001~BEG*00*SA*PO1**20260105~SE*3*0001~").into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(found) = read(&bytes) {
            let again: Vec<u8> = found.iter().flat_map(|it| it.rewrite().unwrap()).collect();
            prop_assert!(bytes.starts_with(&again));
        }
    }
}

#[test]
fn a_flood_of_faults_refuses_the_interchange() {
    let header = "UNB+UNOC:3+A+B+260101:0000+1'";
    let text = format!("{header}{}", "UNH+1+X:D:96A:UN'UNT+9+2'".repeat(42_000));
    let found = read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    assert_eq!(it.faults.iter().count(), FAULTS_MAX + 1);
    assert_eq!(it.broken().map(|it| it.code), Some(Code::TooLarge));
    assert!(it.messages.len() < FAULTS_MAX, "{}", it.messages.len());

    // Spread over interchanges it is the same: the last that is read is refused.
    let one = format!("{header}UNH+1+X:D:96A:UN'UNT+9+2'UNZ+1+1'");
    let text = one.repeat(9_000);
    let found = read(text.as_bytes()).unwrap();
    assert_eq!(found.len(), FAULTS_MAX / 2 + 1);
    let (last, others) = found.split_last().unwrap();
    assert_eq!(last.broken().map(|it| it.code), Some(Code::TooLarge));
    assert!(others.iter().all(|it| it.broken().is_none()));
}

#[test]
fn a_message_has_the_faults_of_itself_and_its_group() {
    let group = |control, body| format!("GS*PO*A*B*20260105*0930*{control}*X*004010~{body}");
    let body = "ST*850*1~SE*9*1~ST*850*01~SE*2*3~";
    let text = x12("").replace("GS*PO*ACME*HUB*20260105*0930*7*X*004010~GE*1*7~", "@");
    let text = text.replace(
        '@',
        &format!(
            "{}GE*3*8~{}GE*0*7~{}GE*2*5~",
            group("7", body),
            group("07", ""),
            group("5", body)
        ),
    );
    let found = read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    let told = |message: &Message| {
        it.faults_on(message).map(|it| it.code.name()).collect::<Vec<_>>().join(" ")
    };
    let own = ["message-count-mismatch", "message-duplicate-control message-control-mismatch"];
    let of_group = "group-count-mismatch group-control-mismatch";
    let want = [
        format!("{of_group} {}", own[0]),
        format!("{of_group} {}", own[1]),
        own[0].to_owned(),
        own[1].to_owned(),
    ];
    assert_eq!(it.messages.iter().map(told).collect::<Vec<_>>(), want);
    let second = it.faults.on_group(2).map(|it| it.code.name()).collect::<Vec<_>>();
    assert_eq!(second, ["group-duplicate-control"]);
}
