//! The golden record: of all that is said about one party, field by field what
//! counts, and why.
//!
//! Verified before unverified, then the more trusted channel, then the more
//! recent statement, then the more complete one; the source's name decides what
//! is still equal, so that the result never depends on the order of arrival.

use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

use crate::text;

/// What one channel says about the party.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Channel that says it.
    pub channel: &'a str,
    /// Its id there.
    pub source_id: &'a str,
    /// How far the channel is trusted; more is better.
    pub trust: u32,
    /// When it said so, milliseconds since the Unix epoch.
    pub said_at_ms: i64,
    /// Canonical party data.
    pub data: &'a Value,
}

/// Which source won a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Decision {
    /// JSON pointer of the field.
    pub path: String,
    /// `{channel}/{source_id}` that was taken.
    pub chosen: String,
    /// What decided: `only`, `agreed`, `active`, `trust`, `recency`, `completeness`, `name`
    /// (of the source, all else being equal) or `united` (all values are kept).
    pub rule: &'static str,
    /// Sources that say something else.
    pub losers: Vec<String>,
}

/// The golden record with its trace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Golden {
    /// Canonical party fields.
    pub profile: Map<String, Value>,
    /// Which source won each field.
    pub decisions: Vec<Decision>,
}

/// Fields of which one value is taken.
const SINGLE: [&str; 14] = [
    "kind",
    "name",
    "org_name",
    "org_name_kana",
    "department",
    "job_title",
    "legal_id",
    "invoice_registration_no",
    "birth_date",
    "gender",
    "locale",
    "rank",
    "status",
    "owner_staff",
];
/// Fields of which all values are kept, each once.
const UNITED: [&str; 4] = ["roles", "contact_points", "addresses", "loyalty_accounts"];

/// Puts the golden record together.
#[must_use]
pub fn golden(candidates: &[Candidate<'_>]) -> Golden {
    let mut golden = Golden::default();
    for field in SINGLE {
        let mut said: Vec<(&Candidate<'_>, &Value)> = candidates
            .iter()
            .filter_map(|candidate| Some((candidate, candidate.data.get(field)?)))
            .filter(|(_, value)| !is_nothing(field, value))
            .collect();
        said.sort_by(|one, two| rank(two, field).cmp(&rank(one, field)));
        if let Some((chosen, value)) = said.first() {
            golden.profile.insert(field.to_owned(), (*value).clone());
            golden.decisions.push(decision(field, chosen, value, &said, candidates.len()));
        }
    }
    add_reading(candidates, &mut golden);
    for field in UNITED {
        unite(field, candidates, &mut golden);
    }
    golden
}

type Rank<'a> = (bool, u32, i64, usize, std::cmp::Reverse<(&'a str, &'a str)>);

fn rank<'a>((candidate, value): &(&Candidate<'a>, &Value), field: &str) -> Rank<'a> {
    (
        // A party that is in good standing anywhere is not lost elsewhere.
        field == "status" && value.as_str() == Some("active"),
        candidate.trust,
        candidate.said_at_ms,
        value.as_object().map_or(1, Map::len),
        std::cmp::Reverse((candidate.channel, candidate.source_id)),
    )
}

