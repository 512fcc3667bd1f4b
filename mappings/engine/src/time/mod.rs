//! Points in time, calendar days and how both are read and written. Exact, and
//! without a clock.

mod era;
mod format;
mod rfc3339;
mod told;

pub(crate) use era::date_with_era;
pub(crate) use format::Format;
pub(crate) use rfc3339::{fraction, parse_instant};
pub(crate) use told::Told;

use canon::civil;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: i32,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// A point in time with the offset it was told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Milliseconds since the Unix epoch.
    pub(crate) ms: i64,
    /// Minutes east of UTC.
    pub(crate) offset: i16,
    /// Digits below a millisecond were there and are not zero.
    pub(crate) cut: bool,
}

pub(crate) const DAY_MS: i64 = 86_400_000;

// === impl Date ===

impl Date {
    /// That day, if it exists.
    pub(crate) fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let real = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && i64::from(day) <= civil::days_in(year.into(), month.into());
        real.then_some(Self { year, month, day })
    }

    /// `YYYY-MM-DD`.
    pub(crate) fn parse_iso(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        let year = digits(text.get(0..4)?)?;
        let (month, day) = (digits(text.get(5..7)?)?, digits(text.get(8..10)?)?);
        Self::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self) -> i64 {
        civil::days_from_civil(self.year.into(), self.month.into(), self.day.into())
    }

    /// The day so many days after 1970-01-01.
    pub(crate) fn from_days(days: i64) -> Option<Self> {
        let (year, month, day) = civil::civil_from_days(days);
        Self::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    pub(crate) fn write(self, out: &mut String) {
        let [y1, y2, y3, y4] = four(self.year.unsigned_abs());
        let ([m1, m2], [d1, d2]) = (pair(self.month.into()), pair(self.day.into()));
        let text = [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2];
        out.push_str(str::from_utf8(&text).unwrap_or_default());
    }
}

// === impl Instant ===

impl Instant {
    /// A point in time told in UTC; `None` outside the years 1 to 9999.
    pub(crate) fn utc(ms: i64) -> Option<Self> {
        Date::from_days(ms.div_euclid(DAY_MS)).map(|_| Self { ms, offset: 0, cut: false })
    }

    /// The calendar day and the milliseconds into it, in its own offset.
    pub(crate) fn local(self) -> Option<(Date, i64)> {
        let local = self.ms.checked_add(i64::from(self.offset) * 60_000)?;
        Some((Date::from_days(local.div_euclid(DAY_MS))?, local.rem_euclid(DAY_MS)))
    }

    /// RFC 3339 with milliseconds and the offset it was told in.
    pub(crate) fn write(self, out: &mut String) {
        if let Some(told) = self.told() {
            out.push_str(told.text());
        }
    }

    /// The same as bytes; `None` outside the years 1 to 9999.
    pub(crate) fn told(self) -> Option<Told> {
        let (date, ms) = self.local()?;
        let ms = u32::try_from(ms).ok()?;
        let minutes = u32::from(self.offset.unsigned_abs());
        let [y1, y2, y3, y4] = four(date.year.unsigned_abs());
        let ([mo1, mo2], [d1, d2]) = (pair(date.month.into()), pair(date.day.into()));
        let ([h1, h2], [mi1, mi2]) = (pair(ms / 3_600_000), pair(ms / 60_000 % 60));
        let ([s1, s2], [_, ms1, ms2, ms3]) = (pair(ms / 1000 % 60), four(ms % 1000));
        let ([oh1, oh2], [om1, om2]) = (pair(minutes / 60), pair(minutes % 60));
        let sign = match self.offset {
            0 => b'Z',
            ..0 => b'-',
            1.. => b'+',
        };
        #[rustfmt::skip]
        let text = [
            y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2, b'T', h1, h2, b':', mi1, mi2, b':',
            s1, s2, b'.', ms1, ms2, ms3, sign, oh1, oh2, b':', om1, om2,
        ];
        Some(Told::new(text, self.offset == 0))
    }
}

/// Two decimal digits.
#[inline]
fn pair(value: u32) -> [u8; 2] {
    let [.., tens, ones] = four(value);
    [tens, ones]
}

/// Four decimal digits.
#[inline]
fn four(value: u32) -> [u8; 4] {
    let digit = |unit: u32| b'0' + u8::try_from(value / unit % 10).unwrap_or(0);
    [digit(1000), digit(100), digit(10), digit(1)]
}

/// Reads nothing but ASCII digits.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.bytes().fold(0, |sum, b| sum * 10 + i64::from(b - b'0')))
}

#[cfg(test)]
mod tests;
