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
            && day <= days_in(year, month);
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
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let day_of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468
    }

    /// The day so many days after 1970-01-01.
    pub(crate) fn from_days(days: i64) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
    }

    pub(crate) fn write(self, out: &mut String) {
        let mut text = *b"0000-00-00";
        self.put(&mut text);
        out.push_str(str::from_utf8(&text).unwrap_or_default());
    }

    /// Its digits at the start of `text`.
    fn put(self, text: &mut [u8]) {
        put(text, 0, 4, self.year.unsigned_abs());
        put(text, 5, 2, self.month.into());
        put(text, 8, 2, self.day.into());
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
        let Some((date, ms)) = self.local() else { return };
        let ms = u32::try_from(ms).unwrap_or(0);
        let mut text = *b"0000-00-00T00:00:00.000+00:00";
        date.put(&mut text);
        put(&mut text, 11, 2, ms / 3_600_000);
        put(&mut text, 14, 2, ms / 60_000 % 60);
        put(&mut text, 17, 2, ms / 1000 % 60);
        put(&mut text, 20, 3, ms % 1000);
        let minutes = u32::from(self.offset.unsigned_abs());
        put(&mut text, 24, 2, minutes / 60);
        put(&mut text, 27, 2, minutes % 60);
        let (clock, offset) = text.split_at(23);
        out.push_str(str::from_utf8(clock).unwrap_or_default());
        match self.offset {
            0 => out.push('Z'),
            ..0 => {
                out.push('-');
                out.push_str(str::from_utf8(offset).unwrap_or_default().trim_start_matches('+'));
            }
            1.. => out.push_str(str::from_utf8(offset).unwrap_or_default()),
        }
    }
}

/// Writes so many decimal digits.
#[inline]
fn put(text: &mut [u8], at: usize, width: usize, mut value: u32) {
    let Some(digits) = text.get_mut(at..at + width) else { return };
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
    }
}

/// Reads nothing but ASCII digits.
pub(crate) fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.bytes().fold(0, |sum, b| sum * 10 + i64::from(b - b'0')))
}

pub(crate) fn days_in(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests;
