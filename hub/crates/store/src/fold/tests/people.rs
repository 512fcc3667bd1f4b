//! Who is who in the store: joined, kept apart, merged, unmerged.

use canon::entity::{Action, Entity};
use retail::consent::State;
use serde_json::{Value, json};
use std::collections::HashSet;

use crate::{
    Customer, Page, Store, Trust,
    testing::{Bench, Fact, done, dump, fact, route},
};

fn party(channel: &'static str, id: &str, mut data: Value) -> Fact {
    data["kind"] = json!("person");
    data["roles"] = json!(["customer"]);
    if data.get("status").is_none() {
        data["status"] = json!("active");
    }
    fact(channel, Entity::Party, id, data)
}

fn mail(value: &str) -> Value {
    json!({"type": "email", "value": value, "verified_at": "2026-01-01T00:00:00Z"})
}

fn hanako(bench: &mut Bench) -> [Fact; 3] {
    let ec = party(
        "ec",
        "501",
        json!({
            "name": {"family": "髙橋", "given": "花子"},
            "contact_points": [mail("Hanako@example.jp")],
        }),
    );
    let crm = party(
        "crm",
        "003Q1",
        json!({
            "name": {"family": "高橋", "given": "花子", "family_kana": "タカハシ"},
            "contact_points": [mail("hanako@example.jp")],
            "identifiers": [{"scheme": "member_code", "value": "00042"}],
        }),
    );
    let pos = party(
        "pos",
        "00042",
        json!({
            "name": {"full": "高橋花子"},
            "identifiers": [{"scheme": "member_code", "value": "00042"}],
        }),
    );
    for fact in [&ec, &crm, &pos] {
        bench.arrive(std::slice::from_ref(fact));
    }
    [ec, crm, pos]
}

fn customer(bench: &Bench, hub_id: &str) -> Customer {
    bench.reader().customer(&Trust::new(), hub_id).unwrap().unwrap()
}

fn customers(bench: &Bench) -> usize {
    bench.reader().customers(&Trust::new(), &Page::of(500)).unwrap().items.len()
}

#[test]
fn three_systems_know_one_customer() {
    let mut bench = Bench::new();
    let [ec, _, pos] = hanako(&mut bench);
    assert_eq!(customers(&bench), 1);
    let found = customer(&bench, &pos.hub_id());
    assert_eq!(found.hub_id, ec.hub_id());
    let channels: Vec<&str> = found.identities.iter().map(|it| it.channel.as_str()).collect();
    assert_eq!(channels, ["ec", "crm", "pos"]);
    let mut rules: Vec<&str> = found.links.iter().map(|it| it.rule.as_str()).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["email_verified", "member_code"]);
    assert!(found.links.iter().all(|it| it.status == "active" && it.value_hash.len() == 64));

    let reader = bench.reader();
    let want = Some(ec.hub_id());
    assert_eq!(reader.customer_at_source("crm", "003Q1").unwrap(), want);
    assert_eq!(reader.customers_with("email", "HANAKO@example.jp").unwrap(), [ec.hub_id()]);
    assert_eq!(reader.customers_with("member_code", "00042").unwrap(), [ec.hub_id()]);
    assert!(reader.customers_with("member_code", "42").unwrap().is_empty());
    // What another system needs to know: its own id of a customer that came from elsewhere.
    assert_eq!(reader.far_id("crm", &pos.hub_id()).unwrap().as_deref(), Some("003Q1"));
    assert_eq!(reader.far_id("ma", &pos.hub_id()).unwrap(), None);
}

#[test]
fn a_far_id_given_to_one_identity_serves_the_party() {
    let mut bench = Bench::new();
    bench.routes(vec![route("party", "ma")]);
    let [ec, _, pos] = hanako(&mut bench);
    let due = bench.reader().due("ma", crate::testing::at(9), 9, &HashSet::new()).unwrap();
    bench.attempt(&due[0].id, 1, done(Some("lead-7")));
    assert_eq!(due[0].hub_id, ec.hub_id());
    let found = bench.reader().far_id("ma", &pos.hub_id()).unwrap();
    assert_eq!(found.as_deref(), Some("lead-7"));
}

