//! Properties: the order of arrival, repetition, and rebuilding change nothing.

use canon::entity::Entity;
use proptest::prelude::*;
use retail::{
    quantity::Quantity,
    stock::{Bucket, Change, level},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

use super::goods::{count, ea, levels, sale, voiding};
use crate::{
    Page, Store, Trust,
    testing::{Bench, Fact, dump, fact},
};

fn at(hour: u8) -> String {
    format!("2026-01-05T{hour:02}:00:00+09:00")
}

/// One thing that may happen in a shop with one article.
fn happening() -> impl Strategy<Value = Fact> {
    prop_oneof![
        (1u32..9, 9u8..21, -3i32..4).prop_map(|(number, hour, qty)| {
            sale(&format!("{number:04}"), &at(hour), &qty.to_string())
        }),
        (10u32..14, 1u32..14).prop_map(|(number, voided)| {
            voiding(&format!("{number:04}"), "void", &format!("{voided:04}"))
        }),
        (0u8..3, 9u8..21, 0i32..40).prop_map(|(id, hour, there)| count(
            &format!("c{id}"),
            &at(hour),
            &there.to_string()
        )),
        (0u8..3, 9u8..21, 0i32..40).prop_map(|(id, hour, free)| {
            fact(
                "ec",
                Entity::InventoryLevel,
                &format!("l{id}"),
                json!({
                "variant": {"scheme": "jan", "value": "4901234567894"},
                "location": {"scheme": "code", "value": "001"},
                "available": ea(&free.to_string()), "as_of": at(hour)}),
            )
        }),
        (0u8..3, 1u8..6, 0u8..4).prop_map(|(id, version, fulfilled)| {
            let status =
                ["placed", "in_fulfilment", "completed", "cancelled"][usize::from(version) % 4];
            fact(
                "ec",
                Entity::Order,
                &format!("o{id}"),
                json!({
                "order_no": id.to_string(), "status": status, "placed_at": at(10),
                "sales_location": {"scheme": "code", "value": "001"},
                "fulfilment_status": "unfulfilled",
                "lines": [{"line_id": "1", "sku": "TEA", "qty_ordered": ea("5"),
                    "qty_fulfilled": ea(&fulfilled.to_string())}]}),
            )
            .version(&version.to_string())
            .time(&at(10 + version))
        }),
        Just(fact("erp", Entity::Variant, "v", json!({"sku": "TEA", "gtin": "4901234567894"}))),
    ]
}

/// One thing that a system may say of a few people who share some of what they have.
fn statement() -> impl Strategy<Value = Fact> {
    let channel = prop_oneof![Just("ec"), Just("crm"), Just("pos")];
    let person = (channel, 0u8..7, 1u8..4, 0u8..5, 0u8..4, 0u8..4, any::<bool>());
    let said = person.prop_map(|(channel, id, version, mail, phone, name, verified)| {
        let proven = |mut point: serde_json::Value| {
            if verified {
                point["verified_at"] = json!(at(9));
            }
            point
        };
        let kana = ["サトウ", "タカハシ", "ｻﾄｳ", ""][usize::from(name)];
        let born = ["1980-05-17", "", "", "1991-01-01"][usize::from(phone)];
        fact(
            channel,
            Entity::Party,
            &id.to_string(),
            json!({
            "name": {"family_kana": kana, "given_kana": "ハナ"}, "birth_date": born,
            "contact_points": [
                proven(json!({"type": "email", "value": format!("u{mail}@x.jp")})),
                proven(json!({"type": "phone", "value": format!("03-1111-000{phone}")}))],
            "identifiers": [{"scheme": "member_code", "value": format!("M{}", mail + phone)}]}),
        )
        .version(&version.to_string())
        .time(&at(9 + version))
        .action(canon::entity::Action::Snapshot)
    });
    let link = (0u8..7, 0u8..7, 0u8..3, 1u8..3).prop_map(|(one, two, status, version)| {
        let status = ["active", "rejected", "superseded"][usize::from(status)];
        fact(
            "crm",
            Entity::IdentityLink,
            &format!("{one}-{two}"),
            json!({
            "party": {"scheme": "source_id", "value": one.to_string()}, "method": "manual",
            "channel_identity": {"channel": "ec", "connector": "ec", "source_id": two.to_string()},
            "status": status}),
        )
        .version(&version.to_string())
    });
    let place = (0u8..2).prop_map(|phone| {
        fact(
            "pos",
            Entity::Location,
            &phone.to_string(),
            json!({"code": phone.to_string(),
            "address": {"phone": format!("03-1111-000{phone}")}}),
        )
    });
    prop_oneof![8 => said, 2 => link, 1 => place]
}

fn statements() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    proptest::collection::vec(statement(), 1..20).prop_flat_map(|facts| {
        let once: BTreeMap<String, Fact> =
            facts.into_iter().map(|fact| (fact.event_id(), fact)).collect();
        let facts: Vec<Fact> = once.into_values().collect();
        (Just(facts.clone()), Just(facts).prop_shuffle())
    })
}

