//! What is written can be read again: quotes in headers, substitutes that are longer
//! than what they stand for, records of nothing.

use super::*;

const HEAD: &str = "layout: t\nversion: 1\nformat: csv\nline_end: crlf\n";

fn rows(layout: &str, text: &str) -> Rows {
    let utf8 = layout.replace("CHARSET", "utf-8");
    super::layout(&utf8).read(text.as_bytes()).expect("reads")
}

#[test]
fn names_of_columns_are_quoted_where_they_need_it() {
    for quote in ["\"", "'"] {
        let text = format!(
            "{HEAD}charset: cp932\nheader: names\nheader_repeats: true\nquote: {quote:?}\ncolumns:\n  \
             - {{ name: a, header: '取引先,名' }}\n  - {{ name: b, header: 'a{}b' }}\n",
            quote.replace('\'', "''")
        );
        let layout = layout(&text);
        let q = quote;
        let line = format!("{q}取引先,名{q},{q}a{q}{q}b{q}\r\n");
        let bytes = cp932(&format!("{line}1,2\r\n{line}3,4\r\n"));
        let rows = layout.read(&bytes).expect("reads");
        assert_eq!((all(&rows), rows.faults.len()), (vec!["1,2".to_owned(), "3,4".to_owned()], 0));
        let written = layout.write(&rows, &Policy::exact()).expect("writes").bytes;
        assert_eq!(written, cp932(&format!("{line}1,2\r\n3,4\r\n")));
        assert_eq!(all(&layout.read(&written).expect("reads")), all(&rows));
    }
    let none = format!(
        "{HEAD}charset: cp932\nheader: names\nquote: none\ncolumns: [{{ name: a, header: 'x,y' }}]\n"
    );
    let faults = layout(&none).write(&Rows::default(), &Policy::exact()).expect_err("no quote");
    assert!(faults[0].faults[0].expected.starts_with("no delimiter"), "{faults:?}");
}

#[test]
fn substitutes_are_quoted_and_fit_as_the_text_does() {
    let write = "charset: { name: cp932, write: { unwritable: substitute, table: { é: 'e,\"' } } }";
    let text = format!(
        "{HEAD}charset: CHARSET\nheader: none\ncolumns:\n  - {{ name: a, MORE }}\n  - {{ name: b }}\n"
    );
    let written = |more: &str| {
        let text = text.replace("MORE", more);
        let rows = rows(&text, "é,x\r\n");
        let layout = layout(&text.replace("charset: CHARSET", write));
        let written = layout.write_as_said(&rows).map_err(|it| it[0].faults[0].expected.clone())?;
        let again = layout.read(&written.bytes).expect("reads");
        assert_eq!((all(&again), written.changes.len()), (vec!["e,\",x".to_owned()], 1));
        Ok(written.bytes)
    };
    assert_eq!(written("chars_max: 3"), Ok(b"\"e,\"\"\",x\r\n".to_vec()));
    assert_eq!(written("chars_max: 2"), Err("at most 2 characters".to_owned()));
    assert_eq!(written("quoting: never"), Err("no delimiter, quote or line break".to_owned()));
}

#[test]
fn substitutes_leave_fixed_fields_their_length() {
    let text = "layout: t\nversion: 1\nformat: fixed\ncharset: CHARSET\nrecord_bytes: BYTES\n\
        line_end: crlf\ncolumns:\n  - { name: a, bytes: FIRST }\n  - { name: b, bytes: 2 }\n";
    let utf8 = text.replace("CHARSET", "utf-8").replace("BYTES", "6").replace("FIRST", "4");
    let rows = layout(&utf8)
        .read("é  bb\r\né é bb\r\n".get(..8).unwrap_or_default().as_bytes())
        .expect("reads");
    assert_eq!(all(&rows), ["é,bb"]);
    let write = "{ name: cp932, write: { unwritable: substitute, table: { é: 'eee' } } }";
    let narrow = |bytes: usize| {
        let text = text.replace("CHARSET", write).replace("BYTES", &(bytes + 2).to_string());
        let written = layout(&text.replace("FIRST", &bytes.to_string())).write_as_said(&rows);
        written.map(|it| it.bytes).map_err(|it| it[0].faults[0].expected.clone())
    };
    assert_eq!(narrow(4), Ok(b"eee bb\r\n".to_vec()));
    assert_eq!(narrow(3), Ok(b"eeebb\r\n".to_vec()));
    assert_eq!(narrow(2), Err("at most 2 bytes in cp932".to_owned()));
}

