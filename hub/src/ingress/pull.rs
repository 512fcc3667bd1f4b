//! The hub asks a system for news, page by page, and goes on from where the
//! journal says it was: the cursor is in the same entry as what it brought.

use super::receive::Reception;
use crate::{
    app::house::Channel,
    arrival::Way,
    dispatch::{client, proof},
    settings::Input,
};
use adapter_kit::manifest::{Feed, Format, Piece};
use bytes::Bytes;
use canon::clock::Timestamp;
use delivery::{Answer, Auth, Client};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tracing::{info, warn};

/// Longest wait for one page.
const PAGE_WAIT_MAX: Duration = Duration::from_secs(60);
/// Pages asked for in a row before other feeds get a turn.
const PAGES_MAX: usize = 100;
/// Wait before a channel that cannot be asked as configured is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// One channel, ready to be asked.
struct Asking {
    channel: Arc<Channel>,
    client: Client,
    auth: Auth,
    base: String,
    every: Duration,
}

/// Where each feed of a channel goes on; JSON in the journal.
type Cursors = BTreeMap<String, String>;

/// One page as it came.
struct Page {
    bytes: Bytes,
    records: usize,
    /// Where to go on; `None`: from the same place.
    next: Option<String>,
    /// Whether there is more now.
    more: bool,
}

