//! Dead letters: list, look at, send again, give up.

use super::{
    ask::{App, Asked, Request},
    endpoint::Endpoint,
    reads::page,
};
use crate::problem::Refusal;
use access::Scope;
use canon::entry::{Act, Deed, ParcelId};
use http::Method;
use journal::{Appended, Draft};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Letter, LetterFilter, LetterKind, LetterState, Listed, Page};

/// Which letters.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Letters {
    /// Channel it came by, or was to go to.
    channel: Option<String>,
    /// Problem code.
    code: Option<String>,
    /// `open`, `resubmitted` or `discarded`.
    state: Option<String>,
    /// `record` or `parcel`.
    kind: Option<String>,
    /// Items on a page, 1 to 500.
    limit: Option<u32>,
    /// `next` of the page before.
    after: Option<String>,
    /// Answer from a state that has seen this sequence, or say 503 `behind`.
    min_sequence: Option<u64>,
}

impl Request for Letters {
    const NEEDS: Scope = Scope::Personal;
}

/// One letter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ById {
    /// Its id.
    id: String,
}

impl Request for ById {
    const NEEDS: Scope = Scope::Personal;
}

/// What to do with dead deliveries.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settle {
    /// Ids of letters; empty: all open ones to `channel`.
    #[serde(default)]
    ids: Vec<String>,
    /// All open deliveries to this channel.
    channel: Option<String>,
    /// Why. Stands in the ledger.
    reason: String,
}

impl Request for Settle {
    const NEEDS: Scope = Scope::Operate;
}

/// What was done.
#[derive(Debug, Serialize, JsonSchema)]
struct Settled {
    /// How many deliveries.
    count: usize,
    /// Sequence of the act in the journal.
    sequence: u64,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let base = "/api/v1/dead-letters";
    vec![
        Endpoint::new(Method::GET, base, "Records and deliveries set aside", letters),
        Endpoint::new(Method::GET, "/api/v1/dead-letters/{id}", "One of them", letter),
        Endpoint::new(
            Method::POST,
            "/api/v1/dead-letters/resubmit",
            "Send deliveries again, with the same idempotency key",
            |app, asked| {
                settle(app, asked, |parcels, reason| Deed::Resubmitted { parcels, reason })
            },
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/dead-letters/discard",
            "Give deliveries up",
            |app, asked| settle(app, asked, |parcels, reason| Deed::Discarded { parcels, reason }),
        ),
    ]
}

async fn letters(app: App, asked: Asked<Letters>) -> Result<Listed<Letter>, Refusal> {
    let Letters { channel, code, state, kind, limit, after, min_sequence } = asked.request;
    let bad = |name: &str, detail: &str| Refusal::BadParameter {
        name: name.to_owned(),
        detail: detail.to_owned(),
    };
    let state = state.map(|it| {
        LetterState::from_name(&it).ok_or_else(|| bad("state", "open, resubmitted or discarded"))
    });
    let kind =
        kind.map(|it| LetterKind::from_name(&it).ok_or_else(|| bad("kind", "record or parcel")));
    let filter = LetterFilter { channel, code, state: state.transpose()?, kind: kind.transpose()? };
    app.rooms.reached(min_sequence).await?;
    let page = page(limit, after);
    app.rooms.ask_store(move |reader| reader.letters(&filter, &page)).await
}

async fn letter(app: App, asked: Asked<ById>) -> Result<Letter, Refusal> {
    let id = asked.request.id;
    let what = format!("dead letter {id}");
    let found = app.rooms.ask_store(move |reader| reader.letter(&id)).await?;
    found.ok_or(Refusal::NotFound { what })
}

async fn settle(
    app: App,
    asked: Asked<Settle>,
    deed: fn(Vec<ParcelId>, String) -> Deed,
) -> Result<Settled, Refusal> {
    let Settle { ids, channel, reason } = asked.request;
    if reason.trim().is_empty() {
        let detail = "say why; it stands in the ledger".to_owned();
        return Err(Refusal::BadParameter { name: "reason".into(), detail });
    }
    let parcels = parcels(&app, ids, channel).await?;
    if parcels.is_empty() {
        return Err(Refusal::NotFound { what: "open delivery among these".into() });
    }
    let count = parcels.len();
    let actor = format!("operator:{}", asked.operator.name());
    let act = Box::new(Act { actor, act: deed(parcels, reason) });
    let appended = app.rooms.journal.append(Draft::Act(act)).await;
    match appended.map_err(|source| Refusal::JournalClosed { source: source.into() })? {
        Appended::Committed { seq, .. } | Appended::Duplicate { seq, .. } => {
            Ok(Settled { count, sequence: seq })
        }
        Appended::KeyReused { first_seq } => Err(Refusal::KeyReused { first_seq }),
    }
}

/// The open deliveries that are meant.
async fn parcels(
    app: &App,
    ids: Vec<String>,
    channel: Option<String>,
) -> Result<Vec<ParcelId>, Refusal> {
    let open = |it: &Letter| it.state == LetterState::Open;
    if ids.is_empty() && channel.is_none() {
        let detail = "`ids` or `channel` is needed".to_owned();
        return Err(Refusal::BadParameter { name: "ids".into(), detail });
    }
    app.rooms
        .ask_store(move |reader| {
            let mut found = Vec::new();
            for id in &ids {
                found.extend(reader.letter(id)?.filter(open).and_then(|it| it.parcel));
            }
            let Some(channel) = channel.filter(|_| ids.is_empty()) else { return Ok(found) };
            let filter = LetterFilter {
                channel: Some(channel),
                state: Some(LetterState::Open),
                kind: Some(LetterKind::Parcel),
                ..LetterFilter::default()
            };
            let mut page = Page::of(store::LIMIT_MAX);
            loop {
                let listed = reader.letters(&filter, &page)?;
                found.extend(listed.items.into_iter().filter_map(|it| it.parcel));
                page.cursor = listed.next;
                if page.cursor.is_none() {
                    return Ok(found);
                }
            }
        })
        .await
}
