//! The signed time: read exactly, compared both ways.

use canon::clock::Timestamp;
use serde::{
    Deserialize as _, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use std::{fmt, time::Duration};

use crate::{
    denied::{Denied, Reason},
    scheme::{Stamp, StampUnit},
};

/// Reads the time as written. Digits only: no sign, no fraction, no space, no
/// leading zero, so there is one text for one time.
pub(crate) fn read(text: &str, unit: StampUnit) -> Result<Timestamp, Denied> {
    let bad = Denied::because(Reason::TimestampBad);
    match unit {
        StampUnit::Rfc3339 => Timestamp::parse_rfc3339(text).ok_or(bad),
        StampUnit::Seconds | StampUnit::Milliseconds => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            if !digits || text.starts_with('0') || text.len() > 15 {
                return Err(bad);
            }
            let number: i64 = text.parse().map_err(|_| bad)?;
            let ms_each = if unit == StampUnit::Seconds { 1000 } else { 1 };
            number.checked_mul(ms_each).map(Timestamp::from_ms).ok_or(bad)
        }
    }
}

/// Whether `at` is within the tolerance around `now`.
pub(crate) fn check(at: Timestamp, now: Timestamp, stamp: &Stamp) -> Result<(), Denied> {
    let apart = at.since(now).max(now.since(at));
    if apart > Duration::from_secs(stamp.tolerance_s.into()) {
        return Err(Denied::because(Reason::Stale));
    }
    Ok(())
}

/// The text at a JSON pointer through objects; `None` when the body is not JSON,
/// has no text there, or names a member on the way twice.
///
/// Nothing but that text is kept: the bytes are not proven yet.
pub(crate) fn in_body(body: &[u8], pointer: &str) -> Option<String> {
    let names = pointer.strip_prefix('/')?.split('/');
    let names: Vec<String> = names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let found = At(&names).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    found
}

/// Reads the text under these member names.
struct At<'a>(&'a [String]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return String::deserialize(reader).map(Some);
        }
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((wanted, below)) = self.0.split_first() else { return Ok(None) };
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != *wanted {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value_seed(At(below))?).is_some() {
                return Err(A::Error::custom("named twice"));
            }
        }
        Ok(found.flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_stands_for_one_time() {
        let ms = |text, unit| read(text, unit).ok().map(Timestamp::as_ms);
        assert_eq!(ms("1767225600", StampUnit::Seconds), Some(1_767_225_600_000));
        assert_eq!(ms("1767225600000", StampUnit::Milliseconds), Some(1_767_225_600_000));
        assert_eq!(ms("2026-01-01T09:00:00+09:00", StampUnit::Rfc3339), Some(1_767_225_600_000));
        for bad in ["", "0", "+1", "-1", "01", "1.0", "1e3", " 1", "1 ", "NaN", "1234567890123456"]
        {
            assert_eq!(ms(bad, StampUnit::Seconds), None, "{bad}");
        }
    }

    #[test]
    fn a_pointer_goes_through_objects_and_finds_one_text() {
        let body = br#"{"a":[{"t":"x"}],"meta":{"a/b":{"t":"2026"},"n":1}}"#;
        assert_eq!(in_body(body, "/meta/a~1b/t").as_deref(), Some("2026"));
        for pointer in ["", "/", "/meta", "/meta/n", "/a/0/t", "/meta/a~1b/t/x"] {
            assert_eq!(in_body(body, pointer), None, "{pointer}");
        }
        assert_eq!(in_body(br#"{"m":{"t":"1"},"m":{"t":"2"}}"#, "/m/t"), None);
    }
}
