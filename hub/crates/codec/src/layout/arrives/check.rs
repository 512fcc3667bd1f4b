//! One file against what is expected, and against the files before it.

use canon::{calendar::Day, entry::FileFacts};
use std::collections::BTreeSet;

use super::{Arrives, Bounds, Sequence};

/// Files before it that are needed to say what is usual.
const USUAL_FILES_MIN: usize = 3;

/// What is known of a file that has come.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    pub name: &'a str,
    pub sha256: &'a str,
    pub bytes: u64,
    /// Once it is decoded.
    pub records: Option<u64>,
    pub heading: Option<&'a str>,
}

/// What is known of the files of the same series that were taken before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// The newest first; those without a hash were given up.
    pub recent: Vec<FileFacts>,
    /// One with the same day and number, if there is one.
    pub same: Option<FileFacts>,
    /// One with the same number, of whatever day, since numbers began anew.
    pub numbered: Option<FileFacts>,
    /// One with the same content, of whatever day, number and series.
    pub content: Option<FileFacts>,
}

/// One thing that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// `name`, `bytes`, `records`, `gap`, `repeated`, `same-content` or `drift`;
    /// of EDI `control` or `party`.
    pub what: &'static str,
    pub found: String,
    pub expected: String,
}

/// Which numbers the next file may have.
struct NextDue {
    number: u64,
    /// Those before it that were given up: a mended file may still come.
    given_up: BTreeSet<u64>,
}

// === impl Reason ===

impl Reason {
    /// One, with what was found and what was expected.
    #[must_use]
    pub fn new(what: &'static str, found: String, expected: String) -> Self {
        Self { what, found, expected }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { what, found, expected } = self;
        write!(f, "{what}: {found}; expected {expected}")
    }
}

// === impl Arrives ===

impl Arrives {
    /// What is to be remembered of a file: without a pattern, or with a name that
    /// does not fit, no more than the name itself.
    #[must_use]
    pub fn facts(&self, seen: &Seen<'_>) -> FileFacts {
        let read = self.name.as_ref().and_then(|it| it.read(seen.name));
        let facts = read.unwrap_or_default();
        FileFacts {
            name: seen.name.to_owned(),
            heading: seen.heading.map(str::to_owned),
            sha256: seen.sha256.to_owned(),
            bytes: seen.bytes,
            records: seen.records.unwrap_or(0),
            ..facts
        }
    }

    /// Whether the number of a file is the one that is due.
    #[must_use]
    pub fn follows(&self, facts: &FileFacts, past: &Past) -> bool {
        if past.numbered.as_ref().is_some_and(|it| it.sha256 != facts.sha256) {
            return false;
        }
        self.sequence.is_none_or(|it| it.check(facts, past).is_none())
    }

    /// All that is wrong with a file; nothing when it may be taken.
    #[must_use]
    pub fn check(&self, seen: &Seen<'_>, past: &Past) -> Vec<Reason> {
        let mut reasons = Vec::new();
        let facts = self.facts(seen);
        if let Some(pattern) = &self.name
            && pattern.read(seen.name).is_none()
        {
            let expected = format!("a name such as {}", pattern.as_str());
            reasons.push(Reason::new("name", shown(seen.name), expected));
        }
        let before = || taken(past);
        let sizes: Vec<u64> = before().map(|it| it.bytes).collect();
        reasons.extend(self.bytes.check("bytes", seen.bytes, &sizes));
        if let Some(records) = seen.records {
            let counts: Vec<u64> = before().map(|it| it.records).collect();
            reasons.extend(self.records.check("records", records, &counts));
        }
        let same = past.same.as_ref().or(past.numbered.as_ref());
        reasons.extend(repeated(&facts, seen.sha256, same));
        if !self.takes_same_content {
            reasons.extend(same_content(&facts, past.content.as_ref()));
        }
        if let Some(sequence) = self.sequence {
            reasons.extend(sequence.check(&facts, past));
        }
        if self.holds_drift {
            reasons.extend(drift(seen.heading, before().next()));
        }
        reasons
    }
}

// === impl Bounds ===

impl Bounds {
    fn check(&self, what: &'static str, found: u64, before: &[u64]) -> Option<Reason> {
        let reason = |expected| Some(Reason::new(what, found.to_string(), expected));
        if let Some(min) = self.min.filter(|it| found < *it) {
            return reason(format!("at least {min}"));
        }
        if let Some(max) = self.max.filter(|it| found > *it) {
            return reason(format!("at most {max}"));
        }
        let percent = u64::from(self.change_percent_max?);
        let usual = median(before)?;
        let off = u128::from(found.abs_diff(usual)) * 100;
        if off <= u128::from(usual) * u128::from(percent) {
            return None;
        }
        reason(format!("within {percent} % of {usual}, as the {} before it were", before.len()))
    }
}

/// The middle of what was usual; `None` with too few to say.
fn median(before: &[u64]) -> Option<u64> {
    let mut sorted = before.to_vec();
    sorted.sort_unstable();
    if sorted.len() < USUAL_FILES_MIN {
        return None;
    }
    sorted.get(sorted.len() / 2).copied()
}

// === impl Sequence ===

impl Sequence {
    /// How many files may come after one before its number comes again.
    #[must_use]
    pub fn cycle(self) -> Option<u64> {
        (!self.per_day).then(|| (self.last - self.first) / 2)
    }

