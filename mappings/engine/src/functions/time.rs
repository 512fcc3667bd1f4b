//! Functions of time.

use super::{CallSite, Function, Group, Takes, may, needs};
use crate::{
    check::lower::Lower,
    plan::op::{DstFold, Op},
    time::digits,
    types::{Kind, Type},
};

type Built = Option<(Op, Type)>;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "timestamp",
        group: Group::Time,
        params: &[
            may("format", "a pattern such as \"yyyy/MM/dd HH:mm:ss\"; without it RFC 3339"),
            may("zone", "IANA name for texts without offset, such as \"Asia/Tokyo\""),
            may("hours", "`30` reads 25:30 as 01:30 of the next day"),
            may(
                "fold",
                "`earlier` or `later`: which one where clocks are put back; without it a fault",
            ),
        ],
        takes: Takes::TimeOrText,
        gives: "a time",
        faults: "when it is no such time",
        loses: "digits below a millisecond, when they are not zero",
        inverse: "normal form",
        about: "A point in time. The offset it was told in is kept.",
        examples: &[
            (
                "t | timestamp",
                r#"{"t": "2026-01-05T12:00:00+09:00"}"#,
                r#""2026-01-05T12:00:00.000+09:00""#,
            ),
            (
                "t | timestamp(\"yyyy/MM/dd HH:mm\", \"Asia/Tokyo\")",
                r#"{"t": "2026/01/05 12:00"}"#,
                r#""2026-01-05T12:00:00.000+09:00""#,
            ),
            (
                "t | timestamp(\"yyyyMMdd HHmm\", \"Asia/Tokyo\", hours=30)",
                r#"{"t": "20260105 2530"}"#,
                r#""2026-01-06T01:30:00.000+09:00""#,
            ),
            ("t | timestamp", r#"{"t": "2026-01-05 12:00"}"#, "fault"),
        ],
        lower: lower_timestamp,
    },
    Function {
        name: "date",
        group: Group::Time,
        params: &[
            may("format", "a pattern such as \"yyyyMMdd\""),
            may("zone", "IANA name, for the day of a time"),
        ],
        takes: Takes::TimeOrText,
        gives: "a date",
        faults: "when there is no such day",
        loses: "",
        inverse: "normal form",
        about: "A calendar day. Without a pattern it reads 2026-01-05, 2026/1/5, 20260105, 2026年1月5日, 令和8年1月5日, R08/01/05.",
        examples: &[
            ("d | date", r#"{"d": "令和8年1月5日"}"#, r#""2026-01-05""#),
            ("d | date", r#"{"d": "20260105"}"#, r#""2026-01-05""#),
            ("d | date", r#"{"d": "昭和64年1月8日"}"#, "fault"),
            (
                "d | timestamp | date(zone=\"Asia/Tokyo\")",
                r#"{"d": "2026-01-05T20:00:00Z"}"#,
                r#""2026-01-06""#,
            ),
        ],
        lower: lower_date,
    },
    Function {
        name: "epoch_s",
        group: Group::Time,
        params: &[],
        takes: Takes::NumberOrText,
        gives: "a time",
        faults: "when it is no count of seconds",
        loses: "",
        inverse: "normal form",
        about: "Seconds since 1970.",
        examples: &[("t | epoch_s", r#"{"t": 1767582000}"#, r#""2026-01-05T03:00:00.000Z""#)],
        lower: |_, site| Some((Op::EpochS, instant(site))),
    },
    Function {
        name: "epoch_ms",
        group: Group::Time,
        params: &[],
        takes: Takes::NumberOrText,
        gives: "a time",
        faults: "when it is no count of milliseconds",
        loses: "",
        inverse: "normal form",
        about: "Milliseconds since 1970.",
        examples: &[("t | epoch_ms", r#"{"t": "1767582000123"}"#, r#""2026-01-05T03:00:00.123Z""#)],
        lower: |_, site| Some((Op::EpochMs, instant(site))),
    },
    Function {
        name: "odata_date",
        group: Group::Time,
        params: &[],
        takes: Takes::Text,
        gives: "a time",
        faults: "when it is not of that form",
        loses: "",
        inverse: "normal form",
        about: "`/Date(1767582000000)/` of OData 2.",
        examples: &[(
            "t | odata_date",
            r#"{"t": "/Date(1767582000000)/"}"#,
            r#""2026-01-05T03:00:00.000Z""#,
        )],
        lower: |_, site| Some((Op::ODataDate, instant(site))),
    },
    Function {
        name: "business_date",
        group: Group::Time,
        params: &[
            needs("cutoff", "clock time at which the retail day begins, such as \"05:00\""),
            may("zone", "IANA name; without it the offset of the time itself"),
        ],
        takes: Takes::Instant,
        gives: "a date",
        faults: "",
        loses: "",
        inverse: "",
        about: "The retail day of a time: before the cut-off it is the day before.",
        examples: &[(
            "t | timestamp | business_date(\"05:00\", \"Asia/Tokyo\")",
            r#"{"t": "2026-01-06T01:30:00+09:00"}"#,
            r#""2026-01-05""#,
        )],
        lower: lower_business_date,
    },
    Function {
        name: "in_zone",
        group: Group::Time,
        params: &[needs("zone", "IANA name")],
        takes: Takes::Instant,
        gives: "the same time",
        faults: "",
        loses: "",
        inverse: "normal form",
        about: "The same point in time, told on another clock.",
        examples: &[(
            "t | timestamp | in_zone(\"Asia/Tokyo\")",
            r#"{"t": "2026-01-05T03:00:00Z"}"#,
            r#""2026-01-05T12:00:00.000+09:00""#,
        )],
        lower: |lower, site| Some((Op::InZone(site.zone(lower, 0)?), site.input.clone())),
    },
    Function {
        name: "format_time",
        group: Group::Time,
        params: &[needs("format", "a pattern such as \"yyyy/MM/dd HH:mm\"")],
        takes: Takes::Time,
        gives: "a text",
        faults: "",
        loses: "what the pattern does not show",
        inverse: "normal form",
        about: "A time or a date as text.",
        examples: &[(
            "t | timestamp | format_time(\"yyyyMMdd\")",
            r#"{"t": "2026-01-05T12:00:00+09:00"}"#,
            r#""20260105""#,
        )],
        lower: |lower, site| {
            let format = site.format(lower, 0)?;
            if site.input.kind == Kind::Date
                && ['H', 'm', 's', 'S', 'X'].iter().any(|it| format.has(*it))
            {
                lower
                    .error("M15", site.span, "a date has no clock time")
                    .help("leave HH, mm and ss out of the pattern");
                return None;
            }
            Some((Op::FormatTime(format), Type { chars_min: 1, ..site.input.turned(Kind::Text) }))
        },
    },
    Function {
        name: "plus_days",
        group: Group::Time,
        params: &[needs("days", "how many; may be negative")],
        takes: Takes::Time,
        gives: "a date or a time",
        faults: "outside the years 1 to 9999",
        loses: "",
        inverse: "exact",
        about: "So many days later.",
        examples: &[("d | date | plus_days(-1)", r#"{"d": "2026-03-01"}"#, r#""2026-02-28""#)],
        lower: |lower, site| Some((Op::PlusDays(site.int(lower, 0)?), site.input.clone())),
    },
    Function {
        name: "to_epoch_s",
        group: Group::Time,
        params: &[],
        takes: Takes::Instant,
        gives: "a whole number",
        faults: "",
        loses: "",
        inverse: "",
        about: "A time as seconds since 1970.",
        examples: &[(
            "t | timestamp | to_epoch_s",
            r#"{"t": "2026-01-05T03:00:00Z"}"#,
            "1767582000",
        )],
        lower: |_, site| {
            Some((
                Op::ToEpoch { ms: false },
                Type { scale: Some(0), ..site.input.turned(Kind::Decimal) },
            ))
        },
    },
    Function {
        name: "to_epoch_ms",
        group: Group::Time,
        params: &[],
        takes: Takes::Instant,
        gives: "a whole number",
        faults: "",
        loses: "",
        inverse: "normal form",
        about: "A time as milliseconds since 1970.",
        examples: &[(
            "t | timestamp | to_epoch_ms",
            r#"{"t": "2026-01-05T03:00:00Z"}"#,
            "1767582000000",
        )],
        lower: |_, site| {
            Some((
                Op::ToEpoch { ms: true },
                Type { scale: Some(0), ..site.input.turned(Kind::Decimal) },
            ))
        },
    },
];

fn instant(site: &CallSite<'_>) -> Type {
    Type { format: Some("date-time".into()), ..site.input.turned(Kind::Instant) }
}

fn lower_timestamp(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Built {
    let format = if site.has(0) { Some(site.format(lower, 0)?) } else { None };
    let zone = if site.has(1) { Some(site.zone(lower, 1)?) } else { None };
    let hours_max =
        if site.has(2) { site.count(lower, 2, 48)?.saturating_sub(1).max(23) } else { 23 };
    let fold = match site.arg(3) {
        Some(_) => {
            site.word(lower, 3, &[("earlier", DstFold::Earlier), ("later", DstFold::Later)])?
        }
        None => DstFold::Fault,
    };
    if let Some(format) = &format {
        whole_day(lower, site, format)?;
        if !format.has('X') && zone.is_none() {
            lower
                .error("M15", site.span, "this pattern has no offset and the map names no zone")
                .expected("a zone")
                .help("`timestamp(\"…\", \"Asia/Tokyo\")`");
            return None;
        }
    }
    let local = site.input.kind == Kind::Date || site.input.format.as_deref() == Some("date");
    if format.is_none() && zone.is_none() && local {
        lower
            .error("M15", site.span, "a date without clock time becomes a time only in a zone")
            .expected("a zone")
            .help("`timestamp(zone=\"Asia/Tokyo\")`");
        return None;
    }
    Some((Op::Timestamp { format, zone, hours_max: hours_max.into(), fold }, instant(site)))
}

/// A pattern that does not say which day it is.
fn whole_day(lower: &Lower<'_>, site: &CallSite<'_>, format: &crate::time::Format) -> Option<()> {
    let missing: Vec<&str> = [('y', "the year"), ('M', "the month"), ('d', "the day")]
        .iter()
        .filter(|(it, _)| !format.has(*it))
        .map(|(_, word)| *word)
        .collect();
    if !missing.is_empty() {
        lower
            .error("M16", site.span, format!("this pattern does not say {}", missing.join(" and ")))
            .expected("yyyy, MM and dd");
        return None;
    }
    if format.short_year() {
        lower
            .warning("M16", site.span, "two digits of a year are read as 2000 to 2099")
            .expected("yyyy");
    }
    Some(())
}

fn lower_date(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Built {
    let format = if site.has(0) { Some(site.format(lower, 0)?) } else { None };
    let zone = if site.has(1) { Some(site.zone(lower, 1)?) } else { None };
    if let Some(format) = &format {
        whole_day(lower, site, format)?;
    }
    if site.input.kind == Kind::Instant && zone.is_none() {
        lower.error("M15", site.span, "which day a time falls on depends on the zone")
            .expected("a zone").help("`date(zone=\"Asia/Tokyo\")`, or `business_date(\"00:00\")` for the offset of the time itself");
        return None;
    }
    Some((
        Op::Date { format, zone },
        Type { format: Some("date".into()), ..site.input.turned(Kind::Date) },
    ))
}

fn lower_business_date(lower: &mut Lower<'_>, site: &CallSite<'_>) -> Built {
    let text = site.text(lower, 0)?;
    let clock = text.split_once(':').and_then(|(hours, minutes)| {
        let (hours, minutes) = (digits(hours)?, digits(minutes)?);
        (hours < 24 && minutes < 60).then_some((hours * 60 + minutes) * 60_000)
    });
    let Some(cutoff_ms) = clock else {
        lower
            .error("M00", site.span, format!("`{text}` is no clock time"))
            .expected("such as \"05:00\"");
        return None;
    };
    let zone = if site.has(1) { Some(site.zone(lower, 1)?) } else { None };
    Some((
        Op::BusinessDate { cutoff_ms, zone },
        Type { format: Some("date".into()), ..site.input.turned(Kind::Date) },
    ))
}
