//! What each kind of channel admits, and that nothing prints a secret.

use super::*;
use crate::secret::Secret;
use crate::{
    keys::{KeyEntry, KeyHash},
    vendors,
    verify::sign,
};
use http::HeaderMap;

const CANARY: &str = "canary-secret-7f3a91";

fn facts<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> RequestFacts<'a> {
    let now = Timestamp::from_ms(1_767_225_600_000);
    RequestFacts {
        method: "POST",
        registered_url: "https://hub.example.com/in/x",
        headers,
        body,
        now,
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| ((*name).parse().expect("name"), value.parse().expect("value")))
        .collect()
}

fn entry(owner: &str, token: &str, not_after: Option<i64>) -> KeyEntry {
    KeyEntry {
        owner: owner.to_owned(),
        hash: KeyHash::of(token, None).expect("a token"),
        not_before: None,
        not_after: not_after.map(Timestamp::from_ms),
        scopes: Vec::new(),
    }
}

fn shopify() -> ChannelAccess {
    let scheme = vendors::named("shopify").expect("known").clone();
    let secrets = [LiveSecret::lasting(Secret::new(CANARY))];
    ChannelAccess::closed("ec-shopify").signed("shop-tokyo", scheme, &secrets).expect("sound")
}

fn reason(result: Result<Pass, Denied>) -> Reason {
    result.expect_err("it must be denied").reason()
}

#[test]
fn a_signed_request_gets_a_pass_that_says_who_and_how() {
    let body = br#"{"id":1}"#;
    let scheme = vendors::named("shopify").expect("known");
    let none = HeaderMap::new();
    let signature = sign(scheme, &Secret::new(CANARY), &facts(&none, body), "").expect("signed");
    let signed = headers(&[("x-shopify-hmac-sha256", &signature), ("x-shopify-event-id", "evt-1")]);
    let access = shopify();
    let pass = access.admit(&facts(&signed, body)).expect("admitted");
    assert_eq!((&*pass.principal(), &*pass.channel()), ("shop-tokyo", "ec-shopify"));
    assert_eq!(pass.strength(), Strength::Signature);
    assert_eq!(access.delivery_id(&facts(&signed, body)), Some("evt-1"));
    assert_eq!(reason(access.admit(&facts(&none, body))), Reason::NoHeader);
    assert_eq!(reason(access.admit_file()), Reason::WrongWay);
    assert_eq!(reason(access.admit_pulled()), Reason::WrongWay);
}

#[test]
fn a_key_names_its_principal_until_its_time_is_over() {
    let (good, old) = ("a-good-token-of-the-erp-0001", "an-old-token-of-the-erp-0001");
    let table =
        KeyTable::new(vec![entry("erp-main", good, None), entry("erp-old", old, Some(1))], None);
    let access = ChannelAccess::closed("erp").with_keys(KeyHeader::Bearer, table.expect("a table"));
    let admit = |value: &str| access.admit(&facts(&headers(&[("authorization", value)]), b"{}"));
    let pass = admit(&format!("Bearer {good}")).expect("admitted");
    assert_eq!((&*pass.principal(), pass.strength()), ("erp-main", Strength::Token));
    assert!(admit(&format!("bearer {good}")).is_ok(), "the scheme's name is case-insensitive");
    assert_eq!(reason(admit(&format!("Bearer {old}"))), Reason::KeyExpired);
    for (value, want) in [
        (format!("Bearer {good}x"), Reason::UnknownKey),
        (format!("Bearer {}", good.to_uppercase()), Reason::UnknownKey),
        (format!("Basic {good}"), Reason::Malformed),
        (format!("Bearer  {good}"), Reason::Malformed),
        (format!("Bearer {good} {good}"), Reason::Malformed),
        ("Bearer ".to_owned(), Reason::Malformed),
        (good.to_owned(), Reason::Malformed),
    ] {
        assert_eq!(reason(admit(&value)), want, "{value}");
    }
    let mut twice = headers(&[("authorization", &format!("Bearer {good}"))]);
    twice.append("authorization", "Bearer x".parse().expect("value"));
    assert_eq!(reason(access.admit(&facts(&twice, b"{}"))), Reason::RepeatedHeader);
}

#[test]
fn a_fixed_header_is_a_weaker_proof_and_says_so() {
    let values = vec![
        LiveSecret::lasting(Secret::new(CANARY)),
        LiveSecret::until(Secret::new("the-former-secret-value"), Timestamp::from_ms(1)),
    ];
    let access = ChannelAccess::closed("pos-smaregi")
        .with_static_header("smaregi", "x-hub-secret", values)
        .expect("sound");
    let admit = |value: &str| access.admit(&facts(&headers(&[("x-hub-secret", value)]), b"{}"));
    assert_eq!(admit(CANARY).expect("admitted").strength(), Strength::Unsigned);
    assert_eq!(reason(admit("the-former-secret-value")), Reason::KeyExpired);
    assert_eq!(reason(admit(&CANARY[1..])), Reason::UnknownKey);
    let short = vec![LiveSecret::lasting(Secret::new("short"))];
    let fault = ChannelAccess::closed("x").with_static_header("x", "x-hub-secret", short);
    assert_eq!(fault.expect_err("too short").to_string(), "secret 1: not at least 16 bytes long");
}

#[test]
fn folder_and_pull_admit_only_where_they_are_declared() {
    let folder = ChannelAccess::closed("pos-legacy").with_folder();
    let pass = folder.admit_file().expect("admitted");
    assert_eq!((&*pass.principal(), pass.strength()), ("pos-legacy", Strength::Folder));
    assert_eq!(reason(folder.admit_pulled()), Reason::WrongWay);
    assert_eq!(reason(folder.admit(&facts(&HeaderMap::new(), b""))), Reason::WrongWay);
    let pull = ChannelAccess::closed("erp").with_pull();
    assert_eq!(pull.admit_pulled().expect("admitted").strength(), Strength::Pull);
    assert!(!ChannelAccess::closed("erp").has_any_way());
}

#[test]
fn no_secret_is_ever_printed() {
    let printed = format!(
        "{:?} {:#?} {:?} {}",
        shopify(),
        Secret::new(CANARY),
        LiveSecret::lasting(Secret::new(CANARY)),
        reason(shopify().admit(&facts(&HeaderMap::new(), b""))),
    );
    let bytes = format!("{:?}", CANARY.as_bytes());
    let inner = bytes.trim_matches(['[', ']']);
    assert!(!printed.contains(CANARY) && !printed.contains(inner), "{printed}");
}

#[test]
fn the_caller_learns_one_word_only() {
    assert_eq!(Denied::CODE, "not-admitted");
    let names: std::collections::BTreeSet<_> = Reason::ALL.iter().map(|it| it.name()).collect();
    assert_eq!(names.len(), Reason::ALL.len(), "each reason has its own word");
}

#[test]
fn kept_bytes_come_again_by_an_operator_who_may_or_by_the_hub() {
    let access = ChannelAccess::closed("pos-legacy");
    assert_eq!(reason(access.admit_file()), Reason::WrongWay);
    let reader = crate::Operator::for_test("mika", &[crate::Scope::Read]);
    assert_eq!(reason(access.admit_operator(&reader)), Reason::ScopeMissing);
    let operator = crate::Operator::for_test("mika", &[crate::Scope::Operate]);
    let pass = access.admit_operator(&operator).expect("admitted");
    assert_eq!((&*pass.principal(), pass.strength()), ("operator:mika", Strength::Kept));
    assert_eq!(&*access.admit_kept().principal(), "pos-legacy");
}
