//! Calendar boundaries, eras, extended hours, patterns.

use super::*;

#[test]
fn days_and_dates_agree_over_four_centuries() {
    for days in (-140_000..=60_000).step_by(7) {
        let date = Date::from_days(days).unwrap();
        assert_eq!(date.days(), days, "{date:?}");
    }
    assert_eq!(Date::parse_iso("2024-02-29").unwrap().days(), 19_782);
    assert_eq!(Date::parse_iso("2023-02-29"), None);
}

#[test]
fn eras_end_where_the_next_begins() {
    let cases = [
        ("令和7年1月5日", Some("2025-01-05")),
        ("R07/01/05", Some("2025-01-05")),
        ("令和元年5月1日", Some("2019-05-01")),
        ("平成31年4月30日", Some("2019-04-30")),
        ("平成31年5月1日", None),
        ("昭和64年1月7日", Some("1989-01-07")),
        ("昭和64年1月8日", None),
        ("H1.1.8", Some("1989-01-08")),
        ("R07/13/05", None),
        ("令和7年1月", None),
    ];
    for (text, want) in cases {
        assert_eq!(date_with_era(text), want.and_then(Date::parse_iso), "{text}");
    }
}

#[test]
fn times_keep_their_offset_and_say_what_they_cut() {
    let cases = [
        ("2026-01-05T12:00:00+09:00", "2026-01-05T12:00:00.000+09:00", false),
        ("2026-01-05 03:00:00.5Z", "2026-01-05T03:00:00.500Z", false),
        ("2026-01-05T03:00:00.123456-0130", "2026-01-05T03:00:00.123-01:30", true),
    ];
    for (text, want, cut) in cases {
        let instant = parse_instant(text).unwrap();
        let mut shown = String::new();
        instant.write(&mut shown);
        assert_eq!((shown.as_str(), instant.cut), (want, cut), "{text}");
    }
    for bad in
        ["2026-01-05", "2026-01-05T24:00:00Z", "2026-01-05T12:00:00", "2026-13-05T12:00:00Z", ""]
    {
        assert_eq!(parse_instant(bad), None, "{bad}");
    }
}

#[test]
fn patterns_read_what_they_write() {
    let instant = parse_instant("2026-01-05T09:07:03.040+09:00").unwrap();
    for pattern in
        ["yyyy/MM/dd HH:mm:ss.SSS XXX", "yyyyMMddHHmmssSSSXXX", "d.M.yyyy H時m分s秒'SSS'SSSX"]
    {
        let format = Format::parse(pattern).unwrap();
        let mut shown = String::new();
        format.write(instant, &mut shown).unwrap();
        let parts = format.read(&shown).unwrap_or_else(|| panic!("{pattern} {shown}"));
        assert_eq!(parts.date(), Date::parse_iso("2026-01-05"), "{pattern}");
        assert_eq!(parts.ms_of_day(23), Some(32_823_040), "{pattern}");
        assert_eq!(parts.offset, Some(540), "{pattern}");
    }
    for bad in ["yyy", "yyyy-MM-yyyy", "YYYY-MM-dd", "hh"] {
        assert!(Format::parse(bad).is_err(), "{bad}");
    }
    let late = Format::parse("yyyyMMdd HHmm").unwrap().read("20260105 2530").unwrap();
    assert_eq!((late.ms_of_day(23), late.ms_of_day(29)), (None, Some(91_800_000)));
}
