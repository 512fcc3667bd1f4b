//! Files that are checked as they arrive: what was taken before, what is held.

use canon::{
    calendar::Day,
    clock::Timestamp,
    entry::{FileFacts, RefusedFile},
};
use rusqlite::{OptionalExtension as _, Row};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::error::Result;

/// Where a file stands that was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeldState {
    /// It waits for an operator, who may have it taken as it is.
    Held,
    /// It was put aside; as it is it cannot be taken.
    Refused,
    /// It is taken after all, or tried again.
    Released,
    /// It was given up.
    Discarded,
}

/// A file that was held or refused, or was waited for in vain.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeldFile {
    /// Id of the refusal; of a file that did not come, [`Awaited::id`].
    pub id: String,
    /// Channel it came by.
    pub channel: String,
    /// Its name.
    pub name: String,
    /// SHA-256 hex of its bytes.
    pub sha256: String,
    /// Problem code of the refusal.
    pub code: String,
    /// All that is not as expected.
    pub reason: String,
    /// Held, refused, released or discarded.
    pub state: HeldState,
    /// Its size, its records, and what came of it, as far as is known.
    pub file: RefusedFile,
    /// When it came.
    pub at: Timestamp,
    /// Sequence of the entry.
    pub seq: u64,
    /// Who released or discarded it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub settled_by: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub settled_why: String,
}

/// Which held files. Fields that are `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct HeldFilter {
    /// Only of this channel.
    pub channel: Option<String>,
    /// Only in this state.
    pub state: Option<HeldState>,
    /// Only those on which nobody has decided.
    pub open: bool,
}

/// Code of a file that has not come.
pub const FILE_LATE: &str = "file-late";

/// A file that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Channel it comes by.
    pub channel: String,
    /// Store it comes from; empty where one file is for all.
    pub store: String,
    /// The day in its name.
    pub day: Day,
}

const LIST: &str = "files";
/// Files that were given up, among those that the next one is compared with.
const GIVEN_UP_MAX: u32 = 1000;
const HELD: &str = "SELECT seq, id, channel, name, sha256, reason, state, at_ms, settled_by,
            settled_why, code, file
     FROM store_held WHERE 1";
const TAKEN: &str = "SELECT name, series, day, number, heading, sha256, bytes, records
     FROM store_file WHERE channel = ?1 AND series = ?2";

// === impl Reader ===

impl Reader {
    /// Files that were held or refused, or did not come, newest first.
    pub fn held_files(&self, filter: &HeldFilter, page: &Page) -> Result<Listed<HeldFile>> {
        let query = Filter::new(HELD)
            .and("seq < ?", page.after_number(LIST)?)
            .and("channel = ?", filter.channel.clone())
            .and("state = ?", filter.state.map(HeldState::name))
            .and("settled_by = ?", filter.open.then(String::new))
            .order_by("seq DESC", page)?;
        let rows = self.ask(|conn| query.rows(conn, held))?;
        page.cut(LIST, rows, |it| it.seq.to_string())
    }

    /// One of them by its id.
    pub fn held_file(&self, id: &str) -> Result<Option<HeldFile>> {
        let page = Page::of(1);
        let query = Filter::new(HELD).and("id = ?", Some(id.to_owned())).order_by("seq", &page)?;
        Ok(self.ask(|conn| query.rows(conn, held))?.into_iter().next())
    }

    /// Those of `ids` on which an operator has decided, by their ids.
    pub fn settled_files(&self, ids: &[String]) -> Result<BTreeMap<String, HeldFile>> {
        self.ask(|conn| {
            let mut query = conn.prepare_cached(&format!("{HELD} AND id = ?1"))?;
            let mut found = BTreeMap::new();
            for id in ids {
                let file = query.query_row([id], held).optional()?;
                let file = file.filter(|it| !it.settled_by.is_empty());
                found.extend(file.map(|it| (id.clone(), it)));
            }
            Ok(found)
        })
    }

