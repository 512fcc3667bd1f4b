//! Bytes that were walked before: what is new of them, and what is not.

use super::decode::faults_of;
use crate::{
    again::{Kept, Meant},
    app::Rooms,
    problem::{Fault, Refusal},
};
use adapter_kit::decode::Decoded;
use canon::{
    entry::{Boundary, RecordFault, SetAside},
    event::{Event, VersionKind},
    id::{EventId, SourceKey, sha256_hex},
};
use journal::Span;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use store::{Reader, StepEvent};

/// Found where the record of a letter began, when the package cuts otherwise now.
const NO_RECORD: &str = "no record begins there today, as the package reads the bytes";
/// What must be there.
const SAME_PLACE: &str = "a record that begins where the one set aside began";

/// Leaves the records that are meant, and of the letters those whose record
/// begins where it did. The package may cut the bytes otherwise today: a letter
/// without a record is told as faulty and stays.
///
/// # Errors
///
/// [`Refusal::Undecodable`] when none begins where the letter's did, or when an
/// edit made something else than one record of it.
pub(super) fn keep_meant(kept: &mut Kept, records: &mut Decoded) -> Result<(), Refusal> {
    records.keep(|offset| kept.meant.is_meant(offset));
    let refuse = |offset: u64, found: String, expected: &str| {
        let fault =
            Fault { offset: Some(offset), found, expected: expected.into(), ..Fault::default() };
        Err(Refusal::Undecodable { fault })
    };
    match &mut kept.meant {
        Meant::Edited { offset, length, .. } => {
            let longest = records.lengths().max().unwrap_or(0);
            if records.records != 1 || longest > *length {
                let found = format!("{} records, the longest of {longest} bytes", records.records);
                return refuse(*offset, found, "one record in place of the one that was set aside");
            }
            Ok(())
        }
        Meant::Letters(letters) if records.records == 0 => {
            let offset = letters.first().map_or(0, |(_, offset)| *offset);
            refuse(offset, NO_RECORD.into(), SAME_PLACE)
        }
        Meant::Letters(letters) => {
            let here: BTreeSet<u64> = records.offsets().collect();
            let gone: Vec<SetAside> = letters
                .extract_if(.., |(_, offset)| !here.contains(offset))
                .map(|(_, offset)| without_record(offset))
                .collect();
            kept.found.add(|it| it.faulty.extend(gone));
            Ok(())
        }
        Meant::AllBut { .. } | Meant::Only(_) => Ok(()),
    }
}

/// What is wrong with a letter at whose place no record begins.
fn without_record(offset: u64) -> SetAside {
    SetAside {
        record: 0,
        offset,
        length: 0,
        boundary: Boundary::Decode,
        code: "undecodable".to_owned(),
        faults: vec![RecordFault {
            field: String::new(),
            offset: Some(offset),
            found: NO_RECORD.to_owned(),
            expected: SAME_PLACE.to_owned(),
            needed_by: None,
            shows: None,
        }],
        record_sha256: None,
    }
}

/// Tells which letters close: those whose record can be used now. The others
/// stay as they are, and what is wrong with them is told to who asked.
///
/// # Errors
///
/// The refusal of the first record, when none can be used.
pub(super) fn close(kept: &mut Kept, set_aside: Vec<SetAside>) -> Result<(), Refusal> {
    let bad = |at: u64| set_aside.iter().any(|it| it.offset == at);
    kept.again.letters = match &kept.meant {
        Meant::Letters(letters) => {
            letters.iter().filter(|(_, at)| !bad(*at)).map(|(index, _)| *index).collect()
        }
        Meant::Edited { index, .. } if set_aside.is_empty() => vec![*index],
        Meant::Edited { .. } | Meant::AllBut { .. } | Meant::Only(_) => Vec::new(),
    };
    let is_letter = matches!(kept.meant, Meant::Letters(_) | Meant::Edited { .. });
    let first = set_aside.first().map(refusal);
    kept.found.add(|it| it.faulty.extend(set_aside));
    match first {
        Some(refusal) if is_letter && kept.again.letters.is_empty() => Err(refusal),
        Some(_) | None => Ok(()),
    }
}

fn refusal(bad: &SetAside) -> Refusal {
    match bad.boundary {
        Boundary::Admit | Boundary::Quota | Boundary::Decode => {
            let fault = faults_of(bad).into_iter().next().unwrap_or_default();
            Refusal::Undecodable { fault }
        }
        Boundary::Validate => super::validate::refusal(bad),
        Boundary::Map => Refusal::Unmappable { faults: faults_of(bad) },
    }
}

/// Of the events that today's maps make, leaves those that say something else
/// than what is stored, each as a fact of its own, marked `replay`. Those that
/// say the same are told as unchanged.
///
/// # Errors
///
/// [`Refusal::Behind`] or [`Refusal::Inside`] when the store cannot say.
pub(super) async fn differences(
    rooms: &Rooms,
    kept: &Kept,
    (events, spans): (Vec<Event>, Vec<Span>),
) -> Result<(Vec<Event>, Vec<Span>), Refusal> {
    rooms.reached(Some(rooms.journal.head())).await?;
    let organisation = rooms.house().organisation.to_string();
    let kept = kept.clone();
    rooms
        .ask_store(move |reader| {
            let mut before = Before::new(&kept, &events);
            let mut left = (Vec::new(), Vec::new());
            for (event, span) in events.into_iter().zip(spans) {
                let earlier = before.of(&event);
                if earlier.is_none() && kept.meant.only_known(span.offset) {
                    // What contradicted something stays a letter.
                    continue;
                }
                match weigh(reader, (&organisation, kept.again.replay), event, earlier)? {
                    Weighed::New(event) if store::meets(&kept.selection, &event) => {
                        left.0.push(event);
                        left.1.push(span);
                    }
                    Weighed::Stored(event) if store::meets(&kept.selection, &event.event) => {
                        kept.found.add(|it| it.unchanged.push(event));
                    }
                    Weighed::New(_) | Weighed::Stored(_) | Weighed::Known => {}
                }
            }
            Ok(left)
        })
        .await
}

