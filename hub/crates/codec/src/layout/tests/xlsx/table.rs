//! Where the table is in the sheet, and which of its rows are records.

use super::*;

const COLUMNS: &str = "- { name: item, header: 商品 }\n- { name: amount, header: 金額, type: integer, required: true }\n";

fn amounts(first: u32, count: u32) -> String {
    let row = |it: u32| texts(first + it, &[&format!("品{it}"), &format!("{it}")]);
    (0..count).map(row).collect()
}

fn read(more: &str, book: &Book) -> Result<Rows, LayoutFault> {
    sheet(more, COLUMNS).read(&book.bytes())
}

#[test]
fn the_header_is_where_the_layout_says_or_found() {
    let rows = [texts(1, &["売上報告"]), texts(4, &["商品", "金額"]), amounts(5, 2)].concat();
    let book = Book::of(&[rows.as_str(), &texts(7, &["以上"])].concat());
    let footer = "footer_lines: 1\n";
    for top in ["title_lines: 3\n", "header_row: 4\n", "header_row: found\n"] {
        let rows = read(&format!("header: names\n{top}{footer}"), &book).expect("reads");
        assert_eq!((all(&rows), rows.faults.len()), (vec!["品0,0".into(), "品1,1".into()], 0));
    }
    let rows = read("header: names\nheader_row: found\n", &book).expect("reads");
    assert_eq!((rows.records, rows.faults.len()), (3, 1));
    let fault = read("header: names\n", &book).expect_err("refused");
    assert_eq!(fault.code, "header-drift");
    assert!(fault.message.ends_with("(売上!A1)"), "{fault}");
    let columns = "- { name: x, header: 数量 }\n";
    let lost = sheet("header: any_order\nheader_row: found\n", columns).read(&book.bytes());
    assert_eq!(lost.expect_err("refused").code, "header-drift");
    let fault = read("header: names\nheader_row: 3\n", &book).expect_err("refused");
    assert_eq!((fault.code, fault.message.as_str()), ("empty", "売上!3 is empty"));
}

#[test]
fn columns_are_found_by_their_names() {
    let plain =
        [texts(1, &["-", "金額", "備考", "商品"]), texts(2, &["-", "5", "x", "ペン"])].concat();
    let book = Book::of(&plain);
    let rows = read("header: any_order\n", &book).expect("reads");
    assert_eq!(all(&rows), ["ペン,5"]);
    let beyond = [plain.as_str(), &texts(3, &["-", "5", "x", "紙", "?"])].concat();
    let rows = read("header: any_order\n", &Book::of(&beyond)).expect("reads");
    assert_eq!(all(&rows), ["ペン,5"]);
    let (_, _, found, expected) = faults(&rows).remove(0);
    assert_eq!(
        (found.as_str(), expected.as_str()),
        ("(1 characters, masked) at 売上!E3", "4 columns")
    );
    let at_b = [texts(1, &["-", "商品", "金額"]), texts(2, &["左", "ペン", "5"])].concat();
    let rows = read("header: names\nfirst_column: B\n", &Book::of(&at_b)).expect("reads");
    assert_eq!(all(&rows), ["ペン,5"]);
    let wide = [texts(1, &["商品", "金額"]), texts(2, &["ペン", "5", "?"])].concat();
    let rows = read("header: names\n", &Book::of(&wide)).expect("reads");
    assert_eq!(faults(&rows)[0].2, "(1 characters, masked) at 売上!C2");
    let twice = [texts(1, &["商品", "金額", "商品"])].concat();
    assert_eq!(
        read("header: any_order\n", &Book::of(&twice)).expect_err("no").code,
        "header-drift"
    );
    let heading = sheet("header: any_order\n", COLUMNS).heading(&book.bytes());
    assert_eq!(heading.as_deref(), Some("\t金額\t備考\t商品"));
}

