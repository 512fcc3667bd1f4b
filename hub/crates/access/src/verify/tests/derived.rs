//! Bad requests derived from good ones: every one must be refused.

use super::*;
use crate::scheme::StampUnit;
use proptest::prelude::*;

/// What was done to the request, and what came of it.
type Derived = (String, Case);

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn bodies(case: &Case) -> Vec<Derived> {
    let with = |body: Vec<u8>| Case { body, ..case.clone() };
    // `%3a` and `%3A` are one form: only a change of what is signed counts.
    let signed = |body: &[u8]| match case.scheme.parts.contains(&Part::SortedForm) {
        true => form::sorted(body).ok(),
        false => Some(body.to_vec()),
    };
    let mut changed: Vec<Vec<u8>> =
        (0..case.body.len() * 8).map(|bit| flipped(&case.body, bit)).collect();
    changed.push([&case.body, b"x".as_slice()].concat());
    changed.push([b" ", case.body.as_slice()].concat());
    changed.push(case.body[..case.body.len() - 1].to_vec());
    changed.push(Vec::new());
    changed.retain(|body| signed(body) != signed(&case.body));
    let mut derived: Vec<Derived> = changed
        .into_iter()
        .map(|body| (format!("body {:?}", String::from_utf8_lossy(&body)), with(body)))
        .collect();
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&case.body) {
        let printed = serde_json::to_vec_pretty(&value).expect("JSON prints");
        derived.push(("JSON printed again".to_owned(), with(printed)));
    }
    derived
}

fn signatures(case: &Case) -> Vec<Derived> {
    let value = case.signature();
    let at = value.find(&case.scheme.label).expect("the label") + case.scheme.label.len();
    let (head, text) = value.split_at(at);
    let mut texts: Vec<String> = (0..text.len())
        .flat_map(|index| {
            let (left, right) = text.split_at(index);
            let other = if right.starts_with('a') { 'b' } else { 'a' };
            let rest = &right[1..];
            [format!("{left}{other}{rest}"), left.to_owned(), format!("{left}{rest}")]
        })
        .collect();
    texts.push(format!("{text}="));
    texts.push(format!("{text}00"));
    texts.push(format!(" {text}"));
    texts.push(format!("{text} "));
    texts.push(format!("{text}{text}"));
    match case.scheme.encoding {
        Encoding::Hex => {
            texts.push(text.to_uppercase());
            texts.push(STANDARD.encode(hex::decode(text).expect("hex")));
        }
        Encoding::Base64 => {
            texts.push(hex::encode(STANDARD.decode(text).expect("base64")));
            texts.push(text.trim_end_matches('=').to_owned());
            texts.push(spare_bits_set(text));
            if text.contains(['+', '/']) {
                texts.push(text.replace('+', "-").replace('/', "_"));
            }
        }
    }
    let mut derived: Vec<Derived> = texts
        .into_iter()
        .map(|text| (format!("signature {text:?}"), case.with_signature(format!("{head}{text}"))))
        .collect();
    let cut = head.len() - case.scheme.label.len();
    for label in ["sha1=", "v2=", "V1=", "v3,", "=", ","] {
        let value = format!("{}{label}{text}", &head[..cut]);
        derived.push((format!("label {label}"), case.with_signature(value)));
    }
    derived
}

/// The same value with another text: the spare bits of the last digit set.
fn spare_bits_set(text: &str) -> String {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let (rest, last) = digits.split_at(digits.len() - 1);
    let value = DIGITS.find(last).expect("a base64 digit");
    format!("{rest}{}{}", &DIGITS[value + 1..value + 2], &text[digits.len()..])
}

fn headers(case: &Case) -> Vec<Derived> {
    let name = case.scheme.header.clone();
    let value = case.signature();
    let mut seventeen = vec![value.clone(); 17].join(match case.scheme.splitter {
        Splitter::Space => " ",
        Splitter::None | Splitter::Comma => ",",
    });
    if let Some(StampFrom::Label(label)) = case.scheme.timestamp.as_ref().map(|it| &it.from) {
        let candidate = value.split(',').nth(1).expect("a candidate");
        seventeen = format!("{label}1767225600,{}", vec![candidate; 17].join(","));
    }
    vec![
        ("missing".to_owned(), case.without(&name)),
        ("empty".to_owned(), case.with_signature("")),
        ("twice".to_owned(), case.clone().header(&name, &value)),
        ("other name".to_owned(), case.without(&name).header(&format!("{name}-old"), &value)),
        ("SHA-1 only".to_owned(), case.without(&name).header("x-hub-signature", "sha1=00")),
        ("17 candidates".to_owned(), case.with_signature(seventeen)),
        ("long".to_owned(), case.with_signature("a".repeat(1_000_000))),
        ("not ASCII".to_owned(), case.with_signature([value.as_bytes(), b"\xff"].concat())),
    ]
}

