//! Where the reading of a feed stands, and where it goes on after a page. Pure.
//!
//! A place is a cursor and a page. Everything asked for with one cursor is a
//! *run*. What is remembered in the journal is the cursor alone, so a run that
//! breaks off begins anew; what it brings again is known by then. The cursor
//! moves on only when nothing before it can still be unread:
//!
//! - sorted feeds: with each page, to the cursor of its last record. As many
//!   records may share it as they like: they are read page by page;
//! - feeds in any order: at the end of the run, to the greatest of all;
//! - windows of time: at the end of the run, to the end of the window.
//!
//! Pages that are counted (offset, number) shift when a record leaves the list
//! meanwhile; one may slip from the page to come into the page just read. Such
//! a run moves nothing on and begins anew.

use super::{
    asking::Holes,
    page::{Page, compare, greater},
};
use adapter_kit::manifest::{Cursor, Feed, PageBy, Window};
use canon::clock::Timestamp;
use serde_json::Value;
use std::{cmp::Ordering, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Where the reading of one feed stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Place {
    cursor: Option<String>,
    /// The end of the window that is being read.
    until: Option<Timestamp>,
    /// `None`: the first page of the run.
    page: Option<String>,
    /// Pages and records of the run so far.
    pages: usize,
    records: usize,
    /// Of the run so far.
    greatest: Option<String>,
    /// The page before, and its last record.
    before: Option<(Option<String>, Value)>,
    shifted: bool,
}

/// What follows from a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) next: Place,
    /// What the journal is to remember, with this page.
    pub(super) durable: Option<String>,
    /// Whether there is more to be had now.
    pub(super) more: bool,
}

/// The texts of a place, for the holes of a question.
pub(super) struct Texts {
    cursor: Option<String>,
    page: Option<String>,
    until: Option<String>,
}

// === impl Texts ===

impl Texts {
    pub(super) fn holes(&self) -> Holes<'_> {
        let (cursor, page) = (self.cursor.as_deref(), self.page.as_deref());
        Holes { cursor, page, until: self.until.as_deref(), ids: None }
    }
}

// === impl Place ===

impl Place {
    /// The beginning of a run.
    pub(super) fn at(cursor: Option<String>) -> Self {
        Self { cursor, ..Self::default() }
    }

    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Whether this is not the first page of its run.
    pub(super) fn is_inside(&self) -> bool {
        self.page.is_some()
    }

    /// The same run from its beginning.
    pub(super) fn anew(&self) -> Self {
        Self::at(self.cursor.clone())
    }

    /// Opens the window, if the feed has one, at the beginning of a run.
    pub(super) fn open(&mut self, feed: &Feed, now: Timestamp) {
        let Some(window) = feed.window.as_ref().filter(|_| self.until.is_none()) else { return };
        let span = DAY.saturating_mul(window.days);
        let span_ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        let earliest = Timestamp::from_ms(now.as_ms().saturating_sub(span_ms));
        let from = self.cursor.as_deref().filter(|_| !feed.restart).and_then(Window::parse);
        let from = from.unwrap_or(earliest);
        if self.cursor.is_none() || feed.restart {
            self.cursor = Some(window.write(from));
        }
        self.until = Some(from.plus(span).min(now));
    }

    pub(super) fn texts(&self, feed: &Feed) -> Texts {
        let first = || match feed.pages.as_ref().map(|it| &it.by)? {
            PageBy::Offset => Some("0".to_owned()),
            PageBy::Number => Some("1".to_owned()),
            PageBy::Token(_) => None,
            PageBy::Last { start, .. } => Some(start.clone()),
        };
        let until = feed.window.as_ref().zip(self.until).map(|(it, until)| it.write(until));
        Texts { cursor: self.cursor.clone(), page: self.page.clone().or_else(first), until }
    }

    /// The page before this one, if it has to be looked at again: its last
    /// record is not at the beginning here, and may not be at its end any more.
    pub(super) fn doubts(&self, feed: &Feed, page: &Page) -> Option<(Self, &Value)> {
        let counted = feed.pages.as_ref()?.is_counted();
        let moves = matches!(feed.cursor, Cursor::InLast(_) | Cursor::Greatest { .. });
        let (before, last) = self.before.as_ref()?;
        if !counted || !moves || self.shifted || page.repeats(last) {
            return None;
        }
        Some((Self { page: before.clone(), ..self.clone() }, last))
    }

    /// Notes that a record left the list during the run.
    pub(super) fn shift(&mut self) {
        self.shifted = true;
    }

    /// Where to go on after a page.
    ///
    /// # Errors
    ///
    /// When the far side gives the same page again and again.
    pub(super) fn after(&self, feed: &Feed, page: &Page, now: Timestamp) -> Result<Step, String> {
        if self.turns_in_place(feed, page) {
            let fault = "page after page is the same: the far side does not know pages";
            return Err(format!("{}: {fault}", feed.name));
        }
        Ok(match &feed.cursor {
            Cursor::InAnswer(_) => self.after_token(feed, page),
            Cursor::InLast(_) => self.after_sorted(feed, page, now),
            Cursor::Greatest { newest_first, .. } => {
                let reached = *newest_first && self.reaches_known(page);
                self.after_unsorted(feed, page, (reached, now))
            }
            Cursor::None => self.after_list(feed, page, now),
        })
    }

