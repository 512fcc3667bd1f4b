//! Dead letters: list, look at, edit, bring again, give up.

use super::{
    ask::{App, Asked, Problem, Request},
    endpoint::Endpoint,
    reads::page,
};
use crate::{
    again::{
        excerpt::{Excerpt, excerpts},
        letters::{self, Brought, act, record_of, stored},
        parcels,
    },
    arrival::Answer,
    problem::Refusal,
};
use access::{Operator, Scope};
use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use canon::{
    clock::Timestamp,
    entry::{Deed, LetterId, ParcelId},
};
use http::{Method, header};
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
    /// Set aside at that time or later, RFC 3339.
    from: Option<String>,
    /// Set aside before that time, RFC 3339.
    to: Option<String>,
    /// A text in its faults, its reason or its origin.
    text: Option<String>,
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

/// A letter with the bytes around each fault.
#[derive(Debug, Serialize, JsonSchema)]
struct Shown {
    #[serde(flatten)]
    letter: Letter,
    /// The bytes around each fault; letters and digits beside the field masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    excerpts: Vec<Excerpt>,
}

/// A record in other bytes, or a delivery with other data.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// Id of the letter.
    id: String,
    /// Base64 of the record as it is to be, in the format and charset of its channel;
    /// of a delivery, the canonical data that its out map is to read, JSON.
    bytes: String,
    /// Why. Stands in the ledger.
    reason: String,
    /// Of a delivery: send it also if a try of it ended without an answer, so that the
    /// far side may have it already.
    #[serde(default)]
    may_repeat: bool,
}

impl Request for Edit {
    const NEEDS: Scope = Scope::Operate;
}

/// What to do with dead letters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settle {
    /// Ids of letters; empty: all open ones that the other fields name.
    #[serde(default)]
    ids: Vec<String>,
    /// Channel they came by, or were to go to.
    channel: Option<String>,
    /// Problem code.
    code: Option<String>,
    /// `record` or `parcel`.
    kind: Option<String>,
    /// A text in their faults, their reason or their origin.
    text: Option<String>,
    /// Why. Stands in the ledger.
    reason: String,
}

impl Request for Settle {
    const NEEDS: Scope = Scope::Operate;
}

/// Most letters settled by one request.
const SETTLE_MAX: usize = 10_000;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let base = "/api/v1/dead-letters";
    vec![
        Endpoint::new(Method::GET, base, "Records and deliveries set aside", list),
        Endpoint::new(Method::GET, "/api/v1/dead-letters/{id}", "One of them", show),
        Endpoint::stream(
            "/api/v1/dead-letters/{id}/record",
            "The bytes of a record as it was set aside, or the data of a delivery",
            record,
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/dead-letters/{id}/edit",
            "Bring a record again in other bytes, or send a delivery with other data; the \
             original is kept",
            edit,
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/dead-letters/resubmit",
            "Bring records again with today's maps; send deliveries again with the same key",
            |app, asked| settle(app, asked, true),
        ),
        Endpoint::new(
            Method::POST,
            "/api/v1/dead-letters/discard",
            "Give records and deliveries up",
            |app, asked| settle(app, asked, false),
        ),
    ]
}

async fn list(app: App, asked: Asked<Letters>) -> Result<Listed<Letter>, Refusal> {
    let Letters { channel, code, state, kind, from, to, text, limit, after, min_sequence } =
        asked.request;
    let state = state.map(|it| {
        let known = LetterState::from_name(&it);
        known.ok_or_else(|| bad("state", "open, resubmitted or discarded"))
    });
    let filter = LetterFilter {
        channel,
        code,
        state: state.transpose()?,
        kind: kind_named(kind)?,
        from: time("from", from)?,
        to: time("to", to)?,
        text,
    };
    app.rooms.reached(min_sequence).await?;
    let page = page(limit, after);
    app.rooms.ask_store(move |reader| reader.letters(&filter, &page)).await
}

