//! Paths with holes: `/customers/{body:/key}`. What fills a hole is escaped.
//! `{{` stands for a brace.

use std::fmt::{self, Write as _};

/// A path or value with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Stands as it is.
    Text(String),
    /// `{body:/pointer}`: a text or number of the rendered JSON.
    Body(String),
    /// `{data:/pointer}`: a text or number of the event's data.
    Data(String),
    /// `{need:name}`: one of the operation's needs.
    Need(String),
    /// `{setting:name}`: a setting of the channel.
    Setting(String),
    /// `{cursor}`: where a pull goes on.
    Cursor,
    /// `{page}`: which page of an answer a pull asks for.
    Page,
    /// `{until}`: the end of the span of time a pull asks for.
    Until,
    /// `{ids}`: what a pull asks the details of.
    Ids,
    /// `{key}`: the idempotency key.
    Key,
}

/// Why a text is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `{` without `}`.
    #[error("a `{{` is not closed")]
    Open,
    /// Not a hole that is known.
    #[error("`{{{0}}}` is not a known hole")]
    Unknown(String),
    /// A JSON pointer must start with `/`.
    #[error("`{0}` is not a JSON pointer: it must start with `/`")]
    Pointer(String),
}

// === impl Template ===

impl Template {
    /// Reads the text form.
    ///
    /// # Errors
    /// A hole that is not closed or not known.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            push_text(&mut pieces, before);
            if let Some(tail) = after.strip_prefix('{') {
                push_text(&mut pieces, "{");
                rest = tail;
                continue;
            }
            let (hole, tail) = after.split_once('}').ok_or(Fault::Open)?;
            pieces.push(Piece::parse(hole)?);
            rest = tail;
        }
        push_text(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// Its pieces, in order.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text with each hole filled and percent-encoded (RFC 3986, all but
    /// unreserved characters); only `{ids}` is encoded already, see [`encoded`], and
    /// a setting may be a path of several segments: its slashes stay.
    ///
    /// # Errors
    /// The hole that has no value, or one that would lead up the path: `..`.
    pub fn fill<'t>(
        &'t self,
        mut value: impl FnMut(&'t Piece) -> Option<String>,
    ) -> Result<String, &'t Piece> {
        let leads_up = |piece: &Piece, text: &str| match piece {
            Piece::Setting(_) => text.split('/').any(is_dots),
            _ => is_dots(text),
        };
        self.fill_with(|piece| value(piece).filter(|it| !leads_up(piece, it)), push_encoded)
    }

    /// As [`Template::fill`], without escaping: for query values, which the
    /// HTTP client escapes.
    ///
    /// # Errors
    /// The hole that has no value.
    pub fn fill_plain<'t>(
        &'t self,
        value: impl FnMut(&'t Piece) -> Option<String>,
    ) -> Result<String, &'t Piece> {
        self.fill_with(value, |text, _, value| text.push_str(value))
    }

    /// As [`Template::fill`], escaped as inside a JSON string; only `{ids}` is
    /// JSON already.
    ///
    /// # Errors
    /// The hole that has no value.
    pub fn fill_json<'t>(
        &'t self,
        value: impl FnMut(&'t Piece) -> Option<String>,
    ) -> Result<String, &'t Piece> {
        self.fill_with(value, push_json)
    }

    fn fill_with<'t>(
        &'t self,
        mut value: impl FnMut(&'t Piece) -> Option<String>,
        push: fn(&mut String, &Piece, &str),
    ) -> Result<String, &'t Piece> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Body(_)
                | Piece::Data(_)
                | Piece::Need(_)
                | Piece::Setting(_)
                | Piece::Cursor
                | Piece::Page
                | Piece::Until
                | Piece::Ids
                | Piece::Key => push(&mut text, piece, &value(piece).ok_or(piece)?),
            }
        }
        Ok(text)
    }
}

