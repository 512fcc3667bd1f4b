//! One channel, ready to be asked: who we are, where it is, and how its answers
//! are to be read.

use super::Trouble;
use crate::{
    app::house::Channel,
    dispatch::{client, proof},
    settings::Input,
};
use adapter_kit::manifest::{self, Ask, Feed, Piece, encoded};
use bytes::Bytes;
use canon::clock::{Clock, Timestamp};
use delivery::{Answer, Auth, Client, retry_after};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Longest wait for one page.
const PAGE_WAIT_MAX: Duration = Duration::from_secs(60);

/// One channel, ready to be asked.
pub(super) struct Asking {
    channel: Arc<Channel>,
    client: Client,
    auth: Auth,
    base: String,
    every: Option<Duration>,
    /// When the next call may be made.
    free_at: Mutex<Timestamp>,
}

/// What fills the holes of a question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holes<'h> {
    pub(super) cursor: Option<&'h str>,
    pub(super) page: Option<&'h str>,
    pub(super) until: Option<&'h str>,
    pub(super) ids: Option<&'h [String]>,
}

// === impl Asking ===

impl Asking {
    /// `None` when the channel is not one to ask.
    ///
    /// # Errors
    ///
    /// A text naming the setting.
    pub(super) fn new(channel: &Arc<Channel>) -> Result<Option<Self>, String> {
        let Some(Input::Pull { url, every, auth, allow_networks }) = &channel.settings().input
        else {
            return Ok(None);
        };
        let client = client(allow_networks, PAGE_WAIT_MAX)?;
        let proof = proof(channel, auth)?;
        let auth = Auth::new(proof, &client).map_err(|it| it.to_string())?;
        let base = url.trim_end_matches('/').to_owned();
        let (channel, free_at) = (Arc::clone(channel), Mutex::default());
        Ok(Some(Self { channel, client, auth, base, every: *every, free_at }))
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let base: reqwest::Url = self.base.parse().map_err(|it| format!("{}: {it}", self.base))?;
        self.client.check(&base).map_err(|it| it.to_string())
    }

    pub(super) fn channel(&self) -> &Arc<Channel> {
        &self.channel
    }

    /// Waits until no token is being fetched.
    pub(super) async fn settled(&self) {
        self.auth.settled().await;
    }

    /// How long to wait at the end of a feed.
    pub(super) fn every(&self, feed: &Feed) -> Duration {
        self.every.unwrap_or(Duration::from_secs(u64::from(feed.interval_s)))
    }

