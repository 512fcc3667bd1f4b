//! Functions of time.

use jiff::{civil, tz::TimeZone};
use rust_decimal::Decimal;

use super::{
    exact,
    fault::{Stepped, fault},
    machine::Machine,
    number::plain_number,
    trace::Trace,
};
use crate::{
    plan::op::{DstFold, Op},
    time::{DAY_MS, Date, Format, Instant, date_with_era, parse_instant},
    value::Value,
};

impl<T: Trace> Machine<'_, T> {
    pub(super) fn time_step(&mut self, op: &Op, value: Value) -> Stepped {
        match op {
            Op::Timestamp { format, zone, hours_max, fold } => {
                let read = Reading {
                    format: format.as_ref(),
                    zone: zone.as_ref(),
                    hours_max: *hours_max,
                    fold: *fold,
                };
                self.timestamp(value, &read)
            }
            Op::Date { format, zone } => self.date(value, format.as_ref(), zone.as_ref()),
            Op::EpochS => self.epoch(value, 1000),
            Op::EpochMs => self.epoch(value, 1),
            Op::ODataDate => self.odata_date(value),
            Op::BusinessDate { cutoff_ms, zone } => business_date(value, *cutoff_ms, zone.as_ref()),
            Op::InZone(zone) => in_zone(value, zone),
            Op::FormatTime(format) => self.format_time(value, format),
            Op::PlusDays(days) => plus_days(value, *days),
            Op::ToEpoch { ms } => match value {
                Value::Instant(instant) if *ms => Ok(Value::Decimal(instant.ms.into())),
                Value::Instant(instant) => Ok(Value::Decimal(instant.ms.div_euclid(1000).into())),
                _ => fault(value, "a time"),
            },
            _ => fault(value, "a time"),
        }
    }

    fn timestamp(&mut self, value: Value, read: &Reading<'_>) -> Stepped {
        let (text, found) = match value {
            Value::Instant(_) => return Ok(value),
            Value::Date(date) => return local(date, 0, read, value),
            Value::Text(span) => (self.text(span), span),
            _ => return fault(value, "a time as text"),
        };
        let Some(format) = read.format else {
            let instant = parse_instant(text).or_else(|| plain_local(text, read));
            let Some(instant) = instant else {
                return fault(value, "a time with offset, such as 2026-01-05T12:00:00+09:00");
            };
            if instant.cut {
                self.lost("timestamp", Value::Text(found), Value::Instant(instant));
            }
            return Ok(Value::Instant(instant));
        };
        let parts = format.read(text);
        let date = parts.and_then(|it| it.date());
        let ms = parts.and_then(|it| it.ms_of_day(read.hours_max));
        let (Some(parts), Some(date), Some(ms)) = (parts, date, ms) else {
            return fault(value, "a time in the pattern that the map names");
        };
        match parts.offset {
            Some(offset) => {
                let ms = date.days() * DAY_MS + ms - i64::from(offset) * 60_000;
                Ok(Value::Instant(Instant { ms, offset, cut: false }))
            }
            None => local(date, ms, read, value),
        }
    }

    fn date(&self, value: Value, format: Option<&Format>, zone: Option<&TimeZone>) -> Stepped {
        let text = match value {
            Value::Date(_) => return Ok(value),
            Value::Instant(instant) => {
                let there = match zone {
                    Some(zone) => moved(instant, zone),
                    None => Some(instant),
                };
                let day = there.and_then(Instant::local).map(|(date, _)| Value::Date(date));
                return day.map_or_else(|| fault(value, "a time within the years 1 to 9999"), Ok);
            }
            Value::Text(span) | Value::Number(span) => self.text(span),
            _ => return fault(value, "a date as text"),
        };
        let date = match format {
            Some(format) => format.read(text).and_then(|it| it.date()),
            None => any_date(text),
        };
        date.map(Value::Date)
            .map_or_else(|| fault(value, "a date that exists, such as 2026-01-05 or R08/01/05"), Ok)
    }

    fn epoch(&self, value: Value, unit_ms: i64) -> Stepped {
        let number = match value {
            Value::Text(span) => plain_number(self.text(span)),
            _ => self.number(value).ok(),
        };
        let ms = number
            .and_then(|it| exact::times(it, Decimal::from(unit_ms)))
            .filter(|it| it.fract().is_zero())
            .and_then(|it| i64::try_from(it.trunc()).ok());
        let instant = ms.and_then(Instant::utc);
        instant
            .map(Value::Instant)
            .map_or_else(|| fault(value, "a count since 1970 that is a time"), Ok)
    }

    /// `/Date(1735689600000)/` and `/Date(1735689600000+0540)/` of OData 2.
    fn odata_date(&self, value: Value) -> Stepped {
        let Value::Text(span) = value else {
            return fault(value, "a text like /Date(1735689600000)/");
        };
        let body = self.text(span).strip_prefix("/Date(").and_then(|it| it.strip_suffix(")/"));
        let read = body.and_then(|body| {
            let sign = body.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'));
            let (ms, offset) = match sign {
                Some((at, _)) => {
                    let (ms, offset) = body.split_at_checked(at)?;
                    (ms, offset.parse::<i16>().ok()?)
                }
                None => (body, 0),
            };
            Some(Instant { offset, ..Instant::utc(ms.parse().ok()?)? })
        });
        read.filter(|it| it.offset.unsigned_abs() <= 18 * 60)
            .map(Value::Instant)
            .map_or_else(|| fault(value, "a text like /Date(1735689600000)/"), Ok)
    }

    fn format_time(&mut self, value: Value, format: &Format) -> Stepped {
        let instant = match value {
            Value::Instant(instant) => instant,
            Value::Date(date) => Instant { ms: date.days() * DAY_MS, offset: 0, cut: false },
            _ => return fault(value, "a time or a date"),
        };
        let mut text = self.draft();
        match format.write(instant, &mut text) {
            Some(()) => Ok(self.push_draft(text)),
            None => fault(value, "a time within the years 1 to 9999"),
        }
    }
}

