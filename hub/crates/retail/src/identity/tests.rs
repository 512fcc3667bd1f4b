//! Who is joined with whom, and who is not.

use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

fn party(channel: &str, data: Value) -> Profile {
    static NEXT: AtomicU32 = AtomicU32::new(1_000);
    Profile::read(channel, &NEXT.fetch_add(1, Ordering::Relaxed).to_string(), &data)
}

fn mail(verified: bool) -> Value {
    let mut point = json!({"type": "email", "value": "Hanako@example.jp"});
    if verified {
        point["verified_at"] = json!("2026-01-01T00:00:00Z");
    }
    point
}

fn phone(verified: bool) -> Value {
    let mut point = json!({"type": "phone", "value": "090-1234-5678"});
    if verified {
        point["verified_at"] = json!("2026-01-01T00:00:00Z");
    }
    point
}

fn verdict(one: &Profile, two: &Profile) -> Option<(Rule, Standing)> {
    let mut found: Vec<(Rule, Standing)> = Vec::new();
    for left in &one.keys {
        for right in two.keys.iter().filter(|right| right.hash == left.hash) {
            found.extend(compare((one, left), (two, right)).map(|it| (it.rule, it.standing)));
        }
    }
    found.sort();
    found.first().copied()
}

#[test]
fn the_rules_join_in_their_order() {
    let shop = party("ec", json!({"contact_points": [mail(true)]}));
    let crm = party("crm", json!({"contact_points": [mail(true), phone(true)]}));
    assert_eq!(verdict(&shop, &crm), Some((Rule::EmailVerified, Standing::Active)));

    let card = |channel| {
        party(channel, json!({"identifiers": [{"scheme": "member_code", "value": "00042"}]}))
    };
    assert_eq!(verdict(&card("pos"), &card("crm")), Some((Rule::MemberCode, Standing::Active)));

    let line = party("line", json!({"identifiers": [{"scheme": "line_user_id", "value": "U1"}]}));
    let app = party("app", json!({"contact_points": [{"type": "line", "value": "U1"}]}));
    assert_eq!(verdict(&line, &app), Some((Rule::AccountLink, Standing::Active)));

    let pointing = party(
        "crm",
        json!({"channel_identities": [{"channel": "ec", "connector": "ec", "source_id": "77"}]}),
    );
    let imported = |channel| {
        party(channel, json!({"identifiers": [{"scheme": "shopify_customer_id", "value": "9"}]}))
    };
    assert_eq!(
        verdict(&imported("ec"), &imported("erp")),
        Some((Rule::CrossReference, Standing::Active))
    );
    let tablet =
        |channel| party(channel, json!({"identifiers": [{"scheme": "device_id", "value": "9"}]}));
    assert_eq!(verdict(&tablet("ec"), &tablet("app")), None, "many use one tablet");

    let pointed_at = Profile::read("ec", "77", &json!({}));
    assert_eq!(verdict(&pointing, &pointed_at), Some((Rule::CrossReference, Standing::Active)));
}

#[test]
fn an_unverified_address_needs_the_name_too() {
    let shop = party(
        "ec",
        json!({"contact_points": [mail(true)],
        "name": {"family": "髙橋", "given": "花子"}}),
    );
    let same = party(
        "crm",
        json!({"contact_points": [mail(false)],
        "name": {"family": "高橋", "given": "花子"}}),
    );
    let other = party(
        "crm",
        json!({"contact_points": [mail(false)],
        "name": {"family": "田中", "given": "一郎"}}),
    );
    let nameless = party("crm", json!({"contact_points": [mail(false)]}));
    assert_eq!(verdict(&shop, &same), Some((Rule::EmailAndName, Standing::Active)));
    assert_eq!(verdict(&shop, &other), None);
    assert_eq!(verdict(&shop, &nameless), None);
}

#[test]
fn a_family_with_one_phone_stays_a_family() {
    let person = |given: &str, verified| {
        party(
            "pos",
            json!({"contact_points": [phone(verified)],
            "name": {"family_kana": "サトウ", "given_kana": given}}),
        )
    };
    let (hana, hana_again) = (person("ハナコ", true), person("ﾊﾅｺ", true));
    assert_eq!(verdict(&hana, &hana_again), Some((Rule::PhoneAndKana, Standing::Active)));
    assert_eq!(verdict(&hana, &person("イチロウ", true)), None);
    assert_eq!(
        verdict(&person("ハナコ", false), &person("ハナコ", false)),
        Some((Rule::PhoneAndKana, Standing::PendingReview)),
        "likely, but nobody proved the number"
    );
    assert_eq!(verdict(&person("", false), &person("", false)), None);
}

#[test]
fn a_different_birthday_is_for_somebody_to_look_at() {
    let born = |date: &str| {
        party(
            "pos",
            json!({"birth_date": date,
            "identifiers": [{"scheme": "member_code", "value": "77"}]}),
        )
    };
    let review = Some((Rule::MemberCode, Standing::PendingReview));
    assert_eq!(verdict(&born("1980-05-17"), &born("1981-05-17")), review);
    assert_eq!(
        verdict(&born("1980-05-17"), &born("--05-17")),
        Some((Rule::MemberCode, Standing::Active))
    );
}

fn members(of: &[(&str, &str)]) -> Vec<Member> {
    of.iter().map(|(id, channel)| Member { id: (*id).into(), channel: (*channel).into() }).collect()
}

fn edge(left: &str, right: &str, rule: Rule) -> Edge {
    Edge { left: left.into(), right: right.into(), rule }
}

#[test]
fn what_was_rejected_is_not_joined_around_a_corner() {
    let members = members(&[("a", "ec"), ("b", "pos"), ("c", "crm")]);
    let edges = [edge("b", "c", Rule::EmailVerified), edge("a", "b", Rule::MemberCode)];
    let rejected = BTreeSet::from([("a".to_owned(), "c".to_owned())]);
    let found = clusters(&members, &edges, &rejected);
    assert_eq!(found.parties, [vec!["a", "b"], vec!["c"]]);
    assert_eq!(found.standings, [Standing::PendingReview, Standing::Active]);
    let all = clusters(&members, &edges, &BTreeSet::new());
    assert_eq!(all.parties, [["a", "b", "c"]]);
}

#[test]
fn a_party_has_few_identities_of_one_channel() {
    let names: Vec<String> = (0..8).map(|at| format!("m{at}")).collect();
    let members: Vec<Member> =
        names.iter().map(|id| Member { id: id.clone(), channel: "pos".into() }).collect();
    let chain: Vec<Edge> =
        names.windows(2).map(|pair| edge(&pair[0], &pair[1], Rule::EmailVerified)).collect();
    let found = clusters(&members, &chain, &BTreeSet::new());
    assert!(found.parties.iter().all(|party| party.len() <= PROFILE_PER_CHANNEL_MAX));
    let mut backwards = chain.clone();
    backwards.reverse();
    assert_eq!(clusters(&members, &backwards, &BTreeSet::new()).parties, found.parties);
}
