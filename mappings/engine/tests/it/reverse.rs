//! Reading backwards: both laws, on the order of the web shop.

use std::{collections::BTreeMap, fs, sync::Arc};

use mapping::{Level, Map, Options, PutFault, Scratch, compile, put, reverse};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    order::order_map,
    support::{Files, context, data},
};

const KEYS: [(&str, &str); 2] = [("line_items", "id"), ("tax_lines", "rate")];

fn files() -> Files {
    let order = fs::read_to_string(data("order.map.yaml")).unwrap();
    Files::default()
        .with("order.map.yaml", order)
        .with("order.schema.json", fs::read_to_string(data("order.schema.json")).unwrap())
        .with("loose.schema.json", r#"{"type": "object"}"#)
}

/// The out map that takes over what the in map can be read backwards.
fn back() -> Arc<Map> {
    let text = "map: shop/order-back\nversion: 1\nsource: order@1\ntarget: loose.schema.json\nreverse: order.map.yaml\npolicy: { missing: omit, null: omit }\nfields:\n  note: note\n";
    let compiled =
        compile("back.map.yaml", &files().with("back.map.yaml", text), &Options::default());
    let shown: Vec<String> = compiled.diagnostics.iter().map(|it| it.render(text)).collect();
    compiled.map.unwrap_or_else(|| panic!("{}", shown.join("\n")))
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

#[test]
fn lists_are_matched_by_key_never_by_place() {
    let (get, back) = maps();
    let old = order();
    let mut record = canonical(&get, &old).unwrap();
    record["lines"].as_array_mut().unwrap().reverse();
    let done = put(
        (&get, &back),
        record.to_string().as_bytes(),
        Some(old.to_string().as_bytes()),
        &KEYS,
        &context(),
    )
    .unwrap();
    assert_eq!(
        done.document["line_items"][0]["tax_lines"], old["line_items"][1]["tax_lines"],
        "carried with its element"
    );
    let keyless = put(
        (&get, &back),
        record.to_string().as_bytes(),
        Some(old.to_string().as_bytes()),
        &[],
        &context(),
    );
    assert!(
        matches!(keyless, Err(PutFault::NoKey(list)) if list == "line_items" || list == "tax_lines")
    );
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