/// What a map says about reading times.
struct Reading<'a> {
    format: Option<&'a Format>,
    zone: Option<&'a TimeZone>,
    hours_max: i64,
    fold: DstFold,
}

/// A clock time of a day in the map's zone.
fn local(date: Date, ms: i64, read: &Reading<'_>, value: Value) -> Stepped {
    let Some(zone) = read.zone else {
        return fault(value, "a time with offset, or a zone in the map");
    };
    let days = ms.div_euclid(DAY_MS);
    let day = if days == 0 { Some(date) } else { Date::from_days(date.days() + days) };
    let instant = day.and_then(|day| resolve(day, ms.rem_euclid(DAY_MS), zone, read.fold));
    match instant {
        Some(Ok(instant)) => Ok(Value::Instant(instant)),
        Some(Err(())) => fault(value, "a clock time that exists once in that zone"),
        None => fault(value, "a time within the years 1 to 9999"),
    }
}

/// `Err` where clocks change and the map does not say which is meant.
fn resolve(date: Date, ms: i64, zone: &TimeZone, fold: DstFold) -> Option<Result<Instant, ()>> {
    let year = i16::try_from(date.year).ok()?;
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    let clock = |unit: i64, modulus: i64| i8::try_from(ms / unit % modulus).ok();
    let nanos = i32::try_from(ms % 1000 * 1_000_000).ok()?;
    let (hour, minute, second) = (clock(3_600_000, 24)?, clock(60_000, 60)?, clock(1000, 60)?);
    let time = civil::DateTime::new(year, month, day, hour, minute, second, nanos).ok()?;
    let ambiguous = zone.to_ambiguous_timestamp(time);
    if ambiguous.is_ambiguous() && fold == DstFold::Fault {
        return Some(Err(()));
    }
    let stamp =
        if fold == DstFold::Later { ambiguous.later() } else { ambiguous.earlier() }.ok()?;
    let offset = zone.to_offset(stamp);
    Some(Ok(Instant {
        ms: stamp.as_millisecond(),
        offset: i16::try_from(offset.seconds() / 60).ok()?,
        cut: false,
    }))
}