/// Who is whom, without the ids that follow from who was seen first.
fn people(bench: &Bench) -> BTreeSet<String> {
    let reader = bench.reader();
    let listed = reader.customers(&Trust::new(), &Page::of(500)).unwrap();
    listed
        .items
        .iter()
        .map(|it| {
            let found = reader.customer(&Trust::new(), &it.hub_id).unwrap().unwrap();
            let known: BTreeSet<String> = found
                .identities
                .iter()
                .map(|it| format!("{}/{}", it.channel, it.source_id))
                .collect();
            let links: BTreeSet<String> = found
                .links
                .iter()
                .filter(|it| it.status != "superseded")
                .map(|it| format!("{} {} {} {}", it.left, it.right, it.rule, it.status))
                .collect();
            format!("{known:?} {links:?} {}", serde_json::to_string(&found.profile).unwrap())
        })
        .collect()
}

/// Each fact once: a second statement of the same version would be a conflict,
/// and which of two conflicting ones is believed is the order of arrival.
fn happenings() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    proptest::collection::vec(happening(), 1..18).prop_flat_map(|facts| {
        let once: BTreeMap<String, Fact> =
            facts.into_iter().map(|fact| (fact.event_id(), fact)).collect();
        let facts: Vec<Fact> = once.into_values().collect();
        (Just(facts.clone()), Just(facts).prop_shuffle())
    })
}

fn told(facts: &[Fact], at_once: usize) -> Bench {
    let mut bench = Bench::new();
    for facts in facts.chunks(at_once) {
        bench.arrive(facts);
    }
    bench
}

/// The levels folded by the pure rule from the movements that are kept.
fn folded(bench: &Bench) -> Vec<String> {
    let conn = rusqlite::Connection::open(bench.path()).unwrap();
    let mut query = conn
        .prepare(
            "SELECT sku, place, condition, document || '/' || part, bucket, assertion, millionths,
                    at_ms
             FROM store_movement WHERE bucket < 9",
        )
        .unwrap();
    let mut keys: BTreeMap<String, Vec<(String, Bucket, Change, i64)>> = BTreeMap::new();
    let mut rows = query.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let text = |at: usize| row.get::<_, String>(at).unwrap();
        let number = |at: usize| row.get::<_, i64>(at).unwrap();
        let quantity = Quantity::from_millionths(number(6));
        let change = match number(5) {
            0 => Change::By(quantity),
            1 => Change::Counted(quantity),
            _ => Change::FreeToSell(quantity),
        };
        let bucket = Bucket::ALL[usize::try_from(number(4)).unwrap()];
        let step = (text(3), bucket, change, number(7));
        keys.entry(format!("{}@{} {}", text(0), text(1), text(2))).or_default().push(step);
    }
    keys.into_iter()
        .map(|(key, steps)| {
            let steps: Vec<_> = steps.iter().map(|it| (it.0.as_str(), it.1, it.2, it.3)).collect();
            let it = level(steps);
            format!(
                "{key} {}/{}/{}/{} {}",
                it.on_hand,
                it.reserved,
                it.committed,
                it.incoming,
                it.available()
            )
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn levels_are_the_fold_of_their_movements_in_any_order((one, two) in happenings()) {
        let (one, two) = (told(&one, 1), told(&two, 3));
        prop_assert_eq!(levels(&one), levels(&two));
        prop_assert_eq!(levels(&one), folded(&one));
    }

    #[test]
    fn people_are_the_same_in_any_order((one, two) in statements()) {
        prop_assert_eq!(people(&told(&one, 1)), people(&told(&two, 3)));
    }

    #[test]
    fn applying_twice_is_applying_once((facts, _) in prop_oneof![happenings(), statements()]) {
        let mut bench = told(&facts, 2);
        let before = dump(&bench.path());
        bench.store.apply(&bench.entries).unwrap();
        prop_assert_eq!(dump(&bench.path()), before.clone());
        let stock = levels(&bench);
        // The same facts in new entries are duplicates and change no level.
        bench.arrive(&facts);
        prop_assert_eq!(levels(&bench), stock);
    }

    #[test]
    fn rebuilding_gives_the_same_file((facts, _) in prop_oneof![happenings(), statements()]) {
        let bench = told(&facts, 1);
        let (path, before) = (bench.path(), dump(&bench.path()));
        drop(bench.store);
        let mut store = Store::rebuild(&path, "all").unwrap();
        store.apply(&bench.entries).unwrap();
        prop_assert_eq!(dump(&path), before);
    }
}
