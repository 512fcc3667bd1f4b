//! XML as partners send it: envelopes, declared character sets, text beside
//! elements, conditions, and attacks.

use super::*;

const HEAD: &str = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\n";

fn of(keys: &str) -> Layout {
    layout(&format!("{HEAD}{keys}"))
}

fn refused(layout: &Layout, text: &str) -> LayoutFault {
    layout.read(text.as_bytes()).expect_err("refused")
}

#[test]
fn facts_around_the_records_are_known_to_each() {
    let layout = of("namespaces: { h: \"urn:h\", \"\": \"urn:o\" }\nrecord: /h:All/Batch/Order\n\
         columns:\n- { name: sender, path: /h:All/h:Head/h:From }\n- { name: batch, path: ../@No }\n\
         - { name: day, path: ../Head/Day }\n- { name: no, path: No }\n");
    // The prefixes are those of the sender, not those of the layout.
    let text = "<x:All xmlns:x='urn:h'><x:Head><x:From>Fuji</x:From></x:Head>\
                <Batch xmlns='urn:o' No='1'><Head><Day>5</Day></Head><Order><No>a</No></Order>\
                <Order><No>b</No></Order></Batch>\
                <o:Batch xmlns:o='urn:o' No='2'><o:Order><o:No>c</o:No></o:Order></o:Batch></x:All>";
    let rows = layout.read(text.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["Fuji,1,5,a", "Fuji,1,5,b", "Fuji,2,,c"]);
    let told = layout.write(&rows, &Policy::exact()).expect_err("only reads");
    assert_eq!(told[0].faults[0].field, "batch");
}

#[test]
fn a_document_says_its_character_set_among_those_allowed() {
    let layout = of(
        "encodings: [cp932, euc-jp, utf-16]\nrecord: /a\ncolumns: [{ name: b, personal: true, chars_max: 3 }]\n",
    );
    let text =
        |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?><a><b>表示髙</b></a>");
    let in_set = |charset, name| Profile::new(charset).encode_exact(&text(name)).expect("writes");
    let utf_16 = |bom: &[u8], charset| [bom.to_vec(), in_set(charset, "UTF-16")].concat();
    for bytes in [
        in_set(Charset::Utf8, "utf-8"),
        in_set(Charset::Cp932, "Shift_JIS"),
        in_set(Charset::Cp932, "Windows-31J"),
        utf_16(b"\xFF\xFE", Charset::Utf16Le),
        utf_16(b"\xFE\xFF", Charset::Utf16Be),
        in_set(Charset::Utf16Be, "UTF-16"),
    ] {
        assert_eq!(all(&layout.read(&bytes).expect("reads")), ["表示髙"]);
    }
    let euc = text("EUC-JP").replace('髙', "高");
    let euc = Profile::new(Charset::EucJp).encode_exact(&euc).expect("writes");
    assert_eq!(all(&layout.read(&euc).expect("reads")), ["表示高"]);
    let fault = layout.read(&in_set(Charset::Iso2022Jp, "ISO-2022-JP")).expect_err("not allowed");
    assert_eq!((fault.code, fault.found.as_str()), ("charset", "ISO-2022-JP"));
    // What a fault shows of a personal text.
    let long = text("Shift_JIS").replace("表示髙", "山田太郎");
    let rows = layout.read(&cp932(&long)).expect("reads");
    let fault = &rows.faults[0].faults[0];
    assert_eq!(fault.field, "b at /a/b, line 1, column 46");
    assert_eq!((fault.found.as_str(), fault.offset), ("(4 characters, masked)", Some(45)));
}

#[test]
fn text_beside_elements_is_a_fault_or_kept() {
    let keys = "record: /r/a\ncolumns: [{ name: b }, { name: c, path: d/e }]\n";
    let strict = of(keys);
    let text = "<r>\n <a><b>1<i>2</i>3</b></a>\n <a>x<b>1</b></a>\n <a><b>1</b><d>y<e>2</e></d></a>\
                \n <a><b>\n4 </b></a></r>";
    let rows = strict.read(text.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["4,"]);
    let fields: Vec<String> = faults(&rows).into_iter().map(|it| it.1).collect();
    assert_eq!(
        fields,
        [
            "b at /r/a/b, line 2, column 5",
            "text at /r/a/b, line 2, column 5",
            "text at /r/a[2], line 3, column 2",
            "text at /r/a[3]/d, line 4, column 13",
        ]
    );
    let keeps = of(&format!("mixed: keep\n{keys}"));
    let rows = keeps.read(text.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["123,", "1,", "1,2", "4,"]);
    assert_eq!(refused(&strict, "<r>x<a/></r>").code, "mixed-content");
}

#[test]
fn conditions_tell_elements_of_one_name_apart() {
    let layout = of("record: /r\ncolumns:\n- { name: eur, path: 'Sum[@c=\"EUR\"][@k]' }\n\
         - { name: net, path: 'Sum[Kind=\"net\"]/V' }\n- { name: sold, path: 'Item[Sale]/@id' }\n\
         - { name: lang, path: 'T/@xml:lang' }\n- { name: flag, path: '@f', default: \"no\" }\n\
         - { name: is, path: T, exists: true }\n- { name: isnt, path: U, exists: true }\n");
    let text = "<r><Sum c='EUR'>1</Sum><Sum c='EUR' k=''>2</Sum><Sum><Kind> net </Kind><V>3</V></Sum>\
                <Item id='4'><Return/></Item><Item id='5'><Sale/></Item><T xml:lang='ja'/></r>";
    assert_eq!(all(&layout.read(text.as_bytes()).expect("reads")), ["2,3,5,ja,no,true,"]);
}

