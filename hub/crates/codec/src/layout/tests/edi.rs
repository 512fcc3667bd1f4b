//! Orders, ship notices and invoices as rows, and rows as messages.

mod masked;

use super::*;
use canon::clock::Timestamp;

const ORDER: &str = "
layout: t/order
version: 1
format: x12
message: '850'
release: ['004010', '005010']
unknown_codes: refuse
codes: { '355': [QQ] }
ignore: ['864']
columns:
  - { name: sender, path: ISA06 }
  - { name: receiver, path: ISA08 }
  - { name: interchange_date, path: ISA09 }
  - { name: interchange_time, path: ISA10 }
  - { name: control, path: ISA13 }
  - { name: purpose, path: BEG01 }
  - { name: kind, path: BEG02 }
  - { name: number, path: BEG03, required: true }
  - { name: date, path: BEG05 }
  - { name: wanted, path: 'DTM[01=002]02' }
  - { name: store, path: 'N1[01=ST]04' }
  - { value: '92', path: 'N1[01=ST]03' }
  - { name: city, path: 'N1[01=ST]/N401', personal: true }
  - { name: charge, path: 'SAC[01=C]05' }
  - { value: ZZZZ, path: 'SAC[01=C]02' }
  - { count: lines, path: CTT01 }
  - { sum: lines.quantity, path: CTT02 }
groups:
  - name: lines
    each: PO1
    min: 1
    columns:
      - { name: line, path: PO101 }
      - { name: quantity, path: PO102, type: integer }
      - { name: unit, path: PO103 }
      - { name: price, path: PO104 }
      - { name: buyer_item, path: 'PO1[06+=IN]' }
      - { name: gtin, path: 'PO1[06+=UP]' }
      - { name: title, path: PO1/PID05 }
      - { value: F, path: PO1/PID01 }
";

/// The same with the steps as they are in a group: from its own loop.
fn order() -> Layout {
    layout(&ORDER.replace("PO1/PID", "PID"))
}

fn input(body: &str) -> String {
    let isa = "ISA*00*          *00*          *ZZ*ACME           *ZZ*HUB            \
               *260105*0930*U*00401*000000007*0*P*:~";
    let count = body.matches('~').count() + 2;
    format!(
        "{isa}GS*PO*ACME*HUB*20260105*0930*7*X*004010~ST*850*0001~{body}SE*{count}*0001~GE*1*7~IEA*1*000000007~"
    )
}

const BODY: &str = "BEG*00*SA*PO-1**20260105~SAC*C*ZZZZ***1250~DTM*002*20260110~N1*ST**92*0099~N4*OSAKA~\
    PO1*1*12*EA*980**UP*490123456789*IN*A-1~PID*F****TEA~PO1*2*3*QQ*1200.5**IN*B-2~CTT*2*15~";

/// All cells of a record, groups in brackets.
fn texts(rows: &Rows, row: &crate::rows::Row) -> String {
    let mut out: Vec<String> = row.cells.iter().map(|it| rows.text_of(*it).to_owned()).collect();
    for group in &row.groups {
        let lines: Vec<String> = group.iter().map(|it| texts(rows, it)).collect();
        out.push(format!("[{}]", lines.join(";")));
    }
    out.join("|")
}

fn row(layout: &Layout, text: &str) -> Vec<String> {
    let rows = layout.read(text.as_bytes()).unwrap_or_else(|it| panic!("{it}"));
    let faults = rows.faults.iter().flat_map(|it| &it.faults);
    let faults = faults.map(|it| format!("{}: {} / {}", it.field, it.found, it.expected));
    rows.rows.iter().map(|it| texts(&rows, it)).chain(faults).collect()
}

#[test]
fn an_order_is_a_record_with_its_lines() {
    assert_eq!(
        row(&order(), &input(BODY)),
        ["ACME|HUB|260105|0930|000000007|00|SA|PO-1|20260105|20260110|0099|OSAKA|12.50|\
          [1|12|EA|980|A-1|490123456789|TEA;2|3|QQ|1200.5|B-2||]"]
    );
}

