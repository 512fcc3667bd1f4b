//! The rendered JSON in the form the far side takes.

use adapter_kit::manifest::Body;
use bytes::Bytes;
use canon::entry::{Loss, RecordFault};
use codec::charset::{Charset, Named, Policy, Profile};
use serde::{
    Deserialize as _, Deserializer as _,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// Deepest nesting of a form's names.
const DEPTH_MAX: usize = 16;

/// Why a rendered document cannot be sent as the package says.
#[derive(Debug, thiserror::Error)]
pub enum BodyFault {
    /// Not JSON at all.
    #[error("the map rendered something that is not JSON")]
    NotJson {
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A form has names.
    #[error("the map rendered no object, and a form is made of an object's members")]
    NotAnObject,
    /// The package has the layout.
    #[error("the body is written by the package's layout")]
    OfALayout,
    /// Characters that the form's character set does not have.
    #[error("characters that cannot be written")]
    Unwritable {
        /// Each with its field.
        faults: Vec<RecordFault>,
        /// It waits for an operator, and is sent with others in their place when it
        /// is released.
        quarantined: bool,
    },
    /// Deeper than any form.
    #[error("the map rendered an object nested deeper than {DEPTH_MAX}, which no form can say")]
    TooDeep,
}

/// A document, ready to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Empty when nothing is sent.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// Characters that the form's character set does not have, and what is sent
    /// in their place.
    pub substitutions: Vec<Loss>,
}

/// The document `json` as the operation sends it. `released`: an operator has seen
/// that some characters of it cannot be written, and wants it sent all the same.
///
/// A form has the top-level members by name, nested ones as `name[member]` and
/// `name[0]`. Numbers stand as the map wrote them, `null` as an empty text. Its
/// texts are in the operation's character set, else in UTF-8.
///
/// # Errors
/// When it cannot be said that way.
pub fn encode(
    body: Body,
    charset: Option<&Named>,
    json: &[u8],
    released: bool,
) -> Result<Encoded, BodyFault> {
    match body {
        // What a layout writes, its package writes.
        Body::Layout => Err(BodyFault::OfALayout),
        Body::None => Ok(Encoded::default()),
        Body::Json => Ok(Encoded {
            media_type: "application/json".to_owned(),
            bytes: Bytes::copy_from_slice(json),
            ..Encoded::default()
        }),
        Body::Form => {
            let document: &RawValue =
                serde_json::from_slice(json).map_err(|source| BodyFault::NotJson { source })?;
            if !document.get().starts_with('{') {
                return Err(BodyFault::NotAnObject);
            }
            let mut pairs = Vec::new();
            push(&mut pairs, "", document, 0)?;
            let utf8 = Named::new(Charset::Utf8);
            form(&pairs, charset.unwrap_or(&utf8), released)
        }
    }
}

/// Names and values in the character set; what it does not have is refused,
/// replaced, or kept back until an operator releases it.
fn form(pairs: &[(String, String)], charset: &Named, released: bool) -> Result<Encoded, BodyFault> {
    let Named { profile, writing } = charset;
    let replacing = writing.replacing(profile);
    let faults = match written(pairs, profile, &writing.policy) {
        Ok(done) => return Ok(done),
        Err(faults) => faults,
    };
    match written(pairs, profile, &replacing) {
        Ok(done) if writing.quarantine && released => Ok(done),
        Ok(_) | Err(_) => Err(BodyFault::Unwritable { faults, quarantined: writing.quarantine }),
    }
}

fn written(
    pairs: &[(String, String)],
    profile: &Profile,
    policy: &Policy,
) -> Result<Encoded, Vec<RecordFault>> {
    let (mut out, mut substitutions, mut faults) = (String::new(), Vec::new(), Vec::new());
    for (index, (name, value)) in pairs.iter().enumerate() {
        for (text, between) in [(name, if index > 0 { "&" } else { "" }), (value, "=")] {
            let (mut bytes, mut changes) = (Vec::new(), Vec::new());
            match profile.encode(text, policy, &mut bytes, &mut changes) {
                Ok(()) => {
                    out.push_str(between);
                    out.extend(form_urlencoded::byte_serialize(&bytes));
                }
                Err(fault) => faults.push(RecordFault {
                    field: name.clone(),
                    offset: None,
                    found: format!("U+{:04X}", u32::from(fault.found)),
                    expected: format!("characters of {}", fault.charset),
                    needed_by: None,
                    shows: None,
                }),
            }
            substitutions.extend(changes.into_iter().map(|it| Loss {
                record: 1,
                field: name.clone(),
                step: profile.charset.name().to_owned(),
                before: it.before,
                after: it.after,
            }));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let media_type = "application/x-www-form-urlencoded".to_owned();
    Ok(Encoded { media_type, bytes: out.into(), substitutions })
}

fn push(
    form: &mut Vec<(String, String)>,
    name: &str,
    value: &RawValue,
    depth: usize,
) -> Result<(), BodyFault> {
    let not_json = |source| BodyFault::NotJson { source };
    if depth > DEPTH_MAX {
        return Err(BodyFault::TooDeep);
    }
    match value.get().as_bytes().first() {
        Some(b'{') => {
            let mut reader = serde_json::Deserializer::from_str(value.get());
            for (member, value) in reader.deserialize_map(Members).map_err(not_json)? {
                let inner = match name {
                    "" => member,
                    name => format!("{name}[{member}]"),
                };
                push(form, &inner, value, depth + 1)?;
            }
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(not_json)?;
            for (index, item) in items.into_iter().enumerate() {
                push(form, &format!("{name}[{index}]"), item, depth + 1)?;
            }
        }
        Some(b'"') => {
            let mut reader = serde_json::Deserializer::from_str(value.get());
            let text = String::deserialize(&mut reader).map_err(not_json)?;
            form.push((name.to_owned(), text));
        }
        Some(b'n') | None => {
            form.push((name.to_owned(), String::new()));
        }
        Some(_) => {
            form.push((name.to_owned(), value.get().to_owned()));
        }
    }
    Ok(())
}

/// The members of an object in their order.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> Result<String, BodyFault> {
        let sent = encode(Body::Form, None, json.as_bytes(), false)?;
        assert_eq!(sent.media_type, "application/x-www-form-urlencoded");
        Ok(String::from_utf8(sent.bytes.to_vec()).expect("ASCII"))
    }

    #[test]
    fn a_form_has_members_by_name_and_numbers_as_written() {
        let json = r#"{"To":"+8190","amount":1980.50,"big":12345678901234567890123,"ok":true,
            "none":null,"meta":{"a b":"こ&=","list":["x",{"y":2}]}}"#;
        assert_eq!(
            form(json).expect("a form"),
            "To=%2B8190&amount=1980.50&big=12345678901234567890123&ok=true&none=\
             &meta%5Ba+b%5D=%E3%81%93%26%3D&meta%5Blist%5D%5B0%5D=x&meta%5Blist%5D%5B1%5D%5By%5D=2"
        );
        assert_eq!(form("{}").expect("a form"), "");
    }

    #[test]
    fn what_no_form_can_say_is_refused() {
        for json in ["[]", "1", "\"x\"", "null"] {
            assert!(matches!(form(json), Err(BodyFault::NotAnObject)), "{json}");
        }
        for json in ["", "{", "{\"a\":}"] {
            assert!(matches!(form(json), Err(BodyFault::NotJson { .. })), "{json}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(20), "}".repeat(20));
        assert!(matches!(form(&deep), Err(BodyFault::TooDeep)));
    }

    #[test]
    fn a_form_in_another_set_loses_nothing_in_silence() {
        let of = |write: &str| {
            let text = format!("name: cp932\nwrite: {{ unwritable: {write} }}\n");
            Named::parse("t", &text).expect("a set")
        };
        let json = r#"{"name":"髙島𠮷","no":1}"#;
        let send =
            |named: &Named, released| encode(Body::Form, Some(named), json.as_bytes(), released);
        let text = "name=%FB%FC%93%87%81%AC&no=1";
        for (policy, released, goes) in [
            ("refuse", false, false),
            ("refuse", true, false),
            ("substitute", false, true),
            ("quarantine", false, false),
            ("quarantine", true, true),
        ] {
            match send(&of(policy), released) {
                Ok(sent) if goes => {
                    assert_eq!(sent.bytes, text, "{policy}");
                    let change = &sent.substitutions[..];
                    assert!(
                        matches!(change, [it] if (&*it.before, &*it.after) == ("𠮷", "〓")),
                        "{change:?}"
                    );
                }
                Err(BodyFault::Unwritable { faults, quarantined }) if !goes => {
                    assert_eq!(quarantined, policy == "quarantine");
                    assert_eq!((&*faults[0].field, &*faults[0].found), ("name", "U+20BB7"));
                }
                other => panic!("{policy} {released}: {other:?}"),
            }
        }
    }

    #[test]
    fn json_is_sent_as_it_is_and_none_sends_nothing() {
        let sent = encode(Body::Json, None, b"{ \"a\": 1.0 }", false).expect("a body");
        let Encoded { media_type, bytes, .. } = sent;
        assert_eq!((&*media_type, &*bytes), ("application/json", b"{ \"a\": 1.0 }".as_slice()));
        let sent = encode(Body::None, None, b"{}", false).expect("no body");
        assert_eq!(sent, Encoded::default());
    }
}
