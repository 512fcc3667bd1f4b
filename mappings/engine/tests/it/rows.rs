//! Rows of a layout, and maps that go out.

use std::{fs, sync::Arc};

use codec::layout::Layout;
use mapping::{Case, Expect, Map, Options, RunContext, Scratch, compile, diff, explain_row, test};
use serde_json::Value;

use crate::{
    order::order_map,
    support::{Files, context, data},
};

fn map(name: &str, change: impl Fn(String) -> String) -> Arc<Map> {
    let text = change(fs::read_to_string(data(name)).unwrap());
    let mut files = Files::default().with(name, text.as_str());
    for file in ["order.schema.json", "erp.schema.json", "till.layout.yaml"] {
        files = files.with(file, fs::read_to_string(data(file)).unwrap());
    }
    let compiled = compile(name, &files, &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(&text)).collect();
    compiled.map.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

fn layout() -> Layout {
    Layout::parse("till.layout.yaml", &fs::read_to_string(data("till.layout.yaml")).unwrap())
        .unwrap()
}

/// Two receipts in code page 932; the second was sold after midnight.
fn journal() -> Vec<u8> {
    let mut bytes =
        b"store,register,receipt,day,time,kind,member,line,sku,title,qty,price\r\n".to_vec();
    // 緑茶 and ｺｰﾋｰ in code page 932.
    bytes.extend(b"001,2,0007,2026-01-05,12:34,01,M9,1,TEA,\x97\xce\x92\x83,2,990\r\n");
    bytes.extend(b"001,2,0007,2026-01-05,12:34,01,M9,2,COF,\xba\xb0\xcb\xb0,1.5,1001\r\n");
    bytes.extend(b"001,2,0008,2026-01-05,25:30,02,,1,TEA,,1,990\r\n");
    bytes
}

#[test]
fn a_journal_becomes_receipts() {
    let (map, layout, bytes) = (map("till.map.yaml", |text| text), layout(), journal());
    assert!(map.reads_rows());
    let rows = layout.read(&bytes).unwrap();
    let mut scratch = Scratch::default();
    let receipts: Vec<Value> = rows
        .rows
        .iter()
        .map(|row| {
            let ctx = RunContext { record: row.number, ..context() };
            let mapped = map.run_row(&rows, row, &ctx, &mut scratch).unwrap();
            assert!(mapped.source_id.starts_with("001/2/2026-01-05/000"));
            serde_json::from_slice(&mapped.data).unwrap()
        })
        .collect();
    insta::assert_json_snapshot!(receipts);
}

#[test]
fn a_value_of_a_row_is_traced_to_its_bytes() {
    let (map, layout, bytes) = (map("till.map.yaml", |text| text), layout(), journal());
    let rows = layout.read(&bytes).unwrap();
    let explained = explain_row(&map, &rows, &rows.rows[0], &context());
    let field = explained.field("lines[1].title_snapshot").unwrap();
    assert_eq!(field.written.as_deref(), Some("\"コーヒー\""));
    let read = &field.reads[0];
    let start = usize::try_from(read.offset.unwrap()).unwrap();
    let length = usize::try_from(read.length).unwrap();
    assert_eq!(&bytes[start..start + length], b"\xba\xb0\xcb\xb0");
    assert!(field.text().contains("width -> \"コーヒー\""), "{}", field.text());
}

fn canonical() -> Vec<u8> {
    let source = fs::read(data("order.json")).unwrap();
    order_map().run_json(&source, &context(), &mut Scratch::default()).unwrap().data
}

#[test]
fn a_canonical_order_goes_out_with_what_the_caller_supplies() {
    let map = map("erp.map.yaml", |text| text);
    let record = canonical();
    let without = map.run_json(&record, &context(), &mut Scratch::default()).unwrap_err();
    assert!(without.faults[0].expected.contains("`customer_no`"), "{without:?}");
    let ctx = RunContext { needs: &[("customer_no", Some("00001234"))], ..context() };
    let sent = map.run_json(&record, &ctx, &mut Scratch::default()).unwrap();
    insta::assert_json_snapshot!(serde_json::from_slice::<Value>(&sent.data).unwrap());
    assert_eq!(sent.losses, []);
}

#[test]
fn what_is_cut_is_counted() {
    let map = map("erp.map.yaml", |text| text.replace("truncate_bytes(30", "truncate_bytes(5"));
    let ctx = RunContext { needs: &[("customer_no", Some("00001234"))], ..context() };
    let sent = map.run_json(&canonical(), &ctx, &mut Scratch::default()).unwrap();
    let loss = &sent.losses[0];
    assert_eq!((loss.step.as_str(), loss.after.as_str()), ("truncate_bytes", "緑茶 "));
    assert_eq!(loss.before, "緑茶 \"特上\"");
    let refused = self::map("erp.map.yaml", |text| {
        text.replace("truncate_bytes(30", "truncate_bytes(5")
            .replace("null: omit }", "null: omit, loss: fault }")
    });
    assert!(refused.run_json(&canonical(), &ctx, &mut Scratch::default()).is_err());
}

#[test]
fn fixtures_are_judged_and_covered() {
    let map = order_map();
    let good = fs::read(data("order.json")).unwrap();
    let want = canonical();
    let bad = String::from_utf8(good.clone()).unwrap().replace("\"990\"", "\"9 9\"").into_bytes();
    let cases = [
        Case { name: "good", input: &good, layout: None, expect: Expect::Data(&want) },
        Case {
            name: "bad price",
            input: &bad,
            layout: None,
            expect: Expect::Faults(&["line_items[0].price"]),
        },
        Case { name: "not so bad", input: &good, layout: None, expect: Expect::Faults(&["name"]) },
        Case {
            name: "other result",
            input: &good,
            layout: None,
            expect: Expect::Data(b"{\"order_no\": \"#1\"}"),
        },
    ];
    let report = test(&map, &cases, &context());
    let passed: Vec<bool> = report.cases.iter().map(|it| it.passed).collect();
    assert_eq!(passed, [true, true, false, false]);
    assert!(report.cases[3].problems.iter().any(|it| it.starts_with("order_no: expected \"#1\"")));
    assert!(report.coverage.percent() > 70 && report.coverage.percent() < 100, "{}", report.text());
    assert!(report.coverage.missing.contains(&"status (branch 1)".to_owned()), "{}", report.text());
}

#[test]
fn a_new_version_says_what_it_changes() {
    let old = order_map();
    let new = map("order.map.yaml", |text| {
        text.replace("order_no: name", "order_no: name | without_prefix(\"#\")")
    });
    let record = fs::read(data("order.json")).unwrap();
    let records =
        [("1042", mapping::Sample::Json(&record)), ("again", mapping::Sample::Json(&record))];
    let report = diff(&old, &new, &records, &context());
    assert_eq!((report.records, report.same, report.changes.len()), (2, 0, 1));
    assert_eq!((report.changes[0].field.as_str(), report.changes[0].records), ("order_no", 2));
}