fn is_nothing(field: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || (field == "gender" && text == "unknown"),
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn decision(
    field: &str,
    chosen: &Candidate<'_>,
    value: &Value,
    said: &[(&Candidate<'_>, &Value)],
    candidates: usize,
) -> Decision {
    let losers: Vec<String> =
        said.iter().filter(|(_, it)| *it != value).map(|(it, _)| source(it)).collect();
    let runner_up = said.iter().find(|(_, it)| *it != value);
    let rule = match runner_up {
        None if said.len() == 1 || candidates == 1 => "only",
        None => "agreed",
        Some(other) => {
            let (won, lost) = (rank(&(chosen, value), field), rank(other, field));
            if won.0 != lost.0 {
                "active"
            } else if won.1 != lost.1 {
                "trust"
            } else if won.2 != lost.2 {
                "recency"
            } else if won.3 != lost.3 {
                "completeness"
            } else {
                "name"
            }
        }
    };
    Decision { path: format!("/{field}"), chosen: source(chosen), rule, losers }
}

fn source(candidate: &Candidate<'_>) -> String {
    format!("{}/{}", candidate.channel, candidate.source_id)
}

/// A name without its reading takes the reading from a source that has the same name.
fn add_reading(candidates: &[Candidate<'_>], golden: &mut Golden) {
    let name_of = |data: &Value, part: &str| {
        data.get(part).and_then(Value::as_str).map(text::name_key).unwrap_or_default()
    };
    let Some(chosen) = golden.profile.get("name").cloned() else {
        return;
    };
    for (part, kana) in [("family", "family_kana"), ("given", "given_kana"), ("full", "full_kana")]
    {
        let name = name_of(&chosen, part);
        if name.is_empty() || chosen.get(kana).is_some() {
            continue;
        }
        let found = candidates
            .iter()
            .filter_map(|it| Some((it, it.data.get("name")?)))
            .filter(|(_, other)| name_of(other, part) == name)
            .filter_map(|(it, other)| Some((it, other.get(kana)?)))
            .max_by_key(|(it, _)| (it.trust, it.said_at_ms, std::cmp::Reverse(source(it))));
        if let Some((candidate, reading)) = found {
            if let Some(Value::Object(name)) = golden.profile.get_mut("name") {
                name.insert(kana.to_owned(), reading.clone());
            }
            golden.decisions.push(Decision {
                path: format!("/name/{kana}"),
                chosen: source(candidate),
                rule: "completeness",
                losers: Vec::new(),
            });
        }
    }
}

/// Keeps every value once; of equal contact points the verified one.
fn unite(field: &str, candidates: &[Candidate<'_>], golden: &mut Golden) {
    let mut order: Vec<&Candidate<'_>> = candidates.iter().collect();
    order
        .sort_by_key(|it| (std::cmp::Reverse((it.trust, it.said_at_ms)), it.channel, it.source_id));
    let mut kept: Vec<Value> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut sources: BTreeSet<String> = BTreeSet::new();
    for candidate in order {
        let items = candidate.data.get(field).and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            sources.insert(source(candidate));
            let place = *places.entry(item_key(field, item)).or_insert(kept.len());
            match kept.get_mut(place) {
                None => kept.push(item.clone()),
                Some(other) => {
                    let is_better =
                        item.get("verified_at").is_some() && other.get("verified_at").is_none();
                    if is_better {
                        *other = item.clone();
                    }
                }
            }
        }
    }
    if !kept.is_empty() {
        golden.profile.insert(field.to_owned(), Value::Array(kept));
        golden.decisions.push(Decision {
            path: format!("/{field}"),
            chosen: sources.into_iter().collect::<Vec<_>>().join(", "),
            rule: "united",
            losers: Vec::new(),
        });
    }
}

/// Equal for items that say the same.
fn item_key(field: &str, item: &Value) -> String {
    let at = |name: &str| item.get(name).and_then(Value::as_str).unwrap_or_default();
    match field {
        "contact_points" => {
            let value = at("value");
            let key = match at("type") {
                "email" => text::email_key(value),
                "phone" | "sms" | "fax" => text::phone_key(value),
                _ => None,
            };
            format!("{}:{}", at("type"), key.unwrap_or_else(|| value.to_owned()))
        }
        "addresses" => {
            let parts = ["country", "postal_code", "region_code", "locality", "street", "building"];
            parts.map(|part| text::kana_key(at(part))).join("\u{1f}")
        }
        _ => item.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn candidate<'a>(channel: &'a str, said_at_ms: i64, data: &'a Value) -> Candidate<'a> {
        Candidate { channel, source_id: "1", trust: 0, said_at_ms, data }
    }

    #[test]
    fn the_more_recent_name_wins_and_keeps_its_reading() {
        let old =
            json!({"name": {"family": "髙橋", "family_kana": "タカハシ"}, "gender": "female"});
        let new = json!({"name": {"family": "高橋", "given": "花子"}, "gender": "unknown"});
        let found = golden(&[candidate("pos", 1, &old), candidate("ec", 2, &new)]);
        assert_eq!(found.profile["name"]["family"], "高橋");
        assert_eq!(found.profile["name"]["family_kana"], "タカハシ");
        assert_eq!(found.profile["gender"], "female");
        let name = found.decisions.iter().find(|it| it.path == "/name").unwrap();
        assert_eq!((name.rule, name.losers.as_slice()), ("recency", &["pos/1".to_owned()][..]));
    }

    #[test]
    fn trust_goes_before_recency_and_order_does_not_matter() {
        let (one, two) = (json!({"org_name": "A"}), json!({"org_name": "B"}));
        let trusted = Candidate { trust: 9, ..candidate("erp", 1, &one) };
        let other = candidate("ec", 2, &two);
        let found = golden(&[trusted.clone(), other.clone()]);
        assert_eq!(found.profile["org_name"], "A");
        assert_eq!(found, golden(&[other, trusted]));
    }

    #[test]
    fn a_contact_point_is_kept_once_and_verified() {
        let plain = json!({"contact_points": [
            {"type": "email", "value": "A@x.jp"}, {"type": "phone", "value": "03-1234-5678"}]});
        let proven = json!({"contact_points": [
            {"type": "email", "value": "a@x.jp", "verified_at": "2026-01-01T00:00:00Z"}]});
        let found = golden(&[candidate("crm", 9, &plain), candidate("ec", 1, &proven)]);
        let points = found.profile["contact_points"].as_array().unwrap();
        assert_eq!(points.len(), 2);
        assert!(points[0].get("verified_at").is_some());
    }
}
