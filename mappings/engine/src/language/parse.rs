//! Reads a rule's text into its tree.
//!
//! ```text
//! full    = choose ( "|" name [ "(" args ")" ] )*
//! choose  = or [ "?" full ":" full ]
//! or      = and ( "||" and )*          and = not ( "&&" not )*
//! not     = "!" not | compare
//! compare = sum [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" ) sum ]
//! sum     = product ( ( "+" | "-" ) product )*
//! product = primary ( "*" primary )*
//! primary = literal | path | "has(" full ")" | "(" full ")" | "[" full , … "]" | "-" primary
//! ```

use super::{
    expr::{Arg, Binary, Call, Expr, ExprKind, Origin, Path, Span, Step},
    lexer::{SyntaxFault, Token, TokenKind, tokens},
};

/// How deep brackets may nest; bounds the stack.
const DEPTH_MAX: u32 = 48;

/// How many operators one expression may have; bounds the depth of its tree.
const OPERATORS_MAX: u32 = 256;

/// Reads one expression, all of `text`.
pub(crate) fn expression(text: &str) -> Result<Expr, SyntaxFault> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    let expr = parser.full()?;
    match parser.peek().kind {
        TokenKind::End => Ok(expr),
        _ => {
            Err(parser.fault("something stands after the end of the expression", "`|` or the end"))
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    operators: u32,
}

type Parsed<T> = Result<T, SyntaxFault>;

impl Parser {
    fn peek(&self) -> Token {
        let end = || Token { span: Span::default(), kind: TokenKind::End };
        self.tokens.get(self.at).or(self.tokens.last()).cloned().unwrap_or_else(end)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(Span::default(), |it| it.span)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token { kind: TokenKind::Sign(it), .. }) if *it == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn want(&mut self, sign: &'static str, after: &str) -> Parsed<Span> {
        let span = self.span();
        if self.take(sign) {
            return Ok(span);
        }
        Err(self.fault(&format!("`{sign}` is missing {after}"), &format!("`{sign}`")))
    }

    fn fault(&self, message: &str, expected: &str) -> SyntaxFault {
        SyntaxFault {
            span: self.span(),
            message: message.to_owned(),
            expected: Some(expected.to_owned()),
            help: None,
        }
    }

    /// Counts one operator.
    fn operator(&mut self) -> Parsed<()> {
        self.operators += 1;
        if self.operators > OPERATORS_MAX {
            return Err(self.fault("this expression is too long", "at most 256 operators"));
        }
        Ok(())
    }

    fn binary(
        &mut self,
        op: Binary,
        left: Expr,
        right: impl Fn(&mut Self) -> Parsed<Expr>,
    ) -> Parsed<Expr> {
        self.operator()?;
        let right = right(self)?;
        let span = left.span.to(right.span);
        let kind = ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) };
        Ok(Expr { span, kind })
    }

    fn full(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.fault("brackets nest too deep", "at most 48 levels"));
        }
        let head = self.choose()?;
        let mut calls = Vec::new();
        while self.take("|") {
            calls.push(self.call()?);
        }
        self.depth -= 1;
        let Some(last) = calls.last() else { return Ok(head) };
        let span = head.span.to(last.span);
        Ok(Expr { span, kind: ExprKind::Pipe { head: Box::new(head), calls } })
    }

    fn call(&mut self) -> Parsed<Call> {
        let Token { span, kind } = self.peek();
        let TokenKind::Name(name) = kind else {
            return Err(self.fault("a function is missing after `|`", "the name of a function"));
        };
        self.at += 1;
        let mut args = Vec::new();
        let mut end = span;
        if self.take("(") {
            while !self.is(")") {
                args.push(self.arg()?);
                if !self.take(",") {
                    break;
                }
            }
            end = self.want(")", "after the arguments")?;
        }
        Ok(Call { name, span: span.to(end), args })
    }

    fn arg(&mut self) -> Parsed<Arg> {
        let named =
            matches!(self.tokens.get(self.at + 1), Some(Token { kind: TokenKind::Sign("="), .. }));
        if let (true, TokenKind::Name(name)) = (named, self.peek().kind) {
            self.at += 2;
            return Ok(Arg { name: Some(name), value: self.full()? });
        }
        Ok(Arg { name: None, value: self.full()? })
    }

    fn choose(&mut self) -> Parsed<Expr> {
        let cond = self.or()?;
        if !self.take("?") {
            return Ok(cond);
        }
        let yes = self.full()?;
        self.want(":", "between the two values of `?`")?;
        let no = self.full()?;
        let span = cond.span.to(no.span);
        let (cond, yes, no) = (Box::new(cond), Box::new(yes), Box::new(no));
        Ok(Expr { span, kind: ExprKind::Choose { cond, yes, no } })
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.take("||") {
            left = self.binary(Binary::Or, left, Self::and)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.not()?;
        while self.take("&&") {
            left = self.binary(Binary::And, left, Self::not)?;
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let mut negations = 0_u32;
        while self.take("!") {
            negations += 1;
            self.operator()?;
        }
        let mut inner = self.compare()?;
        for _ in 0..negations.min(DEPTH_MAX) {
            inner = Expr { span: span.to(inner.span), kind: ExprKind::Not(Box::new(inner)) };
        }
        Ok(inner)
    }

    fn compare(&mut self) -> Parsed<Expr> {
        let left = self.sum()?;
        let op = match self.peek().kind {
            TokenKind::Sign("==") => Binary::Equal,
            TokenKind::Sign("!=") => Binary::NotEqual,
            TokenKind::Sign("<") => Binary::Less,
            TokenKind::Sign("<=") => Binary::LessOrEqual,
            TokenKind::Sign(">") => Binary::Greater,
            TokenKind::Sign(">=") => Binary::GreaterOrEqual,
            TokenKind::Name(name) if name == "in" => Binary::In,
            TokenKind::Sign("=") => {
                let mut fault = self.fault("`=` does not compare", "`==`");
                fault.help = Some("write `==`".into());
                return Err(fault);
            }
            _ => return Ok(left),
        };
        self.at += 1;
        self.binary(op, left, Self::sum)
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        loop {
            if self.take("+") {
                left = self.binary(Binary::Plus, left, Self::product)?;
            } else if self.take("-") {
                left = self.binary(Binary::Minus, left, Self::product)?;
            } else {
                return Ok(left);
            }
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.primary()?;
        while self.take("*") {
            left = self.binary(Binary::Times, left, Self::primary)?;
        }
        if self.is("/") || self.is("%") {
            let mut fault = self.fault("there is no division operator", "`+`, `-` or `*`");
            fault.help = Some("name the rounding: `| divide(by, scale, mode)`".into());
            return Err(fault);
        }
        Ok(left)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let Token { span, kind } = self.peek();
        match kind {
            TokenKind::Text(text) => Ok(self.literal(span, ExprKind::Text(text))),
            TokenKind::Number(text) => Ok(self.literal(span, ExprKind::Number(text))),
            TokenKind::Sign("(") => {
                self.at += 1;
                let inner = self.full()?;
                let end = self.want(")", "after the bracket")?;
                Ok(Expr { span: span.to(end), kind: inner.kind })
            }
            TokenKind::Sign("[") if self.odd_name() => self.path(),
            TokenKind::Sign("[") => self.list(span),
            TokenKind::Sign("-") => {
                self.at += 1;
                if let Token { kind: TokenKind::Number(text), span: end } = self.peek() {
                    return Ok(self.literal(span.to(end), ExprKind::Number(format!("-{text}"))));
                }
                self.operator()?;
                let inner = self.primary()?;
                Ok(Expr { span: span.to(inner.span), kind: ExprKind::Negate(Box::new(inner)) })
            }
            TokenKind::Sign("../") => self.path(),
            TokenKind::Name(name) => self.name(&name, span),
            TokenKind::End | TokenKind::Sign(_) => {
                Err(self.fault("a value is missing here", "a path, a literal or a bracket"))
            }
        }
    }

    /// Whether a name in brackets stands here, `["odd name"]`. Behind `in` that is
    /// a list of one text, unless a path goes on.
    fn odd_name(&self) -> bool {
        let kind = |at: usize| self.tokens.get(at).map(|it| &it.kind);
        let sign = |at: usize, wanted: &str| matches!(kind(at), Some(TokenKind::Sign(sign)) if *sign == wanted);
        let one = matches!(kind(self.at + 1), Some(TokenKind::Text(_))) && sign(self.at + 2, "]");
        let before = self.at.checked_sub(1).and_then(kind);
        let listed = matches!(before, Some(TokenKind::Name(name)) if name == "in");
        one && (!listed || sign(self.at + 3, ".") || sign(self.at + 3, "["))
    }

    fn literal(&mut self, span: Span, kind: ExprKind) -> Expr {
        self.at += 1;
        Expr { span, kind }
    }

    fn list(&mut self, span: Span) -> Parsed<Expr> {
        self.at += 1;
        let mut items = Vec::new();
        while !self.is("]") {
            items.push(self.full()?);
            if !self.take(",") {
                break;
            }
        }
        let end = self.want("]", "after the list")?;
        Ok(Expr { span: span.to(end), kind: ExprKind::List(items) })
    }

    fn name(&mut self, name: &str, span: Span) -> Parsed<Expr> {
        let called =
            matches!(self.tokens.get(self.at + 1), Some(Token { kind: TokenKind::Sign("("), .. }));
        match name {
            "true" => Ok(self.literal(span, ExprKind::Bool(true))),
            "false" => Ok(self.literal(span, ExprKind::Bool(false))),
            "null" => Ok(self.literal(span, ExprKind::Null)),
            "has" if called => {
                self.at += 2;
                let inner = self.full()?;
                let end = self.want(")", "after what `has` asks for")?;
                Ok(Expr { span: span.to(end), kind: ExprKind::Has(Box::new(inner)) })
            }
            _ if called => {
                let mut fault = self
                    .fault(&format!("`{name}` is used as a function without a value"), "a path");
                fault.help = Some(format!("put the value before it: `value | {name}(…)`"));
                Err(fault)
            }
            _ => self.path(),
        }
    }

    fn path(&mut self) -> Parsed<Expr> {
        let start = self.span();
        let mut up = 0_u32;
        while self.take("../") {
            up += 1;
        }
        let mut path = Path { from: Origin::Up(up), steps: Vec::new() };
        let mut end = self.span();
        let TokenKind::Name(first) = self.peek().kind else {
            if self.is("[") {
                self.steps(&mut path, &mut end)?;
                return Ok(Expr { span: start.to(end), kind: ExprKind::Path(path) });
            }
            return Err(self.fault("a field is missing after `../`", "the name of a field"));
        };
        self.at += 1;
        let dotted = self.is(".") || self.is("[");
        match first.as_str() {
            "root" if up == 0 && dotted => path.from = Origin::Root,
            "needs" if up == 0 && dotted => path.from = Origin::Needs,
            "hub" if up == 0 && dotted => path.from = Origin::Hub,
            "this" => {}
            _ => path.steps.push(Step::Key(first, end)),
        }
        self.steps(&mut path, &mut end)?;
        Ok(Expr { span: start.to(end), kind: ExprKind::Path(path) })
    }

    fn steps(&mut self, path: &mut Path, end: &mut Span) -> Parsed<()> {
        loop {
            if self.take(".") {
                let Token { span, kind: TokenKind::Name(name) } = self.peek() else {
                    let mut fault =
                        self.fault("a field is missing after `.`", "the name of a field");
                    fault.help = Some("odd names stand in brackets: `[\"odd name\"]`".into());
                    return Err(fault);
                };
                self.at += 1;
                *end = span;
                path.steps.push(Step::Key(name, span));
            } else if self.is("[") {
                let span = self.span();
                self.at += 1;
                path.steps.push(self.bracket(span)?);
                *end = self.want("]", "after the index")?;
            } else {
                return Ok(());
            }
        }
    }

    fn bracket(&mut self, span: Span) -> Parsed<Step> {
        let negative = self.take("-");
        match self.peek().kind {
            TokenKind::Text(key) if !negative => {
                let at = self.span();
                self.at += 1;
                Ok(Step::Key(key, at))
            }
            TokenKind::Number(text) => {
                self.at += 1;
                let index = text.parse::<i64>().ok().filter(|index| *index <= 1_000_000);
                let Some(index) = index else {
                    self.at -= 1;
                    return Err(self.fault("this is not an index", "a whole number"));
                };
                Ok(Step::Index(if negative { -index } else { index }, span))
            }
            TokenKind::Name(first) if !negative => self.find(first, span),
            _ => Err(self.fault(
                "this bracket cannot be read",
                "`[0]`, `[\"key\"]` or `[field = \"text\"]`",
            )),
        }
    }

    fn find(&mut self, first: String, span: Span) -> Parsed<Step> {
        self.at += 1;
        let mut key = vec![first];
        while self.take(".") {
            let TokenKind::Name(name) = self.peek().kind else {
                return Err(self.fault("a field is missing after `.`", "the name of a field"));
            };
            self.at += 1;
            key.push(name);
        }
        if !self.take("=") && !self.take("==") {
            return Err(self.fault("`=` is missing", "`[field = \"text\"]`"));
        }
        let text = match self.peek().kind {
            TokenKind::Text(text) | TokenKind::Number(text) => text,
            _ => {
                return Err(self.fault("a literal is missing after `=`", "a text in double quotes"));
            }
        };
        self.at += 1;
        Ok(Step::Find { key, text, span })
    }
}