async fn show(app: App, asked: Asked<ById>) -> Result<Shown, Refusal> {
    let letter = find(&app, asked.request.id).await?;
    let Some(record) = &letter.record else { return Ok(Shown { letter, excerpts: Vec::new() }) };
    let excerpts = match stored(&app.rooms, letter.seq).await {
        Ok(stored) => excerpts(record_of(&stored, record), record.offset, &record.faults),
        // What is wrong is known without the bytes, too.
        Err(Refusal::RawGone { .. }) => Vec::new(),
        Err(refusal) => return Err(refusal),
    };
    Ok(Shown { letter, excerpts })
}

async fn record(app: App, asked: Asked<ById>) -> Result<Response, Problem> {
    let language = asked.language;
    let found = async {
        if let Some(parcel) = ParcelId::parse(&asked.request.id) {
            return Ok(parcels::data_of(&app.rooms, &parcel).await?.into_bytes());
        }
        let letter = find(&app, asked.request.id).await?;
        let what = format!("record behind letter {}", letter.id);
        let record = letter.record.ok_or(Refusal::NotFound { what })?;
        let stored = stored(&app.rooms, letter.seq).await?;
        Ok(record_of(&stored, &record).to_vec())
    };
    let bytes = found.await.map_err(|it: Refusal| it.in_language(language))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

async fn edit(app: App, asked: Asked<Edit>) -> Result<Answer, Refusal> {
    let Edit { id, bytes, reason, may_repeat } = asked.request;
    need_reason(&reason)?;
    let bytes = BASE64_STANDARD
        .decode(&bytes)
        .map_err(|fault| bad("bytes", &format!("not Base64: {fault}")))?;
    if let Some(parcel) = ParcelId::parse(&id) {
        let edit = parcels::Edit { bytes: &bytes, reason: &reason, may_repeat };
        return parcels::edit(&app.rooms, &asked.operator, parcel, edit).await;
    }
    let letter = LetterId::parse(&id).ok_or_else(|| {
        bad("id", "`{entry}.{index}` of a record, or `{entry}.{index}.{destination}` of a delivery")
    })?;
    letters::edit(&app.rooms, &asked.operator, letter, (bytes.into(), &reason)).await
}

async fn settle(app: App, asked: Asked<Settle>, again: bool) -> Result<Brought, Refusal> {
    let Asked { operator, request, .. } = asked;
    need_reason(&request.reason)?;
    may_search(&operator, "text", request.text.as_deref())?;
    let reason = request.reason.clone();
    let (records, parcels) = meant(&app, request).await?;
    if records.is_empty() && parcels.is_empty() {
        return Err(Refusal::NotFound { what: "open letter among these".into() });
    }
    let mut brought = match again {
        true => letters::resubmit(&app.rooms, &operator, &records, &reason).await?,
        false => letters::discard(&app.rooms, &operator, &records, &reason).await?,
    };
    if !parcels.is_empty() {
        brought.count += parcels.len();
        let deed = match again {
            true => Deed::Resubmitted { parcels, reason },
            false => Deed::Discarded { parcels, reason },
        };
        // Not between the look and the entry of an edit: it would be dropped.
        let _turn = app.rooms.letters.lock().await;
        brought.sequence = act(&app.rooms, &operator, deed).await?;
    }
    Ok(brought)
}

/// The open letters that are meant: records, and deliveries.
async fn meant(app: &App, wanted: Settle) -> Result<(Vec<LetterId>, Vec<ParcelId>), Refusal> {
    let Settle { ids, channel, code, kind, text, .. } = wanted;
    let is_narrow = channel.is_some() || code.is_some() || kind.is_some() || text.is_some();
    if ids.is_empty() && !is_narrow {
        return Err(bad("ids", "`ids`, `channel`, `code`, `kind` or `text` is needed"));
    }
    few_enough("ids", ids.len(), false)?;
    let kind = kind_named(kind)?;
    let state = Some(LetterState::Open);
    let filter = LetterFilter { channel, code, state, kind, text, ..LetterFilter::default() };
    let (found, more) = app
        .rooms
        .ask_store(move |reader| {
            let mut found: Vec<Letter> = Vec::new();
            for id in &ids {
                found.extend(reader.letter(id)?.filter(|it| it.state == LetterState::Open));
            }
            let mut page = Page::of(store::LIMIT_MAX);
            while ids.is_empty() && found.len() <= SETTLE_MAX {
                let listed = reader.letters(&filter, &page)?;
                found.extend(listed.items);
                page.cursor = listed.next;
                if page.cursor.is_none() {
                    break;
                }
            }
            Ok((found, page.cursor.is_some()))
        })
        .await?;
    few_enough("channel", found.len(), more)?;
    let records = found.iter().filter_map(|it| LetterId::parse(&it.id)).collect();
    Ok((records, found.into_iter().filter_map(|it| it.parcel).collect()))
}

/// No letter is left out without a word.
fn few_enough(name: &str, count: usize, more: bool) -> Result<(), Refusal> {
    if count <= SETTLE_MAX && !more {
        return Ok(());
    }
    let least = if more { "more than " } else { "" };
    let detail = format!(
        "these are {least}{count} letters, one request settles {SETTLE_MAX} at most: name fewer by \
         `ids`, or by `channel`, `code`, `kind` and `text`"
    );
    Err(bad(name, &detail))
}

async fn find(app: &App, id: String) -> Result<Letter, Refusal> {
    let what = format!("dead letter {id}");
    let found = app.rooms.ask_store(move |reader| reader.letter(&id)).await?;
    found.ok_or(Refusal::NotFound { what })
}

fn kind_named(name: Option<String>) -> Result<Option<LetterKind>, Refusal> {
    name.map(|it| LetterKind::from_name(&it).ok_or_else(|| bad("kind", "record or parcel")))
        .transpose()
}

/// A time of the query.
pub(super) fn time(name: &str, text: Option<String>) -> Result<Option<Timestamp>, Refusal> {
    let parse = |it: String| {
        let expected = format!("{it:?} is no time like 2026-01-05T12:00:00+09:00");
        Timestamp::parse_rfc3339(&it).ok_or_else(|| bad(name, &expected))
    };
    text.map(parse).transpose()
}

/// Acts of an operator say why.
pub(super) fn need_reason(reason: &str) -> Result<(), Refusal> {
    if reason.trim().is_empty() {
        return Err(bad("reason", "say why; it stands in the ledger"));
    }
    Ok(())
}

/// What is found by a text tells that it is there: who searches personal data by
/// it must be one who may see it.
pub(super) fn may_search(
    operator: &Operator,
    name: &str,
    text: Option<&str>,
) -> Result<(), Refusal> {
    if text.is_none() || operator.require(Scope::Personal).is_ok() {
        return Ok(());
    }
    Err(bad(name, "it looks into personal data: the token must be one that may `personal`"))
}

pub(super) fn bad(name: &str, detail: &str) -> Refusal {
    Refusal::BadParameter { name: name.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_searched_only_by_who_may_see_it() {
        let may = |scopes: &[Scope], text| {
            may_search(&Operator::for_test("mika", scopes), "query", text).is_ok()
        };
        assert!(!may(&[Scope::Operate, Scope::Read], Some("山田")));
        assert!(may(&[Scope::Operate, Scope::Personal], Some("山田")));
        assert!(may(&[Scope::Operate], None));
    }

    #[test]
    fn no_letter_is_left_out_without_a_word() {
        assert!(few_enough("ids", SETTLE_MAX, false).is_ok());
        for (count, more) in [(SETTLE_MAX + 1, false), (SETTLE_MAX, true)] {
            let refused = few_enough("ids", count, more);
            assert!(matches!(refused, Err(Refusal::BadParameter { .. })), "{count} {more}");
        }
    }
}
