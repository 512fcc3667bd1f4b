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
use store::Reader;
use tracing::warn;

/// Gives events of unversioned sources the id of their fact.
pub(super) async fn settle(rooms: &Rooms, organisation: &str, events: Vec<Event>) -> Vec<Event> {
    if events.iter().all(|it| it.srcversionkind != VersionKind::None) {
        return events;
    }
    let (organisation, kept) = (organisation.to_owned(), events.clone());
    let settled: Result<Vec<Event>, Refusal> = rooms
        .ask_store(move |reader| {
            events.into_iter().map(|it| with_fact(reader, &organisation, it)).collect()
        })
        .await;
    settled.unwrap_or_else(|fault| {
        // Without the store a repetition is still recognised, a return is not.
        warn!(%fault, "facts are told apart by their content alone");
        kept
    })
}

fn with_fact(reader: &Reader, organisation: &str, mut event: Event) -> store::Result<Event> {
    let Some((entity, action)) = event.entity_and_action() else { return Ok(event) };
    if event.srcversionkind != VersionKind::None {
        return Ok(event);
    }
    let current = reader.current_at_source(entity, event.channel(), &event.sourceid)?;
    let Some(current) = current else { return Ok(event) };
    if current.event.data.get() == event.data.get() && current.event.kind == event.kind {
        event.id = current.event.id;
        return Ok(event);
    }
    let content = sha256_hex(event.data.get().as_bytes());
    let fact = format!("{content} after {}", current.event.id);
    let key =
        SourceKey { organisation, channel: event.channel(), entity, source_id: &event.sourceid };
    event.id = key.event_id(&fact, action.name());
    Ok(event)
}
