//! What a shadow run found: kinds of differences by field, with examples.

use super::compare::Leaves;
use crate::cli::screen::count;
use canon::entry::RecordFault;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Examples of one difference that are kept.
const EXAMPLES_MAX: usize = 3;
/// Longest value in an example, in characters.
const VALUE_CHARS_MAX: usize = 60;
/// Different differences that are kept apart; more are counted as others.
const KINDS_MAX: usize = 1_000;

/// All that was found. Its size does not depend on the number of records.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) arrivals: u64,
    /// Arrivals whose bytes are no longer kept.
    pub(super) gone: u64,
    /// Arrivals that the package cannot read today, and not with the new version.
    pub(super) unreadable: u64,
    /// Records that are read today and not with the new version.
    pub(super) lost: u64,
    records: u64,
    differ: u64,
    reveal: bool,
    kinds: BTreeMap<(&'static str, String), Kind>,
}

/// One kind of difference of one field.
#[derive(Debug, Default)]
struct Kind {
    records: u64,
    examples: Vec<Example>,
}

#[derive(Debug)]
struct Example {
    place: String,
    old: Option<String>,
    new: Option<String>,
}

/// The differences of one record while they are found.
pub(super) struct Record<'r> {
    report: &'r mut Report,
    place: &'r str,
    seen: BTreeSet<(&'static str, String)>,
}

// === impl Report ===

impl Report {
    pub(super) fn new(reveal: bool) -> Self {
        Self { reveal, ..Self::default() }
    }

    /// Begins a record. `place`: entry and record number.
    pub(super) fn record<'r>(&'r mut self, place: &'r str) -> Record<'r> {
        Record { report: self, place, seen: BTreeSet::new() }
    }

    /// How many of a hundred records differ.
    pub(super) fn percent(&self) -> f64 {
        if self.records == 0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
        let percent = self.differ as f64 * 100.0 / self.records as f64;
        percent
    }

    /// Whether the new version may come into force: something was compared, all
    /// that is read today is read, and few enough records differ.
    pub(super) fn passed(&self, threshold: f64) -> bool {
        self.records > 0 && self.lost == 0 && self.percent() <= threshold
    }

    /// As text, the most frequent first.
    pub(super) fn lines(&self, threshold: f64) -> Vec<String> {
        let same = self.records - self.differ;
        let mut lines = vec![format!(
            "{}, {}, {same} the same, {} differ ({:.2} %)",
            count(self.arrivals, "arrival"),
            count(self.records, "record"),
            self.differ,
            self.percent()
        )];
        if self.gone > 0 {
            let gone = count(self.gone, "arrival");
            lines.push(format!("{gone} passed over: the bytes are no longer kept"));
        }
        if self.lost > 0 {
            let lost = count(self.lost, "record");
            lines.push(format!("{lost} read today, but not with the new version"));
        }
        if self.unreadable > 0 {
            let unreadable = count(self.unreadable, "arrival");
            lines.push(format!("{unreadable} that cannot be read today"));
        }
        for ((kind, field), found) in self.sorted() {
            lines.push(format!("{kind}  {field}: {}", count(found.records, "record")));
            for it in &found.examples {
                let none = "(nothing)";
                let (old, new) = (it.old.as_deref(), it.new.as_deref());
                let (old, new) = (old.unwrap_or(none), new.unwrap_or(none));
                lines.push(format!("    {}: {old} -> {new}", it.place));
            }
        }
        if self.records == 0 {
            lines.push("nothing was compared".to_owned());
        } else {
            let verdict = if self.percent() > threshold { "more than" } else { "within" };
            lines.push(format!("{verdict} the threshold of {threshold} %"));
        }
        lines
    }

    /// As JSON.
    pub(super) fn to_json(&self, threshold: f64) -> Value {
        let of = |((kind, field), found): (&(&'static str, String), &Kind)| {
            let example = |it: &Example| json!({ "at": it.place, "old": it.old, "new": it.new });
            let examples: Vec<Value> = found.examples.iter().map(example).collect();
            json!({ "kind": kind, "field": field, "records": found.records, "examples": examples })
        };
        json!({
            "arrivals": self.arrivals,
            "gone": self.gone,
            "unreadable": self.unreadable,
            "lost": self.lost,
            "records": self.records,
            "differ": self.differ,
            "percent": self.percent(),
            "threshold": threshold,
            "passed": self.passed(threshold),
            "differences": self.sorted().into_iter().map(of).collect::<Vec<_>>(),
        })
    }

    fn sorted(&self) -> Vec<(&(&'static str, String), &Kind)> {
        let mut all: Vec<_> = self.kinds.iter().collect();
        all.sort_by_key(|(_, found)| std::cmp::Reverse(found.records));
        all
    }
}

// === impl Record ===

impl Record<'_> {
    /// One field of an event that both versions make.
    pub(super) fn field(
        &mut self,
        path: &str,
        (was, is): (Option<&String>, Option<&String>),
        is_personal: bool,
    ) {
        let kind = match (was, is) {
            (was, is) if was == is => return,
            (None, _) => "added",
            (_, None) => "removed",
            (Some(_), Some(_)) => "changed",
        };
        let show = |it: &String| self.shown(it, is_personal);
        let (old, new) = (was.map(show), is.map(show));
        self.add(kind, unnumbered(path), old, new);
    }

    pub(super) fn event_new(&mut self, event: &Leaves) {
        self.add("event new", "(event)".to_owned(), None, Some(event.source_id.clone()));
    }

    pub(super) fn event_gone(&mut self, event: &Leaves) {
        self.add("event gone", "(event)".to_owned(), Some(event.source_id.clone()), None);
    }

    pub(super) fn fault_new(&mut self, fault: &RecordFault) {
        self.add("fault new", fault.field.clone(), None, Some(told(fault)));
    }

    pub(super) fn fault_gone(&mut self, fault: &RecordFault) {
        self.add("fault gone", fault.field.clone(), Some(told(fault)), None);
    }

    /// Counts the record.
    pub(super) fn end(self) {
        self.report.records += 1;
        self.report.differ += u64::from(!self.seen.is_empty());
    }

    fn add(&mut self, kind: &'static str, field: String, old: Option<String>, new: Option<String>) {
        let full = self.report.kinds.len() >= KINDS_MAX;
        let mut key = (kind, field);
        if full && !self.report.kinds.contains_key(&key) {
            key.1 = "(others)".to_owned();
        }
        if !self.seen.insert(key.clone()) {
            return;
        }
        let found = self.report.kinds.entry(key).or_default();
        found.records += 1;
        if found.examples.len() < EXAMPLES_MAX {
            found.examples.push(Example { place: self.place.to_owned(), old, new });
        }
    }

    fn shown(&self, value: &str, is_personal: bool) -> String {
        let mask = is_personal && !self.report.reveal;
        let masked = |it: char| if mask && it.is_alphanumeric() { '•' } else { it };
        let mut text: String = value.chars().take(VALUE_CHARS_MAX).map(masked).collect();
        if value.chars().nth(VALUE_CHARS_MAX).is_some() {
            text.push('…');
        }
        text
    }
}

fn told(fault: &RecordFault) -> String {
    format!("found {}, expected {}", fault.found, fault.expected)
}

/// `lines[3].net` as `lines[].net`.
fn unnumbered(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut inside = false;
    for it in path.chars() {
        inside = (inside || it == '[') && it != ']';
        if !inside || it == '[' {
            text.push(it);
        }
    }
    text
}
