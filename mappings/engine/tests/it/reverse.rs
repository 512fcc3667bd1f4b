//! Reading backwards: both laws, on the order of the web shop.

use std::{collections::BTreeMap, fs, sync::Arc};

use mapping::{Compiled, Fate, Level, Map, Options, PutFault, Scratch, compile, put, reverse};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    order::order_map,
    support::{Files, context, data},
};

/// `taxes` has no `key:` in the map; the caller names it.
const KEYS: [(&str, &str); 1] = [("tax_lines", "rate")];

fn files() -> Files {
    let order = fs::read_to_string(data("order.map.yaml")).unwrap();
    let keyed = "each: line_items\n    key: line_id\n";
    let order = order.replace("each: line_items\n", keyed);
    Files::default()
        .with("order.map.yaml", order)
        .with("order.schema.json", fs::read_to_string(data("order.schema.json")).unwrap())
        .with("loose.schema.json", r#"{"type": "object"}"#)
}

/// The out map that takes over what the in map can be read backwards.
const BACK: &str = "map: shop/order-back
version: 1
source: order@1
target: loose.schema.json
reverse: order.map.yaml
read_only: [identifiers, order_type, return_status, fulfilment_status, status, buyer.party]
policy: { missing: omit, null: omit }
fields:
  note: note
";

fn compiled(text: &str, schema: &str) -> Compiled {
    let files = files().with("back.map.yaml", text).with("loose.schema.json", schema);
    compile("back.map.yaml", &files, &Options::default())
}

fn back() -> Arc<Map> {
    let compiled = compiled(BACK, r#"{"type": "object"}"#);
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(BACK)).collect();
    compiled.map.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

/// Goal: nobody has to guess what an out map with `reverse:` writes.
/// Method: an out map that takes over, writes itself, declares and forgets.
#[test]
fn every_field_of_the_in_map_has_a_fate() {
    let schema = r#"{"type": "object", "additionalProperties": false, "properties": {
        "name": {"type": "string"}, "gateway": {"type": "string"}, "created_at": {"type": "string"},
        "customer": {"type": "object", "properties": {"last_name": {"type": "string"}, "first_name": {"type": "string"}}},
        "line_items": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}, "price": {"type": "string"}}}}}}"#;
    let text = BACK
        .replace("  note: note\n", "  gateway: lines | first(tax_class)\n  customer: { last_name: buyer.guest_snapshot.name.family }\n")
        .replace("[identifiers, ", "[identifiers, created_at, ");
    let found = compiled(&text, schema);
    assert!(found.map.is_some(), "{:?}", found.diagnostics);
    let mut shown = String::new();
    for field in found.backwards.unwrap().fields {
        let fate = match field.fate {
            Fate::TakenOver { source, exact: true } => format!("to {source}, exact"),
            Fate::TakenOver { source, exact: false } => format!("to {source}, in normal form"),
            Fate::Written => "written by the map".into(),
            Fate::ReadOnly { why, declared: true } => format!("read-only as declared: {why}"),
            Fate::ReadOnly { why, declared: false } => format!("FORGOTTEN: {why}"),
        };
        shown.push_str(&format!("{}: {fate}\n", field.target));
    }
    for it in found.diagnostics {
        shown.push_str(&it.render(&text));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_fate_that_cannot_be_is_a_fault() {
    let loose = r#"{"type": "object"}"#;
    let has = |text: &str, code: &str| {
        let found = compiled(text, loose).diagnostics;
        assert!(found.iter().any(|it| it.code == code), "{code}: {found:?}");
    };
    has(&BACK.replace("identifiers,", "identifier,"), "M01");
    has(&BACK.replace("order.map.yaml", "ordre.map.yaml"), "M00");
    has(&BACK.replace("return_status, ", ""), "M20");
    // Rules that do not fit the destination point at the line that brought them.
    let narrow = r#"{"type": "object", "properties": {"name": {"type": "integer"}}}"#;
    let found = compiled(BACK, narrow).diagnostics;
    let fault = found.iter().find(|it| it.code == "M05").unwrap();
    assert_eq!((fault.file.as_str(), fault.place.line), ("back.map.yaml", 5));
}

#[test]
fn most_of_an_order_is_read_backwards() {
    let reversed = reverse("order.map.yaml", &files()).unwrap();
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    for field in &reversed.fields {
        let level = match field.level {
            Level::Exact => "exact",
            Level::NormalForm => "normal form",
            Level::ReadOnly(_) => "read-only",
        };
        *levels.entry(level).or_default() += 1;
    }
    println!("{levels:?}");
    insta::assert_snapshot!(reversed.map);
    assert!(levels["exact"] + levels["normal form"] >= 20, "{levels:?}");
}

fn canonical(get: &Map, source: &Value) -> Option<Value> {
    let bytes = serde_json::to_vec(source).unwrap();
    let mapped = get.run_json(&bytes, &context(), &mut Scratch::default()).ok()?;
    Some(serde_json::from_slice(&mapped.data).unwrap())
}

fn order() -> Value {
    serde_json::from_slice(&fs::read(data("order.json")).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_not_changed_is_not_touched(
        name in "[ #A-Za-z0-9ｱ-ﾝ　～㈱]{1,12}", city in "\\PC{0,8}", qty in 0_i64..50, price in "(0|[1-9][0-9]{0,4})(\\.0{1,2})?",
        state in prop::sample::select(vec!["paid", "pending", "authorized"]), phone in prop::sample::select(vec!["03-1234-5678", "０３(1234)5678", "+81 3 1234 5678"]),
    ) {
        let mut old = order();
        old["customer"]["last_name"] = json!(name);
        old["shipping_address"]["city"] = json!(city);
        old["shipping_address"]["phone"] = json!(phone);
        old["financial_status"] = json!(state);
        old["line_items"][0]["quantity"] = json!(qty);
        old["line_items"][1]["price"] = json!(price);
        let (get, back) = maps();
        let Some(record) = canonical(&get, &old) else { return Ok(()) };
        let done = put((&get, &back), record.to_string().as_bytes(), Some(old.to_string().as_bytes()), &KEYS, &context());
        match done {
            Ok(done) => prop_assert_eq!(done.document, old),
            Err(fault) => prop_assert!(false, "{fault:?}"),
        }
    }

    #[test]
    fn what_is_written_reads_the_same_or_is_refused(
        family in "\\PC{1,8}", phone in prop::sample::select(vec!["+81312345678", "+819012345678", "03-1234-5678", "x"]),
        state in prop::sample::select(vec!["paid", "voided", "overdue"]), minor in 0_i64..100_000, no in "[#A-Z0-9 ]{1,6}",
    ) {
        let (get, back) = maps();
        let old = order();
        let mut record = canonical(&get, &old).unwrap();
        record["buyer"]["guest_snapshot"]["name"]["family"] = json!(family);
        record["ship_to"]["phone"] = json!(phone);
        record["payment_status"] = json!(state);
        record["totals"]["grand"]["minor"] = json!(minor);
        record["order_no"] = json!(no);
        let done = put((&get, &back), record.to_string().as_bytes(), Some(old.to_string().as_bytes()), &KEYS, &context());
        match done {
            Err(PutFault::NotJson | PutFault::NoKey(_)) => prop_assert!(false),
            Err(_) => {}
            Ok(done) => {
                let again = canonical(&get, &done.document).unwrap();
                for path in ["/buyer/guest_snapshot/name/family", "/ship_to/phone", "/payment_status", "/totals/grand", "/order_no"] {
                    prop_assert_eq!(again.pointer(path), record.pointer(path), "{}", path);
                }
                // What the map does not read is carried over.
                prop_assert_eq!(&done.document["customer"]["email"], &old["customer"]["email"]);
            }
        }
    }
}

fn maps() -> (Arc<Map>, Arc<Map>) {
    static MAPS: std::sync::OnceLock<(Arc<Map>, Arc<Map>)> = std::sync::OnceLock::new();
    MAPS.get_or_init(|| (order_map(), back())).clone()
}

fn put_order(record: &Value, old: &Value, keys: &[(&str, &str)]) -> Result<mapping::Put, PutFault> {
    let (get, back) = maps();
    let (record, old) = (record.to_string(), old.to_string());
    put((&get, &back), record.as_bytes(), Some(old.as_bytes()), keys, &context())
}

#[test]
fn lists_are_matched_by_key_never_by_place() {
    let (get, _) = maps();
    let old = order();
    let mut record = canonical(&get, &old).unwrap();
    record["lines"].as_array_mut().unwrap().reverse();
    let done = put_order(&record, &old, &KEYS).unwrap();
    let items = &done.document["line_items"];
    assert_eq!(items[0], old["line_items"][1], "carried with its element, by the map's own key");
    assert_eq!(items[1], old["line_items"][0]);
    let keyless = put_order(&record, &old, &[]);
    assert!(matches!(keyless, Err(PutFault::NoKey(list)) if list == "tax_lines"));
}

/// Goal: a changed element is written where it stands now, and guarded there.
#[test]
fn a_changed_element_is_guarded_where_it_stands() {
    let (get, _) = maps();
    let old = order();
    let mut record = canonical(&get, &old).unwrap();
    record["lines"].as_array_mut().unwrap().reverse();
    record["lines"][0]["title_snapshot"] = json!("焙じ茶");
    let done = put_order(&record, &old, &KEYS).unwrap();
    assert_eq!(done.document["line_items"][0]["title"], json!("焙じ茶"));
    assert_eq!(done.written, ["line_items[0].title"]);
    assert_eq!(
        canonical(&get, &done.document).unwrap()["lines"][0]["title_snapshot"],
        json!("焙じ茶")
    );
    // A key that reads otherwise than it is written would lose its element.
    let mut twice = record.clone();
    twice["lines"][1] = twice["lines"][0].clone();
    assert!(
        matches!(put_order(&twice, &old, &KEYS), Err(PutFault::SameKey(list)) if list == "line_items")
    );
}

/// Goal: no amount passes through a binary float on its way back.
#[test]
fn a_number_that_memory_does_not_keep_is_refused() {
    let (get, back) = maps();
    let old = order().to_string();
    let record = canonical(&get, &order()).unwrap().to_string();
    for (from, to, refused) in [
        ("5940139491234", "9007199254740993.25", true),
        ("0.1", "0.10", false),
        ("0.1", "0.1000000000000000055511151231", true),
        ("\"990\"", "\"12345678901234567890.123\"", false),
    ] {
        assert!(old.contains(from), "{from}");
        let old = old.replacen(from, to, 1);
        let done = put((&get, &back), record.as_bytes(), Some(old.as_bytes()), &KEYS, &context());
        let inexact = matches!(done, Err(PutFault::Inexact(number)) if number == to);
        assert_eq!(inexact, refused, "{to}");
    }
}

/// Goal: what the record no longer says is not left standing in silence.
#[test]
fn a_value_that_went_away_is_told() {
    let (get, _) = maps();
    let old = order();
    let mut record = canonical(&get, &old).unwrap();
    record["ship_to"].as_object_mut().unwrap().remove("phone");
    let refused = put_order(&record, &old, &KEYS);
    assert!(matches!(refused, Err(PutFault::Differs(fields)) if fields == ["ship_to.phone"]));
}

#[test]
fn fields_that_nobody_reads_are_named() {
    let (get, _) = maps();
    let mut record = order();
    record["line_items"][1]["gift_wrap"] = json!(true);
    assert_eq!(
        get.unread(record.to_string().as_bytes()),
        [
            "customer.email",
            "line_items[].gift_wrap",
            "line_items[].tax_lines[].title",
            "note",
            "shipping_address.first_name",
            "shipping_address.last_name",
            "tax_lines[].title"
        ]
    );
}
