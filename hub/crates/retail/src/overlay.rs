//! What is known of a party at one channel, when some statements are whole and
//! others say only a part.
//!
//! A snapshot says everything. An update says what it says: a receipt that
//! names a member's card does not take away the member's address.

use canon::entity::Action;
use serde_json::{Map, Value};

use crate::text;

/// What is known after `said`, which follows `known`.
#[must_use]
pub fn overlay(known: &Value, action: Action, said: &Value) -> Value {
    let is_whole = match action {
        Action::Snapshot | Action::Corrected | Action::Deleted => true,
        Action::Created | Action::Updated | Action::Merged | Action::Unmerged => false,
    };
    let (Value::Object(known), Value::Object(said), false) = (known, said, is_whole) else {
        return said.clone();
    };
    let mut merged = known.clone();
    for (field, value) in said {
        let before = known.get(field);
        let value = match (field.as_str(), before) {
            ("name", Some(before)) => name(before, value),
            ("contact_points", Some(before)) => contact_points(before, value),
            ("identifiers", Some(before)) => {
                list(before, value, |it| text_of(it, "scheme").to_owned())
            }
            ("channel_identities", Some(before)) => list(before, value, |it| {
                format!("{}\u{1f}{}", text_of(it, "connector"), text_of(it, "source_id"))
            }),
            _ => value.clone(),
        };
        merged.insert(field.clone(), value);
    }
    Value::Object(merged)
}

fn text_of<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The same name keeps its reading; another name is another name.
fn name(before: &Value, now: &Value) -> Value {
    let whole = |it: &Value| {
        let full = format!("{}{}", text_of(it, "family"), text_of(it, "given"));
        text::name_key(if full.is_empty() { text_of(it, "full") } else { &full })
    };
    match (before, now) {
        (Value::Object(known), Value::Object(said)) if whole(before) == whole(now) => {
            let mut merged: Map<String, Value> = known.clone();
            merged.extend(said.iter().map(|(field, value)| (field.clone(), value.clone())));
            Value::Object(merged)
        }
        _ => now.clone(),
    }
}

/// A kind of contact that is said replaces that kind; the same address stays proven.
fn contact_points(before: &Value, now: &Value) -> Value {
    let (Value::Array(known), Value::Array(said)) = (before, now) else {
        return now.clone();
    };
    let is_same = |one: &Value, two: &Value| {
        let key = |it: &Value| match text_of(it, "type") {
            "email" => text::email_key(text_of(it, "value")),
            "phone" | "sms" | "fax" => text::phone_key(text_of(it, "value")),
            _ => Some(text_of(it, "value").to_owned()),
        };
        text_of(one, "type") == text_of(two, "type") && key(one) == key(two)
    };
    let mut points: Vec<Value> = Vec::new();
    for point in said {
        let earlier = known.iter().find(|it| is_same(it, point));
        let mut point = point.clone();
        if let (Some(Value::Object(earlier)), Value::Object(point)) = (earlier, &mut point) {
            for (field, value) in earlier {
                point.entry(field.clone()).or_insert_with(|| value.clone());
            }
        }
        points.push(point);
    }
    let others =
        known.iter().filter(|it| !said.iter().any(|p| text_of(p, "type") == text_of(it, "type")));
    points.extend(others.cloned());
    Value::Array(points)
}

/// Items that are said replace those with the same key.
fn list(before: &Value, now: &Value, key: impl Fn(&Value) -> String) -> Value {
    let (Value::Array(known), Value::Array(said)) = (before, now) else {
        return now.clone();
    };
    let kept = known.iter().filter(|it| !said.iter().any(|other| key(other) == key(it)));
    Value::Array(said.iter().chain(kept).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_part_takes_nothing_away_and_a_whole_does() {
        let whole = json!({
            "name": {"family": "髙橋", "given": "花子", "family_kana": "タカハシ"},
            "contact_points": [
                {"type": "email", "value": "H@x.jp", "verified_at": "2026-01-01T00:00:00Z"},
                {"type": "phone", "value": "090-1234-5678"}],
            "identifiers": [{"scheme": "member_code", "value": "1"}], "birth_date": "1980-05-17"});
        let part = json!({
            "name": {"family": "高橋", "given": "花子"},
            "contact_points": [{"type": "email", "value": "h@x.jp"}],
            "identifiers": [{"scheme": "shop_id", "value": "9"}]});
        let known = overlay(&whole, Action::Updated, &part);
        assert_eq!(known["name"]["family_kana"], "タカハシ");
        assert_eq!(known["contact_points"][0]["verified_at"], "2026-01-01T00:00:00Z");
        assert_eq!(known["contact_points"].as_array().unwrap().len(), 2);
        assert_eq!(known["identifiers"].as_array().unwrap().len(), 2);
        assert_eq!(known["birth_date"], "1980-05-17");
        assert_eq!(overlay(&whole, Action::Snapshot, &part), part);
    }

    #[test]
    fn another_address_takes_the_place_of_the_old_one() {
        let old = json!({"contact_points": [
            {"type": "email", "value": "old@x.jp", "verified_at": "2026-01-01T00:00:00Z"}],
            "name": {"family": "田中", "family_kana": "タナカ"}});
        let new = json!({"contact_points": [{"type": "email", "value": "new@x.jp"}],
            "name": {"family": "高橋"}});
        let known = overlay(&old, Action::Updated, &new);
        assert_eq!(known["contact_points"], new["contact_points"]);
        assert_eq!(known["name"], new["name"]);
    }
}
