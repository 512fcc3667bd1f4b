//! Stock in the store: tills, orders, counts, and what things are called.

use canon::{entity::Entity, reference::Ref};
use serde_json::{Value, json};

use crate::{
    OrderFilter, Page, StockFilter,
    testing::{Bench, Fact, fact},
};

pub(super) fn ea(text: &str) -> Value {
    json!({"qty": text, "uom": "EA"})
}

/// One receipt of till 01 of store 001.
pub(super) fn receipt(number: &str, kind: &str, end_at: &str, qty: &str) -> Fact {
    let id = format!("001/01/2026-01-05/{number}");
    fact(
        "pos",
        Entity::PosTransaction,
        &id,
        json!({
        "store": {"scheme": "location_code", "value": "001"}, "register": "01",
        "sequence": number, "business_date": "2026-01-05", "kind": kind, "end_at": end_at,
        "flags": {}, "lines": [{"line_id": "1", "sku": "TEA", "qty_ordered": ea(qty)}],
        "totals": {"grand": {"minor": 1080, "currency": "JPY"}}}),
    )
}

pub(super) fn sale(number: &str, end_at: &str, qty: &str) -> Fact {
    receipt(number, "sale", end_at, qty)
}

pub(super) fn voiding(number: &str, kind: &str, voided: &str) -> Fact {
    let mut fact = receipt(number, kind, "2026-01-05T13:00:00+09:00", "-2");
    fact.data["flags"] = json!({"voids_transaction": voided});
    fact
}

pub(super) fn count(id: &str, at: &str, there: &str) -> Fact {
    fact(
        "erp",
        Entity::InventoryMovement,
        id,
        json!({
        "variant": {"scheme": "sku", "value": "TEA"},
        "location": {"scheme": "code", "value": "001"},
        "kind": "count", "assert": ea(there), "occurred_at": at}),
    )
}

/// SKU, place, on hand, committed, available, of all levels.
pub(super) fn levels(bench: &Bench) -> Vec<String> {
    let found = bench.reader().stock(&StockFilter::default(), &Page::of(500)).unwrap();
    let line = |it: crate::StockView| {
        format!(
            "{}@{} {} {}/{}/{}/{} {}",
            it.sku,
            it.location,
            it.condition,
            it.on_hand,
            it.reserved,
            it.committed,
            it.incoming,
            it.available_raw
        )
    };
    found.items.into_iter().map(line).collect()
}

pub(super) fn on_hand(bench: &Bench) -> String {
    let found = bench.reader().stock(&StockFilter::default(), &Page::of(1)).unwrap();
    found.items.first().map_or_else(|| "no level".to_owned(), |it| it.on_hand.clone())
}

const NOON: &str = "2026-01-05T12:00:00+09:00";

#[test]
fn h6_offline_sales_count_by_when_they_were_made() {
    let mut bench = Bench::new();
    bench.arrive(&[count("c1", "2026-01-05T15:00:00+09:00", "50")]);
    let hours = |number: u32| 10 + number % 10;
    let sales: Vec<Fact> = (1..=400)
        .map(|number| {
            let at = format!("2026-01-05T{:02}:30:00+09:00", hours(number));
            sale(&format!("{number:04}"), &at, "1")
        })
        .collect();
    bench.arrive(&sales);
    let after = (1..=400).filter(|number| hours(*number) >= 15).count();
    assert_eq!(on_hand(&bench), (50 - after as i64).to_string());
}

fn permutations(facts: &[Fact]) -> Vec<Vec<Fact>> {
    if facts.len() < 2 {
        return vec![facts.to_vec()];
    }
    let mut all = Vec::new();
    for at in 0..facts.len() {
        let mut rest = facts.to_vec();
        let first = rest.remove(at);
        for mut tail in permutations(&rest) {
            tail.insert(0, first.clone());
            all.push(tail);
        }
    }
    all
}