#[test]
fn what_is_read_is_written_again() {
    let layout = order();
    let text = input(BODY);
    let rows = layout.read(text.as_bytes()).unwrap();
    let written = layout.write(&rows, &Policy::exact()).unwrap_or_else(|it| panic!("{it:#?}"));
    let written = String::from_utf8(written.bytes).unwrap();
    // Pairs come in the order of the layout.
    let body = BODY.replace("UP*490123456789*IN*A-1", "IN*A-1*UP*490123456789");
    assert_eq!(written, input(&body));
    assert_eq!(row(&layout, &written), row(&layout, &text));
}

#[test]
fn a_hash_total_of_x12_sums_the_digits_that_the_message_has() {
    let body = BODY.replace("*12*EA", "*12.00*EA");
    let stated = body.replace("CTT*2*15", "CTT*2*1203");
    let rows = order().read(input(&stated).as_bytes()).unwrap();
    assert_eq!((rows.faults.as_slice(), rows.rows.len()), (&[][..], 1));
    assert_eq!(row(&order(), &input(&body)), ["CTT02: 15 / 1203, as there are"]);
    // `12.5` is written without its point, as 1250.
    let fee = "- { name: fee, path: SAC05 }\n      - { value: C, path: SAC01 }\n      \
               - { value: ZZZZ, path: SAC02 }\n      - { name: unit,";
    let fees = ORDER.replace("PO1/PID", "PID").replace("lines.quantity", "lines.fee");
    let fees = layout(&fees.replace("- { name: unit,", fee));
    let body = BODY.replace("*TEA~", "*TEA~SAC*C*ZZZZ***1250~").replace("*2*15~", "*2*1250~");
    let mut rows = fees.read(input(&body).as_bytes()).unwrap();
    let at = u32::try_from(rows.text.len()).unwrap();
    rows.text.push_str("12.5");
    let cell = &mut rows.rows[0].groups[0][0].cells[2];
    (cell.start, cell.end) = (at, at + 4);
    let written = fees.write(&rows, &Policy::exact()).unwrap_or_else(|it| panic!("{it:#?}"));
    let written = String::from_utf8(written.bytes).unwrap();
    assert!(written.contains("***1250~") && written.contains("CTT*2*1250~"), "{written}");
}

#[test]
fn one_thing_wrong_is_one_fault() {
    let cases = [
        ("PO-1", "", "BEG03 in segment 2: element-missing: nothing / a value: it is mandatory"),
        ("CTT*2", "CTT*3", "CTT01: 3 / 2, as there are"),
        ("CTT*2*15", "CTT*2*999", "CTT02: 999 / 15, as there are"),
        // What the layout knows is not another thing.
        ("PID*F****TEA", "PID*S**VI*1", "PID01: S / F"),
        ("*C*ZZZZ*", "*C*D240*", "SAC[01=C]02: D240 / ZZZZ"),
        (
            "PO1*1*12*EA",
            "PO1*1*12.5*EA",
            "quantity: 12.5 / a number with at most 0 digits behind the point",
        ),
        ("*QQ*", "*XX*", "PO103 in segment 9: unknown-code: XX / a code of element 355"),
        ("N4*OSAKA~", "N4*OSAKA~N1*ST**92*0098~", "store: N1[01=ST]04 2 times / it at most once"),
        (
            "*UP*",
            "**",
            "PO106 in segment 7: element-condition: nothing / all of the elements 06, 07, or none",
        ),
    ];
    for (from, to, want) in cases {
        assert!(BODY.contains(from), "{from}");
        assert_eq!(row(&order(), &input(&BODY.replace(from, to))), [want], "{to}");
    }
    let other = input(BODY).replace("ST*850*", "ST*860*");
    assert_eq!(
        row(&order(), &other),
        [
            "ST01 in segment 1: message-unsupported: 860 in 004010 / a 850 in 004010 or 850 in 005010"
        ]
    );
}

#[test]
fn envelopes_that_cannot_be_trusted_refuse_all() {
    let text = input(BODY);
    let fault = |text: &str| order().read(text.as_bytes()).unwrap_err().to_string();
    let found = fault(&text.replace("IEA*1*", "IEA*2*"));
    assert!(
        found.contains("count-mismatch IEA01") && found.contains("expected 1, the groups"),
        "{found}"
    );
    assert!(fault("UNB+UNOC:3+A+B+260105:0930+1'UNZ+0+1'").contains("another standard"));
    assert!(fault("hello").contains("not-edi"));
    let note = text.replace("ST*850*", "ST*864*").replace("GS*PO", "GS*TX");
    assert_eq!(row(&order(), &note), Vec::<String>::new());
}

