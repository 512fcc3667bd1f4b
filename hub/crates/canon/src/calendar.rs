//! Days of the civil calendar, Japan's public holidays, and business days.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::civil::{civil_from_days, days_from_civil, days_in};

/// A day of the Gregorian calendar. Written as `2026-01-05`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(i64);

/// Monday is the first, as in ISO 8601.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weekday {
    /// 月曜日.
    Monday,
    /// 火曜日.
    Tuesday,
    /// 水曜日.
    Wednesday,
    /// 木曜日.
    Thursday,
    /// 金曜日.
    Friday,
    /// 土曜日.
    Saturday,
    /// 日曜日.
    Sunday,
}

/// Which days somebody works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BusinessDays {
    /// Closed each week on these.
    pub closed_weekdays: Vec<Weekday>,
    /// Closed on Japan's public holidays.
    pub closed_on_holidays: bool,
    /// Closed on these days besides.
    pub closed: Vec<Day>,
}

// === impl Weekday ===

impl Weekday {
    /// All, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];

    /// The word in settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Monday => "mon",
            Self::Tuesday => "tue",
            Self::Wednesday => "wed",
            Self::Thursday => "thu",
            Self::Friday => "fri",
            Self::Saturday => "sat",
            Self::Sunday => "sun",
        }
    }
}

// === impl Day ===

impl Day {
    /// `None` when there is no such day.
    #[must_use]
    pub fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let is_day = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
        is_day.then(|| Self(days_from_civil(year, month, day)))
    }

    /// Reads `2026-01-05`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |length: usize| {
            let part = parts.next().filter(|it| it.len() == length)?;
            part.bytes().all(|it| it.is_ascii_digit()).then(|| part.parse::<i64>().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        parts.next().is_none().then(|| Self::new(year, month, day))?
    }

    /// Year, month, day of the month.
    #[must_use]
    pub fn civil(self) -> (i64, i64, i64) {
        civil_from_days(self.0)
    }

    /// The day so many days later, or earlier.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// Day of the week. 1970-01-01 was a Thursday.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        match (self.0 + 3).rem_euclid(7) {
            0 => Weekday::Monday,
            1 => Weekday::Tuesday,
            2 => Weekday::Wednesday,
            3 => Weekday::Thursday,
            4 => Weekday::Friday,
            5 => Weekday::Saturday,
            _ => Weekday::Sunday,
        }
    }

    /// The public holiday of Japan that the day is (国民の祝日に関する法律), for the
    /// years 2019 to 2099: those of the law itself, the substitute after one that
    /// falls on a Sunday (振替休日), and the day between two (国民の休日). The
    /// equinoxes are astronomy's forecast; the cabinet announces them each year.
    #[must_use]
    pub fn holiday_in_japan(self) -> Option<&'static str> {
        if let Some(name) = self.named_holiday() {
            return Some(name);
        }
        // A holiday on a Sunday moves on to the first day that is none.
        let mut before = self.plus(-1);
        while before.named_holiday().is_some() {
            if before.weekday() == Weekday::Sunday {
                return Some("振替休日");
            }
            before = before.plus(-1);
        }
        let between = self.weekday() != Weekday::Sunday
            && self.plus(-1).named_holiday().is_some()
            && self.plus(1).named_holiday().is_some();
        between.then_some("国民の休日")
    }

    /// Holidays that the law names by date.
    fn named_holiday(self) -> Option<&'static str> {
        let (year, month, day) = self.civil();
        if !(2019..=2099).contains(&year) {
            return None;
        }
        let monday = |nth: i64| self.weekday() == Weekday::Monday && (day - 1) / 7 + 1 == nth;
        let moved = moved(year);
        let is_moved = moved.iter().any(|(_, to)| *to == (month, day));
        let name = match (month, day) {
            (1, 1) => "元日",
            (1, _) if monday(2) => "成人の日",
            (2, 11) => "建国記念の日",
            (2, 23) if year >= 2020 => "天皇誕生日",
            (3, _) if day == equinox(year, 20_843_100) => "春分の日",
            (4, 29) => "昭和の日",
            (4, 30) | (5, 2) if year == 2019 => "国民の休日",
            (5, 1) if year == 2019 => "天皇の即位の日",
            (5, 3) => "憲法記念日",
            (5, 4) => "みどりの日",
            (5, 5) => "こどもの日",
            _ if is_moved => moved.iter().find(|(_, to)| *to == (month, day)).map(|(it, _)| *it)?,
            (7, _) if moved.is_empty() && monday(3) => "海の日",
            (8, 11) if moved.is_empty() => "山の日",
            (9, _) if monday(3) => "敬老の日",
            (9, _) if day == equinox(year, 23_248_800) => "秋分の日",
            (10, 22) if year == 2019 => "即位礼正殿の儀",
            (10, _) if moved.is_empty() && monday(2) => "スポーツの日",
            (11, 3) => "文化の日",
            (11, 23) => "勤労感謝の日",
            _ => return None,
        };
        Some(name)
    }
}