#[test]
fn h19_the_void_of_a_void_leaves_the_sale() {
    let facts = [
        sale("0001", NOON, "2"),
        voiding("0002", "void", "0001"),
        voiding("0003", "post_void", "001/01/2026-01-05/0002"),
    ];
    for order in permutations(&facts) {
        let mut bench = Bench::new();
        for fact in &order {
            bench.arrive(std::slice::from_ref(fact));
        }
        assert_eq!(on_hand(&bench), "-2");
        let orders = bench.reader().orders(&OrderFilter::default(), &Page::of(9)).unwrap().items;
        let counts = |number: &str| orders.iter().find(|it| it.number == number).unwrap().counts;
        assert_eq!((counts("0001"), counts("0002"), counts("0003")), (true, false, true));
    }
    let mut bench = Bench::new();
    bench.arrive(&facts[..2]);
    assert_eq!(on_hand(&bench), "no level", "a void leaves nothing");
}

#[test]
fn a_sale_that_says_it_was_voided_waits_for_nobody() {
    let mut voided = sale("0001", NOON, "2");
    voided.data["flags"] = json!({"voided_by": "0002"});
    let mut bench = Bench::new();
    bench.arrive(&[voided.clone()]);
    assert_eq!(on_hand(&bench), "no level");
    // The one that undid it was undone itself.
    bench.arrive(&[voiding("0002", "void", "0001"), voiding("0003", "post_void", "0002")]);
    assert_eq!(on_hand(&bench), "-2");
}

#[test]
fn h20_training_is_seen_and_not_counted() {
    let mut bench = Bench::new();
    let mut training = sale("0001", NOON, "5");
    training.data["flags"] = json!({"training": true});
    bench.arrive(&[training.clone()]);
    assert_eq!(on_hand(&bench), "no level");
    let found = bench.reader().order(&training.hub_id()).unwrap().unwrap();
    assert!(!found.order.counts);
    assert!(bench.reader().event(&training.event_id()).unwrap().is_some());
}

#[test]
fn h23_a_line_coming_back_in_a_sale_goes_into_stock() {
    let mut mixed = sale("0001", NOON, "2");
    mixed.data["lines"] = json!([
        {"line_id": "1", "sku": "TEA", "qty_ordered": ea("2")},
        {"line_id": "2", "sku": "CUP", "qty_ordered": ea("-1"), "return": true},
    ]);
    let mut bench = Bench::new();
    bench.arrive(&[mixed]);
    assert_eq!(
        levels(&bench),
        ["CUP@001 sellable 1/0/0/0 1", "TEA@001 sellable -2/0/0/0 -2"],
        "oversold stock is shown, not hidden"
    );
}

#[test]
fn h9_a_missing_number_is_raised_and_cleared() {
    let mut bench = Bench::new();
    let number = |number: u32| sale(&format!("{number:04}"), NOON, "1");
    bench.arrive(&[number(101), number(102), number(104), number(105)]);
    let gaps = |bench: &Bench, cleared| bench.reader().gaps(cleared, &Page::of(9)).unwrap().items;
    let open = gaps(&bench, false);
    assert_eq!((open[0].from, open[0].to, open.len()), (103, 103, 1));
    assert_eq!((open[0].store.as_str(), open[0].register.as_str()), ("001", "01"));
    bench.arrive(&[number(103)]);
    assert!(gaps(&bench, false).is_empty());
    assert!(gaps(&bench, true)[0].cleared_at.is_some());
}

#[test]
fn h10_a_counter_that_starts_again_is_neither_gap_nor_duplicate() {
    let mut bench = Bench::new();
    for number in ["9998", "9999", "0001", "0002"] {
        bench.arrive(&[sale(number, NOON, "1")]);
    }
    assert!(bench.reader().gaps(true, &Page::of(9)).unwrap().items.is_empty());
    assert_eq!(on_hand(&bench), "-4");
    assert_eq!(bench.reader().channels().unwrap()[0].duplicates, 0);
}

fn variant(channel: &'static str, id: &str, sku: &str, gtin: &str) -> Fact {
    fact(channel, Entity::Variant, id, json!({"sku": sku, "gtin": gtin, "uom": "EA"}))
}

