//! Dead letters: records set aside and parcels refused.

use canon::{
    clock::Timestamp,
    entry::{ParcelId, RecordFault},
};
use rusqlite::Row;
use serde::Serialize;
use std::collections::BTreeSet;

use super::{
    Reader,
    page::{Filter, Listed, Page},
};
use crate::{error::Result, place};

/// What was put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LetterKind {
    /// A record that could not be used on its way in.
    Record,
    /// A parcel that its destination refused.
    Parcel,
}

/// What became of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Somebody has to look at it.
    Open,
    /// It was sent on its way again.
    Resubmitted,
    /// It was given up.
    Discarded,
}

/// Which dead letters. Fields that are `None` do not narrow.
#[derive(Clone, Debug, Default)]
pub struct LetterFilter {
    /// Records: the channel they came by. Parcels: the channel they go to.
    pub channel: Option<String>,
    /// Problem code.
    pub code: Option<String>,
    /// State.
    pub state: Option<LetterState>,
    /// Kind.
    pub kind: Option<LetterKind>,
    /// Only what became a dead letter at that time or later.
    pub from: Option<Timestamp>,
    /// Only what became one before that time.
    pub to: Option<Timestamp>,
    /// Only letters whose faults, reason or origin have this text in them.
    pub text: Option<String>,
}

/// One dead letter.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Letter {
    /// `{seq}.{index}` of a record set aside, `{seq}.{index}.{destination}` of a parcel.
    pub id: String,
    /// Record or parcel.
    pub kind: LetterKind,
    /// The channel a record came by, or a parcel goes to.
    pub channel: String,
    /// Problem code.
    pub code: String,
    /// Why, in words; for a parcel what the far side said.
    pub reason: String,
    /// Open, resubmitted or discarded.
    pub state: LetterState,
    /// When it became a dead letter.
    pub at: Timestamp,
    /// Sequence of the entry in which it did.
    pub seq: u64,
    /// Where a record was in its arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<LetterRecord>,
    /// Which parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parcel: Option<ParcelId>,
    /// Who resubmitted or discarded it last: `operator:{name}`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub settled_by: String,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub settled_why: String,
    /// Sequence of the entry that closed a record's letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_seq: Option<u64>,
    /// It was brought or sent again with other content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// Tries made for a parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// The place of a record that was set aside, and what is wrong with it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LetterRecord {
    /// Id of the arrival.
    pub arrival: String,
    /// File name, message id or request id at the far side.
    pub origin: String,
    /// Record number in the arrival, from 1.
    pub number: u64,
    /// Byte offset of the record in the raw bytes.
    pub offset: u64,
    /// Bytes of the record.
    pub length: u64,
    /// Boundary that could not use it.
    pub boundary: String,
    /// All that is wrong with it.
    pub faults: Vec<RecordFault>,
}

const LIST: &str = "letters";

/// Records set aside. `pos` is where each became a dead letter.
const RECORDS: &str = "SELECT pos, 'record', channel, code, '', state, at_ms,
            arrival, origin, record, offset, length, boundary, faults, 0, 0, settled_by, settled_why,
            settled_seq, edited
     FROM store_letter WHERE 1";
/// The list follows the order of the letters.
const BY_LETTER: &str = "INDEXED BY deliveries_parcel_letter";
/// The list of one destination, likewise.
const BY_DESTINATION: &str = "INDEXED BY deliveries_parcel_letter_of";
/// Parcels that were ever refused, in the same shape.
const PARCELS: &str = "SELECT letter_pos, 'parcel', destination, code, reason,
            CASE state WHEN 'dead' THEN 'open' WHEN 'discarded' THEN 'discarded'
                 ELSE 'resubmitted' END AS letter_state,
            letter_ms, '', '', 0, 0, 0, '', '[]', pos, attempts,
            settled_by, settled_why, 0, edited > 0
     FROM deliveries_parcel INDEXED BY deliveries_parcel_letter WHERE letter_pos > 0";

// === impl Reader ===

impl Reader {
    /// Dead letters, newest first.
    pub fn letters(&self, filter: &LetterFilter, page: &Page) -> Result<Listed<Letter>> {
        let after = page.after_number(LIST)?;
        let wants = |kind| filter.kind.is_none_or(|wanted| wanted == kind);
        let state = filter.state.map(LetterState::name);
        let records = Filter::new(RECORDS)
            .and("pos < ?", after)
            .and("channel = ?", filter.channel.clone())
            .and("code = ?", filter.code.clone())
            .and("state = ?", state)
            .and("at_ms >= ?", filter.from.map(Timestamp::as_ms))
            .and("at_ms < ?", filter.to.map(Timestamp::as_ms))
            .and("instr(faults || ' ' || origin, ?) > 0", filter.text.clone())
            .order_by("pos DESC", page)?;
        let by = if filter.channel.is_some() { BY_DESTINATION } else { BY_LETTER };
        let parcels = Filter::new(&PARCELS.replace(BY_LETTER, by))
            .and("letter_pos < ?", after)
            .and("destination = ?", filter.channel.clone())
            .and("code = ?", filter.code.clone())
            .and("letter_state = ?", state)
            .and("letter_ms >= ?", filter.from.map(Timestamp::as_ms))
            .and("letter_ms < ?", filter.to.map(Timestamp::as_ms))
            .and("instr(reason, ?) > 0", filter.text.clone())
            .order_by("letter_pos DESC", page)?;
        let mut rows = self.ask(|conn| {
            let mut rows = Vec::new();
            if wants(LetterKind::Record) {
                rows.extend(records.rows(conn, raw)?);
            }
            if wants(LetterKind::Parcel) {
                rows.extend(parcels.rows(conn, raw)?);
            }
            Ok(rows)
        })?;
        rows.sort_by_key(|raw| std::cmp::Reverse(raw.pos));
        let page = page.cut(LIST, rows, |raw| raw.pos.to_string())?;
        let items = page.items.into_iter().map(RawLetter::read).collect::<Result<_>>()?;
        Ok(Listed { items, next: page.next })
    }

