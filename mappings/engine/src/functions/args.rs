//! Arguments: bound to parameters by place or by name, read as what the
//! parameter wants.

use jiff::tz::TimeZone;
use rust_decimal::RoundingStrategy;

use super::Function;
use crate::{
    check::lower::{Lower, Lowered},
    language::expr::{Call, Expr, ExprKind, Origin, Path, Span, Step},
    time::Format,
    types::Type,
};

/// One call with its arguments in the order of the parameters.
pub(crate) struct CallSite<'a> {
    pub(crate) function: &'static Function,
    pub(crate) input: Type,
    pub(crate) span: Span,
    args: Vec<Option<&'a Expr>>,
    /// Arguments past the parameters, of functions that take any number.
    rest: Vec<&'a Expr>,
}

impl<'a> CallSite<'a> {
    /// Binds the arguments of a call.
    pub(crate) fn bind(
        lower: &Lower<'_>,
        call: &'a Call,
        function: &'static Function,
        input: Type,
    ) -> Option<Self> {
        let mut args: Vec<Option<&'a Expr>> = vec![None; function.params.len()];
        let mut rest = Vec::new();
        let mut place = 0;
        for arg in &call.args {
            let index = match &arg.name {
                Some(name) => {
                    let Some(index) = function.params.iter().position(|it| it.name == name) else {
                        let names: Vec<&str> = function.params.iter().map(|it| it.name).collect();
                        lower
                            .error(
                                "M00",
                                arg.value.span,
                                format!("`{}` has no argument `{name}`", call.name),
                            )
                            .expected(signature(function))
                            .nearest(name, &names);
                        return None;
                    };
                    index
                }
                None => {
                    place += 1;
                    place - 1
                }
            };
            match args.get_mut(index) {
                Some(slot @ None) => *slot = Some(&arg.value),
                Some(Some(_)) => {
                    lower
                        .error("M00", arg.value.span, "this argument is given twice")
                        .expected(signature(function));
                    return None;
                }
                None if function.name == "coalesce" => rest.push(&arg.value),
                None => {
                    lower
                        .error(
                            "M00",
                            arg.value.span,
                            format!("`{}` takes fewer arguments", call.name),
                        )
                        .expected(signature(function));
                    return None;
                }
            }
        }
        for (param, arg) in function.params.iter().zip(&args) {
            if param.required && arg.is_none() {
                lower
                    .error(
                        "M00",
                        call.span,
                        format!("`{}` needs `{}`: {}", call.name, param.name, param.about),
                    )
                    .expected(signature(function));
                return None;
            }
        }
        Some(Self { function, input, span: call.span, args, rest })
    }

    /// The same call on another value.
    pub(crate) fn with_input(&self, input: Type) -> Self {
        Self {
            function: self.function,
            input,
            span: self.span,
            args: self.args.clone(),
            rest: self.rest.clone(),
        }
    }

    pub(crate) fn has(&self, index: usize) -> bool {
        self.arg(index).is_some()
    }

