//! Words of a copybook: without sequence numbers, comments and page markers.

use crate::diagnostic::Place;

/// One word, in capitals unless it is quoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Place,
}

/// The sentences, each up to its period.
pub(super) fn sentences(text: &str) -> Result<Vec<Vec<Word>>, (Place, String)> {
    let columns = has_columns(text);
    let (mut sentences, mut open) = (Vec::new(), Vec::<Word>::new());
    for (number, line) in (1..).zip(text.lines()) {
        let Some((from, code)) = code(line, columns) else { continue };
        let mut rest = code;
        while !rest.trim_start().is_empty() {
            rest = rest.trim_start();
            let before = code.len() - rest.len();
            let column = from + code.get(..before).unwrap_or_default().chars().count();
            let column = u32::try_from(column + 1).unwrap_or(u32::MAX);
            let place = Place { line: number, column };
            let (word, after) =
                word(rest).ok_or((place, "a quote that is not closed".to_owned()))?;
            rest = after;
            let plain = word.trim_end_matches(['.', ',', ';']);
            if !plain.is_empty() {
                let quoted = plain.starts_with(['"', '\'']);
                let text = if quoted { plain.to_owned() } else { plain.to_uppercase() };
                open.push(Word { text, place });
            }
            if word.ends_with('.') {
                sentences.push(std::mem::take(&mut open));
            }
        }
    }
    match open.first() {
        Some(word) => Err((word.place, "the period at the end of this item is missing".to_owned())),
        None => Ok(sentences.into_iter().filter(|it| !it.is_empty()).collect()),
    }
}

/// Whether all lines have a sequence area of six columns.
fn has_columns(text: &str) -> bool {
    text.lines().filter(|it| !it.trim().is_empty()).all(|line| {
        let area: String = line.chars().take(6).collect();
        let mark = line.chars().nth(6).is_none_or(|c| matches!(c, ' ' | '*' | '/' | '-' | 'D'));
        mark && area.chars().all(|c| c == ' ' || c.is_ascii_digit())
    })
}

/// The code of a line and the characters before it; `None` for a comment.
fn code(line: &str, columns: bool) -> Option<(usize, &str)> {
    if !columns {
        let comment = line.trim_start().starts_with('*');
        let code = line.split("*>").next().unwrap_or_default();
        return (!comment).then_some((0, code));
    }
    if matches!(line.chars().nth(6), Some('*' | '/')) {
        return None;
    }
    let at = |count: usize| line.char_indices().nth(count).map_or(line.len(), |(at, _)| at);
    line.get(at(7)..at(72)).map(|it| (7, it))
}

/// The first word, with what stands directly behind it.
fn word(text: &str) -> Option<(&str, &str)> {
    let end = match text.chars().next().filter(|it| matches!(it, '"' | '\'')) {
        Some(quote) => {
            let close = text.get(1..)?.find(quote)? + 2;
            close + text.get(close..)?.find(char::is_whitespace).unwrap_or(text.len() - close)
        }
        None => text.find(char::is_whitespace).unwrap_or(text.len()),
    };
    text.split_at_checked(end)
}