#[test]
fn a_changed_address_takes_the_link_back() {
    let mut bench = Bench::new();
    let [ec, crm, _] = hanako(&mut bench);
    let moved = party("ec", "501", json!({"contact_points": [mail("other@example.jp")]}));
    bench.arrive(&[moved.version("2")]);
    assert_eq!(customers(&bench), 2);
    let found = customer(&bench, &crm.hub_id());
    assert_ne!(found.hub_id, ec.hub_id());
    let link = found.links.iter().find(|it| it.rule == "email_verified").unwrap();
    assert_eq!((link.status.as_str(), link.valid_to.is_some()), ("superseded", true));
}

fn order(channel: &'static str, number: &str, buyer: Value) -> Fact {
    let data = json!({"order_no": number, "status": "placed", "order_type": "sale",
        "placed_at": "2026-01-05T12:00:00+09:00", "currency": "JPY",
        "totals": {"grand": {"minor": 1080, "currency": "JPY"}}, "buyer": {"party": buyer}});
    fact(channel, Entity::Order, number, data)
}

#[test]
fn h14_a_late_order_for_a_merged_party_is_the_survivors() {
    let mut bench = Bench::new();
    let survivor = party("ec", "B", json!({}));
    let absorbed = party("ec", "A", json!({}));
    bench.arrive(&[survivor.clone(), absorbed.clone()]);
    let merged = json!({"status": "merged", "merged_into": survivor.hub_id()});
    bench.arrive(&[party("ec", "A", merged).version("2").action(Action::Merged)]);
    let late = order("ec", "1001", json!({"scheme": "source_id", "value": "A"}));
    bench.arrive(std::slice::from_ref(&late));

    let found = customer(&bench, &absorbed.hub_id());
    assert_eq!(found.hub_id, survivor.hub_id());
    assert_eq!(found.orders.len(), 1);
    assert_eq!(found.orders[0].customer, Some(survivor.hub_id()));
    let kept = bench.reader().order(&late.hub_id()).unwrap().unwrap();
    assert_eq!(kept.data["buyer"]["party"]["value"], "A");
}

#[test]
fn h15_unmerging_gives_both_parties_back_with_what_is_theirs() {
    let mut bench = Bench::new();
    let (one, two) = (party("ec", "B", json!({})), party("pos", "A", json!({})));
    bench.arrive(&[one.clone(), two.clone()]);
    let link = |status: &str| {
        fact(
            "crm",
            Entity::IdentityLink,
            "L1",
            json!({
            "party": {"hub_id": one.hub_id()},
            "channel_identity": {"channel": "pos", "connector": "pos", "source_id": "A"},
            "method": "manual", "status": status, "valid_from": "2026-01-05T12:00:00+09:00"}),
        )
    };
    bench.arrive(&[link("active")]);
    bench.arrive(&[order("ec", "1", json!({"scheme": "source_id", "value": "B"}))]);
    bench.arrive(&[order("pos", "2", json!({"scheme": "source_id", "value": "A"}))]);
    assert_eq!(customer(&bench, &two.hub_id()).orders.len(), 2);

    bench.arrive(&[link("rejected").version("2").action(Action::Unmerged)]);
    for (fact, number) in [(&one, "1"), (&two, "2")] {
        let found = customer(&bench, &fact.hub_id());
        assert_eq!(found.hub_id, fact.hub_id());
        let numbers: Vec<&str> = found.orders.iter().map(|it| it.number.as_str()).collect();
        assert_eq!(numbers, [number]);
    }
}

