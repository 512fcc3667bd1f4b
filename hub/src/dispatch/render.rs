//! One event, rendered for one destination: which operation carries it, what
//! its map makes of it, where it goes.

use super::Destination;
use crate::{app::Rooms, numbers, problem::Refusal};
use adapter_kit::{
    manifest::{NeedFrom, Operation, Piece},
    package::{Sent, Unsent},
};
use bytes::Bytes;
use canon::{
    entity::Entity,
    entry::{Loss, QUARANTINED, RecordFault},
    event::Event,
    reference::Ref,
};
use delivery::{
    Rules, Verdict,
    body::{BodyFault, Encoded},
    idempotency_key,
};
use mapping::{RunContext, Scratch};
use serde::Deserialize as _;
use serde_json::{Value, value::RawValue};
use std::{collections::BTreeMap, fmt};
use store::DueParcel;

/// A call that is ready to be made, as often as it takes.
#[derive(Debug)]
pub(super) struct Rendered {
    /// What carries it; none for an event that goes out as it is.
    pub(super) operation: Option<Operation>,
    pub(super) rules: Rules,
    pub(super) path: String,
    pub(super) content_type: String,
    pub(super) body: Bytes,
    /// Characters that its character set does not have, and what is in it instead.
    pub(super) substitutions: Vec<Loss>,
    /// The same on every try.
    pub(super) key: String,
    /// `{map id}@{version}`.
    pub(super) label: String,
    pub(super) traceparent: Option<String>,
}

impl Rendered {
    /// The verdict with what had to be changed: nothing changes in silence.
    pub(super) fn told(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Done { answer, far_id } if !self.substitutions.is_empty() => {
                let mut fields: Vec<&str> =
                    self.substitutions.iter().map(|it| it.field.as_str()).collect();
                fields.dedup();
                let fields = fields.join(", ");
                Verdict::Done {
                    answer: format!("{answer}; characters replaced in {fields}"),
                    far_id,
                }
            }
            verdict => verdict,
        }
    }
}

/// Why an event could not be rendered.
#[derive(Debug)]
pub(super) enum Fault {
    /// The event, the map or the path: trying again will not help.
    Lasting(String),
    /// Characters that the destination's character set does not have.
    Unwritable { reason: String, quarantined: bool },
    /// No operation of the package carries such an event: it is not for this
    /// system, and nothing is sent.
    NotForIt(String),
    /// The store could not be asked.
    Passing(String),
}

/// Values that maps and paths need from outside, by name.
type Needs = BTreeMap<String, Option<String>>;

// === impl Fault ===

impl Fault {
    pub(super) fn to_verdict(&self) -> Verdict {
        match self {
            Self::Lasting(reason) => {
                Verdict::Refused { code: "unrenderable", reason: reason.clone() }
            }
            Self::Unwritable { reason, quarantined } => {
                let code = if *quarantined { QUARANTINED } else { "delivery-unwritable" };
                Verdict::Refused { code, reason: reason.clone() }
            }
            Self::NotForIt(reason) => Verdict::Done { answer: reason.clone(), far_id: None },
            Self::Passing(reason) => Verdict::Later {
                reason: reason.clone(),
                after: None,
                cause: delivery::classify::Cause::Busy,
            },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Lasting(reason)
        | Self::Unwritable { reason, .. }
        | Self::NotForIt(reason)
        | Self::Passing(reason)) = self;
        f.write_str(reason)
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Passing(refusal.to_string())
    }
}

/// Renders one event for one destination.
pub(super) async fn render(
    rooms: &Rooms,
    to: &Destination,
    parcel: &DueParcel,
) -> Result<Rendered, Fault> {
    let mut edit = None;
    if parcel.edited {
        let id = parcel.id.clone();
        let found = rooms.ask_store(move |reader| reader.parcel_data(&id)).await?;
        edit = found.and_then(|it| it.edited);
    }
    let what = What {
        event: &parcel.event,
        edit: edit.as_deref(),
        number: parcel.number,
        released: parcel.released,
    };
    render_as(rooms, to, what).await
}

/// What is rendered.
pub(super) struct What<'w> {
    /// As it stands in the journal.
    pub(super) event: &'w str,
    /// Data in place of its own.
    pub(super) edit: Option<&'w str>,
    /// Its place among all deliveries to the destination.
    pub(super) number: u64,
    /// An operator lets it go though some characters of it cannot be written.
    pub(super) released: bool,
}

