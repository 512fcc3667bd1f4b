//! Functions of texts and of lists of texts.

use codec::charset::{Charset, Policy, Profile};
use unicode_normalization::UnicodeNormalization;

use super::{
    fault::{Done, Stepped, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    functions::kana,
    plan::op::Op,
    value::{Span, Value},
};

impl<T: Trace> Machine<'_, T> {
    pub(super) fn text_step(&mut self, op: &Op, value: Value) -> Stepped {
        if let Op::JoinTexts(with) = op {
            return self.join_texts(*with, value);
        }
        let Value::Text(span) = value else { return fault(value, "a text") };
        if let Some(value) = self.normal_form(op, span) {
            return Ok(value);
        }
        Ok(match op {
            Op::Strip(unwanted) => self.rewrite(span, |text, out| {
                out.extend(text.chars().filter(|c| !unwanted.contains(*c)))
            }),
            Op::Replace { from, to } => {
                let to = self.text(*to).to_owned();
                self.rewrite(span, |text, out| out.push_str(&text.replace(&**from, &to)))
            }
            Op::Prefix(with) | Op::Suffix(with) => return self.affix(op, span, *with),
            Op::WithoutPrefix { prefix, strict } => {
                let starts = self.text(span).starts_with(&**prefix);
                match (starts, *strict) {
                    (true, _) => Value::Text(cut(span, prefix.len(), span.len as usize)),
                    (false, true) => {
                        return fault(value, format!("a text that begins with {prefix:?}"));
                    }
                    (false, false) => value,
                }
            }
            Op::Slice { from, to } => Value::Text(self.slice(span, *from, *to)),
            Op::Split(by) => self.split(span, by),
            Op::Pad { width, with, left } => self.pad(span, *width, *with, *left),
            Op::TruncateChars(most) => {
                let shorter = Value::Text(self.slice(span, 0, Some(i64::from(*most))));
                self.lost("truncate_chars", value, shorter);
                shorter
            }
            Op::TruncateBytes(most, charset) => return self.truncate_bytes(span, *most, *charset),
            Op::Matches(pattern) => {
                if !pattern.is_match(self.text(span)) {
                    return fault(value, format!("a text like {}", pattern.as_str()));
                }
                value
            }
            Op::Capture(pattern) => self.capture(span, pattern),
            _ => return fault(value, "a text"),
        })
    }

    /// Functions that write the text in one form.
    fn normal_form(&mut self, op: &Op, span: Span) -> Option<Value> {
        let text = self.text(span);
        let ascii = text.is_ascii();
        Some(match op {
            Op::Trim => {
                let start = text.len() - text.trim_start().len();
                Value::Text(cut(span, start, text.trim_end().len().max(start)))
            }
            Op::CollapseSpace => self.rewrite(span, |text, out| {
                for (index, word) in text.split_whitespace().enumerate() {
                    if index > 0 {
                        out.push(' ');
                    }
                    out.push_str(word);
                }
            }),
            Op::Upper => self
                .rewrite(span, |text, out| out.extend(text.chars().flat_map(char::to_uppercase))),
            Op::Lower => self
                .rewrite(span, |text, out| out.extend(text.chars().flat_map(char::to_lowercase))),
            Op::Nfc | Op::Nfkc | Op::Width(_) if ascii && !op.widens() => Value::Text(span),
            Op::Nfc => self.rewrite(span, |text, out| out.extend(text.nfc())),
            Op::Nfkc => {
                let after = self.rewrite(span, |text, out| out.extend(text.nfkc()));
                self.lost("nfkc", Value::Text(span), after);
                after
            }
            Op::Width(table) => self.rewrite(span, |text, out| table.fold(text, out)),
            Op::KanaFull => self.rewrite(span, kana::full),
            Op::KanaHalf => self.rewrite(span, kana::half),
            Op::KanaHira => {
                self.rewrite(span, |text, out| out.extend(text.chars().map(kana::hira)))
            }
            Op::Digits => self.rewrite(span, |text, out| {
                out.extend(text.chars().filter_map(kana::ascii_digit));
            }),
            _ => return None,
        })
    }

    pub(super) fn text_of(&mut self, value: &mut Value) -> Done {
        match *value {
            Value::Text(_) => {}
            // The literal text: `1.0` stays `1.0`.
            Value::Number(span) => *value = Value::Text(span),
            Value::Tree { .. } | Value::Texts { .. } => return fault(*value, "a single value"),
            Value::Missing
            | Value::Null
            | Value::Bool(_)
            | Value::Decimal(_)
            | Value::Money(_)
            | Value::Instant(_)
            | Value::Date(_) => {
                let mut draft = self.draft();
                self.plain(*value, &mut draft);
                *value = self.push_draft(draft);
            }
        }
        Ok(())
    }

    fn affix(&mut self, op: &Op, span: Span, with: u32) -> Stepped {
        let with = self.expr(with)?;
        if with.is_absent() {
            return Ok(Value::Text(span));
        }
        let mut joined = self.draft();
        let before = matches!(op, Op::Prefix(_));
        if before {
            self.plain(with, &mut joined);
        }
        joined.push_str(self.text(span));
        if !before {
            self.plain(with, &mut joined);
        }
        Ok(self.push_draft(joined))
    }

    /// Characters `from` up to before `to`; negative counts from the end.
    fn slice(&self, span: Span, from: i64, to: Option<i64>) -> Span {
        let text = self.text(span);
        let count = if from < 0 || to.is_some_and(|to| to < 0) { text.chars().count() } else { 0 };
        let place = |at: i64| -> usize {
            if at < 0 {
                count.saturating_sub(usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX))
            } else {
                usize::try_from(at).unwrap_or(usize::MAX)
            }
        };
        let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(index, _)| index);
        let start = byte(place(from));
        let end = to.map_or(text.len(), |to| byte(place(to))).max(start);
        cut(span, start, end)
    }

    fn split(&mut self, span: Span, by: &str) -> Value {
        let mut texts = std::mem::take(self.texts);
        let first = crate::input::offset(texts.len());
        let text = self.text(span);
        let mut at = 0;
        if !text.is_empty() {
            for part in text.split(by) {
                texts.push(cut(span, at, at + part.len()));
                at += part.len() + by.len();
            }
        }
        let len = crate::input::offset(texts.len()) - first;
        *self.texts = texts;
        Value::Texts { first, len }
    }

    fn pad(&mut self, span: Span, width: u32, with: char, left: bool) -> Value {
        self.rewrite(span, |text, out| {
            let missing = (width as usize).saturating_sub(text.chars().count());
            let fill = std::iter::repeat_n(with, missing);
            if left {
                out.extend(fill);
                out.push_str(text);
            } else {
                out.push_str(text);
                out.extend(fill);
            }
        })
    }

    /// As many whole characters as fit into so many bytes of a charset.
    fn truncate_bytes(&mut self, span: Span, most: u32, charset: Charset) -> Stepped {
        let text = self.text(span);
        let mut end = 0;
        for (index, c) in text.char_indices() {
            let next = index + c.len_utf8();
            match bytes_in(charset, text.get(..next).unwrap_or_default()) {
                Ok(bytes) if bytes <= most as usize => end = next,
                Ok(_) => break,
                Err(c) => {
                    return fault(
                        Value::Text(span),
                        format!("no {c:?}, which {charset} does not have"),
                    );
                }
            }
        }
        let shorter = Value::Text(cut(span, 0, end));
        self.lost("truncate_bytes", Value::Text(span), shorter);
        Ok(shorter)
    }

    fn capture(&self, span: Span, pattern: &regex::Regex) -> Value {
        let found = pattern.captures(self.text(span));
        let group = found.and_then(|it| it.get(1).or(it.get(0)).map(|it| it.range()));
        group.map_or(Value::Missing, |range| Value::Text(cut(span, range.start, range.end)))
    }

    fn join_texts(&mut self, with: Span, value: Value) -> Stepped {
        let Value::Texts { first, len } = value else { return fault(value, "a list of texts") };
        let mut joined = self.draft();
        for index in first..first.saturating_add(len) {
            if index > first {
                joined.push_str(self.text(with));
            }
            let span = self.texts.get(index as usize).copied();
            joined.push_str(span.map_or("", |span| self.text(span)));
        }
        Ok(self.push_draft(joined))
    }
}

/// A part of a span, by bytes from its start.
fn cut(span: Span, start: usize, end: usize) -> Span {
    let offset = crate::input::offset;
    Span {
        source: span.source,
        start: span.start + offset(start),
        len: offset(end) - offset(start),
    }
}

/// Bytes of a text in a charset; the character that it does not have.
pub(crate) fn bytes_in(charset: Charset, text: &str) -> Result<usize, char> {
    if charset == Charset::Utf8 || (charset.is_ascii_safe() && text.is_ascii()) {
        return Ok(text.len());
    }
    let mut out = Vec::with_capacity(text.len());
    let written = Profile::new(charset).encode(text, &Policy::refuse(), &mut out, &mut Vec::new());
    match written {
        Ok(()) => Ok(out.len()),
        Err(unwritable) => Err(unwritable.found),
    }
}