    /// Files of a channel that have not come and are waited for no longer, by
    /// their ids.
    pub fn not_awaited(&self, channel: &str) -> Result<BTreeSet<String>> {
        self.ask(|conn| {
            let mut query =
                conn.prepare_cached("SELECT id FROM store_held WHERE channel = ?1 AND code = ?2")?;
            let ids = query.query_map((channel, FILE_LATE), |row| row.get(0))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The one that is held under this name with this content, if there is one.
    pub fn held_as(&self, channel: &str, name: &str, sha256: &str) -> Result<Option<HeldFile>> {
        let query = Filter::new(HELD)
            .and("channel = ?", Some(channel.to_owned()))
            .and("state = ?", Some(HeldState::Held.name()))
            .and("name = ?", Some(name.to_owned()))
            .and("sha256 = ?", Some(sha256.to_owned()))
            .order_by("seq", &Page::of(1))?;
        Ok(self.ask(|conn| query.rows(conn, held))?.into_iter().next())
    }

    /// The newest `count` files of a series that were taken by a channel, and those
    /// that were given up since the oldest of them, at most a thousand; the
    /// newest first.
    pub fn files_taken(&self, channel: &str, series: &str, count: u32) -> Result<Vec<FileFacts>> {
        self.ask(|conn| {
            let sql = format!(
                "{TAKEN} AND seq >= coalesce((
                     SELECT seq FROM store_file
                     WHERE channel = ?1 AND series = ?2 AND sha256 <> ''
                     ORDER BY seq DESC LIMIT 1 OFFSET ?3 - 1), 0)
                 ORDER BY seq DESC LIMIT ?3 + ?4"
            );
            let mut query = conn.prepare_cached(&sql)?;
            let rows = query.query_map((channel, series, count, GIVEN_UP_MAX), taken)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The newest file of a series that was taken with that number, unless more
    /// than `within` came after it: then numbers have begun anew.
    pub fn file_numbered(
        &self,
        channel: &str,
        series: &str,
        (number, within): (u64, u64),
    ) -> Result<Option<FileFacts>> {
        let signed = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        self.ask(|conn| {
            let sql = format!(
                "{TAKEN} AND number = ?3 AND sha256 <> '' AND ?4 >= (
                     SELECT count(*) FROM (
                         SELECT 1 FROM store_file AS later
                         WHERE later.channel = ?1 AND later.series = ?2
                             AND later.seq > store_file.seq
                         LIMIT ?4 + 1))
                 ORDER BY seq DESC LIMIT 1"
            );
            let mut query = conn.prepare_cached(&sql)?;
            let asked = (channel, series, signed(number), signed(within).min(i64::MAX - 1));
            let mut rows = query.query_map(asked, taken)?;
            Ok(rows.next().transpose()?)
        })
    }

    /// A file that was taken with the same content, the one with the same series,
    /// day and number first.
    pub fn file_of_content(
        &self,
        channel: &str,
        sha256: &str,
        facts: &FileFacts,
    ) -> Result<Option<FileFacts>> {
        let day = facts.day.map(|it| it.to_string()).unwrap_or_default();
        let number = facts.sequence.map(|it| i64::try_from(it).unwrap_or(i64::MAX));
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT name, series, day, number, heading, sha256, bytes, records
                 FROM store_file WHERE channel = ?1 AND sha256 = ?2
                 ORDER BY (series = ?3 AND day = ?4 AND number IS ?5) DESC, seq LIMIT 1",
            )?;
            let asked = (channel, sha256, &facts.series, day, number);
            let mut rows = query.query_map(asked, taken)?;
            Ok(rows.next().transpose()?)
        })
    }

    /// The first file that was taken with the same day and number, if there is one.
    pub fn file_like(&self, channel: &str, facts: &FileFacts) -> Result<Option<FileFacts>> {
        if facts.day.is_none() && facts.sequence.is_none() {
            return Ok(None);
        }
        let day = facts.day.map(|it| it.to_string()).unwrap_or_default();
        let number = facts.sequence.map(|it| i64::try_from(it).unwrap_or(i64::MAX));
        self.ask(|conn| {
            let sql = format!(
                "{TAKEN} AND day = ?3 AND number IS ?4 AND sha256 <> '' ORDER BY seq LIMIT 1"
            );
            let mut query = conn.prepare_cached(&sql)?;
            let mut rows = query.query_map((channel, &facts.series, day, number), taken)?;
            Ok(rows.next().transpose()?)
        })
    }

    /// Store and day of the files that a channel took, from `since` on. One that was
    /// given up has not come: its day is waited for until that is given up too.
    pub fn file_days(&self, channel: &str, since: Day) -> Result<BTreeSet<(String, Day)>> {
        self.ask(|conn| {
            let mut query = conn.prepare_cached(
                "SELECT DISTINCT series, day FROM store_file
                 WHERE channel = ?1 AND day >= ?2 AND sha256 <> ''",
            )?;
            let mut rows = query.query((channel, since.to_string()))?;
            let mut found = BTreeSet::new();
            while let Some(row) = rows.next()? {
                let day: String = row.get(1)?;
                found.extend(
                    Day::parse(&day)
                        .map(|day| Ok::<_, rusqlite::Error>((row.get(0)?, day)))
                        .transpose()?,
                );
            }
            Ok(found)
        })
    }
}

impl Awaited {
    /// By what an operator names it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("late:{}:{}:{}", self.channel, self.store, self.day)
    }

    /// The file of that id; `None` for ids of another kind.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let (channel, rest) = id.strip_prefix("late:")?.split_once(':')?;
        let (store, day) = rest.rsplit_once(':')?;
        let (channel, store) = (channel.to_owned(), store.to_owned());
        Some(Self { channel, store, day: Day::parse(day)? })
    }
}

impl HeldState {
    const ALL: [Self; 4] = [Self::Held, Self::Refused, Self::Released, Self::Discarded];

    /// The name in the store and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Refused => "refused",
            Self::Released => "released",
            Self::Discarded => "discarded",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

fn held(row: &Row<'_>) -> rusqlite::Result<HeldFile> {
    Ok(HeldFile {
        seq: row.get(0)?,
        id: row.get(1)?,
        channel: row.get(2)?,
        name: row.get(3)?,
        sha256: row.get(4)?,
        reason: row.get(5)?,
        state: HeldState::from_name(&row.get::<_, String>(6)?).unwrap_or(HeldState::Held),
        at: Timestamp::from_ms(row.get(7)?),
        settled_by: row.get(8)?,
        settled_why: row.get(9)?,
        code: row.get(10)?,
        file: serde_json::from_str(&row.get::<_, String>(11)?).unwrap_or_default(),
    })
}

fn taken(row: &Row<'_>) -> rusqlite::Result<FileFacts> {
    let number: Option<i64> = row.get(3)?;
    Ok(FileFacts {
        name: row.get(0)?,
        series: row.get(1)?,
        day: Day::parse(&row.get::<_, String>(2)?),
        sequence: number.map(i64::unsigned_abs),
        heading: row.get(4)?,
        sha256: row.get(5)?,
        bytes: row.get(6)?,
        records: row.get(7)?,
    })
}
