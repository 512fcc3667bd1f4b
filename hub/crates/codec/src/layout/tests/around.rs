//! Titles, headers that are passed over, and footers: no record is taken for one.

use super::*;

const HEAD: &str = "layout: t/t\nversion: 1\nformat: csv\ncharset: utf-8\nline_end: crlf\n";
const COLUMNS: &str = "columns: [{ name: item }, { name: amount, type: integer }]\n";

fn read(more: &str, text: &str) -> Result<Rows, LayoutFault> {
    let header = if more.contains("header:") { "" } else { "header: none\n" };
    let wide = if more.contains("columns:") { "" } else { COLUMNS };
    layout(&format!("{HEAD}{header}{more}{wide}")).read(text.as_bytes())
}

fn refused(more: &str, text: &str) -> (&'static str, u64) {
    let fault = read(more, text).expect_err("refused");
    (fault.code, fault.offset)
}

#[test]
fn a_record_in_place_of_a_counted_line_refuses_the_input() {
    let two = "a,1\r\nb,2\r\n";
    assert_eq!(refused("footer_lines: 1\n", two), ("footer-is-record", 5));
    assert_eq!(refused("title_lines: 1\n", two), ("title-is-record", 0));
    assert_eq!(refused("header: ignored\n", two), ("header-is-record", 0));
    assert_eq!(
        refused("header: ignored\ntitle_lines: 1\n", "日報\r\na,1\r\n").0,
        "header-is-record"
    );
    // Only one of two footers came.
    assert_eq!(refused("footer_lines: 2\n", "表,1\r\nb,2\r\n以上\r\n"), ("footer-is-record", 7));
    // What is no record goes on as before.
    for (more, text) in [
        ("footer_lines: 1\n", "a,1\r\n合計,一\r\n"),
        ("footer_lines: 1\nskip_blank_lines: true\n", "a,1\r\n以上\r\n\r\n"),
        ("title_lines: 1\n", "日報\r\na,1\r\n"),
        ("header: ignored\n", "しな,いくら\r\na,1\r\n"),
    ] {
        assert_eq!(all(&read(more, text).expect(more)), ["a,1"], "{more}");
    }
}

/// A bad record is not lost as a footer either.
#[test]
fn a_bad_record_in_place_of_a_footer_refuses_the_input() {
    let wide = "footer_lines: 1\ncolumns:\n  - { name: day, type: date, format: YYYYMMDD }\n  \
                - { name: qty, type: integer }\n  - { name: amount, type: integer }\n";
    let row = "20260105,1,100\r\n";
    assert_eq!(refused(wide, &format!("{row}20260105,1,1OO\r\n")), ("footer-is-record", 16));
    assert_eq!(read(wide, &format!("{row}合計,点数,100\r\n")).expect("a footer").rows.len(), 1);
}

#[test]
fn known_lines_may_be_missing_and_are_never_records() {
    let footers = "footer_lines: [{ begins: 合計 }, { begins: 以上 }]\n";
    for end in ["", "合計,3\r\n", "\r\n\r\n以上\r\n", "以上\r\n", "\"合計\",3\r\n\r\n以上\r\n\r\n"]
    {
        let rows = read(footers, &format!("a,1\r\nb,2\r\n{end}")).expect(end);
        assert_eq!((all(&rows), rows.faults.len()), (vec!["a,1".into(), "b,2".into()], 0), "{end}");
    }
    // In another order the first of them is no footer.
    let rows = read(footers, "a,1\r\n以上,9\r\n合計,3\r\n").expect("reads");
    assert_eq!(all(&rows), ["a,1", "以上,9"]);
    let required = "footer_lines: [{ begins: 合計, required: true }]\n";
    assert_eq!(refused(required, "a,1\r\n"), ("footer-missing", 5));
    let titles = "title_lines: [{ begins: 日報 }, { begins: 作成, required: true }]\n";
    for start in ["日報,1\r\n\r\n作成,2\r\n", "作成,2\r\n"] {
        assert_eq!(all(&read(titles, &format!("{start}a,1\r\n")).expect(start)), ["a,1"]);
    }
    assert_eq!(refused(titles, "日報,1\r\na,1\r\n"), ("title-missing", 10));
    let header = "header: ignored\nheader_begins: しな\n";
    assert_eq!(all(&read(header, "しな,1\r\na,1\r\n").expect("reads")), ["a,1"]);
    assert_eq!(refused(header, "a,1\r\nb,2\r\n"), ("header-drift", 0));
    // Without its footer, a last line without line end was cut.
    assert_eq!(refused(footers, "a,1\r\nb"), ("truncated", 5));
}

