//! Files of folder channels: held ones, late ones, and what becomes of them.

use super::{
    ask::{App, Asked, Request},
    endpoint::Endpoint,
    letters::need_reason,
    reads::page,
};
use crate::{
    again::letters::act,
    ingress::folder::{Late, late},
    observe::files::LargeFile,
    problem::Refusal,
};
use access::Scope;
use canon::entry::Deed;
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{HeldFile, HeldFilter, HeldState, Listed};

/// Which files.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Files {
    /// Channel they came by.
    channel: Option<String>,
    /// `held`, `released` or `discarded`.
    state: Option<String>,
    /// Items on a page, 1 to 500.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// Answer from a state that has seen this sequence, or say 503 `behind`.
    min_sequence: Option<u64>,
}

impl Request for Files {
    const NEEDS: Scope = Scope::Read;
}

/// Nothing is asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LateFiles {}

impl Request for LateFiles {
    const NEEDS: Scope = Scope::Read;
}

/// Late files of all channels.
#[derive(Debug, Serialize, JsonSchema)]
struct AllLate {
    /// By channel, oldest first.
    items: Vec<Late>,
}

/// Nothing is asked.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LargeOnes {}

impl Request for LargeOnes {
    const NEEDS: Scope = Scope::Read;
}

/// Large files of all channels, since the hub started.
#[derive(Debug, Serialize, JsonSchema)]
struct AllLarge {
    /// By channel.
    items: Vec<LargeFile>,
}

/// What to do with held files.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settle {
    /// Ids of the refusals that held them.
    ids: Vec<String>,
    /// Why. Stands in the ledger.
    reason: String,
}

impl Request for Settle {
    const NEEDS: Scope = Scope::Operate;
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
struct Settled {
    /// How many files.
    count: usize,
    /// Sequence of the last act in the journal.
    sequence: u64,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::new(Method::GET, "/api/v1/files", "Files that were held", files),
        Endpoint::new(Method::GET, "/api/v1/files/late", "Files that should have come", all_late),
        Endpoint::new(
            Method::GET,
            "/api/v1/files/large",
            "Files that are read in pieces, how far they are, and the last one of each channel",
            large,
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/files/release",
            "Take held files as they are",
            |app, asked| settle(app, asked, |file, reason| Deed::FileReleased { file, reason }),
        ),
        Endpoint::new(Method::POST, "/api/v1/files/discard", "Give held files up", |app, asked| {
            settle(app, asked, |file, reason| Deed::FileDiscarded { file, reason })
        }),
    ]
}

async fn files(app: App, asked: Asked<Files>) -> Result<Listed<HeldFile>, Refusal> {
    let Files { channel, state, limit, after, min_sequence } = asked.request;
    let state = state.map(|it| {
        HeldState::from_name(&it).ok_or_else(|| Refusal::BadParameter {
            name: "state".to_owned(),
            detail: "held, released or discarded".to_owned(),
        })
    });
    let filter = HeldFilter { channel, state: state.transpose()? };
    app.rooms.reached(min_sequence).await?;
    let page = page(limit, after);
    app.rooms.ask_store(move |reader| reader.held_files(&filter, &page)).await
}

async fn all_late(app: App, _: Asked<LateFiles>) -> Result<AllLate, Refusal> {
    let house = app.rooms.house();
    let mut items = Vec::new();
    for channel in house.channels() {
        items.extend(late(&app.rooms, channel).await?);
    }
    Ok(AllLate { items })
}

async fn large(app: App, _: Asked<LargeOnes>) -> Result<AllLarge, Refusal> {
    Ok(AllLarge { items: app.rooms.files.all() })
}

async fn settle(
    app: App,
    asked: Asked<Settle>,
    deed: fn(String, String) -> Deed,
) -> Result<Settled, Refusal> {
    let Settle { mut ids, reason } = asked.request;
    need_reason(&reason)?;
    ids.sort_unstable();
    ids.dedup();
    // One at a time, and with what was written last seen: a file that somebody
    // else has just settled is not held.
    let _turn = app.rooms.letters.lock().await;
    app.rooms.reached(Some(app.rooms.journal.head())).await?;
    for id in &ids {
        let (wanted, what) = (id.clone(), format!("held file {id}"));
        let found = app.rooms.ask_store(move |reader| reader.held_file(&wanted)).await?;
        found.filter(|it| it.state == HeldState::Held).ok_or(Refusal::NotFound { what })?;
    }
    let (count, mut sequence) = (ids.len(), 0);
    for id in ids {
        sequence = act(&app.rooms, &asked.operator, deed(id, reason.clone())).await?;
    }
    Ok(Settled { count, sequence })
}