#[test]
fn one_article_has_one_level_whatever_it_is_called() {
    let by_jan = |number| {
        let mut sale = sale(number, NOON, "1");
        sale.data["lines"][0]["sku"] = json!("4901234567894");
        sale
    };
    let facts = [
        by_jan("0001"),
        sale("0002", NOON, "1"),
        variant("ec", "991", "TEA", "4901234567894"),
        variant("erp", "10023", "10023", "4901234567894"),
        fact(
            "erp",
            Entity::InventoryLevel,
            "10023@W",
            json!({
            "variant": {"scheme": "sku", "value": "10023"},
            "location": {"scheme": "source_id", "value": "W-1"},
            "on_hand": ea("10"), "as_of": "2026-01-05T09:00:00+09:00"}),
        ),
        fact("erp", Entity::Location, "W-1", json!({"code": "001", "name": "渋谷"})),
    ];
    // Every 13th of 720 orders: each fact comes first, last and in between.
    for order in permutations(&facts).into_iter().step_by(13) {
        let mut bench = Bench::new();
        for fact in &order {
            bench.arrive(std::slice::from_ref(fact));
        }
        assert_eq!(levels(&bench), ["10023@001 sellable 8/0/0/0 8"]);
        let asked = StockFilter { sku: Some("4901234567894".into()), location: None };
        assert_eq!(bench.reader().stock(&asked, &Page::of(9)).unwrap().items.len(), 1);
        let moved = bench.reader().movements("TEA", "001", &Page::of(2)).unwrap();
        assert_eq!(moved.items[0].counted.as_deref(), Some("10"));
        let rest = Page { limit: 2, cursor: moved.next };
        assert_eq!(bench.reader().movements("TEA", "001", &rest).unwrap().items.len(), 1);
    }
}

#[test]
fn references_and_far_ids_of_goods_are_found_across_channels() {
    let mut bench = Bench::new();
    let (shop, erp) = (
        variant("ec", "991", "TEA", "4901234567894"),
        variant("erp", "10023", "T-1", "4901234567894"),
    );
    let sold = sale("0001", NOON, "1");
    bench.arrive(&[shop.clone(), erp.clone(), sold.clone()]);
    let reader = bench.reader();
    let means = |entity, channel, scheme: &str, value: &str| {
        reader.resolve(entity, channel, &Ref::by(scheme, value)).unwrap()
    };
    assert_eq!(means(Entity::Variant, "ec", "jan", "4901234567894"), Some(shop.hub_id()));
    assert_eq!(means(Entity::Variant, "erp", "gtin", "4901234567894"), Some(erp.hub_id()));
    assert_eq!(means(Entity::Variant, "pos", "gtin", "4901234567894"), None, "two have it");
    assert_eq!(means(Entity::Variant, "pos", "sku", "TEA"), Some(shop.hub_id()));
    let id = "001/01/2026-01-05/0001";
    let till = means(Entity::PosTransaction, "pos", "source_id", id);
    assert_eq!(till, Some(sold.hub_id()));
    assert_eq!(means(Entity::PosTransaction, "ec", "source_id", id), None);
    assert_eq!(reader.far_id("erp", &shop.hub_id()).unwrap().as_deref(), Some("10023"));
    assert_eq!(reader.far_id("crm", &shop.hub_id()).unwrap(), None);
}

#[test]
fn what_a_shop_calls_an_article_is_found_by_any_name_of_it() {
    let mut bench = Bench::new();
    let items = |sku: &str, item: &str| {
        json!({"sku": sku, "uom": "EA", "stock_policy": "tracked",
            "identifiers": [{"scheme": "shop_item", "value": item}]})
    };
    let product = |id: &'static str, variants: Value| {
        fact("ec", Entity::Product, id, json!({"title": "茶", "variants": variants}))
    };
    bench.arrive(&[
        product("1", json!([items("TEA", "451"), items("CUP", "452")])),
        product("2", json!([items("BAG", "453"), items("BAG", "454")])),
        variant("erp", "10023", "TEA", "4901234567894"),
    ]);
    let reader = bench.reader();
    let called = |scheme: &str, value: &str, shop: &str| {
        let by = Ref::by(scheme, value);
        reader.called(Entity::Variant, ("erp", &by), (shop, "shop_item")).unwrap()
    };
    assert_eq!(called("sku", "TEA", "ec").as_deref(), Some("451"));
    assert_eq!(called("sku", "CUP", "ec").as_deref(), Some("452"));
    assert_eq!(called("source_id", "10023", "ec").as_deref(), Some("451"));
    assert_eq!(called("gtin", "4901234567894", "ec").as_deref(), Some("451"));
    assert_eq!(called("sku", "BAG", "ec"), None, "two have it");
    assert_eq!(called("sku", "TEA", "mall"), None, "the other shop does not have it");
    assert_eq!(called("sku", "POT", "ec"), None);
}

