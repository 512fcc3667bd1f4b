//! Reads what a pipe begins with: values of the source, behind elements picked
//! out of lists too, and what the caller and the hub know of the record.

use std::fmt::Write as _;

use super::{
    fault::{Stepped, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    input::Slot,
    plan::{
        op::{HubFact, Pick, Place},
        trie::FrameId,
    },
    value::{Money, Value},
};

impl<T: Trace> Machine<'_, T> {
    #[inline]
    pub(crate) fn slot(&self, place: &Place) -> Slot {
        let scope = self.scopes.get(usize::from(place.depth));
        let slot = scope.and_then(|it| it.slots.get(usize::from(place.slot)));
        let slot = slot.copied().unwrap_or_default();
        if place.hops.is_empty() { slot } else { self.picked(place, slot) }
    }

    /// What stands behind elements picked out of lists.
    fn picked(&self, place: &Place, slot: Slot) -> Slot {
        let mut slot = slot;
        for hop in &place.hops {
            let width = self.plan.trie.width(hop.frame);
            let first = slot.start as usize * width;
            let count =
                if slot.kind == crate::input::SlotKind::List { slot.len as usize } else { 0 };
            let element = match &hop.pick {
                Pick::Index(index) if *index < 0 => {
                    count.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
                }
                Pick::Index(index) => usize::try_from(*index).ok().filter(|it| *it < count),
                Pick::Find { slot, text } => (0..count).find(|element| {
                    let found =
                        self.slot_at(hop.frame, first + element * width + usize::from(*slot));
                    match found.value() {
                        Value::Text(span) | Value::Number(span) => self.text(span) == &**text,
                        Value::Bool(bool) => &**text == if bool { "true" } else { "false" },
                        _ => false,
                    }
                }),
            };
            slot = element.map_or(Slot::default(), |element| {
                self.slot_at(hop.frame, first + element * width + usize::from(hop.slot))
            });
        }
        slot
    }

    fn slot_at(&self, frame: FrameId, index: usize) -> Slot {
        let slots = self.frames.get(usize::from(frame));
        slots.and_then(|slots| slots.get(index)).copied().unwrap_or_default()
    }

    pub(super) fn load(&mut self, place: &Place) -> Value {
        let slot = self.slot(place);
        if T::ON {
            let path = self.source_path(place);
            self.trace.read(place, || path, slot);
        }
        slot.value()
    }

    /// A canonical `Money`: both members, or absent when its amount is.
    pub(super) fn load_money(&mut self, minor: &Place, currency: &Place) -> Stepped {
        let (minor, currency) = (self.load(minor), self.load(currency));
        let amount = match minor {
            Value::Missing | Value::Null => return Ok(minor),
            Value::Number(span) => self.text(span).parse::<i64>().ok(),
            _ => None,
        };
        let letters = match currency {
            Value::Text(span) => <[u8; 3]>::try_from(self.text(span).as_bytes()).ok(),
            _ => None,
        };
        match (amount, letters) {
            (Some(minor), Some(currency)) => Ok(Value::Money(Money { minor, currency })),
            (None, _) => fault(minor, "minor units, a whole number"),
            (_, None) => fault(currency, "a currency, three letters"),
        }
    }

    /// The path at the source, with the numbers of the elements it stands in.
    pub(crate) fn source_path(&self, place: &Place) -> String {
        let path = self.plan.trie.path(place.node);
        let mut open = self.scopes.iter().skip(1).take(usize::from(place.depth));
        let mut parts = path.split("[]");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            match open.next() {
                Some(scope) => {
                    let _infallible = write!(text, "[{}]", scope.index);
                }
                None => text.push_str("[]"),
            }
            text.push_str(part);
        }
        text
    }

    pub(super) fn need(&mut self, index: u16) -> Stepped {
        let Some((name, optional)) = self.plan.needs.get(usize::from(index)) else {
            return Ok(Value::Missing);
        };
        let given = self.ctx.needs.iter().find(|(it, _)| it == name);
        match given {
            Some((_, Some(text))) => Ok(self.push(text)),
            Some((_, None)) if *optional => Ok(Value::Missing),
            None if *optional => Ok(Value::Missing),
            Some(_) | None => {
                fault(Value::Missing, format!("`{name}`, which the map needs from its caller"))
            }
        }
    }

    pub(super) fn hub(&mut self, fact: HubFact) -> Value {
        match fact {
            HubFact::Channel => self.push(self.ctx.channel),
            HubFact::Organisation => self.push(self.ctx.organisation),
            HubFact::Record => Value::Decimal(self.ctx.record.into()),
            HubFact::ReceivedAt => crate::time::Instant::utc(self.ctx.received_at.as_ms())
                .map_or(Value::Missing, Value::Instant),
        }
    }
}
