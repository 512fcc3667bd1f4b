//! Assertions about texts: lengths, patterns, formats, members.

use codec::charset::Charset;
use regex::Regex;

use super::Assignment;
use crate::{
    check::{compile::Verdict, lower::Lower},
    plan::node::{Check, FormatCheck},
    run::check::check_text,
    schema::Schema,
    types::{Kind, Type},
};

impl Lower<'_> {
    pub(super) fn text_checks(
        &mut self,
        given: &Assignment<'_>,
        target: &Schema,
        checks: &mut Vec<Check>,
    ) {
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

    pub(super) fn enum_check(
        &mut self,
        given: &Assignment<'_>,
        target: &Schema,
        checks: &mut Vec<Check>,
    ) {
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
