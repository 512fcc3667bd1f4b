//! The rendered JSON in the form the far side takes.

use adapter_kit::manifest::Body;
use bytes::Bytes;
use form_urlencoded::Serializer;
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
    /// Deeper than any form.
    #[error("the map rendered an object nested deeper than {DEPTH_MAX}, which no form can say")]
    TooDeep,
}

/// Media type and bytes of the document `json`. The media type is empty when
/// nothing is sent.
///
/// A form has the top-level members by name, nested ones as `name[member]` and
/// `name[0]`. Numbers stand as the map wrote them, `null` as an empty text.
///
/// # Errors
/// When it cannot be said that way.
pub fn encode(body: Body, json: &[u8]) -> Result<(&'static str, Bytes), BodyFault> {
    match body {
        // What a layout writes, its package writes.
        Body::Layout => Err(BodyFault::OfALayout),
        Body::None => Ok(("", Bytes::new())),
        Body::Json => Ok(("application/json", Bytes::copy_from_slice(json))),
        Body::Form => {
            let document: &RawValue =
                serde_json::from_slice(json).map_err(|source| BodyFault::NotJson { source })?;
            if !document.get().starts_with('{') {
                return Err(BodyFault::NotAnObject);
            }
            let mut form = Serializer::new(String::new());
            push(&mut form, "", document, 0)?;
            Ok(("application/x-www-form-urlencoded", form.finish().into()))
        }
    }
}

fn push(
    form: &mut Serializer<'_, String>,
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
            form.append_pair(name, &text);
        }
        Some(b'n') | None => {
            form.append_pair(name, "");
        }
        Some(_) => {
            form.append_pair(name, value.get());
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
        let (content_type, bytes) = encode(Body::Form, json.as_bytes())?;
        assert_eq!(content_type, "application/x-www-form-urlencoded");
        Ok(String::from_utf8(bytes.to_vec()).expect("ASCII"))
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
    fn json_is_sent_as_it_is_and_none_sends_nothing() {
        let (content_type, bytes) = encode(Body::Json, b"{ \"a\": 1.0 }").expect("a body");
        assert_eq!((content_type, &*bytes), ("application/json", b"{ \"a\": 1.0 }".as_slice()));
        let (content_type, bytes) = encode(Body::None, b"{}").expect("no body");
        assert!(content_type.is_empty() && bytes.is_empty());
    }
}
