//! What a pull asks for: the question, its pages, where to go on next time, and
//! the second question of systems that list only ids.

use codec::yaml::Table;

use super::{Piece, Template, read};

/// One thing that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Also its topic.
    pub name: String,
    /// The question.
    pub ask: Ask,
    /// Where the list of records is in the answer, in place of the format's pointer.
    pub records_at: Option<String>,
    /// Where to go on next time.
    pub cursor: Cursor,
    /// The cursor of the first call of all; without it that call has none.
    pub cursor_start: Option<String>,
    /// How one question has several answers.
    pub pages: Option<Pages>,
    /// For systems that answer for a span of time only.
    pub window: Option<Window>,
    /// After its end the feed is read again from the start: it lists everything
    /// there is, and what has not changed is dropped as known.
    pub restart: bool,
    /// Where the answer says whether there is more now (`true` or `false`).
    pub more_at: Option<String>,
    /// The second question, when the first is answered with ids only.
    pub details: Option<Details>,
    /// How long to wait after the end of the feed, seconds, unless the channel says.
    pub interval_s: u32,
}

/// One question: an HTTP request with holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// `GET` or `POST`.
    pub method: String,
    /// Path at the channel's base URL.
    pub path: Template,
    /// JSON body of a POST; what fills its holes is escaped as in a JSON string.
    pub body: Option<Template>,
    /// Query parameters: name and value. One whose holes have no value is left
    /// out, so a first call goes without `{cursor}`.
    pub query: Vec<(String, Template)>,
}

/// Where a feed goes on next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cursor {
    /// Nowhere in the answer: a list without "changed since", or a window that
    /// the clock moves on.
    #[default]
    None,
    /// At this pointer in the answer. Not there or null: the same place again.
    InAnswer(String),
    /// At this pointer in the last record, of feeds sorted by it, oldest first.
    InLast(String),
    /// The greatest value at this pointer in all records of all pages, of feeds
    /// in any order. It moves on when all pages have been read.
    Greatest {
        /// Where it is in a record.
        pointer: String,
        /// The far side sorts by it, newest first, and cannot leave out what is
        /// known: pages are asked for until one reaches what was seen before.
        newest_first: bool,
    },
}

/// How one question has several answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Pages {
    /// What `{page}` is.
    pub by: PageBy,
    /// Records that a full page has: one with fewer is the last.
    pub size: usize,
    /// The body from the second page on, where it differs.
    pub body: Option<Template>,
}

/// What `{page}` is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageBy {
    /// How many records stand before the page: 0, 100, 200.
    Offset,
    /// The number of the page: 1, 2, 3.
    Number,
    /// What the page before says at this pointer; the first page has none.
    Token(String),
    /// The value at this pointer in the last record: the next page begins behind it.
    Last {
        /// Where it is in a record.
        pointer: String,
        /// Less than every value; for the first page.
        start: String,
    },
}

/// A span of time: `{cursor}` is its beginning, `{until}` its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The longest that may be asked for.
    pub days: u32,
    /// How far the next window reaches back into the last, seconds: a far side
    /// may show a thing a little later than it happened.
    pub overlap_s: u32,
    /// How times are written: `Z`, `+09:00` or `+0900`.
    pub offset: String,
}

/// The second question: the first is answered with ids only.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// Where the list of ids is in the first answer.
    pub ids_at: String,
    /// Where the id is in an element of that list, in parts that are joined by
    /// `/`; empty: the element is the id.
    pub id_at: Vec<String>,
    /// How many ids one question may hold.
    pub batch: usize,
    /// The question. `{ids}` is a JSON list in the body, joined by commas elsewhere.
    pub ask: Ask,
    /// How it has several answers: by offset or number.
    pub pages: Option<Pages>,
}

/// How long a puller waits unless anybody says otherwise.
const INTERVAL_S_DEFAULT: u32 = 60;
const OVERLAP_S_DEFAULT: u32 = 300;
const OFFSET_DEFAULT: &str = "Z";

// === impl Feed ===

impl Feed {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let name = read::name(&table, "name");
        let ask = Ask::read(&table);
        let records_at = read::pointer(&table, "records_at");
        let cursor = Cursor::read(&table);
        let cursor_start = table.text("cursor_start").map(str::to_owned);
        let pages = table.table("pages", "pages").and_then(Pages::read);
        let window = table.table("window", "a window").and_then(Window::read);
        let restart = table.bool("restart").unwrap_or(false);
        let more_at = read::pointer(&table, "more_at");
        let details = table.table("details", "the second question").and_then(Details::read);
        let interval = table.number("interval_s", "seconds");
        if let Some(ask) = &ask {
            let given = Given { pages: pages.as_ref(), window: window.is_some(), restart };
            given.check(&table, ask, &cursor);
        }
        table.finish();
        Some(Self {
            name: name?,
            ask: ask?,
            records_at,
            cursor,
            cursor_start,
            pages,
            window,
            restart,
            more_at,
            details,
            interval_s: interval.unwrap_or(INTERVAL_S_DEFAULT).max(1),
        })
    }

    /// All its templates.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let next = self.pages.iter().filter_map(|it| it.body.as_ref());
        let details = self.details.iter().flat_map(|it| it.ask.templates());
        self.ask.templates().chain(next).chain(details)
    }
}