#[test]
fn what_partners_answer_is_told_beside_the_records() {
    let said = |body: &str| {
        let text = input(body).replace("ST*850*", "ST*997*").replace("GS*PO", "GS*FA");
        order().read(text.as_bytes()).unwrap()
    };
    let rows = said("AK1*PR*42~AK2*855*0001~AK5*R*5~AK9*R*1*1*0~");
    let [told] = rows.told.as_slice() else { panic!("{rows:?}") };
    assert_eq!((told.number, told.offset, rows.records), (1, 146, 1));
    assert_eq!((told.control.as_str(), told.rejected), ("42", true));
    assert_eq!(told.why, "AK5*R*5 AK9*R*1*1*0");
    // One that does not say what it is about is set aside, as any bad record.
    let rows = said("AK9*A*1*1*1~");
    assert_eq!((rows.told.len(), rows.faults.len(), rows.records), (0, 1, 1));
    assert_eq!(rows.faults[0].faults[0].expected, "AK1 in it");
}

/// A release that the partner and we have not agreed on: X12 refuses the group for it,
/// EDIFACT the message, and both say where it stands.
#[test]
fn another_release_is_refused_where_it_is_said() {
    let at = Timestamp::from_ms(1_767_600_000_000);
    let answer = |layout: &Layout, text: &str| {
        let found = layout.acknowledge(text.as_bytes(), false, at, &[42]).unwrap();
        String::from_utf8(found.bytes).unwrap()
    };
    let older = input(BODY).replace("X*004010", "X*003070");
    let want =
        "GS08 in segment 2: release-unknown: 850 in 003070 / a 850 in 004010 or 850 in 005010";
    assert_eq!(row(&order(), &older), [want]);
    assert_eq!(order().read(older.as_bytes()).unwrap().faults[0].faults[0].offset, Some(139));
    let text = answer(&order(), &older);
    assert!(text.contains("AK2*850*0001~AK5*R~AK9*R*1*1*0*2~"), "{text}");
    let orders = layout(ORDERS);
    let text = "UNB+UNOC:3+A+B+260105:0930+R7'UNH+1+ORDERS:D:97A:UN'BGM+220+P1+9'UNT+3+1'UNZ+1+R7'";
    let text = answer(&orders, text);
    assert!(text.contains("UCM+1+ORDERS:D:97A:UN+4+17+UNH+3:3'"), "{text}");
    // An envelope around the message that does not count: where, too.
    let text = "UNB+UNOC:3+A+B+260105:0930+R7'UNH+1+ORDERS:D:96A:UN'BGM+220+P1+9'UNT+4+1'UNZ+1+R7'";
    let text = answer(&orders, text);
    assert!(text.contains("UCM+1+ORDERS:D:96A:UN+4+29+UNT+2'"), "{text}");
}

/// A code of no list, and a day that is none: segment, element and what stands there.
#[test]
fn a_wrong_code_is_told_with_its_place() {
    let at = Timestamp::from_ms(1_767_600_000_000);
    let answer = |layout: &Layout, text: &str| {
        let found = layout.acknowledge(text.as_bytes(), false, at, &[42]).unwrap();
        String::from_utf8(found.bytes).unwrap()
    };
    for (from, to, want) in [
        ("*QQ*", "*XX*", "AK3*PO1*9*PO1*8~AK4*3*355*7*XX~AK5*R*5~"),
        // What no field reads may be personal: the place is told, the value is not.
        ("DTM*002*", "DTM*0X2*", "AK3*DTM*4**8~AK4*1*374*7~AK5*R*5~"),
        ("BEG*00*SA", "BEG*0X*SA", "AK3*BEG*2**8~AK4*1*353*7*0X~AK5*R*5~"),
        ("N1*ST**92*0099", "N1*ST", "AK3*N1*5*N1*8~"),
    ] {
        let text = answer(&order(), &input(&BODY.replace(from, to)));
        assert!(text.contains(want), "{to}: {text}");
    }
    let orders = layout(&ORDERS.replace("version: 1", "version: 1\nunknown_codes: refuse"));
    for (from, to, want) in [
        ("+9'", "+99'", "UCM+1+ORDERS:D:96A:UN+4'UCS+2'UCD+12+4'"),
        (":102", ":1X2", "UCM+1+ORDERS:D:96A:UN+4'UCS+3'UCD+12+2:3'"),
    ] {
        let good = "UNB+UNOC:3+A+B+260105:0930+R7'UNH+1+ORDERS:D:96A:UN'BGM+220+P1+9'\
                    DTM+137:20260105:102'LIN+1'UNS+S'UNT+6+1'UNZ+1+R7'";
        let text = answer(&orders, &good.replace(from, to));
        assert!(text.contains(want), "{to}: {text}");
    }
}

