//! Dates of sheets: days since the workbook's first day, and a part of a day.

use canon::calendar::Day;

use crate::layout::model::DatePart;

/// A day has so many milliseconds.
const DAY_MS: i128 = 86_400_000;

/// A point in time as a sheet says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// `None`: a time of no day.
    day: Option<Day>,
    /// Whole days beside the time, of a duration.
    days: i64,
    /// Seconds of the day.
    seconds: i64,
}

/// What a column wants of a moment.
struct Wanted {
    year: bool,
    month: bool,
    day: bool,
    hour: bool,
    minute: bool,
    second: bool,
}

// === impl Moment ===

impl Moment {
    /// Reads a serial number in normal form. The error is what was expected.
    pub(super) fn of_serial(serial: &str, from_1904: bool) -> Result<Self, &'static str> {
        let (whole, fraction) = serial.split_once('.').unwrap_or((serial, ""));
        let mut days: i64 = whole.parse().map_err(|_| "a date")?;
        if serial.starts_with('-') || days > 2_958_465 {
            return Err("a date from 1900 to 9999");
        }
        // Seventeen digits are what a double has; more say nothing.
        let digits = fraction.get(..17).unwrap_or(fraction);
        let ten: i128 = 10_i128.pow(u32::try_from(digits.len()).unwrap_or(0));
        let part: i128 =
            if digits.is_empty() { 0 } else { digits.parse().map_err(|_| "a date")? };
        let ms = (part * DAY_MS * 2 + ten) / (ten * 2);
        if ms % 1000 != 0 {
            return Err("a time of whole seconds");
        }
        let mut seconds = i64::try_from(ms / 1000).unwrap_or(0);
        if seconds == 86_400 {
            (days, seconds) = (days + 1, 0);
        }
        Ok(Self { day: day_of(days, from_1904), days, seconds })
    }

    /// Reads what ISO 8601 and XML Schema write: a date, a time, or both.
    pub(super) fn of_iso(text: &str) -> Option<Self> {
        let text = text.strip_suffix('Z').unwrap_or(text);
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (Some(date), Some(time)),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        let day = match date {
            Some(date) => Some(Day::parse(date)?),
            None => None,
        };
        let seconds = match time {
            Some(time) => seconds(time)?,
            None => 0,
        };
        Some(Self { day, days: 0, seconds })
    }

    /// In a column's format. The error is what was expected: nothing of the
    /// moment is left out.
    pub(super) fn write(&self, parts: &[DatePart], elapsed: bool) -> Result<String, String> {
        let wanted = Wanted::of(parts);
        let dated = wanted.year || wanted.month || wanted.day;
        let (mut hours, minutes, seconds) =
            (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        if !dated && self.days > 0 {
            if !elapsed {
                return Err("a time without a day".to_owned());
            }
            hours += self.days * 24;
        }
        let day = self.day.map(Day::civil);
        let (year, month, day) = match (day, dated) {
            (Some(day), _) => day,
            (None, false) => (0, 1, 1),
            (None, true) => return Err("a day of the calendar".to_owned()),
        };
        let lost = [
            (seconds > 0 && !wanted.second, "a time without seconds"),
            (minutes > 0 && !wanted.minute, "a time without minutes"),
            (hours > 0 && !wanted.hour, "a date without a time of the day"),
            (dated && day > 1 && !wanted.day, "a month without a day"),
            (dated && month > 1 && !wanted.month, "a year without a month"),
        ];
        if let Some((_, expected)) = lost.into_iter().find(|(is, _)| *is) {
            return Err(expected.to_owned());
        }
        let mut out = String::new();
        for part in parts {
            let (count, value) = match part {
                DatePart::Literal(c) => {
                    out.push(*c);
                    continue;
                }
                DatePart::Digits { count: 4, .. } => (4, year),
                DatePart::Digits { count, max: 99, .. } => (*count, year % 100),
                DatePart::Digits { count, max: 12, .. } => (*count, month),
                DatePart::Digits { count, max: 31, .. } => (*count, day),
                DatePart::Digits { count, max: 47, .. } => (*count, hours),
                DatePart::Digits { count, max: 59, .. } => (*count, minutes),
                DatePart::Digits { count, .. } => (*count, seconds),
            };
            out.push_str(&format!("{value:0count$}"));
        }
        Ok(out)
    }

    /// Whether [`Self::text`] tells all of it.
    pub(super) fn is_told(&self) -> bool {
        self.day.is_some() || self.days == 0
    }

    /// As people read it, for faults.
    pub(super) fn text(&self) -> String {
        let (hours, minutes, seconds) =
            (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        let time = format!("{hours:02}:{minutes:02}:{seconds:02}");
        match self.day.map(Day::civil) {
            Some((year, month, day)) if self.seconds == 0 => format!("{year}-{month:02}-{day:02}"),
            Some((year, month, day)) => format!("{year}-{month:02}-{day:02} {time}"),
            None => time,
        }
    }
}

/// In the system of 1900 day 60 is a 29 February that there never was, and day 0
/// is none.
fn day_of(days: i64, from_1904: bool) -> Option<Day> {
    if from_1904 {
        return Day::new(1904, 1, 1).map(|it| it.plus(days));
    }
    match days {
        1..=59 => Day::new(1899, 12, 31).map(|it| it.plus(days)),
        61.. => Day::new(1899, 12, 30).map(|it| it.plus(days)),
        _ => None,
    }
}

/// Seconds of `14:30:00`; a fraction that is not zero is no whole second.
fn seconds(time: &str) -> Option<i64> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = time.split(':');
    let mut number = |max: i64| {
        let part = parts.next().filter(|it| it.len() == 2)?;
        part.parse::<i64>().ok().filter(|it| (0..=max).contains(it))
    };
    let seconds = number(23)? * 3600 + number(59)? * 60 + number(59)?;
    (parts.next().is_none() && fraction.bytes().all(|it| it == b'0')).then_some(seconds)
}

