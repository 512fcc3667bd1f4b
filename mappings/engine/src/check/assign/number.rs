//! Assertions about numbers: bounds and digits.

use rust_decimal::Decimal;

use super::Assignment;
use crate::{
    check::{compile::Verdict, lower::Lower},
    plan::node::Check,
    run::check::check_number,
    schema::Schema,
};

impl Lower<'_> {
    pub(super) fn number_checks(
        &mut self,
        given: &Assignment<'_>,
        target: &Schema,
        checks: &mut Vec<Check>,
    ) {
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
}