/// Renders an event, with other data when it was edited.
pub(super) async fn render_as(
    rooms: &Rooms,
    to: &Destination,
    what: What<'_>,
) -> Result<Rendered, Fault> {
    let What { event: text, edit, .. } = what;
    let mut event: Event = serde_json::from_str(text)
        .map_err(|fault| Fault::Lasting(format!("the event cannot be read: {fault}")))?;
    if let Some(edit) = edit {
        event.data = RawValue::from_string(edit.to_owned())
            .map_err(|fault| Fault::Lasting(format!("what was edited is not JSON: {fault}")))?;
    }
    // What was edited is another request: the far side may have kept its answer
    // to the first one under the key of that.
    let of_edit = edit.map(|it| format!(" edited {}", canon::id::sha256_hex(it.as_bytes())));
    let key = |label: &str| {
        let label = format!("{label}{}", of_edit.as_deref().unwrap_or_default());
        idempotency_key(to.channel.name(), &event.id, &label)
    };
    if to.is_as_it_is() {
        let body = match edit {
            None => text.to_owned(),
            Some(_) => serde_json::to_string(&event)
                .map_err(|fault| Fault::Lasting(format!("the event cannot be written: {fault}")))?,
        };
        return Ok(as_it_is(&event, body.into(), key("event@1")));
    }
    let data: Value = serde_json::from_str(event.data.get())
        .map_err(|fault| Fault::Lasting(format!("the event's data cannot be read: {fault}")))?;
    let operation = operation(rooms, to, &event, &data).await?;
    let mut needs = needs(rooms, to, &operation, &event, &data).await?;
    for need in operation.needs.iter().filter(|it| it.from == NeedFrom::Number) {
        needs.insert(need.name.clone(), Some(numbers::of_parcel(what.number).to_string()));
    }
    let rendering = rendering(rooms, to, &operation, &event, (&needs, what.released))?;
    let key = key(&rendering.label);
    let path = operation
        .path
        .fill(|piece| match piece {
            Piece::Body(pointer) => rendering.value.pointer(pointer).and_then(scalar),
            Piece::Data(pointer) => data.pointer(pointer).and_then(scalar),
            Piece::Need(name) => needs.get(name).cloned().flatten(),
            Piece::Setting(name) => to.channel.setting(name),
            Piece::Key => Some(key.clone()),
            Piece::Text(_) | Piece::Cursor | Piece::Page | Piece::Until | Piece::Ids => None,
        })
        .map_err(|piece| Fault::Lasting(format!("the path has no value for {piece}")))?;
    Ok(Rendered {
        rules: Rules::of(&operation),
        operation: Some(operation),
        path,
        content_type: rendering.content_type,
        body: rendering.body,
        substitutions: rendering.substitutions,
        key,
        label: rendering.label,
        traceparent: event.traceparent.clone(),
    })
}

/// The whole event as it stands in the journal.
fn as_it_is(event: &Event, body: Bytes, key: String) -> Rendered {
    Rendered {
        operation: None,
        rules: Rules { success: vec![200, 201, 202, 204], ..Rules::default() },
        path: String::new(),
        content_type: "application/cloudevents+json".to_owned(),
        body,
        substitutions: Vec::new(),
        key,
        label: "event@1".to_owned(),
        traceparent: event.traceparent.clone(),
    }
}

async fn operation(
    rooms: &Rooms,
    to: &Destination,
    event: &Event,
    data: &Value,
) -> Result<Operation, Fault> {
    let (entity, action) = event
        .entity_and_action()
        .ok_or_else(|| Fault::Lasting(format!("{} is no event type of this hub", event.kind)))?;
    let package = to.channel.package();
    let operations: Vec<&Operation> = package.operations_for(entity, action, data).collect();
    let is_known = match operations.iter().any(|it| it.known.is_some()) {
        true => far_id(rooms, to, event.hub_id().to_owned()).await?.is_some(),
        false => false,
    };
    operations.into_iter().find(|it| it.suits(is_known)).cloned().ok_or_else(|| {
        let (entity, action) = (entity.name(), action.name());
        let name = &package.manifest().name;
        Fault::NotForIt(format!("not sent: {name} takes no {entity} {action} such as this"))
    })
}

/// The id by which the destination knows a thing.
async fn far_id(rooms: &Rooms, to: &Destination, hub_id: String) -> Result<Option<String>, Fault> {
    let destination = to.channel.name().to_owned();
    let question = move |reader: &store::Reader| reader.far_id(&destination, &hub_id);
    Ok(rooms.ask_store(question).await?)
}

/// Looks up what map and path need: settings of the channel, and the ids by
/// which the far system knows things.
async fn needs(
    rooms: &Rooms,
    to: &Destination,
    operation: &Operation,
    event: &Event,
    data: &Value,
) -> Result<Needs, Fault> {
    let mut needs = Needs::new();
    for need in &operation.needs {
        let value = match &need.from {
            NeedFrom::Setting(name) => to.channel.setting(name),
            // The parcel's; see `numbers`.
            NeedFrom::Number => None,
            NeedFrom::Called { scheme, entity, pointer } => match data.pointer(pointer) {
                None => None,
                Some(reference) => called(rooms, to, event, (*entity, reference, scheme)).await?,
            },
            NeedFrom::FarId { entity, pointer } => {
                let hub_id = match pointer {
                    None => Some(event.hub_id().to_owned()),
                    Some(pointer) => match data.pointer(pointer) {
                        None => None,
                        Some(reference) => resolve(rooms, event, *entity, reference).await?,
                    },
                };
                match hub_id {
                    None => None,
                    Some(hub_id) => far_id(rooms, to, hub_id).await?,
                }
            }
        };
        needs.insert(need.name.clone(), value);
    }
    Ok(needs)
}