/// What a feed has, for checking that its parts fit each other.
struct Given<'f> {
    pages: Option<&'f Pages>,
    window: bool,
    restart: bool,
}

impl Given<'_> {
    fn check(&self, table: &Table<'_>, ask: &Ask, cursor: &Cursor) {
        let next = self.pages.and_then(|it| it.body.as_ref());
        let asks = |piece: &Piece| {
            ask.templates().chain(next).any(|template| template.pieces().contains(piece))
        };
        let error = |message: &str| table.error("K03", message);
        match (asks(&Piece::Page), self.pages) {
            (true, None) => error("`{page}` needs `pages`: what it is"),
            (false, Some(_)) => error("`pages` says what `{page}` is, but nothing asks with it"),
            (true, Some(_)) | (false, None) => {}
        }
        if asks(&Piece::Until) != self.window {
            error("`window` and `{until}` belong together");
        }
        if asks(&Piece::Ids) {
            error("`{ids}` belongs into the question of `details`");
        }
        let in_answer = matches!(cursor, Cursor::InAnswer(_));
        if in_answer && (self.window || self.pages.is_some()) {
            error("a cursor in the answer needs neither `pages` nor `window`");
        }
        if self.restart && !matches!(cursor, Cursor::None | Cursor::InAnswer(_)) {
            error("`restart` reads all again: it needs no cursor in the records");
        }
        if matches!(cursor, Cursor::Greatest { newest_first: true, .. }) && self.pages.is_none() {
            error("`newest_first` needs `pages`: what is not known goes over several");
        }
    }
}

// === impl Ask ===

impl Ask {
    fn read(table: &Table<'_>) -> Option<Self> {
        let method = table.one_of("method", &[("GET", "GET"), ("POST", "POST")]).unwrap_or("GET");
        let path = read::template(table, "path");
        let body = table.node("body").and_then(|it| read::template_of(table, it, it.text()?));
        if body.is_some() && method != "POST" {
            table.error("K03", "a feed with a `body` has `method: POST`");
        }
        let query = table.entries("query").iter().filter_map(|(name, value)| {
            let template = read::template_of(table, value, value.text()?)?;
            Some((name.text()?.to_owned(), template))
        });
        let query = query.collect();
        Some(Self { method: method.to_owned(), path: path?, body, query })
    }

    /// Path, body and query values.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let query = self.query.iter().map(|(_, it)| it);
        [&self.path].into_iter().chain(&self.body).chain(query)
    }
}

// === impl Cursor ===

impl Cursor {
    fn read(table: &Table<'_>) -> Self {
        let newest_first = table.bool("newest_first").unwrap_or(false);
        let in_answer = read::pointer(table, "cursor_at").map(Self::InAnswer);
        let in_last = read::pointer(table, "cursor_in_last").map(Self::InLast);
        let greatest = read::pointer(table, "cursor_greatest")
            .map(|pointer| Self::Greatest { pointer, newest_first });
        if newest_first && greatest.is_none() {
            table.error("K03", "`newest_first` needs `cursor_greatest`: sorted by what");
        }
        let mut given = [in_answer, in_last, greatest].into_iter().flatten();
        let first = given.next();
        if given.next().is_some() {
            let words = "`cursor_at`, `cursor_in_last` or `cursor_greatest`";
            table.error("K03", format!("the cursor is one of {words}"));
        }
        first.unwrap_or_default()
    }
}

// === impl Pages ===

#[derive(Clone, Copy)]
enum Word {
    Offset,
    Number,
    Token,
    Last,
}

const WORDS: &[(&str, Word)] = &[
    ("offset", Word::Offset),
    ("number", Word::Number),
    ("token", Word::Token),
    ("last", Word::Last),
];