    /// The entries that have a record among the open letters: to look at it, or to
    /// bring it again, takes their bytes.
    pub fn entries_with_open_letters(&self) -> Result<BTreeSet<u64>> {
        self.ask(|conn| {
            let mut open = conn.prepare_cached(
                "SELECT pos FROM store_letter INDEXED BY store_letter_state WHERE state = 'open'",
            )?;
            let entries = open.query_map([], |row| Ok(place::unpack(row.get(0)?).0))?;
            Ok(entries.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One dead letter by its id.
    pub fn letter(&self, id: &str) -> Result<Option<Letter>> {
        let mut parts = id.splitn(3, '.');
        let number = |text: Option<&str>| text.and_then(|it| it.parse::<u64>().ok());
        let (Some(seq), Some(index)) = (number(parts.next()), number(parts.next())) else {
            return Ok(None);
        };
        let pos = place::pack(seq, index)?;
        let page = Page::of(1);
        let query = match parts.next() {
            Some(destination) => Filter::new(&PARCELS.replace(BY_LETTER, ""))
                .and("pos = ?", Some(pos))
                .and("destination = ?", Some(destination.to_owned())),
            None => Filter::new(RECORDS).and("pos = ?", Some(pos)),
        }
        .order_by("1", &page)?;
        let rows = self.ask(|conn| query.rows(conn, raw))?;
        rows.into_iter().next().map(RawLetter::read).transpose()
    }
}

impl LetterState {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resubmitted => "resubmitted",
            Self::Discarded => "discarded",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Resubmitted, Self::Discarded].into_iter().find(|it| it.name() == name)
    }
}

impl LetterKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Parcel => "parcel",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Record, Self::Parcel].into_iter().find(|it| it.name() == name)
    }
}

struct RawLetter {
    pos: i64,
    faults: String,
    parcel_pos: i64,
    attempts: u32,
    letter: Letter,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawLetter> {
    let pos: i64 = row.get(0)?;
    let kind = LetterKind::from_name(&row.get::<_, String>(1)?).unwrap_or(LetterKind::Record);
    let state = LetterState::from_name(&row.get::<_, String>(5)?).unwrap_or(LetterState::Open);
    let record = LetterRecord {
        arrival: row.get(7)?,
        origin: row.get(8)?,
        number: row.get(9)?,
        offset: row.get(10)?,
        length: row.get(11)?,
        boundary: row.get(12)?,
        faults: Vec::new(),
    };
    let letter = Letter {
        id: String::new(),
        kind,
        channel: row.get(2)?,
        code: row.get(3)?,
        reason: row.get(4)?,
        state,
        at: Timestamp::from_ms(row.get(6)?),
        seq: place::unpack(pos).0,
        record: Some(record),
        parcel: None,
        settled_by: row.get(16)?,
        settled_why: row.get(17)?,
        settled_seq: Some(row.get(18)?).filter(|it| *it > 0),
        edited: row.get(19)?,
        attempts: None,
    };
    Ok(RawLetter {
        pos,
        faults: row.get(13)?,
        parcel_pos: row.get(14)?,
        attempts: row.get(15)?,
        letter,
    })
}

impl RawLetter {
    fn read(self) -> Result<Letter> {
        let mut letter = self.letter;
        match letter.kind {
            LetterKind::Record => {
                let (seq, index) = place::unpack(self.pos);
                letter.id = format!("{seq}.{index}");
                let faults: Vec<RecordFault> = serde_json::from_str(&self.faults)?;
                letter.reason = faults
                    .iter()
                    .map(|fault| format!("{}: expected {}", fault.field, fault.expected))
                    .collect::<Vec<_>>()
                    .join("; ");
                if let Some(record) = &mut letter.record {
                    record.faults = faults;
                }
            }
            LetterKind::Parcel => {
                let (seq, index) = place::unpack(self.parcel_pos);
                letter.id = format!("{seq}.{index}.{}", letter.channel);
                let destination = letter.channel.clone();
                letter.parcel = Some(ParcelId { seq, index, destination });
                letter.attempts = Some(self.attempts);
                letter.settled_seq = None;
                letter.record = None;
            }
        }
        Ok(letter)
    }
}
