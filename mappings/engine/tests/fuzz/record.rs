//! Any bytes through a shipped map: the same twice, JSON when there is a result,
//! and a reason when there is none. The first line of an input names the map.

use std::{collections::BTreeSet, sync::OnceLock};

use mapping::{Faulted, Mapped, RunContext, Scratch};

use crate::{
    shipped::{Shipped, shipped},
    support::context,
};

pub(crate) const TOKENS: &[&str] = &[
    "null",
    "true",
    "\"\"",
    "[]",
    "{}",
    "[null]",
    "\\ud83d",
    "\\u0000",
    "\\n",
    ": ",
    ", ",
    "-0",
    "1e-7",
    "0.1",
    "-9999",
    "9007199254740993",
    "2026-01-05T12:00:00+09:00",
    "0000-00-00",
    "2026-02-30",
    "JPY",
    "～",
    "㈱",
    "ｶﾞ",
    "\u{feff}",
    "\u{85}",
    "東京都",
    "\r\n",
    ",,",
    "\"\"\"",
];

/// Rows of one input that are looked at.
const ROWS_MAX: usize = 50;

fn maps() -> &'static [Shipped] {
    static MAPS: OnceLock<Vec<Shipped>> = OnceLock::new();
    MAPS.get_or_init(shipped)
}

/// Two records that each map takes.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let with_name = |it: &Shipped, sample: &[u8]| [it.name.as_bytes(), b"\n", sample].concat();
    maps()
        .iter()
        .flat_map(|it| it.samples.iter().take(2).map(move |sample| with_name(it, sample)))
        .collect()
}

pub(crate) fn run(bytes: &[u8]) -> u64 {
    let mut halves = bytes.splitn(2, |it| *it == b'\n');
    let (name, input) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let by_chance = usize::try_from(mutate::kind(name)).unwrap_or(0) % maps().len();
    let named = maps().iter().position(|it| it.name.as_bytes() == name).unwrap_or(by_chance);
    let Some(shipped) = maps().get(named) else { return 0 };
    let mut scratch = Scratch::default();
    let mut seen = BTreeSet::new();
    match &shipped.layout {
        None => {
            let ctx = context();
            let mut once = || shipped.map.run_json(input, &ctx, &mut scratch);
            seen.insert(outcome(&once(), &once()));
            shipped.map.unread(input);
        }
        Some(layout) => {
            let Ok(rows) = layout.read(input) else { return mutate::kind((named, "refused")) };
            for row in rows.rows.iter().take(ROWS_MAX) {
                let ctx = RunContext { record: row.number, ..context() };
                let mut once = || shipped.map.run_row(&rows, row, &ctx, &mut scratch);
                seen.insert(outcome(&once(), &once()));
            }
        }
    }
    mutate::kind((named, seen))
}

/// The kind of one result, which must be the same twice.
fn outcome(first: &Result<Mapped, Faulted>, second: &Result<Mapped, Faulted>) -> u64 {
    assert_eq!(first, second, "twice is not the same");
    match first {
        Ok(mapped) => {
            serde_json::from_slice::<serde_json::Value>(&mapped.data).unwrap();
            mutate::kind(mapped.losses.len().min(3))
        }
        Err(faulted) => {
            assert!(!faulted.faults.is_empty(), "refused without a word");
            let kinds: BTreeSet<(&str, &str)> =
                faulted.faults.iter().map(|it| (it.field.as_str(), it.expected.as_str())).collect();
            mutate::kind(kinds.len().min(2) as u64 + mutate::kind(kinds.first()))
        }
    }
}
