//! The signed time: read exactly, compared both ways.

use canon::clock::Timestamp;
use serde::{
    Deserializer as _,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
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

/// The text in one top-level field of a JSON object; `None` when the body is not
/// that, or names the field twice.
///
/// Nothing but that text is kept: the bytes are not proven yet.
pub(crate) fn body_field(body: &[u8], field: &str) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let found = reader.deserialize_map(Field(field)).ok()?;
    reader.end().ok()?;
    found
}

struct Field<'a>(&'a str);

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name != self.0 {
                map.next_value::<IgnoredAny>()?;
            } else if found.replace(map.next_value::<String>()?).is_some() {
                return Err(A::Error::custom("named twice"));
            }
        }
        Ok(found)
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
}