// === impl Wanted ===

impl Wanted {
    fn of(parts: &[DatePart]) -> Self {
        let has = |wanted: &[u32]| {
            let is = |it: &DatePart| match it {
                DatePart::Digits { max, .. } => wanted.contains(max),
                DatePart::Literal(_) => false,
            };
            parts.iter().any(is)
        };
        Self {
            year: has(&[9999, 99]),
            month: has(&[12]),
            day: has(&[31]),
            hour: has(&[47]),
            minute: has(&[59]),
            second: has(&[60]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Layout, model::CellFormat};

    fn parts_of(format: &str) -> Vec<DatePart> {
        let text = format!(
            "layout: t\nversion: 1\nformat: xlsx\nheader: names\n\
             columns: [{{ name: a, type: date, format: \"{format}\" }}]\n"
        );
        let layout = Layout::parse("t", &text).expect("a layout");
        match &layout.kinds[0].columns[0].cell {
            CellFormat::Date(parts) => parts.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn write(serial: &str, format: &str) -> Result<String, String> {
        let moment = Moment::of_serial(serial, false).map_err(str::to_owned)?;
        moment.write(&parts_of(format), false)
    }

    #[test]
    fn serial_numbers_are_days_of_the_calendar() {
        for (serial, wanted) in [
            ("1", "1900/01/01"),
            ("59", "1900/02/28"),
            ("61", "1900/03/01"),
            ("46027", "2026/01/05"),
            ("2958465", "9999/12/31"),
        ] {
            assert_eq!(write(serial, "YYYY/MM/DD").as_deref(), Ok(wanted), "{serial}");
        }
        for serial in ["0", "60", "-1", "2958466"] {
            assert!(write(serial, "YYYY/MM/DD").is_err(), "{serial}");
        }
        let from_1904 = Moment::of_serial("44565", true).expect("a date");
        assert_eq!(from_1904.text(), "2026-01-05");
        assert_eq!(Moment::of_serial("0", true).expect("a date").text(), "1904-01-01");
    }

    #[test]
    fn times_are_whole_seconds_and_nothing_is_left_out() {
        let format = "YYYY-MM-DD hh:mm:ss";
        assert_eq!(write("46027.604166666664", format).as_deref(), Ok("2026-01-05 14:30:00"));
        assert_eq!(write("46027.99999999999", format).as_deref(), Ok("2026-01-06 00:00:00"));
        assert!(write("46027.604172", format).is_err_and(|it| it == "a time of whole seconds"));
        assert_eq!(write("0.4375", "hhmm").as_deref(), Ok("1030"));
        assert!(write("46027.5", "YYYYMMDD").is_err_and(|it| it.contains("without a time")));
        assert!(write("46027", "YYYYMM").is_err_and(|it| it.contains("without a day")));
        assert_eq!(write("46023", "YYYYMM").as_deref(), Ok("202601"));
        assert!(write("1.0486111111111112", "hh:mm").is_err());
        let long = Moment::of_serial("1.0486111111111112", false).expect("a time");
        assert_eq!(long.write(&parts_of("hh:mm"), true).as_deref(), Ok("25:10"));
    }

    #[test]
    fn iso_dates_are_read() {
        let text = |it| Moment::of_iso(it).map(|it| it.text());
        assert_eq!(text("2026-01-05").as_deref(), Some("2026-01-05"));
        assert_eq!(text("2026-01-05T14:30:00.000Z").as_deref(), Some("2026-01-05 14:30:00"));
        assert_eq!(text("14:30:00").as_deref(), Some("14:30:00"));
        for bad in ["2026-02-30", "2026-01-05T14:30:00.5", "2026-01-05T24:00:00", "x"] {
            assert_eq!(text(bad), None, "{bad}");
        }
    }
}
