//! XML documents as rows: namespaces, groups, and what is refused.

use super::*;

const POSLOG: &str = include_str!("poslog.layout.yaml");

const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<POSLog xmlns="urn:poslog" xmlns:X="urn:vendor" MajorVersion="6">
  <!-- a comment -->
  <Transaction>
    <BusinessUnit><UnitID Name="本店 &amp; 別館"> 0001 </UnitID></BusinessUnit>
    <RetailTransaction>
      <LineItem VoidFlag="false"><Sale><ItemID Type="X:EAN">4900000000017</ItemID>
        <Description><![CDATA[<お茶> & 水]]></Description><ExtendedAmount>1080</ExtendedAmount></Sale>
        <X:Note>kept elsewhere</X:Note></LineItem>
      <LineItem><Sale><ItemID>A-1</ItemID><Description>&#x9AD9;</Description>
        <ExtendedAmount>-20</ExtendedAmount></Sale></LineItem>
      <Total TotalType="TransactionNetAmount">981.82</Total>
      <Total TotalType="TransactionGrandAmount">1060</Total>
    </RetailTransaction>
  </Transaction>
  <Transaction><BusinessUnit><UnitID/></BusinessUnit><RetailTransaction/></Transaction>
  <Transaction><BusinessUnit><UnitID>2</UnitID><UnitID>3</UnitID></BusinessUnit>
    <RetailTransaction><LineItem><Sale><ExtendedAmount>x</ExtendedAmount></Sale></LineItem>
    <Total TotalType="TransactionGrandAmount">0</Total></RetailTransaction></Transaction>
</POSLog>
"#;

#[test]
fn transactions_become_records() {
    let rows = layout(POSLOG).read(DOCUMENT.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["6,0001,本店 & 別館,1060,[4900000000017,<お茶> & 水,1080;,髙,-20]"]);
    let record = &rows.rows[0];
    let from = usize::try_from(record.offset).expect("fits");
    let to = from + usize::try_from(record.length).expect("fits");
    assert!(DOCUMENT[from..].starts_with("<Transaction>"));
    assert!(DOCUMENT[..to].ends_with("</Transaction>"));
    let found: Vec<_> = faults(&rows).into_iter().map(|it| (it.0, it.1, it.2)).collect();
    let second = "/POSLog/Transaction[2]";
    let third = "/POSLog/Transaction[3]";
    let line = "RetailTransaction/LineItem/Sale/ExtendedAmount, line 18, column 40";
    let wanted = [
        (2, format!("store at {second}/BusinessUnit/UnitID, line 16, column 30"), ""),
        (2, format!("lines at {second}, line 16, column 3"), "0 of them"),
        (3, format!("store at {third}, line 17, column 3"), "it 2 times"),
        (3, format!("amount at {third}/{line}"), "x"),
    ];
    assert_eq!(found, wanted.map(|(n, f, v)| (n, f, v.to_owned())));
}

#[test]
fn what_is_not_plain_xml_is_refused() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nrecord: /a/b\ncolumns: [{ name: c }]\n",
    );
    let deep = format!("{}{}", "<a>".repeat(70), "</a>".repeat(70));
    let cases = [
        ("<a><b><c>1</c></b></a>", None),
        ("<x><b><c>1</c></b></x>", Some(("wrong-document", 0))),
        ("<a><!-- a -- b --></a>", Some(("xml", 3))),
        ("<a>]]></a>", Some(("xml", 3))),
        ("<a> <?xml version='1.0'?></a>", Some(("xml", 4))),
        ("<a b='1'c='2'/>", Some(("xml", 0))),
        ("<a b='<'/>", Some(("xml", 0))),
        ("<a b=1/>", Some(("xml", 0))),
        ("<1a/>", Some(("xml", 0))),
        ("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='1'/>", Some(("xml", 0))),
        ("<a xmlns:p=''/>", Some(("xml", 0))),
        ("<a>&#xFFFE;</a>", Some(("xml", 3))),
        ("<a>&amp</a>", Some(("xml", 3))),
        ("<a>x<b/></a>", Some(("mixed-content", 0))),
        ("<a/><![CDATA[]]>", Some(("xml", 4))),
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a/>", Some(("xml-doctype", 0))),
        ("<a>&e;</a>", Some(("xml", 3))),
        ("<a b='&e;'/>", Some(("xml", 0))),
        ("<a>&#0;</a>", Some(("xml", 3))),
        ("<a><b></a>", Some(("xml", 6))),
        ("<a><b>", Some(("truncated", 6))),
        ("<a", Some(("truncated", 0))),
        ("<a/><a/>", Some(("xml", 4))),
        ("<a/>x", Some(("xml", 4))),
        ("x<a/>", Some(("xml", 0))),
        ("<a b='1' b='2'/>", Some(("xml", 0))),
        ("<p:a/>", Some(("xml", 0))),
        ("<a>\u{1}</a>", Some(("xml", 3))),
        ("<?xml version='1.0' encoding='EUC-JP'?><a/>", Some(("charset", 0))),
        ("", Some(("empty", 0))),
        (&deep, Some(("too-large", 192))),
    ];
    for (text, wanted) in cases {
        let result = layout.read(text.as_bytes()).err().map(|it| (it.code, it.offset));
        assert_eq!(result, wanted, "{text}");
    }
    assert_eq!(layout.read(b"<a>\x81</a>").expect_err("refused").offset, 3);
}

#[test]
fn a_document_may_be_in_another_character_set() {
    let layout = layout(
        "layout: t\nversion: 1\nformat: xml\ncharset: cp932\n\
         namespaces: { s: \"urn:soap\", \"\": \"urn:order\" }\nrecord: /s:Envelope/s:Body/注文\n\
         columns: [{ name: no, path: \"@番号\" }, { name: text, path: . }]\n",
    );
    let text = "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><s:Envelope xmlns:s=\"urn:soap\"><s:Body>\
                <注文 xmlns=\"urn:order\" 番号=\"髙1\">表示</注文></s:Body></s:Envelope>";
    let bytes = cp932(text);
    let rows = layout.read(&bytes).expect("reads");
    assert_eq!(all(&rows), ["髙1,表示"]);
    let from = usize::try_from(rows.rows[0].offset).expect("fits");
    assert!(bytes[from..].starts_with(&cp932("<注文 ")));
    assert_eq!(
        rows.rows[0].length,
        wide(cp932("<注文 xmlns=\"urn:order\" 番号=\"髙1\">表示</注文>").len())
    );
}

#[test]
fn paths_are_checked() {
    let head = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\n";
    for (path, part) in [
        ("a//b", "no name"),
        ("a/", "ends with"),
        ("p:a", "prefix `p`"),
        ("@a/b", "nothing below"),
        ("a[1]", "no condition"),
        ("a[@b=c]", "no condition"),
        ("count(a)", "no name"),
    ] {
        let text = format!("{head}record: /a\ncolumns: [{{ name: c, path: \"{path}\" }}]\n");
        let faults = Layout::parse("t", &text).expect_err("refused");
        assert_eq!(faults[0].code, "L16");
        assert!(faults[0].message.contains(part), "{path}: {}", faults[0].message);
    }
}
