//! Common pipes, told apart once: a run does them in one go when the value is as
//! plain as nearly all are, and step by step when it is not. Both give the same.

use super::{
    ExprId, ListId, Plan,
    op::{Calc, Fold, ListSource, Op, Place},
    trie::FrameId,
};
use crate::{schema::Kinds, value::Span};

/// What a pipe does, when it is one of the common ones.
#[derive(Debug, Default)]
pub(crate) enum Quick {
    #[default]
    None,
    /// A value of the source as it stands.
    Copy(Copied),
    /// A number as text or number, exactly.
    Figures(Figures),
    /// A number that is reckoned.
    Number(Amount),
    /// An amount in a currency.
    Money { amount: Amount, currency: Letters },
    /// A point in time, told with its offset.
    Time(Spot),
}

/// A slot of an open scope.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(crate) depth: u8,
    pub(crate) slot: u16,
    /// The source schema lets a text stand there.
    pub(crate) text: bool,
    /// The source schema lets a number stand there.
    pub(crate) number: bool,
}

/// A text that its steps do not change, unless they find something to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Copied {
    pub(crate) spot: Spot,
    /// A number counts as its text.
    pub(crate) number: bool,
    /// Blanks around it are cut off.
    pub(crate) trim: bool,
    /// Letters beyond ASCII may change.
    pub(crate) ascii: bool,
    /// This text becomes absent.
    pub(crate) not: Option<Span>,
    /// What is absent stays so.
    pub(crate) absent: bool,
    /// No step of it asks for a text: what is no text is written as what it is.
    pub(crate) bare: bool,
}

/// A number that is written as it stands, if it stands there in its normal form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) from: From,
    /// Without zeros at the end.
    pub(crate) short: bool,
    /// It becomes a text on the way.
    pub(crate) text: bool,
    /// A step reads it. Else it is written as what it is in the source, and a
    /// number there is no text.
    pub(crate) read: bool,
    /// What is absent stays so.
    pub(crate) absent: bool,
}

/// Where one value comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    Slot(Spot),
    /// Of the first element of a list.
    First(Elements, Spot),
}

/// The elements of a list of the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elements {
    pub(crate) list: Spot,
    pub(crate) frame: FrameId,
    /// The scope they stand in.
    pub(crate) depth: u8,
}

/// Arithmetic on numbers that are there.
#[derive(Debug)]
pub(crate) enum Amount {
    Slot(Spot),
    Const { whole: i64, scale: u32 },
    Calc(Calc, Box<(Self, Self)>),
    Negate(Box<Self>),
    Sum(Elements, Box<Self>),
}

/// The letters of a currency.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Letters {
    Slot(Spot),
    Const([u8; 3]),
}

/// Tells the common pipes apart.
pub(super) fn recognise(plan: &mut Plan) {
    let found: Vec<Quick> = plan.exprs.iter().map(|it| quick(plan, &it.ops)).collect();
    for (expr, found) in plan.exprs.iter_mut().zip(found) {
        expr.quick = found;
    }
}

fn quick(plan: &Plan, ops: &[Op]) -> Quick {
    let found = match ops {
        [amount @ .., Op::Money { currency, .. }] => letters(plan, *currency)
            .zip(match amount {
                // Money reads a text too.
                [Op::Load(place)] => spot(place).map(Amount::Slot),
                steps => amount_of(plan, steps),
            })
            .map(|(currency, amount)| Quick::Money { amount, currency }),
        [Op::Load(place), Op::Timestamp { format: None, .. }] => {
            spot(place).filter(|it| it.text).map(Quick::Time)
        }
        [Op::Load(place), steps @ ..] => copied(plan, place, steps)
            .map(Quick::Copy)
            .or_else(|| Some(Quick::Figures(figures(From::Slot(spot(place)?), steps)?)))
            .or_else(|| amount_of(plan, ops).map(Quick::Number)),
        [Op::List { list, fold: Fold::First(of) }, steps @ ..] => {
            first(plan, *list, *of).and_then(|from| figures(from, steps)).map(Quick::Figures)
        }
        [Op::Calc { .. }, ..] => amount_of(plan, ops).map(Quick::Number),
        _ => None,
    };
    found.unwrap_or_default()
}

fn spot(place: &Place) -> Option<Spot> {
    place.hops.is_empty().then(|| Spot {
        depth: place.depth,
        slot: place.slot,
        text: place.kinds.has(Kinds::TEXT),
        number: place.kinds.has(Kinds::NUMBER.with(Kinds::INTEGER)),
    })
}

