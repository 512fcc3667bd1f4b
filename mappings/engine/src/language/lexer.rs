//! Cuts a rule's text into tokens.

use super::expr::{Span, is_name_char};

/// One token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) span: Span,
    pub(crate) kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    Name(String),
    Text(String),
    Number(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// A text that cannot be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SyntaxFault {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) help: Option<String>,
}

/// Longest first, so that `<=` is not read as `<`.
const SIGNS: [&str; 25] = [
    "../", "||", "&&", "==", "!=", "<=", ">=", "|", "(", ")", "[", "]", ",", ".", "=", "<", ">",
    "+", "-", "*", "!", "?", ":", "/", "%",
];

/// All tokens of `text`, the last one [`TokenKind::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxFault> {
    let mut lexer = Lexer { rest: text, at: 0 };
    let mut found = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.kind == TokenKind::End;
        found.push(token);
        if end {
            return Ok(found);
        }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    at: u32,
}

impl Lexer<'_> {
    fn next(&mut self) -> Result<Token, SyntaxFault> {
        let blanks = self.rest.chars().take_while(|c| c.is_whitespace()).count();
        self.skip(blanks);
        let start = self.at;
        let kind = match self.rest.chars().next() {
            None => TokenKind::End,
            Some('"') => TokenKind::Text(self.text()?),
            Some(c) if c.is_ascii_digit() => TokenKind::Number(self.number()),
            Some(c) if is_name_char(c) => TokenKind::Name(self.take_while(is_name_char)),
            Some(c) => self.sign(c)?,
        };
        Ok(Token { span: Span { start, width: (self.at - start).max(1) }, kind })
    }

    fn skip(&mut self, chars: usize) {
        let bytes: usize = self.rest.chars().take(chars).map(char::len_utf8).sum();
        self.rest = self.rest.get(bytes..).unwrap_or("");
        self.at = self.at.saturating_add(u32::try_from(chars).unwrap_or(u32::MAX));
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let taken: String = self.rest.chars().take_while(|c| wanted(*c)).collect();
        self.skip(taken.chars().count());
        taken
    }

    fn number(&mut self) -> String {
        let mut text = self.take_while(|c| c.is_ascii_digit());
        let mut after = self.rest.chars();
        if after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit()) {
            self.skip(1);
            text.push('.');
            text.push_str(&self.take_while(|c| c.is_ascii_digit()));
        }
        text
    }

    fn sign(&mut self, found: char) -> Result<TokenKind, SyntaxFault> {
        let sign = SIGNS.iter().find(|sign| self.rest.starts_with(**sign));
        let Some(sign) = sign else {
            return Err(SyntaxFault {
                span: Span { start: self.at, width: 1 },
                message: format!("the character {found:?} has no meaning here"),
                expected: Some("a path, a function, a literal or an operator".into()),
                help: (found == '\'').then(|| "texts stand in double quotes".to_owned()),
            });
        };
        self.skip(sign.chars().count());
        Ok(TokenKind::Sign(sign))
    }

    /// A JSON string.
    fn text(&mut self) -> Result<String, SyntaxFault> {
        let mut escaped = false;
        let close = self.rest.char_indices().skip(1).find_map(|(index, c)| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes.then_some(index)
        });
        let literal = close.and_then(|index| self.rest.get(..=index));
        let Some(literal) = literal else {
            return Err(SyntaxFault {
                span: Span { start: self.at, width: 1 },
                message: "this text has no end".into(),
                expected: Some("a closing double quote".into()),
                help: None,
            });
        };
        let width = literal.chars().count();
        let decoded = serde_json::from_str(literal).map_err(|fault| SyntaxFault {
            span: Span { start: self.at, width: u32::try_from(width).unwrap_or(1) },
            message: format!("this text cannot be read: {fault}"),
            expected: Some("a JSON string".into()),
            help: None,
        })?;
        self.skip(width);
        Ok(decoded)
    }
}
