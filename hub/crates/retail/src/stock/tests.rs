//! What documents do to stock, one by one and folded.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn ea(text: &str) -> Value {
    json!({"qty": text, "uom": "EA"})
}

fn on_hand(movements: &[Movement]) -> String {
    sum(movements, Bucket::OnHand)
}

fn sum(movements: &[Movement], bucket: Bucket) -> String {
    movements
        .iter()
        .filter(|it| it.bucket == bucket)
        .filter_map(|it| if let Change::By(quantity) = it.change { Some(quantity) } else { None })
        .fold(Quantity::ZERO, Quantity::plus)
        .to_string()
}

fn receipt(kind: &str, flags: Value, lines: Value) -> Till {
    let data = json!({"kind": kind, "flags": flags, "lines": lines,
        "store": {"scheme": "location_code", "value": "001"}});
    till("pos", 0, &data)
}

#[test]
fn h20_training_moves_nothing_and_is_not_real() {
    let lines = json!([{"line_id": "1", "sku": "TEA", "qty_ordered": ea("1")}]);
    assert!(!receipt("sale", json!({"training": true}), lines.clone()).is_real);
    let training = receipt("training", json!({}), lines.clone());
    assert!(!training.is_real && training.movements.is_empty());
    assert!(receipt("sale", json!({}), lines).is_real);
}

#[test]
fn h23_a_return_line_in_a_sale_keeps_its_sign() {
    let sale = receipt(
        "sale",
        json!({}),
        json!([
            {"line_id": "1", "sku": "TEA", "qty_ordered": ea("2")},
            {"line_id": "2", "sku": "TEA", "qty_ordered": ea("-0.5"), "return": true},
            {"line_id": "3", "sku": "TEA", "qty_ordered": ea("0")},
            {"line_id": "4", "sku": "TEA", "qty_ordered": ea("9"), "void": true},
            {"line_id": "5", "sku": "CARD", "qty_ordered": ea("1"), "kind": "gift_card"},
        ]),
    );
    assert_eq!(sale.movements.len(), 2);
    assert_eq!(on_hand(&sale.movements), "-1.5");
    let back = json!([{"line_id": "1", "sku": "TEA", "qty_ordered": ea("-3")}]);
    assert_eq!(on_hand(&receipt("return", json!({}), back).movements), "3");
}

#[test]
fn articles_have_all_their_names() {
    let sale = receipt(
        "sale",
        json!({}),
        json!([
        {"line_id": "1", "sku": "4901234567894", "qty_ordered": ea("1")}]),
    );
    assert_eq!(sale.movements[0].article, ["sku:4901234567894", "gtin:04901234567894"]);
    assert_eq!(sale.movements[0].place, ["code:001"]);
}

fn shop_order(status: &str, fulfilled: &str) -> Value {
    json!({"status": status, "placed_at": "1970-01-01T00:00:10Z",
        "sales_location": {"scheme": "code", "value": "EC"},
        "lines": [{"line_id": "1", "sku": "TEA", "qty_ordered": ea("5"),
            "qty_fulfilled": ea(fulfilled), "qty_cancelled": ea("1")}]})
}

fn said(said_at_ms: i64, data: &Value) -> Statement<'_> {
    Statement { said_at_ms, is_deletion: false, data }
}

#[test]
fn an_open_order_commits_and_a_fulfilled_one_consumes() {
    let (open, part, done, off) = (
        shop_order("placed", "0"),
        shop_order("in_fulfilment", "3"),
        shop_order("completed", "4"),
        shop_order("cancelled", "3"),
    );
    let as_of = |current: &Value, all: &[Statement<'_>]| {
        let found = order("ec", said(40_000, current), all);
        (sum(&found, Bucket::Committed), on_hand(&found))
    };
    let [one, two, three] = [said(20_000, &open), said(30_000, &part), said(40_000, &done)];
    assert_eq!(as_of(&open, &[one]), ("4".to_owned(), "0".to_owned()));
    assert_eq!(as_of(&part, &[one, two]), ("1".to_owned(), "-3".to_owned()));
    assert_eq!(as_of(&done, &[three, one, two]), ("0".to_owned(), "-4".to_owned()));
    assert_eq!(as_of(&off, &[one, two, said(40_000, &off)]), ("0".to_owned(), "-3".to_owned()));
    // What left at 30 s left at 30 s, also when a later version repeats it.
    let found = order("ec", three, &[one, two, three]);
    let times: Vec<i64> =
        found.iter().filter(|it| it.bucket == Bucket::OnHand).map(|it| it.at_ms).collect();
    assert_eq!(times, [30_000, 40_000]);
    let deleted = Statement { is_deletion: true, ..said(50_000, &open) };
    let found = order("ec", deleted, &[one, two, deleted]);
    assert_eq!((sum(&found, Bucket::Committed), on_hand(&found)), ("0".into(), "-3".into()));
}

