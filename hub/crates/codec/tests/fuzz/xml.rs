//! Any bytes as documents of XML layouts. The first byte chooses the layout.

use std::path::Path;

use codec::{
    charset::Policy,
    layout::{Layout, xml_to_json},
    rows::{Row, Rows},
};

const LOSSLESS: &str = "layout: t\nversion: 1\nformat: xml\ncharset: { name: utf-8, bom: refused }\n\
     lossless: true\nindent: 1\nnamespaces: { p: \"urn:p\" }\nrecord: /p:r/p:a\ncolumns:\n\
     - { name: from, path: /p:r/p:h/@from, trim: none }\n- { name: n, path: \"@n\", type: integer }\n\
     - { name: t, path: p:b/p:c, trim: none }\n- { group: g }\n- { name: e, path: p:e, exists: true }\n\
     groups: [{ name: g, each: p:g/p:l, columns: [{ name: x, path: ., empty: element, trim: none }] }]\n";
const ENVELOPE: &str = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nsoap: any\n\
     encodings: [cp932, euc-jp, iso-2022-jp, utf-16]\nnamespaces: { \"\": \"urn:o\" }\n\
     record: /soap:Envelope/soap:Body/Order\ncolumns:\n\
     - { name: sender, path: /soap:Envelope/soap:Header/Sender }\n- { name: no, path: \"@no\", personal: true }\n\
     - { name: day, path: Day, type: date, format: YYYY-MM-DD }\n\
     - { name: net, path: 'Sum[@c=\"JPY\"]/V', type: decimal, scale: 2 }\n\
     groups:\n- { name: sold, each: 'L[Sale][@k]', max: 9, columns: [{ name: item, path: Sale/I }, { name: k, path: \"@k\" }] }\n\
     - { name: back, each: 'L[Kind=\"R\"]', columns: [{ name: item, path: I }] }\n";
const MIXED: &str = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nmixed: keep\nrecord: /r/b/a\n\
     columns: [{ name: up, path: ../@u }, { name: t, path: c }]\n";
const LAYOUTS: [&str; 3] = [LOSSLESS, ENVELOPE, MIXED];

fn texts(rows: &Rows, row: &Row, out: &mut Vec<String>) {
    out.extend(row.cells.iter().map(|it| rows.text_of(*it).to_owned()));
    for group in &row.groups {
        out.push(format!("{} rows", group.len()));
        group.iter().for_each(|it| texts(rows, it, out));
    }
}

fn all(rows: &Rows) -> Vec<String> {
    let mut out = Vec::new();
    rows.rows.iter().for_each(|it| texts(rows, it, &mut out));
    out
}

fn run(input: &[u8]) -> u64 {
    let [choice, bytes @ ..] = input else { return 0 };
    let choice = usize::from(*choice) % LAYOUTS.len();
    let text = LAYOUTS.get(choice).expect("there is one");
    let layout = Layout::parse("t", text).expect("a layout");
    let rows = match layout.read(bytes) {
        Ok(rows) => rows,
        Err(fault) => return mutate::kind((choice, fault.code)),
    };
    let length = u64::try_from(bytes.len()).expect("fits");
    for fault in &rows.faults {
        assert!(fault.offset + fault.length <= length, "{fault:?}");
    }
    // A document that a layout reads is one for everybody.
    let utf_8 = std::str::from_utf8(bytes).is_ok_and(|it| !it.contains("encoding"));
    assert!(!utf_8 || xml_to_json(bytes).is_some(), "seen as a document");
    if choice < 2 && !rows.rows.is_empty() {
        let written = layout.write(&rows, &Policy::exact());
        let written = written.expect("what is read can be written").bytes;
        let again = layout.read(&written).expect("what is written can be read");
        assert_eq!(again.faults, Vec::new());
        assert_eq!(all(&again), all(&rows));
        assert!(!layout.is_lossless() || !rows.faults.is_empty() || written == bytes);
    }
    let fields = rows.faults.iter().flat_map(|it| &it.faults);
    let fields: Vec<&str> = fields.map(|it| it.expected.as_str()).collect();
    mutate::kind((choice, rows.records.min(5), fields))
}

#[test]
fn any_bytes_are_documents_or_faults() {
    let lossless = "\0<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:r xmlns:p=\"urn:p\">\n <p:h from=\"x&#x9;\"/>\n \
                    <p:a n=\"-1\">\n  <p:b>\n   <p:c>表&amp;&#xD;</p:c>\n  </p:b>\n  <p:g>\n   <p:l>1</p:l>\n   <p:l/>\n  \
                    </p:g>\n  <p:e/>\n </p:a>\n <p:a/>\n</p:r>\n";
    let envelope = "\u{1}<?xml version='1.0'?><e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'>\
                    <e:Header><Sender xmlns='urn:o'>s</Sender></e:Header><e:Body><Order xmlns='urn:o' no='1'>\
                    <Day>2026-01-05</Day><Sum c='JPY'><V>1.50</V></Sum><L k='2'><Sale><I><![CDATA[<]]></I></Sale></L>\
                    <L><Kind> R </Kind><I>b</I></L></Order></e:Body></e:Envelope>";
    let mixed = "\u{2}<r><b u='1'><a><c>x<i>y</i>z<!-- n --></c></a></b><?p i?></r>";
    let seeds = [lossless, envelope, mixed].map(|it| it.as_bytes().to_vec());
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/xml");
    let failure = mutate::run(&mutate::Target {
        name: "xml",
        corpus: &corpus,
        seeds: &seeds,
        tokens: &[
            "<!DOCTYPE r [<!ENTITY e 'x'>]>",
            "&e;",
            "&#x20BB7;",
            "&#0;",
            "&lt;",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "--",
            "<?p ?>",
            " xmlns='urn:o'",
            " xmlns:p=''",
            " a='1'",
            "/>",
            "</",
            "<L><Sale/></L>",
            " k=''",
            "<Order xmlns='urn:o'/>",
            " encoding='Shift_JIS'",
            "\u{FEFF}",
            "\r\n",
            "\t",
            "'",
            "\"",
        ],
        inputs: 4000,
        run,
    })
    .err();
    assert_eq!(failure.map(|it| it.to_string()), None);
}