#[test]
fn a_flood_of_bad_envelopes_is_refused_whole() {
    let layout = layout(ORDERS);
    let messages = "UNH+1+X:D:96A:UN'UNT+9+2'".repeat(42_000);
    let text = format!("UNB+UNOC:3+A+B+260101:0000+1'{messages}");
    let fault = layout.read(text.as_bytes()).unwrap_err().to_string();
    assert!(fault.contains("too-large") && fault.contains("at most 5000 faults"), "{fault}");
    // A group without messages has nobody else to tell its fault.
    let text = input(BODY).replace("GE*1*7~", "GE*1*7~GS*PO*A*B*20260105*0930*8*X*004010~GE*1*8~");
    let fault = order().read(text.replace("IEA*1", "IEA*2").as_bytes()).unwrap_err().to_string();
    assert!(fault.contains("group-count-mismatch"), "{fault}");
}

#[test]
fn a_byte_that_is_no_character_is_a_fault_of_an_envelope_too() {
    let mut bytes = input(BODY).into_bytes();
    let at = bytes.windows(4).position(|it| it == b"ACME").unwrap();
    bytes[at + 1] = 0xE9;
    let rows = order().read(&bytes).unwrap();
    assert!(rows.rows.is_empty());
    let fault = &rows.faults[0].faults[0];
    assert_eq!((fault.field.as_str(), fault.found.as_str()), ("sender", "byte E9"));
}

#[test]
fn envelopes_are_written_as_they_are_given() {
    let text = ORDER.replace("PO1/PID", "PID").replace(
        "columns:\n  - { name: sender,",
        "columns:\n  - { name: grant, path: ISA01 }\n  - { name: pass, path: ISA02 }\n  \
         - { value: '01', path: ISA03 }\n  - { value: KEY, path: ISA04 }\n  \
         - { name: marks, path: ISA11 }\n  - { name: day, path: GS04 }\n  \
         - { name: hour, path: GS05 }\n  - { name: sender,",
    );
    let layout = layout(&text);
    let given = input(BODY).replace("ISA*00*          *", "ISA*03*MYSELF    *");
    let rows = layout.read(given.as_bytes()).unwrap();
    let written = |from: &str, to: &str| {
        let mut rows = rows.clone();
        assert_eq!(from.len(), to.len());
        rows.text = rows.text.replacen(from, to, 1);
        let written = layout.write(&rows, &Policy::exact());
        written.map(|it| String::from_utf8(it.bytes).unwrap()).map_err(|it| {
            let fault = it[0].faults[0].clone();
            format!("{}: {} / {}", fault.field, fault.found, fault.expected)
        })
    };
    let isa = "ISA*03*MYSELF    *01*KEY       *ZZ*ACME ";
    assert!(written("MYSELF", "MYSELF").unwrap().starts_with(isa));
    assert_eq!(rows.text.find("03MYSELFU20260105"), Some(0), "{}", rows.text);
    for (from, to, fault) in [
        ("U", "^", "ISA.11.1: ^ / U, as this layout writes it"),
        ("20260105", "20260230", "GS04: 20260230 / a date: YYYYMMDD"),
        ("0930ACME", "0960ACME", "GS05: 0960 / a time: HHMM, HHMMSS, HHMMSSD or HHMMSSDD"),
        ("HUB260105", "HUB26010x", "ISA09: 26010x / a date: YYMMDD or YYYYMMDD"),
        ("HUB2601050930", "HUB2601059930", "ISA10: 9930 / a time: HHMM"),
    ] {
        assert!(rows.text.contains(from), "{from} in {}", rows.text);
        assert_eq!(written(from, to), Err(fault.to_owned()));
    }
}

