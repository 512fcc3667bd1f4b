//! Replays: start, look at, stop.

use super::{
    ask::{App, Asked, Request},
    endpoint::Endpoint,
    letters::{bad, may_search, need_reason, time},
    reads::page,
};
use crate::{
    again::{letters::act, replay::before},
    problem::Refusal,
};
use access::Scope;
use canon::{
    entity::Entity,
    entry::{Deed, MapsOf, Selection},
};
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Listed, Replay, To};

/// What is to be replayed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Start {
    /// Only what came by this channel.
    channel: Option<String>,
    /// Only what was committed at that time or later, RFC 3339.
    from: Option<String>,
    /// Only what was committed before that time, RFC 3339.
    until: Option<String>,
    /// Only this kind of thing.
    entity: Option<String>,
    /// Only what stays in order with this key, or is about the thing with this
    /// hub id or this id at its source.
    key: Option<String>,
    /// Only events whose data has this text in it.
    query: Option<String>,
    /// `then`: events as they were made when they came. `today`: their raw bytes,
    /// walked once more with the maps in force. That is about in maps: what goes out
    /// is made by the out maps in force either way.
    #[serde(default)]
    maps: MapsOf,
    /// Channels they go to; empty: all that a route gives them.
    #[serde(default)]
    to: Vec<String>,
    /// Only count what would go out; with maps `then` only.
    #[serde(default)]
    dry_run: bool,
    /// Why. Stands in the ledger.
    #[serde(default)]
    reason: String,
}

impl Request for Start {
    const NEEDS: Scope = Scope::Operate;
}

/// What was started, or would be.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Started {
    /// Its number; absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// The last entry that is meant.
    last: u64,
    /// For a dry run: stored events that are meant.
    matched: u64,
    /// For a dry run: of these, left alone because a later state is in force.
    superseded: u64,
    /// For a dry run: deliveries that would be made.
    parcels: u64,
}

/// Which page.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct All {
    /// Items on a page, 1 to 500.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// Answer from a state that has seen this sequence, or say 503 `behind`.
    min_sequence: Option<u64>,
}

impl Request for All {
    const NEEDS: Scope = Scope::Personal;
}

/// One replay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Its number.
    id: String,
}

impl Request for ById {
    const NEEDS: Scope = Scope::Personal;
}

/// A replay that is to stop.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Stop {
    /// Its number.
    id: String,
    /// Why. Stands in the ledger.
    reason: String,
}

impl Request for Stop {
    const NEEDS: Scope = Scope::Operate;
}

/// Stored events looked at together in a dry run.
const LOOK_EVENTS: u32 = 500;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let base = "/api/v1/replays";
    vec![
        Endpoint::new(Method::POST, base, "Send stored events again", start),
        Endpoint::new(Method::GET, base, "Replays and how far each is", list),
        Endpoint::new(Method::GET, "/api/v1/replays/{id}", "One replay", show),
        Endpoint::new(
            Method::POST,
            "/api/v1/replays/{id}/stop",
            "Stop a replay: what it has not sent stays unsent",
            stop,
        ),
    ]
}

async fn start(app: App, asked: Asked<Start>) -> Result<Started, Refusal> {
    let Asked { operator, request, .. } = asked;
    let Start { maps, to, dry_run, reason, .. } = &request;
    let (maps, to, dry_run, reason) = (*maps, to.clone(), *dry_run, reason.clone());
    if !dry_run {
        need_reason(&reason)?;
    }
    may_search(&operator, "query", request.query.as_deref())?;
    may_search(&operator, "key", request.key.as_deref())?;
    let house = app.rooms.house();
    for name in &to {
        let is_destination = house.channel(name).is_some_and(|it| it.settings().output.is_some());
        if !is_destination {
            return Err(bad("to", &format!("{name:?} is no channel that events go out by")));
        }
    }
    if dry_run && maps == MapsOf::Today {
        let detail = "it counts stored events; what today's maps make of the raw bytes is known \
                      only by walking them. Ask with maps `then`; `channelhub shadow` compares maps";
        return Err(bad("dry_run", detail));
    }
    if let Some(name) = &request.channel {
        know(&app, name, maps).await?;
    }
    let selection = selection(&app, request).await?;
    if dry_run {
        return count(&app, selection, to).await;
    }
    let last = selection.last;
    let deed = Deed::ReplayStarted { selection, maps, to, reason };
    let id = act(&app.rooms, &operator, deed).await?;
    app.rooms.reached(Some(id)).await?;
    Ok(Started { id: Some(id), last, ..Started::default() })
}