#[test]
fn a_record_of_nothing_is_no_blank_line() {
    let text = format!(
        "{HEAD}charset: utf-8\nheader: none\nskip_blank_lines: true\nMOREcolumns: [{{ name: a }}]\n"
    );
    let layout = layout(&text.replace("MORE", ""));
    let rows = layout.read(b"x\r\n\"\"\r\n\r\ny\r\n").expect("reads");
    assert_eq!(all(&rows), ["x", "", "y"]);
    let written = layout.write(&rows, &Policy::exact()).expect("writes").bytes;
    assert_eq!(written, b"x\r\n\"\"\r\ny\r\n");
    let bare = super::layout(&text.replace("MORE", "quote: none\n"));
    assert!(bare.write(&rows, &Policy::exact()).is_err());
}

/// Rows of texts, written by a layout with more keys, or why they are not.
fn around(more: &str, text: &str) -> Result<String, (u64, String)> {
    let columns = "columns: [{ name: item }, { name: amount, type: integer }]\n";
    let header = if more.contains("header:") { "" } else { "header: none\n" };
    let head = format!("{HEAD}charset: utf-8\n");
    let rows = layout(&format!("{head}header: none\n{columns}")).read(text.as_bytes());
    let layout = layout(&format!("{head}{header}{more}{columns}"));
    let written = layout.write(&rows.expect("reads"), &Policy::exact());
    let bytes = written.map_err(|it| (it[0].number, it[0].faults[0].expected.clone()))?.bytes;
    assert!(layout.read(&bytes).expect("reads").faults.is_empty());
    Ok(String::from_utf8(bytes).expect("UTF-8"))
}

#[test]
fn no_record_is_written_that_would_be_passed_over() {
    let footers = "multiline: true\nfooter_lines: [{ begins: 以上 }, { begins: 合計 }]\n";
    let titles = "title_lines: [{ begins: 日報 }]\n";
    let refused = |more: &str, text: &str| around(more, text).expect_err("refused");
    let (number, expected) = refused(footers, "a,1\r\n合計商事,2\r\n");
    assert_eq!((number, expected.contains("`footer_lines`")), (2, true), "{expected}");
    assert_eq!(refused(footers, "a,1\r\n\"合計,商事\",2\r\n").0, 2);
    assert_eq!(refused(titles, "日報社,1\r\na,2\r\n").0, 1);
    for (more, text) in [(footers, "合計商事,2\r\na,1\r\n"), (titles, "a,1\r\n日報社,2\r\n")]
    {
        assert_eq!(around(more, text), Ok(text.to_owned()));
    }
    for key in ["title_lines", "footer_lines"] {
        for lines in ["1", "[{ begins: 店, required: true }]"] {
            let (number, expected) = refused(&format!("{key}: {lines}\n"), "a,1\r\n");
            assert_eq!((number, expected.contains(key)), (0, true), "{expected}");
        }
    }
}

#[test]
fn a_header_is_written_as_it_is_known() {
    let begins = |it: &str| around(&format!("header: ignored\nheader_begins: {it}\n"), "a,1\r\n");
    assert_eq!(begins("it"), Ok("item,amount\r\na,1\r\n".to_owned()));
    assert_eq!(begins("品").expect_err("refused").0, 0);
    assert_eq!(around("header: ignored\n", "a,1\r\n"), begins("it"));
    let texts = format!(
        "{HEAD}charset: utf-8\nheader: ignored\nMOREcolumns: [{{ name: a }}, {{ name: b }}]\n"
    );
    let write =
        |more| layout(&texts.replace("MORE", more)).write(&Rows::default(), &Policy::exact());
    assert!(write("").expect_err("refused")[0].faults[0].expected.starts_with("`header_begins`"));
    assert!(write("header_begins: a\n").is_ok());
    let named = around("header: names\ntitle_lines: [{ begins: it }]\n", "a,1\r\n");
    assert_eq!(named.expect_err("refused").0, 0);
}

/// Behind one that is set aside stands another that looks like a footer.
#[test]
fn records_like_footers_are_set_aside_one_behind_the_other() {
    let text = format!(
        "{HEAD}charset: CHARSET\nheader: none\nFOOTERScolumns: [{{ name: a }}, {{ name: b }}]\n"
    );
    let rows = rows(&text.replace("FOOTERS", ""), "a,1\r\n合計x,2\r\n合計y,3\r\n");
    let text = text.replace("CHARSET", "{ name: cp932, write: { unwritable: quarantine } }");
    let layout = layout(&text.replace("FOOTERS", "footer_lines: [{ begins: 合計 }]\n"));
    let written = layout.write_as_said(&rows).expect("writes");
    assert_eq!(written.bytes, b"a,1\r\n");
    assert_eq!(written.set_aside.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 3]);
}
