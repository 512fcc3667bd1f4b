//! Files that should have come and have not.

use crate::{
    app::{Rooms, house::Channel},
    problem::Refusal,
};
use canon::{calendar::Day, clock::Timestamp};
use codec::layout::arrives::{Due, Store};
use jiff::{civil, tz::TimeZone};
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeSet, time::Duration};
use store::{Awaited, Reader};
use tracing::warn;

/// Days back that are looked at; what is older is history.
const DAYS_BACK: i64 = 31;
/// How often a channel is looked at.
const EVERY: Duration = Duration::from_secs(30);

/// A file that should have come.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Late {
    /// By what `discard` names it, when it is waited for no longer.
    pub id: String,
    /// Channel it comes by.
    pub channel: String,
    /// Store it comes from; empty where one file is for all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub store: String,
    /// The day in its name.
    pub day: Day,
    /// When it should have been here.
    pub due_at: Timestamp,
}

/// The files of a channel that should have come by now, oldest first.
///
/// # Errors
///
/// When the store cannot be asked.
pub async fn late(rooms: &Rooms, channel: &Channel) -> Result<Vec<Late>, Refusal> {
    let Some(due) = channel.arrives().and_then(|it| it.due.clone()) else { return Ok(Vec::new()) };
    let (name, since) = (channel.name().to_owned(), due.since);
    let asked =
        move |reader: &Reader| Ok((reader.file_days(&name, since)?, reader.not_awaited(&name)?));
    let (came, given_up) = rooms.ask_store(asked).await?;
    let mut late = missing(channel.name(), &due, &came, rooms.clock.now());
    late.retain(|it| !given_up.contains(&it.id));
    Ok(late)
}

/// What is missing at `now`.
fn missing(channel: &str, due: &Due, came: &BTreeSet<(String, Day)>, now: Timestamp) -> Vec<Late> {
    let today = today(due, now);
    let first = today.plus(-DAYS_BACK).max(due.since);
    let no_store = [Store::default()];
    let stores = if due.stores.is_empty() { &no_store[..] } else { &due.stores[..] };
    let mut late = Vec::new();
    let mut day = first;
    while day <= today {
        if let Some(due_at) = due_at(due, day).filter(|it| *it <= now) {
            let is_missing =
                |it: &&Store| due.is_due(it, day) && !came.contains(&(it.name.clone(), day));
            for store in stores.iter().filter(is_missing) {
                let (channel, store) = (channel.to_owned(), store.name.clone());
                let awaited = Awaited { channel, store, day };
                let id = awaited.id();
                let Awaited { channel, store, day } = awaited;
                late.push(Late { id, channel, store, day, due_at });
            }
        }
        day = day.plus(1);
    }
    late
}

/// Whether the time zone is one.
///
/// # Errors
///
/// A text naming it.
pub fn check_zone(due: &Due) -> Result<(), String> {
    TimeZone::get(&due.zone)
        .map(|_| ())
        .map_err(|_| format!("there is no time zone {:?}", due.zone))
}

fn zone(due: &Due) -> TimeZone {
    // The settings were checked; a zone that went away is told as UTC.
    TimeZone::get(&due.zone).unwrap_or(TimeZone::UTC)
}

fn today(due: &Due, now: Timestamp) -> Day {
    let civil = jiff::Timestamp::from_millisecond(now.as_ms())
        .map(|it| it.to_zoned(zone(due)).date())
        .unwrap_or_default();
    let (year, month, day) = (civil.year(), civil.month(), civil.day());
    Day::new(year.into(), month.into(), day.into()).unwrap_or(due.since)
}

/// When the file of `day` must have come.
fn due_at(due: &Due, day: Day) -> Option<Timestamp> {
    let (year, month, day) = day.plus(due.days_after.into()).civil();
    let date = civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    );
    let (hour, minute) = (i8::try_from(due.hour).ok()?, i8::try_from(due.minute).ok()?);
    let at = date.ok()?.at(hour, minute, 0, 0).to_zoned(zone(due)).ok()?;
    Some(Timestamp::from_ms(at.timestamp().as_millisecond()))
}

/// Tells of each late file once, and keeps the count for `/metrics`.
#[derive(Debug, Default)]
pub(super) struct Watch {
    looked_at: Option<Timestamp>,
    told: BTreeSet<Late>,
}

// === impl Watch ===

impl Watch {
    pub(super) async fn look(&mut self, rooms: &Rooms, channel: &Channel) {
        let now = rooms.clock.now();
        if self.looked_at.is_some_and(|it| now.since(it) < EVERY) {
            return;
        }
        self.looked_at = Some(now);
        let Ok(late) = late(rooms, channel).await else { return };
        rooms.metrics.files_late(channel.name(), late.len());
        for file in late.iter().filter(|it| !self.told.contains(it)) {
            let Late { channel, store, day, due_at, .. } = file;
            warn!(channel, store, %day, %due_at, "a file has not come");
        }
        self.told = late.into_iter().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use canon::calendar::{BusinessDays, Weekday};

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn store(name: &str) -> Store {
        Store { name: name.to_owned(), ..Store::default() }
    }

    #[test]
    fn a_store_has_closed_days_of_its_own() {
        let mut closed = store("002");
        closed.open.closed_weekdays = vec![Weekday::Wednesday];
        let due = Due {
            hour: 6,
            minute: 0,
            zone: "Asia/Tokyo".to_owned(),
            since: day("2026-11-24"),
            days_after: 1,
            stores: vec![store("001"), closed],
            open: BusinessDays { closed: vec![day("2026-11-26")], ..BusinessDays::default() },
        };
        let now = Timestamp::parse_rfc3339("2026-11-28T07:00:00+09:00").unwrap();
        let late = missing("pos", &due, &BTreeSet::new(), now).into_iter();
        let late: Vec<String> = late.map(|it| format!("{} {}", it.store, it.day)).collect();
        // The 25th is a Wednesday; on the 26th all are closed.
        assert_eq!(
            late,
            [
                "001 2026-11-24",
                "002 2026-11-24",
                "001 2026-11-25",
                "001 2026-11-27",
                "002 2026-11-27"
            ]
        );
    }

    #[test]
    fn files_are_late_after_their_hour_on_business_days_only() {
        let due = Due {
            hour: 6,
            minute: 0,
            zone: "Asia/Tokyo".to_owned(),
            since: day("2026-11-19"),
            days_after: 1,
            stores: ["001", "002"].map(store).into(),
            open: BusinessDays {
                closed_weekdays: vec![Weekday::Sunday],
                closed_on_holidays: true,
                closed: Vec::new(),
            },
        };
        let came = [("001", "2026-11-19"), ("002", "2026-11-19"), ("002", "2026-11-20")];
        let came = came.map(|(store, it)| (store.to_owned(), day(it))).into_iter().collect();
        let at = |text| Timestamp::parse_rfc3339(text).unwrap();
        let found = |now| -> Vec<String> {
            let late = missing("pos", &due, &came, at(now));
            late.into_iter().map(|it| format!("{} {}", it.store, it.day)).collect()
        };
        assert_eq!(found("2026-11-21T05:59:59+09:00"), [""; 0]);
        assert_eq!(found("2026-11-21T06:00:00+09:00"), ["001 2026-11-20"]);
        // The 22nd is a Sunday and the 23rd a holiday: none is due for them.
        let wednesday = found("2026-11-25T07:00:00+09:00");
        assert_eq!(
            wednesday,
            [
                "001 2026-11-20",
                "001 2026-11-21",
                "002 2026-11-21",
                "001 2026-11-24",
                "002 2026-11-24"
            ]
        );
    }
}
