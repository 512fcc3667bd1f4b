//! Reads what a pipe begins with: values of the source, behind elements picked
//! out of lists too, and what the caller and the hub know of the record.

use super::{
    fault::{Stepped, fault},
    machine::Machine,
    trace::Trace,
};
use crate::{
    input::{Slot, SlotKind},
    plan::{
        op::{Hop, HubFact, Pick, Place},
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
            slot = self.behind(hop, slot, self.element_of(hop, slot));
        }
        slot
    }

    /// Which element of the list in `slot` is meant, if it has it.
    fn element_of(&self, hop: &Hop, slot: Slot) -> Option<usize> {
        let count = if slot.kind == SlotKind::List { slot.len as usize } else { 0 };
        match &hop.pick {
            Pick::Index(index) if *index < 0 => {
                count.checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX))
            }
            Pick::Index(index) => usize::try_from(*index).ok().filter(|it| *it < count),
            Pick::Find { slot: by, text } => (0..count).find(|element| {
                let width = self.plan.trie.width(hop.frame);
                let base = (slot.start as usize + element) * width;
                match self.slot_at(hop.frame, base + usize::from(*by)).value() {
                    Value::Text(span) | Value::Number(span) => self.text(span) == &**text,
                    Value::Bool(bool) => &**text == if bool { "true" } else { "false" },
                    _ => false,
                }
            }),
        }
    }

    /// What of that element is meant.
    fn behind(&self, hop: &Hop, slot: Slot, element: Option<usize>) -> Slot {
        let Some(element) = element else { return Slot::default() };
        let base = (slot.start as usize + element) * self.plan.trie.width(hop.frame);
        self.slot_at(hop.frame, base + usize::from(hop.slot))
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
    #[cold]
    pub(crate) fn source_path(&self, place: &Place) -> String {
        let mut numbers = Vec::new();
        self.numbers_of(place, &mut numbers);
        self.plan.trie.path_with(place.node, &numbers)
    }

    /// The numbers of the elements that a place stands in, from the record on:
    /// those of the lists that are open around it, not of others that are open
    /// too, then those it picks.
    fn numbers_of(&self, place: &Place, numbers: &mut Vec<Option<u32>>) {
        let scope = self.scopes.get(usize::from(place.depth));
        if let Some((scope, list)) = scope.and_then(|it| Some((it, it.list?))) {
            self.numbers_of(list, numbers);
            numbers.push(Some(scope.index));
        }
        let slot = scope.and_then(|it| it.slots.get(usize::from(place.slot)));
        let mut slot = slot.copied().unwrap_or_default();
        for hop in &place.hops {
            let element = self.element_of(hop, slot);
            numbers.push(element.and_then(|it| u32::try_from(it).ok()));
            slot = self.behind(hop, slot, element);
        }
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
