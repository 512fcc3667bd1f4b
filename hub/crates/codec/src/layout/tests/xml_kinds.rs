//! Documents of several kinds under one layout, and counts that documents state of
//! their records.

use super::*;

const MESSAGES: &str = "\
layout: t/messages
version: 1
format: xml
charset: { name: utf-8, bom: refused }
lossless: true
namespaces: { o: \"urn:orders\", r: \"urn:returns\" }
kind_field: kind
columns:
  - { name: sender, path: /Message/Head/From, required: true }
  - { name: station, path: /Message/Info/Station }
  - { count: records, path: /Message/Info/Count }
records:
  - name: order
    record: /Message/o:Orders/Order
    columns:
      - { name: no, required: true }
      - { name: due, type: date, format: YYYY-MM-DD, path: Due }
    groups:
      - { name: lines, each: Line, min: 1, columns: [{ name: item, path: Item }] }
      - { name: notes, each: Note, columns: [{ name: text, path: . }] }
  - name: return
    record: /Message/r:Returns/Return
    columns:
      - { name: reason, path: Reason }
      - { name: no, path: No, required: true }
      - { name: due, type: date, format: YYYY-MM-DD, path: Due, required: true }
    groups:
      - name: lines
        each: Line
        columns: [{ name: pieces, path: Pieces, type: integer }, { name: item, path: Item }]
";

fn order(count: &str, orders: &str) -> String {
    let head = format!("<Head><From>F</From></Head>{count}");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Message xmlns:o=\"urn:orders\" \
         xmlns:r=\"urn:returns\">{head}<o:Orders>{orders}</o:Orders></Message>"
    )
}

#[test]
fn each_document_is_read_and_written_as_its_kind() {
    let layout = layout(MESSAGES);
    let names: Vec<&str> = layout.shape().fields.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["kind", "sender", "station", "no", "due", "reason"]);
    let required: Vec<bool> = layout.shape().fields.iter().map(|it| it.required).collect();
    assert_eq!(required, [true, true, false, true, false, false]);
    let orders = order(
        "<Info><Count>2</Count></Info>",
        "<Order><no>1</no><Due>2026-01-05</Due><Line><Item>A</Item></Line><Note>n</Note></Order>\
         <Order><no>2</no><Line><Item>B</Item></Line></Order>",
    );
    let rows = layout.read(orders.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["order,F,,1,2026-01-05,,[A,],[n]", "order,F,,2,,,[B,],[]"]);
    rewrites(&layout, orders.as_bytes());
    let returns = orders.split_once("<o:Orders>").expect("orders").0.replace('2', "1")
        + "<r:Returns><Return><Reason>old</Reason><No>9</No><Due>2026-01-06</Due>\
           <Line><Pieces>-2</Pieces><Item>A</Item></Line></Return></r:Returns></Message>";
    let rows = layout.read(returns.as_bytes()).expect("reads");
    assert_eq!(all(&rows), ["return,F,,9,2026-01-06,old,[A,-2],[]"]);
    rewrites(&layout, returns.as_bytes());
}

#[test]
fn what_is_required_of_one_kind_is_not_of_the_other() {
    let layout = layout(MESSAGES);
    let text = order("<Info><Count>1</Count></Info>", "<Order><Due>2026-13-05</Due></Order>");
    let found: Vec<_> =
        faults(&layout.read(text.as_bytes()).expect("reads")).into_iter().map(|it| it.1).collect();
    let fields: Vec<_> = found.iter().filter_map(|it| it.split_once(" at ")).collect();
    assert_eq!(fields.iter().map(|it| it.0).collect::<Vec<_>>(), ["no", "due", "lines"]);
    let returned = text.split_once("<o:Orders>").expect("orders").0.to_owned()
        + "<r:Returns><Return/></r:Returns></Message>";
    let found = faults(&layout.read(returned.as_bytes()).expect("reads"));
    assert_eq!(
        found.iter().map(|it| it.1.split(' ').next()).collect::<Vec<_>>(),
        [Some("no"), Some("due")]
    );
}

#[test]
fn a_count_that_is_not_true_refuses_the_document() {
    let layout = layout(MESSAGES);
    let one = "<Order><no>1</no><Line><Item>A</Item></Line></Order>";
    let read = |count: &str| {
        let read = layout.read(order(count, one).as_bytes());
        read.map(|it| it.rows.len()).map_err(|it| (it.code, it.found, it.expected))
    };
    assert_eq!(read("<Info><Count>1</Count></Info>"), Ok(1));
    let wrong = |found: &str| Err(("count", found.to_owned(), "1, as there are".to_owned()));
    assert_eq!(read("<Info><Count>2</Count></Info>"), wrong("2"));
    assert_eq!(read("<Info><Count>one</Count></Info>"), wrong("one"));
    // A document that says nothing says nothing wrong, but is written otherwise.
    assert_eq!(read("").map_err(|it| it.0), Err("not-lossless"));
    let bad = order("<Info><Count>1</Count></Info>", "<Order/>");
    assert_eq!(faults(&layout.read(bad.as_bytes()).expect("counts")).len(), 2);
}

