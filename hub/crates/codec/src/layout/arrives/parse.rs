//! From `arrives:` of a file to what is expected.

use canon::calendar::{BusinessDays, Day, Weekday};

use super::{Arrives, Bounds, Due, NamePattern, Sequence, Store};
use crate::yaml::{Node, Table};

// === impl Arrives ===

impl Arrives {
    /// Reads the table under `key`, if it is there, with all its faults.
    pub fn read(parent: &Table<'_>, key: &'static str) -> Option<Self> {
        let table = parent.table(key, "how files arrive")?;
        let name = name(&table);
        let sequence = sequence(&table, name.as_ref());
        let due = due(&table, name.as_ref());
        let drift = table.one_of("drift", &[("hold", true), ("take", false)]);
        let same = table.one_of("same_content", &[("hold", false), ("take", true)]);
        let read = Self {
            name,
            bytes: bounds(&table, "bytes"),
            records: bounds(&table, "records"),
            sequence,
            holds_drift: drift.unwrap_or(false),
            takes_same_content: same.unwrap_or(false),
            due,
        };
        table.finish();
        Some(read)
    }
}

fn name(table: &Table<'_>) -> Option<NamePattern> {
    match NamePattern::parse(table.text("name")?) {
        Ok(pattern) => Some(pattern),
        Err(fault) => {
            let expected = "a name with {store}, {date:YYYYMMDD}, {sequence} or {*} in it";
            report(table, table.node("name")?, &fault, expected);
            None
        }
    }
}

fn bounds(table: &Table<'_>, key: &'static str) -> Bounds {
    let Some(bounds) = table.table(key, "bounds") else { return Bounds::default() };
    let (min, max) = (bounds.number("min", "a count"), bounds.number("max", "a count"));
    let change_percent_max = bounds.number("change_percent_max", "percent, such as 80");
    if let (Some(min), Some(max), Some(node)) = (min, max, bounds.node("max"))
        && max < min
    {
        report(&bounds, node, &format!("`max` ({max}) is below `min`"), &format!("at least {min}"));
    }
    bounds.finish();
    Bounds { min, max, change_percent_max }
}

fn sequence(table: &Table<'_>, name: Option<&NamePattern>) -> Option<Sequence> {
    let sequence = table.table("sequence", "how numbers follow each other")?;
    let first = sequence.number("first", "a number").unwrap_or(1);
    let last = sequence.number("last", "a number").unwrap_or(u64::from(u32::MAX));
    let per_day = sequence.one_of("per", &[("day", true), ("series", false)]).unwrap_or(false);
    if let Some(node) = table.node("sequence") {
        if !name.is_some_and(NamePattern::has_sequence) {
            report(table, node, "names have no number", "{sequence} in `name`");
        }
        if per_day && !name.is_some_and(NamePattern::has_date) {
            report(table, node, "names have no day", "{date:YYYYMMDD} in `name`, or no `per: day`");
        }
        if last <= first {
            report(table, node, "`last` is not after `first`", "a larger `last`");
        }
    }
    sequence.finish();
    Some(Sequence { first, last, per_day })
}

fn due(table: &Table<'_>, name: Option<&NamePattern>) -> Option<Due> {
    let due = table.table("due", "when files must have come")?;
    if let Some(node) = table.node("due")
        && !name.is_some_and(NamePattern::has_date)
    {
        report(table, node, "names have no day", "{date:YYYYMMDD} in `name`");
    }
    let time = due.required("by").and_then(|node| {
        let time = node.text().and_then(time);
        if time.is_none() {
            report(&due, node, "no time of the day", "hours and minutes such as \"06:00\"");
        }
        time
    });
    let zone = due.required_text("zone").map(str::to_owned);
    let since = due.required("since").and_then(|node| day(&due, node));
    let days_after = due.number("days_after", "days, 0 to 99").unwrap_or(0);
    let (stores, open) = (stores(&due), open(&due));
    due.finish();
    let (hour, minute) = time?;
    Some(Due { hour, minute, zone: zone?, since: since?, days_after, stores, open })
}

/// A list of stores, or a map that says of each when it is closed besides.
fn stores(due: &Table<'_>) -> Vec<Store> {
    let listed = due.node("stores").is_some_and(|it| it.map().is_none());
    if listed {
        let name = |it: &str| Store { name: it.to_owned(), ..Store::default() };
        return due.texts("stores").into_iter().map(name).collect();
    }
    let read = due.entries("stores").iter().filter_map(|(name, node)| {
        let table = Table::open(due.faults(), node, "a store")?;
        let open = open(&table);
        table.finish();
        Some(Store { name: name.text().unwrap_or_default().to_owned(), open })
    });
    read.collect()
}

fn open(table: &Table<'_>) -> BusinessDays {
    let mut open = BusinessDays::default();
    for node in table.list("closed") {
        closed(table, node, &mut open);
    }
    open
}

fn closed(table: &Table<'_>, node: &Node, open: &mut BusinessDays) {
    let text = node.text().unwrap_or_default();
    if text == "holidays" {
        open.closed_on_holidays = true;
    } else if let Some(weekday) = Weekday::ALL.into_iter().find(|it| it.name() == text) {
        open.closed_weekdays.push(weekday);
    } else if let Some(day) = day(table, node) {
        open.closed.push(day);
    }
}

fn day(table: &Table<'_>, node: &Node) -> Option<Day> {
    let day = node.text().and_then(Day::parse);
    if day.is_none() {
        let expected = "a day such as 2026-01-05; `closed` also takes mon to sun and holidays";
        report(table, node, "no such day", expected);
    }
    day
}

fn time(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let read = |it: &str| (it.len() == 2).then(|| it.parse::<u8>().ok())?;
    let (hour, minute) = (read(hour)?, read(minute)?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}

fn report(table: &Table<'_>, node: &Node, message: &str, expected: &str) {
    let fault = table.faults().new_error("L40", node, message).expected(expected);
    table.faults().push(fault);
}
