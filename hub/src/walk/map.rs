//! Records to canonical events: the maps of each record's kind, all of them or
//! the record is set aside.

use super::{
    decode::{faults_of, off_thread},
    validate::Valid,
};
use crate::{app::Rooms, arrival::Arrival, observe::tap::Line, problem::Refusal};
use access::Pass;
use adapter_kit::{
    decode::Record,
    package::{Chosen, Made},
};
use canon::{
    entry::{Boundary, Loss, SetAside},
    event::{Event, SpecVersion, VersionKind},
    id::SourceKey,
};
use journal::Span;
use mapping::{FaultPolicy, RunContext, Scratch};
use serde_json::{json, value::RawValue};
use std::sync::Arc;

/// An arrival as canonical events. Only this step makes one.
#[derive(Debug)]
pub(super) struct Mapped {
    pub(super) pass: Pass,
    pub(super) arrival: Arrival,
    pub(super) records: u64,
    pub(super) events: Vec<Event>,
    /// Where the record of each event stands in the bytes.
    pub(super) spans: Vec<Span>,
    pub(super) set_aside: Vec<SetAside>,
    pub(super) losses: Vec<Loss>,
}

/// Runs the maps of each record.
pub(super) async fn map(rooms: &Rooms, valid: Valid) -> Result<Mapped, Refusal> {
    let organisation = Arc::clone(&rooms.house().organisation);
    let bytes = valid.arrival.bytes.len();
    let mut mapped = off_thread(bytes, move || map_now(&organisation, valid)).await?;
    if let Some(kept) = mapped.arrival.kept().filter(|it| it.again.replay.is_some()) {
        let walked = (mapped.events, mapped.spans);
        (mapped.events, mapped.spans) = super::again::differences(rooms, kept, walked).await?;
    }
    let channel = mapped.arrival.channel.name();
    for event in &mapped.events {
        rooms.tap.tell(|| Line {
            at: rooms.clock.now(),
            step: "mapped",
            channel: channel.to_owned(),
            id: mapped.arrival.id.clone(),
            what: json!(event),
        });
    }
    for record in &mapped.set_aside {
        rooms.tap.tell(|| Line {
            at: rooms.clock.now(),
            step: "set_aside",
            channel: channel.to_owned(),
            id: mapped.arrival.id.clone(),
            what: json!(record),
        });
    }
    Ok(mapped)
}

fn map_now(organisation: &str, valid: Valid) -> Result<Mapped, Refusal> {
    Scratch::of_thread(|scratch| map_with(organisation, valid, scratch))
}

fn map_with(organisation: &str, valid: Valid, scratch: &mut Scratch) -> Result<Mapped, Refusal> {
    let Valid { pass, arrival, records, maps, mut set_aside } = valid;
    let (mut events, mut spans, mut losses) = (Vec::new(), Vec::new(), Vec::new());
    let srchash = canon::id::sha256_hex(&arrival.bytes);
    let atomic = arrival.is_atomic();
    for (record, maps) in records.iter(&arrival.bytes).zip(&maps) {
        let Some(maps) = maps else { continue };
        let chosen = Chosen { kind: "", maps: maps.iter().collect() };
        let context = RunContext {
            organisation,
            channel: arrival.channel.name(),
            received_at: arrival.received_at,
            record: record.number,
            needs: &[],
        };
        match arrival.channel.package().run(&chosen, &record, &context, scratch) {
            Ok(made) => {
                for it in made {
                    losses.extend(it.mapped.losses.iter().cloned());
                    events.push(event(organisation, &arrival, &srchash, it)?);
                    let Record { number, offset, length, .. } = record;
                    spans.push(Span { record: number, offset, length });
                }
            }
            Err(faulted) => {
                let bad = SetAside {
                    record: record.number,
                    offset: record.offset,
                    length: record.length,
                    boundary: Boundary::Map,
                    code: "unmappable".to_owned(),
                    faults: faulted.faults,
                    record_sha256: None,
                };
                let refuses = faulted.policy == FaultPolicy::Refuse && arrival.kept().is_none();
                if atomic || refuses {
                    return Err(Refusal::Unmappable { faults: faults_of(&bad) });
                }
                set_aside.push(bad);
            }
        }
    }
    set_aside.sort_by_key(|it| it.record);
    let records = records.records;
    Ok(Mapped { pass, arrival, records, events, spans, set_aside, losses })
}

/// The envelope around what a map made.
fn event(
    organisation: &str,
    arrival: &Arrival,
    srchash: &str,
    made: Made<'_>,
) -> Result<Event, Refusal> {
    let Made { map, mapped } = made;
    let inside = |detail: &str| Refusal::Inside { detail: format!("{}: {detail}", map.label()) };
    let entity = map.entity().ok_or_else(|| inside("an in map without an entity"))?;
    let channel = arrival.channel.name();
    let key = SourceKey { organisation, channel, entity, source_id: &mapped.source_id };
    // A source without versions says nothing about which state is newer; each
    // state it sends is a fact of its own, told apart by its content. The journal
    // tells a state that comes back from a repetition, and names it anew.
    let fact = match mapped.version_kind {
        VersionKind::None => canon::id::sha256_hex(&mapped.data),
        VersionKind::Integer
        | VersionKind::Timestamp
        | VersionKind::Sequence
        | VersionKind::Etag => mapped.source_version.clone(),
    };
    let data = String::from_utf8(mapped.data).map_err(|_| inside("its output is not UTF-8"))?;
    let data = RawValue::from_string(data).map_err(|_| inside("its output is not JSON"))?;
    Ok(Event {
        specversion: SpecVersion::V1,
        id: key.event_id(&fact, mapped.action.name()),
        source: format!("/channels/{channel}"),
        kind: Event::kind_of(entity, mapped.action),
        subject: format!("{}/{}", entity.name(), mapped.hub_id),
        time: mapped.occurred_at,
        dataschema: format!("https://channelhub.org/canon/{}/1.0", entity.name()),
        datacontenttype: "application/json".to_owned(),
        partitionkey: mapped.partition_key,
        sourceid: mapped.source_id,
        srcversion: mapped.source_version,
        srcversionkind: mapped.version_kind,
        srchash: srchash.to_owned(),
        mapping: map.label().to_owned(),
        dataclassification: mapped.classification,
        traceparent: arrival.traceparent.clone(),
        replay: false,
        data,
    })
}