/// Asks until the daemon stops or the channel goes.
pub(super) async fn watch(reception: &Reception, name: &str) {
    let rooms = reception.rooms();
    let stopping = rooms.tasks.stopping();
    let mut asking: Option<Asking> = None;
    let mut failures = 0_u32;
    loop {
        let house = rooms.house();
        let Some(channel) = house.channel(name) else { return };
        if !asking.as_ref().is_some_and(|it| Arc::ptr_eq(&it.channel, channel)) {
            match Asking::new(channel) {
                Ok(Some(new)) => asking = Some(new),
                Ok(None) => return,
                Err(fault) => warn!(channel = name, fault, "cannot be asked as it is configured"),
            }
        }
        let Some(now) = &asking else {
            tokio::select! {
                () = rooms.clock.sleep(LOOK_AGAIN) => continue,
                () = stopping.cancelled() => return,
            }
        };
        let asked = tokio::select! {
            asked = now.all_feeds(reception) => asked,
            () = stopping.cancelled() => return,
        };
        let pause = match asked {
            Ok(()) => {
                failures = 0;
                now.every
            }
            Err(fault) => {
                failures = failures.saturating_add(1);
                let pause = now.every.saturating_mul(1 << failures.min(8)).min(PAUSE_MAX);
                warn!(channel = name, fault, failures, ?pause, "the far side gave no news");
                pause.max(now.every)
            }
        };
        tokio::select! {
            () = rooms.clock.sleep(pause) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// Why a channel cannot be asked as it is configured, if it is one to ask.
///
/// # Errors
///
/// A text naming the setting.
pub fn check(channel: &Arc<Channel>) -> Result<(), String> {
    let Some(asking) = Asking::new(channel)? else { return Ok(()) };
    let base: reqwest::Url = asking.base.parse().map_err(|it| format!("{}: {it}", asking.base))?;
    asking.client.check(&base).map_err(|it| it.to_string())
}

impl Asking {
    fn new(channel: &Arc<Channel>) -> Result<Option<Self>, String> {
        let Some(Input::Pull { url, every, auth, allow_networks }) = &channel.settings().input
        else {
            return Ok(None);
        };
        let client = client(allow_networks, PAGE_WAIT_MAX)?;
        let proof = proof(auth, &channel.package().manifest().auth)?;
        let auth = Auth::new(proof, &client).map_err(|it| it.to_string())?;
        let base = url.trim_end_matches('/').to_owned();
        Ok(Some(Self { channel: Arc::clone(channel), client, auth, base, every: *every }))
    }

    async fn all_feeds(&self, reception: &Reception) -> Result<(), String> {
        let package = Arc::clone(self.channel.package());
        let mut faults = Vec::new();
        for feed in package.manifest().input.iter().flat_map(|it| &it.feeds) {
            // One feed that fails does not keep the others waiting.
            faults.extend(self.read_on(reception, feed).await.err());
        }
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }

    /// Reads one feed on from where it was, up to its end for now.
    async fn read_on(&self, reception: &Reception, feed: &Feed) -> Result<(), String> {
        let rooms = reception.rooms();
        let mut cursors = self.cursors(reception).await?;
        // A feed that lists everything there is begins anew each time; its place
        // on the way is nothing to remember.
        let stored = cursors.get(&feed.name).filter(|_| !feed.restart).cloned();
        let mut cursor = stored.or_else(|| feed.cursor_start.clone());
        for _page in 0..PAGES_MAX {
            let page = self.fetch(feed, cursor.as_deref(), rooms.clock.now()).await?;
            let moved = page.next.is_some() && page.next != cursor;
            if page.records > 0 || (moved && !feed.restart) {
                let origin = format!("{} after {}", feed.name, cursor.as_deref().unwrap_or("-"));
                if let Some(next) = page.next.as_ref().filter(|_| !feed.restart) {
                    cursors.insert(feed.name.clone(), next.clone());
                }
                let place = serde_json::to_string(&cursors).map_err(|it| it.to_string())?;
                let way = Way::Pulled { feed: feed.name.clone(), cursor: place };
                let arrival = super::brought(reception, &self.channel, origin, page.bytes, way);
                let answer = reception.receive(arrival).await.map_err(|it| it.to_string())?;
                let (channel, sequence) = (self.channel.name(), answer.sequence);
                info!(channel, feed = feed.name, sequence, records = page.records, "pulled");
            }
            if page.records > 1 && !moved && feed.cursor_in_last.is_some() {
                let (channel, records) = (self.channel.name(), page.records);
                warn!(
                    channel,
                    feed = feed.name,
                    records,
                    "all records of a page share one cursor; \
                       what lies behind them is not reached if the page was full"
                );
            }
            if !page.more || !moved {
                break;
            }
            cursor = page.next;
        }
        Ok(())
    }

    /// Where each feed was, as the journal says.
    async fn cursors(&self, reception: &Reception) -> Result<Cursors, String> {
        let (journal, name) = (reception.rooms().journal.reader(), self.channel.name().to_owned());
        let stored = tokio::task::spawn_blocking(move || journal.cursor(&name))
            .await
            .map_err(|it| it.to_string())?
            .map_err(|it| it.to_string())?;
        stored.map_or(Ok(Cursors::new()), |text| {
            serde_json::from_str(&text)
                .map_err(|fault| format!("the cursor in the journal cannot be read: {fault}"))
        })
    }

    async fn fetch(
        &self,
        feed: &Feed,
        cursor: Option<&str>,
        now: Timestamp,
    ) -> Result<Page, String> {
        let proven = self.auth.prove(now).await.map_err(|it| it.reason)?;
        let mut answer = self.ask(feed, cursor, proven.headers).await?;
        if answer.status == StatusCode::UNAUTHORIZED
            && let Some(renewed) =
                self.auth.renew(proven.generation, now).await.map_err(|it| it.reason)?
        {
            answer = self.ask(feed, cursor, renewed.headers).await?;
        }
        if !answer.status.is_success() {
            return Err(format!("{} answered {}", feed.name, answer.status));
        }
        self.page(feed, cursor, answer.body.into())
    }

    async fn ask(
        &self,
        feed: &Feed,
        cursor: Option<&str>,
        mut headers: HeaderMap,
    ) -> Result<Answer, String> {
        let manifest = self.channel.package().manifest();
        for (name, value) in &manifest.headers {
            let name: http::HeaderName = name.parse().map_err(|_| format!("header {name:?}"))?;
            let value = value.parse().map_err(|_| format!("value of header {name}"))?;
            headers.insert(name, value);
        }
        let value = |piece: &Piece| self.value(piece, cursor);
        let method: Method = feed.method.parse().map_err(|_| format!("method {}", feed.method))?;
        let mut request = self.client.request(method, self.url(feed, cursor)?).headers(headers);
        if let Some(body) = &feed.body {
            let body =
                body.fill_json(value).map_err(|it| format!("body of {}: {it}", feed.name))?;
            request = request.header(http::header::CONTENT_TYPE, "application/json").body(body);
        }
        let request = request.build().map_err(|it| it.to_string())?;
        let limit = usize::try_from(self.channel.limits().body_bytes_max).unwrap_or(usize::MAX);
        self.client.fetch(request, limit).await.map_err(|it| it.to_string())
    }

    fn url(&self, feed: &Feed, cursor: Option<&str>) -> Result<reqwest::Url, String> {
        let value = |piece: &Piece| self.value(piece, cursor);
        let path = feed.path.fill(value).map_err(|it| format!("path of {}: {it}", feed.name))?;
        let mut url: reqwest::Url = format!("{}/{}", self.base, path.trim_start_matches('/'))
            .parse()
            .map_err(|fault| format!("{}{path}: {fault}", self.base))?;
        for (name, template) in &feed.query {
            // One whose holes have no value is left out: the first call has no cursor.
            if let Ok(text) = template.fill_plain(value) {
                url.query_pairs_mut().append_pair(name, &text);
            }
        }
        Ok(url)
    }

    fn value(&self, piece: &Piece, cursor: Option<&str>) -> Option<String> {
        match piece {
            Piece::Cursor => cursor.map(str::to_owned),
            Piece::Setting(name) => self.channel.setting(name),
            Piece::Text(_) | Piece::Body(_) | Piece::Data(_) | Piece::Need(_) | Piece::Key => None,
        }
    }

    /// Finds in an answer how many records it has, where to go on, and whether
    /// there is more now.
    fn page(&self, feed: &Feed, cursor: Option<&str>, bytes: Bytes) -> Result<Page, String> {
        let answer: Value = serde_json::from_slice(&bytes).map_err(|fault| {
            format!("{} answered something that is not JSON: {fault}", feed.name)
        })?;
        let of_format =
            self.channel.package().manifest().input.as_ref().and_then(|it| match &it.format {
                Format::Json { records_at } => records_at.as_deref(),
                Format::Ndjson | Format::Layout { .. } => None,
            });
        let records = match feed.records_at.as_deref().or(of_format) {
            Some(pointer) => answer.pointer(pointer).and_then(Value::as_array),
            None => answer.as_array(),
        };
        let last = records.and_then(|it| it.last());
        let count = records.map_or(1, Vec::len);
        let next = match (&feed.cursor_at, &feed.cursor_in_last) {
            (Some(pointer), _) => answer.pointer(pointer).and_then(text),
            (None, Some(pointer)) => last.and_then(|it| it.pointer(pointer)).and_then(text),
            (None, None) => None,
        };
        let more = match &feed.more_at {
            Some(pointer) => answer.pointer(pointer).and_then(Value::as_bool).unwrap_or(false),
            None => count > 0 && next.is_some() && next.as_deref() != cursor,
        };
        Ok(Page { bytes, records: count, next, more })
    }
}

/// A cursor as it stands in an answer; nothing for null and the empty text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