/// No entity is ever expanded and nothing is ever fetched: a DOCTYPE is refused
/// before anything in it is looked at.
#[test]
fn documents_that_attack_are_refused() {
    let layout = of("record: /r\ncolumns: [{ name: a }]\n");
    let laughs: String = (1..10)
        .map(|it| format!("<!ENTITY l{it} \"{}\">", format!("&l{};", it - 1).repeat(10)))
        .collect();
    let laughs = format!("<!DOCTYPE r [<!ENTITY l0 \"ha\">{laughs}]><r><a>&l9;</a></r>");
    let blowup = format!("<!DOCTYPE r [<!ENTITY e \"{}\">]><r><a>&e;&e;</a></r>", "x".repeat(99));
    for text in [
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r><a>&x;</a></r>",
        "<!DOCTYPE r SYSTEM \"http://127.0.0.1/x.dtd\"><r/>",
        "<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://127.0.0.1/p\"> %p;]><r/>",
        "<?xml version='1.0'?><!DOCTYPE r><r/>",
        &laughs,
        &blowup,
    ] {
        let fault = refused(&layout, text);
        assert_eq!(fault.code, "xml-doctype", "{text}");
        assert!(!fault.to_string().contains("passwd"));
    }
    for text in ["<r><a>&l9;</a></r>", "<r><a>&xxe;</a></r>"] {
        assert_eq!(refused(&layout, text).code, "xml");
    }
    let many = |count: usize| (0..count).map(|it| format!(" a{it}=''")).collect::<String>();
    assert!(layout.read(format!("<r{}/>", many(256)).as_bytes()).is_ok());
    assert_eq!(refused(&layout, &format!("<r{}/>", many(257))).code, "too-large");
    let spaces: String = (0..300).map(|it| format!(" xmlns:p{it}='u'")).collect();
    assert!(layout.read(format!("<r{spaces}/>").as_bytes()).is_err());
}

#[test]
fn faults_of_documents_say_line_and_column() {
    let layout = of("record: /r\ncolumns: [{ name: a }]\n");
    let fault = refused(&layout, "<r>\n <a>表&nbsp;</a></r>");
    assert_eq!(
        fault.to_string(),
        "xml at byte 11: an entity that XML itself does not have (line 2, column 6, within /r/a, \
         line 2, column 2); found nbsp; expected &amp; &lt; &gt; &apos; &quot; or a character's number"
    );
}

#[test]
fn envelopes_of_soap_are_unwrapped() {
    let of_soap = |version: &str| {
        of(&format!(
            "soap: \"{version}\"\nnamespaces: {{ o: \"urn:o\", h: \"urn:h\" }}\n\
             record: /soap:Envelope/soap:Body/o:New/o:Order\n\
             columns: [{{ name: from, path: /soap:Envelope/soap:Header/h:From }}, {{ name: no, path: o:No }}]\n"
        ))
    };
    let one = "http://schemas.xmlsoap.org/soap/envelope/";
    let two = "http://www.w3.org/2003/05/soap-envelope";
    let order = "<o:New xmlns:o='urn:o'><o:Order><o:No>7</o:No></o:Order></o:New>";
    let envelope = |space: &str, head: &str, body: &str| {
        format!("<e:Envelope xmlns:e='{space}'>{head}<e:Body>{body}</e:Body></e:Envelope>")
    };
    let head = "<e:Header><h:From xmlns:h='urn:h' e:mustUnderstand='1'>x</h:From></e:Header>";
    for (version, space, reads) in [
        ("1.1", one, true),
        ("1.1", two, false),
        ("1.2", two, true),
        ("any", one, true),
        ("any", two, true),
    ] {
        let result = of_soap(version).read(envelope(space, head, order).as_bytes());
        match reads {
            true => assert_eq!(all(&result.expect("reads")), ["x,7"]),
            false => assert_eq!(result.expect_err("refused").code, "wrong-document"),
        }
    }
    let any = of_soap("any");
    let failed =
        "<e:Fault><faultcode>e:Client</faultcode><faultstring>山田</faultstring></e:Fault>";
    let fault = refused(&any, &envelope(one, "", failed));
    assert_eq!((fault.code, fault.found.as_str()), ("soap-fault", "e:Client"));
    let failed = "<e:Fault><e:Code><e:Value>e:Sender</e:Value></e:Code></e:Fault>";
    assert_eq!(refused(&any, &envelope(two, "", failed)).found, "e:Sender");
    assert_eq!(
        refused(&any, &envelope(one, "", "<o:Other xmlns:o='urn:o'/>")).code,
        "wrong-document"
    );
    assert_eq!(
        any.read(envelope(one, "", "<o:New xmlns:o='urn:o'/>").as_bytes()).expect("empty").records,
        0
    );
    let strange = "<e:Header><s:Sign xmlns:s='urn:s' e:mustUnderstand='1'/></e:Header>";
    assert_eq!(refused(&any, &envelope(one, strange, order)).code, "soap-header");
}