#[test]
fn an_article_number_that_one_channel_uses_twice_joins_nothing() {
    let mut bench = Bench::new();
    bench.arrive(&[
        variant("ec", "1", "RED", "4901234567894"),
        variant("ec", "2", "BLUE", "4901234567894"),
        variant("erp", "3", "GREEN", "4901234567894"),
    ]);
    for sku in ["RED", "BLUE", "GREEN"] {
        let mut sold = sale(sku, NOON, "1");
        sold.data["lines"][0]["sku"] = json!(sku);
        bench.arrive(&[sold]);
    }
    assert_eq!(levels(&bench).len(), 3);
}

#[test]
fn a_stock_change_that_reports_a_known_receipt_counts_once() {
    let change = fact(
        "pos",
        Entity::InventoryMovement,
        "m1",
        json!({
        "variant": {"scheme": "sku", "value": "TEA"},
        "location": {"scheme": "location_code", "value": "001"},
        "kind": "sale", "delta": ea("-2"), "occurred_at": NOON,
        "reference": {"type": "pos_transaction", "id": "001/01/2026-01-05/0001"}}),
    );
    for order in permutations(&[change, sale("0001", NOON, "2")]) {
        let mut bench = Bench::new();
        bench.arrive(&order);
        assert_eq!(on_hand(&bench), "-2");
    }
}

fn web_order(version: &str, status: &str, fulfilled: &str) -> Fact {
    fact(
        "ec",
        Entity::Order,
        "1001",
        json!({
        "order_no": "#1001", "status": status, "order_type": "sale", "placed_at": NOON,
        "sales_location": {"scheme": "code", "value": "001"}, "currency": "JPY",
        "totals": {"grand": {"minor": 5400, "currency": "JPY"}},
        "lines": [{"line_id": "1", "sku": "TEA", "qty_ordered": ea("5"),
            "qty_fulfilled": ea(fulfilled)}]}),
    )
    .version(version)
    .time(&format!("2026-01-05T1{version}:00:00+09:00"))
}

#[test]
fn an_order_commits_then_consumes_and_a_cancelled_one_lets_go() {
    let mut bench = Bench::new();
    bench.arrive(&[count("c1", "2026-01-05T09:00:00+09:00", "20")]);
    bench.arrive(&[web_order("2", "placed", "0")]);
    assert_eq!(levels(&bench), ["TEA@001 sellable 20/0/5/0 15"]);
    bench.arrive(&[web_order("3", "in_fulfilment", "2")]);
    assert_eq!(levels(&bench), ["TEA@001 sellable 18/0/3/0 15"]);
    // Counted after two had left: a later version must not take them again.
    bench.arrive(&[count("c2", "2026-01-05T13:30:00+09:00", "18")]);
    bench.arrive(&[web_order("4", "cancelled", "2")]);
    assert_eq!(levels(&bench), ["TEA@001 sellable 18/0/0/0 18"]);
}

#[test]
fn a_shop_that_tells_what_is_free_to_sell_is_not_counted_twice() {
    let free = |id: &str, at: &str, free: &str| {
        fact(
            "ec",
            Entity::InventoryLevel,
            id,
            json!({
            "variant": {"scheme": "sku", "value": "TEA"},
            "location": {"scheme": "code", "value": "001"},
            "available": ea(free), "as_of": at}),
        )
        .version(at)
    };
    let facts = [
        free("l", "2026-01-05T11:00:00+09:00", "20"),
        web_order("2", "placed", "0"),
        free("m", "2026-01-05T12:00:01+09:00", "15"),
        web_order("3", "completed", "5"),
    ];
    for order in permutations(&facts) {
        let mut bench = Bench::new();
        for fact in &order {
            bench.arrive(std::slice::from_ref(fact));
        }
        assert_eq!(levels(&bench), ["TEA@001 sellable 15/0/0/0 15"]);
    }
}
