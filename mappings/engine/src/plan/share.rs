//! Pipes that begin with the same steps: `price | decimal` of a net amount, of a
//! gross one and of a unit price. A run does those steps once in each scope.

use super::{
    ExprId, ListId, Plan,
    op::{Expr, Fold, ListSource, Op, Shared},
};

/// Finds for each pipe the longest beginning that another one has too.
pub(super) fn beginnings(plan: &mut Plan) {
    // The first pipe with a beginning stands for all of them.
    let mut memos: Vec<(usize, usize)> = Vec::new();
    let mut found = Vec::with_capacity(plan.exprs.len());
    for (index, expr) in plan.exprs.iter().enumerate() {
        let others = plan.exprs.iter().enumerate().filter(|(other, _)| *other != index);
        let longest = others.map(|(_, other)| common(plan, expr, other)).max().unwrap_or(0);
        found.push(worthwhile(expr, longest).then(|| {
            let same = |other: &Expr| common(plan, expr, other) >= longest;
            let first = plan.exprs.iter().position(same).unwrap_or(index);
            let memo = memos.iter().position(|it| *it == (first, longest)).unwrap_or_else(|| {
                memos.push((first, longest));
                memos.len() - 1
            });
            (longest, memo)
        }));
    }
    for (expr, found) in plan.exprs.iter_mut().zip(found) {
        expr.shared = found.and_then(|(len, memo)| {
            Some(Shared { len: len.try_into().ok()?, memo: memo.try_into().ok()? })
        });
    }
    plan.memos = u16::try_from(memos.len()).unwrap_or(u16::MAX);
}

/// A value of the source costs no more than what was kept of it.
fn worthwhile(expr: &Expr, len: usize) -> bool {
    match expr.ops.first() {
        Some(Op::List { .. } | Op::Calc { .. }) => len >= 1,
        Some(Op::Load(_)) => len >= 2,
        _ => false,
    }
}

/// How many steps two pipes begin with alike.
fn common(plan: &Plan, a: &Expr, b: &Expr) -> usize {
    if a.empty != b.empty {
        return 0;
    }
    a.ops.iter().zip(&b.ops).take_while(|(a, b)| same_op(plan, a, b)).count()
}

fn same_expr(plan: &Plan, a: ExprId, b: ExprId) -> bool {
    if a == b {
        return true;
    }
    let (Some(a), Some(b)) = (plan.expr(a), plan.expr(b)) else { return false };
    a.ops.len() == b.ops.len() && common(plan, a, b) == a.ops.len()
}

/// Whether two steps do the same; those that seldom come twice never count.
fn same_op(plan: &Plan, a: &Op, b: &Op) -> bool {
    let same = |a: &ExprId, b: &ExprId| same_expr(plan, *a, *b);
    match (a, b) {
        (Op::Load(a), Op::Load(b)) => a == b,
        (Op::TextOf, Op::TextOf)
        | (Op::Trim, Op::Trim)
        | (Op::CollapseSpace, Op::CollapseSpace)
        | (Op::Nfkc, Op::Nfkc)
        | (Op::Int, Op::Int)
        | (Op::EpochS, Op::EpochS)
        | (Op::EpochMs, Op::EpochMs) => true,
        (Op::Decimal { implied: a }, Op::Decimal { implied: b }) => a == b,
        (Op::Width(a), Op::Width(b)) => a == b,
        (Op::Times(a), Op::Times(b))
        | (Op::Plus(a), Op::Plus(b))
        | (Op::Minus(a), Op::Minus(b)) => same(a, b),
        (Op::Calc { kind, left, right }, Op::Calc { kind: k, left: l, right: r }) => {
            kind == k && same(left, l) && same(right, r)
        }
        (Op::Money { currency, rounding }, Op::Money { currency: c, rounding: r }) => {
            rounding == r && same(currency, c)
        }
        (
            Op::Timestamp { format, zone, hours_max, fold },
            Op::Timestamp { format: f, zone: z, hours_max: h, fold: d },
        ) => format == f && zone == z && hours_max == h && fold == d,
        (Op::Date { format, zone }, Op::Date { format: f, zone: z }) => format == f && zone == z,
        (Op::List { list, fold }, Op::List { list: l, fold: f }) => {
            same_list(plan, *list, *l) && same_fold(plan, fold, f)
        }
        _ => false,
    }
}

/// Lists of the source without stages between.
fn same_list(plan: &Plan, a: ListId, b: ListId) -> bool {
    let (Some(a), Some(b)) = (plan.list(a), plan.list(b)) else { return false };
    let places = match (&a.source, &b.source) {
        (ListSource::Frames { place, frame }, ListSource::Frames { place: p, frame: f }) => {
            place == p && frame == f
        }
        _ => false,
    };
    places && a.depth == b.depth && a.stages.is_empty() && b.stages.is_empty()
}

fn same_fold(plan: &Plan, a: &Fold, b: &Fold) -> bool {
    match (a, b) {
        (Fold::Count, Fold::Count) => true,
        (Fold::Sum(a), Fold::Sum(b))
        | (Fold::Least(a), Fold::Least(b))
        | (Fold::Most(a), Fold::Most(b))
        | (Fold::First(a), Fold::First(b))
        | (Fold::Last(a), Fold::Last(b)) => same_expr(plan, *a, *b),
        _ => false,
    }
}