#[test]
fn an_order_takes_from_the_places_that_fulfil_it() {
    let data = json!({"status": "confirmed", "placed_at": "2026-01-05T00:00:00Z",
        "sales_location": {"scheme": "code", "value": "EC"},
        "lines": [{"line_id": "1", "sku": "TEA", "qty_ordered": ea("5")}],
        "fulfilments": [
            {"fulfilment_id": "a", "state": "shipped", "from_location": {"scheme": "code", "value": "W1"},
             "lines": [{"line_id": "1", "qty": ea("2")}]},
            {"fulfilment_id": "b", "state": "cancelled", "from_location": {"scheme": "code", "value": "W2"},
             "lines": [{"line_id": "1", "qty": ea("3")}]}]});
    let found = order("ec", said(0, &data), &[said(0, &data)]);
    let at = |place: &str| -> Vec<Movement> {
        found.iter().filter(|it| it.place == [format!("code:{place}")]).cloned().collect()
    };
    assert_eq!((sum(&at("W1"), Bucket::Committed), on_hand(&at("W1"))), ("0".into(), "-2".into()));
    assert_eq!((sum(&at("EC"), Bucket::Committed), on_hand(&at("EC"))), ("3".into(), "0".into()));
    assert!(at("W2").is_empty());
}

#[test]
fn trial_orders_drafts_and_services_move_nothing() {
    for change in [
        json!({"test": true}),
        json!({"status": "draft"}),
        json!({"fulfilment_status": "not_required"}),
    ] {
        let mut data = shop_order("placed", "0");
        for (name, value) in change.as_object().unwrap() {
            data[name.as_str()] = value.clone();
        }
        assert!(order("ec", said(0, &data), &[said(0, &data)]).is_empty(), "{change}");
    }
}

#[test]
fn goods_on_their_way_arrive() {
    let lines = json!([{"variant": {"scheme": "sku", "value": "TEA"}, "qty": ea("12"),
        "qty_received": ea("10"), "qty_rejected": ea("1")}]);
    let to = json!({"scheme": "code", "value": "W1"});
    let po = json!({"status": "sent", "ship_to": to, "lines": lines});
    let received = json!({"po": {"value": "1"}, "location": to, "lines": lines});
    let mut all = purchase_order("erp", 0, &po);
    // What the supplier confirms is on its way already.
    let confirmed = json!({"status": "confirmed", "stated_by": "supplier", "lines": lines});
    all.extend(purchase_order("supplier", 0, &confirmed));
    let trial = json!({"status": "sent", "test": true, "lines": lines});
    all.extend(purchase_order("erp", 0, &trial));
    all.extend(goods_receipt("erp", 0, &received));
    assert_eq!((on_hand(&all), sum(&all, Bucket::Incoming)), ("9".into(), "2".into()));
}

#[test]
fn a_change_from_count_to_count_keeps_the_whole() {
    for delta in ["3", "-3"] {
        let moved = inventory_movement(
            "pos",
            0,
            &json!({"kind": "damage", "delta": ea(delta),
            "bucket_from": "sellable", "bucket_to": "damaged",
            "variant": {"scheme": "sku", "value": "TEA"}}),
        );
        let by: Vec<(&str, Change)> =
            moved.iter().map(|it| (it.condition.as_str(), it.change)).collect();
        let three = Quantity::parse("3").unwrap();
        let want = [("sellable", Change::By(three.reversed())), ("damaged", Change::By(three))];
        assert_eq!(by, want, "{delta}");
    }
}

#[test]
fn h6_a_count_takes_in_what_was_before_it_and_not_what_came_after() {
    let q = |text: &str| Quantity::parse(text).unwrap();
    let sale = |id, at_ms| (id, Bucket::OnHand, Change::By(q("-1")), at_ms);
    let count = ("count", Bucket::OnHand, Change::Counted(q("50")), 100);
    let before: Vec<String> = (0..200).map(|at| format!("a{at}")).collect();
    let after: Vec<String> = (0..30).map(|at| format!("b{at}")).collect();
    let steps: Vec<_> = before
        .iter()
        .map(|id| sale(id.as_str(), 99))
        .chain([count])
        .chain(after.iter().map(|id| sale(id.as_str(), 101)))
        .collect();
    assert_eq!(level(steps).on_hand, q("20"));
}

proptest! {
    #[test]
    fn a_level_does_not_depend_on_the_order(
        steps in proptest::collection::vec((0u8..6, -20i64..20, 0i64..50), 0..40)
            .prop_flat_map(|steps| (Just(steps.clone()), Just(steps).prop_shuffle()))
    ) {
        // Ids go with the step and not with its place.
        let (one, two) = steps;
        let read = |steps: &[(u8, i64, i64)]| {
            let named: Vec<(String, Bucket, Change, i64)> = steps.iter().map(|(kind, qty, at)| {
                let qty = Quantity::from_millionths(*qty);
                let (bucket, change) = match kind {
                    0 => (Bucket::OnHand, Change::Counted(qty)),
                    1 => (Bucket::OnHand, Change::FreeToSell(qty)),
                    2 => (Bucket::Reserved, Change::By(qty)),
                    3 => (Bucket::Committed, Change::By(qty)),
                    4 => (Bucket::Incoming, Change::By(qty)),
                    _ => (Bucket::OnHand, Change::By(qty)),
                };
                (format!("{kind}.{at}.{}", qty.millionths()), bucket, change, *at)
            }).collect();
            level(named.iter().map(|(id, bucket, change, at)| (id.as_str(), *bucket, *change, *at)).collect::<Vec<_>>())
        };
        prop_assert_eq!(read(&one), read(&two));
    }
}