impl Pages {
    /// Whether `{page}` follows from what was read, not from what was said.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        matches!(self.by, PageBy::Offset | PageBy::Number)
    }

    fn read(table: Table<'_>) -> Option<Self> {
        let word = table.required_one_of("by", WORDS);
        let size = table.number("size", "records of a full page, from 1").filter(|it| *it > 0);
        let at = read::pointer(&table, "at");
        let start = table.text("start").map(str::to_owned);
        let body = table.node("body").and_then(|it| read::template_of(&table, it, it.text()?));
        let needs_at = matches!(word, Some(Word::Token | Word::Last));
        if word.is_some() && needs_at != at.is_some() {
            table.error("K03", "`at` is where a page by `token` or `last` finds the next");
        }
        if matches!(word, Some(Word::Last)) != start.is_some() && word.is_some() {
            table.error("K03", "pages by `last` need `start`, others have none");
        }
        if matches!(word, Some(Word::Token)) == size.is_some() && word.is_some() {
            table
                .error("K03", "`size` tells a full page from the last; pages by `token` have none");
        }
        table.finish();
        let by = match word? {
            Word::Offset => PageBy::Offset,
            Word::Number => PageBy::Number,
            Word::Token => PageBy::Token(at?),
            Word::Last => PageBy::Last { pointer: at?, start: start? },
        };
        Some(Self { by, size: size.unwrap_or(1), body })
    }
}

// === impl Window, Details ===

impl Window {
    fn read(table: Table<'_>) -> Option<Self> {
        let days = table.required_number("days", "days, from 1").filter(|it| *it > 0);
        let overlap_s = table.number("overlap_s", "seconds").unwrap_or(OVERLAP_S_DEFAULT);
        let offset = table.text("offset").unwrap_or(OFFSET_DEFAULT).to_owned();
        let whole = format!("2026-01-05T00:00:00{}", with_colon(&offset));
        if canon::clock::Timestamp::parse_rfc3339(&whole).is_none() {
            table.error("K03", format!("`offset` is `{offset}`; it is `Z`, `+09:00` or `+0900`"));
        }
        table.finish();
        Some(Self { days: days?, overlap_s, offset })
    }

    /// A time as the far side writes it, in whole seconds.
    #[must_use]
    pub fn write(&self, at: canon::clock::Timestamp) -> String {
        let offset = with_colon(&self.offset);
        let zero = canon::clock::Timestamp::parse_rfc3339(&format!("1970-01-01T00:00:00{offset}"));
        // The epoch's clock face at that offset is as far from the epoch as the zone.
        let shift = zero.map_or(0, |it| -it.as_ms());
        let local = canon::clock::Timestamp::from_ms(at.as_ms().saturating_add(shift)).to_string();
        format!("{}{}", local.get(..19).unwrap_or_default(), self.offset)
    }

    /// A time in any of the forms that far sides write: RFC 3339, or with an
    /// offset without colon.
    #[must_use]
    pub fn parse(text: &str) -> Option<canon::clock::Timestamp> {
        canon::clock::Timestamp::parse_rfc3339(&with_colon(text))
    }
}

/// `+0900` at the end as RFC 3339 wants it, `+09:00`.
fn with_colon(text: &str) -> String {
    let split = text.len().checked_sub(5).and_then(|at| text.split_at_checked(at));
    match split {
        Some((time, offset))
            if offset.starts_with(['+', '-'])
                && offset.bytes().skip(1).all(|it| it.is_ascii_digit()) =>
        {
            let (hours, minutes) = offset.split_at(3);
            format!("{time}{hours}:{minutes}")
        }
        _ => text.to_owned(),
    }
}

impl Details {
    fn read(table: Table<'_>) -> Option<Self> {
        let ids_at = read::pointer(&table, "ids_at");
        if ids_at.is_none() {
            let _reported = table.required("ids_at");
        }
        let id_at = read::text_or_texts(&table, "id_at");
        if id_at.iter().any(|it| !it.starts_with('/')) {
            table.error("K04", "`id_at` is a JSON pointer, or a list of them");
        }
        let batch = table.number("batch", "ids, from 1").filter(|it| *it > 0).unwrap_or(1);
        let ask = Ask::read(&table);
        let pages = table.table("pages", "pages").and_then(Pages::read);
        let asks = |piece: &Piece| {
            ask.iter().flat_map(Ask::templates).any(|it| it.pieces().contains(piece))
        };
        if ask.is_some() && !asks(&Piece::Ids) {
            table.error("K03", "the question of `details` asks for `{ids}`");
        }
        let counted = pages.as_ref().is_some_and(Pages::is_counted);
        if asks(&Piece::Page) != pages.is_some() || (pages.is_some() && !counted) {
            table.error("K03", "`{page}` of `details` needs `pages` by `offset` or `number`");
        }
        table.finish();
        Some(Self { ids_at: ids_at?, id_at, batch, ask: ask?, pages })
    }
}

#[cfg(test)]
mod tests;
