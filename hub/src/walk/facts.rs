//! Facts of sources without versions.
//!
//! Such a source says only what is, never which state is newer. A state that
//! equals the one in force is a repetition; another one is a new fact, also when
//! it was in force before (A, B, and A again): its id follows from the state it
//! replaces, so that it is not taken for the first A.

use crate::{app::Rooms, problem::Refusal};
use canon::{
    event::{Event, VersionKind},
    id::{SourceKey, sha256_hex},
};
use std::collections::HashMap;
use store::Reader;

/// Gives events of unversioned sources the id of their fact.
///
/// Waits until the store has seen what was committed before: deciding on an
/// older state could take a return for a repetition. Two arrivals about one
/// thing at the same instant are decided as if neither had come yet.
///
/// # Errors
///
/// [`Refusal::Behind`] or [`Refusal::Inside`] when the store cannot say; the
/// same bytes may be sent again.
pub(super) async fn settle(
    rooms: &Rooms,
    organisation: &str,
    events: Vec<Event>,
) -> Result<Vec<Event>, Refusal> {
    if events.iter().all(|it| it.srcversionkind != VersionKind::None) {
        return Ok(events);
    }
    rooms.reached(Some(rooms.journal.head())).await?;
    let organisation = organisation.to_owned();
    rooms
        .ask_store(move |reader| {
            let mut latest = HashMap::new();
            let settled = events.into_iter();
            settled.map(|it| with_fact(reader, &organisation, &mut latest, it)).collect()
        })
        .await
}

/// The state of each thing after the events of this arrival so far.
type Latest = HashMap<String, Event>;

fn with_fact(
    reader: &Reader,
    organisation: &str,
    latest: &mut Latest,
    mut event: Event,
) -> store::Result<Event> {
    let Some((entity, action)) = event.entity_and_action() else { return Ok(event) };
    if event.srcversionkind != VersionKind::None {
        return Ok(event);
    }
    let before = match latest.get(&event.subject) {
        Some(earlier) => Some(earlier.clone()),
        None => {
            reader.current_at_source(entity, event.channel(), &event.sourceid)?.map(|it| it.event)
        }
    };
    let Some(current) = before else {
        latest.insert(event.subject.clone(), event.clone());
        return Ok(event);
    };
    if current.data.get() == event.data.get() && current.kind == event.kind {
        event.id = current.id;
        return Ok(event);
    }
    let content = sha256_hex(event.data.get().as_bytes());
    let fact = format!("{content} after {}", current.id);
    let key =
        SourceKey { organisation, channel: event.channel(), entity, source_id: &event.sourceid };
    event.id = key.event_id(&fact, action.name());
    latest.insert(event.subject.clone(), event.clone());
    Ok(event)
}
