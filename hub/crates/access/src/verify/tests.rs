//! Signatures: published vectors, rotation, and what each scheme's form demands.

use super::*;
use crate::vendors;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

mod derived;

const SECRET: &str = "test_secret_0123456789";
const BODY: &str = r##"{"id":820982911946154508,"name":"#1001","total_price":"1980"}"##;
const NEW_YEAR_MS: i64 = 1_767_225_600_000;
const NEW_YEAR: &str = "2026-01-01T00:00:00Z";

/// One signed request, as a far system sends it.
#[derive(Clone, Debug)]
struct Case {
    name: &'static str,
    scheme: Scheme,
    secret: String,
    method: &'static str,
    url: String,
    body: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    now: Timestamp,
}

impl Case {
    fn of(scheme: &'static str, signature: &str) -> Self {
        let (name, scheme) = (scheme, vendors::named(scheme).expect("a known scheme").clone());
        let headers = vec![(scheme.header.clone(), signature.into())];
        Self {
            name,
            scheme,
            secret: SECRET.to_owned(),
            method: "POST",
            url: String::new(),
            body: BODY.into(),
            headers,
            now: Timestamp::from_ms(NEW_YEAR_MS),
        }
    }

    fn url(mut self, url: &str) -> Self {
        url.clone_into(&mut self.url);
        self
    }

    fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }

    fn secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.secret);
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Puts another value in place of the header's.
    fn replaced(&self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        let mut case = self.clone();
        let header = case.headers.iter_mut().find(|it| it.0 == name).expect("a header");
        header.1 = value.into();
        case
    }

    fn without(&self, name: &str) -> Self {
        let mut case = self.clone();
        case.headers.retain(|it| it.0 != name);
        case
    }

    fn signature(&self) -> String {
        String::from_utf8(self.headers[0].1.clone()).expect("signatures are ASCII")
    }

    fn with_signature(&self, value: impl Into<Vec<u8>>) -> Self {
        self.replaced(&self.scheme.header, value)
    }

    fn verify_with(&self, secrets: &[LiveSecret]) -> Result<(), Reason> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a header name");
            headers.append(name, HeaderValue::from_bytes(value).expect("a header value"));
        }
        let facts = RequestFacts {
            method: self.method,
            registered_url: &self.url,
            headers: &headers,
            body: &self.body,
            now: self.now,
        };
        let verifier = Verifier::new(self.scheme.clone(), secrets).expect("the scheme is sound");
        verifier.verify(&facts).map_err(Denied::reason)
    }

    fn verify(&self) -> Result<(), Reason> {
        self.verify_with(&[LiveSecret::lasting(Secret::new(self.secret.clone()))])
    }
}