#[test]
fn rows_that_are_not_plain_are_told() {
    let rows = [texts(1, &["商品", "金額"]), amounts(2, 1), amounts(5, 1)].concat();
    let hidden = texts(6, &["隠", "9"]).replace("<row ", "<row hidden='1' ");
    let again = texts(7, &["商品", "金額"]);
    let book = Book::of(&[rows, hidden, again].concat());
    let rows = read("header: names\n", &book).expect("reads");
    let found: Vec<_> = faults(&rows).into_iter().map(|it| it.2).collect();
    assert_eq!(all(&rows), ["品0,0", "品0,0"]);
    let wanted = ["empty rows at 売上!3 to 4", "a hidden row at 売上!6", "金額 at 売上!B7"];
    assert_eq!(found, wanted);
    let more = "header: names\nskip_blank_lines: true\nheader_repeats: true\n";
    let taken = read(&format!("{more}hidden_rows: take\n"), &book).expect("reads");
    assert_eq!((all(&taken).len(), taken.faults.len()), (3, 0));
    let skipped = read(&format!("{more}hidden_rows: skip\n"), &book).expect("reads");
    assert_eq!((all(&skipped).len(), skipped.faults.len()), (2, 0));
}

#[test]
fn merged_cells_are_filled_only_where_the_layout_says_so() {
    let rows = [
        texts(1, &["商品", "金額"]),
        texts(2, &["ペン", "1"]),
        texts(3, &["-", "2"]),
        texts(4, &["紙", "3"]),
    ];
    let book = || Book::of(&rows.concat());
    let down = book().with("<mergeCells count='1'><mergeCell ref='A2:A3'/></mergeCells>");
    let refused = read("header: names\n", &down).expect("reads");
    assert_eq!(all(&refused), ["紙,3"]);
    assert_eq!(faults(&refused)[0].2, "merged cells at 売上!A2");
    let filled = read("header: names\nmerged_cells: fill\n", &down).expect("reads");
    assert_eq!(all(&filled), ["ペン,1", "ペン,2", "紙,3"]);
    let across = book().with("<mergeCells><mergeCell ref='A4:B4'/></mergeCells>");
    let filled = read("header: names\nmerged_cells: fill\n", &across).expect("reads");
    assert_eq!((all(&filled).len(), filled.faults.len()), (2, 1));
    let title = book().with("<mergeCells><mergeCell ref='A1:A2'/></mergeCells>");
    assert_eq!(read("header: names\nmerged_cells: fill\n", &title).expect("reads").faults.len(), 1);
}

#[test]
fn groups_and_totals_hold_as_in_other_files() {
    let text = "layout: t\nversion: 1\nformat: xlsx\nheader: names\nrecords:\n\
        - name: row\n  columns: [{ name: no }, { name: amount, type: integer }]\n  \
        group: { name: lines, key: [no], columns: [amount] }\n\
        - name: end\n  role: trailer\n  code: 合計\n  columns: [{ value: 合計 }, { name: t, type: integer }]\n  \
        checks: [{ column: t, sum: row.amount }]\n";
    let layout = layout(text);
    let total = |sum: &str| {
        let rows = [["1", "10"], ["1", "20"], ["2", "5"], ["合計", sum]];
        let body: String = (2..).zip(rows).map(|(at, it)| texts(at, &it)).collect();
        layout.read(&Book::of(&[texts(1, &["no", "amount"]), body].concat()).bytes())
    };
    let rows = total("35").expect("reads");
    assert_eq!(all(&rows), ["1,[10;20]", "2,[5]"]);
    assert!(rows.rows.iter().all(|it| it.length == 0));
    // The same records in CSV, which is written.
    let csv = layout.written();
    let text = csv.write(&rows, &Policy::exact()).expect("writes").bytes;
    assert_eq!(String::from_utf8_lossy(&text), "1,10\r\n1,20\r\n2,5\r\n合計,35\r\n");
    assert_eq!(all(&csv.read(&text).expect("reads")), all(&rows));
    let fault = total("36").expect_err("refused");
    assert_eq!(fault.code, "trailer-mismatch");
    assert!(fault.message.ends_with("(売上!B5)"), "{fault}");
}

