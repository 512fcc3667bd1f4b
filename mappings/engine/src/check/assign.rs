//! A value meets its target: how it is written, which assertions of the target
//! schema are proved, which are looked at while writing, which cannot hold.

mod number;
mod text;

use super::{compile::Verdict, lower::Lower};
use crate::{
    language::rule::At,
    plan::node::{Check, How},
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

    pub(crate) fn proved(&mut self, given: &Assignment<'_>, what: &'static str) {
        self.count(given, what, Verdict::Proved);
    }

    pub(crate) fn count(&mut self, given: &Assignment<'_>, what: &'static str, verdict: Verdict) {
        self.obligations.add(given.path, what, verdict);
    }
}