/// What the destination calls the article or place that a reference means.
async fn called(
    rooms: &Rooms,
    to: &Destination,
    event: &Event,
    (entity, reference, scheme): (Entity, &Value, &str),
) -> Result<Option<String>, Fault> {
    let Ok(reference) = Ref::deserialize(reference) else { return Ok(None) };
    let (channel, destination) = (event.channel().to_owned(), to.channel.name().to_owned());
    let scheme = scheme.to_owned();
    let question = move |reader: &store::Reader| {
        reader.called(entity, (&channel, &reference), (&destination, &scheme))
    };
    Ok(rooms.ask_store(question).await?)
}

/// The hub id of what a reference means.
async fn resolve(
    rooms: &Rooms,
    event: &Event,
    entity: Entity,
    reference: &Value,
) -> Result<Option<String>, Fault> {
    if let Some(hub_id) = reference.as_str() {
        return Ok(Some(hub_id.to_owned()));
    }
    let Ok(reference) = Ref::deserialize(reference) else { return Ok(None) };
    let channel = event.channel().to_owned();
    let question = move |reader: &store::Reader| reader.resolve(entity, &channel, &reference);
    Ok(rooms.ask_store(question).await?)
}

/// What a map made of an event.
struct Rendering {
    label: String,
    value: Value,
    body: Bytes,
    content_type: String,
    substitutions: Vec<Loss>,
}

fn rendering(
    rooms: &Rooms,
    to: &Destination,
    operation: &Operation,
    event: &Event,
    (needs, released): (&Needs, bool),
) -> Result<Rendering, Fault> {
    let given: Vec<(&str, Option<&str>)> =
        needs.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    let house = rooms.house();
    let context = RunContext {
        organisation: &house.organisation,
        channel: to.channel.name(),
        received_at: rooms.clock.now(),
        record: 1,
        needs: &given,
    };
    let map = to.channel.package().map(&operation.map);
    let map = map.ok_or_else(|| Fault::Lasting(format!("there is no map {}", operation.map)))?;
    let bytes = event.data.get().as_bytes();
    let made = Scratch::of_thread(|scratch| map.run_json(bytes, &context, scratch));
    let body = made.map_err(|faulted| {
        let of = |it: &RecordFault| {
            let needed = it.needed_by.as_deref().unwrap_or_default();
            format!("{needed}: {}: found {}, expected {}", it.field, it.found, it.expected)
        };
        Fault::Lasting(faulted.faults.iter().map(of).collect::<Vec<_>>().join("; "))
    })?;
    let label = map.label().to_owned();
    let value = serde_json::from_slice(&body.data)
        .map_err(|fault| Fault::Lasting(format!("{label} made no JSON: {fault}")))?;
    let lasting = |faults: &[RecordFault]| Fault::Lasting(told(&label, faults));
    let unwritable = |faults: &[RecordFault], quarantined| Fault::Unwritable {
        reason: told(&label, faults),
        quarantined,
    };
    let encoded = match to.channel.package().write(operation, &body.data, released) {
        Ok(None) => {
            let charset = operation.charset.as_ref();
            delivery::body::encode(operation.body, charset, &body.data, released).map_err(|it| {
                match it {
                    BodyFault::Unwritable { faults, quarantined } => {
                        unwritable(&faults, quarantined)
                    }
                    other => Fault::Lasting(format!("{label}: {other}")),
                }
            })?
        }
        Ok(Some(Sent { media_type, bytes, substitutions })) => {
            Encoded { media_type, bytes: bytes.into(), substitutions }
        }
        Err(Unsent::Faulty(faults)) => return Err(lasting(&faults)),
        Err(Unsent::Unwritable { faults, quarantined }) => {
            return Err(unwritable(&faults, quarantined));
        }
    };
    let Encoded { media_type: content_type, bytes: body, substitutions } = encoded;
    Ok(Rendering { label, value, body, content_type, substitutions })
}

/// All faults of what a map made, on one line.
fn told(label: &str, faults: &[RecordFault]) -> String {
    let of =
        |it: &RecordFault| format!("{}: found {}, expected {}", it.field, it.found, it.expected);
    let faults: Vec<String> = faults.iter().map(of).collect();
    format!("{label}: {}", faults.join("; "))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