#[test]
fn a_document_of_no_kind_or_of_two_is_refused() {
    let layout = layout(MESSAGES);
    let read = |text: &str| {
        let fault = layout.read(text.as_bytes()).expect_err("refused");
        (fault.code, fault.found, fault.expected)
    };
    let none = ("wrong-document", String::new(), "/Message/Orders or /Message/Returns".to_owned());
    assert_eq!(read("<Message><Other/></Message>"), none);
    let root = ("wrong-document", "X".to_owned(), "Message".to_owned());
    assert_eq!(read("<X/>"), root);
    let two =
        "<Message xmlns:o=\"urn:orders\" xmlns:r=\"urn:returns\"><o:Orders/><r:Returns/></Message>";
    assert_eq!(read(two).1, "/Message/Orders and /Message/Returns");
}

#[test]
fn records_of_two_kinds_are_no_document() {
    let layout = layout(MESSAGES);
    let lines = "\"lines\":[{\"item\":\"A\"}]";
    let write = |kinds: [&str; 2]| {
        let mut rows = Rows::default();
        for (number, kind) in (1..).zip(kinds) {
            let json = format!("{{\"kind\":\"{kind}\",\"sender\":\"F\",\"no\":\"1\",{lines}}}");
            let one = Rows::from_json(layout.shape(), json.as_bytes()).expect("rows");
            let shift = u32::try_from(rows.text.len()).expect("fits");
            rows.text.push_str(&one.text);
            rows.rows.extend(one.rows.into_iter().map(|row| shifted(row, shift, number)));
        }
        layout.write(&rows, &Policy::exact()).map(|it| String::from_utf8(it.bytes).expect("UTF-8"))
    };
    let written = write(["order", "order"]).expect("one kind");
    assert!(written.contains("<Count>2</Count>"), "{written}");
    let fault = write(["order", "return"]).expect_err("two kinds");
    assert_eq!((fault[0].number, fault[0].faults[0].found.as_str()), (2, "return"));
    let fault = write(["other", "other"]).expect_err("no kind");
    assert_eq!(fault[0].faults[0].expected, "one of order, return");
    let nothing = layout.write(&Rows::default(), &Policy::exact()).expect_err("no kind");
    assert_eq!(nothing[0].faults[0].expected, "one of order, return");
}

fn shifted(mut row: crate::rows::Row, by: u32, number: u64) -> crate::rows::Row {
    row.number = number;
    for cell in &mut row.cells {
        (cell.start, cell.end) = (cell.start + by, cell.end + by);
    }
    let groups = row.groups.into_iter().map(|rows| {
        let rows = rows.into_iter().zip(1..).map(|(row, number)| shifted(row, by, number));
        rows.collect()
    });
    row.groups = groups.collect();
    row
}

#[test]
fn kinds_that_cannot_be_told_apart_are_faults_of_the_layout() {
    let codes = |from: &str, to: &str| {
        let text = MESSAGES.replace(from, to);
        assert_ne!(text, MESSAGES, "{from}");
        let faults = Layout::parse("t", &text).expect_err("faults");
        faults.iter().map(|it| it.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("/Message/r:Returns/Return", "/Message/o:Orders/Return"), ["L10"]);
    assert_eq!(codes("name: return", "name: order"), ["L03"]);
    assert_eq!(codes("kind_field: kind", "kind_field: no"), ["L03", "L03"]);
    assert_eq!(codes("kind_field: kind\n", ""), ["Y11"]);
    assert_eq!(codes("kind_field: kind", "kind_field: kind\nrecord: /a"), ["L08"]);
    let lines = "type: integer }, { name: item, path: Item";
    assert_eq!(codes(lines, &format!("{lines}, type: integer")), ["L03"]);
    assert_eq!(
        codes("type: date, format: YYYY-MM-DD, path: Due, r", "path: Due, type: integer, r"),
        ["L03"]
    );
    assert_eq!(codes("path: /Message/Info/Count", "path: Count"), ["L16", "L16"]);
    assert_eq!(codes("count: records, path", "count: records, name: c, path"), ["L05", "L05"]);
    let one = "layout: t\nversion: 1\nformat: xml\ncharset: utf-8\nkind_field: k\nrecord: /a/b\n\
               columns: [{ name: c }]\n";
    assert_eq!(Layout::parse("t", one).expect_err("faults")[0].code, "L08");
}
