//! One column of a sheet: what stands in it, and which of its cells are suspicious.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{date::Moment, place::letters, sheet::Value, styles::Format};

/// Digits that a spreadsheet keeps.
const DIGITS_KEPT: usize = 15;
/// Serial numbers of days that people write: from 1954 to 2064.
const DAYS: std::ops::RangeInclusive<u32> = 20_000..=60_000;
/// What the names of columns of dates have in them.
const DATED: [&str; 6] = ["日付", "年月日", "date", "Date", "DATE", "日時"];
/// Different lengths and texts of a column that are remembered.
const REMEMBERED_MAX: usize = 16;

/// What is in one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnSurvey {
    /// `B`.
    pub column: String,
    /// What the header calls it; empty: nothing.
    pub name: String,
    /// How many cells are what.
    pub seen: BTreeMap<Seen, u64>,
    /// Suspicious cells: how many, and the first of them as `B7: 00123`.
    pub suspicious: BTreeMap<Suspicion, (u64, Vec<String>)>,
}

/// What a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    Number,
    Text,
    /// A number that is shown as a date or a time.
    Date,
    Truth,
    /// `#N/A` and the like.
    Error,
    /// A formula whose value was never computed.
    Uncomputed,
}

/// What may be wrong with a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// Digits as text among numbers.
    NumberAsText,
    /// A number in a column of dates that is not shown as one.
    DateAsSerial,
    /// A number among codes that begin with zeros, or shorter than those.
    ZerosLost,
    /// The zeros before it are only shown, not stored.
    ZerosShown,
    /// More digits than a spreadsheet keeps: the last ones are gone.
    DigitsLost,
    /// White space before or behind a text.
    Spaces,
    Error,
    Uncomputed,
}

/// A cell that is looked at.
pub(super) struct Cell<'a> {
    pub(super) value: Value,
    pub(super) format: &'a Format,
    /// Of a number as it is stored.
    pub(super) literal: &'a str,
    pub(super) shown: String,
}

/// All columns of a sheet.
pub(super) struct Columns {
    all: BTreeMap<u32, Building>,
    examples: usize,
}

/// A column while its cells come. What is suspicious only beside others is decided
/// at the end.
#[derive(Default)]
struct Building {
    survey: ColumnSurvey,
    /// Digits stored as text, plain numbers, and those of them that may be days.
    digits: Found,
    numbers: Found,
    days: Found,
    /// Texts of digits begin with zeros; how long texts of digits are.
    zeros: bool,
    lengths: BTreeSet<usize>,
    short: BTreeMap<usize, Found>,
}

#[derive(Default)]
struct Found {
    count: u64,
    first: Vec<String>,
}

// === impl Columns ===

impl Columns {
    pub(super) fn new(examples: usize) -> Self {
        Self { all: BTreeMap::new(), examples }
    }

    pub(super) fn name(&mut self, column: u32, name: String) {
        self.all.entry(column).or_default().survey.name = name;
    }

    pub(super) fn add(&mut self, (column, row): (u32, u32), cell: Cell<'_>) {
        let place = format!("{}{row}: {}", letters(column), cell.shown);
        let building = self.all.entry(column).or_default();
        building.add(&cell, &place, self.examples);
    }

    pub(super) fn finish(self) -> Vec<ColumnSurvey> {
        let named = |(column, building): (u32, Building)| {
            let survey = building.finish(self.examples);
            ColumnSurvey { column: letters(column), ..survey }
        };
        self.all.into_iter().map(named).collect()
    }
}

// === impl Building ===