fn load(plan: &Plan, expr: ExprId) -> Option<Spot> {
    match plan.expr(expr)?.ops.as_slice() {
        [Op::Load(place)] => spot(place),
        _ => None,
    }
}

fn first(plan: &Plan, list: ListId, of: ExprId) -> Option<From> {
    let elements = elements(plan, list)?;
    // Only what the element itself has; each scope has its own depth.
    let of = load(plan, of).filter(|it| it.depth == elements.depth)?;
    Some(From::First(elements, of))
}

/// All elements of a list of the source.
fn elements(plan: &Plan, list: ListId) -> Option<Elements> {
    let list = plan.list(list).filter(|it| it.stages.is_empty())?;
    let ListSource::Frames { place, frame } = &list.source else { return None };
    Some(Elements { list: spot(place)?, frame: *frame, depth: list.depth })
}

fn copied(plan: &Plan, place: &Place, steps: &[Op]) -> Option<Copied> {
    let spot = spot(place)?;
    let number = spot.number && matches!(steps, [Op::TextOf, ..]);
    let bare = steps.iter().all(|it| matches!(it, Op::Default(_)));
    let mut copied =
        Copied { spot, number, trim: false, ascii: false, not: None, absent: true, bare };
    for step in steps {
        match step {
            Op::TextOf => {}
            Op::Trim if copied.not.is_none() => copied.trim = true,
            Op::Nfc | Op::Nfkc => copied.ascii = true,
            Op::Width(_) if !step.widens() => copied.ascii = true,
            Op::NullIf(other) if copied.not.is_none() => {
                let [Op::Text(span)] = plan.expr(*other)?.ops.as_slice() else { return None };
                copied.not = Some(*span);
            }
            Op::Default(_) => copied.absent = false,
            _ => return None,
        }
    }
    Some(copied)
}

fn figures(from: From, steps: &[Op]) -> Option<Figures> {
    let mut figures = Figures { from, short: false, text: false, read: false, absent: true };
    let mut decimal = false;
    for step in steps {
        match step {
            Op::Decimal { implied: 0 } if !figures.text => {
                (decimal, figures.read) = (true, true);
            }
            Op::FormatNumber { scale: None } if !figures.text => {
                (figures.short, figures.text, figures.read) = (true, true, true);
            }
            Op::Default(_) => figures.absent = false,
            _ => return None,
        }
    }
    if !decimal {
        // Only `decimal` reads a text.
        match &mut figures.from {
            From::Slot(spot) | From::First(_, spot) => spot.text = false,
        }
    }
    Some(figures)
}

fn letters(plan: &Plan, currency: ExprId) -> Option<Letters> {
    match plan.expr(currency)?.ops.as_slice() {
        [Op::Load(place)] => spot(place).filter(|it| it.text).map(Letters::Slot),
        [Op::Text(span)] => {
            let (start, len) = (span.start as usize, span.len as usize);
            let text = plan.texts.as_bytes().get(start..start + len)?;
            Some(Letters::Const(text.try_into().ok()?))
        }
        _ => None,
    }
}

fn amount_of(plan: &Plan, ops: &[Op]) -> Option<Amount> {
    let inner = |expr: ExprId| amount_of(plan, &plan.expr(expr)?.ops);
    let (head, steps) = ops.split_first()?;
    let mut amount = match head {
        Op::Load(place) => {
            let spot = spot(place)?;
            // Only `decimal` reads a text.
            let read = matches!(steps, [Op::Decimal { implied: 0 }, ..]);
            Amount::Slot(Spot { text: spot.text && read, ..spot })
        }
        Op::Number(number) if number.scale() <= 18 => {
            Amount::Const { whole: number.mantissa().try_into().ok()?, scale: number.scale() }
        }
        Op::Calc { kind, left, right } => {
            Amount::Calc(*kind, Box::new((inner(*left)?, inner(*right)?)))
        }
        Op::List { list, fold: Fold::Sum(of) } => {
            Amount::Sum(elements(plan, *list)?, Box::new(inner(*of)?))
        }
        _ => return None,
    };
    for step in steps {
        let (kind, other) = match step {
            Op::Negate => {
                amount = Amount::Negate(Box::new(amount));
                continue;
            }
            Op::Decimal { implied: 0 } | Op::Default(_) => continue,
            Op::Plus(other) => (Calc::Plus, *other),
            Op::Minus(other) => (Calc::Minus, *other),
            Op::Times(other) => (Calc::Times, *other),
            _ => return None,
        };
        amount = Amount::Calc(kind, Box::new((amount, inner(other)?)));
    }
    Some(amount)
}
