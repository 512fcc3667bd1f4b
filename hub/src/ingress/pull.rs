//! The hub asks a system for news, page by page, and goes on from where the
//! journal says it was: the cursor is in the same entry as what it brought.

use super::receive::Reception;
use crate::{
    app::house::Channel,
    arrival::Way,
    dispatch::{client, proof},
    settings::Input,
};
use adapter_kit::manifest::{Feed, Piece};
use canon::clock::Timestamp;
use delivery::{Auth, Client};
use http::{HeaderMap, Method, StatusCode};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tracing::{info, warn};

/// Longest wait for one page.
const PAGE_WAIT_MAX: Duration = Duration::from_secs(60);
/// Pages asked for in a row before other feeds get a turn.
const PAGES_MAX: usize = 100;
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
    bytes: bytes::Bytes,
    /// Where to go on; `None`: the feed is at its end.
    next: Option<String>,
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
            rooms.clock.sleep(PAUSE_MAX).await;
            continue;
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
        for feed in package.manifest().input.iter().flat_map(|it| &it.feeds) {
            for _page in 0..PAGES_MAX {
                if !self.one_page(reception, feed).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Asks for one page and walks it; true when there is more.
    async fn one_page(&self, reception: &Reception, feed: &Feed) -> Result<bool, String> {
        let rooms = reception.rooms();
        let (journal, channel) = (rooms.journal.reader(), self.channel.name().to_owned());
        let stored = tokio::task::spawn_blocking(move || journal.cursor(&channel))
            .await
            .map_err(|it| it.to_string())?
            .map_err(|it| it.to_string())?;
        let mut cursors: Cursors = stored
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|fault| format!("the cursor in the journal cannot be read: {fault}"))?
            .unwrap_or_default();
        let cursor = cursors.get(&feed.name).cloned();
        let page = self.fetch(feed, cursor.as_deref(), rooms.clock.now()).await?;
        let Some(next) = page.next.filter(|next| Some(next) != cursor.as_ref()) else {
            return Ok(false);
        };
        let origin = format!("{}?after={}", feed.name, cursor.unwrap_or_default());
        cursors.insert(feed.name.clone(), next);
        let cursor = serde_json::to_string(&cursors).map_err(|it| it.to_string())?;
        let way = Way::Pulled { feed: feed.name.clone(), cursor };
        let arrival = super::brought(reception, &self.channel, origin, page.bytes, way);
        let answer = reception.receive(arrival).await.map_err(|it| it.to_string())?;
        info!(
            channel = self.channel.name(),
            feed = feed.name,
            sequence = answer.sequence,
            "pulled"
        );
        Ok(true)
    }

    async fn fetch(
        &self,
        feed: &Feed,
        cursor: Option<&str>,
        now: Timestamp,
    ) -> Result<Page, String> {
        let url = self.url(feed, cursor)?;
        let proven = self.auth.prove(now).await.map_err(|it| it.reason)?;
        let (mut status, mut bytes) = self.get(&url, proven.headers).await?;
        if status == StatusCode::UNAUTHORIZED
            && let Some(renewed) =
                self.auth.renew(proven.generation, now).await.map_err(|it| it.reason)?
        {
            (status, bytes) = self.get(&url, renewed.headers).await?;
        }
        if !status.is_success() {
            return Err(format!("{} answered {status}", feed.name));
        }
        let next = match &feed.cursor_at {
            None => Some(canon::id::sha256_hex(&bytes)),
            Some(pointer) => cursor_in(&bytes, pointer)?,
        };
        Ok(Page { bytes, next })
    }

    async fn get(
        &self,
        url: &reqwest::Url,
        headers: HeaderMap,
    ) -> Result<(StatusCode, bytes::Bytes), String> {
        self.client.check(url).map_err(|it| it.to_string())?;
        let limit = self.channel.limits().body_bytes_max;
        let mut headers = headers;
        for (name, value) in &self.channel.package().manifest().headers {
            let name: http::HeaderName = name.parse().map_err(|_| format!("header {name:?}"))?;
            let value = value.parse().map_err(|_| format!("value of header {name}"))?;
            headers.insert(name, value);
        }
        let request = self.client.request(Method::GET, url.clone()).headers(headers);
        let mut response = request.send().await.map_err(|it| it.without_url().to_string())?;
        let mut bytes = bytes::BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(|it| it.without_url().to_string())? {
            bytes.extend_from_slice(&part);
            if bytes.len() as u64 > limit {
                return Err(format!("a page is larger than {limit} bytes (quota.body_bytes_max)"));
            }
        }
        Ok((response.status(), bytes.freeze()))
    }

    fn url(&self, feed: &Feed, cursor: Option<&str>) -> Result<reqwest::Url, String> {
        let value = |piece: &Piece| match piece {
            Piece::Cursor => cursor.map(str::to_owned),
            Piece::Setting(name) => self.setting(name),
            _ => None,
        };
        let path =
            feed.path.fill(value).map_err(|piece| format!("path of {}: {piece}", feed.name))?;
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

    fn setting(&self, name: &str) -> Option<String> {
        self.channel.setting(name)
    }
}

/// The cursor at `pointer` of a page; `None` when it is not there or null.
fn cursor_in(bytes: &[u8], pointer: &str) -> Result<Option<String>, String> {
    let page: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|fault| format!("the page is not JSON: {fault}"))?;
    Ok(match page.pointer(pointer) {
        Some(serde_json::Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(serde_json::Value::Number(number)) => Some(number.to_string()),
        _ => None,
    })
}