#[test]
fn what_cannot_be_written_is_told() {
    let layout = order();
    let rows = layout.read(input(BODY).as_bytes()).unwrap();
    let told = |from: &str, to: &str| {
        let mut rows = rows.clone();
        assert_eq!(from.len(), to.len());
        rows.text = rows.text.replace(from, to);
        let faults = layout.write(&rows, &Policy::exact()).unwrap_err();
        faults
            .iter()
            .flat_map(|it| &it.faults)
            .map(|it| format!("{}: {}", it.field, it.found))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("PO-1", "PO*1"), ["BEG03: PO*1"]);
    assert_eq!(told("OSAKA", "OS\u{3042}"), ["city: U+3042"]);
    assert_eq!(told("12.50", "1.255"), ["charge: 1.255"]);
}

const NOTICE: &str = "
layout: t/notice
version: 1
format: x12
message: '856'
release: '004010'
columns:
  - { name: sender, path: ISA06 }
  - { name: receiver, path: ISA08 }
  - { name: date, path: ISA09 }
  - { name: time, path: ISA10 }
  - { name: control, path: ISA13 }
  - { value: '00', path: BSN01 }
  - { name: number, path: BSN02 }
  - { name: day, path: BSN03 }
  - { name: hour, path: BSN04 }
groups:
  - name: shipments
    each: 'HL[03=S]'
    columns: [{ name: cartons, path: TD102 }, { value: CTN, path: TD101 }]
    groups:
      - name: orders
        each: 'HL[03=O]'
        columns: [{ name: order, path: PRF01 }]
        groups:
          - name: items
            each: 'HL[03=I]'
            columns:
              - { name: gtin, path: 'LIN[02+=UP]' }
              - { name: quantity, path: SN102 }
              - { name: unit, path: SN103 }
";

#[test]
fn levels_of_a_notice_are_groups_in_groups() {
    let layout = layout(NOTICE);
    let body = "BSN*00*S-1*20260106*1000~HL*1**S*1~TD1*CTN*2~HL*2*1*O*1~PRF*PO-1~HL*3*2*I*0~\
        LIN**UP*490123456789~SN1**12*EA~HL*4*1*O*1~PRF*PO-2~HL*5*4*I*0~LIN**UP*490123456796~SN1**3*CA~";
    let text = input(body).replace("GS*PO", "GS*SH").replace("ST*850", "ST*856");
    let want = "ACME|HUB|260105|0930|000000007|S-1|20260106|1000|[2|[PO-1|[490123456789|12|EA];PO-2|[490123456796|3|CA]]]";
    assert_eq!(row(&layout, &text), [want]);
    let rows = layout.read(text.as_bytes()).unwrap();
    let written = layout.write(&rows, &Policy::exact()).unwrap_or_else(|it| panic!("{it:#?}"));
    assert_eq!(String::from_utf8(written.bytes).unwrap(), text);
}

const ORDERS: &str = "
layout: t/orders
version: 1
format: edifact
message: ORDERS
release: [D.96A, D.01B]
line_break: crlf
columns:
  - { name: sender, path: UNB.2.1 }
  - { name: receiver, path: UNB.3.1 }
  - { name: date, path: UNB.4.1 }
  - { name: time, path: UNB.4.2 }
  - { name: control, path: UNB.5 }
  - { value: '220', path: BGM.1 }
  - { name: number, path: BGM.2 }
  - { value: '9', path: BGM.3 }
  - { name: ordered, path: 'DTM[1.1=137].1.2' }
  - { value: '102', path: 'DTM[1.1=137].1.3' }
  - { name: buyer, path: 'NAD[1=BY].2.1' }
  - { name: note, path: 'FTX[1=AAI].4.1' }
  - { name: currency, path: 'CUX.1.2' }
  - { value: '2', path: 'CUX.1.1' }
  - { value: '9', path: 'CUX.1.3' }
  - { value: S, path: UNS.1 }
  - { value: '2', path: 'CNT[1.1=2].1.1' }
  - { count: lines, path: 'CNT[1.1=2].1.2' }
groups:
  - name: lines
    each: LIN
    columns:
      - { name: line, path: LIN.1 }
      - { name: gtin, path: LIN.3.1 }
      - { value: EN, path: LIN.3.2 }
      - { value: '5', path: PIA.1 }
      - { name: seller_item, path: 'PIA[2+.2=SA].1' }
      - { name: buyer_item, path: 'PIA[2+.2=IN].1' }
      - { name: quantity, path: 'QTY[1.1=21].1.2', type: decimal, scale: 3 }
      - { name: price, path: 'PRI[1.1=AAA].1.2' }
