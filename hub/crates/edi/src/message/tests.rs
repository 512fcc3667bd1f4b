//! Orders and ship notices, good and with one thing wrong at a time.

use super::*;
use crate::{definition, interchange, marks::Dialect};

const ORDER: &str = "ST*850*0001~BEG*00*SA*PO-1**20260105~CUR*BY*JPY~REF*DP*099~DTM*002*20260110~\
    N1*ST*STORE 1*92*0001~N3*1-2-3~N4*TOKYO**1000001*JP~PO1*1*12*EA*980**UP*490123456789~PID*F****TEA~\
    PO1*2*3*CA*1200.5**UP*490123456796~CTT*2*15~SE*13*0001~";

fn x12(body: &str, kind: &str) -> (Vec<String>, Body) {
    let count = body.matches('~').count();
    let body = body.replace("SE*13*", &format!("SE*{count}*"));
    let group = match kind {
        "856" => "SH",
        _ => "PO",
    };
    let isa = "ISA*00*          *00*          *ZZ*ACME           *08*HUB            \
               *260105*0930*U*00401*000000007*0*P*>~";
    let text = format!("{isa}GS*{group}*A*B*20260105*0930*7*X*004010~{body}GE*1*7~IEA*1*7~");
    let found = interchange::read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    assert!(it.faults.is_empty(), "{:?}", it.faults);
    let definition = definition::find(Dialect::X12, kind, "004010").unwrap();
    let body = read(it, it.messages.first().unwrap(), &definition, &Options::default());
    let told =
        body.faults.iter().map(|it| format!("{} {} {}", it.code.name(), it.place(), it.found));
    (told.collect(), body)
}

fn order(from: &str, to: &str) -> Vec<String> {
    assert!(ORDER.contains(from), "{from}");
    x12(&ORDER.replace(from, to), "850").0
}

#[test]
fn a_good_order_has_no_faults_and_its_loops() {
    let (faults, body) = x12(ORDER, "850");
    assert!(faults.is_empty(), "{faults:?}");
    assert_eq!(body.root.loops("PO1").count(), 2);
    let first = body.root.loops("PO1").next().unwrap();
    assert_eq!(first.loops("PID").count(), 1);
    assert_eq!(body.root.loops("N1").next().unwrap().children.len(), 3);
}

#[test]
fn each_fault_names_segment_element_and_what_is_there() {
    let cases = [
        ("BEG*00*SA*PO-1", "BEG*00*SA*", "element-missing BEG03 in segment 2 "),
        ("BEG*00*", "BEG*99*", "unknown-code BEG01 in segment 2 99"),
        ("**20260105", "**20260230", "bad-date BEG05 in segment 2 20260230"),
        ("CUR*BY*JPY", "CUR*BY*YEN1", "too-long CUR02 in segment 3 YEN1"),
        ("REF*DP*099~", "REF*DP~", "element-condition REF02 in segment 4 "),
        ("DTM*002*20260110~", "DTM*002~", "element-condition DTM02 in segment 5 "),
        ("N1*ST*STORE 1*92*0001", "N1*ST*STORE 1*92", "element-condition N104 in segment 6 "),
        ("PO1*1*12*EA", "PO1*1*1A*EA", "bad-number PO102 in segment 9 1A"),
        ("PO1*1*12*EA", "PO1*1*12*QQ", "unknown-code PO103 in segment 9 QQ"),
        ("N4*TOKYO", "N4*TOKYO*A*B*C*D*E*F*G", "elements-too-many N407 in segment 8 F"),
        ("REF*DP*099", "REF*DP*0>9", "components-too-many REF02-2 in segment 4 9"),
        ("REF*DP*099~", "REF*DP*099~QTY*1~", "segment-unknown QTY in segment 5 QTY"),
        (
            "CTT*2*15~",
            "CTT*2*15~BEG*00*SA*X**20260105~",
            "segment-unexpected BEG in segment 13 BEG",
        ),
        ("BEG*00*SA*PO-1**20260105~", "", "segment-missing BEG in segment 2 CUR"),
        ("CUR*BY*JPY~", "CUR*BY*JPY~CUR*BY*USD~", "segment-too-often CUR in segment 4 "),
        ("REF*DP*099", "REF*DP*0\u{7}9", "bad-character REF02 in segment 4 0\\u{7}9"),
    ];
    for (from, to, want) in cases {
        let found = order(from, to);
        assert!(found.iter().any(|it| it == want), "{to}: {found:?}");
    }
}