    /// Asks once, again with a new token if the old one ran out.
    pub(super) async fn fetch(
        &self,
        feed: &Feed,
        ask: &Ask,
        holes: Holes<'_>,
        clock: &dyn Clock,
    ) -> Result<Bytes, Trouble> {
        let proven = self.auth.prove(clock.now()).await.map_err(|it| it.reason)?;
        let mut answer = self.call(feed, ask, holes, (proven.headers, clock)).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            let renewed = self.auth.renew(proven.generation, clock.now()).await;
            if let Some(renewed) = renewed.map_err(|it| it.reason)? {
                answer = self.call(feed, ask, holes, (renewed.headers, clock)).await?;
            }
        }
        self.judge(feed, &answer, clock.now())?;
        Ok(answer.body.into())
    }

    async fn call(
        &self,
        feed: &Feed,
        ask: &Ask,
        holes: Holes<'_>,
        (mut headers, clock): (HeaderMap, &dyn Clock),
    ) -> Result<Answer, String> {
        let manifest = self.channel.package().manifest();
        for (name, value) in &manifest.headers {
            let name: http::HeaderName = name.parse().map_err(|_| format!("header {name:?}"))?;
            let value = value.parse().map_err(|_| format!("value of header {name}"))?;
            headers.insert(name, value);
        }
        let method: Method = ask.method.parse().map_err(|_| format!("method {}", ask.method))?;
        let url = self.url(&feed.name, ask, holes)?;
        let mut request = self.client.request(method, url).headers(headers);
        if let Some(body) = self.body(feed, ask, holes)? {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        }
        let request = request.build().map_err(|it| it.to_string())?;
        self.wait_for_turn(clock).await;
        let limit = usize::try_from(self.channel.limits().body_bytes_max).unwrap_or(usize::MAX);
        self.client.fetch(request, limit).await.map_err(|it| it.to_string())
    }

    /// Keeps the least time between two calls that the package names.
    async fn wait_for_turn(&self, clock: &dyn Clock) {
        let gap = self.input().map_or(0, |it| it.gap_ms);
        let now = clock.now();
        let wait = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let wait = free_at.since(now);
            *free_at = now.plus(wait).plus(Duration::from_millis(u64::from(gap)));
            wait
        };
        if wait > Duration::ZERO {
            clock.sleep(wait).await;
        }
    }

    fn input(&self) -> Option<&manifest::Input> {
        self.channel.package().manifest().input.as_ref()
    }

    /// Whether an answer is one to read.
    fn judge(&self, feed: &Feed, answer: &Answer, now: Timestamp) -> Result<(), Trouble> {
        let status = answer.status.as_u16();
        let asked = answer.headers.get(header::RETRY_AFTER).and_then(|it| it.to_str().ok());
        let after = asked.and_then(|it| retry_after(it, now));
        let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let is = |replies: &[manifest::Reply]| {
            let header = |name: &str| answer.headers.contains_key(name);
            replies.iter().any(|it| it.matches(status, header, body.as_ref()))
        };
        let input = self.input();
        let trouble = |word: &str, refused| {
            let what = format!("{} was answered {status}{word}", feed.name);
            Err(Trouble { what, after, refused, gone: matches!(status, 404 | 410) })
        };
        if status == 429 || input.is_some_and(|it| is(&it.throttle)) {
            return trouble(", asks for fewer requests", false);
        }
        if input.is_some_and(|it| is(&it.refused)) {
            return trouble(", which says no", true);
        }
        match status {
            200..=299 => Ok(()),
            400..=499 if !matches!(status, 401 | 403 | 407 | 408 | 425) => trouble("", true),
            _ => trouble("", false),
        }
    }

    fn body(&self, feed: &Feed, ask: &Ask, holes: Holes<'_>) -> Result<Option<String>, String> {
        let Some(body) = &ask.body else { return Ok(None) };
        let listed = holes.ids.map(|it| Value::from(it.to_vec()).to_string());
        let filled = body.fill_json(|piece| match piece {
            Piece::Ids => listed.clone(),
            _ => self.value(piece, holes),
        });
        filled.map(Some).map_err(|it| format!("body of {}: {it} has no value", feed.name))
    }

    fn url(&self, feed: &str, ask: &Ask, holes: Holes<'_>) -> Result<reqwest::Url, String> {
        let value = |piece: &Piece| self.value(piece, holes);
        let path = ask.path.fill(|piece| match piece {
            Piece::Ids => holes.ids.map(in_path),
            _ => value(piece),
        });
        let path = path.map_err(|it| format!("path of {feed}: {it} has no value"))?;
        let mut url: reqwest::Url = format!("{}/{}", self.base, path.trim_start_matches('/'))
            .parse()
            .map_err(|fault| format!("{}{path}: {fault}", self.base))?;
        for (name, template) in &ask.query {
            // One whose holes have no value is left out: the first call has no cursor.
            if let Ok(text) = template.fill_plain(value) {
                url.query_pairs_mut().append_pair(name, &text);
            }
        }
        Ok(url)
    }

    fn value(&self, piece: &Piece, holes: Holes<'_>) -> Option<String> {
        match piece {
            Piece::Cursor => holes.cursor.map(str::to_owned),
            Piece::Page => holes.page.map(str::to_owned),
            Piece::Until => holes.until.map(str::to_owned),
            Piece::Ids => holes.ids.map(|it| it.join(",")),
            Piece::Setting(name) => self.channel.setting(name),
            Piece::Text(_) | Piece::Body(_) | Piece::Data(_) | Piece::Need(_) | Piece::Key => None,
        }
    }
}

/// Ids as they stand in a path: each part of each escaped.
fn in_path(ids: &[String]) -> String {
    let one = |id: &String| id.split('/').map(encoded).collect::<Vec<_>>().join("/");
    ids.iter().map(one).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_place_in_a_path() {
        let ids = ["8000001/1".to_owned(), "a b?c".to_owned()];
        assert_eq!(in_path(&ids), "8000001/1,a%20b%3Fc");
    }
}
