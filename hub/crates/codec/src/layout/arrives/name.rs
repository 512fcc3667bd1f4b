//! Names of files as a pattern: `JNL_{store}_{date:YYYYMMDD}_{sequence}.csv`.
//!
//! Each placeholder takes as many fitting characters as there are, or exactly
//! as many as it says, so a name is read in one way only.

use canon::{calendar::Day, entry::FileFacts};

/// How files are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// Letters, digits and hyphens.
    Store(Option<usize>),
    /// `Y`, `M`, `D` and anything between them.
    Date(String),
    /// Digits.
    Sequence(Option<usize>),
    /// Anything up to the next literal.
    Any,
}

// === impl NamePattern ===

impl NamePattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (literal, from) = rest.split_at(open);
            push_literal(&mut parts, literal);
            let close = from.find('}').ok_or("a `{` without its `}`")?;
            let inside = from.get(1..close).unwrap_or_default();
            parts.push(Part::read(inside)?);
            rest = from.get(close + 1..).unwrap_or_default();
        }
        push_literal(&mut parts, rest);
        for (part, next) in parts.iter().zip(parts.iter().skip(1)) {
            if !part.ends_before(next) {
                return Err(format!("nothing says where the placeholder before `{next}` ends"));
            }
        }
        let count = |is: fn(&Part) -> bool| parts.iter().filter(|it| is(it)).count();
        let once = [
            count(|it| matches!(it, Part::Store(_))),
            count(|it| matches!(it, Part::Date(_))),
            count(|it| matches!(it, Part::Sequence(_))),
        ];
        if once.iter().any(|it| *it > 1) {
            return Err("a placeholder stands twice".to_owned());
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether names have a number.
    pub fn has_sequence(&self) -> bool {
        self.parts.iter().any(|it| matches!(it, Part::Sequence(_)))
    }

    /// Whether names have a day.
    pub fn has_date(&self) -> bool {
        self.parts.iter().any(|it| matches!(it, Part::Date(_)))
    }

    /// What a name says; `None` when it does not fit.
    pub fn read(&self, name: &str) -> Option<FileFacts> {
        let mut facts = FileFacts { name: name.to_owned(), ..FileFacts::default() };
        let mut rest = name;
        for (index, part) in self.parts.iter().enumerate() {
            let length = match part {
                Part::Literal(literal) => rest.starts_with(literal).then_some(literal.len())?,
                Part::Store(count) => run(rest, *count, is_of_store)?,
                Part::Sequence(count) => run(rest, *count, |it| it.is_ascii_digit())?,
                Part::Date(format) => rest.get(..format.len()).map(str::len)?,
                Part::Any => match self.parts.get(index + 1) {
                    Some(Part::Literal(next)) => rest.find(next.as_str())?,
                    _ => rest.len(),
                },
            };
            let (taken, after) = rest.split_at_checked(length)?;
            match part {
                Part::Store(_) => taken.clone_into(&mut facts.series),
                Part::Sequence(_) => facts.sequence = Some(taken.parse().ok()?),
                Part::Date(format) => facts.day = Some(day(format, taken)?),
                Part::Literal(_) | Part::Any => {}
            }
            rest = after;
        }
        rest.is_empty().then_some(facts)
    }
}

// === impl Part ===

impl Part {
    fn read(text: &str) -> Result<Self, String> {
        let (word, more) = match text.split_once(':') {
            Some((word, more)) => (word, Some(more)),
            None => (text, None),
        };
        let count = |more: Option<&str>| {
            let read = |it: &str| it.parse::<usize>().ok().filter(|it| (1..=18).contains(it));
            more.map(|it| read(it).ok_or(format!("{{{text}}}: a number of characters, 1 to 18")))
                .transpose()
        };
        match word {
            "store" => Ok(Self::Store(count(more)?)),
            "sequence" => Ok(Self::Sequence(count(more)?)),
            "*" if more.is_none() => Ok(Self::Any),
            "date" => {
                let format = more.unwrap_or("YYYYMMDD");
                let of = |letter| format.chars().filter(|it| *it == letter).count();
                let is_whole = matches!(of('Y'), 2 | 4) && of('M') == 2 && of('D') == 2;
                if !is_whole || !format.is_ascii() {
                    return Err(format!("{{{text}}}: YYYY (or YY), MM and DD are needed"));
                }
                Ok(Self::Date(format.to_owned()))
            }
            _ => {
                Err(format!("{{{text}}}: one of {{store}}, {{date:YYYYMMDD}}, {{sequence}}, {{*}}"))
            }
        }
    }

    /// Whether it is clear where this one ends when `next` follows.
    fn ends_before(&self, next: &Self) -> bool {
        let first = |is_own: fn(char) -> bool| match next {
            Self::Literal(text) => !text.chars().next().is_some_and(is_own),
            Self::Store(_) | Self::Date(_) | Self::Sequence(_) | Self::Any => false,
        };
        match self {
            Self::Store(None) => first(is_of_store),
            Self::Sequence(None) => first(|it| it.is_ascii_digit()),
            Self::Any => matches!(next, Self::Literal(_)),
            Self::Literal(_) | Self::Date(_) | Self::Store(Some(_)) | Self::Sequence(Some(_)) => {
                true
            }
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Store(_) => f.write_str("{store}"),
            Self::Date(_) => f.write_str("{date}"),
            Self::Sequence(_) => f.write_str("{sequence}"),
            Self::Any => f.write_str("{*}"),
        }
    }
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
}

fn is_of_store(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '-'
}

/// Bytes of the characters at the start that fit: exactly `count` of them, or
/// all there are, but at least one.
fn run(text: &str, count: Option<usize>, fits: impl Fn(char) -> bool) -> Option<usize> {
    let end = text.find(|it| !fits(it)).unwrap_or(text.len());
    match count {
        Some(count) => (end >= count).then_some(count),
        None => (end > 0).then_some(end),
    }
}

/// The day that `text` names in `format`; a year of two digits is of this century.
fn day(format: &str, text: &str) -> Option<Day> {
    let (mut year, mut month, mut day, mut year_digits) = (0, 0, 0, 0);
    for (letter, char) in format.chars().zip(text.chars()) {
        let digit = char.to_digit(10).map(i64::from);
        match letter {
            'Y' => {
                year = year * 10 + digit?;
                year_digits += 1;
            }
            'M' => month = month * 10 + digit?,
            'D' => day = day * 10 + digit?,
            _ if letter == char => {}
            _ => return None,
        }
    }
    Day::new(if year_digits == 2 { 2000 + year } else { year }, month, day)
}
