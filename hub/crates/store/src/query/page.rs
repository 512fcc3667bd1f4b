//! Pages of a list: how many, from where, and where the next one begins.

use canon::id::hex;
use rusqlite::ToSql;
use serde::Serialize;

use crate::error::{Error, Result};

/// Most items on one page.
pub const LIMIT_MAX: u32 = 500;
/// Items on a page when the caller does not say.
const LIMIT_DEFAULT: u32 = 100;

/// Which page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// Items wanted, 1 to [`LIMIT_MAX`].
    pub limit: u32,
    /// `next` of the page before; `None` for the first page.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Listed<T> {
    /// The items, in the order of the list.
    pub items: Vec<T>,
    /// Cursor of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A query put together from the filters that were given.
pub(crate) struct Filter {
    sql: String,
    values: Vec<Box<dyn ToSql>>,
}

// === impl Page ===

impl Default for Page {
    fn default() -> Self {
        Self { limit: LIMIT_DEFAULT, cursor: None }
    }
}

impl Page {
    /// The first page with so many items.
    #[must_use]
    pub fn of(limit: u32) -> Self {
        Self { limit, cursor: None }
    }

    /// Items wanted, checked.
    pub(crate) fn size(&self) -> Result<usize> {
        if self.limit == 0 || self.limit > LIMIT_MAX {
            return Err(Error::BadLimit { found: self.limit, limit_max: LIMIT_MAX });
        }
        Ok(self.limit as usize)
    }

    /// The key after which this page begins, if the cursor is of the list `name`.
    pub(crate) fn after(&self, name: &str) -> Result<Option<String>> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let text = unhex(cursor).ok_or(Error::BadCursor)?;
        let (list, key) = text.split_once('\u{1f}').ok_or(Error::BadCursor)?;
        if list == name { Ok(Some(key.to_owned())) } else { Err(Error::BadCursor) }
    }

    /// As [`Page::after`], for lists whose key is a number.
    pub(crate) fn after_number(&self, name: &str) -> Result<Option<i64>> {
        self.after(name)?.map(|key| key.parse().map_err(|_| Error::BadCursor)).transpose()
    }

    /// Cuts rows, of which one more than wanted was read, to a page.
    pub(crate) fn cut<T>(
        &self,
        name: &str,
        mut rows: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Listed<T>> {
        let size = self.size()?;
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows
            .last()
            .filter(|_| has_more)
            .map(|last| hex(format!("{name}\u{1f}{}", key(last)).as_bytes()));
        Ok(Listed { items: rows, next })
    }
}

impl<T> Listed<T> {
    /// The same page with other items.
    pub(crate) fn map<U>(self, change: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

fn unhex(text: &str) -> Option<String> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let bytes = (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()
}

// === impl Filter ===

impl Filter {
    /// Begins with everything up to and including `WHERE`'s first condition.
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new() }
    }

    /// The value of the next `?n` that the text up to here has.
    pub(crate) fn with<V: ToSql + 'static>(mut self, value: V) -> Self {
        self.values.push(Box::new(value));
        self
    }

    /// Adds ` AND {condition}`, whose one `?` is `value`, when there is a value.
    pub(crate) fn and<V: ToSql + 'static>(mut self, condition: &str, value: Option<V>) -> Self {
        if let Some(value) = value {
            self.values.push(Box::new(value));
            let numbered = condition.replace('?', &format!("?{}", self.values.len()));
            self.sql.push_str(" AND ");
            self.sql.push_str(&numbered);
        }
        self
    }

    /// Only rows after this place in the order of three columns.
    pub(crate) fn after_three(self, columns: [&str; 3], values: [String; 3]) -> Self {
        self.after_row(&columns.join(", "), &values)
    }

    /// Only rows that meet `beyond`, or are after this place in the order of two columns.
    pub(crate) fn after_two(
        mut self,
        beyond: &str,
        columns: [&str; 2],
        values: [String; 2],
    ) -> Self {
        let [one, two] = values;
        self.values.push(Box::new(one));
        self.values.push(Box::new(two));
        let places = self.values.len();
        self.sql.push_str(&format!(
            " AND ({beyond} OR ({}) > (?{}, ?{places}))",
            columns.join(", "),
            places - 1
        ));
        self
    }

    fn after_row(mut self, columns: &str, values: &[String]) -> Self {
        let first = self.values.len() + 1;
        for value in values {
            self.values.push(Box::new(value.clone()));
        }
        let places: Vec<String> = (first..=self.values.len()).map(|at| format!("?{at}")).collect();
        self.sql.push_str(&format!(" AND ({columns}) > ({})", places.join(", ")));
        self
    }

    /// Adds the order and reads one row more than the page holds.
    pub(crate) fn order_by(mut self, order: &str, page: &Page) -> Result<Self> {
        self.sql.push_str(&format!(" ORDER BY {order} LIMIT {}", page.size()? + 1));
        Ok(self)
    }

    /// The rows.
    pub(crate) fn rows<T>(
        &self,
        conn: &rusqlite::Connection,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = conn.prepare_cached(&self.sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(self.values.iter()), read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_serves_its_own_list_only() {
        let page = Page::of(2);
        let listed = page.cut("events", vec![1, 2, 3], ToString::to_string).unwrap();
        assert_eq!(listed.items, [1, 2]);
        let next = Page { limit: 2, cursor: listed.next };
        assert_eq!(next.after_number("events").unwrap(), Some(2));
        assert!(matches!(next.after("letters"), Err(Error::BadCursor)));
        for bad in ["zz", "0", "é", "00ff"] {
            let page = Page { limit: 2, cursor: Some(bad.to_owned()) };
            assert!(matches!(page.after("events"), Err(Error::BadCursor)), "{bad}");
        }
        assert!(page.cut("events", vec![1, 2], ToString::to_string).unwrap().next.is_none());
        assert!(matches!(Page::of(0).size(), Err(Error::BadLimit { .. })));
        assert!(matches!(Page::of(501).size(), Err(Error::BadLimit { .. })));
    }
}