    pub(crate) fn arg(&self, index: usize) -> Option<&'a Expr> {
        self.args.get(index).copied().flatten()
    }

    pub(crate) fn rest(&self) -> &[&'a Expr] {
        &self.rest
    }

    fn wrong<T>(&self, lower: &Lower<'_>, at: Span, wanted: &str) -> Option<T> {
        lower
            .error("M00", at, format!("`{}` takes {wanted} here", self.function.name))
            .expected(signature(self.function));
        None
    }

    /// A literal text.
    pub(crate) fn text(&self, lower: &Lower<'_>, index: usize) -> Option<String> {
        let arg = self.arg(index)?;
        match &arg.kind {
            ExprKind::Text(text) => Some(text.clone()),
            _ => self.wrong(lower, arg.span, "a text in double quotes"),
        }
    }

    /// A whole number.
    pub(crate) fn int(&self, lower: &Lower<'_>, index: usize) -> Option<i64> {
        let arg = self.arg(index)?;
        match &arg.kind {
            ExprKind::Number(text) => match text.parse() {
                Ok(number) => Some(number),
                Err(_) => self.wrong(lower, arg.span, "a whole number"),
            },
            _ => self.wrong(lower, arg.span, "a whole number"),
        }
    }

    /// A count within bounds.
    pub(crate) fn count(&self, lower: &Lower<'_>, index: usize, most: u32) -> Option<u32> {
        let number = self.int(lower, index)?;
        let count = u32::try_from(number).ok().filter(|it| *it <= most);
        count.or_else(|| {
            let at = self.arg(index).map_or(self.span, |it| it.span);
            self.wrong(lower, at, &format!("a count from 0 to {most}"))
        })
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, lower: &Lower<'_>, index: usize) -> Option<bool> {
        let arg = self.arg(index)?;
        match arg.kind {
            ExprKind::Bool(flag) => Some(flag),
            _ => self.wrong(lower, arg.span, "true or false"),
        }
    }

    /// One of a few words, with or without quotes.
    pub(crate) fn word<T: Copy>(
        &self,
        lower: &Lower<'_>,
        index: usize,
        words: &[(&str, T)],
    ) -> Option<T> {
        let arg = self.arg(index)?;
        let name = word_of(arg);
        let found = name.as_deref().and_then(|name| words.iter().find(|(word, _)| *word == name));
        if let Some((_, value)) = found {
            return Some(*value);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        lower
            .error("M00", arg.span, format!("`{}` does not know this word", self.function.name))
            .expected(names.join(", "))
            .nearest(name.as_deref().unwrap_or_default(), &names);
        None
    }

    /// A name: bare, or in quotes.
    pub(crate) fn name(&self, lower: &Lower<'_>, index: usize) -> Option<String> {
        let arg = self.arg(index)?;
        word_of(arg).or_else(|| self.wrong(lower, arg.span, "a name"))
    }

    /// A value.
    pub(crate) fn expr(&self, lower: &mut Lower<'_>, index: usize) -> Option<Lowered> {
        self.arg(index).and_then(|arg| lower.expression(arg))
    }

    /// How to round.
    pub(crate) fn rounding(&self, lower: &Lower<'_>, index: usize) -> Option<RoundingStrategy> {
        self.word(lower, index, &ROUNDING)
    }

    /// A time zone by its IANA name.
    pub(crate) fn zone(&self, lower: &Lower<'_>, index: usize) -> Option<TimeZone> {
        let name = self.text(lower, index)?;
        match TimeZone::get(&name) {
            Ok(zone) => Some(zone),
            Err(_) => {
                let at = self.arg(index).map_or(self.span, |it| it.span);
                let known: Vec<String> =
                    jiff::tz::db().available().map(|it| it.as_str().to_owned()).collect();
                let names: Vec<&str> = known.iter().map(String::as_str).collect();
                lower
                    .error("M15", at, format!("there is no time zone `{name}`"))
                    .expected("an IANA name such as \"Asia/Tokyo\"")
                    .nearest(&name, &names);
                None
            }
        }
    }

    /// A pattern of times.
    pub(crate) fn format(&self, lower: &Lower<'_>, index: usize) -> Option<Format> {
        let text = self.text(lower, index)?;
        match Format::parse(&text) {
            Ok(format) => Some(format),
            Err(fault) => {
                let at = self.arg(index).map_or(self.span, |it| it.span);
                lower
                    .error("M16", at, format!("this time pattern cannot be read: {fault}"))
                    .expected("letters such as yyyy MM dd HH mm ss SSS XXX");
                None
            }
        }
    }
}

/// Ways to bring a number to fewer digits.
pub(crate) const ROUNDING: [(&str, RoundingStrategy); 6] = [
    ("half_up", RoundingStrategy::MidpointAwayFromZero),
    ("half_even", RoundingStrategy::MidpointNearestEven),
    ("floor", RoundingStrategy::ToNegativeInfinity),
    ("ceil", RoundingStrategy::ToPositiveInfinity),
    ("down", RoundingStrategy::ToZero),
    ("up", RoundingStrategy::AwayFromZero),
];

fn word_of(arg: &Expr) -> Option<String> {
    match &arg.kind {
        ExprKind::Text(text) => Some(text.clone()),
        ExprKind::Path(Path { from: Origin::Up(0), steps }) => match steps.as_slice() {
            [Step::Key(name, _)] => Some(name.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// `name(a, b?)` as the reference shows it.
pub(crate) fn signature(function: &Function) -> String {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|it| if it.required { it.name.to_owned() } else { format!("{}?", it.name) })
        .collect();
    if params.is_empty() {
        function.name.to_owned()
    } else {
        format!("{}({})", function.name, params.join(", "))
    }
}