    fn check(self, facts: &FileFacts, past: &Past) -> Option<Reason> {
        let number = facts.sequence?;
        if !(self.first..=self.last).contains(&number) {
            let expected = format!("a number from {} to {}", self.first, self.last);
            return Some(Reason::new("gap", number.to_string(), expected));
        }
        let due = self.due(facts.day, past)?;
        if due.is(number) || past.same.is_some() || past.numbered.is_some() {
            return None;
        }
        // One that was missing and comes late is what was waited for.
        if taken(past).any(|it| self.comes_before(number, facts.day, it)) {
            return None;
        }
        let (found, expected) = (format!("number {number}"), due.number);
        Some(Reason::new("gap", found, format!("number {expected}: one before it is missing")))
    }

    /// The number that is due; `None` when any may be the first.
    fn due(self, day: Option<Day>, past: &Past) -> Option<NextDue> {
        let of_day = |it: &&FileFacts| !self.per_day || it.day == day;
        let mut numbers = taken(past).filter(of_day).filter_map(|it| Some((it.sequence?, it)));
        let number = match numbers.next() {
            None if self.per_day => self.first,
            None => return None,
            Some((newest, _)) => {
                // One that filled a gap was taken last and is not the furthest.
                let last = numbers.fold(newest, |last, (number, it)| {
                    if self.comes_before(last, day, it) { number } else { last }
                });
                self.after(last)
            }
        };
        let given_up: BTreeSet<u64> = past
            .recent
            .iter()
            .take(self.rows_of_this_round())
            .filter(|it| it.sha256.is_empty())
            .filter(of_day)
            .filter_map(|it| it.sequence)
            .collect();
        let mut due = NextDue { number, given_up: BTreeSet::new() };
        // Only those that would be due: what is missing before one that was given
        // up is still missing, and a mistyped number leads nowhere.
        while given_up.contains(&due.number) && due.given_up.insert(due.number) {
            due.number = self.after(due.number);
        }
        Some(due)
    }

    /// How many of the newest files have numbers that have not begun anew since.
    fn rows_of_this_round(self) -> usize {
        let files = self.cycle().and_then(|it| usize::try_from(it).ok()).unwrap_or(usize::MAX);
        files.saturating_add(1)
    }

    fn after(self, number: u64) -> u64 {
        if number >= self.last { self.first } else { number + 1 }
    }

    /// Whether a file with `number` was skipped before `past` was taken. After
    /// half the range the numbers are taken to have begun anew.
    fn comes_before(self, number: u64, day: Option<Day>, past: &FileFacts) -> bool {
        let Some(taken) = past.sequence else { return false };
        if self.per_day && past.day != day {
            return false;
        }
        number < taken && taken - number <= (self.last - self.first) / 2
    }
}

// === impl NextDue ===

impl NextDue {
    fn is(&self, number: u64) -> bool {
        self.number == number || self.given_up.contains(&number)
    }
}

/// The files that were taken. Those that were given up settle their numbers and say
/// nothing else.
fn taken(past: &Past) -> impl Iterator<Item = &FileFacts> {
    past.recent.iter().filter(|it| !it.sha256.is_empty())
}

/// The content of a file that was taken under another day or number: it would
/// change nothing, and its day would count as come. One without records, as of a
/// day without sales, has nothing that could be meant otherwise.
fn same_content(facts: &FileFacts, content: Option<&FileFacts>) -> Option<Reason> {
    let content = content.filter(|it| it.records > 0)?;
    let of = |it: &FileFacts| (it.series.clone(), it.day, it.sequence);
    if of(facts) == of(content) || (facts.day, facts.sequence) == (None, None) {
        return None;
    }
    let expected = "a content of its own; `same_content: take` in the layout allows others";
    let found = format!("the content of {}", shown(&content.name));
    Some(Reason::new("same-content", found, expected.to_owned()))
}

/// Another content under the day and number of one that was taken. The same
/// content again is no fault: it is recognised and changes nothing.
fn repeated(facts: &FileFacts, sha256: &str, same: Option<&FileFacts>) -> Option<Reason> {
    let same = same.filter(|it| it.sha256 != sha256)?;
    let mut what: Vec<String> = facts.day.iter().map(ToString::to_string).collect();
    what.extend(facts.sequence.map(|it| format!("number {it}")));
    let found = format!("another content for {}", what.join(", "));
    Some(Reason::new("repeated", found, format!("that of {}", shown(&same.name))))
}

/// Another heading than that of the file before. Neither is told: where a header
/// was left out, this is the first customer.
fn drift(heading: Option<&str>, before: Option<&FileFacts>) -> Option<Reason> {
    let before = before?.heading.as_deref()?;
    let heading = heading.unwrap_or_default();
    if heading == before {
        return None;
    }
    let parts =
        |text: &str| text.chars().filter(|it| matches!(it, ',' | '\t' | ';' | '|')).count() + 1;
    let same = heading.chars().zip(before.chars()).take_while(|(one, other)| one == other).count();
    let (now, then) = (parts(heading), parts(before));
    let found = format!("a heading of {now} parts that differs from character {} on", same + 1);
    Some(Reason::new("drift", found, format!("that of the file before, of {then} parts")))
}

/// At most 200 characters, control characters escaped.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    let cut = if short.len() < text.len() { "…" } else { "" };
    format!("{}{cut}", short.escape_debug())
}
