//! Workbooks that say little and mean much, and those that say what is not so.

use super::*;

/// A workbook whose cells share these texts.
fn sharing(rows: &str, texts: &[&str]) -> Book {
    let list: String = texts.iter().map(|it| format!("<si><t>{it}</t></si>")).collect();
    let others = vec![("xl/sharedStrings.xml", format!("<sst>{list}</sst>"))];
    Book { others, ..Book::of(rows) }
}

#[test]
fn texts_are_no_longer_than_cells_can_be() {
    let fits = "表".repeat(32_767);
    let long = "表".repeat(32_768);
    let layout = sheet("header: none\n", "- { name: a }\n");
    let shared = |text: &str| sharing(&cells(1, &[("t='s'", "<v>0</v>")]), &[text]);
    let own = |text: &str| Book::of(&texts(1, &[text]));
    let computed =
        |text: &str| Book::of(&cells(1, &[("t='str'", &format!("<f>X()</f><v>{text}</v>"))]));
    let books: [&dyn Fn(&str) -> Book; 3] = [&shared, &own, &computed];
    for book in books {
        assert_eq!(all(&layout.read(&book(&fits).bytes()).expect("reads")), [fits.as_str()]);
        let fault = layout.read(&book(&long).bytes()).expect_err("refused");
        assert_eq!((fault.code, fault.found.as_str()), ("too-large", "32768 characters"));
    }
}

#[test]
fn names_that_share_a_text_are_not_so_many_texts() {
    let row = cells(1, &[("t='s'", "<v>0</v>"); 26]);
    let heading = |count: usize| {
        let text = "a".repeat(count);
        let book = sharing(&row, &[&text]);
        sheet("header: any_order\n", "- { name: a }\n").heading(&book.bytes()).expect("has one")
    };
    assert_eq!(heading(1000).len(), 26 * 1001 - 1);
    assert_eq!(heading(32_000).len(), 2 * 32_001 - 1);
}

#[test]
fn what_is_in_a_shared_text_is_said_of_each_cell() {
    let rows: String =
        (1..=6).map(|it| cells(it, &[("t='s'", &format!("<v>{}</v>", it % 3))])).collect();
    let book = sharing(&rows, &["plain", "a&#10;b", "a_x0007_b"]);
    let read = one("type: text", &book);
    for at in [0, 3] {
        assert!(read[at].as_ref().is_err_and(|it| it.contains("`multiline`")), "{at}");
        assert!(read[at + 1].as_ref().is_err_and(|it| it.contains("no control characters")));
        assert_eq!(read[at + 2], ok("plain"));
    }
    let free = one_of("multiline: true\ncontrol_characters: true\n", "type: text", &book);
    assert_eq!(free[3..], [ok("a\nb"), ok("a\u{7}b"), ok("plain")]);
}

#[test]
fn merged_areas_do_not_overlap() {
    let layout = sheet("header: none\n", "- { name: a }\n");
    let read = |areas: &str| {
        let behind = format!("<mergeCells>{areas}</mergeCells>");
        layout.read(&Book::of(&texts(1, &["x"])).with(&behind).bytes())
    };
    let tall = "<mergeCell ref='XFD1:XFD1048576'/>";
    assert_eq!(all(&read(tall).expect("reads")), ["x"]);
    let fault = read(&tall.repeat(2)).expect_err("refused");
    assert_eq!((fault.code, fault.found.contains("XFD1:XFD1048576")), ("xlsx", true));
}

#[test]
fn rows_without_numbers_follow_the_row_before() {
    let row = |text: &str| format!("<row><c t='inlineStr'><is><t>{text}</t></is></c></row>");
    let rows = ["<row/>", "<row/>", &row("a"), &row("x"), "<row r='6'/>", &row("y")].concat();
    let layout = sheet(
        "header: names\nheader_row: 3\nskip_blank_lines: true\n",
        "- { name: a, type: integer }\n",
    );
    let found = faults(&layout.read(&Book::of(&rows).bytes()).expect("reads"));
    let found: Vec<&str> = found.iter().map(|it| it.2.as_str()).collect();
    assert_eq!(found, ["x at 売上!A4", "y at 売上!A7"]);
    for bad in ["<row r='9'/><row r='3'/>", "<row r='1048576'/><row/>", "<row r='2'/><row r='2'/>"]
    {
        let fault = layout.read(&Book::of(bad).bytes()).expect_err("refused");
        assert_eq!(fault.code, "xlsx", "{bad}");
    }
}

#[test]
fn truth_is_told_as_the_standard_says() {
    let read = |text: &str| {
        let book = Book::of(&cells(1, &[("t='b'", &format!("<v>{text}</v>"))]));
        let layout = sheet("header: none\n", "- { name: a }\n");
        layout.read(&book.bytes()).map(|it| all(&it).concat()).map_err(|it| (it.code, it.found))
    };
    for (text, wanted) in [("1", "TRUE"), ("true", "TRUE"), ("0", "FALSE"), ("false", "FALSE")] {
        assert_eq!(read(text).as_deref(), Ok(wanted), "{text}");
    }
    for bad in ["TRUE", "2", "yes"] {
        assert_eq!(read(bad), Err(("xlsx", bad.to_owned())));
    }
}
