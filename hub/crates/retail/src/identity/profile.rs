//! What of a party's data can tell whether two identities are one person.

use canon::id::sha256_hex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    reference::{Ref, hub_name, source_name},
    text,
};

/// What one channel's record of a party gives to compare with others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Values that belong to few people, hashed.
    pub keys: Vec<Key>,
    /// Family name, as a match key; empty when unknown.
    pub family: String,
    /// Given name, as a match key.
    pub given: String,
    /// Reading of the family name, as a match key.
    pub family_kana: String,
    /// Reading of the given name, as a match key.
    pub given_kana: String,
    /// Whole name, as a match key.
    pub full: String,
    /// Date of birth, if all of it is known.
    pub birth_date: String,
}

/// One value that belongs to few people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// What kind of value.
    pub scheme: Scheme,
    /// SHA-256 hex of scheme and match key.
    pub hash: String,
    /// Proven to be theirs.
    pub verified: bool,
    /// The value names another record rather than this one.
    pub points_elsewhere: bool,
}

/// What kind of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// An account that both sides proved to be theirs: LINE, single sign-on, app.
    Account,
    /// A member or card number.
    MemberCode,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// The id of the party at another channel.
    CrossReference,
}

/// Identifier schemes that come from a proven account link.
const ACCOUNTS: [&str; 4] = ["line_user_id", "sso_subject", "app_user_id", "account_link_nonce"];
/// Identifier schemes of member cards.
const MEMBER_CODES: [&str; 4] = ["member_code", "card_no", "loyalty_no", "member_no"];

/// Ids of things that several people use: a tablet in the store, a browser, a company.
const SHARED_IDS: [&str; 8] = [
    "device_id",
    "cookie_id",
    "anonymous_id",
    "client_id",
    "session_id",
    "company_id",
    "account_id",
    "store_id",
];

// === impl Profile ===

impl Profile {
    /// Reads canonical party data as `channel` gave it under `source_id`.
    #[must_use]
    pub fn read(channel: &str, source_id: &str, data: &Value) -> Self {
        let at = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let birth_date = at("/birth_date");
        let is_whole = birth_date.len() == 10 && !birth_date.starts_with("--");
        let (family, given) = (at("/name/family"), at("/name/given"));
        let full = if at("/name/full").is_empty() {
            format!("{family}{given}")
        } else {
            at("/name/full").to_owned()
        };
        let mut keys = vec![cross_reference(channel, source_id, false)];
        identifier_keys(data, &mut keys);
        contact_keys(data, &mut keys);
        channel_keys(channel, source_id, data, &mut keys);
        keys.sort();
        // Of a value said twice the verified one counts; it sorts last.
        keys.reverse();
        keys.dedup_by(|later, kept| later.hash == kept.hash);
        Self {
            keys,
            family: text::name_key(family),
            given: text::name_key(given),
            family_kana: text::kana_key(at("/name/family_kana")),
            given_kana: text::kana_key(at("/name/given_kana")),
            full: text::name_key(&full),
            birth_date: if is_whole { birth_date.to_owned() } else { String::new() },
        }
    }
}

/// The key by which a party may be found: scheme as in identifiers and contact
/// points, value as people write it. `None` when it is no evidence of anybody.
#[must_use]
pub fn party_key(scheme: &str, value: &str) -> Option<Key> {
    let (scheme, key) = match scheme {
        "email" => (Scheme::Email, text::email_key(value)?),
        "phone" | "sms" => (Scheme::Phone, text::phone_key(value)?),
        "line" => (Scheme::Account, format!("line_user_id:{}", text::code_key(value)?)),
        _ if ACCOUNTS.contains(&scheme) => {
            (Scheme::Account, format!("{scheme}:{}", text::code_key(value)?))
        }
        _ if MEMBER_CODES.contains(&scheme) => (Scheme::MemberCode, text::code_key(value)?),
        // The id that another system gave, imported as a cross-reference.
        _ if scheme.ends_with("_id") && !SHARED_IDS.contains(&scheme) => {
            (Scheme::CrossReference, format!("{scheme}:{}", text::code_key(value)?))
        }
        _ => return None,
    };
    Some(Key { scheme, hash: hash(scheme, &key), verified: false, points_elsewhere: false })
}

/// The name of whoever holds the key with this hash.
#[must_use]
pub fn key_name(hash: &str) -> String {
    format!("k:{hash}")
}

/// All names that a reference to a party gives, as said by `channel`.
#[must_use]
pub fn party_names(reference: &Ref, channel: &str) -> Vec<String> {
    let mut names: Vec<String> = reference.hub_id.iter().map(|id| hub_name(id)).collect();
    if let Some(value) = &reference.value {
        match reference.scheme.as_deref().unwrap_or("source_id") {
            "source_id" => names.push(source_name(channel, value)),
            scheme => names.extend(party_key(scheme, value).map(|key| key_name(&key.hash))),
        }
    }
    names
}

fn cross_reference(channel: &str, source_id: &str, points_elsewhere: bool) -> Key {
    let scheme = Scheme::CrossReference;
    let value = format!("{channel}\u{1f}{source_id}");
    Key { scheme, hash: hash(scheme, &value), verified: true, points_elsewhere }
}

fn hash(scheme: Scheme, key: &str) -> String {
    sha256_hex(format!("{scheme:?}\u{1f}{key}").as_bytes())
}

fn list<'a>(data: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    data.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text_of<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn identifier_keys(data: &Value, keys: &mut Vec<Key>) {
    for identifier in list(data, "identifiers") {
        let (Some(scheme), Some(value)) =
            (text_of(identifier, "scheme"), text_of(identifier, "value"))
        else {
            continue;
        };
        keys.extend(party_key(scheme, value));
    }
}

fn contact_keys(data: &Value, keys: &mut Vec<Key>) {
    for point in list(data, "contact_points") {
        let written = text_of(point, "value_normalised").or_else(|| text_of(point, "value"));
        let (Some(kind), Some(value)) = (text_of(point, "type"), written) else {
            continue;
        };
        let verified = text_of(point, "verified_at").is_some();
        keys.extend(party_key(kind, value).map(|key| Key { verified, ..key }));
    }
}

/// Member codes, and ids of the party at other channels.
fn channel_keys(channel: &str, source_id: &str, data: &Value, keys: &mut Vec<Key>) {
    for identity in list(data, "channel_identities") {
        if let Some(code) = text_of(identity, "member_code") {
            keys.extend(party_key("member_code", code));
        }
        let other = text_of(identity, "connector").unwrap_or(channel);
        if let Some(id) = text_of(identity, "source_id")
            && (other, id) != (channel, source_id)
        {
            keys.push(cross_reference(other, id, true));
        }
    }
    for reference in list(data, "source_refs") {
        if let (Some(other), Some(id)) =
            (text_of(reference, "channel"), text_of(reference, "source_id"))
            && (other, id) != (channel, source_id)
        {
            keys.push(cross_reference(other, id, true));
        }
    }
}