impl Piece {
    /// What may stand in a hole, for messages.
    pub const KNOWN: [&'static str; 9] =
        ["body:/…", "data:/…", "need:…", "setting:…", "cursor", "page", "until", "ids", "key"];

    fn parse(hole: &str) -> Result<Self, Fault> {
        let pointer = |it: &str| {
            let fault = || Fault::Pointer(it.to_owned());
            it.starts_with('/').then(|| it.to_owned()).ok_or_else(fault)
        };
        match hole.split_once(':') {
            Some(("body", rest)) => pointer(rest).map(Self::Body),
            Some(("data", rest)) => pointer(rest).map(Self::Data),
            Some(("need", rest)) if !rest.is_empty() => Ok(Self::Need(rest.to_owned())),
            Some(("setting", rest)) if !rest.is_empty() => Ok(Self::Setting(rest.to_owned())),
            None if hole == "cursor" => Ok(Self::Cursor),
            None if hole == "page" => Ok(Self::Page),
            None if hole == "until" => Ok(Self::Until),
            None if hole == "ids" => Ok(Self::Ids),
            None if hole == "key" => Ok(Self::Key),
            Some(_) | None => Err(Fault::Unknown(hole.to_owned())),
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&text.replace('{', "{{")),
            Self::Body(pointer) => write!(f, "{{body:{pointer}}}"),
            Self::Data(pointer) => write!(f, "{{data:{pointer}}}"),
            Self::Need(name) => write!(f, "{{need:{name}}}"),
            Self::Setting(name) => write!(f, "{{setting:{name}}}"),
            Self::Cursor => f.write_str("{cursor}"),
            Self::Page => f.write_str("{page}"),
            Self::Until => f.write_str("{until}"),
            Self::Ids => f.write_str("{ids}"),
            Self::Key => f.write_str("{key}"),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| piece.fmt(f))
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// As the inside of a JSON string.
fn push_json(text: &mut String, piece: &Piece, value: &str) {
    if matches!(piece, Piece::Ids) {
        text.push_str(value);
        return;
    }
    let quoted = serde_json::Value::from(value).to_string();
    text.push_str(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default());
}

/// Whether a URL takes a part of a path for a step up or for nothing, however it
/// is written (WHATWG URL, "double-dot path segment").
#[must_use]
pub fn is_dots(part: &str) -> bool {
    matches!(part, "." | "..")
}

/// A text percent-encoded (RFC 3986, all but unreserved characters).
#[must_use]
pub fn encoded(value: &str) -> String {
    let mut text = String::new();
    push_encoded(&mut text, &Piece::Key, value);
    text
}

fn push_encoded(text: &mut String, piece: &Piece, value: &str) {
    // The parts of ids are escaped one by one by who joins them.
    if matches!(piece, Piece::Ids) {
        text.push_str(value);
        return;
    }
    let keeps_slashes = matches!(piece, Piece::Setting(_));
    for byte in value.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain || keeps_slashes && byte == b'/' {
            text.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _infallible = write!(text, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_hole_cannot_leave_its_place() {
        let template = Template::parse("/shops/{setting:shop}/customers/{body:/key}").unwrap();
        let filled = template.fill(|piece| match piece {
            Piece::Setting(_) => Some("a b".to_owned()),
            _ => Some("../x?y=1".to_owned()),
        });
        assert_eq!(filled.unwrap(), "/shops/a%20b/customers/..%2Fx%3Fy%3D1");
        assert_eq!(template.to_string(), "/shops/{setting:shop}/customers/{body:/key}");
        let up = template.fill(|_| Some("..".to_owned()));
        assert_eq!(up, Err(&Piece::Setting("shop".into())));
        let template = Template::parse("{setting:path}").unwrap();
        let path = |text: &str| template.fill(|_| Some(text.to_owned())).ok();
        assert_eq!(path("/edi/in box?").as_deref(), Some("/edi/in%20box%3F"));
        assert_eq!(path("/edi/../admin"), None);
    }

    #[test]
    fn a_json_body_keeps_its_braces() {
        let text = r#"{{"after":"{cursor}","all":{{}}"#;
        let template = Template::parse(text).unwrap();
        let filled = template.fill_json(|_| Some("a\"b".to_owned())).unwrap();
        assert_eq!(filled, r#"{"after":"a\"b","all":{}}"#);
        assert_eq!(template.to_string(), text);
    }

    #[test]
    fn an_unknown_hole_and_an_empty_one_are_faults() {
        assert_eq!(Template::parse("/a/{id"), Err(Fault::Open));
        assert_eq!(Template::parse("/a/{id}"), Err(Fault::Unknown("id".into())));
        assert_eq!(Template::parse("/a/{body:id}"), Err(Fault::Pointer("id".into())));
        let template = Template::parse("/a/{need:x}").unwrap();
        assert_eq!(template.fill(|_| None), Err(&Piece::Need("x".into())));
    }
}