#[test]
fn the_sheet_is_chosen_and_never_guessed() {
    let mut book = Book::of(&texts(1, &["a", "1"]));
    let xml = format!("<sheetData>{}</sheetData>", texts(1, &["b", "2"]));
    book.sheets.push(("Jan&apos;s", "hidden", xml.clone()));
    let read = |more: &str, book: &Book| read(&format!("header: none\n{more}"), book);
    assert_eq!(all(&read("", &book).expect("reads")), ["a,1"]);
    assert_eq!(all(&read("sheet: 2\n", &book).expect("reads")), ["b,2"]);
    assert_eq!(all(&read("sheet: Jan's\n", &book).expect("reads")), ["b,2"]);
    book.sheets.push(("1", "visible", xml));
    assert_eq!(all(&read("sheet: \"1\"\n", &book).expect("reads")), ["b,2"]);
    for more in ["", "sheet: 4\n", "sheet: 売り上げ\n"] {
        let fault = read(more, &book).expect_err("refused");
        assert_eq!((fault.code, fault.found.as_str()), ("sheet-unknown", "売上, Jan's, 1"));
    }
}

#[test]
fn what_is_no_workbook_is_refused() {
    let plain = || Book::of(&texts(1, &["a", "1"]));
    let code = |bytes: &[u8]| {
        let read = sheet("header: none\n", COLUMNS).read(bytes);
        read.map_or_else(|it| it.code, |_| "read")
    };
    let with = |name, text: &str| {
        let others = vec![(name, text.to_owned())];
        code(&Book { others, ..plain() }.bytes())
    };
    assert_eq!(code(&plain().bytes()), "read");
    assert_eq!(code(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), "xlsx");
    assert_eq!(code(b"a,1\n"), "xlsx");
    assert_eq!(code(b""), "xlsx");
    assert_eq!(with("_rels/.rels", "<Relationships/>"), "xlsx");
    assert_eq!(with("xl/styles.xml", "<!DOCTYPE a><a/>"), "xml-doctype");
    let sheet = "xl/worksheets/sheet1.xml";
    assert_eq!(with(sheet, "<worksheet>"), "truncated");
    assert_eq!(with(sheet, "<a><row r='2'><c r='A1'/></row></a>"), "xlsx");
    assert_eq!(with(sheet, "<a><row><c t='z'><v>1</v></c></row></a>"), "xlsx");
    assert_eq!(with(sheet, "<a><row r='2'><c><v>1</v></c></row><row r='2'/></a>"), "xlsx");
    assert_eq!(with(sheet, &"<a>".repeat(70)), "too-large");
    let bomb = vec![("a", String::new()), (sheet, " ".repeat(20 << 20))];
    assert_eq!(code(&Book { others: bomb, ..plain() }.bytes()), "compressed-too-large");
    let bytes = plain().bytes();
    for cut in (0..bytes.len()).step_by(97) {
        assert_ne!(code(bytes.get(..cut).expect("in bounds")), "read", "{cut}");
    }
}

#[test]
fn a_stream_and_a_first_pass_see_the_same() {
    let layout = sheet("header: names\n", COLUMNS);
    let bytes = Book::of(&[texts(1, &["商品", "金額"]), amounts(2, 3)].concat()).bytes();
    let (mut stream, mut verifier) = (layout.stream(), layout.verifier());
    for piece in bytes.chunks(100) {
        stream.push(piece);
        verifier.push(piece).expect("good so far");
        assert_eq!(stream.take(), Ok(None));
    }
    stream.finish();
    let rows = stream.take().expect("reads").expect("a batch");
    assert_eq!(Ok(&rows), layout.read(&bytes).as_ref());
    assert_eq!(stream.records(), (3, 0));
    assert_eq!(verifier.finish().expect("good").records, 3);
}