";

#[test]
fn edifact_orders_are_read_and_written() {
    let layout = layout(ORDERS);
    let segments = [
        "UNA:+.? '",
        "UNB+UNOC:3+ACME+HUB+260105:0930+R7'",
        "UNH+1+ORDERS:D:96A:UN'",
        "BGM+220+PO?+1+9'",
        "DTM+137:20260105:102'",
        "FTX+AAI+++3 o?'clock, caf\u{e9}'",
        "NAD+BY+4900000000017'",
        "CUX+2:JPY:9'",
        "LIN+1++4901234567894:EN'",
        "PIA+5+S-1:SA+B-1:IN'",
        "QTY+21:12.5'",
        "PRI+AAA:980'",
        "LIN+2++4901234567900:EN'",
        "QTY+21:3'",
        "UNS+S'",
        "CNT+2:2'",
        "UNT+15+1'",
        "UNZ+1+R7'",
    ];
    let text: String = segments.iter().map(|it| format!("{it}\r\n")).collect();
    let bytes: Vec<u8> = text.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
    let rows = layout.read(&bytes).unwrap_or_else(|it| panic!("{it}"));
    assert!(rows.faults.is_empty(), "{:#?}", rows.faults);
    assert_eq!(
        texts(&rows, &rows.rows[0]),
        "ACME|HUB|260105|0930|R7|PO+1|20260105|4900000000017|3 o'clock, café|JPY|\
         [1|4901234567894|S-1|B-1|12.5|980;2|4901234567900|||3|]"
    );
    let cell = rows.rows[0].cells[5];
    assert_eq!(&bytes[cell.offset as usize..][..cell.length as usize], b"PO?+1");
    let written = layout.write(&rows, &Policy::exact()).unwrap_or_else(|it| panic!("{it:#?}"));
    assert_eq!(String::from_utf8_lossy(&written.bytes), String::from_utf8_lossy(&bytes));
}

#[test]
fn the_sender_is_told_what_became_of_its_messages() {
    let at = Timestamp::from_ms(1_767_600_000_000);
    let text = |input: &str, refused| {
        let found = order().acknowledge(input.as_bytes(), refused, at, &[42]);
        found.map(|it| String::from_utf8(it.bytes).unwrap())
    };
    let good = text(&input(BODY), false).unwrap();
    assert!(good.contains("*260105*0800*U*00401*000000042*0*P*:~"), "{good}");
    assert!(good.contains("AK2*850*0001~AK5*A~AK9*A*1*1*1~"), "{good}");
    assert!(text(&input(BODY), true).unwrap().contains("AK5*R~AK9*R*1*1*0~"));
    let bad = text(&input(&BODY.replace("PO-1", "")), false).unwrap();
    assert!(bad.contains("AK3*BEG*2**8~AK4*3*324*1~AK5*R*5~"), "{bad}");
    // What only the layout wants has no word in a 997.
    let bad = text(&input(&BODY.replace("CTT*2", "CTT*3")), false).unwrap();
    assert!(bad.contains("AK2*850*0001~AK5*R~"), "{bad}");
    assert_eq!(text("hello", false), None);
}

#[test]
fn faults_of_edi_layouts_have_codes() {
    let code = |from: &str, to: &str| {
        assert!(ORDER.contains(from), "{from}");
        let text = ORDER.replace("PO1/PID", "PID").replace(from, to);
        Layout::parse("t", &text)
            .map(|_| ())
            .unwrap_err()
            .iter()
            .map(|it| it.code)
            .collect::<Vec<_>>()
    };
    assert_eq!(code("'850'", "'851'"), ["L19"]);
    assert_eq!(code("'005010'", "'003010'"), ["L19"]);
    assert_eq!(code("BEG05", "BEG15"), ["L16"]);
    assert_eq!(code("BEG05", "BSN03"), ["L16"]);
    assert_eq!(code("BEG05", "BEG"), ["L16"]);
    assert_eq!(code("each: PO1", "each: LIN"), ["L16"]);
    assert_eq!(code("count: lines", "count: rows"), ["L04", "Y11"]);
    assert_eq!(code("name: kind", "name: purpose"), ["L03"]);
}