/// The events that came of the bytes before, by what they are about.
struct Before {
    by_thing: HashMap<(String, String), VecDeque<StepEvent>>,
    /// The facts that the same bytes say today.
    today: HashSet<EventId>,
}

impl Before {
    fn new(kept: &Kept, today: &[Event]) -> Self {
        let mut by_thing: HashMap<_, VecDeque<StepEvent>> = HashMap::new();
        for (index, event) in (0..).zip(kept.before.iter()) {
            let thing = (event.kind.clone(), event.sourceid.clone());
            let stored = StepEvent { seq: kept.again.of, index, event: event.clone() };
            by_thing.entry(thing).or_default().push_back(stored);
        }
        Self { by_thing, today: today.iter().map(|it| it.id.clone()).collect() }
    }

    /// What was made in place of `event` then: the same fact, or else the first
    /// that no event of today says. Bytes may say more of a thing than was stored:
    /// what was known already, or contradicted it, was left out.
    fn of(&mut self, event: &Event) -> Option<StepEvent> {
        let stored = self.by_thing.get_mut(&(event.kind.clone(), event.sourceid.clone()))?;
        let same = stored.iter().position(|it| it.event.id == event.id);
        let other = || stored.iter().position(|it| !self.today.contains(&it.event.id));
        stored.remove(same.or_else(other)?)
    }
}

/// How an event of today stands to what is stored.
enum Weighed {
    /// A fact that nothing stored says.
    New(Event),
    /// It says what this stored event says.
    Stored(StepEvent),
    /// Its fact is stored, from other bytes.
    Known,
}

fn weigh(
    reader: &Reader,
    (organisation, replay): (&str, Option<u64>),
    mut event: Event,
    before: Option<StepEvent>,
) -> store::Result<Weighed> {
    event.replay = true;
    let Some((entity, action)) = event.entity_and_action() else { return Ok(Weighed::Known) };
    let Some(before) = before else {
        // No event came of this record then: left out as a repetition, or the
        // maps of then made none.
        let is_known = reader.event(event.id.as_str())?.is_some()
            || (event.srcversionkind == VersionKind::None
                && reader.current_at_source(entity, event.channel(), &event.sourceid)?.is_some());
        return Ok(if is_known { Weighed::Known } else { Weighed::New(event) });
    };
    if says(&before.event) == says(&event) {
        return Ok(Weighed::Stored(before));
    }
    let content = sha256_hex(event.data.get().as_bytes());
    let fact = format!("{content} instead of {}", before.event.id);
    let key =
        SourceKey { organisation, channel: event.channel(), entity, source_id: &event.sourceid };
    event.id = key.event_id(&fact, action.name());
    // An earlier replay with the same maps has said so already, or this one, which
    // sent it when it did.
    Ok(match reader.event(event.id.as_str())? {
        Some(known) if replay.is_some_and(|it| it < known.seq) => Weighed::Known,
        Some(known) => {
            Weighed::Stored(StepEvent { seq: known.seq, index: known.index, event: known.event })
        }
        None => Weighed::New(event),
    })
}

/// What an event says, without the name of the map that says it.
fn says(event: &Event) -> Value {
    let mut data: Value = serde_json::from_str(event.data.get()).unwrap_or(Value::Null);
    if let Some(members) = data.as_object_mut() {
        members.remove("mapping");
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use adapter_kit::decode::Unreadable;
    use canon::entry::Again;

    fn letters(places: &[(u32, u64)]) -> Kept {
        Kept {
            again: Again {
                letters: places.iter().map(|(index, _)| *index).collect(),
                ..Again::default()
            },
            meant: Meant::Letters(places.to_vec()),
            label: None,
            piece: None,
            operator: None,
            edited: None,
            before: std::sync::Arc::default(),
            selection: canon::entry::Selection::default(),
            found: crate::again::Found::default(),
        }
    }

    fn records(offsets: &[u64]) -> Decoded {
        let mut records = Decoded::default();
        let of = |offset: &u64| {
            let faults = Vec::new();
            Unreadable { number: 1, offset: *offset, length: 9, faults }
        };
        records.unreadable.extend(offsets.iter().map(of));
        records
    }

    #[test]
    fn a_letter_without_a_record_of_today_stays() {
        let mut kept = letters(&[(0, 10), (1, 50)]);
        keep_meant(&mut kept, &mut records(&[0, 10])).expect("one is there");
        close(&mut kept, Vec::new()).expect("it can be used");
        assert_eq!(kept.again.letters, [0], "the other was never walked");
        let told = kept.found.take().faulty;
        assert_eq!(told.iter().map(|it| it.offset).collect::<Vec<_>>(), [50]);

        let none = keep_meant(&mut letters(&[(1, 50)]), &mut records(&[0, 10]));
        assert!(matches!(none, Err(Refusal::Undecodable { .. })), "{none:?}");
    }
}
