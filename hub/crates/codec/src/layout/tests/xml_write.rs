//! XML written: order, namespaces, attributes, what is empty, character sets; and
//! laws, that what is written is read as it was and what is lossless stays as it is.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::rows::{Cell, Row};

const ORDER: &str = "\
layout: t/order
version: 1
format: xml
charset: { name: utf-8, bom: refused }
lossless: true
indent: 2
namespaces: { o: \"urn:order\", \"\": \"urn:lines\" }
record: /o:Orders/o:Order
columns:
  - { name: sender, path: /o:Orders/@from }
  - { name: day, path: /o:Orders/o:Head/o:Day }
  - { name: no, path: '@no', trim: none }
  - { name: buyer, path: o:Buyer/o:Name, trim: none }
  - { name: buyer_code, path: o:Buyer/o:Name/@code, trim: none }
  - { value: \"1\", path: o:Buyer/@version }
  - { group: lines }
  - { name: net, path: 'o:Total[@type=\"net\"]', type: decimal, scale: 2 }
  - { name: gross, path: 'o:Total[@type=\"gross\"]', type: decimal, scale: 2 }
  - { name: urgent, path: o:Urgent, exists: true }
  - { name: note, path: o:Note, empty: element, trim: none }
  - { name: end, path: /o:Orders/o:End }
groups:
  - name: lines
    each: o:Lines/Line
    columns:
      - { name: item, path: Item, trim: none }
      - { name: quantity, path: Item/@quantity, type: integer }
";

const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<o:Orders xmlns:o="urn:order" xmlns="urn:lines" from="Fuji">
  <o:Head>
    <o:Day>5</o:Day>
  </o:Head>
  <o:Order no="1">
    <o:Buyer version="1">
      <o:Name code="&quot;a&#xA;">山田 &amp; &lt;子&gt;</o:Name>
    </o:Buyer>
    <o:Lines>
      <Line>
        <Item quantity="-2">茶</Item>
      </Line>
      <Line>
        <Item> 水&#xD;</Item>
      </Line>
    </o:Lines>
    <o:Total type="net">1.50</o:Total>
    <o:Total type="gross">2</o:Total>
    <o:Note/>
  </o:Order>
  <o:Order>
    <o:Urgent/>
    <o:Note>x</o:Note>
  </o:Order>
  <o:End>z</o:End>
</o:Orders>
"#;

static LAYOUT: LazyLock<Layout> = LazyLock::new(|| layout(ORDER));

#[test]
fn documents_are_written_in_the_order_of_the_layout() {
    rewrites(&LAYOUT, DOCUMENT.as_bytes());
    assert_eq!(LAYOUT.content_type(), "application/xml; charset=utf-8");
    let crlf = DOCUMENT.replace('\n', "\r\n");
    rewrites(&layout(&ORDER.replace("indent: 2", "indent: 2\nline_end: crlf")), crlf.as_bytes());
    let flat: String = DOCUMENT.lines().skip(1).map(str::trim_start).collect();
    rewrites(&layout(&ORDER.replace("indent: 2", "declaration: none")), flat.as_bytes());
}

#[test]
fn what_would_be_written_otherwise_is_a_fault_of_its_record() {
    let told = |from: &str, to: &str| {
        let rows = LAYOUT.read(DOCUMENT.replacen(from, to, 1).as_bytes()).map_err(|it| it.code)?;
        Ok(rows.faults.iter().map(|it| it.number).collect::<Vec<_>>())
    };
    for (from, to) in [
        ("&gt;</o:Name>", "></o:Name>"),
        ("no=\"1\"", "no='1'"),
        ("<o:Note/>", "<o:Note></o:Note>"),
        ("<o:Note/>", ""),
        ("<Line>", "<!-- 1 --><Line>"),
        ("2</o:Total>", "02</o:Total>"),
        ("<o:Note/>", "<o:Other/><o:Note/>"),
        ("山田", "<![CDATA[山田]]>"),
    ] {
        assert_eq!(told(from, to), Ok(vec![1]), "{from} {to}");
    }
    for (from, to) in [
        ("  <o:Head>", " <o:Head>"),
        ("</o:Order>\n  <o:Order>", "</o:Order>\n<o:Order>"),
        ("</o:Orders>\n", "</o:Orders>"),
        ("<?xml", "\u{FEFF}<?xml"),
    ] {
        let code = told(from, to).expect_err("the whole is refused");
        assert!(matches!(code, "not-lossless" | "bom"), "{from} {code}");
    }
    let fault =
        &LAYOUT.read(DOCUMENT.replace("no=\"1\"", "no='1'").as_bytes()).expect("reads").faults[0];
    let at = u64::try_from(DOCUMENT.find("\"1\"").expect("there")).expect("fits");
    assert_eq!(fault.faults[0].offset, Some(at));
    assert_eq!(
        LAYOUT.read(b"<o:Orders xmlns:o='urn:order'/>").expect_err("refused").code,
        "not-lossless"
    );
}

/// A record of one field with that text, as a layout with these keys writes it.
fn one(keys: &str, text: &str) -> Result<String, String> {
    let layout = layout(&format!(
        "layout: t\nversion: 1\nformat: xml\nrecord: /a\ncolumns: [{{ name: b, trim: none }}]\n{keys}"
    ));
    let mut rows = Rows::default();
    let cells = vec![cell(&mut rows, text)];
    rows.rows.push(Row { number: 1, cells, ..Row::default() });
    let written = layout.write(&rows, &layout.writing().policy);
    let written =
        written.map_err(|it| format!("{} {}", it[0].faults[0].found, it[0].faults[0].expected))?;
    if layout.writing().policy.substitute.is_none() {
        assert_eq!(all(&layout.read(&written.bytes).expect("reads")), [text]);
    }
    let text = layout.profile().decode(&written.bytes).expect("reads").into_owned();
    Ok(text.split_once("<b>").expect("b").1.split_once("</b>").expect("b").0.to_owned())
}

#[test]
fn characters_that_the_set_does_not_have_follow_the_policy() {
    assert_eq!(one("charset: cp932\n", "髙<㈱"), Ok("髙&lt;㈱".to_owned()));
    assert_eq!(one("charset: cp932\n", "𠮷"), Err("U+20BB7 characters of cp932".to_owned()));
    let numbers = "charset: cp932\ncharacter_references: true\n";
    assert_eq!(one(numbers, "𠮷野家〜"), Ok("&#x20BB7;野家&#x301C;".to_owned()));
    let substitute = "charset: { name: cp932, write: { unwritable: substitute } }\n";
    assert_eq!(one(substitute, "𠮷野家"), Ok("〓野家".to_owned()));
    let bad = "charset: { name: cp932, write: { unwritable: substitute, substitute: \"<\" } }\n";
    assert_eq!(one(bad, "𠮷"), Err("< a substitute without < & \"".to_owned()));
    assert_eq!(one("charset: utf-8\n", "\u{1}"), Err("\\u{1} characters that XML has".to_owned()));
    assert_eq!(one("charset: utf-16le\n", "表"), Ok("表".to_owned()));
    assert_eq!(one("charset: iso-2022-jp\n", "表a"), Ok("表a".to_owned()));
}

#[test]
fn records_that_do_not_fit_one_document_are_refused() {
    let rows = LAYOUT.read(DOCUMENT.as_bytes()).expect("reads");
    let mut other = rows.clone();
    other.rows[1].cells[0] = other.rows[0].cells[2];
    let told = LAYOUT.write(&other, &Policy::exact()).expect_err("another sender");
    assert_eq!((told[0].number, told[0].faults[0].field.as_str()), (2, "sender"));
    let few =
        layout(&ORDER.replace("    each: o:Lines/Line", "    each: o:Lines/Line\n    max: 1"));
    let told = few.write(&rows, &Policy::exact()).expect_err("two lines");
    let expected = told[0].faults[0].expected.as_str();
    assert_eq!((told[0].number, expected), (1, "at least 0 and at most 1"));
    let root = layout(
        "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nrecord: /a\ncolumns: [{ name: b }]\n",
    );
    assert!(root.write(&rows, &Policy::exact()).is_err(), "two records as one root");
    let soap = layout(
        "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nsoap: \"1.2\"\nnamespaces: { o: \"urn:o\" }\n\
         record: /soap:Envelope/soap:Body/o:Get\ncolumns:\n- { name: key, path: /soap:Envelope/soap:Header/o:Key }\n\
         - { name: id, path: o:Id }\n",
    );
    let mut rows = Rows::default();
    let cells = vec![cell(&mut rows, "k"), cell(&mut rows, "7")];
    rows.rows.push(Row { number: 1, cells, ..Row::default() });
    let written = soap.write(&rows, &Policy::exact()).expect("writes");
    let space = "xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\" xmlns:o=\"urn:o\"";
    assert_eq!(
        String::from_utf8_lossy(&written.bytes),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope {space}><soap:Header><o:Key>k</o:Key>\
             </soap:Header><soap:Body><o:Get><o:Id>7</o:Id></o:Get></soap:Body></soap:Envelope>"
        )
    );
    assert_eq!(soap.content_type(), "application/soap+xml; charset=utf-8");
    assert_eq!(all(&soap.read(&written.bytes).expect("reads")), ["k,7"]);
}

fn cell(rows: &mut Rows, text: &str) -> Cell {
    let start = narrow(rows.text.len());
    rows.text.push_str(text);
    Cell { start, end: narrow(rows.text.len()), offset: 0, length: 0 }
}

/// Any text that XML can have.
fn text() -> impl Strategy<Value = String> {
    "[ -~\t\n\r\u{85}\u{A0}-\u{FF}あ-ん一表髙\u{2028}𠮷<&>'\"\\]]{0,12}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_written_is_read_again(
        sender in "[!-~]{0,5}",
        records in prop::collection::vec(
            (text(), text(), text(), prop::collection::vec((text(), -99_i64..99), 0..3), 0_i64..999),
            1..4,
        ),
    ) {
        let mut rows = Rows::default();
        for (number, (no, buyer, note, lines, net)) in (1..).zip(&records) {
            let urgent = if net % 2 == 0 { "true" } else { "" };
            let net = format!("{}.{:02}", net / 100, net % 100);
            let cells = [&sender, "5", no, buyer, no, &net, "", urgent, note, "z"];
            let cells = cells.map(|it| cell(&mut rows, it)).to_vec();
            let lines = lines.iter().map(|(item, quantity)| {
                let cells = vec![cell(&mut rows, item), cell(&mut rows, &quantity.to_string())];
                Row { cells, ..Row::default() }
            });
            let groups = vec![lines.collect()];
            rows.rows.push(Row { number, cells, groups, ..Row::default() });
        }
        let written = LAYOUT.write(&rows, &Policy::exact()).expect("writes");
        let again = LAYOUT.read(&written.bytes).expect("reads");
        prop_assert_eq!(&again.faults, &Vec::new());
        prop_assert_eq!(all(&again), all(&rows));
    }

    #[test]
    fn lossless_documents_come_back(changes in prop::collection::vec((any::<u16>(), any::<u8>(), any::<u8>()), 0..4)) {
        let bytes = super::laws::mutate(DOCUMENT.as_bytes().to_vec(), &changes);
        let Ok(rows) = LAYOUT.read(&bytes) else { return Ok(()) };
        if !rows.faults.is_empty() {
            return Ok(());
        }
        let written = LAYOUT.write(&rows, &Policy::exact()).expect("what is read can be written");
        prop_assert_eq!(written.bytes, bytes);
    }
}

