//! Nobody uses the API without a token, and a token only does what it covers.

use super::*;
use crate::keys::{KeyEntry, KeyHash};

const TOKEN: &str = "an-operator-token-0123456789";

fn tokens(entries: Vec<KeyEntry>) -> ApiTokens {
    ApiTokens::new(KeyTable::new(entries, None).expect("a table"))
}

fn entry() -> KeyEntry {
    KeyEntry {
        owner: "aoki".to_owned(),
        hash: KeyHash::of(TOKEN, None).expect("a hash"),
        not_before: None,
        not_after: None,
        scopes: vec![Scope::Read],
    }
}

fn with(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::AUTHORIZATION, value.parse().expect("a value"))])
}

#[test]
fn a_token_makes_an_operator_with_its_scopes() {
    let operator = tokens(vec![entry()])
        .admit(&with(&format!("Bearer {TOKEN}")), Timestamp::default())
        .expect("admitted");
    assert_eq!(operator.name(), "aoki");
    assert_eq!(operator.require(Scope::Read), Ok(()));
    let denied = operator.require(Scope::Operate).expect_err("not covered");
    assert_eq!(denied.reason(), Reason::ScopeMissing);
}

#[test]
fn there_is_no_anonymous_access() {
    let now = Timestamp::default();
    for tokens in [tokens(Vec::new()), tokens(vec![entry()])] {
        for headers in [HeaderMap::new(), with("Bearer"), with("Bearer x"), with("Bearer \t")] {
            assert!(tokens.admit(&headers, now).is_err(), "{headers:?}");
        }
    }
    let nobody = tokens(Vec::new()).admit(&with(&format!("Bearer {TOKEN}")), now);
    assert_eq!(nobody.expect_err("no token is configured").reason(), Reason::UnknownKey);
}

#[test]
fn scopes_have_names_that_read_back() {
    for scope in Scope::ALL {
        assert_eq!(Scope::from_name(scope.name()), Some(*scope));
    }
    assert_eq!(Scope::from_name("root"), None);
}
