//! Missing numbers of a till's day: raised when a later number is seen, cleared
//! when the missing one comes.

use retail::sequence::{self, Gap, Run};
use rusqlite::Row;
use serde_json::Value;

use super::{Turn, events::Said, signed};
use crate::error::Result;

/// Runs of one till's day that are kept. A counter has few; what has more is a
/// number that several tills share, and its gaps mean nothing.
const RUNS_MAX: usize = 64;

/// A till's transaction was seen.
pub(super) fn seen(turn: &Turn<'_>, said: &Said<'_>, data: &Value) -> Result<()> {
    let text = |pointer: &str| data.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let Some((number, width)) = sequence::read(text("/sequence")) else {
        return Ok(());
    };
    let store = if text("/store/value").is_empty() { "/store/hub_id" } else { "/store/value" };
    let day = Day {
        channel: said.event.channel(),
        store: text(store),
        register: text("/register"),
        business_date: text("/business_date"),
    };
    let (before, width_before) = day.runs(turn)?;
    let width = width.max(width_before);
    let mut runs = before.clone();
    if !sequence::add(&mut runs, number) || runs.len() > RUNS_MAX.max(before.len()) {
        return Ok(());
    }
    day.write_runs(turn, &before, &runs, width)?;
    day.write_gaps(turn, said, sequence::gaps(&runs, width))
}

struct Day<'a> {
    channel: &'a str,
    store: &'a str,
    register: &'a str,
    business_date: &'a str,
}

const DAY: &str = "channel = ?1 AND store = ?2 AND register = ?3 AND business_date = ?4";

impl<'a> Day<'a> {
    fn key(&self) -> (&'a str, &'a str, &'a str, &'a str) {
        (self.channel, self.store, self.register, self.business_date)
    }

    fn runs(&self, turn: &Turn<'_>) -> Result<(Vec<Run>, usize)> {
        let mut query = turn.tx.prepare_cached(&format!(
            "SELECT first, last, width FROM store_run WHERE {DAY} ORDER BY first"
        ))?;
        let mut rows = query.query(self.key())?;
        let (mut runs, mut width) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            runs.push(Run { first: row.get(0)?, last: row.get(1)? });
            width = width.max(row.get(2)?);
        }
        Ok((runs, width))
    }

    fn write_runs(
        &self,
        turn: &Turn<'_>,
        before: &[Run],
        runs: &[Run],
        width: usize,
    ) -> Result<()> {
        for run in before.iter().filter(|run| !runs.contains(run)) {
            let (channel, store, register, day) = self.key();
            turn.run(
                &format!("DELETE FROM store_run WHERE {DAY} AND first = ?5"),
                (channel, store, register, day, signed(run.first)),
            )?;
        }
        for run in runs.iter().filter(|run| !before.contains(run)) {
            turn.run(
                "INSERT INTO store_run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (
                    self.channel,
                    self.store,
                    self.register,
                    self.business_date,
                    signed(run.first),
                    signed(run.last),
                    width,
                ),
            )?;
        }
        Ok(())
    }

    fn write_gaps(&self, turn: &Turn<'_>, said: &Said<'_>, mut now: Vec<Gap>) -> Result<()> {
        let open: Vec<(i64, Gap)> = {
            let mut query = turn.tx.prepare_cached(&format!(
                "SELECT raised_pos, first, last FROM store_gap WHERE {DAY} AND cleared_ms = 0"
            ))?;
            let read =
                |row: &Row<'_>| Ok((row.get(0)?, Gap { from: row.get(1)?, to: row.get(2)? }));
            query.query_map(self.key(), read)?.collect::<rusqlite::Result<_>>()?
        };
        for (raised_pos, gap) in open {
            if let Some(place) = now.iter().position(|it| *it == gap) {
                now.remove(place);
                continue;
            }
            let (channel, store, register, day) = self.key();
            turn.run(
                &format!(
                    "UPDATE store_gap SET cleared_ms = ?5
                     WHERE {DAY} AND raised_pos = ?6 AND first = ?7"
                ),
                (channel, store, register, day, turn.at.as_ms(), raised_pos, signed(gap.from)),
            )?;
        }
        for gap in now {
            let (channel, store, register, day) = self.key();
            turn.run(
                "INSERT INTO store_gap VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)",
                (
                    said.pos,
                    channel,
                    store,
                    register,
                    day,
                    signed(gap.from),
                    signed(gap.to),
                    turn.at.as_ms(),
                ),
            )?;
        }
        Ok(())
    }
}