#[test]
fn a_layout_may_know_more_codes_or_only_note_them() {
    let text = format!(
        "ISA*00*          *00*          *ZZ*ACME           *08*HUB            *260105*0930*U*00401*000000007*0*P*>~\
         GS*PO*A*B*20260105*0930*7*X*004010~{}GE*1*7~IEA*1*7~",
        ORDER.replace("12*EA", "12*QQ")
    );
    let found = interchange::read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    let definition = definition::find(Dialect::X12, "850", "004010").unwrap();
    let faults =
        |options: &Options| read(it, it.messages.first().unwrap(), &definition, options).faults;
    assert_eq!(faults(&Options::default()).len(), 1);
    let codes = BTreeMap::from([("355".to_owned(), vec!["QQ".to_owned()])]);
    assert!(faults(&Options { codes, ..Options::default() }).is_empty());
    let noted = faults(&Options { unknown_codes_noted: true, ..Options::default() });
    assert!(noted.iter().all(|it| it.note) && noted.len() == 1);
}

#[test]
fn levels_of_a_ship_notice_lie_below_each_other() {
    let notice = "ST*856*0001~BSN*00*S1*20260105*0930*0001~HL*1**S~TD1*CTN*2~HL*2*1*O~PRF*PO-1~HL*3*2*P~\
        MAN*GM*00349012345678901234~HL*4*3*I~LIN*1*UP*490123456789~SN1*1*12*EA~HL*5*2*P~HL*6*5*I~\
        LIN*2*UP*490123456796~SN1*2*3*CA~CTT*2~SE*13*0001~";
    let (faults, body) = x12(notice, "856");
    assert!(faults.is_empty(), "{faults:?}");
    let shipment = body.root.loops("HL").next().unwrap();
    assert_eq!(body.root.loops("HL").count(), 1);
    let order = shipment.loops("HL").next().unwrap();
    assert_eq!(order.loops("HL").count(), 2);
    assert!(order.loops("HL").all(|pack| pack.loops("HL").count() == 1));

    let (faults, _) = x12(&notice.replace("HL*6*5*I", "HL*6*9*I"), "856");
    assert_eq!(faults, ["hierarchy-broken HL02 in segment 13 9"]);
    let (faults, _) = x12(&notice.replace("HL*6*5*I", "HL*4*5*I"), "856");
    assert_eq!(faults, ["hierarchy-broken HL01 in segment 13 4"]);
}

fn edifact(release: &str, from: &str, to: &str) -> Vec<String> {
    let order = "UNH+1+ORDERS:D:96A:UN'BGM+220+PO-1+9'DTM+137:20260105:102'NAD+BY+4900000000017::9'\
        CUX+2:JPY:9'LIN+1++4901234567894:EN'IMD+F++:::TEA'QTY+21:12:PCE'PRI+AAA:980'LIN+2++4901234567900:EN'\
        QTY+21:3'UNS+S'CNT+2:2'UNT+14+1'";
    assert!(order.contains(from));
    let order = order.replace(from, to).replace("96A", release);
    let count = order.matches('\'').count();
    let text = format!("UNB+UNOC:3+A:14+B:14+260105:0930+R1'{order}UNZ+1+R1'")
        .replace("UNT+14", &format!("UNT+{count}"));
    let found = interchange::read(text.as_bytes()).unwrap();
    let it = found.first().unwrap();
    assert!(it.faults.is_empty(), "{:?}", it.faults);
    let message = it.messages.first().unwrap();
    let definition = definition::find(Dialect::Edifact, "ORDERS", &message.release).unwrap();
    let body = read(it, message, &definition, &Options::default());
    body.faults.iter().map(|it| format!("{} {} {}", it.code.name(), it.place(), it.found)).collect()
}

#[test]
fn edifact_orders_in_both_releases() {
    for release in ["96A", "01B"] {
        let found = edifact(release, "BGM", "BGM");
        assert!(found.is_empty(), "{release}: {found:?}");
    }
    let cases = [
        ("DTM+137:20260105:102", "DTM+137:2026015:102", "bad-date DTM01-2 in segment 3 2026015"),
        ("QTY+21:12:PCE", "QTY+21:1x:PCE", "bad-number QTY01-2 in segment 8 1x"),
        ("QTY+21:12:PCE", "QTY+:12:PCE", "element-missing QTY01-1 in segment 8 "),
        ("UNS+S'", "", "segment-missing UNS in segment 12 CNT"),
        ("UNS+S'", "UNS+X'", "unknown-code UNS01 in segment 12 X"),
        ("IMD+F", "ZZZ+F", "segment-unknown ZZZ in segment 7 ZZZ"),
    ];
    for (from, to, want) in cases {
        let found = edifact("96A", from, to);
        assert!(found.iter().any(|it| it == want), "{to}: {found:?}");
    }
}