/// A mistyped channel would match nothing and look like a replay that is done.
/// What came by a channel that is no longer there can go out as it is stored.
async fn know(app: &App, name: &str, maps: MapsOf) -> Result<(), Refusal> {
    if app.rooms.house().channel(name).is_some() {
        return Ok(());
    }
    if maps == MapsOf::Today {
        let detail = format!("there is no channel {name:?} whose maps could be used today");
        return Err(bad("channel", &detail));
    }
    let seen = app.rooms.ask_store(store::Reader::channels).await?;
    if seen.iter().any(|it| it.channel == name && it.arrivals > 0) {
        return Ok(());
    }
    Err(bad("channel", &format!("there is no channel {name:?}, and nothing ever came by one")))
}

async fn selection(app: &App, wanted: Start) -> Result<Selection, Refusal> {
    let Start { channel, from, until, entity, key, query, .. } = wanted;
    if let Some(name) = entity.as_deref().filter(|it| Entity::from_name(it).is_none()) {
        return Err(bad("entity", &format!("there is no entity {name:?}")));
    }
    let (from, to) = (time("from", from)?, time("until", until)?);
    let last = match to {
        Some(to) => before(&app.rooms, to).await?,
        None => app.rooms.journal.head(),
    };
    app.rooms.reached(Some(last)).await?;
    Ok(Selection { channel, from, to, entity, key, query, last })
}

/// What a replay would send, without sending it.
async fn count(app: &App, selection: Selection, to: Vec<String>) -> Result<Started, Refusal> {
    let mut started = Started { last: selection.last, ..Started::default() };
    let mut from = match selection.from {
        Some(time) => (before(&app.rooms, time).await?, 0),
        None => (0, 0),
    };
    loop {
        let (selection, to) = (selection.clone(), To::only(to.clone()));
        let step = app
            .rooms
            .ask_store(move |reader| reader.replay_step(&selection, &to, from, LOOK_EVENTS))
            .await?;
        started.matched += step.matched;
        started.superseded += step.superseded;
        started.parcels += step.parcels.len() as u64;
        if step.finished {
            return Ok(started);
        }
        from = (step.reached, step.within);
    }
}

async fn list(app: App, asked: Asked<All>) -> Result<Listed<Replay>, Refusal> {
    let All { limit, after, min_sequence } = asked.request;
    app.rooms.reached(min_sequence).await?;
    let page = page(limit, after);
    app.rooms.ask_store(move |reader| reader.replays(&page)).await
}

async fn show(app: App, asked: Asked<ById>) -> Result<Replay, Refusal> {
    find(&app, &asked.request.id).await
}

async fn stop(app: App, asked: Asked<Stop>) -> Result<Replay, Refusal> {
    let Asked { operator, request: Stop { id, reason }, .. } = asked;
    need_reason(&reason)?;
    let replay = find(&app, &id).await?.id;
    let seq = act(&app.rooms, &operator, Deed::ReplayStopped { replay, reason }).await?;
    app.rooms.reached(Some(seq)).await?;
    find(&app, &id).await
}

async fn find(app: &App, id: &str) -> Result<Replay, Refusal> {
    let what = format!("replay {id}");
    let Ok(number) = id.parse::<u64>() else { return Err(Refusal::NotFound { what }) };
    let found = app.rooms.ask_store(move |reader| reader.replay(number)).await?;
    found.ok_or(Refusal::NotFound { what })
}