#[test]
fn a_record_in_place_of_a_counted_row_refuses_the_workbook() {
    let header = texts(1, &["商品", "金額"]);
    let book = Book::of(&[header.as_str(), &amounts(2, 3)].concat());
    let fault = read("header: names\nfooter_lines: 1\n", &book).expect_err("refused");
    assert_eq!((fault.code, fault.message.ends_with("(売上!4)")), ("footer-is-record", true));
    let known = "header: names\nfooter_lines: [{ begins: 以上 }]\n";
    assert_eq!(read(known, &book).expect("reads").rows.len(), 3);
    let required = "header: names\nfooter_lines: [{ begins: 以上, required: true }]\n";
    assert_eq!(read(required, &book).expect_err("refused").code, "footer-missing");
    let fault = read("header: ignored\nheader_row: 2\n", &book).expect_err("refused");
    assert_eq!(fault.code, "header-is-record");
    let fault = read("header: none\ntitle_lines: 2\n", &book).expect_err("refused");
    assert_eq!(fault.code, "title-is-record");
    let begins = "header: ignored\nheader_begins: 商\n";
    assert_eq!(read(begins, &book).expect("reads").rows.len(), 3);
    let other = "header: ignored\nheader_begins: 品\n";
    assert_eq!(read(other, &Book::of(&header)).expect_err("refused").code, "header-drift");
    // Somebody sorted the sheet, header and all.
    let rows = [amounts(1, 1), texts(2, &["商品", "金額"]), amounts(3, 1)].concat();
    let sorted = Book::of(&rows);
    let fault = read("header: names\nheader_row: found\n", &sorted).expect_err("refused");
    assert_eq!((fault.code, fault.message.ends_with("(売上!1)")), ("title-is-record", true));
    // Known titles, of which one is missing, and the row behind a footer.
    let rows =
        [texts(2, &["日報"]), texts(3, &["商品", "金額"]), amounts(4, 1), texts(9, &["以上"])];
    let titled = "header: names\ntitle_lines: [{ begins: 店 }, { begins: 日報 }]\nfooter_lines: [{ begins: 以上 }]\n";
    assert_eq!(all(&read(titled, &Book::of(&rows.concat())).expect("reads")), ["品0,0"]);
}

/// Empty cells do not make a record of a title, whatever the columns ask for.
#[test]
fn a_single_text_is_a_title_and_no_record() {
    let columns =
        "- { name: item, header: 商品 }\n- { name: amount, header: 金額, type: integer }\n";
    let read = |more: &str, rows: &[String]| {
        let rows = sheet(more, columns).read(&Book::of(&rows.concat()).bytes());
        rows.map(|it| all(&it)).map_err(|it| it.code)
    };
    let table = [texts(4, &["商品", "金額"]), texts(5, &["ペン", "5"])].concat();
    let good = Ok(vec!["ペン,5".to_owned()]);
    let titled = |title: &[&str]| vec![texts(1, title), table.clone()];
    let found = "header: names\nheader_row: found\n";
    assert_eq!(read(found, &titled(&["売上報告"])), good);
    assert_eq!(read("header: ignored\nheader_row: 4\n", &titled(&["売上報告"])), good);
    let footer = vec![table.clone(), texts(6, &["以上"])];
    assert_eq!(read("header: names\nheader_row: 4\nfooter_lines: 1\n", &footer), good);
    // A number tells, and so do two texts.
    assert_eq!(read(found, &titled(&["-", "7"])), Err("title-is-record"));
    assert_eq!(read(found, &titled(&["紙", "7"])), Err("title-is-record"));
    let texts_only = sheet(found, "- { name: a, header: 商品 }\n- { name: b, header: 金額 }\n");
    let read = |title: &[&str]| texts_only.read(&Book::of(&titled(title).concat()).bytes());
    assert_eq!(read(&["紙", "厚い"]).expect_err("refused").code, "title-is-record");
    assert_eq!(all(&read(&["紙"]).expect("reads")), ["ペン,5"]);
}