impl Building {
    fn add(&mut self, cell: &Cell<'_>, place: &str, examples: usize) {
        let mut suspect = |suspicion: Suspicion| {
            let (count, first) = self.survey.suspicious.entry(suspicion).or_default();
            *count += 1;
            if first.len() < examples {
                first.push(place.to_owned());
            }
        };
        let seen = match (cell.value, cell.format) {
            (Value::Number(..), Format::Date { .. }) | (Value::Iso(..), _) => Seen::Date,
            (Value::Number(..), _) => Seen::Number,
            (Value::Text(..) | Value::Shared(_), _) => Seen::Text,
            (Value::Bool(_), _) => Seen::Truth,
            (Value::Error(..), _) => Seen::Error,
            (Value::Uncomputed, _) => Seen::Uncomputed,
        };
        match seen {
            Seen::Number => {
                let digits = cell.literal.bytes().filter(u8::is_ascii_digit).count();
                let whole = cell.literal.bytes().all(|it| it.is_ascii_digit());
                let padded = matches!(cell.format, Format::Zeros(wanted) if *wanted > digits);
                if whole && digits > DIGITS_KEPT {
                    suspect(Suspicion::DigitsLost);
                } else if whole && padded {
                    suspect(Suspicion::ZerosShown);
                } else if whole {
                    self.numbers.add(place, examples);
                    if self.short.len() < REMEMBERED_MAX || self.short.contains_key(&digits) {
                        self.short.entry(digits).or_default().add(place, examples);
                    }
                    let is_day = cell.literal.parse().is_ok_and(|it| DAYS.contains(&it))
                        && Moment::of_serial(cell.literal, false).is_ok();
                    if is_day {
                        self.days.add(place, examples);
                    }
                }
            }
            Seen::Text => {
                let text = cell.shown.as_str();
                if text.trim() != text || text.starts_with("\\u{3000}") {
                    suspect(Suspicion::Spaces);
                }
                let bare = text.trim();
                if !bare.is_empty() && bare.bytes().all(|it| it.is_ascii_digit()) {
                    self.digits.add(place, examples);
                    self.zeros |= bare.len() > 1 && bare.starts_with('0');
                    if self.lengths.len() < REMEMBERED_MAX {
                        self.lengths.insert(bare.len());
                    }
                }
            }
            Seen::Error => suspect(Suspicion::Error),
            Seen::Uncomputed => suspect(Suspicion::Uncomputed),
            Seen::Date | Seen::Truth => {}
        }
        *self.survey.seen.entry(seen).or_default() += 1;
    }

    fn finish(mut self, examples: usize) -> ColumnSurvey {
        let count = |it: Seen| self.survey.seen.get(&it).copied().unwrap_or(0);
        let dated = DATED.iter().any(|it| self.survey.name.contains(it));
        let many_dates = count(Seen::Date) > self.days.count;
        if self.days.count > 0 && (dated || many_dates) {
            self.survey.suspicious.insert(Suspicion::DateAsSerial, self.days.told());
        } else if self.zeros && self.numbers.count > 0 {
            // Numbers among codes: the same code without its zeros, or a code of digits
            // that somebody typed.
            self.survey.suspicious.insert(Suspicion::ZerosLost, self.numbers.told());
        } else if self.digits.count > 0 && self.numbers.count > self.digits.count {
            self.survey.suspicious.insert(Suspicion::NumberAsText, self.digits.told());
        } else if self.numbers.count > 0
            && let (Some(length), 1) = (self.lengths.first(), self.lengths.len())
        {
            // Codes of one length as text, and shorter numbers.
            let mut short = Found::default();
            for (_, found) in self.short.into_iter().filter(|(digits, _)| digits < length) {
                short.count += found.count;
                short.first.extend(found.first);
            }
            short.first.truncate(examples);
            if short.count > 0 {
                self.survey.suspicious.insert(Suspicion::ZerosLost, short.told());
            }
        }
        self.survey
    }
}

// === impl Found ===

impl Found {
    fn add(&mut self, place: &str, examples: usize) {
        self.count += 1;
        if self.first.len() < examples {
            self.first.push(place.to_owned());
        }
    }

    fn told(self) -> (u64, Vec<String>) {
        (self.count, self.first)
    }
}