/// Holidays that were moved for the Olympic Games.
fn moved(year: i64) -> &'static [(&'static str, (i64, i64))] {
    match year {
        2020 => &[("海の日", (7, 23)), ("スポーツの日", (7, 24)), ("山の日", (8, 10))],
        2021 => &[("海の日", (7, 22)), ("スポーツの日", (7, 23)), ("山の日", (8, 8))],
        _ => &[],
    }
}

/// The day of an equinox in Japan, by the usual approximation for 1980 to 2099,
/// in millionths of a day so that no rounding enters.
fn equinox(year: i64, base: i64) -> i64 {
    let since = year - 1980;
    (base + 242_194 * since) / 1_000_000 - since / 4
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no day such as 2026-01-05"))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Day {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

// === impl BusinessDays ===

impl BusinessDays {
    /// Whether they work on that day.
    #[must_use]
    pub fn are_open_on(&self, day: Day) -> bool {
        let is_holiday = self.closed_on_holidays && day.holiday_in_japan().is_some();
        !(is_holiday || self.closed.contains(&day) || self.closed_weekdays.contains(&day.weekday()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap_or_else(|| panic!("{text}"))
    }

    /// The holidays of a year as the Cabinet Office published them.
    fn holidays(year: i64) -> Vec<String> {
        let mut at = Day::new(year, 1, 1).unwrap();
        let mut found = Vec::new();
        while at.civil().0 == year {
            if at.holiday_in_japan().is_some() {
                let (_, month, day) = at.civil();
                found.push(format!("{month}/{day}"));
            }
            at = at.plus(1);
        }
        found
    }

    #[test]
    fn holidays_are_those_that_were_published() {
        let published = [
            (
                2019,
                "1/1 1/14 2/11 3/21 4/29 4/30 5/1 5/2 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/23 \
                    10/14 10/22 11/3 11/4 11/23",
            ),
            (
                2020,
                "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/23 7/24 8/10 9/21 9/22 \
                    11/3 11/23",
            ),
            (
                2021,
                "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9 9/20 9/23 11/3 \
                    11/23",
            ),
            (
                2024,
                "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 \
                    9/23 10/14 11/3 11/4 11/23",
            ),
            (
                2026,
                "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 \
                    11/3 11/23",
            ),
        ];
        for (year, days) in published {
            let days: Vec<_> = days.split_whitespace().collect();
            assert_eq!(holidays(year), days, "{year}");
        }
        assert_eq!(day("2026-09-22").holiday_in_japan(), Some("国民の休日"));
        assert_eq!(day("2026-05-06").holiday_in_japan(), Some("振替休日"));
    }

    #[test]
    fn days_are_read_and_written() {
        for text in ["2024-02-29", "1970-01-01", "2026-12-31"] {
            assert_eq!(day(text).to_string(), text);
        }
        for text in
            ["2026-02-29", "2026-13-01", "2026-1-5", "20260105", "2026-01-05x", "+026-01-05"]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(day("2026-11-22").weekday(), Weekday::Sunday);
        assert_eq!(day("1969-12-31").plus(1), day("1970-01-01"));
    }

    #[test]
    fn business_days_leave_out_weekdays_holidays_and_days_by_name() {
        let days = BusinessDays {
            closed_weekdays: vec![Weekday::Sunday],
            closed_on_holidays: true,
            closed: vec![day("2026-12-31")],
        };
        for (text, open) in [
            ("2026-11-22", false),
            ("2026-11-23", false),
            ("2026-11-24", true),
            ("2026-12-31", false),
        ] {
            assert_eq!(days.are_open_on(day(text)), open, "{text}");
        }
    }
}