/// ISO 8601 without offset, in the map's zone.
fn plain_local(text: &str, read: &Reading<'_>) -> Option<Instant> {
    read.zone?;
    let date = Date::parse_iso(text.get(0..10)?)?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return match local(date, 0, read, Value::Null) {
            Ok(Value::Instant(instant)) => Some(instant),
            _ => None,
        };
    }
    let clock = rest.strip_prefix(['T', 't', ' '])?;
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let part = |from, to| clock.get(from..to).and_then(crate::time::digits);
    let sane = clock.as_bytes().get(2) == Some(&b':') && clock.as_bytes().get(5) == Some(&b':');
    let (hour, minute, second) = (part(0, 2)?, part(3, 5)?, part(6, 8)?);
    let (sub, cut, after) = crate::time::fraction(clock.get(8..)?)?;
    if !sane || hour > read.hours_max || minute > 59 || second > 59 || !after.is_empty() {
        return None;
    }
    match local(date, ((hour * 60 + minute) * 60 + second) * 1000 + sub, read, Value::Null) {
        Ok(Value::Instant(instant)) => Some(Instant { cut, ..instant }),
        _ => None,
    }
}

/// A time told in another zone: the same point, another clock.
fn moved(instant: Instant, zone: &TimeZone) -> Option<Instant> {
    let stamp = jiff::Timestamp::from_millisecond(instant.ms).ok()?;
    let offset = i16::try_from(zone.to_offset(stamp).seconds() / 60).ok()?;
    Some(Instant { offset, ..instant })
}

fn in_zone(value: Value, zone: &TimeZone) -> Stepped {
    let Value::Instant(instant) = value else { return fault(value, "a time") };
    moved(instant, zone)
        .map(Value::Instant)
        .map_or_else(|| fault(value, "a time within the years 1 to 9999"), Ok)
}

/// The retail day: what happens before the cut-off belongs to the day before.
fn business_date(value: Value, cutoff_ms: i64, zone: Option<&TimeZone>) -> Stepped {
    let Value::Instant(instant) = value else { return fault(value, "a time") };
    let there = zone.map_or(Some(instant), |zone| moved(instant, zone));
    let day = there.and_then(Instant::local).and_then(|(date, ms)| {
        if ms < cutoff_ms { Date::from_days(date.days() - 1) } else { Some(date) }
    });
    day.map(Value::Date).map_or_else(|| fault(value, "a time within the years 1 to 9999"), Ok)
}

fn plus_days(value: Value, days: i64) -> Stepped {
    let moved = match value {
        Value::Date(date) => {
            date.days().checked_add(days).and_then(Date::from_days).map(Value::Date)
        }
        Value::Instant(instant) => days
            .checked_mul(DAY_MS)
            .and_then(|it| instant.ms.checked_add(it))
            .map(|ms| Instant { ms, ..instant })
            .filter(|it| it.local().is_some())
            .map(Value::Instant),
        _ => return fault(value, "a date or a time"),
    };
    moved.map_or_else(|| fault(value, "a day within the years 1 to 9999"), Ok)
}

/// A date as files write it: ISO, with slashes or dots, eight digits, with an
/// era, or the day of a time.
fn any_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(date) = Date::parse_iso(text).or_else(|| date_with_era(text)) {
        return Some(date);
    }
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Format::parse("yyyyMMdd").ok()?.read(text)?.date();
    }
    ["yyyy/M/d", "yyyy.M.d", "yyyy年M月d日", "yyyy-M-d"]
        .iter()
        .find_map(|pattern| Format::parse(pattern).ok()?.read(text)?.date())
}
