//! Files of folder channels: held, refused and late ones, and what becomes of them.

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
use canon::entry::{Deed, FileFacts};
use http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Awaited, HeldFile, HeldFilter, HeldState, Listed};

/// Which files.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Files {
    /// Channel they came by.
    channel: Option<String>,
    /// `held`, `refused`, `released`, `discarded`, or `open`: held and refused.
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

/// A file that was put aside, and what can be done.
#[derive(Debug, Serialize, JsonSchema)]
struct PutAside {
    #[serde(flatten)]
    file: HeldFile,
    /// What an operator can do about it; empty when somebody has decided.
    to_do: &'static str,
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

/// Large files of all channels since the hub started, the last twenty of each.
#[derive(Debug, Serialize, JsonSchema)]
struct AllLarge {
    /// By channel, the last one first.
    items: Vec<LargeFile>,
}

/// What to do with files that were put aside.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settle {
    /// Ids, as the lists have them.
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
        Endpoint::new(Method::GET, "/api/v1/files", "Files that were held or refused", files),
        Endpoint::new(Method::GET, "/api/v1/files/late", "Files that should have come", all_late),
        Endpoint::new(
            Method::GET,
            "/api/v1/files/large",
            "Files that are read in pieces, how far they are, and the last ones of each channel",
            large,
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/files/release",
            "Take held files as they are; try refused ones again",
            |app, asked| settle(app, asked, |file, reason, _| Deed::FileReleased { file, reason }),
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/files/discard",
            "Give held and refused files up; wait no longer for late ones",
            |app, asked| {
                settle(app, asked, |file, reason, settles| {
                    let settles = settles.map(Box::new);
                    Deed::FileDiscarded { file, reason, settles }
                })
            },
        ),
    ]
}

async fn files(app: App, asked: Asked<Files>) -> Result<Listed<PutAside>, Refusal> {
    let Files { channel, state, limit, after, min_sequence } = asked.request;
    let open = state.as_deref() == Some("open");
    let state = state.filter(|_| !open).map(|it| {
        HeldState::from_name(&it).ok_or_else(|| Refusal::BadParameter {
            name: "state".to_owned(),
            detail: "open, held, refused, released or discarded".to_owned(),
        })
    });
    let filter = HeldFilter { channel, state: state.transpose()?, open };
    app.rooms.reached(min_sequence).await?;
    let page = page(limit, after);
    let listed = app.rooms.ask_store(move |reader| reader.held_files(&filter, &page)).await?;
    let put_aside = |file: HeldFile| PutAside { to_do: to_do(&file), file };
    Ok(Listed { items: listed.items.into_iter().map(put_aside).collect(), next: listed.next })
}

/// What an operator can do about a file.
fn to_do(file: &HeldFile) -> &'static str {
    match file.state {
        HeldState::Held => {
            "`release` takes it as it is, `discard` gives it up; what it is compared with is \
             `arrives` of its channel"
        }
        HeldState::Refused if file.file.piece.is_some() => {
            "what was taken of it stays; mend the cause, then `release` goes on behind the \
             pieces that were taken, or `discard` gives the rest up"
        }
        HeldState::Refused => {
            "drop a mended file; or mend the layout or the settings, then `release` tries this \
             one again; `discard` gives it up"
        }
        HeldState::Released | HeldState::Discarded => "",
    }
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

/// What becomes of a file: its id, why, and what its name says.
type Decision = fn(String, String, Option<FileFacts>) -> Deed;

/// Whether an operator may decide so on a file.
async fn is_open(app: &App, id: &str, deed: Decision) -> Result<bool, Refusal> {
    if let Some(awaited) = Awaited::parse(id) {
        // One that has not come can only be given up.
        let gives_up =
            matches!(deed(String::new(), String::new(), None), Deed::FileDiscarded { .. });
        let house = app.rooms.house();
        let Some(channel) = house.channel(&awaited.channel).filter(|_| gives_up) else {
            return Ok(false);
        };
        return Ok(late(&app.rooms, channel).await?.iter().any(|it| it.id == id));
    }
    let wanted = id.to_owned();
    let found = app.rooms.ask_store(move |reader| reader.held_file(&wanted)).await?;
    Ok(found.is_some_and(|it| matches!(it.state, HeldState::Held | HeldState::Refused)))
}

/// The day and number in the name of a file, if files of its channel have them.
async fn facts(app: &App, id: &str) -> Result<Option<FileFacts>, Refusal> {
    let wanted = id.to_owned();
    let found = app.rooms.ask_store(move |reader| reader.held_file(&wanted)).await?;
    let house = app.rooms.house();
    let read = |held: HeldFile| {
        let facts = house.channel(&held.channel)?.arrives()?.name.as_ref()?.read(&held.name)?;
        (facts.day.is_some() || facts.sequence.is_some()).then_some(facts)
    };
    Ok(found.and_then(read))
}

async fn settle(app: App, asked: Asked<Settle>, deed: Decision) -> Result<Settled, Refusal> {
    let Settle { mut ids, reason } = asked.request;
    need_reason(&reason)?;
    ids.sort_unstable();
    ids.dedup();
    // One at a time, and with what was written last seen: a file that somebody
    // else has just settled is not held.
    let _turn = app.rooms.letters.lock().await;
    app.rooms.reached(Some(app.rooms.journal.head())).await?;
    for id in &ids {
        let what = format!("file {id} that waits for an operator");
        is_open(&app, id, deed).await?.then_some(()).ok_or(Refusal::NotFound { what })?;
    }
    let mut files = Vec::new();
    for id in ids {
        let facts = facts(&app, &id).await?;
        files.push((id, facts));
    }
    let (count, mut sequence) = (files.len(), 0);
    for (id, facts) in files {
        sequence = act(&app.rooms, &asked.operator, deed(id, reason.clone(), facts)).await?;
    }
    Ok(Settled { count, sequence })
}