/// One request per scheme; the signatures are those of the platforms' published
/// construction, computed by another implementation.
fn vectors() -> Vec<Case> {
    let body_base64 = "RYVYGQ4fHBbY8lHMbYGPTSX6IxAYq404PoDYOOL30w4=";
    let body_hex = "458558190e1f1c16d8f251cc6d818f4d25fa231018ab8d383e80d838e2f7d30e";
    let stripe = "171c1757fc7ebc091de0de9c2247c4f6879a418178e59bba6c01463d740c336a";
    let slack = "aa99c3c759b63a7584fccc989c0da4298a0463b1fed9bd0bb28488fc67058ae4";
    let form = "To=%2B815012345678&From=%2B819012345678&\
                Body=%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF&\
                MessageSid=SM00000000000000000000000000000000";
    let square = "https://hub.example.com/in/square";
    vec![
        Case::of("shopify", body_base64),
        Case::of("woocommerce", body_base64),
        Case::of("line", body_base64),
        Case::of("mautic", body_base64),
        Case::of("erpnext", body_base64),
        Case::of("ec-cube", body_hex),
        Case::of("github", &format!("sha256={body_hex}")),
        Case::of("kickflow", &format!("sha256={body_hex}")),
        Case::of("square", "jAPUGTQLTZkbcu6d0zq0/lPjFnXaBANsBAo/SaUNyXw=").url(square),
        Case::of("square-legacy", "p1jAO9p6aIdSCqos1UsklHPbn1I=").url(square),
        Case::of("hubspot-v3", "kI+b3keQfMR5LTlY1VAf4izOJWGyUGAA8E/JZHpzdv8=")
            .url("https://hub.example.com/in/hubspot")
            .header("x-hubspot-request-timestamp", "1767225600000"),
        Case::of("hubspot-v1", "cc47f9d0e5c151bee89f7dd9f76c14696c49dfa0cd08afc9ca1100a7954d70e6"),
        Case::of("zendesk", "kGnZfp+3ahpv4JwekWTpsmoP7w+rL5QWkshqnzB5MI4=")
            .header("x-zendesk-webhook-signature-timestamp", NEW_YEAR),
        Case::of("toast", "yAn2BLuykPMCt2P0jb9slPxMEl9Rwgi8kt4Oq/jzJXg=").body(
            r#"{"id":820982911946154508,"timestamp":"2026-01-01T00:00:00Z","total_price":"1980"}"#,
        ),
        Case::of("stripe", &format!("t=1767225600,v1={stripe}")),
        Case::of("acp", &format!("t=1767225600,v1={stripe}")),
        Case::of("twilio", "K+rR5Q1m0efL4Pl96F1HGnr/zkE=")
            .url("https://hub.example.com/in/twilio")
            .body(form),
        Case::of("slack", &format!("v0={slack}")).header("x-slack-request-timestamp", "1767225600"),
        Case::of("standard-webhooks", "v1,pP98o4BuMFIGW5EZyujOTgPadFNlrtVPtB17+l+PPtU=")
            .secret("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
            .header("webhook-timestamp", "1767225600")
            .header("webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
        ed25519(),
    ]
}

/// Signed here with the first key of RFC 8032 section 7.1.
fn ed25519() -> Case {
    let seed = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed.expect("hex")).expect("a seed");
    let public = pair.public_key().as_ref();
    assert_eq!(
        hex::encode(public),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "the public key RFC 8032 gives for this seed"
    );
    let signature = pair.sign(format!("msg_1.1767225600.{BODY}").as_bytes());
    let value = format!("v1a,{}", STANDARD.encode(signature));
    Case::of("standard-webhooks-ed25519", &value)
        .secret(&format!("whpk_{}", STANDARD.encode(public)))
        .header("webhook-timestamp", "1767225600")
        .header("webhook-id", "msg_1")
}

fn vector(name: &str) -> Case {
    vectors().into_iter().find(|it| it.name == name).expect("a vector")
}

#[test]
fn every_named_scheme_has_a_vector_and_admits_it() {
    let mut names: Vec<_> = vectors().iter().map(|it| it.name).collect();
    names.sort_unstable();
    assert!(names.iter().copied().eq(vendors::names()), "{names:?}");
    for case in vectors() {
        assert_eq!(case.verify(), Ok(()), "{}", case.name);
    }
}

#[test]
fn the_body_and_a_separate_time_are_signed_as_toast_publishes_it() {
    let mut case = Case::of("toast", "ZP8iVIz58MzzJl+JlF962zvhZ2sbkm9rYlH6OHw+VuA=")
        .header("toast-timestamp", NEW_YEAR);
    let stamp = case.scheme.timestamp.as_mut().expect("toast has a time");
    stamp.from = StampFrom::Header("toast-timestamp".to_owned());
    assert_eq!(case.verify(), Ok(()));
}

#[test]
fn the_header_name_may_be_in_any_case() {
    let mut case = vector("shopify");
    case.headers[0].0 = "X-SHOPIFY-Hmac-Sha256".to_owned();
    assert_eq!(case.verify(), Ok(()));
}

#[test]
fn an_old_secret_counts_during_rotation_and_not_after() {
    let case = vector("line");
    let end = case.now;
    let secrets = [
        LiveSecret::lasting(Secret::new("the_new_secret_of_today")),
        LiveSecret::until(Secret::new(SECRET), end),
    ];
    assert_eq!(case.verify_with(&secrets), Ok(()));
    let after = Case { now: end.plus(Duration::from_millis(1)), ..case.clone() };
    assert_eq!(after.verify_with(&secrets), Err(Reason::SigBad));
    let not_yet = LiveSecret {
        secret: Secret::new(SECRET),
        not_before: Some(end.plus(Duration::from_millis(1))),
        not_after: None,
    };
    assert_eq!(case.verify_with(&[not_yet]), Err(Reason::SigBad));
}

#[test]
fn one_good_candidate_among_sixteen_is_enough_and_seventeen_are_not_read() {
    let case = vector("standard-webhooks");
    let other = format!("v1,{}", STANDARD.encode([7; 32]));
    let header = |others: usize| [vec![other.clone(); others], vec![case.signature()]].concat();
    assert_eq!(case.with_signature(header(15).join(" ")).verify(), Ok(()));
    let too_many = case.with_signature(header(16).join(" "));
    assert_eq!(too_many.verify(), Err(Reason::TooManyCandidates));
    let of_other_kind = format!("v1a,{} {}", STANDARD.encode([7; 64]), case.signature());
    assert_eq!(case.with_signature(of_other_kind).verify(), Ok(()));
}

#[test]
fn a_time_is_fresh_up_to_its_tolerance_both_ways() {
    for case in vectors().into_iter().filter(|it| it.scheme.timestamp.is_some()) {
        for (seconds, want) in
            [(-301, Err(Reason::Stale)), (-300, Ok(())), (300, Ok(())), (301, Err(Reason::Stale))]
        {
            let now = Timestamp::from_ms(NEW_YEAR_MS + seconds * 1000);
            assert_eq!(Case { now, ..case.clone() }.verify(), want, "{} {seconds} s", case.name);
        }
    }
}

#[test]
fn a_value_that_could_be_cut_in_two_places_is_refused() {
    // The far system signed id `msg`, time 1767225600 and a body that starts
    // with digits; moved by one dot the same bytes name another id.
    let case = vector("standard-webhooks").body("1767225600.x");
    let mut moved = case.replaced("webhook-id", "msg.1767225600");
    moved.body = b"x".to_vec();
    assert_eq!(moved.verify(), Err(Reason::PartBad));
}

#[test]
fn a_named_time_in_the_body_must_stand_there_once() {
    let twice = r#"{"timestamp":"2026-01-01T00:00:00Z","timestamp":"2026-01-01T00:00:00Z"}"#;
    for body in
        [twice, "[]", "{}", r#"{"timestamp":1}"#, "", r#"{"timestamp":"2026-01-01T00:00:00Z"} x"#]
    {
        let case = vector("toast").body(body);
        assert_eq!(case.verify(), Err(Reason::NoTimestamp), "{body}");
    }
}

#[test]
fn an_unsound_scheme_or_secret_is_refused_with_its_reason() {
    let good = vector("stripe").scheme;
    let with = |change: fn(&mut Scheme)| {
        let mut scheme = good.clone();
        change(&mut scheme);
        scheme.check().map_err(|fault| fault.to_string())
    };
    let faults = [
        with(|it| it.header = "x y".to_owned()),
        with(|it| it.parts = vec![Part::Timestamp]),
        with(|it| it.parts = vec![Part::Body]),
        with(|it| it.parts.push(Part::Id)),
        with(|it| it.parts.push(Part::Body)),
        with(|it| it.splitter = Splitter::None),
        with(|it| it.algorithm = Algorithm::HmacSha1),
        with(|it| it.timestamp.as_mut().expect("a stamp").tolerance_s = 0),
        with(|it| it.timestamp = None),
    ];
    for fault in &faults {
        assert!(fault.is_err(), "{fault:?}");
    }
    assert!(faults[6].clone().expect_err("legacy").contains("allow_legacy"));
    let scheme = vector("standard-webhooks").scheme;
    for secret in ["MDEyMzQ1Njc4OWFiY2RlZg==", "whsec_!!", "whsec_MDEy"] {
        let live = [LiveSecret::lasting(Secret::new(secret))];
        let fault = Verifier::new(scheme.clone(), &live).expect_err(secret);
        assert!(!fault.to_string().contains(secret), "{fault}");
    }
    assert!(matches!(Verifier::new(scheme, &[]), Err(SchemeFault::KeyCount { .. })));
}