/// Goal: a value that is as its default is read as it was, also where its element or
/// attribute stands for another reason.
#[test]
fn a_default_is_left_out_only_with_its_element() {
    let head = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\ndeclaration: none\n\
                record: /a/b\ncolumns:\n- { name: no }\n";
    let quantity = "{ name: qty, path: Qty, type: integer, default: \"0\"";
    for (columns, cells, wanted) in [
        (format!("- {quantity} }}\n"), vec!["1", "0"], "<no>1</no>"),
        (
            format!("- {quantity} }}\n- {{ name: unit, path: Qty/@unit }}\n"),
            vec!["1", "0", "PCS"],
            "<no>1</no><Qty unit=\"PCS\">0</Qty>",
        ),
        (format!("- {quantity}, empty: element }}\n"), vec!["1", "0"], "<no>1</no>"),
        (format!("- {quantity}, empty: element }}\n"), vec!["1", ""], "<no>1</no><Qty/>"),
        (
            "- { name: net, path: 'T[@Type]' }\n- { name: type, path: 'T[@Type]/@Type', default: x }\n"
                .to_owned(),
            vec!["1", "5", "x"],
            "<no>1</no><T Type=\"x\">5</T>",
        ),
        (
            "- { name: net, path: T }\n- { name: type, path: 'T/@Type', default: x }\n".to_owned(),
            vec!["1", "5", "x"],
            "<no>1</no><T>5</T>",
        ),
    ] {
        let layout = layout(&format!("{head}{columns}"));
        let mut rows = Rows::default();
        let cells = cells.iter().map(|it| cell(&mut rows, it)).collect();
        rows.rows.push(Row { number: 1, cells, ..Row::default() });
        let written = layout.write(&rows, &Policy::exact()).expect("writes");
        let text = String::from_utf8(written.bytes).expect("UTF-8");
        assert_eq!(text.trim(), format!("<a><b>{wanted}</b></a>"));
        let read = layout.read(text.as_bytes()).expect("reads");
        assert_eq!(all(&read), all(&rows), "{text}");
    }
}
