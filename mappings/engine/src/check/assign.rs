//! A value meets its target: how it is written, which assertions of the target
//! schema are proved, which are looked at while writing, which cannot hold.

use codec::charset::Charset;
use regex::Regex;
use rust_decimal::Decimal;

use super::{compile::Verdict, lower::Lower};
use crate::{
    language::rule::At,
    plan::node::{Check, FormatCheck, How},
    run::{check::check_number, check::check_text},
    schema::{Kinds, Schema, SchemaId},
    types::{Kind, Type},
};

/// A value and the target it is meant for.
pub(crate) struct Assignment<'a> {
    pub(crate) at: At,
    pub(crate) ty: &'a Type,
    pub(crate) target: Option<SchemaId>,
    /// Target path, for messages and the report.
    pub(crate) path: &'a str,
}

impl Lower<'_> {
    /// How the value is written and what is checked then.
    pub(crate) fn assign(&mut self, given: &Assignment<'_>) -> Option<(How, Vec<Check>)> {
        let Some(id) = given.target else { return Some((How::Any, Vec::new())) };
        let target = self.target.get(id)?.clone();
        self.personal(given, &target);
        let how = self.how(given, &target, id)?;
        let mut checks = Vec::new();
        match how {
            How::Texts => {
                let items =
                    target.items.and_then(|it| self.target.get(it)).cloned().unwrap_or_default();
                self.text_checks(given, &items, &mut checks);
            }
            How::Text | How::Any => self.text_checks(given, &target, &mut checks),
            How::Integer | How::Number => self.number_checks(given, &target, &mut checks),
            How::Bool => self.enum_check(given, &target, &mut checks),
            How::Money => self.proved(given, "money"),
        }
        Some((how, checks))
    }

    fn how(&mut self, given: &Assignment<'_>, target: &Schema, id: SchemaId) -> Option<How> {
        let kinds = target.kinds;
        let numeric = kinds.has(Kinds::NUMBER);
        let integer = kinds.has(Kinds::INTEGER);
        let text = kinds.has(Kinds::TEXT);
        let how = match given.ty.kind {
            _ if kinds.is_any() => Some(How::Any),
            Kind::Any if text && !numeric && !integer => Some(How::Text),
            Kind::Any if kinds.only(Kinds::INTEGER) => Some(How::Integer),
            Kind::Any if kinds.only(Kinds::NUMBER.with(Kinds::INTEGER)) => Some(How::Number),
            Kind::Any if kinds.only(Kinds::BOOL) => Some(How::Bool),
            Kind::Any if self.target.is_money(id) => Some(How::Money),
            Kind::Any if !kinds.has(Kinds::OBJECT.with(Kinds::ARRAY)) => Some(How::Any),
            Kind::Text if text => Some(How::Text),
            Kind::Number | Kind::Decimal if numeric => Some(How::Number),
            Kind::Number | Kind::Decimal if integer => return self.whole(given),
            Kind::Decimal | Kind::Date | Kind::Instant if text => {
                return self.time_or_decimal(given, target);
            }
            Kind::Bool if kinds.has(Kinds::BOOL) => Some(How::Bool),
            Kind::Money if self.target.is_money(id) => Some(How::Money),
            Kind::Texts if kinds.has(Kinds::ARRAY) => Some(How::Texts),
            _ => None,
        };
        if let Some(how) = how {
            self.proved(given, "type");
            return Some(how);
        }
        self.mismatch(given, target, id);
        None
    }

    /// A number where the target wants a whole one.
    fn whole(&mut self, given: &Assignment<'_>) -> Option<How> {
        match given.ty.scale {
            Some(0) => {
                self.proved(given, "type");
                Some(How::Integer)
            }
            Some(scale) if given.ty.made => {
                self.count(given, "type", Verdict::Error);
                self.error_at("M17", given.at, format!("`{}` wants a whole number, and this has up to {scale} digits after the point", given.path))
                    .expected("a named rounding").help("`| round(0, half_up)`");
                None
            }
            _ => {
                self.count(given, "type", Verdict::Error);
                self.error_at(
                    "M08",
                    given.at,
                    format!(
                        "`{}` wants a whole number, and this may have digits after the point",
                        given.path
                    ),
                )
                .help("`| int` makes digits after the point a fault, `| round(0, half_up)` rounds");
                None
            }
        }
    }

    fn time_or_decimal(&mut self, given: &Assignment<'_>, target: &Schema) -> Option<How> {
        let format = target.format.as_deref();
        let (code, message, help) = match (given.ty.kind, format) {
            (Kind::Instant, Some("date")) => (
                "M05",
                "wants a date, and this is a time",
                "`| date(zone=\"Asia/Tokyo\")` or `| business_date(…)`",
            ),
            (Kind::Date, Some("date-time")) => (
                "M15",
                "wants a time, and this is a date without clock time and zone",
                "`| timestamp(zone=\"Asia/Tokyo\")`",
            ),
            _ => {
                self.proved(given, "type");
                return Some(How::Text);
            }
        };
        self.count(given, "type", Verdict::Error);
        self.error_at(code, given.at, format!("`{}` {message}", given.path)).help(help);
        None
    }

    fn mismatch(&mut self, given: &Assignment<'_>, target: &Schema, id: SchemaId) {
        self.count(given, "type", Verdict::Error);
        let wanted = if self.target.is_money(id) {
            "money".to_owned()
        } else {
            target.kinds.without(Kinds::NULL).words()
        };
        let code = match (given.ty.kind, target.kinds) {
            (Kind::List | Kind::Texts | Kind::Object, _) => "M07",
            (_, kinds) if kinds.only(Kinds::ARRAY) => "M07",
            _ => "M05",
        };
        let message =
            format!("`{}` wants {wanted}, and this is {}", given.path, given.ty.kind.words());
        let help = match (given.ty.kind, wanted.as_str()) {
            (Kind::Text | Kind::Number | Kind::Decimal, "money") => Some("`| money(currency)`"),
            (Kind::Number, "a text") => Some(
                "`| text` keeps the number as it is written, `| decimal` makes it a decimal text",
            ),
            (Kind::Bool, "a text") => Some("`| text`"),
            (Kind::Text, "a number" | "a whole number") => Some("`| decimal` or `| int`"),
            (Kind::Text, "true or false") => Some("say when it is true: `(field == \"1\")`"),
            (Kind::Number | Kind::Decimal, "true or false") => {
                Some("say when it is true: `(field == 1)`")
            }
            (Kind::Money, "a text") => {
                Some("`| amount` for the decimal number, `| currency_of` for the currency")
            }
            (Kind::Money, "a number" | "a whole number") => Some("`| amount` or `| minor_units`"),
            (_, "a list") => {
                Some("`{ each: list, fields: … }`, or `{ list: [ … ] }` for a fixed number")
            }
            (_, "an object") => Some("give its fields: `{ field: rule, … }`"),
            (Kind::Object, _) => Some("name a field of the object"),
            _ => None,
        };
        let fault = self.error_at(code, given.at, message).expected(wanted);
        if let Some(help) = help {
            drop(fault.help(help));
        }
    }

    /// Personal data does not reach a target that may not receive it.
    fn personal(&self, given: &Assignment<'_>, target: &Schema) {
        if !given.ty.personal || target.personal || self.may_receive_personal {
            return;
        }
        let from = given.ty.path.as_deref().unwrap_or("the value");
        self.error_at(
            "M21",
            given.at,
            format!("`{from}` is personal data, and `{}` may not receive it", given.path),
        )
        .expected("a destination of class `restricted`")
        .help("leave the field out, or pass only what cannot be read back: `| sha256`");
    }

    fn text_checks(&mut self, given: &Assignment<'_>, target: &Schema, checks: &mut Vec<Check>) {
        self.enum_check(given, target, checks);
        let closed = given.ty.made && given.ty.one_of.is_some();
        let mut asked: Vec<(&'static str, Check)> = Vec::new();
        if let Some(most) = target.chars_max {
            asked.push(("maxLength", Check::CharsMax(most)));
        }
        if let Some(least) = target.chars_min {
            asked.push(("minLength", Check::CharsMin(least)));
        }
        if let Some((most, name)) = &target.bytes_max
            && let Some(charset) = Charset::from_name(name)
        {
            asked.push(("bytes", Check::BytesMax(*most, charset)));
        }
        if let Some(pattern) = target.pattern.as_deref() {
            asked.extend(self.pattern(given, pattern).map(|it| ("pattern", it)));
        }
        if let Some(format) = target.format.as_deref().and_then(FormatCheck::from_name) {
            asked.push(("format", Check::Format(format)));
        }
        for (name, check) in asked {
            let verdict = match &given.ty.one_of {
                Some(texts) if closed => {
                    let wrong = texts.iter().find_map(|text| {
                        check_text(std::slice::from_ref(&check), text).map(|why| (text, why))
                    });
                    match wrong {
                        None => Verdict::Proved,
                        Some((text, why)) => {
                            let code = code_of(&check, text);
                            self.error_at(
                                code,
                                given.at,
                                format!("{text:?} does not fit `{}`", given.path),
                            )
                            .expected(why);
                            Verdict::Error
                        }
                    }
                }
                _ => self.text_verdict(given, &check),
            };
            self.count(given, name, verdict);
            if verdict == Verdict::Checked {
                checks.push(check);
            }
        }
    }

    /// What can be said about a text that is not known.
    fn text_verdict(&self, given: &Assignment<'_>, check: &Check) -> Verdict {
        let ty = given.ty;
        match check {
            Check::CharsMax(most) => {
                if ty.made && ty.chars_max.is_some_and(|it| it <= *most) {
                    return Verdict::Proved;
                }
                if ty.chars_min > *most {
                    self.error_at(
                        "M12",
                        given.at,
                        format!("this has at least {} characters", ty.chars_min),
                    )
                    .expected(format!("at most {most} characters for `{}`", given.path));
                    return Verdict::Error;
                }
                if let Some(longest) = ty.chars_max.filter(|it| *it > *most)
                    && self.outbound
                {
                    self.warning_at("M12", given.at, format!("this may have up to {longest} characters"))
                        .expected(format!("at most {most} characters for `{}`", given.path))
                        .help(format!("`| truncate_chars({most})` cuts and notes the loss; without it such a record is set aside"));
                }
                Verdict::Checked
            }
            Check::CharsMin(least) if ty.made && ty.chars_min >= *least && self.never_empty(ty) => {
                Verdict::Proved
            }
            Check::BytesMax(most, charset) => self.bytes_verdict(given, *most, *charset),
            Check::Pattern(pattern)
                if ty.made && ty.pattern.as_deref() == Some(pattern.as_str()) =>
            {
                Verdict::Proved
            }
            Check::Upper(count)
                if ty.made && ty.pattern.as_deref() == Some(&*format!("^[A-Z]{{{count}}}$")) =>
            {
                Verdict::Proved
            }
            Check::Format(FormatCheck::DateTime) if ty.kind == Kind::Instant => Verdict::Proved,
            Check::Format(FormatCheck::Date) if ty.kind == Kind::Date => Verdict::Proved,
            Check::Format(FormatCheck::Uuid) if ty.made && ty.format.as_deref() == Some("uuid") => {
                Verdict::Proved
            }
            Check::DecimalShape { scale, .. } => {
                if ty.made && ty.scale.is_some_and(|it| it > *scale) {
                    self.error_at(
                        "M08",
                        given.at,
                        format!("this may have {} digits after the point", ty.scale.unwrap_or(0)),
                    )
                    .expected(format!("at most {scale} for `{}`", given.path))
                    .help("`| round(scale, mode)`");
                    return Verdict::Error;
                }
                Verdict::Checked
            }
            _ => Verdict::Checked,
        }
    }

    /// A length in bytes after encoding.
    fn bytes_verdict(&self, given: &Assignment<'_>, most: u64, charset: Charset) -> Verdict {
        let ty = given.ty;
        let held = ty
            .pattern
            .as_deref()
            .and_then(|it| it.strip_prefix("bytes:"))
            .and_then(|it| it.split_once(':'));
        let fits = held.is_some_and(|(bytes, name)| {
            name == charset.name() && bytes.parse::<u64>().is_ok_and(|it| it <= most)
        });
        if fits {
            return Verdict::Proved;
        }
        let longest = ty.chars_max.filter(|it| it.saturating_mul(3) > most);
        if ty.kind == Kind::Text && (longest.is_some() || ty.chars_max.is_none()) {
            self.warning_at("M12", given.at, format!("nothing keeps this within {most} bytes in {charset}"))
                .expected(format!("at most {most} bytes for `{}`", given.path))
                .help(format!("`| truncate_bytes({most}, \"{charset}\")` cuts and notes the loss; without it such a record is set aside"));
        }
        Verdict::Checked
    }

    fn never_empty(&self, ty: &Type) -> bool {
        ty.kind != Kind::Text || ty.chars_min > 0
    }

    /// A pattern as a check; the patterns of decimal texts become arithmetic.
    fn pattern(&mut self, given: &Assignment<'_>, pattern: &str) -> Option<Check> {
        if let Some(shape) = decimal_shape(pattern) {
            return Some(shape);
        }
        let letters = pattern.strip_prefix("^[A-Z]{").and_then(|it| it.strip_suffix("}$"));
        if let Some(count) = letters.and_then(|it| it.parse().ok()) {
            return Some(Check::Upper(count));
        }
        match Regex::new(pattern) {
            Ok(regex) => Some(Check::Pattern(Box::new(regex))),
            Err(_) => {
                self.count(given, "pattern", Verdict::Error);
                self.error_at(
                    "M13",
                    given.at,
                    format!("the pattern of `{}` cannot be checked in linear time", given.path),
                )
                .expected("a pattern without look-around and back-references");
                None
            }
        }
    }

    fn enum_check(&mut self, given: &Assignment<'_>, target: &Schema, checks: &mut Vec<Check>) {
        let Some(members) = &target.one_of else { return };
        let names: Vec<&str> = members.iter().map(String::as_str).collect();
        let Some(known) = &given.ty.one_of else {
            let mut sorted: Vec<Box<str>> =
                members.iter().map(|it| it.clone().into_boxed_str()).collect();
            sorted.sort_unstable();
            checks.push(Check::OneOf(sorted));
            self.count(given, "enum", Verdict::Checked);
            return;
        };
        let outside: Vec<&String> = known.iter().filter(|it| !members.contains(it)).collect();
        let Some(first) = outside.first() else {
            if given.ty.made {
                self.count(given, "enum", Verdict::Proved);
            } else {
                let mut sorted: Vec<Box<str>> =
                    members.iter().map(|it| it.clone().into_boxed_str()).collect();
                sorted.sort_unstable();
                checks.push(Check::OneOf(sorted));
                self.count(given, "enum", Verdict::Checked);
            }
            return;
        };
        self.count(given, "enum", Verdict::Error);
        let (code, who) =
            if given.ty.made { ("M10", "this gives") } else { ("M09", "the source can say") };
        self.error_at(
            code,
            given.at,
            format!("{who} {first:?}, which `{}` does not have", given.path),
        )
        .expected(format!("one of {}", names.join(", ")))
        .nearest(first, &names);
    }

    fn number_checks(&mut self, given: &Assignment<'_>, target: &Schema, checks: &mut Vec<Check>) {
        self.enum_check(given, target, checks);
        let asked = [
            ("minimum", target.minimum.map(Check::Minimum)),
            ("maximum", target.maximum.map(Check::Maximum)),
            ("exclusiveMinimum", target.above.map(Check::Above)),
            ("exclusiveMaximum", target.below.map(Check::Below)),
            ("scale", target.scale_max.map(Check::ScaleMax)),
        ];
        for (name, check) in asked {
            let Some(check) = check else { continue };
            let verdict = self.number_verdict(given, &check);
            self.count(given, name, verdict);
            if verdict == Verdict::Checked {
                checks.push(check);
            }
        }
    }

    fn number_verdict(&self, given: &Assignment<'_>, check: &Check) -> Verdict {
        let ty = given.ty;
        let fails = |number: Decimal| check_number(std::slice::from_ref(check), number);
        let constant = ty.minimum.filter(|it| ty.made && ty.maximum == Some(*it));
        if let Some(number) = constant {
            let Some(why) = fails(number) else { return Verdict::Proved };
            self.error_at("M08", given.at, format!("{number} does not fit `{}`", given.path))
                .expected(why);
            return Verdict::Error;
        }
        let proved = match check {
            Check::Minimum(least) => ty.minimum.is_some_and(|it| it >= *least),
            Check::Maximum(most) => ty.maximum.is_some_and(|it| it <= *most),
            Check::ScaleMax(scale) => ty.scale.is_some_and(|it| it <= *scale),
            _ => false,
        };
        if proved && ty.made {
            return Verdict::Proved;
        }
        let never = match check {
            Check::Minimum(least) => ty.maximum.is_some_and(|it| it < *least),
            Check::Maximum(most) => ty.minimum.is_some_and(|it| it > *most),
            _ => false,
        };
        if never {
            self.error_at(
                "M08",
                given.at,
                format!("this is never within the range of `{}`", given.path),
            );
            return Verdict::Error;
        }
        if let (Check::ScaleMax(scale), Some(held), true) = (check, ty.scale, ty.made)
            && held > *scale
        {
            self.error_at(
                "M17",
                given.at,
                format!(
                    "this may have {held} digits after the point, and `{}` has {scale}",
                    given.path
                ),
            )
            .expected("a named rounding")
            .help(format!("`| round({scale}, half_up)`"));
            return Verdict::Error;
        }
        Verdict::Checked
    }

    pub(crate) fn proved(&mut self, given: &Assignment<'_>, what: &'static str) {
        self.count(given, what, Verdict::Proved);
    }

    pub(crate) fn count(&mut self, given: &Assignment<'_>, what: &'static str, verdict: Verdict) {
        self.obligations.add(given.path, what, verdict);
    }
}

/// The code of a constant that does not fit.
fn code_of(check: &Check, text: &str) -> &'static str {
    match check {
        Check::BytesMax(_, charset) if crate::run::bytes_in(*charset, text).is_err() => "M14",
        Check::CharsMax(_) | Check::CharsMin(_) | Check::BytesMax(..) => "M12",
        _ => "M13",
    }
}

/// `^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?$` and its unsigned form.
fn decimal_shape(pattern: &str) -> Option<Check> {
    let rest = pattern.strip_prefix('^')?;
    let (signed, rest) = match rest.strip_prefix("-?") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.strip_prefix("(0|[1-9][0-9]{0,")?;
    let (digits, rest) = rest.split_once("})(\\.[0-9]{1,")?;
    let scale = rest.strip_suffix("})?$")?;
    Some(Check::DecimalShape {
        signed,
        digits: digits.parse::<u32>().ok()? + 1,
        scale: scale.parse().ok()?,
    })
}
