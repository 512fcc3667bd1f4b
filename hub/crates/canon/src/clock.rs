//! Time as an argument: a point in time, and who tells it.

use crate::civil::{civil_from_days, days_from_civil, days_in};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, future::Future, pin::Pin, time::Duration};

/// A future that can be stored, sent and named.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time. The daemon has one that reads the machine's clock; a test has
/// one that it moves by hand.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, in milliseconds since the Unix epoch, UTC.
    fn now(&self) -> Timestamp;

    /// Ready when `wait` has passed.
    fn sleep(&self, wait: Duration) -> Sleep;
}

/// Milliseconds since the Unix epoch, UTC. Written as RFC 3339 with
/// milliseconds and `Z`: `2026-01-05T03:00:00.000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const MS_A_DAY: i64 = 86_400_000;

// === impl Timestamp ===

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ms(self) -> i64 {
        self.0
    }

    /// This point plus `wait`, saturating.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long from `earlier` to here; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads RFC 3339 with any offset; `None` when it is not that.
    ///
    /// Digits below a millisecond are cut off: this type is for the hub's own
    /// clock, maps have their own exact reader.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let digits = |from: usize, to: usize| -> Option<i64> {
            let part = bytes.get(from..to)?;
            if !part.iter().all(u8::is_ascii_digit) {
                return None;
            }
            Some(part.iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0')))
        };
        let at = |index: usize, wanted: &[u8]| bytes.get(index).is_some_and(|b| wanted.contains(b));
        if !(at(4, b"-") && at(7, b"-") && at(10, b"Tt ") && at(13, b":") && at(16, b":")) {
            return None;
        }
        let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
        let (hour, minute, second) = (digits(11, 13)?, digits(14, 16)?, digits(17, 19)?);
        let day_is_real = (1..=12).contains(&month) && day >= 1 && day <= days_in(year, month);
        if !day_is_real || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut index = 19;
        let mut ms = 0;
        if at(index, b".") {
            let start = index + 1;
            index = start;
            while bytes.get(index).is_some_and(u8::is_ascii_digit) {
                index += 1;
            }
            for place in 0..3 {
                ms = ms * 10 + digits(start + place, (start + place + 1).min(index)).unwrap_or(0);
            }
            if index == start {
                return None;
            }
        }
        let offset_minutes = match bytes.get(index)? {
            b'Z' | b'z' if bytes.len() == index + 1 => 0,
            sign @ (b'+' | b'-') if bytes.len() == index + 6 && at(index + 3, b":") => {
                let (hours, minutes) =
                    (digits(index + 1, index + 3)?, digits(index + 4, index + 6)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let total = hours * 60 + minutes;
                if *sign == b'-' { -total } else { total }
            }
            _ => return None,
        };
        let seconds =
            ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset_minutes) * 60
                + second;
        Some(Self(seconds * 1000 + ms))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0.div_euclid(MS_A_DAY), self.0.rem_euclid(MS_A_DAY));
        let (year, month, day) = civil_from_days(days);
        let (seconds, ms) = (ms / 1000, ms % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_rfc3339(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is not an RFC 3339 time")))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// A clock that stands still until it is moved.
#[derive(Debug, Default)]
pub struct ManualClock(std::sync::atomic::AtomicI64);

impl ManualClock {
    /// Stands at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(std::sync::atomic::AtomicI64::new(start.as_ms()))
    }

    /// Moves on by `wait`.
    pub fn advance(&self, wait: Duration) {
        let ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(ms, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }

    /// Moves the clock instead of waiting.
    fn sleep(&self, wait: Duration) -> Sleep {
        self.advance(wait);
        Box::pin(std::future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_any_offset_and_written_in_utc() {
        let cases = [
            ("2026-01-05T12:00:00+09:00", "2026-01-05T03:00:00.000Z"),
            ("2026-01-05T03:00:00Z", "2026-01-05T03:00:00.000Z"),
            ("2024-02-29T23:59:59.987654-01:30", "2024-03-01T01:29:59.987Z"),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
        ];
        for (given, want) in cases {
            let read = Timestamp::parse_rfc3339(given).map(|it| it.to_string());
            assert_eq!(read.as_deref(), Some(want), "{given}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for bad in [
            "",
            "2026-01-05",
            "2026-02-29T00:00:00Z",
            "2026-01-05T24:00:00Z",
            "2026-01-05T00:00:00",
            "2026-01-05T00:00:00+0900",
            "2026-01-05T00:00:00.Z",
            "２026-01-05T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(bad), None, "{bad}");
        }
    }
}