#[test]
fn h16_a_stores_phone_number_joins_nobody() {
    let mut bench = Bench::new();
    let member = |id: usize| {
        party(
            "pos",
            &format!("{id:05}"),
            json!({
            "name": {"family_kana": "サトウ"},
            "contact_points": [{"type": "phone", "value": "03-1234-5678",
                "verified_at": "2026-01-01T00:00:00Z"}]}),
        )
    };
    for id in 0..12 {
        bench.arrive(&[member(id)]);
    }
    assert_eq!(customers(&bench), 12, "more holders than a family has");

    // Two only, but the number is the store's own.
    let mut bench = Bench::new();
    bench.arrive(&[member(1), member(2)]);
    assert_eq!(customers(&bench), 1);
    bench.arrive(&[fact("pos", Entity::Location, "S1",
        json!({"code": "S1", "name": "渋谷店", "address": {"country": "JP", "phone": "0312345678"}}))]);
    assert_eq!(customers(&bench), 2);
}

#[test]
fn a_link_stated_before_its_parties_holds_when_they_come() {
    let mut bench = Bench::new();
    bench.arrive(&[fact(
        "line",
        Entity::IdentityLink,
        "nonce-1",
        json!({
        "party": {"scheme": "source_id", "value": "U77"},
        "channel_identity": {"channel": "ec", "connector": "ec", "source_id": "501"},
        "method": "account_link", "status": "active", "valid_from": "2026-01-05T12:00:00Z"}),
    )]);
    bench.arrive(&[party("ec", "501", json!({}))]);
    assert_eq!(customers(&bench), 1);
    let line = party("line", "U77", json!({}));
    bench.arrive(std::slice::from_ref(&line));
    let found = customer(&bench, &line.hub_id());
    assert_eq!((found.identities.len(), found.links[0].rule.as_str()), (2, "account_link"));
}

#[test]
fn consents_of_joined_identities_are_the_stricter_ones() {
    let mut bench = Bench::new();
    let [ec, crm, _] = hanako(&mut bench);
    let consent = |channel, id: &str, party: &Fact, state: &str, at: &str| {
        fact(
            channel,
            Entity::Consent,
            id,
            json!({
            "party": {"hub_id": party.hub_id()}, "purpose": "marketing.email", "state": state,
            "captured_at": at, "captured_via": "form:newsletter"}),
        )
    };
    bench.arrive(&[
        consent("ec", "c1", &ec, "granted", "2026-01-04T00:00:00Z"),
        consent("crm", "c2", &crm, "denied", "2026-01-03T00:00:00Z"),
    ]);
    let now = |bench: &Bench| customer(bench, &ec.hub_id()).consents[0].state;
    assert_eq!(now(&bench), State::Denied);
    bench.arrive(&[consent("ec", "c3", &ec, "granted", "2026-02-01T00:00:00Z")]);
    assert_eq!(now(&bench), State::Granted);
    bench.arrive(&[consent("crm", "c4", &crm, "withdrawn", "2026-02-02T00:00:00Z")]);
    assert_eq!(now(&bench), State::Withdrawn);
    assert_eq!(customer(&bench, &ec.hub_id()).consents.len(), 1);
}

#[test]
fn people_are_the_same_after_a_rebuild_and_in_another_order() {
    let mut bench = Bench::new();
    let facts = hanako(&mut bench);
    bench.arrive(&[order("ec", "1", json!({"scheme": "email", "value": "hanako@example.jp"}))]);
    let path = bench.path();
    let before = dump(&path);
    let found = customer(&bench, &facts[0].hub_id());
    assert_eq!(found.orders.len(), 1);
    drop(bench.store);
    let mut store = Store::rebuild(&path, "all").unwrap();
    store.apply(&bench.entries).unwrap();
    assert_eq!(dump(&path), before);

    let mut other = Bench::new();
    for fact in facts.iter().rev() {
        other.arrive(std::slice::from_ref(fact));
    }
    let again = customer(&other, &facts[0].hub_id());
    assert_eq!(again.identities.len(), 3);
    assert_eq!(again.profile["name"], found.profile["name"]);
}