fn keys(case: &Case) -> Vec<Derived> {
    let raw = case.scheme.key == KeyEncoding::Raw;
    let fixed = match &case.scheme.key {
        KeyEncoding::Base64After(prefix) => prefix.len(),
        KeyEncoding::Raw | KeyEncoding::Hex => 0,
    };
    (fixed..case.secret.len() - 2)
        .map(|index| {
            let mut secret = case.secret.clone().into_bytes();
            secret[index] = if secret[index] == b'A' { b'B' } else { b'A' };
            String::from_utf8(secret).expect("ASCII")
        })
        .chain(raw.then(|| format!("{}x", case.secret)))
        .chain(raw.then(|| case.secret[1..].to_owned()))
        .map(|secret| ("another secret".to_owned(), Case { secret, ..case.clone() }))
        .collect()
}

fn urls(case: &Case) -> Vec<Derived> {
    if !case.scheme.parts.contains(&Part::RegisteredUrl) {
        return Vec::new();
    }
    let url = &case.url;
    let mut derived: Vec<Derived> = [
        format!("{url}/"),
        format!("{url}?"),
        format!("{url}?a=b"),
        url.replace("https", "http"),
        url.replace("hub.", "evil."),
        url.replace("/in/", "/In/"),
        url.replace(".com", ".com:443"),
        String::new(),
    ]
    .into_iter()
    .map(|url| (format!("URL {url}"), Case { url, ..case.clone() }))
    .collect();
    if case.scheme.parts.contains(&Part::Method) {
        derived.push(("GET".to_owned(), Case { method: "GET", ..case.clone() }));
        derived.push(("post".to_owned(), Case { method: "post", ..case.clone() }));
    }
    derived
}

fn times(case: &Case) -> Vec<Derived> {
    let Some(stamp) = &case.scheme.timestamp else { return Vec::new() };
    let mut derived: Vec<Derived> = [-86_400, -301, 301, 86_400]
        .into_iter()
        .map(|seconds| {
            let now = Timestamp::from_ms(NEW_YEAR_MS + seconds * 1000);
            (format!("{seconds} s"), Case { now, ..case.clone() })
        })
        .collect();
    let bad = [
        "NaN",
        "",
        "-1",
        "+1767225600",
        "01767225600",
        "1767225601",
        "1767225600.0",
        "1.7e9",
        "１７６７２２５６００",
        "9223372036854775807",
        "99999999999999999999",
        "2026-01-01T00:00:01Z",
        "2026-01-01",
        "inf",
        "1767225600 ",
    ];
    match &stamp.from {
        StampFrom::Header(name) => {
            derived.push(("no time".to_owned(), case.without(name)));
            derived.push(("two times".to_owned(), case.clone().header(name, "1767225600")));
            let with = |text: &str| case.replaced(name, text);
            derived.extend(bad.iter().map(|text| (format!("time {text}"), with(text))));
        }
        StampFrom::Label(label) => {
            let (_, rest) = case.signature().split_once(',').map(own).expect("a candidate");
            let with = |text: &str| case.with_signature(format!("{label}{text},{rest}"));
            derived.push(("no time".to_owned(), case.with_signature(rest.clone())));
            derived.push(("two times".to_owned(), with("1767225600,t=1767225600")));
            derived.extend(bad.iter().map(|text| (format!("time {text}"), with(text))));
        }
        StampFrom::BodyField(_) => derived.extend(bad.iter().map(|text| {
            let body = String::from_utf8_lossy(&case.body).replace(NEW_YEAR, text);
            (format!("time {text}"), Case { body: body.into(), ..case.clone() })
        })),
    }
    derived
}

fn own((left, right): (&str, &str)) -> (String, String) {
    (left.to_owned(), right.to_owned())
}

fn ids(case: &Case) -> Vec<Derived> {
    let signed = case.scheme.parts.contains(&Part::Id);
    let Some(name) = case.scheme.id_header.as_ref().filter(|_| signed) else { return Vec::new() };
    let mut derived: Vec<Derived> = ["", "msg_2", "msg_1.1767225600", "MSG_1", "msg_1 "]
        .into_iter()
        .map(|id| (format!("id {id:?}"), case.replaced(name, id)))
        .collect();
    derived.push(("no id".to_owned(), case.without(name)));
    derived.push(("two ids".to_owned(), case.clone().header(name, "msg_1")));
    derived
}

