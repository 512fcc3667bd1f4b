//! One condition on one record: declared in manifests, asked by the hub.

use codec::yaml::Table;

use super::read;

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// On what.
    pub field: Field,
    /// What must hold.
    pub test: Test,
}

/// What a predicate looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// RFC 6901 pointer into a JSON document; written with its leading `/`.
    Pointer(String),
    /// A field of a layout, by name.
    Cell(String),
}

/// What must hold. Texts are compared as written; JSON numbers by their literal
/// text, JSON booleans as `true` and `false`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is there (`true`): present, not null, not empty text; or it is not.
    Exists(bool),
    /// It is one of these.
    OneOf(Vec<String>),
    /// It is there, and none of these.
    NoneOf(Vec<String>),
}

// === impl Predicate ===

impl Predicate {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let field = table.required_text("field").map(Field::of);
        let exists = table.bool("exists").map(Test::Exists);
        let equals = table.text("equals").map(|it| Test::OneOf(vec![it.to_owned()]));
        let list = |key, test: fn(Vec<String>) -> Test| {
            let texts = read::text_or_texts(&table, key);
            (!texts.is_empty()).then(|| test(texts))
        };
        let tests = [exists, equals, list("one_of", Test::OneOf), list("none_of", Test::NoneOf)];
        let mut tests: Vec<Test> = tests.into_iter().flatten().collect();
        if tests.len() != 1 {
            let message = "a condition needs one of `exists`, `equals`, `one_of`, `none_of`";
            table.error("K09", message);
        }
        table.finish();
        Some(Self { field: field?, test: tests.pop()? })
    }

    pub(super) fn read_all(table: &Table<'_>) -> Vec<Self> {
        table.tables("when", "a condition").into_iter().filter_map(Self::read).collect()
    }
}

// === impl Field ===

impl Field {
    fn of(text: &str) -> Self {
        if text.starts_with('/') {
            Self::Pointer(text.to_owned())
        } else {
            Self::Cell(text.to_owned())
        }
    }
}

// === impl Test ===

impl Test {
    /// Whether it holds for `found`: the text, or `None` when it is not there.
    #[must_use]
    pub fn holds(&self, found: Option<&str>) -> bool {
        let found = found.filter(|it| !it.is_empty());
        match self {
            Self::Exists(wanted) => found.is_some() == *wanted,
            Self::OneOf(texts) => found.is_some_and(|it| texts.iter().any(|text| text == it)),
            Self::NoneOf(texts) => found.is_some_and(|it| texts.iter().all(|text| text != it)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_holds_for_what_is_there() {
        let one_of = Test::OneOf(vec!["a".into(), "b".into()]);
        let none_of = Test::NoneOf(vec!["a".into()]);
        for (test, found, want) in [
            (&Test::Exists(true), Some("x"), true),
            (&Test::Exists(true), Some(""), false),
            (&Test::Exists(false), None, true),
            (&one_of, Some("b"), true),
            (&one_of, Some("c"), false),
            (&one_of, None, false),
            (&none_of, Some("b"), true),
            (&none_of, Some("a"), false),
            (&none_of, None, false),
        ] {
            assert_eq!(test.holds(found), want, "{test:?} {found:?}");
        }
    }
}