    fn after_token(&self, feed: &Feed, page: &Page) -> Step {
        let moved = page.cursor.is_some() && page.cursor != self.cursor;
        let more = moved && page.more.unwrap_or(page.count > 0);
        let next = if moved { page.cursor.clone() } else { self.cursor.clone() };
        match (feed.restart, more) {
            (true, false) => {
                Step { next: Self::at(feed.cursor_start.clone()), durable: None, more }
            }
            (true, true) => Step { next: Self::at(next), durable: None, more },
            (false, _) => {
                let durable = next.clone().filter(|_| moved);
                Step { next: Self::at(next), durable, more }
            }
        }
    }

    fn after_sorted(&self, feed: &Feed, page: &Page, now: Timestamp) -> Step {
        let ends = self.ends(feed, page);
        let moved = page.last.is_some() && page.last != self.cursor;
        if moved && self.shifted {
            return Step { next: self.anew(), durable: None, more: true };
        }
        if !moved {
            return match ends {
                true => self.behind_window(feed, self.cursor.clone(), (None, now)),
                false => Step { next: self.turned(feed, page), durable: None, more: true },
            };
        }
        let mut next = Self::at(page.last.clone());
        if ends && feed.pages.is_some() {
            return self.behind_window(feed, page.last.clone(), (page.last.clone(), now));
        }
        if let Some(PageBy::Last { .. }) = feed.pages.as_ref().map(|it| &it.by) {
            next.page.clone_from(&page.next);
        }
        Step { next, durable: page.last.clone(), more: page.more.unwrap_or(true) }
    }

    fn after_unsorted(&self, feed: &Feed, page: &Page, (reached, now): (bool, Timestamp)) -> Step {
        if !reached && !self.ends(feed, page) {
            return Step { next: self.turned(feed, page), durable: None, more: true };
        }
        if self.shifted {
            return Step { next: self.anew(), durable: None, more: false };
        }
        let seen = [&self.cursor, &self.greatest, &page.cursor];
        let greatest = seen.into_iter().flatten().cloned().reduce(greater);
        let durable = greatest.clone().filter(|_| greatest != self.cursor);
        self.behind_window(feed, greatest, (durable, now))
    }

    fn after_list(&self, feed: &Feed, page: &Page, now: Timestamp) -> Step {
        if !self.ends(feed, page) {
            return Step { next: self.turned(feed, page), durable: None, more: true };
        }
        match (&feed.window, self.until) {
            (Some(window), Some(until)) if !feed.restart => {
                let more = until < now;
                let back = i64::from(window.overlap_s).saturating_mul(1000);
                let overlapped = Timestamp::from_ms(until.as_ms().saturating_sub(back));
                let next = Some(window.write(if more { until } else { overlapped }));
                Step { next: Self::at(next.clone()), durable: next, more }
            }
            _ => Step { next: Self::at(feed.cursor_start.clone()), durable: None, more: false },
        }
    }

    /// The next run of a feed whose records say the cursor: behind the window,
    /// when that ended in the past.
    fn behind_window(
        &self,
        feed: &Feed,
        cursor: Option<String>,
        (durable, now): (Option<String>, Timestamp),
    ) -> Step {
        match (&feed.window, self.until.filter(|it| *it < now)) {
            (Some(window), Some(until)) => {
                let next = Some(window.write(until));
                Step { next: Self::at(next.clone()), durable: next, more: true }
            }
            _ => Step { next: Self::at(cursor), durable, more: false },
        }
    }

    /// Whether the page is the last of its run.
    fn ends(&self, feed: &Feed, page: &Page) -> bool {
        match (page.more, feed.pages.as_ref()) {
            (Some(more), _) => !more,
            (None, None) => true,
            (None, Some(pages)) => match pages.by {
                PageBy::Token(_) => page.next.is_none(),
                PageBy::Offset | PageBy::Number | PageBy::Last { .. } => page.count < pages.size,
            },
        }
    }

    /// Whether a full page is the one before once more.
    fn turns_in_place(&self, feed: &Feed, page: &Page) -> bool {
        let full = feed.pages.as_ref().is_some_and(|it| page.count >= it.size);
        let last = self.before.as_ref().map(|(_, last)| last);
        let same_token = page.next.is_some() && page.next == self.page;
        same_token || (full && last.is_some() && page.records.last() == last)
    }

    /// Newest first: whether the page goes back to what was seen before.
    fn reaches_known(&self, page: &Page) -> bool {
        let both = page.last.as_deref().zip(self.cursor.as_deref());
        both.is_some_and(|(last, known)| compare(last, known) == Ordering::Less)
    }

    /// The next page of the same run.
    fn turned(&self, feed: &Feed, page: &Page) -> Self {
        let (pages, records) = (self.pages + 1, self.records + page.count);
        let next = match feed.pages.as_ref().map(|it| &it.by) {
            Some(PageBy::Offset) => Some(records.to_string()),
            Some(PageBy::Number) => Some((pages + 1).to_string()),
            Some(PageBy::Token(_) | PageBy::Last { .. }) => page.next.clone(),
            None => None,
        };
        let seen = [&self.greatest, &page.cursor];
        Self {
            page: next,
            pages,
            records,
            greatest: seen.into_iter().flatten().cloned().reduce(greater),
            before: page.records.last().map(|it| (self.page.clone(), it.clone())),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests;