#[test]
fn a_receipt_that_names_a_member_takes_nothing_away() {
    let whole = party(
        "pos",
        "00042",
        json!({
        "name": {"full": "高橋花子"}, "contact_points": [mail("hanako@example.jp")]}),
    )
    .version("5")
    .time("2026-01-05T10:00:00+09:00")
    .action(Action::Snapshot);
    let part = party(
        "pos",
        "00042",
        json!({
        "identifiers": [{"scheme": "member_code", "value": "00042"}]}),
    )
    .version("6")
    .time("2026-01-05T11:00:00+09:00");
    let other = party("crm", "C1", json!({"contact_points": [mail("hanako@example.jp")]}));
    for order in [[&whole, &part, &other], [&part, &other, &whole], [&other, &part, &whole]] {
        let mut bench = Bench::new();
        for fact in order {
            bench.arrive(std::slice::from_ref(fact));
        }
        let found = customer(&bench, &whole.hub_id());
        assert_eq!(found.identities.len(), 2);
        assert_eq!(found.profile["name"]["full"], "高橋花子");
        let card = bench.reader().customers_with("member_code", "00042").unwrap();
        assert_eq!(card, [found.hub_id]);
    }
    // Erased: nothing of it is shown or found any more.
    let mut bench = Bench::new();
    bench.arrive(&[whole.clone(), part]);
    bench.arrive(&[party("pos", "00042", json!({"status": "erased"}))
        .version("7")
        .action(Action::Deleted)]);
    assert!(bench.reader().customers_with("email", "hanako@example.jp").unwrap().is_empty());
    assert_eq!(customer(&bench, &whole.hub_id()).profile.get("name"), None);
}

#[test]
fn a_line_account_is_linked_by_its_nonce() {
    let mut bench = Bench::new();
    bench.arrive(&[party("line", "U77", json!({}))]);
    bench.arrive(&[fact(
        "line",
        Entity::IdentityLink,
        "U77/n0nce",
        json!({
        "party": {"scheme": "account_link_nonce", "value": "n0nce"},
        "channel_identity": {"channel": "line", "connector": "line", "source_id": "U77"},
        "method": "account_link", "status": "active", "valid_from": "2026-01-05T12:00:00Z"}),
    )]);
    assert_eq!(customers(&bench), 1);
    let shop = party(
        "ec",
        "501",
        json!({
        "identifiers": [{"scheme": "account_link_nonce", "value": "n0nce"}]}),
    );
    bench.arrive(std::slice::from_ref(&shop));
    assert_eq!(customer(&bench, &shop.hub_id()).identities.len(), 2);
}

#[test]
fn a_party_that_comes_back_under_its_far_id_is_the_same() {
    let mut bench = Bench::new();
    bench.routes(vec![route("party", "crm")]);
    let (one, two) = (party("ec", "1", json!({})), party("ec", "2", json!({})));
    bench.arrive(&[one.clone(), two.clone()]);
    let due = bench.reader().due("crm", crate::testing::at(9), 9, &HashSet::new()).unwrap();
    bench.attempt(&due[0].id, 1, done(Some("C-7")));
    let back = party("crm", "C-7", json!({}));
    bench.arrive(std::slice::from_ref(&back));
    let found = customer(&bench, &back.hub_id());
    assert_eq!((found.hub_id, found.identities.len()), (one.hub_id(), 2));
    assert_eq!(found.links[0].matched_on, ["far_id"]);
    // The CRM puts another customer into the same record.
    bench.attempt(&due[1].id, 1, done(Some("C-7")));
    let other = customer(&bench, &two.hub_id());
    assert_eq!((other.hub_id, other.links[0].status.as_str()), (two.hub_id(), "pending_review"));
}
