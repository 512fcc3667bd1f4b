//! Japanese eras: `令和7年1月5日`, `R07/01/05`, `平成元年5月1日`.

use super::{Date, digits};

/// Names, letter and first day of each era.
const ERAS: [(&str, &str, char, Date); 5] = [
    ("令和", "令", 'R', Date { year: 2019, month: 5, day: 1 }),
    ("平成", "平", 'H', Date { year: 1989, month: 1, day: 8 }),
    ("昭和", "昭", 'S', Date { year: 1926, month: 12, day: 25 }),
    ("大正", "大", 'T', Date { year: 1912, month: 7, day: 30 }),
    ("明治", "明", 'M', Date { year: 1868, month: 1, day: 25 }),
];

/// Reads a date with an era; `None` when it has none, or when the day lies
/// outside its era (昭和64年1月8日 is 平成).
pub(crate) fn date_with_era(text: &str) -> Option<Date> {
    let (index, rest) = ERAS.iter().enumerate().find_map(|(index, (name, short, letter, _))| {
        let lower = letter.to_ascii_lowercase();
        text.strip_prefix(name)
            .or_else(|| text.strip_prefix(short))
            .or_else(|| text.strip_prefix([*letter, lower]))
            .map(|rest| (index, rest))
    })?;
    let (year, rest) = number(rest)?;
    let rest = rest.strip_prefix(['年', '/', '.', '-'])?;
    let (month, rest) = number(rest)?;
    let rest = rest.strip_prefix(['月', '/', '.', '-'])?;
    let (day, rest) = number(rest)?;
    if !matches!(rest, "" | "日") {
        return None;
    }
    let (.., first) = ERAS.get(index)?;
    let date = Date::new(
        first.year + i32::try_from(year).ok()? - 1,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
    )?;
    let next = index.checked_sub(1).and_then(|newer| ERAS.get(newer));
    let within = date >= *first && next.is_none_or(|(.., start)| date < *start);
    (year >= 1 && within).then_some(date)
}

/// One or two digits, or 元 for the first year.
fn number(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix('元') {
        return Some((1, rest));
    }
    let end = text.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(text.len());
    let (shown, rest) = text.split_at_checked(end)?;
    (shown.len() <= 2).then(|| digits(shown)).flatten().map(|value| (value, rest))
}