#[test]
fn the_heading_is_behind_known_titles() {
    let text = format!("{HEAD}header: names\ntitle_lines: [{{ begins: 日報 }}]\n{COLUMNS}");
    let layout = layout(&text);
    for start in ["", "日報 5\r\n\r\n"] {
        let input = format!("{start}item,amount\r\na,1\r\n");
        assert_eq!(layout.heading(input.as_bytes()).as_deref(), Some("item,amount"));
        assert_eq!(all(&layout.read(input.as_bytes()).expect("reads")), ["a,1"]);
    }
}

#[test]
fn pieces_of_any_size_know_the_same_lines() {
    let cases = [
        (
            "title_lines: [{ begins: 日報 }]\nfooter_lines: [{ begins: 合計 }, { begins: 以上 }]\n",
            true,
        ),
        ("title_lines: 1\nfooter_lines: 2\nskip_blank_lines: true\n", true),
        ("title_lines: 1\nfooter_lines: 3\nskip_blank_lines: true\n", false),
    ];
    let text = "日報,五\r\na,1\r\nb,2\r\nc,3\r\n\r\n合計\r\n\r\n以上\r\n\r\n";
    for (more, good) in cases {
        let layout = layout(&format!("{HEAD}header: none\n{more}{COLUMNS}"));
        let whole = layout.read(text.as_bytes()).map(|it| all(&it));
        assert_eq!(whole.is_ok(), good, "{whole:?}");
        for window in 1..text.len() {
            let (mut stream, mut found) = (layout.stream().with_window(window), Ok(Vec::new()));
            stream.push(text.as_bytes());
            stream.finish();
            loop {
                match (stream.take(), &mut found) {
                    (Ok(Some(rows)), Ok(found)) => found.extend(all(&rows)),
                    (Ok(_), _) => break,
                    (Err(fault), _) => {
                        found = Err(fault);
                        break;
                    }
                }
            }
            assert_eq!(found, whole, "{window}");
        }
    }
}

/// Where an empty line has all columns of a record, it is one.
#[test]
fn empty_records_beside_known_lines_are_kept() {
    let more = "title_lines: [{ begins: 日報 }]\nfooter_lines: [{ begins: 合計 }, { begins: 以上 }]\n\
                columns: [{ name: item }]\n";
    for (input, wanted) in [
        ("\r\n日報\r\n\r\na\r\n\r\n合計\r\n\r\n以上\r\n\r\n", vec!["", "a", ""]),
        ("\r\na\r\n\r\n", vec!["", "a", ""]),
        ("日報\r\n\r\n合計\r\n", vec![""]),
    ] {
        assert_eq!(all(&read(more, input).expect(input)), wanted, "{input:?}");
        let skipping = read(&format!("skip_blank_lines: true\n{more}"), input).expect(input);
        let wanted: Vec<&str> = wanted.into_iter().filter(|it| !it.is_empty()).collect();
        assert_eq!(all(&skipping), wanted, "{input:?}");
    }
    // Before a header they are none.
    let named = format!("header: names\n{more}");
    assert_eq!(all(&read(&named, "日報\r\n\r\nitem\r\na\r\n").expect("reads")), ["a"]);
}