#[test]
fn every_request_derived_from_a_good_one_is_refused() {
    let mut total = 0;
    for case in vectors() {
        let kinds = [bodies, signatures, headers, keys, urls, times, ids];
        let derived: Vec<Derived> = kinds.iter().flat_map(|kind| kind(&case)).collect();
        assert!(derived.len() >= 40, "{}: only {}", case.name, derived.len());
        total += derived.len();
        for (change, bad) in derived {
            assert!(bad.verify().is_err(), "{}: {change} was admitted", case.name);
        }
    }
    assert!(total >= 10_000, "only {total} derived requests");
}

/// Any scheme at all, most of them sound.
fn any_scheme() -> impl Strategy<Value = Scheme> {
    use prop::sample::select;
    let header = || "(x-[a-z]{1,3}|[ -~]{0,6})";
    let part = prop_oneof![
        select(vec![Part::Method, Part::RegisteredUrl, Part::Id]),
        header().prop_map(Part::Header),
        "[.:]{0,2}".prop_map(Part::Literal),
    ];
    let stamp_from = prop_oneof![
        header().prop_map(StampFrom::Header),
        "(t=|v1=|)".prop_map(StampFrom::Label),
        "[a-z]{0,3}".prop_map(StampFrom::BodyField),
    ];
    let units = [StampUnit::Seconds, StampUnit::Milliseconds, StampUnit::Rfc3339];
    let stamp = (stamp_from, select(units.to_vec()), 0..400_u32)
        .prop_map(|(from, unit, tolerance_s)| Stamp { from, unit, tolerance_s });
    let algorithms = [
        Algorithm::HmacSha256,
        Algorithm::Ed25519,
        Algorithm::HmacSha1,
        Algorithm::Sha256SecretFirst,
    ];
    let head = (
        header(),
        select(vec![Splitter::None, Splitter::Space, Splitter::Comma]),
        "(v1=|v1,|)",
        select(algorithms.to_vec()),
        any::<bool>(),
        select(vec![Encoding::Base64, Encoding::Hex]),
    );
    let tail = (
        prop::collection::vec(part, 0..6),
        select(vec![Part::Body, Part::SortedForm]),
        prop::option::of(stamp),
        prop::option::of(header()),
    );
    (head, tail).prop_map(|((header, splitter, label, algorithm, allow_legacy, encoding), tail)| {
        let (mut parts, body, timestamp, id_header): (Vec<Part>, _, Option<Stamp>, _) = tail;
        parts.push(body);
        parts.extend(timestamp.is_some().then_some(Part::Timestamp));
        let key = KeyEncoding::Raw;
        Scheme {
            header,
            splitter,
            label,
            algorithm,
            allow_legacy,
            encoding,
            key,
            parts,
            timestamp,
            id_header,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_scheme_and_no_request_makes_the_verifier_fall_over(
        scheme in any_scheme(),
        values in prop::collection::vec("[ -~]{0,40}", 4),
        body in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let secrets = [LiveSecret::lasting(Secret::new([7; 32]))];
        if let Ok(verifier) = Verifier::new(scheme.clone(), &secrets) {
            let stamp = scheme.timestamp.as_ref().map(|it| &it.from);
            let stamp = stamp.and_then(|it| match it {
                StampFrom::Header(name) => Some(name),
                StampFrom::Label(_) | StampFrom::BodyField(_) => None,
            });
            let names = [Some(&scheme.header), scheme.id_header.as_ref(), stamp];
            let headers: HeaderMap = names
                .into_iter()
                .flatten()
                .zip(&values)
                .map(|(name, value)| {
                    let name = HeaderName::from_bytes(name.as_bytes()).expect("checked");
                    (name, HeaderValue::from_str(value).expect("visible"))
                })
                .collect();
            let facts = RequestFacts {
                method: "POST",
                registered_url: &values[3],
                headers: &headers,
                body: &body,
                now: Timestamp::from_ms(NEW_YEAR_MS),
            };
            prop_assert!(verifier.verify(&facts).is_err());
        }
    }
}

proptest! {
    #[test]
    fn no_other_body_fits_a_signature(index in 0..20_usize, body in prop::collection::vec(any::<u8>(), 0..200)) {
        let case = vectors().swap_remove(index);
        prop_assume!(body != case.body);
        let changed = Case { body, ..case };
        prop_assert!(changed.verify().is_err());
    }

    #[test]
    fn no_made_up_signature_fits_a_body(index in 0..20_usize, value in "[ -~]{0,200}") {
        let case = vectors().swap_remove(index);
        prop_assume!(value != case.signature());
        let changed = case.with_signature(value);
        prop_assert!(changed.verify().is_err());
    }
}
